//! The older interface under any sequence of calls: each pending call is told once, a callback that is gone hears nothing.

mod common;

use std::collections::BTreeMap;

use common::{CONTAINER, LATENCY, ONE, World};
use hcs_machine::effect::{Effect, LegacyReply, Reply};
use hcs_machine::handle::{Handle, HandleType};
use hcs_machine::input::{End, Fate, LegacyRequest, Request, Text, WorldEvent};
use hcs_machine::table::Key;
use hcs_machine::{Input, Time};
use hcs_rules::hresult::Hresult;
use hcs_rules::legacy::{self, Admission, Ends, Notice};
use proptest::prelude::*;

/// What happens next.
#[derive(Clone, Debug)]
enum Move {
    Create,
    Open,
    Begin(u8, Option<u8>),
    Query,
    Process,
    KillProcess,
    Register,
    Unregister,
    RegisterProcess,
    UnregisterProcess,
    Close,
    CloseProcess,
    Pass(u8),
    Crash,
    Stop,
    Return,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        2 => Just(Move::Create),
        1 => Just(Move::Open),
        8 => (0..6u8, proptest::option::weighted(0.2, 0..3u8)).prop_map(|(which, end)| Move::Begin(which, end)),
        1 => Just(Move::Query),
        2 => Just(Move::Process),
        1 => Just(Move::KillProcess),
        4 => Just(Move::Register),
        2 => Just(Move::Unregister),
        2 => Just(Move::RegisterProcess),
        1 => Just(Move::UnregisterProcess),
        1 => Just(Move::Close),
        1 => Just(Move::CloseProcess),
        6 => (0..40u8).prop_map(Move::Pass),
        1 => Just(Move::Crash),
        1 => Just(Move::Stop),
        1 => Just(Move::Return),
    ];
    proptest::collection::vec(one, 1..60)
}

/// What is known of one handle and its callback.
#[derive(Default)]
struct Known {
    system: Option<Handle>,
    process: Option<Handle>,
    callback: Option<Handle>,
    of_process: Option<Handle>,
    /// How many calls were pending on the handle, by the notification that ends them.
    owed: BTreeMap<Notice, u32>,
    told: BTreeMap<Notice, u32>,
    process_exits: u32,
}

struct Test {
    world: World,
    known: Known,
    seen: usize,
}

impl Test {
    fn call(&mut self, request: LegacyRequest, fate: &Fate) -> LegacyReply {
        match self.world.input(&Input::Call(ONE, Request::Legacy(request.into()), fate.clone())) {
            Reply::Legacy(reply) => *reply,
            // Nothing hangs here, so that a call that waits for its operation ends when that is due.
            Reply::Blocked(wait) => {
                for _ in 0..50 {
                    self.world.pass(LATENCY);
                    let woken =
                        self.world.effects.iter().position(
                            |effect| matches!(effect, Effect::Wake(other, Reply::Legacy(_)) if *other == wait),
                        );
                    if let Some(at) = woken {
                        self.listen();
                        let Effect::Wake(_, Reply::Legacy(reply)) = self.world.effects.remove(at) else {
                            unreachable!()
                        };
                        self.seen = self.world.effects.len();
                        return *reply;
                    }
                }
                panic!("the call is still blocked");
            }
            other => panic!("{other:?}"),
        }
    }

    /// Looks at what was told since the last time.
    fn listen(&mut self) {
        let Known { callback, of_process, .. } = self.known;
        for effect in &self.world.effects[self.seen..] {
            let Effect::Notify(notification) = effect else { continue };
            let told = notification.legacy.expect("only the older interface is used");
            let to_process = told.notice == Notice::ProcessExited
                || (told.notice == Notice::ServiceDisconnect && Some(notification.target.handle) == of_process);
            let expected = if to_process { of_process } else { callback };
            assert_eq!(Some(notification.target.handle), expected, "a callback that is gone is told {told:?}");
            if told.notice == Notice::ProcessExited {
                self.known.process_exits += 1;
                assert_eq!(self.known.process_exits, 1, "the exit of a process is told twice");
            } else {
                *self.known.told.entry(told.notice).or_default() += 1;
            }
        }
        self.seen = self.world.effects.len();
        for (notice, told) in &self.known.told {
            let owed = match notice {
                Notice::SystemExited => 1,
                Notice::SystemCrashInitiated
                | Notice::SystemCrashReport
                | Notice::SystemGuestConnectionClosed
                | Notice::ServiceDisconnect => u32::MAX,
                notice => self.known.owed.get(notice).copied().unwrap_or(0),
            };
            assert!(*told <= owed, "{notice:?} is told {told} times, and owed {owed} times");
        }
    }

