//! Stock: which code of an outlet is sold next, and by whom it may be sold.
//!
//! Leases in memory, claimed without waiting and given back; order ids; the notice of a fork.
//! It knows sealed records by their place alone: no key, no file, no clock of its own.

pub mod allocator;
pub mod fork;
pub mod order_id;
pub mod outlet;
mod outlet_table;
mod returns;
pub mod slab;
pub mod sync;
