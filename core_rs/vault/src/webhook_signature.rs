//! The signature of our webhooks (Standard Webhooks 1.0): HMAC-SHA-256 over
//! `{id}.{timestamp}.{body}`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::vault_error::VaultError;

/// The value of `webhook-signature`: `v1,` and padded base64.
pub fn sign(
    secret: &[u8],
    message_id: &str,
    timestamp_s: i64,
    body: &[u8],
) -> Result<String, VaultError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret)
        .map_err(|_| VaultError::Invalid("a webhook secret of the wrong length".into()))?;
    mac.update(format!("{message_id}.{timestamp_s}.").as_bytes());
    mac.update(body);
    let mut signature = String::from("v1,");
    STANDARD.encode_string(mac.finalize().into_bytes(), &mut signature);
    Ok(signature)
}
