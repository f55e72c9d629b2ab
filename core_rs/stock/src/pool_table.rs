//! The pools of a worker by id: a hash table that only grows.
//!
//! A pool stays for the life of the process (an empty one is a few hundred bytes), so a
//! reader needs no guard and a claim pays for one look-up and no atomic write.

use std::sync::OnceLock;

use crate::pool::Pool;

/// Chains, a power of two; ids come from one database sequence, so they spread evenly.
const CHAINS: usize = 1_024;

type Place = OnceLock<Box<Node>>;

struct Node {
    pool_id: i64,
    pool: Pool,
    next: Place,
}

/// Pools by id.
pub(crate) struct PoolTable(Box<[Place]>);

impl Default for PoolTable {
    fn default() -> Self {
        Self((0..CHAINS).map(|_| Place::new()).collect())
    }
}

impl PoolTable {
    /// The pool of an id that was made before.
    pub(crate) fn get(&self, pool_id: i64) -> Option<&Pool> {
        let mut place = self.chain(pool_id);
        while let Some(node) = place.get() {
            if node.pool_id == pool_id {
                return Some(&node.pool);
            }
            place = &node.next;
        }
        None
    }

    /// The pool of an id, made now if need be; of two callers that race one makes it.
    pub(crate) fn get_or_make(&self, pool_id: i64) -> &Pool {
        let mut place = self.chain(pool_id);
        loop {
            match place.get() {
                Some(node) if node.pool_id == pool_id => return &node.pool,
                Some(node) => place = &node.next,
                None => {
                    // Refused when someone else was faster: then theirs is looked at next.
                    let _ = place.set(Box::new(Node {
                        pool_id,
                        pool: Pool::default(),
                        next: Place::new(),
                    }));
                }
            }
        }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // only its low bits matter
    fn chain(&self, pool_id: i64) -> &Place {
        &self.0[(pool_id as usize) % CHAINS]
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Ids of one chain, far apart, negative and extreme, have each their own pool.
    #[test]
    fn ids_do_not_share_pools() {
        let table = PoolTable::default();
        let step = i64::try_from(CHAINS).unwrap_or(1);
        let ids = [0, step, 2 * step, 1, -1, -step, i64::MIN, i64::MAX];
        assert!(ids.iter().all(|id| table.get(*id).is_none()));
        let made: Vec<*const Pool> = ids
            .iter()
            .map(|id| &raw const *table.get_or_make(*id))
            .collect();
        for (id, pool) in ids.iter().zip(&made) {
            assert!(
                table
                    .get(*id)
                    .is_some_and(|found| std::ptr::eq(found, *pool))
            );
            assert!(std::ptr::eq(table.get_or_make(*id), *pool));
            assert_eq!(made.iter().filter(|other| *other == pool).count(), 1);
        }
    }

    /// Threads that make one pool at once all get the same.
    #[test]
    fn a_pool_is_made_once() {
        let table = PoolTable::default();
        let pools: Vec<usize> = std::thread::scope(|scope| {
            let make = || (&raw const *table.get_or_make(7)).addr();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
            threads
                .into_iter()
                .filter_map(|thread| thread.join().ok())
                .collect()
        });
        assert_eq!(pools, vec![pools[0]; 4]);
    }
}
