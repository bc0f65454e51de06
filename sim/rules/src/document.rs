//! JSON documents: the types, and what a bad document is answered with.
//!
//! The tables themselves are in [`schema`]; the walker that applies them is in `hcs_machine::document`.

pub mod schema;

use crate::build::Build;
use crate::closed::closed;
use crate::evidence::{Source, assumed, documented, observed};
use crate::hresult::Hresult;

/// A JSON object type.
#[derive(Debug)]
pub struct Type {
    /// The schema's name.
    pub name: &'static str,
    /// Its members, in the order of their bytes.
    pub members: &'static [Member],
}

/// A member of a type.
#[derive(Debug)]
pub struct Member {
    /// Its name. Case matters (assumed).
    pub name: &'static str,
    /// What it may be.
    pub shape: Shape,
    /// The schema version in which it is new.
    pub since: (u8, u8),
    /// Who sends it, for members that are in no published schema.
    pub used_by: Option<&'static str>,
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
    OneOf(&'static [&'static str]),
    /// Whatever it is: its type is not published.
    Anything,
}

closed! {
    /// A document that a call takes.
    pub enum Root, Roots {
        /// The configuration of `HcsCreateComputeSystem`.
        ComputeSystem,
        /// The query of `HcsEnumerateComputeSystems`.
        SystemQuery,
        /// The query of `HcsGetComputeSystemProperties`.
        PropertyQuery,
    }
}

impl Root {
    /// The document's type.
    pub fn document_type(self) -> &'static Type {
        match self {
            Root::ComputeSystem => &schema::COMPUTE_SYSTEM,
            Root::SystemQuery => &schema::SYSTEM_QUERY,
            Root::PropertyQuery => &schema::SYSTEM_PROPERTY_QUERY,
        }
    }

    /// The event that tells of a bad document: its id, and how its message begins. Recorded for configurations and for
    /// property queries; a system query is assumed to be told of as the latter.
    pub const fn event(self) -> (u32, &'static str) {
        match self {
            Root::ComputeSystem => (11000, "The specified compute system configuration is invalid"),
            Root::SystemQuery | Root::PropertyQuery => (11001, "The specified property query is invalid"),
        }
    }
}

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
        Root::ComputeSystem => &[],
        Root::SystemQuery => &["Names"],
        Root::PropertyQuery => &["PropertyTypes", "Queries"],
    }
}

/// How deeply a document may be nested. Assumed: no limit is recorded; the deepest real document has 9 levels.
pub const MAX_DEPTH: usize = 64;

/// How long a document may be, in bytes. Assumed: no limit is recorded; the longest real document has 4 KB.
pub const MAX_LENGTH: usize = 4 << 20;
