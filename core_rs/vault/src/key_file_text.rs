//! The contents of a key file: a set of keys, and the text it is written as.
//!
//! ```text
//! quangate-keys 1
//! # comment
//! key kek-3f9a12bc77d0 <32 bytes, base64url>
//! current kek-3f9a12bc77d0
//! index <the blind index's secret, wrapped under the current key, base64url>
//! ```

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::secret_text::{decode_32, decode_base64url, encode_base64url};
use crate::vault_error::VaultError;
use crate::wrapped::{Wrapped, wrap};

const FIRST_LINE: &str = "quangate-keys 1";
const WARNING: &str = "# Whoever has this file can read every code. Keep a copy apart from the database's backups:\n\
                       # without it nothing in the database can be opened again.\n";
/// What the blind index's secret is wrapped for.
pub const INDEX_CONTEXT: &[u8] = b"quangate/blind-index/1";

type Key = Zeroizing<[u8; 32]>;

/// Several keys by id, one of them current.
pub struct KeySet {
    keys: Vec<(String, Key)>,
    current: String,
    index_blob: Vec<u8>,
}

impl KeySet {
    /// The set of a first start: one key, and the index secret wrapped under it.
    pub fn first(key: Key, index_secret: &Key) -> Result<Self, VaultError> {
        let current = id_of(&key);
        let mut set = Self {
            keys: vec![(current.clone(), key)],
            current,
            index_blob: Vec::new(),
        };
        set.index_blob = set.wrap(INDEX_CONTEXT, index_secret.as_slice())?;
        Ok(set)
    }

    /// The id of the key that wraps.
    pub fn current(&self) -> &str {
        &self.current
    }

    /// All ids, oldest first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|(id, _)| id.as_str())
    }

    /// The key of an id.
    pub fn key(&self, id: &str) -> Option<&[u8; 32]> {
        let (_, key) = self.keys.iter().find(|(known, _)| known == id)?;
        Some(key)
    }

    /// The wrapped secret of the blind index.
    pub fn index_blob(&self) -> &[u8] {
        &self.index_blob
    }

    /// Wraps under the current key.
    pub fn wrap(&self, context: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
        let key = self
            .key(&self.current)
            .ok_or_else(|| VaultError::KeyMissing("there is no current key".into()))?;
        wrap(&self.current, key, context, plaintext)
    }

    /// Makes `key` the current one and moves the index secret under it. The index secret itself
    /// stays.
    pub fn rotate(&mut self, key: Key) -> Result<String, VaultError> {
        let index_secret = self.open_index()?;
        let id = id_of(&key);
        self.keys.push((id.clone(), key));
        self.current.clone_from(&id);
        self.index_blob = self.wrap(INDEX_CONTEXT, &index_secret)?;
        Ok(id)
    }

    /// Forgets an old key.
    pub fn retire(&mut self, id: &str) -> Result<(), VaultError> {
        if id == self.current {
            return Err(VaultError::Invalid(
                "the current key cannot be retired".into(),
            ));
        }
        let known = self.keys.len();
        self.keys.retain(|(kept, _)| kept != id);
        if self.keys.len() == known {
            return Err(VaultError::KeyMissing(format!("there is no key {id:?}")));
        }
        Ok(())
    }

    fn open_index(&self) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let wrapped = Wrapped::parse(&self.index_blob)?;
        let key = self.key(wrapped.key_id).ok_or_else(|| {
            VaultError::KeyMissing("the blind index is wrapped under a missing key".into())
        })?;
        wrapped.open(key, INDEX_CONTEXT)
    }

    /// The text of the file.
    pub fn to_text(&self) -> Zeroizing<String> {
        // Sized so that it never grows: growing would leave copies of keys in freed memory.
        let mut text = Zeroizing::new(String::with_capacity(512 + 160 * self.keys.len()));
        text.push_str(FIRST_LINE);
        text.push('\n');
        text.push_str(WARNING);
        for (id, key) in &self.keys {
            text.push_str("key ");
            text.push_str(id);
            text.push(' ');
            encode_base64url(key.as_slice(), &mut text);
            text.push('\n');
        }
        text.push_str("current ");
        text.push_str(&self.current);
        text.push_str("\nindex ");
        encode_base64url(&self.index_blob, &mut text);
        text.push('\n');
        text
    }

    /// Reads the text of a file. The reason of a refusal names a line and quotes nothing of it.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "not a text file".to_owned())?;
        let mut lines = text.lines().zip(1_usize..);
        if lines.next().map(|(line, _)| line.trim_end()) != Some(FIRST_LINE) {
            return Err(format!("the first line is not {FIRST_LINE:?}"));
        }
        let mut set = Self {
            keys: Vec::new(),
            current: String::new(),
            index_blob: Vec::new(),
        };
        for (line, number) in lines {
            set.read_line(line)
                .map_err(|reason| format!("line {number}: {reason}"))?;
        }
        if set.key(&set.current).is_none() {
            return Err("the current key is not in it".into());
        }
        set.open_index()
            .map_err(|error| format!("the index line does not open ({error})"))?;
        Ok(set)
    }

    fn read_line(&mut self, line: &str) -> Result<(), &'static str> {
        let mut words = line.split_ascii_whitespace();
        match (words.next(), words.next(), words.next(), words.next()) {
            (None, ..) => {}
            (Some(word), ..) if word.starts_with('#') => {}
            (Some("key"), Some(id), Some(key), None) if self.key(id).is_none() => {
                let key = decode_32(key).filter(|key| id_of(key) == id);
                let key = key.ok_or("not the key that its id names")?;
                self.keys.push((id.to_owned(), key));
            }
            (Some("current"), Some(id), None, None) if self.current.is_empty() => {
                id.clone_into(&mut self.current);
            }
            (Some("index"), Some(blob), None, None) if self.index_blob.is_empty() => {
                self.index_blob = decode_base64url(blob).ok_or("not base64url")?.to_vec();
            }
            _ => return Err("not understood, or said twice"),
        }
        Ok(())
    }
}

/// The id of a key follows from the key, so that a damaged line is noticed when the file is read.
/// 48 bits of a hash tell nothing about a random key of 256.
fn id_of(key: &[u8; 32]) -> String {
    let mut hash = Sha256::new_with_prefix(b"quangate/kek-id/1 ");
    hash.update(key);
    let digest = hash.finalize();
    let number = digest[..6]
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte));
    format!("kek-{number:012x}")
}
