//! AES-256-GCM for messages as short as a code, in one pass through the block cipher.
//!
//! It computes what `aes-gcm` computes, from the same two crates (`aes`, `ghash`). `aes-gcm` enters
//! the cipher three times for a message of 60 bytes (tag mask, whole blocks, the rest), and each
//! entry spreads the round keys over wide registers anew, about 80 ns; here the mask and the key
//! stream come from one entry. Sealing 60 bytes: 270 ns instead of 450 ns, and a delivered code is
//! opened once and sealed once. Checked against the NIST and Wycheproof vectors and, by property
//! tests, against `aes-gcm` itself.

use aes::Aes256;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit, consts::U16};
use ghash::{GHash, universal_hash::UniversalHash};
use subtle::ConstantTimeEq;

use crate::suite::{NotAuthentic, TAG_LEN};

const BLOCK_LEN: usize = 16;
/// The tag mask and fifteen blocks of key stream: what the widest cipher backend takes at once.
const BLOCKS_MAX: usize = 16;
/// The longest message that fits.
pub const MESSAGE_LEN_MAX: usize = (BLOCKS_MAX - 1) * BLOCK_LEN;
/// The only nonce length for which GCM's first counter block is simply nonce and 1 (SP 800-38D
/// §7.1).
pub const NONCE_LEN: usize = 12;

type Blocks = [Array<u8, U16>; BLOCKS_MAX];

/// An expanded key. Its round keys are wiped on drop.
pub struct OnePassGcm {
    aes: Aes256,
    ghash: GHash,
}

impl OnePassGcm {
    /// Expands a key.
    pub fn new(key: &[u8; 32]) -> Self {
        let aes = Aes256::new(key.into());
        let mut hash_key = Array::default();
        aes.encrypt_block(&mut hash_key);
        let ghash = GHash::new(&hash_key);
        Self { aes, ghash }
    }

    /// Encrypts in place and returns the tag. The message is at most [`MESSAGE_LEN_MAX`] bytes
    /// long.
    pub fn seal_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        associated: &[u8],
        message: &mut [u8],
    ) -> Result<[u8; TAG_LEN], NotAuthentic> {
        let blocks = self.key_stream(nonce, message.len())?;
        add_key_stream(message, &blocks);
        Ok(self.tag(&blocks[0], associated, message))
    }

    /// Checks the tag in constant time, then decrypts in place; on failure the message is
    /// untouched.
    pub fn open_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        associated: &[u8],
        message: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), NotAuthentic> {
        let blocks = self.key_stream(nonce, message.len())?;
        if !bool::from(self.tag(&blocks[0], associated, message).ct_eq(tag)) {
            return Err(NotAuthentic);
        }
        add_key_stream(message, &blocks);
        Ok(())
    }

    /// The encrypted counter blocks: 1 is the tag mask, 2 onwards the key stream.
    fn key_stream(
        &self,
        nonce: &[u8; NONCE_LEN],
        message_len: usize,
    ) -> Result<Blocks, NotAuthentic> {
        if message_len > MESSAGE_LEN_MAX {
            return Err(NotAuthentic);
        }
        let mut blocks = Blocks::default();
        let used = &mut blocks[..=message_len.div_ceil(BLOCK_LEN)];
        for (counter, block) in (1_u32..).zip(used.iter_mut()) {
            block[..NONCE_LEN].copy_from_slice(nonce);
            block[NONCE_LEN..].copy_from_slice(&counter.to_be_bytes());
        }
        self.aes.encrypt_blocks(used);
        Ok(blocks)
    }

    fn tag(&self, mask: &[u8], associated: &[u8], ciphertext: &[u8]) -> [u8; TAG_LEN] {
        let bits = |bytes: &[u8]| (bytes.len() as u64 * 8).to_be_bytes();
        let mut lengths = Array::default();
        lengths[..8].copy_from_slice(&bits(associated));
        lengths[8..].copy_from_slice(&bits(ciphertext));
        let mut ghash = self.ghash.clone();
        ghash.update_padded(associated);
        ghash.update_padded(ciphertext);
        ghash.update(&[lengths]);
        let mut tag: [u8; TAG_LEN] = ghash.finalize().into();
        for (byte, mask) in tag.iter_mut().zip(mask) {
            *byte ^= mask;
        }
        tag
    }
}

/// Adds the key stream, which starts at the second block, to the message.
fn add_key_stream(message: &mut [u8], blocks: &Blocks) {
    for (chunk, block) in message.chunks_mut(BLOCK_LEN).zip(&blocks[1..]) {
        for (byte, key) in chunk.iter_mut().zip(block) {
            *byte ^= key;
        }
    }
}
