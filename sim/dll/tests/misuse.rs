//! What no client may do, done: each call answers, and none of them faults.

#![expect(unsafe_code, reason = "the client's side of a C ABI")]

mod common;
#[path = "common/disk.rs"]
#[expect(dead_code, reason = "no disk is made that would have to be closed")]
mod disk;
#[path = "common/process.rs"]
#[expect(dead_code, reason = "nobody reads what these processes write")]
mod helper;
#[path = "common/machine.rs"]
mod machine;

use std::ptr::{null, null_mut};

use common::{operation, wait, wide};
#[cfg(not(windows))]
use hcs_sim_dll as _;
use helper::{container, end, spawn};
use machine::create;
use windows_sys::Win32::Foundation::*;
use windows_sys::Win32::Storage::Vhd::*;
use windows_sys::Win32::System::HostComputeSystem::*;

/// `GENERIC_ALL`
const ALL: u32 = 0x1000_0000;

#[test]
fn bad_handles_and_pointers_are_answered() {
    let work = operation();
    // SAFETY: the calls answer NULL and stale handles; that is what is tested.
    unsafe {
        assert_eq!(HcsStartComputeSystem(null_mut(), work, null()) as u32, 0x8007_0057);
        assert_eq!(HcsStartComputeSystem(work, work, null()) as u32, 0x8007_0006);
        assert_eq!(HcsGetOperationId(null_mut()), u64::MAX);
        let (id, document) = (wide("out"), wide("{}"));
        let no_out = HcsCreateComputeSystem(id.as_ptr(), document.as_ptr(), work, null(), null_mut());
        assert_eq!(no_out as u32, 0x8007_0057);
        let lone_surrogate = [0xD800, 0];
        let mut system = null_mut();
        let bad_id = HcsCreateComputeSystem(lone_surrogate.as_ptr(), document.as_ptr(), work, null(), &raw mut system);
        assert_eq!(bad_id as u32, 0x8007_0057);
        let bad_document = HcsCreateComputeSystem(id.as_ptr(), lone_surrogate.as_ptr(), work, null(), &raw mut system);
        assert_eq!((bad_document, wait(work).0), (0, 0x8007_000D));
        HcsCloseComputeSystem(system);
        HcsCloseOperation(work);
        HcsCloseOperation(work);
        HcsCloseOperation(null_mut());
        HcsCloseComputeSystem(null_mut());
        assert_eq!(HcsGetOperationType(work), HcsOperationTypeNone);
        // No header declares what is not modelled any more.
        #[cfg(not(windows))]
        assert_eq!(hcs_sim_dll::computecore::HcsSystemControl() as u32, 0x8000_4001, "not modelled, and says so");
    }
}

#[test]
fn a_handle_of_the_service_is_none_of_the_operating_system() {
    let work = operation();
    // SAFETY: closing what is no handle is answered; that is what is tested.
    unsafe {
        assert_eq!((CloseHandle(work), GetLastError()), (0, ERROR_INVALID_HANDLE), "{work:?}");
        assert_ne!(HcsGetOperationId(work), u64::MAX, "it is open still");
        HcsCloseOperation(work);
    }
}

