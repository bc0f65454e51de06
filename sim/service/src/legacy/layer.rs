//! A client's calls of the layer functions of the older interface.

use hcs_api::legacy::layer::{LayerName, LegacyLayers};
use hcs_api::{Outcome, Text};
use hcs_machine::effect::LegacyReply;
use hcs_machine::input::legacy::LegacyLayer;
use hcs_machine::input::{LegacyRequest, Request, Text as OwnedText};
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::Call;

use super::{given, outcome};
use crate::client::{Client, owned};

fn on(call: Call, layer: LayerName<'_>) -> LegacyLayer {
    LegacyLayer { home: Some(owned(layer.home)), ..LegacyLayer::of(call, owned(layer.id)) }
}

fn with_parents(layer: LegacyLayer, parents: &[Text<'_>]) -> LegacyLayer {
    LegacyLayer { parents: Some(parents.iter().map(|parent| owned(*parent)).collect()), ..layer }
}

impl Client {
    /// A layer function as the machine takes it: what a caller in C can leave out is optional there. Answers what the call
    /// returns, what it gives, and the number that it gives.
    pub fn call_legacy_layer(&self, layer: LegacyLayer) -> (Outcome, u128) {
        let reply: LegacyReply = given(self.plain(Request::Legacy(LegacyRequest::Layer(layer).into())));
        let value = reply.value;
        (outcome(reply), value)
    }

    fn legacy_layer(&self, layer: LegacyLayer) -> Hresult {
        self.call_legacy_layer(layer).0.code
    }
}

impl LegacyLayers for Client {
    fn legacy_activate_layer(&self, layer: LayerName<'_>) -> Hresult {
        self.legacy_layer(on(Call::LegacyActivateLayer, layer))
    }

    fn legacy_deactivate_layer(&self, layer: LayerName<'_>) -> Hresult {
        self.legacy_layer(on(Call::LegacyDeactivateLayer, layer))
    }

    fn legacy_prepare_layer(&self, layer: LayerName<'_>, parents: &[Text<'_>]) -> Hresult {
        self.legacy_layer(with_parents(on(Call::LegacyPrepareLayer, layer), parents))
    }

    fn legacy_unprepare_layer(&self, layer: LayerName<'_>) -> Hresult {
        self.legacy_layer(on(Call::LegacyUnprepareLayer, layer))
    }

    fn legacy_get_layer_mount_path(&self, layer: LayerName<'_>) -> Outcome {
        self.call_legacy_layer(on(Call::LegacyGetLayerMountPath, layer)).0
    }

    fn legacy_create_layer(&self, layer: LayerName<'_>, _parent: Text<'_>) -> Hresult {
        self.legacy_layer(on(Call::LegacyCreateLayer, layer))
    }

    fn legacy_create_sandbox_layer(&self, layer: LayerName<'_>, _parent: Text<'_>, parents: &[Text<'_>]) -> Hresult {
        self.legacy_layer(with_parents(on(Call::LegacyCreateSandboxLayer, layer), parents))
    }

    fn legacy_expand_sandbox_size(&self, layer: LayerName<'_>, size: u64) -> Hresult {
        self.legacy_layer(LegacyLayer { size, ..on(Call::LegacyExpandSandboxSize, layer) })
    }

    fn legacy_copy_layer(&self, layer: LayerName<'_>, to: Text<'_>, parents: &[Text<'_>]) -> Hresult {
        self.legacy_layer(LegacyLayer { other: owned(to), ..with_parents(on(Call::LegacyCopyLayer, layer), parents) })
    }

    fn legacy_destroy_layer(&self, layer: LayerName<'_>) -> Hresult {
        self.legacy_layer(on(Call::LegacyDestroyLayer, layer))
    }

    fn legacy_import_layer(&self, layer: LayerName<'_>, source: Text<'_>, parents: &[Text<'_>]) -> Hresult {
        let layer = with_parents(on(Call::LegacyImportLayer, layer), parents);
        self.legacy_layer(LegacyLayer { other: owned(source), ..layer })
    }

    fn legacy_export_layer(&self, layer: LayerName<'_>, folder: Text<'_>, parents: &[Text<'_>]) -> Hresult {
        let layer = with_parents(on(Call::LegacyExportLayer, layer), parents);
        self.legacy_layer(LegacyLayer { other: owned(folder), ..layer })
    }

    fn legacy_layer_exists(&self, layer: LayerName<'_>) -> (Hresult, bool) {
        let (outcome, exists) = self.call_legacy_layer(on(Call::LegacyLayerExists, layer));
        (outcome.code, exists != 0)
    }

    fn legacy_get_base_images(&self) -> Outcome {
        self.call_legacy_layer(LegacyLayer::of(Call::LegacyGetBaseImages, OwnedText::Null)).0
    }

    fn legacy_name_to_guid(&self, name: Text<'_>) -> (Hresult, u128) {
        let (outcome, id) = self.call_legacy_layer(LegacyLayer::of(Call::LegacyNameToGuid, owned(name)));
        (outcome.code, id)
    }

    fn legacy_process_base_image(&self, path: Text<'_>) -> Hresult {
        self.legacy_layer(LegacyLayer::of(Call::LegacyProcessBaseImage, owned(path)))
    }

    fn legacy_process_utility_image(&self, path: Text<'_>) -> Hresult {
        self.legacy_layer(LegacyLayer::of(Call::LegacyProcessUtilityImage, owned(path)))
    }
}
