//! Which sheet of a workbook holds the codes, and its rows one after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};

use zeroize::Zeroizing;

use super::FileError;
use super::lines::{Lines, RowOut};
use super::row::Cell;
use super::shape::{Overrides, Shape};
use super::sniff::{RECORDS_MAX, sniff_rows, without_number};
use super::workbook::{Rows, SheetName, Workbook, refuse};

/// A sheet being read.
pub(super) struct Sheet {
    rows: Rows,
    pub(super) lines: Lines,
}

type FirstRows = Vec<Vec<Cell<'static>>>;

impl Sheet {
    /// Unpacks a workbook and decides for a sheet. A damaged workbook is the supplier's fault,
    /// whatever it does to the libraries that unpack it.
    pub(super) fn open(file: Zeroizing<Vec<u8>>, overrides: &Overrides) -> Result<Self, FileError> {
        let open = || Self::choose(&Workbook::open(file)?, overrides);
        catch_unwind(AssertUnwindSafe(open)).unwrap_or_else(|_| Err(refuse("it is damaged")))
    }

    fn choose(book: &Workbook, overrides: &Overrides) -> Result<Self, FileError> {
        let names = || {
            book.sheets
                .iter()
                .map(|sheet| sheet.name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        if book.sheets.is_empty() {
            return Err(refuse("it has no sheet"));
        }
        if let Some(wanted) = &overrides.sheet {
            let Some(sheet) = book.sheets.iter().find(|sheet| sheet.name == *wanted) else {
                return Err(refuse(format!(
                    "no sheet “{wanted}”; there are: {}",
                    names()
                )));
            };
            let (shape, _) = Self::try_sheet(book, sheet, overrides)?;
            return Ok(Self::of(book, sheet, shape));
        }
        let visible: Vec<&SheetName> = book.sheets.iter().filter(|sheet| !sheet.hidden).collect();
        let candidates = if visible.is_empty() {
            book.sheets.iter().collect()
        } else {
            visible
        };
        let mut last_error = None;
        let mut found: Vec<(&SheetName, Shape)> = Vec::new();
        for sheet in candidates {
            match Self::try_sheet(book, sheet, overrides) {
                Ok((shape, rows)) if rows > 0 => found.push((sheet, shape)),
                Ok((shape, _)) if book.sheets.len() == 1 => {
                    return Ok(Self::of(book, sheet, shape));
                }
                Ok(_) => {}
                Err(error @ FileError::Workbook(_)) => return Err(error),
                Err(error) => last_error = Some(error),
            }
        }
        // A sheet with a header we know comes before those that only might hold codes.
        found.sort_by_key(|(_, shape)| shape.guessed);
        let several = found.len() > 1;
        let Some((sheet, mut shape)) = found.into_iter().next() else {
            return Err(last_error.unwrap_or_else(|| {
                refuse(format!("no sheet holds codes; there are: {}", names()))
            }));
        };
        let others = book.sheets.iter().filter(|other| other.name != sheet.name);
        shape.other_sheets = others.map(|other| other.name.clone()).collect();
        if several {
            shape
                .doubts
                .push("more than one sheet may hold codes; name one with --sheet".to_owned());
        }
        if sheet.hidden {
            shape
                .doubts
                .push("the sheet is hidden; name it with --sheet if it is the one".to_owned());
        }
        Ok(Self::of(book, sheet, shape))
    }

    fn of(book: &Workbook, sheet: &SheetName, shape: Shape) -> Self {
        Self {
            rows: book.rows(sheet),
            lines: Lines::new(shape),
        }
    }

    /// The sheet's shape, and how many rows it has that are not blank.
    fn try_sheet(
        book: &Workbook,
        sheet: &SheetName,
        overrides: &Overrides,
    ) -> Result<(Shape, usize), FileError> {
        let mut rows = book.rows(sheet);
        let mut first: FirstRows = Vec::new();
        while first.len() < RECORDS_MAX {
            let Some((_, cells)) = rows.next()? else {
                break;
            };
            if cells.iter().any(|cell| !cell.is_empty()) {
                first.push(cells);
            }
        }
        let mut shape = sniff_rows(sheet.name.clone(), &first, overrides)?;
        if rows.hidden {
            shape.doubts.push("some of its rows are hidden".to_owned());
        }
        Ok((shape, first.len()))
    }

    /// The next row that is neither blank nor a header.
    pub(super) fn next_row(&mut self) -> Result<Option<RowOut>, FileError> {
        loop {
            let Some((line, cells)) = self.rows.next()? else {
                return Ok(None);
            };
            let numbered = self.lines.shape.numbered;
            let cells = if numbered {
                without_number(&cells, true)
            } else {
                cells
            };
            let whole = cells
                .iter()
                .map(Cell::text)
                .find(|text| !text.is_empty())
                .unwrap_or("")
                .to_owned();
            let out = self
                .lines
                .row(line, (!numbered).then_some(whole.as_str()), &cells)?;
            if out.is_some() {
                return Ok(out);
            }
        }
    }

    /// Bytes unpacked, and their size.
    pub(super) fn progress(&self) -> (u64, u64) {
        self.rows.progress()
    }
}
