//! Files that are often mistaken for code files, refused by name.

use super::FileError;

/// First bytes.
const MAGIC: &[(&[u8], &str)] = &[
    (b"%PDF-", "a PDF"),
    (b"\x1f\x8b", "a gzip archive (unpack it first)"),
    (b"BZh", "a bzip2 archive (unpack it first)"),
    (b"\xfd7zXZ", "an xz archive (unpack it first)"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive (unpack it first)"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (
        b"\xd0\xcf\x11\xe0",
        "an old .xls workbook or one with a password (save it as .xlsx or .csv)",
    ),
    (b"7z\xbc\xaf", "a 7z archive (unpack it first)"),
    (b"Rar!", "a RAR archive (unpack it first)"),
    (b"SQLite format 3", "a database"),
    (b"{\\rtf", "a rich text document (RTF)"),
    (b"-----BEGIN ", "a key or a certificate (PEM)"),
];

/// How far a mark-up's first words may be from the start, in bytes.
const HEAD_BYTES: usize = 4096;

/// Refuses a file by its first bytes.
pub(super) fn refuse_bytes(window: &[u8]) -> Result<(), FileError> {
    let head = &window[..window.len().min(1024)];
    if head.windows(5).any(|bytes| bytes == b"%PDF-") {
        return Err(FileError::Binary("a PDF"));
    }
    match MAGIC.iter().find(|(magic, _)| window.starts_with(magic)) {
        Some((_, what)) => Err(FileError::Binary(what)),
        None => Ok(()),
    }
}

/// Refuses mark-up and data formats by the beginning of their text.
pub(super) fn refuse_text(text: &[u8]) -> Result<(), FileError> {
    let head = String::from_utf8_lossy(&text[..text.len().min(HEAD_BYTES)]).to_ascii_lowercase();
    let start = head.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    match name_of(start, &head) {
        Some(what) => Err(FileError::Binary(what)),
        None => Ok(()),
    }
}

/// How HTML begins.
const TAGS: [&str; 12] = [
    "<!doctype",
    "<html",
    "<table",
    "<head",
    "<body",
    "<meta",
    "<div",
    "<style",
    "<script",
    "<tr",
    "<thead",
    "<tbody",
];

/// How dumps begin.
const SQL: [&str; 5] = [
    "insert into ",
    "create table ",
    "-- mysql dump",
    "-- postgresql database dump",
    "replace into ",
];

fn name_of(start: &str, head: &str) -> Option<&'static str> {
    let spreadsheet = "an XML workbook (SpreadsheetML; save it as .xlsx or .csv)";
    if start.starts_with("<?xml") || start.starts_with("<workbook") {
        let office = head.contains("office:spreadsheet") || head.contains("<workbook");
        return Some(match () {
            () if office => spreadsheet,
            () if head.contains("<html") => "an HTML page (save it as .xlsx or .csv)",
            () => "an XML document",
        });
    }
    if TAGS.iter().any(|tag| start.starts_with(tag))
        || start.starts_with('<') && (head.contains("<td") || head.contains("<html"))
    {
        return Some("an HTML page (save it as .xlsx or .csv)");
    }
    if start.starts_with("mime-version:") || start.contains("\ncontent-type: multipart/") {
        return Some("a saved web page or a mail");
    }
    if is_mail(start) {
        return Some("a saved web page or a mail");
    }
    if start.starts_with("begin:vcard") || start.starts_with("begin:vcalendar") {
        return Some("a contact or a calendar");
    }
    if is_json(start) {
        return Some("JSON");
    }
    if is_yaml(start) {
        return Some("YAML");
    }
    SQL.iter()
        .any(|words| start.starts_with(words))
        .then_some("an SQL dump")
}

/// How the lines of a mail's head begin.
const MAIL_FIELDS: [&str; 14] = [
    "from:",
    "to:",
    "cc:",
    "subject:",
    "date:",
    "received:",
    "return-path:",
    "delivered-to:",
    "message-id:",
    "reply-to:",
    "发件人:",
    "收件人:",
    "主题:",
    "抄送:",
];

/// Two different fields of a mail's head before its first empty line.
fn is_mail(start: &str) -> bool {
    let head = start.lines().take_while(|line| !line.trim().is_empty());
    let lines: Vec<String> = head.take(30).map(|line| line.replace('：', ":")).collect();
    let is_there = |field: &&str| lines.iter().any(|line| line.starts_with(*field));
    MAIL_FIELDS.iter().filter(|field| is_there(field)).count() >= 2
}

/// A document's mark, or a name with a list below it.
fn is_yaml(start: &str) -> bool {
    let mut lines = start.lines().filter(|line| !line.trim().is_empty());
    let (first, second) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""));
    let is_name = first.strip_suffix(':').is_some_and(|name| {
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
    });
    (first == "---" || is_name) && second.trim_start().starts_with("- ")
}

/// An object with a member, or an array of anything.
fn is_json(start: &str) -> bool {
    let mut signs = start.chars().filter(|c| !c.is_whitespace());
    match (signs.next(), signs.next()) {
        (Some('{'), Some('"' | '}')) | (Some('['), Some('{' | '"' | '[')) => true,
        (Some('['), Some(']')) => start.trim_end().len() <= 4,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::refuse_text;

    /// Mails, contacts and YAML hold lines that look like codes: refused by name.
    #[test]
    fn what_is_no_table_is_refused() {
        for text in [
            "From: a@b.c\nTo: d@e.f\nSubject: codes\n\nAA-1\nAA-2\n",
            "Date: today\nReceived: by x\n\nAA-1\n",
            "发件人：甲\n主题：卡密\n\nAA-1\n",
            "BEGIN:VCARD\nFN:x\nEND:VCARD\n",
            "codes:\n  - AA-1\n  - AA-2\n",
            "---\n- AA-1\n",
        ] {
            assert!(refuse_text(text.as_bytes()).is_err(), "{text}");
        }
    }

    /// One such word alone makes no mail, nor a dash a YAML document.
    #[test]
    fn tables_are_not_refused() {
        for text in [
            "code,to\nAA-1,x\n",
            "AA-1\n- AA-2\n",
            "subject: AA-1\nAA-2\n",
            "卡号：AAA3\n卡号：AAA4\n",
        ] {
            assert!(refuse_text(text.as_bytes()).is_ok(), "{text}");
        }
    }
}
