//! The layer functions of the older interface: what each does with the folder of a layer.
//!
//! They are the newer functions and those of virtual disks in larger steps, so that what those find on the way is said by their
//! own rows. The rows here say which steps there are, by what is in the folder.

use crate::build::Build::{B17763, B18362, B19041, B20348, B26200};
use crate::build::{Build, Builds};
use crate::closed::closed;
use crate::evidence::{Source, assumed, client, observed};
use crate::hresult::Hresult;
use crate::total::{Axis, Cover, lay, place};
use crate::vocabulary::{Call, Calls};

/// The calls on the folder of one layer that depend on what is in it.
const ON_FOLDER: Calls = Calls::of(&[
    Call::LegacyActivateLayer,
    Call::LegacyDeactivateLayer,
    Call::LegacyPrepareLayer,
    Call::LegacyUnprepareLayer,
    Call::LegacyGetLayerMountPath,
    Call::LegacyCreateLayer,
    Call::LegacyCreateSandboxLayer,
    Call::LegacyExpandSandboxSize,
    Call::LegacyCopyLayer,
    Call::LegacyExportLayer,
    Call::LegacyLayerExists,
]);
/// The calls that are a newer one, or about no folder of a layer.
const BY_ITSELF: Calls = Calls::of(&[
    Call::LegacyDestroyLayer,
    Call::LegacyImportLayer,
    Call::LegacyGetBaseImages,
    Call::LegacyNameToGuid,
    Call::LegacyProcessBaseImage,
    Call::LegacyProcessUtilityImage,
]);
/// Every layer function.
pub const ON_LAYERS: Calls = ON_FOLDER.or(BY_ITSELF);
/// Those that are told of the driver: its home folder stands before the layer's name.
pub const WITH_DRIVER: Calls = ON_FOLDER.or(Calls::of(&[Call::LegacyDestroyLayer, Call::LegacyImportLayer]));
/// Those that are told of the parents.
pub const WITH_PARENTS: Calls = Calls::of(&[
    Call::LegacyPrepareLayer,
    Call::LegacyCreateSandboxLayer,
    Call::LegacyCopyLayer,
    Call::LegacyImportLayer,
    Call::LegacyExportLayer,
]);
/// Those that name a second folder.
pub const WITH_OTHER: Calls = Calls::of(&[Call::LegacyCopyLayer, Call::LegacyImportLayer, Call::LegacyExportLayer]);
/// Those that give something.
pub const GIVING: Calls = Calls::of(&[
    Call::LegacyGetLayerMountPath,
    Call::LegacyLayerExists,
    Call::LegacyGetBaseImages,
    Call::LegacyNameToGuid,
]);

closed! {
    /// What a layer function finds in the folder of a layer.
    pub enum FolderState, FolderStates {
        /// There is none.
        Absent,
        /// A file is there.
        File,
        /// There is no disk of a writable layer in it.
        ReadOnly,
        /// The disk of a writable layer is in it, and not attached.
        Inactive,
        /// The same, attached.
        Active,
        /// The same, and the filter is attached to its volume.
        Prepared,
    }
}

/// What comes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderVerdict {
    /// It does what it is for.
    Does,
    /// It succeeds, and nothing is to be done.
    Nothing,
    /// It fails.
    Fails(Hresult),
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct FolderRow {
    /// Unique name.
    pub id: &'static str,
    /// The calls.
    pub calls: Calls,
    /// What they find.
    pub states: FolderStates,
    /// The builds.
    pub builds: Builds,
    /// What comes of it.
    pub verdict: FolderVerdict,
    /// How it is known.
    pub sources: &'static [Source],
}

const fn row(
    id: &'static str,
    calls: &[Call],
    states: &[FolderState],
    verdict: FolderVerdict,
    sources: &'static [Source],
) -> FolderRow {
    let (calls, states) = (Calls::of(calls), FolderStates::of(states));
    FolderRow { id, calls, states, builds: Builds::EVERY, verdict, sources }
}

impl FolderRow {
    const fn on(mut self, builds: Builds) -> FolderRow {
        self.builds = builds;
        self
    }
}

use FolderState::{Absent, Active, File, Inactive, Prepared, ReadOnly};
use FolderVerdict::{Does, Fails, Nothing};

