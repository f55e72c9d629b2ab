//! Decides a file's shape from its first bytes, or from a workbook's first rows.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::FileError;
use super::decode::{self, Encoding, TextReader, Transcoder};
use super::field::{Separator, split};
use super::foreign::{refuse_bytes, refuse_text};
use super::frame::{Frame, doubt_first_row, is_header_too};
use super::header::{self, is_total};
use super::numbering::{counts_up, take_number};
use super::record::{QuoteRule, Splitter};
use super::row::Cell;
use super::settle::settle;
use super::shape::{Above, Overrides, Shape};
use super::text::{clean, is_odd_line_end};

/// How many bytes the shape is decided from.
pub(super) const WINDOW_BYTES: usize = 256 * 1024;

/// How many records of the window are looked at: shapes do not change after a thousand.
pub(super) const RECORDS_MAX: usize = 1000;

/// The shape of a text file. `complete` says that the window is the whole file.
pub(super) fn sniff_text(
    window: &[u8],
    complete: bool,
    overrides: &Overrides,
) -> Result<Shape, FileError> {
    refuse_bytes(window)?;
    let encoding = match overrides.encoding {
        // `--encoding utf-16` names both byte orders; a mark says which.
        Some(Encoding::Utf16Le) if window.starts_with(b"\xfe\xff") => Encoding::Utf16Be,
        Some(encoding) => encoding,
        None => Encoding::sniff(window),
    };
    let mut text = Zeroizing::new(Vec::new());
    Transcoder::new(encoding).push(window, false, &mut text);
    refuse_binary(&text)?;
    refuse_text(strip_bom(&text))?;
    let mut shape = Shape::new(encoding, overrides);
    if overrides.encoding.is_none() && encoding == Encoding::Gb18030 && decode::is_doubtful(window)
    {
        shape
            .doubts
            .push("it is GB18030 or Big5; say which with --encoding".to_owned());
    }
    let mut sample = Sample {
        bytes: strip_bom(&text),
        encoding,
        complete,
        quotes: overrides.quotes,
        numbered: false,
    };
    shape.numbered = is_numbered(&sample, &mut shape.doubts);
    sample.numbered = shape.numbered;
    let frame = Frame::find(&sample, overrides, &mut shape.doubts);
    shape.separator = frame.separator;
    shape.quotes = overrides.quotes.unwrap_or(shape.separator.allows_quotes());
    shape.above = frame.above;
    shape.header = frame.header;
    let rows = sample.rows(shape.separator);
    let cells: Vec<Vec<Cell<'_>>> = rows.iter().map(|row| as_cells(row)).collect();
    let lines = sample.rows(Separator::None);
    settle(&mut shape, &cells, &lines, overrides)?;
    Ok(shape)
}

/// The shape of a workbook's sheet, from its first rows.
pub(super) fn sniff_rows(
    sheet: String,
    rows: &[Vec<Cell<'_>>],
    overrides: &Overrides,
) -> Result<Shape, FileError> {
    let mut shape = Shape::new(Encoding::Utf8, overrides);
    shape.sheet = Some(sheet);
    let texts: Vec<Vec<&str>> = rows
        .iter()
        .map(|row| row.iter().map(Cell::text).collect())
        .collect();
    let firsts: Vec<&str> = texts
        .iter()
        .filter_map(|row| row.iter().find(|text| !text.is_empty()).copied())
        .collect();
    shape.numbered = numbers_of(&firsts, &mut shape.doubts);
    let stripped: Vec<Vec<Cell<'_>>> = rows
        .iter()
        .map(|row| without_number(row, shape.numbered))
        .collect();
    match overrides.header {
        Some(false) => {}
        Some(true) => shape.header = texts.first().map(|row| own(row)),
        None => {
            if let Some((at, _)) = header::find(&texts) {
                shape.above = vec![Above::Title; at];
                shape.header = Some(own(&texts[at]));
            }
        }
    }
    if let Some(header) = &shape.header {
        shape.above.push(Above::Header);
        let next = texts.get(shape.above.len());
        if next.is_some_and(|next| next.len() == header.len() && is_header_too(next)) {
            shape.above.push(Above::Header);
        }
    } else if overrides.header.is_none() {
        doubt_first_row(&texts, &mut shape);
    }
    settle(&mut shape, &stripped, &[], overrides)?;
    Ok(shape)
}

/// A row's cells, the number before the first filled one taken off.
pub(super) fn without_number<'a>(row: &[Cell<'a>], numbered: bool) -> Vec<Cell<'a>> {
    let mut row = row.to_vec();
    if numbered
        && let Some(first) = row.iter_mut().find(|cell| !cell.is_empty())
        && let Some((_, body)) = take_number(first.text())
    {
        *first = Cell::Text(Cow::Owned(body.to_owned()));
    }
    row
}

