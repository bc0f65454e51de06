//! What the world does to a system: its guest, what it stands on, the service.

use super::{CONTAINERS, CRASHED, DISCONNECTED, EXITED, MACHINES, PAUSABLE, SILOS};
use crate::answer::Exit;
use crate::build::Build::{self, B26100, B26200};
use crate::build::{since, until};
use crate::evidence::{assumed, client, documented, observed};
use crate::operation::Ending;
use crate::rule::{After, Audience, Raise, Row};
use crate::vocabulary::EventType::{SystemGuestConnectionClosed, SystemRdpEnhancedModeStateChanged};
use crate::vocabulary::Facet::*;
use crate::vocabulary::Kind::{
    self, GuestVirtualMachine, HostedContainer, HyperVContainer, ProcessContainer, VirtualMachine,
};
use crate::vocabulary::SystemState::*;
use crate::vocabulary::Trigger;

/// The kinds whose guest the host speaks to.
const CONNECTED: &[Kind] = &[GuestVirtualMachine, HyperVContainer, HostedContainer];
const DISCONNECTION: &[Raise] = &[Raise { event: SystemGuestConnectionClosed, to: Audience::Connected }];
const RDP_MODE: &[Raise] = &[Raise { event: SystemRdpEnhancedModeStateChanged, to: Audience::EveryHandle }];

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    // -- The guest.
    Row::on("guest-crash.reported", Trigger::GuestCrash).with(&[CrashReporting]).kinds(MACHINES).when(&[Running, Stopping])
        .happens().becomes(Exited).ends(Ending::GuestExit).exit(Exit::GuestCrash).raises(CRASHED)
        .known(&[documented("HCS_EVENT_TYPE: the report needs a GuestCrashReporting device"), client("WSL: both crash events, then the exit")]),
    Row::on("guest-crash.silent", Trigger::GuestCrash).with(&[NoCrashReporting]).kinds(MACHINES).when(&[Running, Stopping])
        .happens().becomes(Exited).ends(Ending::GuestExit).exit(Exit::GuestCrash).raises(EXITED)
        .known(&[assumed("without the device nothing reports; the exit is the same")]),
    Row::on("guest-crash.no-guest", Trigger::GuestCrash).kinds(MACHINES).unless(&[Running, Stopping])
        .passes()
        .known(&[assumed("no guest runs that could crash")]),
    Row::on("guest-crash.container", Trigger::GuestCrash).kinds(CONTAINERS)
        .passes()
        .known(&[assumed("a container has no kernel of its own to crash; that of a utility machine is the machine's")]),
    Row::on("guest-off.running", Trigger::GuestPowerOff).kinds(MACHINES).when(&[Running, Stopping])
        .happens().becomes(Exited).ends(Ending::GuestExit).exit(Exit::GuestPowerOff).raises(EXITED)
        .known(&[observed("Solon", &[B26200]).kinds(&[VirtualMachine])]),
    Row::on("guest-off.container", Trigger::GuestPowerOff).kinds(CONTAINERS).when(&[Running, Stopping])
        .happens().becomes(Exited).ends(Ending::GuestExit).exit(Exit::ContainerStop).raises(EXITED)
        .known(&[assumed("a container that shuts itself down ends gracefully, as a machine does")]),
    Row::on("guest-off.no-guest", Trigger::GuestPowerOff).unless(&[Running, Stopping])
        .passes()
        .known(&[assumed("no guest runs that could power itself off")]),
    Row::on("guest-reset.stops", Trigger::GuestReset).with(&[StopOnReset]).kinds(MACHINES).when(&[Running, Stopping])
        .happens().becomes(Exited).ends(Ending::GuestExit).exit(Exit::StoppedOnReset).raises(EXITED)
        .known(&[documented("schema reference: VirtualMachine.StopOnReset")]),
    Row::on("guest-reset.shared-memory", Trigger::GuestReset).with(&[SharedMemory]).kinds(MACHINES).when(&[Running, Stopping])
        .happens().becomes(Exited).ends(Ending::GuestExit).exit(Exit::ResetFailed).raises(EXITED)
        .known(&[observed("a shared memory probe", &[B26100]).kinds(&[VirtualMachine]).states(&[Running])]),
    Row::on("guest-reset.no-monitor", Trigger::GuestReset).with(&[NoVideoMonitor]).kinds(MACHINES).when(&[Running, Stopping])
        .happens().becomes(Exited).ends(Ending::GuestExit).exit(Exit::WorkerCrash).raises(EXITED)
        .known(&[observed("VMLord", &[B26100]).kinds(&[VirtualMachine]).states(&[Running])]),
    Row::on("guest-reset.goes-on", Trigger::GuestReset).with(&[Resettable]).kinds(MACHINES).when(&[Running, Stopping])
        .happens().after(After::Reboot)
        .known(&[observed("VMLord: no exit event", &[B26100]).kinds(&[VirtualMachine]).states(&[Running])]),
    Row::on("guest-reset.no-guest", Trigger::GuestReset).kinds(MACHINES).unless(&[Running, Stopping])
        .passes()
        .known(&[assumed("no guest runs that could restart")]),
    Row::on("guest-reset.container", Trigger::GuestReset).kinds(CONTAINERS)
        .passes()
        .known(&[assumed("a container does not restart by itself")]),
    Row::on("guest-disconnect.connected", Trigger::GuestDisconnect).kinds(CONNECTED).when(&[Running, Stopping])
        .happens().raises(DISCONNECTION).after(After::Disconnect)
        .known(&[documented("event callback sample: raised whether or not it was expected"), assumed("the system runs on")]),
    Row::on("guest-disconnect.other-state", Trigger::GuestDisconnect).kinds(CONNECTED).unless(&[Running, Stopping])
        .passes()
        .known(&[assumed("no connection that could be lost")]),
    Row::on("guest-disconnect.none", Trigger::GuestDisconnect).kinds(&[VirtualMachine, ProcessContainer])
        .passes()
        .known(&[documented("schema reference: VirtualMachine.GuestConnection")]),
    Row::on("rdp-mode.told", Trigger::RdpModeChange).kinds(MACHINES).when(&[Running]).builds(until(Build::B22621))
        .happens().raises(RDP_MODE)
        .known(&[observed("NanaBox", &[Build::B17763]).kinds(&[VirtualMachine])]),
    Row::on("rdp-mode.untold", Trigger::RdpModeChange).kinds(MACHINES).when(&[Running]).builds(since(Build::B22621))
        .happens()
        .known(&[observed("NanaBox: never raised", &[Build::B22621]).kinds(&[VirtualMachine])]),
    Row::on("rdp-mode.no-guest", Trigger::RdpModeChange).kinds(MACHINES).unless(&[Running])
        .passes()
        .known(&[assumed("no guest runs that could change it")]),
    Row::on("rdp-mode.container", Trigger::RdpModeChange).kinds(CONTAINERS)
        .passes()
        .known(&[assumed("a container has no console session")]),

    // -- What a system stands on: its worker process, the system it lives in or was made from.
    Row::on("worker-crash.running", Trigger::WorkerCrash).kinds(PAUSABLE).unless(&[Creating, Refused, Created, Exited])
        .happens().becomes(Exited).ends(Ending::GuestExit).exit(Exit::WorkerCrash).raises(EXITED)
        .known(&[observed("VMLord; a client: right after a start that succeeded", &[B26100]).kinds(&[VirtualMachine]).states(&[Running])]),
    Row::on("worker-crash.not-started", Trigger::WorkerCrash).kinds(PAUSABLE).when(&[Creating, Refused, Created, Exited])
        .passes()
        .known(&[assumed("no worker process works for it")]),
    Row::on("worker-crash.silo", Trigger::WorkerCrash).kinds(SILOS)
        .passes()
        .known(&[documented("schema reference: a container on the host's kernel, or a guest's, has no worker process")]),
    Row::on("manager-starts.free", Trigger::ManagerStarts).kinds(&[VirtualMachine]).when(&[Absent])
        .happens().becomes(Running).after(After::MakeSystem)
        .known(&[observed("a shared memory probe; WSL's tests: a machine of the Hyper-V manager is listed, its owner is VMMS, and it can be opened", &[B26100]).kinds(&[VirtualMachine]),
                 assumed("that it is there from the moment it runs; that clients can ask, pause, end and change it as any other machine, but for its shared memory, and that its last handle does not end it")]),
    Row::on("manager-starts.taken", Trigger::ManagerStarts).kinds(&[VirtualMachine]).unless(&[Absent])
        .passes()
        .known(&[assumed("the manager does not start what runs, and an id is one system's")]),
    Row::on("manager-starts.other-kind", Trigger::ManagerStarts).kinds(&[GuestVirtualMachine, ProcessContainer, HyperVContainer, HostedContainer])
        .passes()
        .known(&[assumed("the manager has machines, and speaks to no guest of theirs through the service")]),
    Row::on("origin-gone.hosted", Trigger::OriginGone).with(&[HostGone]).kinds(&[HostedContainer]).unless(&[Creating, Refused, Exited])
        .happens().becomes(Exited).ends(Ending::GuestExit).exit(Exit::HostGone).raises(EXITED)
        .known(&[assumed("what lives in a machine does not outlive it")]),
    Row::on("origin-gone.hosted-over", Trigger::OriginGone).with(&[HostGone]).kinds(&[HostedContainer]).when(&[Creating, Refused, Exited])
        .passes()
        .known(&[assumed("a creation finds the machine gone when it completes")]),
    Row::on("origin-gone.not-hosted", Trigger::OriginGone).with(&[HostGone]).kinds(&[VirtualMachine, GuestVirtualMachine, ProcessContainer, HyperVContainer])
        .passes()
        .known(&[documented("schema reference: HostingSystemId")]),
    Row::on("origin-gone.clone", Trigger::OriginGone).with(&[TemplateGone]).kinds(MACHINES).unless(&[Creating, Refused, Exited])
        .happens().becomes(Exited).ends(Ending::GuestExit).exit(Exit::TemplateGone).raises(EXITED)
        .known(&[observed("discobox, an early note; later clones ran on, which a quirk of the profile chooses", &[B26100]).kinds(&[VirtualMachine]).states(&[Running])]),
    Row::on("origin-gone.clone-over", Trigger::OriginGone).with(&[TemplateGone]).kinds(MACHINES).when(&[Creating, Refused, Exited])
        .passes()
        .known(&[assumed("a creation finds the template gone when it completes")]),
    Row::on("origin-gone.no-clone", Trigger::OriginGone).with(&[TemplateGone]).kinds(CONTAINERS)
        .passes()
        .known(&[documented("schema reference: VirtualMachine.RestoreState")]),

    // -- The service. Handles are told apart by the service stage, see `service.rs`.
    Row::on("service-stop.live", Trigger::ServiceStop).unless(&[Refused, Exited])
        .happens().becomes(Exited).ends(Ending::ServiceStop).exit(Exit::ServiceStop).raises(DISCONNECTED)
        .known(&[documented("schema reference: SystemExitDetail ServiceStop; event callback sample: once for each handle")]),
    Row::on("service-stop.over", Trigger::ServiceStop).when(&[Exited, Refused])
        .happens().raises(DISCONNECTED)
        .known(&[documented("event callback sample: once for each handle")]),
];
