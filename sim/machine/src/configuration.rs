//! What the document stage makes of the documents that come with calls: the facet under which the state stage looks the
//! call up, and the document itself if it was accepted.

use std::sync::Arc;

use hcs_rules::build::Build;
use hcs_rules::document::{FaultKind, Root, fault};
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::{Facet, Kind};

use crate::document::{self, Document, Fault, Node};
use crate::id::FoldedId;
use crate::input::Text;
use crate::system::System;

/// The code that a document is refused with, and the result document that says why. It goes with this code alone: where the
/// system's state refuses the call with another, that is what the caller is told.
pub(crate) type Refusal = (Hresult, Arc<str>);

/// The refusal for a fault.
pub(crate) fn refusal(root: Root, found: &Fault) -> Refusal {
    (fault(found.kind).code, document::error_document(root, found))
}

/// A configuration for `HcsCreateComputeSystem`.
pub(crate) struct Configuration {
    pub(crate) facet: Facet,
    pub(crate) kind: Kind,
    pub(crate) root: Root,
    pub(crate) document: Option<Document>,
    pub(crate) refusal: Option<Refusal>,
}

impl Configuration {
    pub(crate) fn read(text: &Text, build: Build) -> Configuration {
        let unread = |facet, root, refusal| {
            let kind = Kind::VirtualMachine;
            Configuration { facet, kind, root, document: None, refusal }
        };
        let document = match parse(text) {
            Ok(document) => document,
            Err(fault) => {
                let root = Root::ComputeSystem;
                return unread(Facet::MalformedDocument, root, Some(refusal(root, &fault)));
            }
        };
        let node = document.root();
        let root = if present(node, "SystemType").is_some() { Root::ContainerConfigV1 } else { Root::ComputeSystem };
        if let Err(fault) = document::check(&document, root, build) {
            return unread(Facet::InvalidDocument, root, Some(refusal(root, &fault)));
        }
        let Some(kind) = kind(node, root) else { return unread(Facet::UnmodelledDocument, root, None) };
        Configuration { facet: Facet::ValidDocument, kind, root, document: Some(document), refusal: None }
    }
}

/// The kind of system that an accepted configuration describes; `None` for a machine of schema 1.
fn kind(node: Node<'_>, root: Root) -> Option<Kind> {
    if root == Root::ContainerConfigV1 {
        let container = present(node, "SystemType").and_then(Node::as_str) == Some("Container");
        let isolated = present(node, "HvPartition").and_then(Node::as_bool) == Some(true);
        return container.then_some(if isolated { Kind::HyperVContainer } else { Kind::ProcessContainer });
    }
    Some(match present(node, "VirtualMachine") {
        Some(machine) if present(machine, "GuestConnection").is_some() => Kind::GuestVirtualMachine,
        Some(_) => Kind::VirtualMachine,
        None if present(node, "HostedSystem").is_some() || present(node, "HostingSystemId").is_some() => {
            Kind::HostedContainer
        }
        None => Kind::ProcessContainer,
    })
}

/// A member that is there and not `null`.
pub(crate) fn present<'a>(node: Node<'a>, name: &str) -> Option<Node<'a>> {
    node.get(name).filter(|node| !node.is_null())
}

/// A query, options, or a request: what a call takes besides a configuration.
pub(crate) struct Reading {
    pub(crate) facet: Facet,
    pub(crate) document: Option<Document>,
    pub(crate) refusal: Option<Refusal>,
}

impl Reading {
    /// No document.
    pub(crate) fn none(facet: Facet) -> Reading {
        Reading { facet, document: None, refusal: None }
    }

