//! What the environment says about where calls go and who writes them down: each in a process of its own, which is this
//! program again.

#![cfg(not(windows))]
#![expect(unsafe_code, reason = "the client's side of a C ABI")]

mod common;

use std::io::BufReader;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::ptr::{null, null_mut};

use common::{operation, wait, wide};
use hcs_record::Record;
use hcs_scenarios::replay::{Options, replay};
use windows_sys::Win32::Storage::Vhd::DetachVirtualDisk;
use windows_sys::Win32::System::HostComputeSystem::*;

/// What the calls answer: a code of each kind of export.
#[test]
fn client() {
    let refused = std::env::var("HCS_SIM_TARGET").is_ok_and(|target| target == "windows");
    let work = operation();
    let (id, document) = (wide("vm"), wide(r#"{"VirtualMachine":{}}"#));
    let mut system = null_mut();
    // SAFETY: handles are live or NULL, strings end with a zero, pointers are to locals.
    unsafe {
        let created = HcsCreateComputeSystem(id.as_ptr(), document.as_ptr(), work, null(), &raw mut system);
        let granted = HcsGrantVmGroupAccess(wide(r"C:\Windows").as_ptr());
        let destroyed = HcsDestroyLayer(null());
        let detached = DetachVirtualDisk(null_mut(), 0, 0);
        if refused {
            assert!(work.is_null() && system.is_null());
            assert_eq!([created, granted, destroyed].map(|code| code as u32), [0x8007_0032; 3]);
            assert_eq!((detached, HcsGetOperationId(work)), (50, u64::MAX));
            assert_eq!(hcs_sim_dll::control::HcsSimIsSimulated(), 0);
            assert_eq!(hcs_sim_dll::control::HcsSimBuild(), 0);
            assert_eq!(hcs_sim_dll::control::HcsSimSettle() as u32, 0x8007_0032);
            assert_eq!(hcs_sim_dll::computecore::HcsSystemControl() as u32, 0x8000_4001);
        } else {
            assert_eq!((created, wait(work).0, granted), (0, 0, 0));
            assert_eq!((destroyed as u32, detached), (0x8007_0057, 6));
            assert_eq!(hcs_sim_dll::control::HcsSimBuild(), 20348);
        }
        HcsCloseComputeSystem(system);
        HcsCloseOperation(work);
    }
}

fn again(variables: &[(&str, &str)]) -> Output {
    let program = std::env::current_exe().expect("a test is a program");
    let mut command = Command::new(program);
    command.args(["--exact", "client", "--nocapture"]).envs(variables.iter().copied());
    command.output().expect("the program starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn without_a_windows_host_every_call_is_refused_and_told_once() {
    let output = again(&[("HCS_SIM_TARGET", "windows")]);
    let told = stderr(&output);
    assert!(output.status.success(), "{told}");
    assert_eq!(told.matches("this is no Windows host").count(), 1, "{told}");
    assert!(again(&[("HCS_SIM_TARGET", "double")]).status.success());
    let output = again(&[("HCS_SIM_TARGET", "linux")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("it says double or windows"), "{}", stderr(&output));
}

#[test]
fn a_file_is_written_while_it_happens_and_replays() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("target.jsonl");
    let name = path.to_str().expect("a plain name");
    let output = again(&[("HCS_SIM_RECORD", name), ("HCS_SIM_SEED", "5"), ("HCS_SIM_STORY", "")]);
    assert_eq!(output.status.code(), Some(2), "a story without a name is told");
    let output = again(&[("HCS_SIM_RECORD", name), ("HCS_SIM_SEED", "5")]);
    assert!(output.status.success(), "{}", stderr(&output));
    let file = std::fs::File::open(&path).expect("it is written");
    let record = Record::read(BufReader::new(file)).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!((record.build, record.seed), (Some(20348), Some(5)));
    let told = replay(&record, &Options::default()).expect("it replays");
    assert_eq!(told.differences, []);
    assert_eq!(told.left_out.into_iter().collect::<Vec<_>>(), [("DetachVirtualDisk", 1)]);
    let output = again(&[("HCS_SIM_RECORD", "/nowhere/at/all")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("HCS_SIM_RECORD, /nowhere/at/all"), "{}", stderr(&output));
}
