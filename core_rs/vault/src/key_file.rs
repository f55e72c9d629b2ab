//! The local key file: the key service of a single machine.
//!
//! A text file of mode 0600, in a directory of mode 0700, that holds every key-encryption key by id,
//! says which one is current, and carries the wrapped secret of the blind index. Whoever makes or
//! changes it holds a lock on the directory, so that processes that start together end with one
//! file; a change is a whole new file moved over the old one, so that a crash leaves either the old
//! or the new one. Whoever can read this file can read every code.

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
    lent: RwLock<Option<KeySet>>,
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
            None => return Err(missing(path)),
        };
        Ok(Self {
            path: path.to_owned(),
            keys: RwLock::new(keys),
            lent: RwLock::new(None),
        })
    }

    /// Applies `change` to what is in the file now, and stores the result.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut KeySet) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let (keys, outcome) = alone(&self.path, |directory| {
            let mut keys = read(&self.path)?.ok_or_else(|| missing(&self.path))?;
            let outcome = change(&mut keys)?;
            store(&self.path, directory, &keys)?;
            Ok((keys, outcome))
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
        if let Some(key) = self
            .lent
            .read()
            .as_ref()
            .and_then(|lent| lent.key(wrapped.key_id))
        {
            return wrapped.open(key, context);
        }
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

    fn lend(&self, other: &Path) -> Result<(), VaultError> {
        let keys = read(other)?.ok_or_else(|| missing(other))?;
        *self.lent.write() = Some(keys);
        Ok(())
    }

    fn reload(&self) -> Result<(), VaultError> {
        let keys = read(&self.path)?.ok_or_else(|| missing(&self.path))?;
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
    let parent = parent(path);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(parent)
        .map_err(|error| io_error(parent, &error))?;
    alone(path, |directory| {
        if let Some(keys) = read(path)? {
            return Ok(keys);
        }
        let keys = KeySet::first(secret_32()?, &secret_32()?)?;
        store(path, directory, &keys)?;
        Ok(keys)
    })
}

/// Runs `work` while no other process changes the file.
fn alone<T>(
    path: &Path,
    work: impl FnOnce(&File) -> Result<T, VaultError>,
) -> Result<T, VaultError> {
    let directory = File::open(parent(path)).map_err(|error| io_error(path, &error))?;
    // The lock is on the directory: the file itself is replaced, so a lock on it would guard
    // nothing. It ends with `directory`.
    directory.lock().map_err(|error| io_error(path, &error))?;
    let draft = draft_path(path);
    match fs::remove_file(&draft) {
        // Left by a process that was killed while it stored; nobody uses those keys.
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(io_error(&draft, &error)),
    }
    work(&directory)
}

/// Puts the keys in place of the file, or leaves the file as it is; on the disk before this returns.
fn store(path: &Path, directory: &File, keys: &KeySet) -> Result<(), VaultError> {
    let draft = draft_path(path);
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| {
            file.write_all(keys.to_text().as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&draft, path))
        .and_then(|()| directory.sync_all())
        .map_err(|error| io_error(path, &error))
}

fn draft_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".draft");
    path.with_file_name(name)
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn missing(path: &Path) -> VaultError {
    VaultError::KeyMissing(format!("the key file {} is missing", path.display()))
}

fn io_error(path: &Path, error: &io::Error) -> VaultError {
    VaultError::KeyFile(format!("the key file {}: {error}", path.display()))
}
