//! Compute systems: what there is of one, and the facets that rows ask for.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcs_rules::answer::Exit;
use hcs_rules::constraint::{Section, Sections};
use hcs_rules::document::Root;
use hcs_rules::document::schema::machine::SERVICES_HEEDED_SINCE;
use hcs_rules::rule::Row;
use hcs_rules::system;
use hcs_rules::vocabulary::{Facet, Kind, OperationType, SystemState, Trigger, event_options};
use smallvec::SmallVec;
use uuid::Uuid;

use crate::change::Changes;
use crate::constraint::template_id;
use crate::document::{Document, Node, Place};
use crate::execution::Files;
use crate::host::{Due, Host};
use crate::input::ClientId;
use crate::legacy::Older;
use crate::table::{Key, Keys};
use crate::time::Time;

/// One compute system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct System {
    pub(crate) id: Arc<str>,
    pub(crate) kind: Kind,
    pub(crate) state: SystemState,
    pub(crate) runtime_id: Uuid,
    /// The document, if it was accepted. Shared by clones of the world.
    pub(crate) document: Option<Document>,
    /// Where in it the machine's own part is: what is asked for most.
    pub(crate) machine: Option<Place>,
    /// What the document is.
    pub(crate) root: Root,
    /// Which sections the document has: most machines have few, and are asked for all of them at every creation and start.
    pub(crate) sections: Sections,
    pub(crate) namespace: Option<Arc<str>>,
    /// Who created it; nobody of a machine that the Hyper-V manager has started.
    pub(crate) creator: Option<ClientId>,
    /// Whether it was created through the older interface.
    pub(crate) older: bool,
    /// The system that this one lives in or was made from.
    pub(crate) origin: Option<Key>,
    /// Those that live in this one or were made from it.
    pub(crate) dependents: Vec<Key>,
    /// What modify requests have changed.
    pub(crate) changes: Option<Box<Changes>>,
    /// When it was started.
    pub(crate) started: Time,
    /// When its guest is up.
    pub(crate) up: Time,
    /// Whether the guest connection stands, or stood and is lost.
    pub(crate) connection: Connection,
    /// What a shutdown asked for, and when the guest will have done it.
    pub(crate) asked: Option<(Facet, Due)>,
    pub(crate) exit: Option<Exit>,
    /// Its handles, in the order in which they were made.
    pub(crate) handles: Keys,
    pub(crate) in_flight: SmallVec<[Due; 1]>,
    /// The processes that have an id, in the order in which they got it.
    pub(crate) processes: BTreeMap<u32, Key>,
    /// How many processes clients have made in it.
    pub(crate) made_processes: u32,
    /// Whether a process of a client's has begun in it: the first that does is its init.
    pub(crate) has_init: bool,
    /// How many processes its own kernel has given an id to.
    pub(crate) process_count: u32,
    /// What its programs have written.
    pub(crate) files: Option<Box<Files>>,
    /// Its place among all systems by creation: the order of enumeration. Assumed.
    pub(crate) sequence: u64,
    /// What draws are keyed by: the id, and which of the systems of that id it is.
    pub(crate) object: u64,
    pub(crate) ordinals: [u32; OperationType::COUNT],
}

/// The connection between the host and a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connection {
    /// There is none, or not yet.
    None,
    /// It stands.
    Open,
    /// It stood, and is lost.
    Lost,
}

/// What a client holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SystemHandle {
    pub(crate) client: ClientId,
    pub(crate) system: Key,
    pub(crate) sequence: u64,
    /// The service's epoch when the handle was made.
    pub(crate) epoch: u32,
    /// The callback, among all that were ever set.
    pub(crate) registration: Option<u64>,
    pub(crate) options: u32,
    pub(crate) waits: Keys,
    /// What it has beside when it stands behind a handle of the older interface.
    pub(crate) older: Option<Box<Older>>,
}