    fn step(&mut self, step: &Move) {
        let prompt = &Fate::after(LATENCY);
        match step {
            Move::Create | Move::Open if self.known.system.is_some() => {}
            Move::Create => {
                let configuration = Text::from(CONTAINER);
                let reply =
                    self.call(LegacyRequest::CreateComputeSystem { id: "c".into(), configuration, out: true }, prompt);
                if reply.code == legacy::PENDING {
                    self.begin(reply.handle);
                    self.known.owed.insert(Notice::SystemCreateCompleted, 1);
                }
            }
            Move::Open => {
                let reply = self.call(LegacyRequest::OpenComputeSystem { id: "c".into(), out: true }, prompt);
                if reply.code.is_ok() {
                    self.begin(reply.handle);
                }
            }
            Move::Begin(which, end) => {
                let Some(system) = self.known.system else { return };
                let options = Text::Null;
                let request = match which {
                    0 => LegacyRequest::StartComputeSystem { system, options },
                    1 => LegacyRequest::PauseComputeSystem { system, options },
                    2 => LegacyRequest::ResumeComputeSystem { system, options },
                    3 => LegacyRequest::SaveComputeSystem { system, options },
                    4 => LegacyRequest::ShutdownComputeSystem { system, options },
                    _ => LegacyRequest::TerminateComputeSystem { system, options },
                };
                let end = match end {
                    None => End::Natural,
                    Some(0) => End::Hangs,
                    Some(1) => End::Fails(Hresult::HCS_E_CONNECTION_TIMEOUT, None),
                    Some(_) => End::Refused(Hresult::HCS_E_CONNECT_FAILED),
                };
                let call = request.call();
                let reply = self.call(request, &Fate { end, ..prompt.clone() });
                // The one that clients of the older interface know so.
                let newer = reply.code.0 >> 16 == 0x8037 && reply.code != Hresult::HCS_E_PROCESS_ALREADY_STOPPED;
                assert!(!newer, "{call:?} answers with a code of the newer family");
                let ends = legacy::rule(call, Admission::Accepted).map(|row| row.ends);
                if reply.code == legacy::PENDING
                    && let Some(Ends::Notified(notice) | Ends::WithSystem(Some(notice))) = ends
                {
                    *self.known.owed.entry(notice).or_default() += 1;
                }
            }
            Move::Query => {
                if let Some(system) = self.known.system {
                    self.call(
                        LegacyRequest::GetComputeSystemProperties { system, query: Text::Null, out: true },
                        prompt,
                    );
                }
            }
            Move::Process => {
                if let (Some(system), None) = (self.known.system, self.known.process) {
                    let parameters = Text::from(r#"{"CommandLine":"ping -t localhost"}"#);
                    let reply = self.call(LegacyRequest::CreateProcess { system, parameters, out: true }, prompt);
                    if reply.code.is_ok() {
                        (self.known.process, self.known.process_exits) = (Some(reply.handle), 0);
                    }
                }
            }
            Move::KillProcess => {
                if let Some(process) = self.known.process {
                    self.call(LegacyRequest::TerminateProcess { process }, prompt);
                }
            }
            Move::Register => {
                if let Some(system) = self.known.system {
                    let request = LegacyRequest::RegisterComputeSystemCallback { system, callback: true, out: true };
                    let reply = self.call(request, prompt);
                    assert!(reply.code.is_err() || self.known.callback.is_none(), "two callbacks on one handle");
                    if reply.code.is_ok() {
                        self.known.callback = Some(reply.handle);
                    }
                }
            }
            Move::RegisterProcess => {
                if let (Some(process), None) = (self.known.process, self.known.of_process) {
                    let request = LegacyRequest::RegisterProcessCallback { process, callback: true, out: true };
                    let reply = self.call(request, prompt);
                    if reply.code.is_ok() {
                        self.known.of_process = Some(reply.handle);
                    }
                }
            }
            Move::Unregister => {
                if let Some(registration) = self.known.callback {
                    self.listen();
                    let reply = self.call(LegacyRequest::UnregisterComputeSystemCallback { registration }, prompt);
                    assert_eq!(reply.code, Hresult::S_OK);
                    self.listen();
                    self.known.callback = None;
                }
            }
            Move::UnregisterProcess => {
                if let Some(registration) = self.known.of_process {
                    let reply = self.call(LegacyRequest::UnregisterProcessCallback { registration }, prompt);
                    assert_eq!(reply.code, Hresult::S_OK);
                    self.listen();
                    self.known.of_process = None;
                }
            }
            Move::Close => {
                if let Some(system) = self.known.system {
                    assert_eq!(self.call(LegacyRequest::CloseComputeSystem { system }, prompt).code, Hresult::S_OK);
                    self.listen();
                    if let Some(registration) = self.known.callback {
                        self.call(LegacyRequest::UnregisterComputeSystemCallback { registration }, prompt);
                    }
                    let Known { process, of_process, process_exits, .. } = std::mem::take(&mut self.known);
                    self.known = Known { process, of_process, process_exits, ..Known::default() };
                }
            }
            Move::CloseProcess => {
                if let Some(process) = self.known.process {
                    assert_eq!(self.call(LegacyRequest::CloseProcess { process }, prompt).code, Hresult::S_OK);
                    self.listen();
                    if let Some(registration) = self.known.of_process {
                        self.call(LegacyRequest::UnregisterProcessCallback { registration }, prompt);
                    }
                    (self.known.process, self.known.of_process, self.known.process_exits) = (None, None, 0);
                }
            }
            Move::Pass(time) => self.world.pass(u64::from(*time) * LATENCY / 8),
            Move::Crash => _ = self.world.world(WorldEvent::WorkerCrash("c".into())),
            Move::Stop => _ = self.world.world(WorldEvent::ServiceStop),
            Move::Return => _ = self.world.world(WorldEvent::ServiceReturn),
        }
        self.listen();
    }

    fn begin(&mut self, system: Handle) {
        self.known.system = Some(system);
        self.known.owed.clear();
        self.known.told.clear();
    }
}

proptest! {
    #[test]
    fn pending_calls_are_told_once_and_callbacks_that_are_gone_hear_nothing(moves in moves()) {
        let mut test = Test { world: World::new(), known: Known::default(), seen: 0 };
        for step in &moves {
            test.step(step);
        }
        // Somebody listens to the end: whatever has not hung is told.
        test.step(&Move::Register);
        test.world.pass(1_000 * LATENCY);
        test.listen();
        // A clone goes on alike.
        let copy = test.world.host.clone();
        assert!(copy == test.world.host);
    }
}

#[test]
fn a_call_that_nothing_ends_is_given_up_with_the_older_time_out() {
    let mut world = World::new();
    let configuration = Text::from(CONTAINER);
    let create = LegacyRequest::CreateComputeSystem { id: "c".into(), configuration, out: true };
    let Reply::Legacy(created) = world.input(&Input::Call(ONE, Request::Legacy(create.into()), Fate::PROMPT)) else {
        panic!("the call is one of the older interface")
    };
    assert_eq!(created.code, legacy::PENDING);
    let system = created.handle;
    let query = LegacyRequest::GetComputeSystemProperties { system, query: Text::Null, out: true };
    let hangs = Fate { end: End::Hangs, ..Fate::PROMPT };
    let Reply::Blocked(wait) = world.input(&Input::Call(ONE, Request::Legacy(query.into()), hangs)) else {
        panic!("the call waits for its operation")
    };
    assert_eq!(world.host.next_due(), None::<Time>);
    world.input(&Input::GiveUp(wait));
    let woken = Reply::legacy(LegacyReply::bare(Hresult(0xC037_0109)));
    assert!(world.effects.contains(&Effect::Wake(wait, woken)), "{:?}", world.effects);
}

/// Every call that takes a handle, with this one.
fn every_call(handle: Handle) -> Vec<LegacyRequest> {
    let (system, process, registration, text) = (handle, handle, handle, || Text::from("{}"));
    vec![
        LegacyRequest::StartComputeSystem { system, options: text() },
        LegacyRequest::ShutdownComputeSystem { system, options: text() },
        LegacyRequest::TerminateComputeSystem { system, options: text() },
        LegacyRequest::PauseComputeSystem { system, options: text() },
        LegacyRequest::ResumeComputeSystem { system, options: text() },
        LegacyRequest::SaveComputeSystem { system, options: text() },
        LegacyRequest::GetComputeSystemProperties { system, query: text(), out: true },
        LegacyRequest::ModifyComputeSystem { system, configuration: text() },
        LegacyRequest::RegisterComputeSystemCallback { system, callback: true, out: true },
        LegacyRequest::CreateProcess { system, parameters: text(), out: true },
        LegacyRequest::OpenProcess { system, id: 1, out: true },
        LegacyRequest::TerminateProcess { process },
        LegacyRequest::SignalProcess { process, options: text() },
        LegacyRequest::GetProcessInfo { process, out: true },
        LegacyRequest::GetProcessProperties { process, out: true },
        LegacyRequest::ModifyProcess { process, settings: text() },
        LegacyRequest::RegisterProcessCallback { process, callback: true, out: true },
        LegacyRequest::CloseComputeSystem { system },
        LegacyRequest::CloseProcess { process },
        LegacyRequest::UnregisterComputeSystemCallback { registration },
        LegacyRequest::UnregisterProcessCallback { registration },
    ]
}

#[test]
fn handles_that_make_no_sense_are_refused_and_what_stands_behind_is_nobodys() {
    let mut test = Test { world: World::new(), known: Known::default(), seen: 0 };
    for step in [Move::Create, Move::Register, Move::Pass(40), Move::Begin(0, None), Move::Pass(40), Move::Process] {
        test.step(&step);
    }
    let (system, process) = (test.known.system.expect("made"), test.known.process.expect("made"));
    let callback = test.known.callback.expect("made");
    let closed = test.call(LegacyRequest::OpenComputeSystem { id: "c".into(), out: true }, &Fate::PROMPT).handle;
    assert!(test.call(LegacyRequest::CloseComputeSystem { system: closed }, &Fate::PROMPT).code.is_ok());
    // Guesses at what stands behind the handles, and bits of no handle.
    let key = |index| Key { index, generation: 0 };
    let kinds = [HandleType::System, HandleType::Process, HandleType::Operation, HandleType::Stream, HandleType::Disk];
    let guesses = kinds.into_iter().flat_map(|kind| (0..4).map(move |index| Handle::new(kind, key(index))));
    let beyond = Handle::new(HandleType::Legacy, key(77));
    let bad: Vec<Handle> =
        guesses.chain([closed, beyond, Handle::NULL, Handle::INVALID, Handle(0xDEAD_BEE8)]).collect();
    for handle in &bad {
        for request in every_call(*handle) {
            let what = format!("{request:?}");
            let reply = test.call(request, &Fate::after(LATENCY));
            assert_eq!(reply.code, Hresult::ERROR_INVALID_HANDLE, "{what}");
        }
    }
    // A handle of the right interface and the wrong kind.
    for (handle, own) in [(system, 0..11), (process, 11..17), (callback, 19..20)] {
        let calls = every_call(handle).into_iter().enumerate();
        for (at, request) in calls.filter(|(at, _)| !own.contains(at)) {
            if (handle, at) == (system, 17) || (handle, at) == (process, 18) {
                continue;
            }
            let what = format!("{request:?}");
            assert_eq!(test.call(request, &Fate::after(LATENCY)).code, Hresult::ERROR_INVALID_HANDLE, "{what}");
        }
    }
    // Nor does the newer interface take them, or what stands behind them.
    let operation = test.world.operation();
    for system in bad.iter().copied().chain([system, process, callback]) {
        let code = test.world.code(Request::StartComputeSystem { system, operation, options: Text::Null });
        assert!(code.is_err(), "{system:?}");
    }
    assert!(test.call(LegacyRequest::CloseProcess { process }, &Fate::PROMPT).code.is_ok());
    assert!(test.call(LegacyRequest::CloseComputeSystem { system }, &Fate::PROMPT).code.is_ok());
}
