//! The host: owns every table and the agenda, runs each call through the stages, applies rows.
//!
//! [`Host::step`] is the only way in. It first does what is due, then what the input says, and chains the digest.
//!
//! | file | what is there |
//! |---|---|
//! | `stage` | the stages, and who carries an admitted call out |
//! | `lookup` | what is behind a handle |
//! | `question` | what whoever drives a host may ask of it |

mod lookup;
mod question;
mod stage;
mod storage;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::profile::Quirks;
use hcs_rules::service::Service;
use hcs_rules::vocabulary::{OperationType, Trigger};
use uuid::Uuid;

use crate::canonical::{Digest, Scratch};
use crate::client::Client;
use crate::effect::{Effect, Reply};
use crate::id::{FoldedId, Index};
use crate::input::{ClientId, Input, Registered};
use crate::legacy::LegacyHandle;
use crate::operation::{Lane, Operation, Work};
use crate::process::{Process, ProcessHandle};
use crate::service::Settings;
use crate::stream::{Pipe, StreamEnd};
use crate::system::{System, SystemHandle};
use crate::table::{Key, Table};
use crate::time::Time;
use crate::wait::Wait;

/// A place on the agenda: the moment, and the order among those of the same moment.
pub(crate) type Due = (Time, u64);

/// What is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// An operation's request completes.
    Work(Work),
    /// A guest has done what a shutdown asked for.
    Guest(Key),
    /// A program goes on.
    Program(Key),
    /// A blocked call's time is up.
    TimeOut(Key),
}

/// A simulated host with its compute service.
#[derive(Clone, Debug)]
pub struct Host {
    pub(crate) build: Build,
    pub(crate) now: Time,
    pub(crate) service: Service,
    /// How often the service has gone. A handle made before the last time is lost.
    pub(crate) epoch: u32,
    pub(crate) clients: Vec<Client>,
    pub(crate) systems: Table<System>,
    pub(crate) handles: Table<SystemHandle>,
    pub(crate) operations: Table<Operation>,
    pub(crate) waits: Table<Wait>,
    pub(crate) processes: Table<Process>,
    pub(crate) process_handles: Table<ProcessHandle>,
    pub(crate) pipes: Table<Pipe>,
    pub(crate) streams: Table<StreamEnd>,
    pub(crate) storage: SharedStorage,
    pub(crate) legacy: Table<LegacyHandle>,
    /// Signals and terminations in flight, by process and by the system handle through which they go: the first works, the
    /// others wait for it.
    pub(crate) signals: BTreeMap<(Key, Key), Lane>,
    /// How many processes the host itself has given an id to.
    pub(crate) process_count: u32,
    /// The programs that the world has registered, by their folded names.
    pub(crate) programs: BTreeMap<Arc<str>, Registered>,
    pub(crate) index: Index,
    pub(crate) agenda: BTreeMap<Due, Item>,
    /// What the host shows where recordings conflict.
    pub(crate) quirks: Quirks,
    /// Whether there is a hypervisor.
    pub(crate) hypervisor: bool,
    /// The endpoints of the host's network; `None` is whatever is asked for.
    pub(crate) endpoints: Option<Arc<BTreeSet<Uuid>>>,
    /// To which system each endpoint is attached, by the system's place in the order of creation.
    pub(crate) attached: BTreeMap<Uuid, u64>,
    /// The paths at which saved states are whose folders the host does not have.
    pub(crate) saved: BTreeSet<FoldedId>,
    pub(crate) settings: Settings,
    /// Numbers whatever needs an order: agenda entries, systems, registrations.
    sequence: u64,
    /// How often each shard of ids has been created in, so that a system's draws are its own.
    /// None as long as there never was one; forks share it.
    pub(crate) incarnations: Option<Arc<[u32; INCARNATION_SHARDS]>>,
    digest: Digest,
    scratch: Scratch,
}

impl PartialEq for Host {
    /// Two hosts are equal when they will answer everything alike. The scratch buffer is not part of that.
    fn eq(&self, other: &Host) -> bool {
        self.build == other.build
            && self.now == other.now
            && self.service == other.service
            && self.epoch == other.epoch
            && self.sequence == other.sequence
            && self.digest == other.digest
            && self.clients == other.clients
            && self.systems == other.systems
            && self.handles == other.handles
            && self.operations == other.operations
            && self.waits == other.waits
            && self.processes == other.processes
            && self.process_handles == other.process_handles
            && self.pipes == other.pipes
            && self.streams == other.streams
            && self.storage == other.storage
            && self.legacy == other.legacy
            && self.signals == other.signals
            && self.process_count == other.process_count
            && self.programs == other.programs
            && self.index == other.index
            && self.agenda == other.agenda
            && self.quirks == other.quirks
            && self.hypervisor == other.hypervisor
            && self.endpoints == other.endpoints
            && self.attached == other.attached
            && self.saved == other.saved
            && self.settings == other.settings
            && self.incarnations == other.incarnations
    }
}

