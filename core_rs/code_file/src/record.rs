//! Cuts a stream into records: lines, or quoted fields that run over several lines.
//!
//! Every decision depends on the bytes alone, never on how they were chunked, and the buffer
//! never holds more than one record's bound and one chunk.

use memchr::{memchr, memchr2};
use zeroize::Zeroizing;

use super::reason::Reason;

/// Longest record in bytes. A code with pin, link and a remark takes a few hundred.
pub(super) const RECORD_BYTES_MAX: usize = 64 * 1024;

/// Most lines of one quoted field. Licence keys take about twenty; without a bound one stray
/// quote could swallow the good lines up to the next.
const QUOTED_LINES_MAX: u64 = 64;

/// Which quotes count.
#[derive(Clone, Copy)]
pub(super) struct QuoteRule {
    /// Whether fields may be quoted at all.
    pub(super) on: bool,
    /// The byte between fields; none if a line is one field.
    pub(super) separator: Option<u8>,
}

/// A record, by its first line's number (from 1) and its bytes, or why it cannot be one.
pub(super) struct Record<'a> {
    pub(super) line: u64,
    pub(super) bytes: Result<&'a [u8], Reason>,
}

/// Bytes in, records out.
pub(super) struct Splitter {
    quotes: QuoteRule,
    buffer: Zeroizing<Vec<u8>>,
    start: usize,
    line: u64,
    finished: bool,
    /// The last record ended in CR: a LF that follows belongs to it.
    after_cr: bool,
    /// Inside a line that was refused as too long.
    skipping: bool,
}

/// Where a record ends: the end of its bytes, the start of what follows, its line count.
struct End {
    bytes: usize,
    next: usize,
    lines: u64,
}

enum Scan {
    Complete(End),
    NeedMore,
    TooLong,
    BadQuotes,
}

impl Splitter {
    pub(super) fn new(quotes: QuoteRule) -> Self {
        let buffer = Zeroizing::new(Vec::with_capacity(4 * RECORD_BYTES_MAX));
        Self {
            quotes,
            buffer,
            start: 0,
            line: 1,
            finished: false,
            after_cr: false,
            skipping: false,
        }
    }

    /// The buffer to append to; what was consumed is dropped first.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        self.buffer.drain(..self.start);
        self.start = 0;
        &mut self.buffer
    }

    /// Says that no more bytes will come: the rest is the last record.
    pub(super) fn finish(&mut self) {
        self.finished = true;
    }

    /// The next complete record, or `None` until more bytes come.
    pub(super) fn next(&mut self) -> Option<Record<'_>> {
        self.swallow_lf();
        if self.skipping && !self.skip_line() {
            return None;
        }
        if self.start == self.buffer.len() {
            return None;
        }
        let line = self.line;
        match self.scan() {
            Scan::NeedMore => None,
            Scan::Complete(end) => {
                let from = self.start;
                self.advance(end.next, end.lines);
                Some(Record {
                    line,
                    bytes: Ok(&self.buffer[from..end.bytes]),
                })
            }
            Scan::TooLong => {
                self.skipping = true;
                self.skip_line();
                Some(Record {
                    line,
                    bytes: Err(Reason::LineTooLong),
                })
            }
            Scan::BadQuotes => {
                // Only the line that opened the quote: the ones after it may be good.
                self.skipping = true;
                self.skip_line();
                Some(Record {
                    line,
                    bytes: Err(Reason::BadQuotes),
                })
            }
        }
    }

    fn swallow_lf(&mut self) {
        if self.after_cr && self.start < self.buffer.len() {
            self.after_cr = false;
            if self.buffer[self.start] == b'\n' {
                self.start += 1;
            }
        }
    }

    /// Drops the rest of a refused line; false until its end has come.
    fn skip_line(&mut self) -> bool {
        if let Some(at) = memchr2(b'\n', b'\r', &self.buffer[self.start..]) {
            self.skipping = false;
            self.advance(self.start + at + 1, 1);
            self.swallow_lf();
            return true;
        }
        self.start = self.buffer.len();
        false
    }

    fn advance(&mut self, next: usize, lines: u64) {
        self.after_cr = next > self.start && self.buffer[next - 1] == b'\r';
        self.start = next;
        self.line += lines;
    }

    fn scan(&self) -> Scan {
        let rest = &self.buffer[self.start..];
        let line = memchr2(b'\n', b'\r', rest);
        let first_line = &rest[..line.unwrap_or(rest.len())];
        if first_line.len() > RECORD_BYTES_MAX {
            return Scan::TooLong;
        }
        // A line is judged when all of it is there: a quote must not hide that it is too long.
        if line.is_none() && !self.finished {
            return Scan::NeedMore;
        }
        if self.quotes.on && memchr(b'"', first_line).is_some() {
            return self.scan_quoted(rest);
        }
        match line {
            Some(at) => Scan::Complete(self.end_at(at, 1)),
            None => Scan::Complete(self.end_at(rest.len(), 1)),
        }
    }

    /// The end of a record whose bytes end `length` after the start.
    fn end_at(&self, length: usize, lines: u64) -> End {
        let bytes = self.start + length;
        End {
            bytes,
            next: (bytes + 1).min(self.buffer.len()),
            lines,
        }
    }

    fn scan_quoted(&self, rest: &[u8]) -> Scan {
        let window = &rest[..rest.len().min(RECORD_BYTES_MAX)];
        match QuoteScan::new(self.quotes.separator).run(window) {
            Some(Quoted::End { at, lines }) => Scan::Complete(self.end_at(at, lines)),
            Some(Quoted::Malformed) => Scan::BadQuotes,
            None if window.len() == RECORD_BYTES_MAX => Scan::BadQuotes,
            None if !self.finished => Scan::NeedMore,
            None => match QuoteScan::new(self.quotes.separator).run_to_end(window) {
                Some(lines) => Scan::Complete(self.end_at(window.len(), lines)),
                None => Scan::BadQuotes,
            },
        }
    }
}

