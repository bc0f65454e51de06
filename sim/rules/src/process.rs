//! What happens to processes: the state stage of the calls on a process handle, the completions of those calls, and what
//! the guest and the system around it do to a process.
//!
//! Rows read as those of [`crate::system`] do. Where the two differ in kind: a process in a machine of its own kind
//! (hosted, Hyper-V isolated, utility machine) is known to the guest's agent, one in a silo to the host.

use crate::build::Build::{self, B17763, B26200};
use crate::build::Builds;
use crate::closed::closed;
use crate::evidence::{Source, assumed, client, documented, observed};
use crate::guest::{GuestOs, GuestOses};
use crate::hresult::Hresult;
use crate::rule::{Answer, Surface};
use crate::total::{Axis, Cover, lay, place};
use crate::vocabulary::{Call, Kind, Kinds};

closed! {
    /// Where a process is in its life.
    pub enum ProcessState, ProcessStates {
        /// The create operation is running.
        Creating,
        /// The create operation has failed; only the handle is left.
        Refused,
        /// It runs.
        Running,
        /// Its system is paused, and the guest's clock stands.
        Frozen,
        /// A terminate operation is running.
        Terminating,
        /// It is over; a handle keeps the record.
        Exited,
    }
}

closed! {
    /// What can happen to one process: a call is admitted, the same call completes, or something else acts.
    pub enum ProcessTrigger, ProcessTriggers {
        /// `HcsCloseProcess` gives a handle back.
        Close,
        /// `HcsTerminateProcess` is admitted.
        Terminate,
        /// `HcsSignalProcess` is admitted.
        Signal,
        /// `HcsGetProcessInfo` is admitted.
        GetInfo,
        /// `HcsGetProcessProperties` is admitted.
        GetProperties,
        /// `HcsModifyProcess` is admitted.
        Modify,
        /// `HcsSetProcessCallback` is admitted.
        SetCallback,
        /// `HcsWaitForProcessExit` is admitted.
        WaitForExit,
        /// The process is made.
        Created,
        /// The process could not be made.
        CreationFailed,
        /// The terminate operation is done.
        TerminateDone,
        /// The signal reaches the program.
        SignalDone,
        /// The information is there.
        GetInfoDone,
        /// The properties are there.
        GetPropertiesDone,
        /// The change reaches the program.
        ModifyDone,
        /// The program ends, by itself or of a signal or an exception.
        ProgramEnd,
        /// The system around it is over, or its guest restarts.
        SystemOver,
        /// The connection to its guest is lost.
        ConnectionLost,
        /// Its system is paused.
        Freeze,
        /// Its system is resumed.
        Thaw,
        /// The last handle of all clients is gone.
        LastHandleGone,
        /// The compute service stops or dies.
        ServiceStop,
    }
}

closed! {
    /// What a trigger distinguishes beside kind, state and build.
    pub enum ProcessFacet, ProcessFacets {
        /// Nothing to distinguish.
        Plain,
        /// The system around it lives.
        SystemLives,
        /// The system around it is over.
        SystemIsOver,
        /// The options are no JSON.
        MalformedOptions,
        /// The options are JSON, and the document stage refuses them.
        InvalidOptions,
        /// There are no options where some are needed.
        NoOptions,
        /// The signal is none of this guest's: a number on Windows, a console event on Linux.
        ForeignSignal,
        /// The console gets another size.
        Resize,
        /// The console gets another size, and there is none.
        ResizeNothing,
        /// A standard stream is closed.
        CloseStream,
        /// The operation lacks the member that says what it is about.
        Incomplete,
        /// A callback is given and the handle has none.
        FirstCallback,
        /// A callback is given and the handle has one.
        SecondCallback,
        /// No callback is given.
        NoCallback,
    }
}

impl ProcessTrigger {
    /// The facets that the trigger distinguishes.
    pub const fn facets(self) -> ProcessFacets {
        use ProcessFacet as F;
        match self {
            ProcessTrigger::Terminate => ProcessFacets::of(&[F::SystemLives, F::SystemIsOver]),
            ProcessTrigger::Signal => ProcessFacets::of(&[
                F::SystemLives,
                F::SystemIsOver,
                F::MalformedOptions,
                F::InvalidOptions,
                F::NoOptions,
                F::ForeignSignal,
            ]),
            ProcessTrigger::Modify => ProcessFacets::of(&[
                F::MalformedOptions,
                F::InvalidOptions,
                F::Incomplete,
                F::Resize,
                F::ResizeNothing,
                F::CloseStream,
            ]),
            ProcessTrigger::ModifyDone => ProcessFacets::of(&[F::Resize, F::CloseStream]),
            ProcessTrigger::SetCallback => ProcessFacets::of(&[F::FirstCallback, F::SecondCallback, F::NoCallback]),
            ProcessTrigger::Close
            | ProcessTrigger::GetInfo
            | ProcessTrigger::GetProperties
            | ProcessTrigger::WaitForExit
            | ProcessTrigger::Created
            | ProcessTrigger::CreationFailed
            | ProcessTrigger::TerminateDone
            | ProcessTrigger::SignalDone
            | ProcessTrigger::GetInfoDone
            | ProcessTrigger::GetPropertiesDone
            | ProcessTrigger::ProgramEnd
            | ProcessTrigger::SystemOver
            | ProcessTrigger::ConnectionLost
            | ProcessTrigger::Freeze
            | ProcessTrigger::Thaw
            | ProcessTrigger::LastHandleGone
            | ProcessTrigger::ServiceStop => ProcessFacets::of(&[F::Plain]),
        }
    }

