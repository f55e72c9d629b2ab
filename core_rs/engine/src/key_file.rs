//! The local key file: the key service of a single machine.
//!
//! A text file of mode 0600, in a directory of mode 0700, that holds every key-encryption key by
//! id, says which one is current, and carries the wrapped secret of the blind index. Processes that
//! start together end with one file (`link` lets exactly one win); a change is a whole new file
//! moved over the old one, so that a crash leaves either the old or the new one. Whoever can read
//! this file can read every code.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use parking_lot::RwLock;
use zeroize::Zeroizing;

use crate::entropy::secret_32;
use crate::key_file_text::KeySet;
use crate::kms::Kms;
use crate::vault_error::VaultError;
use crate::wrapped::Wrapped;

/// A key file is a few hundred bytes; anything much larger is some other file.
const FILE_LEN_MAX: u64 = 1 << 20;

/// The adapter that keeps the keys in a file.
pub struct KeyFile {
    path: PathBuf,
    keys: RwLock<KeySet>,
}

impl KeyFile {
    /// Opens the key file, making it first if there is none and `create` is set.
    ///
    /// # Errors
    /// `KeyMissing` when there is no file and none may be made; `KeyFile` when it is readable by
    /// others, is not a key file, or cannot be read or written.
    pub fn open(path: &Path, create: bool) -> Result<Self, VaultError> {
        let keys = match read(path)? {
            Some(keys) => keys,
            None if create => create_first(path)?,
            None => {
                let message = format!("the key file {} is missing", path.display());
                return Err(VaultError::KeyMissing(message));
            }
        };
        Ok(Self {
            path: path.to_owned(),
            keys: RwLock::new(keys),
        })
    }

    /// Applies `change` to what is in the file now, under a lock between processes, and stores the
    /// result.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut KeySet) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let directory = open_directory(&self.path)?;
        // The lock is on the directory: the file itself is replaced, so a lock on it would guard
        // nothing.
        directory
            .lock()
            .map_err(|error| io_error(&self.path, &error))?;
        let mut keys = read(&self.path)?.ok_or_else(|| {
            VaultError::KeyMissing(format!("the key file {} is missing", self.path.display()))
        })?;
        let outcome = change(&mut keys)?;
        let draft = write_draft(&self.path, &keys)?;
        let moved = fs::rename(&draft, &self.path).and_then(|()| directory.sync_all());
        moved.map_err(|error| {
            // The draft is gone when the rename succeeded; then there is nothing to remove.
            let _ = fs::remove_file(&draft);
            io_error(&self.path, &error)
        })?;
        *self.keys.write() = keys;
        Ok(outcome)
    }
}

impl Kms for KeyFile {
    fn current_key_id(&self) -> String {
        self.keys.read().current().to_owned()
    }

    fn key_ids(&self) -> Vec<String> {
        self.keys.read().ids().map(str::to_owned).collect()
    }

    fn wrap(&self, context: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.keys.read().wrap(context, plaintext)
    }

    fn unwrap(&self, context: &[u8], blob: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let wrapped = Wrapped::parse(blob)?;
        if self.keys.read().key(wrapped.key_id).is_none() {
            // Another process may have rotated since we read the file.
            self.reload()?;
        }
        let keys = self.keys.read();
        let key = keys.key(wrapped.key_id).ok_or_else(|| {
            VaultError::KeyMissing(format!(
                "the key file {} does not hold the key {:?} that this secret is wrapped under",
                self.path.display(),
                wrapped.key_id
            ))
        })?;
        wrapped.open(key, context)
    }

    fn rotate(&self) -> Result<String, VaultError> {
        self.change(|keys| keys.rotate(secret_32()?))
    }

    fn retire(&self, key_id: &str) -> Result<(), VaultError> {
        self.change(|keys| keys.retire(key_id))
    }

    fn reload(&self) -> Result<(), VaultError> {
        let keys = read(&self.path)?.ok_or_else(|| {
            VaultError::KeyMissing(format!("the key file {} is missing", self.path.display()))
        })?;
        *self.keys.write() = keys;
        Ok(())
    }

    fn index_blob(&self) -> Vec<u8> {
        self.keys.read().index_blob().to_vec()
    }
}

/// Reads the file; `None` when there is none.
fn read(path: &Path) -> Result<Option<KeySet>, VaultError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(path, &error)),
    };
    // Asked of the open file, not of the path, which might be changed in between.
    let metadata = file.metadata().map_err(|error| io_error(path, &error))?;
    if !metadata.is_file() || metadata.len() > FILE_LEN_MAX {
        return Err(VaultError::KeyFile(format!(
            "{} is not a key file",
            path.display()
        )));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(VaultError::KeyFile(format!(
            "the key file {0} can be read by others than its owner; run: chmod 600 {0}",
            path.display()
        )));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(
        usize::try_from(metadata.len()).unwrap_or_default() + 1,
    ));
    file.take(FILE_LEN_MAX)
        .read_to_end(&mut bytes)
        .map_err(|error| io_error(path, &error))?;
    KeySet::parse(&bytes)
        .map(Some)
        .map_err(|reason| VaultError::KeyFile(format!("the key file {}: {reason}", path.display())))
}

/// Makes the file with a first key. When another process was faster, its file is taken.
fn create_first(path: &Path) -> Result<KeySet, VaultError> {
    let keys = KeySet::first(secret_32()?, &secret_32()?)?;
    let parent = parent(path);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(parent)
        .map_err(|error| io_error(parent, &error))?;
    let draft = write_draft(path, &keys)?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft).map_err(|error| io_error(path, &error))?;
    match linked {
        Ok(()) => {
            open_directory(path)?
                .sync_all()
                .map_err(|error| io_error(path, &error))?;
            Ok(keys)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            read(path)?.ok_or_else(|| {
                VaultError::KeyFile(format!("the key file {} comes and goes", path.display()))
            })
        }
        Err(error) => Err(io_error(path, &error)),
    }
}

/// Writes the keys to a new file beside `path`, on the disk before this returns.
fn write_draft(path: &Path, keys: &KeySet) -> Result<PathBuf, VaultError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{:016x}.draft", u64::from_be_bytes(random)));
    let draft = path.with_file_name(name);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| {
            file.write_all(keys.to_text().as_bytes())?;
            file.sync_all()
        });
    written.map_err(|error| {
        let _ = fs::remove_file(&draft);
        io_error(path, &error)
    })?;
    Ok(draft)
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn open_directory(path: &Path) -> Result<File, VaultError> {
    File::open(parent(path)).map_err(|error| io_error(path, &error))
}

fn io_error(path: &Path, error: &io::Error) -> VaultError {
    VaultError::KeyFile(format!("the key file {}: {error}", path.display()))
}
