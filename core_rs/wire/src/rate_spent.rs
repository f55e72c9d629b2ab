//! What this process took from buckets and told nobody yet.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Permits taken from one key's bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) rate_per_s: u64,
    pub(crate) permits: u64,
}

/// By key. Kept only where somebody asks for it: each key that was used would stay for ever.
#[derive(Default)]
pub(crate) struct Untold(Mutex<HashMap<Box<str>, Taken>>);

impl Untold {
    pub(crate) fn add(&self, key: &str, rate_per_s: u64, permits: u64) {
        let mut taken = self.lock();
        if let Some(known) = taken.get_mut(key) {
            known.rate_per_s = rate_per_s;
            known.permits = known.permits.saturating_add(permits);
        } else {
            let first = Taken {
                rate_per_s,
                permits,
            };
            taken.insert(key.into(), first);
        }
    }

    pub(crate) fn permits(&self, key: &str) -> u64 {
        self.lock().get(key).map_or(0, |taken| taken.permits)
    }

    pub(crate) fn take(&self) -> Vec<(Box<str>, Taken)> {
        self.lock().drain().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Taken>> {
        // Nothing panics while it is held; and if, counts are whole at every moment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
