//! Cuts a record into fields, and trims them.

use std::borrow::Cow;

use super::FileError;
use super::label::{count_labels, split_labels};
use super::likeness::is_wide_separator;
use super::text::is_invisible;

/// What stands between the fields of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// Nothing: the whole line is one field.
    None,
    /// `,`
    Comma,
    /// A tab.
    Tab,
    /// `;`
    Semicolon,
    /// Four or more `-`.
    Dashes,
    /// `|`
    Pipe,
    /// `║`
    DoubleBar,
    /// `，`, `；`, `｜`, or a comma among them.
    Wide,
    /// One or more blanks.
    Blanks,
    /// Each value has its name before it.
    Labels,
    /// Each line has its own: a pasted text.
    Mixed,
}

/// What a pasted line may be cut by, the least likely to be part of a code first.
const MIXED: [Separator; 7] = [
    Separator::Dashes,
    Separator::Tab,
    Separator::DoubleBar,
    Separator::Pipe,
    Separator::Wide,
    Separator::Comma,
    Separator::Blanks,
];

impl Separator {
    /// The name shown to the operator and taken by `--separator`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Comma => "comma",
            Self::Tab => "tab",
            Self::Semicolon => "semicolon",
            Self::Dashes => "----",
            Self::Pipe => "|",
            Self::DoubleBar => "║",
            Self::Wide => "full-width",
            Self::Blanks => "blanks",
            Self::Labels => "labels",
            Self::Mixed => "mixed",
        }
    }

    /// Reads `--separator`: a name or the characters themselves.
    pub fn parse(word: &str) -> Result<Self, FileError> {
        match word {
            "none" | "" => Ok(Self::None),
            "comma" | "," => Ok(Self::Comma),
            "tab" | "\t" | "\\t" => Ok(Self::Tab),
            "semicolon" | ";" => Ok(Self::Semicolon),
            "dashes" | "----" => Ok(Self::Dashes),
            "pipe" | "|" => Ok(Self::Pipe),
            "double-bar" | "║" => Ok(Self::DoubleBar),
            "full-width" | "，" | "；" | "｜" => Ok(Self::Wide),
            "blanks" | "blank" | "space" | " " => Ok(Self::Blanks),
            "labels" => Ok(Self::Labels),
            "mixed" => Ok(Self::Mixed),
            _ => Err(FileError::Override(format!(
                "no such separator: {word} (none, comma, tab, semicolon, ----, |, ║, full-width, blanks, labels, mixed)"
            ))),
        }
    }

    /// Whether a field may stand in quotes, and then hold separators and line ends.
    #[must_use]
    pub fn allows_quotes(self) -> bool {
        matches!(self, Self::None | Self::Comma | Self::Tab | Self::Semicolon)
    }

    /// The byte between quoted fields.
    pub(super) fn byte(self) -> Option<u8> {
        match self {
            Self::Comma => Some(b','),
            Self::Tab => Some(b'\t'),
            Self::Semicolon => Some(b';'),
            _ => None,
        }
    }
}

/// Blanks that suppliers leave at the ends, and marks that nobody sees.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_invisible(c)
}

/// Takes blanks off both ends: ASCII, NBSP, ideographic, zero-width, and a stray BOM.
#[must_use]
pub(super) fn trim(field: &str) -> &str {
    field.trim_matches(is_blank)
}

/// Cuts one record into trimmed fields; quotes have been checked by `record`.
pub(super) fn split(text: &str, separator: Separator, quotes: bool) -> Vec<Cow<'_, str>> {
    if quotes && separator.allows_quotes() && text.contains('"') {
        return split_quoted(text, separator.byte().map(char::from));
    }
    split_plain(text, separator)
}

fn split_plain(text: &str, separator: Separator) -> Vec<Cow<'_, str>> {
    match separator {
        Separator::None => vec![Cow::Borrowed(trim(text))],
        Separator::Comma => collect(text.split(',')),
        Separator::Tab => collect(text.split('\t')),
        Separator::Semicolon => collect(text.split(';')),
        Separator::Pipe => collect(text.split('|')),
        Separator::DoubleBar => collect(text.split('║')),
        Separator::Wide => split_wide(text),
        Separator::Blanks => collect(text.split(is_blank).filter(|part| !part.is_empty())),
        Separator::Dashes => split_dashes(text),
        Separator::Labels => split_labels(text),
        Separator::Mixed => split_plain(text, of_pasted_line(text)),
    }
}

