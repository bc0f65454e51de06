//! The sequences of calls by which clients make base layers and mount writable ones, each with what likeliest goes wrong in it,
//! on three builds: where it fails and how, what is left on disk, and that going on, or beginning anew, helps then.

mod run;
mod trouble;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_sim::{Client, Simulator};
use run::{Run, Sequence, Step, give_up, prepare};
use trouble::{FAILURES, Failure, Trouble};

const BUILDS: [Build; 3] = [Build::B17763, Build::B20348, Build::B26100];

/// Where a sequence stopped: its steps so far, and the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stopped {
    at: usize,
    code: Hresult,
}

/// A sequence with its trouble, as far as it goes.
fn play(run: &mut Run<'_>, failure: &Failure) -> Option<Stopped> {
    let steps = failure.sequence.steps(run.sim.build());
    let Some(first) = steps.iter().position(|step| *step == failure.before) else {
        return match go_on(run, &steps) {
            Ok(()) => None,
            Err(code) => panic!("without {:?}: {code}", failure.before),
        };
    };
    for (at, step) in steps.iter().enumerate() {
        if at == first {
            failure.trouble.strike(run);
        }
        if at == first && matches!(failure.trouble, Trouble::Forgets(_)) {
            continue;
        }
        let code = run.step(*step);
        if !code.is_ok() || !holds(run.sim, *step) {
            return Some(Stopped { at, code });
        }
    }
    None
}

/// Whether a step that says that it is done is.
fn holds(sim: &Simulator, step: Step) -> bool {
    match step {
        Step::Destroy => sim.tree(Sequence::Unmount.folder()).is_empty(),
        _ => true,
    }
}

/// The steps from one on. Answers the first code that is none of success.
fn go_on(run: &mut Run<'_>, steps: &[Step]) -> Result<(), Hresult> {
    for step in steps {
        let code = run.step(*step);
        if !code.is_ok() || !holds(run.sim, *step) {
            return Err(code);
        }
    }
    Ok(())
}

/// From the beginning.
fn anew(run: &mut Run<'_>, sequence: Sequence) {
    let left = give_up(run, sequence);
    assert!(matches!(left, Hresult::S_OK | Hresult::ERROR_PATH_NOT_FOUND), "what is left cannot be removed: {left}");
    assert!(run.sim.tree(sequence.given_up()).is_empty());
    match sequence {
        // What was to be taken down is.
        Sequence::Unmount => return,
        Sequence::Machine => prepare(run.sim, &run.client, sequence),
        Sequence::Container | Sequence::Mount => {}
    }
    let done = go_on(run, &sequence.steps(run.sim.build()));
    assert_eq!(done, Ok(()), "{sequence:?} anew");
    run.close();
}

fn paths(sim: &Simulator) -> BTreeSet<String> {
    sim.tree("C:\\").into_iter().map(|branch| branch.path).collect()
}

