//! When two codes are the same code: what the blind index is computed over.

use std::borrow::Cow;

/// The pool's rule for telling codes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IdentityRule {
    /// `abcd` and `ABCD` are one code.
    pub ignore_case: bool,
    /// `AB CD` and `ABCD` are one code.
    pub ignore_spaces: bool,
}

impl IdentityRule {
    /// The text that equal codes share under this rule.
    #[must_use]
    pub fn identity(self, code: &str) -> Cow<'_, str> {
        let mut text = Cow::Borrowed(code);
        if self.ignore_spaces && text.contains(char::is_whitespace) {
            text = Cow::Owned(text.split_whitespace().collect());
        }
        if self.ignore_case {
            text = Cow::Owned(text.to_lowercase());
        }
        text
    }
}
