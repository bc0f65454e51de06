//! The part of the page that is about processes: their states, their rows, what stands against their creation, how they
//! end, what guests bring along.

use core::fmt::Write as _;
use std::collections::BTreeSet;

use super::{answer, set, sources};
use crate::build::Build;
use crate::evidence::Source;
use crate::guest::{self, EXIT_CODES, ExitCode, GuestOs};
use crate::process::{self, LAUNCH_FAULTS, ProcessAfter, ProcessFacet, ProcessRow, ProcessState, ProcessTrigger};
use crate::vocabulary::Kind;

/// Visits every cell that exists, with its row.
pub(super) fn for_each_cell(mut visit: impl FnMut(&ProcessRow, ProcessFacet, Kind, ProcessState, Build)) {
    for trigger in ProcessTrigger::ALL {
        for facet in trigger.facets().iter() {
            for kind in Kind::ALL {
                for state in trigger.states().iter() {
                    for build in Build::ALL {
                        if let Some(row) = process::rule(*trigger, facet, *kind, state, *build) {
                            visit(row, facet, *kind, state, *build);
                        }
                    }
                }
            }
        }
    }
}

/// The handlers that rows name.
pub(super) fn handlers() -> impl Iterator<Item = &'static str> {
    process::ROWS.iter().filter(|row| row.after != ProcessAfter::Nothing).map(|row| row.after.name())
}

/// The states of a process, and the rows that lead from one to the next. They are the same for every kind of system.
pub(super) fn write_diagram(out: &mut String) -> core::fmt::Result {
    let mut edges: BTreeSet<(usize, usize, &str)> = BTreeSet::new();
    for_each_cell(|row, _, _, state, _| {
        if let Some(next) = row.becomes.filter(|next| *next != state) {
            edges.insert((state.index(), next.index(), row.id));
        }
    });
    writeln!(out, "\n## States of a process\n\n```mermaid\nstateDiagram-v2\n    [*] --> Creating")?;
    for (from, to, row) in edges {
        writeln!(out, "    {} --> {}: {row}", ProcessState::ALL[from].name(), ProcessState::ALL[to].name())?;
    }
    writeln!(out, "```")
}

/// Every row of the state stage of processes.
pub(super) fn write_rows(out: &mut String) -> core::fmt::Result {
    writeln!(out, "\n## What happens to a process\n")?;
    writeln!(out, "| row | kinds | states | with | builds | answer | becomes | ends | then | how it is known |")?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|---|")?;
    for row in process::ROWS {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            row.id,
            set(row.kinds.iter().map(Kind::name), Kind::COUNT),
            set(row.states.and(row.on.states()).iter().map(ProcessState::name), row.on.states().iter().count()),
            set(row.facets.and(row.on.facets()).iter().map(ProcessFacet::name), row.on.facets().iter().count()),
            set(row.builds.iter().map(Build::name), Build::COUNT),
            answer(row.answer, row.surface),
            row.becomes.map_or("", ProcessState::name),
            row.ends.map_or(String::new(), |ends| format!("{ends:?}")),
            if row.after == ProcessAfter::Nothing { "" } else { row.after.name() },
            sources(row.sources),
        )?;
    }
    let in_turn = sources(process::IN_TURN);
    writeln!(out, "\nSignals and terminations through one system handle go one after the other: {in_turn}.")
}

/// What stands against a creation, and the code with which a process ends.
pub(super) fn write_faults_and_ends(out: &mut String) -> core::fmt::Result {
    writeln!(out, "\n## What stands against a process\n\nIn the order in which the guest looks.\n")?;
    writeln!(out, "| row | guests | the operation ends with | how it is known |\n|---|---|---|---|")?;
    for row in LAUNCH_FAULTS {
        let guests = set(row.guests.iter().map(GuestOs::name), GuestOs::COUNT);
        writeln!(out, "| {} | {guests} | {} | {} |", row.id, row.code, sources(row.sources))?;
    }
    writeln!(out, "\n## Exit codes\n\n| row | guest | reason | code | how it is known |\n|---|---|---|---|---|")?;
    for row in &EXIT_CODES {
        let code = match row.code {
            ExitCode::Itself => "the number itself".to_owned(),
            ExitCode::LowByte => "the number's lowest byte".to_owned(),
            ExitCode::Always(code) => format!("{code} (0x{code:08X})"),
            ExitCode::Above128 => "128 and the number's seven lowest bits".to_owned(),
        };
        let (id, os, end) = (row.id, row.os.name(), row.end.name());
        writeln!(out, "| {id} | {os} | {end} | {code} | {} |", sources(row.sources))?;
    }
    Ok(())
}

/// What a guest brings along that no client asks for: name and value on each guest. None of it is recorded.
fn constants() -> [(&'static str, [String; GuestOs::COUNT]); 9] {
    let each = |value: fn(GuestOs) -> String| [value(GuestOs::Windows), value(GuestOs::Linux)];
    [
        ("guest.users", each(|os| guest::users(os).join(", "))),
        (
            "guest.environment",
            each(|os| {
                let variables = guest::environment(os).iter().map(|(name, value)| format!("{name}={value}"));
                variables.collect::<Vec<_>>().join(", ")
            }),
        ),
        ("guest.directory", each(|os| guest::directory(os).to_owned())),
        (
            "guest.process-ids",
            each(|os| {
                let (first, step) = guest::process_ids(os);
                format!("from {first} in steps of {step}")
            }),
        ),
        (
            "guest.console-size",
            each(|_| {
                let (width, height) = guest::CONSOLE_SIZE;
                format!("{width} by {height}")
            }),
        ),
        ("guest.pipe-capacity", each(|_| format!("{} bytes", guest::PIPE_CAPACITY))),
        ("guest.panicked", each(|os| format!("{:#X}", guest::panicked(os)))),
        ("guest.starved", each(|os| format!("{:#X}", guest::starved(os)))),
        ("guest.running-exit-code", each(|_| guest::RUNNING_EXIT_CODE.to_string())),
    ]
}

/// The constants of guests.
pub(super) fn write_guests(out: &mut String) -> core::fmt::Result {
    writeln!(
        out,
        "\n## What guests bring along\n\nAll of it is assumed.\n\n| what | Windows | Linux |\n|---|---|---|"
    )?;
    for (name, [windows, linux]) in constants() {
        writeln!(out, "| {name} | {windows} | {linux} |")?;
    }
    Ok(())
}

/// Rows with their sources, for the questions.
pub(super) fn sourced() -> impl Iterator<Item = (&'static str, &'static [Source])> {
    let rows = process::ROWS.iter().map(|row| (row.id, row.sources));
    let faults = LAUNCH_FAULTS.iter().map(|row| (row.id, row.sources));
    let turns = [("process-signal, in turn", process::IN_TURN)];
    rows.chain(faults).chain(turns).chain(EXIT_CODES.iter().map(|row| (row.id, row.sources)))
}

/// The questions that no row asks.
pub(super) fn write_questions(out: &mut String) -> core::fmt::Result {
    for (name, [windows, linux]) in constants() {
        let value = if windows == linux { windows } else { format!("{windows}; on Linux {linux}") };
        writeln!(out, "- {name}: {value}")?;
    }
    Ok(())
}
