//! What authenticates the lines a gateway writes outside the database ("anchors").
//!
//! HMAC-SHA-256 under a key of its own, derived by HKDF from the vault's index secret: the one
//! secret that rotation never changes, so that old lines stay verifiable. The blind index has
//! another key from the same derivation, so no fingerprint of a code, whatever its text, is ever
//! an authenticator of a line.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::vault_error::VaultError;

/// Length of an authenticator in bytes.
pub const ANCHOR_MAC_LEN: usize = 32;

/// The keyed state.
pub struct AnchorMac(Hmac<Sha256>);

impl AnchorMac {
    /// Derives the key from the vault's index secret.
    pub fn new(index_secret: &[u8]) -> Result<Self, VaultError> {
        let invalid = || VaultError::Invalid("an anchor key of the wrong length".into());
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, index_secret)
            .expand(b"quangate/anchors/1 key", key.as_mut_slice())
            .map_err(|_| invalid())?;
        Ok(Self(
            Hmac::new_from_slice(key.as_slice()).map_err(|_| invalid())?,
        ))
    }

    /// The authenticator of a line, byte for byte.
    #[must_use]
    pub fn of(&self, line: &[u8]) -> [u8; ANCHOR_MAC_LEN] {
        let mut mac = self.0.clone();
        mac.update(line);
        mac.finalize().into_bytes().into()
    }
}