/// The calls that need a folder.
const WORKING: &[Call] = &[
    Call::LegacyActivateLayer,
    Call::LegacyDeactivateLayer,
    Call::LegacyPrepareLayer,
    Call::LegacyUnprepareLayer,
    Call::LegacyGetLayerMountPath,
    Call::LegacyExpandSandboxSize,
    Call::LegacyCopyLayer,
    Call::LegacyExportLayer,
];
const MOUNTING: &[Call] =
    &[Call::LegacyActivateLayer, Call::LegacyDeactivateLayer, Call::LegacyPrepareLayer, Call::LegacyUnprepareLayer];

/// Every row.
pub const ROWS: &[FolderRow] = &LIST;

const LIST: [FolderRow; 24] = [
    row(
        "legacy-layer.absent",
        WORKING,
        &[Absent],
        Fails(Hresult::ERROR_PATH_NOT_FOUND),
        &[observed("hcsshim#2075: of PrepareLayer", &[]), assumed("the same of the others")],
    ),
    row("legacy-layer.file", WORKING, &[File], Fails(Hresult::ERROR_DIRECTORY), &[assumed("the code's text")]),
    row(
        "legacy-layer.exists",
        &[Call::LegacyLayerExists],
        FolderState::ALL,
        Does,
        &[observed("hcsctl: yes of any folder, an empty one too; without elevation", &[B26200])],
    ),
    row("legacy-layer.create", &[Call::LegacyCreateLayer], &[Absent], Does, &[client("hcsshim: an empty folder")]),
    row(
        "legacy-layer.create-there",
        &[Call::LegacyCreateLayer],
        &[File, ReadOnly, Inactive, Active, Prepared],
        Fails(Hresult::ERROR_ALREADY_EXISTS),
        &[assumed("as CreateDirectory says it")],
    ),
    row(
        "legacy-layer.sandbox",
        &[Call::LegacyCreateSandboxLayer],
        &[Absent, ReadOnly],
        Does,
        &[
            observed("hcsctl: a copy of the base's blank.vhdx, granted to the group of machines", &[B26200]),
            client("hcsshim calls it for a folder that is there and holds no disk"),
        ],
    ),
    row(
        "legacy-layer.sandbox-there",
        &[Call::LegacyCreateSandboxLayer],
        &[File, Inactive, Active, Prepared],
        Fails(Hresult::ERROR_FILE_EXISTS),
        &[client("hcsshim looks for the disk before it calls"), assumed("the code")],
    ),
    row(
        "legacy-layer.read-only",
        MOUNTING,
        &[ReadOnly],
        Nothing,
        &[client("hcsshim, moby: activating a read-only layer does nothing"), assumed("the same of the others")],
    ),
    row(
        "legacy-layer.activate",
        &[Call::LegacyActivateLayer],
        &[Inactive],
        Does,
        &[observed("hcsctl: the disk is attached", &[B26200])],
    ),
    row(
        "legacy-layer.activate-again",
        &[Call::LegacyActivateLayer],
        &[Active, Prepared],
        Nothing,
        &[client("hcsshim activates again after a failed preparation"), assumed("that this succeeds")],
    ),
    row(
        "legacy-layer.never-activated",
        &[Call::LegacyDeactivateLayer],
        &[Inactive],
        Nothing,
        &[observed("AspireHcs: of a layer that was never activated", &[B26200])],
    ),
    row(
        "legacy-layer.deactivate",
        &[Call::LegacyDeactivateLayer],
        &[Active],
        Does,
        &[client("hcsshim: the disk is detached")],
    ),
    row(
        "legacy-layer.deactivate-prepared",
        &[Call::LegacyDeactivateLayer],
        &[Prepared],
        Fails(Hresult::ERROR_NOT_READY),
        &[client("moby#40723: the device is not ready, when a disk was to be detached"), assumed("for this reason")],
    ),
    row(
        "legacy-layer.not-activated",
        &[Call::LegacyPrepareLayer, Call::LegacyUnprepareLayer, Call::LegacyGetLayerMountPath],
        &[Inactive],
        Fails(Hresult::ERROR_DEV_NOT_EXIST),
        &[
            observed("AspireHcs: PrepareLayer and GetLayerMountPath", &[B26200]),
            client("containerd#5328: UnprepareLayer"),
        ],
    ),
    row(
        "legacy-layer.prepare",
        &[Call::LegacyPrepareLayer],
        &[Active, Prepared],
        Does,
        &[client("hcsshim: the volume is initialised, and the filter attached; what they find is theirs to say")],
    ),
    row("legacy-layer.unprepare", &[Call::LegacyUnprepareLayer], &[Prepared], Does, &[client("hcsshim")]),
    row(
        "legacy-layer.not-prepared",
        &[Call::LegacyUnprepareLayer],
        &[Active],
        Fails(Hresult::ERROR_FLT_INSTANCE_NOT_FOUND),
        &[observed("containerd#5326: on servers", &[B17763, B20348])],
    )
    .on(Builds::except(&[B19041])),
    row(
        "legacy-layer.not-prepared-on-a-desktop",
        &[Call::LegacyUnprepareLayer],
        &[Active],
        Nothing,
        &[observed("containerd#5326, #5328: Windows 10 20H2", &[B19041])],
    )
    .on(Builds::of(&[B19041])),
    row(
        "legacy-layer.mount-path",
        &[Call::LegacyGetLayerMountPath],
        &[ReadOnly, Active, Prepared],
        Does,
        &[client("hcsshim: the folder of a read-only layer, the volume of a writable one")],
    ),
    row(
        "legacy-layer.expand",
        &[Call::LegacyExpandSandboxSize],
        &[Inactive],
        Does,
        &[client("moby#27334: the disk is at least so large afterwards; 0 asks for nothing")],
    ),
    row(
        "legacy-layer.expand-no-disk",
        &[Call::LegacyExpandSandboxSize],
        &[ReadOnly],
        Fails(Hresult::ERROR_FILE_NOT_FOUND),
        &[assumed("there is no disk to expand")],
    ),
    row(
        "legacy-layer.in-use",
        &[Call::LegacyExpandSandboxSize, Call::LegacyCopyLayer],
        &[Active, Prepared],
        Fails(Hresult::ERROR_SHARING_VIOLATION),
        &[assumed("the disk's file is open")],
    ),
    row("legacy-layer.copy", &[Call::LegacyCopyLayer], &[ReadOnly, Inactive], Does, &[assumed("the folder is copied")]),
    row(
        "legacy-layer.export",
        &[Call::LegacyExportLayer],
        &[ReadOnly, Inactive, Active, Prepared],
        Does,
        &[
            client("moby unprepares a writable layer before it exports it; hcsshim exports what is not mounted too"),
            assumed("that one which is prepared can be exported as well"),
        ],
    ),
];

