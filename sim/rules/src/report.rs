//! The rules as a page: every row, the counts by evidence, a diagram of each kind's states. Generated, never edited.

mod layer;
mod process;

use core::fmt::Write as _;
use std::collections::{BTreeMap, BTreeSet};

use crate::build::{Build, Builds};
use crate::container::Moment;
use crate::document::{EVENTS, FAULTS};
use crate::evidence::{Class, Source, Standing, process_standing, standing};
use crate::export::{Dll, EXPORTS, Export};
use crate::legacy::Ends;
use crate::legacy::layer::FolderState;
use crate::rule::{After, Answer, Row, Stage, Surface};
use crate::vocabulary::{Call, Facet, Kind, SystemState, Trigger};
use crate::{
    access, argument, constraint, container, disk, failure, file, grant, handle, legacy, operation, privilege, profile,
    property, resource, service, state_file, system, transport,
};

/// The page, in Markdown.
pub fn page() -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    _ = write_page(&mut out);
    out
}

fn write_page(out: &mut String) -> core::fmt::Result {
    writeln!(out, "# The rules\n\nMade by `cargo run -- rules`. Do not edit.\n")?;
    write_counts(out)?;
    writeln!(out, "## The stages of a call\n")?;
    for (index, stage) in Stage::ALL.iter().enumerate() {
        writeln!(out, "{}. {}", index + 1, stage.name())?;
    }
    for kind in Kind::ALL {
        write_diagram(out, *kind)?;
    }
    process::write_diagram(out)?;
    write_system_rows(out)?;
    process::write_rows(out)?;
    process::write_faults_and_ends(out)?;
    process::write_guests(out)?;
    write_stage_rows(out)?;
    write_files(out)?;
    layer::write_rows(out)?;
    write_legacy(out)?;
    write_resources(out)?;
    write_properties(out)?;
    write_failures(out)?;
    write_profiles(out)?;
    write_exports(out)?;
    write_questions(out)
}

/// How well the cells of the state stage are known.
fn write_counts(out: &mut String) -> core::fmt::Result {
    let mut systems: BTreeMap<Standing, usize> = BTreeMap::new();
    let mut processes: BTreeMap<Standing, usize> = BTreeMap::new();
    let mut in_part: usize = 0;
    let assumes = |sources: &[Source]| sources.iter().any(|source| source.class == Class::Assumed);
    for_each_cell(|row, _, kind, state, build| {
        let standing = standing(row.sources, kind, state, build);
        *systems.entry(standing).or_default() += 1;
        in_part += usize::from(assumes(row.sources) && standing != Standing::Assumed);
    });
    process::for_each_cell(|row, _, kind, state, build| {
        let standing = process_standing(row.sources, kind, state, build);
        *processes.entry(standing).or_default() += 1;
        in_part += usize::from(assumes(row.sources) && standing != Standing::Assumed);
    });
    writeln!(out, "## What is known\n\nCells of the state stage: trigger, facet, kind, state and build.\n")?;
    writeln!(out, "| standing | of systems | share | of processes | share |\n|---|---:|---:|---:|---:|")?;
    let named = [
        (Standing::Seen, "seen on a real host in this very cell"),
        (Standing::Stated, "stated by documentation, a header or a client"),
        (Standing::Extrapolated, "seen elsewhere, carried over"),
        (Standing::Assumed, "assumed"),
    ];
    let count = |counts: &BTreeMap<Standing, usize>, standing| {
        let (count, all) = (counts.get(&standing).copied().unwrap_or(0), counts.values().sum::<usize>());
        format!("{count} | {:.1} %", 100.0 * count as f64 / all as f64)
    };
    for (standing, name) in named {
        writeln!(out, "| {name} | {} | {} |", count(&systems, standing), count(&processes, standing))?;
    }
    let all = [&systems, &processes].map(|counts| counts.values().sum::<usize>());
    writeln!(out, "| all | {} | | {} | |\n", all[0], all[1])?;
    writeln!(out, "{in_part} of those that are not assumed lie in rows that assume a part: the code, or a member.\n")?;
    let handlers = system::ROWS.iter().filter(|row| row.after != After::Nothing).map(|row| row.after.name());
    write_escapes(out, "system", system::ROWS.len(), handlers)?;
    write_escapes(out, "process", crate::process::ROWS.len(), process::handlers())
}

