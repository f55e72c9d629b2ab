//! Code files: suppliers' files, any encoding, any separator, any chunking, bounded memory.
//!
//! Bytes go in, rows come out: `sniff` looks at the first 256 KiB and decides a [`Shape`],
//! `record` cuts records, `field` cuts fields, `row` makes [`Goods`] or a [`Reason`] of them.
//! Every filled cell ends in a code, in an ignored column that is named, or in a refused line;
//! what is not certain about a shape is a doubt, to be asked about before anything is sold.
//! Nothing here knows keys, pools or databases; nothing is repaired, only accepted or refused.
//! Rows wait for sealing in buffers that are wiped; no type here that holds a code has `Debug`.

mod assign;
mod batch;
mod column;
mod copy;
mod decode;
mod expiry;
mod field;
mod foreign;
mod frame;
mod goods;
mod header;
mod identity;
mod label;
mod likeness;
mod lines;
mod mask;
mod name_table;
mod names;
mod number_format;
mod numbering;
mod parser;
mod plaintext;
mod reason;
mod record;
mod row;
mod ruined;
mod separators;
mod settle;
mod shape;
mod sheets;
mod sniff;
mod source;
mod status;
mod text;
mod workbook;
mod workbook_parts;
mod zip_parts;

pub use batch::{Batch, CopyRows, Fingerprint};
pub use column::Column;
pub use decode::Encoding;
pub use expiry::Zone;
pub use field::Separator;
pub use goods::Goods;
pub use identity::{IdentityRule, as_imported};
pub use lines::RowOut;
pub use mask::mask;
pub use parser::Parser;
pub use plaintext::identity_of_plaintext;
pub use reason::Reason;
pub use shape::{Overrides, Shape};
pub use source::Source;

/// Why a whole file is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileError {
    /// Not text and not a workbook; the text says what it looks like.
    Binary(&'static str),
    /// A workbook that cannot be read, or whose sheet does not exist.
    Workbook(String),
    /// No column of the file is a code or a link.
    NoCodeColumn,
    /// More than a fifth of its lines cannot be codes, and nobody said what its columns are.
    NotCodes,
    /// Another header, with other names, stands in the middle: its line.
    AnotherHeader(u64),
    /// It has not one line that could be a code.
    Empty,
    /// The operator's flags contradict each other.
    Override(String),
    /// The file could not be read.
    Io(String),
}

impl std::fmt::Display for FileError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Binary(what) => write!(out, "this is {what}, not a code file"),
            Self::Workbook(why) => write!(out, "the workbook cannot be read: {why}"),
            Self::NoCodeColumn => {
                out.write_str("no column is a code or a link; name them with --columns")
            }
            Self::NotCodes => out.write_str(
                "this does not look like a code file: more than a fifth of its lines cannot be codes; \
                 if it is one, name its columns with --columns",
            ),
            Self::Empty => out.write_str(
                "there is no code in this file: it is empty, or has nothing but a header and blank lines",
            ),
            Self::AnotherHeader(line) => write!(
                out,
                "line {line} is another header: these are several files; import them one by one"
            ),
            Self::Override(why) => out.write_str(why),
            Self::Io(why) => write!(out, "the file cannot be read: {why}"),
        }
    }
}

impl std::error::Error for FileError {}
