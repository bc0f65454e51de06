//! `computestorage.dll`

use hcs_sim_dll::computestorage::{HcsAttachOverlayFilter, HcsDetachOverlayFilter};
use windows_sys::Win32::System::HostComputeSystem::*;

use super::{Call, calls};
use crate::player::{Kind, Player};
use crate::text::For;

calls! {
    p;
    3 HcsImportLayer(p.text(For::Folder), p.text(For::Staged), p.text(For::Layer));
    2 HcsExportLayer(p.text(For::Folder), p.text(For::Staged), p.text(For::Layer), p.text(For::Options));
    1 HcsExportLegacyWritableLayer(p.text(For::Volume), p.text(For::Folder), p.text(For::Staged), p.text(For::Layer));
    1 HcsDestroyLayer(p.text(For::Folder));
    2 HcsSetupBaseOSLayer(p.text(For::Folder), p.handle(Kind::Disk), p.text(For::Options));
    1 HcsSetupBaseOSVolume(p.text(For::Folder), p.text(For::Volume), p.text(For::Options));
    2 HcsInitializeWritableLayer(p.text(For::Folder), p.text(For::Layer), p.text(For::Options));
    1 HcsInitializeLegacyWritableLayer(
        p.text(For::Volume), p.text(For::Folder), p.text(For::Layer), p.text(For::Options),
    );
    2 HcsAttachLayerStorageFilter(p.text(For::Folder), p.text(For::Layer));
    1 HcsDetachLayerStorageFilter(p.text(For::Folder));
    1 HcsAttachOverlayFilter(p.text(For::Volume), p.text(For::Layer));
    1 HcsDetachOverlayFilter(p.text(For::Volume), p.text(For::Layer));
    3 HcsFormatWritableLayerVhd(p.handle(Kind::Disk));
    3 HcsGetLayerVhdMountPath(p.handle(Kind::Disk), p.document());
}
