//! Ids of compute systems: how they compare, which runtime id they get, and the index of the live ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcs_rules::answer::RUNTIME_ID_NAMESPACE;
use sha1::{Digest, Sha1};
use uuid::{Builder, Uuid};
use xxhash_rust::xxh3::xxh3_64;

use crate::table::Key;

/// An id folded for comparison. Ids compare without regard to case: the derivation of the runtime id upper-cases them,
/// so that two ids which differ in case alone would share a runtime id. Inferred, not observed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FoldedId(Box<str>);

impl FoldedId {
    /// Folds an id.
    pub fn of(id: &str) -> FoldedId {
        let folded = if id.is_ascii() { id.to_ascii_uppercase() } else { id.to_uppercase() };
        FoldedId(folded.into())
    }

    /// Folds an id in a namespace. Ids of two namespaces are never one (assumed: nothing is recorded of namespaces).
    pub fn in_namespace(namespace: Option<&str>, id: &str) -> FoldedId {
        match namespace {
            None => FoldedId::of(id),
            // No id holds this character: it ends a string of the ABI.
            Some(namespace) => FoldedId::of(&format!("{namespace}\0{id}")),
        }
    }

    /// The hash of an id in a namespace, as [`FoldedId::hash`] gives it, mostly without folding it elsewhere.
    pub fn hash_of(namespace: Option<&str>, id: &str) -> u64 {
        let mut buffer = [0; 64];
        match buffer.get_mut(..id.len()) {
            Some(folded) if namespace.is_none() && id.is_ascii() => {
                folded.copy_from_slice(id.as_bytes());
                folded.make_ascii_uppercase();
                xxh3_64(folded)
            }
            _ => FoldedId::in_namespace(namespace, id).hash(),
        }
    }

    /// The id's hash: the same on every platform and in every run.
    pub fn hash(&self) -> u64 {
        xxh3_64(self.0.as_bytes())
    }

    /// The `RuntimeId`: the id itself when it is a GUID, else the version 5 GUID of its upper-cased form in UTF-16LE.
    pub fn runtime_id(&self) -> Uuid {
        // `try_parse` also takes braces and URNs; only the plain form is a GUID to HCS.
        if self.0.len() == 36
            && let Ok(guid) = Uuid::try_parse(&self.0)
        {
            return guid;
        }
        let mut hash = Sha1::new_with_prefix(RUNTIME_ID_NAMESPACE.to_be_bytes());
        self.0.encode_utf16().for_each(|unit| hash.update(unit.to_le_bytes()));
        version_5(hash)
    }
}

/// The version 5 GUID of a name. The hash is of a crate that uses the processor's instructions for it, as `uuid`'s own does not.
pub(crate) fn guid_of(namespace: Uuid, name: &[u8]) -> Uuid {
    version_5(Sha1::new_with_prefix(namespace.as_bytes()).chain_update(name))
}

fn version_5(hash: Sha1) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    Builder::from_sha1_bytes(bytes).into_uuid()
}

/// How many shards the index has: a fork copies one of them on its first write.
const SHARDS: usize = 256;

/// The live systems of one shard.
type Shard = Option<Arc<BTreeMap<FoldedId, Key>>>;

/// The live systems by id. Copy-on-write in shards, ordered within each, so that nothing depends on hashing order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// None as long as there never was a system: an empty index costs nothing to make.
    shards: Option<Arc<Vec<Shard>>>,
}

impl Index {
    /// The system of an id.
    pub fn get(&self, id: &FoldedId) -> Option<Key> {
        self.shards.as_ref()?.get(shard(id))?.as_ref()?.get(id).copied()
    }

    /// Enters a system under its id.
    pub fn insert(&mut self, id: FoldedId, key: Key) {
        let shards = Arc::make_mut(self.shards.get_or_insert_with(|| Arc::new(vec![None; SHARDS])));
        Arc::make_mut(shards[shard(&id)].get_or_insert_default()).insert(id, key);
    }

    /// Takes an id out.
    pub fn remove(&mut self, id: &FoldedId) {
        let Some(shards) = &mut self.shards else { return };
        if let Some(Some(map)) = Arc::make_mut(shards).get_mut(shard(id)) {
            Arc::make_mut(map).remove(id);
        }
    }
}

fn shard(id: &FoldedId) -> usize {
    (id.hash() >> 56) as usize % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtime_id_is_derived_as_recorded() {
        let id = FoldedId::of("cowork-vm-baa82cce").runtime_id().to_string();
        assert_eq!(id, "c046cf90-111c-5cf6-bea8-04f9fa3568b3");
        let id = FoldedId::of("vmlord-b961b64484554b6289e8e70d6e38f181").runtime_id().to_string();
        assert_eq!(id, "a811a3d9-78e5-5a7d-ba56-4b799c99f150");
    }

    #[test]
    fn a_guid_is_its_own_runtime_id() {
        let id = FoldedId::of("8636363D-C5F9-49AA-B507-3B83F98C0D14").runtime_id().to_string();
        assert_eq!(id, "8636363d-c5f9-49aa-b507-3b83f98c0d14");
    }

    #[test]
    fn ids_that_differ_in_case_are_one() {
        let mut index = Index::default();
        let key = Key { index: 3, generation: 1 };
        index.insert(FoldedId::of("Vm"), key);
        assert_eq!(index.get(&FoldedId::of("vM")), Some(key));
        index.remove(&FoldedId::of("VM"));
        assert_eq!(index.get(&FoldedId::of("Vm")), None);
    }
}
