//! The data key (DEK) of one import batch.
//!
//! From its 32 secret bytes two values are derived with HKDF-SHA-256: a *commitment*, stored beside
//! the wrapped key and compared when it is loaded, and the key of the cipher, derived with the
//! commitment as salt. AES-GCM by itself does not commit to its key: a record could be crafted to
//! open under two. Here a batch's blob fixes its one key, so whoever may write to the database
//! cannot make a record mean two things.

use std::sync::atomic::{AtomicU64, Ordering};

use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::entropy::secret_32;
use crate::kms::Kms;
use crate::suite::{Suite, SuiteCipher};
use crate::vault_error::VaultError;

const BLOB_VERSION: u8 = 1;
const COMMITMENT_LEN: usize = 32;
const BLOB_PREFIX_LEN: usize = 2 + COMMITMENT_LEN;
/// NIST SP 800-38D §8.3: at most 2^32 messages under one key with random 96-bit nonces.
const MESSAGES_MAX: u64 = 1 << 32;

/// One batch's key, expanded.
pub struct DataKey {
    suite: Suite,
    cipher: SuiteCipher,
    messages: AtomicU64,
}

impl DataKey {
    /// Makes a key for `batch_id` and wraps it.
    pub fn generate(
        kms: &dyn Kms,
        batch_id: i64,
        suite: Suite,
    ) -> Result<(Self, Vec<u8>), VaultError> {
        let secret = secret_32()?;
        let blob = wrap_secret(kms, batch_id, suite, &secret)?;
        let key = Self::expand(
            batch_id,
            suite,
            &secret,
            &commitment(batch_id, suite, &secret)?,
        )?;
        Ok((key, blob))
    }

    /// Unwraps the key of `batch_id`.
    ///
    /// # Errors
    /// `KeyMissing` without its key-encryption key; `Corrupt` when the blob was changed, belongs to
    /// another batch, or holds a key that it does not commit to.
    pub fn load(kms: &dyn Kms, batch_id: i64, blob: &[u8]) -> Result<Self, VaultError> {
        let (suite, secret, commitment) = unwrap_secret(kms, batch_id, blob)?;
        Self::expand(batch_id, suite, &secret, &commitment)
    }

    fn expand(
        batch_id: i64,
        suite: Suite,
        secret: &[u8; 32],
        commitment: &[u8; COMMITMENT_LEN],
    ) -> Result<Self, VaultError> {
        let mut key = Zeroizing::new([0; 32]);
        let key = &mut key[..suite.key_len()];
        derive(
            Some(commitment),
            secret,
            b"record key",
            batch_id,
            suite,
            key,
        )?;
        Ok(Self {
            suite,
            cipher: SuiteCipher::new(suite, key)?,
            messages: AtomicU64::new(0),
        })
    }

    /// The suite its records are sealed with.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// The cipher under this key.
    #[must_use]
    pub fn cipher(&self) -> &SuiteCipher {
        &self.cipher
    }

    /// Counts `count` messages about to be sealed; refuses when the key would be used too often.
    ///
    /// The count is of this process: a batch is sealed by one import, far below the bound.
    pub fn reserve(&self, count: usize) -> Result<(), VaultError> {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        // Relaxed: the counter guards nothing but itself, and read-modify-write is atomic in any
        // order.
        self.messages
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(count).filter(|used| *used <= MESSAGES_MAX)
            })
            .map(|_| ())
            .map_err(|_| VaultError::Invalid("a data key is exhausted: start a new batch".into()))
    }
}

/// Wraps the same key again under the current key-encryption key; its records stay as they are.
pub fn rewrap(kms: &dyn Kms, batch_id: i64, blob: &[u8]) -> Result<Vec<u8>, VaultError> {
    let (suite, secret, _) = unwrap_secret(kms, batch_id, blob)?;
    wrap_secret(kms, batch_id, suite, &secret)
}

/// The part of a data key's blob that the key service wrapped.
pub fn inner_blob(blob: &[u8]) -> Result<&[u8], VaultError> {
    blob.get(BLOB_PREFIX_LEN..).ok_or_else(malformed)
}

/// Blob: version (1) · suite (1) · commitment (32) · what the key service made.
fn wrap_secret(
    kms: &dyn Kms,
    batch_id: i64,
    suite: Suite,
    secret: &[u8; 32],
) -> Result<Vec<u8>, VaultError> {
    let commitment = commitment(batch_id, suite, secret)?;
    let inner = kms.wrap(&context(batch_id, suite, &commitment), secret)?;
    Ok([&[BLOB_VERSION, suite.id()], commitment.as_slice(), &inner].concat())
}

type Unwrapped = (Suite, Zeroizing<[u8; 32]>, [u8; COMMITMENT_LEN]);

fn unwrap_secret(kms: &dyn Kms, batch_id: i64, blob: &[u8]) -> Result<Unwrapped, VaultError> {
    let (prefix, inner) = blob
        .split_first_chunk::<BLOB_PREFIX_LEN>()
        .ok_or_else(malformed)?;
    let (head, stored) = prefix.split_first_chunk::<2>().ok_or_else(malformed)?;
    let stored: [u8; COMMITMENT_LEN] = stored.try_into().map_err(|_| malformed())?;
    let suite = Suite::from_id(head[1])
        .filter(|_| head[0] == BLOB_VERSION)
        .ok_or_else(malformed)?;
    let plaintext = kms.unwrap(&context(batch_id, suite, &stored), inner)?;
    let mut secret = Zeroizing::new([0; 32]);
    if plaintext.len() != secret.len() {
        return Err(malformed());
    }
    secret.copy_from_slice(&plaintext);
    let committed = commitment(batch_id, suite, &secret)?.ct_eq(&stored);
    if !bool::from(committed) {
        return Err(VaultError::Corrupt(format!(
            "the data key of batch {batch_id} is not the one committed to"
        )));
    }
    Ok((suite, secret, stored))
}

fn commitment(
    batch_id: i64,
    suite: Suite,
    secret: &[u8; 32],
) -> Result<[u8; COMMITMENT_LEN], VaultError> {
    let mut commitment = [0; COMMITMENT_LEN];
    derive(
        None,
        secret,
        b"commitment",
        batch_id,
        suite,
        &mut commitment,
    )?;
    Ok(commitment)
}

fn derive(
    salt: Option<&[u8]>,
    secret: &[u8; 32],
    label: &[u8],
    batch_id: i64,
    suite: Suite,
    out: &mut [u8],
) -> Result<(), VaultError> {
    let info: [&[u8]; 4] = [
        b"quangate/data-key/1 ",
        label,
        &batch_id.to_be_bytes(),
        &[suite.id()],
    ];
    Hkdf::<Sha256>::new(salt, secret)
        .expand_multi_info(&info, out)
        .map_err(|_| VaultError::Invalid("a derived key is too long".into()))
}

fn context(batch_id: i64, suite: Suite, commitment: &[u8; COMMITMENT_LEN]) -> Vec<u8> {
    let parts: [&[u8]; 4] = [
        b"quangate/data-key/1 ",
        &batch_id.to_be_bytes(),
        &[suite.id()],
        commitment,
    ];
    parts.concat()
}

fn malformed() -> VaultError {
    VaultError::Corrupt("a wrapped data key is malformed".into())
}
