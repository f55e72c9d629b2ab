//! The vault: every data key of this process, the blind index, and the key service behind them.
//!
//! Keys never leave it, in no form: it has no `Debug`, no `Clone`, and hands out work, not keys.
//! What it opens is written into buffers that are wiped when dropped.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use parking_lot::RwLock;
use zeroize::Zeroizing;

use crate::anchor::AnchorMac;
use crate::data_key::{self, DataKey};
use crate::entropy::NonceTape;
use crate::fingerprint::Fingerprinter;
use crate::key_file::KeyFile;
use crate::key_file_text::INDEX_CONTEXT;
use crate::kms::Kms;
use crate::record::{self, Place};
use crate::suite::Suite;
use crate::vault_error::VaultError;
use crate::wrapped::Wrapped;

/// One per process.
pub struct Vault {
    kms: Box<dyn Kms>,
    data_keys: RwLock<HashMap<i64, Arc<DataKey>>>,
    fingerprinter: Fingerprinter,
    anchor_mac: AnchorMac,
}

impl Vault {
    /// A vault over any key service.
    pub fn new(kms: Box<dyn Kms>) -> Result<Self, VaultError> {
        let index_secret = kms.unwrap(INDEX_CONTEXT, &kms.index_blob())?;
        Ok(Self {
            fingerprinter: Fingerprinter::new(&index_secret)?,
            anchor_mac: AnchorMac::new(&index_secret)?,
            data_keys: RwLock::default(),
            kms,
        })
    }

    /// A vault over a local key file, made on first start when `create` is set.
    pub fn open(key_file: &Path, create: bool) -> Result<Self, VaultError> {
        Self::new(Box::new(KeyFile::open(key_file, create)?))
    }

    /// The key service.
    #[must_use]
    pub fn kms(&self) -> &dyn Kms {
        &*self.kms
    }

    /// The blind index.
    #[must_use]
    pub fn fingerprinter(&self) -> &Fingerprinter {
        &self.fingerprinter
    }

    /// What authenticates anchors.
    #[must_use]
    pub fn anchor_mac(&self) -> &AnchorMac {
        &self.anchor_mac
    }

    /// Wraps a small secret so that it opens only for the same purpose.
    pub fn wrap_secret(&self, purpose: &str, plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.kms.wrap(&secret_context(purpose), plaintext)
    }

    /// Opens a wrapped secret.
    pub fn open_secret(
        &self,
        purpose: &str,
        blob: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.kms.unwrap(&secret_context(purpose), blob)
    }

    /// Moves a wrapped secret under the current key-encryption key.
    pub fn rewrap_secret(&self, purpose: &str, blob: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.wrap_secret(purpose, &self.open_secret(purpose, blob)?)
    }

    /// Makes the data key of a batch, keeps it, and returns it wrapped.
    pub fn new_data_key(&self, batch_id: i64, suite: Suite) -> Result<Vec<u8>, VaultError> {
        let (key, blob) = DataKey::generate(self.kms(), batch_id, suite)?;
        self.data_keys.write().insert(batch_id, Arc::new(key));
        Ok(blob)
    }

    /// Unwraps the data key of a batch and keeps it. Loading it again keeps the one already there.
    pub fn load_data_key(&self, batch_id: i64, blob: &[u8]) -> Result<(), VaultError> {
        let key = DataKey::load(self.kms(), batch_id, blob)?;
        // Kept, not replaced: its count of messages must go on.
        self.data_keys
            .write()
            .entry(batch_id)
            .or_insert_with(|| Arc::new(key));
        Ok(())
    }

    /// Forgets (and wipes) the data key of a batch; `false` when it was not there.
    pub fn drop_data_key(&self, batch_id: i64) -> bool {
        self.data_keys.write().remove(&batch_id).is_some()
    }

    /// Whether the data key of a batch is loaded.
    #[must_use]
    pub fn has_data_key(&self, batch_id: i64) -> bool {
        self.data_keys.read().contains_key(&batch_id)
    }

    /// Moves a wrapped data key under the current key-encryption key.
    pub fn rewrap_data_key(&self, batch_id: i64, blob: &[u8]) -> Result<Vec<u8>, VaultError> {
        data_key::rewrap(self.kms(), batch_id, blob)
    }

    /// The loaded data key of a batch.
    pub fn data_key(&self, batch_id: i64) -> Result<Arc<DataKey>, VaultError> {
        self.data_keys
            .read()
            .get(&batch_id)
            .cloned()
            .ok_or_else(|| {
                VaultError::KeyMissing(format!("the data key of batch {batch_id} is not loaded"))
            })
    }

