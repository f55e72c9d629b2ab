//! Vault: what keeps codes and keys secret.
//!
//! Records sealed and opened, fingerprints, key files and the key ring, codes handed over as JWE,
//! codes of our own, signatures, what authenticates anchors. Of `stock` it knows the leases whose
//! records it delivers.

mod aes_key;
pub mod anchor;
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
