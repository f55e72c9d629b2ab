//! The encodings suppliers' files come in.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write;

use encoding_rs::GB18030;
use quangate_code_file::Overrides;

mod code_file_rig;
use code_file_rig::{Outcome, read_chunked, utf16};

fn read(bytes: &[u8]) -> Outcome {
    read_chunked(bytes, &Overrides::default(), usize::MAX).expect("a readable file")
}

fn rows(text: &str) -> Vec<String> {
    read(text.as_bytes()).rows
}

/// The same rows come out of every encoding.
#[test]
fn reads_every_encoding() {
    let text = "卡号,密码,备注\n001,p1,好的\n002,p2,没问题\n";
    let expected = ["001|p1", "002|p2"];
    let files: &[(&str, Vec<u8>)] = &[
        ("utf-8", text.into()),
        ("utf-8", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        ("gb18030", GB18030.encode(text).0.into_owned()),
        ("utf-16le", utf16(text, true, true)),
        ("utf-16be", utf16(text, false, true)),
        ("utf-16le", utf16(text, true, false)),
        ("utf-16be", utf16(text, false, false)),
    ];
    for (name, bytes) in files {
        let outcome = read(bytes);
        assert_eq!(outcome.rows, expected, "{name}");
        assert!(outcome.shape.starts_with(name), "{name}: {}", outcome.shape);
    }
}

/// A byte order mark before a quoted header does not hide the quotes.
#[test]
fn reads_a_quoted_header_behind_a_mark() {
    assert_eq!(
        rows("\u{feff}\"secret\",\"面值\"\r\n\"S,1\",\"9\"\r\n"),
        ["S,1"]
    );
}

/// A file that is ASCII for longer than the window may still turn out to be GB18030, or UTF-8.
#[test]
fn decides_late_what_ascii_was() {
    let mut start = String::from("code,pin,备\n").replace('备', "remark");
    for number in 0..30_000 {
        writeln!(start, "CODE-{number:08},1,").unwrap();
    }
    assert!(start.len() > 256 * 1024);
    let gb18030 = [start.as_bytes(), &GB18030.encode("密1,2,好\n").0].concat();
    assert_eq!(read(&gb18030).rows.last().unwrap(), "密1|2");
    let utf8 = format!("{start}密1,2,好\n");
    assert_eq!(read(utf8.as_bytes()).rows.last().unwrap(), "密1|2");
}

/// Bytes that are no text in the file's encoding cost their line only.
#[test]
fn refuses_undecodable_lines() {
    let mut bytes = "卡密\n好1\n好2\n".as_bytes().to_vec();
    bytes.extend_from_slice(b"\xff\xfe\xfd\nOK\n");
    assert_eq!(read(&bytes).rows, ["好1", "好2", "!undecodable", "OK"]);
}
