//! What happens to compute systems: the rows of the state stage.
//!
//! `completes`, `fails` and `accepted` speak of the operation, `succeeds` and `refuses` of the call itself. Which of the
//! two carries a state error is not recorded; the operation is the better supported choice, and is assumed throughout.

use crate::answer::Exit;
use crate::build::Build::{self, B26100, B26200};
use crate::evidence::{assumed, client, documented, observed};
use crate::hresult::Hresult;
use crate::operation::Ending;
use crate::rule::{After, Audience, CELLS, Raise, Row, find, lay_rows};
use crate::vocabulary::EventType::{ServiceDisconnect, SystemCrashInitiated, SystemCrashReport, SystemExited};
use crate::vocabulary::Facet::{self, *};
use crate::vocabulary::Kind::{self, GuestVirtualMachine, ProcessContainer, VirtualMachine};
use crate::vocabulary::SystemState::{self, *};
use crate::vocabulary::Trigger;

const EXITED: &[Raise] = &[Raise { event: SystemExited, to: Audience::EveryHandle }];
const EXITED_LATE: &[Raise] = &[Raise { event: SystemExited, to: Audience::ThisHandle }];
const DISCONNECTED: &[Raise] = &[Raise { event: ServiceDisconnect, to: Audience::EveryHandle }];
const CRASHED: &[Raise] = &[
    Raise { event: SystemCrashInitiated, to: Audience::EveryHandle },
    Raise { event: SystemCrashReport, to: Audience::EveryHandle },
    Raise { event: SystemExited, to: Audience::EveryHandle },
];
const MACHINES: &[Kind] = &[VirtualMachine, GuestVirtualMachine];

/// Every row, grouped by trigger.
pub const ROWS: &[Row] = &LIST;

static TABLE: [u16; CELLS] = lay_rows(&LIST);

/// The row of a situation. `None` when the trigger cannot come in that state or has no such facet.
pub fn rule(on: Trigger, facet: Facet, kind: Kind, state: SystemState, build: Build) -> Option<&'static Row> {
    find(&TABLE, on, facet, kind, state, build).map(|row| &ROWS[row])
}

