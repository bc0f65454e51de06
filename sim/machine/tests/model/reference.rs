//! The reference model: nested ifs over what systems go through, without a row.

use hcs_rules::hresult::Hresult;

use super::{CLIENTS, CONNECTED, Doing, ELSEWHERE, GUEST, HOSTED, LATENCY, Step};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Creating,
    Refused,
    Created,
    Starting,
    Running,
    Pausing,
    Paused,
    Resuming,
    Saving,
    Template,
    Stopping,
    Terminating,
    Over,
}

/// One system.
#[derive(Clone, Copy)]
struct System {
    id: usize,
    life: Life,
    /// The system that it lives in.
    host: Option<usize>,
    /// Whether it has the pipe that a modify request adds.
    pipe: bool,
    /// When its guest will be down, and the place among what is due then.
    down: Option<(u64, u64)>,
}

#[derive(Clone, Copy)]
struct Operation {
    client: u32,
    open: bool,
    /// `None` before any call, then pending or the code.
    result: Option<Option<Hresult>>,
    /// The request that may still answer on it.
    serial: u64,
}

#[derive(Clone, Copy)]
struct Holder {
    client: u32,
    system: usize,
    open: bool,
    lost: bool,
    listens: bool,
}

#[derive(Clone, Copy)]
struct Pending {
    due: u64,
    operation: usize,
    serial: u64,
    /// [`NOBODY`] for a list.
    system: usize,
    doing: Doing,
    refusal: Option<Hresult>,
}

#[derive(Default)]
pub(super) struct Model {
    now: u64,
    down: bool,
    dead: [bool; CLIENTS as usize + 1],
    operations: Vec<Operation>,
    holders: Vec<Holder>,
    systems: Vec<System>,
    pending: Vec<Pending>,
    serial: u64,
}

const BAD: Hresult = Hresult::ERROR_INVALID_HANDLE;
const NOBODY: usize = usize::MAX;

impl Model {
    pub(super) fn step(&mut self, step: Step) -> Hresult {
        if let Step::Pass(milliseconds) = step {
            self.now += milliseconds;
        }
        self.run_due();
        let answer = self.answer(step).unwrap_or_else(|code| code);
        self.now += 1;
        answer
    }

