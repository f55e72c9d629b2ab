//! Codes on their way to a partner: JWE compact serialization (RFC 7516), `alg` `dir`, `enc`
//! `A256GCM`.
//!
//! The content key is the partner's delivery key. The protected header is the same for every code
//! of a key, so it is encoded once. Any JOSE library opens the result.

use zeroize::Zeroizing;

use crate::secret_text::{append_base64url, decode_base64url};
use crate::suite::{NotAuthentic, Suite, SuiteCipher, TAG_LEN};
use crate::vault_error::VaultError;

const HEADER_START: &str = r#"{"alg":"dir","enc":"A256GCM","kid":""#;
const HEADER_END: &str = "\"}";
/// RFC 7518 §5.3: the initialization vector of `A256GCM` has 96 bits.
pub const IV_LEN: usize = 12;

/// Seals under one partner key.
pub struct JweSealer {
    cipher: SuiteCipher,
    protected: Box<[u8]>,
}

impl JweSealer {
    /// Expands the delivery key and encodes the protected header that names `key_id`.
    pub fn new(key_id: &str, delivery_key: &[u8; 32]) -> Result<Self, VaultError> {
        let mut header = String::from(HEADER_START);
        escape_json(key_id, &mut header);
        header.push_str(HEADER_END);
        let mut protected = Vec::new();
        append_base64url(header.as_bytes(), &mut protected);
        Ok(Self {
            cipher: SuiteCipher::new(Suite::Aes256Gcm, delivery_key)?,
            protected: protected.into(),
        })
    }

    /// Appends the JWE of `plaintext`, which is overwritten with its ciphertext. The iv must be
    /// fresh and from the kernel.
    ///
    /// The message count of a delivery key is bounded by rotation, not counted here: 2^32 codes for
    /// one key are thirty years at four a second.
    pub fn append(
        &self,
        iv: &[u8],
        plaintext: &mut [u8],
        out: &mut Vec<u8>,
    ) -> Result<(), VaultError> {
        let tag = self
            .cipher
            .seal_in_place(iv, &self.protected, plaintext)
            .map_err(|NotAuthentic| {
                VaultError::Invalid("a code is too long to be sealed".into())
            })?;
        out.extend_from_slice(&self.protected);
        // Between the dots is the encrypted key, which `dir` leaves empty.
        out.extend_from_slice(b"..");
        append_base64url(iv, out);
        out.push(b'.');
        append_base64url(plaintext, out);
        out.push(b'.');
        append_base64url(&tag, out);
        Ok(())
    }

    /// Length of the JWE of a plaintext of `plaintext_len` bytes.
    #[must_use]
    pub fn sealed_len(&self, plaintext_len: usize) -> usize {
        let base64_len = |len: usize| (len * 4).div_ceil(3);
        self.protected.len()
            + 4
            + base64_len(IV_LEN)
            + base64_len(plaintext_len)
            + base64_len(TAG_LEN)
    }
}

/// Opens a JWE of ours, for tests and the demo. Strict: another `alg`, `enc`, header member or part
/// is refused.
///
/// # Errors
/// `Corrupt`, without saying which part was wrong.
pub fn open(delivery_key: &[u8; 32], jwe: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    open_strictly(delivery_key, jwe)
        .ok_or_else(|| VaultError::Corrupt("the JWE does not open".into()))
}

fn open_strictly(delivery_key: &[u8; 32], jwe: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut parts = jwe.split('.');
    let (protected, encrypted_key, iv, ciphertext, tag) = (
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
    );
    if parts.next().is_some() || !encrypted_key.is_empty() || !header_is_ours(protected) {
        return None;
    }
    let (iv, tag) = (decode_base64url(iv)?, decode_base64url(tag)?);
    let mut message = decode_base64url(ciphertext)?;
    SuiteCipher::new(Suite::Aes256Gcm, delivery_key)
        .ok()?
        .open_in_place(&iv, protected.as_bytes(), &mut message, &tag)
        .ok()?;
    Some(message)
}

fn header_is_ours(protected: &str) -> bool {
    let Some(header) = decode_base64url(protected) else {
        return false;
    };
    let key_id = std::str::from_utf8(&header)
        .ok()
        .and_then(|text| text.strip_prefix(HEADER_START)?.strip_suffix(HEADER_END));
    // A quote that is not escaped would end the key id and start another member.
    key_id.is_some_and(|key_id| !key_id.replace("\\\\", "").replace("\\\"", "").contains('"'))
}

fn hex_digits(byte: u8) -> [char; 2] {
    [byte >> 4, byte & 15].map(|nibble| char::from_digit(nibble.into(), 16).unwrap_or('0'))
}

/// Appends `text` as the inside of a JSON string (RFC 8259 §7).
fn escape_json(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            control if control < ' ' => {
                out.push_str("\\u00");
                out.extend(hex_digits(control as u8));
            }
            plain => out.push(plain),
        }
    }
}
