//! The layer functions of `vmcompute.dll`.

use hcs_rules::export::{ABSENT, Dll as Which};
use hcs_rules::hresult::Hresult;
use windows_sys::core::{GUID, HRESULT, PCWSTR, PWSTR};

use crate::hcs::{Outcome, Text};
use crate::legacy::layer::{LayerName, LegacyLayers};
use crate::windows::{Wide, Windows, code, export, outcome};

/// `DriverInfo`, as clients declare it.
#[repr(C)]
struct Driver {
    flavour: u32,
    home: PCWSTR,
}

/// The filter driver.
const FILTER: u32 = 1;

/// `WC_LAYER_DESCRIPTOR`, as clients declare it.
#[repr(C)]
struct Descriptor {
    id: GUID,
    flags: u32,
    path: PCWSTR,
}

/// Calls an export on a layer, with what comes after the driver and the name.
macro_rules! on_layer {
    ($self:ident.$name:ident($layer:ident $(, $value:expr => $Argument:ty)*)) => {{
        let Some(dll) = $self.dll(Which::Vmcompute) else { return ABSENT };
        let (home, id) = (Wide::new($layer.home), Wide::new($layer.id));
        let driver = Driver { flavour: FILTER, home: home.pointer() };
        code!(dll.$name(
            &raw const driver => *const Driver, id.pointer() => PCWSTR $(, $value => $Argument)*
        ))
    }};
}

impl Windows {
    /// The parents with the ids that belong to their folders' names. The paths are those of `wide`.
    fn descriptors(&self, parents: &[Text<'_>], wide: &[Wide]) -> Vec<Descriptor> {
        let id = |parent: &Text<'_>| match parent {
            Text::Some(path) => {
                let name = path.trim_end_matches('\\').rsplit('\\').next().unwrap_or_default();
                self.legacy_name_to_guid(name.into()).1
            }
            Text::Null | Text::Malformed => 0,
        };
        let of = |(parent, path): (&Text<'_>, &Wide)| Descriptor {
            id: GUID::from_u128(id(parent)),
            flags: 0,
            path: path.pointer(),
        };
        parents.iter().zip(wide).map(of).collect()
    }
}

