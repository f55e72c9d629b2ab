//! The signature of a partner's request, as api.md's "Authentication" has it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::vault_error::VaultError;

const VERSION: &[u8] = b"v1=";
const HEX_LEN: usize = 64;
/// A header with more candidates than a rotation needs is not looked at further.
const CANDIDATES_MAX: usize = 8;

/// What of a request is signed; as it came over the wire.
#[derive(Clone, Copy)]
pub struct SignedRequest<'a> {
    /// `POST`, `GET` …
    pub method: &'a [u8],
    /// Path and query, raw.
    pub target: &'a [u8],
    /// The timestamp header.
    pub timestamp: &'a [u8],
    /// The nonce header.
    pub nonce: &'a [u8],
    /// The body's bytes.
    pub body: &'a [u8],
}

/// The keyed state of one secret.
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// Prepares the secret's bytes.
    pub fn new(secret: &[u8]) -> Result<Self, VaultError> {
        Hmac::new_from_slice(secret)
            .map(Self)
            .map_err(|_| VaultError::Invalid("a signing key of the wrong length".into()))
    }

    /// Whether any of the header's signatures is right. The time taken does not depend on how wrong
    /// they are.
    #[must_use]
    pub fn verify(&self, request: &SignedRequest<'_>, header: &[u8]) -> bool {
        let expected = self.signature(request);
        let mut right = Choice::from(0);
        for candidate in header.split(|byte| *byte == b' ').take(CANDIDATES_MAX) {
            right |= candidate.ct_eq(&expected);
        }
        // A line feed inside a member would let two requests share one string to sign. None comes
        // over HTTP.
        let members = [
            request.method,
            request.target,
            request.timestamp,
            request.nonce,
        ];
        bool::from(right) && !members.iter().any(|member| member.contains(&b'\n'))
    }

    /// Lower-case hex of the HMAC of a text.
    #[must_use]
    pub fn text_mac(&self, text: &[u8]) -> [u8; HEX_LEN] {
        let mut mac = self.0.clone();
        mac.update(text);
        let mut hex = [0; HEX_LEN];
        write_hex(&mac.finalize().into_bytes(), &mut hex);
        hex
    }

    /// Whether `hex` is the text's HMAC. The time taken does not depend on how wrong it is.
    #[must_use]
    pub fn verifies_text(&self, text: &[u8], hex: &[u8]) -> bool {
        bool::from(hex.ct_eq(&self.text_mac(text)))
    }

    /// The value of the signature header: `v1=` and lower-case hex.
    #[must_use]
    pub fn signature(&self, request: &SignedRequest<'_>) -> [u8; VERSION.len() + HEX_LEN] {
        let mut body_hex = [0; HEX_LEN];
        write_hex(&Sha256::digest(request.body), &mut body_hex);
        let mut mac = self.0.clone();
        for member in [
            request.method,
            request.target,
            request.timestamp,
            request.nonce,
        ] {
            mac.update(member);
            mac.update(b"\n");
        }
        mac.update(&body_hex);
        let mut signature = [0; VERSION.len() + HEX_LEN];
        let (version, hex) = signature.split_at_mut(VERSION.len());
        version.copy_from_slice(VERSION);
        write_hex(&mac.finalize().into_bytes(), hex);
        signature
    }
}

fn write_hex(bytes: &[u8], out: &mut [u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}