    /// The states in which the trigger can come.
    pub const fn states(self) -> ProcessStates {
        use ProcessState::{Creating, Exited, Frozen, Running, Terminating};
        match self {
            ProcessTrigger::Created | ProcessTrigger::CreationFailed => ProcessStates::of(&[Creating]),
            // What these operate on has run, and may have ended since.
            ProcessTrigger::TerminateDone
            | ProcessTrigger::SignalDone
            | ProcessTrigger::GetInfoDone
            | ProcessTrigger::ModifyDone => ProcessStates::of(&[Running, Frozen, Terminating, Exited]),
            ProcessTrigger::GetPropertiesDone => ProcessStates::of(&[Running, Frozen, Terminating, Exited]),
            ProcessTrigger::ProgramEnd => ProcessStates::of(&[Running, Frozen, Terminating]),
            ProcessTrigger::Close
            | ProcessTrigger::Terminate
            | ProcessTrigger::Signal
            | ProcessTrigger::GetInfo
            | ProcessTrigger::GetProperties
            | ProcessTrigger::Modify
            | ProcessTrigger::SetCallback
            | ProcessTrigger::WaitForExit
            | ProcessTrigger::ConnectionLost
            | ProcessTrigger::Freeze
            | ProcessTrigger::Thaw
            | ProcessTrigger::LastHandleGone => ProcessStates::EVERY,
            // Both cut a creation off before they come to its process.
            ProcessTrigger::SystemOver | ProcessTrigger::ServiceStop => ProcessStates::except(&[Creating]),
        }
    }

    /// The call whose admission the trigger is, if it is one.
    pub const fn admits(self) -> Option<Call> {
        match self {
            ProcessTrigger::Close => Some(Call::CloseProcess),
            ProcessTrigger::Terminate => Some(Call::TerminateProcess),
            ProcessTrigger::Signal => Some(Call::SignalProcess),
            ProcessTrigger::GetInfo => Some(Call::GetProcessInfo),
            ProcessTrigger::GetProperties => Some(Call::GetProcessProperties),
            ProcessTrigger::Modify => Some(Call::ModifyProcess),
            ProcessTrigger::SetCallback => Some(Call::SetProcessCallback),
            ProcessTrigger::WaitForExit => Some(Call::WaitForProcessExit),
            _ => None,
        }
    }

    /// The call whose completion the trigger is, if it is one.
    pub const fn completes(self) -> Option<Call> {
        match self {
            ProcessTrigger::TerminateDone => Some(Call::TerminateProcess),
            ProcessTrigger::SignalDone => Some(Call::SignalProcess),
            ProcessTrigger::GetInfoDone => Some(Call::GetProcessInfo),
            ProcessTrigger::GetPropertiesDone => Some(Call::GetProcessProperties),
            ProcessTrigger::ModifyDone => Some(Call::ModifyProcess),
            _ => None,
        }
    }
}

/// The trigger of the completion of a call on a process.
pub const fn completion(call: Call) -> Option<ProcessTrigger> {
    match call {
        Call::TerminateProcess => Some(ProcessTrigger::TerminateDone),
        Call::SignalProcess => Some(ProcessTrigger::SignalDone),
        Call::GetProcessInfo => Some(ProcessTrigger::GetInfoDone),
        Call::GetProcessProperties => Some(ProcessTrigger::GetPropertiesDone),
        Call::ModifyProcess => Some(ProcessTrigger::ModifyDone),
        _ => None,
    }
}

closed! {
    /// What a row cannot say, by name. Each is one function of the machine.
    pub enum ProcessAfter, ProcessAfters {
        /// Nothing more.
        Nothing,
        /// The handle and its callback go.
        CloseHandle,
        /// The handle gets the callback.
        SetCallback,
        /// The handle gets the callback, which is told of the exit at once.
        SetCallbackLate,
        /// The handle loses its callback.
        ClearCallback,
        /// The answer has the process's id, and the streams that were not handed out yet.
        Information,
        /// The answer's document is the process's status.
        Status,
        /// The program gets the signal.
        Deliver,
        /// The console is resized, or a stream closed.
        Change,
        /// The clock of the program stops.
        Stop,
        /// It goes on.
        Continue,
        /// The record goes.
        Forget,
    }
}

/// Why a process is over when a row ends it: what [`crate::guest::exit_code`] is asked for, and what its status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// As its program says.
    Program,
    /// Killed.
    Killed,
    /// Nobody knows: the connection to its guest is lost.
    Unknown,
    /// Nobody is told: the service itself is gone.
    Untold,
}