enum Quoted {
    End { at: usize, lines: u64 },
    Malformed,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    FieldStart,
    Plain,
    Inside,
    /// A quote inside: the field's end, or the first half of a doubled quote.
    AfterQuote,
    /// Blanks after the closing quote.
    Closed,
}

/// RFC 4180, byte by byte: finds the line end that is not inside quotes.
struct QuoteScan {
    separator: Option<u8>,
    place: Place,
    lines: u64,
    last: u8,
}

impl QuoteScan {
    fn new(separator: Option<u8>) -> Self {
        Self {
            separator,
            place: Place::FieldStart,
            lines: 1,
            last: 0,
        }
    }

    fn run(&mut self, bytes: &[u8]) -> Option<Quoted> {
        for (at, byte) in bytes.iter().enumerate() {
            let line_end = matches!(byte, b'\n' | b'\r');
            if line_end && self.place != Place::Inside {
                return Some(Quoted::End {
                    at,
                    lines: self.lines,
                });
            }
            self.place = match self.step(*byte) {
                Some(place) => place,
                None => return Some(Quoted::Malformed),
            };
            if line_end && !(*byte == b'\n' && self.last == b'\r') {
                self.lines += 1;
                if self.lines > QUOTED_LINES_MAX {
                    return Some(Quoted::Malformed);
                }
            }
            self.last = *byte;
        }
        None
    }

    /// The line count if the bytes end in a complete record.
    fn run_to_end(&mut self, bytes: &[u8]) -> Option<u64> {
        let open = self.run(bytes).is_some() || self.place == Place::Inside;
        (!open).then_some(self.lines)
    }

    fn step(&self, byte: u8) -> Option<Place> {
        let separates = Some(byte) == self.separator;
        Some(match (self.place, byte) {
            (Place::Inside, b'"') => Place::AfterQuote,
            (Place::Inside, _) | (Place::AfterQuote, b'"') => Place::Inside,
            (_, _) if separates => Place::FieldStart,
            (Place::FieldStart, b'"') => Place::Inside,
            (Place::FieldStart, b' ' | b'\t') => Place::FieldStart,
            (Place::FieldStart | Place::Plain, _) => Place::Plain,
            (Place::AfterQuote | Place::Closed, b' ' | b'\t') => Place::Closed,
            (Place::AfterQuote | Place::Closed, _) => return None,
        })
    }
}
