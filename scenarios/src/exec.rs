//! Programs of others with the simulator's libraries.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hcs_sim_exec::{Libraries, Problem, Program};

use crate::builds::build_number;

/// What `hcs-sim exec` is told. What is not said is as the environment has it.
#[derive(Args)]
pub struct Options {
    /// The seed of every random choice
    #[arg(long)]
    seed: Option<u64>,
    /// The Windows build, by its number
    #[arg(long, value_parser = build_number)]
    build: Option<u32>,
    /// How much faster than real time guests are
    #[arg(long, value_parser = speed)]
    speed: Option<f64>,
    /// A file of commands of stories, carried out before the program's first call
    #[arg(long)]
    story: Option<PathBuf>,
    /// A file to which the transcript is written as it comes
    #[arg(long)]
    transcript: Option<PathBuf>,
    /// Whether paths lead into the directory of --root or into no real one
    #[arg(long)]
    files: Option<Files>,
    /// A directory that is C:\ of the simulated host
    #[arg(long)]
    root: Option<PathBuf>,
    /// The folder of the libraries, if they are not beside this program
    #[arg(long)]
    libraries: Option<PathBuf>,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

/// Where the simulated host's files are.
#[derive(Clone, Copy, ValueEnum)]
enum Files {
    /// In a directory of this machine
    Host,
    /// In memory
    Memory,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed: &f64| speed.is_finite() && *speed > 0.0);
    speed.ok_or_else(|| "no speed: it is a number above 0".to_owned())
}

impl Options {
    /// The variables of the environment by which the libraries are told.
    fn variables(&self) -> Vec<(OsString, OsString)> {
        let files = self.files.map(|files| match files {
            Files::Host => "host".to_owned(),
            Files::Memory => "memory".to_owned(),
        });
        let said = [
            ("SEED", self.seed.map(|seed| seed.to_string().into())),
            ("BUILD", self.build.map(|build| build.to_string().into())),
            ("SPEED", self.speed.map(|speed| speed.to_string().into())),
            ("STORY", self.story.clone().map(OsString::from)),
            ("TRANSCRIPT", self.transcript.clone().map(OsString::from)),
            ("FILES", files.map(OsString::from)),
            ("ROOT", self.root.clone().map(OsString::from)),
        ];
        said.into_iter().filter_map(|(name, value)| Some((format!("HCS_SIM_{name}").into(), value?))).collect()
    }
}

/// Runs the program until it ends: its exit code. Off Windows it takes this process's place.
///
/// # Errors
/// A sentence about why it did not run.
pub fn run(options: Options) -> Result<i32, String> {
    let libraries = match &options.libraries {
        Some(folder) => Libraries::of_folder(folder),
        None => Libraries::beside_this_program(),
    };
    let libraries = libraries.map_err(|error| format!("the libraries' folder: {error}"))?;
    let variables = options.variables();
    let mut words = options.program.into_iter();
    let program = Program { file: words.next().unwrap_or_default(), arguments: words.collect(), variables };
    // Codes of Windows have 32 bits, as the number here has.
    program.run(&libraries).map(u32::cast_signed).map_err(|problem| advised(&problem, &program))
}

/// The problem, and what to do about it where that is known.
fn advised(problem: &Problem, program: &Program) -> String {
    let is_for_windows = program.file.to_string_lossy().to_ascii_lowercase().ends_with(".exe");
    match problem {
        Problem::Missing(_) => format!(
            "{problem}: build it with `cargo build -p computecore -p computestorage -p virtdisk -p vmcompute`, or name the folder \
             of all four with --libraries"
        ),
        Problem::NotStarted(..) if is_for_windows && !cfg!(windows) => {
            format!("{problem}; programs of Windows run on Windows or under Wine, with the hcs-sim.exe built for it")
        }
        _ => problem.to_string(),
    }
}
