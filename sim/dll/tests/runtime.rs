//! The example of a runtime: the program, run as a user runs it.
#![cfg(unix)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

const CONFIG: &str = "examples/runtime/container.json";

/// The program. A test of this package alone does not build it.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let test = std::env::current_exe().expect("the test knows its own path");
        let folder = test.ancestors().nth(2).expect("the test is in deps/");
        let target = folder.parent().expect("the profile's folder is in the target folder");
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", env!("CARGO_PKG_NAME"), "--example", "runtime", "--target-dir"]);
        build.arg(target).args(folder.ends_with("release").then_some("--release"));
        assert!(build.status().expect("cargo is there").success());
        folder.join("examples/runtime")
    })
}

/// Runs it with arguments and with what is typed.
fn run(arguments: &[&str], typed: &str, environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program());
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).envs(environment.iter().copied());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(typed.as_bytes()).expect("written");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

/// What it prints, and how it ends.
fn told(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{out}{err}exit code {}\n", output.status.code().expect("it ends by itself")).replace('\r', "")
}

#[test]
fn a_command_has_the_streams_of_the_runtime_and_its_exit_code() {
    let told = |arguments: &[&str], typed: &str| told(&run(&[&[CONFIG], arguments].concat(), typed, &[]));
    insta::assert_snapshot!(told(&["cmd", "/c", "echo hello"], ""), @r"
    hello
    exit code 0
    ");
    insta::assert_snapshot!(told(&["cmd", "/q"], "hostname\necho %OS%\nexit 3\n"), @r"
    web
    Windows_NT
    exit code 3
    ");
    insta::assert_snapshot!(told(&["no-such-program.exe"], ""), @r"
    runtime: HcsCreateProcess failed with 0x80070002
    exit code 1
    ");
}

#[test]
fn containers_are_created_used_listed_and_killed() {
    let typed = "create one examples/runtime/container.json
create one examples/runtime/container.json
create two examples/runtime/container.json
list
exec one cmd /c echo from one
exec two cmd /c exit 7
exec three cmd
kill one
list
kill one
create
";
    insta::assert_snapshot!(told(&run(&[], typed, &[])), @r"
    HcsCreateComputeSystem failed with 0x8037010f: A virtual machine or container with the specified identifier already exists.
    one  Running  runtime
    two  Running  runtime
    from one
    exit code 0
    exit code 7
    there is no container three
    one: exited, ForcedExit
    two  Running  runtime
    there is no container one
    commands: create ID CONFIG | exec ID COMMAND | list | kill ID
    exit code 0
    ");
}

#[test]
fn what_windows_does_when_it_likes_is_done_on_command() {
    let story = program().with_file_name("runtime.story");
    std::fs::write(&story, "fault Start nth=1 fail=HCS_E_HYPERV_NOT_INSTALLED\n").expect("written");
    let environment = [("HCS_SIM_STORY", story.to_str().expect("a plain path"))];
    insta::assert_snapshot!(told(&run(&[CONFIG, "cmd"], "", &environment)), @r"
    runtime: HcsStartComputeSystem failed with 0x80370102: The virtual machine could not be started because a required feature is not installed.
    exit code 1
    ");
}
