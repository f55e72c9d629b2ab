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
    if is_json(start) {
        return Some("JSON");
    }
    SQL.iter()
        .any(|words| start.starts_with(words))
        .then_some("an SQL dump")
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
