//! The streaming parser: chunks of any size in, rows out.

use std::collections::VecDeque;

use zeroize::Zeroizing;

use super::FileError;
use super::decode::{TextReader, Transcoder};
use super::field::split;
use super::lines::{Lines, RowOut};
use super::reason::Reason;
use super::record::{QuoteRule, Splitter};
use super::row::Cell;
use super::shape::{Overrides, Shape};
use super::sniff::{WINDOW_BYTES, pieces, sniff_text, strip_bom};
use super::text::clean;

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
    lines: Lines,
    /// Rows of a line that ends more than once.
    waiting: VecDeque<RowOut>,
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
            State::Reading(reading) => Some(&reading.lines.shape),
            State::Collecting(_) => None,
        }
    }

    /// The next row that is neither blank nor a header, or `None` until more bytes come.
    pub fn next_row(&mut self) -> Result<Option<RowOut>, FileError> {
        match &mut self.state {
            State::Reading(reading) => reading.next_row(),
            State::Collecting(_) => Ok(None),
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
            lines: Lines::new(shape),
            waiting: VecDeque::new(),
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

    fn next_row(&mut self) -> Result<Option<RowOut>, FileError> {
        loop {
            if let Some(row) = self.waiting.pop_front() {
                return Ok(Some(row));
            }
            let Some(record) = self.splitter.next() else {
                return Ok(None);
            };
            let line = record.line;
            let text = match record.bytes {
                Err(reason) => return Ok(Some(RowOut::refused(line, 1, reason))),
                Ok(bytes) => self.text.read(bytes),
            };
            let Some(text) = text else {
                return Ok(Some(RowOut::refused(line, 1, Reason::Undecodable)));
            };
            for piece in pieces(&text) {
                if let Some(row) = read_piece(&mut self.lines, line, piece)? {
                    self.waiting.push_back(row);
                }
            }
        }
    }
}

fn read_piece(lines: &mut Lines, line: u64, piece: &str) -> Result<Option<RowOut>, FileError> {
    let whole = clean(piece);
    let shape = &lines.shape;
    let fields = split(lines.body(&whole), shape.separator, shape.quotes);
    let cells: Vec<Cell<'_>> = fields.into_iter().map(Cell::Text).collect();
    lines.row(line, Some(&whole), &cells)
}
