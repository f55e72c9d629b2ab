//! How a workbook shows numbers: what its supplier saw is what is sold.

use super::expiry::{day_from_epoch, format_day};

/// What a number's format makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Format {
    /// Its digits.
    Plain,
    /// A day or a moment.
    Date,
    /// Its digits in a mask: `000000`, `0000-0000`.
    Mask(String),
    /// Something that is no code: with an exponent, in percent, a fraction.
    Ruined,
}

/// Integers below this came through a float unharmed; sixteen digits and more may not have.
const SURE_INTEGER: f64 = 1e15;

impl Format {
    /// The built-in formats of a workbook.
    pub(super) fn built_in(id: u32) -> Self {
        match id {
            9..=13 | 48 => Self::Ruined,
            14..=22 | 27..=36 | 45..=47 | 50..=58 => Self::Date,
            _ => Self::Plain,
        }
    }

    /// A format as a workbook spells it.
    pub(super) fn parse(code: &str) -> Self {
        let section = first_section(code);
        let bare = unquoted(&section);
        let lower = bare.to_ascii_lowercase();
        if lower.trim().is_empty() || lower.contains("general") || lower.trim() == "@" {
            return Self::Plain;
        }
        if lower.contains("e+")
            || lower.contains("e-")
            || lower.contains('%')
            || lower.contains('?') && lower.contains('/')
        {
            return Self::Ruined;
        }
        if lower.contains(['y', 'm', 'd', 'h', 's', '年', '月', '日']) {
            return Self::Date;
        }
        let zeros = bare.chars().filter(|c| *c == '0').count();
        let marks = bare.contains(['-', ' ', '/', '(', ')']) || section.contains(['"', '\\']);
        if bare.contains('.') || !marks && zeros <= 1 {
            Self::Plain
        } else {
            Self::Mask(section)
        }
    }

    /// A number as it is shown; `None` if it lost digits, or is none a code could be.
    pub(super) fn show(&self, number: f64) -> Option<String> {
        if !number.is_finite() || number.fract() != 0.0 || number.abs() >= SURE_INTEGER {
            return None;
        }
        let digits = format!("{number:.0}");
        match self {
            Self::Plain => Some(digits),
            Self::Mask(_) if number < 0.0 => None,
            Self::Mask(mask) => Some(fill(mask, &digits)),
            Self::Date | Self::Ruined => None,
        }
    }
}

/// The part for positive numbers, without colours, conditions and locales.
fn first_section(code: &str) -> String {
    let mut out = String::new();
    let (mut quoted, mut bracket, mut escaped) = (false, false, false);
    for c in code.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if !bracket => escaped = true,
            '"' if !bracket => quoted = !quoted,
            '[' if !quoted => bracket = true,
            ']' if bracket => {
                bracket = false;
                continue;
            }
            ';' if !quoted => break,
            _ => {}
        }
        if !bracket {
            out.push(c);
        }
    }
    out
}

/// The format without what stands there to the letter.
fn unquoted(section: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    let mut chars = section.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' | '_' | '*' if !quoted => {
                chars.next();
            }
            '"' => quoted = !quoted,
            _ if quoted => {}
            _ => out.push(c),
        }
    }
    out
}

/// Digits into the places of a mask, from the right; the first place takes what is left over.
fn fill(mask: &str, digits: &str) -> String {
    enum Piece {
        Digit(bool),
        Letter(char),
    }
    let mut pieces = Vec::new();
    let mut quoted = false;
    let mut chars = mask.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => pieces.push(Piece::Letter(c)),
            '\\' => pieces.extend(chars.next().map(Piece::Letter)),
            '_' | '*' => {
                chars.next();
            }
            '0' => pieces.push(Piece::Digit(true)),
            '#' | '?' => pieces.push(Piece::Digit(false)),
            ',' => {}
            other => pieces.push(Piece::Letter(other)),
        }
    }
    let first = pieces
        .iter()
        .position(|piece| matches!(piece, Piece::Digit(_)));
    let mut left: Vec<char> = digits.chars().collect();
    let mut out: Vec<char> = Vec::new();
    for (at, piece) in pieces.iter().enumerate().rev() {
        match piece {
            Piece::Letter(c) => out.push(*c),
            Piece::Digit(padded) => {
                out.extend(left.pop().or_else(|| padded.then_some('0')));
                while Some(at) == first && !left.is_empty() {
                    out.extend(left.pop());
                }
            }
        }
    }
    out.iter().rev().collect::<String>().trim().to_owned()
}

/// A workbook's day number as RFC 3339, with a time if it has one; `None` before 1970 or after 9999.
pub(super) fn date_text(serial: f64, from_1904: bool) -> Option<String> {
    if !serial.is_finite() || !(1.0..3_000_000.0).contains(&serial) {
        return None;
    }
    let seconds = (serial * 86_400.0).round();
    // Exact: far below 2^53, and whole.
    #[allow(clippy::cast_possible_truncation)]
    let seconds = seconds as i64;
    let offset = if from_1904 { 24_107 } else { 25_569 };
    let (days, rest) = (
        seconds.div_euclid(86_400) - offset,
        seconds.rem_euclid(86_400),
    );
    if !(0..=2_932_896).contains(&days) {
        return None;
    }
    let day = format_day(day_from_epoch(days));
    Some(match rest {
        0 => day,
        _ => format!(
            "{day}T{:02}:{:02}:{:02}",
            rest / 3600,
            rest / 60 % 60,
            rest % 60
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number is sold as it is shown, or not at all.
    #[test]
    fn shows_numbers_as_suppliers_saw_them() {
        let table = [
            ("000000000000", 1_234_567.0, Some("000001234567")),
            ("General", 1_234_567.0, Some("1234567")),
            ("0", 12.0, Some("12")),
            ("#,##0", 1_234_567.0, Some("1234567")),
            ("0000-0000-0000", 12_345_678.0, Some("0000-1234-5678")),
            ("0000\\-0000", 123_456_789.0, Some("12345-6789")),
            ("\"C\"0000", 7.0, Some("C0007")),
            ("0000_ ", 7.0, Some("0007")),
            ("[Red]0000;-0000", 7.0, Some("0007")),
            ("0.00E+00", 1_234_567.0, None),
            ("0%", 12.0, None),
            ("# ?/?", 12.0, None),
            ("General", 1e15, None),
            ("000000", 1e15, None),
            ("General", 12.5, None),
        ];
        for (code, number, shown) in table {
            assert_eq!(
                Format::parse(code).show(number).as_deref(),
                shown,
                "{code} of {number}"
            );
        }
    }

    /// Dates are told from numbers, and counted from either epoch.
    #[test]
    fn reads_day_numbers() {
        for code in [
            "yyyy-mm-dd",
            "m/d/yy h:mm",
            "yyyy\"年\"m\"月\"d\"日\"",
            "[$-804]yyyy/m/d",
            "dd.mm.yyyy",
        ] {
            assert_eq!(Format::parse(code), Format::Date, "{code}");
        }
        assert_eq!(date_text(46_752.0, false).as_deref(), Some("2027-12-31"));
        assert_eq!(
            date_text(46_752.5, false).as_deref(),
            Some("2027-12-31T12:00:00")
        );
        assert_eq!(date_text(45_290.0, true).as_deref(), Some("2027-12-31"));
        assert_eq!(date_text(-1.0, false), None);
    }
}