    /// Starts sealing `count` records of one batch.
    pub fn sealer(
        &self,
        pool_id: i64,
        batch_id: i64,
        count: usize,
    ) -> Result<RecordSealer, VaultError> {
        let key = self.data_key(batch_id)?;
        key.reserve(count)?;
        Ok(RecordSealer {
            tape: NonceTape::new(key.suite().nonce_len(), count)?,
            remaining: count,
            key,
            pool_id,
            batch_id,
        })
    }

    /// Positions, in `published`, of the records that do not open at `seq_lo` onwards.
    ///
    /// # Errors
    /// `KeyMissing` when a record's data key is not loaded: that says nothing about the record.
    pub fn check<'r>(
        &self,
        pool_id: i64,
        seq_lo: i64,
        published: impl Iterator<Item = &'r [u8]>,
    ) -> Result<Vec<usize>, VaultError> {
        let mut opener = self.opener(pool_id);
        let mut spoiled = Vec::new();
        for ((position, seq), record) in (seq_lo..).enumerate().zip(published) {
            match opener.open(seq, record) {
                Ok(_) => {}
                Err(VaultError::Corrupt(_)) => spoiled.push(position),
                Err(error) => return Err(error),
            }
        }
        Ok(spoiled)
    }

    /// Starts reading published records of one pool.
    #[must_use]
    pub fn opener(&self, pool_id: i64) -> RecordOpener<'_> {
        RecordOpener {
            vault: self,
            pool_id,
            last: None,
            plaintext: Zeroizing::new(Vec::new()),
        }
    }
}

/// Seals records of one batch; the key is looked up and the nonces are fetched once.
pub struct RecordSealer {
    key: Arc<DataKey>,
    tape: NonceTape,
    remaining: usize,
    pool_id: i64,
    batch_id: i64,
}

impl RecordSealer {
    /// Appends the sealed record of `plaintext` at `seq` to `out`.
    ///
    /// # Errors
    /// `Invalid` for more records than were announced: the key's message count would be wrong.
    pub fn seal(
        &mut self,
        seq: i64,
        plaintext: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), VaultError> {
        self.remaining = self
            .remaining
            .checked_sub(1)
            .ok_or_else(|| VaultError::Invalid("more records than announced".into()))?;
        let place = Place {
            pool_id: self.pool_id,
            batch_id: self.batch_id,
            seq,
        };
        record::seal(&self.key, place, self.tape.take()?, plaintext, out)
    }

    /// Length of a sealed record for a plaintext of `plaintext_len` bytes.
    #[must_use]
    pub fn sealed_len(&self, plaintext_len: usize) -> usize {
        record::sealed_len(self.key.suite(), plaintext_len)
    }
}

/// Opens published records of one pool; neighbours mostly share a batch, so the last key is kept at
/// hand.
pub struct RecordOpener<'v> {
    vault: &'v Vault,
    pool_id: i64,
    last: Option<(i64, Arc<DataKey>)>,
    plaintext: Zeroizing<Vec<u8>>,
}

impl RecordOpener<'_> {
    /// Opens a published record; the plaintext is valid until the next call and may be changed in
    /// place.
    ///
    /// # Errors
    /// `KeyMissing` when its batch's key is not loaded, `Corrupt` when it does not open at `seq`.
    pub fn open(&mut self, seq: i64, published: &[u8]) -> Result<&mut [u8], VaultError> {
        let (batch_id, sealed) = record::split_published(published)?;
        self.open_sealed(batch_id, seq, sealed)
    }

    /// Opens a sealed record of a known batch.
    pub fn open_sealed(
        &mut self,
        batch_id: i64,
        seq: i64,
        sealed: &[u8],
    ) -> Result<&mut [u8], VaultError> {
        let key = match self.last.take() {
            Some((last, key)) if last == batch_id => key,
            _ => self.vault.data_key(batch_id)?,
        };
        let (_, key) = self.last.insert((batch_id, key));
        let place = Place {
            pool_id: self.pool_id,
            batch_id,
            seq,
        };
        record::open(key, place, sealed, &mut self.plaintext)?;
        Ok(&mut self.plaintext)
    }

    /// Turns to another pool, keeping the key at hand.
    pub fn turn_to(&mut self, pool_id: i64) {
        self.pool_id = pool_id;
    }
}

/// The id of the key-encryption key that a wrapped secret needs.
pub fn key_id_of_secret(blob: &[u8]) -> Result<String, VaultError> {
    Ok(Wrapped::parse(blob)?.key_id.to_owned())
}

/// The id of the key-encryption key that a wrapped data key needs.
pub fn key_id_of_data_key(blob: &[u8]) -> Result<String, VaultError> {
    key_id_of_secret(data_key::inner_blob(blob)?)
}

fn secret_context(purpose: &str) -> Vec<u8> {
    format!("quangate/secret/1 {purpose}").into_bytes()
}
