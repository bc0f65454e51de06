//! Streams and events as programs of Windows use them without threads: reads and writes in the background.

#![expect(unsafe_code, reason = "the client's side of a C ABI")]

mod common;
#[path = "common/process.rs"]
#[expect(dead_code, reason = "processes are made by hand here, for their raw handles")]
mod helper;

use std::ptr::{null, null_mut};

use common::{operation, wide};
#[cfg(not(windows))]
use hcs_sim_dll as _;
use helper::{container, end, running};
use windows_sys::Win32::Foundation::*;
use windows_sys::Win32::Storage::FileSystem::{ReadFile, WriteFile};
use windows_sys::Win32::System::HostComputeSystem::*;
use windows_sys::Win32::System::IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED};
use windows_sys::Win32::System::Threading::{CreateEventW, INFINITE, ResetEvent, SetEvent, WaitForSingleObject};

/// How long the tests wait for what must come.
const SOON: u32 = 20_000;

fn event() -> HANDLE {
    // SAFETY: everything may be NULL.
    let event = unsafe { CreateEventW(null(), 1, 0, null()) };
    assert!(!event.is_null());
    event
}

fn record() -> Box<OVERLAPPED> {
    Box::new(OVERLAPPED { hEvent: event(), ..OVERLAPPED::default() })
}

/// Waits for what was begun, and gives how many bytes it moved, or why it failed.
fn result(handle: HANDLE, record: &OVERLAPPED) -> Result<u32, WIN32_ERROR> {
    let mut count = 0;
    // SAFETY: the record is one that something was begun with.
    unsafe {
        assert_eq!(WaitForSingleObject(record.hEvent, SOON), WAIT_OBJECT_0);
        match GetOverlappedResult(handle, record, &raw mut count, 1) {
            0 => Err(GetLastError()),
            _ => Ok(count),
        }
    }
}

fn begun(result: i32) {
    // SAFETY: the call has no requirements.
    assert!(result != 0 || unsafe { GetLastError() } == ERROR_IO_PENDING);
}

