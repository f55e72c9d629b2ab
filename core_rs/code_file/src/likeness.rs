//! Codes that only look different: full-width letters, dashes and quotes that an editor made of
//! typed ones, accents in two spellings.
//!
//! Two codes that a person cannot tell apart are one code: sold once, the other a duplicate.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// The text that codes share if they only look different: Unicode's NFKC, one dash, one
/// apostrophe, one quote. A link is what it is to the letter.
#[must_use]
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || text.contains("://") {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfkc().map(plain_mark).collect())
}

/// The typed mark for what editors and input methods put in its place.
fn plain_mark(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2018}'..='\u{201b}' | '\u{2032}' => '\'',
        '\u{201c}'..='\u{201f}' | '\u{2033}' => '"',
        other => other,
    }
}

/// A full-width letter or digit: what an input method makes where it is left on.
pub(super) fn is_wide_letter(c: char) -> bool {
    matches!(c, '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}')
}

/// Whether a code has something full-width that may have been meant otherwise: letters, or what
/// separates two values.
pub(super) fn has_wide(code: &str) -> bool {
    !code.is_ascii()
        && code
            .chars()
            .any(|c| is_wide_letter(c) || is_wide_separator(c))
}

/// A full-width comma, semicolon or bar.
pub(super) fn is_wide_separator(c: char) -> bool {
    matches!(c, '，' | '；' | '｜')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What looks alike is alike; what differs stays different; links are left alone.
    #[test]
    fn folds_looks_only() {
        let alike = [
            ("ＡＡ－１２", "AA-12"),
            ("AA–12", "AA-12"),
            ("AA−12", "AA-12"),
            ("O’NEIL", "O'NEIL"),
            ("“A”", "\"A\""),
            ("cafe\u{301}", "café"),
            ("月卡Ａ１", "月卡A1"),
        ];
        for (one, other) in alike {
            assert_eq!(fold(one), fold(other), "{one}");
        }
        let different = [
            ("AA-12", "AA12"),
            ("А1", "A1"),
            ("aa", "AA"),
            ("卡1", "券1"),
        ];
        for (one, other) in different {
            assert_ne!(fold(one), fold(other), "{one}");
        }
        assert_eq!(fold("https://x.cn/Ａ"), "https://x.cn/Ａ");
    }
}
