//! The blob that holds a secret wrapped under a key-encryption key.
//!
//! Layout: version (1) · suite (1) · key id length (1) · key id · nonce · ciphertext · tag (16).
//! Everything in front of the ciphertext, and the context, is authenticated.

use zeroize::Zeroizing;

use crate::entropy::NonceTape;
use crate::suite::{Suite, SuiteCipher, TAG_LEN};
use crate::vault_error::VaultError;

const VERSION: u8 = 1;
const PREFIX_LEN: usize = 3;
/// Longest key id an adapter may use; it must fit the length byte.
pub const KEY_ID_LEN_MAX: usize = 64;

/// A blob taken apart; nothing in it is authenticated yet.
pub struct Wrapped<'a> {
    /// The key it says it is wrapped under.
    pub key_id: &'a str,
    suite: Suite,
    header: &'a [u8],
    nonce: &'a [u8],
    ciphertext: &'a [u8],
    tag: &'a [u8],
}

fn malformed() -> VaultError {
    VaultError::Corrupt("a wrapped secret is malformed".into())
}

impl<'a> Wrapped<'a> {
    /// Takes a blob apart. Any bytes may come in; none make it panic.
    pub fn parse(blob: &'a [u8]) -> Result<Self, VaultError> {
        let (prefix, rest) = blob
            .split_first_chunk::<PREFIX_LEN>()
            .ok_or_else(malformed)?;
        let [version, suite_id, key_id_len] = *prefix;
        let suite = Suite::from_id(suite_id).ok_or_else(malformed)?;
        if version != VERSION {
            return Err(malformed());
        }
        let (key_id, rest) = rest
            .split_at_checked(key_id_len.into())
            .ok_or_else(malformed)?;
        let (nonce, rest) = rest
            .split_at_checked(suite.nonce_len())
            .ok_or_else(malformed)?;
        let ciphertext_len = rest.len().checked_sub(TAG_LEN).ok_or_else(malformed)?;
        let (ciphertext, tag) = rest.split_at(ciphertext_len);
        Ok(Self {
            key_id: std::str::from_utf8(key_id).map_err(|_| malformed())?,
            suite,
            header: &blob[..PREFIX_LEN + key_id.len()],
            nonce,
            ciphertext,
            tag,
        })
    }

    /// Opens the blob with the key it names.
    ///
    /// # Errors
    /// `Corrupt` when it was changed, or wrapped under another key or for another context.
    pub fn open(&self, key: &[u8], context: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let cipher = SuiteCipher::new(self.suite, &key[..self.suite.key_len()])?;
        let mut plaintext = Zeroizing::new(self.ciphertext.to_vec());
        cipher
            .open_in_place(
                self.nonce,
                &associated(self.header, context),
                &mut plaintext,
                self.tag,
            )
            .map_err(|_| VaultError::Corrupt("a wrapped secret does not open here".into()))?;
        Ok(plaintext)
    }
}

/// Wraps `plaintext` under a 32-byte key (AES-256-GCM, a fresh random nonce).
pub fn wrap(
    key_id: &str,
    key: &[u8; 32],
    context: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let suite = Suite::Aes256Gcm;
    let key_id_len = u8::try_from(key_id.len())
        .ok()
        .filter(|len| usize::from(*len) <= KEY_ID_LEN_MAX)
        .ok_or_else(|| VaultError::Invalid("a key id is too long".into()))?;
    let mut tape = NonceTape::new(suite.nonce_len(), 1)?;
    let nonce = tape.take()?;

    let mut blob = vec![VERSION, suite.id(), key_id_len];
    blob.extend_from_slice(key_id.as_bytes());
    let associated = associated(&blob, context);
    blob.extend_from_slice(nonce);
    let start = blob.len();
    // Reserved up front: a vector that grew with the plaintext in it would leave a copy behind.
    blob.reserve_exact(plaintext.len() + TAG_LEN);
    blob.extend_from_slice(plaintext);
    let tag = SuiteCipher::new(suite, key)?
        .seal_in_place(nonce, &associated, &mut blob[start..])
        .map_err(|_| VaultError::Invalid("too long to be wrapped".into()))?;
    blob.extend_from_slice(&tag);
    Ok(blob)
}

/// Header and context; the header's length follows from its third byte, so the two cannot run into
/// each other.
fn associated(header: &[u8], context: &[u8]) -> Vec<u8> {
    [header, context].concat()
}