fn as_cells(row: &[String]) -> Vec<Cell<'_>> {
    row.iter()
        .map(|text| Cell::Text(Cow::Borrowed(text.as_str())))
        .collect()
}

fn own(row: &[&str]) -> Vec<String> {
    row.iter().map(|text| (*text).to_owned()).collect()
}

/// Text has no NUL, and hardly any control characters.
fn refuse_binary(text: &[u8]) -> Result<(), FileError> {
    let odd = text
        .iter()
        .filter(|byte| **byte < 0x20 && !b"\t\n\r\x0b\x0c\x1a".contains(byte))
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
pub(super) struct Sample<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) encoding: Encoding,
    pub(super) complete: bool,
    pub(super) quotes: Option<bool>,
    pub(super) numbered: bool,
}

impl Sample<'_> {
    /// The window's records as fields; blank ones and those that are no text are left out.
    pub(super) fn rows(&self, separator: Separator) -> Vec<Vec<String>> {
        self.first_rows(separator, RECORDS_MAX)
    }

    pub(super) fn first_rows(&self, separator: Separator, most: usize) -> Vec<Vec<String>> {
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
            for line in pieces(&line) {
                let line = clean(line);
                let body = match take_number(&line) {
                    Some((_, body)) if self.numbered => body,
                    _ => line.as_ref(),
                };
                let row: Vec<String> = split(body, separator, quotes)
                    .into_iter()
                    .map(Cow::into_owned)
                    .collect();
                if row.iter().any(|field| !field.is_empty()) {
                    rows.push(row);
                }
            }
        }
        rows
    }
}

/// A line cut where only some programs see a line's end; one with quotes stays whole.
pub(super) fn pieces(line: &str) -> impl Iterator<Item = &str> {
    let whole = line.contains('"');
    line.split(move |c| !whole && is_odd_line_end(c))
}

/// Whether the lines are numbered: all of them from the first numbered one on, without a gap.
fn is_numbered(sample: &Sample<'_>, doubts: &mut Vec<String>) -> bool {
    let rows = sample.rows(Separator::None);
    let lines: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    numbers_of(&lines, doubts)
}

fn numbers_of(lines: &[&str], doubts: &mut Vec<String>) -> bool {
    let data: Vec<&&str> = lines
        .iter()
        .filter(|line| !is_total(&[Cell::Text(Cow::Borrowed(line))]))
        .collect();
    let Some(first) = data
        .iter()
        .take(header::PREFACE_ROWS_MAX)
        .position(|line| take_number(line).is_some())
    else {
        return false;
    };
    let tail = &data[first..];
    let numbers: Vec<u64> = tail
        .iter()
        .map_while(|line| take_number(line).map(|(number, _)| number))
        .collect();
    if numbers.len() < tail.len() || !counts_up(&numbers) {
        if numbers.len() * 2 > tail.len() && tail.len() > 1 {
            doubts.push(
                "most lines begin with what looks like a row number, but they do not count up"
                    .to_owned(),
            );
        }
        return false;
    }
    if numbers.len() == 1 {
        doubts.push("the line begins with what looks like a row number".to_owned());
    }
    true
}
