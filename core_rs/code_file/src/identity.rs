//! When two codes are the same code: what the blind index is computed over.

use std::borrow::Cow;

use super::likeness::fold;

/// What the blind index of a code is computed over that is not read from a file: bought ones.
#[must_use]
pub fn as_imported(code: &[u8]) -> Cow<'_, [u8]> {
    match std::str::from_utf8(code).map(fold) {
        Ok(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
        _ => Cow::Borrowed(code),
    }
}

/// The pool's rule for telling codes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IdentityRule {
    /// `abcd` and `ABCD` are one code.
    pub ignore_case: bool,
    /// `AB CD` and `ABCD` are one code.
    pub ignore_spaces: bool,
}

impl IdentityRule {
    /// The text that equal codes share under this rule; what only looks different is equal anyway.
    #[must_use]
    pub fn identity(self, code: &str) -> Cow<'_, str> {
        let mut text = fold(code);
        if self.ignore_spaces && text.contains(char::is_whitespace) {
            text = Cow::Owned(text.split_whitespace().collect());
        }
        if self.ignore_case {
            text = Cow::Owned(text.to_lowercase());
        }
        text
    }
}
