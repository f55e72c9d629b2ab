//! XLSX: the sheets of a workbook, and the rows of one of them, as a stream.
//!
//! A workbook stores numbers as floats with fifteen sure digits. What may have lost a digit
//! is refused as ruined, never printed back.

use std::sync::Arc;

use quick_xml::events::{BytesStart, Event};
use zeroize::Zeroizing;

use super::FileError;
use super::number_format::{Format, date_text};
use super::row::Cell;
use super::workbook_parts::{
    Text, Xml, attribute, damaged, list_sheets, local, next, read_formats, read_strings, relations,
    xml,
};
use super::zip_parts::{Archive, Part, PartReader};

/// Columns of a sheet at most.
const SHEET_COLUMNS_MAX: usize = 256;

/// A sheet, as the workbook lists it.
pub(super) struct SheetName {
    pub(super) name: String,
    pub(super) hidden: bool,
    part: Part,
}

/// An opened workbook.
pub(super) struct Workbook {
    pub(super) sheets: Vec<SheetName>,
    shared: Arc<Shared>,
}

/// What all sheets refer to.
struct Shared {
    strings: Zeroizing<Vec<u8>>,
    ends: Vec<u32>,
    formats: Vec<Format>,
    from_1904: bool,
}

impl Shared {
    fn string(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = index
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize);
        std::str::from_utf8(&self.strings[start..end]).ok()
    }
}

pub(super) fn refuse(why: impl Into<String>) -> FileError {
    FileError::Workbook(why.into())
}

impl Workbook {
    /// Reads what all sheets need.
    pub(super) fn open(file: Zeroizing<Vec<u8>>) -> Result<Self, FileError> {
        let archive = Archive::open(file).map_err(refuse)?;
        let Some(book) = archive.part("xl/workbook.xml") else {
            return Err(foreign(&archive));
        };
        let targets = match archive.part("xl/_rels/workbook.xml.rels") {
            Some(part) => relations(part)?,
            None => Vec::new(),
        };
        let (listed, from_1904) = list_sheets(book)?;
        let sheets = listed
            .into_iter()
            .filter_map(|(name, id, hidden)| {
                let target = targets
                    .iter()
                    .find(|(known, _)| *known == id)
                    .map(|(_, target)| target.clone())?;
                let path = if target.starts_with('/') {
                    target
                } else {
                    format!("xl/{target}")
                };
                let part = archive.part(&path)?.clone();
                Some(SheetName { name, hidden, part })
            })
            .collect();
        let formats = archive
            .part("xl/styles.xml")
            .map(read_formats)
            .transpose()?
            .unwrap_or_default();
        let (strings, ends) = match archive.part("xl/sharedStrings.xml") {
            Some(part) => read_strings(part, archive.len())?,
            None => Default::default(),
        };
        let shared = Arc::new(Shared {
            strings,
            ends,
            formats,
            from_1904,
        });
        Ok(Self { sheets, shared })
    }

    /// The rows of a sheet, from its first.
    pub(super) fn rows(&self, sheet: &SheetName) -> Rows {
        Rows {
            shared: Arc::clone(&self.shared),
            reader: xml(&sheet.part),
            part: sheet.part.clone(),
            buffer: Vec::new(),
            row: 0,
            hidden: false,
        }
    }
}

/// An archive that is no workbook, by name where it is known.
fn foreign(archive: &Archive) -> FileError {
    let has = |name: &str| archive.part(name).is_some();
    FileError::Binary(match () {
        () if has("xl/workbook.bin") => "a binary workbook (.xlsb; save it as .xlsx or .csv)",
        () if has("word/document.xml") => "a Word document",
        () if has("ppt/presentation.xml") => "a presentation",
        () if has("mimetype") => "an OpenDocument file (save it as .xlsx or .csv)",
        () => "a ZIP archive that is no workbook (unpack it first)",
    })
}

/// The rows of a sheet.
pub(super) struct Rows {
    shared: Arc<Shared>,
    reader: Xml<PartReader>,
    part: Part,
    buffer: Vec<u8>,
    row: u32,
    /// Whether a row was hidden so far.
    pub(super) hidden: bool,
}

