//! Processes in a container: streams, signals, properties, ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::ptr::null_mut;

use windows_sys::Win32::System::HostComputeSystem::*;

use crate::common::take;
use crate::hears::{Ear, event};
use crate::running::{Started, container, end, spawn};

/// `GENERIC_ALL`
const ALL: u32 = 0x1000_0000;

/// Has an ear hear of a process.
fn listen(process: &Started, ear: &Ear) {
    // SAFETY: the handle is live, and the ear outlives it.
    assert_eq!(unsafe { HcsSetProcessCallback(process.handle, 0, ear.context(), Some(event)) }, 0);
}

/// Waits until an ear has heard of the exit, and for the process itself: the exit code.
fn over(process: &Started, ear: &Ear) -> u32 {
    let (kind, status) = ear.next();
    assert_eq!(kind, HcsEventProcessExited);
    let code = process.wait();
    assert!(status.contains(&format!(r#""ExitCode":{code}"#)), "{status}");
    code
}

pub(crate) fn runs_to_its_end() {
    let (system, ear) = (container("echo"), Ear::new());
    let mut process = spawn(system, "cmd /c echo hi", "oe");
    assert!(process.stdin.is_none());
    listen(&process, &ear);
    let (mut out, mut err) = (String::new(), String::new());
    process.stdout.take().expect("piped").read_to_string(&mut out).expect("read");
    process.stderr.take().expect("piped").read_to_string(&mut err).expect("read");
    assert_eq!((out.as_str(), err.as_str()), ("hi\r\n", ""));
    assert_eq!(over(&process, &ear), 0);
    let mut status = null_mut();
    // SAFETY: the handle is live, the pointer is to a local.
    let code = unsafe { HcsWaitForProcessExit(process.handle, u32::MAX, &raw mut status) };
    let expected = format!(r#"{{"ProcessId":{},"Exited":true,"ExitCode":0,"LastWaitResult":0}}"#, process.id);
    assert_eq!((code, take(status)), (0, expected));
    process.close();

    let process = spawn(system, "cmd /c exit 42", "");
    assert!(process.stdout.is_none() && process.stderr.is_none());
    listen(&process, &ear);
    assert_eq!(over(&process, &ear), 42);
    process.close();
    end(system);
    ear.is_silent();
}

pub(crate) fn is_signalled_and_terminated() {
    let (system, ear) = (container("signals"), Ear::new());
    let mut process = spawn(system, "sim-echo-signals", "io");
    let mut stdout = BufReader::new(process.stdout.take().expect("piped"));
    assert_eq!(process.call(HcsSignalProcess, Some(r#"{"Signal":"CtrlBreak"}"#)), (0, 0, String::new()));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("read");
    assert_eq!(line, "CtrlBreak\r\n");
    let (call, code, _) = process.call(HcsSignalProcess, Some("no JSON"));
    assert_eq!((call, code), (0, 0x8007_000D));

    let mut second = null_mut();
    // SAFETY: handles are live, pointers are to locals.
    unsafe {
        assert_eq!(HcsOpenProcess(system, process.id, ALL, &raw mut second), 0);
        let second = Started { handle: second, id: process.id, stdin: None, stdout: None, stderr: None };
        listen(&second, &ear);
        assert_eq!(second.call(HcsTerminateProcess, None).1, 0);
        assert_eq!((over(&second, &ear), process.wait()), (1067, 1067));
        let (call, code, _) = second.call(HcsTerminateProcess, None);
        assert_eq!(call | code, 0x8037_011F);
        second.close();
        let mut third = process.handle;
        assert_eq!(HcsOpenProcess(system, 1, ALL, &raw mut third) as u32, 0x8007_0490);
        assert!(third.is_null(), "a call that fails leaves no handle behind");
        assert_eq!(HcsOpenProcess(system, process.id, 1, &raw mut third) as u32, 0x8007_0057);
    }
    process.close();
    end(system);
    ear.is_silent();
}

pub(crate) fn tells_of_itself_and_is_changed() {
    let (system, ear) = (container("changes"), Ear::new());
    let mut process = spawn(system, "sim-size", "ioc");
    listen(&process, &ear);
    let mut stdout = BufReader::new(process.stdout.take().expect("piped"));
    let mut size = || {
        let mut line = String::new();
        stdout.read_line(&mut line).expect("read");
        line
    };
    let before = size();
    let resize = r#"{"Operation":"ConsoleSize","ConsoleSize":{"Height":50,"Width":132}}"#;
    assert_eq!(process.call(HcsModifyProcess, Some(resize)), (0, 0, String::new()));
    process.stdin.as_mut().expect("piped").write_all(b"\n").expect("written");
    assert_ne!(before, "132x50\r\n");
    assert_eq!(size(), "132x50\r\n");
    let (call, code, properties) = process.call(HcsGetProcessProperties, None);
    assert_eq!((call, code), (0, 0));
    assert!(properties.contains(r#""Exited":false"#), "{properties}");

    // The service can close a stream whose pipe is somebody else's.
    let close = r#"{"Operation":"CloseHandle","CloseHandle":{"Handle":"StdIn"}}"#;
    assert_eq!(process.call(HcsModifyProcess, Some(close)), (0, 0, String::new()));
    assert_eq!(over(&process, &ear), 0);
    let (_, _, properties) = process.call(HcsGetProcessProperties, None);
    assert!(properties.contains(r#""Exited":true"#), "{properties}");
    process.close();
    end(system);
    ear.is_silent();
}
