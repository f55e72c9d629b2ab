//! Secrets as text: a prefix that tells what it is, and base64url (or base64) of the bytes.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::vault_error::VaultError;

/// Prefix of the secret that a partner signs requests with.
pub const SIGNING_PREFIX: &str = "qs_";
/// Prefix of the key that codes are sealed under for a partner.
pub const DELIVERY_PREFIX: &str = "qd_";
/// Prefix of a webhook secret (Standard Webhooks).
pub const WEBHOOK_PREFIX: &str = "whsec_";

/// Appends `bytes` as base64url without padding.
pub fn encode_base64url(bytes: &[u8], text: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// Appends `bytes` as base64url without padding to a byte buffer. For ciphertext: it is fast, and
/// need not take the same time for all bytes.
pub fn append_base64url(bytes: &[u8], out: &mut Vec<u8>) {
    base64_simd::URL_SAFE_NO_PAD.encode_append(bytes, out);
}

/// Decodes base64url without padding; `None` for anything else, also for stray bits at the end.
#[must_use]
pub fn decode_base64url(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    URL_SAFE_NO_PAD.decode(text).ok().map(Zeroizing::new)
}

/// Decodes exactly 32 bytes of base64url.
#[must_use]
pub fn decode_32(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = decode_base64url(text)?;
    let mut array = Zeroizing::new([0; 32]);
    if bytes.len() != array.len() {
        return None;
    }
    array.copy_from_slice(&bytes);
    Some(array)
}

/// Shows 32 bytes as `prefix` and base64url.
#[must_use]
pub fn show_32(prefix: &str, secret: &[u8; 32]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + 43));
    text.push_str(prefix);
    encode_base64url(secret, &mut text);
    text
}

/// Reads 32 bytes shown by [`show_32`]. The error does not quote the text.
pub fn read_32(prefix: &str, text: &str) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    text.strip_prefix(prefix)
        .and_then(decode_32)
        .ok_or_else(|| VaultError::Invalid(format!("not a secret of the form {prefix}…")))
}

/// Shows a webhook secret: `whsec_` and padded base64, as Standard Webhooks has it.
#[must_use]
pub fn show_webhook_secret(secret: &[u8; 32]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(WEBHOOK_PREFIX.len() + 44));
    text.push_str(WEBHOOK_PREFIX);
    STANDARD.encode_string(secret, &mut text);
    text
}

/// Reads a webhook secret of any length that Standard Webhooks allows (24 to 64 bytes).
pub fn read_webhook_secret(text: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    text.strip_prefix(WEBHOOK_PREFIX)
        .and_then(|rest| STANDARD.decode(rest).ok())
        .map(Zeroizing::new)
        .filter(|secret| (24..=64).contains(&secret.len()))
        .ok_or_else(|| VaultError::Invalid("not a webhook secret of the form whsec_…".into()))
}
