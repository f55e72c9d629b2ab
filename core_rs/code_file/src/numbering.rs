//! Row numbers before the codes of a list: `1. E-1`, `2、E-2`, `(3) E-3`, `No.4 E-4`.

/// Most digits of a row number.
const DIGITS_MAX: usize = 7;

/// The row number a line begins with, and what follows it; `None` if it begins with none.
pub(super) fn take_number(line: &str) -> Option<(u64, &str)> {
    let text = line.trim_start();
    let opened = text.strip_prefix(['(', '（', '[', '【']);
    let (text, marked) = match opened {
        Some(inside) => (inside.trim_start(), false),
        None => strip_word(text),
    };
    let (number, after) = take_digits(text)?;
    // `第1张：`
    let after = if marked {
        after
            .strip_prefix(['张', '个', '条', '号', '组'])
            .unwrap_or(after)
    } else {
        after
    };
    let end = if opened.is_some() {
        after.trim_start().strip_prefix([')', '）', ']', '】'])?
    } else {
        let closed = after.strip_prefix(['.', '、', '．', ')', '）', ']', '】', ':', '：']);
        match closed {
            // `3.465E+15` is no third row.
            Some(end)
                if after.starts_with('.') && end.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                return None;
            }
            Some(end) => end,
            None if marked && after.starts_with(char::is_whitespace) => after,
            None if text.starts_with(|c: char| !c.is_ascii_digit()) => after,
            None => return None,
        }
    };
    let rest =
        end.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '.' | '、' | '．'));
    (!rest.is_empty()).then_some((number, rest))
}

/// The digits at the front as a number, circled ones too (`①`), and what follows them.
fn take_digits(text: &str) -> Option<(u64, &str)> {
    let first = text.chars().next()?;
    if let circled @ '\u{2460}'..='\u{2473}' = first {
        // A circle needs no mark behind it: a blank stands for it.
        return Some((
            u64::from(circled) - 0x245f,
            text[circled.len_utf8()..].trim_start(),
        ));
    }
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits == 0 || digits > DIGITS_MAX {
        return None;
    }
    Some((text[..digits].parse().ok()?, &text[digits..]))
}

/// `No.`, `#`, `№` or `第` before the number, and whether there was one.
fn strip_word(text: &str) -> (&str, bool) {
    let rest = text.strip_prefix(['#', '№', '第']).or_else(|| {
        let word = text
            .get(..2)
            .filter(|word| word.eq_ignore_ascii_case("no"))?;
        let rest = &text[word.len()..];
        Some(rest.strip_prefix(['.', '．', ':', '：']).unwrap_or(rest))
    });
    rest.map_or((text, false), |rest| (rest.trim_start(), true))
}

/// Whether these numbers count the rows: one more from each to the next.
pub(super) fn counts_up(numbers: &[u64]) -> bool {
    numbers
        .windows(2)
        .all(|pair| pair[0].checked_add(1) == Some(pair[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way to number a list; codes that begin with digits are none.
    #[test]
    fn takes_numbers_off() {
        let table = [
            ("1. E-1", Some((1, "E-1"))),
            ("12、E-1", Some((12, "E-1"))),
            ("(3) E-1", Some((3, "E-1"))),
            ("（3）E-1", Some((3, "E-1"))),
            ("[4] E-1", Some((4, "E-1"))),
            ("5) E-1", Some((5, "E-1"))),
            ("No.6 E-1", Some((6, "E-1"))),
            ("no 7 E-1", Some((7, "E-1"))),
            ("#8 E-1", Some((8, "E-1"))),
            ("№ 9 E-1", Some((9, "E-1"))),
            ("010. E-1", Some((10, "E-1"))),
            ("11: E-1", Some((11, "E-1"))),
            ("E-1", None),
            ("1-E", None),
            ("1 E-1", None), // a column, if anything
            ("1.", None),
            ("① E-1", Some((1, "E-1"))),
            ("⑫E-1", Some((12, "E-1"))),
            ("第3张：E-1", Some((3, "E-1"))),
            ("3.465E+15", None),
            ("1.50", None),
            ("12345678. E", None),
            ("NOVA-1", None),
            ("(A) E", None),
        ];
        for (line, expected) in table {
            assert_eq!(take_number(line), expected, "{line}");
        }
    }
}
