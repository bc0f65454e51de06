//! A client's calls on layers.

use hcs_api::{DiskHandle, Outcome, Storage, Text};
use hcs_machine::handle::Handle;
use hcs_machine::input::{LayerRequest, Request};
use hcs_rules::hresult::Hresult;

use crate::client::{Client, owned};

impl Client {
    fn layer(&self, request: LayerRequest) -> Hresult {
        self.code(Request::Layer(Box::new(request)))
    }
}

impl Storage for Client {
    fn import_layer(&self, layer: Text<'_>, source: Text<'_>, data: Text<'_>) -> Hresult {
        self.layer(LayerRequest::ImportLayer { layer: owned(layer), source: owned(source), data: owned(data) })
    }

    fn export_layer(&self, layer: Text<'_>, folder: Text<'_>, data: Text<'_>, options: Text<'_>) -> Hresult {
        let (layer, folder, data, options) = (owned(layer), owned(folder), owned(data), owned(options));
        self.layer(LayerRequest::ExportLayer { layer, folder, data, options })
    }

    fn export_legacy_writable_layer(
        &self,
        mount: Text<'_>,
        layer: Text<'_>,
        folder: Text<'_>,
        data: Text<'_>,
    ) -> Hresult {
        let (mount, layer, folder, data) = (owned(mount), owned(layer), owned(folder), owned(data));
        self.layer(LayerRequest::ExportLegacyWritableLayer { mount, layer, folder, data })
    }

    fn destroy_layer(&self, layer: Text<'_>) -> Hresult {
        self.layer(LayerRequest::DestroyLayer { layer: owned(layer) })
    }

    fn setup_base_os_layer(&self, layer: Text<'_>, disk: DiskHandle, options: Text<'_>) -> Hresult {
        let (layer, disk, options) = (owned(layer), Handle(disk.0), owned(options));
        self.layer(LayerRequest::SetupBaseOSLayer { layer, disk, options })
    }

    fn setup_base_os_volume(&self, layer: Text<'_>, volume: Text<'_>, options: Text<'_>) -> Hresult {
        let (layer, volume, options) = (owned(layer), owned(volume), owned(options));
        self.layer(LayerRequest::SetupBaseOSVolume { layer, volume, options })
    }

    fn initialize_writable_layer(&self, volume: Text<'_>, data: Text<'_>, options: Text<'_>) -> Hresult {
        let (volume, data, options) = (owned(volume), owned(data), owned(options));
        self.layer(LayerRequest::InitializeWritableLayer { volume, data, options })
    }

    fn initialize_legacy_writable_layer(
        &self,
        mount: Text<'_>,
        layer: Text<'_>,
        data: Text<'_>,
        options: Text<'_>,
    ) -> Hresult {
        let (mount, layer, data, options) = (owned(mount), owned(layer), owned(data), owned(options));
        self.layer(LayerRequest::InitializeLegacyWritableLayer { mount, layer, data, options })
    }

    fn attach_layer_storage_filter(&self, volume: Text<'_>, data: Text<'_>) -> Hresult {
        self.layer(LayerRequest::AttachLayerStorageFilter { volume: owned(volume), data: owned(data) })
    }

    fn detach_layer_storage_filter(&self, volume: Text<'_>) -> Hresult {
        self.layer(LayerRequest::DetachLayerStorageFilter { volume: owned(volume) })
    }

    fn format_writable_layer_vhd(&self, disk: DiskHandle) -> Hresult {
        self.layer(LayerRequest::FormatWritableLayerVhd { disk: Handle(disk.0) })
    }

    fn get_layer_vhd_mount_path(&self, disk: DiskHandle) -> Outcome {
        self.outcome(Request::Layer(Box::new(LayerRequest::GetLayerVhdMountPath { disk: Handle(disk.0), out: true })))
    }

    fn attach_overlay_filter(&self, volume: Text<'_>, data: Text<'_>) -> Hresult {
        self.layer(LayerRequest::AttachOverlayFilter { volume: owned(volume), data: owned(data) })
    }

    fn detach_overlay_filter(&self, volume: Text<'_>, data: Text<'_>) -> Hresult {
        self.layer(LayerRequest::DetachOverlayFilter { volume: owned(volume), data: owned(data) })
    }
}
