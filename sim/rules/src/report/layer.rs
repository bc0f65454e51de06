//! Layers on the page of rules.

use core::fmt::Write as _;

use super::{set, sources};
use crate::build::Build;
use crate::layer::{self, LayerCase, LayerState, path};
use crate::vocabulary::Call;

/// Every row on layers, in the order of the table.
pub(super) fn write_rows(out: &mut String) -> core::fmt::Result {
    writeln!(out, "\n## Layers\n\n| row | calls | finds | case | builds | answer | then | how it is known |")?;
    writeln!(out, "|---|---|---|---|---|---|---|---|")?;
    for row in layer::ROWS {
        let calls = set(row.calls.iter().map(Call::name), Call::COUNT);
        let states = row.calls.iter().next().map_or(row.states, |call| row.states.and(layer::states(call)));
        let cases = row.calls.iter().next().map_or(row.cases, |call| row.cases.and(layer::cases(call)));
        let states = set(states.iter().map(LayerState::name), LayerState::COUNT);
        let cases = set(cases.iter().map(LayerCase::name), LayerCase::COUNT);
        let builds = set(row.builds.iter().map(Build::name), Build::COUNT);
        let then = row.becomes.map_or(row.effect.name(), LayerState::name);
        let known = sources(row.sources);
        writeln!(out, "| {} | {calls} | {states} | {cases} | {builds} | {} | {then} | {known} |", row.id, row.code)?;
    }
    writeln!(
        out,
        "\nWhat the host's file system says on the way:\n\n| row | answer | how it is known |\n|---|---|---|"
    )?;
    for row in path::ROWS {
        writeln!(out, "| {} | {} | {} |", row.id, row.refuses, sources(row.sources))?;
    }
    writeln!(out, "\nWhat layers are on disk:\n")?;
    for (id, known) in layer::form::FACTS {
        writeln!(out, "- {id}: {}", sources(known))?;
    }
    Ok(())
}
