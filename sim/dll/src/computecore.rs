//! The exports of `computecore.dll`: names, signatures and calling convention of the real ones.
//!
//! Their pages in Microsoft's documentation are their documentation; `hcs_rules` says what the simulated ones do. Behind each
//! is the function of the same name in the file of its noun, or the real export: see [`crate::gate`].

#![expect(missing_docs, reason = "the exports are documented by their pages, under these names")]
#![expect(clippy::missing_safety_doc, reason = "pointers are as each export's page demands; NULL is always answered")]

pub use crate::unmodelled::{
    HcsAbortSystemPreservation, HcsEnumerateVmWorkerProcesses, HcsFinalizeSystemPreservation, HcsFindVmWorkerProcesses,
    HcsGetWorkerProcessJob, HcsStartSystemPreservation, HcsStartVmWorkerProcess, HcsSystemControl,
};

/// What is behind the exports.
mod simulated {
    pub(crate) use crate::files::*;
    pub(crate) use crate::operation::*;
    pub(crate) use crate::process::*;
    pub(crate) use crate::service::*;
    pub(crate) use crate::system::*;
    pub(crate) use crate::unmodelled::*;
}

const DLL: hcs_rules::export::Dll = hcs_rules::export::Dll::Computecore;

use crate::gate::exports;

hcs_record::computecore!(exports);