#[rustfmt::skip]
const LIST: [Row; 57] = [
    // -- Create. The handle comes with the call, whatever the operation ends with.
    Row::on("create.free", Trigger::Create).with(&[ValidDocument]).when(&[Absent])
        .accepted().becomes(Creating).after(After::MakeSystem)
        .known(&[documented("HcsCreateComputeSystem"), observed("multipass", &[Build::B22621])]),
    Row::on("create.taken", Trigger::Create).with(&[ValidDocument]).unless(&[Absent])
        .fails(Hresult::HCS_E_SYSTEM_ALREADY_EXISTS).becomes(Refused).after(After::MakeSystem)
        .known(&[observed("cowork-vm issue 67972: the call succeeds, the wait says so", &[B26100]).kinds(&[VirtualMachine]).states(&[Running]),
                 documented("HcsCreateComputeSystem, before 2021")]),
    Row::on("create.malformed", Trigger::Create).with(&[MalformedDocument])
        .fails(Hresult::ERROR_INVALID_DATA).becomes(Refused).after(After::MakeSystem)
        .known(&[observed("documentation issue 1702, with a result document", &[Build::B20348]).kinds(&[VirtualMachine]).states(&[Absent])]),
    Row::on("create.invalid", Trigger::Create).with(&[InvalidDocument])
        .fails(Hresult::HCS_E_INVALID_JSON).becomes(Refused).after(After::MakeSystem)
        .known(&[observed("appsandbox issue 151, with a result document", &[B26100]).kinds(&[VirtualMachine]).states(&[Absent])]),
    Row::on("create.unmodelled", Trigger::Create).with(&[UnmodelledDocument])
        .not_modelled(Hresult::E_NOTIMPL).becomes(Refused).after(After::MakeSystem)
        .known(&[assumed("Hyper-V isolation, hosted containers, restore and schema 1 are not modelled; the code is the double's own")]),
    Row::on("create.done", Trigger::CreateDone)
        .completes().becomes(Created)
        .known(&[documented("HcsCreateComputeSystem"), observed("multipass", &[Build::B22621]).kinds(&[VirtualMachine])]),

    // -- Open. Refused and exited systems have no id any more, so they are found absent.
    Row::on("open.live", Trigger::Open).unless(&[Absent])
        .succeeds().after(After::OpenHandle)
        .known(&[documented("HcsOpenComputeSystem"), observed("VMLord", &[B26100]).kinds(&[VirtualMachine]).states(&[Created, Running])]),
    Row::on("open.absent", Trigger::Open).when(&[Absent])
        .refuses(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[observed("VMLord; hcsctl", &[B26100, B26200]).kinds(MACHINES), client("kubernetes issue 91575, containers")]),

    // -- Close. Nothing is delivered because of it; what becomes of the system is LastHandleGone.
    Row::on("close.any", Trigger::Close)
        .succeeds().after(After::CloseHandle)
        .known(&[client("hcsshim, WSL: unregisters and waits for running callbacks"), observed("multipass: drops a pending SystemExited", &[Build::B22621])]),

    // -- Start.
    Row::on("start.created", Trigger::Start).when(&[Created])
        .accepted().becomes(Starting)
        .known(&[documented("HcsStartComputeSystem"), observed("multipass", &[Build::B22621]).kinds(&[VirtualMachine])]),
    Row::on("start.not-created", Trigger::Start).when(&[Creating, Starting, Running, Terminating])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[documented("HcsStartComputeSystem, before 2021: already started")]),
    Row::on("start.exited", Trigger::Start).when(&[Exited])
        .fails(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED)
        .known(&[client("appsandbox: closes and creates again")]),
    Row::on("start.refused", Trigger::Start).when(&[Refused])
        .fails(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[assumed("the service knows no system behind the handle of a failed create")]),
    Row::on("start.done", Trigger::StartDone)
        .completes().becomes(Running)
        .known(&[documented("schema reference: VirtualMachine.GuestConnection"), observed("multipass; hcsctl", &[Build::B22621, B26200]).kinds(&[VirtualMachine, ProcessContainer])]),

    // -- Terminate.
    Row::on("terminate.live", Trigger::Terminate).when(&[Created, Starting, Running])
        .accepted().becomes(Terminating).ends(Ending::Terminate)
        .known(&[documented("HcsTerminateComputeSystem"), observed("multipass", &[Build::B22621]).kinds(&[VirtualMachine]).states(&[Created, Running])]),
    Row::on("terminate.creating", Trigger::Terminate).when(&[Creating])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[assumed("the general sentence on invalid states")]),
    Row::on("terminate.twice", Trigger::Terminate).when(&[Terminating])
        .fails(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED)
        .known(&[documented("HcsShutDownComputeSystem: on a duplicate terminate")]),
    Row::on("terminate.exited", Trigger::Terminate).when(&[Exited])
        .fails(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED)
        .known(&[observed("hcsctl", &[B26200]).kinds(&[VirtualMachine]), documented("HcsShutDownComputeSystem")]),
    Row::on("terminate.refused", Trigger::Terminate).when(&[Refused])
        .fails(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[assumed("the service knows no system behind the handle of a failed create")]),
    Row::on("terminate.done", Trigger::TerminateDone)
        .completes().becomes(Exited).exit(Exit::Terminate).raises(EXITED)
        .known(&[observed("multipass: also of a system never started; VMLord: the event follows the completion", &[Build::B22621, B26100]).kinds(&[VirtualMachine])]),

    // -- Properties. The document is built when the operation completes.
    Row::on("properties.machine", Trigger::GetProperties).with(&[BasicQuery]).kinds(MACHINES).unless(&[Refused])
        .accepted()
        .known(&[observed("multipass; hcsctl after the exit", &[Build::B22621, B26200]).states(&[Created, Running, Exited]), client("WSL, hcsshim: right after create")]),
    Row::on("properties.container", Trigger::GetProperties).with(&[BasicQuery]).kinds(&[ProcessContainer]).when(&[Creating, Created, Running, Exited])
        .accepted()
        .known(&[observed("hcsctl", &[B26200]).states(&[Created, Running, Exited]), client("hcsshim: right after create")]),
    Row::on("properties.container-busy", Trigger::GetProperties).with(&[BasicQuery]).kinds(&[ProcessContainer]).when(&[Starting, Terminating])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[observed("kubernetes issue 98509, through the legacy DLL", &[Build::B17763])]),
    Row::on("properties.refused", Trigger::GetProperties).with(&[BasicQuery]).when(&[Refused])
        .fails(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[assumed("the service knows no system behind the handle of a failed create")]),
    Row::on("properties.malformed", Trigger::GetProperties).with(&[MalformedQuery])
        .fails(Hresult::ERROR_INVALID_DATA)
        .known(&[assumed("as for create; the surface is not recorded")]),
    Row::on("properties.invalid", Trigger::GetProperties).with(&[InvalidQuery])
        .fails(Hresult::HCS_E_INVALID_JSON)
        .known(&[assumed("as for create; the surface is not recorded")]),
    Row::on("properties.unmodelled", Trigger::GetProperties).with(&[UnmodelledQuery])
        .not_modelled(Hresult::E_NOTIMPL)
        .known(&[assumed("only the basic properties are modelled; the code is the double's own")]),
    Row::on("properties.done", Trigger::GetPropertiesDone).unless(&[Exited])
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
    Row::on("enumerate.unmodelled", Trigger::Enumerate).with(&[UnmodelledQuery])
        .not_modelled(Hresult::E_NOTIMPL)
        .known(&[assumed("no modelled system has a name to filter by; the code is the double's own")]),
    Row::on("enumerate.done", Trigger::EnumerateDone)
        .completes().after(After::List)
        .known(&[documented("HcsEnumerateComputeSystems"), observed("VMLord", &[B26100]).states(&[Absent])]),
    Row::on("list.live", Trigger::List).when(&[Created, Starting, Running, Terminating])
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

    // -- The last handle goes.
    Row::on("last-handle.terminates", Trigger::LastHandleGone).with(&[TerminateOnLastHandle]).when(&[Creating, Created, Starting, Running, Terminating])
        .happens().becomes(Absent).ends(Ending::LastHandle).after(After::Forget)
        .known(&[observed("VMLord: also of a system never started", &[B26100]).kinds(&[VirtualMachine]).states(&[Created]), documented("schema reference: ShouldTerminateOnLastHandleClosed")]),
    Row::on("last-handle.outlives", Trigger::LastHandleGone).with(&[OutliveHandles]).when(&[Creating, Created, Starting, Running, Terminating])
        .passes()
        .known(&[documented("compute system sample"), observed("VMLord", &[B26100]).kinds(&[VirtualMachine]).states(&[Created])]),
    Row::on("last-handle.over", Trigger::LastHandleGone).when(&[Exited, Refused])
        .happens().becomes(Absent).ends(Ending::LastHandle).after(After::Forget)
        .known(&[observed("hcsctl", &[B26200]).kinds(&[VirtualMachine]).states(&[Exited])]),

    // -- The guest.
    Row::on("guest-crash.reported", Trigger::GuestCrash).with(&[CrashReporting]).kinds(MACHINES).when(&[Running])
        .happens().becomes(Exited).ends(Ending::GuestExit).exit(Exit::GuestCrash).raises(CRASHED)
        .known(&[documented("HCS_EVENT_TYPE: the report needs a GuestCrashReporting device"), client("WSL: both crash events, then the exit")]),
    Row::on("guest-crash.silent", Trigger::GuestCrash).with(&[NoCrashReporting]).kinds(MACHINES).when(&[Running])
        .happens().becomes(Exited).ends(Ending::GuestExit).exit(Exit::GuestCrash).raises(EXITED)
        .known(&[assumed("without the device nothing reports; the exit is the same")]),
    Row::on("guest-crash.no-guest", Trigger::GuestCrash).kinds(MACHINES).unless(&[Running])
        .passes()
        .known(&[assumed("no guest runs that could crash")]),
    Row::on("guest-crash.container", Trigger::GuestCrash).kinds(&[ProcessContainer])
        .passes()
        .known(&[assumed("a process container has no kernel of its own to crash")]),
    Row::on("guest-off.running", Trigger::GuestPowerOff).kinds(MACHINES).when(&[Running])
        .happens().becomes(Exited).ends(Ending::GuestExit).exit(Exit::GuestPowerOff).raises(EXITED)
        .known(&[observed("Solon", &[B26200]).kinds(&[VirtualMachine])]),
    Row::on("guest-off.container", Trigger::GuestPowerOff).kinds(&[ProcessContainer]).when(&[Running])
        .happens().becomes(Exited).ends(Ending::GuestExit).exit(Exit::ContainerStop).raises(EXITED)
        .known(&[assumed("a container that shuts itself down ends gracefully, as a machine does")]),
    Row::on("guest-off.no-guest", Trigger::GuestPowerOff).unless(&[Running])
        .passes()
        .known(&[assumed("no guest runs that could power itself off")]),

    // -- The service. Handles are told apart by the service stage, see `service.rs`.
    Row::on("service-stop.live", Trigger::ServiceStop).when(&[Creating, Created, Starting, Running, Terminating])
        .happens().becomes(Exited).ends(Ending::ServiceStop).exit(Exit::ServiceStop).raises(DISCONNECTED)
        .known(&[documented("schema reference: SystemExitDetail ServiceStop; event callback sample: once for each handle")]),
    Row::on("service-stop.over", Trigger::ServiceStop).when(&[Exited, Refused])
        .happens().raises(DISCONNECTED)
        .known(&[documented("event callback sample: once for each handle")]),
];
