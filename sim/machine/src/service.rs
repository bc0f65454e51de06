//! The service's own properties and settings: schema versions, CPU groups, credential guard, processors.

use std::collections::BTreeMap;

use hcs_rules::build::Build;
use hcs_rules::document::Root;
use hcs_rules::document::schema::service as types;
use hcs_rules::document::{Type, fault};
use hcs_rules::export;
use hcs_rules::hresult::Hresult;
use hcs_rules::property::{
    HOST_PROCESSOR_FEATURES, HOST_PROCESSORS, ServiceChangeRow, ServiceProperty, service_change, service_property,
};
use uuid::Uuid;

use crate::answer::result_error;
use crate::configuration::{parse, present};
use crate::document::{self, Document, Fault, ListWriter, Node, ObjectWriter, Writer, check_type};
use crate::effect::{Effect, Finding, Reply};
use crate::host::{Admitted, Host};
use crate::input::Text;
use crate::properties::versions;

/// What clients have set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) cpu_groups: BTreeMap<Uuid, CpuGroup>,
    /// Credential guard instances, by their ids, each with what it was made of.
    instances: BTreeMap<String, Document>,
}

/// One CPU group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CpuGroup {
    processors: Vec<u64>,
    /// Properties by their codes.
    properties: BTreeMap<u64, u64>,
}

impl Host {
    /// `HcsGetServiceProperties`: the older form answers with a list, the newer with a response for each query. Without a
    /// query, the basic properties (documented: the default ones).
    #[cold]
    pub(crate) fn service_properties(&mut self, on: &Admitted, query: &Text, effects: &mut Vec<Effect>) -> Reply {
        if *query == Text::Null {
            return Reply::Outcome(Hresult::S_OK, Some(self.properties_of(&[ServiceProperty::Basic]).into()));
        }
        if matches!(query, Text::Some(text) if text.is_empty()) {
            // Observed: the empty string is not taken for none.
            let missing = crate::configuration::missing();
            return refused(Root::ServiceQuery, &missing);
        }
        let read = parse(query).and_then(|query| {
            document::check(&query, Root::ServiceQuery, self.build)?;
            Ok(query)
        });
        let query = match read {
            Ok(query) => query,
            Err(fault) => return refused(Root::ServiceQuery, &fault),
        };
        let root = query.root();
        let typed = root.get("PropertyTypes").into_iter().flat_map(Node::items).filter_map(Node::as_str);
        let typed: Vec<ServiceProperty> = typed.filter_map(named).collect();
        let queries = present(root, "PropertyQueries");
        let mut asked = typed.clone();
        for (name, _) in queries.into_iter().flat_map(Node::members) {
            match named(name).filter(|property| service_property(*property).builds.contains(self.build)) {
                Some(property) => asked.push(property),
                None => {
                    let path = format!("$.PropertyQueries.{name}");
                    let kind = hcs_rules::document::FaultKind::UnknownMember;
                    return refused(Root::ServiceQuery, &Fault { kind, path });
                }
            }
        }
        if asked.iter().any(|property| !service_property(*property).is_modelled) {
            effects.push(Effect::Finding(Finding::UnmodelledCase(on.client, "service-properties.unmodelled")));
            return Reply::Outcome(export::NOT_MODELLED, Some(result_error(export::NOT_MODELLED)));
        }
        let Some(queries) = queries else {
            return Reply::Outcome(Hresult::S_OK, Some(self.properties_of(&typed).into()));
        };
        let responses = Writer::object(|document| {
            if !typed.is_empty() {
                document.array("Properties", |list| self.write_properties_of(list, &typed));
            }
            document.object("PropertyResponses", |responses| {
                for (name, _) in queries.members() {
                    let Some(property) = named(name) else { continue };
                    responses.object_named(name, |response| response.json("Response", &self.property_value(property)));
                }
            });
        });
        Reply::Outcome(Hresult::S_OK, Some(responses.into()))
    }

    fn properties_of(&self, properties: &[ServiceProperty]) -> String {
        Writer::object(|document| document.array("Properties", |list| self.write_properties_of(list, properties)))
    }

    fn write_properties_of(&self, list: &mut ListWriter<'_>, properties: &[ServiceProperty]) {
        properties.iter().for_each(|property| list.json(&self.property_value(*property)));
    }

