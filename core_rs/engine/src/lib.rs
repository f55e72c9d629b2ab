//! Quangate's engine: what hands out codes and what keeps them secret.
//!
//! No Python, no I/O, no clock of its own. Two halves:
//! allocation (`slab`, `pool`, `allocator`, `order_id`, `rate`, `number_filter`)
//! and secrecy (`vault`, `record`, `jwe`, `request_signature`, `keyring`, `codegen`).
//! `code_file` reads suppliers' files.

// One line per module; the owner of a module adds its line.
