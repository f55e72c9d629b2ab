//! Shows a code to an operator without giving it away.

/// The first two and the last character of a value, never more than a third of it.
#[must_use]
pub fn mask(value: &str) -> String {
    let length = value.chars().count();
    let (head, tail) = match length {
        0 => return String::new(),
        1..=5 => (0, 0),
        6..=8 => (1, 0),
        _ => (2, 1),
    };
    let first: String = value.chars().take(head).collect();
    let last: String = value.chars().skip(length - tail).collect();
    format!("{first}**…**{last}")
}