/// One row of the state stage of processes.
#[derive(Clone, Copy, Debug)]
pub struct ProcessRow {
    /// `trigger.situation`, unique.
    pub id: &'static str,
    /// What happens.
    pub on: ProcessTrigger,
    /// Which distinctions of the trigger it covers.
    pub facets: ProcessFacets,
    /// The facets that the row names itself.
    pub named_facets: ProcessFacets,
    /// Which kinds of system it covers.
    pub kinds: Kinds,
    /// Which states it covers.
    pub states: ProcessStates,
    /// The states that the row names itself.
    pub named_states: ProcessStates,
    /// Which builds it covers.
    pub builds: Builds,
    /// What comes of it.
    pub answer: Answer,
    /// Where that is seen.
    pub surface: Surface,
    /// The new state, if it changes.
    pub becomes: Option<ProcessState>,
    /// Why the process is over, if the row ends it. Every handle with a callback is told, unless [`Ends::Untold`].
    pub ends: Option<Ends>,
    /// What the row cannot say.
    pub after: ProcessAfter,
    /// How it is known.
    pub sources: &'static [Source],
}

const fn on(id: &'static str, trigger: ProcessTrigger) -> ProcessRow {
    ProcessRow {
        id,
        on: trigger,
        facets: ProcessFacets::EVERY,
        named_facets: ProcessFacets::NONE,
        kinds: Kinds::EVERY,
        states: ProcessStates::EVERY,
        named_states: ProcessStates::NONE,
        builds: Builds::EVERY,
        answer: Answer::Done,
        surface: Surface::Call,
        becomes: None,
        ends: None,
        after: ProcessAfter::Nothing,
        sources: &[],
    }
}

impl ProcessRow {
    const fn with(mut self, facets: &[ProcessFacet]) -> ProcessRow {
        self.facets = ProcessFacets::of(facets);
        self.named_facets = self.facets;
        self
    }

    const fn kinds(mut self, kinds: &[Kind]) -> ProcessRow {
        self.kinds = Kinds::of(kinds);
        self
    }

    const fn when(mut self, states: &[ProcessState]) -> ProcessRow {
        self.states = ProcessStates::of(states);
        self.named_states = self.states;
        self
    }

    const fn unless(mut self, states: &[ProcessState]) -> ProcessRow {
        self.states = ProcessStates::except(states);
        self.named_states = ProcessStates::of(states);
        self
    }

    const fn gives(mut self, answer: Answer, surface: Surface) -> ProcessRow {
        self.answer = answer;
        self.surface = surface;
        self
    }

    /// The call returns `S_OK` and the operation runs.
    const fn accepted(self) -> ProcessRow {
        self.gives(Answer::Accepted, Surface::Operation)
    }

    /// The operation ends with `S_OK`.
    const fn completes(self) -> ProcessRow {
        self.gives(Answer::Done, Surface::Operation)
    }

    /// The call returns `S_OK` and the operation ends with this code.
    const fn fails(self, code: Hresult) -> ProcessRow {
        self.gives(Answer::Fails(code), Surface::Operation)
    }

    /// The call returns `S_OK` and there is nothing to wait for.
    const fn succeeds(self) -> ProcessRow {
        self.gives(Answer::Done, Surface::Call)
    }

    /// The call returns this code.
    const fn refuses(self, code: Hresult) -> ProcessRow {
        self.gives(Answer::Fails(code), Surface::Call)
    }

    /// The call waits for the process's end.
    const fn waits(self) -> ProcessRow {
        self.gives(Answer::Waits, Surface::Call)
    }

    /// It happens, and nobody is answered.
    const fn happens(self) -> ProcessRow {
        self.gives(Answer::Done, Surface::Nothing)
    }

    /// Nothing comes of it.
    const fn passes(self) -> ProcessRow {
        self.gives(Answer::Nothing, Surface::Nothing)
    }

    const fn becomes(mut self, state: ProcessState) -> ProcessRow {
        self.becomes = Some(state);
        self
    }

    const fn ends(mut self, ends: Ends) -> ProcessRow {
        self.becomes = Some(Exited);
        self.ends = Some(ends);
        self
    }

    const fn after(mut self, after: ProcessAfter) -> ProcessRow {
        self.after = after;
        self
    }

    const fn known(mut self, sources: &'static [Source]) -> ProcessRow {
        self.sources = sources;
        self
    }

    /// Whether the row covers this situation.
    pub const fn covers(
        &self,
        on: ProcessTrigger,
        facet: ProcessFacet,
        kind: Kind,
        state: ProcessState,
        build: Build,
    ) -> bool {
        self.on as u8 == on as u8
            && self.facets.contains(facet)
            && self.kinds.contains(kind)
            && self.states.and(on.states()).contains(state)
            && self.builds.contains(build)
    }
}

use Kind::{GuestVirtualMachine, HostedContainer, HyperVContainer, ProcessContainer, VirtualMachine};
use ProcessFacet as F;
use ProcessState::{Creating, Exited, Frozen, Refused, Running, Terminating};
use ProcessTrigger as T;

