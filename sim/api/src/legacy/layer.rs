//! The layer functions of the older interface.

use hcs_rules::hresult::Hresult;

use crate::hcs::{Outcome, Text};

/// A layer as the older functions name it: by its name in the driver's home folder, or, without one, by its whole path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerName<'a> {
    /// `HomeDir` in `DriverInfo`. The flavour is that of every client: the filter driver's.
    pub home: Text<'a>,
    /// The layer's name or path.
    pub id: Text<'a>,
}

impl<'a> LayerName<'a> {
    /// A layer by its whole path.
    pub fn path(path: &'a str) -> LayerName<'a> {
        LayerName { home: Text::Some(""), id: Text::Some(path) }
    }
}

/// The layer functions of `vmcompute.dll`, simulated or real. Parents are folders, the topmost first.
pub trait LegacyLayers: Send + Sync {
    /// `ActivateLayer`: attaches the disk of a writable layer.
    fn legacy_activate_layer(&self, layer: LayerName<'_>) -> Hresult;
    /// `DeactivateLayer`: detaches it.
    fn legacy_deactivate_layer(&self, layer: LayerName<'_>) -> Hresult;
    /// `PrepareLayer`: initialises the volume and attaches the filter.
    fn legacy_prepare_layer(&self, layer: LayerName<'_>, parents: &[Text<'_>]) -> Hresult;
    /// `UnprepareLayer`: detaches the filter.
    fn legacy_unprepare_layer(&self, layer: LayerName<'_>) -> Hresult;
    /// `GetLayerMountPath`: the folder of a read-only layer, the volume of a writable one.
    fn legacy_get_layer_mount_path(&self, layer: LayerName<'_>) -> Outcome;
    /// `CreateLayer`: makes an empty folder.
    fn legacy_create_layer(&self, layer: LayerName<'_>, parent: Text<'_>) -> Hresult;
    /// `CreateSandboxLayer`: makes a writable layer over its parents.
    fn legacy_create_sandbox_layer(&self, layer: LayerName<'_>, parent: Text<'_>, parents: &[Text<'_>]) -> Hresult;
    /// `ExpandSandboxSize`: the disk is at least so large afterwards, in bytes.
    fn legacy_expand_sandbox_size(&self, layer: LayerName<'_>, size: u64) -> Hresult;
    /// `CopyLayer`
    fn legacy_copy_layer(&self, layer: LayerName<'_>, to: Text<'_>, parents: &[Text<'_>]) -> Hresult;
    /// `DestroyLayer`
    fn legacy_destroy_layer(&self, layer: LayerName<'_>) -> Hresult;
    /// `ImportLayer`: makes a layer of what a transport folder holds.
    fn legacy_import_layer(&self, layer: LayerName<'_>, source: Text<'_>, parents: &[Text<'_>]) -> Hresult;
    /// `ExportLayer`: writes a layer to a transport folder.
    fn legacy_export_layer(&self, layer: LayerName<'_>, folder: Text<'_>, parents: &[Text<'_>]) -> Hresult;
    /// `LayerExists`: the code, and whether there is such a folder.
    fn legacy_layer_exists(&self, layer: LayerName<'_>) -> (Hresult, bool);
    /// `GetBaseImages`: the images that the host shares, JSON.
    fn legacy_get_base_images(&self) -> Outcome;
    /// `NameToGuid`: the code, and the id that belongs to a name.
    fn legacy_name_to_guid(&self, name: Text<'_>) -> (Hresult, u128);
    /// `ProcessBaseImage`: makes an imported base layer ready.
    fn legacy_process_base_image(&self, path: Text<'_>) -> Hresult;
    /// `ProcessUtilityImage`: makes the utility VM of a base layer ready.
    fn legacy_process_utility_image(&self, path: Text<'_>) -> Hresult;
}
