//! A world: its builder, its clients, its time, its faults, its end.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use hcs_machine::effect::{GuestReply, Reply, WaitId};
use hcs_machine::files::Ill;
use hcs_machine::handle::HandleType;
use hcs_machine::input::WorldEvent;
use hcs_machine::{ClientId, Held, Input, Time};
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::profile::{NOMINAL, Profile, Quirk};

use crate::client::Client;
use crate::clock::Clock;
use crate::fault::{Armed, Fault, Filter, Notifications, Until, Verdict};
use crate::mount::Mount;
use crate::pump::Core;
use crate::report::{Leak, Report, sentence};
use crate::sync::{Condvar, Guard, Mutex};
use crate::thread;
use crate::worker;

/// What a world's threads share.
pub(crate) struct Shared {
    core: Mutex<Core>,
    /// A notification waits for a worker, or the world closes.
    pub(crate) work: Condvar,
    /// A turn has been given.
    pub(crate) turn: Condvar,
    /// Something has happened that a stepping or closing thread may wait for.
    pub(crate) settled: Condvar,
}

impl Shared {
    pub(crate) fn lock(&self) -> Guard<'_, Core> {
        self.core.lock()
    }
}

/// A simulated world. Its clones are the same world; the world ends with the last of them and of its clients.
#[derive(Clone)]
pub struct Simulator {
    /// Dropped with the last clone, and before the world that it looks at.
    _alive: Arc<Alive>,
    pub(crate) shared: Arc<Shared>,
}

/// Ends the world's threads with its last simulator, and checks a strict world.
struct Alive {
    shared: Weak<Shared>,
    strict: bool,
}

/// Says what a world is to be like.
#[derive(Clone, Debug)]
pub struct Builder {
    seed: u64,
    build: Build,
    clock: Clock,
    strict: bool,
    transcript: bool,
    profile: &'static Profile,
    quirks: Vec<Quirk>,
    mounts: Vec<(PathBuf, String, Mount)>,
}

impl Builder {
    /// The seed of every random choice. 0 unless said.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Builder {
        self.seed = seed;
        self
    }

    /// The Windows build. Server 2022 unless said.
    #[must_use]
    pub fn on(mut self, build: Build) -> Builder {
        self.build = build;
        self
    }

    /// How time moves. [`Clock::Scheduled`] unless said.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Builder {
        self.clock = clock;
        self
    }

    /// How fast the host is: see [`hcs_rules::profile::PROFILES`]. Nominal unless said.
    #[must_use]
    pub fn profile(mut self, profile: &'static Profile) -> Builder {
        self.profile = profile;
        self
    }

    /// The host shows this behaviour, where recordings conflict. None unless said. Some quirks are known of some builds
    /// alone, see [`hcs_rules::profile::QUIRKS`]; on another build such a quirk does nothing.
    #[must_use]
    pub fn quirk(mut self, quirk: Quirk) -> Builder {
        self.quirks.push(quirk);
        self
    }

    /// The world fails the test when it is dropped and did not end clean: see [`Report`].
    #[must_use]
    pub fn strict(mut self) -> Builder {
        self.strict = true;
        self
    }

    /// Every step is written down: see [`Simulator::transcript`].
    #[must_use]
    pub fn transcript(mut self) -> Builder {
        self.transcript = true;
        self
    }

    /// A directory of the real host is in the simulated one, at this place: see [`Simulator::mount`]. One that cannot be mounted
    /// is told as a trouble at the world's end.
    #[must_use]
    pub fn mount(mut self, directory: impl AsRef<Path>, place: &str, mode: Mount) -> Builder {
        self.mounts.push((directory.as_ref().to_owned(), place.to_owned(), mode));
        self
    }

    /// Begins the world.
    pub fn start(self) -> Simulator {
        let shared = Arc::new(Shared {
            core: Mutex::new(Core::new(self.build, self.seed, self.clock, self.profile, self.transcript)),
            work: Condvar::new(),
            turn: Condvar::new(),
            settled: Condvar::new(),
        });
        for quirk in self.quirks {
            shared.lock().step(&Input::World(WorldEvent::Quirk(quirk, true)));
        }
        for (directory, place, mode) in self.mounts {
            let mut core = shared.lock();
            if let Err(error) = core.mount(&directory, &place, mode) {
                core.note_trouble(error.to_string());
            }
        }
        let alive = Arc::new(Alive { shared: Arc::downgrade(&shared), strict: self.strict });
        Simulator { shared, _alive: alive }
    }
}

impl Default for Simulator {
    fn default() -> Self {
        Simulator::builder().start()
    }
}

