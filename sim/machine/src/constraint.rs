//! Which constraint a system's document breaks on this host, if any: see `hcs_rules::constraint`.

use std::collections::BTreeSet;

use hcs_rules::constraint::{Constraint, Section, Sections, asked, memory_piece, row};
use hcs_rules::document::Root;
use hcs_rules::profile::Quirk;
use hcs_rules::vocabulary::{Kind, OperationType, SystemState};
use uuid::Uuid;

use crate::configuration::present;
use crate::document::Node;
use crate::host::Host;
use crate::id::FoldedId;
use crate::system::{Connection, System};
use crate::table::Key;

impl Host {
    /// The first constraint, in the order of the rows, that stands against the operation.
    pub(crate) fn broken_constraint(&self, key: Key, operation: OperationType) -> Option<Constraint> {
        let system = self.systems.get(key)?;
        let mut looked_at = asked(operation, system.sections).iter();
        looked_at.find(|constraint| row(*constraint).builds.contains(self.build) && self.breaks(system, *constraint))
    }

    #[inline(never)]
    fn breaks(&self, system: &System, constraint: Constraint) -> bool {
        match constraint {
            Constraint::NoHypervisor => {
                let needs = !matches!(system.kind, Kind::ProcessContainer | Kind::HostedContainer);
                needs && !self.hypervisor
            }
            Constraint::OddMemory => memory(system).is_some_and(|size| size % memory_piece(self.quirks) != 0),
            Constraint::ComPort => {
                let ports = system.section(Section::ComPorts);
                ports.is_some_and(|ports| ports.members().any(|(name, _)| !matches!(name, "0" | "1")))
            }
            Constraint::ScsiSlot => system.section(Section::Scsi).is_some_and(|controllers| {
                let slots = |controller: Node<'_>| {
                    let attachments = present(controller, "Attachments");
                    attachments.is_some_and(|list| list.members().any(|(slot, _)| !is_scsi_slot(slot)))
                };
                controllers.members().count() > 4 || controllers.members().any(|(_, controller)| slots(controller))
            }),
            Constraint::SharesCollide => {
                let shares = system.section(Section::Plan9).and_then(|plan9| present(plan9, "Shares"));
                let named = |member| {
                    shares.is_some_and(|shares| {
                        has_twins(shares.items().filter_map(|share| {
                            let value = present(share, member)?;
                            value
                                .as_str()
                                .map(str::to_lowercase)
                                .or_else(|| value.as_u64().map(|port| port.to_string()))
                        }))
                    })
                };
                named("Name") || named("Port")
            }
            Constraint::DirectoriesCollide => {
                system.root == Root::ContainerConfigV1 && {
                    let directories = system.member(&["MappedDirectories"]);
                    directories.is_some_and(|directories| {
                        has_twins(directories.items().filter_map(|directory| {
                            present(directory, "ContainerPath")?.as_str().map(str::to_lowercase)
                        }))
                    })
                }
            }
            Constraint::Endpoint => adapters(system).any(|id| self.endpoint(id).is_none()),
            Constraint::Isolation => inside(system, Section::Security, "Isolation").is_some_and(|isolation| {
                let kind = present(isolation, "IsolationType").and_then(Node::as_str);
                let file = system.machine(&["GuestState", "GuestStateFilePath"]).is_some();
                kind.is_none() || (kind == Some("GuestStateOnly") && !file)
            }),
            Constraint::TrustedPlatformModule => {
                inside(system, Section::Security, "EnableTpm").and_then(Node::as_bool) == Some(true)
            }
            Constraint::RegionNeedsOvercommit => {
                let overcommits = || system.machine(&["ComputeTopology", "Memory", "AllowOvercommit"])?.as_bool();
                regions(system).next().is_some() && overcommits() == Some(false)
            }
            Constraint::NoHost => {
                let found = || self.index.get(&FoldedId::of(hosting_id(system)?));
                system.kind == Kind::HostedContainer && found().is_none()
            }
            Constraint::HostNotRunning => {
                self.hosting(system).is_some_and(|hosting| hosting.state != SystemState::Running)
            }
            Constraint::HostUnconnected => {
                self.hosting(system).is_some_and(|hosting| hosting.connection != Connection::Open)
            }
            Constraint::NoTemplate => template_id(system).is_some_and(|id| self.index.get(&FoldedId::of(id)).is_none()),
            Constraint::ForeignTemplate => {
                self.template(system).is_some_and(|template| template.creator != system.creator)
            }
            Constraint::NotATemplate => {
                self.template(system).is_some_and(|template| template.state != SystemState::Template)
            }
            Constraint::RegionName => regions(system).any(|region| {
                let name = present(region, "SectionName").and_then(Node::as_str);
                name.is_some_and(|name| !name.starts_with('\\'))
            }),
            Constraint::CloneWithAdapters => {
                template_id(system).is_some()
                    && system.section(Section::NetworkAdapters).is_some_and(|list| list.members().next().is_some())
            }
            Constraint::SavedStateNotReady
            | Constraint::NoSavedState
            | Constraint::SavedStateLocked
            | Constraint::SavedStateForeign
            | Constraint::SavedStateNewer
            | Constraint::SavedStateTorn => {
                let path = inside(system, Section::Restore, "SaveStateFilePath").and_then(Node::as_str);
                path.and_then(|path| self.restore_refusal(path)) == Some(constraint)
            }
            // A save says itself where it is to go: see `Host::save_refusal`.
            Constraint::SaveNotReady
            | Constraint::SaveToFolder
            | Constraint::SaveReadOnly
            | Constraint::SaveDenied
            | Constraint::SaveLocked
            | Constraint::SaveFull => false,
            Constraint::EndpointAttached => adapters(system).any(|id| self.is_attached_elsewhere(id, system)),
        }
    }

    fn hosting(&self, system: &System) -> Option<&System> {
        self.systems.get(self.index.get(&FoldedId::of(hosting_id(system)?))?)
    }

    /// The saved state from which a system begins.
    pub(crate) fn restored_from(&self, key: Key) -> Option<&str> {
        inside(self.systems.get(key)?, Section::Restore, "SaveStateFilePath")?.as_str()
    }

    fn template(&self, system: &System) -> Option<&System> {
        self.systems.get(self.index.get(&FoldedId::of(template_id(system)?))?)
    }

    /// The system that a new one lives in, or was made from, learns of it.
    #[inline(never)]
    pub(crate) fn link_origin(&mut self, key: Key) {
        let Some(system) = self.systems.get(key) else { return };
        let Some(id) = hosting_id(system).or_else(|| template_id(system)) else { return };
        let Some(origin) = self.index.get(&FoldedId::of(id)) else { return };
        if let Some(origin) = self.systems.get_mut(origin) {
            origin.dependents.push(key);
        }
        if let Some(system) = self.systems.get_mut(key) {
            system.origin = Some(origin);
        }
    }

    /// The endpoint of this id, if the host's network has it. HNS writes ids in lower case and without braces, and finds
    /// no others (observed by one client).
    pub(crate) fn endpoint(&self, id: &str) -> Option<Uuid> {
        let plain = id.len() == 36 && !id.bytes().any(|byte| byte.is_ascii_uppercase());
        let endpoint = Uuid::try_parse(id).ok().filter(|_| plain)?;
        self.endpoints.as_ref().is_none_or(|known| known.contains(&endpoint)).then_some(endpoint)
    }

    pub(crate) fn is_attached_elsewhere(&self, id: &str, system: &System) -> bool {
        let holder = self.endpoint(id).and_then(|endpoint| self.attached.get(&endpoint));
        holder.is_some_and(|holder| *holder != system.sequence)
    }

    /// A machine that starts attaches its adapters.
    #[inline(never)]
    pub(crate) fn attach_endpoints(&mut self, key: Key) {
        let Some(system) = self.systems.get(key) else { return };
        let sequence = system.sequence;
        let endpoints: Vec<Uuid> = adapters(system).filter_map(|id| self.endpoint(id)).collect();
        self.attached.extend(endpoints.into_iter().map(|endpoint| (endpoint, sequence)));
    }

    /// The endpoints of a system that is over are free again, on a host with that quirk.
    pub(crate) fn free_endpoints(&mut self, key: Key) {
        debug_assert!(self.quirks.contains(Quirk::EndpointsAreFreed));
        let Some(system) = self.systems.get(key) else { return };
        let sequence = system.sequence;
        self.attached.retain(|_, holder| *holder != sequence);
    }
}

