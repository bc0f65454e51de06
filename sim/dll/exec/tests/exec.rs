//! `hcs-sim exec`, with a client that knows the library by its name alone: `examples/by_name.rs`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// The folder in which cargo leaves programs and libraries: two above this test's own. Where there is cargo they are built.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = std::env::current_exe().expect("the test knows its own path");
    let folder = test.ancestors().nth(2).expect("the test is in deps/").to_owned();
    // Tests for Windows run where there is none: whoever runs them builds these before.
    if cfg!(unix) {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "-p", "hcs-scenarios", "-p", "computecore", "--target-dir"]);
        build.arg(folder.parent().expect("the profile's folder is in the target folder"));
        let built = build.args(folder.ends_with("release").then_some("--release")).status().expect("cargo runs");
        assert!(built.success());
    }
    folder
});

fn file(name: &str) -> PathBuf {
    FOLDER.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// A program, without what cargo says about libraries.
fn program(path: &Path) -> Command {
    let mut command = Command::new(path);
    command.env_remove("LD_LIBRARY_PATH").env_remove("DYLD_LIBRARY_PATH");
    command
}

/// `hcs-sim exec`, to be given its options and the program.
fn exec() -> Command {
    let mut command = program(&file("hcs-sim"));
    command.arg("exec");
    command
}

/// A folder of a test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = FOLDER.join(format!("hcs-exec-{name}-{}", std::process::id()));
    _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).expect("made");
    folder
}

/// The exit code, what was printed, what was told beside.
fn ran(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is text").replace("\r\n", "\n");
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn a_client_that_asks_by_name_gets_the_double() {
    let by_name = file("examples/by_name");
    let (code, printed, _) = ran(program(&by_name).arg("look"));
    assert_eq!((code, printed.starts_with("no ")), (Some(3), true), "there is no other here: {printed}");

    let arguments = ["two words", r#"say "hi""#, r"C:\x y\", "", "--seed"];
    let (code, printed, told) =
        ran(exec().args(["--seed", "9", "--"]).arg(&by_name).args(["life", "77"]).args(arguments));
    let expected = format!(
        "arguments: {arguments:?}\nseed: Some(\"9\")\nsimulated: 1\ncreate: 0x0 0x0\nstart: 0x0 0x0\nterminate: 0x0 0x0\n"
    );
    assert_eq!((code, printed, told.as_str()), (Some(77), expected, ""));
}

#[test]
fn what_is_said_of_the_world_reaches_it() {
    let folder = folder("options");
    let (story, transcript) = (folder.join("story"), folder.join("transcript"));
    std::fs::write(&story, "fault Start nth=1 fail=ERROR_NO_SYSTEM_RESOURCES\n").expect("written");
    let mut command = exec();
    command.args(["--build", "26100", "--speed", "100", "--files", "memory", "--story"]).arg(&story);
    command.arg("--transcript").arg(&transcript).arg(file("examples/by_name")).args(["life", "0"]);
    let (code, printed, told) = ran(&mut command);
    let kept = std::fs::read_to_string(&transcript).unwrap_or_default();
    std::fs::remove_dir_all(&folder).expect("removed");
    assert_eq!((code, told.as_str()), (Some(0), ""));
    assert!(printed.contains("start: 0x0 0x800705aa\n"), "{printed}");
    assert!(kept.contains("HcsStartComputeSystem"), "{kept}");

    // What makes no sense is refused, here or by the library.
    for wrong in [["--build", "12345"], ["--speed", "0"], ["--files", "real"], ["--seed", "seven"]] {
        assert_eq!(ran(exec().args(wrong).arg("by_name")).0, Some(2), "{wrong:?}");
    }
    let mut command = exec();
    let (code, _, told) = ran(command.args(["--files", "host"]).arg(file("examples/by_name")).args(["life", "0"]));
    assert_eq!((code, told.contains("HCS_SIM_ROOT")), (Some(2), true), "{told}");
}

#[test]
fn programs_that_the_program_starts_are_as_ever() {
    let (code, printed, _) = ran(exec().arg(file("examples/by_name")).arg("child"));
    // What the loader is told by the environment goes on to them. What is loaded does not.
    let expected = if cfg!(windows) { 3 } else { 0 };
    assert_eq!(code, Some(expected), "{printed}");
}

#[test]
fn what_cannot_be_run_is_told() {
    let (code, printed, told) = ran(exec().args(["--", "no-such-program.exe", "look"]));
    assert_eq!((code, printed.as_str()), (Some(2), ""));
    assert!(told.starts_with("hcs-sim: no-such-program.exe: "), "{told}");
    assert_eq!(told.contains("under Wine"), cfg!(unix), "{told}");

    let empty = folder("empty");
    let (code, printed, told) = ran(exec().arg("--libraries").arg(&empty).arg(file("examples/by_name")).arg("look"));
    std::fs::remove_dir_all(&empty).expect("removed");
    assert_eq!((code, printed.as_str()), (Some(2), ""));
    assert!(told.contains("computecore") && told.contains("cargo build -p computecore"), "{told}");
}

#[cfg(windows)]
#[test]
fn every_library_must_be_there_and_the_doubles() {
    let folder = folder("libraries");
    let by_name = file("examples/by_name");
    let look = || {
        let (code, printed, told) = ran(exec().arg("--libraries").arg(&folder).arg(&by_name).arg("look"));
        assert_eq!((code, printed.as_str()), (Some(2), ""), "{told}");
        told
    };
    for name in ["computecore.dll", "computestorage.dll", "virtdisk.dll"] {
        std::fs::copy(FOLDER.join(name), folder.join(name)).expect("copied");
    }
    assert!(look().contains("there is no "), "one is missing");
    std::fs::write(folder.join("vmcompute.dll"), "no library").expect("written");
    assert!(look().contains("damaged or of another architecture"), "one is none");
    // Any library of the system that nothing depends on.
    std::fs::copy(r"C:\Windows\System32\version.dll", folder.join("vmcompute.dll")).expect("copied");
    assert!(look().contains("is not the simulator's"), "one is another");

    std::fs::copy(FOLDER.join("vmcompute.dll"), folder.join("vmcompute.dll")).expect("copied");
    let (code, printed, told) = ran(exec().arg("--libraries").arg(&folder).arg(&by_name).arg("look"));
    std::fs::remove_dir_all(&folder).expect("removed");
    assert_eq!((code, printed.as_str(), told.as_str()), (Some(0), "found computecore.dll\n", ""));
}

#[cfg(windows)]
#[test]
fn codes_have_32_bits_and_batch_files_are_refused() {
    let life = |code: &str| ran(exec().arg(file("examples/by_name")).args(["life", code])).0;
    // A code as a fault leaves it: 0xC0000005.
    assert_eq!((life("-1073741819"), life("70000")), (Some(-1073741819), Some(70000)));
    let (code, _, told) = ran(exec().args(["--", "Build.CMD", "/c"]));
    assert_eq!((code, told.contains("batch file")), (Some(2), true), "{told}");
}
