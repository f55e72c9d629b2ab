//! The concurrency primitives of the allocator, in two builds: the real ones, and loom's.
//!
//! Everything the claim path shares between threads comes from here, so that
//! `tests/loom_*.rs` explore the very code that sells, not a copy of it.
//!
//! [`ArcCell`] is `arc-swap` in the real build. Under loom it is a mutexed pointer with
//! the same promise (an atomic register of an `Arc` with compare-and-set): arc-swap's own
//! interior is trusted, what we build on it is explored.

use std::ops::Deref;
use std::sync::Arc;

#[cfg(loom)]
pub use loom::sync::{
    RwLock,
    atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
};
#[cfg(not(loom))]
pub use std::sync::{
    RwLock,
    atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
};

/// A shared, replaceable `Arc<T>`: readers never wait, writers retry.
#[cfg(not(loom))]
pub struct ArcCell<T>(arc_swap::ArcSwap<T>);

#[cfg(not(loom))]
impl<T> ArcCell<T> {
    pub fn new(value: T) -> Self {
        Self(arc_swap::ArcSwap::from_pointee(value))
    }

    /// The version published last; it stays whole for as long as the caller holds it.
    pub fn load(&self) -> impl Deref<Target = Arc<T>> {
        self.0.load()
    }

    /// Replaces the value by `next(value)`; `next` runs again when another writer was faster.
    pub fn update(&self, mut next: impl FnMut(&T) -> T) {
        self.0.rcu(|current| next(current));
    }
}

/// The stand-in that loom can explore.
#[cfg(loom)]
pub struct ArcCell<T>(loom::sync::Mutex<Arc<T>>);

#[cfg(loom)]
impl<T> ArcCell<T> {
    pub fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(Arc::new(value)))
    }

    pub fn load(&self) -> impl Deref<Target = Arc<T>> {
        Box::new(Arc::clone(&self.0.lock().expect("loom mutex")))
    }

    pub fn update(&self, mut next: impl FnMut(&T) -> T) {
        loop {
            let current = Arc::clone(&self.load());
            let candidate = Arc::new(next(&current));
            let mut held = self.0.lock().expect("loom mutex");
            if Arc::ptr_eq(&held, &current) {
                *held = candidate;
                return;
            }
        }
    }
}

/// A value alone on its cache lines, so that claimers of one slab do not slow down
/// readers of its neighbours. 128 bytes: x86 prefetches lines in pairs.
#[repr(align(128))]
pub struct CachePadded<T>(pub T);

impl<T> Deref for CachePadded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