    fn answer(&mut self, step: Step) -> Result<Hresult, Hresult> {
        match step {
            Step::Operation(client) => {
                self.living_client(client)?;
                self.operations.push(Operation { client, open: true, result: None, serial: 0 });
            }
            Step::Create(client, id, o) => {
                self.living_client(client)?;
                let operation = self.operation(client, o)?;
                self.free(operation)?;
                if self.down {
                    return Err(self.fail(operation, Hresult::HCS_E_SERVICE_NOT_AVAILABLE));
                }
                let taken = self.living(id).is_some();
                let life = if taken { Life::Refused } else { Life::Creating };
                self.systems.push(System { id, life, host: None, pipe: false, down: None });
                let system = self.systems.len() - 1;
                self.holders.push(Holder { client, system, open: true, lost: false, listens: false });
                self.begin(operation, system, Doing::Create, taken.then_some(Hresult::HCS_E_SYSTEM_ALREADY_EXISTS));
            }
            Step::Open(client, id) => {
                self.living_client(client)?;
                if self.down {
                    return Err(Hresult::HCS_E_SERVICE_NOT_AVAILABLE);
                }
                let system = self.living(id).ok_or(Hresult::HCS_E_SYSTEM_NOT_FOUND)?;
                self.holders.push(Holder { client, system, open: true, lost: false, listens: false });
            }
            Step::Call(client, doing, s, o) => self.call(client, doing, s, o)?,
            Step::Close(client, s) => {
                self.living_client(client)?;
                if let Ok(holder) = self.holder(client, s) {
                    self.close(holder);
                }
            }
            Step::CloseOperation(client, o) => {
                self.living_client(client)?;
                if let Ok(operation) = self.operation(client, o) {
                    self.operations[operation].open = false;
                }
            }
            Step::Result(client, o) => {
                self.living_client(client)?;
                let operation = self.operation(client, o)?;
                return Ok(match self.operations[operation].result {
                    None => Hresult::HCS_E_OPERATION_NOT_STARTED,
                    Some(None) => Hresult::HCS_E_OPERATION_PENDING,
                    Some(Some(code)) => code,
                });
            }
            Step::Poll(client, o) => {
                self.living_client(client)?;
                let operation = self.operation(client, o)?;
                return Ok(match self.operations[operation].result {
                    None => Hresult::HCS_E_OPERATION_NOT_STARTED,
                    Some(None) => Hresult::HCS_E_OPERATION_TIMEOUT,
                    Some(Some(code)) => code,
                });
            }
            Step::List(client, _, o) => {
                self.living_client(client)?;
                let operation = self.operation(client, o)?;
                self.free(operation)?;
                if self.down {
                    return Err(self.fail(operation, Hresult::HCS_E_SERVICE_NOT_AVAILABLE));
                }
                self.begin(operation, NOBODY, Doing::List, None);
            }
            Step::Listen(client, s, on) => {
                let life = self.asked(client, s)?;
                let at = self.holder(client, s)?;
                let holder = &mut self.holders[at];
                if on && holder.listens {
                    return Err(Hresult::HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET);
                }
                if life == Life::Refused {
                    return Err(Hresult::HCS_E_SYSTEM_NOT_FOUND);
                }
                holder.listens = on;
            }
            Step::PollExit(client, s) => match self.asked(client, s)? {
                Life::Over => {}
                Life::Refused => return Err(Hresult::HCS_E_SYSTEM_NOT_FOUND),
                _ => return Err(Hresult::HCS_E_OPERATION_TIMEOUT),
            },
            Step::AskService(client) | Step::Report(client) => {
                self.living_client(client)?;
                if self.down {
                    return Err(Hresult::HCS_E_SERVICE_NOT_AVAILABLE);
                }
            }
            Step::Pass(_) => {}
            // None of the machines survives a restart of its guest: none has a monitor.
            Step::GuestCrash(id) | Step::Reset(id) if !is_machine(id) => {}
            Step::PowerOff(id) | Step::GuestCrash(id) | Step::Reset(id) => {
                let up = |life| matches!(life, Life::Running | Life::Stopping);
                if let Some(system) = self.living(id).filter(|system| up(self.systems[*system].life)) {
                    self.exit(system);
                }
            }
            Step::WorkerCrash(id) => {
                let works = |life| !matches!(life, Life::Creating | Life::Created);
                let found = self.living(id).filter(|system| works(self.systems[*system].life));
                if let Some(system) = found.filter(|_| !is_silo(id)) {
                    self.exit(system);
                }
            }
            Step::Stop => self.stop(),
            Step::Return => self.down = false,
            Step::Die(client) => self.die(client),
        }
        Ok(Hresult::S_OK)
    }

    /// What a call that takes no operation finds behind a system handle.
    fn asked(&self, client: u32, s: usize) -> Result<Life, Hresult> {
        self.living_client(client)?;
        let holder = self.holders[self.holder(client, s)?];
        if holder.lost { Err(Hresult::HCS_E_SERVICE_DISCONNECT) } else { Ok(self.systems[holder.system].life) }
    }

    fn call(&mut self, client: u32, doing: Doing, s: usize, o: usize) -> Result<(), Hresult> {
        self.living_client(client)?;
        let holder = self.holder(client, s)?;
        let operation = self.operation(client, o)?;
        self.free(operation)?;
        if self.holders[holder].lost {
            return Err(self.fail(operation, Hresult::HCS_E_SERVICE_DISCONNECT));
        }
        let system = self.holders[holder].system;
        let System { id, life, .. } = self.systems[system];
        let refusal = refusal(doing, id, life);
        if refusal.is_none() {
            self.admit(system, doing);
        }
        self.begin(operation, system, doing, refusal);
        Ok(())
    }

