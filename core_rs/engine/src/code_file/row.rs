//! One record's cells become goods, or a reason why not.

use std::borrow::Cow;

use zeroize::Zeroize;

use super::column::Column;
use super::expiry::{self, Expiry, Zone};
use super::field::looks_like_link;

/// Longest code, pin or link in bytes: a link of any browser, and far below a page of the database.
pub(super) const VALUE_BYTES_MAX: usize = 4096;

/// Why a line is not imported. The words appear in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Neither a code nor a link.
    EmptyCode,
    /// A value is longer than 4,096 bytes.
    TooLong,
    /// The line is longer than 64 KiB.
    LineTooLong,
    /// A spreadsheet turned the code into a number or a date (`3.465E+15`).
    RuinedNumber,
    /// The expiry is no date, or an ambiguous one.
    BadExpiry,
    /// The link column holds no link.
    BadUrl,
    /// A control character inside a value.
    ControlCharacters,
    /// The bytes are not text in the file's encoding.
    Undecodable,
    /// More filled cells than the file has columns.
    TooManyColumns,
    /// A quote opens and does not close as it should.
    BadQuotes,
    /// Its expiry has passed.
    Expired,
}

impl Reason {
    /// The word used in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::EmptyCode => "empty_code",
            Self::TooLong => "too_long",
            Self::LineTooLong => "line_too_long",
            Self::RuinedNumber => "ruined_number",
            Self::BadExpiry => "bad_expiry",
            Self::BadUrl => "bad_url",
            Self::ControlCharacters => "control_characters",
            Self::Undecodable => "undecodable",
            Self::TooManyColumns => "too_many_columns",
            Self::BadQuotes => "bad_quotes",
            Self::Expired => "expired",
        }
    }
}

/// A cell of a text file or a workbook.
#[derive(Clone)]
pub(super) enum Cell<'a> {
    /// Text, trimmed.
    Text(Cow<'a, str>),
    /// A typed date of a workbook, as RFC 3339 without a zone: an expiry, never a code.
    Date(String),
    /// A typed value that lost what the supplier wrote.
    Ruined,
}

impl Cell<'_> {
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    /// The text, or nothing for typed cells.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Date(_) | Self::Ruined => "",
        }
    }
}

/// What one line sells. At least one of `code` and `url` is filled.
#[derive(Default)]
pub struct Goods {
    /// The code, as the supplier wrote it.
    pub code: String,
    /// Its password.
    pub pin: String,
    /// The redemption link.
    pub url: String,
    /// RFC 3339: a day, or a moment in UTC.
    pub expires_at: String,
    /// Unix seconds from which on it must not be sold.
    pub ends: Option<i64>,
}

impl Drop for Goods {
    fn drop(&mut self) {
        self.code.zeroize();
        self.pin.zeroize();
        self.url.zeroize();
    }
}

/// How cells are assigned: by the header's names, or by place with links recognised.
pub(super) struct RowRule<'a> {
    pub(super) columns: &'a [Column],
    /// Places were guessed: a link in the code's or the pin's place is the link.
    pub(super) guessed: bool,
    /// Where times without a zone are.
    pub(super) zone: &'a Zone,
    /// The moment of the import, in Unix seconds: what ended by then is refused.
    pub(super) now_s: Option<i64>,
}

/// Reads one row.
pub(super) fn read_row(cells: &[Cell<'_>], rule: &RowRule<'_>) -> Result<Goods, Reason> {
    let mut goods = Goods::default();
    for (place, cell) in cells.iter().enumerate() {
        match rule.columns.get(place) {
            None if cell.is_empty() => {}
            None => return Err(Reason::TooManyColumns),
            Some(Column::Ignored) => {}
            Some(Column::Code | Column::CardNumber) => goods.code = value(cell)?,
            Some(Column::Pin) => goods.pin = value(cell)?,
            Some(Column::Url) => goods.url = value(cell)?,
            Some(Column::ExpiresAt) => {
                if let Some(Expiry { text, ends }) = read_expiry(cell, rule.zone)? {
                    (goods.expires_at, goods.ends) = (text, Some(ends));
                }
            }
        }
    }
    if rule.guessed {
        recognise_link(&mut goods);
    }
    // A file with card numbers may leave them empty: then the password is the code.
    if goods.code.is_empty() && goods.url.is_empty() && rule.columns.contains(&Column::CardNumber) {
        goods.code = std::mem::take(&mut goods.pin);
    }
    match () {
        () if goods.code.is_empty() && goods.url.is_empty() => Err(Reason::EmptyCode),
        () if !goods.url.is_empty() && !is_link(&goods.url) => Err(Reason::BadUrl),
        () if goods
            .ends
            .is_some_and(|ends| rule.now_s.is_some_and(|now| ends <= now)) =>
        {
            Err(Reason::Expired)
        }
        () => Ok(goods),
    }
}

/// Moves a link out of the code's or the pin's place, unless the row has a link already.
fn recognise_link(goods: &mut Goods) {
    if !goods.url.is_empty() {
        return;
    }
    if looks_like_link(&goods.code) {
        goods.url = std::mem::take(&mut goods.code);
    } else if looks_like_link(&goods.pin) {
        goods.url = std::mem::take(&mut goods.pin);
    }
}

/// A link has a scheme; app links (`weixin://…`) count.
fn is_link(value: &str) -> bool {
    let scheme = value.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        !scheme.is_empty()
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    }) && !value.contains(char::is_whitespace)
}

