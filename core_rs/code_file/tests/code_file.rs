//! Suppliers' files: every shape of upstreams.md §10, and every way they arrive broken.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use quangate_code_file::{FileError, Overrides, Parser};

mod code_file_rig;
use code_file_rig::{Outcome, read_chunked, utf16};

fn read(bytes: &[u8]) -> Outcome {
    read_chunked(bytes, &Overrides::default(), usize::MAX).expect("a readable file")
}

fn rows(text: &str) -> Vec<String> {
    read(text.as_bytes()).rows
}

/// Every separator of the table, without a header: the code, then its password.
#[test]
fn splits_every_separator() {
    for separator in [
        "----", " ", "  ", ",", "\t", "|", "║", ";", "\u{3000}", " ---- ", "-----", ", ",
    ] {
        let text = format!("A001{separator}p1\nA002{separator}p2\nA003{separator}p3");
        assert_eq!(
            rows(&text),
            ["A001|p1", "A002|p2", "A003|p3"],
            "{separator:?}"
        );
    }
}

/// The code alone, one per line, with every line end, blank lines and a last line without an end.
#[test]
fn reads_bare_codes_with_any_line_end() {
    for end in ["\n", "\r\n", "\r"] {
        let text = format!("{end}AAAA-1{end}{end}  BBBB-2\u{a0}{end}\u{3000}{end}CCCC-3");
        let outcome = read(text.as_bytes());
        assert_eq!(outcome.rows, ["AAAA-1", "BBBB-2", "CCCC-3"], "{end:?}");
        assert_eq!(outcome.lines, [2, 4, 6], "{end:?}");
    }
}

/// A pasted text mixes separators line by line.
#[test]
fn reads_pasted_mixtures() {
    let text = "CODE-1\nCODE-2----p2\nCODE-3 p3\nCODE-4,p4\nCODE-5\tp5\nCODE-6|p6\n";
    let expected = [
        "CODE-1",
        "CODE-2|p2",
        "CODE-3|p3",
        "CODE-4|p4",
        "CODE-5|p5",
        "CODE-6|p6",
    ];
    assert_eq!(rows(text), expected);
}

/// Headers name the wanted columns, wherever they stand.
#[test]
fn finds_columns_by_header() {
    let table: &[(&str, &[&str])] = &[
        ("secret\nS-1\nS,2", &["S-1", "S,2"]), // one column: a comma belongs to the code
        ("卡密\nS-1\n卡密\nS-2", &["S-1", "S-2"]), // a repeated header
        (
            "卡号,卡密,面值,批次号,备注\n001,k1,100,B1,好\n002,k2,100,B1,",
            &["001|k1", "002|k2"],
        ),
        ("卡号,卡密\n,k1\n,k2", &["k1", "k2"]), // card numbers left empty
        ("面值,批次,卡密\n50,B7,K-1", &["K-1"]),
        ("卡号,密码,批次\r\n001,p1,B\r\n", &["001|p1"]),
        ("卡号,密码,商品名称,商品规格\n001,p1,会员,月卡", &["001|p1"]),
        ("卡号\t密码\n001\tp1", &["001|p1"]),
        ("卡号 密码\n001 p1", &["001|p1"]),
        ("\"卡号\",\"密码\"\n\"001\",\"p,1\"", &["001|p,1"]),
        (
            "code,pin,url,expires_at\nC1,,,\nC2,9,https://x.cn/r,2027-01-31",
            &["C1", "C2|9|https://x.cn/r|2027-01-31"],
        ),
        ("Gift Code\nC1\nC2", &["C1", "C2"]),
        (
            "Code,Value,ForeignId,AvailabilityEndDate,ExpiryDate,Barcode,Pin\nGC1,10.00,F1,2026-12-31,2027-12-31,,\nGC2,10.00,F2,,,,77",
            &["GC1|||2027-12-31", "GC2|77"],
        ),
        // A password belongs to something; a column of an unknown name is what.
        ("取货号,密码\nX1,9", &["X1|9"]),
        ("密码,备注\nP1,好", &["P1"]),
        ("兑换链接\nhttps://x.cn/a", &["||https://x.cn/a"]),
        ("code,url\nC1,not a link", &["!bad_url"]),
    ];
    for (text, expected) in table {
        assert_eq!(&rows(text), expected, "{text}");
    }
}