fn collect<'a>(parts: impl Iterator<Item = &'a str>) -> Vec<Cow<'a, str>> {
    parts.map(|part| Cow::Borrowed(trim(part))).collect()
}

/// By a full-width mark; only where there is one a comma beside it separates as well.
fn split_wide(text: &str) -> Vec<Cow<'_, str>> {
    let wide = text.contains(is_wide_separator) || !looks_like_link(trim(text));
    collect(text.split(move |c| is_wide_separator(c) || wide && c == ','))
}

/// A run of four or more dashes separates; shorter ones belong to the code.
fn split_dashes(text: &str) -> Vec<Cow<'_, str>> {
    let mut fields = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("----") {
        fields.push(Cow::Borrowed(trim(&rest[..at])));
        rest = rest[at..].trim_start_matches('-');
    }
    fields.push(Cow::Borrowed(trim(rest)));
    fields
}

/// The first separator that cuts a pasted line into at least two filled fields.
pub(super) fn of_pasted_line(text: &str) -> Separator {
    let trimmed = trim(text);
    if count_labels(trimmed) >= 2 {
        return Separator::Labels;
    }
    let cuts = |separator: &Separator| match separator {
        Separator::Blanks => cuts_into_pair(trimmed),
        // A link may hold commas; only blanks and stronger separators end it.
        Separator::Comma if looks_like_link(trimmed) => false,
        other => {
            split_plain(trimmed, *other)
                .iter()
                .filter(|field| !field.is_empty())
                .count()
                >= 2
        }
    };
    MIXED.into_iter().find(cuts).unwrap_or(Separator::None)
}

/// Blanks separate a code from its password (and link), not the groups of a code.
pub(super) fn cuts_into_pair(text: &str) -> bool {
    let fields = split_plain(text, Separator::Blanks);
    fields.len() == 2 || (3..=4).contains(&fields.len()) && looks_like_link(&fields[2])
}

/// Whether a value is a link a buyer can open: `http://` or `https://`, a host, no blanks.
pub(super) fn looks_like_link(value: &str) -> bool {
    let lower = value.get(..8).unwrap_or(value).to_ascii_lowercase();
    let host = match (lower.starts_with("https://"), lower.starts_with("http://")) {
        (true, _) => &value[8..],
        (_, true) => &value[7..],
        _ => return false,
    };
    host.starts_with(|c: char| !matches!(c, '/' | '?' | '#'))
        && !value.contains(char::is_whitespace)
}

/// RFC 4180 fields. What is malformed was refused when the record was cut.
fn split_quoted(text: &str, separator: Option<char>) -> Vec<Cow<'_, str>> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let start = rest.trim_start_matches(|c| is_blank(c) && Some(c) != separator);
        let (field, after) = match start.strip_prefix('"') {
            Some(quoted) => take_quoted(quoted),
            None => take_plain(rest, separator),
        };
        fields.push(field);
        // Blanks may stand between the closing quote and the separator.
        match separator.and_then(|separator| after.split_once(separator)) {
            Some((_, next)) => rest = next,
            None => return fields,
        }
    }
}

fn take_plain(text: &str, separator: Option<char>) -> (Cow<'_, str>, &str) {
    let end = separator
        .and_then(|separator| text.find(separator))
        .unwrap_or(text.len());
    (Cow::Borrowed(trim(&text[..end])), &text[end..])
}

/// The text up to the closing quote, and what follows it.
fn take_quoted(text: &str) -> (Cow<'_, str>, &str) {
    let mut at = 0;
    while let Some(quote) = text[at..].find('"').map(|found| at + found) {
        if text[quote + 1..].starts_with('"') {
            at = quote + 2;
            continue;
        }
        let (inside, after) = (&text[..quote], &text[quote + 1..]);
        let field = if at == 0 {
            Cow::Borrowed(trim(inside))
        } else {
            Cow::Owned(trim(&inside.replace("\"\"", "\"")).to_owned())
        };
        return (field, after);
    }
    (Cow::Borrowed(trim(text)), "")
}
