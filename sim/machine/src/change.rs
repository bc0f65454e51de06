//! Changes by `HcsModifyComputeSystem`: the situation that a request meets, and what it leaves behind.
//!
//! A system's document is shared and never changes. What requests have added, removed or set is kept beside it, by the
//! resource and its name; a look-up asks here first, then the document.

use std::collections::{BTreeMap, BTreeSet};

use hcs_rules::answer::Form;
use hcs_rules::constraint::Section;
use hcs_rules::hresult::Hresult;
use hcs_rules::resource::{self, Change, Resource, ResourceType, Settings, Situation, Verdict};
use hcs_rules::vocabulary::SystemState;
use uuid::Uuid;

use crate::configuration::present;
use crate::constraint::is_scsi_slot;
use crate::document::{Document, Node, check_type};
use crate::host::Host;
use crate::system::System;
use crate::table::Key;

/// A resource and its name, folded as names of resources compare: without regard to case (assumed).
type Name = (u8, String);

/// What modify requests have changed, in the order of names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// The name as it was given, and the request that set it; none for what was removed.
    made: BTreeMap<Name, (String, Option<Document>)>,
}

/// A resource that a system has: its path, and its settings as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The path with its names, as in `ResourcePath`; a share's own name follows after a `/`.
    pub path: String,
    /// The settings.
    pub settings: String,
}

type Failed = (Hresult, Form);

impl Host {
    /// Holds a request against the rules and makes the change.
    #[cold]
    pub(crate) fn change(&mut self, key: Key, request: Option<&Document>) -> Result<(), Failed> {
        let (Some(system), Some(request)) = (self.systems.get(key), request) else { return Ok(()) };
        let root = request.root();
        let path = present(root, "ResourcePath").and_then(Node::as_str).unwrap_or_default();
        let wanted = present(root, "RequestType").and_then(Node::as_str).and_then(Change::by_name);
        // A request that does not say what it wants adds: the first of the schema's values (assumed).
        let wanted = wanted.unwrap_or(Change::Add);
        let settings = present(root, "Settings");
        let (of, names) = resource::find(path).ok_or((UNKNOWN_PATH, Form::Bare))?;
        if wanted != Change::Remove {
            self.check_settings(of, settings)?;
        }
        let name = name_of(of, &names, settings);
        let situation = self.situation(system, of, &names, name.as_deref(), settings);
        let row = resource::rule(of.resource, wanted, situation)
            .unwrap_or_else(|| unreachable!("{:?} cannot meet {situation:?}", of.resource));
        match row.verdict {
            Verdict::Applies => {}
            Verdict::AppliesIf(quirk, _) if self.quirks.contains(quirk) => {}
            Verdict::AppliesIf(_, code) | Verdict::Fails(code) => return Err((code, Form::Bare)),
        }
        if of.resource == Resource::ScsiAttachment
            && let Some(settings) = settings.filter(|_| wanted != Change::Remove)
            && let Some(refusal) = self.added_disk_refusal(system, settings)
        {
            return Err(refusal);
        }
        self.apply(key, of.resource, wanted, name.unwrap_or_default(), request);
        if of.resource == Resource::ScsiAttachment {
            self.change_held_disks(key);
        }
        Ok(())
    }

    /// The settings of a request are what the resource takes, or the request is invalid.
    fn check_settings(&self, of: &ResourceType, settings: Option<Node<'_>>) -> Result<(), Failed> {
        let fits = match (of.settings, settings) {
            (Settings::Anything, _) => true,
            (Settings::Number, Some(settings)) => settings.as_u64().is_some(),
            (Settings::Of(of), Some(settings)) => check_type(settings, of, self.build).is_empty(),
            (_, None) => false,
        };
        if fits { Ok(()) } else { Err((Hresult::HCS_E_INVALID_JSON, Form::Bare)) }
    }