impl Simulator {
    /// A world to be described. `Simulator::builder().seed(7).on(Build::SERVER_2025).start()`
    pub fn builder() -> Builder {
        Builder {
            seed: 0,
            build: Build::SERVER_2022,
            clock: Clock::Scheduled,
            strict: false,
            transcript: false,
            profile: &NOMINAL,
            quirks: Vec::new(),
            mounts: Vec::new(),
        }
    }

    /// A client: a process of this name, run by an administrator.
    pub fn client(&self, name: &str) -> Client {
        self.client_as(name, Rights::Administrator)
    }

    /// A client with these rights.
    pub fn client_as(&self, name: &str, rights: Rights) -> Client {
        let mut core = self.shared.lock();
        core.names.push(name.to_owned());
        match core.step(&Input::Connect(rights)) {
            Reply::Connected(id) => Client::new(self.clone(), id),
            other => unreachable!("a connection is answered with {other:?}"),
        }
    }

    /// The build that is simulated.
    pub fn build(&self) -> Build {
        self.shared.lock().host.build()
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.shared.lock().seed
    }

    /// How long the world has run, in its own time.
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.shared.lock().clock.now().0)
    }

    /// The digest of everything that happened: equal digests, equal histories.
    pub fn digest(&self) -> String {
        self.shared.lock().host.digest().to_string()
    }

    /// What is simulated, call by call: the exports of this build, and whether each is modelled.
    pub fn capabilities(&self) -> Vec<(&'static str, bool)> {
        let build = self.build();
        let exports = hcs_rules::export::EXPORTS.iter().filter(|export| export.on(build));
        exports.map(|export| (export.name, export.call.is_some())).collect()
    }

    /// The lines of the transcript, if one is written.
    pub fn transcript(&self) -> Vec<String> {
        self.shared.lock().transcript.as_ref().map(|transcript| transcript.lines.clone()).unwrap_or_default()
    }

    /// Takes the lines of the transcript that have come since the last time.
    pub fn take_transcript(&self) -> Vec<String> {
        self.shared
            .lock()
            .transcript
            .as_mut()
            .map(|transcript| std::mem::take(&mut transcript.lines))
            .unwrap_or_default()
    }

    /// Keeps the lines of the transcript from now on, as [`Builder::transcript`] does from the beginning.
    pub fn keep_transcript(&self) {
        self.shared.lock().transcript.get_or_insert_default().keeps = true;
    }

    /// Writes every line of the transcript there from now on, as it comes; what was written there before is no more.
    pub fn write_transcript_to(&self, sink: impl std::io::Write + Send + 'static) {
        self.shared.lock().transcript.get_or_insert_default().sink = Some(Box::new(sink));
    }

    // -- Faults.

    /// Adds a rule of faults.
    pub fn fault(&self, fault: Fault) {
        let mut core = self.shared.lock();
        let number = core.rule_number();
        core.faults.push(Armed::new(fault, number));
    }

    /// Holds notifications back until the moment said, or until the hold is released or dropped.
    pub fn hold(&self, which: Notifications, until: Until) -> Hold {
        let number = self.filter(which, u32::MAX, until, Verdict::Hold);
        Hold { shared: Arc::downgrade(&self.shared), number }
    }

    /// Drops the next so many notifications.
    pub fn drop_notifications(&self, which: Notifications, times: u32) {
        self.filter(which, times, Until::Released, |_| Verdict::Drop);
    }

    /// Delivers the next so many notifications twice.
    pub fn double_notifications(&self, which: Notifications, times: u32) {
        self.filter(which, times, Until::Released, |_| Verdict::Twice);
    }

    fn filter(&self, which: Notifications, times: u32, until: Until, verdict: impl Fn(u64) -> Verdict) -> u64 {
        let mut core = self.shared.lock();
        let number = core.rule_number();
        core.filters.push(Filter { number, which, verdict: verdict(number), times, until, fired: 0 });
        number
    }

    // -- World events. Each answers whether it found something to do.

    /// The guest of the system with this id crashes.
    pub fn guest_crash(&self, id: &str) -> bool {
        self.world(WorldEvent::GuestCrash(id.into()))
    }

    /// The guest of the system with this id powers itself off.
    pub fn guest_power_off(&self, id: &str) -> bool {
        self.world(WorldEvent::GuestPowerOff(id.into()))
    }

    /// The guest of the system with this id restarts.
    pub fn guest_reset(&self, id: &str) -> bool {
        self.world(WorldEvent::GuestReset(id.into()))
    }

    /// The guest connection of the system with this id is lost.
    pub fn guest_disconnect(&self, id: &str) -> bool {
        self.world(WorldEvent::GuestDisconnect(id.into()))
    }

    /// The guest of the system with this id turns enhanced session mode on or off.
    pub fn rdp_mode_change(&self, id: &str) -> bool {
        self.world(WorldEvent::RdpModeChange(id.into()))
    }

    /// The worker process of the system with this id dies.
    pub fn worker_crash(&self, id: &str) -> bool {
        self.world(WorldEvent::WorkerCrash(id.into()))
    }

    /// The Hyper-V manager starts a machine of its own under this id: clients find it in the list, with the owner `VMMS`, and
    /// can open it. It ends as its guest or its worker process does, or as a client ends it.
    pub fn manager_starts(&self, id: &str) -> bool {
        self.world(WorldEvent::ManagerStarts(id.into()))
    }

    /// The host shows a quirk from now on, or no more. One that its build cannot show it does not.
    pub fn set_quirk(&self, quirk: Quirk, on: bool) -> bool {
        self.world(WorldEvent::Quirk(quirk, on))
    }

    /// The host is as fast as this from now on.
    pub fn set_profile(&self, profile: &'static Profile) {
        self.shared.lock().profile = profile;
    }

    /// Every operation that begins from now on takes this long, before faults have their say; `None` is as long as is drawn.
    pub fn set_latency(&self, latency: Option<Duration>) {
        let latency = latency.map(|latency| u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
        self.shared.lock().latency = latency;
    }

    /// How many calls are blocked now.
    pub fn blocked_calls(&self) -> usize {
        self.shared.lock().blocked.iter().filter(|(_, blocked)| !blocked.program).count()
    }

    /// The host has a hypervisor from now on, or none. It has one unless said.
    pub fn set_hypervisor(&self, there: bool) -> bool {
        self.world(WorldEvent::Hypervisor(there))
    }

    /// The endpoints of the host's network, by their ids; `None` is whatever is asked for, which it is unless said.
    pub fn set_endpoints(&self, endpoints: Option<&[&str]>) -> bool {
        let endpoints = endpoints.map(|ids| ids.iter().map(|id| (*id).into()).collect());
        self.world(WorldEvent::Endpoints(endpoints))
    }

    /// A file with a saved state is put at this path, or is gone from it.
    pub fn set_saved_state(&self, path: &str, there: bool) -> bool {
        self.world(WorldEvent::SavedState(path.into(), there))
    }

    /// What the system with this id has that can be modified: from its document, and from modify requests since.
    pub fn resources(&self, id: &str) -> Vec<Held> {
        self.shared.lock().host.resources(id)
    }

    /// The compute service stops.
    pub fn service_stop(&self) -> bool {
        self.world(WorldEvent::ServiceStop)
    }

    /// The compute service is back.
    pub fn service_return(&self) -> bool {
        self.world(WorldEvent::ServiceReturn)
    }

    /// The client's process dies, whatever its threads are doing.
    pub fn client_death(&self, client: &Client) -> bool {
        let happened = self.world(WorldEvent::ClientDeath(client.id()));
        self.shared.lock().book.close_client(client.id().0);
        happened
    }

    pub(crate) fn world(&self, event: WorldEvent) -> bool {
        let mut core = self.shared.lock();
        let reply = core.step(&Input::World(event));
        thread::after_step(&self.shared, &mut core);
        reply == Reply::Happened(true)
    }

    // -- Time.

    /// Moves a stepped world's time forward, moment by moment: what is due at one moment is delivered, callbacks
    /// included, before the next. In other worlds it lets at least this much time pass.
    pub fn advance(&self, by: Duration) {
        let target = {
            let core = self.shared.lock();
            core.clock.now().after(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX))
        };
        self.advance_to(target);
    }

    /// Lets everything that the service has pending happen; a hanging operation stays, and programs of guests go on, because
    /// some never end. Callbacks have returned when this does.
    pub fn settle(&self) {
        loop {
            let due = self.shared.lock().host.next_service_work();
            match due {
                Some(due) => self.advance_to(due),
                None => {
                    worker::drain(&self.shared);
                    if self.shared.lock().host.next_service_work().is_none() {
                        return;
                    }
                }
            }
        }
    }

    /// Waits until every callback that is due has returned. Time does not move.
    pub fn drain(&self) {
        worker::drain(&self.shared);
    }

    /// The same, while no callback takes longer than this in real time. Answers whether all have returned.
    pub fn drain_within(&self, limit: Duration) -> bool {
        worker::drain_within(&self.shared, limit)
    }

    /// When something is due next, in the world's own time.
    pub fn next_due(&self) -> Option<Duration> {
        self.shared.lock().host.next_due().map(|due| Duration::from_nanos(due.0))
    }

    fn advance_to(&self, target: Time) {
        loop {
            worker::drain(&self.shared);
            let mut core = self.shared.lock();
            let due = core.host.next_due().filter(|due| *due <= target);
            core.clock.jump(due.unwrap_or(target));
            core.step(&Input::Tick);
            thread::after_step(&self.shared, &mut core);
            if due.is_none() {
                break;
            }
        }
        worker::drain(&self.shared);
    }

    // -- The end.

    /// Ends the world and tells how it went. Handles that are still open are leaks, unless their client has died.
    pub fn finish(&self) -> Report {
        worker::drain(&self.shared);
        let core = self.shared.lock();
        report(&core)
    }
}

