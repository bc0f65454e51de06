//! Processes as they concern the system around them: made, found by id, and what the end of the first one means. What
//! happens to a process itself is in [`crate::process`].

use super::{CONTAINERS, EXITED, MACHINES};
use crate::answer::Exit;
use crate::build::Build::{self, B26200};
use crate::evidence::{assumed, client, documented, observed};
use crate::hresult::Hresult;
use crate::operation::Ending;
use crate::rule::{After, Row};
use crate::vocabulary::Facet::*;
use crate::vocabulary::Kind::{
    self, GuestVirtualMachine, HostedContainer, HyperVContainer, ProcessContainer, VirtualMachine,
};
use crate::vocabulary::SystemState::*;
use crate::vocabulary::Trigger;

/// The kinds in which processes can be made.
const PEOPLED: &[Kind] = &[GuestVirtualMachine, ProcessContainer, HyperVContainer, HostedContainer];

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    // -- Create a process. The handle comes with the call, whatever the operation ends with.
    Row::on("create-process.running", Trigger::CreateProcess).with(&[ValidDocument]).kinds(PEOPLED).when(&[Running])
        .accepted().after(After::MakeProcess)
        .known(&[documented("HcsCreateProcess"), observed("hcsctl", &[B26200]).kinds(&[ProcessContainer, HyperVContainer])]),
    Row::on("create-process.no-guest-connection", Trigger::CreateProcess).with(&[ValidDocument, ConnectionLost]).kinds(&[VirtualMachine]).when(&[Running])
        .fails(Hresult::ERROR_NOT_SUPPORTED).after(After::MakeProcess)
        .known(&[documented("schema reference: VirtualMachine.GuestConnection"), assumed("the code, as for a shutdown without one")]),
    Row::on("create-process.connection-lost", Trigger::CreateProcess).with(&[ConnectionLost]).kinds(PEOPLED).when(&[Running])
        .fails(Hresult::HCS_E_CONNECTION_CLOSED).after(After::MakeProcess)
        .known(&[documented("the code's text"), assumed("that a call made later says the same as one that was running")]),
    Row::on("create-process.paused", Trigger::CreateProcess).with(&[ValidDocument, ConnectionLost]).when(&[Pausing, Paused, Resuming, Saving, Template])
        .fails(Hresult::HCS_E_INVALID_STATE).after(After::MakeProcess)
        .known(&[observed("AspireHcs issue 74, also through the legacy DLL", &[B26200]).kinds(&[HyperVContainer, HostedContainer]).states(&[Paused])]),
    Row::on("create-process.not-started", Trigger::CreateProcess).with(&[ValidDocument, ConnectionLost]).when(&[Creating, Created, Starting])
        .fails(Hresult::HCS_E_INVALID_STATE).after(After::MakeProcess)
        .known(&[client("hcsshim starts first")]),
    Row::on("create-process.ending", Trigger::CreateProcess).with(&[ValidDocument, ConnectionLost]).when(&[Stopping, Terminating])
        .fails(Hresult::HCS_E_INVALID_STATE).after(After::MakeProcess)
        .known(&[observed("navcontainerhelper issue 1819: a container that exits, the legacy form", &[Build::B17763]).kinds(&[ProcessContainer]).states(&[Stopping])]),
    Row::on("create-process.exited", Trigger::CreateProcess).with(&[ValidDocument, ConnectionLost]).when(&[Exited])
        .fails(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED).after(After::MakeProcess)
        .known(&[client("hcsshim takes it so, and HCS_E_INVALID_STATE as well")]),
    Row::on("create-process.refused", Trigger::CreateProcess).with(&[ValidDocument, ConnectionLost]).when(&[Refused])
        .fails(Hresult::HCS_E_SYSTEM_NOT_FOUND).after(After::MakeProcess)
        .known(&[assumed("the service knows no system behind the handle of a failed create")]),
    Row::on("create-process.malformed", Trigger::CreateProcess).with(&[MalformedDocument])
        .fails(Hresult::ERROR_INVALID_DATA).after(After::MakeProcess)
        .known(&[assumed("as for a system; the surface is not recorded")]),
    Row::on("create-process.invalid", Trigger::CreateProcess).with(&[InvalidDocument])
        .fails(Hresult::HCS_E_INVALID_JSON).after(After::MakeProcess)
        .known(&[assumed("as for a system; the surface is not recorded")]),
    Row::on("create-process.done", Trigger::CreateProcessDone).with(&[Plain])
        .completes().after(After::StartProcess)
        .known(&[documented("HcsCreateProcess"), observed("hcsctl", &[B26200]).kinds(&[ProcessContainer, HyperVContainer]).states(&[Running])]),
    Row::on("create-process.unservable", Trigger::CreateProcessDone).with(&[Unservable])
        .ends_as_found()
        .known(&[observed("hcsshim issue 674: the executable is missing", &[Build::B17763]).kinds(&[ProcessContainer]).states(&[Running])]),

    // -- Open a process.
    Row::on("open-process.live", Trigger::OpenProcess).with(&[LiveProcess]).unless(&[Refused, Exited])
        .succeeds().after(After::OpenProcess)
        .known(&[documented("HcsOpenProcess"), client("hcsshim")]),
    Row::on("open-process.ended", Trigger::OpenProcess).with(&[EndedProcess]).unless(&[Refused])
        .succeeds().after(After::OpenProcess)
        .known(&[assumed("another handle keeps the record, and the exit can still be asked for")]),
    Row::on("open-process.unknown", Trigger::OpenProcess).with(&[UnknownProcess]).unless(&[Refused, Exited])
        .refuses(Hresult::ERROR_NOT_FOUND)
        .known(&[client("hcsshim cannot tell a process that never was from one that is over; its guest says so of both")]),
    Row::on("open-process.exited", Trigger::OpenProcess).with(&[UnknownProcess, LiveProcess]).when(&[Exited])
        .refuses(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED)
        .known(&[assumed("as for the other calls on a system that is over")]),
    Row::on("open-process.refused", Trigger::OpenProcess).when(&[Refused])
        .refuses(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[assumed("the service knows no system behind the handle of a failed create")]),

    // -- The process that was made first in a container is over.
    Row::on("init-exit.linux", Trigger::InitExit).with(&[LinuxGuest]).kinds(&[HyperVContainer, HostedContainer]).when(&[Running, Stopping])
        .happens().becomes(Exited).ends(Ending::GuestExit).exit(Exit::ContainerStop).raises(EXITED)
        .known(&[client("opengcs issues 234 and 237: the container has ended with its init, and a shutdown finds it stopped")]),
    Row::on("init-exit.linux-ending", Trigger::InitExit).with(&[LinuxGuest]).kinds(&[HyperVContainer, HostedContainer]).when(&[Terminating])
        .passes()
        .known(&[assumed("the terminate ends it")]),
    Row::on("init-exit.windows", Trigger::InitExit).with(&[WindowsGuest]).kinds(CONTAINERS)
        .passes()
        .known(&[client("hcsshim shuts the container down itself")]),
    Row::on("init-exit.silo", Trigger::InitExit).with(&[LinuxGuest]).kinds(&[ProcessContainer])
        .passes()
        .known(&[documented("the host's kernel is Windows")]),
    Row::on("init-exit.machine", Trigger::InitExit).kinds(MACHINES)
        .passes()
        .known(&[client("hcsshim: a utility machine outlives the processes that are made in it")]),
];
