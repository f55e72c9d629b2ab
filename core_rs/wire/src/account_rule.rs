//! Patterns of operators that partners' accounts are matched against, in time linear in the account.
//!
//! The engine knows no backtracking, so no pattern can make it slow; what cannot be matched without
//! (look-around, back-references) is no pattern here. Matched is always the whole account, and `\d`,
//! `\w`, `\s` are ASCII only: a full-width digit is no digit of a telephone number.
use regex::{Regex, RegexBuilder};
use regex_syntax::ast::{self, Ast, ClassPerlKind, ErrorKind, Visitor, visit};

/// Bytes a compiled pattern may take: the work for one character of an account is bounded by it.
const COMPILED_BYTES_MAX: usize = 1 << 17;
/// Bytes of the table that speeds matching up; beyond it matching goes on without, still linear.
const TABLE_BYTES_MAX: usize = 1 << 18;
const NESTING_MAX: u32 = 32;

/// A compiled pattern.
#[derive(Debug)]
pub struct AccountRule(Regex);

impl AccountRule {
    /// Compiles a pattern. The error is a clause that says what it cannot have.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let tree = ast::parse::ParserBuilder::new()
            .nest_limit(NESTING_MAX)
            .build()
            .parse(pattern)
            .map_err(|error| reason(error.kind()))?;
        let found: Found = visit(&tree, Search::default()).map_err(str::to_owned)?;
        let whole = format!(r"\A(?:{})\z", in_ascii(pattern, &found));
        RegexBuilder::new(&whole)
            .size_limit(COMPILED_BYTES_MAX)
            .dfa_size_limit(TABLE_BYTES_MAX)
            .build()
            .map(Self)
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => "is too large: repeat less often".to_owned(),
                // What the parser passed and the compiler does not: name a class that does not exist, say.
                _ => "is not a regular expression".to_owned(),
            })
    }

    /// Whether the whole account matches.
    #[must_use]
    pub fn fits(&self, account: &str) -> bool {
        self.0.is_match(account)
    }
}

fn reason(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::UnsupportedLookAround => {
            "looks ahead or behind, which cannot be matched in linear time".to_owned()
        }
        ErrorKind::UnsupportedBackreference => {
            "refers back to a group, which cannot be matched in linear time".to_owned()
        }
        other => format!("is not a regular expression: {other}"),
    }
}

/// Where `\d` and its like stand: (start, end, what they mean in ASCII).
type Found = Vec<(usize, usize, &'static str)>;

#[derive(Default)]
struct Search(Found);

impl Search {
    fn note(&mut self, class: &ast::ClassPerl) {
        // A class may stand in a class, so one text serves in brackets and without.
        let meant = match (&class.kind, class.negated) {
            (ClassPerlKind::Digit, false) => "[0-9]",
            (ClassPerlKind::Digit, true) => "[^0-9]",
            (ClassPerlKind::Space, false) => r"[\x20\t-\r]",
            (ClassPerlKind::Space, true) => r"[^\x20\t-\r]",
            (ClassPerlKind::Word, false) => "[0-9A-Za-z_]",
            (ClassPerlKind::Word, true) => "[^0-9A-Za-z_]",
        };
        self.0
            .push((class.span.start.offset, class.span.end.offset, meant));
    }

    fn check(flags: &ast::Flags) -> Result<(), &'static str> {
        let ignores = |item: &ast::FlagsItem| {
            matches!(
                item.kind,
                ast::FlagsItemKind::Flag(ast::Flag::IgnoreWhitespace | ast::Flag::Unicode)
            )
        };
        if flags.items.iter().any(ignores) {
            Err("may not have the flags x and u")
        } else {
            Ok(())
        }
    }
}

impl Visitor for Search {
    type Output = Found;
    type Err = &'static str;

    fn finish(self) -> Result<Found, Self::Err> {
        Ok(self.0)
    }

    fn visit_pre(&mut self, tree: &Ast) -> Result<(), Self::Err> {
        match tree {
            Ast::ClassPerl(class) => self.note(class),
            Ast::Flags(set) => Self::check(&set.flags)?,
            Ast::Group(group) => {
                if let Some(flags) = group.flags() {
                    Self::check(flags)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), Self::Err> {
        if let ast::ClassSetItem::Perl(class) = item {
            self.note(class);
        }
        Ok(())
    }
}

fn in_ascii(pattern: &str, found: &Found) -> String {
    let mut sorted = found.clone();
    sorted.sort_unstable();
    let mut text = String::with_capacity(pattern.len() * 2);
    let mut done = 0;
    for (start, end, meant) in sorted {
        text.push_str(&pattern[done..start]);
        text.push_str(meant);
        done = end;
    }
    text.push_str(&pattern[done..]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, account: &str) -> bool {
        AccountRule::new(pattern).expect("a pattern").fits(account)
    }

    #[test]
    fn the_whole_account_is_matched() {
        assert!(fits("a|ab", "ab"));
        assert!(!fits("a|b", "ab"));
        assert!(!fits("a", "a\n"));
        assert!(!fits("(?m)a$", "a\nb"));
    }

    #[test]
    fn classes_are_ascii_in_brackets_and_without() {
        assert!(fits(r"\d+[\d-]+\w[\w.]\S\D", "12-3a.xé"));
        for (pattern, account) in [
            (r"\d", "０"),
            (r"[\d]", "０"),
            (r"\w", "é"),
            (r"[\w-]", "é"),
            (r"\s", "\u{2003}"),
        ] {
            assert!(!fits(pattern, account), "{pattern} {account}");
        }
        assert!(fits(r"[^\d]", "０"));
        assert!(fits(r"\s\s\s", "\t\r "));
    }

    #[test]
    fn what_is_not_linear_or_not_a_pattern_is_refused_with_a_reason() {
        for (pattern, words) in [
            (r"(?=a)b", "looks ahead"),
            (r"(?<!a)b", "looks ahead or behind"),
            (r"(a)\1", "refers back"),
            ("(", "not a regular expression"),
            ("a)(b", "not a regular expression"),
            ("(?x)a # b", "flags"),
            ("(?-u:a)", "flags"),
            (r"(.{1,100}){1,100}", "too large"),
            (r"\p{nonsense}", "not a regular expression"),
        ] {
            let refusal = AccountRule::new(pattern).expect_err(pattern);
            assert!(refusal.contains(words), "{pattern}: {refusal}");
        }
        assert!(AccountRule::new(&("(".repeat(40) + &")".repeat(40))).is_err());
    }
}
