//! The calls on the volume of a writable layer.

use super::{BAD_DATA, BAD_OPTIONS, C, FOLDERS, LayerEffect as E, LayerRow, LayerStates, NOT_THERE, S, VOLUMES, on};
use crate::build::Build::{B17763, B26200};
use crate::evidence::{assumed, client, documented, observed};
use crate::hresult::Hresult as H;
use crate::vocabulary::Call::{
    AttachLayerStorageFilter, AttachOverlayFilter, DetachLayerStorageFilter, DetachOverlayFilter,
    InitializeLegacyWritableLayer, InitializeWritableLayer, SetupBaseOSVolume,
};

const NO_VOLUME: LayerStates = NOT_THERE.or(FOLDERS);
const RAW: LayerStates = LayerStates::of(&[S::Raw]);
const FRESH: LayerStates = LayerStates::of(&[S::Plain, S::Formatted]);
const READY: LayerStates = LayerStates::of(&[S::Initialized]);
const SHOWN: LayerStates = LayerStates::of(&[S::Filtered, S::InUse]);
const OVERLAID: LayerStates = LayerStates::of(&[S::Overlaid]);

pub(super) const ROWS: &[LayerRow] = &[
    // -- Setup of a base on a volume.
    on("volume.options", &[SetupBaseOSVolume])
        .with(&[C::MalformedOptions, C::InvalidOptions])
        .fails(H::HCS_E_INVALID_JSON)
        .known(&[documented("the code's text"), assumed("for the storage functions too")]),
    on("volume.none", &[SetupBaseOSVolume])
        .of(NO_VOLUME)
        .without(BAD_OPTIONS)
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[assumed("as the other functions say of a folder that is no volume")]),
    on("volume.raw", &[SetupBaseOSVolume])
        .of(RAW)
        .without(BAD_OPTIONS)
        .fails(H::ERROR_UNRECOGNIZED_VOLUME)
        .known(&[documented("the code's text"), assumed("that the call hands it on")]),
    on("volume.exists", &[SetupBaseOSVolume])
        .of(VOLUMES.without(S::Raw))
        .with(&[C::HasHives])
        .fails(H::ERROR_ALREADY_EXISTS)
        .known(&[observed("hcsctl: hives or a layout, either one alone", &[B26200])]),
    on("volume.plain", &[SetupBaseOSVolume])
        .of(LayerStates::of(&[S::Plain]))
        .without(BAD_OPTIONS.with(C::HasHives))
        .known(&[
            observed("hcsctl: success, and nothing is written at all", &[B26200]),
            assumed("whatever the layer is then"),
        ]),
    on("volume.in-use", &[SetupBaseOSVolume])
        .of(SHOWN.or(OVERLAID))
        .without(BAD_OPTIONS.with(C::HasHives))
        .fails(H::ERROR_SHARING_VIOLATION)
        .known(&[assumed("the code's text")]),
    on("volume.no-files", &[SetupBaseOSVolume])
        .of(READY.with(S::Formatted))
        .with(&[C::NoFiles, C::NoHives])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[assumed("as the setup of a layer")]),
    on("volume.hive-in-use", &[SetupBaseOSVolume])
        .of(READY.with(S::Formatted))
        .with(&[C::HiveInUse])
        .fails(H::ERROR_SHARING_VIOLATION)
        .known(&[assumed("as the setup of a layer")]),
    on("volume.empty-hive", &[SetupBaseOSVolume])
        .of(READY.with(S::Formatted))
        .with(&[C::EmptyHive])
        .fails(H::ERROR_BADDB)
        .known(&[assumed("as the setup of a layer: the builds that have this call are the newer ones")]),
    on("volume.done", &[SetupBaseOSVolume])
        .of(READY.with(S::Formatted))
        .with(&[C::Usual])
        .does(E::SetupVolume)
        .becomes(S::Initialized)
        .known(&[observed("hcsctl: WcSandboxState on the volume; hives and layout in the layer", &[B26200])]),
    // -- Initialise.
    on("initialize.data", &[InitializeWritableLayer, InitializeLegacyWritableLayer])
        .with(&[C::MalformedData, C::InvalidData])
        .fails(H::HCS_E_INVALID_JSON)
        .known(&[documented("the code's text"), assumed("for the storage functions too")]),
    on("initialize.options", &[InitializeLegacyWritableLayer])
        .with(&[C::MalformedOptions, C::InvalidOptions])
        .fails(H::HCS_E_INVALID_JSON)
        .known(&[documented("its options are a list of files, in JSON"), assumed("the code")]),
    on("initialize.no-volume", &[InitializeWritableLayer, InitializeLegacyWritableLayer])
        .of(NO_VOLUME)
        .with(&[C::NoParent, C::Usual])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[
            observed("AspireHcs: the folder of the writable layer instead of its volume", &[B26200]),
            assumed("whatever else is there"),
        ]),
    on("initialize.raw", &[InitializeWritableLayer, InitializeLegacyWritableLayer])
        .of(RAW)
        .with(&[C::NoParent, C::Usual])
        .fails(H::ERROR_UNRECOGNIZED_VOLUME)
        .known(&[documented("the code's text"), assumed("that the call hands it on")]),
    on("initialize.no-parent", &[InitializeWritableLayer, InitializeLegacyWritableLayer])
        .of(VOLUMES.without(S::Raw))
        .with(&[C::NoParent])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[
            observed("hcsshim issue 278, Windows containers issue 375: of CreateSandboxLayer", &[B17763]),
            assumed("the same here"),
        ]),
    on("initialize.done", &[InitializeWritableLayer, InitializeLegacyWritableLayer])
        .of(FRESH)
        .with(&[C::Usual])
        .does(E::Initialize)
        .becomes(S::Initialized)
        .known(&[
            observed("hcsctl: once for a fresh volume", &[B26200]),
            assumed("also of a volume that was not formatted for it"),
        ]),
    on("initialize.again", &[InitializeWritableLayer, InitializeLegacyWritableLayer])
        .of(READY.or(SHOWN).or(OVERLAID))
        .with(&[C::Usual])
        .known(&[client("hcsctl leaves it out for a volume that was written"), assumed("nothing is done twice")]),
    // -- The filter.
    on("filter.data", &[AttachLayerStorageFilter, AttachOverlayFilter, DetachOverlayFilter])
        .with(&[C::MalformedData, C::InvalidData])
        .fails(H::HCS_E_INVALID_JSON)
        .known(&[documented("the code's text"), assumed("for the storage functions too")]),
    on("filter.no-volume", &[AttachLayerStorageFilter, AttachOverlayFilter])
        .of(NO_VOLUME)
        .without(BAD_DATA)
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[assumed("as the initialisation says of a folder")]),
    on("filter.no-parent", &[AttachLayerStorageFilter, AttachOverlayFilter])
        .of(VOLUMES)
        .with(&[C::NoParent])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[assumed("as for an initialisation")]),
    on("filter.no-device", &[AttachLayerStorageFilter, AttachOverlayFilter])
        .of(VOLUMES)
        .with(&[C::NoDevice])
        .fails(H::ERROR_FLT_DO_NOT_ATTACH)
        .known(&[
            observed("hcsshim issue 802, Windows containers issue 335, winfsp issue 498: not on a disk", &[B17763]),
            assumed("the same of an overlay filter"),
        ]),
    on("filter.collision", &[AttachLayerStorageFilter, AttachOverlayFilter])
        .of(VOLUMES)
        .with(&[C::Collision])
        .fails(H::ERROR_INVALID_FUNCTION)
        .known(&[
            observed(
                "moby issue 42807, docker for-win issue 3884: of PrepareLayer, beside the filter of another product",
                &[B17763],
            ),
            assumed("the same here"),
        ]),
    on("filter.not-initialized", &[AttachLayerStorageFilter, AttachOverlayFilter])
        .of(FRESH.or(RAW))
        .with(&[C::Usual])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[
            observed("hcsctl: an overlay filter, on a volume without WcSandboxState", &[B26200]),
            assumed("the same of the other, and of a volume that is not formatted"),
        ]),
    on("filter.attach", &[AttachLayerStorageFilter])
        .of(READY)
        .with(&[C::Usual])
        .does(E::AttachFilter)
        .becomes(S::Filtered)
        .known(&[observed("hcsctl", &[B26200])]),
    on("overlay.attach", &[AttachOverlayFilter])
        .of(READY)
        .with(&[C::Usual])
        .does(E::AttachOverlay)
        .becomes(S::Overlaid)
        .known(&[observed("hcsctl: an empty WcSandboxState, made by hand, is enough", &[B26200])]),
    on("filter.twice", &[AttachLayerStorageFilter, AttachOverlayFilter])
        .of(SHOWN.or(OVERLAID))
        .with(&[C::Usual])
        .fails(H::ERROR_FLT_INSTANCE_NAME_COLLISION)
        .known(&[assumed("as the filter manager says of a second instance of one name")]),
    on("filter.detach", &[DetachLayerStorageFilter])
        .of(LayerStates::of(&[S::Filtered]))
        .with(&[C::Usual])
        .does(E::DetachFilter)
        .becomes(S::Initialized)
        .known(&[observed("hcsctl", &[B26200])]),
    on("filter.busy", &[DetachLayerStorageFilter])
        .of(LayerStates::of(&[S::Filtered]))
        .with(&[C::Busy])
        .fails(H::ERROR_FLT_DO_NOT_DETACH)
        .does(E::StayBusy)
        .known(&[observed("hcsctl: while a container is being taken down; it settles", &[B26200])]),
    on("filter.in-use", &[DetachLayerStorageFilter])
        .of(LayerStates::of(&[S::InUse]))
        .fails(H::ERROR_FLT_DO_NOT_DETACH)
        .known(&[observed("hcsctl: while a container is being taken down", &[B26200]), assumed("and while it runs")]),
    on("filter.not-attached", &[DetachLayerStorageFilter])
        .of(VOLUMES.without(S::Filtered).without(S::InUse))
        .fails(H::ERROR_FLT_INSTANCE_NOT_FOUND)
        .known(&[
            observed("containerd issue 5326: of UnprepareLayer", &[B17763]),
            assumed("the same here, and whatever else is on the volume"),
        ]),
    on("filter.detach-no-volume", &[DetachLayerStorageFilter])
        .of(NO_VOLUME)
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[assumed("as the other functions say of a folder that is no volume")]),
    on("overlay.detach", &[DetachOverlayFilter])
        .of(OVERLAID)
        .with(&[C::Usual])
        .does(E::DetachOverlay)
        .becomes(S::Initialized)
        .known(&[observed("hcsctl: the layers are gone, what was written stays", &[B26200])]),
    on("overlay.other", &[DetachOverlayFilter])
        .of(OVERLAID)
        .with(&[C::OtherFilter])
        .fails(H::ERROR_NOT_FOUND)
        .known(&[observed("hcsctl: the filter must be the one that is attached", &[B26200]), assumed("the code")]),
    on("overlay.not-attached", &[DetachOverlayFilter])
        .of(VOLUMES.without(S::Overlaid))
        .without(BAD_DATA)
        .fails(H::ERROR_NOT_FOUND)
        .known(&[assumed("the code's text")]),
    on("overlay.detach-no-volume", &[DetachOverlayFilter])
        .of(NO_VOLUME)
        .without(BAD_DATA)
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[assumed("as the other functions say of a folder that is no volume")]),
];
