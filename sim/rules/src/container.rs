//! The storage of containers: what stands against it when one is made or started, and what one that runs keeps from others.
//!
//! `hcs_machine::container` finds what stands against a container's storage; of several things the first in the order of
//! the rows is told.

use crate::answer::Form;
use crate::build::Build::{self, B17763, B20348, B26100, B26200};
use crate::closed::closed;
use crate::evidence::{Source, assumed, client, documented, observed};
use crate::hresult::Hresult;
use crate::time::SECOND;
use crate::vocabulary::Kind;

closed! {
    /// When the storage of a container is looked at: what is known then.
    pub enum Moment, Moments {
        /// Its creation is done.
        Create,
        /// Its start is done.
        Start,
    }
}

closed! {
    /// What can stand against a container's storage.
    pub enum StorageFault, StorageFaults {
        /// The folder of an isolated container's scratch has no disk.
        NoScratch,
        /// The machine around the container may not read and write that disk.
        ScratchDenied,
        /// The folder of a layer is not there.
        NoLayer,
        /// What is there is no layer, or a base that was not made ready.
        UnknownLayer,
        /// The content of a layer is damaged.
        DamagedLayer,
        /// The layers do not stand the topmost first, or not all are there.
        Order,
        /// A layer has another id than when it was imported or when the filter was attached.
        OtherId,
        /// The image is of a build that the host does not run.
        OtherBuild,
        /// The volume of the scratch is not there, or what is there is no volume.
        NoVolume,
        /// The path of the volume is not written as documents of its schema write it.
        PathForm,
        /// No filter is attached to the volume.
        NoFilter,
        /// Another container runs on the volume.
        InUse,
    }
}

/// One row.
#[derive(Debug)]
pub struct ContainerRow {
    /// Unique name.
    pub id: &'static str,
    /// What stands against the storage.
    pub fault: StorageFault,
    /// When it does.
    pub moments: Moments,
    /// The code of the operation.
    pub code: Hresult,
    /// The result document.
    pub form: Form,
    /// How it is known.
    pub sources: &'static [Source],
}

const CREATE: &[Moment] = &[Moment::Create];
const START: &[Moment] = &[Moment::Start];
const BOTH: &[Moment] = &[Moment::Create, Moment::Start];

const fn row(
    id: &'static str,
    fault: StorageFault,
    moments: &[Moment],
    code: Hresult,
    sources: &'static [Source],
) -> ContainerRow {
    ContainerRow { id, fault, moments: Moments::of(moments), code, form: Form::Bare, sources }
}

impl ContainerRow {
    const fn form(mut self, form: Form) -> ContainerRow {
        self.form = form;
        self
    }
}

