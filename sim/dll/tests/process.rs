//! Processes, in nothing but the calls of `windows-sys` and plain files over the handles that they give.

#![expect(unsafe_code, reason = "the client's side of a C ABI")]

mod common;
#[path = "common/process.rs"]
mod helper;

use core::ffi::c_void;
use std::io::{BufRead, BufReader, Read, Write};
use std::ptr::{null, null_mut};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use common::{operation, wait, wide};
#[cfg(not(windows))]
use hcs_sim_dll as _;
use helper::{Started, container, end, running, spawn};
use windows_sys::Win32::Foundation::{
    CloseHandle, ERROR_BROKEN_PIPE, ERROR_INVALID_HANDLE, GetLastError, INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::Storage::FileSystem::{ReadFile, WriteFile};
use windows_sys::Win32::System::HostComputeSystem::*;

const SOON: Duration = Duration::from_secs(20);

#[test]
fn a_session_goes_back_and_forth() {
    let system = container("session");
    let mut process = spawn(system, "cmd /q", "ioe");
    let mut stdin = process.stdin.take().expect("piped");
    let mut stdout = BufReader::new(process.stdout.take().expect("piped"));
    for word in ["one", "two", "three"] {
        writeln!(stdin, "echo {word}").expect("written");
        let mut line = String::new();
        stdout.read_line(&mut line).expect("read");
        assert_eq!(line, format!("{word}\r\n"));
    }
    writeln!(stdin, "exit 7").expect("written");
    assert_eq!(process.wait(), 7);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("read");
    process.stderr.take().expect("piped").read_to_string(&mut rest).expect("read");
    assert_eq!(rest, "", "nothing more was said, and nothing was wrong");
    process.close();

    // The end of its input ends a shell too.
    let mut process = spawn(system, "cmd /q", "i");
    drop(process.stdin.take());
    assert_eq!(process.wait(), 0);
    process.close();
    end(system);
}

const LINUX: &str = r#"{"VirtualMachine":{"Chipset":{"LinuxKernelDirect":{"KernelFilePath":"C:\\kernel"}},"ComputeTopology":{"Memory":{"SizeInMB":256},"Processor":{"Count":1}},"GuestConnection":{}}}"#;

/// So much that it fits neither the pipe nor the simulated stream.
const MUCH: usize = 1 << 20;

#[test]
fn much_goes_through_a_process_in_both_directions_and_none_of_it_is_lost() {
    let system = running("much", LINUX);
    let mut process = spawn(system, "cat", "io");
    let bytes: Vec<u8> = (0..MUCH).map(|at| (at * 31 % 251) as u8).collect();
    let (mut stdin, mut stdout) = (process.stdin.take().expect("piped"), process.stdout.take().expect("piped"));
    let sent = bytes.clone();
    let writer = std::thread::spawn(move || stdin.write_all(&sent));
    let mut back = Vec::new();
    stdout.read_to_end(&mut back).expect("read");
    writer.join().expect("joined").expect("written");
    assert!(back == bytes, "{} bytes came back of {MUCH}", back.len());
    assert_eq!(process.wait(), 0);
    process.close();

    // What a process has written before its end can be read after it.
    let mut process = spawn(system, "echo last words", "o");
    assert_eq!(process.wait(), 0);
    let mut words = String::new();
    process.stdout.take().expect("piped").read_to_string(&mut words).expect("read");
    assert_eq!(words, "last words\n");
    process.close();
    end(system);
}

#[test]
fn an_end_that_is_closed_on_one_side_is_closed_on_the_other() {
    let system = container("ends");
    let mut process = spawn(system, "sim-flood", "o");
    let mut some = [0; 1000];
    process.stdout.as_mut().expect("piped").read_exact(&mut some).expect("read");
    drop(process.stdout.take());
    // Nobody reads any more: a flood ends of that.
    process.wait();
    process.close();

    let mut process = spawn(system, "sim-idle", "i");
    assert_eq!(process.call(HcsTerminateProcess, None).1, 0);
    assert_eq!(process.wait(), 1067);
    let mut stdin = process.stdin.take().expect("piped");
    let broken = (0..1000).find_map(|_| {
        std::thread::sleep(Duration::from_millis(1));
        stdin.write_all(b"anybody?").err()
    });
    assert_eq!(broken.map(|error| error.kind()), Some(std::io::ErrorKind::BrokenPipe));
    process.close();
    end(system);
}

/// What a client writes before it has standard input closed is read, whatever lies between: clients send a whole file so.
#[test]
fn what_was_written_before_standard_input_is_closed_is_read() {
    let system = container("sent");
    let close = r#"{"Operation":"CloseHandle","CloseHandle":{"Handle":"StdIn"}}"#;
    for round in 0..100 {
        let mut process = spawn(system, "cmd /q", "io");
        let mut stdin = process.stdin.take().expect("a pipe");
        writeln!(stdin, "echo {round}\r").expect("written");
        assert_eq!(process.call(HcsModifyProcess, Some(close)), (0, 0, String::new()));
        let mut output = String::new();
        process.stdout.take().expect("a pipe").read_to_string(&mut output).expect("read");
        assert_eq!((output, process.wait()), (format!("{round}\r\n"), 0));
        process.close();
    }
    // One that reads nothing keeps nobody waiting.
    let mut process = spawn(system, "sim-idle", "i");
    let mut stdin = process.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || _ = stdin.write_all(&[b'x'; 1 << 20]));
    let before = Instant::now();
    while before.elapsed() < Duration::from_millis(50) {
        std::thread::yield_now();
    }
    assert_eq!(process.call(HcsModifyProcess, Some(close)), (0, 0, String::new()));
    assert!(before.elapsed() < Duration::from_millis(900), "{:?}", before.elapsed());
    process.close();
    end(system);
    writer.join().expect("the pipe is broken, or not");
}

