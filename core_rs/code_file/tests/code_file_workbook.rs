//! Workbooks: numbers as they are shown, the sheet that holds the codes, archives that are none,
//! and files that were damaged on their way.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write as _;
use std::io::{Cursor, Write};

use proptest::prelude::*;
use quangate_code_file::{IdentityRule, Overrides, Source};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const WORKBOOK: &[u8] = include_bytes!("../../../tests/fixtures/codes/workbook.xlsx");

struct Read {
    rows: usize,
    report: String,
    doubts: Vec<String>,
    explained: String,
    sample: Vec<String>,
}

/// A workbook's rows, or why there are none.
fn read(file: Vec<u8>, overrides: Overrides) -> Result<Read, String> {
    let input = Box::new(Cursor::new(file));
    let mut source = Source::open(input, overrides).map_err(|error| error.to_string())?;
    let (mut rows, mut report) = (0, String::new());
    loop {
        let batch = source.next_batch(100, IdentityRule::default());
        let Some(mut batch) = batch.map_err(|error| error.to_string())? else {
            break;
        };
        rows += batch.len();
        batch.fingerprint(|identity| {
            let mut fingerprint = [0; 16];
            for (at, byte) in identity.iter().enumerate() {
                fingerprint[at % 16] ^= byte.rotate_left(u32::try_from(at / 16).unwrap());
            }
            fingerprint
        });
        report += &batch.report(&[], &[]);
    }
    let shape = source.shape();
    let (doubts, explained, sample) = (shape.doubts.clone(), shape.explain(), shape.sample.clone());
    Ok(Read {
        rows,
        report,
        doubts,
        explained,
        sample,
    })
}

fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A sheet: its name, its state, its rows as XML.
type Sheet<'a> = (&'a str, &'a str, &'a str);

/// A workbook with the formats 1 = `000000000000`, 2 = `0.00E+00`, 3 = a date, 4 = `0000-0000`.
fn book(sheets: &[Sheet<'_>], strings: &str) -> Vec<u8> {
    let styles = "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"000000000000\"/>\
        <numFmt numFmtId=\"165\" formatCode=\"0000\\-0000\"/></numFmts><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/>\
        <xf numFmtId=\"11\"/><xf numFmtId=\"14\"/><xf numFmtId=\"165\"/></cellXfs></styleSheet>";
    let (mut list, mut relations) = (String::new(), String::new());
    let mut bodies = Vec::new();
    for (at, (name, state, rows)) in sheets.iter().enumerate() {
        write!(
            list,
            "<sheet name=\"{name}\" sheetId=\"{at}\" state=\"{state}\" r:id=\"r{at}\"/>"
        )
        .unwrap();
        write!(
            relations,
            "<Relationship Id=\"r{at}\" Target=\"worksheets/s{at}.xml\"/>"
        )
        .unwrap();
        bodies.push((
            format!("xl/worksheets/s{at}.xml"),
            format!("<worksheet><sheetData>{rows}</sheetData></worksheet>"),
        ));
    }
    let book = format!("<workbook><sheets>{list}</sheets></workbook>");
    let relations = format!("<Relationships>{relations}</Relationships>");
    let mut parts = vec![
        ("xl/workbook.xml", book.as_str()),
        ("xl/_rels/workbook.xml.rels", relations.as_str()),
        ("xl/styles.xml", styles),
        ("xl/sharedStrings.xml", strings),
    ];
    parts.extend(
        bodies
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str())),
    );
    archive(&parts)
}

/// Rows of text cells.
fn text_rows(rows: &[&[&str]]) -> String {
    let mut xml = String::new();
    for row in rows {
        xml.push_str("<row>");
        for cell in *row {
            write!(xml, "<c t=\"inlineStr\"><is><t>{cell}</t></is></c>").unwrap();
        }
        xml.push_str("</row>");
    }
    xml
}

fn first(file: Vec<u8>) -> Read {
    read(file, Overrides::default()).expect("a readable workbook")
}

/// The undamaged workbook has five rows that are neither blank nor a header.
#[test]
fn reads_the_workbook() {
    assert_eq!(first(WORKBOOK.to_vec()).rows, 5);
}

/// A number is sold as its supplier saw it, or refused as ruined.
#[test]
fn numbers_are_as_they_are_shown() {
    let cells = [
        ("<c s=\"1\"><v>1234567</v></c>", "ok,"), // 000001234567: see number_format.rs for the digits
        ("<c s=\"4\"><v>12345678</v></c>", "ok,"),
        ("<c s=\"2\"><v>1234567</v></c>", "rejected,ruined_number"),
        (
            "<c s=\"0\"><v>1234567890123456</v></c>",
            "rejected,ruined_number",
        ),
        ("<c s=\"0\"><v>1.5</v></c>", "rejected,ruined_number"),
        ("<c s=\"3\"><v>46752</v></c>", "rejected,ruined_number"),
        ("<c t=\"b\"><v>1</v></c>", "rejected,ruined_number"),
        ("<c t=\"e\"><v>#REF!</v></c>", "rejected,ruined_number"),
        ("<c t=\"s\"><v>0</v></c>", "ok,"),
        ("<c t=\"str\"><f>A1</f><v>F-1</v></c>", "ok,"),
    ];
    let strings = "<sst><si><r><t>A-</t></r><rPh><t>no</t></rPh><r><t>1 &amp; 2</t></r></si></sst>";
    for (cell, verdict) in cells {
        let rows = format!(
            "<row r=\"1\"><c t=\"inlineStr\"><is><t>code</t></is></c></row><row r=\"7\">{cell}</row>"
        );
        let outcome = first(book(&[("Sheet1", "visible", &rows)], strings));
        assert_eq!(outcome.report, format!("7,{verdict}\n"), "{cell}");
    }
}