const AXES: [Axis; 3] = [
    Axis { name: "call", values: Call::NAMES },
    Axis { name: "state", values: FolderState::NAMES },
    Axis { name: "build", values: Build::NAMES },
];
const CELLS: usize = Call::COUNT * FolderState::COUNT * Build::COUNT;
static TABLE: [u16; CELLS] = lay_folders();

const fn lay_folders() -> [u16; CELLS] {
    let mut domain = [[0; 3]; Call::COUNT];
    let mut at = 0;
    while at < Call::COUNT {
        if ON_FOLDER.contains(Call::ALL[at]) {
            domain[at] = [1 << at, FolderStates::EVERY.bits(), Builds::EVERY.bits()];
        }
        at += 1;
    }
    let mut covers = [const { Cover { id: "", sets: [0; 3], named: [0; 3] } }; LIST.len()];
    let mut at = 0;
    while at < LIST.len() {
        let row = &LIST[at];
        covers[at] =
            Cover { id: row.id, sets: [row.calls.bits(), row.states.bits(), row.builds.bits()], named: [0; 3] };
        at += 1;
    }
    lay(&AXES, &domain, &covers)
}

/// The row of a call that finds this. `None` of a call that does not depend on it.
pub fn rule(call: Call, state: FolderState, build: Build) -> Option<&'static FolderRow> {
    ROWS.get(usize::from(TABLE[place(&AXES, &[call.index(), state.index(), build.index()])]))
}

/// What an export is refused with for its parents alone (`legacy-layer.export-parents`).
pub fn export_refusal(parents: usize, build: Build) -> Option<Hresult> {
    match parents {
        0 => Some(Hresult::E_INVALIDARG),
        1 if build == B26200 => Some(Hresult::ERROR_PATH_NOT_FOUND),
        _ => None,
    }
}

/// What a preparation is refused with for the size of the disk, in bytes (`legacy-layer.large`).
pub fn prepare_refusal(size: u64, build: Build) -> Option<Hresult> {
    (build == B18362 && size > BLANK_SIZE).then_some(Hresult::E_INVALIDARG)
}

