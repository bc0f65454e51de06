//! A concrete input for each facet: the documents with which a situation is made.

use hcs_rules::vocabulary::{Facet, Kind};

/// A configuration of this kind, with or without what the facets of later triggers look at.
pub fn configuration(kind: Kind, facet: Facet) -> String {
    let terminate = facet != Facet::OutliveHandles;
    let reporting = if facet == Facet::NoCrashReporting { "" } else { r#","Devices":{"GuestCrashReporting":{}}"# };
    let section = match kind {
        Kind::VirtualMachine => format!(r#""VirtualMachine":{{{TOPOLOGY}{reporting}}}"#),
        Kind::GuestVirtualMachine => {
            format!(r#""VirtualMachine":{{{TOPOLOGY}{reporting},"GuestConnection":{{}}}}"#)
        }
        Kind::ProcessContainer => {
            r#""Container":{"Storage":{"Layers":[],"Path":"C:\\conformance\\scratch"}}"#.to_owned()
        }
    };
    format!(
        r#"{{"SchemaVersion":{{"Major":2,"Minor":1}},"Owner":"conformance","ShouldTerminateOnLastHandleClosed":{terminate},{section}}}"#
    )
}

const TOPOLOGY: &str = r#""ComputeTopology":{"Memory":{"SizeInMB":256},"Processor":{"Count":1}}"#;

/// The configuration or the query that shows a facet of create, get properties or enumerate.
pub fn document(kind: Kind, facet: Facet) -> Option<String> {
    Some(match facet {
        Facet::ValidDocument => configuration(kind, facet),
        Facet::MalformedDocument | Facet::MalformedQuery => "{".to_owned(),
        Facet::InvalidDocument => r#"{"VirtualMachine":{"NoSuchMember":1}}"#.to_owned(),
        Facet::UnmodelledDocument => r#"{"VirtualMachine":{"RestoreState":{"TemplateSystemId":"other"}}}"#.to_owned(),
        Facet::InvalidQuery => r#"{"NoSuchMember":1}"#.to_owned(),
        Facet::UnmodelledQuery => r#"{"PropertyTypes":["Memory"]}"#.to_owned(),
        _ => return None,
    })
}
