//! Our own voucher codes, from a pattern: `A` a letter, `9` a digit, `#` either, anything else as
//! it stands.
//!
//! Letters leave out I and O, and `#` leaves out 0 and 1 as well, so that a code read aloud or from
//! a poor print is typed as it was printed. A `9` is any digit: among digits alone nothing looks
//! alike.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use zeroize::Zeroizing;

use crate::vault_error::VaultError;

const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const DIGITS: &[u8] = b"0123456789";
/// 32 symbols.
const EITHER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Every symbol that a place can hold, in the order the check character counts them; an even
/// number, as Luhn mod N needs to find every single wrong character.
const CHECKED: &[u8] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const PATTERN_LEN_MAX: usize = 128;
/// Codes of one call: a gigabyte of them. Who needs more calls again.
const COUNT_MAX: usize = 1 << 24;

enum Place {
    Literal(char),
    OneOf(&'static [u8]),
}

/// A parsed pattern.
pub struct Pattern {
    places: Vec<Place>,
    space: u128,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// `Invalid` when it is empty, longer than 128 characters, holds control characters, or has no
    /// place to fill.
    pub fn parse(text: &str) -> Result<Self, VaultError> {
        if text.is_empty() || text.chars().count() > PATTERN_LEN_MAX {
            return Err(VaultError::Invalid(
                "a pattern has 1 to 128 characters".into(),
            ));
        }
        if text.chars().any(char::is_control) || text.trim() != text {
            return Err(VaultError::Invalid(
                "a pattern has no control characters and no blanks at its ends".into(),
            ));
        }
        let places: Vec<Place> = text
            .chars()
            .map(|character| match character {
                'A' => Place::OneOf(LETTERS),
                '9' => Place::OneOf(DIGITS),
                '#' => Place::OneOf(EITHER),
                other => Place::Literal(other),
            })
            .collect();
        let space = places.iter().fold(1_u128, |space, place| match place {
            Place::Literal(_) => space,
            // Beyond 2^128 the exact number no longer matters to anyone.
            Place::OneOf(symbols) => space.saturating_mul(symbols.len() as u128),
        });
        if space == 1 {
            return Err(VaultError::Invalid(
                "the pattern has no A, 9 or # to fill".into(),
            ));
        }
        Ok(Self { places, space })
    }

    /// How many different codes it has, saturating at 2^128 - 1.
    #[must_use]
    pub fn space(&self) -> u128 {
        self.space
    }

    /// Bytes a code of it takes: what is filled in is ASCII.
    fn code_len(&self) -> usize {
        let place_len = |place: &Place| match place {
            Place::Literal(character) => character.len_utf8(),
            Place::OneOf(_) => 1,
        };
        self.places.iter().map(place_len).sum()
    }

    fn fill(&self, chance: &mut Chance, code: &mut String) -> Result<(), VaultError> {
        for place in &self.places {
            match place {
                Place::Literal(character) => code.push(*character),
                Place::OneOf(symbols) => code.push(char::from(chance.pick(symbols)?)),
            }
        }
        Ok(())
    }
}

/// Makes `count` different codes, with a check character appended to each if `check` is set.
///
/// # Errors
/// `Invalid` when `count` is over half of the pattern's codes: then drawing new ones gets slow, and
/// anyone could guess one. (How far above that a pattern should be is for the operator:
/// [`Pattern::space`].) Also for more than 2^24 codes at a time.
pub fn generate(
    pattern: &Pattern,
    count: usize,
    check: bool,
) -> Result<Vec<Zeroizing<String>>, VaultError> {
    if count > COUNT_MAX {
        return Err(VaultError::Invalid(format!(
            "at most {COUNT_MAX} codes at a time"
        )));
    }
    if count as u128 > pattern.space / 2 {
        return Err(VaultError::Invalid(format!(
            "the pattern has {} codes; at most half of them can be generated",
            pattern.space
        )));
    }
    let mut chance = Chance::new();
    let code_len = pattern.code_len() + usize::from(check);
    // Of the codes already drawn only a hash is kept: a code whose hash was seen is drawn again,
    // which never lets a double through and costs one good code in 2^64.
    let hasher = RandomState::new();
    let mut seen: HashSet<u64> = HashSet::with_capacity(count);
    let mut codes = Vec::with_capacity(count);
    while codes.len() < count {
        let mut code = Zeroizing::new(String::with_capacity(code_len));
        pattern.fill(&mut chance, &mut code)?;
        if check {
            let character = check_character(&code);
            code.push(character);
        }
        if seen.insert(hasher.hash_one(code.as_bytes())) {
            codes.push(code);
        }
    }
    Ok(codes)
}

/// The check character of a code by Luhn mod 34: finds every single wrong character and nearly
/// every swap of neighbours. Characters outside the alphabet (dashes …) do not count.
#[must_use]
pub fn check_character(code: &str) -> char {
    let n = CHECKED.len();
    let values = code
        .bytes()
        .rev()
        .filter_map(|byte| CHECKED.iter().position(|known| *known == byte));
    let sum: usize = values
        .zip([2, 1].into_iter().cycle())
        .map(|(value, factor)| {
            let product = value * factor;
            product / n + product % n
        })
        .sum();
    char::from(CHECKED[(n - sum % n) % n])
}

/// Whether the last character of a code is its check character.
#[must_use]
pub fn check_holds(code: &str) -> bool {
    let mut characters = code.chars();
    characters
        .next_back()
        .is_some_and(|last| check_character(characters.as_str()) == last)
}

/// Random symbols without bias, from the kernel in blocks that are wiped.
struct Chance {
    bytes: Zeroizing<[u8; 1024]>,
    used: usize,
}

impl Chance {
    fn new() -> Self {
        Self {
            bytes: Zeroizing::new([0; 1024]),
            used: 1024,
        }
    }

    /// One of `symbols`, each with the same probability: bytes in the last, incomplete round are
    /// thrown away.
    fn pick(&mut self, symbols: &[u8]) -> Result<u8, VaultError> {
        let rounds_end = 256 / symbols.len() * symbols.len();
        loop {
            if self.used == self.bytes.len() {
                getrandom::fill(self.bytes.as_mut_slice())?;
                self.used = 0;
            }
            let byte = usize::from(self.bytes[self.used]);
            self.used += 1;
            if byte < rounds_end {
                return Ok(symbols[byte % symbols.len()]);
            }
        }
    }
}
