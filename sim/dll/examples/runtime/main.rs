//! A small container runtime, as one writes it with `windows-sys`. On Windows it runs containers; elsewhere it is linked to the
//! double, which is the one line below, and runs simulated ones.
//!
//! ```text
//! cargo run -p hcs-sim-dll --example runtime -- sim/dll/examples/runtime/container.json cmd /c echo hello
//! ```
//!
//! runs a command in a container of its own, with this program's streams, and ends with its exit code. Without arguments the
//! program reads commands, a line each: `create ID CONFIG`, `exec ID COMMAND`, `list`, `kill ID`.

#![expect(unsafe_code, reason = "the calls of the C ABI")]

mod hcs;
mod stream;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, BufRead, Read, Write};
use std::process::ExitCode;
use std::thread;

#[cfg(not(windows))]
use hcs_sim_dll as _;
use serde_json::Value;

use crate::hcs::{Container, Process};
use crate::stream::Stream;

type Done<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [] => serve(),
        [config, command @ ..] => run(config, &command.join(" ")),
    };
    done.unwrap_or_else(|error| {
        eprintln!("runtime: {error}");
        ExitCode::FAILURE
    })
}

/// Runs a command in a container of its own, from its creation to its end.
fn run(config: &str, command: &str) -> Done<ExitCode> {
    let container = create("runtime", config)?;
    let mut process = container.spawn(command, true)?;
    if let Some(mut stdin) = process.stdin.take() {
        // This program's input may never end: nobody waits for the thread.
        thread::spawn(move || io::copy(&mut io::stdin(), &mut stdin));
    }
    let code = attend(&mut process)?;
    container.terminate()?;
    Ok(ExitCode::from(code as u8))
}

/// Carries out commands until there are no more. One that fails says so.
fn serve() -> Done<ExitCode> {
    let mut containers = BTreeMap::new();
    for line in io::stdin().lock().lines() {
        if let Err(error) = obey(&mut containers, &line?) {
            println!("{error}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn obey(containers: &mut BTreeMap<String, Container>, line: &str) -> Done<()> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let known = |id: &str| format!("there is no container {id}");
    match words.as_slice() {
        [] => {}
        ["create", id, config] => _ = containers.insert((*id).to_owned(), create(id, config)?),
        ["exec", id, command @ ..] => {
            let container = containers.get(*id).ok_or_else(|| known(id))?;
            let code = attend(&mut container.spawn(&command.join(" "), false)?)?;
            println!("exit code {code}");
        }
        ["list"] => list()?,
        ["kill", id] => {
            let container = containers.get(*id).ok_or_else(|| known(id))?;
            container.terminate()?;
            for event in container.heard_until_exit() {
                println!("{id}: {event}");
            }
            containers.remove(*id);
        }
        _ => println!("commands: create ID CONFIG | exec ID COMMAND | list | kill ID"),
    }
    Ok(())
}

/// A container that runs, from the document in a file.
fn create(id: &str, config: &str) -> Done<Container> {
    let document = std::fs::read_to_string(config).map_err(|error| format!("{config}: {error}"))?;
    let container = Container::create(id, &document)?;
    container.start()?;
    Ok(container)
}

/// Copies what a process says until it says no more, and waits for its end: the exit code.
fn attend(process: &mut Process) -> Done<u32> {
    let errors = process.stderr.take().map(|stderr| thread::spawn(move || copy(stderr, io::stderr())));
    if let Some(stdout) = process.stdout.take() {
        copy(stdout, io::stdout())?;
    }
    if let Some(errors) = errors {
        errors.join().expect("the copy does not panic")?;
    }
    let status: Value = serde_json::from_str(&process.wait())?;
    Ok(status["ExitCode"].as_u64().ok_or("an exit status without a code")? as u32)
}

/// As `io::copy`, but each piece is seen at once.
fn copy(mut from: Stream, mut to: impl Write) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            count => to.write_all(&buffer[..count])?,
        }
        to.flush()?;
    }
}

/// Shows every system of the host.
fn list() -> Done<()> {
    let systems: Vec<Value> = serde_json::from_str(&hcs::enumerate()?)?;
    for system in systems {
        let word = |name: &str| system[name].as_str().unwrap_or("-").to_owned();
        println!("{}  {}  {}", word("Id"), word("State"), word("Owner"));
    }
    Ok(())
}