    /// What an admitted call does at once.
    fn admit(&mut self, system: usize, doing: Doing) {
        let life = &mut self.systems[system].life;
        match doing {
            Doing::Start => *life = Life::Starting,
            Doing::Pause => *life = Life::Pausing,
            Doing::Resume => *life = Life::Resuming,
            Doing::SaveFile | Doing::SaveTemplate => *life = Life::Saving,
            Doing::ShutDown | Doing::ShutDownByGuest => *life = Life::Stopping,
            Doing::Terminate => {
                *life = Life::Terminating;
                self.cut(system, Doing::Start, Hresult::HCS_E_TERMINATED_DURING_START);
                self.cut_changes(system);
            }
            Doing::Create | Doing::Ask | Doing::Crash | Doing::Modify | Doing::List => {}
        }
    }

    /// Ends the requests that change a system which is about to be over.
    fn cut_changes(&mut self, system: usize) {
        for doing in [Doing::Pause, Doing::Resume, Doing::SaveFile, Doing::SaveTemplate, Doing::Modify] {
            self.cut(system, doing, Hresult::HCS_E_SYSTEM_ALREADY_STOPPED);
        }
        for doing in [Doing::ShutDown, Doing::ShutDownByGuest, Doing::Crash] {
            self.cut(system, doing, Hresult::S_OK);
        }
    }

    /// A system ends by itself, and with it the container that lives in it.
    fn exit(&mut self, system: usize) {
        self.cut(system, Doing::Start, Hresult::HCS_E_UNEXPECTED_EXIT);
        self.cut(system, Doing::Terminate, Hresult::S_OK);
        self.cut_changes(system);
        self.systems[system].life = Life::Over;
        self.exit_inside(system);
    }

    fn exit_inside(&mut self, host: usize) {
        for system in 0..self.systems.len() {
            let gone = matches!(self.systems[system].life, Life::Creating | Life::Refused | Life::Over);
            if self.systems[system].host == Some(host) && !gone {
                self.exit(system);
            }
        }
    }

    fn stop(&mut self) {
        if std::mem::replace(&mut self.down, true) {
            return;
        }
        for system in self.systems.iter_mut().filter(|system| system.life != Life::Refused) {
            system.life = Life::Over;
        }
        self.holders.iter_mut().for_each(|holder| holder.lost = true);
        for pending in std::mem::take(&mut self.pending) {
            self.finish(pending, Hresult::HCS_E_SERVICE_DISCONNECT);
        }
    }

    fn die(&mut self, client: u32) {
        if std::mem::replace(&mut self.dead[client as usize], true) {
            return;
        }
        self.operations
            .iter_mut()
            .filter(|operation| operation.client == client)
            .for_each(|operation| operation.open = false);
        for holder in 0..self.holders.len() {
            if self.holders[holder].client == client && self.holders[holder].open {
                self.close(holder);
            }
        }
    }

    fn close(&mut self, holder: usize) {
        self.holders[holder].open = false;
        let system = self.holders[holder].system;
        if self.holders.iter().any(|holder| holder.system == system && holder.open) {
            return;
        }
        let System { id, life, .. } = self.systems[system];
        let over = matches!(life, Life::Over | Life::Refused);
        if over || id != CONNECTED {
            self.cut(system, Doing::Start, Hresult::HCS_E_TERMINATED_DURING_START);
            self.cut(system, Doing::Create, Hresult::HCS_E_TERMINATED);
            self.cut(system, Doing::Terminate, Hresult::S_OK);
            self.cut(system, Doing::Ask, Hresult::HCS_E_SYSTEM_NOT_FOUND);
            self.cut_changes(system);
            self.systems[system].life = Life::Over;
            self.exit_inside(system);
        }
    }

