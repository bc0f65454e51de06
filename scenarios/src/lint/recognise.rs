//! Telling from its members which call a document is for.

use hcs_machine::document::{Document, check_all};
use hcs_rules::build::Build;
use hcs_rules::document::Root;

/// The call that a document is for, if that can be told.
///
/// `SystemType` at the root and the sections of a configuration decide at once, as they do for the service. Otherwise it is
/// the call whose type knows the most of the members, and of several such the one with the fewest faults, so that the
/// values decide between the two kinds of query and between the options that have a `Type`. What a container inside a
/// utility VM is given looks like a configuration, and is taken for one: name it `HostedSystem` if it is the former.
pub fn recognise(document: &Document) -> Option<Root> {
    let root = document.root();
    let has = |name| root.get(name).is_some();
    if has("SystemType") {
        return Some(Root::ContainerConfigV1);
    }
    if ["VirtualMachine", "Container", "HostedSystem"].into_iter().any(has) {
        return Some(Root::ComputeSystem);
    }
    let known = |call: Root| root.members().filter(|(name, _)| call.document_type().member(name).is_some()).count();
    let calls = || Root::ALL.iter().copied().filter(|call| *call != Root::ContainerConfigV1);
    let most = calls().map(known).max().filter(|most| *most > 0)?;
    let best = calls().filter(|call| known(*call) == most);
    // Of equals the first in the list, the commoner one.
    let newest = Build::ALL[Build::COUNT - 1];
    best.min_by_key(|call| check_all(document, *call, newest).len())
}