#[test]
fn misuse_of_processes_is_answered() {
    let work = operation();
    let system = container("misuse");
    let process = spawn(system, "sim-idle", "");
    let text = wide(r#"{"CommandLine":"cmd"}"#);
    let mut other = null_mut();
    // SAFETY: the calls answer NULL, stale and foreign handles; that is what is tested.
    unsafe {
        let call = |system, document, on, out| HcsCreateProcess(system, document, on, null(), out) as u32;
        assert_eq!(call(system, text.as_ptr(), work, null_mut()), 0x8007_0057);
        assert_eq!(call(system, null(), work, &raw mut other), 0x8007_0057);
        assert_eq!(call(null_mut(), text.as_ptr(), work, &raw mut other), 0x8007_0057);
        assert_eq!(call(process.handle, text.as_ptr(), work, &raw mut other), 0x8007_0006);
        assert_eq!(call(system, text.as_ptr(), null_mut(), &raw mut other), 0x8007_0057);
        assert_eq!(HcsOpenProcess(system, process.id, ALL, null_mut()) as u32, 0x8007_0057);
        assert_eq!(HcsOpenProcess(process.handle, process.id, ALL, &raw mut other) as u32, 0x8007_0006);
        assert!(other.is_null());

        let stale = spawn(system, "cmd /c exit 0", "").handle;
        HcsCloseProcess(stale);
        for (bad, code) in [(null_mut(), 0x8007_0057), (system, 0x8007_0006), (stale, 0x8007_0006)] {
            let bad: HANDLE = bad;
            for call in [HcsTerminateProcess, HcsSignalProcess, HcsGetProcessProperties, HcsModifyProcess] {
                assert_eq!(call(bad, work, text.as_ptr()) as u32, code);
            }
            assert_eq!(HcsGetProcessInfo(bad, work) as u32, code);
            assert_eq!(HcsSetProcessCallback(bad, 0, null(), None) as u32, code);
            assert_eq!(HcsWaitForProcessExit(bad, 0, null_mut()) as u32, code);
            HcsCloseProcess(bad);
        }
        assert_eq!(HcsModifyProcess(process.handle, work, null()) as u32, 0x8007_0057);
        assert_eq!(HcsWaitForProcessExit(process.handle, 0, null_mut()) as u32, 0x8037_0118);

        // A system that is not started has nothing to make a process in, and leaves a handle of a process that is none.
        let machine = create("misuse, not started", work);
        let mut none = null_mut();
        let refused = (call(machine, text.as_ptr(), work, &raw mut none), wait(work).0);
        assert_eq!(refused, (0, 0x8037_0105));
        HcsCloseProcess(none);
        HcsCloseComputeSystem(machine);
        HcsCloseOperation(work);
    }
    process.close();
    end(system);
    // On Windows this test has the world of the DLL, which this program cannot see into.
    #[cfg(not(windows))]
    for call in ["HcsCreateProcess", "HcsOpenProcess"] {
        let report = hcs_sim_dll::simulator().finish();
        let told = report.would_fault.iter().any(|text| text.contains(call) && text.contains("NullOut"));
        assert!(told, "{call}: {report}");
    }
}

#[test]
fn misuse_of_storage_is_answered() {
    let (path, document) = (wide(r"C:\nowhere"), wide("{}"));
    let foreign: HANDLE = core::ptr::without_provenance_mut(0x1234_5678);
    // SAFETY: the calls answer NULL and foreign handles; that is what is tested.
    unsafe {
        assert_eq!(HcsImportLayer(null(), null(), null()) as u32, 0x8007_0057);
        assert_eq!(HcsDestroyLayer(null()) as u32, 0x8007_0057);
        assert_eq!(HcsImportLayer(path.as_ptr(), path.as_ptr(), wide("no JSON").as_ptr()) as u32, 0x8037_010D);
        assert_eq!(HcsExportLayer(path.as_ptr(), path.as_ptr(), document.as_ptr(), null()) as u32 >> 31, 1);
        for disk in [null_mut(), foreign] {
            assert_eq!(disk::attach(disk), ERROR_INVALID_HANDLE);
            assert_ne!(HcsFormatWritableLayerVhd(disk), 0);
            assert_ne!(DetachVirtualDisk(disk, 0, 0), 0);
        }
        assert_eq!(disk::open(r"C:\nowhere\at\all.vhdx"), Err(ERROR_PATH_NOT_FOUND));
        assert_eq!(disk::create(r"C:\disks\odd.vhdx", 5, None), Err(ERROR_INVALID_PARAMETER));
        let nothing = CreateVirtualDisk(null(), null(), 0, null_mut(), 0, 0, null(), null(), null_mut());
        assert_eq!(nothing, ERROR_INVALID_PARAMETER);
    }
}