#[test]
fn streams_are_handles_to_read_write_and_close() {
    let system = container("handles");
    let (work, mut process) = (operation(), null_mut());
    let parameters = wide(r#"{"CommandLine":"cmd /q","CreateStdInPipe":true,"CreateStdOutPipe":true}"#);
    let mut information = HCS_PROCESS_INFORMATION::default();
    let mut buffer = [0; 64];
    // SAFETY: handles are live, pointers are to locals, counts are theirs.
    unsafe {
        assert_eq!(HcsCreateProcess(system, parameters.as_ptr(), work, null(), &raw mut process), 0);
        assert_eq!(HcsWaitForOperationResultAndProcessInfo(work, u32::MAX, &raw mut information, null_mut()), 0,);
        let HCS_PROCESS_INFORMATION { StdInput: input, StdOutput: output, StdError: error, .. } = information;
        assert!(error.is_null(), "nobody has asked for it");
        let (line, mut count) = (b"echo hi\n", 0);
        assert_eq!(WriteFile(input, line.as_ptr(), 8, &raw mut count, null_mut()), 1);
        assert_eq!(count, 8);
        let mut told = Vec::new();
        while !told.ends_with(b"\n") {
            assert_eq!(ReadFile(output, buffer.as_mut_ptr(), 64, &raw mut count, null_mut()), 1);
            told.extend_from_slice(&buffer[..count as usize]);
        }
        assert_eq!(told, b"hi\r\n");
        assert_eq!(CloseHandle(input), 1);
        assert_eq!(ReadFile(output, buffer.as_mut_ptr(), 64, &raw mut count, null_mut()), 0, "the shell is over");
        assert_eq!((GetLastError(), count), (ERROR_BROKEN_PIPE, 0));
        assert_eq!(ReadFile(error, buffer.as_mut_ptr(), 64, &raw mut count, null_mut()), 0);
        assert_eq!(GetLastError(), ERROR_INVALID_HANDLE);
        assert_eq!(CloseHandle(output), 1);
        HcsCloseProcess(process);
        HcsCloseOperation(work);
    }
    end(system);
}

unsafe extern "system" fn told(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event lives during the call, and the context is the sender that the test keeps alive.
    let (event, told) = unsafe { (&*event, &*context.cast::<Sender<(i32, String)>>()) };
    let mut length = 0;
    // SAFETY: event data end with a zero.
    while unsafe { *event.EventData.add(length) } != 0 {
        length += 1;
    }
    // SAFETY: so many units have been read.
    let data = String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(event.EventData, length) });
    told.send((event.Type, data)).expect("the test listens");
}

