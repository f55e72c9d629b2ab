//! The outlets of a worker by number: a hash table that only grows.
//!
//! An outlet stays for the life of the process (an empty one is a few hundred bytes), so a
//! reader needs no guard and a claim pays for one look-up and no atomic write.

use std::sync::OnceLock;

use crate::outlet::Outlet;

/// Chains, a power of two; ids come from one database sequence, so they spread evenly.
const CHAINS: usize = 1_024;

type Place = OnceLock<Box<Node>>;

struct Node {
    number: i64,
    outlet: Outlet,
    next: Place,
}

/// Outlets by id.
pub(crate) struct OutletTable(Box<[Place]>);

impl Default for OutletTable {
    fn default() -> Self {
        Self((0..CHAINS).map(|_| Place::new()).collect())
    }
}

impl OutletTable {
    /// The outlet of an id that was made before.
    pub(crate) fn get(&self, number: i64) -> Option<&Outlet> {
        let mut place = self.chain(number);
        while let Some(node) = place.get() {
            if node.number == number {
                return Some(&node.outlet);
            }
            place = &node.next;
        }
        None
    }

    /// The outlet of an id, made now if need be; of two callers that race one makes it.
    pub(crate) fn get_or_make(&self, number: i64) -> &Outlet {
        let mut place = self.chain(number);
        loop {
            match place.get() {
                Some(node) if node.number == number => return &node.outlet,
                Some(node) => place = &node.next,
                None => {
                    // Refused when someone else was faster: then theirs is looked at next.
                    let _ = place.set(Box::new(Node {
                        number,
                        outlet: Outlet::default(),
                        next: Place::new(),
                    }));
                }
            }
        }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // only its low bits matter
    fn chain(&self, number: i64) -> &Place {
        &self.0[(number as usize) % CHAINS]
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Ids of one chain, far apart, negative and extreme, have each their own outlet.
    #[test]
    fn ids_do_not_share_outlets() {
        let table = OutletTable::default();
        let step = i64::try_from(CHAINS).unwrap_or(1);
        let ids = [0, step, 2 * step, 1, -1, -step, i64::MIN, i64::MAX];
        assert!(ids.iter().all(|id| table.get(*id).is_none()));
        let made: Vec<*const Outlet> = ids
            .iter()
            .map(|id| &raw const *table.get_or_make(*id))
            .collect();
        for (id, outlet) in ids.iter().zip(&made) {
            assert!(
                table
                    .get(*id)
                    .is_some_and(|found| std::ptr::eq(found, *outlet))
            );
            assert!(std::ptr::eq(table.get_or_make(*id), *outlet));
            assert_eq!(made.iter().filter(|other| *other == outlet).count(), 1);
        }
    }

    /// Threads that make one outlet at once all get the same.
    #[test]
    fn a_outlet_is_made_once() {
        let table = OutletTable::default();
        let outlets: Vec<usize> = std::thread::scope(|scope| {
            let make = || (&raw const *table.get_or_make(7)).addr();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
            threads
                .into_iter()
                .filter_map(|thread| thread.join().ok())
                .collect()
        });
        assert_eq!(outlets, vec![outlets[0]; 4]);
    }
}
