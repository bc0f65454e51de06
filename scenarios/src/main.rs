//! The `hcs-sim` program: runs stories, lists them, checks documents.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use hcs_rules::build::Build;
use hcs_scenarios::compare::known::MEANT;
use hcs_scenarios::lint::Subject;
use hcs_scenarios::story::Story;
use hcs_scenarios::{compare, library, lint, random, schema, stage};

/// Prints a line. Whoever reads may have gone, `| head` does; then there is nobody left to tell.
macro_rules! say {
    ($($what:tt)*) => {
        if writeln!(std::io::stdout(), $($what)*).is_err() {
            std::process::exit(0);
        }
    };
}

/// A deterministic simulator of the Windows Host Compute Service. Without an argument it runs the tutorial.
#[derive(Parser)]
#[command(name = "hcs-sim", version)]
struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// Run a story: one that comes with the program, or a file
    Run {
        /// The name of a story, or the path of a file
        story: String,
        /// The seed of every random choice
        #[arg(long)]
        seed: Option<u64>,
        /// The Windows build, by its number
        #[arg(long, value_parser = build_number)]
        build: Option<u32>,
        /// Write what it printed into the file
        #[arg(long)]
        update: bool,
    },
    /// List the stories and documents that come with the program
    List,
    /// Explain the commands of a story
    Commands,
    /// Check a JSON document as the compute service would
    Check {
        /// The file
        file: std::path::PathBuf,
        /// ComputeSystem, PauseOptions, any type of the schema; told from the members if not given
        #[arg(long = "type")]
        subject: Option<String>,
        /// The Windows build, by its number
        #[arg(long, value_parser = build_number, default_value = "20348")]
        build: u32,
        /// Show every fault, not only the first
        #[arg(long)]
        all: bool,
    },
    /// Print the digest of random sequences of calls, to compare machines and builds
    Digest {
        /// How many sequences
        #[arg(long, default_value_t = 10_000)]
        sequences: u64,
        /// The seed of the first
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
    /// Print the rules as a page of Markdown
    Rules,
    /// Compare the tables of documents with the published schema files
    #[command(hide = true)]
    CompareSchema {
        /// The folder with 1809.json, 1903.json, 2004.json, 2104.json and 21H2.json
        folder: std::path::PathBuf,
    },
    /// Check a folder of known documents, each of which has its known verdict
    #[command(hide = true)]
    CheckDocuments {
        /// The folder, with a manifest.json
        folder: std::path::PathBuf,
    },
    /// Print what a build takes as a JSON Schema, draft-07
    Schema {
        /// The Windows build, by its number
        #[arg(long, value_parser = build_number, default_value = "20348")]
        build: u32,
    },
}

fn build_number(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| Build::from_number(*number).is_some());
    let known: Vec<String> = Build::ALL.iter().map(|build| build.number().to_string()).collect();
    number.ok_or_else(|| format!("no build that is simulated; there are {}", known.join(", ")))
}

fn main() -> ExitCode {
    let told = match Arguments::parse().what {
        None => tutorial(),
        Some(What::Run { story, seed, build, update }) => run(&story, seed, build, update),
        Some(What::List) => list(),
        Some(What::Commands) => commands(),
        Some(What::Check { file, subject, build, all }) => check(&file, subject.as_deref(), build, all),
        Some(What::Digest { sequences, seed }) => {
            say!("{}", random::digest(seed, sequences));
            Ok(ExitCode::SUCCESS)
        }
        Some(What::Rules) => {
            say!("{}", hcs_rules::report::page().trim_end());
            Ok(ExitCode::SUCCESS)
        }
        Some(What::CompareSchema { folder }) => compare_schema(&folder),
        Some(What::CheckDocuments { folder }) => lint::corpus::folder(&folder).map(|(told, as_expected)| {
            say!("{}", told.join("\n"));
            if as_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }),
        Some(What::Schema { build }) => {
            say!("{}", schema::page(Build::from_number(build).unwrap_or(Build::SERVER_2022)).trim_end());
            Ok(ExitCode::SUCCESS)
        }
    };
    told.unwrap_or_else(|problem| {
        eprintln!("hcs-sim: {problem}");
        ExitCode::from(2)
    })
}

