//! A client that knows the library by its name alone and allows only the system's folder, as every Go program does. Run by itself it
//! finds nothing, unless the host has the real one; under `hcs-sim exec` it finds the double's.
//!
//! `by_name look` tells whether it found one, `by_name life CODE ...` lives a machine's life and ends with the code, `by_name
//! child` starts another `by_name look` and ends as that does.

#![expect(unsafe_code, reason = "the client's side of a C ABI")]

use std::ffi::{CStr, c_void};
use std::process::{Command, ExitCode};
use std::ptr::{null, null_mut};

#[cfg(windows)]
mod system {
    use std::ffi::{CStr, c_void};

    use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW};

    pub(crate) const LIBRARY: &str = "computecore.dll";

    pub(crate) fn load(name: &str) -> *mut c_void {
        let name: Vec<u16> = name.encode_utf16().chain([0]).collect();
        // SAFETY: the name ends with a zero.
        unsafe { LoadLibraryExW(name.as_ptr(), std::ptr::null_mut(), LOAD_LIBRARY_SEARCH_SYSTEM32) }
    }

    pub(crate) fn find(library: *mut c_void, name: &CStr) -> Option<*const c_void> {
        // SAFETY: the library is loaded; the name ends with a zero.
        unsafe { GetProcAddress(library, name.as_ptr().cast()) }.map(|function| function as *const c_void)
    }
}

#[cfg(unix)]
mod system {
    use std::ffi::{CStr, CString, c_void};

    #[cfg(target_os = "macos")]
    pub(crate) const LIBRARY: &str = "libcomputecore.dylib";
    #[cfg(not(target_os = "macos"))]
    pub(crate) const LIBRARY: &str = "libcomputecore.so";

    pub(crate) fn load(name: &str) -> *mut c_void {
        let name = CString::new(name).expect("a name has no zero");
        // SAFETY: the name ends with a zero.
        unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW) }
    }

    pub(crate) fn find(library: *mut c_void, name: &CStr) -> Option<*const c_void> {
        // SAFETY: the library is loaded; the name ends with a zero.
        let found = unsafe { libc::dlsym(library, name.as_ptr()) };
        (!found.is_null()).then_some(found.cast_const())
    }
}

type Handle = *mut c_void;

/// Defines the functions that are found, with the signatures that the header declares.
macro_rules! functions {
    ($($name:ident($($Type:ty),*) $(-> $Result:ty)?;)+) => {
        #[expect(non_snake_case, reason = "the functions have these names")]
        struct Functions {
            $($name: unsafe extern "system" fn($($Type),*) $(-> $Result)?,)+
        }

        impl Functions {
            fn of(library: Handle) -> Option<Functions> {
                Some(Functions {
                    // SAFETY: an export of this name has this signature.
                    $($name: unsafe {
                        let name = CStr::from_bytes_with_nul_unchecked(concat!(stringify!($name), "\0").as_bytes());
                        core::mem::transmute::<*const c_void, unsafe extern "system" fn($($Type),*) $(-> $Result)?>(
                            system::find(library, name)?,
                        )
                    },)+
                })
            }
        }
    };
}

functions! {
    HcsCreateOperation(*const c_void, *const c_void) -> Handle;
    HcsCloseOperation(Handle);
    HcsCreateComputeSystem(*const u16, *const u16, Handle, *const c_void, *mut Handle) -> i32;
    HcsStartComputeSystem(Handle, Handle, *const u16) -> i32;
    HcsTerminateComputeSystem(Handle, Handle, *const u16) -> i32;
    HcsCloseComputeSystem(Handle);
    HcsWaitForOperationResult(Handle, u32, *mut *mut u16) -> i32;
    HcsSimIsSimulated() -> i32;
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

fn life(hcs: &Functions) {
    let (id, document) = (wide("by-name"), wide(r#"{"SchemaVersion":{"Major":2,"Minor":1},"VirtualMachine":{}}"#));
    // SAFETY: strings end with a zero, pointers are to locals or NULL, handles are live until they are closed.
    unsafe {
        println!("simulated: {}", (hcs.HcsSimIsSimulated)());
        let operation = (hcs.HcsCreateOperation)(null(), null());
        let wait = || (hcs.HcsWaitForOperationResult)(operation, u32::MAX, null_mut());
        let mut machine = null_mut();
        let code = (hcs.HcsCreateComputeSystem)(id.as_ptr(), document.as_ptr(), operation, null(), &raw mut machine);
        println!("create: {code:#x} {:#x}", wait());
        println!("start: {:#x} {:#x}", (hcs.HcsStartComputeSystem)(machine, operation, null()), wait());
        println!("terminate: {:#x} {:#x}", (hcs.HcsTerminateComputeSystem)(machine, operation, null()), wait());
        (hcs.HcsCloseComputeSystem)(machine);
        (hcs.HcsCloseOperation)(operation);
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|what| what == "child") {
        let program = std::env::current_exe().expect("the program knows its own path");
        let status = Command::new(program).arg("look").status().expect("it starts");
        return ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX));
    }
    let Some(hcs) = Functions::of(system::load(system::LIBRARY)) else {
        println!("no {} of the double", system::LIBRARY);
        return ExitCode::from(3);
    };
    if let [what, code, rest @ ..] = arguments.as_slice()
        && what == "life"
    {
        println!("arguments: {rest:?}");
        println!("seed: {:?}", std::env::var("HCS_SIM_SEED").ok());
        life(&hcs);
        std::process::exit(code.parse().expect("a code is a number"));
    }
    println!("found {}", system::LIBRARY);
    ExitCode::SUCCESS
}
