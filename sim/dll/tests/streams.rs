//! Streams give everything back, however they end: descriptors and threads. A program of its own, because it counts them.
#![cfg(target_os = "linux")]
#![expect(unsafe_code, reason = "the client's side of a C ABI")]

mod common;
#[path = "common/process.rs"]
mod helper;

use std::io::{Read, Write};
use std::ptr::{null, null_mut};
use std::time::{Duration, Instant};

use common::{operation, wide};
use hcs_rules::build::Build;
use helper::{container, end, spawn};
use windows_sys::Win32::System::HostComputeSystem::*;

/// How many descriptors are open, and how many threads copy.
fn held() -> (usize, usize) {
    let descriptors = std::fs::read_dir("/proc/self/fd").expect("Linux").count();
    let threads = std::fs::read_dir("/proc/self/task").expect("Linux");
    let copies = threads.filter(|thread| {
        let name = thread.as_ref().map(|thread| std::fs::read_to_string(thread.path().join("comm")));
        matches!(name, Ok(Ok(name)) if name.trim_end() == "hcs-sim stream")
    });
    (descriptors, copies.count())
}

/// Waits until so much is held: threads take a moment to begin and to end.
fn settle(expected: (usize, usize), what: &str) {
    let limit = Instant::now() + Duration::from_secs(20);
    while held() != expected {
        assert!(Instant::now() < limit, "{what}: {expected:?} expected, {:?} held", held());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn nothing_is_left_of_streams_however_they_end() {
    let before = held();
    assert_eq!(before.1, 0);
    let system = container("ends");

    for _ in 0..20 {
        let mut process = spawn(system, "cmd /c echo hi", "ioe");
        assert!(process.id > 0 && process.stdin.is_some());
        let mut out = String::new();
        process.stdout.as_mut().expect("piped").read_to_string(&mut out).expect("read");
        assert_eq!((out.as_str(), process.wait()), ("hi\r\n", 0));
        process.close();
    }
    settle(before, "read to the end");

    for _ in 0..20 {
        let mut process = spawn(system, "sim-flood", "ioe");
        drop((process.stdin.take(), process.stdout.take(), process.stderr.take()));
        process.wait();
        process.close();
    }
    settle(before, "closed by the caller");

    for _ in 0..20 {
        let mut process = spawn(system, "sim-idle", "ioe");
        process.stdin.as_mut().expect("piped").write_all(&[b'x'; 1 << 10]).expect("there is room");
        assert_eq!(process.call(HcsTerminateProcess, None).1, 0);
        process.close();
    }
    settle(before, "terminated");

    for _ in 0..20 {
        let (work, mut process) = (operation(), null_mut());
        let parameters = wide(r#"{"CommandLine":"sim-idle","CreateStdInPipe":true,"CreateStdOutPipe":true}"#);
        // SAFETY: handles are live, pointers are NULL or to locals.
        unsafe {
            assert_eq!(HcsCreateProcess(system, parameters.as_ptr(), work, null(), &raw mut process), 0);
            assert_eq!(HcsWaitForOperationResultAndProcessInfo(work, u32::MAX, null_mut(), null_mut()), 0);
            HcsCloseProcess(process);
            HcsCloseOperation(work);
        }
    }
    assert_eq!(held(), before, "streams that nobody has taken are none of the host's");

    let processes: Vec<_> = (0..20).map(|_| spawn(system, "sim-idle", "oe")).collect();
    settle((before.0 + 80, 40), "a pipe and a thread for each stream");
    end(system);
    for mut process in processes {
        let mut nothing = String::new();
        process.stdout.as_mut().expect("piped").read_to_string(&mut nothing).expect("read");
        process.close();
    }
    settle(before, "ended with their system");

    // Whoever begins a new world has lost the old one, and its threads must see that.
    let system = container("old");
    let mut process = spawn(system, "sim-idle", "oe");
    hcs_sim_dll::reset(1, Build::SERVER_2022);
    let mut nothing = String::new();
    process.stdout.as_mut().expect("piped").read_to_string(&mut nothing).expect("read");
    assert_eq!(nothing, "");
    drop(process);
    settle(before, "left in an old world");

    let system = container("clean");
    let mut process = spawn(system, "cmd /c echo hi", "o");
    let mut out = String::new();
    process.stdout.take().expect("piped").read_to_string(&mut out).expect("read");
    process.close();
    end(system);
    // Who has seen the end of a stream finds nothing open.
    hcs_sim_dll::simulator().finish().assert_clean();
    settle(before, "at last");

    // A program without a standard input has descriptor 0 to give, which would read as NULL.
    // SAFETY: nobody in this program reads its standard input.
    assert_eq!(unsafe { libc::close(0) }, 0);
    let system = container("zero");
    let mut process = spawn(system, "cmd /c echo hi", "o");
    let mut out = String::new();
    process.stdout.take().expect("piped").read_to_string(&mut out).expect("read");
    assert_eq!(out, "hi\r\n");
    process.close();
    end(system);
    settle((before.0 - 1, 0), "without a standard input");
}
