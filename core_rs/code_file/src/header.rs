//! Which rows of a file are its header, its titles and its sums.

use super::names::{self, Role, normalise};
use super::row::Cell;
use super::text::{form, has_cjk, unlike_a_code};

/// Rows above the header at most.
pub(super) const PREFACE_ROWS_MAX: usize = 10;

/// The roles a header names, or `None` if the row is no header: it names something to sell, and
/// at least half of its filled cells are names we know.
pub(super) fn roles_of(cells: &[&str]) -> Option<Vec<Option<Role>>> {
    let roles: Vec<Option<Role>> = cells.iter().map(|cell| names::role_of(cell)).collect();
    let filled = cells.iter().filter(|cell| !cell.is_empty()).count();
    let known = roles.iter().flatten().count();
    let goods = roles.iter().flatten().any(|role| role.is_goods());
    (goods && known * 2 >= filled).then_some(roles)
}

/// Whether a row is the header of another file that was appended to this one.
pub(super) fn is_strict_header(cells: &[Cell<'_>]) -> bool {
    let short = |cell: &Cell<'_>| {
        let text = cell.text();
        text.len() <= 40 && !text.bytes().any(|byte| byte.is_ascii_digit())
    };
    if !cells.iter().all(short) {
        return false;
    }
    let mut filled = cells.iter().map(Cell::text).filter(|text| !text.is_empty());
    let mut goods = false;
    filled.all(|text| {
        let role = names::known(text);
        goods |= role.is_some_and(Role::is_goods);
        role.is_some()
    }) && goods
}

/// Where the header is among the first rows, and its roles; rows above it are titles.
pub(super) fn find(rows: &[Vec<&str>]) -> Option<(usize, Vec<Option<Role>>)> {
    let (at, roles) = rows
        .iter()
        .take(PREFACE_ROWS_MAX)
        .enumerate()
        .find_map(|(at, row)| roles_of(row).map(|roles| (at, roles)))?;
    let titled = rows[..at].iter().all(|row| is_title(row));
    (titled && !looks_like_its_rows(&rows[at], rows.get(at + 1))).then_some((at, roles))
}

/// `CODE-1` over `CODE-2` is a code, and so is `CODE-1` alone; `Code 1` is a name where its rows
/// have another form.
fn looks_like_its_rows(header: &[&str], next: Option<&Vec<&str>>) -> bool {
    let digits =
        |cell: &str| cell.len() - cell.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let numbered = |cell: &&&str| digits(cell) > 0;
    let as_codes =
        |cell: &&str| digits(cell) > 2 || cell[..cell.len() - digits(cell)].ends_with('-');
    let mut names = header.iter().filter(numbered).peekable();
    if names.peek().is_none() {
        return false;
    }
    let forms = |row: &[&str]| row.iter().map(|cell| form(cell)).collect::<Vec<_>>();
    names.any(as_codes) || next.is_none_or(|next| forms(header) == forms(next))
}

/// A row above a header that is no data: words, or one cell of Chinese.
fn is_title(row: &[&str]) -> bool {
    let mut filled = row.iter().filter(|cell| !cell.is_empty());
    let Some(first) = filled.next() else {
        return true;
    };
    let words = first.split_whitespace().count() > 1;
    has_cjk(first) || words || unlike_a_code(first) || first.ends_with([':', '：'])
}

/// Whether a row adds the others up: `合计,1`, `Total: 2`.
pub(super) fn is_total(cells: &[Cell<'_>]) -> bool {
    const SUMS: &[&str] = &[
        "合计",
        "总计",
        "小计",
        "共计",
        "总数",
        "总共",
        "汇总",
        "总额",
        "total",
        "totals",
        "grandtotal",
        "subtotal",
        "sum",
        "summe",
        "gesamt",
        "итого",
    ];
    let Some(first) = cells.iter().map(Cell::text).find(|text| !text.is_empty()) else {
        return false;
    };
    if is_row_count(cells) {
        return true;
    }
    // Most codes are longer than any of these, or begin with a digit.
    if first.len() > 40 || first.as_bytes()[0].is_ascii_digit() {
        return false;
    }
    let word = first
        .split([':', '：', ' ', '\u{3000}'])
        .next()
        .unwrap_or(first);
    let plain = !word
        .bytes()
        .any(|byte| byte.is_ascii_digit() || byte == b'-');
    let whole = || {
        !first
            .bytes()
            .any(|byte| byte.is_ascii_digit() || byte == b'-')
    };
    let named = |text: &str| SUMS.contains(&normalise(text).as_str());
    plain && named(word) || whole() && named(first) || is_count(first)
}

/// `(2 rows)`, `3 rows in set (0.00 sec)`: what programs print below a table.
fn is_row_count(cells: &[Cell<'_>]) -> bool {
    let line = cells.iter().map(Cell::text).collect::<Vec<_>>().join(" ");
    let line = line.trim().trim_start_matches(['(', '（']);
    let mut words = line.split_whitespace();
    let (Some(count), Some(unit)) = (words.next(), words.next()) else {
        return false;
    };
    let unit = unit.trim_end_matches([')', '）', '.']).to_lowercase();
    count.bytes().all(|byte| byte.is_ascii_digit())
        && ["row", "rows", "record", "records"].contains(&unit.as_str())
        && words
            .next()
            .is_none_or(|next| ["in", "affected", "selected", "returned"].contains(&next))
}

/// `共2张`, `总共 100 条`.
fn is_count(text: &str) -> bool {
    const COUNTS: [&str; 6] = ["合计", "总计", "共计", "小计", "总共", "共"];
    let Some(rest) = COUNTS.iter().find_map(|word| text.strip_prefix(word)) else {
        return false;
    };
    let rest = rest.trim_start_matches([':', '：', ' ']);
    let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < rest.len() && ["张", "条", "个", "份", "枚", "套", ""].contains(&unit.trim())
}