    fn situation(
        &self,
        system: &System,
        of: &ResourceType,
        names: &[&str],
        name: Option<&str>,
        settings: Option<Node<'_>>,
    ) -> Situation {
        let expected = of.path.matches("{}").count();
        if !of.kinds.contains(system.kind) {
            return Situation::OtherKind;
        }
        if system.state == SystemState::Created {
            return Situation::NotRunning;
        }
        if of.is_single() {
            return match of.resource {
                Resource::CpuGroup => self.cpu_group_situation(system, settings),
                Resource::MemorySize if system.up > self.now => Situation::GuestNotUp,
                _ => Situation::Present,
            };
        }
        let Some(name) = name.filter(|_| names.len() == expected) else { return Situation::BadKey };
        let bad = match (of.resource, names) {
            (Resource::ScsiAttachment, [_, slot]) => !is_scsi_slot(slot),
            (Resource::ComPort, [port]) => !matches!(*port, "0" | "1"),
            _ => false,
        };
        let orphan = match (of.resource, names) {
            (Resource::ScsiAttachment, [controller, _]) => {
                system.machine(&["Devices", "Scsi"]).and_then(|list| list.get(controller)).is_none()
            }
            (Resource::PMemMapping, [device, _]) => {
                !system.has(&resource::RESOURCES[Resource::PMemDevice.index()], device)
            }
            _ => false,
        };
        let endpoint = settings.and_then(|settings| present(settings, "EndpointId")?.as_str());
        match (of.resource, endpoint) {
            _ if bad => Situation::BadKey,
            _ if orphan => Situation::NoParent,
            (Resource::SharedMemoryRegion, _) if system.creator.is_none() => Situation::OfManager,
            (Resource::NetworkAdapter, Some(id)) if self.endpoint(id).is_none() => Situation::NoEndpoint,
            (Resource::NetworkAdapter, Some(id)) if self.is_attached_elsewhere(id, system) => {
                Situation::EndpointAttached
            }
            _ if system.has(of, name) => Situation::Present,
            _ => Situation::Absent,
        }
    }

    /// A machine leaves its CPU group before it joins another; the null group is none.
    fn cpu_group_situation(&self, system: &System, settings: Option<Node<'_>>) -> Situation {
        let wanted =
            settings.and_then(|settings| present(settings, "Id")?.as_str()).and_then(|id| Uuid::try_parse(id).ok());
        let wanted = wanted.filter(|group| !group.is_nil());
        match (wanted, self.cpu_group(system)) {
            (Some(group), _) if !self.settings.cpu_groups.contains_key(&group) => Situation::NoParent,
            (Some(group), Some(now)) if group != now => Situation::InOtherGroup,
            _ => Situation::Present,
        }
    }

    /// The CPU group that a machine is in.
    pub(crate) fn cpu_group(&self, system: &System) -> Option<Uuid> {
        let of = &resource::RESOURCES[Resource::CpuGroup.index()];
        let id = system.settings(of, "").and_then(|settings| present(settings, "Id")?.as_str().map(str::to_owned));
        Uuid::try_parse(&id?).ok().filter(|group| !group.is_nil())
    }

    /// Keeps what a change has set, and what follows from it elsewhere.
    fn apply(&mut self, key: Key, of: Resource, change: Change, name: String, request: &Document) {
        let adapter = of == Resource::NetworkAdapter;
        let endpoint =
            present(request.root(), "Settings").and_then(|settings| present(settings, "EndpointId")?.as_str());
        let mut endpoint = endpoint.map(str::to_owned);
        if let Some(system) = self.systems.get(key)
            && endpoint.is_none()
            && adapter
        {
            let settings = system.settings(&resource::RESOURCES[of.index()], &name);
            endpoint = settings.and_then(|settings| present(settings, "EndpointId")?.as_str().map(str::to_owned));
        }
        let endpoint = endpoint.and_then(|id| self.endpoint(&id)).filter(|_| adapter);
        let Some(system) = self.systems.get_mut(key) else { return };
        let sequence = system.sequence;
        let made = &mut system.changes.get_or_insert_default().made;
        let set = (change != Change::Remove).then(|| request.clone());
        made.insert((of as u8, name.to_lowercase()), (name, set));
        match (endpoint, change) {
            (Some(endpoint), Change::Add) => _ = self.attached.insert(endpoint, sequence),
            (Some(endpoint), Change::Remove) => _ = self.attached.remove(&endpoint),
            _ => {}
        }
    }

    /// What a system has that can be modified: from its document, and from modify requests since.
    pub fn resources(&self, id: &str) -> Vec<Held> {
        let Some(system) = self.index.get(&crate::id::FoldedId::of(id)).and_then(|key| self.systems.get(key)) else {
            return Vec::new();
        };
        resource::RESOURCES.iter().flat_map(|of| system.held(of)).collect()
    }
}

/// What a path that leads nowhere is answered with. Assumed: of the codes that clients read as "not supported", the one
/// that says so.
const UNKNOWN_PATH: Hresult = Hresult::ERROR_NOT_SUPPORTED;

/// The name of what a request is about: from the path, or from its settings. Of a single thing, the empty one.
fn name_of(of: &ResourceType, names: &[&str], settings: Option<Node<'_>>) -> Option<String> {
    if of.is_single() {
        return Some(String::new());
    }
    match of.key {
        Some(member) => present(settings?, member)?.as_str().map(str::to_owned),
        None => Some(names.join("/")),
    }
}

