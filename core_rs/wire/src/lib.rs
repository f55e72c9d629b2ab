//! Wire: what comes over it, at what pace, and how the database is told.
//!
//! A strict look at JSON, account rules, rate limits and known order numbers; columns of a commit
//! and ranges of records in one piece. Of `stock` it knows the claimed runs and the primitives.

pub mod account_rule;
pub mod array_literal;
pub mod json_guard;
mod json_string;
pub mod number_filter;
pub mod numbers_under_way;
pub mod packed;
mod plain_codes;
pub mod plain_lines;
mod plain_reader;
pub mod plain_request;
pub mod plain_single;
mod plain_texts;
pub mod rate;
mod rate_bucket;
mod rate_file;
mod rate_spent;
