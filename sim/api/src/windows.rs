//! The real service: `computecore.dll`, `computestorage.dll`, `vmcompute.dll` and `virtdisk.dll`, loaded late, so that a
//! program without them still starts and says so.
//!
//! A call that this host's DLL does not export answers `ERROR_PROC_NOT_FOUND`, as the double does for its builds.
//!
//! | file | what is there |
//! |---|---|
//! | `hcs` | the exports of `computecore.dll` |
//! | `stream` | standard streams |
//! | `storage` | the exports of `computestorage.dll` |
//! | `disk` | the exports of `virtdisk.dll` |
//! | `legacy` | the exports of `vmcompute.dll` |

#![expect(unsafe_code, reason = "calls into a DLL are pointers that its pages vouch for")]

mod disk;
mod hcs;
mod legacy;
mod storage;
mod stream;

use core::ffi::c_void;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use hcs_rules::build::Build;
use hcs_rules::export::Dll as Which;
use hcs_rules::hresult::Hresult;
use windows_sys::Win32::Foundation::{FARPROC, HMODULE, LocalFree};
use windows_sys::Win32::System::LibraryLoader::{
    GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LOAD_WITH_ALTERED_SEARCH_PATH, LoadLibraryExW,
};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use self::stream::Lane;
use crate::hcs::{EventCallback, OperationCallback, Outcome, Text};
use crate::legacy::NotificationCallback;

/// The real service of this host. Its clones share the loaded DLLs.
#[derive(Clone)]
pub struct Windows(Arc<Library>);

/// The DLLs, and what callbacks need for as long as their handles are open.
struct Library {
    core: Dll,
    /// Where the others are; `None` is System32.
    folder: Option<PathBuf>,
    storage: OnceLock<Option<Dll>>,
    disks: OnceLock<Option<Dll>>,
    older: OnceLock<Option<Dll>>,
    contexts: Mutex<BTreeMap<u64, usize>>,
    callbacks: Mutex<BTreeMap<u64, Vec<Box<Callback>>>>,
    /// The streams that futures have used.
    lanes: Mutex<BTreeMap<u64, Arc<Lane>>>,
}

/// A DLL that is loaded, for good.
#[derive(Clone, Copy)]
struct Dll(usize);

impl Dll {
    fn load(path: &Path, flags: u32) -> io::Result<Dll> {
        use std::os::windows::ffi::OsStrExt as _;
        let path: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
        // SAFETY: the path ends with a zero.
        let module = unsafe { LoadLibraryExW(path.as_ptr(), core::ptr::null_mut(), flags) };
        if module.is_null() { Err(io::Error::last_os_error()) } else { Ok(Dll(module as usize)) }
    }

    /// An export. The name ends with a zero.
    fn symbol(self, name: &str) -> FARPROC {
        debug_assert!(name.ends_with('\0'), "the loader reads up to a zero");
        // SAFETY: the module stays loaded; the name ends with a zero.
        unsafe { GetProcAddress(self.0 as HMODULE, name.as_ptr()) }
    }
}

/// What a callback's context points to.
enum Callback {
    Operation(OperationCallback),
    Event(EventCallback),
    Notification(NotificationCallback),
}

impl std::fmt::Debug for Windows {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("computecore.dll")
    }
}

/// Looks an export up under its type; `None` if this DLL has it not.
macro_rules! export {
    ($dll:ident, $name:ident: fn($($Argument:ty),*) $(-> $Result:ty)?) => {{
        let found = $dll.symbol(concat!(stringify!($name), "\0"));
        // SAFETY: the header declares the export with this signature.
        found.map(|found| unsafe {
            core::mem::transmute::<_, unsafe extern "system" fn($($Argument),*) $(-> $Result)?>(found)
        })
    }};
}

/// Calls an export that returns a code.
macro_rules! code {
    ($dll:ident.$name:ident($($value:expr => $Argument:ty),*)) => {
        match export!($dll, $name: fn($($Argument),*) -> HRESULT) {
            // SAFETY: handles are the caller's, strings end with a zero and live through the call.
            Some(function) => Hresult(unsafe { function($($value),*) } as u32),
            None => ABSENT,
        }
    };
}

/// Calls an export that returns a code and a document.
macro_rules! outcome {
    ($dll:ident.$name:ident($($value:expr => $Argument:ty),*)) => {
        match export!($dll, $name: fn($($Argument,)* *mut PWSTR) -> HRESULT) {
            // SAFETY: as above; the document's pointer is to a local.
            Some(function) => $crate::windows::Windows::outcome(|document| unsafe { function($($value,)* document) }),
            None => Outcome::bare(ABSENT),
        }
    };
}

use {code, export, outcome};

