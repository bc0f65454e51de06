//! The exports of `virtdisk.dll` that clients of layers use: names, signatures and calling convention of the real ones. See
//! [`crate::computecore`].

#![expect(missing_docs, reason = "the exports are documented by their pages, under these names")]
#![expect(clippy::missing_safety_doc, reason = "pointers are as each export's page demands; NULL is always answered")]

use windows_sys::Win32::Foundation::{HANDLE, WIN32_ERROR};
use windows_sys::Win32::Security::PSECURITY_DESCRIPTOR;
use windows_sys::Win32::Storage::Vhd::*;
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::core::{PCWSTR, PWSTR};

use crate::disk as simulated;
use crate::gate::unread;

const DLL: hcs_rules::export::Dll = hcs_rules::export::Dll::Virtdisk;

hcs_sim_thin::virtdisk!(unread);
