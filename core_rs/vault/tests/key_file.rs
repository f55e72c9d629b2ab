//! The key file and the vault over it: first start, rotation, and failing closed.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use quangate_vault::kms::Kms;
use quangate_vault::suite::Suite;
use quangate_vault::vault::{Vault, key_id_of_data_key, key_id_of_secret};
use quangate_vault::vault_error::VaultError;
use tempfile::TempDir;
use zeroize::Zeroizing;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The first start makes a private file in a private directory, and nothing else stays there.
#[test]
fn first_start() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("keys").join("kek");
    Vault::open(&path, true).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

/// Any number of first starts at once end with one file, which all of them use.
#[test]
fn concurrent_first_starts() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("kek");
    let barrier = Barrier::new(8);
    let open = || {
        barrier.wait();
        Vault::open(&path, true).unwrap()
    };
    let vaults: Vec<Vault> = thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect()
    });
    let blob = vaults[0].wrap_secret("p", b"secret").unwrap();
    for vault in &vaults {
        assert_eq!(vault.open_secret("p", &blob).unwrap().as_slice(), b"secret");
        assert_eq!(
            vault.fingerprinter().of(b"c"),
            vaults[0].fingerprinter().of(b"c")
        );
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

/// A file that group or others can read is refused, with the command that mends it.
#[test]
fn readable_by_others() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("kek");
    Vault::open(&path, true).unwrap();
    for wrong in [0o640, 0o604, 0o660, 0o777] {
        fs::set_permissions(&path, fs::Permissions::from_mode(wrong)).unwrap();
        let refused = Vault::open(&path, true).err().unwrap().to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
    }
}

/// Where a file must exist, its absence is `KeyMissing`, and none is made.
#[test]
fn missing_file() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("kek");
    assert!(matches!(
        Vault::open(&path, false),
        Err(VaultError::KeyMissing(_))
    ));
    assert!(!path.exists());
}

/// With another key file nothing opens, and the error names the key that is needed, not a secret.
#[test]
fn wrong_file() {
    let directory = TempDir::new().unwrap();
    let ours = Vault::open(&directory.path().join("ours"), true).unwrap();
    let other = Vault::open(&directory.path().join("other"), true).unwrap();
    let secret = ours.wrap_secret("p", b"secret").unwrap();
    let data_key = ours.new_data_key(1, Suite::Aes256Gcm).unwrap();
    let key_id = ours.kms().current_key_id();
    let refusals = [
        other.open_secret("p", &secret).err().unwrap(),
        other.load_data_key(1, &data_key).err().unwrap(),
    ];
    for refusal in refusals {
        assert!(matches!(&refusal, VaultError::KeyMissing(text) if text.contains(&key_id)));
    }
    assert!(!other.has_data_key(1));
    assert_ne!(
        ours.fingerprinter().key_check(),
        other.fingerprinter().key_check()
    );
}

/// Rotation: old blobs open, new ones name the new key, re-wrapping moves them, the blind index and
/// the records stay what they were, and then the old key can go.
#[test]
fn rotation() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("kek");
    let vault = Vault::open(&path, true).unwrap();
    let old = vault.kms().current_key_id();
    let secret = vault.wrap_secret("p", b"secret").unwrap();
    let data_key = vault.new_data_key(1, Suite::Aes256Gcm).unwrap();
    let mut record = Vec::new();
    vault
        .sealer(1, 1, 1)
        .unwrap()
        .seal(1, b"a code", &mut record)
        .unwrap();
    let fingerprint = vault.fingerprinter().of(b"c");

    let new = vault.kms().rotate().unwrap();
    assert_eq!(vault.kms().current_key_id(), new);
    assert_eq!(vault.kms().key_ids(), [old.clone(), new.clone()]);
    assert_eq!(
        vault.open_secret("p", &secret).unwrap().as_slice(),
        b"secret"
    );
    let secret = vault.rewrap_secret("p", &secret).unwrap();
    let data_key = vault.rewrap_data_key(1, &data_key).unwrap();
    assert_eq!(key_id_of_secret(&secret).unwrap(), new);
    assert_eq!(key_id_of_data_key(&data_key).unwrap(), new);
    assert!(vault.kms().retire(&new).is_err(), "the current key stays");
    vault.kms().retire(&old).unwrap();

    let restarted = Vault::open(&path, false).unwrap();
    assert_eq!(restarted.kms().key_ids(), [new]);
    assert_eq!(
        restarted.open_secret("p", &secret).unwrap().as_slice(),
        b"secret"
    );
    restarted.load_data_key(1, &data_key).unwrap();
    assert_eq!(
        restarted.opener(1).open_sealed(1, 1, &record).unwrap(),
        b"a code"
    );
    assert_eq!(restarted.fingerprinter().of(b"c"), fingerprint);
    assert_eq!(mode(&path), 0o600);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

