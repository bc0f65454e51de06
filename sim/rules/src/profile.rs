//! Profiles: how fast a host is, and which of two recorded behaviours it shows where recordings conflict.

use crate::build::Build::{self, B20348, B26100, B26200};
use crate::build::Builds;
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
        /// A container of schema 2 whose `Storage.Layers` are there and empty, or fewer than the filter of its volume shows,
        /// takes the service down when it is made.
        EmptyLayersStopService,
        /// `HcsDestroyLayer` succeeds and leaves the folder.
        DestroyKeepsLayer,
        /// The start of a container hangs whose volume was mounted by `HcsAttachLayerStorageFilter` alone.
        BareMountHangsStart,
    }
}

/// One quirk, with what is known about it.
#[derive(Debug)]
pub struct QuirkRow {
    /// The quirk.
    pub quirk: Quirk,
    /// The builds that can show it. On another it cannot be chosen.
    pub builds: Builds,
    /// How it is known.
    pub sources: &'static [Source],
}

const fn quirk(quirk: Quirk, sources: &'static [Source]) -> QuirkRow {
    QuirkRow { quirk, builds: Builds::EVERY, sources }
}

impl QuirkRow {
    const fn on(mut self, builds: &[Build]) -> QuirkRow {
        self.builds = Builds::of(builds);
        self
    }
}

/// Every quirk.
#[rustfmt::skip]
pub const QUIRKS: [QuirkRow; Quirk::COUNT] = [
    quirk(Quirk::StateErrorsFromCall, &[client("hcsshim takes either"), assumed("the pages before 2021 say the function, later ones the operation")]),
    quirk(Quirk::ShutdownNullNotSupported, &[observed("hcsctl; VMLord and cowork-vm saw the other", &[B26200])]),
    quirk(Quirk::ClonesEndWithTemplate, &[observed("discobox, an early note; a later build showed the other", &[B26100])]),
    quirk(Quirk::EndpointsAreFreed, &[assumed("one client saw endpoints stay attached; others restart machines without a modify")]),
    quirk(Quirk::CrashEventsOverlap, &[client("WSL: a data race between the two handlers was mended")]),
    quirk(Quirk::CreateProcessResultIsLost, &[client("hcsshim asks for the information anew, on Windows Server 2022")]).on(&[B20348]),
    quirk(Quirk::ExitWaitTellsTimeOut, &[client("a Rust client takes either form")]),
    quirk(Quirk::RemovesFlexibleIov, &[client("WSL: best effort, refused on some versions")]),
    quirk(Quirk::CoarseMemory, &[observed("appsandbox issue 11: its reporter's 8006 MB are refused, 8000 taken; the maintainer speaks of odd sizes", &[B26100]), assumed("that a piece has 4 MB, the least that agrees with both sizes")]),
    quirk(Quirk::EmptyLayersStopService, &[observed("hcsctl: the service fast-fails, for a shortened list too", &[B26200]),
        assumed("when the creation would be done; that a list is shortened is known only of a volume with a filter, any other list with an element is taken for whole")]),
    quirk(Quirk::DestroyKeepsLayer, &[observed("hcsctl: now and then, for no cause that was found; docker-ci-zap issue 7", &[B26200])]),
    quirk(Quirk::BareMountHangsStart, &[observed("hcsctl: until the functions of the older interface had been over the same scratch", &[B26200]), assumed("that the start never completes")]),
];

const _: () = {
    let mut at = 0;
    while at < Quirk::COUNT {
        assert!(QUIRKS[at].quirk as usize == at, "the quirks stand in another order than their names");
        at += 1;
    }
};

/// Whether a host of this build can show the quirk.
pub const fn can_show(quirk: Quirk, build: Build) -> bool {
    QUIRKS[quirk as usize].builds.contains(build)
}

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
