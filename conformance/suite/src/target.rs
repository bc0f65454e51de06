//! What a suite runs on: a name, a build, what it is capable of, and a fresh session for each case.

use hcs_api::{Hcs, LegacyLayers, Outcome, Storage, Text, VirtualDisks, Vmcompute};
use hcs_rules::build::Build;
use hcs_rules::vocabulary::{Call, Trigger};

/// What a target can do beside answering calls. A Windows host can do neither of the first two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Keep an operation from ending, or have it take long.
    pub hang: bool,
    /// Crash a guest, power it off, stop the service; bring a [`Trouble`] about.
    pub world_events: bool,
    /// Give a folder in which cases put files and layers, as an administrator.
    pub files: bool,
    /// Put a base layer in transport form there.
    pub layers: bool,
}

/// Every interface of one host.
pub trait Host: Hcs + Storage + VirtualDisks + Vmcompute + LegacyLayers {}

impl<Every: Hcs + Storage + VirtualDisks + Vmcompute + LegacyLayers> Host for Every {}

/// The host's files, as far as cases need them. They say nothing of failures: what is not there is missed by the case.
pub trait Files {
    /// A folder that is there, with nothing in it but what the case puts there.
    fn folder(&self) -> String;
    /// A folder, with those above it.
    fn put_folder(&self, path: &str);
    /// A file, with the folders above it.
    fn put_file(&self, path: &str, bytes: &[u8]);
    /// A file or folder goes, with all that is in it.
    fn remove(&self, path: &str);
    /// Whether something is there.
    fn has(&self, path: &str) -> bool;
    /// A base layer in transport form. Needs [`Capabilities::layers`].
    fn put_layer(&self, path: &str);
}

/// Trouble of the host's that no call brings about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble<'a> {
    /// The next import breaks off.
    TornImport,
    /// Another product's filter is in the way.
    FilterCollision,
    /// The filter of this volume is not let go at once.
    BusyFilter(&'a str),
    /// Somebody has this file open, and shares it with nobody.
    InUse(&'a str),
    /// This file is denied to everybody.
    Denied(&'a str),
    /// This file can only be read.
    ReadOnly(&'a str),
    /// The volume of the case's folder has no room.
    NoRoom,
    /// That volume is not ready.
    NotReady,
    /// That volume can only be read.
    VolumeReadOnly,
    /// Layers are left when they are destroyed.
    LayersStay,
}

/// The double, or a Windows host.
pub trait Target: Sync {
    /// The name, for reports.
    fn name(&self) -> String;
    /// The build that answers.
    fn build(&self) -> Build;
    /// What it can do.
    fn capabilities(&self) -> Capabilities;
    /// A session in which nothing has happened yet.
    fn session(&self) -> Box<dyn Session>;
}

/// One case's world. Systems that it leaves behind are its own to end.
pub trait Session {
    /// The calls.
    fn hcs(&self) -> &dyn Hcs;
    /// The calls of every interface.
    fn host(&self) -> &dyn Host;
    /// The host's files. Needs [`Capabilities::files`].
    fn files(&self) -> &dyn Files;
    /// Brings trouble about; whether this build has it. Needs [`Capabilities::world_events`].
    fn trouble(&self, trouble: Trouble<'_>) -> bool;
    /// The root of a volume that is on no disk of a file, formatted or not. Needs [`Capabilities::world_events`].
    fn volume(&self, is_formatted: bool) -> String;
    /// The next operation of this call never ends by itself. Needs [`Capabilities::hang`].
    fn hang_next(&self, call: Call);
    /// The next operation of this call takes long, though not as long as [`PATIENCE`]. Needs [`Capabilities::hang`].
    fn delay_next(&self, call: Call);
    /// The guest of the next system on which this call succeeds never does what the call begins: come up, go down. Needs
    /// [`Capabilities::hang`].
    fn guest_hangs_next(&self, call: Call);
    /// The world pulls this trigger on the system of this id; whether that did anything. Needs
    /// [`Capabilities::world_events`].
    fn world(&self, on: Trigger, id: &str) -> bool;
    /// So much time passes that everything has happened which is going to.
    fn settle(&self);
    /// Every callback that is due has returned.
    fn drain(&self);
}

/// Makes a call on an operation of its own and waits for it. The first is what the call returned, the second what the
/// operation ended with, if the call was accepted.
pub fn run(hcs: &dyn Hcs, call: impl FnOnce(hcs_api::OperationHandle) -> hcs_rules::hresult::Hresult) -> Answer {
    let operation = hcs.create_operation(None);
    let code = call(operation);
    let outcome = code.is_ok().then(|| hcs.wait_for_operation_result(operation, PATIENCE));
    hcs.close_operation(operation);
    Answer { code, outcome }
}

/// How long a case waits for an operation, in milliseconds. A start on a real host takes seconds.
pub const PATIENCE: u32 = 120_000;

/// What a call on an operation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What the call returned.
    pub code: hcs_rules::hresult::Hresult,
    /// What the operation ended with, if the call was accepted.
    pub outcome: Option<Outcome>,
}

/// Every system, as JSON.
pub fn list(hcs: &dyn Hcs) -> String {
    let answer = run(hcs, |operation| hcs.enumerate_compute_systems(Text::Null, operation));
    answer.outcome.and_then(|outcome| outcome.document).map(|document| document.to_string()).unwrap_or_default()
}

/// The number that a document has under a name, wherever it stands.
pub(crate) fn number(document: &str, name: &str) -> Option<u32> {
    let (_, rest) = document.split_once(&format!(r#""{name}":"#))?;
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}