/// Holds notifications back until it is released or dropped.
#[derive(Debug)]
pub struct Hold {
    shared: Weak<Shared>,
    number: u64,
}

impl Hold {
    /// How many notifications are held.
    pub fn count(&self) -> usize {
        let Some(shared) = self.shared.upgrade() else { return 0 };
        let core = shared.lock();
        core.held.iter().filter(|(hold, _)| *hold == self.number).count()
    }

    /// Lets them go, in the order in which they came.
    pub fn release(self) {
        drop(self);
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a simulated world")
    }
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.shared.fmt(out)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            let mut core = shared.lock();
            core.filters.retain(|filter| filter.number != self.number);
            core.release(self.number);
            thread::after_step(&shared, &mut core);
        }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        let Some(shared) = self.shared.upgrade() else { return };
        let strict = self.strict && !std::thread::panicking();
        let told = {
            let mut core = shared.lock();
            core.closing = true;
            // Programs outside end with their world.
            let programs = core.blocked.iter().filter(|(_, blocked)| blocked.program);
            let programs: Vec<WaitId> = programs.map(|(wait, _)| *wait).collect();
            for wait in programs {
                core.wake(wait, Reply::Guest(GuestReply::Over));
            }
            core.programs.clear();
            strict.then(|| report(&core))
        };
        shared.work.notify_all();
        shared.turn.notify_all();
        if let Some(told) = told {
            told.assert_clean();
        }
    }
}

