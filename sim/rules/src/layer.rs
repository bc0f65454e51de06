//! Layers of container images: the calls of `computestorage.dll`.

use crate::vocabulary::{Call, Calls};

/// The calls on layers: every export of `computestorage.dll`.
pub const ON_LAYERS: Calls = Calls::of(&[
    Call::ImportLayer,
    Call::ExportLayer,
    Call::ExportLegacyWritableLayer,
    Call::DestroyLayer,
    Call::SetupBaseOSLayer,
    Call::SetupBaseOSVolume,
    Call::InitializeWritableLayer,
    Call::InitializeLegacyWritableLayer,
    Call::AttachLayerStorageFilter,
    Call::DetachLayerStorageFilter,
    Call::FormatWritableLayerVhd,
    Call::GetLayerVhdMountPath,
    Call::AttachOverlayFilter,
    Call::DetachOverlayFilter,
]);
