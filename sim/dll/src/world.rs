//! The process's world: one simulator in a free world's time, and this process as its one client.
//!
//! It is made with the first call, as the environment says:
//!
//! | variable | what it says | unless said |
//! |---|---|---|
//! | `HCS_SIM_SEED` | the seed of every random choice | 0 |
//! | `HCS_SIM_BUILD` | the Windows build, by its number | 20348 |
//! | `HCS_SIM_SPEED` | how much faster than real time guests are | 1 |
//! | `HCS_SIM_STORY` | a file of lines for [`Director::run`], carried out before the first call | none |
//! | `HCS_SIM_TRANSCRIPT` | a file to which the transcript is written as it comes | none |
//! | `HCS_SIM_ROOT` | a directory that is `C:\` of the simulated host, read and written | none |
//! | `HCS_SIM_FILES` | `host`: paths lead into that directory; `memory`: into no real one | `host` with `HCS_SIM_ROOT`, else `memory` |
//!
//! What of calls themselves is written down, and where they go, is said in [`crate::gate`].
//!
//! With `host` a state file that a call makes is a file of this machine, and a file that a program puts into the directory is
//! seen by the next call. A bare name lies in `Users\Public` there, which is every client's current folder. It is the same on
//! Windows: without a directory of its own the simulated host never touches the real `C:\`.
//!
//! A variable that says nothing sensible ends the process: a test must not pass in a world that nobody asked for.

use std::fs::File;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use hcs_rules::build::Build;
use hcs_sim::director::Director;
use hcs_sim::{Client, Clock, Mount, Simulator};

struct World {
    simulator: Simulator,
    client: Client,
    director: Arc<Director>,
    speed: f64,
    /// The directory that is `C:\`.
    root: Option<PathBuf>,
}

/// The place of the directory.
const PLACE: &str = "C:\\";

fn world() -> MutexGuard<'static, World> {
    static WORLD: OnceLock<Mutex<World>> = OnceLock::new();
    let world = WORLD.get_or_init(|| match from_environment() {
        Ok(world) => Mutex::new(world),
        Err(problem) => {
            eprintln!("hcs-sim: {problem}");
            std::process::exit(2)
        }
    });
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a variable says, if it is set.
fn variable<T: FromStr>(name: &str) -> Result<Option<T>, String> {
    match std::env::var(name) {
        Ok(text) => text.parse().map(Some).map_err(|_| format!("{name} is {text:?}, which says nothing here")),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(error) => Err(format!("{name}: {error}")),
    }
}

fn from_environment() -> Result<World, String> {
    let seed = variable("HCS_SIM_SEED")?.unwrap_or(0);
    let build = match variable("HCS_SIM_BUILD")? {
        Some(number) => Build::from_number(number).ok_or(format!("HCS_SIM_BUILD: build {number} is not simulated"))?,
        None => Build::SERVER_2022,
    };
    let speed: f64 = variable("HCS_SIM_SPEED")?.unwrap_or(1.0);
    if !(speed.is_finite() && speed > 0.0) {
        return Err(format!("HCS_SIM_SPEED is {speed}: no speed"));
    }
    let root = root_from_environment()?;
    let world = make(seed, build, speed, root);
    if let Some(root) = &world.root {
        let mounted = world.simulator.mount(root, PLACE, Mount::ReadWrite);
        mounted.map_err(|error| format!("HCS_SIM_ROOT: {error}"))?;
    }
    if let Some(path) = variable::<String>("HCS_SIM_TRANSCRIPT")? {
        let file = File::create(&path).map_err(|error| format!("HCS_SIM_TRANSCRIPT, {path}: {error}"))?;
        world.simulator.write_transcript_to(file);
    }
    if let Some(path) = variable::<String>("HCS_SIM_STORY")? {
        let story = std::fs::read_to_string(&path).map_err(|error| format!("HCS_SIM_STORY, {path}: {error}"))?;
        world.director.run_all(&story).map_err(|problem| format!("HCS_SIM_STORY, {path}, {problem}"))?;
    }
    Ok(world)
}

/// The directory that is `C:\`, if files are to be real.
fn root_from_environment() -> Result<Option<PathBuf>, String> {
    let root = std::env::var_os("HCS_SIM_ROOT").map(PathBuf::from);
    match variable::<String>("HCS_SIM_FILES")?.as_deref() {
        None => Ok(root),
        Some("memory") => Ok(None),
        Some("host") => root.map(Some).ok_or("HCS_SIM_FILES is host: HCS_SIM_ROOT must name a directory".to_owned()),
        Some(other) => Err(format!("HCS_SIM_FILES is {other:?}: it says host or memory")),
    }
}

fn make(seed: u64, build: Build, speed: f64, root: Option<PathBuf>) -> World {
    let simulator = Simulator::builder().seed(seed).on(build).clock(Clock::Free(speed)).start();
    let client = simulator.client("process");
    World { client, director: Arc::new(Director::new(simulator.clone())), simulator, speed, root }
}

/// The process's world, to add faults to and to ask for its report.
pub fn simulator() -> Simulator {
    // The report is to know of what the process has closed.
    #[cfg(windows)]
    drop(client());
    world().simulator.clone()
}

/// Begins a new world, as fast as the one before. Handles of the old one are unknown in it, or name something else: close
/// them before. What the environment says about a story and a transcript was for the first world; its directory is that of every
/// world.
pub fn reset(seed: u64, build: Build) {
    let old = {
        let mut world = world();
        let new = make(seed, build, world.speed, world.root.clone());
        if let Some(root) = &new.root
            && let Err(error) = new.simulator.mount(root, PLACE, Mount::ReadWrite)
        {
            // The directory was there when the first world began: a test must not go on without it.
            eprintln!("hcs-sim: HCS_SIM_ROOT: {error}");
            std::process::exit(2)
        }
        std::mem::replace(&mut *world, new)
    };
    if let Some(recorder) = crate::gate::recorder() {
        recorder.reset(build.number(), seed);
    }
    // What is left of the old world's streams breaks, so that no thread waits there for ever.
    old.simulator.client_death(&old.client);
}

/// This process as a client: its handles are those of the C ABI.
pub fn client() -> Client {
    let client = world().client.clone();
    #[cfg(windows)]
    crate::disk::sweep(&client);
    client
}

/// Tells the process's world what to do, a line at a time, in the words of stories: see [`Director::run_all`].
///
/// # Errors
/// A sentence about the first line that is wrong. Those before it are carried out.
pub fn tell(lines: &str) -> Result<String, String> {
    // A line may let time pass, and callbacks with it, which must be able to call: the world is not locked meanwhile.
    let director = world().director.clone();
    if let Some(recorder) = crate::gate::recorder() {
        recorder.direction(lines);
    }
    director.run_all(lines)
}
