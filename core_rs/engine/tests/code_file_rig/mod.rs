//! Reads files as the tests look at them.

use quangate_engine::code_file::{FileError, Goods, Overrides, Parser, RowOut};

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
    let mut outcome = Outcome {
        shape: String::new(),
        rows: Vec::new(),
        lines: Vec::new(),
    };
    for piece in bytes.chunks(chunk.max(1)) {
        parser.feed(piece)?;
        while let Some(row) = parser.next_row() {
            outcome.rows.push(show(&row));
            outcome.lines.push(row.line);
        }
    }
    parser.finish()?;
    while let Some(row) = parser.next_row() {
        outcome.rows.push(show(&row));
        outcome.lines.push(row.line);
    }
    outcome.shape = parser
        .shape()
        .map(quangate_engine::code_file::Shape::explain)
        .unwrap_or_default();
    Ok(outcome)
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