/// The kinds whose processes the guest's agent knows.
const REMOTE: &[Kind] = &[VirtualMachine, GuestVirtualMachine, HyperVContainer, HostedContainer];
/// The kind whose processes the host itself knows.
const LOCAL: &[Kind] = &[ProcessContainer];

/// Every row of the state stage of processes.
#[rustfmt::skip]
pub const ROWS: &[ProcessRow] = &[
    // -- Close. Nothing is delivered because of it, and the process goes on.
    on("process-close.any", T::Close)
        .succeeds().after(ProcessAfter::CloseHandle)
        .known(&[client("hcsshim: no final event; one that took the close for an exit told of a code that never was")]),

    // -- Terminate.
    on("process-terminate.running", T::Terminate).with(&[F::SystemLives]).when(&[Running])
        .accepted().becomes(Terminating)
        .known(&[documented("HcsTerminateProcess"), client("hcsshim")]),
    on("process-terminate.frozen", T::Terminate).with(&[F::SystemLives]).when(&[Frozen])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[assumed("as for a process that is made in a paused system")]),
    on("process-terminate.creating", T::Terminate).with(&[F::SystemLives]).when(&[Creating])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[assumed("the general sentence on invalid states")]),
    on("process-terminate.twice", T::Terminate).with(&[F::SystemLives]).when(&[Terminating])
        .fails(Hresult::E_ACCESSDENIED)
        .known(&[observed("hcsshim issue 1251", &[B17763]).kinds(&[ProcessContainer])]),
    on("process-terminate.exited", T::Terminate).with(&[F::SystemLives]).kinds(LOCAL).when(&[Exited])
        .fails(Hresult::HCS_E_PROCESS_ALREADY_STOPPED)
        .known(&[client("hcsshim takes it for: already stopped")]),
    on("process-terminate.exited-remote", T::Terminate).with(&[F::SystemLives]).kinds(REMOTE).when(&[Exited])
        .fails(Hresult::ERROR_NOT_FOUND)
        .known(&[client("hcsshim issue 571, opengcs issue 294: what its guest answers, because the service expects it")]),
    on("process-terminate.system-over", T::Terminate).with(&[F::SystemIsOver]).unless(&[Refused])
        .fails(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED)
        .known(&[client("hcsshim takes it for: already stopped")]),
    on("process-terminate.refused", T::Terminate).when(&[Refused])
        .fails(Hresult::ERROR_NOT_FOUND)
        .known(&[assumed("the service knows no process behind the handle of a failed create")]),
    on("process-terminate.done", T::TerminateDone).when(&[Running, Frozen, Terminating])
        .completes().ends(Ends::Killed)
        .known(&[documented("HcsTerminateProcess"), observed("hcsctl: one process only, no tree", &[B26200]).kinds(&[ProcessContainer, HyperVContainer]).process_states(&[Terminating])]),
    on("process-terminate.done-late", T::TerminateDone).when(&[Exited])
        .completes()
        .known(&[assumed("it is over, which is what the call asks for")]),

    // -- Signal. What is done is that the program was told; what it makes of it is its own affair.
    on("process-signal.running", T::Signal).with(&[F::SystemLives]).when(&[Running])
        .accepted()
        .known(&[documented("HcsSignalProcess"), client("hcsshim")]),
    on("process-signal.frozen", T::Signal).with(&[F::SystemLives]).when(&[Frozen])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[assumed("as for a process that is made in a paused system")]),
    on("process-signal.creating", T::Signal).with(&[F::SystemLives]).when(&[Creating])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[assumed("the general sentence on invalid states")]),
    on("process-signal.terminating", T::Signal).with(&[F::SystemLives]).when(&[Terminating])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[client("hcsshim reads the legacy form of it as: gone, and the notification is missing")]),
    on("process-signal.exited", T::Signal).with(&[F::SystemLives]).kinds(LOCAL).when(&[Exited])
        .fails(Hresult::HCS_E_PROCESS_ALREADY_STOPPED)
        .known(&[client("hcsshim names it for all three changes of a process")]),
    on("process-signal.exited-remote", T::Signal).with(&[F::SystemLives]).kinds(REMOTE).when(&[Exited])
        .fails(Hresult::ERROR_NOT_FOUND)
        .known(&[client("hcsshim issue 571, opengcs issue 294: what its guest answers, because the service expects it")]),
    on("process-signal.system-over", T::Signal).with(&[F::SystemIsOver]).unless(&[Refused])
        .fails(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[client("hcsshim and opengcs: in an unknown container, the legacy form")]),
    on("process-signal.foreign", T::Signal).with(&[F::ForeignSignal]).unless(&[Refused])
        .fails(Hresult::E_INVALIDARG)
        .known(&[assumed("nothing is recorded")]),
    on("process-signal.nothing", T::Signal).with(&[F::NoOptions]).unless(&[Refused])
        .fails(Hresult::HCS_E_INVALID_JSON)
        .known(&[assumed("as for a machine's shutdown without options")]),
    on("process-signal.malformed", T::Signal).with(&[F::MalformedOptions]).unless(&[Refused])
        .fails(Hresult::ERROR_INVALID_DATA)
        .known(&[assumed("as for a system; the surface is not recorded")]),
    on("process-signal.invalid", T::Signal).with(&[F::InvalidOptions]).unless(&[Refused])
        .fails(Hresult::HCS_E_INVALID_JSON)
        .known(&[assumed("as for a system; the surface is not recorded")]),
    on("process-signal.refused", T::Signal).when(&[Refused])
        .fails(Hresult::ERROR_NOT_FOUND)
        .known(&[assumed("the service knows no process behind the handle of a failed create")]),
    on("process-signal.done", T::SignalDone).when(&[Running, Frozen, Terminating])
        .completes().after(ProcessAfter::Deliver)
        .known(&[documented("HcsSignalProcess")]),
    on("process-signal.done-late", T::SignalDone).kinds(LOCAL).when(&[Exited])
        .fails(Hresult::HCS_E_PROCESS_ALREADY_STOPPED)
        .known(&[assumed("as for a signal that comes later")]),
    on("process-signal.done-late-remote", T::SignalDone).kinds(REMOTE).when(&[Exited])
        .fails(Hresult::ERROR_NOT_FOUND)
        .known(&[client("opengcs issue 294: the process was gone when the signal reached the guest")]),

    // -- Information: the id, and the standard streams.
    on("process-info.live", T::GetInfo).when(&[Running, Frozen, Terminating])
        .accepted()
        .known(&[documented("HcsGetProcessInfo"), client("hcsshim: when the creation's result could not be read")]),
    on("process-info.creating", T::GetInfo).when(&[Creating])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[assumed("the general sentence on invalid states")]),
    on("process-info.exited", T::GetInfo).when(&[Exited])
        .fails(Hresult::HCS_E_PROCESS_ALREADY_STOPPED)
        .known(&[client("hcsshim, on Windows Server 2022")]),
    on("process-info.refused", T::GetInfo).when(&[Refused])
        .fails(Hresult::ERROR_NOT_FOUND)
        .known(&[assumed("the service knows no process behind the handle of a failed create")]),
    on("process-info.done", T::GetInfoDone).when(&[Running, Frozen, Terminating])
        .completes().after(ProcessAfter::Information)
        .known(&[documented("HcsGetProcessInfo"), client("hcsctl: an opened process has no streams; they are its creator's")]),
    on("process-info.done-late", T::GetInfoDone).when(&[Exited])
        .fails(Hresult::HCS_E_PROCESS_ALREADY_STOPPED)
        .known(&[assumed("as for a call that comes later")]),

    // -- Properties.
    on("process-properties.known", T::GetProperties).when(&[Running, Frozen, Terminating, Exited])
        .accepted()
        .known(&[documented("HcsGetProcessProperties"), observed("hcsctl: after the exit", &[B26200]).kinds(&[ProcessContainer, HyperVContainer]).process_states(&[Exited])]),
    on("process-properties.creating", T::GetProperties).when(&[Creating])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[assumed("the general sentence on invalid states")]),
    on("process-properties.refused", T::GetProperties).when(&[Refused])
        .fails(Hresult::ERROR_NOT_FOUND)
        .known(&[assumed("the service knows no process behind the handle of a failed create")]),
    on("process-properties.done", T::GetPropertiesDone)
        .completes().after(ProcessAfter::Status)
        .known(&[documented("schema reference: ProcessStatus"), observed("hcsctl: all four members, zeros too", &[B26200]).kinds(&[ProcessContainer, HyperVContainer]).process_states(&[Exited])]),

    // -- Modify: the console's size, and closing a stream.
    on("process-modify.resize", T::Modify).with(&[F::Resize]).when(&[Running])
        .accepted()
        .known(&[documented("schema reference: ProcessModifyRequest"), client("hcsshim")]),
    on("process-modify.resize-nothing", T::Modify).with(&[F::ResizeNothing]).when(&[Running])
        .fails(Hresult::ERROR_NOT_SUPPORTED)
        .known(&[assumed("a process without a console has none to resize")]),
    on("process-modify.close", T::Modify).with(&[F::CloseStream]).when(&[Running])
        .accepted()
        .known(&[documented("schema reference: CloseHandle"), client("hcsshim: standard input")]),
    on("process-modify.incomplete", T::Modify).with(&[F::Incomplete]).when(&[Running])
        .fails(Hresult::E_INVALIDARG)
        .known(&[assumed("an operation that does not say what it is about")]),
    on("process-modify.frozen", T::Modify).with(&[F::Resize, F::ResizeNothing, F::CloseStream, F::Incomplete]).when(&[Frozen])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[assumed("as for a process that is made in a paused system")]),
    on("process-modify.creating", T::Modify).with(&[F::Resize, F::ResizeNothing, F::CloseStream, F::Incomplete]).when(&[Creating])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[assumed("the general sentence on invalid states")]),
    on("process-modify.terminating", T::Modify).with(&[F::Resize, F::ResizeNothing, F::CloseStream, F::Incomplete]).when(&[Terminating])
        .fails(Hresult::HCS_E_PROCESS_ALREADY_STOPPED)
        .known(&[assumed("as after the exit, which is near")]),
    on("process-modify.exited", T::Modify).with(&[F::Resize, F::ResizeNothing, F::CloseStream, F::Incomplete]).when(&[Exited])
        .fails(Hresult::HCS_E_PROCESS_ALREADY_STOPPED)
        .known(&[client("hcsshim names it for all three changes of a process; it closes no stream of one that is over")]),
    on("process-modify.malformed", T::Modify).with(&[F::MalformedOptions]).unless(&[Refused])
        .fails(Hresult::ERROR_INVALID_DATA)
        .known(&[assumed("as for a system; the surface is not recorded")]),
    on("process-modify.invalid", T::Modify).with(&[F::InvalidOptions]).unless(&[Refused])
        .fails(Hresult::HCS_E_INVALID_JSON)
        .known(&[assumed("as for a system; the surface is not recorded")]),
    on("process-modify.refused", T::Modify).when(&[Refused])
        .fails(Hresult::ERROR_NOT_FOUND)
        .known(&[assumed("the service knows no process behind the handle of a failed create")]),
    on("process-modify.done", T::ModifyDone).unless(&[Exited])
        .completes().after(ProcessAfter::Change)
        .known(&[documented("HcsModifyProcess")]),
    on("process-modify.done-late", T::ModifyDone).when(&[Exited])
        .fails(Hresult::HCS_E_PROCESS_ALREADY_STOPPED)
        .known(&[assumed("as for a call that comes later")]),

    // -- Callbacks on a process handle.
    on("process-callback.first", T::SetCallback).with(&[F::FirstCallback]).unless(&[Exited, Refused])
        .succeeds().after(ProcessAfter::SetCallback)
        .known(&[documented("HcsSetProcessCallback"), client("hcsshim: right after the creation")]),
    on("process-callback.late", T::SetCallback).with(&[F::FirstCallback]).when(&[Exited])
        .succeeds().after(ProcessAfter::SetCallbackLate)
        .known(&[assumed("by analogy with the legacy DLL, which holds an exit until somebody registers")]),
    on("process-callback.second", T::SetCallback).with(&[F::SecondCallback]).unless(&[Refused])
        .refuses(Hresult::HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET)
        .known(&[assumed("as for a system")]),
    on("process-callback.clear", T::SetCallback).with(&[F::NoCallback]).unless(&[Refused])
        .succeeds().after(ProcessAfter::ClearCallback)
        .known(&[assumed("as for a system")]),
    on("process-callback.refused", T::SetCallback).when(&[Refused])
        .refuses(Hresult::ERROR_NOT_FOUND)
        .known(&[assumed("the service knows no process behind the handle of a failed create")]),

    // -- Waiting for the exit.
    on("process-wait.live", T::WaitForExit).unless(&[Exited, Refused])
        .waits().after(ProcessAfter::Status)
        .known(&[documented("HcsWaitForProcessExit")]),
    on("process-wait.exited", T::WaitForExit).when(&[Exited])
        .succeeds().after(ProcessAfter::Status)
        .known(&[documented("HcsWaitForProcessExit"), observed("hcsctl: the true exit code", &[B26200]).kinds(&[ProcessContainer, HyperVContainer])]),
    on("process-wait.refused", T::WaitForExit).when(&[Refused])
        .refuses(Hresult::ERROR_NOT_FOUND)
        .known(&[assumed("the service knows no process behind the handle of a failed create")]),

    // -- The creation is done.
    on("process.created", T::Created)
        .happens().becomes(Running)
        .known(&[documented("HcsCreateProcess")]),
    on("process.creation-failed", T::CreationFailed)
        .happens().becomes(Refused)
        .known(&[documented("HcsCreateProcess")]),

    // -- The program, the guest, the system.
    on("process.program-ends", T::ProgramEnd).when(&[Running, Terminating])
        .happens().ends(Ends::Program)
        .known(&[documented("HCS_EVENT_TYPE: HcsEventProcessExited"), observed("hcsctl: cmd /c exit 42", &[B26200]).kinds(&[ProcessContainer, HyperVContainer]).process_states(&[Running])]),
    on("process.program-stands", T::ProgramEnd).when(&[Frozen])
        .passes()
        .known(&[documented("schema reference: a paused system does not run")]),
    on("process.system-over", T::SystemOver).when(&[Running, Frozen, Terminating])
        .happens().ends(Ends::Killed)
        .known(&[assumed("processes are told over before their system is; the legacy DLL may tell nothing at all")]),
    on("process.system-over-late", T::SystemOver).when(&[Refused, Exited])
        .passes()
        .known(&[assumed("nothing is left to end")]),
    on("process.connection-lost", T::ConnectionLost).kinds(REMOTE).when(&[Running, Frozen, Terminating])
        .happens().ends(Ends::Unknown)
        .known(&[documented("schema reference: ExitCode counts only if LastWaitResult is S_OK"), assumed("that a lost connection ends the waits")]),
    on("process.connection-lost-late", T::ConnectionLost).kinds(REMOTE).when(&[Creating, Refused, Exited])
        .passes()
        .known(&[assumed("nothing is left to end; a creation fails when it completes")]),
    on("process.no-connection", T::ConnectionLost).kinds(LOCAL)
        .passes()
        .known(&[documented("a silo runs on the host's own kernel")]),
    on("process.freezes", T::Freeze).when(&[Running])
        .happens().becomes(Frozen).after(ProcessAfter::Stop)
        .known(&[documented("HcsPauseComputeSystem")]),
    on("process.freezes-late", T::Freeze).unless(&[Running])
        .passes()
        .known(&[assumed("what is being ended is ended all the same")]),
    on("process.thaws", T::Thaw).when(&[Frozen])
        .happens().becomes(Running).after(ProcessAfter::Continue)
        .known(&[documented("HcsResumeComputeSystem"), observed("AspireHcs: the guest's commands work again", &[B26200]).kinds(&[HyperVContainer, HostedContainer])]),
    on("process.thaws-late", T::Thaw).unless(&[Frozen])
        .passes()
        .known(&[assumed("it was not frozen")]),

    // -- The last handle goes.
    on("process-last-handle.live", T::LastHandleGone).when(&[Creating, Running, Frozen, Terminating])
        .passes()
        .known(&[client("hcsshim: closing a handle leaves the process running")]),
    on("process-last-handle.over", T::LastHandleGone).when(&[Refused, Exited])
        .happens().after(ProcessAfter::Forget)
        .known(&[client("hcsshim: an id of a process that is over and closed is not found")]),

    // -- The service.
    on("process-service-stop.live", T::ServiceStop).when(&[Running, Frozen, Terminating])
        .happens().ends(Ends::Untold)
        .known(&[documented("event callback sample: ServiceDisconnect, once for each handle"), client("hcsshim ends every wait with an error")]),
    on("process-service-stop.over", T::ServiceStop).when(&[Refused, Exited])
        .happens()
        .known(&[documented("event callback sample: once for each handle")]),
];

