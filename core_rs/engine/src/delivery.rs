//! Delivering codes: from sealed records to the JSON array of JWEs that stands in an answer.
//!
//! A code is in the clear only in one wiped buffer between the two ciphers. One `Delivery` serves a
//! whole batch of order lines: the nonces come with one system call and the key schedules are at
//! hand.

use std::sync::Arc;

use crate::allocator::Allocator;
use crate::entropy::NonceTape;
use crate::jwe::IV_LEN;
use crate::keyring::PartnerKey;
use crate::slab::{Run, Slab};
use crate::vault::{RecordOpener, Vault};
use crate::vault_error::VaultError;

/// A typical code's plaintext, to size buffers; more only costs a reallocation of ciphertext.
const PLAINTEXT_LEN_TYPICAL: usize = 96;

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

    /// One line: the JSON array `[{"jwe":"…"},…]` of its codes, sealed under the partner's key.
    ///
    /// # Errors
    /// `KeyMissing` or `Corrupt` when a record does not open; nothing of the line is given out
    /// then.
    pub fn line<'r>(
        &mut self,
        partner: &PartnerKey,
        pool_id: i64,
        records: impl IntoIterator<Item = Result<(i64, &'r [u8]), VaultError>>,
    ) -> Result<Vec<u8>, VaultError> {
        let sealer = partner.delivery();
        let records = records.into_iter();
        let code_len = sealer.sealed_len(PLAINTEXT_LEN_TYPICAL) + r#"{"jwe":""},"#.len();
        let mut out = Vec::with_capacity(2 + code_len * records.size_hint().0);
        self.opener.turn_to(pool_id);
        out.push(b'[');
        for record in records {
            let (seq, published) = record?;
            if out.len() > 1 {
                out.push(b',');
            }
            out.extend_from_slice(br#"{"jwe":""#);
            let plaintext = self.opener.open(seq, published)?;
            sealer.append(self.ivs.take()?, plaintext, &mut out)?;
            out.extend_from_slice(br#""}"#);
        }
        out.push(b']');
        Ok(out)
    }

    /// One line whose records lie in the allocator's slabs.
    ///
    /// # Errors
    /// As [`Delivery::line`]; `Invalid` when a run is not in a slab of this pool.
    pub fn claimed_line(
        &mut self,
        partner: &PartnerKey,
        allocator: &Allocator,
        pool_id: i64,
        runs: &[Run],
    ) -> Result<Vec<u8>, VaultError> {
        let mut slabs = Vec::with_capacity(runs.len());
        for run in runs {
            slabs.push(self.slab(allocator, pool_id, run.lease_id)?);
        }
        let records = runs.iter().zip(&slabs).flat_map(|(run, slab)| {
            (run.seq_lo..run.seq_lo + i64::from(run.count)).map(|seq| {
                let record = slab.record(seq).ok_or_else(|| not_held(run.lease_id))?;
                Ok((seq, record))
            })
        });
        self.line(partner, pool_id, records)
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

fn not_held(lease_id: i64) -> VaultError {
    VaultError::Invalid(format!(
        "a claimed run is not in lease {lease_id} of this pool"
    ))
}
