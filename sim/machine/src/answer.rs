//! The documents that come back: errors, exits, crashes. Members, their order and printed zeros are those of
//! `hcs_rules::answer` and of the recorded documents; a member that the build's schema lacks is left out.

use std::sync::Arc;

use hcs_rules::answer::{Attribution, CRASH_PARAMETERS, Exit, Form, VALIDATION_PROVIDER, WORKER_PROVIDER};
use hcs_rules::build::Build;
use hcs_rules::document::Type;
use hcs_rules::document::schema::answer::{CRASH_REPORT, RESULT_ERROR, SYSTEM_EXIT_STATUS};
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::OperationType;
use uuid::Uuid;

use crate::document::{ListWriter, ObjectWriter, Writer};
use crate::id::guid_of;
use crate::system::System;

pub(crate) use crate::properties::{list, properties};

/// Whether a document of this type has the member on this build.
pub(crate) fn has(of: &'static Type, member: &str, build: Build) -> bool {
    let (major, minor) = build.schema();
    of.member(member).is_some_and(|member| member.is_in((major as u8, minor as u8)))
}

/// A `ResultError` without events: what a refusal by state carries (recorded for a duplicate id).
pub(crate) fn result_error(code: Hresult) -> Arc<str> {
    Writer::object(|error| write_error(error, code, hcs_text(code))).into()
}

/// The text of a code that the service gives without saying more. It has none for codes that are not its own (recorded
/// for create and modify).
fn hcs_text(code: Hresult) -> &'static str {
    if code.0 >> 16 == 0x8037 { code.text() } else { "" }
}

fn write_error(error: &mut ObjectWriter<'_>, code: Hresult, text: &str) {
    error.integer("Error", code.in_document().into());
    error.string("ErrorMessage", text);
}

/// The `ResultError` of an operation that fails. Where an event tells of it, the text is the system's (recorded).
pub(crate) fn failure(
    build: Build,
    code: Hresult,
    form: Form,
    kind: OperationType,
    system: Option<&System>,
) -> Arc<str> {
    let (text, bare) = (code.text(), hcs_text(code));
    let id = system.map_or("", |system| &*system.id);
    let machine = system.map_or_else(String::new, |system| runtime_id_upper(system.runtime_id));
    let filled = |message: &str| message.replace("{}", id);
    Writer::object(|error| match form {
        Form::Bare => write_error(error, code, bare),
        Form::Attributed => {
            write_error(error, code, bare);
            if let Some(detail) = kind.detail().filter(|_| has(&RESULT_ERROR, "Attribution", build)) {
                error.array("Attribution", |records| {
                    records.object(|record| record.object("OperationFailure", |failure| failure.string("Detail", detail)));
                });
            }
        }
        Form::Event(event, message) => {
            write_error(error, code, text);
            let hexadecimal = format!("0x{:08X}", code.in_document() as u32);
            let data = [id, &format!("%%{}", code.in_document() as u32), &hexadecimal];
            error.array("ErrorEvents", |events| {
                events.object(|entry| write_event(entry, &filled(message), VALIDATION_PROVIDER, event, None, &data));
            });
        }
        Form::Worker(event, flags, message) => {
            write_error(error, code, text);
            let message = format!("{} (Virtual machine ID {machine})", filled(message));
            error.array("ErrorEvents", |events| {
                let data = [id, &machine];
                events.object(|entry| write_event(entry, &message, WORKER_PROVIDER, event, Some(flags), &data));
            });
        }
        Form::Storage => {
            write_error(error, code, text);
            let started = format!("'{id}' failed to start. (Virtual machine ID {machine})");
            let device = system.map_or_else(String::new, |system| runtime_id_upper(storage_instance(system)));
            let hexadecimal = format!("0x{:08X}", code.0);
            let powered = format!(
                "'{id}' Synthetic Storage (Instance ID {device}): Failed to Power on with Error '{text}' ({hexadecimal}). \
                 (Virtual machine ID {machine})"
            );
            error.array("ErrorEvents", |events| {
                let data = [id, &machine];
                events.object(|entry| write_event(entry, &started, WORKER_PROVIDER, 12030, Some(13), &data));
                // Recorded up to the second value; the others are assumed to be what the message names, in its order.
                let data = [id, &machine, "Synthetic Storage", &device, &format!("%%{}", code.0), &hexadecimal];
                events.object(|entry| write_event(entry, &powered, WORKER_PROVIDER, 12010, Some(5), &data));
            });
        }
    })
    .into()
}