const AXES: [Axis; 5] = [
    Axis { name: "trigger", values: ProcessTrigger::NAMES },
    Axis { name: "facet", values: ProcessFacet::NAMES },
    Axis { name: "kind", values: Kind::NAMES },
    Axis { name: "state", values: ProcessState::NAMES },
    Axis { name: "build", values: Build::NAMES },
];
const CELLS: usize = ProcessTrigger::COUNT * ProcessFacet::COUNT * Kind::COUNT * ProcessState::COUNT * Build::COUNT;
static TABLE: [u16; CELLS] = lay_processes();

const fn lay_processes() -> [u16; CELLS] {
    let mut domain = [[0; 5]; ProcessTrigger::COUNT];
    let mut at = 0;
    while at < ProcessTrigger::COUNT {
        let trigger = ProcessTrigger::ALL[at];
        domain[at] =
            [1 << at, trigger.facets().bits(), Kinds::EVERY.bits(), trigger.states().bits(), Builds::EVERY.bits()];
        at += 1;
    }
    let mut covers = [const { Cover { id: "", sets: [0; 5], named: [0; 5] } }; ROWS.len()];
    let mut at = 0;
    while at < ROWS.len() {
        let row = &ROWS[at];
        assert!(!row.sources.is_empty(), "a row names no source");
        covers[at] = Cover {
            id: row.id,
            sets: [1 << row.on as u128, row.facets.bits(), row.kinds.bits(), row.states.bits(), row.builds.bits()],
            named: [0, row.named_facets.bits(), 0, row.named_states.bits(), 0],
        };
        at += 1;
    }
    lay(&AXES, &domain, &covers)
}

