//! Reads files as the tests look at them.
#![allow(dead_code, clippy::expect_used)] // each test file uses its part

use std::collections::BTreeMap;

use quangate_code_file::{FileError, Goods, Overrides, Parser, RowOut};

/// A row as a test writes it: `code|pin|url|expires_at` with empty ends cut, or `!reason`.
fn show(row: &RowOut) -> String {
    match &row.goods {
        Err(reason) => format!("!{}", reason.word()),
        Ok(Goods {
            code,
            pin,
            url,
            expires_at,
            ..
        }) => format!("{code}|{pin}|{url}|{expires_at}")
            .trim_end_matches('|')
            .to_owned(),
    }
}

/// What a file came to.
#[derive(Debug, PartialEq)]
pub struct Outcome {
    pub shape: String,
    pub doubts: Vec<String>,
    /// Cells read over, by their column's name.
    pub ignored: BTreeMap<String, u64>,
    /// Filled cells of the rows.
    pub filled: u64,
    pub rows: Vec<String>,
    pub lines: Vec<u64>,
}

/// Reads a file that comes in chunks of so many bytes.
pub fn read_chunked(
    bytes: &[u8],
    overrides: &Overrides,
    chunk: usize,
) -> Result<Outcome, FileError> {
    let mut parser = Parser::new(overrides.clone());
    let mut rows = Vec::new();
    for piece in bytes.chunks(chunk.max(1)) {
        parser.feed(piece)?;
        while let Some(row) = parser.next_row()? {
            rows.push(row);
        }
    }
    parser.finish()?;
    while let Some(row) = parser.next_row()? {
        rows.push(row);
    }
    let shape = parser.shape().expect("a finished parser has a shape");
    let mut ignored = BTreeMap::new();
    for row in &rows {
        for place in (0..128).filter(|place| row.ignored >> place & 1 == 1) {
            *ignored.entry(shape.name_of(place)).or_default() += 1;
        }
    }
    Ok(Outcome {
        shape: shape.explain(),
        doubts: shape.doubts.clone(),
        ignored,
        filled: rows.iter().map(|row| u64::from(row.filled)).sum(),
        rows: rows.iter().map(show).collect(),
        lines: rows.iter().map(|row| row.line).collect(),
    })
}

/// A text in UTF-16, with or without a byte order mark.
pub fn utf16(text: &str, little: bool, mark: bool) -> Vec<u8> {
    let mark = if mark { "\u{feff}" } else { "" };
    let units = mark.encode_utf16().chain(text.encode_utf16());
    units
        .flat_map(|unit| {
            if little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        })
        .collect()
}