/// A shell with its handles.
fn shell(system: HCS_SYSTEM, command: &str) -> (HCS_PROCESS, HCS_PROCESS_INFORMATION) {
    let (work, mut process) = (operation(), null_mut());
    let parameters = format!(r#"{{"CommandLine":"{command}","CreateStdInPipe":true,"CreateStdOutPipe":true}}"#);
    let mut information = HCS_PROCESS_INFORMATION::default();
    // SAFETY: handles are live, pointers are to locals.
    unsafe {
        assert_eq!(HcsCreateProcess(system, wide(&parameters).as_ptr(), work, null(), &raw mut process), 0);
        assert_eq!(HcsWaitForOperationResultAndProcessInfo(work, u32::MAX, &raw mut information, null_mut()), 0);
        HcsCloseOperation(work);
    }
    (process, information)
}

#[test]
fn a_read_waits_in_the_background_while_the_same_thread_writes() {
    let system = container("background");
    let (process, HCS_PROCESS_INFORMATION { StdInput: input, StdOutput: output, .. }) = shell(system, "cmd /q");
    let (mut reading, mut writing, mut buffer) = (record(), record(), [0_u8; 64]);
    // SAFETY: handles are live; records and buffers live until what was begun has ended.
    unsafe {
        begun(ReadFile(output, buffer.as_mut_ptr(), 64, null_mut(), &raw mut *reading));
        assert_eq!(WaitForSingleObject(reading.hEvent, 20), WAIT_TIMEOUT, "there is nothing to read");
        let mut count = 0;
        assert_eq!(GetOverlappedResult(output, &raw const *reading, &raw mut count, 0), 0);
        assert_eq!(GetLastError(), ERROR_IO_INCOMPLETE);

        let line = b"echo hi\r\n";
        begun(WriteFile(input, line.as_ptr(), line.len() as u32, null_mut(), &raw mut *writing));
        assert_eq!(result(input, &writing), Ok(line.len() as u32));
        assert_eq!(result(output, &reading), Ok(4));
        assert_eq!(&buffer[..4], b"hi\r\n");

        // The shell ends with its input, and its output with it.
        assert_eq!(CloseHandle(input), 1);
        let at_once = ReadFile(output, buffer.as_mut_ptr(), 64, null_mut(), &raw mut *reading);
        let ended = if at_once == 0 && GetLastError() != ERROR_IO_PENDING {
            Err(GetLastError())
        } else {
            result(output, &reading)
        };
        assert_eq!(ended, Err(ERROR_BROKEN_PIPE));
        assert_eq!(CloseHandle(output), 1);
        for event in [reading.hEvent, writing.hEvent] {
            assert_eq!(CloseHandle(event), 1);
        }
        HcsCloseProcess(process);
    }
    end(system);
}

#[test]
fn what_goes_on_in_the_background_is_cancelled() {
    let system = container("cancelled");
    let (process, HCS_PROCESS_INFORMATION { StdInput: input, StdOutput: output, .. }) = shell(system, "cmd /q");
    let (mut reading, mut buffer) = (record(), [0_u8; 64]);
    // SAFETY: as above.
    unsafe {
        // Wine cancels what is not there, too.
        if cfg!(not(windows)) {
            assert_eq!(CancelIoEx(output, null()), 0, "nothing goes on");
            assert_eq!(GetLastError(), ERROR_NOT_FOUND);
        }
        for everything in [false, true] {
            begun(ReadFile(output, buffer.as_mut_ptr(), 64, null_mut(), &raw mut *reading));
            let other = OVERLAPPED::default();
            if cfg!(not(windows)) {
                assert_eq!(CancelIoEx(output, &raw const other), 0, "that one does not go on");
            }
            let which = if everything { null() } else { &raw const *reading };
            assert_eq!(CancelIoEx(output, which), 1);
            assert_eq!(result(output, &reading), Err(ERROR_OPERATION_ABORTED));
        }
        // Nothing is lost by that.
        let mut count = 0;
        assert_eq!(WriteFile(input, b"echo hi\r\n".as_ptr(), 9, &raw mut count, null_mut()), 1);
        assert_eq!(ReadFile(output, buffer.as_mut_ptr(), 64, &raw mut count, null_mut()), 1, "without a record, too");
        assert_eq!(&buffer[..count as usize], &b"hi\r\n"[..count as usize]);
        for handle in [input, output, reading.hEvent] {
            assert_eq!(CloseHandle(handle), 1);
        }
        HcsCloseProcess(process);
    }
    end(system);
}

const LINUX: &str = r#"{"VirtualMachine":{"Chipset":{"LinuxKernelDirect":{"KernelFilePath":"C:\\kernel"}},"ComputeTopology":{"Memory":{"SizeInMB":256},"Processor":{"Count":1}},"GuestConnection":{}}}"#;

#[test]
fn much_is_written_in_the_background_while_the_same_thread_reads() {
    let system = running("much, in the background", LINUX);
    let (process, HCS_PROCESS_INFORMATION { StdInput: input, StdOutput: output, .. }) = shell(system, "cat");
    let (mut writing, mut reading, mut buffer) = (record(), record(), vec![0_u8; 1 << 16]);
    let lines = "x\n".repeat(100_000).into_bytes();
    let (mut told, mut written) = (0, false);
    // SAFETY: as above.
    unsafe {
        begun(WriteFile(input, lines.as_ptr(), lines.len() as u32, null_mut(), &raw mut *writing));
        loop {
            let at_once = ReadFile(output, buffer.as_mut_ptr(), 1 << 16, null_mut(), &raw mut *reading);
            let ended = at_once == 0 && GetLastError() != ERROR_IO_PENDING;
            let count = if ended { Err(GetLastError()) } else { result(output, &reading) };
            match count {
                Ok(count) => told += buffer[..count as usize].iter().filter(|byte| **byte == b'\n').count(),
                Err(error) => {
                    assert_eq!(error, ERROR_BROKEN_PIPE);
                    break;
                }
            }
            if !written && WaitForSingleObject(writing.hEvent, 0) == WAIT_OBJECT_0 {
                assert_eq!(result(input, &writing), Ok(lines.len() as u32));
                written = true;
                CloseHandle(input);
            }
        }
        assert_eq!(told, 100_000);
        for handle in [output, reading.hEvent, writing.hEvent] {
            assert_eq!(CloseHandle(handle), 1);
        }
        HcsCloseProcess(process);
    }
    end(system);
}

#[test]
fn events_are_set_and_reset() {
    // SAFETY: everything may be NULL; names end with a zero.
    unsafe {
        let manual = CreateEventW(null(), 1, 1, null());
        assert_eq!([WaitForSingleObject(manual, 0), WaitForSingleObject(manual, INFINITE)], [WAIT_OBJECT_0; 2]);
        assert_eq!(ResetEvent(manual), 1);
        assert_eq!(WaitForSingleObject(manual, 1), WAIT_TIMEOUT);
        assert_eq!(CloseHandle(manual), 1);

        let automatic = CreateEventW(null(), 0, 0, null());
        assert_eq!(SetEvent(automatic), 1);
        assert_eq!(WaitForSingleObject(automatic, 0), WAIT_OBJECT_0);
        assert_eq!(WaitForSingleObject(automatic, 0), WAIT_TIMEOUT, "it has let one through");
        let bits = automatic.addr();
        let setter = std::thread::spawn(move || SetEvent(core::ptr::without_provenance_mut(bits)));
        assert_eq!(WaitForSingleObject(automatic, SOON), WAIT_OBJECT_0);
        assert_eq!(setter.join().expect("joined"), 1);
        assert_eq!(CloseHandle(automatic), 1);

        let name = wide(&format!("hcs-sim events {}", std::process::id()));
        let first = CreateEventW(null(), 1, 0, name.as_ptr());
        assert_eq!(GetLastError(), 0);
        let second = CreateEventW(null(), 1, 0, name.as_ptr());
        assert_eq!(GetLastError(), ERROR_ALREADY_EXISTS);
        assert_eq!(SetEvent(first), 1);
        assert_eq!(WaitForSingleObject(second, 0), WAIT_OBJECT_0);
        assert_eq!((CloseHandle(first), CloseHandle(second)), (1, 1));

        SetLastError(17);
        assert_eq!(GetLastError(), 17);
        for call in [SetEvent(null_mut()), ResetEvent(null_mut())] {
            assert_eq!((call, GetLastError()), (0, ERROR_INVALID_HANDLE));
        }
        assert_eq!(WaitForSingleObject(null_mut(), 0), WAIT_FAILED);
    }
}
