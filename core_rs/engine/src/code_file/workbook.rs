//! XLSX: the first sheet, or the one named, as rows of typed cells.
//!
//! A workbook stores numbers as floats with fifteen sure digits. What may have lost a digit
//! is refused as ruined, never printed back.

use std::borrow::Cow;
use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx};
use zeroize::Zeroizing;

use super::FileError;
use super::row::Cell;

/// Largest sheet once unpacked, in bytes of its cells: bounds what a small archive may inflate to.
const CELLS_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Integers below this came through a float unharmed; sixteen digits and more may not have.
const SURE_INTEGER: f64 = 1e15;

/// A sheet's rows, packed: a million small strings would cost several times their text.
pub(super) struct Rows {
    pub(super) sheet: String,
    packed: Zeroizing<Vec<u8>>,
    at: usize,
}

const TEXT: u8 = 0;
const DATE: u8 = 1;
const RUINED: u8 = 2;
/// A new row; its number stands where a text's length does.
const ROW: u8 = 3;

impl Rows {
    /// Unpacks a workbook that is in memory.
    pub(super) fn open(file: &[u8], sheet: Option<&str>) -> Result<Self, FileError> {
        let refuse = |error: calamine::XlsxError| FileError::Workbook(error.to_string());
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file)).map_err(refuse)?;
        let names = book.sheet_names();
        let sheet = match sheet {
            Some(wanted) if names.iter().any(|name| name == wanted) => wanted.to_owned(),
            Some(wanted) => {
                return Err(FileError::Workbook(format!(
                    "no sheet “{wanted}”; there are: {}",
                    names.join(", ")
                )));
            }
            None => names
                .first()
                .cloned()
                .ok_or_else(|| FileError::Workbook("it has no sheet".to_owned()))?,
        };
        let mut rows = Self {
            sheet: sheet.clone(),
            packed: Zeroizing::new(Vec::new()),
            at: 0,
        };
        let mut cells = book.worksheet_cells_reader(&sheet).map_err(refuse)?;
        let mut row = None;
        let mut next_column = 0;
        while let Some(cell) = cells.next_cell().map_err(refuse)? {
            let (cell_row, cell_column) = cell.get_position();
            if row != Some(cell_row) {
                row = Some(cell_row);
                next_column = 0;
                rows.put(ROW, cell_row + 1, b"");
            }
            // Cells that a sheet leaves out are empty.
            for _ in next_column..cell_column {
                rows.put(TEXT, 0, b"");
            }
            next_column = cell_column + 1;
            rows.put_value(cell.get_value());
            if rows.packed.len() > CELLS_BYTES_MAX {
                return Err(FileError::Workbook(
                    "the sheet is larger than 512 MiB".to_owned(),
                ));
            }
        }
        Ok(rows)
    }

    fn put(&mut self, tag: u8, number: u32, text: &[u8]) {
        self.packed.push(tag);
        self.packed.extend_from_slice(&number.to_be_bytes());
        self.packed.extend_from_slice(text);
    }

    fn put_value(&mut self, value: &DataRef<'_>) {
        let (tag, text) = match value {
            DataRef::Empty => (TEXT, Cow::Borrowed("")),
            DataRef::String(text) => (TEXT, Cow::Borrowed(super::field::trim(text))),
            DataRef::SharedString(text) => (TEXT, Cow::Borrowed(super::field::trim(text))),
            DataRef::Int(number) if number.unsigned_abs() < 1_000_000_000_000_000 => {
                (TEXT, Cow::Owned(number.to_string()))
            }
            DataRef::Float(number) if number.fract() == 0.0 && number.abs() < SURE_INTEGER => {
                (TEXT, Cow::Owned(format!("{number:.0}")))
            }
            DataRef::DateTime(date) => (DATE, Cow::Owned(date_text(date.to_ymd_hms_milli()))),
            DataRef::DateTimeIso(text) => (DATE, Cow::Borrowed(text.as_str())),
            DataRef::Int(_)
            | DataRef::Float(_)
            | DataRef::Bool(_)
            | DataRef::Error(_)
            | DataRef::DurationIso(_) => (RUINED, Cow::Borrowed("")),
        };
        // A cell holds at most 32,767 characters; a longer one is refused as too long by its row.
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.put(tag, length, text.as_bytes());
    }

    /// The next row: its number (from 1) and its cells.
    pub(super) fn next(&mut self) -> Option<(u64, Vec<Cell<'_>>)> {
        let (tag, row) = self.take_head()?;
        debug_assert_eq!(tag, ROW, "a row starts with its number");
        let mut spans = Vec::new();
        while self.packed.get(self.at).is_some_and(|tag| *tag != ROW) {
            let Some((tag, length)) = self.take_head() else {
                break;
            };
            let start = self.at;
            self.at += length as usize;
            spans.push((tag, start..self.at));
        }
        let cell = |(tag, span): (u8, std::ops::Range<usize>)| {
            let text = String::from_utf8_lossy(&self.packed[span]);
            match tag {
                TEXT => Cell::Text(text),
                DATE => Cell::Date(text.into_owned()),
                _ => Cell::Ruined,
            }
        };
        Some((u64::from(row), spans.into_iter().map(cell).collect()))
    }

    fn take_head(&mut self) -> Option<(u8, u32)> {
        let head = self.packed.get(self.at..self.at + 5)?;
        let number = u32::from_be_bytes(head[1..].try_into().ok()?);
        let tag = head[0];
        self.at += 5;
        Some((tag, number))
    }

    /// Starts again at the first row.
    pub(super) fn rewind(&mut self) {
        self.at = 0;
    }

    /// How far the rows have been read, and their size, in bytes.
    pub(super) fn progress(&self) -> (u64, u64) {
        (self.at as u64, self.packed.len() as u64)
    }
}

fn date_text(
    (year, month, day, hour, minute, second, _): (u16, u8, u8, u8, u8, u8, u16),
) -> String {
    if (hour, minute, second) == (0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    }
}
