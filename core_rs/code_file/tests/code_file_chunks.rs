//! Suppliers' files in chunks: what comes out depends on the bytes alone.

use encoding_rs::GB18030;
use proptest::prelude::*;
use quangate_code_file::Overrides;

mod code_file_rig;
use code_file_rig::{read_chunked, utf16};

/// Pieces of files, chosen to meet at every awkward place.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\"".to_vec()),
        Just(b"\"\"".to_vec()),
        Just(b",".to_vec()),
        Just(b"----".to_vec()),
        Just(b" ".to_vec()),
        Just("卡密".as_bytes().to_vec()),
        Just(GB18030.encode("卡号").0.into_owned()),
        Just("\u{feff}".as_bytes().to_vec()),
        Just(vec![b'x'; 66_000]),
        Just(b"3.465E+15".to_vec()),
        "[A-Z0-9]{1,12}".prop_map(String::into_bytes),
        "code,pin\n".prop_map(String::into_bytes),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The rows, their lines and the shape depend on the bytes, never on the chunks.
    #[test]
    fn gives_the_same_rows(bytes in file(), chunk in 1_usize..5000, wide in any::<bool>()) {
        // Single bytes of a long line would be looked at over and over again.
        let chunk = if bytes.len() > 20_000 { chunk + 1000 } else { chunk };
        let bytes = if wide { utf16(&String::from_utf8_lossy(&bytes), true, true) } else { bytes };
        let whole = read_chunked(&bytes, &Overrides::default(), usize::MAX);
        let pieces = read_chunked(&bytes, &Overrides::default(), chunk);
        prop_assert_eq!(whole, pieces);
    }

    /// No bytes make the parser panic, or report a line that is not there.
    #[test]
    fn survives_anything(bytes in prop::collection::vec(any::<u8>(), 0..4000)) {
        if let Ok(outcome) = read_chunked(&bytes, &Overrides::default(), 97) {
            let ends = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
            prop_assert!(outcome.lines.iter().all(|line| *line <= ends + 1));
            prop_assert!(outcome.lines.is_sorted());
        }
    }
}