/// The disks that a base layer gets: one that is formatted, and its child, of which writable layers are copies.
pub const BLANK_DISKS: [&str; 2] = ["blank-base.vhdx", "blank.vhdx"];
/// The same of a utility VM.
pub const MACHINE_DISKS: [&str; 2] = ["SystemTemplateBase.vhdx", "SystemTemplate.vhdx"];
/// How large they are, in bytes.
pub const BLANK_SIZE: u64 = 20 << 30;
/// What a writable layer is refused with whose parents, or whose blank disk, are not there.
pub const NO_PARENT: Hresult = Hresult::ERROR_PATH_NOT_FOUND;
/// What a disk is refused with that is attached and has no volume: an unelevated caller's (`privilege.attach-unelevated`).
pub const NO_VOLUME: Hresult = Hresult::E_ACCESSDENIED;
/// What a mount path is refused with that has no room where it is wanted.
pub const NO_ROOM: Hresult = Hresult::ERROR_INSUFFICIENT_BUFFER;
/// What `GetBaseImages` gives on a host without shared images.
pub const NO_IMAGES: &str = r#"{"Images":[]}"#;

/// The ids that were recorded for names (`legacy-layer.names`).
pub const RECORDED_NAMES: [(&str, u128); 8] = [
    ("4", 0xbd9c3ef9_f239_59b5_a27e_15c523b1d149),
    ("fec9f4c73d5fe093161c5993fb6c43434a6e4b69b38a2dd501065143e58d2d1c", 0xfff03c3b_5d10_545c_99ca_0f2e8984d2d3),
    ("82f6b18dfe22ce24ac65ec5023f3c1044b2b7b1f6170d99c73d0122f330dafb9", 0x1b43484f_df68_5ff9_a25a_4a1c97a2b105),
    ("5bda1565205b9c2be87fbf72b2b190eac281b618d1638584c76d0f38e66f88d5", 0x752b605a_852f_5ed0_8dc4_600a46637308),
    ("eccec51eb07946a1d1fd325d98bb7851e62f2c78ef6183ea7e010d00c2c8b743", 0xf9b110e2_f845_540e_b382_b926c4c901fd),
    ("e280ae88fe4afde08717cb8a598cb480a554bfd79316047592f1a3899997e6f3", 0xf3fa31ff_3646_5aa8_aae6_fd07fa98dc11),
    ("e98a4f90ea0b0b172cbc2a6520403c18c5be676fc98d967d5112940318664d8e", 0xaee45bbb_f900_54e3_8b4a_667e447fdf14),
    ("4e3c0eecb91d8fc28eda07ff06c6910a592b0ce4539476fb943b48e6934e9976", 0xcd22d128_903e_550a_9d8f_aa8134ca1c9b),
];
/// The namespace of the others.
pub const NAME_NAMESPACE: u128 = 0x6c61_7965_7200_5000_8000_6e61_6d65_7300;

/// The facts that no row says.
pub const FACTS: &[(&str, &[Source])] = &[
    (
        "legacy-layer.steps",
        &[
            client(
                "hcsshim: ActivateLayer attaches the disk, PrepareLayer initialises the volume and attaches the filter",
            ),
            assumed("that the steps fail as the newer functions do"),
        ],
    ),
    (
        "legacy-layer.home",
        &[client("hcsshim passes an empty home and a whole path; otherwise the home stands before the name")],
    ),
    (
        "legacy-layer.export-parents",
        &[
            observed("AspireHcs: 0x80070057 without parents", &[B26200]),
            observed("hcsctl: 0x80070003 of the layer directly above the base", &[B26200]),
            assumed("not on other builds"),
        ],
    ),
    (
        "legacy-layer.no-parents",
        &[observed("hcsshim#853: a writable layer without parents is an empty folder, and no error", &[])],
    ),
    (
        "legacy-layer.no-blank",
        &[observed("hcsshim#278, navcontainerhelper#3157: 0x80070003 for parents in the wrong order", &[])],
    ),
    (
        "legacy-layer.base",
        &[
            client("hcsshim's newer code makes the same: two blank disks of 20 GB, the second a child of the first"),
            assumed("that they are made once the base is set up, and that what an earlier time has left goes first"),
        ],
    ),
    (
        "legacy-layer.large",
        &[observed("hcsshim#708, moby#36831, docker for-win#4100: 0x80070057 for a disk beyond 20 GB", &[B18362])],
    ),
    (
        "legacy-layer.no-volume",
        &[observed("hcsctl: PrepareLayer asks for the Administrators group", &[B26200]), assumed("so, and the code")],
    ),
    (
        "legacy-layer.names",
        &[
            observed("eight pairs in public logs, each a version 5 id", &[]),
            assumed("a namespace of the double's own, and that case does not count"),
        ],
    ),
    ("legacy-layer.images", &[client("hcsshim hands the document on"), assumed("its members, and that there is none")]),
    ("legacy-layer.mount-path-length", &[client("hcsshim asks for it first"), assumed("that the zero counts")]),
];
