//! The streaming parser: chunks of any size in, rows out.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::FileError;
use super::decode::{TextReader, Transcoder};
use super::field::split;
use super::record::{QuoteRule, Splitter};
use super::row::{Cell, Goods, Reason, read_row};
use super::shape::{Overrides, Shape};
use super::sniff::{WINDOW_BYTES, sniff_text, strip_bom};

/// One row: the number of its first line (from 1), and the goods or the reason for refusing it.
pub struct RowOut {
    /// The first line of the record.
    pub line: u64,
    /// What the row sells, or why it does not.
    pub goods: Result<Goods, Reason>,
}

/// Reads a text file that comes in chunks. Blank lines and repeated headers are passed over.
pub struct Parser {
    overrides: Overrides,
    state: State,
}

enum State {
    /// Too little seen to know the shape.
    Collecting(Zeroizing<Vec<u8>>),
    Reading(Box<Reading>),
}

struct Reading {
    shape: Shape,
    transcoder: Transcoder,
    text: TextReader,
    splitter: Splitter,
}

impl Parser {
    /// A parser that detects what `overrides` leaves open.
    #[must_use]
    pub fn new(overrides: Overrides) -> Self {
        Self {
            overrides,
            state: State::Collecting(Zeroizing::new(Vec::with_capacity(WINDOW_BYTES))),
        }
    }

    /// Takes the next bytes of the file.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        match &mut self.state {
            State::Reading(reading) => reading.push(bytes, false),
            State::Collecting(window) => {
                // The window is cut at one place whatever the chunks: the shape must not depend on them.
                let (head, tail) = bytes.split_at(bytes.len().min(WINDOW_BYTES - window.len()));
                window.extend_from_slice(head);
                if window.len() == WINDOW_BYTES {
                    self.start(false)?;
                    return self.feed(tail);
                }
            }
        }
        Ok(())
    }

    /// Says that the file has ended.
    pub fn finish(&mut self) -> Result<(), FileError> {
        if matches!(self.state, State::Collecting(_)) {
            self.start(true)?;
        }
        if let State::Reading(reading) = &mut self.state {
            reading.push(&[], true);
            reading.splitter.finish();
        }
        Ok(())
    }

    /// The shape, once it is known.
    #[must_use]
    pub fn shape(&self) -> Option<&Shape> {
        match &self.state {
            State::Reading(reading) => Some(&reading.shape),
            State::Collecting(_) => None,
        }
    }

    /// The next row that is neither blank nor a header, or `None` until more bytes come.
    pub fn next_row(&mut self) -> Option<RowOut> {
        match &mut self.state {
            State::Reading(reading) => reading.next_row(),
            State::Collecting(_) => None,
        }
    }

    fn start(&mut self, complete: bool) -> Result<(), FileError> {
        let State::Collecting(window) = &mut self.state else {
            return Ok(());
        };
        let window = std::mem::take(window);
        let shape = sniff_text(&window, complete, &self.overrides)?;
        let quotes = QuoteRule {
            on: shape.quotes,
            separator: shape.separator.byte(),
        };
        let mut reading = Reading {
            transcoder: Transcoder::new(shape.encoding),
            text: TextReader::new(shape.encoding),
            splitter: Splitter::new(quotes),
            shape,
        };
        reading.push(strip_bom(&window), false);
        self.state = State::Reading(Box::new(reading));
        Ok(())
    }
}

impl Reading {
    fn push(&mut self, bytes: &[u8], last: bool) {
        self.transcoder.push(bytes, last, self.splitter.buffer());
    }

    fn next_row(&mut self) -> Option<RowOut> {
        loop {
            let record = self.splitter.next()?;
            let line = record.line;
            let goods = match record.bytes {
                Err(reason) => Err(reason),
                Ok(bytes) => match self.text.read(bytes) {
                    None => Err(Reason::Undecodable),
                    Some(text) => match read_line(&text, &self.shape) {
                        None => continue,
                        Some(goods) => goods,
                    },
                },
            };
            return Some(RowOut { line, goods });
        }
    }
}

/// The goods of a line; `None` if it is blank or the header again.
fn read_line(text: &str, shape: &Shape) -> Option<Result<Goods, Reason>> {
    let fields = split(text, shape.separator, shape.quotes);
    if fields
        .iter()
        .all(|field| field.is_empty() || field == "\u{1a}")
        || is_header(&fields, shape)
    {
        return None;
    }
    let cells: Vec<Cell<'_>> = fields.into_iter().map(Cell::Text).collect();
    Some(read_row(&cells, &shape.row_rule()))
}

fn is_header(fields: &[Cow<'_, str>], shape: &Shape) -> bool {
    shape.header.as_ref().is_some_and(|header| header == fields)
}