/// Without a header the places are code, pin, link and expiry, and all but the code may be empty.
#[test]
fn reads_places_without_header() {
    let text =
        "C1,p1,https://x.cn/1,2027-12-31\nC2,,https://x.cn/2,\nC3,,,2028-01-01\nC4,,,\nC5,p5\n";
    let expected = [
        "C1|p1|https://x.cn/1|2027-12-31",
        "C2||https://x.cn/2",
        "C3|||2028-01-01",
        "C4",
        "C5|p5",
    ];
    assert_eq!(rows(text), expected);
    // Product names in the third place are no links, and are left out.
    assert_eq!(
        rows("A1,p1,会员,月卡,x\nA2,p2,会员,月卡,x"),
        ["A1|p1", "A2|p2"]
    );
    // A line that is all links sells links, commas and all.
    assert_eq!(
        rows("https://x.cn/?a=1,2\nhttps://x.cn/?a=3,4"),
        ["||https://x.cn/?a=1,2", "||https://x.cn/?a=3,4"]
    );
    assert_eq!(rows("https://x.cn/r----p1"), ["|p1|https://x.cn/r"]);
}

/// What looks like a separator but is part of the code stays there.
#[test]
fn keeps_codes_whole() {
    let table: &[(&str, &[&str])] = &[
        ("AB,CD\nEF\nGH\nIJ", &["AB,CD", "EF", "GH", "IJ"]), // a comma in one of four
        ("0012%0A9\n0013", &["0012%0A9", "0013"]),           // a literal %0A
        (
            "AAAA BBBB CCCC\nDDDD EEEE FFFF",
            &["AAAA BBBB CCCC", "DDDD EEEE FFFF"],
        ), // groups, not fields
        ("000123\n000124", &["000123", "000124"]),           // leading zeros
        ("A-B--C\nD---E", &["A-B--C", "D---E"]),             // fewer than four dashes
        (
            "code\n\"two\nlines\"\n\"say \"\"hi\"\"\"",
            &["two\nlines", "say \"hi\""],
        ),
        (
            "code,pin\n=\"0012\",=\"007\"\n\"=\"\"0013\"\"\",8",
            &["0012|007", "0013|8"],
        ), // a spreadsheet's guard
    ];
    for (text, expected) in table {
        assert_eq!(&rows(text), expected, "{text}");
    }
}

/// What must not be sold is refused with its reason, and its neighbours are not.
#[test]
fn refuses_bad_lines() {
    let long = "x".repeat(5000);
    let huge = "y".repeat(1024 * 1024);
    let table: &[(String, &[&str])] = &[
        (
            "code,pin\n3.465E+15,1\nOK1,2".into(),
            &["!ruined_number", "OK1|2"],
        ),
        (
            "OK1\n3.465E+15\nOK2".into(),
            &["OK1", "!ruined_number", "OK2"],
        ),
        ("code,pin\n,1\nOK,".into(), &["!empty_code", "OK"]),
        (format!("OK1\n{long}\nOK2"), &["OK1", "!too_long", "OK2"]),
        (
            format!("OK1\n{huge}\nOK2"),
            &["OK1", "!line_too_long", "OK2"],
        ),
        (format!("OK1\n{huge}"), &["OK1", "!line_too_long"]),
        (
            "OK1\nA\u{1}B\nOK2OK2OK2OK2OK2OK2".into(),
            &["OK1", "!control_characters", "OK2OK2OK2OK2OK2OK2"],
        ),
        (
            "code,expires_at\nA,2027-02-30\nB,31/12/2027\nC,2027-12-31".into(),
            &["!bad_expiry", "!bad_expiry", "C|||2027-12-31"],
        ),
        (
            "code,pin\nA,1,extra\nB,2,".into(),
            &["!too_many_columns", "B|2"],
        ),
        ("code\n\"open\nB\nC".into(), &["!bad_quotes", "B", "C"]), // an open quote costs its own line only
        ("code\n\"a\"b\nC".into(), &["!bad_quotes", "C"]),
    ];
    for (text, expected) in table {
        assert_eq!(&rows(text), expected, "{}", &text[..text.len().min(60)]);
    }
}

/// A line number counts the lines of the file, also after refused and quoted ones.
#[test]
fn numbers_lines_of_the_file() {
    let text = format!("code\r\n\r\n\"a\r\nb\"\r\n{}\r\nlast", "z".repeat(70_000));
    let outcome = read(text.as_bytes());
    assert_eq!(outcome.rows, ["a\r\nb", "!line_too_long", "last"]);
    assert_eq!(outcome.lines, [3, 5, 6]);
}

