//! How a system is asked to end: shut down, and crash.

use super::{CONTAINERS, CRASHED, EXITED, MACHINES};
use crate::answer::Exit;
use crate::build::Build::{self, B26100, B26200};
use crate::build::{since, until};
use crate::evidence::{assumed, client, documented, observed};
use crate::hresult::Hresult;
use crate::operation::Ending;
use crate::rule::{After, Row};
use crate::vocabulary::Facet::{self, *};
use crate::vocabulary::Kind::{GuestVirtualMachine, HyperVContainer, ProcessContainer, VirtualMachine};
use crate::vocabulary::SystemState::*;
use crate::vocabulary::Trigger;

/// A shutdown whose options the document stage accepts, or that has none.
const SHUTDOWNS: &[Facet] =
    &[NullOptions, EmptyOptions, ByGuestConnection, ConnectionLost, ByIntegrationService, Unconfigured, GuestNotUp];

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    // -- Shut down. What is done is that the guest was asked; it is down when the system exits.
    Row::on("shutdown.guest", Trigger::ShutDown).with(&[ByGuestConnection]).kinds(&[GuestVirtualMachine]).when(&[Running])
        .accepted().becomes(Stopping)
        .known(&[documented("schema reference: ShutdownMechanism"), client("hcsshim: utility machines")]),
    Row::on("shutdown.no-guest-connection", Trigger::ShutDown).with(&[ByGuestConnection]).kinds(&[VirtualMachine]).when(&[Running])
        .fails(Hresult::ERROR_NOT_SUPPORTED)
        .known(&[observed("VMLord: {} is accepted, the operation fails", &[B26100]), documented("tutorial: no shutdown without the guest compute service")]),
    Row::on("shutdown.integration", Trigger::ShutDown).with(&[ByIntegrationService]).kinds(MACHINES).when(&[Running])
        .accepted().becomes(Stopping)
        .known(&[observed("VMLord; hcsctl; multipass", &[Build::B22621, B26100, B26200]).kinds(&[VirtualMachine]), documented("schema reference: ShutdownOptions")]),
    Row::on("shutdown.unconfigured", Trigger::ShutDown).with(&[Unconfigured]).kinds(MACHINES).when(&[Running])
        .fails(Hresult::ERROR_NOT_SUPPORTED)
        .known(&[observed("VMLord; hcsctl: without Services.Shutdown, or with a schema version below 2.5", &[B26100, B26200]).kinds(&[VirtualMachine])]),
    Row::on("shutdown.not-up", Trigger::ShutDown).with(&[GuestNotUp]).kinds(MACHINES).when(&[Running])
        .fails(Hresult::ERROR_DEVICE_NOT_AVAILABLE)
        .known(&[observed("AspireHcs: until the guest's integration service is up", &[B26200]).kinds(&[VirtualMachine])]),
    Row::on("shutdown.connection-lost", Trigger::ShutDown).with(&[ConnectionLost]).when(&[Running])
        .fails(Hresult::HCS_E_CONNECTION_CLOSED)
        .known(&[observed("docker for-win issue 7523, the legacy form", &[Build::B17763]).kinds(&[HyperVContainer])]),
    Row::on("shutdown.null", Trigger::ShutDown).with(&[NullOptions, EmptyOptions]).kinds(MACHINES).when(&[Running]).builds(since(Build::B20348))
        .fails(Hresult::HCS_E_INVALID_JSON)
        .known(&[observed("VMLord; cowork-vm issue 52141: the call succeeds, the operation has the document; hcsctl saw ERROR_NOT_SUPPORTED, which a quirk of the profile chooses", &[B26100]).kinds(&[VirtualMachine])]),
    Row::on("shutdown.null-connected", Trigger::ShutDown).with(&[NullOptions, EmptyOptions]).kinds(&[GuestVirtualMachine]).when(&[Running]).builds(until(Build::B20348))
        .accepted().becomes(Stopping)
        .known(&[documented("HcsShutDownComputeSystem: the options must be NULL")]),
    Row::on("shutdown.null-unconnected", Trigger::ShutDown).with(&[NullOptions, EmptyOptions]).kinds(&[VirtualMachine]).when(&[Running]).builds(until(Build::B20348))
        .fails(Hresult::ERROR_NOT_SUPPORTED)
        .known(&[documented("tutorial: no shutdown without the guest compute service"), assumed("the code, as for {} on later builds")]),
    Row::on("shutdown.container", Trigger::ShutDown).with(&[NullOptions, EmptyOptions, ByGuestConnection, ByIntegrationService, Unconfigured, GuestNotUp]).kinds(CONTAINERS).when(&[Running])
        .accepted().becomes(Stopping)
        .known(&[observed("hcsctl: NULL", &[B26200]).kinds(&[ProcessContainer]), client("hcsshim: the empty string")]),
    Row::on("shutdown.not-running", Trigger::ShutDown).with(SHUTDOWNS).unless(&[Refused, Running, Stopping, Terminating, Exited])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[documented("HcsShutDownComputeSystem, before 2021")]),
    Row::on("shutdown.twice", Trigger::ShutDown).with(SHUTDOWNS).when(&[Stopping, Terminating])
        .fails(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED)
        .known(&[documented("HcsShutDownComputeSystem: on a duplicate shutdown or terminate")]),
    Row::on("shutdown.exited", Trigger::ShutDown).with(SHUTDOWNS).when(&[Exited])
        .fails(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED)
        .known(&[documented("HcsShutDownComputeSystem"), observed("hcsshim issue 866, the legacy form", &[Build::B17763]).kinds(&[ProcessContainer])]),
    Row::on("shutdown.refused", Trigger::ShutDown).with(SHUTDOWNS).when(&[Refused])
        .fails(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[assumed("the service knows no system behind the handle of a failed create")]),
    Row::on("shutdown.malformed", Trigger::ShutDown).with(&[MalformedOptions])
        .fails(Hresult::ERROR_INVALID_DATA)
        .known(&[assumed("as for create; the surface is not recorded")]),
    Row::on("shutdown.invalid", Trigger::ShutDown).with(&[InvalidOptions])
        .fails(Hresult::HCS_E_INVALID_JSON)
        .known(&[assumed("as for create; the surface is not recorded")]),
    Row::on("shutdown.done", Trigger::ShutDownDone)
        .completes().after(After::AskGuest)
        .known(&[observed("VMLord; hcsctl: the end comes later", &[B26100, B26200]).kinds(&[VirtualMachine])]),
    Row::on("guest-stops.machine", Trigger::GuestStops).with(&[PowerOff]).kinds(MACHINES).when(&[Stopping])
        .happens().becomes(Exited).ends(Ending::GuestExit).exit(Exit::ShutDown).raises(EXITED)
        .known(&[observed("VMLord; hcsctl", &[B26100, B26200]).kinds(&[VirtualMachine])]),
    Row::on("guest-stops.container", Trigger::GuestStops).kinds(CONTAINERS).when(&[Stopping])
        .happens().becomes(Exited).ends(Ending::GuestExit).exit(Exit::ContainerShutDown).raises(EXITED)
        .known(&[observed("a client: the exit came 117 s after the call", &[Build::B20348]).kinds(&[ProcessContainer])]),
    Row::on("guest-stops.reboot", Trigger::GuestStops).with(&[Reboot]).kinds(MACHINES).when(&[Stopping])
        .happens().becomes(Running).after(After::Reboot)
        .known(&[documented("schema reference: ShutdownType Reboot"), assumed("the system then resets as when the guest does so itself")]),
    Row::on("guest-stops.late", Trigger::GuestStops).unless(&[Stopping])
        .passes()
        .known(&[assumed("something else has ended the guest first")]),

    // -- Crash.
    Row::on("crash.machine", Trigger::Crash).with(&[ValidOptions]).kinds(MACHINES).when(&[Running])
        .accepted()
        .known(&[documented("HcsCrashComputeSystem")]),
    Row::on("crash.container", Trigger::Crash).with(&[ValidOptions]).kinds(CONTAINERS).when(&[Running])
        .fails(Hresult::ERROR_NOT_SUPPORTED)
        .known(&[assumed("no kernel of its own, or none that the interface reaches")]),
    Row::on("crash.not-running", Trigger::Crash).with(&[ValidOptions]).unless(&[Refused, Running, Exited])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[assumed("the general sentence on invalid states")]),
    Row::on("crash.exited", Trigger::Crash).with(&[ValidOptions]).when(&[Exited])
        .fails(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED)
        .known(&[assumed("as for start and terminate")]),
    Row::on("crash.refused", Trigger::Crash).with(&[ValidOptions]).when(&[Refused])
        .fails(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[assumed("the service knows no system behind the handle of a failed create")]),
    Row::on("crash.malformed", Trigger::Crash).with(&[MalformedOptions])
        .fails(Hresult::ERROR_INVALID_DATA)
        .known(&[assumed("as for create; the surface is not recorded")]),
    Row::on("crash.invalid", Trigger::Crash).with(&[InvalidOptions])
        .fails(Hresult::HCS_E_INVALID_JSON)
        .known(&[assumed("as for create; the surface is not recorded")]),
    Row::on("crash.done-reported", Trigger::CrashDone).with(&[CrashReporting]).when(&[Running, Stopping])
        .completes().becomes(Exited).ends(Ending::GuestExit).exit(Exit::ClientCrash).raises(CRASHED)
        .known(&[documented("HcsCrashComputeSystem; schema reference: InjectNonMaskableInterrupt")]),
    Row::on("crash.done-silent", Trigger::CrashDone).with(&[NoCrashReporting]).when(&[Running, Stopping])
        .completes().becomes(Exited).ends(Ending::GuestExit).exit(Exit::ClientCrash).raises(EXITED)
        .known(&[assumed("without the device nothing reports; the exit is the same")]),
    Row::on("crash.done-late", Trigger::CrashDone).unless(&[Running, Stopping])
        .completes()
        .known(&[assumed("the interrupt was sent; a guest that does not run does not take it")]),
];
