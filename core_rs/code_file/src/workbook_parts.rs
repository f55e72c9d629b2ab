//! The parts of a workbook that its sheets refer to: the list of sheets, formats, shared strings.

use std::io::BufRead;

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use zeroize::Zeroizing;

use super::FileError;
use super::number_format::Format;
use super::workbook::refuse;
use super::zip_parts::{Part, PartReader};

/// Shared strings of a workbook at most, and their text in bytes: two for each row there can be.
const STRINGS_MAX: usize = 2_200_000;
const STRINGS_BYTES_MAX: usize = 80 << 20;

pub(super) fn damaged<E>(_: E) -> FileError {
    refuse("it is damaged")
}

pub(super) fn broken(error: &quick_xml::Error) -> FileError {
    match error {
        quick_xml::Error::Io(error) if error.kind() == std::io::ErrorKind::Other => {
            refuse(error.to_string())
        }
        _ => refuse("it is damaged"),
    }
}

pub(super) type Xml<R> = Reader<R>;

pub(super) fn xml(part: &Part) -> Xml<PartReader> {
    let mut reader = Reader::from_reader(part.read());
    reader.config_mut().expand_empty_elements = true;
    reader.config_mut().check_end_names = false;
    reader
}

pub(super) fn next<'b, R: BufRead>(
    reader: &mut Xml<R>,
    buffer: &'b mut Vec<u8>,
) -> Result<Event<'b>, FileError> {
    buffer.clear();
    reader
        .read_event_into(buffer)
        .map_err(|error| broken(&error))
}

pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.attributes().filter_map(Result::ok);
    let found = attributes.find(|attribute| {
        let key: &str = attribute.key.as_ref();
        key == name || key.rsplit(':').next() == Some(name) && name != "r"
    })?;
    found
        .normalized_value(XmlVersion::Implicit1_0)
        .ok()
        .map(std::borrow::Cow::into_owned)
}

pub(super) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// What an entity stands for, as XML itself knows them.
pub(super) fn resolve(entity: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(c)) = entity.resolve_char_ref() {
        return Some(c);
    }
    match entity.as_ref() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

pub(super) type Listed = (String, String, bool);

pub(super) fn list_sheets(part: &Part) -> Result<(Vec<Listed>, bool), FileError> {
    let (mut sheets, mut from_1904) = (Vec::new(), false);
    let (mut reader, mut buffer) = (xml(part), Vec::new());
    loop {
        match next(&mut reader, &mut buffer)? {
            Event::Start(element) => match local(element.name().as_ref()) {
                "sheet" => {
                    let state = attribute(&element, "state").unwrap_or_default();
                    let name = attribute(&element, "name").unwrap_or_default();
                    let id = attribute(&element, "id").unwrap_or_default();
                    sheets.push((name, id, state.ends_with("idden")));
                }
                "workbookPr" => {
                    from_1904 = attribute(&element, "date1904")
                        .is_some_and(|value| value == "1" || value == "true");
                }
                _ => {}
            },
            Event::Eof => return Ok((sheets, from_1904)),
            _ => {}
        }
    }
}

pub(super) fn relations(part: &Part) -> Result<Vec<(String, String)>, FileError> {
    let mut found = Vec::new();
    let (mut reader, mut buffer) = (xml(part), Vec::new());
    loop {
        match next(&mut reader, &mut buffer)? {
            Event::Start(element) if local(element.name().as_ref()) == "Relationship" => {
                found.extend(attribute(&element, "Id").zip(attribute(&element, "Target")));
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// The format of each cell style.
pub(super) fn read_formats(part: &Part) -> Result<Vec<Format>, FileError> {
    let mut custom: Vec<(u32, Format)> = Vec::new();
    let mut formats = Vec::new();
    let mut in_cells = false;
    let (mut reader, mut buffer) = (xml(part), Vec::new());
    loop {
        match next(&mut reader, &mut buffer)? {
            Event::Start(element) => match local(element.name().as_ref()) {
                "numFmt" => {
                    let id = attribute(&element, "numFmtId").and_then(|id| id.parse().ok());
                    let code = attribute(&element, "formatCode").unwrap_or_default();
                    custom.extend(id.map(|id| (id, Format::parse(&code))));
                }
                "cellXfs" => in_cells = true,
                "xf" if in_cells => {
                    let id: u32 = attribute(&element, "numFmtId")
                        .and_then(|id| id.parse().ok())
                        .unwrap_or(0);
                    let own = custom
                        .iter()
                        .find(|(known, _)| *known == id)
                        .map(|(_, format)| format.clone());
                    formats.push(own.unwrap_or_else(|| Format::built_in(id)));
                }
                _ => {}
            },
            Event::End(element) if local(element.name().as_ref()) == "cellXfs" => in_cells = false,
            Event::Eof => return Ok(formats),
            _ => {}
        }
    }
}

pub(super) type Strings = (Zeroizing<Vec<u8>>, Vec<u32>);

pub(super) fn read_strings(part: &Part, archive_len: usize) -> Result<Strings, FileError> {
    let mut strings = Zeroizing::new(Vec::with_capacity(archive_len.min(STRINGS_BYTES_MAX)));
    let mut ends: Vec<u32> = Vec::new();
    let (mut reader, mut buffer) = (xml(part), Vec::new());
    let mut text = Text::default();
    loop {
        let event = next(&mut reader, &mut buffer)?;
        match &event {
            Event::End(element) if local(element.name().as_ref()) == "si" => {
                strings.extend_from_slice(text.take().as_bytes());
                ends.push(u32::try_from(strings.len()).map_err(damaged)?);
                if ends.len() > STRINGS_MAX || strings.len() > STRINGS_BYTES_MAX {
                    return Err(refuse("it has too much text; save the sheet as CSV"));
                }
            }
            Event::Eof => return Ok((strings, ends)),
            event => text.take_in(event),
        }
    }
}

/// The text of a string or a cell: runs joined, readings (phonetic) left out.
#[derive(Default)]
pub(super) struct Text {
    run: Zeroizing<String>,
    pub(super) inside: bool,
    phonetic: bool,
}

impl Text {
    pub(super) fn take_in(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(element) => match local(element.name().as_ref()) {
                "t" | "v" => self.inside = true,
                "rPh" => self.phonetic = true,
                _ => {}
            },
            Event::End(element) => match local(element.name().as_ref()) {
                "t" | "v" => self.inside = false,
                "rPh" => self.phonetic = false,
                _ => {}
            },
            Event::Text(text) if self.inside && !self.phonetic => self.run.push_str(text),
            Event::CData(text) if self.inside && !self.phonetic => self.run.push_str(text),
            Event::GeneralRef(entity) if self.inside && !self.phonetic => {
                self.run.extend(resolve(entity));
            }
            _ => {}
        }
    }

    pub(super) fn take(&mut self) -> Zeroizing<String> {
        std::mem::take(&mut self.run)
    }
}
