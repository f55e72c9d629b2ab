//! Escapes in JSON strings: one read, its character appended, or why not.

use crate::json_guard::{Reason, Refusal};

/// Reads one escape sequence at `at` (which stands on the backslash).
pub(crate) fn escape(text: &[u8], at: &mut usize, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let start = *at;
    let syntax = Refusal {
        reason: Reason::Syntax,
        offset: start,
    };
    let plain = match text.get(start + 1).copied() {
        Some(quoted @ (b'"' | b'\\' | b'/')) => quoted,
        Some(b'b') => 0x08,
        Some(b'f') => 0x0C,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(b'u') => return unicode_escape(text, at, out),
        _ => return Err(syntax),
    };
    out.push(plain);
    *at = start + 2;
    Ok(())
}

fn unicode_escape(text: &[u8], at: &mut usize, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let start = *at;
    let lone = Refusal {
        reason: Reason::LoneSurrogate,
        offset: start,
    };
    let first = hex4(text, start)?;
    let mut length = 6;
    let scalar = match first {
        0xD800..=0xDBFF => {
            if text.get(start + 6..start + 8) != Some(b"\\u") {
                return Err(lone);
            }
            let second = hex4(text, start + 6)?;
            if !(0xDC00..=0xDFFF).contains(&second) {
                return Err(lone);
            }
            length = 12;
            0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)
        }
        other => other,
    };
    let character = char::from_u32(scalar).ok_or(lone)?;
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    *at = start + length;
    Ok(())
}

/// The four hexadecimal digits of the `\uXXXX` at `at`.
fn hex4(text: &[u8], at: usize) -> Result<u32, Refusal> {
    let syntax = Refusal {
        reason: Reason::Syntax,
        offset: at,
    };
    let digits = text.get(at + 2..at + 6).ok_or(syntax)?;
    digits.iter().try_fold(0, |value, byte| {
        char::from(*byte)
            .to_digit(16)
            .map(|digit| value * 16 + digit)
            .ok_or(syntax)
    })
}
