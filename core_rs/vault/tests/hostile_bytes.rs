//! Parsers meet bytes that nobody sealed: arbitrary ones, and valid ones damaged at random. They may
//! refuse, never panic. (The nightly-only `cargo fuzz` would do the same with coverage feedback.)
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use quangate_vault::codegen::{Pattern, check_holds, generate};
use quangate_vault::jwe::{self, JweSealer};
use quangate_vault::suite::Suite;
use quangate_vault::vault::{Vault, key_id_of_data_key, key_id_of_secret};
use quangate_vault::vault_error::VaultError;
use tempfile::TempDir;

/// One way to damage bytes.
#[derive(Clone, Debug)]
enum Damage {
    Set(Index, u8),
    Cut(Index),
    Insert(Index, Vec<u8>),
    Repeat(Index, Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..20);
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        any::<Index>().prop_map(Damage::Cut),
        (any::<Index>(), bytes()).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Damage::Repeat(from, to)),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    let end = bytes.len() + 1;
    match damage {
        Damage::Set(at, byte) => {
            if let Some(place) = bytes.get_mut(at.index(end)) {
                *place = *byte;
            }
        }
        Damage::Cut(at) => bytes.truncate(at.index(end)),
        Damage::Insert(at, new) => {
            let at = at.index(end);
            bytes.splice(at..at, new.iter().copied());
        }
        Damage::Repeat(from, to) => {
            let (from, to) = (from.index(end), to.index(end));
            let part = bytes[from.min(to)..from.max(to)].to_vec();
            bytes.extend(part);
        }
    }
}

/// Valid bytes of every form, to be damaged; made once, their key file is gone by then.
struct Specimens {
    vault: Vault,
    secret: Vec<u8>,
    data_key: Vec<u8>,
    published: Vec<u8>,
    jwe: Vec<u8>,
    key_file: Vec<u8>,
}

impl Specimens {
    fn new(suite: Suite) -> Self {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("kek");
        let vault = Vault::open(&path, true).unwrap();
        let data_key = vault.new_data_key(1, suite).unwrap();
        let mut published = 1_i64.to_be_bytes().to_vec();
        vault
            .sealer(1, 1, 1)
            .unwrap()
            .seal(1, b"{\"code\":\"X\"}", &mut published)
            .unwrap();
        let mut jwe = Vec::new();
        let sealer = JweSealer::new("qk_1", &[7; 32]).unwrap();
        sealer
            .append(&[9; 12], &mut b"{\"code\":\"X\"}".to_vec(), &mut jwe)
            .unwrap();
        let secret = vault.wrap_secret("p", b"secret").unwrap();
        vault.kms().rotate().unwrap();
        Self {
            secret,
            data_key,
            published,
            jwe,
            key_file: fs::read(path).unwrap(),
            vault,
        }
    }
}

static SPECIMENS: LazyLock<[Specimens; 3]> = LazyLock::new(|| Suite::ALL.map(Specimens::new));

/// Feeds `bytes` to every parser; which of them accepted is the answer.
fn feed(vault: &Vault, bytes: &[u8]) -> [bool; 6] {
    let text = String::from_utf8_lossy(bytes);
    vault.drop_data_key(2);
    let _ = (
        key_id_of_secret(bytes),
        key_id_of_data_key(bytes),
        check_holds(&text),
    );
    if let Ok(pattern) = Pattern::parse(&text) {
        // Half of the pattern's codes or three, whichever is less, must always be possible.
        generate(
            &pattern,
            usize::try_from((pattern.space() / 2).min(3)).unwrap(),
            true,
        )
        .unwrap();
    }
    [
        vault.open_secret("p", bytes).is_ok(),
        vault.load_data_key(2, bytes).is_ok(),
        vault.opener(1).open(1, bytes).is_ok(),
        vault.opener(1).open_sealed(1, 1, bytes).is_ok(),
        vault
            .check(1, 1, std::iter::once(bytes))
            .is_ok_and(|spoiled| spoiled.is_empty()),
        jwe::open(&[7; 32], &text).is_ok(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Arbitrary bytes are refused by every parser.
    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert_eq!(feed(&SPECIMENS[0].vault, &bytes), [false; 6]);
    }

    /// A valid blob of any kind, damaged up to four times, is refused unless the damage undid itself.
    #[test]
    fn damaged_bytes(
        suite in 0_usize..3,
        which in 0_usize..4,
        damages in prop::collection::vec(damage(), 1..5),
    ) {
        let specimens = &SPECIMENS[suite];
        let original =
            [&specimens.secret, &specimens.data_key, &specimens.published, &specimens.jwe][which];
        let mut bytes = original.clone();
        for damage in &damages {
            apply(&mut bytes, damage);
        }
        let accepted = feed(&specimens.vault, &bytes);
        if bytes != *original {
            prop_assert_eq!(accepted, [false; 6]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A damaged key file is refused or still holds the very keys; it never becomes other keys.
    #[test]
    fn damaged_key_files(damages in prop::collection::vec(damage(), 1..4)) {
        let specimens = &SPECIMENS[0];
        let mut bytes = specimens.key_file.clone();
        for damage in &damages {
            apply(&mut bytes, damage);
        }
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("kek");
        fs::write(&path, &bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        if let Ok(vault) = Vault::open(&path, true) {
            match vault.open_secret("p", &specimens.secret) {
                Ok(opened) => prop_assert_eq!(opened.as_slice(), b"secret"),
                // The damage took the line of the old key away.
                Err(error) => prop_assert!(matches!(error, VaultError::KeyMissing(_)), "{}", error),
            }
        }
        prop_assert_eq!(fs::read(&path).unwrap(), bytes, "a file it does not understand was replaced");
    }
}
