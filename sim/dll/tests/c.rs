//! A C program, compiled here and linked to the shared library.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Command;

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

#[test]
fn a_c_program_lives_one_life() {
    let folder = library_folder();
    let target = folder.parent().expect("the profile's folder is in the target folder");
    let release = folder.ends_with("release");
    // A test of this package alone does not build the library beside it.
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--package", "computecore", "--target-dir"]).arg(target);
    run(if release { build.arg("--release") } else { &mut build });

    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/life.c");
    let program = folder.join("hcs-life-in-c");
    run(Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror"])
        .arg(&here)
        .arg("-o")
        .arg(&program)
        .arg(format!("-L{}", folder.display()))
        .arg("-lcomputecore")
        .arg(format!("-Wl,-rpath,{}", folder.display())));
    let printed = run(&mut Command::new(&program));
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
