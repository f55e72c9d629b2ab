//! The parts of a workbook's archive, unpacked as they are read and never without a bound.

use std::io::{BufReader, Cursor, Error, Read};
use std::ops::Range;
use std::sync::Arc;

use flate2::read::DeflateDecoder;
use zeroize::Zeroizing;
use zip::{CompressionMethod, ZipArchive};

/// Parts of an archive at most.
const PARTS_MAX: usize = 10_000;

/// Unpacked bytes of one part at most: a million rows take some hundred MB.
const PART_BYTES_MAX: u64 = 1 << 30;

/// What one byte may unpack to at most, beyond the first bytes. Sheets reach thirty.
const RATIO_MAX: u64 = 150;
const RATIO_FREE_BYTES: u64 = 8 << 20;

/// An archive in memory.
pub(super) struct Archive {
    file: Arc<Zeroizing<Vec<u8>>>,
    parts: Vec<(String, Part)>,
}

/// Where a part lies, and how it is packed.
#[derive(Clone)]
pub(super) struct Part {
    file: Arc<Zeroizing<Vec<u8>>>,
    bytes: Range<usize>,
    deflated: bool,
    /// Unpacked bytes, as the archive says.
    pub(super) size: u64,
}

pub(super) type PartReader = BufReader<Bounded<Box<dyn Read + Send>>>;

impl Archive {
    /// Reads the directory; `Err` says what is wrong with it.
    pub(super) fn open(file: Zeroizing<Vec<u8>>) -> Result<Self, &'static str> {
        let file = Arc::new(file);
        let mut archive =
            ZipArchive::new(Cursor::new(file.as_slice())).map_err(|_| "it is damaged")?;
        if archive.len() > PARTS_MAX {
            return Err("it has too many parts");
        }
        let mut parts = Vec::with_capacity(archive.len());
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(|_| "it is damaged")?;
            if entry.encrypted() {
                return Err("it is locked with a password");
            }
            let deflated = match entry.compression() {
                CompressionMethod::Stored => false,
                CompressionMethod::Deflated => true,
                _ => return Err("it is packed in a way nobody uses"),
            };
            let start = entry
                .data_start()
                .and_then(|start| usize::try_from(start).ok())
                .ok_or("it is damaged")?;
            let length = usize::try_from(entry.compressed_size()).map_err(|_| "it is damaged")?;
            let end = start
                .checked_add(length)
                .filter(|end| *end <= file.len())
                .ok_or("it is damaged")?;
            let part = Part {
                file: Arc::clone(&file),
                bytes: start..end,
                deflated,
                size: entry.size(),
            };
            let name = entry.name().map_err(|_| "it is damaged")?;
            parts.push((name.trim_start_matches('/').to_owned(), part));
        }
        drop(archive);
        Ok(Self { file, parts })
    }

    /// The part of a name; case and a leading slash do not matter.
    pub(super) fn part(&self, name: &str) -> Option<&Part> {
        let name = name.trim_start_matches('/');
        self.parts
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, part)| part)
    }

    /// Bytes of the archive.
    pub(super) fn len(&self) -> usize {
        self.file.len()
    }
}

struct Slice {
    file: Arc<Zeroizing<Vec<u8>>>,
    rest: Range<usize>,
}

impl Read for Slice {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = out.len().min(self.rest.len());
        out[..count].copy_from_slice(&self.file[self.rest.start..self.rest.start + count]);
        self.rest.start += count;
        Ok(count)
    }
}

impl Part {
    /// The unpacked bytes.
    pub(super) fn read(&self) -> PartReader {
        let packed = Slice {
            file: Arc::clone(&self.file),
            rest: self.bytes.clone(),
        };
        let inner: Box<dyn Read + Send> = if self.deflated {
            Box::new(DeflateDecoder::new(packed))
        } else {
            Box::new(packed)
        };
        let packed_len = self.bytes.len() as u64;
        BufReader::with_capacity(
            64 * 1024,
            Bounded {
                inner,
                packed_len,
                done: 0,
            },
        )
    }
}

/// Ends with an error where a part unpacks to more than any workbook's does.
pub(super) struct Bounded<R> {
    inner: R,
    packed_len: u64,
    done: u64,
}

impl<R> Bounded<R> {
    /// Unpacked bytes so far.
    pub(super) fn done(&self) -> u64 {
        self.done
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(out)?;
        self.done += count as u64;
        let swollen = self.done > RATIO_FREE_BYTES && self.done / RATIO_MAX > self.packed_len;
        if swollen || self.done > PART_BYTES_MAX {
            return Err(Error::other("it unpacks to far more than a workbook"));
        }
        Ok(count)
    }
}
