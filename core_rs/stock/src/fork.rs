//! Notices that the process was forked. A forked child shares the parent's memory image,
//! so it would sell the parent's codes and repeat its order ids (faults.md 9).
//!
//! A counter raised by `pthread_atfork` instead of a compared pid: `getpid` is a system
//! call (glibc caches it no more) and would cost more than the claim itself.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Forks between the start of the program and this process.
static GENERATION: AtomicU64 = AtomicU64::new(0);
static HANDLER: OnceLock<()> = OnceLock::new();

extern "C" fn in_child() {
    // Relaxed: the child has one thread, and only later forks write again.
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// Remembers the process it was made in.
#[derive(Clone, Copy)]
pub struct ForkGuard(u64);

impl ForkGuard {
    /// A guard for this process.
    ///
    /// # Panics
    /// When libc has no memory left for the handler: better no start than no guard.
    pub fn new() -> Self {
        HANDLER.get_or_init(|| {
            // SAFETY: the handler only touches an atomic, which is allowed after fork in a
            // multi-threaded program. It is never unregistered; the module is never unloaded.
            let refused = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
            assert!(refused == 0, "pthread_atfork: error {refused}");
        });
        // Relaxed: written only before any thread of this process exists.
        Self(GENERATION.load(Ordering::Relaxed))
    }

    /// Whether this is still the process the guard was made in.
    pub fn is_home(self) -> bool {
        // Relaxed: as in `new`.
        self.0 == GENERATION.load(Ordering::Relaxed)
    }
}

impl Default for ForkGuard {
    fn default() -> Self {
        Self::new()
    }
}
