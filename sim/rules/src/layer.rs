//! Layers of container images: what each call of `computestorage.dll` does, to which layer, on which build.
//!
//! | file | what is there |
//! |---|---|
//! | `folder` | the calls on the folder of a layer |
//! | `volume` | the calls on the volume of a writable layer |
//! | [`form`] | what layers are on disk: names and contents |
//! | [`path`] | what the host's file system says to a call on layers |
//!
//! Formatting a disk and asking for its mount path are calls on disks, and have their rows in [`crate::disk`].
//!
//! A call finds a *state*: what is at the path that it is about. And it finds a *case*: the first thing, in
//! the order of [`LayerCase`], that makes a difference beside the state. A row says what comes of that.

mod folder;
pub mod form;
pub mod path;
mod volume;

use crate::build::{Build, Builds};
use crate::closed::closed;
use crate::evidence::Source;
use crate::hresult::Hresult;
use crate::total::{Axis, Cover, lay, place};
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

closed! {
    /// What a call on layers finds where it is to work.
    pub enum LayerState, LayerStates {
        /// Nothing is there.
        Absent,
        /// A file is there.
        File,
        /// An empty folder.
        Empty,
        /// A folder that is no layer.
        Foreign,
        /// A folder with `Files`, and without all hives: an import that failed leaves one, and so does a client that takes the
        /// hives away before the setup of a base layer.
        Partial,
        /// A folder with `Files` and the hives' differences: an imported layer.
        Imported,
        /// A folder with `Files`, and with the hives or the layout of a base layer.
        Base,
        /// A folder with the disk of a writable layer.
        Scratch,
        /// The root of a volume that is not formatted.
        Raw,
        /// The root of a volume that is no writable layer's.
        Plain,
        /// The root of a volume that was formatted for a writable layer.
        Formatted,
        /// The root of the volume of a writable layer that is initialised.
        Initialized,
        /// The same, with the filter attached.
        Filtered,
        /// The same, with an overlay filter attached.
        Overlaid,
        /// The same as filtered, and a container runs on it.
        InUse,
    }
}

closed! {
    /// What makes a difference to a call on layers beside the state, in the order in which it is noticed.
    pub enum LayerCase, LayerCases {
        /// The layer data are no JSON.
        MalformedData,
        /// The layer data are JSON, and the document stage refuses them.
        InvalidData,
        /// The options are no JSON.
        MalformedOptions,
        /// The options are JSON, and the document stage refuses them.
        InvalidOptions,
        /// The folder to read is not there.
        NoSource,
        /// The folder to write to is not there.
        NoTarget,
        /// The folder of a parent is not there.
        NoParent,
        /// The folder to read is no whole layer.
        IncompleteSource,
        /// The import breaks off, because the world says so.
        Torn,
        /// What is in the folder to read is damaged.
        DamagedSource,
        /// The folder to read holds a reparse point of a kind that no layer holds.
        ForeignReparse,
        /// A disk is given for a base layer of containers.
        UnwantedDisk,
        /// No disk is given for a utility VM.
        NoDisk,
        /// The layer has hives or a layout already.
        HasHives,
        /// The layer has no files.
        NoFiles,
        /// The folder of a utility VM has no files.
        NoMachine,
        /// The layer lacks one of the five hives among its files.
        NoHives,
        /// Somebody has one of the hives open.
        HiveInUse,
        /// One of the hives is empty.
        EmptyHive,
        /// The path is relative.
        Relative,
        /// A disk in the folder is attached.
        HoldsAttached,
        /// A volume is mounted whose parent is in the folder.
        ParentOfMounted,
        /// The host leaves the folder, a quirk.
        Kept,
        /// The volume is not on a disk.
        NoDevice,
        /// A filter of somebody else's is in the way.
        Collision,
        /// The filter is not let go yet.
        Busy,
        /// The filter attached is another.
        OtherFilter,
        /// The layer is asked for as a writable one, or the base is to be a utility VM's.
        Other,
        /// Nothing of this.
        Usual,
    }
}

