//! The orders of plain lines as JSON, their codes sealed.

use quangate_vault::delivery::Delivery;
use quangate_vault::vault_error::VaultError;
use quangate_wire::plain_lines::PlainLines as Lines;

use crate::alloc::Allocator;
use crate::partner_keys::KeyRing;
use crate::secrecy::Vault;

/// A typical order in an answer without its code, to size the buffer.
const ORDER_LEN_TYPICAL: usize = 768;

/// What codes are sealed with, for whom, and when their orders were made.
pub(crate) struct Sealing<'a> {
    vault: &'a Vault,
    keyring: &'a KeyRing,
    allocator: &'a Allocator,
    key_id: &'a str,
    reads_codes: bool,
    moment: &'a str,
}

impl<'a> Sealing<'a> {
    pub(crate) fn new(
        vault: &'a Vault,
        keyring: &'a KeyRing,
        allocator: &'a Allocator,
        key_id: &'a str,
        reads_codes: bool,
        moment: &'a str,
    ) -> Self {
        Self {
            vault,
            keyring,
            allocator,
            key_id,
            reads_codes,
            moment,
        }
    }

    /// All orders, each between two texts, with another between them; and where each ends.
    pub(crate) fn write(
        &self,
        lines: &Lines,
        around: (&[u8], &[u8]),
        between: &[u8],
    ) -> Result<(Vec<u8>, Vec<usize>), VaultError> {
        let codes = if self.reads_codes { lines.codes() } else { 0 };
        let mut delivery = Delivery::new(self.vault.engine(), codes as usize)?;
        let partner = if self.reads_codes {
            Some(self.keyring.partner(self.key_id)?)
        } else {
            None
        };
        let mut out = Vec::with_capacity(ORDER_LEN_TYPICAL * lines.len());
        let mut ends = Vec::with_capacity(lines.len());
        for (line, offer) in lines.sold() {
            if !out.is_empty() {
                out.extend_from_slice(between);
            }
            out.extend_from_slice(around.0);
            let runs = lines.runs(line).iter().copied();
            let seal = partner.as_ref().map(|partner| {
                |out: &mut Vec<u8>| {
                    let allocator = self.allocator.engine();
                    delivery.claimed_line(partner, allocator, offer.pool_id, runs, out)
                }
            });
            lines.write_order(line, self.moment, seal, &mut out)?;
            out.extend_from_slice(around.1);
            ends.push(out.len());
        }
        Ok((out, ends))
    }
}
