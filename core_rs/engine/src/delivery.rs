//! Delivering codes: from sealed records to the JSON array of JWEs that stands in an answer.
//!
//! A code is in the clear only in one wiped buffer between the two ciphers. One `Delivery` serves a
//! whole batch of order lines: the nonces come with one system call and the key schedules are at
//! hand.

use crate::entropy::NonceTape;
use crate::jwe::IV_LEN;
use crate::keyring::PartnerKey;
use crate::vault::{RecordOpener, Vault};
use crate::vault_error::VaultError;

/// A typical code's plaintext, to size buffers; more only costs a reallocation of ciphertext.
const PLAINTEXT_LEN_TYPICAL: usize = 96;

/// Seals the codes of a batch of order lines.
pub struct Delivery<'v> {
    opener: RecordOpener<'v>,
    ivs: NonceTape,
}

impl<'v> Delivery<'v> {
    /// Starts a delivery of about `code_count` codes.
    pub fn new(vault: &'v Vault, code_count: usize) -> Result<Self, VaultError> {
        Ok(Self {
            opener: vault.opener(0),
            ivs: NonceTape::new(IV_LEN, code_count)?,
        })
    }

    /// One line: the JSON array `[{"jwe":"…"},…]` of its codes, sealed under the partner's key.
    ///
    /// # Errors
    /// `KeyMissing` or `Corrupt` when a record does not open; nothing of the line is given out then.
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
}
