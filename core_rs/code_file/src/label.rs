//! Values with their name before them: `卡号：AAA3`, `卡号: A1 密码: p1`.

use std::borrow::Cow;

use super::field::trim;
use super::names::{self, Role};

/// Longest label in bytes.
const LABEL_BYTES_MAX: usize = 40;

/// A cell's label as a role and the value behind it; `None` if it has none that we know.
pub(super) fn take_label(cell: &str) -> Option<(Role, &str)> {
    let (label, value) = cell.split_once([':', '：'])?;
    if label.is_empty() || label.len() > LABEL_BYTES_MAX || value.starts_with("//") {
        return None;
    }
    let value = trim(value);
    let role = names::known(label).filter(|role| is_label(*role))?;
    // `email:pass` is a header: a name behind a name.
    let named = value
        .split([':', '：'])
        .any(|part| names::known(part).is_some());
    (!value.is_empty() && !named).then_some((role, value))
}

/// What a label may say.
fn is_label(role: Role) -> bool {
    role.is_goods() || matches!(role, Role::ExpiresAt | Role::Status)
}

/// Whether a line says something about the codes and is none: `订单号：2026`, `商品: 月卡`.
pub(super) fn is_remark(line: &str) -> bool {
    line.split_once([':', '：']).is_some_and(|(label, rest)| {
        label.len() <= LABEL_BYTES_MAX
            && !rest.starts_with("//")
            && matches!(
                names::known(label),
                Some(Role::Other | Role::Status | Role::SoldMark)
            )
    })
}

/// What stands between a value and the next label.
fn separates(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '，' | ';' | '；' | '|' | '/' | '、')
}

/// Where labels begin in a line, in bytes.
fn starts(line: &str) -> Vec<usize> {
    let colons = line.char_indices().filter(|(_, c)| matches!(c, ':' | '：'));
    colons
        .filter_map(|(colon, _)| {
            let before = &line[..colon];
            let start = before
                .char_indices()
                .rev()
                .find(|(_, c)| separates(*c) || matches!(c, '-' | ':' | '：'))
                .map_or(0, |(at, c)| at + c.len_utf8());
            let label = &before[start..];
            let role = (label.len() <= LABEL_BYTES_MAX)
                .then(|| names::known(label))
                .flatten()?;
            (is_label(role) && !line[colon..].starts_with("://")).then_some(start)
        })
        .collect()
}

/// How many labels a line has, if it begins with one; else none.
pub(super) fn count_labels(line: &str) -> usize {
    let starts = starts(line);
    if starts.first() == Some(&0) {
        starts.len()
    } else {
        0
    }
}

/// A line cut before each of its labels.
pub(super) fn split_labels(line: &str) -> Vec<Cow<'_, str>> {
    let starts = starts(line);
    if starts.first() != Some(&0) {
        return vec![Cow::Borrowed(trim(line))];
    }
    let ends = starts[1..].iter().copied().chain([line.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| {
            let part = &line[*start..end];
            let cut = if end < line.len() {
                part.trim_end_matches(|c| separates(c) || c == '-')
            } else {
                part
            };
            Cow::Borrowed(trim(cut))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels are taken off, and cut a line that has several.
    #[test]
    fn takes_labels_off() {
        assert_eq!(take_label("卡号：AAA3"), Some((Role::CardNumber, "AAA3")));
        assert_eq!(take_label("code: X:Y"), Some((Role::Code, "X:Y")));
        assert_eq!(take_label("https://x.cn"), None);
        assert_eq!(take_label("ABC:DEF"), None);
        assert_eq!(take_label("密码："), None);
        assert_eq!(
            split_labels("卡号：A1 密码：p 1"),
            ["卡号：A1", "密码：p 1"]
        );
        assert_eq!(split_labels("卡号:A1----密码:p1"), ["卡号:A1", "密码:p1"]);
        assert_eq!(
            split_labels("账号: a@b.c, 密码: x,y"),
            ["账号: a@b.c", "密码: x,y"]
        );
        assert_eq!(count_labels("A1 密码：p1"), 0);
        assert_eq!(count_labels("链接：https://x.cn/?code=1"), 1);
    }
}
