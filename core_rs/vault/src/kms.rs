//! The port to whatever keeps the key-encryption key (KEK): a local file here, a key service
//! elsewhere.
//!
//! An adapter only wraps and unwraps a few dozen bytes; it never sees a code.

use std::path::Path;

use zeroize::Zeroizing;

use crate::vault_error::VaultError;

/// Wraps small secrets under key-encryption keys that never leave it.
pub trait Kms: Send + Sync {
    /// The id of the key that `wrap` uses now.
    fn current_key_id(&self) -> String;

    /// The ids of all keys that `unwrap` can use, oldest first.
    fn key_ids(&self) -> Vec<String>;

    /// Seals `plaintext` under the current key so that it opens only with the same `context`.
    fn wrap(&self, context: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, VaultError>;

    /// Opens what `wrap` made, under whichever key it names.
    ///
    /// # Errors
    /// `KeyMissing` when that key is not held, `Corrupt` when the blob does not open in this
    /// context.
    fn unwrap(&self, context: &[u8], blob: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError>;

    /// Makes a new current key, keeping the old ones for unwrapping, and returns its id.
    fn rotate(&self) -> Result<String, VaultError>;

    /// Destroys an old key: whatever is still wrapped under it is lost. Refuses the current key.
    fn retire(&self, key_id: &str) -> Result<(), VaultError>;

    /// Unwraps with the keys of another key file as well, in this process alone: for what somebody
    /// wrapped under them by mistake.
    fn lend(&self, other: &Path) -> Result<(), VaultError>;

    /// Looks again for keys that another process added.
    fn reload(&self) -> Result<(), VaultError>;

    /// The wrapped secret of the blind index. Rotation may re-wrap it but never changes what is
    /// inside.
    fn index_blob(&self) -> Vec<u8>;
}
