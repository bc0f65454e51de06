//! The `hcs-conformance` program: runs the suite on the double, or on the Windows host that it stands on.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use hcs_conformance::report::{Report, Verdict};
use hcs_conformance::target::Target;
use hcs_conformance::{cases, derived, disk as of_disk, layer as of_layer, legacy, process as of_process};
use hcs_conformance_runner::simulator;
#[cfg(windows)]
use hcs_conformance_runner::windows;
use hcs_rules::build::Build;
use hcs_rules::{disk, layer, process, system};

/// Prints a line. Whoever reads may have gone, `| head` does; then there is nobody left to tell.
macro_rules! say {
    ($($what:tt)*) => {
        if writeln!(std::io::stdout(), $($what)*).is_err() {
            std::process::exit(0);
        }
    };
}

/// What is believed about the Host Compute Service, held against the double or against Windows.
#[derive(Parser)]
#[command(name = "hcs-conformance", version)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Run the cases
    Run {
        /// On what
        #[arg(long, value_enum, default_value_t = On::Simulator)]
        target: On,
        /// The build of the double, by its number; every build if not given
        #[arg(long)]
        build: Option<u32>,
        /// On Windows: another DLL than the host's own, by its full path; the build says what is believed of it
        #[arg(long)]
        dll: Option<PathBuf>,
        /// On Windows: a folder that cases may fill and empty; those of disks and layers need it, and an administrator
        #[arg(long)]
        folder: Option<PathBuf>,
        /// On Windows: a base layer in transport form, for the cases of layers
        #[arg(long)]
        layer: Option<PathBuf>,
        /// Only cases whose name holds this
        #[arg(long, default_value = "")]
        filter: String,
        /// How to tell it
        #[arg(long, value_enum, default_value_t = Form::Text)]
        format: Form,
    },
    /// List the cases
    List,
}

#[derive(Clone, Copy, ValueEnum)]
enum On {
    Simulator,
    Windows,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Junit,
    Markdown,
}

fn main() -> ExitCode {
    match Arguments::parse().what {
        What::List => {
            for case in derived::derive(system::ROWS, system::ROWS, Build::SERVER_2022) {
                say!("{}", case.name());
            }
            for case in of_process::derive(process::ROWS, process::ROWS, Build::SERVER_2022) {
                say!("{}", case.name());
            }
            for case in of_layer::derive(layer::ROWS, Build::SERVER_2022) {
                say!("{}", case.name());
            }
            for case in of_disk::derive(disk::ROWS, disk::PATH_ROWS) {
                say!("{}", case.name());
            }
            for case in legacy::derive(legacy::ROWS, Build::SERVER_2022) {
                say!("{}", case.name());
            }
            for case in cases::CASES {
                say!("{}", case.name);
            }
            ExitCode::SUCCESS
        }
        What::Run { target, build, dll, folder, layer, filter, format } => {
            let means = (dll, folder, layer);
            let targets = match targets(target, build, means) {
                Ok(targets) => targets,
                Err(problem) => {
                    eprintln!("hcs-conformance: {problem}");
                    return ExitCode::from(2);
                }
            };
            let mut failed = 0;
            for target in targets {
                let report = run(target.as_ref(), &filter);
                failed += report.counts().1;
                show(&report, format);
            }
            if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

/// A DLL, a folder to fill, a base layer: what goes with a Windows host alone.
type OfWindows = (Option<PathBuf>, Option<PathBuf>, Option<PathBuf>);

fn targets(on: On, build: Option<u32>, of_windows: OfWindows) -> Result<Vec<Box<dyn Target>>, String> {
    let build = match build {
        None => None,
        Some(number) => Some(Build::from_number(number).ok_or(format!("build {number} is not described"))?),
    };
    match on {
        On::Simulator if of_windows != (None, None, None) => {
            Err("--dll, --folder and --layer go with --target windows".to_owned())
        }
        On::Simulator => {
            let builds = build.map_or(Build::ALL.to_vec(), |build| vec![build]);
            Ok(builds.into_iter().map(|build| Box::new(simulator::Double(build)) as Box<dyn Target>).collect())
        }
        #[cfg(windows)]
        On::Windows => {
            let (dll, folder, layer) = of_windows;
            Ok(vec![Box::new(windows::Host::load(dll.as_deref(), build, windows::Means { folder, layer })?)])
        }
        #[cfg(not(windows))]
        On::Windows => Err("the real service is on Windows only; run this program there".to_owned()),
    }
}

fn run(target: &dyn Target, filter: &str) -> Report {
    let wanted = |name: &str| name.contains(filter);
    let mut report = derived::run_all(system::ROWS, system::ROWS, target, wanted);
    report.runs.extend(of_process::run_all(process::ROWS, process::ROWS, target, wanted).runs);
    report.runs.extend(of_layer::run_all(layer::ROWS, target, wanted).runs);
    report.runs.extend(of_disk::run_all(disk::ROWS, disk::PATH_ROWS, target, wanted).runs);
    report.runs.extend(legacy::run_all(legacy::ROWS, target, wanted).runs);
    report.runs.extend(cases::run_all(target, wanted).runs);
    report
}

fn show(report: &Report, format: Form) {
    match format {
        Form::Junit => say!("{}", report.junit().trim_end()),
        Form::Markdown => say!("{}", report.markdown().trim_end()),
        Form::Text => {
            say!("running {} cases on {} {}", report.runs.len(), report.target, report.build);
            for run in &report.runs {
                match &run.verdict {
                    Verdict::Passed => {}
                    Verdict::Failed(why) => say!("case {} ... FAILED\n  {why}", run.name),
                    Verdict::Skipped(why) => say!("case {} ... skipped: {why}", run.name),
                }
            }
            let (passed, failed, skipped) = report.counts();
            say!("agrees with {}: {passed} passed; {failed} failed; {skipped} skipped", report.target);
            let rows = report.rows();
            let asked = rows.values().filter(|reasons| reasons.is_empty()).count();
            say!("rows: {asked} of {} asked", rows.len());
            for (row, reasons) in rows.iter().filter(|(_, reasons)| !reasons.is_empty()) {
                say!("row {row} was not asked: {}", reasons.join("; "));
            }
            say!("");
        }
    }
}
