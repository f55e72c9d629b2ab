//! Decides a file's shape from its first bytes, or from a workbook's first rows.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::FileError;
use super::assign::fill_columns;
use super::column::{self, Column};
use super::decode::{Encoding, TextReader, Transcoder};
use super::expiry::{self, Zone};
use super::field::{Separator, cuts_into_pair, looks_like_link, of_pasted_line, split};
use super::record::{QuoteRule, Splitter};
use super::row::Cell;
use super::shape::{Overrides, Shape};

/// How many bytes the shape is decided from.
pub(super) const WINDOW_BYTES: usize = 256 * 1024;

/// How many records of the window are looked at: shapes do not change after a thousand.
const RECORDS_MAX: usize = 1000;

/// What separates on nine lines of ten separates in the file.
const SURE_PERCENT: usize = 90;

/// First bytes of files that are often mistaken for code files.
const FOREIGN: &[(&[u8], &str)] = &[
    (b"%PDF-", "a PDF"),
    (b"\x1f\x8b", "a gzip archive (unpack it first)"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (
        b"\xd0\xcf\x11\xe0",
        "an old .xls workbook (save it as .xlsx or .csv)",
    ),
    (b"7z\xbc\xaf", "a 7z archive (unpack it first)"),
    (b"Rar!", "a RAR archive (unpack it first)"),
    (b"SQLite format 3", "a database"),
];

/// The shape of a text file. `complete` says that the window is the whole file.
pub(super) fn sniff_text(
    window: &[u8],
    complete: bool,
    overrides: &Overrides,
) -> Result<Shape, FileError> {
    refuse_foreign(window)?;
    let encoding = match overrides.encoding {
        // `--encoding utf-16` names both byte orders; a mark says which.
        Some(Encoding::Utf16Le) if window.starts_with(b"\xfe\xff") => Encoding::Utf16Be,
        Some(encoding) => encoding,
        None => Encoding::sniff(window),
    };
    let mut text = Zeroizing::new(Vec::new());
    Transcoder::new(encoding).push(window, false, &mut text);
    refuse_binary(&text)?;
    let sample = Sample {
        bytes: strip_bom(&text),
        encoding,
        complete,
        quotes: overrides.quotes,
    };

    let (separator, header) = separator_and_header(&sample, overrides);
    let quotes = overrides.quotes.unwrap_or(separator.allows_quotes());
    let rows = sample.rows(separator);
    let cells: Vec<Vec<Cell<'_>>> = rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|text| Cell::Text(Cow::Borrowed(text.as_str())))
                .collect()
        })
        .collect();
    let mut shape = Shape {
        sheet: None,
        encoding,
        separator,
        quotes,
        header,
        columns: Vec::new(),
        guessed: false,
        sample: Vec::new(),
        zone: overrides.zone.clone(),
        now_s: overrides.now_s,
    };
    fill_columns(&mut shape, &cells, overrides)?;
    Ok(shape)
}

/// The shape of a workbook's sheet, from its first rows.
pub(super) fn sniff_rows(
    sheet: String,
    rows: &[Vec<Cell<'_>>],
    overrides: &Overrides,
) -> Result<Shape, FileError> {
    let first: Vec<&str> = rows
        .first()
        .map(|row| row.iter().map(Cell::text).collect())
        .unwrap_or_default();
    let named = column::from_header(&first).is_some();
    let header = overrides.header.unwrap_or(named);
    let mut shape = Shape {
        sheet: Some(sheet),
        encoding: Encoding::Utf8,
        separator: Separator::None,
        quotes: false,
        header: header.then(|| first.into_iter().map(str::to_owned).collect()),
        columns: Vec::new(),
        guessed: false,
        sample: Vec::new(),
        zone: overrides.zone.clone(),
        now_s: overrides.now_s,
    };
    fill_columns(&mut shape, rows, overrides)?;
    Ok(shape)
}

fn refuse_foreign(window: &[u8]) -> Result<(), FileError> {
    match FOREIGN.iter().find(|(magic, _)| window.starts_with(magic)) {
        Some((_, what)) => Err(FileError::Binary(what)),
        None => Ok(()),
    }
}

/// Text has no NUL, and hardly any control characters.
fn refuse_binary(text: &[u8]) -> Result<(), FileError> {
    let odd = text
        .iter()
        .filter(|byte| **byte < 0x20 && !b"\t\n\r\x0c\x1a".contains(byte))
        .count();
    if text.contains(&0) || odd * 20 > text.len() {
        Err(FileError::Binary("binary data"))
    } else {
        Ok(())
    }
}

/// Takes a byte order mark off the front.
pub(super) fn strip_bom(bytes: &[u8]) -> &[u8] {
    let marks: [&[u8]; 2] = [b"\xef\xbb\xbf", b"\x84\x31\x95\x33"];
    marks
        .iter()
        .find_map(|mark| bytes.strip_prefix(*mark))
        .unwrap_or(bytes)
}

/// The window, to be cut by one candidate separator after the other.
struct Sample<'a> {
    bytes: &'a [u8],
    encoding: Encoding,
    complete: bool,
    quotes: Option<bool>,
}

