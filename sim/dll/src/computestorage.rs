//! The exports of `computestorage.dll`: names, signatures and calling convention of the real ones. See [`crate::computecore`].

#![expect(missing_docs, reason = "the exports are documented by their pages, under these names")]
#![expect(clippy::missing_safety_doc, reason = "pointers are as each export's page demands; NULL is always answered")]

use crate::gate::exports;
use crate::storage as simulated;

const DLL: hcs_rules::export::Dll = hcs_rules::export::Dll::Computestorage;

hcs_record::computestorage!(exports);