impl Windows {
    /// Loads `computecore.dll` from System32. The other DLLs are loaded from there when they are first needed.
    ///
    /// # Errors
    /// What the loader says: a host without the Virtual Machine Platform has no such file.
    pub fn load() -> io::Result<Windows> {
        Self::with(Dll::load(Path::new("computecore.dll"), LOAD_LIBRARY_SEARCH_SYSTEM32)?, None)
    }

    /// Loads another DLL with the same exports, by its full path. The other DLLs are those beside it.
    ///
    /// # Errors
    /// What the loader says.
    pub fn load_from(path: &Path) -> io::Result<Windows> {
        Self::with(Dll::load(path, LOAD_WITH_ALTERED_SEARCH_PATH)?, path.parent().map(Path::to_owned))
    }

    fn with(core: Dll, folder: Option<PathBuf>) -> io::Result<Windows> {
        let (storage, disks, older) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        let (contexts, callbacks, lanes) = (Mutex::default(), Mutex::default(), Mutex::default());
        Ok(Windows(Arc::new(Library { core, folder, storage, disks, older, contexts, callbacks, lanes })))
    }

    /// A DLL, loaded if it was not yet. `None` where this host has none.
    fn dll(&self, which: Which) -> Option<Dll> {
        let late = |name: &str| match &self.0.folder {
            Some(folder) => Dll::load(&folder.join(name), LOAD_WITH_ALTERED_SEARCH_PATH).ok(),
            None => Dll::load(Path::new(name), LOAD_LIBRARY_SEARCH_SYSTEM32).ok(),
        };
        match which {
            Which::Computecore => Some(self.0.core),
            Which::Computestorage => *self.0.storage.get_or_init(|| late(which.file())),
            Which::Virtdisk => *self.0.disks.get_or_init(|| late(which.file())),
            Which::Kernel32 => Dll::load(Path::new(which.file()), LOAD_LIBRARY_SEARCH_SYSTEM32).ok(),
            Which::Vmcompute => *self.0.older.get_or_init(|| late(which.file())),
        }
    }

    fn symbol(&self, name: &str) -> FARPROC {
        self.0.core.symbol(name)
    }

    /// The build of this host, if it is one that the rows describe.
    pub fn build(&self) -> Option<Build> {
        use windows_sys::Win32::System::SystemInformation::OSVERSIONINFOW;
        unsafe extern "system" {
            fn RtlGetVersion(version: *mut OSVERSIONINFOW) -> i32;
        }
        let mut version =
            OSVERSIONINFOW { dwOSVersionInfoSize: size_of::<OSVERSIONINFOW>() as u32, ..Default::default() };
        // SAFETY: the structure says its own size.
        let status = unsafe { RtlGetVersion(&raw mut version) };
        if status == 0 { Build::from_number(version.dwBuildNumber) } else { None }
    }

    /// Keeps a callback for as long as its handle is open; the pointer is its context.
    fn keep(&self, callback: Callback) -> (Box<Callback>, *const c_void) {
        let callback = Box::new(callback);
        let context = (&raw const *callback).cast();
        (callback, context)
    }

    fn own(&self, handle: u64, callback: Box<Callback>) {
        let mut callbacks = self.0.callbacks.lock().unwrap_or_else(PoisonError::into_inner);
        callbacks.entry(handle).or_default().push(callback);
    }

    fn disown(&self, handle: u64) {
        self.0.callbacks.lock().unwrap_or_else(PoisonError::into_inner).remove(&handle);
        self.0.contexts.lock().unwrap_or_else(PoisonError::into_inner).remove(&handle);
    }

    /// Reads a document and frees it.
    fn take(document: PWSTR) -> Option<Arc<str>> {
        if document.is_null() {
            return None;
        }
        let mut length = 0;
        // SAFETY: a document ends with a zero.
        while unsafe { document.add(length).read() } != 0 {
            length += 1;
        }
        // SAFETY: so many units have just been read.
        let text = String::from_utf16_lossy(unsafe { core::slice::from_raw_parts(document, length) });
        // SAFETY: the caller owns the document and frees it once.
        unsafe { LocalFree(document.cast()) };
        Some(text.into())
    }

    fn outcome(call: impl FnOnce(*mut PWSTR) -> HRESULT) -> Outcome {
        let mut document = core::ptr::null_mut();
        let code = call(&raw mut document);
        Outcome { code: Hresult(code as u32), document: Self::take(document) }
    }
}

/// A string for a call, kept alive by its owner.
struct Wide(Option<Vec<u16>>);

impl Wide {
    fn new(text: Text<'_>) -> Wide {
        Wide(match text {
            Text::Null => None,
            // What is not well formed stays so: a lone surrogate.
            Text::Malformed => Some(vec![0xD800, 0]),
            Text::Some(text) => Some(text.encode_utf16().chain([0]).collect()),
        })
    }

    fn pointer(&self) -> PCWSTR {
        self.0.as_ref().map_or(core::ptr::null(), |units| units.as_ptr())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn raw(handle: u64) -> *mut c_void {
    handle as usize as *mut c_void
}
