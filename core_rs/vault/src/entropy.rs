//! Randomness, always from the kernel.
//!
//! A generator kept in user space would hand out the same numbers twice after `fork` or after a
//! virtual machine was cloned, and a repeated nonce under AES-GCM gives the key stream away
//! (faults.md 10, 70). One system call per batch costs about 45 ns a nonce, so there is no reason
//! to keep one.

use zeroize::Zeroizing;

use crate::vault_error::VaultError;

/// 32 fresh bytes that are wiped when dropped.
pub fn secret_32() -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut_slice())?;
    Ok(bytes)
}

/// A tape is refilled after this many nonces, whatever was announced: 100 KB at most.
const NONCES_MAX: usize = 4096;

/// Fresh nonces of one length, fetched for a whole batch with one system call.
pub struct NonceTape {
    bytes: Vec<u8>,
    used: usize,
    nonce_len: usize,
}

impl NonceTape {
    /// A tape for about `count` nonces of `nonce_len` bytes; the announced number may be wrong.
    pub fn new(nonce_len: usize, count: usize) -> Result<Self, VaultError> {
        let mut bytes = vec![0; nonce_len * count.clamp(1, NONCES_MAX)];
        getrandom::fill(&mut bytes)?;
        Ok(Self {
            bytes,
            used: 0,
            nonce_len,
        })
    }

    /// The next nonce, never given out before. A tape that is used up is refilled.
    pub fn take(&mut self) -> Result<&[u8], VaultError> {
        if self.used == self.bytes.len() {
            getrandom::fill(&mut self.bytes)?;
            self.used = 0;
        }
        let start = self.used;
        self.used += self.nonce_len;
        Ok(&self.bytes[start..self.used])
    }
}
