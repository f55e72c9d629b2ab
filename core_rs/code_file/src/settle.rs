//! Settles a shape's columns, then rehearses the first rows: what that makes of them, and what is
//! not certain about it.

use super::FileError;
use super::assign::{Assigned, by_names, by_place, has_unknown_status};
use super::column::Column;
use super::decode::Encoding;
use super::goods::Goods;
use super::header::{is_total, roles_of};
use super::likeness::{is_wide_letter, is_wide_separator};
use super::lines::{Lines, RowOut};
use super::mask::mask;
use super::names::{Role, role_of};
use super::reason::Reason;
use super::row::{COLUMNS_MAX, Cell};
use super::shape::{Overrides, Shape};
use super::text::has_cjk;

/// Rows shown to the operator.
const SAMPLE_ROWS: usize = 3;

/// Rows from which on the refused ones are counted, whatever their reason.
const JUDGED_ROWS_MIN: usize = 5;

/// Settles the columns. `rows` are the first rows, those above the codes included; `lines` the
/// whole lines of a text file.
pub(super) fn settle(
    shape: &mut Shape,
    rows: &[Vec<Cell<'_>>],
    lines: &[Vec<String>],
    overrides: &Overrides,
) -> Result<(), FileError> {
    let data: Vec<&Vec<Cell<'_>>> = rows
        .iter()
        .skip(shape.above.len())
        .filter(|row| !is_header(shape, row) && !is_total(row))
        .collect();
    if data.iter().any(|row| row.len() > COLUMNS_MAX) {
        return Err(FileError::Override(format!(
            "it has more than {COLUMNS_MAX} columns"
        )));
    }
    let assigned = assign(shape, &data, overrides);
    shape.columns = assigned.columns;
    shape.names = assigned.names;
    shape.doubts.extend(assigned.doubts);
    if !shape.columns.iter().any(|column| column.carries_goods()) {
        return Err(FileError::NoCodeColumn);
    }
    if overrides.columns.is_none() && has_unknown_status(&shape.columns, &data) {
        shape.doubts.push(
            "the status column holds words that nobody knows; none of them counts as sold"
                .to_owned(),
        );
        shape.any_status = true;
    }
    shape.any_status |= overrides.columns.is_some();
    shape.further |= overrides.columns.is_some();
    shape.wide |= overrides.columns.is_some();
    rehearse(shape, rows, lines, overrides)
}

fn is_header(shape: &Shape, row: &[Cell<'_>]) -> bool {
    let texts = row.iter().map(Cell::text);
    shape
        .header
        .as_ref()
        .is_some_and(|header| texts.eq(header.iter().map(String::as_str)))
}

fn assign(shape: &mut Shape, data: &[&Vec<Cell<'_>>], overrides: &Overrides) -> Assigned {
    let roles = shape.header.as_ref().and_then(|header| {
        let cells: Vec<&str> = header.iter().map(String::as_str).collect();
        roles_of(&cells)
    });
    let header = shape.header.clone().unwrap_or_default();
    if let Some(columns) = &overrides.columns {
        return Assigned {
            columns: columns.clone(),
            names: header,
            doubts: Vec::new(),
        };
    }
    if let Some(roles) = roles {
        shape.find_links = roles.contains(&Some(Role::CodeOrUrl));
        return by_names(&header, &roles, data);
    }
    shape.guessed = true;
    shape.find_links = true;
    let mut assigned = by_place(shape.separator, shape.sheet.is_some(), data);
    for (name, cell) in assigned.names.iter_mut().zip(header) {
        if !cell.is_empty() && role_of(&cell).is_none() {
            *name = cell;
        }
    }
    assigned
}

/// Reads the first rows as an import would.
fn rehearse(
    shape: &mut Shape,
    rows: &[Vec<Cell<'_>>],
    lines: &[Vec<String>],
    overrides: &Overrides,
) -> Result<(), FileError> {
    let given = overrides.columns.is_some();
    let mut trial = shape.clone();
    trial.further = true;
    trial.wide = true;
    let mut reader = Lines::new(trial);
    // The numbers are off these rows already.
    reader.shape.numbered = false;
    let mut tally = Tally::default();
    let whole = lines.len() == rows.len();
    for (at, row) in rows.iter().enumerate() {
        let line = whole.then(|| lines[at][0].as_str());
        if let Some(out) = reader.row(0, line, row)? {
            tally.add(&out);
        }
    }
    if shape.guessed && tally.is_no_code_file() {
        return Err(FileError::NotCodes);
    }
    if tally.further && !given {
        shape.further = true;
        shape.doubts.push(
            "lines have more secrets than a code and a password; they are handed over together"
                .to_owned(),
        );
    }
    let legacy = matches!(shape.encoding, Encoding::Gb18030 | Encoding::Big5)
        && overrides.encoding.is_none();
    if legacy && tally.beyond_ascii {
        shape.doubts.push(format!(
            "codes are not plain letters, and their encoding ({}) is a guess",
            shape.encoding.word()
        ));
    }
    if shape.guessed && tally.with_cjk > 0 && tally.with_cjk < tally.sold {
        shape
            .doubts
            .push("some lines have words of Chinese where the others have codes".to_owned());
    }
    doubt_wide(shape, &tally, overrides);
    shape.plain = shape.guessed && tally.with_cjk == 0 && tally.sold > 1;
    if shape.guessed && tally.codeless > 0 {
        shape
            .doubts
            .push("some lines have a password and no code".to_owned());
    }
    shape.sample = tally.sample;
    Ok(())
}

/// Asks about what is full-width in codes, unless the columns or the separator were given.
fn doubt_wide(shape: &mut Shape, tally: &Tally, overrides: &Overrides) {
    shape.wide = overrides.columns.is_some() || tally.wide_letters || tally.wide_marks;
    if overrides.columns.is_some() {
        return;
    }
    if tally.wide_letters {
        shape.doubts.push(
            "codes have full-width letters or digits; they are handed over as written, and are \
             the same codes as in usual width"
                .to_owned(),
        );
    }
    if tally.wide_marks && overrides.separator.is_none() {
        shape.doubts.push(
            "codes have a full-width comma, semicolon or bar in them; if it separates, say \
             --separator full-width"
                .to_owned(),
        );
    }
}

#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says one thing about the rows"
)]
struct Tally {
    rows: usize,
    refused: usize,
    no_codes: usize,
    further: bool,
    beyond_ascii: bool,
    sold: usize,
    /// Of them, those with Chinese in the code.
    with_cjk: usize,
    codeless: usize,
    wide_letters: bool,
    wide_marks: bool,
    sample: Vec<String>,
}

impl Tally {
    fn add(&mut self, out: &RowOut) {
        if out
            .goods
            .as_ref()
            .err()
            .is_some_and(|reason| reason.is_frame())
        {
            return;
        }
        self.rows += 1;
        self.further |= out.further;
        if self.sample.len() < SAMPLE_ROWS {
            self.sample.push(show(&out.goods));
        }
        match &out.goods {
            Err(reason) => {
                self.refused += 1;
                self.no_codes += usize::from(*reason == Reason::NotACode);
                self.codeless += usize::from(*reason == Reason::EmptyCode);
            }
            Ok(goods) => {
                self.sold += 1;
                self.with_cjk += usize::from(has_cjk(&goods.code));
                self.wide_letters |= goods.code.contains(is_wide_letter);
                self.wide_marks |= goods.code.contains(is_wide_separator);
                self.beyond_ascii |= !goods.code.is_ascii() || !goods.pin.is_ascii();
            }
        }
    }

    /// More than a fifth is refused: of a few lines only if they are prose.
    fn is_no_code_file(&self) -> bool {
        let judged = if self.rows < JUDGED_ROWS_MIN {
            self.no_codes
        } else {
            self.refused
        };
        judged * 5 > self.rows
    }
}

/// One row as the operator sees it before anything is written.
fn show(goods: &Result<Goods, Reason>) -> String {
    let goods = match goods {
        Err(reason) => return format!("refused: {}", reason.word()),
        Ok(goods) => goods,
    };
    let parts = [
        (Column::Code, mask(&goods.code)),
        (Column::Pin, mask(&goods.pin)),
        (Column::Url, mask(&goods.url)),
    ];
    let mut words: Vec<String> = parts
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(column, text)| format!("{}={text}", column.word()))
        .collect();
    if !goods.expires_at.is_empty() {
        words.push(format!("expires_at={}", goods.expires_at));
    }
    words.join(" ")
}
