//! What whoever drives a host may ask of it: when something is due, whom it concerns, what is in it.

use std::sync::Arc;

use hcs_rules::build::Build;
use hcs_rules::legacy::sibling;
use hcs_rules::profile::Quirk;
use hcs_rules::vocabulary::{Call, OperationType};

use crate::canonical::Digest;
use crate::effect::{GuestId, Target};
use crate::handle::{Handle, HandleType};
use crate::host::{Host, Item, incarnation_shard};
use crate::id::FoldedId;
use crate::input::{ClientId, Request, Text};
use crate::legacy::Behind;
use crate::table::Key;
use crate::time::Time;
use crate::wait::For;

/// What a random draw is for. Draws keyed so do not move each other: leaving one call out of a sequence leaves the draws
/// of all other objects as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Draw {
    /// The call.
    pub call: Call,
    /// The object: a system in one of its lives, an id to be created, or a client.
    pub object: u64,
    /// How often this call has been made on the object.
    pub ordinal: u32,
}

/// What a handle is of.
enum Subject {
    System(Key),
    Process(Key),
}

impl Host {
    /// When the next thing is due. A hanging operation is never due.
    pub fn next_due(&self) -> Option<Time> {
        self.agenda.first_key_value().map(|((due, _), _)| *due).filter(|due| *due != Time::NEVER)
    }

    /// When the next request is due or the next program goes on, time-outs of waits left aside. Looks at the agenda from its
    /// beginning.
    pub fn next_work(&self) -> Option<Time> {
        self.next_of(|item| match item {
            // What a program outside waits for is its own work, as what one inside waits for is.
            Item::TimeOut(wait) => self.waits.get(*wait).is_some_and(|wait| matches!(wait.awaits, For::Guest(_))),
            _ => true,
        })
    }

    /// When the service has something to do next. Programs left aside: some never end.
    pub fn next_service_work(&self) -> Option<Time> {
        self.next_of(|item| matches!(item, Item::Work(_) | Item::Guest(_)))
    }

    fn next_of(&self, wanted: impl Fn(&Item) -> bool) -> Option<Time> {
        let mut due = self.agenda.iter().filter(|(_, item)| wanted(item)).map(|((due, _), _)| *due);
        due.next().filter(|due| *due != Time::NEVER)
    }

    /// Whether somebody who waits in no call is to be told of a request that is due soon: among the first on the agenda, so
    /// that a long agenda costs no more to ask about than a short one.
    pub fn is_somebody_to_be_told(&self) -> bool {
        const SOON: usize = 64;
        let listens = |key: &Key| self.handles.get(*key).is_some_and(|handle| handle.registration.is_some());
        let hears = |key: &Key| self.process_handles.get(*key).is_some_and(|handle| handle.registration.is_some());
        self.agenda.iter().take(SOON).take_while(|((due, _), _)| *due != Time::NEVER).any(|(_, item)| {
            let work = match item {
                Item::Work(work) => work,
                Item::Guest(key) => {
                    return self.systems.get(*key).is_some_and(|system| system.handles.iter().any(listens));
                }
                Item::Program(key) => {
                    let Some(process) = self.processes.get(*key) else { return false };
                    let system = self.systems.get(process.system);
                    return process.handles.iter().any(hears)
                        || system.is_some_and(|system| process.init && system.handles.iter().any(listens));
                }
                Item::TimeOut(_) => return false,
            };
            let process = work.on_process.as_ref().and_then(|on| self.processes.get(on.process));
            if process.is_some_and(|process| process.handles.iter().any(hears)) {
                return true;
            }
            let operation = work.operation.and_then(|key| self.operations.get(key));
            let system = work.system.and_then(|key| self.systems.get(key));
            operation.is_some_and(|operation| operation.callback)
                || system.is_some_and(|system| system.handles.iter().any(listens))
        })
    }

    /// Whether a notification's target still has the callback that was meant.
    pub fn is_registered(&self, target: &Target) -> bool {
        match target.handle.parts() {
            Some((HandleType::Operation, key)) => self.operations.get(key).is_some_and(|operation| {
                operation.client == target.client && operation.callback && operation.registration == target.registration
            }),
            Some((HandleType::System, key)) => self.handles.get(key).is_some_and(|handle| {
                handle.client == target.client && handle.registration == Some(target.registration)
            }),
            Some((HandleType::Process, key)) => self.process_handles.get(key).is_some_and(|handle| {
                handle.client == target.client && handle.registration == Some(target.registration)
            }),
            Some((HandleType::Legacy, key)) => self.is_registered_callback(key, target),
            Some((HandleType::Stream | HandleType::Disk, _)) | None => false,
        }
    }