/// The row of a situation. `None` when the trigger cannot come in that state or has no such facet.
pub fn rule(
    on: ProcessTrigger,
    facet: ProcessFacet,
    kind: Kind,
    state: ProcessState,
    build: Build,
) -> Option<&'static ProcessRow> {
    let row = TABLE[place(&AXES, &[on.index(), facet.index(), kind.index(), state.index(), build.index()])];
    ROWS.get(usize::from(row))
}

/// What a request ends with whose process has been forgotten meanwhile, because it is over and nobody holds it. Assumed: the
/// id is found no more.
pub const FORGOTTEN: Hresult = Hresult::ERROR_NOT_FOUND;

/// Signals and terminations of one process go one after the other, for each system handle through which they go: what
/// stands behind one that does not return waits, even when the process is over.
pub const IN_TURN: &[Source] = &[
    client("hcsshim opens a second system handle to kill past a signal that is stuck"),
    assumed("that what waits behind a stuck one is not told of the process's end"),
];

/// What a connection that is lost leaves in `LastWaitResult`. Assumed: the code that says it.
pub const CONNECTION_LOST: Hresult = Hresult::HCS_E_CONNECTION_CLOSED;

/// The exit code that goes with it, which does not count. Assumed: what the older DLL shows where it has none.
pub const UNKNOWN_EXIT_CODE: u32 = u32::MAX;