    /// The value of one property, JSON.
    fn property_value(&self, property: ServiceProperty) -> String {
        Writer::object(|value| match property {
            ServiceProperty::Basic => value.json("SupportedSchemaVersions", &versions(self.build)),
            ServiceProperty::CpuGroup => value.array("CpuGroups", |list| self.write_groups(list)),
            ServiceProperty::ProcessorTopology => write_topology(value),
            ServiceProperty::ContainerCredentialGuard => value.array("Instances", |list| {
                self.settings.instances.values().for_each(|instance| list.json(&instance.root().to_json()));
            }),
            ServiceProperty::QoSCapabilities => value.boolean("ProcessorQoSSupported", true),
            ServiceProperty::ProcessorCapabilities => value.array("ProcessorFeatures", |list| {
                HOST_PROCESSOR_FEATURES.iter().for_each(|feature| list.string(feature));
            }),
            ServiceProperty::Memory | ServiceProperty::Cache => {}
        })
    }

    fn write_groups(&self, list: &mut ListWriter<'_>) {
        for (index, (id, group)) in self.settings.cpu_groups.iter().enumerate() {
            list.object(|entry| {
                entry.string("GroupId", &id.hyphenated().to_string());
                entry.object("Affinity", |affinity| {
                    affinity.unsigned("LogicalProcessorCount", group.processors.len() as u64);
                    affinity.array("LogicalProcessors", |list| {
                        group.processors.iter().for_each(|processor| list.unsigned(*processor));
                    });
                });
                entry.array("GroupProperties", |list| {
                    for (code, value) in &group.properties {
                        list.object(|property| {
                            property.unsigned("PropertyCode", *code);
                            property.unsigned("PropertyValue", *value);
                        });
                    }
                });
                entry.unsigned("HypervisorGroupId", index as u64 + 1);
            });
        }
    }

    /// `HcsModifyServiceSettings`: one property a call (documented).
    #[cold]
    pub(crate) fn modify_service(&mut self, settings: &Text) -> Reply {
        let read = parse(settings).and_then(|settings| {
            document::check(&settings, Root::ServiceModification, self.build)?;
            Ok(settings)
        });
        let request = match read {
            Ok(request) => request,
            Err(fault) => return refused(Root::ServiceModification, &fault),
        };
        let root = request.root();
        let changed = match (present(root, "PropertyType").and_then(Node::as_str), present(root, "Settings")) {
            (Some("CpuGroup"), Some(settings)) => self.change_groups(settings),
            (Some("ContainerCredentialGuard"), Some(settings)) => self.change_instances(settings),
            _ => Err(&service_change::BAD_SETTINGS),
        };
        match changed {
            Ok(()) => Reply::Outcome(Hresult::S_OK, None),
            Err(row) => Reply::Outcome(row.code, Some(result_error(row.code))),
        }
    }

