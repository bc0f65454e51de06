//! A system's life: create, open, close, start, terminate, and the last handle.

use super::{CONTAINERS, EXITED, MACHINES};
use crate::answer::Exit;
use crate::build::Build::{self, B26100, B26200};
use crate::evidence::{assumed, client, documented, observed};
use crate::hresult::Hresult;
use crate::operation::Ending;
use crate::rule::{After, Row};
use crate::vocabulary::Facet::*;
use crate::vocabulary::Kind::{ProcessContainer, VirtualMachine};
use crate::vocabulary::SystemState::*;
use crate::vocabulary::Trigger;

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
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
        .known(&[assumed("machines of schema 1 are not modelled; the code is the double's own")]),
    Row::on("create.unservable", Trigger::CreateDone).with(&[Unservable])
        .ends_as_found().becomes(Refused)
        .known(&[observed("cowork-vm issues 39285, 33040, 29359: the call succeeds, the operation fails in Construct", &[B26100]).kinds(&[VirtualMachine]).states(&[Creating])]),
    Row::on("create.done", Trigger::CreateDone).with(&[Plain])
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
    Row::on("start.not-created", Trigger::Start).unless(&[Refused, Created, Exited])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[documented("HcsStartComputeSystem, before 2021: already started")]),
    Row::on("start.exited", Trigger::Start).when(&[Exited])
        .fails(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED)
        .known(&[client("appsandbox: closes and creates again")]),
    Row::on("start.refused", Trigger::Start).when(&[Refused])
        .fails(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[assumed("the service knows no system behind the handle of a failed create")]),
    Row::on("start.unservable", Trigger::StartDone).with(&[Unservable])
        .ends_as_found().becomes(Created)
        .known(&[observed("Solon: a disk without a grant; a probe: a shared memory region of a Win32 name", &[B26100, B26200]).kinds(&[VirtualMachine]).states(&[Starting])]),
    Row::on("start.done", Trigger::StartDone).with(&[Plain])
        .completes().becomes(Running).after(After::Boot)
        .known(&[documented("schema reference: VirtualMachine.GuestConnection"), observed("multipass; hcsctl", &[Build::B22621, B26200]).kinds(&[VirtualMachine, ProcessContainer])]),
    Row::on("start.restored", Trigger::StartDone).with(&[Restored]).kinds(MACHINES)
        .completes().becomes(Running).after(After::Wake)
        .known(&[observed("multipass: a machine restored from a file; discobox: clones of a template, within a second", &[Build::B22621, B26100]).kinds(&[VirtualMachine]),
                 assumed("the guest was up when it was saved, and is up at once")]),
    Row::on("start.cold", Trigger::StartDone).with(&[RestoredCold]).kinds(MACHINES)
        .completes().becomes(Running).after(After::Boot)
        .known(&[observed("discobox: a machine with GuestState.RuntimeStateFilePath is not brought back, it boots cold", &[B26100]).kinds(&[VirtualMachine]),
                 assumed("that the document which restores decides it; that the guest takes the time of any other boot is all that shows")]),
    Row::on("start.not-restored", Trigger::StartDone).with(&[Restored, RestoredCold]).kinds(CONTAINERS)
        .completes().becomes(Running).after(After::Boot)
        .known(&[documented("schema reference: VirtualMachine.RestoreState, which containers have not")]),

    // -- Terminate.
    Row::on("terminate.live", Trigger::Terminate).unless(&[Creating, Refused, Terminating, Exited])
        .accepted().becomes(Terminating).ends(Ending::Terminate)
        .known(&[documented("HcsTerminateComputeSystem"), observed("multipass", &[Build::B22621]).kinds(&[VirtualMachine]).states(&[Created, Running, Paused])]),
    Row::on("terminate.creating", Trigger::Terminate).when(&[Creating])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[assumed("the general sentence on invalid states")]),
    Row::on("terminate.twice", Trigger::Terminate).when(&[Terminating])
        .fails(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED)
        .known(&[documented("HcsShutDownComputeSystem: on a duplicate terminate")]),
    Row::on("terminate.exited", Trigger::Terminate).when(&[Exited])
        .fails(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED)
        .known(&[observed("hcsctl", &[B26200]).kinds(&[VirtualMachine]), observed("hcsshim issue 866, the legacy form", &[Build::B17763]).kinds(&[ProcessContainer]), documented("HcsShutDownComputeSystem")]),
    Row::on("terminate.refused", Trigger::Terminate).when(&[Refused])
        .fails(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[assumed("the service knows no system behind the handle of a failed create")]),
    Row::on("terminate.done", Trigger::TerminateDone)
        .completes().becomes(Exited).exit(Exit::Terminate).raises(EXITED)
        .known(&[observed("multipass: also of a system never started; VMLord: the event follows the completion", &[Build::B22621, B26100]).kinds(&[VirtualMachine])]),

    // -- The last handle goes.
    Row::on("last-handle.terminates", Trigger::LastHandleGone).with(&[TerminateOnLastHandle]).unless(&[Refused, Exited])
        .happens().becomes(Absent).ends(Ending::LastHandle).after(After::Forget)
        .known(&[observed("VMLord: also of a system never started", &[B26100]).kinds(&[VirtualMachine]).states(&[Created]), documented("schema reference: ShouldTerminateOnLastHandleClosed")]),
    Row::on("last-handle.outlives", Trigger::LastHandleGone).with(&[OutliveHandles]).unless(&[Refused, Exited])
        .passes()
        .known(&[documented("compute system sample"), observed("VMLord", &[B26100]).kinds(&[VirtualMachine]).states(&[Created])]),
    Row::on("last-handle.over", Trigger::LastHandleGone).when(&[Exited, Refused])
        .happens().becomes(Absent).ends(Ending::LastHandle).after(After::Forget)
        .known(&[observed("hcsctl", &[B26200]).kinds(&[VirtualMachine]).states(&[Exited])]),
];
