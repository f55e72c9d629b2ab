//! The claimable slabs of one outlet, oldest first; read without waiting, replaced whole.
//!
//! A slab that is used up leaves the list, and comes back when one of its positions is
//! given back. Leaving and coming back race; the rule that keeps a claimable slab from
//! being lost: whoever turns its `listed` flag from false to true afterwards writes a list
//! that contains it, and a list is only written without it by someone who read the flag
//! as false after loading the version being replaced. So of two racing writers the later
//! one always sees the flag of the earlier.

use std::sync::Arc;

use crate::slab::{AllocError, Run, Slab, Span};
use crate::sync::ArcCell;

/// A claim steps over used-up slabs until they are this share of the list, then removes
/// them: the list is copied once per eighth of it, not once per slab (fragments are tiny
/// and can be thousands).
const SPENT_SHARE: usize = 8;

/// One outlet of one worker: what it sells from one shelf.
pub struct Outlet {
    open: ArcCell<Vec<Arc<Slab>>>,
}

impl Default for Outlet {
    fn default() -> Self {
        Self {
            open: ArcCell::new(Vec::new()),
        }
    }
}

impl Outlet {
    /// Makes a fresh slab claimable, after those that are.
    pub fn publish(&self, slab: &Arc<Slab>) {
        self.open.update(|open| {
            let mut next = Vec::with_capacity(open.len() + 1);
            next.extend(open.iter().cloned());
            next.push(Arc::clone(slab));
            next
        });
    }

    /// Claims `quantity` positions, over several slabs if need be, or nothing at all.
    ///
    /// A `None` is no proof of a sold-out outlet: a concurrent claim that fails in the end may
    /// hold positions for a moment (and other workers hold leases of their own, I8).
    pub fn claim(&self, quantity: u32) -> Option<Vec<Run>> {
        let mut runs = Vec::with_capacity(1);
        self.claim_into(quantity, &mut runs).then_some(runs)
    }

    /// As [`Outlet::claim`], into a list that the caller may use again; empty when `false`.
    pub fn claim_into(&self, quantity: u32, runs: &mut Vec<Run>) -> bool {
        runs.clear();
        let open = self.open.load();
        let mut claim = Claim {
            runs,
            missing: quantity,
        };
        let stepped_over = open.iter().take_while(|slab| claim.draw(slab)).count();
        let complete = claim.missing == 0;
        if !complete {
            self.undo(&open, runs);
            runs.clear();
        }
        self.tidy_after(stepped_over, open.len());
        complete
    }

    /// Claims one position: the common order, without a list around the answer.
    pub fn claim_one(&self) -> Option<Run> {
        let open = self.open.load();
        let mut stepped_over = 0;
        let run = open.iter().find_map(|slab| {
            let span = slab.claim(1);
            stepped_over += usize::from(span.is_none());
            Some(slab.run(span?))
        });
        self.tidy_after(stepped_over, open.len());
        run
    }

    fn undo(&self, open: &[Arc<Slab>], runs: &[Run]) {
        for run in runs {
            let holder = open
                .iter()
                .find(|slab| slab.lease().lease_id == run.lease_id);
            let span = holder.and_then(|slab| Some((slab, slab.span(run.seq_lo, run.count)?)));
            if let Some((slab, span)) = span {
                // A refusal means that the slab was closed meanwhile: the database has it then.
                let given_back = self.give_back(slab, span);
                debug_assert!(given_back.is_ok(), "undo returns only what it claimed");
            }
        }
    }

    /// Gives positions back to one of the outlet's slabs; see [`Slab::give_back`].
    pub fn give_back(&self, slab: &Arc<Slab>, span: Span) -> Result<bool, AllocError> {
        let free = slab.give_back(span)?;
        if free {
            self.list(slab);
        }
        Ok(free)
    }

    /// Closes a slab and takes it off the list; returns the claimable positions it dropped.
    pub fn close(&self, slab: &Slab) -> u32 {
        let dropped = slab.close();
        self.tidy();
        dropped
    }

    /// Positions that could be claimed now.
    pub fn remaining(&self) -> u64 {
        let open = self.open.load();
        open.iter().map(|slab| u64::from(slab.remaining())).sum()
    }

    /// Positions, claimed or not, of the slabs that still have something to claim.
    pub fn capacity(&self) -> u64 {
        let open = self.open.load();
        let live = open.iter().filter(|slab| slab.remaining() > 0);
        live.map(|slab| u64::from(slab.len())).sum()
    }

    fn tidy_after(&self, stepped_over: usize, listed: usize) {
        if stepped_over > 0 && stepped_over * SPENT_SHARE >= listed {
            self.tidy();
        }
    }

    /// Removes the slabs that have nothing to claim.
    fn tidy(&self) {
        for slab in self.open.load().iter() {
            if slab.remaining() == 0 {
                slab.set_listed(false);
                // A return between the look and the flag would be lost: look again.
                if slab.remaining() > 0 {
                    self.list(slab);
                }
            }
        }
        self.open.update(|open| {
            let listed = open.iter().filter(|slab| slab.is_listed());
            listed.cloned().collect()
        });
    }

    /// Puts a slab that has something to claim (back) at the front of the list.
    fn list(&self, slab: &Arc<Slab>) {
        if slab.set_listed(true) {
            return;
        }
        self.open.update(|open| {
            let others = open.iter().filter(|other| !Arc::ptr_eq(other, slab));
            std::iter::once(slab).chain(others).cloned().collect()
        });
    }
}

/// A claim under way.
struct Claim<'a> {
    runs: &'a mut Vec<Run>,
    missing: u32,
}

impl Claim<'_> {
    /// Takes what is missing from a slab; `true` when the slab is used up and more is missing.
    fn draw(&mut self, slab: &Slab) -> bool {
        while self.missing > 0 {
            let Some(span) = slab.claim(self.missing) else {
                return true;
            };
            self.missing -= span.count;
            self.push(slab.run(span));
        }
        false
    }

    /// Appends a run, joined to the one before when it continues it.
    fn push(&mut self, run: Run) {
        if let Some(last) = self.runs.last_mut()
            && last.lease_id == run.lease_id
            && last.seq_lo + i64::from(last.count) == run.seq_lo
        {
            last.count += run.count;
            return;
        }
        self.runs.push(run);
    }
}