/// What a wait for a process's exit ends with when its time is up. Assumed: clients take this code, no page names one.
pub const EXIT_WAIT_TIMED_OUT: Hresult = crate::operation::EXIT_WAIT_TIMED_OUT;

closed! {
    /// Why a process cannot be made though its parameters are well formed: what the guest finds when it tries.
    pub enum LaunchFault, LaunchFaultSet {
        /// The volume that the container runs on is gone.
        StorageGone,
        /// There is neither a command line nor an application nor arguments.
        NoCommand,
        /// It is to run in the utility machine, and there is none.
        NoMachine,
        /// Arguments for a Linux command, and the guest is Windows.
        NotLinux,
        /// There is no such user.
        UnknownUser,
        /// The working directory is not there.
        NoDirectory,
        /// The executable is not there.
        NoExecutable,
    }
}

/// What a process that cannot be made is answered with.
#[derive(Debug)]
pub struct LaunchRow {
    /// Unique name.
    pub id: &'static str,
    /// The fault.
    pub fault: LaunchFault,
    /// The guests.
    pub guests: GuestOses,
    /// What the operation ends with.
    pub code: Hresult,
    /// How it is known.
    pub sources: &'static [Source],
}

/// The answers, in the order in which the faults are looked for (assumed).
pub const LAUNCH_FAULTS: &[LaunchRow] = &[
    LaunchRow {
        id: "launch.storage-gone",
        fault: LaunchFault::StorageGone,
        guests: GuestOses::EVERY,
        code: Hresult::ERROR_PATH_NOT_FOUND,
        sources: &[assumed("nothing that a process is loaded from is there any more")],
    },
    LaunchRow {
        id: "launch.no-command",
        fault: LaunchFault::NoCommand,
        guests: GuestOses::of(&[GuestOs::Windows]),
        code: Hresult::E_INVALIDARG,
        sources: &[assumed("as CreateProcessW without a name and a line")],
    },
    LaunchRow {
        id: "launch.no-command-linux",
        fault: LaunchFault::NoCommand,
        guests: GuestOses::of(&[GuestOs::Linux]),
        code: Hresult::E_FAIL,
        sources: &[client("opengcs: what is not one of its own codes becomes this")],
    },
    LaunchRow {
        id: "launch.no-machine",
        fault: LaunchFault::NoMachine,
        guests: GuestOses::EVERY,
        code: Hresult::ERROR_NOT_SUPPORTED,
        sources: &[assumed("a silo has no machine around it")],
    },
    LaunchRow {
        id: "launch.not-linux",
        fault: LaunchFault::NotLinux,
        guests: GuestOses::EVERY,
        code: Hresult::ERROR_NOT_SUPPORTED,
        sources: &[documented("schema reference: CommandArgs is for Linux alone"), assumed("the code")],
    },
    LaunchRow {
        id: "launch.unknown-user",
        fault: LaunchFault::UnknownUser,
        guests: GuestOses::of(&[GuestOs::Windows]),
        code: Hresult::ERROR_LOGON_FAILURE,
        sources: &[assumed("as LogonUserW")],
    },
    LaunchRow {
        id: "launch.unknown-user-linux",
        fault: LaunchFault::UnknownUser,
        guests: GuestOses::of(&[GuestOs::Linux]),
        code: Hresult::E_FAIL,
        sources: &[client("opengcs: what is not one of its own codes becomes this")],
    },
    LaunchRow {
        id: "launch.no-directory",
        fault: LaunchFault::NoDirectory,
        guests: GuestOses::of(&[GuestOs::Windows]),
        code: Hresult::ERROR_DIRECTORY,
        sources: &[assumed("as CreateProcessW")],
    },
    LaunchRow {
        id: "launch.no-directory-linux",
        fault: LaunchFault::NoDirectory,
        guests: GuestOses::of(&[GuestOs::Linux]),
        code: Hresult::E_FAIL,
        sources: &[client("opengcs: what is not one of its own codes becomes this")],
    },
    LaunchRow {
        id: "launch.no-executable",
        fault: LaunchFault::NoExecutable,
        guests: GuestOses::of(&[GuestOs::Windows]),
        code: Hresult::ERROR_FILE_NOT_FOUND,
        sources: &[observed("hcsshim issue 674, docker for-win issue 2679", &[B17763])],
    },
    LaunchRow {
        id: "launch.no-executable-linux",
        fault: LaunchFault::NoExecutable,
        guests: GuestOses::of(&[GuestOs::Linux]),
        code: Hresult::E_FAIL,
        sources: &[observed("opengcs issue 327: the runtime inside fails", &[B17763])],
    },
];

/// The row of a fault on a guest. Every pair has one: checked while compiling.
pub const fn launch_fault(fault: LaunchFault, os: GuestOs) -> &'static LaunchRow {
    let mut at = 0;
    while at < LAUNCH_FAULTS.len() {
        if LAUNCH_FAULTS[at].fault as u8 == fault as u8 && LAUNCH_FAULTS[at].guests.contains(os) {
            return &LAUNCH_FAULTS[at];
        }
        at += 1;
    }
    panic!("a launch fault has no row")
}

const _: () = {
    let mut at = 0;
    while at < LaunchFault::COUNT * GuestOs::COUNT {
        launch_fault(LaunchFault::ALL[at / GuestOs::COUNT], GuestOs::ALL[at % GuestOs::COUNT]);
        at += 1;
    }
};
