//! The calls on layers: the exports of `computestorage.dll`.

use std::sync::Arc;

use hcs_rules::vocabulary::Call;

use super::Text;
use crate::handle::Handle;

/// A call on layers, with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the parameters of the exports, by their names")]
pub enum LayerRequest {
    ImportLayer { layer: Text, source: Text, data: Text },
    ExportLayer { layer: Text, folder: Text, data: Text, options: Text },
    ExportLegacyWritableLayer { mount: Text, layer: Text, folder: Text, data: Text },
    DestroyLayer { layer: Text },
    SetupBaseOSLayer { layer: Text, disk: Handle, options: Text },
    SetupBaseOSVolume { layer: Text, volume: Text, options: Text },
    InitializeWritableLayer { volume: Text, data: Text, options: Text },
    InitializeLegacyWritableLayer { mount: Text, layer: Text, data: Text, options: Text },
    AttachLayerStorageFilter { volume: Text, data: Text },
    DetachLayerStorageFilter { volume: Text },
    FormatWritableLayerVhd { disk: Handle },
    GetLayerVhdMountPath { disk: Handle, out: bool },
    AttachOverlayFilter { volume: Text, data: Text },
    DetachOverlayFilter { volume: Text, data: Text },
}

impl LayerRequest {
    /// The call.
    pub const fn call(&self) -> Call {
        match self {
            LayerRequest::ImportLayer { .. } => Call::ImportLayer,
            LayerRequest::ExportLayer { .. } => Call::ExportLayer,
            LayerRequest::ExportLegacyWritableLayer { .. } => Call::ExportLegacyWritableLayer,
            LayerRequest::DestroyLayer { .. } => Call::DestroyLayer,
            LayerRequest::SetupBaseOSLayer { .. } => Call::SetupBaseOSLayer,
            LayerRequest::SetupBaseOSVolume { .. } => Call::SetupBaseOSVolume,
            LayerRequest::InitializeWritableLayer { .. } => Call::InitializeWritableLayer,
            LayerRequest::InitializeLegacyWritableLayer { .. } => Call::InitializeLegacyWritableLayer,
            LayerRequest::AttachLayerStorageFilter { .. } => Call::AttachLayerStorageFilter,
            LayerRequest::DetachLayerStorageFilter { .. } => Call::DetachLayerStorageFilter,
            LayerRequest::FormatWritableLayerVhd { .. } => Call::FormatWritableLayerVhd,
            LayerRequest::GetLayerVhdMountPath { .. } => Call::GetLayerVhdMountPath,
            LayerRequest::AttachOverlayFilter { .. } => Call::AttachOverlayFilter,
            LayerRequest::DetachOverlayFilter { .. } => Call::DetachOverlayFilter,
        }
    }

    /// The paths, in the order of the parameters.
    pub const fn paths(&self) -> [Option<&Text>; 3] {
        match self {
            LayerRequest::ImportLayer { layer, source, .. } => [Some(layer), Some(source), None],
            LayerRequest::ExportLayer { layer, folder, .. } => [Some(layer), Some(folder), None],
            LayerRequest::ExportLegacyWritableLayer { mount, layer, folder, .. } => {
                [Some(mount), Some(layer), Some(folder)]
            }
            LayerRequest::DestroyLayer { layer } | LayerRequest::SetupBaseOSLayer { layer, .. } => {
                [Some(layer), None, None]
            }
            LayerRequest::SetupBaseOSVolume { layer, volume, .. } => [Some(layer), Some(volume), None],
            LayerRequest::InitializeLegacyWritableLayer { mount, layer, .. } => [Some(mount), Some(layer), None],
            LayerRequest::InitializeWritableLayer { volume, .. }
            | LayerRequest::AttachLayerStorageFilter { volume, .. }
            | LayerRequest::DetachLayerStorageFilter { volume }
            | LayerRequest::AttachOverlayFilter { volume, .. }
            | LayerRequest::DetachOverlayFilter { volume, .. } => [Some(volume), None, None],
            LayerRequest::FormatWritableLayerVhd { .. } | LayerRequest::GetLayerVhdMountPath { .. } => {
                [None, None, None]
            }
        }
    }

    /// The layer data, where there is such a parameter.
    pub const fn data(&self) -> Option<&Text> {
        match self {
            LayerRequest::ImportLayer { data, .. }
            | LayerRequest::ExportLayer { data, .. }
            | LayerRequest::ExportLegacyWritableLayer { data, .. }
            | LayerRequest::InitializeWritableLayer { data, .. }
            | LayerRequest::InitializeLegacyWritableLayer { data, .. }
            | LayerRequest::AttachLayerStorageFilter { data, .. }
            | LayerRequest::AttachOverlayFilter { data, .. }
            | LayerRequest::DetachOverlayFilter { data, .. } => Some(data),
            _ => None,
        }
    }

    /// The options, where there is such a parameter.
    pub const fn options(&self) -> Option<&Text> {
        match self {
            LayerRequest::ExportLayer { options, .. }
            | LayerRequest::SetupBaseOSLayer { options, .. }
            | LayerRequest::SetupBaseOSVolume { options, .. }
            | LayerRequest::InitializeWritableLayer { options, .. }
            | LayerRequest::InitializeLegacyWritableLayer { options, .. } => Some(options),
            _ => None,
        }
    }

    /// The disk that the call takes. For a base layer, NULL is no disk, and none is looked up.
    pub const fn disk(&self) -> Option<Handle> {
        match self {
            LayerRequest::SetupBaseOSLayer { disk: Handle(0), .. } => None,
            LayerRequest::SetupBaseOSLayer { disk, .. }
            | LayerRequest::FormatWritableLayerVhd { disk }
            | LayerRequest::GetLayerVhdMountPath { disk, .. } => Some(*disk),
            _ => None,
        }
    }
}

/// What the world does to layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LayerEvent {
    /// The next import breaks off after so many files.
    TornImport(u32),
    /// The filter of another product is on every volume, or is there no more.
    Collision(bool),
    /// The filter of the volume with this root is not let go so many times.
    Busy(Arc<str>, u32),
    /// The image whose layer is in this folder is of this build.
    ImageBuild(Arc<str>, u32),
    /// The content of the layer in this folder is damaged.
    Damage(Arc<str>),
}