    /// Whether the host shows a quirk.
    pub fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(quirk)
    }

    /// The moment of the last step.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The build that is simulated.
    pub fn build(&self) -> Build {
        self.build
    }

    /// The digest of every step so far.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// How many requests are running, hanging ones included.
    pub fn pending(&self) -> usize {
        self.agenda.values().filter(|item| matches!(item, Item::Work(_))).count()
    }

    /// How many systems are known, those that are over and still held included.
    pub fn systems(&self) -> usize {
        self.systems.len()
    }

    /// How many processes are known, those that are over and still held included.
    pub fn processes(&self) -> usize {
        self.processes.len()
    }

    /// How many calls are blocked.
    pub fn waits(&self) -> usize {
        self.waits.len()
    }

    /// How many standard streams there are, with both ends open or one.
    pub fn pipes(&self) -> usize {
        self.pipes.len()
    }

    /// What the latency of this call is to be drawn for; `None` when the call starts no operation.
    pub fn draw(&self, client: ClientId, request: &Request) -> Option<Draw> {
        let call = sibling(request.call()?);
        let kind = call.operation_type()?;
        let named = request.id().filter(|_| kind == OperationType::Create);
        let (object, ordinal) = match (named, request.on()) {
            (Some(Text::Some(id)), _) => {
                let namespace = match request {
                    Request::CreateComputeSystemInNamespace { namespace: Text::Some(namespace), .. } => {
                        Some(&**namespace)
                    }
                    _ => None,
                };
                let hash = FoldedId::hash_of(namespace, id);
                (hash, self.incarnations.as_ref().map_or(0, |counts| counts[incarnation_shard(hash)]))
            }
            (_, Some(handle)) => match self.subject(client, handle)? {
                Subject::System(key) => {
                    let system = self.systems.get(key)?;
                    (system.object, system.ordinals[kind.index()])
                }
                Subject::Process(key) => {
                    let process = self.processes.get(key)?;
                    (process.object, process.ordinals[kind.index()])
                }
            },
            (_, None) => {
                let client = self.client(client)?;
                (client.id.0.into(), client.ordinals[kind.index()])
            }
        };
        Some(Draw { call, object, ordinal })
    }

    /// The id of the system behind a handle: what a rule of faults may ask before the call is made.
    pub fn id_of(&self, client: ClientId, handle: Handle) -> Option<Arc<str>> {
        let system = match self.subject(client, handle)? {
            Subject::System(system) => system,
            Subject::Process(process) => self.processes.get(process)?.system,
        };
        Some(self.systems.get(system)?.id.clone())
    }

    /// What a client's handle is of, in whichever interface.
    fn subject(&self, client: ClientId, handle: Handle) -> Option<Subject> {
        match handle.parts()?.0 {
            HandleType::System => Some(Subject::System(self.system_handle(client, handle).ok()?.1.system)),
            HandleType::Process => Some(Subject::Process(self.process_handle(client, handle).ok()?.1.process)),
            HandleType::Legacy => match self.behind(client, handle)? {
                Behind::System(key) => Some(Subject::System(self.handles.get(key)?.system)),
                Behind::Process(key) => Some(Subject::Process(self.process_handles.get(key)?.process)),
            },
            HandleType::Operation | HandleType::Stream | HandleType::Disk => None,
        }
    }

    /// The id, in its guest, of the process behind a handle. `None` also for one that never ran.
    pub fn process_id_of(&self, client: ClientId, handle: Handle) -> Option<u32> {
        let Subject::Process(process) = self.subject(client, handle)? else { return None };
        Some(self.processes.get(process)?.id).filter(|id| *id != 0)
    }

    /// A process whose program runs outside, by its image and its id in its guest.
    pub fn program_of(&self, guest: GuestId) -> Option<(Arc<str>, u32)> {
        let process = self.processes.get(guest.0)?;
        Some((process.image.clone(), process.id))
    }
}