    /// Reads a document. `facets` are those of one that is no JSON and of one that is refused; `accepted` names the facet
    /// of one that is accepted.
    pub(crate) fn of(
        text: &Text,
        root: Root,
        build: Build,
        (malformed, invalid): (Facet, Facet),
        accepted: impl FnOnce(Node<'_>) -> Facet,
    ) -> Reading {
        let refused = |facet, fault: &Fault| Reading { facet, document: None, refusal: Some(refusal(root, fault)) };
        let document = match parse(text) {
            Ok(document) => document,
            Err(fault) => return refused(malformed, &fault),
        };
        if let Err(fault) = document::check(&document, root, build) {
            return refused(invalid, &fault);
        }
        Reading { facet: accepted(document.root()), document: Some(document), refusal: None }
    }

    /// A query of properties or of systems. NULL and the empty string ask for no particular thing; clients send both (the
    /// second assumed).
    pub(crate) fn query(text: &Text, root: Root, build: Build) -> Reading {
        if is_nothing(text) {
            return Reading::none(Facet::BasicQuery);
        }
        Reading::of(text, root, build, (Facet::MalformedQuery, Facet::InvalidQuery), |node| {
            let asked = asks_for(node, "Statistics");
            if root == Root::PropertyQuery && asked { Facet::StatisticsQuery } else { Facet::BasicQuery }
        })
    }

    /// Options of pause and crash. NULL and the empty string are none: clients send both.
    pub(crate) fn options(text: &Text, root: Root, build: Build) -> Reading {
        if is_nothing(text) {
            return Reading::none(Facet::ValidOptions);
        }
        Reading::of(text, root, build, (Facet::MalformedOptions, Facet::InvalidOptions), |_| Facet::ValidOptions)
    }

    /// Options of save.
    pub(crate) fn save(text: &Text, build: Build, system: &System) -> Reading {
        if is_nothing(text) {
            return Reading::none(Facet::NoSaveFile);
        }
        let facets = (Facet::MalformedOptions, Facet::InvalidOptions);
        Reading::of(text, Root::SaveOptions, build, facets, |node| {
            if system.has_unsavable_device() {
                Facet::UnsavableDevice
            } else if present(node, "SaveType").and_then(Node::as_str) == Some("AsTemplate") {
                Facet::AsTemplate
            } else if present(node, "SaveStateFilePath").is_some() {
                Facet::ToFile
            } else {
                Facet::NoSaveFile
            }
        })
    }

    /// Options of shut down: by which way the guest is to be asked, and whether that way stands.
    pub(crate) fn shutdown(text: &Text, build: Build, system: &System, is_up: bool) -> Reading {
        let nothing = match text {
            Text::Null => Some(Facet::NullOptions),
            Text::Some(text) if text.is_empty() => Some(Facet::EmptyOptions),
            _ => None,
        };
        if let Some(facet) = nothing {
            let refusal = Some(refusal(Root::ShutdownOptions, &missing()));
            // A machine misses the document first; a container needs none, only the connection.
            let machine = matches!(system.kind, Kind::VirtualMachine | Kind::GuestVirtualMachine);
            let facet = if machine { facet } else { system.by_guest(facet) };
            return Reading { facet, document: None, refusal };
        }
        let facets = (Facet::MalformedOptions, Facet::InvalidOptions);
        Reading::of(text, Root::ShutdownOptions, build, facets, |node| {
            match present(node, "Mechanism").and_then(Node::as_str) {
                Some("IntegrationService") if !system.has_service("Shutdown") => Facet::Unconfigured,
                Some("IntegrationService") if !is_up => Facet::GuestNotUp,
                Some("IntegrationService") => Facet::ByIntegrationService,
                _ => system.by_guest(Facet::ByGuestConnection),
            }
        })
    }

    /// Parameters of a process.
    pub(crate) fn parameters(text: &Text, build: Build) -> Reading {
        let facets = (Facet::MalformedDocument, Facet::InvalidDocument);
        Reading::of(text, Root::ProcessParameters, build, facets, |_| Facet::ValidDocument)
    }

    /// A modify request.
    pub(crate) fn request(text: &Text, build: Build) -> Reading {
        let facets = (Facet::MalformedDocument, Facet::InvalidDocument);
        Reading::of(text, Root::ModifyRequest, build, facets, |_| Facet::ValidDocument)
    }
}

/// Whether a query of properties names one, in either form.
pub(crate) fn asks_for(query: Node<'_>, property: &str) -> bool {
    let typed =
        query.get("PropertyTypes").is_some_and(|types| types.items().any(|item| item.as_str() == Some(property)));
    typed || query.get("Queries").is_some_and(|queries| queries.get(property).is_some())
}

/// NULL or the empty string.
pub(crate) fn is_nothing(text: &Text) -> bool {
    matches!(text, Text::Null) || matches!(text, Text::Some(text) if text.is_empty())
}

/// The fault of a document that is not there where one must be: recorded with the code of an invalid one.
pub(crate) fn missing() -> Fault {
    Fault { kind: FaultKind::UnknownMember, path: "$".to_owned() }
}

pub(crate) fn parse(text: &Text) -> Result<Document, Fault> {
    match text {
        Text::Some(text) => Document::parse(text),
        Text::Null | Text::Malformed => Err(Fault::malformed()),
    }
}

/// A `SystemQuery`: each member that has elements must name the system. Ids compare as ids do, the others exactly.
pub(crate) struct Filter<'a> {
    ids: Option<Vec<FoldedId>>,
    names: Option<Vec<&'a str>>,
    types: Option<Vec<&'a str>>,
    owners: Option<Vec<&'a str>>,
}

impl<'a> Filter<'a> {
    pub(crate) fn of(query: Option<&'a Document>) -> Filter<'a> {
        let strings = |member: &str| {
            let node = query?.root().get(member)?;
            let strings: Vec<&'a str> = node.items().filter_map(|item| item.as_str()).collect();
            (!strings.is_empty()).then_some(strings)
        };
        Filter {
            ids: strings("Ids").map(|ids| ids.into_iter().map(FoldedId::of).collect()),
            names: strings("Names"),
            types: strings("Types"),
            owners: strings("Owners"),
        }
    }

    pub(crate) fn takes(&self, system: &System) -> bool {
        let kind = hcs_rules::answer::system_type(system.kind, false);
        let named = |wanted: &Option<Vec<&str>>, name: Option<&str>| {
            wanted.as_ref().is_none_or(|wanted| name.is_some_and(|name| wanted.contains(&name)))
        };
        self.ids.as_ref().is_none_or(|ids| ids.contains(&FoldedId::of(&system.id)))
            && named(&self.types, Some(kind))
            && named(&self.names, system.name())
            && named(&self.owners, system.owner())
    }
}