    fn change_groups(&mut self, settings: Node<'_>) -> Changed {
        fits(settings, &types::HOST_PROCESSOR_MODIFICATION_REQUEST, self.build)?;
        let operation = present(settings, "Operation").and_then(Node::as_str);
        let details = present(settings, "OperationDetails").ok_or(&service_change::BAD_SETTINGS)?;
        let id = |of: &'static Type| {
            fits(details, of, self.build)?;
            let id = present(details, "GroupId").and_then(Node::as_str);
            id.and_then(|id| Uuid::try_parse(id).ok()).ok_or(&service_change::BAD_SETTINGS)
        };
        let groups = &self.settings.cpu_groups;
        match operation {
            Some("CreateGroup") => {
                let id = id(&types::CREATE_GROUP_OPERATION)?;
                let listed = present(details, "LogicalProcessors").into_iter().flat_map(Node::items);
                let processors: Vec<u64> = listed.filter_map(Node::as_u64).collect();
                let count = present(details, "LogicalProcessorCount").and_then(Node::as_u64);
                let known = processors.iter().all(|processor| *processor < HOST_PROCESSORS.into());
                if processors.is_empty() || !known || count.is_some_and(|count| count != processors.len() as u64) {
                    return Err(&service_change::BAD_PROCESSORS);
                }
                if groups.contains_key(&id) {
                    return Err(&service_change::GROUP_EXISTS);
                }
                self.settings.cpu_groups.insert(id, CpuGroup { processors, properties: BTreeMap::new() });
            }
            Some("DeleteGroup") => {
                let id = id(&types::DELETE_GROUP_OPERATION)?;
                if !groups.contains_key(&id) {
                    return Err(&service_change::NO_GROUP);
                }
                if self.systems.iter().any(|(_, system)| self.cpu_group(system) == Some(id) && system.exit.is_none()) {
                    return Err(&service_change::GROUP_IN_USE);
                }
                self.settings.cpu_groups.remove(&id);
            }
            Some("SetProperty") => {
                let id = id(&types::SET_PROPERTY_OPERATION)?;
                let number = |member| present(details, member).and_then(Node::as_u64);
                let (Some(code), Some(value)) = (number("PropertyCode"), number("PropertyValue")) else {
                    return Err(&service_change::BAD_SETTINGS);
                };
                let group = self.settings.cpu_groups.get_mut(&id).ok_or(&service_change::NO_GROUP)?;
                group.properties.insert(code, value);
            }
            _ => return Err(&service_change::BAD_SETTINGS),
        }
        Ok(())
    }

    fn change_instances(&mut self, settings: Node<'_>) -> Changed {
        fits(settings, &types::CONTAINER_CREDENTIAL_GUARD_OPERATION_REQUEST, self.build)?;
        let details = present(settings, "OperationDetails").ok_or(&service_change::BAD_SETTINGS)?;
        let id = present(details, "Id").and_then(Node::as_str).ok_or(&service_change::BAD_SETTINGS)?.to_owned();
        let there = self.settings.instances.contains_key(&id);
        match present(settings, "Operation").and_then(Node::as_str) {
            Some("AddInstance") if there => Err(&service_change::INSTANCE_EXISTS),
            Some("AddInstance") => {
                fits(details, &types::CONTAINER_CREDENTIAL_GUARD_ADD_INSTANCE_REQUEST, self.build)?;
                // The answer shows the instance as it was given.
                if let Ok(instance) = Document::parse(&instance_of(details)) {
                    self.settings.instances.insert(id, instance);
                }
                Ok(())
            }
            Some("RemoveInstance") => match self.settings.instances.remove(&id) {
                Some(_) => Ok(()),
                None => Err(&service_change::NO_INSTANCE),
            },
            _ => Err(&service_change::BAD_SETTINGS),
        }
    }

    /// `HcsSubmitWerReport`: a report that is one is taken.
    #[cold]
    pub(crate) fn submit_report(&self, settings: &Text) -> Reply {
        let read = parse(settings).and_then(|report| document::check(&report, Root::CrashReport, self.build));
        match read {
            Ok(()) => Reply::Outcome(Hresult::S_OK, None),
            Err(fault) => refused(Root::CrashReport, &fault),
        }
    }
}

type Changed = Result<(), &'static ServiceChangeRow>;

fn fits(node: Node<'_>, of: &'static Type, build: Build) -> Changed {
    if check_type(node, of, build).is_empty() { Ok(()) } else { Err(&service_change::BAD_SETTINGS) }
}

fn refused(root: Root, found: &Fault) -> Reply {
    Reply::Outcome(fault(found.kind).code, Some(document::error_document(root, found)))
}

/// The property of this name in a query. Three names of older builds are one here.
fn named(name: &str) -> Option<ServiceProperty> {
    ServiceProperty::by_name(name).or_else(|| {
        ["CacheAllocation", "CacheMonitoring", "MemoryBwAllocation", "Undefined"]
            .contains(&name)
            .then_some(ServiceProperty::Cache)
    })
}

/// `ContainerCredentialGuardInstance`, from the request that adds it.
fn instance_of(details: Node<'_>) -> String {
    Writer::object(|instance| {
        for (from, to) in [("Id", "Id"), ("CredentialSpec", "CredentialGuard")] {
            let Some(value) = present(details, from) else { continue };
            if to == from {
                instance.json(to, &value.to_json());
            } else {
                instance.object(to, |guard| guard.json(from, &value.to_json()));
            }
        }
    })
}

/// `ProcessorTopology`: one package, two threads a core (assumed).
fn write_topology(value: &mut ObjectWriter<'_>) {
    value.unsigned("LogicalProcessorCount", HOST_PROCESSORS.into());
    value.array("LogicalProcessors", |list| {
        for index in 0..u64::from(HOST_PROCESSORS) {
            list.object(|processor| {
                processor.unsigned("LpIndex", index);
                processor.unsigned("NodeNumber", 0);
                processor.unsigned("PackageId", 0);
                processor.unsigned("CoreId", index / 2);
                processor.unsigned("RootVpIndex", index);
            });
        }
    });
}