#[test]
fn a_callback_hears_of_the_exit_and_of_none_after_close() {
    let system = container("told");
    let (send, receive) = channel::<(i32, String)>();
    let sender = Box::new(send);
    let process = spawn(system, "cmd /q", "");
    let listening = spawn(system, "sim-idle", "");
    // SAFETY: handles are live; the sender lives until after the callbacks.
    unsafe {
        assert_eq!(HcsSetProcessCallback(listening.handle, 0, (&raw const *sender).cast(), Some(told)), 0);
        let again = HcsSetProcessCallback(listening.handle, 0, (&raw const *sender).cast(), Some(told));
        assert_eq!(again as u32, 0x8037_0119);
    }
    // Nothing is piped, so that the shell is at its end at once.
    assert_eq!(process.wait(), 0);
    assert_eq!(listening.call(HcsTerminateProcess, None).1, 0);
    let (kind, data) = receive.recv_timeout(SOON).expect("the exit is told");
    assert_eq!(kind, HcsEventProcessExited);
    assert!(data.contains(r#""ExitCode":1067"#), "{data}");
    process.close();
    listening.close();

    let silent = spawn(system, "sim-idle", "");
    // SAFETY: as above.
    unsafe {
        assert_eq!(HcsSetProcessCallback(silent.handle, 0, (&raw const *sender).cast(), Some(told)), 0);
    }
    silent.close();
    end(system);
    assert!(receive.recv_timeout(Duration::from_millis(50)).is_err(), "a closed handle is told nothing");
}

#[test]
fn information_that_nobody_takes_stays_with_the_process() {
    let system = container("information");
    let (work, mut process) = (operation(), null_mut());
    let parameters = wide(r#"{"CommandLine":"cmd /c echo kept","CreateStdOutPipe":true}"#);
    let mut information = HCS_PROCESS_INFORMATION::default();
    // SAFETY: handles are live, pointers are NULL or to locals.
    unsafe {
        assert_eq!(HcsCreateProcess(system, parameters.as_ptr(), work, null(), &raw mut process), 0);
        assert_eq!(HcsWaitForOperationResultAndProcessInfo(work, u32::MAX, null_mut(), null_mut()), 0);
        assert_eq!(HcsGetOperationResultAndProcessInfo(work, null_mut(), null_mut()), 0);
        assert_eq!(HcsGetOperationResultAndProcessInfo(work, &raw mut information, null_mut()), 0);
        let mut kept = String::new();
        helper::file(information.StdOutput).expect("piped").read_to_string(&mut kept).expect("read");
        assert_eq!(kept, "kept\r\n");
        // Once it is taken it is gone, with a pointer or without.
        assert_eq!(HcsGetOperationResultAndProcessInfo(work, &raw mut information, null_mut()) as u32, 0x8037_011D);
        assert!(information.StdOutput.is_null() && information.ProcessId == 0, "a failure leaves nothing behind");
        assert_eq!(HcsWaitForOperationResultAndProcessInfo(work, 0, null_mut(), null_mut()) as u32, 0x8037_011D);
        HcsCloseProcess(process);

        // HcsGetProcessInfo gives what is left: the id, and INVALID_HANDLE_VALUE where there is no stream to give.
        let running = spawn(system, "sim-idle", "o");
        assert_eq!(HcsGetProcessInfo(running.handle, work), 0);
        assert_eq!(HcsWaitForOperationResultAndProcessInfo(work, u32::MAX, &raw mut information, null_mut()), 0,);
        assert_eq!(information.ProcessId, running.id);
        assert_eq!([information.StdInput, information.StdOutput, information.StdError], [INVALID_HANDLE_VALUE; 3]);
        running.close();

        // An operation that is about no process has none, whatever the pointer.
        assert_eq!((HcsEnumerateComputeSystems(null(), work), wait(work).0), (0, 0));
        let with = HcsGetOperationResultAndProcessInfo(work, &raw mut information, null_mut()) as u32;
        let without = HcsGetOperationResultAndProcessInfo(work, null_mut(), null_mut()) as u32;
        assert_eq!((with, without), (0x8007_0057, 0x8007_0057));
        HcsCloseOperation(work);
    }
    end(system);
}

#[test]
fn time_goes_on_for_who_only_reads() {
    let system = container("time");
    let mut process = spawn(system, "ping -n 2 localhost", "o");
    let mut told = String::new();
    process.stdout.take().expect("piped").read_to_string(&mut told).expect("read");
    assert_eq!(told.matches("Reply from").count(), 2, "{told}");
    assert_eq!(process.wait(), 0);
    process.close();
    end(system);
}

#[test]
fn a_hundred_processes_live_at_once() {
    let system = container("hundred").addr();
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            std::thread::spawn(move || {
                let system = core::ptr::without_provenance_mut(system);
                let mut processes: Vec<Started> = (0..25).map(|_| spawn(system, "cmd /q", "io")).collect();
                for (at, process) in processes.iter_mut().enumerate() {
                    writeln!(process.stdin.as_mut().expect("piped"), "echo {thread} {at}").expect("written");
                }
                for (at, process) in processes.iter_mut().enumerate() {
                    writeln!(process.stdin.as_mut().expect("piped"), "exit {at}").expect("written");
                }
                for (at, mut process) in processes.into_iter().enumerate() {
                    let mut told = String::new();
                    process.stdout.take().expect("piped").read_to_string(&mut told).expect("read");
                    assert_eq!(told, format!("{thread} {at}\r\n"));
                    assert_eq!(process.wait(), at as u32);
                    process.close();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("joined");
    }
    end(core::ptr::without_provenance_mut(system));
}
