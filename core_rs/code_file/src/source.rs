//! A code file as it lies on disk or comes through a pipe: text or workbook, in batches.

use std::io::Read;

use zeroize::Zeroizing;

use super::FileError;
use super::batch::Batch;
use super::identity::IdentityRule;
use super::lines::RowOut;
use super::parser::Parser;
use super::shape::{Overrides, Shape};
use super::sheets::Sheet;

/// Bytes read at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// Largest workbook file taken into memory.
const WORKBOOK_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Plaintext a batch holds at most, whatever its rows: bounds memory when codes are long.
const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Every XLSX file is a ZIP archive.
const ZIP: &[u8] = b"PK\x03\x04";
const EMPTY_ZIP: &[u8] = b"PK\x05\x06";

/// A code file being read.
pub struct Source {
    kind: Kind,
    bytes_done: u64,
    /// The first row, read when the file was opened.
    first: Option<RowOut>,
}

enum Kind {
    Text {
        input: Box<dyn Read + Send>,
        parser: Parser,
        chunk: Zeroizing<Vec<u8>>,
        ended: bool,
    },
    Workbook(Box<Sheet>),
}

impl Source {
    /// Reads enough of `input` to know its shape, and that it has a row.
    pub fn open(input: Box<dyn Read + Send>, overrides: Overrides) -> Result<Self, FileError> {
        let mut source = Self::detect(input, overrides)?;
        source.first = source.read_row()?;
        if source.first.is_none() {
            return Err(FileError::Empty);
        }
        Ok(source)
    }

    fn detect(mut input: Box<dyn Read + Send>, overrides: Overrides) -> Result<Self, FileError> {
        let mut chunk = Zeroizing::new(vec![0; CHUNK_BYTES]);
        let got = read_full(&mut input, &mut chunk)?;
        if [ZIP, EMPTY_ZIP]
            .iter()
            .any(|magic| chunk[..got].starts_with(magic))
        {
            return Self::open_workbook(input, &chunk[..got], &overrides);
        }
        let mut parser = Parser::new(overrides);
        parser.feed(&chunk[..got])?;
        let ended = got < CHUNK_BYTES;
        if ended {
            parser.finish()?;
        }
        Ok(Self {
            kind: Kind::Text {
                input,
                parser,
                chunk,
                ended,
            },
            bytes_done: got as u64,
            first: None,
        })
    }

    fn open_workbook(
        input: Box<dyn Read + Send>,
        head: &[u8],
        overrides: &Overrides,
    ) -> Result<Self, FileError> {
        let mut file = Zeroizing::new(head.to_vec());
        input
            .take(WORKBOOK_BYTES_MAX)
            .read_to_end(&mut file)
            .map_err(|error| FileError::Io(error.to_string()))?;
        if file.len() as u64 > WORKBOOK_BYTES_MAX {
            return Err(FileError::Workbook(
                "it is larger than 64 MiB; save it as CSV".to_owned(),
            ));
        }
        Ok(Self {
            kind: Kind::Workbook(Box::new(Sheet::open(file, overrides)?)),
            bytes_done: 0,
            first: None,
        })
    }

    /// How the file is read.
    ///
    /// # Panics
    /// Never: `open` settles the shape before it returns.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        match &self.kind {
            Kind::Workbook(sheet) => &sheet.lines.shape,
            #[allow(clippy::expect_used)]
            Kind::Text { parser, .. } => {
                parser.shape().expect("open fed a whole window or finished")
            }
        }
    }

    /// Bytes read so far: of the file, or of a workbook's cells.
    #[must_use]
    pub fn bytes_done(&self) -> u64 {
        match &self.kind {
            Kind::Text { .. } => self.bytes_done,
            Kind::Workbook(sheet) => sheet.progress().0,
        }
    }

    /// Bytes of a workbook's cells; a text file's size is its owner's to know.
    #[must_use]
    pub fn workbook_bytes(&self) -> Option<u64> {
        match &self.kind {
            Kind::Text { .. } => None,
            Kind::Workbook(sheet) => Some(sheet.progress().1),
        }
    }

    /// Up to `rows_max` rows; `None` at the end of the file.
    pub fn next_batch(
        &mut self,
        rows_max: usize,
        rule: IdentityRule,
    ) -> Result<Option<Batch>, FileError> {
        let mut batch = Batch::default();
        while batch.len() < rows_max && batch.plain_bytes() < BATCH_BYTES_MAX {
            match self.next_row()? {
                Some(row) => batch.push(row, rule),
                None => break,
            }
        }
        Ok((!batch.is_empty()).then_some(batch))
    }

    fn next_row(&mut self) -> Result<Option<RowOut>, FileError> {
        match self.first.take() {
            Some(row) => Ok(Some(row)),
            None => self.read_row(),
        }
    }

    fn read_row(&mut self) -> Result<Option<RowOut>, FileError> {
        match &mut self.kind {
            Kind::Workbook(sheet) => sheet.next_row(),
            Kind::Text {
                input,
                parser,
                chunk,
                ended,
            } => loop {
                if let Some(row) = parser.next_row()? {
                    return Ok(Some(row));
                }
                if *ended {
                    return Ok(None);
                }
                let got = read_full(input, chunk)?;
                self.bytes_done += got as u64;
                parser.feed(&chunk[..got])?;
                if got < CHUNK_BYTES {
                    *ended = true;
                    parser.finish()?;
                }
            },
        }
    }
}

/// Fills `chunk` unless the input ends first; returns how much came.
fn read_full(input: &mut dyn Read, chunk: &mut [u8]) -> Result<usize, FileError> {
    let mut got = 0;
    while got < chunk.len() {
        match input.read(&mut chunk[got..]) {
            Ok(0) => break,
            Ok(count) => got += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(FileError::Io(error.to_string())),
        }
    }
    Ok(got)
}
