//! The result document of a refused document: byte for byte as recorded.

use std::sync::Arc;

use hcs_rules::answer::VALIDATION_PROVIDER;
use hcs_rules::document::{FaultKind, Root, fault};

use super::check::Fault;
use super::write::Writer;

/// The `ResultError` for a fault in a document of this root: one event, with the code in decimal and in hexadecimal and
/// the place as its data. Recorded for `$`; deeper places are spelled as JSON paths (assumed beyond the first member).
pub fn error_document(root: Root, found: &Fault) -> Arc<str> {
    let code = fault(found.kind).code;
    let error = code.in_document();
    if found.kind == FaultKind::BadGuid && root == Root::ComputeSystem {
        // Observed of an endpoint's id in braces: refused in Construct, without an event.
        return Writer::object(|document| {
            document.integer("Error", error.into());
            document.string("ErrorMessage", code.text());
            document.array("Attribution", |records| {
                records.object(|record| record.object("OperationFailure", |of| of.string("Detail", "Construct")));
            });
        })
        .into();
    }
    let detail = format!("Invalid JSON document '{}'", found.path);
    let row = root.event();
    let hexadecimal = format!("0x{:08X}", error as u32);
    Writer::object(|document| {
        document.integer("Error", error.into());
        document.string("ErrorMessage", code.text());
        document.array("ErrorEvents", |events| {
            events.object(|entry| {
                entry.string("Message", &format!("{}: {} ({hexadecimal}, '{detail}').", row.begins, code.text()));
                entry.string("Provider", VALIDATION_PROVIDER);
                entry.integer("EventId", row.event.into());
                entry.array("Data", |data| {
                    for value in [format!("%%{}", error as u32), hexadecimal.clone(), detail.clone()] {
                        data.object(|item| {
                            item.string("Type", "String");
                            item.string("Value", &value);
                        });
                    }
                });
            });
        });
    })
    .into()
}
