//! The safe wrapper of the real DLL, over ours: the path that a program on a Windows host takes, streams included.
#![cfg(windows)]
#![expect(unsafe_code, reason = "a named pipe is made as the service makes one")]

use std::future::poll_fn;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::pin::pin;
use std::ptr::{null, null_mut};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hcs_api::{
    ComputeSystem, Hcs, LayerName, LegacyLayers, Notification, Outcome, ProcessSignal, Stdio, StreamHandle, Text,
    Vmcompute, Windows, block_on,
};
use hcs_rules::hresult::Hresult;
use hcs_rules::legacy::{self, Notice};
use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE, HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::{CreateFileW, FILE_FLAG_OVERLAPPED, OPEN_EXISTING, PIPE_ACCESS_DUPLEX};
use windows_sys::Win32::System::Pipes::{CreateNamedPipeW, PIPE_TYPE_BYTE};

/// The DLL, which cargo leaves beside the test.
fn load() -> Windows {
    let here = std::env::current_exe().expect("the test knows its own path");
    Windows::load_from(&here.with_file_name("computecore.dll")).expect("it is there")
}

fn container(hcs: &Windows, id: &str) -> ComputeSystem<Windows> {
    let container = ComputeSystem::create(hcs, id, r#"{"Container":{}}"#).expect("created");
    container.start().expect("started");
    container
}

#[test]
fn processes_live_behind_the_safe_wrapper() {
    let hcs = load();
    let container = container(&hcs, "wrapper");
    let output = container.command("cmd /c echo hi").stdout(Stdio::Piped).spawn().expect("spawned");
    let output = output.wait_with_output().expect("ran");
    assert_eq!((output.stdout.as_slice(), output.status.code()), (&b"hi\r\n"[..], 0));
    let output = block_on(container.command("cmd /c exit 3").output_async()).expect("ran");
    assert_eq!((output.stdout.as_slice(), output.status.code()), (&b""[..], 3));

    let mut child = container.command("cmd /q").stdin(Stdio::Piped).stdout(Stdio::Piped).spawn().expect("spawned");
    let mut stdin = child.stdin.take().expect("piped");
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    for word in ["one", "two"] {
        writeln!(stdin, "echo {word}").expect("written");
        let mut line = String::new();
        stdout.read_line(&mut line).expect("read");
        assert_eq!(line, format!("{word}\r\n"));
    }
    let opened = container.open_process(child.id()).expect("opened");
    assert!(opened.properties().expect("told").contains(r#""Exited":false"#));
    drop(stdin);
    assert_eq!(child.wait().expect("over").code(), 0);
    assert_eq!(opened.kill().expect_err("over").code, Hresult::HCS_E_PROCESS_ALREADY_STOPPED);

    let mut child = container.command("sim-idle").spawn().expect("spawned");
    child.signal(ProcessSignal::CtrlC).expect("told");
    assert!(!block_on(child.exited()).expect("over").success());
    assert!(child.refresh().is_err(), "there is no information about what is over");
    container.terminate().expect("ended");
}

/// Both ends of a named pipe that is open for overlapped use.
fn named_pipe(name: &str) -> [StreamHandle; 2] {
    let name: Vec<u16> = format!(r"\\.\pipe\hcs-sim-{}-{name}", std::process::id()).encode_utf16().chain([0]).collect();
    // SAFETY: the name ends with a zero; the rest is optional.
    let ends = unsafe {
        let access = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED;
        let server = CreateNamedPipeW(name.as_ptr(), access, PIPE_TYPE_BYTE, 1, 4096, 4096, 0, null());
        let access = GENERIC_READ | GENERIC_WRITE;
        let client = CreateFileW(name.as_ptr(), access, 0, null(), OPEN_EXISTING, FILE_FLAG_OVERLAPPED, null_mut());
        [server, client]
    };
    ends.map(|end: HANDLE| {
        assert_ne!(end, INVALID_HANDLE_VALUE, "{}", std::io::Error::last_os_error());
        StreamHandle(end as usize as u64)
    })
}

#[test]
fn overlapped_pipes_are_read_written_and_closed() {
    let hcs = load();
    let [near, far] = named_pipe("blocking");
    let reader = std::thread::spawn({
        let hcs = hcs.clone();
        move || {
            let mut buffer = [0; 3];
            let first = hcs.read_stream(near, &mut buffer).map(|count| buffer[..count].to_vec());
            let second = hcs.read_stream(near, &mut buffer).map(|count| buffer[..count].to_vec());
            (first.expect("read"), second.expect("read"))
        }
    });
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(hcs.write_stream(far, b"abcde").expect("written"), 5);
    assert_eq!(reader.join().expect("joined"), (b"abc".to_vec(), b"de".to_vec()));
    hcs.close_stream(far);
    assert_eq!(hcs.read_stream(near, &mut [0; 3]).expect("the end"), 0);
    assert_eq!(hcs.write_stream(near, b"x").expect_err("nobody reads").kind(), ErrorKind::BrokenPipe);
    hcs.close_stream(near);
    assert_eq!(hcs.read_stream(StreamHandle::NULL, &mut [0; 3]).expect_err("none").kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_future_that_is_dropped_loses_and_doubles_nothing() {
    let hcs = load();
    let [near, far] = named_pipe("futures");
    let mut buffer = [0; 8];
    let mut poll = |context: &mut Context<'_>| hcs.poll_read_stream(near, &mut buffer, context, &mut 0);
    assert!(poll(&mut Context::from_waker(Waker::noop())).is_pending());
    // The future is gone. What comes for it is the next one's, a blocking read's too.
    assert_eq!(hcs.write_stream(far, b"abcdef").expect("written"), 6);
    let mut some = [0; 2];
    assert_eq!(hcs.read_stream(near, &mut some).expect("read"), 2);
    assert_eq!(&some, b"ab");
    let mut rest = [0; 8];
    let count = block_on(poll_fn(|context| hcs.poll_read_stream(near, &mut rest, context, &mut 0))).expect("read");
    assert_eq!(&rest[..count], b"cdef");

    // What a future was told is written is written, though the future and then the stream are gone: more than fits.
    let bytes: Vec<u8> = (0..20_000_u32).map(|at| at as u8).collect();
    let first = pin!(poll_fn(|context| hcs.poll_write_stream(near, &bytes, context, &mut 0)));
    let Poll::Ready(taken) = first.poll(&mut Context::from_waker(Waker::noop())) else { panic!("it is taken at once") };
    let taken = taken.expect("taken");
    hcs.close_stream(near);
    let mut came = Vec::new();
    let mut block = [0; 1000];
    while let count @ 1.. = hcs.read_stream(far, &mut block).expect("read") {
        came.extend_from_slice(&block[..count]);
    }
    assert_eq!(came, bytes[..taken]);
    hcs.close_stream(far);

    // A stream that is closed under its read lets go of it.
    let [near, far] = named_pipe("closed");
    let mut poll = |context: &mut Context<'_>| hcs.poll_read_stream(near, &mut buffer, context, &mut 0);
    assert!(poll(&mut Context::from_waker(Waker::noop())).is_pending());
    hcs.close_stream(near);
    assert_eq!(hcs.read_stream(far, &mut [0; 3]).expect("the end"), 0);
    hcs.close_stream(far);
}

#[test]
fn much_comes_through_futures_whole() {
    let hcs = load();
    let container = container(&hcs, "much");
    let mut counts = Vec::new();
    for _ in 0..2 {
        let child = container.command("sim-flood 300000").stdout(Stdio::Piped).spawn().expect("spawned");
        counts.push(child.wait_with_output().expect("ran").stdout);
    }
    let mut child = container.command("sim-flood 300000").stdout(Stdio::Piped).spawn().expect("spawned");
    let mut blocking = Vec::new();
    child.stdout.take().expect("piped").read_to_end(&mut blocking).expect("read");
    assert_eq!(blocking.len(), 300_000);
    assert!(counts.iter().all(|count| *count == blocking));
    container.terminate().expect("ended");
}

/// `vmcompute.dll` must stand beside computecore's: `cargo build -p vmcompute` leaves it there.
#[test]
fn the_older_interface_lives_beside_the_newer() {
    let hcs = load();
    let (told, hears) = mpsc::channel();
    let next = |what: Notice| {
        let heard: Notification = hears.recv_timeout(Duration::from_secs(20)).expect("something is told");
        assert_eq!((heard.kind, heard.status), (what.value(), Hresult::S_OK));
        heard
    };
    let tell = || {
        let told = told.clone();
        Some(Arc::new(move |heard: &Notification| _ = told.send(heard.clone())) as hcs_api::NotificationCallback)
    };
    let (outcome, system) = hcs.legacy_create_compute_system("older".into(), r#"{"Container":{}}"#.into());
    assert_eq!(outcome, Outcome::bare(legacy::PENDING));
    let (code, callback) = hcs.legacy_register_compute_system_callback(system, tell());
    assert_eq!(code, Hresult::S_OK);
    next(Notice::SystemCreateCompleted);
    assert_eq!(hcs.legacy_start_compute_system(system, Text::Null), Outcome::bare(legacy::PENDING));
    next(Notice::SystemStartCompleted);
    let (outcome, process, information) =
        hcs.legacy_create_process(system, r#"{"CommandLine":"cmd /c echo hi","CreateStdOutPipe":true}"#.into());
    assert_eq!(outcome.code, Hresult::S_OK);
    let output = information.expect("information").std_output;
    let (mut read, mut buffer) = (Vec::new(), [0; 16]);
    while let Ok(count) = hcs.read_stream(output, &mut buffer)
        && count > 0
    {
        read.extend_from_slice(&buffer[..count]);
    }
    hcs.close_stream(output);
    assert_eq!(read, b"hi\r\n");
    let (code, of_process) = hcs.legacy_register_process_callback(process, tell());
    assert_eq!(code, Hresult::S_OK);
    assert!(next(Notice::ProcessExited).data.expect("a status").contains(r#""ExitCode":0"#));
    assert_eq!(hcs.legacy_unregister_process_callback(of_process), Hresult::S_OK);
    assert_eq!(hcs.legacy_close_process(process), Hresult::S_OK);

    // Both DLLs have one world.
    let newer = ComputeSystem::open(&hcs, "older").expect("it is there");
    assert_eq!(newer.start().expect_err("the generations do not mix").code, legacy::MIXED);
    drop(newer);
    let layer = LayerName { home: Text::Some(r"C:\Users\Public"), id: Text::Some("a layer") };
    assert_eq!(hcs.legacy_create_layer(layer, Text::Null), Hresult::S_OK);
    let path = hcs.legacy_get_layer_mount_path(layer);
    assert_eq!(path.document.as_deref(), Some(r"C:\Users\Public\a layer"));
    assert_eq!(hcs.legacy_layer_exists(layer), (Hresult::S_OK, true));
    assert_eq!(hcs.legacy_prepare_layer(layer, &[Text::Some(r"C:\none")]), Hresult::S_OK);
    assert_eq!(hcs.legacy_destroy_layer(layer), Hresult::S_OK);
    let id = 0xbd9c_3ef9_f239_59b5_a27e_15c5_23b1_d149;
    assert_eq!(hcs.legacy_name_to_guid("4".into()), (Hresult::S_OK, id));

    assert_eq!(hcs.legacy_terminate_compute_system(system, Text::Null).code, legacy::PENDING);
    next(Notice::SystemExited);
    assert_eq!(hcs.legacy_unregister_compute_system_callback(callback), Hresult::S_OK);
    assert_eq!(hcs.legacy_close_compute_system(system), Hresult::S_OK);
    assert!(hears.try_recv().is_err(), "nothing more is told");
}
