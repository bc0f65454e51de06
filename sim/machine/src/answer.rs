//! The documents that come back. Members, their order and printed zeros are those of `hcs_rules::answer` and of the
//! recorded documents.

use std::sync::Arc;

use hcs_rules::answer::{Attribution, CRASH_PARAMETERS, Exit, system_type};
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::{OperationType, SystemState};

use crate::document::Writer;
use crate::system::System;

/// A `ResultError` without events: what a refusal by state carries (recorded for a duplicate id).
pub(crate) fn result_error(code: Hresult) -> Arc<str> {
    Writer::object(|error| {
        error.integer("Error", code.in_document().into());
        error.string("ErrorMessage", code.text());
    })
    .into()
}

/// The `ResultError` of an operation that fails in the worker. A code outside HCS has no text (recorded for create).
pub(crate) fn operation_failure(code: Hresult, kind: OperationType) -> Arc<str> {
    let detail = match kind {
        OperationType::Create => "Construct",
        OperationType::None | OperationType::Enumerate => return result_error(code),
        OperationType::Start | OperationType::Terminate | OperationType::GetProperties => kind.name(),
    };
    let text = if code.0 >> 16 == 0x8037 { code.text() } else { "" };
    Writer::object(|error| {
        error.integer("Error", code.in_document().into());
        error.string("ErrorMessage", text);
        error.array("Attribution", |records| {
            records.object(|record| record.object("OperationFailure", |failure| failure.string("Detail", detail)));
        });
    })
    .into()
}

/// A `SystemExitStatus`.
pub(crate) fn exit_status(exit: Exit) -> Arc<str> {
    let status = hcs_rules::answer::exit_status(exit);
    Writer::object(|document| {
        document.integer("Status", (status.status.0 as i32).into());
        document.string("ExitType", status.exit_type);
        document.array("Attribution", |records| {
            for attribution in status.attribution {
                records.object(|record| match attribution {
                    Attribution::SystemExit(detail, initiator) => record.object("SystemExit", |record| {
                        record.string("Detail", detail);
                        record.string("Initiator", initiator);
                    }),
                    Attribution::WorkerExit(code, kind, detail, initiator) => record.object("WorkerExit", |record| {
                        record.integer("ExitCode", (*code).into());
                        record.string("Type", kind);
                        record.string("Detail", detail);
                        record.string("Initiator", initiator);
                    }),
                    Attribution::GuestCrash(parameters) => record.object("GuestCrash", |record| {
                        record.array("CrashParameters", |list| {
                            for parameter in *parameters {
                                list.unsigned(*parameter);
                            }
                        });
                    }),
                });
            }
        });
    })
    .into()
}

/// A `CrashReport`, with the members that do not depend on the guest's own report.
pub(crate) fn crash_report(id: &str) -> Arc<str> {
    Writer::object(|report| {
        report.string("SystemId", id);
        report.object("WindowsCrashInfo", |_| {});
        report.array("CrashParameters", |list| {
            for parameter in CRASH_PARAMETERS {
                list.unsigned(*parameter);
            }
        });
    })
    .into()
}

/// The basic properties of a system.
pub(crate) fn properties(system: &System) -> Arc<str> {
    Writer::object(|document| write_properties(document, system)).into()
}

/// The elements of an enumeration.
pub(crate) fn list(systems: &[&System]) -> Arc<str> {
    Writer::list(|list| {
        for system in systems {
            list.object(|element| write_properties(element, system));
        }
    })
    .into()
}

/// `Id`, `SystemType`, `Owner`, `RuntimeId`, `State` while it lives; `Id`, `SystemType`, `Stopped`, `ExitType` after.
fn write_properties(document: &mut crate::document::ObjectWriter<'_>, system: &System) {
    let over = system.state == SystemState::Exited;
    document.string("Id", &system.id);
    document.string("SystemType", system_type(system.kind, over));
    if over {
        document.boolean("Stopped", true);
        if let Some(exit) = system.exit {
            document.string("ExitType", hcs_rules::answer::exit_status(exit).exit_type);
        }
        return;
    }
    if let Some(owner) = system.owner() {
        document.string("Owner", owner);
    }
    let mut buffer = uuid::Uuid::encode_buffer();
    document.string("RuntimeId", system.runtime_id.hyphenated().encode_lower(&mut buffer));
    if let Some(state) = system.state.visible() {
        document.string("State", state);
    }
}
