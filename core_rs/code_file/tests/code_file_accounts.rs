//! Whatever a file holds, every filled cell of it is accounted for: in a code, in an ignored column
//! that is named, or in a refused line.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use quangate_code_file::Overrides;

mod code_file_rig;
use code_file_rig::read_chunked;

/// Cells that nothing turns into another: letters first, so that none is a number or a mark.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[A-Z]{2}[0-9]{3,9}",
        2 => Just(String::new()),
        1 => "[a-z]{3,8}@[a-z]{3}\\.cn",
        1 => Just("卡密".to_owned()),
        1 => Just("月卡".to_owned()),
        1 => Just("已售".to_owned()),
        1 => Just("2031-12-31".to_owned()),
        1 => Just("2001-12-31".to_owned()),
        1 => "https://x\\.cn/[a-z]{4}",
        1 => "[0-9]{1,3}",
        1 => Just("3.465E+15".to_owned()),
        1 => Just("合计".to_owned()),
    ]
}

fn header() -> impl Strategy<Value = Option<Vec<String>>> {
    let names = prop::sample::select(vec![
        "code",
        "卡号",
        "密码",
        "密钥",
        "pin",
        "状态",
        "有效期",
        "面值",
        "备注",
        "编码",
        "url",
        "foo",
        "序号",
        "售出时间",
        "",
    ]);
    prop::option::of(prop::collection::vec(names.prop_map(str::to_owned), 1..6))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A table of any cells under any header: filled cells = those of the rows that come out + those
    /// of headers; and of a sold row each one is in the goods or in an ignored column.
    #[test]
    fn no_cell_is_lost(
        header in header(),
        rows in prop::collection::vec(prop::collection::vec(cell(), 1..6), 1..30),
        separator in prop::sample::select(vec![",", "\t", ";", "----", "|"]),
    ) {
        let mut lines: Vec<String> = header.iter().map(|names| names.join(separator)).collect();
        lines.extend(rows.iter().map(|row| row.join(separator)));
        let Ok(outcome) = read_chunked(lines.join("\n").as_bytes(), &Overrides { now_s: Some(1_700_000_000), ..Overrides::default() }, 97) else {
            return Ok(());
        };
        // Each line is a row, a header, or blank.
        let ignored: Vec<String> = outcome.ignored.keys().cloned().collect();
        prop_assert!(ignored.iter().all(|name| !name.is_empty()));
        for (row, line) in outcome.rows.iter().zip(&outcome.lines) {
            if row.starts_with('!') {
                continue;
            }
            let text = &lines[usize::try_from(*line).unwrap() - 1];
            let cells: Vec<&str> = text.split(separator).map(str::trim).filter(|cell| !cell.is_empty()).collect();
            let kept = cells.iter().filter(|cell| row.contains(**cell)).count();
            let left_out = cells.len() - kept;
            // What is not in the goods was left out by the name of a column.
            prop_assert!(left_out == 0 || !ignored.is_empty(), "{text} became {row}");
        }
    }

    /// Every line that is not blank comes out as a row, or is a header.
    #[test]
    fn no_line_is_lost(codes in prop::collection::vec("[A-Z]{3}-[0-9]{4}", 1..50), ends in prop::sample::select(vec!["\n", "\r\n", "\r", "\u{2028}"])) {
        let text = codes.join(ends);
        let outcome = read_chunked(text.as_bytes(), &Overrides::default(), 7).unwrap();
        prop_assert_eq!(outcome.rows, codes);
    }
}
