//! Python's view of the JSON guard.
use pyo3::prelude::*;
use quangate_wire::json_guard::check;

/// None when `text` is strict JSON nested at most `depth_max` deep, else (what is wrong, byte offset).
#[pyfunction]
pub fn check_json(text: &[u8], depth_max: usize) -> Option<(&'static str, usize)> {
    check(text, depth_max)
        .err()
        .map(|refusal| (refusal.reason.text(), refusal.offset))
}
