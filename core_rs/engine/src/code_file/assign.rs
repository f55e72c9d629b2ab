//! Decides what each column of a sniffed file holds, and shows what that makes of its first rows.

use super::FileError;
use super::column::{self, Column};
use super::expiry::{self, Zone};
use super::field::{Separator, looks_like_link};
use super::mask::mask;
use super::row::{Cell, read_row};
use super::shape::{Overrides, Shape};

/// Rows shown to the operator.
const SAMPLE_ROWS: usize = 3;

/// Settles the columns, then shows what they make of the first rows.
pub(super) fn fill_columns(
    shape: &mut Shape,
    rows: &[Vec<Cell<'_>>],
    overrides: &Overrides,
) -> Result<(), FileError> {
    let is_header = |row: &&Vec<Cell<'_>>| {
        shape.header.as_ref().is_some_and(|header| {
            row.iter()
                .map(Cell::text)
                .eq(header.iter().map(String::as_str))
        })
    };
    let data: Vec<&Vec<Cell<'_>>> = rows.iter().filter(|row| !is_header(row)).collect();
    let named = shape.header.as_ref().and_then(|header| {
        let cells: Vec<&str> = header.iter().map(String::as_str).collect();
        column::from_header(&cells)
    });
    (shape.columns, shape.guessed) = match (&overrides.columns, named) {
        (Some(columns), _) => (columns.clone(), false),
        (None, Some(columns)) => (columns, false),
        (None, None) => (guess_columns(shape, &data), true),
    };
    if !shape.columns.iter().any(|column| column.carries_goods()) {
        return Err(FileError::NoCodeColumn);
    }
    shape.sample = data
        .iter()
        .take(SAMPLE_ROWS)
        .map(|row| show(row, shape))
        .collect();
    Ok(())
}

/// `code,pin,url,expires_at`, with the third and fourth place checked against what they hold.
fn guess_columns(shape: &Shape, data: &[&Vec<Cell<'_>>]) -> Vec<Column> {
    if shape.separator == Separator::None && shape.sheet.is_none() {
        return vec![Column::Code];
    }
    let width = data.iter().map(|row| row.len()).max().unwrap_or(1).max(4);
    let mut columns = vec![Column::Code, Column::Pin];
    for place in 2..width {
        let role = role_of(data, place).unwrap_or(match place {
            2 => Column::Url,
            3 => Column::ExpiresAt,
            _ => Column::Ignored,
        });
        columns.push(if columns.contains(&role) {
            Column::Ignored
        } else {
            role
        });
    }
    columns
}

/// What most filled cells of a column are; `None` if all are empty.
fn role_of(data: &[&Vec<Cell<'_>>], place: usize) -> Option<Column> {
    let filled: Vec<&Cell<'_>> = data
        .iter()
        .filter_map(|row| row.get(place))
        .filter(|cell| !cell.is_empty())
        .collect();
    let most = |is: &dyn Fn(&Cell<'_>) -> bool| {
        filled.iter().filter(|cell| is(cell)).count() * 2 >= filled.len()
    };
    match () {
        () if filled.is_empty() => None,
        () if most(&|cell| looks_like_link(cell.text())) => Some(Column::Url),
        () if most(&|cell| {
            matches!(cell, Cell::Date(_))
                || matches!(expiry::parse(cell.text(), &Zone::default()), Ok(Some(_)))
        }) =>
        {
            Some(Column::ExpiresAt)
        }
        () => Some(Column::Ignored),
    }
}

/// One row as the operator sees it before anything is written.
fn show(row: &[Cell<'_>], shape: &Shape) -> String {
    match read_row(row, &shape.row_rule()) {
        Err(reason) => format!("refused: {}", reason.word()),
        Ok(goods) => {
            let parts = [
                ("code", mask(&goods.code)),
                ("pin", mask(&goods.pin)),
                ("url", mask(&goods.url)),
            ];
            let mut words: Vec<String> = parts
                .into_iter()
                .filter(|(_, text)| !text.is_empty())
                .map(|(name, text)| format!("{name}={text}"))
                .collect();
            if !goods.expires_at.is_empty() {
                words.push(format!("expires_at={}", goods.expires_at));
            }
            words.join(" ")
        }
    }
}