    fn run_due(&mut self) {
        loop {
            let work = self.pending.iter().enumerate().map(|(at, pending)| (pending.due, pending.serial, Ok(at)));
            let stopping = self.systems.iter().enumerate();
            let guests = stopping.filter_map(|(at, system)| system.down.map(|(due, serial)| (due, serial, Err(at))));
            let due = work.chain(guests).filter(|(due, ..)| *due <= self.now);
            match due.min_by_key(|(due, serial, _)| (*due, *serial)) {
                None => return,
                Some((_, _, Err(system))) => {
                    self.systems[system].down = None;
                    if self.systems[system].life == Life::Stopping {
                        self.exit(system);
                    }
                }
                Some((.., Ok(at))) => {
                    let pending = self.pending.remove(at);
                    let code = pending.refusal.unwrap_or_else(|| self.complete(&pending));
                    self.finish(pending, code);
                    if pending.refusal.is_none() && pending.doing == Doing::Terminate {
                        self.exit_inside(pending.system);
                    }
                }
            }
        }
    }

    /// What a request that was not refused comes to when it is done.
    fn complete(&mut self, pending: &Pending) -> Hresult {
        if pending.doing == Doing::List {
            return Hresult::S_OK;
        }
        let id = self.systems[pending.system].id;
        let host = self.living(CONNECTED);
        let host_life = host.map(|host| self.systems[host].life);
        self.serial += 1;
        let serial = self.serial;
        let system = &mut self.systems[pending.system];
        match pending.doing {
            Doing::Create if id == HOSTED && host.is_none() => {
                system.life = Life::Refused;
                return Hresult::HCS_E_SYSTEM_NOT_FOUND;
            }
            Doing::Create if id == HOSTED && host_life != Some(Life::Running) => {
                system.life = Life::Refused;
                return Hresult::HCS_E_INVALID_STATE;
            }
            Doing::Create => {
                system.life = Life::Created;
                system.host = host.filter(|_| id == HOSTED);
            }
            Doing::Start | Doing::Resume => system.life = Life::Running,
            Doing::Pause | Doing::SaveFile => system.life = Life::Paused,
            Doing::SaveTemplate => system.life = Life::Template,
            Doing::Terminate => system.life = Life::Over,
            Doing::ShutDown | Doing::ShutDownByGuest => system.down = Some((self.now + GUEST, serial)),
            Doing::Modify if !is_machine(id) => return Hresult::ERROR_NOT_SUPPORTED,
            Doing::Modify if system.life == Life::Created => return Hresult::HCS_E_INVALID_STATE,
            Doing::Modify if system.pipe => return Hresult::ERROR_ALREADY_EXISTS,
            Doing::Modify => system.pipe = true,
            Doing::Crash if matches!(system.life, Life::Running | Life::Stopping) => self.exit(pending.system),
            Doing::Ask if system.life == Life::Refused => return Hresult::HCS_E_SYSTEM_NOT_FOUND,
            Doing::Crash | Doing::Ask | Doing::List => {}
        }
        Hresult::S_OK
    }

    fn living_client(&self, client: u32) -> Result<(), Hresult> {
        if self.dead[client as usize] { Err(BAD) } else { Ok(()) }
    }

    fn living(&self, id: usize) -> Option<usize> {
        let gone = |life| matches!(life, Life::Refused | Life::Over);
        self.systems.iter().position(|system| system.id == id && !gone(system.life))
    }

    fn operation(&self, client: u32, at: usize) -> Result<usize, Hresult> {
        let at = at.checked_rem(self.operations.len()).ok_or(Hresult::E_INVALIDARG)?;
        let operation = self.operations[at];
        if operation.client == client && operation.open { Ok(at) } else { Err(BAD) }
    }

    fn holder(&self, client: u32, at: usize) -> Result<usize, Hresult> {
        let at = at.checked_rem(self.holders.len()).ok_or(Hresult::E_INVALIDARG)?;
        let holder = self.holders[at];
        if holder.client == client && holder.open { Ok(at) } else { Err(BAD) }
    }

    fn free(&self, operation: usize) -> Result<(), Hresult> {
        let busy = self.operations[operation].result == Some(None);
        if busy { Err(Hresult::HCS_E_OPERATION_ALREADY_STARTED) } else { Ok(()) }
    }