/// Every row, in the order in which faults are told (assumed).
#[rustfmt::skip]
pub const ROWS: [ContainerRow; StorageFault::COUNT] = [
    row("container.no-scratch", StorageFault::NoScratch, CREATE, Hresult::ERROR_FILE_NOT_FOUND,
        &[client("hcsctl: the folder holds sandbox.vhdx"), assumed("the code")]).form(Form::Attributed),
    row("container.scratch-denied", StorageFault::ScratchDenied, CREATE, Hresult::E_ACCESSDENIED,
        &[observed("hcsctl: without an entry of the virtual machines' group that lets it read and write, the creation is refused", &[B26200]),
          assumed("that an entry of the machine's own account is as good; the document, as of a machine without a grant")]).form(Form::Attributed),
    row("container.no-layer", StorageFault::NoLayer, BOTH, Hresult::ERROR_PATH_NOT_FOUND,
        &[observed("Windows containers issue 375: of CreateSandboxLayer, a layer that was deleted by hand", &[B17763]), assumed("the same here")]),
    row("container.unknown-layer", StorageFault::UnknownLayer, BOTH, Hresult::HCS_E_INVALID_LAYER,
        &[observed("docker for-win issue 14984, navcontainerhelper issues 3554 and 4036: images of before an upgrade of the host", &[B26100, B26200]),
          documented("the code's text"), assumed("what is taken for a layer: one that was imported, and below all others one that was made a base; layers in images are not looked into")]),
    row("container.damaged-layer", StorageFault::DamagedLayer, BOTH, Hresult::HCS_E_UNEXPECTED_EXIT,
        &[observed("hcsshim issue 598: from the creation, once a layer was damaged", &[B17763]), assumed("that it comes from a start as well")]),
    row("container.order", StorageFault::Order, BOTH, Hresult::ERROR_PATH_NOT_FOUND,
        &[observed("hcsshim issue 278: of CreateSandboxLayer, the lowest first", &[B17763]),
          assumed("the same here, and of layers that were left out; that layers are held against those of the filter, and against the parents that they were imported on")]),
    row("container.other-id", StorageFault::OtherId, BOTH, Hresult::HCS_E_INVALID_LAYER,
        &[client("hcsshim issue 234: the id must be that of the import"), observed("hcsctl: any id, as long as it is the same everywhere", &[B26200]), assumed("the code")]),
    row("container.other-build", StorageFault::OtherBuild, BOTH, Hresult::HCS_E_IMAGE_MISMATCH,
        &[documented("the code's text"), assumed("from where the host knows an image's build: the world says it, of the base layer; of an image of which it says nothing, every host takes it for its own")]),
    row("container.no-volume", StorageFault::NoVolume, START, Hresult::ERROR_PATH_NOT_FOUND,
        &[observed("AspireHcs: of HcsInitializeWritableLayer, given the folder instead of the volume", &[B26200]), assumed("the same here")]),
    row("container.path-form", StorageFault::PathForm, START, Hresult::ERROR_PATH_NOT_FOUND,
        &[client("hcsctl, hcsshim: schema 2 ends the volume's path with a backslash, schema 1 does not"), assumed("that the other is refused, and the code")]),
    row("container.no-filter", StorageFault::NoFilter, START, Hresult::ERROR_FAILED_DRIVER_ENTRY,
        &[observed("hcsctl: the service does not attach the filter itself", &[B26200])]),
    row("container.in-use", StorageFault::InUse, START, Hresult::ERROR_SHARING_VIOLATION,
        &[assumed("a writable layer is one container's")]),
];

// Every fault has its row: checked while compiling.
const _: () = {
    let mut at = 0;
    while at < StorageFault::COUNT {
        assert!(ROWS[at].fault as usize == at, "the rows stand in another order than the faults");
        at += 1;
    }
};

/// What is said of containers' storage beside what stands against it, by its name.
#[rustfmt::skip]
pub const FACTS: &[(&str, &[Source])] = &[
    ("container.looked-at", &[assumed("storage is looked at when the simulated host has the volume or one of the layers that a document names, or the folder of an isolated container's scratch; a document that names nothing of this host is taken at its word; what a document without a volume or without layers leaves out is not missed; a container inside a machine has its storage there")]),
    ("container.teardown", &[observed("hcsctl: the filter is not let go while a container is taken down", &[B26200]),
        client("hcsctl tries ten times, a second apart"), assumed("that the volume is let go two seconds after the end, however that came; that its disk cannot be detached until then")]),
    ("container.scratch", &[assumed("the disk of an isolated container's scratch is held as a machine's disks are, and looked at as they are when it starts")]),
    ("container.image-build", &[client("hcsshim, CheckHostAndContainerCompat: equal before 20348; from then on an image is not newer than the host, nor older than the newest release with long support before the host's build"),
        documented("Windows container version compatibility: an isolated container's image is not newer than the host")]),
    ("container.gone-volume", &[assumed("a container whose volume the world takes away goes on, and starts no process any more")]),
];

/// How long the volume of a container that is over is kept, in nanoseconds.
pub const TEARDOWN: u64 = 2 * SECOND;

/// The releases with long support whose images later hosts run.
const LONG_SUPPORT: [Build; 2] = [B20348, B26100];

/// Whether a host runs containers of this kind from an image of a build.
pub const fn runs_image(kind: Kind, host: Build, image: u32) -> bool {
    let host = host.number();
    if !matches!(kind, Kind::ProcessContainer) {
        return image <= host;
    }
    if host < LONG_SUPPORT[0].number() {
        return image == host;
    }
    let mut oldest = LONG_SUPPORT[0].number();
    let mut at = 0;
    while at < LONG_SUPPORT.len() {
        if LONG_SUPPORT[at].number() < host {
            oldest = LONG_SUPPORT[at].number();
        }
        at += 1;
    }
    oldest <= image && image <= host
}
