//! The sealed record: one code as it lies in the database.
//!
//! Sealed: version (1) · suite (1) · nonce · ciphertext · tag (16). Where it belongs (tenant, pool,
//! batch, seq) is not written in it but authenticated with it, so a record moved to another row
//! does not open there.
//! *Published* is the form on the read path: batch id (8, big-endian) · sealed record.

use zeroize::{Zeroize, Zeroizing};

use crate::data_key::DataKey;
use crate::suite::{NotAuthentic, Suite, TAG_LEN};
use crate::vault_error::VaultError;

const VERSION: u8 = 1;
const HEADER_LEN: usize = 2;
const ASSOCIATED_LEN: usize = 34;
/// There is one tenant today; its place is bound from the first record on, so that a second one
/// needs no re-sealing.
const TENANT: u64 = 0;

/// Where a record belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The pool the code is in.
    pub pool_id: i64,
    /// The batch it came with; its data key seals it.
    pub batch_id: i64,
    /// Its position in the pool.
    pub seq: i64,
}

impl Place {
    fn associated(self, suite: Suite) -> [u8; ASSOCIATED_LEN] {
        let mut bytes = [0; ASSOCIATED_LEN];
        bytes[0..8].copy_from_slice(&TENANT.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.pool_id.to_be_bytes());
        bytes[16..24].copy_from_slice(&self.batch_id.to_be_bytes());
        bytes[24..32].copy_from_slice(&self.seq.to_be_bytes());
        bytes[32] = suite.id();
        bytes[33] = VERSION;
        bytes
    }

    fn does_not_open(self) -> VaultError {
        VaultError::Corrupt(format!(
            "the record at pool {}, batch {}, seq {} does not open there",
            self.pool_id, self.batch_id, self.seq
        ))
    }
}

/// Length of a sealed record for a plaintext of `plaintext_len` bytes.
#[must_use]
pub fn sealed_len(suite: Suite, plaintext_len: usize) -> usize {
    HEADER_LEN + suite.nonce_len() + plaintext_len + TAG_LEN
}

/// Appends the sealed record of `plaintext` to `out`. The nonce must be fresh and from the kernel.
pub fn seal(
    key: &DataKey,
    place: Place,
    nonce: &[u8],
    plaintext: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), VaultError> {
    let suite = key.suite();
    // Reserved before the plaintext is in it: growing would leave a copy of it in freed memory.
    out.reserve(sealed_len(suite, plaintext.len()));
    out.extend_from_slice(&[VERSION, suite.id()]);
    out.extend_from_slice(nonce);
    let start = out.len();
    out.extend_from_slice(plaintext);
    let tag = key
        .cipher()
        .seal_in_place(nonce, &place.associated(suite), &mut out[start..])
        .map_err(|NotAuthentic| VaultError::Invalid("a code is too long to be sealed".into()));
    match tag {
        Ok(tag) => out.extend_from_slice(&tag),
        Err(refused) => {
            out[start..].zeroize();
            out.truncate(start);
            return Err(refused);
        }
    }
    Ok(())
}

/// Opens a sealed record into `plaintext`, whose former contents are replaced.
///
/// # Errors
/// `Corrupt` when any bit of it, or its place, is not what was sealed. Any bytes may come in.
pub fn open(
    key: &DataKey,
    place: Place,
    sealed: &[u8],
    plaintext: &mut Zeroizing<Vec<u8>>,
) -> Result<(), VaultError> {
    let suite = key.suite();
    let body = sealed
        .strip_prefix(&[VERSION, suite.id()])
        .ok_or_else(|| place.does_not_open())?;
    let (nonce, rest) = body
        .split_at_checked(suite.nonce_len())
        .ok_or_else(|| place.does_not_open())?;
    let ciphertext_len = rest
        .len()
        .checked_sub(TAG_LEN)
        .ok_or_else(|| place.does_not_open())?;
    let (ciphertext, tag) = rest.split_at(ciphertext_len);
    if plaintext.capacity() < ciphertext.len() {
        // Replaced, not grown: the old buffer is wiped, where growing would only free it.
        *plaintext = Zeroizing::new(Vec::with_capacity(ciphertext.len().next_power_of_two()));
    }
    plaintext.clear();
    plaintext.extend_from_slice(ciphertext);
    key.cipher()
        .open_in_place(nonce, &place.associated(suite), plaintext, tag)
        .map_err(|_| place.does_not_open())
}

/// Splits a published record into its batch and the sealed record.
pub fn split_published(published: &[u8]) -> Result<(i64, &[u8]), VaultError> {
    let (batch_id, sealed) = published
        .split_first_chunk::<8>()
        .ok_or_else(|| VaultError::Corrupt("a published record is too short".into()))?;
    Ok((i64::from_be_bytes(*batch_id), sealed))
}
