//! What can go wrong in the secrecy half. No variant ever carries a key, a code or a ciphertext.

use std::fmt;

/// Why the vault, the key ring or the code generator refused.
#[derive(Debug)]
pub enum VaultError {
    /// Something is encrypted under a key we do not hold. Fail closed; an operator must bring the
    /// key back.
    KeyMissing(String),
    /// A blob or record does not open where it stands: bit rot, a moved row, or a forgery.
    Corrupt(String),
    /// The key file cannot be used as it is; the text tells the operator what to do.
    KeyFile(String),
    /// The caller asked for something that has no meaning (a bad pattern, an unknown suite …).
    Invalid(String),
    /// The operating system gave no randomness. Nothing may be sealed without it.
    NoEntropy,
}

impl fmt::Display for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyMissing(text)
            | Self::Corrupt(text)
            | Self::KeyFile(text)
            | Self::Invalid(text) => f.write_str(text),
            Self::NoEntropy => f.write_str("the operating system gave no randomness"),
        }
    }
}

impl std::error::Error for VaultError {}

impl From<getrandom::Error> for VaultError {
    fn from(_: getrandom::Error) -> Self {
        Self::NoEntropy
    }
}
