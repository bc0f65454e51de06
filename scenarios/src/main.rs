//! The `hcs-sim` program: runs stories, lists them, checks documents.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use hcs_record::Record;
use hcs_rules::build::Build;
use hcs_rules::document::Root;
use hcs_scenarios::builds::build_number;
use hcs_scenarios::compare::known::MEANT;
use hcs_scenarios::story::Story;
use hcs_scenarios::{builds, compare, exec, exports, inspect, layer, library, lint, random, replay, schema, stage};

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
        /// Run it on every build, and print only what differs
        #[arg(long, conflicts_with_all = ["build", "update"])]
        all_builds: bool,
        /// Write what it printed into the file
        #[arg(long)]
        update: bool,
    },
    /// Run a program of somebody else's with the simulator's libraries
    ///
    /// On Windows they are loaded into it before its first instruction: it gets them whenever it asks by name, whatever folders it
    /// allows. Elsewhere they are found before others. Its exit code is this program's. Programs that it starts are without.
    Exec(exec::Options),
    /// Make the calls of a record again in a simulated world, and name the first difference
    Replay {
        /// The record, as `HCS_SIM_RECORD` has it written
        file: std::path::PathBuf,
        /// The Windows build, by its number; the record's own if not given
        #[arg(long, value_parser = build_number)]
        build: Option<u32>,
        /// The seed of every random choice; the record's own if not given
        #[arg(long)]
        seed: Option<u64>,
        /// A file of lines that the world is told before the first call: its files, its guests' programs
        #[arg(long)]
        story: Option<std::path::PathBuf>,
        /// Show every difference, not only the first
        #[arg(long)]
        all: bool,
    },
    /// List the stories and documents that come with the program
    List,
    /// Explain the commands of a story
    Commands,
    /// List the programs that every guest has
    Programs,
    /// Check a JSON document as the compute service would
    Check {
        /// The file
        file: std::path::PathBuf,
        /// What it is: a document's or a type's name, ComputeSystem or Attachment; told from the members if not given
        #[arg(long = "type")]
        root: Option<String>,
        /// The Windows build, by its number
        #[arg(long, value_parser = build_number, default_value = "20348")]
        build: u32,
        /// Show every fault, not only the first
        #[arg(long)]
        all: bool,
    },
    /// Look at the layers of container images, as files of this machine
    Layer {
        #[command(subcommand)]
        what: layer::Command,
    },
    /// Show what a container on a layer would see: the tree of its parents' files and its own
    Tree {
        /// The tar of the layer, not compressed; - reads standard input
        tar: std::path::PathBuf,
        /// The tar of a parent, the topmost first; a layer without parents is a base layer
        #[arg(long)]
        parent: Vec<std::path::PathBuf>,
        /// The Windows build, by its number
        #[arg(long, value_parser = build_number, default_value = "20348")]
        build: u32,
    },
    /// Show what the file of a virtual disk says of it, or what is damaged
    Disk {
        /// The file, .vhdx or .vhd
        file: std::path::PathBuf,
    },
    /// Show what is in a state file, or what is damaged
    Files {
        /// The file, .vmgs or .vmrs
        file: std::path::PathBuf,
    },
    /// Show who a machine is to access lists, and what a grant adds to them
    Acl {
        /// The id of the compute system
        id: String,
        /// The Windows build, by its number
        #[arg(long, value_parser = build_number, default_value = "20348")]
        build: u32,
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
    /// Print which builds have which exports, or make libraries that have no more than one build does
    Exports {
        /// The Windows build, by its number
        #[arg(long, value_parser = build_number)]
        build: Option<u32>,
        /// A library of the simulator, of Windows or Linux; it may be given again
        #[arg(long, value_name = "LIBRARY", requires = "build", requires = "into")]
        trim: Vec<std::path::PathBuf>,
        /// The folder that the libraries are written into
        #[arg(long, value_name = "FOLDER", requires = "trim")]
        into: Option<std::path::PathBuf>,
    },
    /// Print the rules as a page of Markdown
    Rules,
    /// Hold the tables of documents against the published schema files in a folder, in both directions
    CompareSchema {
        /// The folder with 1809.json, 1903.json, 2004.json, 2104.json and 21H2.json
        folder: std::path::PathBuf,
    },
    /// Print what a build takes as a JSON Schema, draft-07
    Schema {
        /// The Windows build, by its number
        #[arg(long, value_parser = build_number, default_value = "20348")]
        build: u32,
    },
}

