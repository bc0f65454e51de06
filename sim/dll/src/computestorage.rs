//! The exports of `computestorage.dll`: names, signatures and calling convention of the real ones. See [`crate::computecore`].

#![expect(missing_docs, reason = "the exports are documented by their pages, under these names")]
#![expect(clippy::missing_safety_doc, reason = "pointers are as each export's page demands; NULL is always answered")]

use hcs_sim_thin::same;
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use crate::gate::exports;
use crate::storage as simulated;

const DLL: hcs_rules::export::Dll = hcs_rules::export::Dll::Computestorage;

hcs_record::computestorage!(exports);

// The thin library calls them with these signatures.
hcs_sim_thin::computestorage!(same);