fn wide(parents: &[Text<'_>]) -> Vec<Wide> {
    parents.iter().map(|parent| Wide::new(*parent)).collect()
}

impl LegacyLayers for Windows {
    fn legacy_activate_layer(&self, layer: LayerName<'_>) -> Hresult {
        on_layer!(self.ActivateLayer(layer))
    }

    fn legacy_deactivate_layer(&self, layer: LayerName<'_>) -> Hresult {
        on_layer!(self.DeactivateLayer(layer))
    }

    fn legacy_prepare_layer(&self, layer: LayerName<'_>, parents: &[Text<'_>]) -> Hresult {
        let paths = wide(parents);
        let parents = self.descriptors(parents, &paths);
        on_layer!(self.PrepareLayer(layer, parents.as_ptr() => *const Descriptor, parents.len() => usize))
    }

    fn legacy_unprepare_layer(&self, layer: LayerName<'_>) -> Hresult {
        on_layer!(self.UnprepareLayer(layer))
    }

    fn legacy_get_layer_mount_path(&self, layer: LayerName<'_>) -> Outcome {
        let ask = |length: &mut usize, path: PWSTR| {
            let length: *mut usize = length;
            on_layer!(self.GetLayerMountPath(layer, length => *mut usize, path => PWSTR))
        };
        let mut length = 0;
        let code = ask(&mut length, core::ptr::null_mut());
        if code.is_err() || length == 0 {
            return Outcome::bare(code);
        }
        let mut path = vec![0; length];
        let code = ask(&mut length, path.as_mut_ptr());
        let end = path.iter().position(|unit| *unit == 0).unwrap_or(path.len());
        let document = code.is_ok().then(|| String::from_utf16_lossy(&path[..end]).into());
        Outcome { code, document }
    }

    fn legacy_create_layer(&self, layer: LayerName<'_>, parent: Text<'_>) -> Hresult {
        let parent = Wide::new(parent);
        on_layer!(self.CreateLayer(layer, parent.pointer() => PCWSTR))
    }

    fn legacy_create_sandbox_layer(&self, layer: LayerName<'_>, parent: Text<'_>, parents: &[Text<'_>]) -> Hresult {
        let (parent, paths) = (Wide::new(parent), wide(parents));
        let parents = self.descriptors(parents, &paths);
        on_layer!(self.CreateSandboxLayer(
            layer, parent.pointer() => PCWSTR, parents.as_ptr() => *const Descriptor, parents.len() => usize
        ))
    }

    fn legacy_expand_sandbox_size(&self, layer: LayerName<'_>, size: u64) -> Hresult {
        on_layer!(self.ExpandSandboxSize(layer, size => u64))
    }

    fn legacy_copy_layer(&self, layer: LayerName<'_>, to: Text<'_>, parents: &[Text<'_>]) -> Hresult {
        let (to, paths) = (Wide::new(to), wide(parents));
        let parents = self.descriptors(parents, &paths);
        on_layer!(self.CopyLayer(
            layer, to.pointer() => PCWSTR, parents.as_ptr() => *const Descriptor, parents.len() => usize
        ))
    }

    fn legacy_destroy_layer(&self, layer: LayerName<'_>) -> Hresult {
        on_layer!(self.DestroyLayer(layer))
    }

    fn legacy_import_layer(&self, layer: LayerName<'_>, source: Text<'_>, parents: &[Text<'_>]) -> Hresult {
        let (source, paths) = (Wide::new(source), wide(parents));
        let parents = self.descriptors(parents, &paths);
        on_layer!(self.ImportLayer(
            layer, source.pointer() => PCWSTR, parents.as_ptr() => *const Descriptor, parents.len() => usize
        ))
    }

    fn legacy_export_layer(&self, layer: LayerName<'_>, folder: Text<'_>, parents: &[Text<'_>]) -> Hresult {
        let (folder, paths) = (Wide::new(folder), wide(parents));
        let parents = self.descriptors(parents, &paths);
        on_layer!(self.ExportLayer(
            layer, folder.pointer() => PCWSTR, parents.as_ptr() => *const Descriptor, parents.len() => usize
        ))
    }

    fn legacy_layer_exists(&self, layer: LayerName<'_>) -> (Hresult, bool) {
        let mut exists = 0_u32;
        let pointer: *mut u32 = &raw mut exists;
        let ask = || on_layer!(self.LayerExists(layer, pointer => *mut u32));
        (ask(), exists != 0)
    }

    fn legacy_get_base_images(&self) -> Outcome {
        let Some(dll) = self.dll(Which::Vmcompute) else { return Outcome::bare(ABSENT) };
        outcome!(dll.GetBaseImages())
    }

    fn legacy_name_to_guid(&self, name: Text<'_>) -> (Hresult, u128) {
        let Some(dll) = self.dll(Which::Vmcompute) else { return (ABSENT, 0) };
        let name = Wide::new(name);
        let mut id = GUID::from_u128(0);
        let code = code!(dll.NameToGuid(name.pointer() => PCWSTR, &raw mut id => *mut GUID));
        let tail = u64::from_be_bytes(id.data4);
        let head = u128::from(id.data1) << 32 | u128::from(id.data2) << 16 | u128::from(id.data3);
        (code, head << 64 | u128::from(tail))
    }

    fn legacy_process_base_image(&self, path: Text<'_>) -> Hresult {
        let Some(dll) = self.dll(Which::Vmcompute) else { return ABSENT };
        let path = Wide::new(path);
        code!(dll.ProcessBaseImage(path.pointer() => PCWSTR))
    }

    fn legacy_process_utility_image(&self, path: Text<'_>) -> Hresult {
        let Some(dll) = self.dll(Which::Vmcompute) else { return ABSENT };
        let path = Wide::new(path);
        code!(dll.ProcessUtilityImage(path.pointer() => PCWSTR))
    }
}
