//! The calls on layers of container images: one method for each export of `computestorage.dll`.
//!
//! As raw as [`crate::Hcs`]: strings can be NULL, handles can be wrong, results are codes. The calls block until they are done,
//! and do their work with the caller's own rights.

use hcs_rules::hresult::Hresult;

use crate::disk::DiskHandle;
use crate::hcs::{Outcome, Text};

/// The storage functions of the Host Compute Service, simulated or real.
///
/// Layer data is a `LayerData`: the parents, the topmost first, each with its id and its absolute path. A writable layer is
/// named by its volume, `\\?\Volume{...}`, with a separator at the end or without.
pub trait Storage: Send + Sync {
    /// `HcsImportLayer`: makes a layer of what a transport folder holds.
    fn import_layer(&self, layer: Text<'_>, source: Text<'_>, data: Text<'_>) -> Hresult;
    /// `HcsExportLayer`: writes a layer to a transport folder, which must be there; the options are an `ExportLayerOptions`.
    fn export_layer(&self, layer: Text<'_>, folder: Text<'_>, data: Text<'_>, options: Text<'_>) -> Hresult;
    /// `HcsExportLegacyWritableLayer`: the same of a writable layer whose volume and folder are apart.
    fn export_legacy_writable_layer(
        &self,
        mount: Text<'_>,
        layer: Text<'_>,
        folder: Text<'_>,
        data: Text<'_>,
    ) -> Hresult;
    /// `HcsDestroyLayer`: removes a folder, whatever its files deny.
    fn destroy_layer(&self, layer: Text<'_>) -> Hresult;
    /// `HcsSetupBaseOSLayer`: makes an imported base layer ready; the options are an `OsLayerOptions`. The disk is NULL for
    /// containers, and the attached base disk for a utility VM.
    fn setup_base_os_layer(&self, layer: Text<'_>, disk: DiskHandle, options: Text<'_>) -> Hresult;
    /// `HcsSetupBaseOSVolume`: the same on a mounted volume.
    fn setup_base_os_volume(&self, layer: Text<'_>, volume: Text<'_>, options: Text<'_>) -> Hresult;
    /// `HcsInitializeWritableLayer`: makes a fresh volume a writable layer. The options are reserved: NULL or empty.
    fn initialize_writable_layer(&self, volume: Text<'_>, data: Text<'_>, options: Text<'_>) -> Hresult;
    /// `HcsInitializeLegacyWritableLayer`: the same of a writable layer whose volume and folder are apart.
    fn initialize_legacy_writable_layer(
        &self,
        mount: Text<'_>,
        layer: Text<'_>,
        data: Text<'_>,
        options: Text<'_>,
    ) -> Hresult;
    /// `HcsAttachLayerStorageFilter`: lets the volume show its parents' files beneath its own.
    fn attach_layer_storage_filter(&self, volume: Text<'_>, data: Text<'_>) -> Hresult;
    /// `HcsDetachLayerStorageFilter`.
    fn detach_layer_storage_filter(&self, volume: Text<'_>) -> Hresult;
    /// `HcsFormatWritableLayerVhd`: partitions and formats a disk.
    fn format_writable_layer_vhd(&self, disk: DiskHandle) -> Hresult;
    /// `HcsGetLayerVhdMountPath`: the path of an attached disk's volume, without a separator at the end.
    fn get_layer_vhd_mount_path(&self, disk: DiskHandle) -> Outcome;
    /// `HcsAttachOverlayFilter`: the layer data says which filter.
    fn attach_overlay_filter(&self, volume: Text<'_>, data: Text<'_>) -> Hresult;
    /// `HcsDetachOverlayFilter`: of the layer data only the filter counts.
    fn detach_overlay_filter(&self, volume: Text<'_>, data: Text<'_>) -> Hresult;
}
