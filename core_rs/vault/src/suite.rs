//! The ciphers a record or a wrapped key may be sealed with, behind one small face.
//!
//! This module and `aes_key` alone name the cipher crates: another implementation is put in here.
//! Keys are wiped on drop. `aes-gcm`'s own `zeroize` feature, which SM4 would have too, stays off:
//! it wipes a copy of the GHASH table after every message, half as much again per message.

use aes_gcm::AesGcm;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::aes::cipher::consts::U12;
use chacha20poly1305::XChaCha20Poly1305;
use sm4::Sm4;

use crate::aes_key::AesKey;
use crate::vault_error::VaultError;

type Sm4Gcm = AesGcm<Sm4, U12>;

/// Length of the authentication tag of every suite, in bytes.
pub const TAG_LEN: usize = 16;

/// An authenticated cipher; the number is what is written into records and blobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Suite {
    /// NIST SP 800-38D with a 256-bit key: the default.
    Aes256Gcm = 1,
    /// draft-irtf-cfrg-xchacha: 192-bit nonces, for machines without AES instructions.
    XChaCha20Poly1305 = 2,
    /// RFC 8998: where Chinese commercial cryptography is asked for. The key has 128 bits.
    Sm4Gcm = 3,
}

impl Suite {
    /// Every suite, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Aes256Gcm, Self::XChaCha20Poly1305, Self::Sm4Gcm];

    /// The number written into records and blobs.
    #[must_use]
    pub const fn id(self) -> u8 {
        self as u8
    }

    /// The suite of a number, if there is one.
    #[must_use]
    pub fn from_id(id: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.id() == id)
    }

    /// The name used in settings and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "aes-256-gcm",
            Self::XChaCha20Poly1305 => "xchacha20-poly1305",
            Self::Sm4Gcm => "sm4-gcm",
        }
    }

    /// The suite of a name.
    pub fn from_name(name: &str) -> Result<Self, VaultError> {
        Self::ALL
            .into_iter()
            .find(|suite| suite.name() == name)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                VaultError::Invalid(format!("unknown cipher suite; known are {names}"))
            })
    }

    /// Length of the nonce in bytes.
    #[must_use]
    pub const fn nonce_len(self) -> usize {
        match self {
            Self::Aes256Gcm | Self::Sm4Gcm => 12,
            Self::XChaCha20Poly1305 => 24,
        }
    }

    /// Length of the key in bytes.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::Aes256Gcm | Self::XChaCha20Poly1305 => 32,
            Self::Sm4Gcm => 16,
        }
    }
}

/// The message was not sealed under this key, nonce and associated data. It says no more than that.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAuthentic;

/// An expanded key, ready for many messages. Boxed: a key schedule is up to a kilobyte.
enum Expanded {
    Aes256Gcm(AesKey),
    XChaCha20Poly1305(Box<XChaCha20Poly1305>),
    Sm4Gcm(Box<Sm4Gcm>),
}

/// One key under one suite.
pub struct SuiteCipher(Expanded);

impl SuiteCipher {
    /// Expands `key`, whose length must be `suite.key_len()`.
    pub fn new(suite: Suite, key: &[u8]) -> Result<Self, VaultError> {
        fn wrong_length<E>(_: E) -> VaultError {
            VaultError::Invalid("a key of the wrong length".into())
        }
        Ok(Self(match suite {
            Suite::Aes256Gcm => {
                Expanded::Aes256Gcm(AesKey::new(key.try_into().map_err(wrong_length)?)?)
            }
            Suite::XChaCha20Poly1305 => Expanded::XChaCha20Poly1305(Box::new(
                XChaCha20Poly1305::new_from_slice(key).map_err(wrong_length)?,
            )),
            Suite::Sm4Gcm => {
                Expanded::Sm4Gcm(Box::new(Sm4Gcm::new_from_slice(key).map_err(wrong_length)?))
            }
        }))
    }

    /// Encrypts `message` in place and returns the tag. The nonce must never have been used under
    /// this key.
    pub fn seal_in_place(
        &self,
        nonce: &[u8],
        associated: &[u8],
        message: &mut [u8],
    ) -> Result<[u8; TAG_LEN], NotAuthentic> {
        match &self.0 {
            Expanded::Aes256Gcm(key) => {
                let nonce = nonce.try_into().map_err(|_| NotAuthentic)?;
                key.seal_in_place(nonce, associated, message)
            }
            Expanded::XChaCha20Poly1305(cipher) => seal(&**cipher, nonce, associated, message),
            Expanded::Sm4Gcm(cipher) => seal(&**cipher, nonce, associated, message),
        }
    }

    /// Checks the tag in constant time and decrypts `message` in place; on failure nothing of the
    /// plaintext is in it, nor need the ciphertext be.
    pub fn open_in_place(
        &self,
        nonce: &[u8],
        associated: &[u8],
        message: &mut [u8],
        tag: &[u8],
    ) -> Result<(), NotAuthentic> {
        match &self.0 {
            Expanded::Aes256Gcm(key) => {
                let nonce = nonce.try_into().map_err(|_| NotAuthentic)?;
                let tag = tag.try_into().map_err(|_| NotAuthentic)?;
                key.open_in_place(nonce, associated, message, tag)
            }
            Expanded::XChaCha20Poly1305(cipher) => open(&**cipher, nonce, associated, message, tag),
            Expanded::Sm4Gcm(cipher) => open(&**cipher, nonce, associated, message, tag),
        }
    }
}

fn seal<C: AeadInOut>(
    cipher: &C,
    nonce: &[u8],
    associated: &[u8],
    message: &mut [u8],
) -> Result<[u8; TAG_LEN], NotAuthentic> {
    let nonce = nonce.try_into().map_err(|_| NotAuthentic)?;
    let tag = cipher
        .encrypt_inout_detached(nonce, associated, message.into())
        .map_err(|_| NotAuthentic)?;
    tag.as_slice().try_into().map_err(|_| NotAuthentic)
}

fn open<C: AeadInOut>(
    cipher: &C,
    nonce: &[u8],
    associated: &[u8],
    message: &mut [u8],
    tag: &[u8],
) -> Result<(), NotAuthentic> {
    let nonce = nonce.try_into().map_err(|_| NotAuthentic)?;
    let tag = tag.try_into().map_err(|_| NotAuthentic)?;
    cipher
        .decrypt_inout_detached(nonce, associated, message.into(), tag)
        .map_err(|_| NotAuthentic)
}
