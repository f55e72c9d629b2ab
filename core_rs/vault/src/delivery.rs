//! Delivering codes: from sealed records to the JSON array of JWEs that stands in an answer.
//!
//! A code is in the clear only in one wiped buffer between the two ciphers. One `Delivery` serves a
//! whole batch of order lines: the nonces come with one system call and the key schedules are at
//! hand.

use std::sync::Arc;

use crate::entropy::NonceTape;
use crate::jwe::{IV_LEN, JweSealer};
use crate::keyring::PartnerKey;
use crate::vault::{RecordOpener, Vault};
use crate::vault_error::VaultError;
use quangate_stock::allocator::Allocator;
use quangate_stock::slab::{Run, Slab};

/// A typical code's plaintext, to size buffers; more only costs a reallocation of ciphertext.
const PLAINTEXT_LEN_TYPICAL: usize = 96;

/// Room for this many codes is made at once, whatever a caller announces (an order has 500 at
/// most).
const RESERVED_CODES_MAX: usize = 512;

/// Seals the codes of a batch of order lines.
pub struct Delivery<'v> {
    opener: RecordOpener<'v>,
    ivs: NonceTape,
    last_slab: Option<Arc<Slab>>,
}

impl<'v> Delivery<'v> {
    /// Starts a delivery of about `code_count` codes.
    pub fn new(vault: &'v Vault, code_count: usize) -> Result<Self, VaultError> {
        Ok(Self {
            opener: vault.opener(0),
            ivs: NonceTape::new(IV_LEN, code_count)?,
            last_slab: None,
        })
    }

    /// The JSON array `[{"jwe":"…"},…]` of published records, sealed under the partner's key.
    ///
    /// # Errors
    /// `KeyMissing` or `Corrupt` when a record does not open; nothing of the line is given out
    /// then.
    pub fn line<'r>(
        &mut self,
        partner: &PartnerKey,
        pool_id: i64,
        records: impl ExactSizeIterator<Item = (i64, &'r [u8])>,
    ) -> Result<Vec<u8>, VaultError> {
        let mut out = Vec::new();
        let mut json = JsonArray::start(partner.delivery(), records.len(), &mut out);
        self.opener.turn_to(pool_id);
        for (seq, published) in records {
            let plaintext = self.opener.open(seq, published)?;
            json.push(self.ivs.take()?, plaintext)?;
        }
        json.end();
        Ok(out)
    }

    /// Appends the same array of claimed codes, whose records lie in the allocator's slabs.
    ///
    /// # Errors
    /// As [`Delivery::line`]; `Invalid` when a run is not in a slab of this pool. Then `out` may
    /// end in a part of an array.
    pub fn claimed_line(
        &mut self,
        partner: &PartnerKey,
        allocator: &Allocator,
        pool_id: i64,
        runs: impl Iterator<Item = Run> + Clone,
        out: &mut Vec<u8>,
    ) -> Result<(), VaultError> {
        let code_count = runs.clone().map(|run| run.count as usize).sum();
        let mut json = JsonArray::start(partner.delivery(), code_count, out);
        self.opener.turn_to(pool_id);
        for run in runs {
            let slab = self.slab(allocator, pool_id, run.lease_id)?;
            let end = run.seq_lo.checked_add(run.count.into());
            for seq in run.seq_lo..end.ok_or_else(|| not_held(run.lease_id))? {
                let published = slab.record(seq).ok_or_else(|| not_held(run.lease_id))?;
                let plaintext = self.opener.open(seq, published)?;
                json.push(self.ivs.take()?, plaintext)?;
            }
        }
        json.end();
        Ok(())
    }

    /// Neighbouring lines mostly come from one lease, so the last slab is kept at hand.
    fn slab(
        &mut self,
        allocator: &Allocator,
        pool_id: i64,
        lease_id: i64,
    ) -> Result<Arc<Slab>, VaultError> {
        let slab = match self.last_slab.take() {
            Some(slab) if slab.lease().lease_id == lease_id => slab,
            _ => allocator.slab(lease_id).ok_or_else(|| not_held(lease_id))?,
        };
        if slab.lease().pool_id != pool_id {
            return Err(not_held(lease_id));
        }
        self.last_slab = Some(Arc::clone(&slab));
        Ok(slab)
    }
}

/// The array under construction; ciphertext only.
struct JsonArray<'k> {
    sealer: &'k JweSealer,
    out: &'k mut Vec<u8>,
    is_empty: bool,
}

impl<'k> JsonArray<'k> {
    fn start(sealer: &'k JweSealer, code_count: usize, out: &'k mut Vec<u8>) -> Self {
        let code_len = sealer.sealed_len(PLAINTEXT_LEN_TYPICAL) + r#"{"jwe":""},"#.len();
        out.reserve(2 + code_len * code_count.min(RESERVED_CODES_MAX));
        out.push(b'[');
        Self {
            sealer,
            out,
            is_empty: true,
        }
    }

    /// Adds a code; the plaintext is overwritten.
    fn push(&mut self, iv: &[u8], plaintext: &mut [u8]) -> Result<(), VaultError> {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
        self.out.extend_from_slice(br#"{"jwe":""#);
        self.sealer.append(iv, plaintext, self.out)?;
        self.out.extend_from_slice(br#""}"#);
        Ok(())
    }

    fn end(self) {
        self.out.push(b']');
    }
}

fn not_held(lease_id: i64) -> VaultError {
    VaultError::Invalid(format!(
        "a claimed run is not in lease {lease_id} of this pool"
    ))
}
