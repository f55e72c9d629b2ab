//! The shape of a file: what was detected, what the operator said, and how to show it.

use super::FileError;
use super::column::Column;
use super::decode::Encoding;
use super::expiry::Zone;
use super::field::Separator;
use super::row::RowRule;

/// What the operator fixed by flags; everything else is detected.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--encoding`
    pub encoding: Option<Encoding>,
    /// `--separator`
    pub separator: Option<Separator>,
    /// `--columns`
    pub columns: Option<Vec<Column>>,
    /// `--header`, `--no-header`
    pub header: Option<bool>,
    /// `--quotes`, `--no-quotes`
    pub quotes: Option<bool>,
    /// `--sheet`
    pub sheet: Option<String>,
    /// The file is called `….csv`: a comma separates even if few lines have one.
    pub named_csv: bool,
    /// Blanks inside a code mean nothing to this pool, so they cannot separate.
    pub blanks_belong_to_codes: bool,
    /// `--zone`: where times without a zone are.
    pub zone: Zone,
    /// The moment of the import by the database's clock, in Unix seconds; `None`: nothing is
    /// refused as expired.
    pub now_s: Option<i64>,
}

impl Overrides {
    /// Reads the flags as typed; `None` leaves the detection free.
    pub fn parse(
        encoding: Option<&str>,
        separator: Option<&str>,
        columns: Option<&str>,
    ) -> Result<Self, FileError> {
        Ok(Self {
            encoding: encoding.map(Encoding::parse).transpose()?,
            separator: separator.map(Separator::parse).transpose()?,
            columns: columns.map(Column::parse_list).transpose()?,
            ..Self::default()
        })
    }
}

/// How a file is read. Fixed before its first row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// The workbook's sheet; `None`: a text file.
    pub sheet: Option<String>,
    /// How bytes become text (of a workbook: UTF-8).
    pub encoding: Encoding,
    /// What stands between fields (of a workbook: none).
    pub separator: Separator,
    /// Whether fields may be quoted.
    pub quotes: bool,
    /// The header's cells, normalised, if there is one; its repetitions are skipped.
    pub header: Option<Vec<String>>,
    /// What each column holds.
    pub columns: Vec<Column>,
    /// The columns were neither named by a header nor given.
    pub guessed: bool,
    /// Some rows with the values masked, for the operator to check.
    pub sample: Vec<String>,
    /// Where times without a zone are.
    pub zone: Zone,
    /// The moment of the import, in Unix seconds.
    pub now_s: Option<i64>,
}

impl Shape {
    pub(super) fn row_rule(&self) -> RowRule<'_> {
        RowRule {
            columns: &self.columns,
            guessed: self.guessed,
            zone: &self.zone,
            now_s: self.now_s,
        }
    }

    /// One line for people: encoding, separator, columns.
    #[must_use]
    pub fn explain(&self) -> String {
        let columns: Vec<&str> = self.columns.iter().map(|column| column.word()).collect();
        let place = match &self.sheet {
            Some(sheet) => format!("sheet “{sheet}”"),
            None => format!(
                "{}, separator {}",
                self.encoding.word(),
                self.separator.word()
            ),
        };
        let source = match (&self.header, self.guessed) {
            (Some(_), false) => "from the header",
            (_, true) => "guessed",
            (None, false) => "as given",
        };
        format!("{place}, columns {} ({source})", columns.join(","))
    }
}
