//! What text looks like: characters nobody sees, widths, scripts, and lines that are no codes.

use std::borrow::Cow;

/// Marks that nobody sees and that no supplier means: bidirectional and zero-width ones.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// The text without what nobody sees: equal codes look equal and are equal.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(is_invisible) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !is_invisible(*c)).collect())
}

/// Characters that end a line for some programs and not for others.
pub(super) fn is_odd_line_end(c: char) -> bool {
    matches!(c, '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A full-width character as its usual one (`Ａ` as `A`).
pub(super) fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}

/// Chinese, Japanese or Korean writing.
pub(super) fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}')
}

pub(super) fn has_cjk(text: &str) -> bool {
    !text.is_ascii() && text.chars().any(is_cjk)
}

/// Words of the mark-up and the programs that are taken for code files.
const MARKS: &[&str] = &[
    "# ", "## ", "### ", "#### ", "```", "> ", "* ", "- [", "| ", "//", "/*", "*/", "<!--", "<",
    "![",
];

/// Whether a line is prose, mark-up or punctuation: nothing a buyer could redeem.
pub(super) fn unlike_a_code(line: &str) -> bool {
    let text = line.trim();
    // The usual code: one word of letters, digits and hyphens.
    if text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && text.bytes().any(|b| b != b'-')
    {
        return false;
    }
    if !text.chars().any(char::is_alphanumeric) || MARKS.iter().any(|mark| text.starts_with(mark)) {
        return true;
    }
    is_prose(text)
}

/// Several words, most of them in small letters; or a sentence of Chinese.
fn is_prose(text: &str) -> bool {
    let cjk = text.chars().filter(|c| is_cjk(*c)).count();
    let stops = text
        .chars()
        .any(|c| matches!(c, '。' | '，' | '；' | '！' | '？' | '、'));
    if cjk >= 10 || cjk >= 4 && stops {
        return true;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let bare = |word: &&&str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.len() >= 2
            && word
                .chars()
                .all(|c| c.is_lowercase() || matches!(c, '\'' | '-' | '/' | '_'))
    };
    words.len() >= 3 && words.iter().filter(bare).count() * 2 > words.len()
}

/// Characters by their kind, runs as one: `AB-12` and `XYZ-9` have the same form, `A-0`.
pub(super) fn form(text: &str) -> String {
    let mut form = String::new();
    for c in text.chars() {
        let kind = match c {
            c if c.is_ascii_digit() => '0',
            c if is_cjk(c) => '字',
            c if c.is_uppercase() => 'A',
            c if c.is_alphabetic() => 'a',
            c if c.is_whitespace() => ' ',
            c => c,
        };
        if !form.ends_with(kind) {
            form.push(kind);
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Prose, mark-up and punctuation are no codes; what suppliers sell is.
    #[test]
    fn tells_codes_from_text() {
        let text = [
            "# Quangate",
            "```",
            "---",
            "}",
            "], {",
            "| a | b |",
            "make the build faster than before",
            "Run it with the flag below.",
            "请登录官网，输入卡密即可兑换。",
            "<td>A-1</td>",
            "// a comment",
        ];
        let codes = [
            "AAAA-0001",
            "AAAA BBBB CCCC",
            "u1@mail.example----Pw1----mailpw1----K1",
            "abcdefgh",
            "卡号：AAA3",
            "https://x.cn/r?a=1,2",
            "0012%0A9",
            "AB,CD",
            "月卡A1",
            "a b",
            "code-with-words",
        ];
        for line in text {
            assert!(unlike_a_code(line), "{line}");
        }
        for line in codes {
            assert!(!unlike_a_code(line), "{line}");
        }
    }
}
