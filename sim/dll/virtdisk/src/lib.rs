//! `virtdisk.dll`: the functions that clients of layers use are those of computecore's library, so that a process has one
//! world. On Windows the others are the real DLL's.

#![expect(missing_docs, reason = "the exports are documented by their pages, under these names")]

#[cfg(windows)]
mod real;

use hcs_sim_thin::{forward, is_simulated};
use windows_sys::Win32::Foundation::{HANDLE, WIN32_ERROR};
use windows_sys::Win32::Security::PSECURITY_DESCRIPTOR;
use windows_sys::Win32::Storage::Vhd::*;
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::core::{PCWSTR, PWSTR};

hcs_sim_thin::virtdisk!(forward);
is_simulated!();
