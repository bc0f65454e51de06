//! What the thin shared libraries share.
//!
//! A process has one world, however many libraries of the double it loads: the world lives in computecore's, and the others
//! find their functions there. It stands beside them, or is loaded already.

#![expect(unsafe_code, reason = "libraries are found and loaded through C functions")]

pub mod signature;

use core::ffi::{CStr, c_void};
use std::sync::OnceLock;

/// The code of an export that cannot be found, as `GetLastError` tells it: `ERROR_PROC_NOT_FOUND`.
pub const NOT_FOUND: u32 = 127;

/// The address of an export of the double's computecore library. `None` when there is no such library, when it is the real
/// one, and when it has no such export.
pub fn find(name: &CStr) -> Option<*const c_void> {
    static LIBRARY: OnceLock<usize> = OnceLock::new();
    let library = *LIBRARY.get_or_init(|| {
        let library = system::load();
        // SAFETY: the library is loaded, or NULL, which is not asked.
        let simulated = library != 0 && unsafe { system::export(library, c"HcsSimIsSimulated") }.is_some();
        if simulated { library } else { 0 }
    });
    if library == 0 {
        return None;
    }
    // SAFETY: the library is loaded, and stays so.
    unsafe { system::export(library, name) }
}

/// What an export answers that computecore's library does not have, or when there is no such library.
pub trait Missing {
    /// `ERROR_PROC_NOT_FOUND`
    const MISSING: Self;
}

impl Missing for i32 {
    /// As an `HRESULT`.
    const MISSING: i32 = (NOT_FOUND | 0x8007_0000) as i32;
}

impl Missing for u32 {
    const MISSING: u32 = NOT_FOUND;
}

/// Declares the export by which a library is known for the double's.
#[macro_export]
macro_rules! is_simulated {
    () => {
        #[unsafe(no_mangle)]
        pub extern "system" fn HcsSimIsSimulated() -> i32 {
            1
        }
    };
}

/// Declares exports that call the function of the same name, or of the one behind `as`, in computecore's library: see
/// [`signature`].
#[macro_export]
macro_rules! forward {
    ($($name:ident $(as $there:ident)? ($($argument:ident: $Type:ty),* $(,)?) -> $Result:ty;)+) => {
        $(
            #[unsafe(no_mangle)]
            pub unsafe extern "system" fn $name($($argument: $Type),*) -> $Result {
                static FOUND: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
                let name = $crate::forward!(@name $name $($there)?);
                let address = *FOUND.get_or_init(|| $crate::find(name).map_or(0, |address| address.expose_provenance()));
                if address == 0 {
                    return <$Result as $crate::Missing>::MISSING;
                }
                let address: *const core::ffi::c_void = core::ptr::with_exposed_provenance(address);
                // SAFETY: the function of this name has this signature: computecore's library is made from the same list.
                unsafe {
                    let function: unsafe extern "system" fn($($Type),*) -> $Result = core::mem::transmute(address);
                    function($($argument),*)
                }
            }
        )+
    };
    (@name $name:ident) => {
        match core::ffi::CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
            Ok(name) => name,
            Err(_) => c"",
        }
    };
    (@name $name:ident $there:ident) => {
        $crate::forward!(@name $there)
    };
}

/// The real DLL of this name, as a Windows host has it in its system folder. `None` where there is none, or where the double
/// stands there.
#[cfg(windows)]
pub fn real(file: &str) -> Option<Real> {
    system::real(file).map(Real)
}

/// The DLL of this name in the system folder, whatever it is.
///
/// # Errors
/// What the loader says: most hosts have no such file.
#[cfg(windows)]
pub fn installed(file: &str) -> std::io::Result<Real> {
    system::installed(file).map(Real)
}

/// The build of Windows that `computecore.dll` in the system folder answers for: this host's own, unless the double stands there.
#[cfg(windows)]
pub fn build() -> Option<u32> {
    let real = installed("computecore.dll").ok()?;
    match real.export(c"HcsSimBuild") {
        Some(address) => {
            // SAFETY: the double's export has this signature.
            let build = unsafe { core::mem::transmute::<*const c_void, unsafe extern "system" fn() -> u32>(address) };
            // SAFETY: it has no requirements.
            Some(unsafe { build() })
        }
        None => system::build(),
    }
}

/// A real DLL, which stays loaded.
#[cfg(windows)]
#[derive(Clone, Copy, Debug)]
pub struct Real(usize);

#[cfg(windows)]
impl Real {
    /// The address of an export, if it has one of this name.
    pub fn export(self, name: &CStr) -> Option<*const c_void> {
        // SAFETY: the library is loaded, and stays so.
        unsafe { system::export(self.0, name) }
    }

    /// Whether this function is one of the DLL's own.
    pub fn holds(self, function: *const c_void) -> bool {
        system::holder(function) == self.0
    }
}

#[cfg(windows)]
mod system {
    use core::ffi::{CStr, c_void};

    use std::io;

    use windows_sys::Win32::System::LibraryLoader::{
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, GetModuleFileNameW,
        GetModuleHandleExW, GetProcAddress, LOAD_WITH_ALTERED_SEARCH_PATH, LoadLibraryExW, LoadLibraryW,
    };
    use windows_sys::Win32::System::SystemInformation::{GetSystemDirectoryW, OSVERSIONINFOW};