impl System {
    /// Whether the system has the resource of this name.
    fn has(&self, of: &ResourceType, name: &str) -> bool {
        self.settings(of, name).is_some()
    }

    /// The settings of a machine's disks, in the order of their places.
    pub(crate) fn disks(&self) -> impl Iterator<Item = Node<'_>> {
        // Nearly every machine has one or none, which need no names to stand in an order.
        let (mut first, mut more) = (None, None);
        for (_, controller) in self.section(Section::Scsi).into_iter().flat_map(Node::members) {
            for (_, disk) in present(controller, "Attachments").into_iter().flat_map(Node::members) {
                more = first.replace(disk).or(more);
            }
        }
        let is_plain = self.changes.is_none() && more.is_none();
        let ordered = if is_plain { Vec::new() } else { self.disks_by_name() };
        first.filter(|_| is_plain).into_iter().chain(ordered)
    }

    fn disks_by_name(&self) -> Vec<Node<'_>> {
        let of = &resource::RESOURCES[Resource::ScsiAttachment.index()];
        let made = self.changes.iter().flat_map(|changes| &changes.made);
        let made = made.filter(|((resource, _), _)| *resource == of.resource as u8).map(|(_, (name, _))| name.clone());
        let names: BTreeSet<String> = self.documented(of).map(|(name, _)| name).chain(made).collect();
        names.into_iter().filter_map(|name| self.settings(of, &name)).collect()
    }

    /// The settings of a resource: the last that a request has set, or the document's.
    pub(crate) fn settings(&self, of: &ResourceType, name: &str) -> Option<Node<'_>> {
        let made =
            self.changes.as_ref().and_then(|changes| changes.made.get(&(of.resource as u8, name.to_lowercase())));
        match made {
            Some((_, Some(request))) => present(request.root(), "Settings").or(Some(request.root())),
            Some((_, None)) => None,
            None => self.documented(of).find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, node)| node),
        }
    }

    /// The resources of a type in the document, by their names.
    fn documented(&self, of: &ResourceType) -> Box<dyn Iterator<Item = (String, Node<'_>)> + '_> {
        let Some(node) = self.at(of.at) else { return Box::new(std::iter::empty()) };
        if of.is_single() {
            return Box::new(std::iter::once((String::new(), node)));
        }
        let nested = |list: &'static str| {
            node.members().flat_map(move |(outer, holder)| {
                let inner = present(holder, list).into_iter().flat_map(Node::members);
                inner.map(move |(name, node)| (format!("{outer}/{name}"), node))
            })
        };
        match (of.resource, of.key) {
            (Resource::ScsiAttachment, _) => Box::new(nested("Attachments")),
            (Resource::PMemMapping, _) => Box::new(nested("Mappings")),
            (_, Some(member)) => {
                let named = move |item: Node<'_>| present(item, member)?.as_str().map(str::to_owned);
                Box::new(node.items().filter_map(move |item| Some((named(item)?, item))))
            }
            _ => Box::new(node.members().map(|(name, node)| (name.to_owned(), node))),
        }
    }

    /// The place in the document that a path of members leads to. Schema 1 has other names, and no such place.
    fn at(&self, path: &[&'static str]) -> Option<Node<'_>> {
        match path {
            [] => None,
            ["Container", rest @ ..] => self.container(rest),
            path => self.member(path),
        }
    }

    /// Every resource of a type, in the order of names.
    fn held(&self, of: &'static ResourceType) -> Vec<Held> {
        let mut names: Vec<String> = self.documented(of).map(|(name, _)| name).collect();
        for ((resource, _), (name, _)) in self.changes.iter().flat_map(|changes| &changes.made) {
            if *resource == of.resource as u8 && !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name.clone());
            }
        }
        names.sort();
        let held = |name: String| {
            let settings = self.settings(of, &name)?;
            // A request that came without settings stands for itself.
            let bare = settings.get("ResourcePath").is_some();
            let settings = if bare { "null".to_owned() } else { settings.to_json() };
            Some(Held { path: path_of(of, &name), settings })
        };
        names.into_iter().filter_map(held).collect()
    }
}

/// The path of a resource of this name.
fn path_of(of: &ResourceType, name: &str) -> String {
    if of.key.is_some() {
        return format!("{}/{name}", of.path);
    }
    let mut names = name.split('/');
    let segments = of.path.split('/').map(|segment| if segment == "{}" { names.next().unwrap_or("") } else { segment });
    segments.collect::<Vec<_>>().join("/")
}
