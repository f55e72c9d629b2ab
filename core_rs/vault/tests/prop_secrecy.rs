//! Properties of what is sealed: it opens where it was sealed, and nowhere else, and with no bit changed.
#![allow(clippy::unwrap_used)]

use aes_gcm::aead::{AeadInOut, KeyInit};
use proptest::prelude::*;
use quangate_vault::entropy::NonceTape;
use quangate_vault::jwe::{self, JweSealer};
use quangate_vault::secret_text::encode_base64url;
use quangate_vault::suite::{Suite, SuiteCipher};
use quangate_vault::vault::Vault;
use quangate_vault::vault_error::VaultError;
use tempfile::TempDir;

const POOL: i64 = 7;
const BATCH: i64 = 70;
const SEQ: i64 = 700;

fn vault() -> (TempDir, Vault) {
    let directory = TempDir::new().unwrap();
    let vault = Vault::open(&directory.path().join("kek"), true).unwrap();
    (directory, vault)
}

fn sealed(vault: &Vault, plaintext: &[u8]) -> Vec<u8> {
    let mut record = Vec::new();
    vault
        .sealer(POOL, BATCH, 1)
        .unwrap()
        .seal(SEQ, plaintext, &mut record)
        .unwrap();
    record
}

fn opened(vault: &Vault, pool: i64, batch: i64, seq: i64, record: &[u8]) -> Option<Vec<u8>> {
    match vault.opener(pool).open_sealed(batch, seq, record) {
        Ok(plaintext) => Some(plaintext.to_vec()),
        Err(VaultError::Corrupt(_)) => None,
        Err(error) => panic!("{error}"),
    }
}

/// Every way to change one bit of `bytes`.
fn single_bit_flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() * 8).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    })
}

