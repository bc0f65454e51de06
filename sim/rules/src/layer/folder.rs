//! The calls on the folder of a layer: import, export, destroy, setup of a base.

use super::{
    BAD_DATA, BAD_OPTIONS, C, FOLDERS, LayerCase, LayerCases, LayerEffect as E, LayerRow, LayerStates, S, VOLUMES, on,
};
use crate::build::Build::{B17763, B20348, B26200};
use crate::build::{since, until};
use crate::evidence::{assumed, client, documented, observed};
use crate::hresult::Hresult as H;
use crate::vocabulary::Call::{DestroyLayer, ExportLayer, ExportLegacyWritableLayer, ImportLayer, SetupBaseOSLayer};

const ABSENT: LayerStates = LayerStates::of(&[S::Absent]);
const FILE: LayerStates = LayerStates::of(&[S::File]);
const NEW: LayerStates = LayerStates::of(&[S::Absent, S::Empty]);
const TAKEN: LayerStates = LayerStates::of(&[S::Foreign, S::Partial, S::Imported, S::Base, S::Scratch]);
const MOUNTED: LayerStates = LayerStates::of(&[S::Filtered, S::InUse]);
const UNMOUNTED: LayerStates = VOLUMES.without(S::Filtered).without(S::InUse);
const SETUP_DISKS: &[LayerCase] = &[C::UnwantedDisk, C::NoDisk];

