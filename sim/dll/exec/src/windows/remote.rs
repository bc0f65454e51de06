//! A library in another process: a thread there begins in `LoadLibraryW`, which every process of one architecture has at one address.

use std::ffi::OsString;
use std::io;
use std::os::windows::ffi::OsStringExt as _;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::path::{Path, PathBuf};
use std::ptr::null;

use core::ffi::c_void;
use windows_sys::Win32::Foundation::{HANDLE, HMODULE, WAIT_OBJECT_0};
use windows_sys::Win32::System::Diagnostics::Debug::WriteProcessMemory;
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_READWRITE, VirtualAllocEx, VirtualFreeEx,
};
use windows_sys::Win32::System::ProcessStatus::{
    K32EnumProcessModules, K32GetModuleBaseNameW, K32GetModuleFileNameExW,
};
use windows_sys::Win32::System::Threading::{
    CreateRemoteThread, GetExitCodeThread, LPTHREAD_START_ROUTINE, WaitForSingleObject,
};

use super::wide::wide;
use crate::Problem;

/// How long a library may take to load, in milliseconds.
const PATIENCE: u32 = 60_000;

/// Loads a library into a process, and sees that it is the one which is found by its name.
pub(crate) fn load(process: HANDLE, library: &Path) -> Result<(), Problem> {
    let failed = |what, error| Problem::NotLoaded(library.to_owned(), what, error);
    let path = wide(library.as_os_str())?;
    let address = run(process, load_library().map_err(|error| failed("LoadLibraryW", error))?, &path)
        .map_err(|(what, error)| failed(what, error))?;
    let modules = named(process, library).map_err(|error| failed("its modules cannot be listed", error))?;
    match modules.iter().position(|module| module.addr() as u32 == address) {
        Some(0) => Ok(()),
        Some(_) => Err(Problem::Taken(library.to_owned(), path_of(process, modules[0]))),
        None => Err(failed("LoadLibraryW there", io::Error::from(io::ErrorKind::NotFound))),
    }
}

fn load_library() -> io::Result<LPTHREAD_START_ROUTINE> {
    let kernel: Vec<u16> = "kernel32.dll\0".encode_utf16().collect();
    // SAFETY: the names end with a zero; the module is always loaded.
    let found = unsafe { GetProcAddress(GetModuleHandleW(kernel.as_ptr()), c"LoadLibraryW".as_ptr().cast()) };
    let found = found.ok_or_else(io::Error::last_os_error)?;
    // SAFETY: the function takes one pointer, as a thread's does. What it returns is wider: the thread's code is its lower half.
    Ok(Some(unsafe { core::mem::transmute::<unsafe extern "system" fn() -> isize, Start>(found) }))
}

type Start = unsafe extern "system" fn(*mut c_void) -> u32;

/// Memory of another process, until this is dropped.
struct Lent {
    process: HANDLE,
    address: *mut c_void,
}

impl Drop for Lent {
    fn drop(&mut self) {
        // SAFETY: the memory was given by the matching function and is freed once.
        unsafe { VirtualFreeEx(self.process, self.address, 0, MEM_RELEASE) };
    }
}

/// Runs a function in the process on a copy of an argument, in a thread of its own: the thread's code.
fn run(process: HANDLE, function: LPTHREAD_START_ROUTINE, argument: &[u16]) -> Result<u32, (&'static str, io::Error)> {
    let bytes = size_of_val(argument);
    let failed = |what| (what, io::Error::last_os_error());
    // SAFETY: the process's handle is live. The memory is as large as what is written, and is freed when the thread is over or with
    // the process. The pointers are to locals.
    unsafe {
        let address = VirtualAllocEx(process, null(), bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if address.is_null() {
            return Err(failed("VirtualAllocEx"));
        }
        let memory = Lent { process, address };
        let mut written = 0;
        if WriteProcessMemory(process, address, argument.as_ptr().cast(), bytes, &raw mut written) == 0
            || written != bytes
        {
            return Err(failed("WriteProcessMemory"));
        }
        let thread = CreateRemoteThread(process, null(), 0, function, address, 0, std::ptr::null_mut());
        if thread.is_null() {
            return Err(failed("CreateRemoteThread"));
        }
        let thread = OwnedHandle::from_raw_handle(thread);
        let waited = WaitForSingleObject(thread.as_raw_handle(), PATIENCE);
        if waited != WAIT_OBJECT_0 {
            // The thread may still read it: the process is ended with it.
            core::mem::forget(memory);
            return Err(("it takes too long", io::Error::from(io::ErrorKind::TimedOut)));
        }
        let mut code = 0;
        if GetExitCodeThread(thread.as_raw_handle(), &raw mut code) == 0 {
            return Err(failed("GetExitCodeThread"));
        }
        Ok(code)
    }
}

/// The modules of a process that have a library's name, the one first that was loaded first.
fn named(process: HANDLE, library: &Path) -> io::Result<Vec<HMODULE>> {
    let name = library.file_name().unwrap_or_default();
    let mut modules = modules(process)?;
    modules.retain(|module| {
        let mut base = [0; 260];
        // SAFETY: the handle is live; the buffer is as long as is said.
        let length = unsafe { K32GetModuleBaseNameW(process, *module, base.as_mut_ptr(), base.len() as u32) };
        OsString::from_wide(&base[..length as usize]).eq_ignore_ascii_case(name)
    });
    Ok(modules)
}

/// The modules of a process in the order in which they were loaded.
fn modules(process: HANDLE) -> io::Result<Vec<HMODULE>> {
    let mut modules = vec![std::ptr::null_mut(); 256];
    loop {
        let (room, mut needed) = (size_of_val(modules.as_slice()) as u32, 0);
        // SAFETY: the handle is live; the buffer is as large as is said, the pointer is to a local.
        if unsafe { K32EnumProcessModules(process, modules.as_mut_ptr(), room, &raw mut needed) } == 0 {
            return Err(io::Error::last_os_error());
        }
        let count = needed as usize / size_of::<HMODULE>();
        if count <= modules.len() {
            modules.truncate(count);
            return Ok(modules);
        }
        modules.resize(count, std::ptr::null_mut());
    }
}

fn path_of(process: HANDLE, module: HMODULE) -> PathBuf {
    let mut path = vec![0; 1024];
    // SAFETY: the handle is live; the buffer is as long as is said.
    let length = unsafe { K32GetModuleFileNameExW(process, module, path.as_mut_ptr(), path.len() as u32) };
    OsString::from_wide(&path[..length as usize]).into()
}