fn suites() -> impl Strategy<Value = Suite> {
    prop::sample::select(Suite::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A record opens to what was sealed, under every suite and at every length (also around the
    /// length from which AES-GCM takes its other path).
    #[test]
    fn records_round_trip(suite in suites(), plaintext in prop::collection::vec(any::<u8>(), 0..520)) {
        let (_directory, vault) = vault();
        vault.new_data_key(BATCH, suite).unwrap();
        let record = sealed(&vault, &plaintext);
        prop_assert_eq!(opened(&vault, POOL, BATCH, SEQ, &record), Some(plaintext));
    }

    /// A record does not open at another place, nor under another batch's key.
    #[test]
    fn records_open_in_their_place_only(suite in suites(), shift in 1_i64..i64::MAX) {
        let (_directory, vault) = vault();
        vault.new_data_key(BATCH, suite).unwrap();
        vault.new_data_key(BATCH + 1, suite).unwrap();
        let record = sealed(&vault, b"a code");
        let moved = |from: i64| from.wrapping_add(shift);
        prop_assert_eq!(opened(&vault, moved(POOL), BATCH, SEQ, &record), None);
        prop_assert_eq!(opened(&vault, POOL, BATCH + 1, SEQ, &record), None);
        prop_assert_eq!(opened(&vault, POOL, BATCH, moved(SEQ), &record), None);
    }

    /// No single bit of a record may change, and none of its bytes may be missing.
    #[test]
    fn changed_records_do_not_open(suite in suites(), plaintext in prop::collection::vec(any::<u8>(), 0..40)) {
        let (_directory, vault) = vault();
        vault.new_data_key(BATCH, suite).unwrap();
        let record = sealed(&vault, &plaintext);
        for flipped in single_bit_flips(&record) {
            prop_assert_eq!(opened(&vault, POOL, BATCH, SEQ, &flipped), None);
        }
        for length in 0..record.len() {
            prop_assert_eq!(opened(&vault, POOL, BATCH, SEQ, &record[..length]), None);
        }
    }

    /// A wrapped secret opens for its purpose only, and with no bit changed.
    #[test]
    fn wrapped_secrets(plaintext in prop::collection::vec(any::<u8>(), 0..48), purpose in ".{0,20}") {
        let (_directory, vault) = vault();
        let blob = vault.wrap_secret(&purpose, &plaintext).unwrap();
        let opened = vault.open_secret(&purpose, &blob).unwrap();
        prop_assert_eq!(opened.as_slice(), &plaintext);
        let other_purpose = format!("{purpose}.");
        prop_assert!(vault.open_secret(&other_purpose, &blob).is_err());
        for flipped in single_bit_flips(&blob) {
            prop_assert!(vault.open_secret(&purpose, &flipped).is_err());
        }
    }

    /// Two implementations of AES-GCM agree, whatever goes in.
    #[test]
    fn ring_and_aes_gcm_agree(
        key in any::<[u8; 32]>(),
        nonce in any::<[u8; 12]>(),
        associated in prop::collection::vec(any::<u8>(), 0..100),
        plaintext in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let (mut ours, mut theirs) = (plaintext.clone(), plaintext);
        let tag = SuiteCipher::new(Suite::Aes256Gcm, &key)
            .unwrap()
            .seal_in_place(&nonce, &associated, &mut ours)
            .unwrap();
        let reference = aes_gcm::Aes256Gcm::new(&key.into())
            .encrypt_inout_detached(&nonce.into(), &associated, theirs.as_mut_slice().into())
            .unwrap();
        prop_assert_eq!((ours, tag.as_slice()), (theirs, reference.as_slice()));
    }

    /// A JWE opens to what was sealed, and with no character changed; any key id may stand in it.
    #[test]
    fn jwe_round_trip(
        key in any::<[u8; 32]>(),
        key_id in ".{0,30}",
        plaintext in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let mut out = Vec::new();
        let mut tape = NonceTape::new(jwe::IV_LEN, 1).unwrap();
        let sealer = JweSealer::new(&key_id, &key).unwrap();
        sealer.append(tape.take().unwrap(), &mut plaintext.clone(), &mut out).unwrap();
        prop_assert_eq!(out.len(), sealer.sealed_len(plaintext.len()));
        let text = String::from_utf8(out).unwrap();
        let opened = jwe::open(&key, &text).unwrap();
        prop_assert_eq!(opened.as_slice(), plaintext);
        for flipped in single_bit_flips(text.as_bytes()) {
            if let Ok(flipped) = String::from_utf8(flipped) {
                prop_assert!(jwe::open(&key, &flipped).is_err(), "{}", flipped);
            }
        }
    }
}

/// A JWE by someone who has the key is opened in our form only: these headers, an empty second part.
#[test]
fn jwe_form_is_strict() {
    let sealed = |header: &str, encrypted_key: &str| {
        let mut protected = String::new();
        encode_base64url(header.as_bytes(), &mut protected);
        let cipher = SuiteCipher::new(Suite::Aes256Gcm, &[7; 32]).unwrap();
        let mut message = b"{}".to_vec();
        let tag = cipher
            .seal_in_place(&[9; 12], protected.as_bytes(), &mut message)
            .unwrap();
        let mut text = format!("{protected}.{encrypted_key}.");
        for part in [&[9; 12][..], &message, &tag] {
            encode_base64url(part, &mut text);
            text.push('.');
        }
        text.pop();
        jwe::open(&[7; 32], &text).is_ok()
    };
    let ours = r#"{"alg":"dir","enc":"A256GCM","kid":"qk_1"}"#;
    assert!(sealed(ours, ""));
    assert!(sealed(
        r#"{"alg":"dir","enc":"A256GCM","kid":"q\"k\\"}"#,
        ""
    ));
    assert!(!sealed(ours, "AA"));
    let foreign = [
        // No key id, another algorithm, another order.
        r#"{"alg":"dir","enc":"A256GCM"}"#,
        r#"{"alg":"A256KW","enc":"A256GCM","kid":"qk_1"}"#,
        r#"{"enc":"A256GCM","alg":"dir","kid":"qk_1"}"#,
        // A member more: compression, or a critical extension that we would have to understand.
        r#"{"alg":"dir","enc":"A256GCM","kid":"qk_1","zip":"DEF"}"#,
        r#"{"alg":"dir","enc":"A256GCM","kid":"qk_1","crit":["b"],"b":"x"}"#,
    ];
    for header in foreign {
        assert!(!sealed(header, ""), "{header}");
    }
}

/// No bit of a wrapped data key may change, the stored commitment included, and it is one batch's.
#[test]
fn wrapped_data_keys() {
    for suite in Suite::ALL {
        let (_directory, vault) = vault();
        let blob = vault.new_data_key(BATCH, suite).unwrap();
        let record = sealed(&vault, b"a code");
        vault.drop_data_key(BATCH);
        for flipped in single_bit_flips(&blob) {
            assert!(vault.load_data_key(BATCH, &flipped).is_err());
        }
        assert!(
            vault.load_data_key(BATCH + 1, &blob).is_err(),
            "another batch's"
        );
        vault.load_data_key(BATCH, &blob).unwrap();
        assert_eq!(
            opened(&vault, POOL, BATCH, SEQ, &record).unwrap(),
            b"a code"
        );
    }
}

/// Two records of one plaintext share neither nonce nor ciphertext.
#[test]
fn nonces_are_fresh() {
    let (_directory, vault) = vault();
    vault.new_data_key(BATCH, Suite::Aes256Gcm).unwrap();
    let records: std::collections::HashSet<Vec<u8>> = (0..1000)
        .map(|_| sealed(&vault, b"a code")[2..14].to_vec())
        .collect();
    assert_eq!(records.len(), 1000);
}
