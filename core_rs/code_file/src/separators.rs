//! What separates the fields of a file without a header.

use super::expiry::{self, Zone};
use super::field::{Separator, cuts_into_pair, looks_like_link, of_pasted_line};
use super::label::count_labels;
use super::shape::Overrides;
use super::sniff::Sample;

/// What separates on nine lines of ten separates in the file.
const SURE_PERCENT: usize = 90;

pub(super) fn detect_separator(sample: &Sample<'_>, overrides: &Overrides) -> Separator {
    const SURE: [Separator; 7] = [
        Separator::Dashes,
        Separator::Tab,
        Separator::DoubleBar,
        Separator::Pipe,
        Separator::Semicolon,
        Separator::Comma,
        Separator::Wide,
    ];
    let lines = sample.rows(Separator::None);
    let total = lines.len().max(1);
    let sure = |count: usize, total: usize| count * 100 >= total * SURE_PERCENT;
    let labelled = |least: usize| {
        lines
            .iter()
            .filter(|row| count_labels(&row[0]) >= least)
            .count()
    };
    if sure(labelled(1), total) && labelled(2) * 2 >= total {
        return Separator::Labels;
    }
    let cut = |separator: Separator| {
        sample
            .rows(separator)
            .iter()
            .filter(|row| row.len() > 1 && !is_comma_in_link(row, separator))
            .count()
    };
    if overrides.named_csv && cut(Separator::Comma) > 0 {
        return Separator::Comma;
    }
    for separator in SURE {
        let rows = sample.rows(separator).len().max(1);
        if sure(cut(separator), rows) {
            return separator;
        }
    }
    if sure(labelled(1), total) {
        return Separator::Labels;
    }
    let blanks = !overrides.blanks_belong_to_codes;
    let pairs = lines
        .iter()
        .filter(|row| blanks && cuts_into_pair(&row[0]))
        .count();
    if sure(pairs, total) {
        return Separator::Blanks;
    }
    of_pasted_text(&lines, blanks)
}

/// A link with commas in it is not a row of a CSV file.
fn is_comma_in_link(row: &[String], separator: Separator) -> bool {
    separator == Separator::Comma
        && looks_like_link(&row[0])
        && !row[1..].iter().any(String::is_empty)
        && row[1..]
            .iter()
            .all(|field| expiry::parse(field, &Zone::default()).is_err())
}

/// No separator is sure: each line may have its own, if most lines have one.
fn of_pasted_text(lines: &[Vec<String>], blanks: bool) -> Separator {
    let found: Vec<Separator> = lines
        .iter()
        .map(|row| of_pasted_line(&row[0]))
        .filter(|separator| {
            *separator != Separator::None && (blanks || *separator != Separator::Blanks)
        })
        .collect();
    let Some(first) = found.first().copied() else {
        return Separator::None;
    };
    let most = found.len() * 2 > lines.len();
    if found.iter().any(|separator| *separator != first) {
        return if most {
            Separator::Mixed
        } else {
            strong_among(&found)
        };
    }
    if most { first } else { strong_among(&found) }
}

/// Few lines are cut: only by what is never part of a code.
fn strong_among(found: &[Separator]) -> Separator {
    let strong = [Separator::Dashes, Separator::Tab, Separator::DoubleBar];
    strong
        .into_iter()
        .find(|separator| found.contains(separator))
        .unwrap_or(Separator::None)
}
