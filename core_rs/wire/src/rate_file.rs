//! The memory-mapped file behind a shared rate limiter.
//!
//! Header of 64 bytes (magic, slot count, hash key, checksum), then the slots. A file that
//! does not match is replaced by a new one under the same name: never truncated in place,
//! because a process that still maps the old one would be killed by the missing pages.
//! A lock file beside it makes opening and replacing one step among processes.

use std::fs::{File, OpenOptions};
use std::hash::Hasher;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use memmap2::{MmapOptions, MmapRaw};
use siphasher::sip::SipHasher13;

use crate::rate::Slot;

/// Format 1. A new layout gets a new magic, which makes old files foreign.
const MAGIC: [u8; 8] = *b"QGRATE01";
const HEADER_BYTES: usize = 64;
const SLOT_BYTES: usize = size_of::<Slot>();
/// 2^24 slots are 256 MiB: more keys than a node can have.
pub(crate) const SLOTS_MAX: usize = 1 << 24;

/// Why there is no shared table.
#[derive(Debug)]
pub enum SharedFileError {
    /// More than 2^24 slots.
    TooLarge,
    /// The file cannot be made or mapped.
    Io(std::io::Error),
}

impl std::fmt::Display for SharedFileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge => write!(f, "a shared table holds at most {SLOTS_MAX} slots"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SharedFileError {}

impl From<std::io::Error> for SharedFileError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// A mapped table.
pub(crate) struct SharedFile {
    map: MmapRaw,
    slots: usize,
    key: (u64, u64),
}

impl SharedFile {
    /// Opens the table at `path`, or puts an empty one there with `key` as its hash key.
    pub(crate) fn open(
        path: &Path,
        slots: usize,
        key: (u64, u64),
    ) -> Result<Self, SharedFileError> {
        if slots > SLOTS_MAX {
            return Err(SharedFileError::TooLarge);
        }
        let lock = options()
            .create(true)
            .truncate(false)
            .open(beside(path, "lock"))?;
        lock.lock()?; // until `lock` is dropped
        if let Some(table) = Self::map_existing(path, slots)? {
            return Ok(table);
        }
        create(path, slots, key)?;
        let made = Self::map_existing(path, slots)?;
        made.ok_or_else(|| std::io::Error::other("the new table was changed at once").into())
    }

    /// The table at `path`; `None` when there is none or it is not one of ours of this size.
    fn map_existing(path: &Path, slots: usize) -> std::io::Result<Option<Self>> {
        let file = match options().open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let bytes = HEADER_BYTES + slots * SLOT_BYTES;
        if file.metadata()?.len() != bytes as u64 {
            return Ok(None);
        }
        let map = MmapOptions::new().len(bytes).map_raw(&file)?;
        // SAFETY: the map is at least a header long, and a header is written only before
        // the file gets its name, so nobody writes these bytes meanwhile.
        let header = unsafe { *map.as_ptr().cast::<[u8; HEADER_BYTES]>() };
        Ok(read_header(&header, slots).map(|key| Self { map, slots, key }))
    }

    #[allow(clippy::cast_ptr_alignment)] // see SAFETY
    pub(crate) fn slots(&self) -> &[Slot] {
        // SAFETY: the map is page-aligned and holds `slots` slots behind the header, whose
        // size keeps them aligned. `Slot` is `repr(C)` of two atomics: any bits are valid,
        // and other processes change them only atomically. The map lives as long as `self`.
        unsafe {
            let first = self.map.as_ptr().add(HEADER_BYTES).cast::<Slot>();
            std::slice::from_raw_parts(first, self.slots)
        }
    }

    pub(crate) fn key(&self) -> (u64, u64) {
        self.key
    }
}

/// How every file here is opened: for its owner only.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

/// Writes an empty table under another name, then gives it this one.
fn create(path: &Path, slots: usize, key: (u64, u64)) -> std::io::Result<()> {
    let draft = beside(path, "new");
    let mut file: File = options().create(true).truncate(true).open(&draft)?;
    file.write_all(&header(slots, key))?;
    file.set_len((HEADER_BYTES + slots * SLOT_BYTES) as u64)?; // zeros: empty slots
    std::fs::rename(&draft, path)
}

/// Magic, slot count, hash key, checksum of these; the rest is zero.
fn header(slots: usize, key: (u64, u64)) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(&MAGIC);
    for (index, field) in [slots as u64, key.0, key.1].into_iter().enumerate() {
        header[8 + 8 * index..][..8].copy_from_slice(&field.to_le_bytes());
    }
    let sum = checksum(&header[..32]);
    header[32..40].copy_from_slice(&sum.to_le_bytes());
    header
}

/// The hash key of a header for `slots` slots; `None` when it is damaged or foreign.
fn read_header(found: &[u8; HEADER_BYTES], slots: usize) -> Option<(u64, u64)> {
    let field = |at: usize| -> Option<u64> {
        Some(u64::from_le_bytes(found.get(at..at + 8)?.try_into().ok()?))
    };
    let key = (field(16)?, field(24)?);
    (*found == header(slots, key)).then_some(key)
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(bytes);
    hasher.finish()
}
