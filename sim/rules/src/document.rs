//! JSON documents: the types, and what a bad document is answered with.
//!
//! The tables themselves are in [`schema`]; the walker that applies them is in `hcs_machine::document`.

pub mod schema;

use crate::build::Build;
use crate::closed::closed;
use crate::evidence::{Source, assumed, documented, observed};
use crate::hresult::Hresult;

/// A schema version, `(major, minor)`.
pub type Version = (u8, u8);

/// A JSON object type.
#[derive(Debug)]
pub struct Type {
    /// The schema's name.
    pub name: &'static str,
    /// Its name in the files before Server 2022, where that was another.
    pub formerly: Option<&'static str>,
    /// The version of the first file that has it.
    pub since: Version,
    /// The version from which on no file has it.
    pub until: Option<Version>,
    /// Its members, in the order of their bytes.
    pub members: &'static [Member],
}

/// A member of a type.
#[derive(Debug)]
pub struct Member {
    /// Its name. Case matters (assumed).
    pub name: &'static str,
    /// The name's [`head`].
    head: u64,
    /// What it may be.
    pub shape: Shape,
    /// The schema version in which it is new.
    pub since: Version,
    /// The schema version in which it is no more.
    pub until: Option<Version>,
    /// Who sends it, for members that are in no published schema.
    pub used_by: Option<&'static str>,
}

/// A set of strings to choose from.
#[derive(Debug)]
pub struct Choice {
    /// The schema's name.
    pub name: &'static str,
    /// Its name in the files before Server 2022, where that was another.
    pub formerly: Option<&'static str>,
    /// The strings.
    pub values: &'static [Value],
}

/// One string of a [`Choice`].
#[derive(Debug)]
pub struct Value {
    /// The string. Case matters (assumed).
    pub name: &'static str,
    /// The schema version in which it is new.
    pub since: Version,
    /// The schema version in which it is no more.
    pub until: Option<Version>,
    /// Who sends it, for values that are in no published schema.
    pub used_by: Option<&'static str>,
}

const fn is_in(since: Version, until: Option<Version>, at: Version) -> bool {
    let begun = since.0 < at.0 || (since.0 == at.0 && since.1 <= at.1);
    match until {
        Some(until) => begun && (at.0 < until.0 || (at.0 == until.0 && at.1 < until.1)),
        None => begun,
    }
}

/// The first eight bytes of a name as a number, which compares as they do: nearly every look-up of a member is decided by
/// it.
const fn head(name: &[u8]) -> u64 {
    if let Some(bytes) = name.first_chunk() {
        return u64::from_be_bytes(*bytes);
    }
    let (mut head, mut at) = (0, 0);
    while at < 8 {
        head = head << 8 | if at < name.len() { name[at] as u64 } else { 0 };
        at += 1;
    }
    head
}

impl Type {
    /// The member of this name, whatever the version.
    pub fn member(&self, name: &str) -> Option<&'static Member> {
        let wanted = head(name.as_bytes());
        let from = self.members.partition_point(|member| member.head < wanted);
        self.members[from..].iter().take_while(|member| member.head == wanted).find(|member| member.name == name)
    }

    /// The type of this name: its newest one, or the one before Server 2022.
    pub fn by_name(name: &str) -> Option<&'static Type> {
        let by = |name: &str| schema::TYPES.iter().find(|known| known.name == name).copied();
        by(name).or_else(|| schema::TYPES.iter().find(|known| known.formerly == Some(name)).copied())
    }

    /// Whether the file of this version has the type.
    pub const fn is_in(&self, version: Version) -> bool {
        is_in(self.since, self.until, version)
    }
}

impl Member {
    /// Whether a host of this version knows the member.
    pub const fn is_in(&self, version: Version) -> bool {
        is_in(self.since, self.until, version)
    }

    const fn until(mut self, version: Version) -> Member {
        self.until = Some(version);
        self
    }

    const fn used_by(mut self, who: &'static str) -> Member {
        self.used_by = Some(who);
        self
    }
}