/// What a process killed in the middle of a change leaves behind neither disturbs nor stays.
#[test]
fn abandoned_draft() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("kek");
    fs::write(
        directory.path().join("kek.draft"),
        "quangate-keys 1\nkey half",
    )
    .unwrap();
    let vault = Vault::open(&path, true).unwrap();
    fs::write(directory.path().join("kek.draft"), "").unwrap();
    vault.kms().rotate().unwrap();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    assert_eq!(Vault::open(&path, false).unwrap().kms().key_ids().len(), 2);
}

/// A change that cannot be stored leaves the old file and the old keys.
#[test]
fn failed_change() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("kek");
    let vault = Vault::open(&path, true).unwrap();
    let before = fs::read(&path).unwrap();
    // A directory where the draft would be written stands for a full disk, also for root.
    fs::create_dir(directory.path().join("kek.draft")).unwrap();
    assert!(matches!(vault.kms().rotate(), Err(VaultError::KeyFile(_))));
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(vault.kms().key_ids().len(), 1);
}

/// A slip of the pen in an old key is noticed at the start, and the error names the line, not the key.
#[test]
fn damaged_old_key() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("kek");
    Vault::open(&path, true).unwrap().kms().rotate().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let line = text
        .lines()
        .position(|line| line.starts_with("key "))
        .unwrap();
    let key = text.lines().nth(line).unwrap().rsplit(' ').next().unwrap();
    let (head, tail) = key.split_at(20);
    let other = if tail.starts_with('A') { 'B' } else { 'A' };
    let damaged = format!("{head}{other}{}", &tail[1..]);
    fs::write(&path, text.replace(key, &damaged)).unwrap();
    let refused = Vault::open(&path, false).err().unwrap().to_string();
    assert!(refused.contains(&format!("line {}", line + 1)), "{refused}");
    assert!(!refused.contains(head), "{refused}");
}

/// A process that started before a rotation opens what was wrapped after it.
#[test]
fn rotation_elsewhere() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("kek");
    let (early, late) = (
        Vault::open(&path, true).unwrap(),
        Vault::open(&path, true).unwrap(),
    );
    late.kms().rotate().unwrap();
    let blob = late.wrap_secret("p", b"secret").unwrap();
    assert_eq!(early.open_secret("p", &blob).unwrap().as_slice(), b"secret");
    assert_eq!(early.kms().current_key_id(), late.kms().current_key_id());
}

/// Rotations at once lose none of each other's keys.
#[test]
fn concurrent_rotations() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("kek");
    Vault::open(&path, true).unwrap();
    let rotate = || Vault::open(&path, false).unwrap().kms().rotate().unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(rotate);
        }
    });
    assert_eq!(Vault::open(&path, false).unwrap().kms().key_ids().len(), 9);
}

