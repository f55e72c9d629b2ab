//! What becomes of a file's rows, one after the other: of text and of workbooks alike.

use super::FileError;
use super::expiry::Recent;
use super::goods::{Account, Goods};
use super::header::{is_strict_header, is_total, roles_of};
use super::label::{count_labels, is_remark};
use super::numbering::take_number;
use super::reason::Reason;
use super::row::{Cell, read_row};
use super::shape::{Above, Shape};
use super::text::unlike_a_code;

/// One row: the number of its first line (from 1), and what became of its cells.
pub struct RowOut {
    /// The first line of the record.
    pub line: u64,
    /// Filled cells.
    pub filled: u32,
    /// Of them, those read over, a bit for each column.
    pub ignored: u128,
    /// Whether it has more secrets than a code and a password.
    pub further: bool,
    /// What the row sells, or why it does not.
    pub goods: Result<Goods, Reason>,
}

impl RowOut {
    pub(super) fn refused(line: u64, filled: u32, reason: Reason) -> Self {
        Self {
            line,
            filled,
            ignored: 0,
            further: false,
            goods: Err(reason),
        }
    }

    fn of(line: u64, account: Account) -> Self {
        let Account {
            filled,
            ignored,
            further,
            goods,
            ..
        } = account;
        Self {
            line,
            filled,
            ignored,
            further,
            goods,
        }
    }
}

/// Reads the rows of one file.
pub(super) struct Lines {
    pub(super) shape: Shape,
    /// Rows seen that are not blank.
    seen: usize,
    recent: Recent,
}

impl Lines {
    pub(super) fn new(shape: Shape) -> Self {
        Self {
            shape,
            seen: 0,
            recent: Recent::default(),
        }
    }

    /// The line without its row number where the file's lines have one.
    pub(super) fn body<'a>(&self, line: &'a str) -> &'a str {
        if self.shape.numbered {
            take_number(line).map_or(line, |(_, body)| body)
        } else {
            line
        }
    }

    /// What becomes of a row; `None` if it is blank, or the header or like it. `line_text` is the
    /// whole line of a text file.
    pub(super) fn row(
        &mut self,
        line: u64,
        line_text: Option<&str>,
        cells: &[Cell<'_>],
    ) -> Result<Option<RowOut>, FileError> {
        if cells
            .iter()
            .all(|cell| cell.is_empty() || cell.text() == "\u{1a}")
        {
            return Ok(None);
        }
        let place = self.seen;
        self.seen += 1;
        match self.shape.above.get(place) {
            Some(Above::Header) => return Ok(None),
            Some(Above::Title) => return Ok(Some(refused(line, cells, Reason::Title))),
            None if is_total(cells) => return Ok(Some(refused(line, cells, Reason::Total))),
            None => {}
        }
        if self.is_header_again(line, cells)? {
            return Ok(None);
        }
        let numbered = |text: &str| take_number(text).is_some();
        let first = || {
            cells
                .iter()
                .map(Cell::text)
                .find(|text| !text.is_empty())
                .unwrap_or("")
        };
        let reason = match () {
            () if self.shape.numbered && !numbered(line_text.unwrap_or_else(first)) => {
                Some(Reason::NoRowNumber)
            }
            () if self.shape.guessed && is_no_code(self.body(line_text.unwrap_or_else(first))) => {
                Some(Reason::NotACode)
            }
            () => None,
        };
        if let Some(reason) = reason {
            return Ok(Some(refused(line, cells, reason)));
        }
        Ok(Some(RowOut::of(
            line,
            read_row(cells, &self.shape.row_rule(&self.recent)),
        )))
    }

    /// Whether the row is the header again. Another one ends the reading: what follows it would be
    /// sold by the wrong names.
    fn is_header_again(&self, line: u64, cells: &[Cell<'_>]) -> Result<bool, FileError> {
        let header = self.shape.header.as_deref();
        if header.is_some_and(|header| {
            cells
                .iter()
                .map(Cell::text)
                .eq(header.iter().map(String::as_str))
        }) {
            return Ok(true);
        }
        if self.shape.header_is_fixed || !is_strict_header(cells) {
            return Ok(false);
        }
        let texts = |cells: &[Cell<'_>]| {
            cells
                .iter()
                .map(|cell| cell.text().to_owned())
                .collect::<Vec<_>>()
        };
        let roles =
            |texts: &[String]| roles_of(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let same = match header {
            Some(header) => roles(header) == roles(&texts(cells)),
            None => cells.iter().filter(|cell| !cell.is_empty()).count() == 1,
        };
        if same {
            Ok(true)
        } else {
            Err(FileError::AnotherHeader(line))
        }
    }
}

/// Values behind their names may stand among other words.
fn is_no_code(line: &str) -> bool {
    (unlike_a_code(line) || is_remark(line)) && count_labels(line) == 0
}

fn refused(line: u64, cells: &[Cell<'_>], reason: Reason) -> RowOut {
    let filled = cells.iter().filter(|cell| !cell.is_empty()).count();
    RowOut::refused(line, u32::try_from(filled).unwrap_or(u32::MAX), reason)
}
