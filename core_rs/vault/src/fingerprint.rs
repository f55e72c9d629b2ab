//! The blind index: finds a code again without opening anything.
//!
//! A fingerprint is HMAC-SHA-256 of the code under a key derived from the vault's index secret, cut
//! to 16 bytes: among 10^9 codes two share one by chance with probability 10^-21. Without the
//! secret, guessing codes is no use. It does not depend on the pool, so that the same code in two
//! pools is found as well, and not on the key-encryption key, so that rotation changes nothing.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::vault_error::VaultError;

/// Length of a fingerprint in bytes.
pub const FINGERPRINT_LEN: usize = 16;

/// The keyed state of the blind index.
pub struct Fingerprinter {
    keyed: Hmac<Sha256>,
    key_check: [u8; 8],
}

impl Fingerprinter {
    /// Derives the index key from the vault's index secret.
    pub fn new(index_secret: &[u8]) -> Result<Self, VaultError> {
        let invalid = || VaultError::Invalid("an index key of the wrong length".into());
        let derivation = Hkdf::<Sha256>::new(None, index_secret);
        let mut key = Zeroizing::new([0; 32]);
        derivation
            .expand(b"quangate/blind-index/1 key", key.as_mut_slice())
            .map_err(|_| invalid())?;
        let mut key_check = [0; 8];
        derivation
            .expand(b"quangate/blind-index/1 check", &mut key_check)
            .map_err(|_| invalid())?;
        Ok(Self {
            keyed: Hmac::new_from_slice(key.as_slice()).map_err(|_| invalid())?,
            key_check,
        })
    }

    /// The fingerprint of a code, byte for byte: folding case or blanks is the importer's business.
    #[must_use]
    pub fn of(&self, code: &[u8]) -> [u8; FINGERPRINT_LEN] {
        let mut mac = self.keyed.clone();
        mac.update(code);
        let full = mac.finalize().into_bytes();
        let mut fingerprint = [0; FINGERPRINT_LEN];
        fingerprint.copy_from_slice(&full[..FINGERPRINT_LEN]);
        fingerprint
    }

    /// Tells index secrets apart and may be stored in the clear: fingerprints made under another
    /// secret are useless.
    #[must_use]
    pub fn key_check(&self) -> [u8; 8] {
        self.key_check
    }
}