fn value(cell: &Cell<'_>) -> Result<String, Reason> {
    let Cell::Text(text) = cell else {
        return Err(Reason::RuinedNumber);
    };
    let text = unwrap_formula(text);
    match () {
        () if text.len() > VALUE_BYTES_MAX => Err(Reason::TooLong),
        () if text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) =>
        {
            Err(Reason::ControlCharacters)
        }
        () if is_ruined(text) => Err(Reason::RuinedNumber),
        () => Ok(text.to_owned()),
    }
}

fn read_expiry(cell: &Cell<'_>, zone: &Zone) -> Result<Option<Expiry>, Reason> {
    let text = match cell {
        Cell::Text(text) => text,
        Cell::Date(date) => date.as_str(),
        Cell::Ruined => return Err(Reason::BadExpiry),
    };
    expiry::parse(text, zone).map_err(|()| Reason::BadExpiry)
}

/// `="0012"`: how exports keep a spreadsheet from eating leading zeros.
fn unwrap_formula(text: &str) -> &str {
    let inside = text
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'));
    inside.map_or(text, super::field::trim)
}

/// Whether a spreadsheet or a float made this text: `3.465E+15`, `1234567.0`, `#REF!`.
fn is_ruined(text: &str) -> bool {
    const ERRORS: [&str; 7] = [
        "#N/A", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#DIV/0!", "#NULL!",
    ];
    let all_hashes = text.len() > 3 && text.bytes().all(|byte| byte == b'#');
    all_hashes || ERRORS.contains(&text) || is_exponential(text) || is_floated(text)
}

/// `d[.ddd]E±dd`, or without a sign where there is a point: never a code's own form.
fn is_exponential(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let Some((mantissa, exponent)) = unsigned.split_once(['e', 'E']) else {
        return false;
    };
    let (digit, fraction) = match mantissa.split_once(['.', ',']) {
        Some((digit, fraction)) => (digit, Some(fraction)),
        None => (mantissa, None),
    };
    let signed = exponent.starts_with(['+', '-']);
    let exponent = exponent.trim_start_matches(['+', '-']);
    digit.len() == 1
        && all_digits(digit)
        && fraction.is_none_or(all_digits)
        && (signed || fraction.is_some())
        && (1..=3).contains(&exponent.len())
        && all_digits(exponent)
}

/// `1234567.0`: an integer that went through a float.
fn is_floated(text: &str) -> bool {
    text.strip_suffix(".0")
        .is_some_and(|whole| whole.len() > 3 && all_digits(whole))
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a spreadsheet ruined is refused; codes that only resemble it are kept.
    #[test]
    fn tells_ruined_numbers() {
        let ruined = [
            "3.465E+15",
            "3.465e+15",
            "1E+15",
            "1.2E-05",
            "3.465E15",
            "3,465E+15",
            "#N/A",
            "#####",
            "1234567.0",
        ];
        let kept = [
            "0012345",
            "1E15",
            "12E+15",
            "E+15",
            "3.465E",
            "3.465E+1555",
            "AE+12",
            "1.0",
            "10.0",
            "12345678901234567890",
            "#123",
        ];
        for text in ruined {
            assert!(is_ruined(text), "{text}");
        }
        for text in kept {
            assert!(!is_ruined(text), "{text}");
        }
    }
}
