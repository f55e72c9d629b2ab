//! The plaintext of a record: compact JSON, absent members left out.

use zeroize::Zeroizing;

use super::goods::Goods;
use super::identity::IdentityRule;

/// Appends `{"code":…,"pin":…,"url":…,"expires_at":…}`.
pub(super) fn write_plaintext(goods: &Goods, out: &mut Vec<u8>) {
    let members = [
        ("code", &goods.code),
        ("pin", &goods.pin),
        ("url", &goods.url),
        ("expires_at", &goods.expires_at),
    ];
    let mut opener = b'{';
    for (name, value) in members.into_iter().filter(|(_, value)| !value.is_empty()) {
        out.push(opener);
        out.push(b'"');
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
        write_json_string(value, out);
        opener = b',';
    }
    out.push(b'}');
}

fn write_json_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            // Other control characters were refused with their row.
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// The identity of a record's plaintext as `write_plaintext` made it: its code's, else its link.
///
/// `None` for anything else.
#[must_use]
pub fn identity_of_plaintext(plaintext: &[u8], rule: IdentityRule) -> Option<Zeroizing<Vec<u8>>> {
    let mut rest = plaintext.strip_prefix(b"{")?;
    loop {
        let (name, after) = read_json_string(rest)?;
        let (value, after) = read_json_string(after.strip_prefix(b":")?)?;
        match name.as_slice() {
            b"code" => {
                let code = std::str::from_utf8(&value).ok()?;
                return Some(Zeroizing::new(rule.identity(code).as_bytes().to_vec()));
            }
            b"url" => return Some(value),
            _ => rest = after.strip_prefix(b",")?,
        }
    }
}

/// A string as `write_json_string` writes it, and what follows.
fn read_json_string(bytes: &[u8]) -> Option<(Zeroizing<Vec<u8>>, &[u8])> {
    let bytes = bytes.strip_prefix(b"\"")?;
    let mut text = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let mut at = 0;
    loop {
        match bytes.get(at)? {
            b'"' => return Some((text, &bytes[at + 1..])),
            b'\\' => {
                text.push(match bytes.get(at + 1)? {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    other => *other,
                });
                at += 2;
            }
            byte => {
                text.push(*byte);
                at += 1;
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// What was written is found again, whatever the members and characters.
    #[test]
    fn identity_survives_the_plaintext() {
        let rule = IdentityRule {
            ignore_case: true,
            ignore_spaces: false,
        };
        let table = [
            ("A\"b\\c\n\r\t码", "pin", "", "a\"b\\c\n\r\t码"),
            ("", "", "https://x.cn/A?b=\"1\"", "https://x.cn/A?b=\"1\""),
            ("", "p,\"url\":\"no\"", "https://x.cn", "https://x.cn"), // a pin that looks like a member
            ("C", "", "https://x.cn", "c"),
        ];
        for (code, pin, url, identity) in table {
            let mut goods = Goods::default();
            (goods.code, goods.pin, goods.url) = (code.into(), pin.into(), url.into());
            let mut plaintext = Vec::new();
            write_plaintext(&goods, &mut plaintext);
            let found = identity_of_plaintext(&plaintext, rule).unwrap();
            assert_eq!(std::str::from_utf8(&found).unwrap(), identity);
        }
    }

    /// Anything else has no identity, and does not panic.
    #[test]
    fn refuses_other_bytes() {
        for bytes in [
            "",
            "{",
            "{}",
            "{\"pin\":\"1\"}",
            "{\"code\":1}",
            "{\"code\":\"a",
            "{\"code\":\"\\",
        ] {
            assert!(
                identity_of_plaintext(bytes.as_bytes(), IdentityRule::default()).is_none(),
                "{bytes}"
            );
        }
    }
}
