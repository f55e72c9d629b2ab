//! Quangate's engine: what hands out codes and what keeps them secret.
//!
//! No Python, no clock of its own, no I/O but the file that rate limits share. Two halves:
//! allocation (`slab`, `pool`, `allocator`, `order_id`, `rate`, `number_filter`)
//! and secrecy (`vault`, `record`, `jwe`, `request_signature`, `keyring`, `codegen`).
//! `code_file` reads suppliers' files.

// One line per module; the owner of a module adds its line.

// Account rules.
pub mod account_rule;

// Allocation.
pub mod allocator;
pub mod fork;
pub mod number_filter;
pub mod order_id;
pub mod pool;
mod pool_table;
pub mod rate;
mod rate_file;
mod returns;
pub mod slab;
mod sync;

// Secrecy.
mod aes_key;
pub mod codegen;
pub mod data_key;
pub mod delivery;
pub mod entropy;
pub mod fingerprint;
pub mod jwe;
pub mod key_file;
mod key_file_text;
pub mod keyring;
pub mod kms;
pub mod record;
pub mod request_signature;
pub mod secret_text;
pub mod suite;
pub mod vault;
pub mod vault_error;
pub mod webhook_signature;
pub mod wrapped;

// Code files.
pub mod code_file;

// The order path: a strict look at a body, columns of a commit, ranges of records in one piece.
pub mod array_literal;
pub mod json_guard;
pub mod packed;
