//! What a spreadsheet does to codes: numbers with exponents, floats, errors, guards.

/// `="0012"`: how exports keep a spreadsheet from eating leading zeros; `'6222…` does the same,
/// and so do the apostrophes that an editor makes of typed ones. Quotes around a value go, too.
pub(super) fn unguard(text: &str) -> &str {
    let formula = text
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'));
    if let Some(inside) = formula {
        return super::field::trim(inside);
    }
    let Some(first) = text.chars().next() else {
        return text;
    };
    let Some((closing, alone)) = closing_of(first) else {
        return text;
    };
    let rest = &text[first.len_utf8()..];
    let inside = match rest.strip_suffix(closing) {
        Some(inside) => inside,
        None if alone => rest,
        None => return text,
    };
    if inside.is_empty() || inside.contains(first) || inside.contains(closing) {
        text
    } else {
        super::field::trim(inside)
    }
}

/// The marks that end what a mark begins, and whether it may stand alone as a guard.
fn closing_of(opening: char) -> Option<(&'static [char], bool)> {
    match opening {
        '\'' => Some((&['\''], true)),
        '‘' | '’' | '‛' | '＇' => Some((&['‘', '’', '‛', '＇', '\''], true)),
        // A password may begin with these.
        '`' | '´' => Some((&['`', '´', '\''], false)),
        '“' | '”' | '„' | '‟' | '＂' => Some((&['“', '”', '‟', '＂', '"'], false)),
        _ => None,
    }
}

/// Whether a spreadsheet or a float made this text: `3.465E+15`, `1234567.0`, `#REF!`.
pub(super) fn is_ruined(text: &str) -> bool {
    const ERRORS: [&str; 7] = [
        "#N/A", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#DIV/0!", "#NULL!",
    ];
    let all_hashes = text.len() > 3 && text.bytes().all(|byte| byte == b'#');
    all_hashes || ERRORS.contains(&text) || is_exponential(text) || is_floated(text)
}

/// `d[.ddd]E±dd`, or without a sign where there is a point: never a code's own form.
fn is_exponential(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let Some((mantissa, exponent)) = unsigned.split_once(['e', 'E']) else {
        return false;
    };
    let (digit, fraction) = match mantissa.split_once(['.', ',']) {
        Some((digit, fraction)) => (digit, Some(fraction)),
        None => (mantissa, None),
    };
    let signed = exponent.starts_with(['+', '-']);
    let exponent = exponent.trim_start_matches(['+', '-']);
    digit.len() == 1
        && all_digits(digit)
        && fraction.is_none_or(all_digits)
        && (signed || fraction.is_some())
        && (1..=3).contains(&exponent.len())
        && all_digits(exponent)
}

/// `1234567.0`: an integer that went through a float.
fn is_floated(text: &str) -> bool {
    text.strip_suffix(".0")
        .is_some_and(|whole| whole.len() > 3 && all_digits(whole))
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a spreadsheet ruined is refused; codes that only resemble it are kept.
    #[test]
    fn tells_ruined_numbers() {
        let ruined = [
            "3.465E+15",
            "3.465e+15",
            "1E+15",
            "1.2E-05",
            "3.465E15",
            "3,465E+15",
            "#N/A",
            "#####",
            "1234567.0",
        ];
        let kept = [
            "0012345",
            "1E15",
            "12E+15",
            "E+15",
            "3.465E",
            "3.465E+1555",
            "AE+12",
            "1.0",
            "10.0",
            "12345678901234567890",
            "#123",
        ];
        for text in ruined {
            assert!(is_ruined(text), "{text}");
        }
        for text in kept {
            assert!(!is_ruined(text), "{text}");
        }
    }
}