impl Sample<'_> {
    /// The window's records as fields; blank ones and those that are no text are left out.
    fn rows(&self, separator: Separator) -> Vec<Vec<String>> {
        self.first_rows(separator, RECORDS_MAX)
    }

    fn first_rows(&self, separator: Separator, most: usize) -> Vec<Vec<String>> {
        let quotes = self.quotes.unwrap_or(separator.allows_quotes()) && separator.allows_quotes();
        let mut text = TextReader::new(self.encoding);
        let mut splitter = Splitter::new(QuoteRule {
            on: quotes,
            separator: separator.byte(),
        });
        splitter.buffer().extend_from_slice(self.bytes);
        // A last record that the window cut would mislead, unless it is all there is.
        if self.complete || !self.bytes.contains(&b'\n') && !self.bytes.contains(&b'\r') {
            splitter.finish();
        }
        let mut rows = Vec::new();
        while rows.len() < most {
            let Some(record) = splitter.next() else { break };
            let Some(line) = record.bytes.ok().and_then(|bytes| text.read(bytes)) else {
                continue;
            };
            let row: Vec<String> = split(&line, separator, quotes)
                .into_iter()
                .map(Cow::into_owned)
                .collect();
            if row.iter().any(|field| !field.is_empty()) {
                rows.push(row);
            }
        }
        rows
    }
}

/// The header decides the separator where there is one; else the lines do.
fn separator_and_header(
    sample: &Sample<'_>,
    overrides: &Overrides,
) -> (Separator, Option<Vec<String>>) {
    let named = if overrides.header == Some(false) {
        None
    } else {
        named_header(sample, overrides.separator)
    };
    if let Some((separator, header)) = named {
        return (separator, Some(header));
    }
    let separator = overrides
        .separator
        .unwrap_or_else(|| detect_separator(sample, overrides));
    // The operator says there is a header, with names we do not know.
    let header = (overrides.header == Some(true))
        .then(|| sample.first_rows(separator, 1).pop())
        .flatten();
    (separator, header)
}

fn named_header(sample: &Sample<'_>, fixed: Option<Separator>) -> Option<(Separator, Vec<String>)> {
    const CANDIDATES: [Separator; 8] = [
        Separator::Tab,
        Separator::Comma,
        Separator::Semicolon,
        Separator::Dashes,
        Separator::DoubleBar,
        Separator::Pipe,
        Separator::Blanks,
        Separator::None,
    ];
    let fits = |separator: Separator| {
        let first = sample.first_rows(separator, 1).pop()?;
        let cells: Vec<&str> = first.iter().map(String::as_str).collect();
        let columns = column::from_header(&cells)?;
        let several = cells.len() > 1 || fixed.is_some() || separator == Separator::None;
        // `gift code` is one name; `卡号 密码` are two.
        let sure = separator != Separator::Blanks || !columns.contains(&Column::Ignored);
        (several && sure).then_some((separator, first))
    };
    match fixed {
        Some(separator) => fits(separator),
        None => CANDIDATES.into_iter().find_map(fits),
    }
}

fn detect_separator(sample: &Sample<'_>, overrides: &Overrides) -> Separator {
    const SURE: [Separator; 6] = [
        Separator::Dashes,
        Separator::Tab,
        Separator::DoubleBar,
        Separator::Pipe,
        Separator::Semicolon,
        Separator::Comma,
    ];
    let lines = sample.rows(Separator::None);
    let total = lines.len().max(1);
    let cut = |separator: Separator| {
        sample
            .rows(separator)
            .iter()
            .filter(|row| row.len() > 1 && !is_comma_in_link(row, separator))
            .count()
    };
    if overrides.named_csv && cut(Separator::Comma) > 0 {
        return Separator::Comma;
    }
    let sure = |count: usize, total: usize| count * 100 >= total * SURE_PERCENT;
    for separator in SURE {
        let rows = sample.rows(separator).len().max(1);
        if sure(cut(separator), rows) {
            return separator;
        }
    }
    let blanks = !overrides.blanks_belong_to_codes;
    let pairs = lines
        .iter()
        .filter(|row| blanks && cuts_into_pair(&row[0]))
        .count();
    if sure(pairs, total) {
        return Separator::Blanks;
    }
    of_pasted_text(&lines, blanks)
}

/// A link with commas in it is not a row of a CSV file.
fn is_comma_in_link(row: &[String], separator: Separator) -> bool {
    separator == Separator::Comma
        && looks_like_link(&row[0])
        && !row[1..].iter().any(String::is_empty)
        && row[1..]
            .iter()
            .all(|field| expiry::parse(field, &Zone::default()).is_err())
}

/// No separator is sure: each line may have its own, if most lines have one.
fn of_pasted_text(lines: &[Vec<String>], blanks: bool) -> Separator {
    let found: Vec<Separator> = lines
        .iter()
        .map(|row| of_pasted_line(&row[0]))
        .filter(|separator| {
            *separator != Separator::None && (blanks || *separator != Separator::Blanks)
        })
        .collect();
    let Some(first) = found.first().copied() else {
        return Separator::None;
    };
    let most = found.len() * 2 > lines.len();
    if found.iter().any(|separator| *separator != first) {
        return if most {
            Separator::Mixed
        } else {
            strong_among(&found)
        };
    }
    if most { first } else { strong_among(&found) }
}

/// Few lines are cut: only by what is never part of a code.
fn strong_among(found: &[Separator]) -> Separator {
    let strong = [Separator::Dashes, Separator::Tab, Separator::DoubleBar];
    strong
        .into_iter()
        .find(|separator| found.contains(separator))
        .unwrap_or(Separator::None)
}