/// The sheet with the codes is read, and the others are named; two of them are a question.
#[test]
fn chooses_the_sheet_with_the_codes() {
    let help = text_rows(&[
        &["请登录官网，输入卡密即可兑换，如有问题请联系客服。"],
        &["第二步：打开页面，点击兑换按钮即可。"],
    ]);
    let codes = text_rows(&[
        &["卡号", "密码"],
        &["CANARY-A-1", "p1"],
        &["CANARY-A-2", "p2"],
    ]);
    let more = text_rows(&[&["code"], &["B-1"]]);
    let outcome = first(book(
        &[("说明", "visible", &help), ("卡密", "visible", &codes)],
        "<sst/>",
    ));
    assert_eq!((outcome.rows, outcome.doubts.len()), (2, 0));
    assert!(
        outcome.explained.contains("sheet “卡密”")
            && outcome.explained.contains("without the sheets 说明"),
        "{}",
        outcome.explained
    );
    let outcome = first(book(
        &[
            ("old", "hidden", &more),
            ("卡密", "visible", &codes),
            ("x", "veryHidden", &more),
        ],
        "<sst/>",
    ));
    assert_eq!((outcome.rows, outcome.doubts.len()), (2, 0));
    let outcome = first(book(
        &[("a", "visible", &codes), ("b", "visible", &more)],
        "<sst/>",
    ));
    assert!(
        outcome.doubts[0].contains("--sheet"),
        "{:?}",
        outcome.doubts
    );
    let named = Overrides {
        sheet: Some("b".to_owned()),
        ..Overrides::default()
    };
    let outcome = read(
        book(
            &[("a", "visible", &codes), ("b", "visible", &more)],
            "<sst/>",
        ),
        named,
    )
    .unwrap();
    assert_eq!((outcome.rows, outcome.doubts.len()), (1, 0));
    assert!(!outcome.sample.concat().contains("B-1"));
}

/// A title, row numbers, a sum and hidden rows in a sheet.
#[test]
fn frames_of_a_sheet_are_never_sold() {
    let rows = text_rows(&[
        &["五月提货单"],
        &["序号", "卡密"],
        &["1", "E-1"],
        &["2", "E-2"],
        &["合计", "2"],
    ]);
    let outcome = first(book(&[("s", "visible", &rows)], "<sst/>"));
    assert_eq!(
        outcome.report,
        "1,rejected,title\n3,ok,\n4,ok,\n5,rejected,total\n"
    );
    assert!(outcome.doubts.is_empty());
    let rows = text_rows(&[&["1. E-1"], &["2. E-2"]]);
    let outcome = first(book(&[("s", "visible", &rows)], "<sst/>"));
    assert_eq!((outcome.rows, outcome.doubts.len()), (2, 0));
    let hidden = rows.replacen("<row>", "<row hidden=\"1\">", 1);
    assert!(first(book(&[("s", "visible", &hidden)], "<sst/>")).doubts[0].contains("hidden"));
}

/// A small archive that unpacks to far more is refused before it is unpacked.
#[test]
fn bombs_are_refused() {
    let rows = text_rows(&[&["code"], &["A-1"]]);
    let sheets: [Sheet<'_>; 1] = [("s", "visible", &rows)];
    let strings = format!("<sst>{}</sst>", "<si><t/></si>".repeat(700_000));
    let refused = read(book(&sheets, &strings), Overrides::default())
        .err()
        .unwrap();
    assert!(
        refused.contains("unpacks to far more") || refused.contains("too much text"),
        "{refused}"
    );
    let many = "<row><c t=\"inlineStr\"><is><t>AAAA</t></is></c></row>".repeat(200_000);
    let refused = read(
        book(&[("s", "visible", &many)], "<sst/>"),
        Overrides::default(),
    )
    .err()
    .unwrap();
    assert!(refused.contains("unpacks to far more"), "{refused}");
}

/// Archives of another kind are refused by their name.
#[test]
fn other_archives_are_refused_by_name() {
    let table = [
        (archive(&[("a.txt", "A-1")]), "ZIP archive"),
        (archive(&[("word/document.xml", "<w/>")]), "Word"),
        (archive(&[("xl/workbook.bin", "x")]), "xlsb"),
        (
            archive(&[("mimetype", "application/vnd.oasis.opendocument.spreadsheet")]),
            "OpenDocument",
        ),
        (archive(&[]), "ZIP archive"),
        (b"PK\x03\x04 no workbook".to_vec(), "damaged"),
    ];
    for (file, name) in table {
        let refused = read(file, Overrides::default()).err().unwrap();
        assert!(refused.contains(name), "{refused}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Wherever a workbook is cut or overwritten, it is read or refused, and nothing panics.
    #[test]
    fn survives_damage(
        cut in 4..WORKBOOK.len(),
        damage in prop::collection::vec((4..WORKBOOK.len(), any::<u8>()), 0..40),
        whole in any::<bool>(),
    ) {
        let mut file = WORKBOOK.to_vec();
        for (at, byte) in damage {
            file[at] = byte;
        }
        if !whole {
            file.truncate(cut);
        }
        if let Err(error) = read(file, Overrides::default()) {
            let known = ["the workbook cannot be read", "--columns", "not a code file", "another header"];
            prop_assert!(known.iter().any(|words| error.contains(words)), "{error}");
        }
    }
}
