//! Programs in C, compiled here and linked to the shared library, and one in Python.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// The folder in which cargo leaves the shared library: two above this test's own.
fn library_folder() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows its own path");
    test.ancestors().nth(2).expect("the test is in deps/").to_owned()
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}{err}");
    out.into_owned()
}

/// A program of this folder's `c/`, compiled and linked to the shared library, once.
fn built(name: &'static str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<&str, PathBuf>> = Mutex::new(BTreeMap::new());
    BUILT.lock().expect("every program could be built").entry(name).or_insert_with(|| build(name)).clone()
}

fn build(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    compile(name, &here.join(format!("tests/c/{name}.c")))
}

fn compile(name: &str, source: &Path) -> PathBuf {
    let folder = library_folder();
    let target = folder.parent().expect("the profile's folder is in the target folder");
    let release = folder.ends_with("release");
    // A test of this package alone does not build the library beside it.
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--package", "computecore", "--package", "vmcompute", "--target-dir"]).arg(target);
    run(if release { build.arg("--release") } else { &mut build });

    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = folder.join(format!("hcs-{name}-in-c"));
    run(Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-pthread"])
        .arg(source)
        .arg(format!("-I{}", here.join("include").display()))
        .arg("-o")
        .arg(&program)
        .arg(format!("-L{}", folder.display()))
        // The older interface has names that the newer has too: what is linked first is meant.
        .args((name == "legacy").then_some("-lvmcompute"))
        .arg("-lcomputecore")
        .arg(format!("-Wl,-rpath,{}", folder.display())));
    program
}

fn run_with(name: &'static str, environment: &[(&str, &str)]) -> String {
    run(Command::new(built(name)).envs(environment.iter().copied()))
}