    /// The call fails at once, and the operation keeps why.
    fn fail(&mut self, operation: usize, code: Hresult) -> Hresult {
        self.operations[operation].result = Some(Some(code));
        code
    }

    fn begin(&mut self, operation: usize, system: usize, doing: Doing, refusal: Option<Hresult>) {
        self.serial += 1;
        let serial = self.serial;
        self.operations[operation].result = Some(None);
        self.operations[operation].serial = serial;
        let due = if refusal.is_some() { self.now } else { self.now + LATENCY };
        self.pending.push(Pending { due, operation, serial, system, doing, refusal });
    }

    fn finish(&mut self, pending: Pending, code: Hresult) {
        let operation = &mut self.operations[pending.operation];
        if operation.serial == pending.serial {
            operation.result = Some(Some(code));
        }
    }

    /// Ends the requests of a kind on a system that are not refused already.
    fn cut(&mut self, system: usize, doing: Doing, code: Hresult) {
        let of = |pending: &Pending| pending.system == system && pending.doing == doing && pending.refusal.is_none();
        let (cut, rest) = std::mem::take(&mut self.pending).into_iter().partition(of);
        self.pending = rest;
        let cut: Vec<Pending> = cut;
        cut.into_iter().for_each(|pending| self.finish(pending, code));
    }
}

/// Whether it is a virtual machine as such.
fn is_machine(id: usize) -> bool {
    matches!(id, 0 | CONNECTED | ELSEWHERE)
}

/// Whether it lives on another's kernel.
fn is_silo(id: usize) -> bool {
    id == 2 || id == HOSTED
}

/// Why a call is refused on a system of this id in this part of its life, if it is.
fn refusal(doing: Doing, id: usize, life: Life) -> Option<Hresult> {
    let invalid = Some(Hresult::HCS_E_INVALID_STATE);
    let stopped = Some(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED);
    let unsupported = Some(Hresult::ERROR_NOT_SUPPORTED);
    if life == Life::Refused {
        return Some(Hresult::HCS_E_SYSTEM_NOT_FOUND);
    }
    if doing == Doing::Ask {
        let busy = !is_machine(id) && matches!(life, Life::Starting | Life::Terminating);
        return if busy { invalid } else { None };
    }
    if life == Life::Over {
        return stopped;
    }
    match doing {
        Doing::Start => {
            if life == Life::Created {
                None
            } else {
                invalid
            }
        }
        Doing::Terminate => {
            if life == Life::Terminating {
                stopped
            } else if life == Life::Creating {
                invalid
            } else {
                None
            }
        }
        Doing::Pause => {
            if life != Life::Running {
                invalid
            } else if is_silo(id) {
                unsupported
            } else {
                None
            }
        }
        Doing::Resume => {
            if is_silo(id) && matches!(life, Life::Running | Life::Paused) {
                unsupported
            } else if life == Life::Paused {
                None
            } else {
                invalid
            }
        }
        Doing::SaveFile | Doing::SaveTemplate => {
            if !is_machine(id) && matches!(life, Life::Running | Life::Paused) {
                unsupported
            } else if life == Life::Paused {
                None
            } else {
                invalid
            }
        }
        Doing::ShutDown | Doing::ShutDownByGuest => {
            if matches!(life, Life::Stopping | Life::Terminating) {
                stopped
            } else if life != Life::Running {
                invalid
            } else if !is_machine(id) || (doing == Doing::ShutDownByGuest && id == CONNECTED) {
                None
            } else if doing == Doing::ShutDown {
                Some(Hresult::HCS_E_INVALID_JSON)
            } else {
                unsupported
            }
        }
        Doing::Crash => {
            if life != Life::Running {
                invalid
            } else if is_machine(id) {
                None
            } else {
                unsupported
            }
        }
        Doing::Modify => {
            if life == Life::Terminating {
                stopped
            } else if matches!(life, Life::Created | Life::Running | Life::Paused) {
                None
            } else {
                invalid
            }
        }
        Doing::Create | Doing::Ask | Doing::List => None,
    }
}
