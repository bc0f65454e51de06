//! The call of a case: its arguments, and what must be there for it to find what the case says.

use hcs_api::Text;
use hcs_api::disk::DiskHandle;
use hcs_api::layer::{Layer, layer_data};
use hcs_rules::hresult::Hresult;
use hcs_rules::layer::form::{CONFIG, LAYOUT};
use hcs_rules::layer::{LayerCase, LayerState};
use hcs_rules::transport::{StreamKind, folder, reparse};
use hcs_rules::vocabulary::Call;

use super::Case;
use super::place::Place;
use crate::target::Trouble;

/// No JSON.
const MALFORMED: &str = "{";
/// JSON, and no document.
const INVALID: &str = r#"{"Surprise":1}"#;
/// A layer that is not there.
const NOWHERE: &str = "6f2d9a34-1111-4222-8333-000000000000";

/// The disk that stands in the way of its folder's end.
pub(super) const HELD: &str = "held.vhdx";

/// A call that is ready to be made.
pub(super) type Ready<'a> = Box<dyn FnOnce() -> Hresult + 'a>;

/// Makes everything ready. `None`: the build has not the trouble that the case is about.
///
/// # Errors
/// What could not be made.
pub(super) fn make<'a>(place: &mut Place<'a>, case: &Case<'_>) -> Result<Option<Ready<'a>>, String> {
    use LayerCase as C;
    let (session, host, files) = (place.session, place.session.host(), place.session.files());
    let Case { call, state, case, .. } = *case;
    if case == C::NoDevice && state == LayerState::Plain {
        place.path = session.volume(true);
    } else {
        place.lead_to(state)?;
    }
    let (source, target, layer) = (place.at("source"), place.at("target"), place.at("layer"));
    let mut data = match case {
        C::MalformedData => MALFORMED.to_owned(),
        C::InvalidData => INVALID.to_owned(),
        C::NoParent => layer_data(&[Layer::new(NOWHERE, &place.at("nowhere"))]),
        _ => place.data(),
    };
    let documents = match call {
        Call::ExportLayer => [r#"{"IsWritableLayer":false}"#, r#"{"IsWritableLayer":true}"#],
        _ => [r#"{"Type":"Container"}"#, r#"{"Type":"Vm"}"#],
    };
    let options = match case {
        C::MalformedOptions => MALFORMED,
        C::InvalidOptions => INVALID,
        C::Other | C::NoDisk | C::NoMachine => documents[1],
        _ => documents[0],
    };
    let mut disk = DiskHandle::NULL;
    let there = match case {
        C::NoSource | C::NoTarget | C::NoFiles | C::NoDisk | C::NoDevice => true,
        C::Torn => session.trouble(Trouble::TornImport),
        C::Kept => session.trouble(Trouble::LayersStay),
        C::Collision => session.trouble(Trouble::FilterCollision),
        C::Busy => session.trouble(Trouble::BusyFilter(&place.path)),
        C::OtherFilter => {
            data = r#"{"FilterType":"UnionFS"}"#.to_owned();
            true
        }
        C::UnwantedDisk => {
            disk = place.create(&place.at("unwanted.vhdx"))?;
            true
        }
        C::HoldsAttached => {
            let disk = place.create(&format!("{}\\{HELD}", place.path))?;
            host.attach_virtual_disk(disk, 0).is_ok()
        }
        C::ParentOfMounted => {
            let path = place.path.clone();
            place.mount_on(&path)?;
            place.path = path;
            true
        }
        C::NoMachine | C::Other if call == Call::SetupBaseOSLayer => {
            if case == C::Other {
                place.path.push_str("\\UtilityVM");
            }
            disk = place.create(&place.at("machine.vhdx"))?;
            host.attach_virtual_disk(disk, 0).is_ok()
        }
        _ => true,
    };
    if call == Call::ImportLayer && case != C::NoSource {
        files.put_layer(&source);
        match case {
            C::IncompleteSource => files.remove(&format!("{source}\\{}", folder::TOMBSTONES)),
            C::DamagedSource => files.put_file(&format!("{source}\\Files\\bad.dll"), b"abc"),
            C::ForeignReparse => files.put_file(&format!("{source}\\Files\\link"), &foreign_link()),
            _ => {}
        }
    }
    if case != C::NoTarget {
        files.put_folder(&target);
    }
    // The layer whose hives are looked at.
    let base = if call == Call::SetupBaseOSVolume { layer.clone() } else { place.path.clone() };
    if call == Call::SetupBaseOSVolume {
        match case {
            C::NoFiles => files.put_folder(&layer),
            _ => place.bare(&layer)?,
        }
    }
    let hive = |name: &str| format!("{base}\\{CONFIG}\\{name}");
    let hives = match case {
        C::HasHives if call == Call::SetupBaseOSVolume => {
            files.put_file(&format!("{layer}\\{LAYOUT}"), b"");
            true
        }
        C::NoHives => {
            files.remove(&hive("DEFAULT"));
            true
        }
        C::HiveInUse => session.trouble(Trouble::InUse(&hive("SAM"))),
        C::EmptyHive => {
            files.put_file(&hive("SAM"), b"");
            true
        }
        _ => true,
    };
    if !there || !hives {
        return Ok(None);
    }
    let path = if case == C::Relative { "relative".to_owned() } else { place.path.clone() };
    let ready = move || {
        let (path, layer, source, target) = (path.as_str(), layer.as_str(), source.as_str(), target.as_str());
        let (data, options) = (Text::Some(&data), Text::Some(options));
        match call {
            Call::ImportLayer => host.import_layer(path.into(), source.into(), data),
            Call::ExportLayer => host.export_layer(path.into(), target.into(), data, options),
            Call::ExportLegacyWritableLayer => {
                host.export_legacy_writable_layer(path.into(), layer.into(), target.into(), data)
            }
            Call::DestroyLayer => host.destroy_layer(path.into()),
            Call::SetupBaseOSLayer => host.setup_base_os_layer(path.into(), disk, options),
            Call::SetupBaseOSVolume => host.setup_base_os_volume(layer.into(), path.into(), options),
            Call::InitializeWritableLayer => host.initialize_writable_layer(path.into(), data, Text::Null),
            Call::InitializeLegacyWritableLayer => {
                // Its options are a list of files, which may be left out.
                let options =
                    if matches!(case, C::MalformedOptions | C::InvalidOptions) { options } else { Text::Null };
                host.initialize_legacy_writable_layer(path.into(), layer.into(), data, options)
            }
            Call::AttachLayerStorageFilter => host.attach_layer_storage_filter(path.into(), data),
            Call::DetachLayerStorageFilter => host.detach_layer_storage_filter(path.into()),
            Call::AttachOverlayFilter => host.attach_overlay_filter(path.into(), data),
            _ => host.detach_overlay_filter(path.into(), data),
        }
    };
    Ok(Some(Box::new(ready)))
}

/// A file of the transport form that is a link of the Linux subsystem.
fn foreign_link() -> Vec<u8> {
    let target = b"target";
    let mut body = reparse::REFUSED[0].to_le_bytes().to_vec();
    body.extend((target.len() as u16).to_le_bytes());
    body.extend([0; 2]);
    body.extend(target);
    // Its attributes: an archive's, and that it is a reparse point.
    let mut file = 0x420_u32.to_le_bytes().to_vec();
    file.extend(StreamKind::Reparse.id().to_le_bytes());
    file.extend(0_u32.to_le_bytes());
    file.extend((body.len() as u64).to_le_bytes());
    file.extend(0_u32.to_le_bytes());
    file.extend(body);
    file
}