/// What has come and gone: of a folder that did with what is in it, only the folder.
fn difference(before: &BTreeSet<String>, after: &BTreeSet<String>) -> String {
    let mut all = String::new();
    for (sign, paths, others) in [('+', after, before), ('-', before, after)] {
        let new = || paths.difference(others);
        for path in new() {
            let parent = path.rsplit_once('\\').map_or("", |(parent, _)| parent);
            if !others.contains(path) && (others.contains(parent) || !paths.contains(parent)) {
                let below = new().filter(|other| other.starts_with(&format!("{path}\\"))).count();
                let count = if below == 0 { String::new() } else { format!(" and {below} below") };
                let shown = path.trim_start_matches(r"C:\");
                _ = write!(all, "{}{sign}{shown}{count}", if all.is_empty() { "" } else { ", " });
            }
        }
    }
    if all.is_empty() { "nothing".to_owned() } else { all }
}

/// The client makes up for the step that it has forgotten and tries the rest again, three times if need be. Answers how often
/// it did so in vain; `None` when that does not help, or when it holds nothing that it could go on with.
fn again(run: &mut Run<'_>, failure: &Failure, rest: &[Step]) -> Option<usize> {
    match failure.trouble {
        Trouble::NotElevated => return None,
        Trouble::Forgets(step) if step != Step::Clear && !run.holds() => return None,
        Trouble::Forgets(step) => assert_eq!(run.step(step), Hresult::S_OK, "{step:?} late"),
        _ => {}
    }
    (0..3).find(|_| go_on(run, rest).is_ok())
}

struct Outcome {
    stopped: Option<Stopped>,
    step: Option<Step>,
    left: String,
    then: String,
}

/// The first client fails and goes on, or begins anew.
fn recovered_by_itself(failure: &Failure, build: Build) -> Outcome {
    let sim = Simulator::builder().on(build).start();
    let agent = sim.client("agent");
    prepare(&sim, &agent, failure.sequence);
    let before = paths(&sim);
    let mut run = Run::new(&sim, agent.clone());
    let steps = failure.sequence.steps(build);
    let stopped = play(&mut run, failure);
    let (mut left, mut then) = (String::new(), String::new());
    match stopped {
        None => run.close(),
        Some(Stopped { at, .. }) => {
            left = difference(&before, &paths(&sim));
            failure.trouble.lift(&mut run, &agent);
            then = match again(&mut run, failure, &steps[at..]) {
                Some(0) => "again".to_owned(),
                Some(times) => format!("again, {} times", times + 1),
                None => {
                    anew(&mut run, failure.sequence);
                    "anew".to_owned()
                }
            };
            run.close();
        }
    }
    sim.finish().assert_clean();
    let step = stopped.map(|stopped| steps[stopped.at]);
    Outcome { stopped, step, left, then }
}

/// The first client fails and dies; another one takes down what is there and begins anew.
fn recovered_by_another(failure: &Failure, build: Build) {
    let sim = Simulator::builder().on(build).start();
    let agent = sim.client("agent");
    prepare(&sim, &agent, failure.sequence);
    let mut run = Run::new(&sim, agent);
    let stopped = play(&mut run, failure);
    let other: Client = sim.client("other");
    sim.client_death(&run.client);
    run.forget();
    failure.trouble.lift(&mut run, &other);
    if stopped.is_some() {
        let mut next = Run::new(&sim, other);
        anew(&mut next, failure.sequence);
    }
    sim.finish().assert_clean();
}

#[test]
fn every_sequence_fails_as_it_is_known_to_and_can_be_helped() {
    let mut table = String::new();
    let mut sequence = None;
    for failure in &FAILURES {
        if sequence.replace(failure.sequence) != Some(failure.sequence) {
            _ = writeln!(
                table,
                "\n{:?}\n\n| what goes wrong | builds | step | code | left on disk | what helps |\n|---|---|---|---|---|---|",
                failure.sequence
            );
        }
        let mut rows: Vec<(String, Vec<&str>)> = Vec::new();
        for build in BUILDS {
            let Outcome { stopped, step, left, then } = recovered_by_itself(failure, build);
            recovered_by_another(failure, build);
            let row = match (stopped, step) {
                (Some(stopped), Some(step)) => format!("{step:?} | {} | {left} | {then} |", stopped.code),
                _ if !failure.sequence.steps(build).contains(&failure.before) => "is not made | | | |".to_owned(),
                _ => "does not fail | | | |".to_owned(),
            };
            match rows.iter_mut().find(|(other, _)| *other == row) {
                Some((_, builds)) => builds.push(build.name()),
                None => rows.push((row, vec![build.name()])),
            }
        }
        for (row, builds) in rows {
            let builds = if builds.len() == BUILDS.len() { "all".to_owned() } else { builds.join(", ") };
            _ = writeln!(table, "| {} | {builds} | {row}", failure.name);
        }
    }
    insta::assert_snapshot!("failures", table);
}

#[test]
fn every_sequence_has_its_ten_failures_and_works_without_them() {
    for sequence in [Sequence::Container, Sequence::Machine, Sequence::Mount, Sequence::Unmount] {
        assert_eq!(FAILURES.iter().filter(|failure| failure.sequence == sequence).count(), 10, "{sequence:?}");
        for build in BUILDS {
            let sim = Simulator::builder().on(build).start();
            let agent = sim.client("agent");
            prepare(&sim, &agent, sequence);
            let mut run = Run::new(&sim, agent);
            assert_eq!(go_on(&mut run, &sequence.steps(build)), Ok(()), "{sequence:?} on {build:?}");
            run.close();
            sim.finish().assert_clean();
        }
    }
}