/// The first story, and what to do next.
fn tutorial() -> Result<ExitCode, String> {
    let code = run("tutorial", None, None, false)?;
    say!(
        "
Next:
  cargo run -- list                    the other stories
  cargo run -- run faults              what can go wrong, on command
  cargo run -- run tutorial --seed 1   the same world with other latencies
  cargo run -- commands                write a story of your own
  cargo run -- check FILE              would Windows take this document?"
    );
    Ok(code)
}

fn run(name: &str, seed: Option<u64>, build: Option<u32>, update: bool) -> Result<ExitCode, String> {
    let found = library::find(library::STORIES, name);
    let text = match found {
        Some(item) => item.text.to_owned(),
        None => std::fs::read_to_string(name).map_err(|error| format!("no story of this name, and {name}: {error}"))?,
    };
    let colour = std::io::stdout().is_terminal();
    let told = Story::parse(&text).run(seed, build, |comments, _, printed| {
        for line in comments {
            if colour { say!("\x1b[2m{line}\x1b[0m") } else { say!("{line}") }
        }
        for line in printed {
            say!("{line}");
        }
        if !printed.is_empty() || !comments.is_empty() {
            say!();
        }
    });
    if seed.is_some() || build.is_some() {
        return Ok(ExitCode::SUCCESS);
    }
    if update && found.is_none() {
        std::fs::write(name, told.story.text()).map_err(|error| format!("{name}: {error}"))?;
        return Ok(ExitCode::SUCCESS);
    }
    for difference in &told.differences {
        eprint!("{name} printed something else than it says, {difference}");
    }
    Ok(if told.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn compare_schema(folder: &std::path::Path) -> Result<ExitCode, String> {
    let found = compare::folder(folder)?;
    let mut other = 0;
    for difference in &found {
        let meant = MEANT.iter().find(|meant| meant.is(difference));
        other += usize::from(meant.is_none());
        say!("{difference}: {}", meant.map_or("NOT MEANT", |meant| meant.why));
    }
    let stale: Vec<_> = MEANT.iter().filter(|meant| !found.iter().any(|difference| meant.is(difference))).collect();
    for meant in &stale {
        say!("{}: {}: NO LONGER SO", meant.files.join(", "), meant.told);
    }
    say!("{} differences, {other} not meant; {} expected ones not found", found.len(), stale.len());
    Ok(if other == 0 && stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn list() -> Result<ExitCode, String> {
    say!("Stories (hcs-sim run NAME):");
    for story in library::STORIES {
        say!("  {:<14} {}", story.name, story.title());
    }
    say!("\nDocuments (CLIENT create ID NAME):");
    for document in library::DOCUMENTS {
        say!("  {}", document.name);
    }
    Ok(ExitCode::SUCCESS)
}

fn commands() -> Result<ExitCode, String> {
    say!("A story is a text file: comments (#), commands, a line ----, what they print, an empty line.\n");
    for command in stage::COMMANDS {
        say!("  {:<12} {}\n  {:<12}   {}", command.word, command.about, "", command.example);
    }
    Ok(ExitCode::SUCCESS)
}

fn check(file: &std::path::Path, subject: Option<&str>, build: u32, all: bool) -> Result<ExitCode, String> {
    let text = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let subject = subject.map(|name| Subject::by_name(name).ok_or_else(|| format!("no type {name}"))).transpose()?;
    let build = Build::from_number(build).ok_or("no such build")?;
    // What is no UTF-8 is no JSON.
    let text = String::from_utf8(text).unwrap_or_default();
    let report = lint::report(&text, subject, build, all)?;
    say!("{}", report.text.trim_end());
    Ok(if report.taken { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