impl Eq for Host {}

pub use self::question::Draw;
pub(crate) use self::stage::{Admitted, refusal};
use self::storage::SharedStorage;

impl Host {
    /// A host of this build, with the service running and nothing else.
    pub fn new(build: Build) -> Host {
        Host {
            build,
            now: Time::ZERO,
            service: Service::Running,
            epoch: 0,
            clients: Vec::new(),
            systems: Table::default(),
            handles: Table::default(),
            operations: Table::default(),
            waits: Table::default(),
            processes: Table::default(),
            process_handles: Table::default(),
            pipes: Table::default(),
            streams: Table::default(),
            storage: SharedStorage::default(),
            legacy: Table::default(),
            signals: BTreeMap::new(),
            process_count: 0,
            programs: BTreeMap::new(),
            index: Index::default(),
            agenda: BTreeMap::new(),
            quirks: Quirks::NONE,
            hypervisor: true,
            endpoints: None,
            attached: BTreeMap::new(),
            saved: BTreeSet::new(),
            settings: Settings::default(),
            sequence: 0,
            incarnations: None,
            digest: Digest::start(build),
            scratch: Scratch::default(),
        }
    }

    /// Takes one input at one moment; appends what comes of it to `effects`. A moment before the last is taken as the last.
    pub fn step(&mut self, now: Time, input: &Input, effects: &mut Vec<Effect>) {
        let first = effects.len();
        self.now = self.now.max(now);
        self.run_due(effects);
        match input {
            Input::Connect(rights) => self.connect(*rights, effects),
            Input::Call(client, request, fate) => self.call(*client, request, fate, effects),
            Input::Stream(client, request) => {
                let reply = self.stream(*client, request, effects);
                effects.push(Effect::Reply(reply));
            }
            Input::Guest(guest, request) => {
                let reply = self.guest(*guest, request, effects);
                effects.push(Effect::Reply(reply));
            }
            Input::RemoveTree(client, path) => {
                let fault = self.remove_tree(*client, path);
                effects.push(Effect::Reply(Reply::Files(fault)));
            }
            Input::World(event) => {
                let happened = self.world(event, effects);
                effects.push(Effect::Reply(Reply::Happened(happened)));
            }
            Input::GiveUp(wait) => self.time_out(wait.0, effects),
            Input::Tick => {}
        }
        self.digest = self.digest.chain(&mut self.scratch, self.now, input, &effects[first..]);
    }

    pub(crate) fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Does everything that is due, in the order of (moment, sequence).
    fn run_due(&mut self, effects: &mut Vec<Effect>) {
        while let Some(entry) = self.agenda.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            match entry.remove_entry() {
                (due, Item::Work(work)) if self.stops_service(&work) => {
                    // The service takes what is in flight with it, this request too.
                    self.agenda.insert(due, Item::Work(work));
                    self.service_stop(effects);
                }
                (due, Item::Work(work)) if self.hangs(&work) => self.hang(due, work),
                (due, Item::Work(work)) => self.complete(due, work, effects),
                (_, Item::Guest(system)) => {
                    self.happen(Trigger::GuestStops, system, effects);
                }
                (_, Item::Program(process)) => self.run_program(process, effects),
                (_, Item::TimeOut(wait)) => self.time_out(wait, effects),
            }
        }
    }

    /// A client appears.
    #[cold]
    fn connect(&mut self, rights: Rights, effects: &mut Vec<Effect>) {
        let id = ClientId(self.clients.len() as u32 + 1);
        self.clients.push(Client::new(id, rights));
        effects.push(Effect::Reply(Reply::Connected(id)));
    }

    /// Counts a call on a client's own account, for the next draw.
    pub(crate) fn count_client_call(&mut self, client: ClientId, kind: OperationType) {
        if let Some(client) = (client.0 as usize).checked_sub(1).and_then(|index| self.clients.get_mut(index)) {
            client.ordinals[kind.index()] += 1;
        }
    }
}

/// The shard of ids in which creations are counted.
pub(crate) const fn incarnation_shard(hash: u64) -> usize {
    (hash % INCARNATION_SHARDS as u64) as usize
}

/// Enough that two ids of one test rarely share a count, few enough that a fresh world costs nothing.
pub(crate) const INCARNATION_SHARDS: usize = 256;