impl Rows {
    /// The next row: its number (from 1) and its cells; `None` behind the last.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Vec<Cell<'static>>)>, FileError> {
        let mut cells: Vec<Cell<'static>> = Vec::new();
        let mut place = 0_usize;
        let mut head = CellHead::default();
        let mut text = Text::default();
        loop {
            let event = next(&mut self.reader, &mut self.buffer)?;
            match &event {
                Event::Start(element) => match local(element.name().as_ref()) {
                    "row" => {
                        let number = attribute(element, "r").and_then(|number| number.parse().ok());
                        self.row = number.unwrap_or(self.row.saturating_add(1));
                        self.hidden |= attribute(element, "hidden")
                            .is_some_and(|hidden| hidden == "1" || hidden == "true");
                        cells.clear();
                        place = 0;
                    }
                    "c" => {
                        head = CellHead::of(element);
                        place = head.column.unwrap_or(place);
                        text = Text::default();
                    }
                    "f" => text.inside = false,
                    _ => text.take_in(&event),
                },
                Event::End(element) => match local(element.name().as_ref()) {
                    "c" => {
                        if place >= SHEET_COLUMNS_MAX {
                            return Err(refuse(format!(
                                "it has more than {SHEET_COLUMNS_MAX} columns"
                            )));
                        }
                        let cell = self.shared.cell(&head, &text.take())?;
                        // Cells that a sheet leaves out are empty.
                        while cells.len() < place {
                            cells.push(Cell::Text("".into()));
                        }
                        cells.push(cell);
                        place += 1;
                    }
                    "row" => return Ok(Some((u64::from(self.row), cells))),
                    _ => text.take_in(&event),
                },
                Event::Eof => return Ok(None),
                event => text.take_in(event),
            }
        }
    }

    /// How far the rows have been read, and their size, in bytes unpacked.
    pub(super) fn progress(&self) -> (u64, u64) {
        let done = self.reader.get_ref().get_ref().done();
        (done.min(self.part.size), self.part.size)
    }
}

#[derive(Default)]
struct CellHead {
    column: Option<usize>,
    kind: String,
    style: usize,
}

impl CellHead {
    fn of(element: &BytesStart<'_>) -> Self {
        let mut head = Self::default();
        for attribute in element.attributes().filter_map(Result::ok) {
            let key: &str = attribute.key.as_ref();
            match key {
                "r" => head.column = column_of(&attribute.value),
                "t" => attribute.value.as_ref().clone_into(&mut head.kind),
                "s" => head.style = attribute.value.parse().unwrap_or(0),
                _ => {}
            }
        }
        head
    }
}

/// `AB12` is in column 27, counted from 0.
fn column_of(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_uppercase);
    let number = letters.take(4).fold(0_usize, |sum, letter| {
        sum * 26 + usize::from(letter - b'A') + 1
    });
    number.checked_sub(1)
}

impl Shared {
    fn cell(&self, head: &CellHead, value: &str) -> Result<Cell<'static>, FileError> {
        let trimmed = |text: &str| {
            Cell::Text(
                super::field::trim(&super::text::clean(&unescape(text)))
                    .to_owned()
                    .into(),
            )
        };
        if value.is_empty() {
            return Ok(Cell::Text("".into()));
        }
        Ok(match head.kind.as_str() {
            "s" => {
                let index = value.trim().parse().map_err(damaged)?;
                trimmed(self.string(index).ok_or_else(|| refuse("it is damaged"))?)
            }
            "str" | "inlineStr" => trimmed(value),
            "d" => Cell::Date(value.trim_end_matches('Z').to_owned()),
            "b" | "e" => Cell::Ruined,
            _ => self.number(head.style, value.trim()),
        })
    }

    fn number(&self, style: usize, value: &str) -> Cell<'static> {
        let Ok(number) = value.parse::<f64>() else {
            return Cell::Ruined;
        };
        let plain = Format::Plain;
        let format = self.formats.get(style).unwrap_or(&plain);
        let shown = match format {
            Format::Date => {
                return date_text(number, self.from_1904).map_or(Cell::Ruined, Cell::Date);
            }
            other => other.show(number),
        };
        shown.map_or(Cell::Ruined, |text| Cell::Text(text.into()))
    }
}

/// `_x000D_`: how workbooks write characters that XML cannot.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let code = rest
            .get(at + 2..at + 6)
            .filter(|_| rest.as_bytes().get(at + 6) == Some(&b'_'));
        let found = code
            .and_then(|code| u32::from_str_radix(code, 16).ok())
            .and_then(char::from_u32);
        let end = if found.is_some() { at + 7 } else { at + 2 };
        out.push_str(&rest[..at]);
        match found {
            Some(c) => out.push(c),
            None => out.push_str("_x"),
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}
