//! The shape of a file: what was detected, what the operator said, and how to show it.

use super::FileError;
use super::column::Column;
use super::decode::Encoding;
use super::expiry::{Recent, Zone};
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

/// What one of a file's first rows is, before its codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Above {
    /// It names the columns, or says how the file is written (`sep=;`).
    Header,
    /// A title: refused, and reported.
    Title,
}

/// How a file is read. Fixed before its first row.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says one thing about a file"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// The workbook's sheet; `None`: a text file.
    pub sheet: Option<String>,
    /// The workbook's other sheets, which nobody reads.
    pub other_sheets: Vec<String>,
    /// How bytes become text (of a workbook: UTF-8).
    pub encoding: Encoding,
    /// What stands between fields (of a workbook: none).
    pub separator: Separator,
    /// Whether fields may be quoted.
    pub quotes: bool,
    /// What the first rows are that are not blank.
    pub above: Vec<Above>,
    /// The header's cells, if there is one; its repetitions are skipped.
    pub header: Option<Vec<String>>,
    /// Rows begin with their number, which belongs to no code.
    pub numbered: bool,
    /// What each column holds.
    pub columns: Vec<Column>,
    /// What each column is called.
    pub names: Vec<String>,
    /// The columns were neither named by a header nor given.
    pub guessed: bool,
    /// A link in the code's place is a link.
    pub find_links: bool,
    /// Rows may have more secrets than a code and a password.
    pub further: bool,
    /// The operator said whether there is a header: nothing else is one.
    pub header_is_fixed: bool,
    /// A code with Chinese in it is none: the first rows have no such.
    pub plain: bool,
    /// Codes may have full-width letters and separators in them.
    pub wide: bool,
    /// A status may be any word.
    pub any_status: bool,
    /// What is not certain, in words for people: to be asked about before anything is sold.
    pub doubts: Vec<String>,
    /// Some rows with the values masked, for the operator to check.
    pub sample: Vec<String>,
    /// Where times without a zone are.
    pub zone: Zone,
    /// The moment of the import, in Unix seconds.
    pub now_s: Option<i64>,
}

impl Shape {
    /// Nothing but what the operator said.
    pub(super) fn new(encoding: Encoding, overrides: &Overrides) -> Self {
        Self {
            sheet: None,
            other_sheets: Vec::new(),
            encoding,
            separator: Separator::None,
            quotes: false,
            above: Vec::new(),
            header: None,
            numbered: false,
            columns: Vec::new(),
            names: Vec::new(),
            guessed: false,
            find_links: false,
            further: false,
            header_is_fixed: overrides.header == Some(false),
            plain: false,
            wide: false,
            any_status: false,
            doubts: Vec::new(),
            sample: Vec::new(),
            zone: overrides.zone.clone(),
            now_s: overrides.now_s,
        }
    }

    pub(super) fn row_rule<'a>(&'a self, recent: &'a Recent) -> RowRule<'a> {
        RowRule {
            columns: &self.columns,
            names: &self.names,
            find_links: self.find_links,
            further: self.further,
            plain: self.plain,
            wide: self.wide,
            any_status: self.any_status,
            recent,
            zone: &self.zone,
            now_s: self.now_s,
        }
    }

    /// What a column is called, for people.
    #[must_use]
    pub fn name_of(&self, place: usize) -> String {
        match self.names.get(place) {
            Some(name) if !name.is_empty() => name.clone(),
            _ => format!("column {}", place + 1),
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
        let mut text = format!("{place}, columns {} ({source})", columns.join(","));
        if self.numbered {
            text.push_str(", without the row numbers");
        }
        if !self.other_sheets.is_empty() {
            text.push_str(", without the sheets ");
            text.push_str(&self.other_sheets.join(", "));
        }
        text
    }
}