/// The sections that the machine's own part of a document has.
pub(crate) fn sections(machine: Node<'_>) -> Sections {
    // Most are devices: their place is looked up once.
    let devices = machine.get("Devices");
    let has = |section: &Section| {
        let node = match section.path() {
            ["Devices", rest @ ..] => devices.and_then(|devices| devices.path(rest)),
            path => machine.path(path),
        };
        node.is_some_and(|node| !node.is_null())
    };
    Section::ALL.iter().copied().filter(has).fold(Sections::NONE, Sections::with)
}

/// A member of a section.
fn inside<'a>(system: &'a System, section: Section, name: &str) -> Option<Node<'a>> {
    present(system.section(section)?, name)
}

/// The endpoints of a machine's adapters.
fn adapters(system: &System) -> impl Iterator<Item = &str> {
    let list = system.section(Section::NetworkAdapters).into_iter().flat_map(Node::members);
    list.filter_map(|(_, adapter)| present(adapter, "EndpointId")?.as_str())
}

/// The shared memory regions of a machine.
pub(crate) fn regions(system: &System) -> impl Iterator<Item = Node<'_>> {
    inside(system, Section::SharedMemory, "Regions").into_iter().flat_map(Node::items)
}

/// The size of a machine's memory, in megabytes.
fn memory(system: &System) -> Option<u64> {
    system.machine(&["ComputeTopology", "Memory", "SizeInMB"])?.as_u64()
}

/// The id of the system that a container is to live in.
pub(crate) fn hosting_id(system: &System) -> Option<&str> {
    if system.kind != Kind::HostedContainer {
        return None;
    }
    system.member(&["HostingSystemId"])?.as_str()
}

/// The id of the template that a machine is to be made from.
pub(crate) fn template_id(system: &System) -> Option<&str> {
    inside(system, Section::Restore, "TemplateSystemId")?.as_str()
}

/// Whether a name is that of a slot of a SCSI controller.
pub(crate) fn is_scsi_slot(name: &str) -> bool {
    name.parse::<u8>().is_ok_and(|slot| slot < 64)
}

fn has_twins(names: impl Iterator<Item = String>) -> bool {
    let mut seen = BTreeSet::new();
    names.into_iter().any(|name| !seen.insert(name))
}
