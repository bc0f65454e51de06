//! The reference model: what processes do, as nested ifs, from the same evidence as the rules and without them.

use super::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Running,
    Pausing,
    Paused,
    Resuming,
    Terminating,
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Creating,
    Refused,
    Running,
    Frozen,
    Terminating,
    Over,
}

#[derive(Clone, Debug)]
struct Process {
    system: usize,
    program: Program,
    state: State,
    id: u32,
    init: bool,
    /// The handle that made it.
    creator: usize,
    /// Whether its streams were handed out, or went with their owner.
    claimed: bool,
    /// Until when its program does something.
    busy: u64,
    /// When it ends by itself, how, and the order among those of the same moment.
    ends: Option<(u64, u32, u64)>,
    /// Since when it stands.
    stands: u64,
    /// What has reached it while it stood.
    late: Vec<Sent>,
    end: Option<(u32, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct Holder {
    client: u32,
    process: usize,
    open: bool,
    callback: bool,
    lost: bool,
}

#[derive(Clone, Debug)]
struct Operation {
    client: u32,
    /// Pending, or the code with a status.
    result: Option<(Hresult, Option<Status>)>,
    /// The process whose information it gives, with the handle.
    informs: Option<usize>,
    taken: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Create(usize),
    Call(Doing, usize),
    Shake(Shaking, usize),
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    due: u64,
    serial: u64,
    operation: usize,
    work: Work,
    refusal: Option<Hresult>,
}

pub(crate) struct Model {
    now: u64,
    down: bool,
    stopped: bool,
    dead: [bool; CLIENTS as usize + 1],
    life: [Life; 3],
    lost: [bool; 3],
    has_begun: [bool; 3],
    counts: [u32; 2],
    operations: Vec<Operation>,
    processes: Vec<Process>,
    holders: Vec<Holder>,
    /// The process and the client of each stream, and whether it is open.
    streams: Vec<(usize, u32, bool)>,
    ids: Vec<u32>,
    /// The holder of each blocked call, while it is blocked.
    waits: Vec<Option<usize>>,
    pending: Vec<Pending>,
    /// What goes one after the other: by process and client, each with its serial number.
    lanes: BTreeMap<(usize, u32), Vec<u64>>,
    serial: u64,
    seen: Seen,
}

const BAD: Hresult = Hresult::ERROR_INVALID_HANDLE;

impl Model {
    pub(crate) fn new() -> Model {
        Model {
            now: 0,
            down: false,
            stopped: false,
            dead: [false; CLIENTS as usize + 1],
            life: [Life::Running; 3],
            lost: [false; 3],
            has_begun: [false; 3],
            counts: [0; 2],
            operations: Vec::new(),
            processes: Vec::new(),
            holders: Vec::new(),
            streams: Vec::new(),
            ids: Vec::new(),
            waits: Vec::new(),
            pending: Vec::new(),
            lanes: BTreeMap::new(),
            serial: 0,
            seen: Seen::NOTHING,
        }
    }

    pub(crate) fn step(&mut self, step: Step) -> Seen {
        self.seen = Seen::NOTHING;
        if let Step::Pass(milliseconds) = step {
            self.now += milliseconds * MS;
        }
        self.run_due();
        let code = self.answer(step).unwrap_or_else(|code| code);
        // What was done within the step may take a program a moment.
        self.now += MS;
        Seen { code, ..std::mem::replace(&mut self.seen, Seen::NOTHING) }
    }

    fn answer(&mut self, step: Step) -> Result<Hresult, Hresult> {
        match step {
            Step::Create(client, system, program) => self.create(client, system, program)?,
            Step::Open(client, system, at) => {
                let id = place(self.ids.len(), at).map_or(7, |at| self.ids[at]);
                self.open(client, system, id)?;
            }
            Step::OpenNobody(client, system) => self.open(client, system, 7)?,
            Step::Call(client, doing, at) => self.call(client, doing, at)?,
            Step::Close(client, at) => {
                self.living_client(client)?;
                if let Ok(holder) = self.holder(client, at) {
                    self.close(holder);
                }
            }
            Step::Callback(client, callback, at) => {
                let holder = self.connected(client, at)?;
                let Holder { process, callback: has, .. } = self.holders[holder];
                match self.processes[process].state {
                    State::Refused => return Err(Hresult::ERROR_NOT_FOUND),
                    _ if callback && has => return Err(Hresult::HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET),
                    state => {
                        self.holders[holder].callback = callback;
                        if callback && state == State::Over {
                            self.tell(holder);
                        }
                    }
                }
            }
            Step::Poll(client, at) | Step::Wait(client, at) => {
                let holder = self.connected(client, at)?;
                let process = self.holders[holder].process;
                match self.processes[process].state {
                    State::Refused => return Err(Hresult::ERROR_NOT_FOUND),
                    State::Over => self.seen.status = Some(self.status(process)),
                    _ if matches!(step, Step::Poll(..)) => return Err(Hresult::HCS_E_OPERATION_TIMEOUT),
                    _ => {
                        self.waits.push(Some(holder));
                        return Err(Hresult::HCS_E_OPERATION_PENDING);
                    }
                }
            }
            Step::Result(client, at) => {
                let operation = self.operation(client, at)?;
                let (code, status) = self.operations[operation].result.ok_or(Hresult::HCS_E_OPERATION_PENDING)?;
                self.seen.status = status;
                return Ok(code);
            }
            Step::Information(client, at) => return self.information(client, at),
            Step::CloseStream(client, at) => {
                let stream = place(self.streams.len(), at).filter(|at| self.streams[*at].1 == client);
                if let Some(stream) = stream.filter(|_| !self.dead[client as usize]) {
                    self.close_stream(stream);
                }
            }
            Step::Pass(_) => {}
            Step::Shake(client, shaking, system) => self.shake(client, shaking, system)?,
            Step::PowerOff(system) => {
                if !self.stopped && self.life[system] == Life::Running {
                    self.system_is_over(system);
                }
            }
            Step::Disconnect(system) => {
                if !self.stopped && system != SILO && self.life[system] == Life::Running {
                    // The container's own connection goes alone.
                    self.lose(system);
                }
            }
            Step::End(at, code) => {
                let id = place(self.ids.len(), at).map_or(7, |at| self.ids[at]);
                let system = at % IDS.len();
                let found = self.processes.iter().position(|process| {
                    process.system == system
                        && process.id == id
                        && matches!(process.state, State::Running | State::Terminating)
                });
                if let Some(process) = found.filter(|_| self.life[system] != Life::Over) {
                    let code = if is_linux(system) { code & 0xFF } else { code };
                    self.is_over(process, code, 0, true);
                }
            }
            Step::Stop => self.stop(),
            Step::Return => self.down = false,
            Step::Die(client) => self.die(client),
        }
        Ok(Hresult::S_OK)
    }

    // -- Calls.

    fn create(&mut self, client: u32, system: usize, program: Program) -> Result<(), Hresult> {
        let operation = self.begin(client)?;
        self.operations[operation].informs = Some(self.holders.len());
        self.connected_system(operation)?;
        let life = if system == HOSTED && self.life[HOSTED] == Life::Running {
            match self.life[MACHINE] {
                life @ (Life::Pausing | Life::Paused | Life::Resuming) => life,
                _ => Life::Running,
            }
        } else {
            self.life[system]
        };
        let refusal = match life {
            Life::Over => Some(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED),
            Life::Running if self.is_lost(system) => Some(Hresult::HCS_E_CONNECTION_CLOSED),
            Life::Running => None,
            _ => Some(Hresult::HCS_E_INVALID_STATE),
        };
        let process = self.processes.len();
        self.processes.push(Process {
            system,
            program,
            state: State::Creating,
            id: 0,
            init: false,
            creator: self.holders.len(),
            claimed: false,
            busy: 0,
            ends: None,
            stands: 0,
            late: Vec::new(),
            end: None,
        });
        self.holders.push(Holder { client, process, open: true, callback: false, lost: false });
        self.start(operation, Work::Create(process), refusal);
        Ok(())
    }

    fn open(&mut self, client: u32, system: usize, id: u32) -> Result<(), Hresult> {
        self.living_client(client)?;
        if self.stopped {
            return Err(Hresult::HCS_E_SERVICE_DISCONNECT);
        }
        let known = |process: &Process| {
            process.system == system && process.id == id && !matches!(process.state, State::Creating | State::Refused)
        };
        let found = (0..self.processes.len()).find(|at| known(&self.processes[*at]) && !self.is_forgotten(*at));
        match found {
            Some(process) => {
                self.holders.push(Holder { client, process, open: true, callback: false, lost: false });
                Ok(())
            }
            None if self.life[system] == Life::Over => Err(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED),
            None => Err(Hresult::ERROR_NOT_FOUND),
        }
    }

    fn call(&mut self, client: u32, doing: Doing, at: usize) -> Result<(), Hresult> {
        let operation = self.begin(client)?;
        self.operations[operation].result = Some((Hresult::HCS_E_OPERATION_NOT_STARTED, None));
        let holder = self.holder(client, at)?;
        if doing == Doing::Info {
            self.operations[operation].informs = Some(holder);
        }
        if self.holders[holder].lost {
            self.operations[operation].result = Some((Hresult::HCS_E_SERVICE_DISCONNECT, None));
            return Err(Hresult::HCS_E_SERVICE_DISCONNECT);
        }
        let process = self.holders[holder].process;
        let Process { system, state, program, .. } = self.processes[process];
        let gone = if system == SILO { Hresult::HCS_E_PROCESS_ALREADY_STOPPED } else { Hresult::ERROR_NOT_FOUND };
        let invalid = Hresult::HCS_E_INVALID_STATE;
        let refusal = match (doing, state) {
            (_, State::Refused) => Some(Hresult::ERROR_NOT_FOUND),
            (Doing::Signal(sent), _) if sent.is_of_linux() != is_linux(system) => Some(Hresult::E_INVALIDARG),
            (Doing::Terminate, _) if self.life[system] == Life::Over => Some(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED),
            (Doing::Signal(_), _) if self.life[system] == Life::Over => Some(Hresult::HCS_E_SYSTEM_NOT_FOUND),
            (_, State::Creating) => Some(invalid),
            (Doing::Properties, _) => None,
            (Doing::Info, State::Over) => Some(Hresult::HCS_E_PROCESS_ALREADY_STOPPED),
            (Doing::Info, _) => None,
            (_, State::Frozen) => Some(invalid),
            (Doing::Terminate, State::Terminating) => Some(Hresult::E_ACCESSDENIED),
            (Doing::Signal(_), State::Terminating) => Some(invalid),
            (Doing::Resize | Doing::CloseInput, State::Terminating | State::Over) => {
                Some(Hresult::HCS_E_PROCESS_ALREADY_STOPPED)
            }
            (_, State::Over) => Some(gone),
            (Doing::Resize, _) if program != Program::Console => Some(Hresult::ERROR_NOT_SUPPORTED),
            _ => None,
        };
        let serial = self.start(operation, Work::Call(doing, process), refusal);
        if refusal.is_none() && matches!(doing, Doing::Terminate | Doing::Signal(_)) {
            if doing == Doing::Terminate {
                self.processes[process].state = State::Terminating;
            }
            let lane = self.lanes.entry((process, client)).or_default();
            if !lane.is_empty() {
                self.pending.iter_mut().filter(|work| work.serial == serial).for_each(|work| work.due = u64::MAX);
            }
            lane.push(serial);
        }
        Ok(())
    }

    fn information(&mut self, client: u32, at: usize) -> Result<Hresult, Hresult> {
        let at = self.operation(client, at)?;
        let operation = &mut self.operations[at];
        let code = operation.result.map(|(code, _)| code);
        if code == Some(Hresult::HCS_E_OPERATION_NOT_STARTED) {
            return Err(Hresult::HCS_E_OPERATION_NOT_STARTED);
        }
        let holder = operation.informs.ok_or(Hresult::E_INVALIDARG)?;
        let code = code.ok_or(Hresult::HCS_E_OPERATION_PENDING)?;
        if operation.taken {
            return Err(Hresult::HCS_E_PROCESS_INFO_NOT_AVAILABLE);
        }
        if code != Hresult::S_OK {
            return Ok(code);
        }
        operation.taken = true;
        let Holder { process, open, .. } = self.holders[holder];
        if open {
            let id = self.processes[process].id;
            let mut streams = 0;
            if self.processes[process].creator == holder && !self.processes[process].claimed {
                self.processes[process].claimed = true;
                if self.processes[process].program == Program::Listener {
                    self.streams.push((process, client, true));
                    streams = 1;
                }
            }
            self.ids.push(id);
            self.seen.information = Some((id, streams));
        }
        Ok(code)
    }

    fn shake(&mut self, client: u32, shaking: Shaking, system: usize) -> Result<(), Hresult> {
        let operation = self.begin(client)?;
        self.connected_system(operation)?;
        let life = self.life[system];
        let invalid = Hresult::HCS_E_INVALID_STATE;
        let refusal = match (shaking, life) {
            (_, Life::Over) => Some(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED),
            (Shaking::Terminate, Life::Terminating) => Some(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED),
            (Shaking::Terminate, _) => None,
            (_, Life::Running) if system != MACHINE => Some(Hresult::ERROR_NOT_SUPPORTED),
            (Shaking::Pause, Life::Running) | (Shaking::Resume, Life::Paused) => None,
            _ => Some(invalid),
        };
        if refusal.is_none() {
            self.life[system] = match shaking {
                Shaking::Pause => Life::Pausing,
                Shaking::Resume => Life::Resuming,
                Shaking::Terminate => Life::Terminating,
            };
            if shaking == Shaking::Terminate {
                self.cut(system);
            }
        }
        self.start(operation, Work::Shake(shaking, system), refusal);
        Ok(())
    }

    /// Ends the requests that a system which is about to be over cannot serve any more.
    fn cut(&mut self, system: usize) {
        for pending in self.pending.clone() {
            let code = match pending.work {
                _ if pending.refusal.is_some() => continue,
                Work::Create(process) if self.processes[process].system == system => Hresult::HCS_E_INVALID_STATE,
                Work::Shake(Shaking::Pause | Shaking::Resume, of) if of == system => {
                    Hresult::HCS_E_SYSTEM_ALREADY_STOPPED
                }
                _ => continue,
            };
            self.pending.retain(|other| other.serial != pending.serial);
            if let Work::Create(process) = pending.work {
                self.is_refused(process);
            }
            self.operations[pending.operation].result = Some((code, None));
        }
    }

    // -- What is due.

    fn run_due(&mut self) {
        loop {
            let work = self.pending.iter().map(|work| (work.due, work.serial, Ok(work.serial)));
            let programs = self.processes.iter().enumerate().filter_map(|(at, process)| {
                let runs = matches!(process.state, State::Running | State::Terminating);
                process.ends.filter(|_| runs).map(|(due, _, serial)| (due, serial, Err(at)))
            });
            let due = work.chain(programs).filter(|(due, ..)| *due <= self.now);
            match due.min_by_key(|(due, serial, _)| (*due, *serial)) {
                None => return,
                Some((.., Err(process))) => {
                    let (_, code, _) = self.processes[process].ends.expect("it ends");
                    self.is_over(process, code, 0, true);
                }
                Some((due, _, Ok(serial))) => {
                    let at = self.pending.iter().position(|work| work.serial == serial).expect("pending");
                    let pending = self.pending.remove(at);
                    self.complete(pending, due);
                }
            }
        }
    }

    fn complete(&mut self, pending: Pending, due: u64) {
        let Pending { serial, operation, work, refusal, .. } = pending;
        let result = match (work, refusal) {
            (Work::Create(process), Some(code)) => {
                self.is_refused(process);
                (code, None)
            }
            (_, Some(code)) => (code, None),
            (Work::Create(process), None) => (self.made(process, due), None),
            (Work::Call(doing, process), None) => {
                let result = self.done(doing, process, due);
                let next = self.lanes.iter_mut().find(|(_, lane)| lane.first() == Some(&serial));
                if let Some((_, lane)) = next {
                    lane.remove(0);
                    if let Some(next) = lane.first() {
                        self.serial += 1;
                        let order = self.serial;
                        let next = self.pending.iter_mut().find(|work| work.serial == *next).expect("it waits");
                        (next.due, next.serial) = (due + LATENCY, order);
                        lane[0] = order;
                    }
                }
                result
            }
            (Work::Shake(shaking, system), None) => {
                match shaking {
                    Shaking::Pause => {
                        self.life[system] = Life::Paused;
                        for at in 0..self.processes.len() {
                            if self.processes[at].state == State::Running && self.processes[at].system != SILO {
                                self.freeze(at, due);
                            }
                        }
                    }
                    Shaking::Resume => {
                        self.life[system] = Life::Running;
                        for at in 0..self.processes.len() {
                            if self.processes[at].state == State::Frozen {
                                self.thaw(at, due);
                            }
                        }
                    }
                    Shaking::Terminate => self.system_is_over(system),
                }
                (Hresult::S_OK, None)
            }
        };
        self.operations[operation].result = Some(result);
    }

    fn made(&mut self, process: usize, due: u64) -> Hresult {
        let Process { system, program, creator, .. } = self.processes[process];
        let fault = match program {
            _ if self.is_lost(system) => Some(Hresult::HCS_E_CONNECTION_CLOSED),
            Program::Unknown if is_linux(system) => Some(Hresult::E_FAIL),
            Program::Unknown => Some(Hresult::ERROR_FILE_NOT_FOUND),
            _ => None,
        };
        if let Some(code) = fault {
            self.is_refused(process);
            return code;
        }
        let count = &mut self.counts[usize::from(system != SILO)];
        let id = if is_linux(system) { 100 + *count } else { 1_000 + 4 * *count };
        *count += 1;
        let init = !std::mem::replace(&mut self.has_begun[system], true);
        self.serial += 1;
        let serial = self.serial;
        let up = due + START;
        let ends = match program {
            Program::Nap => Some((up + 20 * MS + 100, 5, serial)),
            Program::Crash if is_linux(system) => Some((up, 128 + 11, serial)),
            Program::Crash => Some((up, 0xC000_0005, serial)),
            _ => None,
        };
        let made = &mut self.processes[process];
        (made.id, made.init, made.ends, made.state) = (id, init, ends, State::Running);
        made.busy = up + THING;
        let life = self.life[if system == SILO { SILO } else { MACHINE }];
        if matches!(life, Life::Paused | Life::Resuming) {
            self.freeze(process, due);
        }
        if !self.holders[creator].open {
            self.abandon_streams(process, due);
        }
        Hresult::S_OK
    }

    fn freeze(&mut self, process: usize, due: u64) {
        self.processes[process].state = State::Frozen;
        self.processes[process].stands = due;
    }

    fn thaw(&mut self, at: usize, due: u64) {
        let process = &mut self.processes[at];
        process.state = State::Running;
        let stood = due - process.stands;
        process.busy += stood;
        if let Some((ends, ..)) = &mut process.ends {
            *ends += stood;
        }
        for sent in std::mem::take(&mut self.processes[at].late) {
            self.deliver(at, sent, due);
        }
    }

    fn done(&mut self, doing: Doing, process: usize, due: u64) -> (Hresult, Option<Status>) {
        if self.is_forgotten(process) {
            return (Hresult::ERROR_NOT_FOUND, None);
        }
        let Process { system, state, .. } = self.processes[process];
        let gone = if system == SILO { Hresult::HCS_E_PROCESS_ALREADY_STOPPED } else { Hresult::ERROR_NOT_FOUND };
        let over = state == State::Over;
        match doing {
            Doing::Properties => return (Hresult::S_OK, Some(self.status(process))),
            Doing::Terminate if over => {}
            Doing::Signal(_) if over => return (gone, None),
            _ if over => return (Hresult::HCS_E_PROCESS_ALREADY_STOPPED, None),
            Doing::Terminate => self.is_over(process, killed(system), 0, true),
            Doing::Signal(sent) => self.deliver(process, sent, due),
            Doing::CloseInput => self.end_input(process, due),
            Doing::Info | Doing::Resize => {}
        }
        (Hresult::S_OK, None)
    }

    fn deliver(&mut self, process: usize, sent: Sent, now: u64) {
        let Process { system, program, state, .. } = self.processes[process];
        match state {
            State::Frozen => {
                self.processes[process].late.push(sent);
                return;
            }
            State::Running | State::Terminating => {}
            _ => return,
        }
        let code = match (sent, program) {
            (Sent::Winch, _) => return,
            (Sent::Kill, _) => killed(system),
            (_, Program::Listener) => {
                let process = &mut self.processes[process];
                process.busy = process.busy.max(now) + THING;
                if let Some((ends, ..)) = &mut process.ends {
                    *ends = (*ends).max(process.busy);
                }
                return;
            }
            (Sent::CtrlC | Sent::Term, Program::Stubborn) => return,
            (Sent::Term, _) => 128 + 15,
            (Sent::CtrlC | Sent::Shutdown, _) => 0xC000_013A,
        };
        self.is_over(process, code, 0, true);
    }

    /// The input of a process ends: whoever reads it ends too.
    fn end_input(&mut self, at: usize, due: u64) {
        self.serial += 1;
        let serial = self.serial;
        let process = &mut self.processes[at];
        let runs = matches!(process.state, State::Running | State::Frozen | State::Terminating);
        if runs && process.program == Program::Listener && process.ends.is_none() {
            let now = if process.state == State::Frozen { process.stands } else { due };
            process.ends = Some((now.max(process.busy), 0, serial));
        }
    }

    fn abandon_streams(&mut self, process: usize, due: u64) {
        if !std::mem::replace(&mut self.processes[process].claimed, true) {
            self.end_input(process, due);
        }
    }

    fn close_stream(&mut self, at: usize) {
        let (process, _, open) = &mut self.streams[at];
        let process = *process;
        if std::mem::replace(open, false) {
            self.end_input(process, self.now);
        }
    }

    // -- Ends.

    fn is_refused(&mut self, process: usize) {
        self.processes[process].state = State::Refused;
        self.wake(process, (Hresult::ERROR_NOT_FOUND, None));
    }

    fn is_over(&mut self, at: usize, code: u32, wait_result: u32, by_itself: bool) {
        let process = &mut self.processes[at];
        process.state = State::Over;
        process.end = Some((code, wait_result));
        let (system, init) = (process.system, process.init);
        for holder in 0..self.holders.len() {
            if self.holders[holder].process == at && self.holders[holder].open && self.holders[holder].callback {
                self.tell(holder);
            }
        }
        self.wake(at, (Hresult::S_OK, Some(self.status(at))));
        // A Linux container ends with its first process.
        if init && by_itself && system == HOSTED && self.life[HOSTED] == Life::Running {
            self.system_is_over(HOSTED);
        }
    }

    fn system_is_over(&mut self, system: usize) {
        if self.life[system] == Life::Over {
            return;
        }
        self.cut(system);
        for pending in self.pending.clone() {
            if pending.work == Work::Shake(Shaking::Terminate, system) && pending.refusal.is_none() {
                self.pending.retain(|other| other.serial != pending.serial);
                self.operations[pending.operation].result = Some((Hresult::S_OK, None));
            }
        }
        self.life[system] = Life::Over;
        for process in 0..self.processes.len() {
            let lives = matches!(self.processes[process].state, State::Running | State::Frozen | State::Terminating);
            if lives && self.processes[process].system == system {
                self.is_over(process, killed(system), 0, false);
            }
        }
        if system == MACHINE {
            self.system_is_over(HOSTED);
        }
    }

    /// The connection to a guest is lost, and those of the container inside with it.
    fn lose(&mut self, system: usize) {
        // What is being ended in it does not hear of its connection any more.
        if system == MACHINE && self.life[HOSTED] == Life::Running {
            self.lose(HOSTED);
        }
        self.lost[system] = true;
        for process in 0..self.processes.len() {
            let lives = matches!(self.processes[process].state, State::Running | State::Frozen | State::Terminating);
            if lives && self.processes[process].system == system {
                self.is_over(process, u32::MAX, Hresult::HCS_E_CONNECTION_CLOSED.0, false);
            }
        }
    }

    fn stop(&mut self) {
        self.down = true;
        if std::mem::replace(&mut self.stopped, true) {
            return;
        }
        self.life = [Life::Over; 3];
        for pending in std::mem::take(&mut self.pending) {
            if let Work::Create(process) = pending.work {
                self.wake(process, (Hresult::HCS_E_SERVICE_DISCONNECT, None));
                self.is_refused(process);
            }
            self.operations[pending.operation].result = Some((Hresult::HCS_E_SERVICE_DISCONNECT, None));
        }
        self.lanes.clear();
        for process in 0..self.processes.len() {
            if !matches!(self.processes[process].state, State::Over | State::Refused) {
                self.processes[process].state = State::Over;
                self.processes[process].end = Some((u32::MAX, Hresult::HCS_E_SERVICE_DISCONNECT.0));
                self.wake(process, (Hresult::HCS_E_SERVICE_DISCONNECT, None));
            }
        }
        self.holders.iter_mut().for_each(|holder| holder.lost = true);
    }

    fn die(&mut self, client: u32) {
        if std::mem::replace(&mut self.dead[client as usize], true) {
            return;
        }
        for at in 0..self.streams.len() {
            if self.streams[at].1 == client {
                self.close_stream(at);
            }
        }
        for holder in 0..self.holders.len() {
            if self.holders[holder].client == client && self.holders[holder].open {
                self.close(holder);
            }
        }
    }

    fn close(&mut self, holder: usize) {
        let Holder { client, process, .. } = self.holders[holder];
        for at in 0..self.waits.len() {
            if self.waits[at] == Some(holder) {
                self.waits[at] = None;
                if !self.dead[client as usize] {
                    self.seen.woken.insert(at, (BAD, None));
                }
            }
        }
        self.holders[holder].open = false;
        if self.processes[process].creator == holder && self.processes[process].state != State::Creating {
            self.abandon_streams(process, self.now);
        }
    }

    fn tell(&mut self, holder: usize) {
        if self.holders[holder].lost {
            return;
        }
        let status = self.status(self.holders[holder].process);
        let told = self.seen.told.entry(holder).or_insert((0, status));
        *told = (told.0 + 1, status);
    }

    /// Ends the waits for a process.
    fn wake(&mut self, process: usize, with: (Hresult, Option<Status>)) {
        for at in 0..self.waits.len() {
            if self.waits[at].is_some_and(|holder| self.holders[holder].process == process) {
                self.waits[at] = None;
                self.seen.woken.insert(at, with);
            }
        }
    }

    // -- What is known.

    fn status(&self, process: usize) -> Status {
        match self.processes[process].end {
            Some((code, wait_result)) => (true, code, wait_result),
            None => (false, 0, 0),
        }
    }

    /// Whether nobody remembers a process.
    fn is_forgotten(&self, process: usize) -> bool {
        let over = matches!(self.processes[process].state, State::Over | State::Refused);
        over && !self.holders.iter().any(|holder| holder.process == process && holder.open)
    }

    fn is_lost(&self, system: usize) -> bool {
        self.lost[system]
    }

    fn living_client(&self, client: u32) -> Result<(), Hresult> {
        if self.dead[client as usize] { Err(BAD) } else { Ok(()) }
    }

    fn operation(&self, client: u32, at: usize) -> Result<usize, Hresult> {
        self.living_client(client)?;
        let at = place(self.operations.len(), at).ok_or(Hresult::E_INVALIDARG)?;
        if self.operations[at].client == client { Ok(at) } else { Err(BAD) }
    }

    fn holder(&self, client: u32, at: usize) -> Result<usize, Hresult> {
        self.living_client(client)?;
        let at = place(self.holders.len(), at).ok_or(Hresult::E_INVALIDARG)?;
        let holder = self.holders[at];
        if holder.client == client && holder.open { Ok(at) } else { Err(BAD) }
    }

    /// The same, if the service still knows the handle.
    fn connected(&self, client: u32, at: usize) -> Result<usize, Hresult> {
        let holder = self.holder(client, at)?;
        if self.holders[holder].lost { Err(Hresult::HCS_E_SERVICE_DISCONNECT) } else { Ok(holder) }
    }

    fn connected_system(&mut self, operation: usize) -> Result<(), Hresult> {
        if !self.stopped {
            return Ok(());
        }
        let code = Hresult::HCS_E_SERVICE_DISCONNECT;
        self.operations[operation].result = Some((code, None));
        Err(code)
    }

    fn begin(&mut self, client: u32) -> Result<usize, Hresult> {
        self.living_client(client)?;
        self.operations.push(Operation { client, result: None, informs: None, taken: false });
        Ok(self.operations.len() - 1)
    }

    fn start(&mut self, operation: usize, work: Work, refusal: Option<Hresult>) -> u64 {
        self.serial += 1;
        let serial = self.serial;
        let due = if refusal.is_some() { self.now } else { self.now + LATENCY };
        self.operations[operation].result = None;
        self.pending.push(Pending { due, serial, operation, work, refusal });
        serial
    }
}

/// Whether its guest is Linux.
const fn is_linux(system: usize) -> bool {
    system != SILO
}

/// The exit code of what is killed.
const fn killed(system: usize) -> u32 {
    if is_linux(system) { 128 + 9 } else { 1067 }
}