fn main() -> ExitCode {
    let told = match Arguments::parse().what {
        None => tutorial(),
        Some(What::Run { story, seed, all_builds: true, .. }) => run_everywhere(&story, seed),
        Some(What::Run { story, seed, build, update, .. }) => run(&story, seed, build, update),
        Some(What::Exec(options)) => exec::run(options).map(|code| std::process::exit(code)),
        Some(What::Replay { file, build, seed, story, all }) => {
            replay_record(&file, build, seed, story.as_deref(), all)
        }
        Some(What::List) => list(),
        Some(What::Commands) => commands(),
        Some(What::Programs) => {
            hcs_sim::director::programs().for_each(|program| say!("{program}"));
            Ok(ExitCode::SUCCESS)
        }
        Some(What::Check { file, root, build, all }) => check(&file, root.as_deref(), build, all),
        Some(What::Layer { what }) => shown(|out| layer::run(what, out)),
        Some(What::Tree { tar, parent, build }) => shown(|out| layer::view::tree(&tar, &parent, of_number(build), out)),
        Some(What::Disk { file }) => shown(|out| inspect::disk(&file, out)),
        Some(What::Files { file }) => shown(|out| inspect::state_file(&file, out)),
        Some(What::Acl { id, build }) => shown(|out| inspect::access(&id, of_number(build), out).map(|()| true)),
        Some(What::Digest { sequences, seed }) => {
            say!("{}", random::digest(seed, sequences));
            Ok(ExitCode::SUCCESS)
        }
        Some(What::Exports { build, trim, into }) => told_exports(build.map(of_number), &trim, into.as_deref()),
        Some(What::Rules) => {
            say!("{}", hcs_rules::report::page().trim_end());
            Ok(ExitCode::SUCCESS)
        }
        Some(What::CompareSchema { folder }) => compare_schema(&folder),
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

/// Which build exports what.
fn told_exports(
    build: Option<Build>,
    trim: &[std::path::PathBuf],
    into: Option<&std::path::Path>,
) -> Result<ExitCode, String> {
    let told = match (build, into) {
        (None, _) => exports::table(),
        (Some(build), None) => exports::list(build),
        (Some(build), Some(into)) => exports::write(build, trim, into)?,
    };
    say!("{}", told.trim_end());
    Ok(ExitCode::SUCCESS)
}

/// What is done with a layer. What was asked for and found wanting is a failure, as with documents.
/// Runs something that prints, and answers whether all is well with what it looked at.
fn shown(show: impl FnOnce(&mut dyn std::io::Write) -> Result<bool, String>) -> Result<ExitCode, String> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let is_well = show(&mut out)?;
    out.flush().map_err(|error| error.to_string())?;
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The build of a number that was looked at already.
fn of_number(number: u32) -> Build {
    Build::from_number(number).unwrap_or(Build::SERVER_2022)
}

/// What to do after the first story.
const NEXT: &str = "\
Next:
  cargo run -- list                    the other stories
  cargo run -- run faults              what can go wrong, on command
  cargo run -- run session             a console inside a container
  cargo run -- run tutorial --seed 1   the same world with other latencies
  cargo run -- run guest --all-builds  what differs from build to build
  cargo run -- commands                write a story of your own
  cargo run -- check FILE              would Windows take this document?";

/// The first story, and what to do next.
fn tutorial() -> Result<ExitCode, String> {
    let code = run("tutorial", None, None, false)?;
    say!("\n{NEXT}");
    Ok(code)
}

/// A story's text: one that comes with the program, or a file.
fn story(name: &str) -> Result<String, String> {
    match library::find(library::STORIES, name) {
        Some(item) => Ok(item.text.to_owned()),
        None => std::fs::read_to_string(name).map_err(|error| format!("no story of this name, and {name}: {error}")),
    }
}

fn run_everywhere(name: &str, seed: Option<u64>) -> Result<ExitCode, String> {
    say!("{}", builds::differences(&Story::parse(&story(name)?), seed).trim_end());
    Ok(ExitCode::SUCCESS)
}

fn run(name: &str, seed: Option<u64>, build: Option<u32>, update: bool) -> Result<ExitCode, String> {
    let (found, text) = (library::find(library::STORIES, name), story(name)?);
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

/// What differs; a record that cannot be read is told with its line.
fn replay_record(
    file: &std::path::Path,
    build: Option<u32>,
    seed: Option<u64>,
    story: Option<&std::path::Path>,
    all: bool,
) -> Result<ExitCode, String> {
    let name = file.display();
    let opened = std::fs::File::open(file).map_err(|error| format!("{name}: {error}"))?;
    let record = Record::read(std::io::BufReader::new(opened)).map_err(|problem| format!("{name}, {problem}"))?;
    let read =
        |path: &std::path::Path| std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let story = story.map(read).transpose()?;
    let told = replay::replay(&record, &replay::Options { build: build.map(of_number), seed, story, all })
        .map_err(|problem| format!("{name}: {problem}"))?;
    for difference in &told.differences {
        say!("{difference}");
    }
    say!("{name}: {}", replay::summary(&told, record.target));
    Ok(if told.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
    say!("A story is a text file: comments (#), commands, a line ----, what they print, an empty line.");
    say!("Each command is shown with an example; the examples may rely on this:\n");
    for line in stage::BEFORE_EXAMPLES {
        say!("  {line}");
    }
    for (heading, of_client) in [("What happens in the world:", false), ("What a client does, after its name:", true)] {
        say!("\n{heading}");
        for command in stage::commands().filter(|command| command.is_of_client() == of_client) {
            let mut word = command.word;
            for line in wrapped(command.about, 90) {
                say!("  {word:<18} {line}");
                word = "";
            }
            say!("  {word:<18}   {}", command.example);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Text in lines of at most this many bytes, where its words allow.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + 1 + word.len() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn check(file: &std::path::Path, what: Option<&str>, build: u32, all: bool) -> Result<ExitCode, String> {
    let text = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let what = match what {
        None => None,
        Some(name) => Some(lint::As::by_name(name).ok_or_else(|| format!("no type {name}"))?),
    };
    let build = Build::from_number(build).ok_or("no such build")?;
    // What is no UTF-8 is no JSON.
    let checked = lint::check(&String::from_utf8(text).unwrap_or_default(), what)?;
    let named = checked.what.map_or("document", lint::As::name);
    let takers = checked.verdicts.iter().filter(|verdict| verdict.faults.is_empty());
    let takers: Vec<String> = takers.map(|verdict| verdict.build.number().to_string()).collect();
    let first = &checked.verdicts[build as usize];
    if first.faults.is_empty() {
        say!("{} ({}) takes this {named}", build.title(), build.number());
    } else {
        say!("{} ({}) refuses this {named}:", build.title(), build.number());
        tell(&first.faults, all);
        // Of what is no JSON it is only told that a configuration would be answered so.
        let what = checked.what.unwrap_or(lint::As::Root(Root::ComputeSystem));
        if let Some(answer) = first.faults.first().and_then(|fault| what.answer(fault)) {
            say!("  HCS answers: {answer}");
        }
    }
    for warning in &first.warnings {
        say!("  note: {warning}");
    }
    let others = |verdict: &&lint::Verdict| !verdict.faults.is_empty() && verdict.faults != first.faults;
    if checked.verdicts.iter().any(|verdict| others(&verdict)) {
        say!("Other builds:");
        let mut told: Vec<&[hcs_machine::document::Fault]> = Vec::new();
        for verdict in checked.verdicts.iter().filter(others) {
            if told.contains(&verdict.faults.as_slice()) {
                continue;
            }
            told.push(&verdict.faults);
            let same = checked.verdicts.iter().filter(|other| other.faults == verdict.faults);
            let same: Vec<String> = same.map(|other| other.build.number().to_string()).collect();
            say!("{} refuse it:", same.join(", "));
            tell(&verdict.faults, all);
        }
    }
    say!("Builds that take it: {}", if takers.is_empty() { "none".to_owned() } else { takers.join(", ") });
    Ok(if first.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The first fault, as HCS tells it, or every one.
fn tell(faults: &[hcs_machine::document::Fault], all: bool) {
    let shown = if all { faults.len() } else { 1 };
    for fault in faults.iter().take(shown) {
        say!("  {}", lint::sentence(fault));
    }
    if faults.len() > shown {
        say!("  and {} more; --all shows them", faults.len() - shown);
    }
}

/// Every difference; those that are not meant decide the exit code, and those that are meant and not there.
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Arguments;

    /// The words behind `cargo run -- ` and `hcs-sim ` in a page, in the order in which they stand there.
    fn named(page: &str) -> Vec<&str> {
        let lines = page.lines().filter_map(|line| line.split_once("cargo run -- ")).map(|(_, behind)| behind);
        let alternatives = lines.flat_map(|behind| behind.split('`').next().unwrap_or_default().split(" | "));
        let quoted = page.split("`hcs-sim ").skip(1);
        alternatives.chain(quoted).filter_map(|words| words.split([' ', '`']).next()).collect()
    }

    #[test]
    fn every_subcommand_that_the_readme_and_the_tutorial_name_is_there() {
        let known: Vec<String> =
            Arguments::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        for (page, least) in [(include_str!("../../README.md"), 8), (super::NEXT, 7)] {
            let named = named(page);
            assert!(named.len() >= least, "the page is read wrongly: {named:?}");
            let unknown: Vec<&str> =
                named.into_iter().filter(|word| !known.iter().any(|known| known == word)).collect();
            assert_eq!(unknown, Vec::<&str>::new());
        }
    }
}
