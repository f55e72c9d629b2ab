//! Decides what each column of a file holds, and says what is not certain about it.

use std::collections::HashSet;

use super::column::Column;
use super::expiry::{self, Zone};
use super::field::{Separator, looks_like_link};
use super::names::Role;
use super::row::{COLUMNS_MAX, Cell};
use super::status::is_known_status;
use super::text::has_cjk;

/// Columns, what they are called, and what somebody should be asked about them.
#[derive(Default)]
pub(super) struct Assigned {
    pub(super) columns: Vec<Column>,
    pub(super) names: Vec<String>,
    /// In words for people, without a value of the file.
    pub(super) doubts: Vec<String>,
}

/// What the filled cells of a column have in common.
struct Profile<'a> {
    filled: Vec<&'a str>,
    rows: usize,
    typed_dates: usize,
}

impl<'a> Profile<'a> {
    fn of(data: &[&'a Vec<Cell<'_>>], place: usize) -> Self {
        let cells: Vec<&Cell<'_>> = data
            .iter()
            .filter_map(|row| row.get(place))
            .filter(|cell| !cell.is_empty())
            .collect();
        Self {
            rows: data.len(),
            typed_dates: cells
                .iter()
                .filter(|cell| matches!(cell, Cell::Date(_)))
                .count(),
            filled: cells.iter().map(|cell| cell.text()).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.filled.is_empty()
    }

    fn most(&self, is: impl Fn(&str) -> bool) -> bool {
        !self.is_empty()
            && self.filled.iter().filter(|text| is(text)).count() * 2 >= self.filled.len()
    }

    fn holds_links(&self) -> bool {
        self.most(looks_like_link)
    }

    fn holds_dates(&self) -> bool {
        !self.is_empty()
            && (self.typed_dates * 2 >= self.filled.len()
                || self.most(|text| matches!(expiry::parse(text, &Zone::default()), Ok(Some(_)))))
    }

    /// Nothing but words such as 已售 and 未售.
    fn holds_statuses(&self) -> bool {
        !self.is_empty() && self.filled.iter().all(|text| is_known_status(text))
    }

    /// The same in every row of several: no secret.
    fn is_constant(&self) -> bool {
        self.rows >= 2
            && self.filled.len() == self.rows
            && self
                .filled
                .iter()
                .all(|text| *text == self.filled[0] && !text.is_empty())
    }

    fn is_distinct(&self) -> bool {
        self.rows >= 2
            && self.filled.len() == self.rows
            && self.filled.iter().collect::<HashSet<_>>().len() == self.rows
    }

    /// 1, 2, 3 … (or from 0), without leading zeros.
    fn counts_rows(&self) -> bool {
        let first = self.filled.first().copied().unwrap_or("");
        matches!(first, "0" | "1")
            && self.filled.len() == self.rows
            && self
                .filled
                .iter()
                .zip(first.parse::<usize>().unwrap_or(0)..)
                .all(|(text, n)| *text == n.to_string())
    }

    /// A price or a product's name rather than a password.
    fn is_description(&self) -> bool {
        let price = |text: &str| {
            let number = text
                .trim_start_matches(['￥', '¥', '$', '€'])
                .trim_end_matches('元');
            number.split_once('.').is_some_and(|(whole, cents)| {
                cents.len() == 2
                    && [whole, cents]
                        .iter()
                        .all(|part| part.bytes().all(|b| b.is_ascii_digit()))
            })
        };
        !self.is_empty()
            && (self.filled.iter().all(|text| price(text))
                || self.is_constant() && has_cjk(self.filled[0]))
    }
}

/// The columns as a header names them.
pub(super) fn by_names(
    header: &[String],
    roles: &[Option<Role>],
    data: &[&Vec<Cell<'_>>],
) -> Assigned {
    let profiles: Vec<Profile<'_>> = (0..roles.len())
        .map(|place| Profile::of(data, place))
        .collect();
    let mut assigned = Assigned {
        columns: vec![Column::Ignored; roles.len()],
        names: header.to_vec(),
        doubts: Vec::new(),
    };
    let code = place_of_code(roles, &profiles);
    let pin = code.and_then(|code| place_of_pin(roles, code));
    for (place, role) in roles.iter().enumerate() {
        let profile = &profiles[place];
        assigned.columns[place] = match role {
            _ if Some(place) == code => match role {
                Some(Role::CardNumber | Role::Weak) => Column::CardNumber,
                _ => Column::Code,
            },
            _ if Some(place) == pin => Column::Pin,
            Some(Role::Url) if !assigned.columns.contains(&Column::Url) => Column::Url,
            Some(Role::ExpiresAt) => Column::ExpiresAt,
            Some(Role::Status) => Column::Status,
            Some(Role::SoldMark) => Column::SoldMark,
            Some(Role::Other) => Column::Ignored,
            Some(Role::Weak) if profile.is_constant() || profile.counts_rows() => Column::Ignored,
            Some(_) if !profile.is_empty() => Column::Extra,
            None if !profile.is_empty() && !profile.is_constant() => {
                assigned.doubts.push(format!(
                    "nobody knows what column {} holds; it is left out",
                    place + 1
                ));
                Column::Ignored
            }
            Some(_) | None => Column::Ignored,
        };
    }
    if code.is_some_and(|code| roles[code].is_none()) {
        assigned
            .doubts
            .push("no column is called a code; the one beside the password is taken".to_owned());
    }
    assigned
        .doubts
        .extend(doubt_of_repetition(&assigned.columns, &profiles));
    assigned
}

/// The best of the columns that may hold the code: one that is filled, if any is.
fn place_of_code(roles: &[Option<Role>], profiles: &[Profile<'_>]) -> Option<usize> {
    let first = |wanted: &dyn Fn(Option<Role>) -> bool, filled: bool| {
        (0..roles.len())
            .find(|place| wanted(roles[*place]) && (!filled || !profiles[*place].is_empty()))
    };
    let ranks: [&dyn Fn(Option<Role>) -> bool; 4] = [
        &|role| matches!(role, Some(Role::Code | Role::CodeOrUrl)),
        &|role| role == Some(Role::CardNumber),
        &|role| role == Some(Role::Secret),
        &|role| role == Some(Role::Weak),
    ];
    let named = ranks
        .iter()
        .find_map(|rank| first(rank, true))
        .or_else(|| ranks.iter().find_map(|rank| first(rank, false)));
    let password = || first(&|role| role == Some(Role::Pin), false);
    // A password belongs to something; alone it is what is sold.
    named
        .or_else(|| password().and_then(|_| first(&|role| role.is_none(), true)))
        .or_else(password)
}

fn place_of_pin(roles: &[Option<Role>], code: usize) -> Option<usize> {
    let first = |wanted: Role| {
        (0..roles.len()).find(|place| *place != code && roles[*place] == Some(wanted))
    };
    first(Role::Pin).or_else(|| first(Role::Secret))
}

/// The same code in every row, beside a column that differs in every row, is no code.
fn doubt_of_repetition(columns: &[Column], profiles: &[Profile<'_>]) -> Option<String> {
    let code = columns
        .iter()
        .position(|column| matches!(column, Column::Code | Column::CardNumber))?;
    let other = profiles
        .iter()
        .enumerate()
        .any(|(place, profile)| place != code && profile.is_distinct());
    (profiles[code].is_constant() && other).then(|| "every row has the same code".to_owned())
}

/// Without a header: code, password, link and expiry, checked against what the columns hold.
pub(super) fn by_place(separator: Separator, is_sheet: bool, data: &[&Vec<Cell<'_>>]) -> Assigned {
    if separator == Separator::None && !is_sheet {
        return Assigned {
            columns: vec![Column::Code],
            names: vec![String::new()],
            doubts: Vec::new(),
        };
    }
    let width = data.iter().map(|row| row.len()).max().unwrap_or(1).max(4);
    if separator == Separator::Labels {
        // Each value says itself what it is.
        let mut columns = vec![Column::Extra; COLUMNS_MAX.min(width * 2)];
        columns[0] = Column::Code;
        return Assigned {
            columns,
            ..Assigned::default()
        };
    }
    let profiles: Vec<Profile<'_>> = (0..width).map(|place| Profile::of(data, place)).collect();
    let mut assigned = Assigned::default();
    let first = first_place(&profiles, &mut assigned.doubts);
    assigned.columns = vec![Column::Ignored; first];
    assigned.names = (0..width)
        .map(|place| {
            if place < first {
                format!("column {}", place + 1)
            } else {
                String::new()
            }
        })
        .collect();
    assigned.columns.push(Column::Code);
    for (place, profile) in profiles.iter().enumerate().skip(first + 1) {
        let column = role_by_place(place - first, profile, &assigned.columns);
        if column == Column::Ignored {
            assigned.names[place] = format!("column {}", place + 1);
        }
        assigned.columns.push(column);
    }
    if profiles.get(first + 1).is_some_and(Profile::is_description) {
        assigned.doubts.push(
            "the second column looks like a price or a product's name, not a password".to_owned(),
        );
    }
    assigned
}

/// Where the code begins: behind row numbers, or what is the same in every row.
fn first_place(profiles: &[Profile<'_>], doubts: &mut Vec<String>) -> usize {
    let [first, second, ..] = profiles else {
        return 0;
    };
    if first.counts_rows() && second.filled.len() == second.rows && second.rows > 0 {
        if first.rows < 3 {
            doubts.push("the first column looks like row numbers".to_owned());
        }
        return 1;
    }
    if first.is_constant() && second.is_distinct() {
        doubts.push("the first column is the same in every row".to_owned());
        return 1;
    }
    0
}

fn role_by_place(place: usize, profile: &Profile<'_>, so_far: &[Column]) -> Column {
    let free = |column: Column| !so_far.contains(&column);
    match place {
        1 if profile.holds_dates() => Column::ExpiresAt,
        _ if profile.holds_statuses() => Column::Status,
        1 => Column::Pin,
        _ if profile.is_empty() && place == 2 && free(Column::Url) => Column::Url,
        _ if profile.is_empty() && place == 3 && free(Column::ExpiresAt) => Column::ExpiresAt,
        _ if profile.holds_links() && free(Column::Url) => Column::Url,
        _ if profile.holds_dates() => Column::ExpiresAt,
        _ if profile.is_empty() || profile.is_constant() => Column::Ignored,
        _ => Column::Extra,
    }
}

/// Statuses that are no word we know, in the window.
pub(super) fn has_unknown_status(columns: &[Column], data: &[&Vec<Cell<'_>>]) -> bool {
    let statuses = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| **column == Column::Status);
    statuses.map(|(place, _)| place).any(|place| {
        let mut cells = data.iter().filter_map(|row| row.get(place));
        cells.any(|cell| !is_known_status(cell.text()))
    })
}