    /// The one beside the library that this is linked into, or the one that is found by name.
    pub(super) fn load() -> usize {
        const NAME: &str = "computecore.dll";
        if let Some(mut path) = folder() {
            path.extend(NAME.encode_utf16().chain([0]));
            // SAFETY: the path ends with a zero.
            let library =
                unsafe { LoadLibraryExW(path.as_ptr(), core::ptr::null_mut(), LOAD_WITH_ALTERED_SEARCH_PATH) };
            if !library.is_null() {
                return library.expose_provenance();
            }
        }
        let name: Vec<u16> = NAME.encode_utf16().chain([0]).collect();
        // SAFETY: the name ends with a zero.
        unsafe { LoadLibraryW(name.as_ptr()) }.expose_provenance()
    }

    /// The folder of the library that this is linked into, with a separator at its end.
    fn folder() -> Option<Vec<u16>> {
        const LONGEST: usize = 32_768;
        let mut path = vec![0; LONGEST];
        let library = core::ptr::with_exposed_provenance_mut(holder(folder as *const c_void));
        // SAFETY: the buffer holds so many units.
        let length = unsafe { GetModuleFileNameW(library, path.as_mut_ptr(), LONGEST as u32) } as usize;
        path.truncate(length.min(LONGEST));
        let separator = path.iter().rposition(|unit| *unit == u16::from(b'\\'))?;
        path.truncate(separator + 1);
        Some(path)
    }

    pub(super) fn real(file: &str) -> Option<usize> {
        let library = installed(file).ok()?;
        // SAFETY: the library is loaded.
        let simulated = unsafe { export(library, c"HcsSimIsSimulated") }.is_some();
        (!simulated).then_some(library)
    }

    /// By its full path: by its name alone the loader would give the library back that asks.
    pub(super) fn installed(file: &str) -> io::Result<usize> {
        let mut path = [0; 300];
        // SAFETY: the buffer holds so many units, without those of the file's name.
        let length = unsafe { GetSystemDirectoryW(path.as_mut_ptr(), 260) } as usize;
        let file: Vec<u16> = format!("\\{file}\0").encode_utf16().collect();
        let place = path.get_mut(length..length + file.len()).filter(|_| length > 0);
        place.ok_or(io::ErrorKind::InvalidFilename)?.copy_from_slice(&file);
        // SAFETY: the path ends with a zero.
        let library = unsafe { LoadLibraryExW(path.as_ptr(), core::ptr::null_mut(), LOAD_WITH_ALTERED_SEARCH_PATH) };
        if library.is_null() { Err(io::Error::last_os_error()) } else { Ok(library.expose_provenance()) }
    }

    /// The library that a function is in.
    pub(super) fn holder(function: *const c_void) -> usize {
        let mut library = core::ptr::null_mut();
        let how = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
        // SAFETY: the address is looked up, never followed; the pointer is to a local.
        let found = unsafe { GetModuleHandleExW(how, function.cast(), &raw mut library) };
        if found == 0 { 0 } else { library.addr() }
    }

    /// This host's build.
    pub(super) fn build() -> Option<u32> {
        unsafe extern "system" {
            fn RtlGetVersion(version: *mut OSVERSIONINFOW) -> i32;
        }
        let mut version =
            OSVERSIONINFOW { dwOSVersionInfoSize: size_of::<OSVERSIONINFOW>() as u32, ..Default::default() };
        // SAFETY: the structure says its own size.
        let status = unsafe { RtlGetVersion(&raw mut version) };
        (status == 0).then_some(version.dwBuildNumber)
    }

    /// # Safety
    /// The library is loaded.
    pub(super) unsafe fn export(library: usize, name: &CStr) -> Option<*const c_void> {
        // SAFETY: as the caller vouches; the name ends with a zero.
        let found = unsafe { GetProcAddress(core::ptr::with_exposed_provenance_mut(library), name.as_ptr().cast()) };
        found.map(|function| function as *const c_void)
    }
}

#[cfg(unix)]
mod system {
    use core::ffi::{CStr, c_void};
    use std::ffi::CString;

    #[cfg(target_os = "macos")]
    const NAME: &str = "libcomputecore.dylib";
    #[cfg(not(target_os = "macos"))]
    const NAME: &str = "libcomputecore.so";

    pub(super) fn load() -> usize {
        let beside = folder().and_then(|folder| CString::new(format!("{folder}/{NAME}")).ok());
        let names = [beside, CString::new(NAME).ok()];
        // SAFETY: the names end with a zero.
        let load = |name: CString| unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
        names
            .into_iter()
            .flatten()
            .map(load)
            .find(|library| !library.is_null())
            .map_or(0, |library| library.expose_provenance())
    }

    /// The folder of the library that this is linked into.
    fn folder() -> Option<String> {
        // SAFETY: the record is plain data, which the call fills; the name in it lives as long as the library.
        unsafe {
            let mut about: libc::Dl_info = core::mem::zeroed();
            if libc::dladdr(folder as *const c_void, &raw mut about) == 0 || about.dli_fname.is_null() {
                return None;
            }
            let path = CStr::from_ptr(about.dli_fname).to_str().ok()?;
            Some(path.rsplit_once('/')?.0.to_owned())
        }
    }

    /// # Safety
    /// The library is loaded.
    pub(super) unsafe fn export(library: usize, name: &CStr) -> Option<*const c_void> {
        // SAFETY: as the caller vouches; the name ends with a zero.
        let found = unsafe { libc::dlsym(core::ptr::with_exposed_provenance_mut(library), name.as_ptr()) };
        (!found.is_null()).then_some(found.cast_const())
    }
}