#[test]
fn a_c_program_lives_one_life() {
    let printed = run_with("life", &[]);
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines[0], "create: 0x00000000 0x00000000 ");
    assert_eq!(lines[1], "start: 0x00000000 0x00000000 ");
    assert!(lines[2].starts_with(r#"start again: 0x00000000 0x80370105 {"Error":-1070137083"#), "{printed}");
    assert!(lines[3].contains(r#""State":"Running""#), "{printed}");
    assert_eq!(lines[4], "terminate: 0x00000000 0x00000000 ");

    // A process, its output to the end, and how it ended.
    assert_eq!(lines[7..10], ["process: 0x00000000 0x00000000 ", "hi", ""], "{printed}");
    assert!(lines[10].starts_with(r#"exit: 0x00000000 0x00000000 {"ProcessId":"#), "{printed}");
    assert!(lines[10].ends_with(r#""Exited":true,"ExitCode":0,"LastWaitResult":0}"#), "{printed}");
    // One whose output nobody reads to the end.
    assert_eq!((lines[11], lines[12].len()), ("process: 0x00000000 0x00000000 ", 4), "{printed}");
    assert!(lines[13].contains(r#""Exited":true"#), "{printed}");
    assert_eq!(lines[14], "terminate: 0x00000000 0x00000000 ");
}

#[test]
fn a_c_program_controls_its_world() {
    let printed = run_with("control", &[]);
    insta::assert_snapshot!(printed, @r#"
    simulated: 1
    tell: 0x00000000
    create: 0x00000000
    start: 0x800705aa
    start: 0x00000000
    create: 0x00000000
    count: 0x00000000
    not yet: 0x00000001
    entered: 0x00000000
    stop: 0x00000000
    stop again: 0x80070057
    record: 0x00000000
    tell: 0x00000000 done
    done
    done

      C:\vms
      C:\vms\a, 1 bytes
    settle: 0x00000000
    advance: 0x00000000
    the crash is on record
    tell: 0x80070057 line 2: unknown word dance
    finish: 0x00000001
    2 leaks
    finish: 0x00000000
    reset: 0x00000000
    no such build: 0x80070057
    "#);
}

#[test]
fn a_c_program_lives_one_life_in_the_older_interface() {
    let printed = run_with("legacy", &[]);
    insta::assert_snapshot!(printed.replace(" \n", "\n"), @r#"
    simulated: 1
    create: 0xC0370103
    register: 0x00000000
    create: told 0x2 with 0x00000000
    register again: 0xC0370104
    start: 0xC0370103
    start: told 0x3 with 0x00000000
    start again: 0xC0370105 {"Error":-1070137083,"ErrorMessage":"The requested virtual machine or container operation is not valid in the current state."}
    properties: 0x00000000 1 0
    enumerate: 0x00000000 1
    process: 0x00000000
    hi
    register: 0x00000000
    process: told 0x10000 with 0x00000000
    status: 0x00000000 1 0
    unregister: 0x00000000
    close: 0x00000000
    no pointer: 0x80070057
    unknown: 0xC037010E
    no handle: 0x80070006
    grant: 0x80070002
    no driver: 0x80070057
    create layer: 0x00000000
    exists: 0x00000000 1
    length: 0x00000000 22
    too short: 0x8007007A
    path: 0x00000000 1
    prepare: 0x00000000
    no path: 0x80070057
    no parents: 0x80070057
    destroy: 0x00000000
    guid: 0x00000000 f9bd a249
    images: 0x00000000 {"Images":[]}
    network: 0x00000000 {"Success":false,"Error":"The simulated host has no Host Networking Service."}
    shutdown: 0xC0370103
    shutdown: told 0x1 with 0x00000000
    terminate: 0xC0370110
    unregister: 0x00000000
    close: 0x00000000
    told: 3
    "#);
}

#[test]
fn the_environment_says_what_the_first_world_is_like() {
    let folder = library_folder();
    let (story, transcript) = (folder.join("hcs-life.story"), folder.join("hcs-life.transcript"));
    std::fs::write(&story, "# The first create fails.\nfault Create nth=1 refuse=ERROR_NO_SYSTEM_RESOURCES\n")
        .expect("written");
    let (story, transcript) = (story.display().to_string(), transcript.display().to_string());
    let environment = [
        ("HCS_SIM_SEED", "7"),
        ("HCS_SIM_BUILD", "26100"),
        ("HCS_SIM_SPEED", "100"),
        ("HCS_SIM_STORY", &story),
        ("HCS_SIM_TRANSCRIPT", &transcript),
    ];
    let printed = run_with("life", &environment);
    assert!(printed.starts_with("create: 0x800705AA"), "{printed}");
    let told = std::fs::read_to_string(&transcript).expect("the transcript is there");
    assert!(
        told.contains("HcsCreateComputeSystem") && told.contains("refused with ERROR_NO_SYSTEM_RESOURCES"),
        "{told}"
    );
}

#[test]
fn an_environment_that_says_nothing_sensible_ends_the_process() {
    let program = built("life");
    for (name, value) in [
        ("HCS_SIM_SEED", "seven"),
        ("HCS_SIM_BUILD", "12345"),
        ("HCS_SIM_SPEED", "0"),
        ("HCS_SIM_SPEED", "NaN"),
        ("HCS_SIM_STORY", "/nowhere/at/all"),
        ("HCS_SIM_TRANSCRIPT", "/nowhere/at/all"),
        ("HCS_SIM_ROOT", "/nowhere/at/all"),
        ("HCS_SIM_ROOT", "/dev/null"),
        ("HCS_SIM_FILES", "host"),
        ("HCS_SIM_FILES", "real"),
    ] {
        let output = Command::new(&program).env(name, value).output().expect("the program runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}={value}: {told}");
        assert!(told.contains(name), "{told}");
    }
}

#[test]
fn files_of_a_c_program_are_real_in_its_root() {
    let root = library_folder().join(format!("hcs-root-{}", std::process::id()));
    std::fs::create_dir_all(root.join("VMs")).expect("made");
    std::fs::write(root.join("VMs/disk.vhdx"), b"a disk").expect("written");
    let path = root.display().to_string();
    let printed = run_with("files", &[("HCS_SIM_ROOT", &path)]);
    let length = |name: &str| std::fs::metadata(root.join(name)).map(|about| about.len()).ok();
    let lengths = ["VMs/state.vmgs", "Users/Public/bare.vmgs", "VMs/disk.vhdx"].map(length);
    // In memory nothing of it is there, and nothing is written.
    std::fs::remove_file(root.join("VMs/state.vmgs")).expect("it is a file");
    let in_memory = run_with("files", &[("HCS_SIM_ROOT", &path), ("HCS_SIM_FILES", "memory")]);
    let after = length("VMs/state.vmgs");
    std::fs::remove_dir_all(&root).expect("removed");
    insta::assert_snapshot!(printed, @r"
    state: 0x00000000
    bare: 0x00000000
    again: 0x80070050
    grant: 0x00000000
    none: 0x80070002
    reset: 0x00000000
    again: 0x80070050
    ");
    assert_eq!(lengths, [Some(4_194_816), Some(4_194_816), Some(6)]);
    assert!(in_memory.starts_with("state: 0x80070003\n"), "the folder is not there: {in_memory}");
    assert_eq!(after, None);
}

#[test]
fn a_python_program_lives_one_life() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("not run: there is no python3 here");
        return;
    }
    // The library is built with the programs in C.
    built("life");
    let library = ["libcomputecore.so", "libcomputecore.dylib"].map(|name| library_folder().join(name));
    let library = library.iter().find(|path| path.exists()).expect("the library is built");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/life.py");
    let printed = run(Command::new("python3").arg(example).arg(library));
    insta::assert_snapshot!(printed, @r"
    simulated: True
    state: Running
    output: hello from a container
    exit code: 0
    asked for: HcsTerminateComputeSystem: 0x80370109
    clean: True
    ");
}

/// The first block of the README in this language.
fn example(language: &str) -> String {
    let readme = include_str!("../../../README.md");
    let block = readme.split(&format!("```{language}\n")).nth(1).and_then(|rest| rest.split("```").next());
    block.unwrap_or_else(|| panic!("the README has an example in {language}")).to_owned()
}

#[test]
fn the_examples_of_the_readme_in_c_and_python_run() {
    built("life");
    let folder = library_folder();
    let source = folder.join("hcs-readme.c");
    std::fs::write(&source, example("c")).expect("written");
    assert_eq!(run(&mut Command::new(compile("readme", &source))), "simulated: 1\n");

    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("the one in Python is not run: there is no python3 here");
        return;
    }
    let library = folder.join("libcomputecore.so");
    let script = example("python").replace("target/debug/libcomputecore.so", &library.display().to_string());
    if library.exists() {
        assert_eq!(run(Command::new("python3").arg("-c").arg(script)), "simulated: True\n");
    }
}

/// The example of the README in Rust, word for word.
#[test]
#[expect(
    unsafe_code,
    clippy::undocumented_unsafe_blocks,
    reason = "the client's side of a C ABI, as the README has it"
)]
fn the_example_of_the_readme_in_rust_runs() {
    mod example {
        #[rustfmt::skip]
        mod text {
use hcs_sim_dll as _; // the symbols of computecore, computestorage and virtdisk
use windows_sys::Win32::System::HostComputeSystem::HcsCreateOperation;

pub(super) fn main() {
    let operation = unsafe { HcsCreateOperation(std::ptr::null(), None) };
    assert!(!operation.is_null());
}
        }
        pub(super) fn main() {
            text::main();
        }
    }
    example::main();
    let examples =
        include_str!("../../../README.md").split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next());
    let words = |text: &str| text.replace("pub(super) fn", "fn").split_whitespace().collect::<Vec<_>>().join(" ");
    let told = examples.filter(|example| example.contains("hcs_sim_dll")).map(words).next().expect("the README has it");
    assert!(words(include_str!("c.rs")).contains(&told), "the README says something else:\n{told}");
}
