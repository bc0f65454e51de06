//! Libraries that export no more than a build does: a program that asks whether there is an export takes its older path.

#![expect(unsafe_code, reason = "libraries are loaded, and their functions called")]

use core::ffi::{CStr, c_void};
use std::ffi::CString;
use std::path::{Path, PathBuf};

use hcs_rules::build::Build;
use hcs_scenarios::exports;

/// The folder in which cargo leaves the shared libraries: this test's own on Windows, the one above elsewhere.
fn folder() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows its own path");
    test.ancestors().nth(if cfg!(windows) { 1 } else { 2 }).expect("the test is in deps/").to_owned()
}

fn file(library: &str) -> String {
    format!("{}{library}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}

/// A test of this package alone does not build the libraries beside it. On Windows they are what it is linked to.
#[cfg(unix)]
fn build() {
    let folder = folder();
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "computecore", "--package", "computestorage", "--target-dir"]);
    cargo.arg(folder.parent().expect("the profile's folder is in the target folder"));
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().expect("cargo runs").success());
}

#[cfg(windows)]
fn build() {}

/// A loaded library, which stays so.
struct Library(*mut c_void);

impl Library {
    #[cfg(unix)]
    fn load(path: &Path) -> Library {
        let name = CString::new(path.to_str().expect("a path in UTF-8")).expect("no zero");
        // SAFETY: the name ends with a zero.
        Library(unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) })
    }

    #[cfg(windows)]
    fn load(path: &Path) -> Library {
        use std::os::windows::ffi::OsStrExt;
        let name: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
        // SAFETY: the name ends with a zero.
        Library(unsafe { windows_sys::Win32::System::LibraryLoader::LoadLibraryW(name.as_ptr()) })
    }

    /// What `dlsym` or `GetProcAddress` says of a name.
    fn find(&self, name: &CStr) -> Option<*const c_void> {
        // SAFETY: the library is loaded, the name ends with a zero.
        #[cfg(unix)]
        let found = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        // SAFETY: as above.
        #[cfg(windows)]
        let found = unsafe { windows_sys::Win32::System::LibraryLoader::GetProcAddress(self.0, name.as_ptr().cast()) }
            .map_or(core::ptr::null_mut(), |function| function as *mut c_void);
        (!found.is_null()).then_some(found.cast_const())
    }

    fn has(&self, name: &str) -> bool {
        self.find(&CString::new(name).expect("no zero")).is_some()
    }
}

#[test]
fn an_export_that_a_build_lacks_is_absent() {
    build();
    let libraries = [folder().join(file("computecore")), folder().join(file("computestorage"))];
    for build in [Build::SERVER_2019, Build::SERVER_2022, Build::SERVER_2025] {
        let into = std::env::temp_dir().join(format!("hcs-sim-exports-{}-{}", std::process::id(), build.number()));
        let told = exports::write(build, &libraries, &into).expect("written");
        let [core, storage] = ["computecore", "computestorage"].map(|name| Library::load(&into.join(file(name))));
        assert!(!core.0.is_null() && !storage.0.is_null(), "{told}");
        for (library, dll) in
            [(&core, hcs_rules::export::Dll::Computecore), (&storage, hcs_rules::export::Dll::Computestorage)]
        {
            for export in hcs_rules::export::EXPORTS.iter().filter(|export| export.dll == dll) {
                assert_eq!(library.has(export.name), export.on(build), "{} on {build:?}", export.name);
            }
            assert!(library.has("HcsSimIsSimulated"));
        }
        assert_eq!(told.contains("HcsCrashComputeSystem"), build < Build::SERVER_2022, "{told}");
        assert_eq!(
            leaves(&core),
            if build < Build::SERVER_2022 { "waited for an operation" } else { "waited for the exit" }
        );
        _ = std::fs::remove_dir_all(&into);
    }
}

/// What a client does that waits for a system's exit where it can, and for an operation where it cannot.
fn leaves(library: &Library) -> &'static str {
    type Create = unsafe extern "system" fn(*const c_void, *const c_void) -> *mut c_void;
    type Close = unsafe extern "system" fn(*mut c_void);
    type Wait = unsafe extern "system" fn(*mut c_void, u32, *mut *mut u16) -> i32;
    let find = |name| library.find(name);
    // SAFETY: the functions of these names have these signatures; the pointers are NULL or to what they gave.
    unsafe {
        let create: Create = core::mem::transmute(find(c"HcsCreateOperation").expect("every build has it"));
        let close: Close = core::mem::transmute(find(c"HcsCloseOperation").expect("every build has it"));
        let operation = create(core::ptr::null(), core::ptr::null());
        assert!(!operation.is_null());
        let (wait, on, way) = match find(c"HcsWaitForComputeSystemExit") {
            Some(wait) => (wait, core::ptr::null_mut(), "waited for the exit"),
            None => {
                (find(c"HcsWaitForOperationResult").expect("every build has it"), operation, "waited for an operation")
            }
        };
        let wait: Wait = core::mem::transmute(wait);
        assert_ne!(wait(on, 0, core::ptr::null_mut()), 0, "there is nothing to wait for");
        close(operation);
        way
    }
}

#[test]
fn a_library_without_some_of_its_exports_can_be_linked_to() {
    // What a linker of the machine thinks of it: there is one where there is a compiler.
    if cfg!(not(target_os = "linux")) {
        return;
    }
    build();
    let into = std::env::temp_dir().join(format!("hcs-sim-exports-{}-linked", std::process::id()));
    exports::write(Build::SERVER_2019, &[folder().join(file("computecore"))], &into).expect("written");
    let linked = |call: &str| {
        let source = into.join("program.c");
        std::fs::write(&source, format!("void *{call}(void *, void *);\nint main(void) {{ return !{call}(0, 0); }}\n"))
            .expect("written");
        let program = into.join("program");
        let mut cc = std::process::Command::new("cc");
        cc.arg(&source).arg("-o").arg(&program).arg("-L").arg(&into).arg("-lcomputecore");
        cc.arg(format!("-Wl,-rpath,{}", into.display()));
        let made = cc.output().expect("cc runs").status.success();
        made && std::process::Command::new(&program).status().expect("it runs").success()
    };
    assert!(linked("HcsCreateOperation"), "what is there");
    assert!(!linked("HcsCrashComputeSystem"), "what is not");
    _ = std::fs::remove_dir_all(&into);
}
