//! A strict look at a JSON text before it is decoded.
//!
//! Decoders take the last of two equal keys, or a lone surrogate, in silence: two readers of
//! one signed body could then see two orders. This scanner refuses what the contract refuses
//! (BOM, duplicate keys, NaN, lone surrogates, deep nesting, invalid UTF-8) in one pass over
//! the bytes. It does not build a value; the decoder behind it still judges types.

use std::collections::HashSet;

use crate::json_string::escape;

/// Why a text was refused, and the byte where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub reason: Reason,
    /// Byte offset of the offending token.
    pub offset: usize,
}

/// What can be wrong with a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A byte order mark at the start.
    ByteOrderMark,
    /// Not UTF-8.
    NotUtf8,
    /// Not JSON (this includes NaN and Infinity).
    Syntax,
    /// An object names one member twice.
    DuplicateKey,
    /// A `\ud800`-style escape without its other half.
    LoneSurrogate,
    /// Nested deeper than allowed.
    TooDeep,
}

impl Reason {
    /// A sentence part for people.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::ByteOrderMark => "starts with a byte order mark",
            Self::NotUtf8 => "is not UTF-8",
            Self::Syntax => "is not JSON",
            Self::DuplicateKey => "names a member twice",
            Self::LoneSurrogate => "holds a lone surrogate",
            Self::TooDeep => "is nested too deeply",
        }
    }
}

/// Checks one JSON text.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check(text: &[u8], depth_max: usize) -> Result<(), Refusal> {
    if text.starts_with(&[0xEF, 0xBB, 0xBF]) {
        return Err(Refusal {
            reason: Reason::ByteOrderMark,
            offset: 0,
        });
    }
    if let Err(error) = std::str::from_utf8(text) {
        return Err(Refusal {
            reason: Reason::NotUtf8,
            offset: error.valid_up_to(),
        });
    }
    let mut scanner = Scanner {
        text,
        at: 0,
        depth_max,
    };
    scanner.blanks();
    scanner.value(0)?;
    scanner.blanks();
    if scanner.at == text.len() {
        Ok(())
    } else {
        Err(scanner.refuse(Reason::Syntax))
    }
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    depth_max: usize,
}

/// Up to this many members are compared pairwise; more go through a hash set.
const PAIRWISE_MEMBERS_MAX: usize = 16;

impl<'a> Scanner<'a> {
    fn refuse(&self, reason: Reason) -> Refusal {
        Refusal {
            reason,
            offset: self.at,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Refusal> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.refuse(Reason::Syntax))
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), Refusal> {
        match self.peek() {
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'"') => self.string().map(|_| ()),
            Some(b't') => self.literal(b"true"),
            Some(b'f') => self.literal(b"false"),
            Some(b'n') => self.literal(b"null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.refuse(Reason::Syntax)),
        }
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), Refusal> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            Ok(())
        } else {
            Err(self.refuse(Reason::Syntax))
        }
    }

    fn digits(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start {
            Err(self.refuse(Reason::Syntax))
        } else {
            Ok(())
        }
    }

    fn number(&mut self) -> Result<(), Refusal> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn enter(&mut self, depth: usize) -> Result<(), Refusal> {
        if depth > self.depth_max {
            return Err(self.refuse(Reason::TooDeep));
        }
        self.at += 1;
        self.blanks();
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Result<(), Refusal> {
        self.enter(depth)?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => return self.expect(b']'),
            }
            self.blanks();
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), Refusal> {
        self.enter(depth)?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        let mut members = Members::default();
        loop {
            let offset = self.at;
            let key = self.string()?;
            if !members.add(key) {
                return Err(Refusal {
                    reason: Reason::DuplicateKey,
                    offset,
                });
            }
            self.blanks();
            self.expect(b':')?;
            self.blanks();
            self.value(depth)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => return self.expect(b'}'),
            }
            self.blanks();
        }
    }

    /// Reads a string and gives its content back, unescaped only where it has escapes.
    fn string(&mut self) -> Result<Key<'a>, Refusal> {
        self.expect(b'"')?;
        let start = self.at;
        let mut unescaped: Option<Vec<u8>> = None;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let raw = &self.text[start..self.at];
                    self.at += 1;
                    return Ok(unescaped.map_or(Key::Raw(raw), Key::Unescaped));
                }
                Some(b'\\') => {
                    let out = unescaped.get_or_insert_with(|| self.text[start..self.at].to_vec());
                    escape(self.text, &mut self.at, out)?;
                }
                Some(byte) if byte >= 0x20 => {
                    if let Some(out) = unescaped.as_mut() {
                        out.push(byte);
                    }
                    self.at += 1;
                }
                _ => return Err(self.refuse(Reason::Syntax)),
            }
        }
    }
}

enum Key<'a> {
    Raw(&'a [u8]),
    Unescaped(Vec<u8>),
}

impl Key<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Raw(bytes) => bytes,
            Self::Unescaped(bytes) => bytes,
        }
    }
}

#[derive(Default)]
struct Members<'a> {
    few: Vec<Key<'a>>,
    many: HashSet<Vec<u8>>,
}

impl<'a> Members<'a> {
    /// False when the member was there already.
    fn add(&mut self, key: Key<'a>) -> bool {
        if self.few.len() < PAIRWISE_MEMBERS_MAX {
            if self.few.iter().any(|known| known.bytes() == key.bytes()) {
                return false;
            }
            self.few.push(key);
            return true;
        }
        if self.few.iter().any(|known| known.bytes() == key.bytes()) {
            return false;
        }
        self.many.insert(key.bytes().to_vec())
    }
}