/// Binary files are refused whole, by name where it is known.
#[test]
fn refuses_binary_files() {
    let noise: Vec<u8> = (0..4096_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[1])
        .collect();
    let table: &[(&[u8], &str)] = &[
        (b"%PDF-1.7\n...", "a PDF"),
        (b"\x1f\x8b\x08\0\0", "gzip"),
        (b"\x89PNG\r\n\x1a\n\0\0", "image"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", ".xls"),
        (b"AAAA\0BBBB\nCCCC", "binary"),
        (&noise, "binary"),
    ];
    for (bytes, what) in table {
        let error = read_chunked(bytes, &Overrides::default(), usize::MAX).expect_err("refused");
        assert!(error.to_string().contains(what), "{error}");
    }
}

/// Empty and blank files have no rows and are no error.
#[test]
fn reads_nothing_from_nothing() {
    for text in ["", "\n\n\r\n", "\u{feff}", "code\n", "卡号,密码\r\n"] {
        assert_eq!(rows(text), Vec::<String>::new(), "{text:?}");
    }
}

/// Every guess can be overruled.
#[test]
fn obeys_overrides() {
    let with = |encoding, separator, columns, header| {
        let mut overrides = Overrides::parse(encoding, separator, columns).unwrap();
        overrides.header = header;
        overrides
    };
    let table: &[(&str, Overrides, &[&str])] = &[
        (
            "A B\nC D",
            with(None, Some("none"), None, None),
            &["A B", "C D"],
        ),
        (
            "1,A,p\n2,B,q",
            with(None, None, Some("-,code,pin"), None),
            &["A|p", "B|q"],
        ),
        (
            "foo,bar\nA,B",
            with(None, None, Some("pin,code"), Some(true)),
            &["B|A"],
        ),
        (
            "code\nA",
            with(None, None, None, Some(false)),
            &["code", "A"],
        ),
        (
            "a|b\nc|d",
            with(Some("gbk"), Some("|"), Some("code,-"), None),
            &["a", "c"],
        ),
        (
            "code,pin\nA,B",
            with(None, None, Some("pin,code"), None),
            &["B|A"],
        ),
    ];
    for (text, overrides, expected) in table {
        let outcome = read_chunked(text.as_bytes(), overrides, usize::MAX).unwrap();
        assert_eq!(&outcome.rows, expected, "{text}");
    }
    let csv = Overrides {
        named_csv: true,
        ..Overrides::default()
    };
    assert_eq!(
        read_chunked(b"A\nB\nC,p\n", &csv, 9).unwrap().rows,
        ["A", "B", "C|p"]
    );
    let joined = Overrides {
        blanks_belong_to_codes: true,
        ..Overrides::default()
    };
    assert_eq!(
        read_chunked(b"AB CD\nEF GH\n", &joined, 9).unwrap().rows,
        ["AB CD", "EF GH"]
    );
}

/// `--encoding utf-16` is either byte order: the mark says which.
#[test]
fn takes_the_byte_order_from_the_mark() {
    let overrides = Overrides::parse(Some("utf-16"), None, None).unwrap();
    for little in [true, false] {
        let file = utf16("码1----p1\n", little, true);
        let outcome = read_chunked(&file, &overrides, usize::MAX).unwrap();
        assert_eq!(outcome.rows, ["码1|p1"], "little: {little}");
    }
}

/// Wrong flags are refused with a reason.
#[test]
fn refuses_wrong_flags() {
    assert!(Overrides::parse(Some("latin-9"), None, None).is_err());
    assert!(Overrides::parse(None, Some("###"), None).is_err());
    assert_eq!(
        Overrides::parse(None, None, Some("pin,-")).unwrap_err(),
        FileError::NoCodeColumn
    );
    assert!(Overrides::parse(None, None, Some("code,colour")).is_err());
}

/// The shown sample never holds a whole value.
#[test]
fn masks_the_sample() {
    let mut parser = Parser::new(Overrides::default());
    parser
        .feed(b"CANARY-CODE-0001,CANARYPIN\nCANARY-CODE-0002,CANARYPIN\n")
        .unwrap();
    parser.finish().unwrap();
    let shape = parser.shape().unwrap();
    let shown = format!("{} {:?}", shape.explain(), shape.sample);
    assert!(!shown.contains("CANARY"), "{shown}");
    assert!(shown.contains("code=CA**…**1 pin=CA**…**N"), "{shown}");
}
