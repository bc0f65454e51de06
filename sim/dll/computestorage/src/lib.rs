//! `computestorage.dll`: the functions are those of computecore's library, so that a process has one world.

#![expect(missing_docs, reason = "the exports are documented by their pages, under these names")]

use hcs_sim_thin::{forward, is_simulated};
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

hcs_sim_thin::computestorage!(forward);
is_simulated!();
