//! Which order numbers are under way, as hashes: "certainly not" without an object for each.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use siphasher::sip::SipHasher13;

/// A hash is its own hash.
#[derive(Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {}
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// The numbers; how often each is there, for two may have one hash.
pub struct NumbersUnderWay {
    key: (u64, u64),
    counts: HashMap<u64, u32, BuildHasherDefault<Same>>,
}

impl NumbersUnderWay {
    /// None yet. `key` must be random: then nobody can choose numbers that meet.
    #[must_use]
    pub fn new(key: (u64, u64)) -> Self {
        Self {
            key,
            counts: HashMap::default(),
        }
    }

    /// False: no such number is under way.
    #[must_use]
    pub fn may_contain(&self, partner_id: i64, number: &str) -> bool {
        self.counts.contains_key(&self.hash(partner_id, number))
    }

    /// Takes these in. False: some may be there already, and none was taken in.
    pub fn add<'a>(
        &mut self,
        partner_id: i64,
        numbers: impl Iterator<Item = &'a str> + Clone,
    ) -> bool {
        let mut all = numbers.clone();
        if all.any(|number| self.may_contain(partner_id, number)) {
            return false;
        }
        for number in numbers {
            let hash = self.hash(partner_id, number);
            *self.counts.entry(hash).or_default() += 1;
        }
        true
    }

    /// Lets go of these, which were taken in.
    pub fn remove<'a>(&mut self, partner_id: i64, numbers: impl Iterator<Item = &'a str>) {
        for number in numbers {
            let hash = self.hash(partner_id, number);
            if let Some(count) = self.counts.get_mut(&hash) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&hash);
                }
            }
        }
    }

    fn hash(&self, partner_id: i64, number: &str) -> u64 {
        let mut hasher = SipHasher13::new_with_keys(self.key.0, self.key.1);
        hasher.write_i64(partner_id);
        hasher.write(number.as_bytes());
        hasher.finish()
    }
}
