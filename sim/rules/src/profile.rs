//! Profiles: how fast a host is, and which of two recorded behaviours it shows where recordings conflict.

use crate::build::Build::{B26100, B26200};
use crate::closed::closed;
use crate::evidence::{Source, assumed, client, observed};
use crate::time::{MILLISECOND, SECOND};
use crate::vocabulary::OperationType;

closed! {
    /// A behaviour that a host may show or not. None is shown unless the profile or the test says so.
    pub enum Quirk, Quirks {
        /// Errors of the system's state come from the call itself, not from the operation.
        StateErrorsFromCall,
        /// A machine's shutdown without options ends with `ERROR_NOT_SUPPORTED`, not with `HCS_E_INVALID_JSON`.
        ShutdownNullNotSupported,
        /// Clones end with their template.
        ClonesEndWithTemplate,
        /// Endpoints are set free when their system ends, so that the next start needs no modify first.
        EndpointsAreFreed,
        /// The two crash events of one handle may be told at the same time, from two threads.
        CrashEventsOverlap,
        /// The result of creating a process in a process-isolated container of Windows Server 2022 cannot be read: the
        /// readers of process information say `E_INVALIDARG`, though the process is there.
        CreateProcessResultIsLost,
        /// A wait for a process's exit whose time is up returns `S_OK`, with the time-out in `LastWaitResult`.
        ExitWaitTellsTimeOut,
        /// `HcsModifyComputeSystem` removes a FlexibleIov device; on other hosts it does not.
        RemovesFlexibleIov,
        /// Memory is given out in pieces of more than 2 MB: 8006 MB are refused.
        CoarseMemory,
        /// A container of schema 2 whose `Storage.Layers` are there and empty takes the service down when it is made.
        EmptyLayersStopService,
    }
}

/// One quirk, with what is known about it.
#[derive(Debug)]
pub struct QuirkRow {
    /// The quirk.
    pub quirk: Quirk,
    /// How it is known.
    pub sources: &'static [Source],
}

/// Every quirk.
#[rustfmt::skip]
pub const QUIRKS: [QuirkRow; Quirk::COUNT] = [
    QuirkRow { quirk: Quirk::StateErrorsFromCall, sources: &[client("hcsshim takes either"), assumed("the pages before 2021 say the function, later ones the operation")] },
    QuirkRow { quirk: Quirk::ShutdownNullNotSupported, sources: &[observed("hcsctl; VMLord and cowork-vm saw the other", &[B26200])] },
    QuirkRow { quirk: Quirk::ClonesEndWithTemplate, sources: &[observed("discobox, an early note; a later build showed the other", &[B26100])] },
    QuirkRow { quirk: Quirk::EndpointsAreFreed, sources: &[assumed("one client saw endpoints stay attached; others restart machines without a modify")] },
    QuirkRow { quirk: Quirk::CrashEventsOverlap, sources: &[client("WSL: a data race between the two handlers was mended")] },
    QuirkRow { quirk: Quirk::CreateProcessResultIsLost, sources: &[client("hcsshim asks for the information anew")] },
    QuirkRow { quirk: Quirk::ExitWaitTellsTimeOut, sources: &[client("a Rust client takes either form")] },
    QuirkRow { quirk: Quirk::RemovesFlexibleIov, sources: &[client("WSL: best effort, refused on some versions")] },
    QuirkRow { quirk: Quirk::CoarseMemory, sources: &[observed("appsandbox issue 11: its reporter's 8006 MB are refused, 8000 taken; the maintainer speaks of odd sizes", &[B26100]), assumed("that a piece has 4 MB, the least that agrees with both sizes")] },
    QuirkRow { quirk: Quirk::EmptyLayersStopService, sources: &[observed("hcsctl: the service fast-fails, for a shortened list too", &[B26200]), assumed("when the creation would be done; a shortened list is not told from a whole one")] },
];

const _: () = {
    let mut at = 0;
    while at < Quirk::COUNT {
        assert!(QUIRKS[at].quirk as usize == at, "the quirks stand in another order than their names");
        at += 1;
    }
};

/// How a host behaves in time, as data.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// The name.
    pub name: &'static str,
    /// What it stands for.
    pub about: &'static str,
    /// Latencies of [`crate::time::latency`] are multiplied by this.
    pub slower: u64,
    /// How long a guest takes to come up after its start is done, in nanoseconds: the shortest and the longest.
    pub boot: (u64, u64),
    /// How long a guest takes to go down after it was asked to, in nanoseconds.
    pub shutdown: (u64, u64),
    /// Which operation now and then takes longer, one in how many, and by how much in nanoseconds.
    pub stall: Option<(OperationType, u64, u64)>,
}

/// Every profile. All figures are assumed; they fix the order of magnitude only.
pub const PROFILES: &[Profile] = &[NOMINAL, LOADED, STALLING];

/// What a world has unless it is told otherwise.
pub const NOMINAL: Profile = Profile {
    name: "nominal",
    about: "an idle host; a guest is up as soon as its start is done",
    slower: 1,
    boot: (0, 0),
    shutdown: (500 * MILLISECOND, 3 * SECOND),
    stall: None,
};

/// A host with much to do.
pub const LOADED: Profile = Profile {
    name: "loaded",
    about: "a busy host: everything takes eight times as long, guests come up late and go down slowly",
    slower: 8,
    boot: (5 * SECOND, 40 * SECOND),
    shutdown: (5 * SECOND, 120 * SECOND),
    stall: None,
};

/// A host on which a start stalls now and then.
pub const STALLING: Profile = Profile {
    name: "stalling",
    about: "one start in 600 hangs for five minutes",
    slower: 1,
    boot: (0, 0),
    shutdown: (500 * MILLISECOND, 3 * SECOND),
    stall: Some((OperationType::Start, 600, 300 * SECOND)),
};

impl Profile {
    /// The profile of this name.
    pub fn by_name(name: &str) -> Option<&'static Profile> {
        PROFILES.iter().find(|profile| profile.name == name)
    }
}