fn report(core: &Core) -> Report {
    let mut report = Report { digest: core.host.digest().to_string(), ..Report::default() };
    for (at, finding) in &core.findings {
        let told = format!("{} at {at}", sentence(finding, |client| core.name(client)));
        if finding.would_fault() { report.would_fault.push(told) } else { report.not_modelled.push(told) }
    }
    report.would_fault.extend(core.misuse.iter().cloned());
    for page in core.book.pages() {
        let client = ClientId(page.client);
        let id = core.host.id_of(client, page.handle).map(|id| format!("compute system \"{id}\""));
        let what = match page.handle.parts().map(|(kind, _)| kind) {
            Some(HandleType::System) => format!("the handle of {}", id.as_deref().unwrap_or("a compute system")),
            Some(HandleType::Process) => {
                let process = core.host.process_id_of(client, page.handle);
                let process = process.map_or("a process".to_owned(), |process| format!("process {process}"));
                format!("the handle of {process} in {}", id.as_deref().unwrap_or("a compute system that is gone"))
            }
            Some(HandleType::Stream) => "a standard stream".to_owned(),
            Some(HandleType::Disk) => "a disk".to_owned(),
            Some(HandleType::Legacy) => match id {
                Some(id) => format!("a handle of vmcompute.dll about {id}"),
                None => "a handle of vmcompute.dll".to_owned(),
            },
            Some(HandleType::Operation) | None => "an operation".to_owned(),
        };
        report.leaks.push(Leak { what, client: core.name(page.client), place: page.place });
    }
    report.unfired = core.faults.iter().filter_map(Armed::complaint).collect();
    report.unfired.extend(
        core.filters
            .iter()
            .filter(|filter| filter.fired == 0)
            .map(|filter| format!("rule {} about notifications ({:?}) never met one", filter.number, filter.which)),
    );
    let troubles = core.host.files().troubles().iter().filter(|trouble| !trouble.fired);
    report.unfired.extend(troubles.map(|trouble| {
        let what = match trouble.ill {
            Ill::Full => "a volume that is full once",
            Ill::NotReady => "a volume that is not ready",
            Ill::InUse => "a file that is in use",
        };
        format!("{what} was met by nobody; {} were to go well before it", trouble.before)
    }));
    report.troubles.clone_from(&core.troubles);
    if core.findings_left_out > 0 {
        report.troubles.push(format!("{} more findings are left out", core.findings_left_out));
    }
    if !core.held.is_empty() {
        report.troubles.push(format!("{} notifications are still held", core.held.len()));
    }
    report
}