/// What another key file wrapped opens with its keys lent, and is moved under our own; they go into
/// no file of ours.
#[test]
fn lent_keys() {
    let directory = TempDir::new().unwrap();
    let (ours, theirs) = (directory.path().join("kek"), directory.path().join("other"));
    let foreign = Vault::open(&theirs, true).unwrap();
    let secret = foreign.wrap_secret("p", b"secret").unwrap();
    let data_key = foreign.new_data_key(1, Suite::Aes256Gcm).unwrap();

    let vault = Vault::open(&ours, true).unwrap();
    let before = std::fs::read(&ours).unwrap();
    assert!(matches!(
        vault.rewrap_secret("p", &secret),
        Err(VaultError::KeyMissing(_))
    ));
    vault.kms().lend(&theirs).unwrap();
    vault.kms().reload().unwrap();
    let secret = vault.rewrap_secret("p", &secret).unwrap();
    let data_key = vault.rewrap_data_key(1, &data_key).unwrap();
    assert_eq!(vault.kms().key_ids(), [vault.kms().current_key_id()]);
    assert_eq!(std::fs::read(&ours).unwrap(), before);

    let restarted = Vault::open(&ours, false).unwrap();
    assert_eq!(
        restarted.open_secret("p", &secret).unwrap().as_slice(),
        b"secret"
    );
    restarted.load_data_key(1, &data_key).unwrap();
    assert!(vault.kms().lend(&directory.path().join("none")).is_err());
}

/// A key service that unwraps to another key than was wrapped: what a commitment is for.
struct Substituting(Vault);

impl Kms for Substituting {
    fn current_key_id(&self) -> String {
        self.0.kms().current_key_id()
    }
    fn key_ids(&self) -> Vec<String> {
        self.0.kms().key_ids()
    }
    fn wrap(&self, context: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.0.kms().wrap(context, plaintext)
    }
    fn unwrap(&self, context: &[u8], blob: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let mut plaintext = self.0.kms().unwrap(context, blob)?;
        plaintext[31] ^= 1;
        Ok(plaintext)
    }
    fn rotate(&self) -> Result<String, VaultError> {
        self.0.kms().rotate()
    }
    fn retire(&self, key_id: &str) -> Result<(), VaultError> {
        self.0.kms().retire(key_id)
    }
    fn lend(&self, other: &Path) -> Result<(), VaultError> {
        self.0.kms().lend(other)
    }
    fn reload(&self) -> Result<(), VaultError> {
        self.0.kms().reload()
    }
    fn index_blob(&self) -> Vec<u8> {
        self.0.kms().index_blob()
    }
}

/// A data key other than the one committed to is refused, even when it unwraps without complaint.
#[test]
fn key_commitment() {
    let directory = TempDir::new().unwrap();
    let honest = Vault::open(&directory.path().join("kek"), true).unwrap();
    let blob = honest.new_data_key(1, Suite::Aes256Gcm).unwrap();
    let vault = Vault::new(Box::new(Substituting(honest))).unwrap();
    let refusal = vault.load_data_key(1, &blob).err().unwrap();
    assert!(matches!(&refusal, VaultError::Corrupt(text) if text.contains("committed")));
}

/// A data key seals 2^32 messages and not one more (NIST SP 800-38D §8.3).
#[test]
fn message_bound() {
    let directory = TempDir::new().unwrap();
    let vault = Vault::open(&directory.path().join("kek"), true).unwrap();
    vault.new_data_key(1, Suite::Aes256Gcm).unwrap();
    let key = vault.data_key(1).unwrap();
    key.reserve((1 << 32) - 1).unwrap();
    key.reserve(1).unwrap();
    assert!(key.reserve(1).is_err());
    assert!(vault.sealer(1, 1, 1).is_err());
}

/// More records than were announced are refused: they would not have been counted.
#[test]
fn announced_records_only() {
    let directory = TempDir::new().unwrap();
    let vault = Vault::open(&directory.path().join("kek"), true).unwrap();
    vault.new_data_key(1, Suite::Aes256Gcm).unwrap();
    let mut sealer = vault.sealer(1, 1, 1).unwrap();
    sealer.seal(1, b"a", &mut Vec::new()).unwrap();
    assert!(sealer.seal(2, b"b", &mut Vec::new()).is_err());
}
