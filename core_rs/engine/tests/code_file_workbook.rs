//! Workbooks that were damaged on their way.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Cursor;

use proptest::prelude::*;
use quangate_engine::code_file::{IdentityRule, Overrides, Source};

const WORKBOOK: &[u8] = include_bytes!("../../../tests/fixtures/codes/workbook.xlsx");

/// Rows of a workbook, or why there are none.
fn rows_of(file: Vec<u8>) -> Result<usize, String> {
    let input = Box::new(Cursor::new(file));
    let mut source =
        Source::open(input, Overrides::default()).map_err(|error| error.to_string())?;
    let mut rows = 0;
    while let Some(batch) = source
        .next_batch(100, IdentityRule::default())
        .expect("rows in memory")
    {
        rows += batch.len();
    }
    Ok(rows)
}

/// The undamaged workbook has five rows that are neither blank nor a header.
#[test]
fn reads_the_workbook() {
    assert_eq!(rows_of(WORKBOOK.to_vec()), Ok(5));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Wherever a workbook is cut or overwritten, it is read or refused, and nothing panics.
    #[test]
    fn survives_damage(
        cut in 4..WORKBOOK.len(),
        damage in prop::collection::vec((4..WORKBOOK.len(), any::<u8>()), 0..40),
        whole in any::<bool>(),
    ) {
        let mut file = WORKBOOK.to_vec();
        for (at, byte) in damage {
            file[at] = byte;
        }
        if !whole {
            file.truncate(cut);
        }
        if let Err(error) = rows_of(file) {
            prop_assert!(error.starts_with("the workbook cannot be read") || error.contains("--columns"), "{error}");
        }
    }
}
