//! What stands above the codes of a file: titles, a header, and how a spreadsheet says what separates.

use std::borrow::Cow;

use super::field::Separator;
use super::header;
use super::names::{Role, known, role_of};
use super::row::Cell;
use super::separators::detect_separator;
use super::shape::{Above, Overrides, Shape};
use super::sniff::Sample;
use super::text::{has_cjk, narrow};

/// What stands above the codes, and what separates.
pub(super) struct Frame {
    pub(super) separator: Separator,
    pub(super) above: Vec<Above>,
    pub(super) header: Option<Vec<String>>,
}

impl Frame {
    /// The header decides the separator where there is one; else the lines do.
    pub(super) fn find(
        sample: &Sample<'_>,
        overrides: &Overrides,
        doubts: &mut Vec<String>,
    ) -> Self {
        let directive = directive_of(sample);
        let skipped = usize::from(directive.is_some());
        let fixed = overrides.separator.or(directive);
        let mut above = vec![Above::Header; skipped];
        if overrides.header.is_none()
            && let Some((separator, titles, header, doubled)) = named_header(sample, fixed, skipped)
        {
            above.extend(std::iter::repeat_n(Above::Title, titles));
            above.extend(std::iter::repeat_n(Above::Header, 1 + usize::from(doubled)));
            return Self {
                separator,
                above,
                header: Some(header),
            };
        }
        let separator = fixed.unwrap_or_else(|| detect_separator(sample, overrides));
        let first = sample
            .first_rows(separator, skipped + 1)
            .into_iter()
            .nth(skipped);
        let mut frame = Self {
            separator,
            above,
            header: None,
        };
        match (overrides.header, first) {
            // The operator says there is a header, with names we do not know.
            (Some(true), Some(first)) => {
                frame.above.push(Above::Header);
                frame.header = Some(first);
            }
            (None, Some(_)) => {
                let rows = sample.rows(separator);
                let texts: Vec<Vec<&str>> = rows[skipped..]
                    .iter()
                    .map(|row| row.iter().map(String::as_str).collect())
                    .collect();
                if first_row_is_odd(&texts) {
                    doubts.push(ODD_FIRST_ROW.to_owned());
                    frame.above.push(Above::Title);
                }
            }
            _ => {}
        }
        frame
    }
}

const ODD_FIRST_ROW: &str =
    "the first line looks like a title or a header; say so with --header or --no-header";

/// Notes a first row that is unlike all others, and takes it for a title.
pub(super) fn doubt_first_row(texts: &[Vec<&str>], shape: &mut Shape) {
    if first_row_is_odd(texts) {
        shape.doubts.push(ODD_FIRST_ROW.to_owned());
        shape.above.push(Above::Title);
    }
}

/// Whether the first row is unlike all others: without a digit where each of them has one, or
/// with Chinese where none of them has.
fn first_row_is_odd(texts: &[Vec<&str>]) -> bool {
    let first_of = |row: &Vec<&str>| {
        row.iter()
            .find(|text| !text.is_empty())
            .copied()
            .unwrap_or("")
            .to_owned()
    };
    let Some((first, others)) = texts.split_first() else {
        return false;
    };
    let first = first_of(first);
    let others: Vec<String> = others.iter().map(first_of).collect();
    let digits = |text: &str| text.chars().any(|c| narrow(c).is_ascii_digit());
    if others.is_empty() {
        return !digits(&first) && known(&first).is_some_and(Role::is_goods);
    }
    let plain = !digits(&first) && others.iter().all(|text| digits(text));
    let build = |text: &str| {
        let marks: String = text.chars().filter(|c| !c.is_alphanumeric()).collect();
        (
            text.chars().count(),
            text.chars().any(char::is_lowercase),
            marks,
        )
    };
    let same_build = others.iter().any(|text| build(text) == build(&first));
    plain && !same_build
        || has_cjk(&first) && !others.iter().any(|text| has_cjk(text)) && others.len() > 1
}

/// `sep=;`, with which spreadsheets say what separates; mixed if it is nothing we know.
fn directive_of(sample: &Sample<'_>) -> Option<Separator> {
    let first = sample.first_rows(Separator::None, 1).pop()?.pop()?;
    let first = first.trim_matches('"');
    let rest = first
        .get(..4)
        .filter(|start| start.eq_ignore_ascii_case("sep="))?;
    let word = first[rest.len()..].trim_matches('"');
    let known = Separator::parse(word).unwrap_or(Separator::Mixed);
    // A tab was trimmed off the end.
    Some(if word.is_empty() {
        Separator::Tab
    } else {
        known
    })
}

type Found = (Separator, usize, Vec<String>, bool);

/// The header: its separator, how many titles are above it, its cells, and whether the row below
/// it is another one.
fn named_header(sample: &Sample<'_>, fixed: Option<Separator>, skipped: usize) -> Option<Found> {
    const CANDIDATES: [Separator; 9] = [
        Separator::Tab,
        Separator::Comma,
        Separator::Semicolon,
        Separator::Dashes,
        Separator::DoubleBar,
        Separator::Pipe,
        Separator::Wide,
        Separator::Blanks,
        Separator::None,
    ];
    let fits = |separator: Separator| {
        let mut rows = sample.first_rows(separator, skipped + header::PREFACE_ROWS_MAX + 2);
        let rows = rows.split_off(skipped.min(rows.len()));
        let texts: Vec<Vec<&str>> = rows
            .iter()
            .map(|row| row.iter().map(String::as_str).collect())
            .collect();
        let (at, roles) = header::find(&texts)?;
        let several = texts[at].len() > 1 || fixed.is_some() || separator == Separator::None;
        // `gift code` is one name; `卡号 密码` are two.
        let sure = separator != Separator::Blanks
            || roles
                .iter()
                .all(|role| role.is_some_and(|role| role != Role::Other))
                && rows
                    .get(at + 1)
                    .is_none_or(|next| next.len() == roles.len())
                && role_of(&texts[at].join(" ")).is_none_or(|_| has_cjk(&texts[at].concat()));
        let doubled = texts
            .get(at + 1)
            .is_some_and(|next| next.len() == texts[at].len() && is_header_too(next));
        (several && sure).then(|| (separator, at, rows[at].clone(), doubled))
    };
    match fixed {
        Some(separator) => fits(separator),
        None => CANDIDATES.into_iter().find_map(fits),
    }
}

/// A second header, in another language.
pub(super) fn is_header_too(row: &[&str]) -> bool {
    let cells: Vec<Cell<'_>> = row
        .iter()
        .map(|text| Cell::Text(Cow::Borrowed(*text)))
        .collect();
    header::is_strict_header(&cells)
}
