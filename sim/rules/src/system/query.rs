//! What is asked of a system: its properties, the list, events, the wait for its end.

use super::{CONTAINERS, EXITED_LATE, MACHINES};
use crate::build::Build::{self, B26100, B26200};
use crate::evidence::{assumed, client, documented, observed};
use crate::hresult::Hresult;
use crate::rule::{After, Row};
use crate::vocabulary::Facet::*;
use crate::vocabulary::Kind::{ProcessContainer, VirtualMachine};
use crate::vocabulary::SystemState::*;
use crate::vocabulary::Trigger;

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    // -- Properties. The document is built when the operation completes.
    Row::on("properties.machine", Trigger::GetProperties).with(&[BasicQuery, StatisticsQuery]).kinds(MACHINES).unless(&[Refused])
        .accepted()
        .known(&[observed("multipass; hcsctl after the exit", &[Build::B22621, B26200]).states(&[Created, Running, Exited]), client("WSL, hcsshim: right after create")]),
    Row::on("properties.container", Trigger::GetProperties).with(&[BasicQuery]).kinds(CONTAINERS).unless(&[Refused, Starting, Terminating])
        .accepted()
        .known(&[observed("hcsctl", &[B26200]).kinds(&[ProcessContainer]).states(&[Created, Running, Exited]), client("hcsshim: right after create")]),
    Row::on("properties.container-statistics", Trigger::GetProperties).with(&[StatisticsQuery]).kinds(CONTAINERS).unless(&[Refused, Starting, Stopping, Terminating])
        .accepted()
        .known(&[client("hcsshim"), documented("schema reference: Statistics")]),
    Row::on("properties.container-busy", Trigger::GetProperties).with(&[BasicQuery, StatisticsQuery]).kinds(CONTAINERS).when(&[Starting, Terminating])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[observed("kubernetes issue 98509, through the legacy DLL: so, or access denied", &[Build::B17763]).kinds(&[ProcessContainer])]),
    Row::on("properties.container-stopping", Trigger::GetProperties).with(&[StatisticsQuery]).kinds(CONTAINERS).when(&[Stopping])
        .fails(Hresult::ERROR_INVALID_HANDLE)
        .known(&[observed("hcsshim issue 1277, kubernetes issue 106278", &[Build::B17763]).kinds(&[ProcessContainer])]),
    Row::on("properties.refused", Trigger::GetProperties).with(&[BasicQuery, StatisticsQuery]).when(&[Refused])
        .fails(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[assumed("the service knows no system behind the handle of a failed create")]),
    Row::on("properties.malformed", Trigger::GetProperties).with(&[MalformedQuery])
        .fails(Hresult::ERROR_INVALID_DATA)
        .known(&[assumed("as for create; the surface is not recorded")]),
    Row::on("properties.invalid", Trigger::GetProperties).with(&[InvalidQuery])
        .fails(Hresult::HCS_E_INVALID_JSON)
        .known(&[assumed("as for create; the surface is not recorded")]),
    Row::on("properties.done-refused", Trigger::GetPropertiesDone).when(&[Refused])
        .fails(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[assumed("the creation has failed meanwhile, and there is no system to tell of")]),
    Row::on("properties.done", Trigger::GetPropertiesDone).unless(&[Refused, Exited])
        .completes().after(After::Properties)
        .known(&[observed("VMLord; multipass", &[Build::B22621, B26100]).kinds(&[VirtualMachine]).states(&[Created, Running])]),
    Row::on("properties.done-exited", Trigger::GetPropertiesDone).when(&[Exited])
        .completes().after(After::Properties)
        .known(&[observed("cowork-vm issue 39636: exactly Id, SystemType, Stopped, ExitType; hcsctl: SystemType reads Container", &[B26100, B26200]).kinds(&[VirtualMachine])]),

    // -- Enumerate, and which systems are listed. The list is made when the operation completes.
    Row::on("enumerate.admitted", Trigger::Enumerate).with(&[BasicQuery])
        .accepted()
        .known(&[documented("HcsEnumerateComputeSystems"), observed("VMLord; WSL: {} is everything", &[B26100]).states(&[Absent])]),
    Row::on("enumerate.malformed", Trigger::Enumerate).with(&[MalformedQuery])
        .fails(Hresult::ERROR_INVALID_DATA)
        .known(&[assumed("as for create; the surface is not recorded")]),
    Row::on("enumerate.invalid", Trigger::Enumerate).with(&[InvalidQuery])
        .fails(Hresult::HCS_E_INVALID_JSON)
        .known(&[assumed("as for create; the surface is not recorded")]),
    Row::on("enumerate.done", Trigger::EnumerateDone)
        .completes().after(After::List)
        .known(&[documented("HcsEnumerateComputeSystems"), observed("VMLord", &[B26100]).states(&[Absent])]),
    Row::on("list.live", Trigger::List).unless(&[Refused, Creating, Exited])
        .succeeds().after(After::ListElement)
        .known(&[observed("VMLord", &[B26100]).kinds(&[VirtualMachine]).states(&[Created, Running]), observed("hcsctl", &[B26200]).kinds(&[ProcessContainer]).states(&[Created, Running])]),
    Row::on("list.creating", Trigger::List).when(&[Creating])
        .passes()
        .known(&[assumed("a system is listed once its creation has completed")]),
    Row::on("list.over", Trigger::List).when(&[Exited, Refused])
        .passes()
        .known(&[observed("VMLord; hcsctl: absent though a handle is held", &[B26100, B26200]).kinds(&[VirtualMachine]).states(&[Exited])]),

    // -- Callbacks on a system handle.
    Row::on("callback.first", Trigger::SetCallback).with(&[FirstCallback]).unless(&[Exited, Refused])
        .succeeds().after(After::SetCallback)
        .known(&[documented("HcsSetComputeSystemCallback"), client("WSL, hcsshim: after create, before start")]),
    Row::on("callback.late", Trigger::SetCallback).with(&[FirstCallback]).when(&[Exited])
        .succeeds().after(After::SetCallback).raises(EXITED_LATE)
        .known(&[assumed("by analogy with the legacy DLL, which holds an exit until somebody registers")]),
    Row::on("callback.refused", Trigger::SetCallback).with(&[FirstCallback, NoCallback]).when(&[Refused])
        .refuses(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[assumed("the service knows no system behind the handle of a failed create")]),
    Row::on("callback.second", Trigger::SetCallback).with(&[SecondCallback])
        .refuses(Hresult::HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET)
        .known(&[assumed("what the code's message text says; clients clear before they replace")]),
    Row::on("callback.clear", Trigger::SetCallback).with(&[NoCallback]).unless(&[Refused])
        .succeeds().after(After::ClearCallback)
        .known(&[client("appsandbox: clears with NULL")]),

    // -- Waiting for the exit.
    Row::on("wait-exit.live", Trigger::WaitForExit).unless(&[Exited, Refused])
        .waits().after(After::ExitStatus)
        .known(&[documented("HcsWaitForComputeSystemExit")]),
    Row::on("wait-exit.exited", Trigger::WaitForExit).when(&[Exited])
        .succeeds().after(After::ExitStatus)
        .known(&[documented("HcsWaitForComputeSystemExit")]),
    Row::on("wait-exit.refused", Trigger::WaitForExit).when(&[Refused])
        .refuses(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[assumed("the service knows no system behind the handle of a failed create")]),
];
