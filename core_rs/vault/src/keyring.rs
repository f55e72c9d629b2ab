//! The key ring: every partner key this process may have to check or seal with.
//!
//! Read for every request, written when a key is made or revoked.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use zeroize::Zeroizing;

use crate::entropy::secret_32;
use crate::jwe::JweSealer;
use crate::request_signature::{SignedRequest, SigningKey};
use crate::secret_text::{DELIVERY_PREFIX, SIGNING_PREFIX, show_32};
use crate::vault::Vault;
use crate::vault_error::VaultError;

/// One partner key, ready to check requests and to seal codes.
pub struct PartnerKey {
    signing: SigningKey,
    delivery: JweSealer,
}

impl PartnerKey {
    /// What its codes are sealed with.
    #[must_use]
    pub fn delivery(&self) -> &JweSealer {
        &self.delivery
    }
}

/// A fresh pair of secrets: as the partner sees them once, and as we keep them.
pub struct NewPartnerSecrets {
    /// `qs_…`
    pub signing: Zeroizing<String>,
    /// `qd_…`
    pub delivery: Zeroizing<String>,
    /// The signing secret, wrapped for this key id.
    pub signing_blob: Vec<u8>,
    /// The delivery key, wrapped for this key id.
    pub delivery_blob: Vec<u8>,
}

/// Makes the two secrets of a new partner key. They are bound to `key_id`: swapped blobs do not
/// open.
pub fn new_partner_secrets(vault: &Vault, key_id: &str) -> Result<NewPartnerSecrets, VaultError> {
    let (signing, delivery) = (secret_32()?, secret_32()?);
    Ok(NewPartnerSecrets {
        signing_blob: vault.wrap_secret(&signing_purpose(key_id), signing.as_slice())?,
        delivery_blob: vault.wrap_secret(&delivery_purpose(key_id), delivery.as_slice())?,
        signing: show_32(SIGNING_PREFIX, &signing),
        delivery: show_32(DELIVERY_PREFIX, &delivery),
    })
}

/// What the signing secret of a key is wrapped for.
#[must_use]
pub fn signing_purpose(key_id: &str) -> String {
    format!("partner signing secret of {key_id}")
}

/// What the delivery key of a key is wrapped for.
#[must_use]
pub fn delivery_purpose(key_id: &str) -> String {
    format!("partner delivery key of {key_id}")
}

/// Partner keys by id.
pub struct KeyRing {
    keys: RwLock<HashMap<Box<str>, Arc<PartnerKey>>>,
    /// Checked against for unknown ids, so that they take as long as known ones.
    decoy: SigningKey,
}

impl KeyRing {
    /// An empty ring.
    pub fn new() -> Result<Self, VaultError> {
        Ok(Self {
            keys: RwLock::default(),
            decoy: SigningKey::new(secret_32()?.as_slice())?,
        })
    }

    /// Unwraps the secrets of a key and puts it on the ring, in place of a former one of that id.
    pub fn put(
        &self,
        vault: &Vault,
        key_id: &str,
        signing_blob: &[u8],
        delivery_blob: &[u8],
    ) -> Result<(), VaultError> {
        let signing = vault.open_secret(&signing_purpose(key_id), signing_blob)?;
        let delivery = vault.open_secret(&delivery_purpose(key_id), delivery_blob)?;
        let delivery: &[u8; 32] = delivery.as_slice().try_into().map_err(|_| {
            VaultError::Corrupt(format!("the delivery key of {key_id} has a wrong length"))
        })?;
        let key = PartnerKey {
            signing: SigningKey::new(&signing)?,
            delivery: JweSealer::new(key_id, delivery)?,
        };
        self.keys.write().insert(key_id.into(), Arc::new(key));
        Ok(())
    }

    /// Takes a key off the ring; `false` when it was not on it.
    pub fn remove(&self, key_id: &str) -> bool {
        self.keys.write().remove(key_id).is_some()
    }

    /// Whether a key is on the ring.
    #[must_use]
    pub fn contains(&self, key_id: &str) -> bool {
        self.keys.read().contains_key(key_id)
    }

    /// How many keys are on the ring.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.read().len()
    }

    /// Whether no key is on the ring.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.read().is_empty()
    }

    /// The key of an id.
    #[must_use]
    pub fn get(&self, key_id: &str) -> Option<Arc<PartnerKey>> {
        self.keys.read().get(key_id).cloned()
    }

    /// Lower-case hex of the HMAC of a text with the secret of a key; `None`: no such key.
    #[must_use]
    pub fn sign_text(&self, key_id: &str, text: &[u8]) -> Option<[u8; 64]> {
        self.get(key_id).map(|key| key.signing.text_mac(text))
    }

    /// Whether `hex` is that HMAC. Unknown ids and wrong ones are alike.
    #[must_use]
    pub fn verify_text(&self, key_id: &str, text: &[u8], hex: &[u8]) -> bool {
        let key = self.get(key_id);
        let signing = key.as_ref().map_or(&self.decoy, |key| &key.signing);
        signing.verifies_text(text, hex) && key.is_some()
    }

    /// Whether `header` signs the request with the secret of `key_id`. Unknown ids and wrong
    /// signatures are alike.
    #[must_use]
    pub fn verify(&self, key_id: &str, request: &SignedRequest<'_>, header: &[u8]) -> bool {
        let key = self.get(key_id);
        let signing = key.as_ref().map_or(&self.decoy, |key| &key.signing);
        signing.verify(request, header) && key.is_some()
    }
}
