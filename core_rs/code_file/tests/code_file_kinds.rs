//! Files that are none, wrappings of codes, encodings, and what comes late in a file.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write;

use encoding_rs::BIG5;
use quangate_code_file::Overrides;

mod code_file_rig;
use code_file_rig::{Outcome, read_chunked};

fn read(bytes: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(bytes);
    read_chunked(bytes, &Overrides::default(), usize::MAX).expect(&text)
}

/// The codes of a file that is read without a question; refused rows are left out.
fn codes(text: &str) -> Vec<String> {
    let outcome = read(text.as_bytes());
    assert_eq!(outcome.doubts, Vec::<String>::new(), "{text}");
    outcome
        .rows
        .into_iter()
        .filter(|row| !row.starts_with('!'))
        .collect()
}

/// Other formats under these names are refused by theirs.
#[test]
fn other_formats_are_refused_by_name() {
    let table: [(&str, &str); 19] = [
        (
            "<html><body><table><tr><td>A-1</td></tr></table></body></html>",
            "HTML",
        ),
        ("<!DOCTYPE html>\n<html lang=\"en\">\n<p>A-1</p>", "HTML"),
        (
            "\u{feff}  <table border=1>\n<tr><td>code</td></tr>\n</table>",
            "HTML",
        ),
        (
            "<meta charset=\"utf-8\"><style></style><table><tr><td>A</td></tr></table>",
            "HTML",
        ),
        (
            "<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">",
            "SpreadsheetML",
        ),
        (
            "<?xml version=\"1.0\"?><codes><code>A</code></codes>",
            "XML",
        ),
        ("{\"codes\": [\"A-1\", \"A-2\"]}", "JSON"),
        (
            "{\n  \"title\": \"dashboard\",\n  \"panels\": []\n}",
            "JSON",
        ),
        ("[{\"code\": \"A-1\"}]", "JSON"),
        ("[\"A-1\", \"A-2\"]", "JSON"),
        ("{\"code\":\"A-1\"}\n{\"code\":\"A-2\"}", "JSON"),
        ("%PDF-1.4\nA", "PDF"),
        ("{\\rtf1\\ansi A-1}", "RTF"),
        (
            "MIME-Version: 1.0\nContent-Type: multipart/related",
            "web page",
        ),
        ("INSERT INTO codes VALUES ('A-1');", "SQL"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END", "PEM"),
        ("PK\u{3}\u{4}", "ZIP"),
        (
            "# Title\n\nSome words about the product and how it is built.\n\n```\nmake build\n```\n\n- one\n- two\n",
            "fifth",
        ),
        (
            "请登录官网，输入卡密即可兑换，如有问题请联系客服。\n第二步：打开页面，点击兑换按钮即可。\n",
            "fifth",
        ),
    ];
    for (text, name) in table {
        if text.starts_with("PK") {
            continue; // Source's business: see code_file_workbook.rs
        }
        let error =
            read_chunked(text.as_bytes(), &Overrides::default(), usize::MAX).expect_err(text);
        assert!(error.to_string().contains(name), "{text}: {error}");
    }
    let readme = include_str!("../../../README.md");
    assert!(read_chunked(readme.as_bytes(), &Overrides::default(), usize::MAX).is_err());
}

/// Marks that nobody sees are in no code, and make no difference between codes.
#[test]
fn unseen_marks_are_cleaned() {
    for text in [
        "\u{202a}D-1\u{202c}\nD-1",
        "D\u{200b}-1\nD-1\u{200e}",
        "\u{2066}D-1\u{2069}\n\u{feff}D-1",
        "D-\u{ad}1\nD-1",
        "\u{200f}D-1\n\u{2060}D-1",
    ] {
        assert_eq!(codes(text), ["D-1", "D-1"], "{text:?}");
    }
}

/// Guards, labels, and line ends that only some programs see.
#[test]
fn wrappings_are_taken_off() {
    let table: [(&str, &[&str]); 19] = [
        ("‘0012345\n‘0012346", &["0012345", "0012346"]),
        ("’0012345\n＇0012346", &["0012345", "0012346"]),
        ("“A-1”\n“A-2”", &["A-1", "A-2"]),
        ("‘A-1’\n`A-2`", &["A-1", "A-2"]),
        ("code,pin\n“A-1”,`pw\nA-2,“p", &["A-1|`pw", "A-2|“p"]),
        ("AA–12\nO’NEIL-1", &["AA–12", "O’NEIL-1"]),
        (
            "'6222000000001\n'6222000000002",
            &["6222000000001", "6222000000002"],
        ),
        ("code,pin\n'0012,'007", &["0012|007"]),
        ("'A-1'\n'A-2'", &["A-1", "A-2"]),
        ("卡号：AAA3\n卡号：AAA4", &["AAA3", "AAA4"]),
        (
            "卡号: AAA3 密码: p3\n卡号: AAA4 密码: p4",
            &["AAA3|p3", "AAA4|p4"],
        ),
        (
            "卡号：AAA3，密码：p3\n卡号：AAA4，密码：p4",
            &["AAA3|p3", "AAA4|p4"],
        ),
        (
            "卡号:AAA3----密码:p3\n卡号:AAA4----密码:p4",
            &["AAA3|p3", "AAA4|p4"],
        ),
        ("Code: AAA3\nCode: AAA4", &["AAA3", "AAA4"]),
        (
            "链接：https://x.cn/r?a=1\n链接：https://x.cn/r?a=2",
            &["||https://x.cn/r?a=1", "||https://x.cn/r?a=2"],
        ),
        ("AA-1\u{2028}AA-2\u{2029}AA-3", &["AA-1", "AA-2", "AA-3"]),
        ("AA-1\u{85}AA-2\nAA-3", &["AA-1", "AA-2", "AA-3"]),
        ("AA-1\u{b}AA-2\u{c}AA-3", &["AA-1", "AA-2", "AA-3"]),
        (
            "兑换码/链接\nAB-12\nhttps://x.cn/r/1",
            &["AB-12", "||https://x.cn/r/1"],
        ),
    ];
    for (text, expected) in table {
        assert_eq!(codes(text), expected, "{text}");
    }
}

/// A full-width comma, semicolon or bar separates where all lines have one.
#[test]
fn full_width_separators_cut() {
    for text in [
        "AA-1，P-1\nAA-2，P-2",
        "AA-1；P-1\nAA-2；P-2",
        "AA-1｜P-1\nAA-2｜P-2",
        "code，pin\nAA-1，P-1\nAA-2，P-2",
        "卡号，密码\nAA-1,P-1\nAA-2，P-2",
    ] {
        assert_eq!(codes(text), ["AA-1|P-1", "AA-2|P-2"], "{text}");
    }
    assert_eq!(codes("AA-1，P-1"), ["AA-1|P-1"]);
    for text in [
        "卡号,密码\nAA-1，P-1\nAA-2，P-2",
        "AA-1，P-1\nAA-2\nAA-3\nAA-4\nAA-5",
    ] {
        assert!(!read(text.as_bytes()).doubts.is_empty(), "{text}");
    }
    let link = "https://x.cn/r?a=1,2\nhttps://x.cn/r?a=1,3";
    assert_eq!(
        codes(link),
        ["||https://x.cn/r?a=1,2", "||https://x.cn/r?a=1,3"]
    );
}

/// Full-width codes are asked about, and refused where the first rows had none; the columns or
/// the separator said, nothing is asked.
#[test]
fn full_width_codes_are_asked_about() {
    let outcome = read("ＡＡ－１２\nAA-12".as_bytes());
    assert_eq!(outcome.rows, ["ＡＡ－１２", "AA-12"]); // the blind index tells them to be one
    assert_eq!(outcome.doubts.len(), 1, "{:?}", outcome.doubts);
    let mut text = String::new();
    for number in 0..2000 {
        writeln!(text, "AA-{number:05}").unwrap();
    }
    text.push_str("ＡＡ－９９９９９\nAA-1，P-1\n");
    let late = read(text.as_bytes());
    assert_eq!(late.rows[2000..], ["!full_width", "!full_width"]);
    assert_eq!(late.doubts, Vec::<String>::new());
    let given = Overrides::parse(None, Some("full-width"), Some("code,pin")).unwrap();
    let outcome = read_chunked("ＡＡ１，Ｐ１".as_bytes(), &given, 1).unwrap();
    assert_eq!(
        (outcome.rows, outcome.doubts.len()),
        (vec!["ＡＡ１|Ｐ１".to_owned()], 0)
    );
}

/// Big5 is recognised by the names it spells, and else asked about.
#[test]
fn big5_is_no_mojibake() {
    let named = BIG5
        .encode("卡號,密碼,備註\nA-1,p1,好的\nA-2,p2,沒問題\n")
        .0;
    let outcome = read(&named);
    assert_eq!(outcome.rows, ["A-1|p1", "A-2|p2"]);
    assert!(outcome.shape.starts_with("big5"), "{}", outcome.shape);
    assert_eq!((outcome.doubts.len(), outcome.ignored["備註"]), (0, 2));
    let unnamed = BIG5.encode("購買成功一\n購買成功二\n").0;
    assert!(!read(&unnamed).doubts.is_empty());
}

/// Another header in the middle ends the import: what follows has other columns.
#[test]
fn appended_files_are_not_mixed_up() {
    let text = "code,pin\nA-1,1\npin,code\n2,A-2\n";
    assert!(read_chunked(text.as_bytes(), &Overrides::default(), usize::MAX).is_err());
    assert_eq!(
        codes("code,pin\nA-1,1\nCode,PIN\nA-2,2\n"),
        ["A-1|1", "A-2|2"]
    );
}

/// A line that the file's first rows do not explain is refused, not guessed.
#[test]
fn late_surprises_are_refused() {
    let mut text = String::new();
    for number in 0..2000 {
        writeln!(text, "卡号：AA-{number:05} 密码：p{number}").unwrap();
    }
    text.push_str("卡号：BB-1 密码：p 密钥：k\n");
    assert_eq!(
        read(text.as_bytes()).rows.last().unwrap(),
        "!further_secret"
    );
    text.push_str("导出完毕A\n");
    assert_eq!(
        read(
            text.replace("卡号：", "")
                .replace(" 密码：", "----")
                .as_bytes()
        )
        .rows
        .last()
        .unwrap(),
        "!not_a_code"
    );
    let mut text = String::from("卡密,状态\n");
    for number in 0..2000 {
        writeln!(text, "AA-{number:05},未售").unwrap();
    }
    text.push_str("BB-1,奇怪\n");
    assert_eq!(
        read(text.as_bytes()).rows.last().unwrap(),
        "!unknown_status"
    );
}

/// With the columns named nobody is asked, and nothing is lost.
#[test]
fn named_columns_settle_it() {
    let with = |columns: &str| Overrides::parse(None, None, Some(columns)).unwrap();
    let table: [(&str, &str, &[&str]); 4] = [
        ("A1----p1----q1----r1", "code,pin,extra,-", &["A1|p1\nq1"]),
        (
            "卡号,密码,密钥\nA1,p1,k1",
            "code,pin,extra",
            &["A1|p1\n密钥: k1"],
        ),
        ("卡号,密码,密钥\nA1,p1,k1", "code,pin,-", &["A1|p1"]),
        ("A1,used\nA2,new", "code,status", &["!sold", "A2"]),
    ];
    for (text, columns, expected) in table {
        let outcome = read_chunked(text.as_bytes(), &with(columns), usize::MAX).unwrap();
        assert_eq!(
            (
                outcome.rows.iter().map(String::as_str).collect::<Vec<_>>(),
                outcome.doubts.len()
            ),
            (expected.to_vec(), 0),
            "{text}"
        );
    }
    assert!(Overrides::parse(None, None, Some("code,code")).is_err());
}

/// Remarks about the codes, and what programs print below a table, are never sold.
#[test]
fn remarks_are_never_sold() {
    let many = (0..30)
        .map(|n| format!("AAX-{n}"))
        .collect::<Vec<_>>()
        .join("\n")
        + "\n";
    for remark in [
        "订单号：20260101001",
        "Order No: 20260101001",
        "(2 rows)",
        "2 rows in set (0.00 sec)",
    ] {
        for text in [format!("{remark}\n{many}"), format!("{many}{remark}\n")] {
            let rows = read(text.as_bytes()).rows;
            let sold = rows.iter().filter(|row| !row.starts_with('!')).count();
            assert_eq!(sold, 30, "{rows:?}");
        }
    }
    let table = " code | pin\n------+-----\n A-1 | 11\n A-2 | 22\n(2 rows)\n";
    assert_eq!(codes(table), ["A-1|11", "A-2|22"]);
    let few = "订单号：20260101001\n商品：月卡\nQW12-ER34\nTY56-UI78\n";
    assert!(read_chunked(few.as_bytes(), &Overrides::default(), 9).is_err());
}

/// A security code is what a card number is opened by.
#[test]
fn a_security_code_is_a_password() {
    assert_eq!(
        codes("Gift Card Number;Security Code\n6006491111;123\n6006492222;456\n"),
        ["6006491111|123", "6006492222|456"]
    );
}