pub(super) const ROWS: &[LayerRow] = &[
    // -- Import.
    on("import.data", &[ImportLayer])
        .with(&[C::MalformedData, C::InvalidData])
        .fails(H::HCS_E_INVALID_JSON)
        .known(&[documented("the code's text"), assumed("for the storage functions too")]),
    on("import.volume-root", &[ImportLayer]).of(VOLUMES).without(BAD_DATA).fails(H::E_ACCESSDENIED).known(&[
        observed("hcsctl: before anything is said about the source", &[B26200]),
        assumed("whatever the volume is"),
    ]),
    on("import.file", &[ImportLayer])
        .of(FILE)
        .without(BAD_DATA)
        .fails(H::ERROR_DIRECTORY)
        .known(&[assumed("the code's text")]),
    on("import.exists", &[ImportLayer]).of(TAKEN).without(BAD_DATA).fails(H::ERROR_FILE_EXISTS).known(&[
        client("hcsctl imports beside and renames"),
        assumed("the code, and the same for any folder that holds something"),
    ]),
    on("import.no-source", &[ImportLayer])
        .of(NEW)
        .with(&[C::NoSource])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[client("hcsshim: the source must be there"), assumed("the code, and that nothing is made")]),
    on("import.no-parent", &[ImportLayer]).of(NEW).with(&[C::NoParent]).fails(H::ERROR_PATH_NOT_FOUND).known(&[
        observed("hcsshim issue 278, Windows containers issue 375: of CreateSandboxLayer", &[B17763]),
        assumed("the same for an import"),
    ]),
    on("import.incomplete", &[ImportLayer])
        .of(NEW)
        .with(&[C::IncompleteSource])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .does(E::ImportPart)
        .becomes(S::Partial)
        .known(&[
            observed(
                "hcsctl: hives, tombstones.txt and the metadata of both roots must be there; Files is written before",
                &[B26200],
            ),
            observed("hcsctl: an import without parents wants the utility VM's boot files", &[B26200]),
        ]),
    on("import.torn", &[ImportLayer])
        .of(NEW)
        .with(&[C::Torn])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .does(E::ImportPart)
        .becomes(S::Partial)
        .known(&[observed(
            "hcsshim issues 835 and 368, moby issues 32838, 37821 and 29849: at least five causes have this code",
            &[B17763],
        )]),
    on("import.damaged", &[ImportLayer])
        .of(NEW)
        .with(&[C::DamagedSource])
        .fails(H::ERROR_INVALID_DATA)
        .does(E::ImportPart)
        .becomes(S::Partial)
        .known(&[client("hcsshim refuses a wrong first line of tombstones.txt itself"), assumed("the code")]),
    on("import.reparse", &[ImportLayer])
        .of(NEW)
        .with(&[C::ForeignReparse])
        .fails(H::ERROR_REPARSE_TAG_INVALID)
        .does(E::ImportPart)
        .becomes(S::Partial)
        .known(&[observed("moby issue 41058: links of WSL", &[B17763]), assumed("the code")]),
    on("import.done", &[ImportLayer]).of(NEW).with(&[C::Usual]).does(E::Import).becomes(S::Imported).known(&[
        observed("hcsctl: into an empty folder", &[B26200]),
        client("hcsshim: the folder is made if it is not there"),
    ]),
    // -- Export.
    on("export.document", &[ExportLayer])
        .with(&[C::MalformedData, C::InvalidData, C::MalformedOptions, C::InvalidOptions])
        .fails(H::HCS_E_INVALID_JSON)
        .known(&[documented("the code's text"), assumed("for the storage functions too")]),
    on("export.data", &[ExportLegacyWritableLayer])
        .with(&[C::MalformedData, C::InvalidData])
        .fails(H::HCS_E_INVALID_JSON)
        .known(&[assumed("as for the newer function")]),
    on("export.no-target", &[ExportLayer, ExportLegacyWritableLayer])
        .with(&[C::NoTarget])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[
            observed("hcsctl: an error that does not name the path", &[B26200]),
            assumed("that it comes before anything about the layer"),
        ]),
    on("export.no-parent", &[ExportLayer, ExportLegacyWritableLayer])
        .with(&[C::NoParent])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[assumed("as for an import")]),
    on("export.absent", &[ExportLayer, ExportLegacyWritableLayer])
        .of(ABSENT)
        .with(&[C::Other, C::Usual])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[assumed("as every function on files says it")]),
    on("export.file", &[ExportLayer, ExportLegacyWritableLayer])
        .of(FILE)
        .with(&[C::Other, C::Usual])
        .fails(H::ERROR_DIRECTORY)
        .known(&[assumed("the code's text")]),
    on("export.layer", &[ExportLayer])
        .of(LayerStates::of(&[S::Imported]))
        .with(&[C::Usual])
        .does(E::Export)
        .known(&[observed("hcsctl: a committed layer, neither activated nor prepared", &[B26200])]),
    on("export.without-hives", &[ExportLayer])
        .of(LayerStates::of(&[S::Base, S::Partial]))
        .with(&[C::Usual])
        .fails(H::ERROR_FILE_NOT_FOUND)
        .does(E::ExportPart)
        .known(&[
            observed("hcsctl: a base layer after its setup, part of the way, until stubs are put back", &[B26200]),
            assumed("the same for any layer without them"),
        ]),
    on("export.no-layer", &[ExportLayer])
        .of(LayerStates::of(&[S::Empty, S::Foreign]))
        .with(&[C::Usual])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[assumed("a folder without Files")]),
    on("export.scratch-folder", &[ExportLayer])
        .of(LayerStates::of(&[S::Scratch]))
        .with(&[C::Other, C::Usual])
        .fails(H::ERROR_SHARING_VIOLATION)
        .known(&[observed("hcsctl: or an error about the path", &[B26200])]),
    on("export.folder-as-writable", &[ExportLayer])
        .of(FOLDERS.without(S::Scratch))
        .with(&[C::Other])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[assumed("a writable layer is a volume")]),
    on("export.changes", &[ExportLayer])
        .of(MOUNTED)
        .with(&[C::Other])
        .does(E::ExportChanges)
        .known(&[observed("hcsctl: the root of a mounted writable layer", &[B26200])]),
    on("export.volume-as-layer", &[ExportLayer])
        .of(VOLUMES)
        .with(&[C::Usual])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[assumed("a volume has no Files")]),
    on("export.unmounted", &[ExportLayer])
        .of(UNMOUNTED)
        .with(&[C::Other])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[assumed("a writable layer is exported while the filter is attached")]),
    on("export.legacy", &[ExportLegacyWritableLayer])
        .of(MOUNTED)
        .with(&[C::Usual])
        .does(E::ExportChanges)
        .known(&[assumed("as the newer function; no client was found that calls it")]),
    on("export.legacy-otherwise", &[ExportLegacyWritableLayer])
        .of(FOLDERS.or(UNMOUNTED))
        .with(&[C::Usual])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[assumed("as the newer function; no client was found that calls it")]),
    // -- Destroy.
    on("destroy.relative", &[DestroyLayer])
        .with(&[C::Relative])
        .known(&[observed("docker-ci-zap issue 7: success, and the folder is still there", &[B17763])]),
    on("destroy.volume-root", &[DestroyLayer])
        .of(VOLUMES)
        .without(LayerCases::of(&[C::Relative]))
        .fails(H::E_ACCESSDENIED)
        .known(&[assumed("as nobody removes a root")]),
    on("destroy.absent", &[DestroyLayer])
        .of(ABSENT)
        .without(LayerCases::of(&[C::Relative]))
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[observed("moby issue 26873", &[B17763]), assumed("rather than a success, which was seen too")]),
    on("destroy.file", &[DestroyLayer])
        .of(FILE)
        .without(LayerCases::of(&[C::Relative]))
        .fails(H::ERROR_DIRECTORY)
        .known(&[assumed("the code's text")]),
    on("destroy.attached", &[DestroyLayer])
        .of(FOLDERS)
        .with(&[C::HoldsAttached])
        .fails(H::ERROR_SHARING_VIOLATION)
        .does(E::DestroyPart)
        .known(&[
            observed("hcsctl: fails while a disk in it is attached", &[B26200]),
            observed("docker-ci-zap issue 3, moby issue 20270: the code", &[B17763]),
            assumed("that what is not in use is gone"),
        ]),
    on("destroy.parent", &[DestroyLayer])
        .of(FOLDERS)
        .with(&[C::ParentOfMounted])
        .fails(H::STATUS_ASSERTION_FAILURE)
        .does(E::DestroyPartAndDie)
        .known(&[observed(
            "hcsshim issue 961, containerd issue 4924: the caller dies, and the base is gone in part",
            &[B17763],
        )]),
    on("destroy.kept", &[DestroyLayer])
        .of(FOLDERS)
        .with(&[C::Kept])
        .known(&[observed("hcsctl: success, and the tree is still there; clients look whether it is", &[B26200])]),
    on("destroy.done", &[DestroyLayer]).of(FOLDERS).with(&[C::Usual]).does(E::Destroy).becomes(S::Absent).known(&[
        documented("HcsDestroyLayer"),
        client("hcsshim: any folder, a layer or not"),
        observed("hcsctl: what the files' own lists deny is no obstacle", &[B26200]),
    ]),
    // -- Setup of a base layer.
    on("base.options", &[SetupBaseOSLayer])
        .with(&[C::MalformedOptions, C::InvalidOptions])
        .fails(H::HCS_E_INVALID_JSON)
        .known(&[documented("the code's text"), assumed("for the storage functions too")]),
    on("base.disk", &[SetupBaseOSLayer])
        .with(SETUP_DISKS)
        .fails(H::E_INVALIDARG)
        .known(&[client("hcsshim: a container's needs none, a utility VM's an attached one"), assumed("the code")]),
    on("base.absent", &[SetupBaseOSLayer])
        .of(ABSENT)
        .without(BAD_OPTIONS.or(LayerCases::of(SETUP_DISKS)))
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[assumed("as every function on files says it")]),
    on("base.file", &[SetupBaseOSLayer])
        .of(FILE)
        .without(BAD_OPTIONS.or(LayerCases::of(SETUP_DISKS)))
        .fails(H::ERROR_DIRECTORY)
        .known(&[assumed("the code's text")]),
    on("base.exists", &[SetupBaseOSLayer])
        .of(FOLDERS.or(VOLUMES))
        .with(&[C::HasHives])
        .fails(H::ERROR_ALREADY_EXISTS)
        .known(&[
            observed("hcsctl: of the setup of a volume; either one alone is enough", &[B26200]),
            client("hcsshim deletes both before: the call fails if they are there"),
        ]),
    on("base.no-files", &[SetupBaseOSLayer])
        .of(FOLDERS.or(VOLUMES))
        .with(&[C::NoFiles])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[assumed("as every function on files says it")]),
    on("base.no-machine", &[SetupBaseOSLayer])
        .of(FOLDERS.or(VOLUMES))
        .with(&[C::NoMachine])
        .fails(H::ERROR_GEN_FAILURE)
        .known(&[
            observed("hcsctl: the folder Files of a utility VM instead of the one above", &[B26200]),
            assumed("the same for any folder without Files"),
        ]),
    on("base.no-hives", &[SetupBaseOSLayer])
        .of(FOLDERS.or(VOLUMES))
        .with(&[C::NoHives])
        .fails(H::ERROR_PATH_NOT_FOUND)
        .known(&[
            observed("hcsshim issue 1688: of ProcessBaseLayer, on config\\DEFAULT", &[B20348]),
            assumed("the same here"),
        ]),
    on("base.hive-in-use", &[SetupBaseOSLayer])
        .of(FOLDERS.or(VOLUMES))
        .with(&[C::HiveInUse])
        .fails(H::ERROR_SHARING_VIOLATION)
        .known(&[observed("containerd issue 4912: the file is in use", &[B20348]), assumed("the code")]),
    on("base.empty-hive", &[SetupBaseOSLayer])
        .of(FOLDERS.or(VOLUMES))
        .with(&[C::EmptyHive])
        .builds(since(B20348))
        .fails(H::ERROR_BADDB)
        .known(&[
            observed("hcsshim issue 901: of ProcessBaseLayer, on newer builds", &[B20348]),
            assumed("since which, and the same here"),
        ]),
    on("base.empty-hive-before", &[SetupBaseOSLayer])
        .of(FOLDERS.or(VOLUMES))
        .with(&[C::EmptyHive])
        .builds(until(B20348))
        .does(E::SetupContainer)
        .becomes(S::Base)
        .known(&[client("hcsshim's tests: empty files were enough"), assumed("until when")]),
    on("base.container", &[SetupBaseOSLayer])
        .of(FOLDERS.or(VOLUMES))
        .with(&[C::Usual])
        .does(E::SetupContainer)
        .becomes(S::Base)
        .known(&[client("hcsshim"), observed("hcsctl", &[B26200])]),
    on("base.machine", &[SetupBaseOSLayer])
        .of(FOLDERS.or(VOLUMES))
        .with(&[C::Other])
        .does(E::SetupMachine)
        .becomes(S::Base)
        .known(&[client("hcsshim"), observed("hcsctl", &[B26200])]),
];
