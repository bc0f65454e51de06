//! What a row of layers leads one to expect: the code, what shows of the state afterwards, what was written.

use hcs_rules::export;
use hcs_rules::hresult::Hresult;
use hcs_rules::layer::form::{LAYOUT, STATE};
use hcs_rules::layer::{LayerCase, LayerEffect, LayerRow, LayerState};
use hcs_rules::transport::folder;
use hcs_rules::vocabulary::Call;

use super::place::Place;
use super::request::HELD;
use super::{Case, find};
use crate::expect::expect;

/// Holds a call's code and what it has done against the row.
pub(super) fn check(place: &Place<'_>, case: &Case<'_>, rows: &[LayerRow], code: Hresult) -> Result<(), String> {
    expect("the code", case.row.code, code)?;
    if case.row.effect == LayerEffect::DestroyPartAndDie {
        // Whoever has called is not there any more.
        return Ok(());
    }
    expect_written(place, case.row.effect)?;
    if case.row.effect == LayerEffect::DestroyPart {
        let left = [HELD, folder::FILES].map(|name| place.session.files().has(&format!("{}\\{name}", place.path)));
        return expect("what is in use is left, and nothing else", [true, false], left);
    }
    expect_state(place, rows, case.row.becomes.unwrap_or(case.state))
}

/// What an export has left in the folder that it writes to.
fn expect_written(place: &Place<'_>, effect: LayerEffect) -> Result<(), String> {
    let has = |name: &str| place.session.files().has(&place.at(&format!("target\\{name}")));
    let (files, list) = (has(folder::FILES), has(folder::TOMBSTONES));
    match effect {
        LayerEffect::Export | LayerEffect::ExportChanges => {
            expect("an export's files and its list of what is gone", (true, true), (files, list))
        }
        LayerEffect::ExportPart => expect("files, and no list of what is gone", (true, false), (files, list)),
        _ => expect("files in a folder that nothing was exported to", false, files),
    }
}

/// Layer data that names no layer.
const NO_LAYERS: &str = r#"{"Layers":[]}"#;

/// What shows of a state without changing it; of a volume's, how a filter lets go.
fn expect_state(place: &Place<'_>, rows: &[LayerRow], state: LayerState) -> Result<(), String> {
    use LayerState as S;
    let shows = |name: &str| {
        let path = if name.is_empty() { place.path.clone() } else { format!("{}\\{name}", place.path) };
        place.session.files().has(&path)
    };
    let what = format!("what shows of a place that is {}", state.name());
    match state {
        S::Absent => expect(&what, false, shows("")),
        S::File | S::Empty | S::Foreign | S::Scratch => expect(&what, (true, false), (shows(""), shows(folder::FILES))),
        S::Partial => expect(&what, (true, false), (shows(folder::FILES), shows(folder::HIVES))),
        S::Imported => expect(&what, (true, false), (shows(folder::HIVES), shows(LAYOUT))),
        S::Base => expect(&what, (true, true), (shows(folder::HIVES), shows(LAYOUT))),
        S::Raw => Ok(()),
        S::Plain | S::Formatted | S::Initialized | S::Filtered | S::Overlaid | S::InUse => {
            expect(&what, !matches!(state, S::Plain | S::Formatted), shows(STATE))?;
            for call in [Call::DetachOverlayFilter, Call::DetachLayerStorageFilter] {
                if export::has(place.build, call) {
                    let believed = find(rows, call, state, LayerCase::Usual, place.build);
                    let believed = believed.map_or(Hresult::S_OK, |row| row.code);
                    let (host, path) = (place.session.host(), place.path.as_str());
                    let came = match call {
                        Call::DetachOverlayFilter => host.detach_overlay_filter(path.into(), NO_LAYERS.into()),
                        _ => host.detach_layer_storage_filter(path.into()),
                    };
                    expect(&format!("{} of what is {}", call.export(), state.name()), believed, came)?;
                }
            }
            Ok(())
        }
    }
}