impl System {
    pub(crate) fn member(&self, path: &[&str]) -> Option<Node<'_>> {
        self.document.as_ref()?.root().path(path).filter(|node| !node.is_null())
    }

    /// `Owner`
    pub(crate) fn owner(&self) -> Option<&str> {
        self.member(&["Owner"])?.as_str()
    }

    /// `Name`, which only documents of schema 1 have.
    pub(crate) fn name(&self) -> Option<&str> {
        self.member(&["Name"]).filter(|_| self.root == Root::ContainerConfigV1)?.as_str()
    }

    /// The machine's own part of the document.
    pub(crate) fn machine(&self, path: &[&str]) -> Option<Node<'_>> {
        let machine = self.document.as_ref()?.at(self.machine?);
        machine.path(path).filter(|node| !node.is_null())
    }

    /// A section of the machine's own part that constraints are about.
    pub(crate) fn section(&self, section: Section) -> Option<Node<'_>> {
        if self.sections.contains(section) { self.machine(section.path()) } else { None }
    }

    /// The container's own part of the document, in whichever form.
    pub(crate) fn container(&self, path: &[&str]) -> Option<Node<'_>> {
        let container = self.member(&["Container"]).or_else(|| self.member(&["HostedSystem", "Container"]))?;
        container.path(path).filter(|node| !node.is_null())
    }

    /// Whether the system ends with its last handle.
    pub(crate) fn ends_with_handles(&self) -> bool {
        let member = match self.root {
            Root::ContainerConfigV1 => "TerminateOnLastHandleClosed",
            _ => "ShouldTerminateOnLastHandleClosed",
        };
        self.member(&[member]).and_then(Node::as_bool) == Some(true)
    }

    /// Whether the document configures this integration service, in a section that is heeded.
    pub(crate) fn has_service(&self, name: &str) -> bool {
        let declared = |part| self.member(&["SchemaVersion", part]).and_then(Node::as_u64);
        let (since_major, since_minor) = SERVICES_HEEDED_SINCE;
        let before = match (declared("Major"), declared("Minor")) {
            (Some(major), minor) => (major, minor.unwrap_or(0)) < (since_major.into(), since_minor.into()),
            (None, _) => false,
        };
        !before && self.machine(&["Services", name]).is_some()
    }

    /// Whether a device stands against saving: a GPU partition, VSMB or Plan 9.
    pub(crate) fn has_unsavable_device(&self) -> bool {
        ["GpuP", "VirtualSmb", "Plan9"].into_iter().any(|device| self.machine(&["Devices", device]).is_some())
    }

    /// The facet of a shutdown that goes through the guest connection.
    pub(crate) fn by_guest(&self, facet: Facet) -> Facet {
        if self.connection == Connection::Lost { Facet::ConnectionLost } else { facet }
    }

    /// The facet of a trigger that depends on the system alone.
    pub(crate) fn facet(&self, trigger: Trigger) -> Facet {
        let is_set = |path: &[&str]| self.machine(path).and_then(Node::as_bool) == Some(true);
        match trigger {
            Trigger::LastHandleGone if self.ends_with_handles() => Facet::TerminateOnLastHandle,
            Trigger::LastHandleGone => Facet::OutliveHandles,
            Trigger::GuestCrash | Trigger::CrashDone => match self.machine(&["Devices", "GuestCrashReporting"]) {
                Some(_) => Facet::CrashReporting,
                None => Facet::NoCrashReporting,
            },
            Trigger::StartDone if !self.sections.contains(Section::Restore) => Facet::Plain,
            Trigger::StartDone if self.machine(&["RestoreState", "SaveStateFilePath"]).is_some() => {
                match self.machine(&["GuestState", "RuntimeStateFilePath"]) {
                    Some(_) => Facet::RestoredCold,
                    None => Facet::Restored,
                }
            }
            Trigger::StartDone if template_id(self).is_some() => Facet::Restored,
            Trigger::GuestReset if is_set(&["StopOnReset"]) => Facet::StopOnReset,
            Trigger::GuestReset if self.machine(&["Devices", "SharedMemory", "Regions"]).is_some() => {
                Facet::SharedMemory
            }
            Trigger::GuestReset if self.machine(&["Devices", "VideoMonitor"]).is_none() => Facet::NoVideoMonitor,
            Trigger::GuestReset => Facet::Resettable,
            Trigger::GuestStops => self.asked.map_or(Facet::PowerOff, |(asked, _)| asked),
            _ => Facet::Plain,
        }
    }
}

impl SystemHandle {
    /// Whether completed operations are announced to the handle's callback.
    pub(crate) fn announces_operations(&self) -> bool {
        self.registration.is_some() && self.options & event_options::ENABLE_OPERATION_CALLBACKS != 0
    }
}

impl Host {
    /// The row for what happens to a system. The facets and states that exist are those of the trigger's domain, so that a
    /// miss is a fault of this crate.
    pub(crate) fn row(&self, trigger: Trigger, facet: Facet, kind: Kind, state: SystemState) -> &'static Row {
        system::rule(trigger, facet, kind, state, self.build)
            .unwrap_or_else(|| unreachable!("{trigger:?} cannot come in {state:?} with {facet:?}"))
    }
}