closed! {
    /// What a row's answer comes with: the handlers of the machine.
    pub enum LayerEffect, LayerEffects {
        /// Nothing happens.
        Nothing,
        /// The layer is imported.
        Import,
        /// The layer is imported as far as it goes.
        ImportPart,
        /// A layer's folder is exported.
        Export,
        /// A layer's files are exported, and not its hives.
        ExportPart,
        /// What a writable layer has changed is exported.
        ExportChanges,
        /// The folder is removed.
        Destroy,
        /// What of the folder is not in use is removed.
        DestroyPart,
        /// The same, and the caller's process dies of an exception.
        DestroyPartAndDie,
        /// A base layer of containers is made ready.
        SetupContainer,
        /// A base layer of a utility VM is made ready.
        SetupMachine,
        /// A base layer and a volume are made ready.
        SetupVolume,
        /// The volume becomes that of a writable layer.
        Initialize,
        /// The filter is attached.
        AttachFilter,
        /// The filter is detached.
        DetachFilter,
        /// The filter is not let go, and will be one call sooner.
        StayBusy,
        /// An overlay filter is attached.
        AttachOverlay,
        /// It is detached.
        DetachOverlay,
    }
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct LayerRow {
    /// Unique name.
    pub id: &'static str,
    /// The calls.
    pub calls: Calls,
    /// The states.
    pub states: LayerStates,
    /// The cases.
    pub cases: LayerCases,
    /// The builds.
    pub builds: Builds,
    /// What the call returns.
    pub code: Hresult,
    /// What happens.
    pub effect: LayerEffect,
    /// The state afterwards, where it is another.
    pub becomes: Option<LayerState>,
    /// How it is known.
    pub sources: &'static [Source],
}

/// A row that refuses, to be narrowed.
const fn on(id: &'static str, calls: &[Call]) -> LayerRow {
    LayerRow {
        id,
        calls: Calls::of(calls),
        states: LayerStates::EVERY,
        cases: LayerCases::EVERY,
        builds: Builds::EVERY,
        code: Hresult::S_OK,
        effect: LayerEffect::Nothing,
        becomes: None,
        sources: &[],
    }
}

impl LayerRow {
    const fn of(mut self, states: LayerStates) -> LayerRow {
        self.states = states;
        self
    }

    const fn with(mut self, cases: &[LayerCase]) -> LayerRow {
        self.cases = LayerCases::of(cases);
        self
    }

    const fn without(mut self, cases: LayerCases) -> LayerRow {
        self.cases = LayerCases::of_bits(LayerCases::EVERY.bits() & !cases.bits());
        self
    }

    const fn builds(mut self, builds: Builds) -> LayerRow {
        self.builds = builds;
        self
    }

    const fn fails(mut self, code: Hresult) -> LayerRow {
        self.code = code;
        self
    }

    const fn does(mut self, effect: LayerEffect) -> LayerRow {
        self.effect = effect;
        self
    }

    const fn becomes(mut self, state: LayerState) -> LayerRow {
        self.becomes = Some(state);
        self
    }

    const fn known(mut self, sources: &'static [Source]) -> LayerRow {
        self.sources = sources;
        self
    }
}

use LayerCase as C;
use LayerState as S;

/// What is wrong with documents.
const BAD_DATA: LayerCases = LayerCases::of(&[C::MalformedData, C::InvalidData]);
const BAD_OPTIONS: LayerCases = LayerCases::of(&[C::MalformedOptions, C::InvalidOptions]);
const BAD: LayerCases = BAD_DATA.or(BAD_OPTIONS);

/// What can be at a path.
const NOT_THERE: LayerStates = LayerStates::of(&[S::Absent, S::File]);
const FOLDERS: LayerStates = LayerStates::of(&[S::Empty, S::Foreign, S::Partial, S::Imported, S::Base, S::Scratch]);
const VOLUMES: LayerStates =
    LayerStates::of(&[S::Raw, S::Plain, S::Formatted, S::Initialized, S::Filtered, S::Overlaid, S::InUse]);
const PATHS: LayerStates = NOT_THERE.or(FOLDERS).or(VOLUMES);

/// The states that a call can find.
pub const fn states(call: Call) -> LayerStates {
    match call {
        Call::FormatWritableLayerVhd | Call::GetLayerVhdMountPath => LayerStates::NONE,
        _ if ON_LAYERS.contains(call) => PATHS,
        _ => LayerStates::NONE,
    }
}

/// The cases that make a difference to a call.
pub const fn cases(call: Call) -> LayerCases {
    match call {
        Call::ImportLayer => BAD_DATA.or(LayerCases::of(&[
            C::NoSource,
            C::NoParent,
            C::IncompleteSource,
            C::Torn,
            C::DamagedSource,
            C::ForeignReparse,
            C::Usual,
        ])),
        Call::ExportLayer => BAD.or(LayerCases::of(&[C::NoTarget, C::NoParent, C::Other, C::Usual])),
        Call::ExportLegacyWritableLayer => BAD_DATA.or(LayerCases::of(&[C::NoTarget, C::NoParent, C::Usual])),
        Call::DestroyLayer => LayerCases::of(&[C::Relative, C::HoldsAttached, C::ParentOfMounted, C::Kept, C::Usual]),
        Call::SetupBaseOSLayer => {
            BAD_OPTIONS.or(SETUP).or(LayerCases::of(&[C::UnwantedDisk, C::NoDisk, C::NoMachine, C::Other]))
        }
        Call::SetupBaseOSVolume => BAD_OPTIONS.or(SETUP),
        Call::InitializeWritableLayer => BAD_DATA.or(LayerCases::of(&[C::NoParent, C::Usual])),
        Call::InitializeLegacyWritableLayer => BAD.or(LayerCases::of(&[C::NoParent, C::Usual])),
        Call::AttachLayerStorageFilter | Call::AttachOverlayFilter => {
            BAD_DATA.or(LayerCases::of(&[C::NoParent, C::NoDevice, C::Collision, C::Usual]))
        }
        Call::DetachLayerStorageFilter => LayerCases::of(&[C::Busy, C::Usual]),
        Call::DetachOverlayFilter => BAD_DATA.or(LayerCases::of(&[C::OtherFilter, C::Usual])),
        _ => LayerCases::NONE,
    }
}

const SETUP: LayerCases = LayerCases::of(&[C::HasHives, C::NoFiles, C::NoHives, C::HiveInUse, C::EmptyHive, C::Usual]);

/// How many rows there are.
const COUNT: usize = folder::ROWS.len() + volume::ROWS.len();

const LIST: [LayerRow; COUNT] = {
    let mut rows = [folder::ROWS[0]; COUNT];
    let mut at = 0;
    while at < COUNT {
        rows[at] = if at < folder::ROWS.len() { folder::ROWS[at] } else { volume::ROWS[at - folder::ROWS.len()] };
        at += 1;
    }
    rows
};

/// Every row.
pub const ROWS: &[LayerRow] = &LIST;

/// The first of the calls on layers: the table begins with it.
const FIRST: usize = Call::ImportLayer as usize;
const CALLS: usize = 14;
// The calls stand together in the alphabet: checked while compiling.
const _: () = assert!(ON_LAYERS.bits() == ((1 << CALLS) - 1) << FIRST, "the calls on layers do not stand together");

const NAMES: [&str; CALLS] = {
    let mut names = [""; CALLS];
    let mut at = 0;
    while at < CALLS {
        names[at] = Call::NAMES[FIRST + at];
        at += 1;
    }
    names
};
const AXES: [Axis; 4] = [
    Axis { name: "call", values: &NAMES },
    Axis { name: "state", values: LayerState::NAMES },
    Axis { name: "case", values: LayerCase::NAMES },
    Axis { name: "build", values: Build::NAMES },
];
const CELLS: usize = CALLS * LayerState::COUNT * LayerCase::COUNT * Build::COUNT;
static TABLE: [u16; CELLS] = lay_layers(&LIST);

/// Lays rows over every call, state, case and build.
const fn lay_layers<const ROWS: usize>(rows: &[LayerRow; ROWS]) -> [u16; CELLS] {
    let mut domain = [[0; 4]; CALLS];
    let mut at = 0;
    while at < CALLS {
        let call = Call::ALL[FIRST + at];
        domain[at] = [1 << at, states(call).bits(), cases(call).bits(), Builds::EVERY.bits()];
        at += 1;
    }
    let mut covers = [const { Cover { id: "", sets: [0; 4], named: [0; 4] } }; ROWS];
    let mut at = 0;
    while at < ROWS {
        let row = &rows[at];
        let sets = [row.calls.bits() >> FIRST, row.states.bits(), row.cases.bits(), row.builds.bits()];
        covers[at] = Cover { id: row.id, sets, named: [0; 4] };
        at += 1;
    }
    lay(&AXES, &domain, &covers)
}

/// The row of a call that finds this. `None` when it cannot find it.
pub fn rule(call: Call, state: LayerState, case: LayerCase, build: Build) -> Option<&'static LayerRow> {
    let call = call.index().checked_sub(FIRST).filter(|call| *call < CALLS)?;
    ROWS.get(usize::from(TABLE[place(&AXES, &[call, state.index(), case.index(), build.index()])]))
}
