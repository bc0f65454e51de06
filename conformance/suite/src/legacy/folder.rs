//! A folder in a state, and what a layer function of the older interface makes of it.

use hcs_api::{LayerName, Text};
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::layer::{LayerCase, LayerState, rule};
use hcs_rules::legacy::layer::{FolderRow, FolderState, FolderVerdict};
use hcs_rules::vocabulary::Call;

use super::layer_code;
use crate::expect::expect;
use crate::layer::place::{Place, done};
use crate::target::Session;

/// A disk that is larger than those that base layers come with, in bytes.
const LARGER: u64 = 30 << 30;

/// Brings a folder into a state, makes the call, and holds its code against the row.
pub(super) fn check(
    session: &dyn Session,
    build: Build,
    row: &FolderRow,
    call: Call,
    state: FolderState,
) -> Result<(), String> {
    let mut place = Place::new(session, build);
    let result =
        made(&mut place, call, state).and_then(|code| expect("the code", believed(row, call, state, build), code));
    // What is left of the writable layer, from the last step to the first.
    let (host, path) = (session.host(), place.at("writable"));
    let layer = LayerName::path(&path);
    if matches!(state, FolderState::Inactive | FolderState::Active | FolderState::Prepared) {
        host.legacy_unprepare_layer(layer);
        host.legacy_deactivate_layer(layer);
    }
    place.strike();
    result
}

/// What a row says, or the newer function that the call ends in.
fn believed(row: &FolderRow, call: Call, state: FolderState, build: Build) -> Hresult {
    use FolderState::{Active, Inactive, Prepared, ReadOnly};
    match (row.verdict, call, state) {
        (FolderVerdict::Fails(code), ..) => code,
        (FolderVerdict::Does, Call::LegacyPrepareLayer, Prepared) => {
            layer_code(rule(Call::AttachLayerStorageFilter, LayerState::Filtered, LayerCase::Usual, build))
        }
        // Nothing is in it that a layer has, or the filter is not there.
        (FolderVerdict::Does, Call::LegacyExportLayer, ReadOnly | Inactive | Active) => {
            layer_code(rule(Call::ExportLayer, LayerState::Empty, LayerCase::Usual, build))
        }
        _ => Hresult::S_OK,
    }
}

fn made(place: &mut Place<'_>, call: Call, state: FolderState) -> Result<Hresult, String> {
    let (host, files) = (place.session.host(), place.session.files());
    let [base, child, path, out] = ["base", "child", "writable", "out"].map(|name| place.at(name));
    place.import(&base, &[])?;
    done("a base layer", host.legacy_process_base_image(base.as_str().into()))?;
    // A layer between them: an export wants two parents.
    let source = place.at("source");
    files.put_layer(&source);
    let parents = [Text::Some(&child), Text::Some(&base)];
    done("a layer", host.legacy_import_layer(LayerName::path(&child), source.as_str().into(), &parents[1..]))?;
    files.put_folder(&out);
    let layer = LayerName::path(&path);
    match state {
        FolderState::Absent => {}
        FolderState::File => files.put_file(&path, b"a file"),
        FolderState::ReadOnly => files.put_folder(&path),
        FolderState::Inactive | FolderState::Active | FolderState::Prepared => {
            done("a writable layer", host.legacy_create_sandbox_layer(layer, Text::Null, &parents))?;
            if state != FolderState::Inactive {
                done("its activation", host.legacy_activate_layer(layer))?;
            }
            if state == FolderState::Prepared {
                done("its preparation", host.legacy_prepare_layer(layer, &parents))?;
            }
        }
    }
    let copy = place.at("copy");
    Ok(match call {
        Call::LegacyActivateLayer => host.legacy_activate_layer(layer),
        Call::LegacyDeactivateLayer => host.legacy_deactivate_layer(layer),
        Call::LegacyPrepareLayer => host.legacy_prepare_layer(layer, &parents),
        Call::LegacyUnprepareLayer => host.legacy_unprepare_layer(layer),
        Call::LegacyGetLayerMountPath => host.legacy_get_layer_mount_path(layer).code,
        Call::LegacyCreateLayer => host.legacy_create_layer(layer, Text::Null),
        Call::LegacyCreateSandboxLayer => host.legacy_create_sandbox_layer(layer, Text::Null, &parents),
        Call::LegacyExpandSandboxSize => host.legacy_expand_sandbox_size(layer, LARGER),
        Call::LegacyCopyLayer => host.legacy_copy_layer(layer, copy.as_str().into(), &parents),
        Call::LegacyExportLayer => host.legacy_export_layer(layer, out.as_str().into(), &parents),
        _ => {
            let (code, is_there) = host.legacy_layer_exists(layer);
            // It says so of any folder.
            let believed = !matches!(state, FolderState::Absent | FolderState::File);
            expect("that it is there", believed, is_there)?;
            code
        }
    })
}