impl Value {
    /// Whether a host of this version knows the value.
    pub const fn is_in(&self, version: Version) -> bool {
        is_in(self.since, self.until, version)
    }

    const fn until(mut self, version: Version) -> Value {
        self.until = Some(version);
        self
    }

    const fn used_by(mut self, who: &'static str) -> Value {
        self.used_by = Some(who);
        self
    }
}

/// What a value may be. `null` stands for an absent member everywhere (assumed).
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// An object of this type.
    Object(&'static Type),
    /// An object with any names, whose values are of this shape.
    Map(&'static Shape),
    /// An array of this shape.
    Array(&'static Shape),
    /// A string.
    Text,
    /// A GUID without braces.
    Guid,
    /// `true` or `false`.
    Boolean,
    /// A whole number from 0.
    Unsigned {
        /// The largest.
        max: u64,
    },
    /// A whole number.
    Integer {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// One of these strings, in this case (assumed).
    OneOf(&'static Choice),
    /// One of these strings, or a whole number from 0 to the largest.
    OneOfOrNumber(&'static Choice, u64),
    /// Whatever it is: its type is not published.
    Anything,
}

closed! {
    /// A document that a call takes, or that clients write to a file.
    pub enum Root, Roots {
        /// The configuration of `HcsCreateComputeSystem`.
        ComputeSystem,
        /// The configuration in its older form, schema 1: it has `SystemType` at its root.
        ContainerConfigV1,
        /// The configuration of a container inside a utility VM, as the guest is given it.
        HostedSystem,
        /// The query of `HcsEnumerateComputeSystems`.
        SystemQuery,
        /// The query of `HcsGetComputeSystemProperties`.
        PropertyQuery,
        /// The configuration of `HcsModifyComputeSystem`.
        ModifyRequest,
        /// The options of `HcsShutDownComputeSystem`.
        ShutdownOptions,
        /// The options of `HcsPauseComputeSystem`.
        PauseOptions,
        /// The options of `HcsSaveComputeSystem`.
        SaveOptions,
        /// The options of `HcsCrashComputeSystem`.
        CrashOptions,
        /// The query of `HcsGetServiceProperties`.
        ServiceQuery,
        /// The settings of `HcsModifyServiceSettings`.
        ServiceModification,
        /// The settings of `HcsSubmitWerReport`.
        CrashReport,
        /// The parameters of `HcsCreateProcess`.
        ProcessParameters,
        /// The settings of `HcsModifyProcess`.
        ProcessModification,
        /// The options of `HcsSignalProcess`.
        SignalOptions,
        /// The layers of the storage functions.
        LayerData,
        /// The options of `HcsExportLayer`.
        ExportLayerOptions,
        /// The options of `HcsSetupBaseOSLayer`.
        OsLayerOptions,
    }
}

impl Root {
    /// The document's type.
    pub const fn document_type(self) -> &'static Type {
        use schema::{answer, layer, legacy, process, service, system};
        match self {
            Root::ComputeSystem => &system::COMPUTE_SYSTEM,
            Root::ContainerConfigV1 => &legacy::CONTAINER_CONFIG_V1,
            Root::HostedSystem => &system::HOSTED_SYSTEM,
            Root::SystemQuery => &system::SYSTEM_QUERY,
            Root::PropertyQuery => &system::SYSTEM_PROPERTY_QUERY,
            Root::ModifyRequest => &system::MODIFY_SETTING_REQUEST,
            Root::ShutdownOptions => &system::SHUTDOWN_OPTIONS,
            Root::PauseOptions => &system::PAUSE_OPTIONS,
            Root::SaveOptions => &system::SAVE_OPTIONS,
            Root::CrashOptions => &system::CRASH_OPTIONS,
            Root::ServiceQuery => &service::SERVICE_PROPERTY_QUERY,
            Root::ServiceModification => &service::MODIFICATION_REQUEST,
            Root::CrashReport => &answer::CRASH_REPORT,
            Root::ProcessParameters => &process::PROCESS_PARAMETERS,
            Root::ProcessModification => &process::PROCESS_MODIFY_REQUEST,
            Root::SignalOptions => &process::SIGNAL_PROCESS_OPTIONS,
            Root::LayerData => &layer::LAYER_DATA,
            Root::ExportLayerOptions => &layer::EXPORT_LAYER_OPTIONS,
            Root::OsLayerOptions => &layer::OS_LAYER_OPTIONS,
        }
    }

    /// The row of the event that tells of a bad document of this kind.
    pub const fn event(self) -> &'static EventRow {
        let mut at = 0;
        while at < EVENTS.len() {
            if EVENTS[at].roots.contains(self) {
                return &EVENTS[at];
            }
            at += 1;
        }
        panic!("a document has no event")
    }
}

/// The event that tells of a bad document.
#[derive(Debug)]
pub struct EventRow {
    /// Unique name.
    pub id: &'static str,
    /// The documents.
    pub roots: Roots,
    /// The event's id.
    pub event: u32,
    /// How its message begins.
    pub begins: &'static str,
    /// How it is known.
    pub sources: &'static [Source],
}

const OF_CONFIGURATIONS: Roots = Roots::of(&[Root::ComputeSystem, Root::ContainerConfigV1, Root::HostedSystem]);
const OF_QUERIES: Roots = Roots::of(&[Root::SystemQuery, Root::PropertyQuery, Root::ServiceQuery]);
const OF_SHUTDOWNS: Roots = Roots::of(&[Root::ShutdownOptions]);
const BAD_QUERY: &str = "The specified property query is invalid";

/// The events. One is recorded of configurations and one of the options of a shutdown, which the service calls a property
/// query; the other documents are told of as the latter.
pub const EVENTS: &[EventRow] = &[
    EventRow {
        id: "document.event-configuration",
        roots: OF_CONFIGURATIONS,
        event: 11000,
        begins: "The specified compute system configuration is invalid",
        sources: &[
            observed("documentation issue 1702: a machine's", &[Build::B20348]),
            assumed("the same for schema 1 and for a container inside a machine"),
        ],
    },
    EventRow {
        id: "document.event-shutdown",
        roots: OF_SHUTDOWNS,
        event: 11001,
        begins: BAD_QUERY,
        sources: &[observed("cowork-vm issue 52141", &[Build::B26100])],
    },
    EventRow {
        id: "document.event-query",
        roots: OF_QUERIES,
        event: 11001,
        begins: BAD_QUERY,
        sources: &[assumed("the event of a shutdown's options speaks of a property query, so that one is told of so")],
    },
    EventRow {
        id: "document.event-other",
        roots: Roots::of_bits(
            Roots::EVERY.bits() & !OF_CONFIGURATIONS.bits() & !OF_QUERIES.bits() & !OF_SHUTDOWNS.bits(),
        ),
        event: 11001,
        begins: BAD_QUERY,
        sources: &[assumed(
            "the options of a shutdown are no query either, and are told of so; nothing is recorded of process \
             parameters, of options of a signal, a pause, a save or a crash, of requests and of settings",
        )],
    },
];

// Every document has one event: checked while compiling.
const _: () = {
    let (mut covered, mut at) = (0, 0);
    while at < EVENTS.len() {
        assert!(covered & EVENTS[at].roots.bits() == 0, "a document has two events");
        covered |= EVENTS[at].roots.bits();
        at += 1;
    }
    assert!(covered == Roots::EVERY.bits(), "a document has no event");
};

closed! {
    /// What is wrong with a document.
    pub enum FaultKind, FaultKinds {
        /// It is no JSON, or begins with a byte-order mark.
        Malformed,
        /// It is nested more deeply than [`MAX_DEPTH`].
        TooDeep,
        /// It is longer than [`MAX_LENGTH`].
        TooLong,
        /// A member that its type has not, or not yet on this build.
        UnknownMember,
        /// A value of another type.
        WrongType,
        /// A number outside its range.
        OutOfRange,
        /// A string that is none of those allowed.
        NotOneOf,
        /// A string that is no GUID, or one in braces.
        BadGuid,
        /// None of `Container`, `VirtualMachine` and `HostedSystem`.
        NoSection,
        /// More than one of them.
        SeveralSections,
        /// A `SchemaVersion` that the build does not support.
        UnsupportedVersion,
    }
}

/// What a bad document is answered with.
#[derive(Debug)]
pub struct FaultRow {
    /// Unique name.
    pub id: &'static str,
    /// The faults.
    pub kinds: FaultKinds,
    /// The code.
    pub code: Hresult,
    /// How it is known.
    pub sources: &'static [Source],
}

/// The answers.
pub const FAULTS: &[FaultRow] = &[
    FaultRow {
        id: "document.malformed",
        kinds: FaultKinds::of(&[FaultKind::Malformed, FaultKind::TooDeep, FaultKind::TooLong]),
        code: Hresult::ERROR_INVALID_DATA,
        sources: &[
            observed("documentation issue 1702: an unquoted path", &[Build::B20348]),
            assumed("the same for what the parser gives up on"),
        ],
    },
    FaultRow {
        id: "document.unknown-member",
        kinds: FaultKinds::of(&[FaultKind::UnknownMember]),
        code: Hresult::HCS_E_INVALID_JSON,
        sources: &[observed("one probe: an extra member of a firmware file", &[Build::B26200])],
    },
    FaultRow {
        id: "document.bad-guid",
        kinds: FaultKinds::of(&[FaultKind::BadGuid]),
        code: Hresult::HCS_E_INVALID_JSON,
        sources: &[observed("one client: EndpointId in braces", &[Build::B26100])],
    },
    FaultRow {
        id: "document.bad-value",
        kinds: FaultKinds::of(&[FaultKind::WrongType, FaultKind::OutOfRange, FaultKind::NotOneOf]),
        code: Hresult::HCS_E_INVALID_JSON,
        sources: &[assumed("no answer is recorded; the code says it")],
    },
    FaultRow {
        id: "document.version",
        kinds: FaultKinds::of(&[FaultKind::UnsupportedVersion]),
        code: Hresult::HCS_E_INVALID_JSON,
        sources: &[assumed("a host names the versions that it supports; what it says to others is not recorded")],
    },
    FaultRow {
        id: "document.sections",
        kinds: FaultKinds::of(&[FaultKind::NoSection, FaultKind::SeveralSections]),
        code: Hresult::HCS_E_INVALID_JSON,
        sources: &[documented("HcsCreateComputeSystem: exactly one"), assumed("the code is not recorded")],
    },
];

/// The answer to a fault. Every kind is in one row: checked while compiling.
pub const fn fault(kind: FaultKind) -> &'static FaultRow {
    let mut at = 0;
    while at < FAULTS.len() {
        if FAULTS[at].kinds.contains(kind) {
            return &FAULTS[at];
        }
        at += 1;
    }
    panic!("a kind of fault has no row")
}

const _: () = {
    let mut covered = 0;
    let mut at = 0;
    while at < FAULTS.len() {
        assert!(covered & FAULTS[at].kinds.bits() == 0, "a kind of fault has two rows");
        covered |= FAULTS[at].kinds.bits();
        at += 1;
    }
    assert!(covered == FaultKinds::EVERY.bits(), "a kind of fault has no row");
};

/// What a configuration may ask for that the double does not model: the paths of the members. `SystemType` at the root is
/// the older form of document.
pub const UNMODELLED: &[&[&str]] =
    &[&["SystemType"], &["HostingSystemId"], &["HostedSystem"], &["VirtualMachine", "RestoreState"]];

/// What a query may ask for that the double does not model: members whose elements are other than `Basic`.
pub const fn unmodelled_members(root: Root) -> &'static [&'static str] {
    match root {
        Root::SystemQuery => &["Names"],
        Root::PropertyQuery => &["PropertyTypes", "Queries"],
        _ => &[],
    }
}

/// How deeply a document may be nested. Assumed: no limit is recorded; the deepest real document has 9 levels.
pub const MAX_DEPTH: usize = 64;

/// How long a document may be, in bytes. Assumed: no limit is recorded; the longest real document has 4 KB.
pub const MAX_LENGTH: usize = 4 << 20;