fn write_event(
    entry: &mut ObjectWriter<'_>,
    message: &str,
    provider: &str,
    event: u32,
    flags: Option<u32>,
    data: &[&str],
) {
    entry.string("Message", message);
    entry.string("Provider", provider);
    entry.unsigned("EventId", event.into());
    if let Some(flags) = flags {
        entry.unsigned("Flags", flags.into());
    }
    entry.array("Data", |list| data.iter().for_each(|value| write_data(list, value)));
}

fn write_data(list: &mut ListWriter<'_>, value: &str) {
    list.object(|item| {
        item.string("Type", "String");
        item.string("Value", value);
    });
}

/// In the worker's messages ids are upper-case (observed).
fn runtime_id_upper(id: Uuid) -> String {
    id.hyphenated().to_string().to_uppercase()
}

/// The instance id of a machine's storage controller. Real ones are derived from what is not recorded; here from the
/// machine's own id, so that the same machine has the same one.
fn storage_instance(system: &System) -> Uuid {
    guid_of(system.runtime_id, b"Synthetic Storage")
}

/// A `SystemExitStatus`.
pub(crate) fn exit_status(build: Build, exit: Exit) -> Arc<str> {
    let status = hcs_rules::answer::exit_status(exit);
    Writer::object(|document| {
        document.integer("Status", (status.status.0 as i32).into());
        if has(&SYSTEM_EXIT_STATUS, "ExitType", build) {
            document.string("ExitType", status.exit_type);
        }
        if has(&SYSTEM_EXIT_STATUS, "Attribution", build) {
            document.array("Attribution", |records| {
                for attribution in status.attribution {
                    records.object(|record| write_attribution(record, attribution));
                }
            });
        }
    })
    .into()
}

fn write_attribution(record: &mut ObjectWriter<'_>, attribution: &Attribution) {
    match attribution {
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
            record.array("CrashParameters", |list| parameters.iter().for_each(|parameter| list.unsigned(*parameter)));
        }),
        Attribution::NonMaskableInterrupt => record.object("InjectNonMaskableInterrupt", |_| {}),
    }
}

/// A `ProcessStatus`: all four members, in this order, zeros too (observed).
pub(crate) fn process_status(id: u32, exited: bool, code: u32, wait_result: Hresult) -> Arc<str> {
    Writer::object(|status| {
        status.unsigned("ProcessId", id.into());
        status.boolean("Exited", exited);
        status.unsigned("ExitCode", code.into());
        status.integer("LastWaitResult", (wait_result.0 as i32).into());
    })
    .into()
}

/// A `CrashReport`, with the members that do not depend on the guest's own report. Only the report itself, not the notice
/// that a crash has begun, tells of the dump (documented).
pub(crate) fn crash_report(build: Build, id: &str, is_report: bool) -> Arc<str> {
    Writer::object(|report| {
        report.string("SystemId", id);
        if is_report {
            report.object("WindowsCrashInfo", |_| {});
        }
        if has(&CRASH_REPORT, "CrashParameters", build) {
            report.array("CrashParameters", |list| CRASH_PARAMETERS.iter().for_each(|number| list.unsigned(*number)));
        }
        if has(&CRASH_REPORT, "Status", build) {
            report.integer("Status", 0);
        }
    })
    .into()
}