/// How many of the rows name a handler.
fn write_escapes<'a>(
    out: &mut String,
    of: &str,
    rows: usize,
    names: impl Iterator<Item = &'a str>,
) -> core::fmt::Result {
    let mut handlers: BTreeMap<&str, usize> = BTreeMap::new();
    names.for_each(|name| *handlers.entry(name).or_default() += 1);
    let escapes: usize = handlers.values().sum();
    let handlers = list(&handlers);
    writeln!(
        out,
        "{rows} rows of what happens to a {of}; {escapes} name a handler for what a row cannot say: {handlers}.\n"
    )
}

fn list(counts: &BTreeMap<&str, usize>) -> String {
    counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

/// Visits every cell that exists, with its row.
fn for_each_cell(mut visit: impl FnMut(&Row, Facet, Kind, SystemState, Build)) {
    for trigger in Trigger::ALL {
        for facet in trigger.facets().iter() {
            for kind in Kind::ALL {
                for state in trigger.states().iter() {
                    for build in Build::ALL {
                        if let Some(row) = system::rule(*trigger, facet, *kind, state, *build) {
                            visit(row, facet, *kind, state, *build);
                        }
                    }
                }
            }
        }
    }
}

/// A kind's states, and the rows that lead from one to the next.
fn write_diagram(out: &mut String, kind: Kind) -> core::fmt::Result {
    let mut edges: BTreeSet<(usize, usize, &str)> = BTreeSet::new();
    for_each_cell(|row, _, of, state, _| {
        // A create begins a system of its own, whatever has its id already.
        let begins = row.on == Trigger::Create && state != SystemState::Absent;
        if let Some(next) = row.becomes.filter(|next| of == kind && *next != state && !begins) {
            edges.insert((state.index(), next.index(), row.id));
        }
    });
    writeln!(out, "\n## States of {}\n\n```mermaid\nstateDiagram-v2", words(kind.name()))?;
    writeln!(out, "    [*] --> Absent\n    Absent --> Refused: create.taken")?;
    for (from, to, row) in edges {
        writeln!(out, "    {} --> {}: {row}", SystemState::ALL[from].name(), SystemState::ALL[to].name())?;
    }
    writeln!(out, "```")
}

/// `ProcessContainer` as `a process container`.
fn words(name: &str) -> String {
    let mut words = "a".to_owned();
    for letter in name.chars() {
        if letter.is_uppercase() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

fn write_system_rows(out: &mut String) -> core::fmt::Result {
    writeln!(out, "\n## What happens to a compute system\n")?;
    writeln!(out, "| row | kinds | states | with | builds | answer | becomes | events | how it is known |")?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|")?;
    for row in system::ROWS {
        let events: Vec<&str> = row.raises.iter().map(|raise| raise.event.name()).collect();
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            row.id,
            set(row.kinds.iter().map(Kind::name), Kind::COUNT),
            set(row.states.and(row.on.states()).iter().map(SystemState::name), row.on.states().iter().count()),
            set(row.facets.and(row.on.facets()).iter().map(Facet::name), row.on.facets().iter().count()),
            set(row.builds.iter().map(Build::name), Build::COUNT),
            answer(row.answer, row.surface),
            row.becomes.map_or("", SystemState::name),
            events.join(", "),
            sources(row.sources),
        )?;
    }
    Ok(())
}

fn set<'a>(names: impl Iterator<Item = &'a str>, all: usize) -> String {
    let names: Vec<&str> = names.collect();
    if names.len() == all { "any".to_owned() } else { names.join(", ") }
}

fn answer(answer: Answer, surface: Surface) -> String {
    let name = match surface {
        Surface::Call => "call",
        Surface::Operation => "operation",
        Surface::Nothing => "nobody",
    };
    match answer {
        Answer::Accepted => "the operation runs".to_owned(),
        Answer::Done if surface == Surface::Nothing => "it happens".to_owned(),
        Answer::Done => format!("{name}: S_OK"),
        Answer::Fails(code) => format!("{name}: {code}"),
        Answer::AsFound => format!("{name}: as found"),
        Answer::Waits => "the call waits".to_owned(),
        Answer::Nothing => "nothing".to_owned(),
        Answer::NotModelled(code) => format!("{name}: {code}, not modelled"),
    }
}

fn sources(sources: &[Source]) -> String {
    let class = |source: &Source| match source.class {
        Class::Observed => "observed",
        Class::Documented => "documented",
        Class::Header => "header",
        Class::Client => "client",
        Class::Assumed => "assumed",
    };
    sources.iter().map(|source| format!("{}: {}", class(source), source.text)).collect::<Vec<_>>().join("; ")
}

/// The rows of the other stages.
fn write_stage_rows(out: &mut String) -> core::fmt::Result {
    writeln!(out, "\n## The other stages\n\n| stage | row | answer | how it is known |\n|---|---|---|---|")?;
    for row in argument::ROWS {
        writeln!(out, "| Arguments | {} | {} | {} |", row.id, row.refuses, sources(row.sources))?;
    }
    for row in handle::ROWS {
        writeln!(out, "| Handle | {} | {:?} | {} |", row.id, row.answer, sources(row.sources))?;
    }
    for row in operation::ROWS {
        writeln!(out, "| Operation | {} | {:?} | {} |", row.id, row.verdict, sources(row.sources))?;
    }
    for row in operation::IN_FLIGHT {
        writeln!(out, "| Operations in flight | {} | {:?} | {} |", row.id, row.fate, sources(row.sources))?;
    }
    for row in service::ROWS {
        let answer = row.refuses.map_or("passes".to_owned(), |code| code.to_string());
        writeln!(out, "| Service | {} | {answer} | {} |", row.id, sources(row.sources))?;
    }
    for row in access::ROWS {
        let answer = row.refuses.map_or("passes".to_owned(), |code| code.to_string());
        writeln!(out, "| Rights | {} | {answer} | {} |", row.id, sources(row.sources))?;
    }
    for row in privilege::ROWS {
        let answer = row.refuses.map_or("passes".to_owned(), |code| code.to_string());
        writeln!(out, "| Rights | {} | {answer} | {} |", row.id, sources(row.sources))?;
    }
    for row in file::ROWS {
        writeln!(out, "| Files | {} | {} | {} |", row.id, row.refuses, sources(row.sources))?;
    }
    for row in disk::PATH_ROWS {
        writeln!(out, "| Paths of disks | {} | {} | {} |", row.id, row.refuses, sources(row.sources))?;
    }
    for row in disk::ROWS {
        writeln!(out, "| Disks | {} | {} | {} |", row.id, row.refuses, sources(row.sources))?;
    }
    for row in &disk::attachment::ROWS {
        writeln!(out, "| Disks of machines | {} | {} | {} |", row.id, row.code, sources(row.sources))?;
    }
    for row in &container::ROWS {
        let when = set(row.moments.iter().map(Moment::name), Moment::COUNT);
        writeln!(out, "| Storage of containers, {when} | {} | {} | {} |", row.id, row.code, sources(row.sources))?;
    }
    for row in constraint::ROWS {
        let on = row.operation.name();
        let builds = match row.builds {
            Builds::EVERY => String::new(),
            some => format!(", on {}", set(some.iter().map(Build::name), Build::COUNT)),
        };
        writeln!(out, "| What {on} finds{builds} | {} | {} | {} |", row.id, row.code, sources(row.sources))?;
    }
    for row in resource::ROWS {
        writeln!(out, "| What a change meets | {} | {:?} | {} |", row.id, row.verdict, sources(row.sources))?;
    }
    for row in property::service_change::ROWS {
        writeln!(out, "| What a change of the service meets | {} | {} | {} |", row.id, row.code, sources(row.sources))?;
    }
    for row in FAULTS {
        writeln!(out, "| Document | {} | {} | {} |", row.id, row.code, sources(row.sources))?;
    }
    for row in EVENTS {
        let said = format!("event {}: {}", row.event, row.begins);
        writeln!(out, "| Document | {} | {said} | {} |", row.id, sources(row.sources))?;
    }
    Ok(())
}

/// What the file system of a host is, who is granted what, and how state files and virtual disks lie in files.
fn write_files(out: &mut String) -> core::fmt::Result {
    writeln!(out, "\n## Files of the host\n\n| fact | how it is known |\n|---|---|")?;
    for fact in file::FACTS {
        writeln!(out, "| {} | {} |", fact.id, sources(fact.sources))?;
    }
    for (id, known) in state_file::ASSUMED.iter().chain(disk::FACTS).chain(container::FACTS) {
        writeln!(out, "| {id} | {} |", sources(known))?;
    }
    writeln!(out, "\n## Layers on their way\n\n| fact | how it is known |\n|---|---|")?;
    for fact in transport::FACTS {
        writeln!(out, "| {} | {} |", fact.id, sources(fact.sources))?;
    }
    writeln!(out, "\n| needed | is | how it is known |\n|---|---|---|")?;
    for row in &transport::REQUIRED {
        let what = if row.is_folder { "folder" } else { "file" };
        let by = if row.of_older { "" } else { ", not by ImportLayer" };
        writeln!(out, "| {} | the {what} {}{by} | {} |", row.id, row.path, sources(row.sources))?;
    }
    writeln!(out, "\n| refused in a tar | how it is known |\n|---|---|")?;
    for row in &transport::REFUSALS {
        writeln!(out, "| {} | {} |", row.about, sources(row.sources))?;
    }
    writeln!(out, "\n| grant | by | to | on a file | on a folder | how it is known |\n|---|---|---|---|---|---|")?;
    for row in grant::GRANTS {
        let (by, to) = (row.by.name(), row.to.name());
        let (file, folder) = (entries(row.on_file), entries(row.on_folder));
        writeln!(out, "| {} | {by} | {to} | {file} | {folder} | {} |", row.id, sources(row.sources))?;
    }
    for layout in state_file::LAYOUTS.iter().chain(disk::vhdx::LAYOUTS) {
        writeln!(out, "\n{}, {} bytes ({}):\n", layout.name, layout.size, sources(layout.sources))?;
        writeln!(out, "| at | bytes | field |\n|---:|---:|---|")?;
        for field in layout.fields {
            writeln!(out, "| {} | {} | {} |", field.at, field.size, field.name)?;
        }
    }
    Ok(())
}

/// What the older interface does otherwise.
fn write_legacy(out: &mut String) -> core::fmt::Result {
    writeln!(out, "\n## The older interface, `{}`\n", Dll::Vmcompute.file())?;
    writeln!(out, "| row | calls | how they end | how it is known |\n|---|---|---|---|")?;
    for row in legacy::ENDS {
        let calls: Vec<&str> = row.calls.iter().map(Call::export).collect();
        let ends = match row.ends {
            Ends::InCall => "in the call".to_owned(),
            Ends::Notified(notice) => format!("pending, then {}", notice.name()),
            Ends::WithSystem(None) => "pending, then the system's exit".to_owned(),
            Ends::WithSystem(Some(notice)) => format!("pending, then the system's exit, or {}", notice.name()),
        };
        writeln!(out, "| {} | {} | {ends} | {} |", row.id, calls.join(", "), sources(row.sources))?;
    }
    writeln!(out, "\n| row | calls | finds | builds | answer | how it is known |\n|---|---|---|---|---|---|")?;
    for row in legacy::layer::ROWS {
        let calls: Vec<&str> = row.calls.iter().map(Call::export).collect();
        let states = set(row.states.iter().map(FolderState::name), FolderState::COUNT);
        let builds = set(row.builds.iter().map(Build::name), Build::COUNT);
        let (id, calls, verdict) = (row.id, calls.join(", "), row.verdict);
        writeln!(out, "| {id} | {calls} | {states} | {builds} | {verdict:?} | {} |", sources(row.sources))?;
    }
    writeln!(out, "\n| fact | how it is known |\n|---|---|")?;
    for (id, known) in legacy::FACTS.iter().chain(legacy::layer::FACTS) {
        writeln!(out, "| {id} | {} |", sources(known))?;
    }
    Ok(())
}

/// The entries that a grant adds, as tools show them.
fn entries(of: &[grant::Entry]) -> String {
    of.iter().map(|(flags, mask)| grant::entry_text(*flags, *mask)).collect::<Vec<_>>().join(" ")
}

/// The resource paths of modify requests.
fn write_resources(out: &mut String) -> core::fmt::Result {
    writeln!(out, "\n## What can be modified\n\n| path | kinds | how it is known |\n|---|---|---|")?;
    for of in &resource::RESOURCES {
        let path = if of.path.is_empty() { "none: a request to the guest alone" } else { of.path };
        let kinds = set(of.kinds.iter().map(Kind::name), Kind::COUNT);
        writeln!(out, "| {path} | {kinds} | {} |", sources(of.sources))?;
    }
    Ok(())
}

/// The properties of systems and of the service.
fn write_properties(out: &mut String) -> core::fmt::Result {
    writeln!(
        out,
        "\n## What can be asked\n\n| property | member | kinds | builds | how it is known |\n|---|---|---|---|---|"
    )?;
    let basic = &property::OB_ROOT;
    let kinds = set(basic.kinds.iter().map(Kind::name), Kind::COUNT);
    writeln!(out, "| of every answer | {} | {kinds} | any | {} |", basic.member, sources(basic.sources))?;
    for row in &property::SYSTEM_PROPERTIES {
        let (name, member) = (row.property.name(), row.member.unwrap_or_default());
        let kinds = set(row.kinds.iter().map(Kind::name), Kind::COUNT);
        let builds = set(row.builds.iter().map(Build::name), Build::COUNT);
        writeln!(out, "| {name} | {member} | {kinds} | {builds} | {} |", sources(row.sources))?;
    }
    for row in &property::SERVICE_PROPERTIES {
        let builds = set(row.builds.iter().map(Build::name), Build::COUNT);
        let name = row.property.name();
        writeln!(out, "| {name} | | the service | {builds} | {} |", sources(row.sources))?;
    }
    Ok(())
}

/// What operations can end with though no rule refuses them.
fn write_failures(out: &mut String) -> core::fmt::Result {
    writeln!(out, "\n## Plausible failures\n\n| failure | code | seen | kinds | builds | how it is known |")?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    for failure in failure::FAILURES {
        let surface = if failure.surface == Surface::Call { "call" } else { "operation" };
        let kinds = set(failure.kinds.iter().map(Kind::name), Kind::COUNT);
        let builds = set(failure.builds.iter().map(Build::name), Build::COUNT);
        let (id, code) = (failure.id, failure.code);
        writeln!(out, "| {id} | {code} | {surface} | {kinds} | {builds} | {} |", sources(failure.sources))?;
    }
    writeln!(out, "\nOf calls on layers and disks, and of the older interface, which have no operation:\n")?;
    writeln!(out, "| failure | call | code | builds | how it is known |\n|---|---|---|---|---|")?;
    for failure in failure::CALL_FAILURES {
        let builds = set(failure.builds.iter().map(Build::name), Build::COUNT);
        let (id, call, code) = (failure.id, failure.call.export(), failure.code);
        writeln!(out, "| {id} | {call} | {code} | {builds} | {} |", sources(failure.sources))?;
    }
    Ok(())
}

/// How fast hosts are, and what they show where recordings conflict.
fn write_profiles(out: &mut String) -> core::fmt::Result {
    writeln!(out, "\n## Profiles\n")?;
    for profile in profile::PROFILES {
        writeln!(out, "- {}: {}", profile.name, profile.about)?;
    }
    writeln!(out, "\n| quirk | builds | how it is known |\n|---|---|---|")?;
    for row in &profile::QUIRKS {
        let builds = set(row.builds.iter().map(Build::name), Build::COUNT);
        writeln!(out, "| {} | {builds} | {} |", row.quirk.name(), sources(row.sources))?;
    }
    Ok(())
}

/// Which exports are modelled, and which are rows that say they are not.
fn write_exports(out: &mut String) -> core::fmt::Result {
    writeln!(out, "\n## Exports\n")?;
    for dll in [Dll::Computecore, Dll::Computestorage, Dll::Vmcompute, Dll::Virtdisk, Dll::Kernel32] {
        let exports = EXPORTS.iter().filter(|export| export.dll == dll);
        let (modelled, others): (Vec<&Export>, Vec<&Export>) = exports.partition(|export| export.call.is_some());
        writeln!(out, "`{}`: {} modelled, {} not modelled.\n", dll.file(), modelled.len(), others.len())?;
        for export in others {
            let since = export.since.map_or("no simulated build".to_owned(), |build| build.number().to_string());
            writeln!(out, "- {} (since {since}): E_NOTIMPL, recorded as not modelled", export.name)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Every assumption: the questions that a real host could answer.
fn write_questions(out: &mut String) -> core::fmt::Result {
    writeln!(out, "## Assumed: questions for a real host\n")?;
    let rows = system::ROWS.iter().map(|row| (row.id, row.sources));
    let rows = rows.chain(process::sourced());
    let rows = rows.chain(argument::ROWS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(handle::ROWS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(operation::ROWS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(operation::IN_FLIGHT.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(service::ROWS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(access::ROWS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(privilege::ROWS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(privilege::FACTS.iter().copied());
    let rows = rows.chain(crate::layer::ROWS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(crate::layer::path::ROWS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(crate::layer::form::FACTS.iter().copied());
    let rows = rows.chain(file::ROWS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(file::FACTS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(grant::GRANTS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(state_file::LAYOUTS.iter().map(|layout| (layout.name, layout.sources)));
    let rows = rows.chain(state_file::ASSUMED.iter().copied());
    let rows = rows.chain(transport::FACTS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(transport::REQUIRED.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(transport::REFUSALS.iter().map(|row| (row.about, row.sources)));
    let rows = rows.chain(disk::PATH_ROWS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(disk::ROWS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(disk::attachment::ROWS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(disk::FACTS.iter().copied());
    let rows = rows.chain(legacy::ENDS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(legacy::FACTS.iter().copied());
    let rows = rows.chain(legacy::layer::ROWS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(legacy::layer::FACTS.iter().copied());
    let rows = rows.chain(container::ROWS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(container::FACTS.iter().copied());
    let rows = rows.chain(FAULTS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(EVENTS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(constraint::ROWS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(resource::ROWS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(property::service_change::ROWS.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(resource::RESOURCES.iter().map(|of| (of.path, of.sources)));
    let rows = rows.chain(failure::FAILURES.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(failure::CALL_FAILURES.iter().map(|row| (row.id, row.sources)));
    let rows = rows.chain(profile::QUIRKS.iter().map(|row| (row.quirk.name(), row.sources)));
    let rows = rows.chain(crate::answer::EXIT_STATUSES.iter().map(|row| (row.exit.name(), row.sources)));
    let rows = rows.chain([(property::OB_ROOT.member, property::OB_ROOT.sources)]);
    let rows = rows.map(|(id, sources)| (id.to_owned(), sources));
    let rows = rows.chain(
        property::SYSTEM_PROPERTIES.iter().map(|row| (format!("property {}", row.property.name()), row.sources)),
    );
    let rows = rows.chain(
        property::SERVICE_PROPERTIES
            .iter()
            .map(|row| (format!("service property {}", row.property.name()), row.sources)),
    );
    for (id, sources) in rows {
        for source in sources.iter().filter(|source| source.class == Class::Assumed) {
            writeln!(out, "- {id}: {}", source.text)?;
        }
    }
    process::write_questions(out)
}
