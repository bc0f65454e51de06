//! Programs that users write in Rust: each runs on a thread of its own, in a process of a simulated guest.
//!
//! Such a program sees its process alone: words, environment, streams, signals, the guest's clock. A killed process does not
//! go on: the next call of its program on the guest does not return, and the thread ends.

use std::future::Future;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hcs_machine::Input;
use hcs_machine::effect::{GuestId, GuestReply, Reply};
use hcs_machine::guest::{Await, Given, Launch, Output, Taken};
use hcs_machine::input::{GuestRequest, WorldEvent};
use hcs_machine::{Time, input::Registered};
use hcs_rules::guest::{GuestOs, Signal, panicked, starved};

use crate::pump::Core;
use crate::simulator::{Shared, Simulator};
use crate::thread;

/// A program: what it does with its guest, and the exit code that comes of it.
pub(crate) type Program = Arc<dyn Fn(Guest) -> u32 + Send + Sync>;

/// A process, as its program sees it. Its clones are the same process.
#[derive(Clone)]
pub struct Guest {
    shared: Arc<Shared>,
    id: GuestId,
    launch: Arc<Launch>,
}

/// What unwinds the thread of a program whose process is over. It is no panic: no hook hears of it.
struct Over;

impl std::fmt::Debug for Guest {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "the guest of {:?}", self.launch.words())
    }
}

impl Simulator {
    /// Guests have a program of this name from now on: a closure that is given its guest and answers the exit code. The name
    /// is that of the executable, with `.exe` or without.
    ///
    /// ```
    /// use std::io::{BufRead, Write};
    /// use hcs_sim::{Simulator, api::{ComputeSystem, Stdio}};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sim = Simulator::builder().start();
    /// sim.program("greet.exe", |mut guest| {
    ///     let name = guest.args().get(1).cloned().unwrap_or_default();
    ///     _ = writeln!(guest.stdout(), "hello {name}");
    ///     3
    /// });
    /// let agent = sim.client("agent");
    /// let container = ComputeSystem::create(&agent, "c", r#"{"Container":{}}"#)?;
    /// container.start()?;
    /// let output = container.command("greet.exe world").output()?;
    /// assert_eq!((output.status.code(), &output.stdout[..]), (3, &b"hello world\n"[..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn program(&self, name: &str, program: impl Fn(Guest) -> u32 + Send + Sync + 'static) {
        self.register(name, Arc::new(program));
    }

    /// As [`Simulator::program`], for an async function. Its futures are polled on the program's own thread.
    pub fn program_async<F: Future<Output = u32>>(
        &self,
        name: &str,
        program: impl Fn(Guest) -> F + Send + Sync + 'static,
    ) {
        self.register(name, Arc::new(move |guest: Guest| guest.block_on(program(guest.clone()))));
    }

    fn register(&self, name: &str, program: Program) {
        let folded = hcs_machine::folded_program(name);
        self.shared.lock().programs.insert(folded, program);
        self.world(WorldEvent::Program(name.into(), Some(Registered::Outside)));
    }

    /// Guests have a program of this name from now on, which does what a script says: see [`hcs_machine::guest::script`].
    ///
    /// ```
    /// # use hcs_sim::{Simulator, api::ComputeSystem};
    /// let sim = Simulator::builder().start();
    /// sim.script("app.exe", r#"stdout "ready"; after 3s; exit 5"#).expect("a script");
    /// ```
    ///
    /// # Errors
    /// What is wrong with the script.
    pub fn script(&self, name: &str, script: &str) -> Result<(), String> {
        let script = hcs_machine::guest::script::Script::parse(script)?;
        self.world(WorldEvent::Program(name.into(), Some(Registered::Script(Arc::new(script)))));
        Ok(())
    }

    /// Guests have no registered program of this name any more. Processes that run it go on.
    pub fn remove_program(&self, name: &str) -> bool {
        self.world(WorldEvent::Program(name.into(), None))
    }

    /// The process of this id in the system with this id ends with this code, as if by itself.
    pub fn process_exit(&self, id: &str, process_id: u32, code: u32) -> bool {
        self.world(WorldEvent::ProcessEnd(id.into(), process_id, code))
    }
}

impl Guest {
    /// The words of the command line, the program's own name first.
    pub fn args(&self) -> Vec<String> {
        self.launch.words()
    }

    /// The command line as it was given, if it was.
    pub fn command_line(&self) -> Option<&str> {
        self.launch.command_line.as_deref()
    }

    /// The environment.
    pub fn env(&self) -> impl Iterator<Item = (&str, &str)> {
        self.launch.environment.iter().map(|(name, value)| (&**name, &**value))
    }

    /// One variable of the environment; on Windows in whatever case.
    pub fn var(&self, name: &str) -> Option<&str> {
        let windows = self.os() == GuestOs::Windows;
        let is = |known: &str| known == name || (windows && known.eq_ignore_ascii_case(name));
        self.env().find(|(known, _)| is(known)).map(|(_, value)| value)
    }

    /// The working directory.
    pub fn current_dir(&self) -> &str {
        &self.launch.directory
    }

    /// The user; empty is the guest's usual one.
    pub fn user(&self) -> &str {
        &self.launch.user
    }

    /// The operating system.
    pub fn os(&self) -> GuestOs {
        self.launch.os
    }

    /// Standard input.
    pub fn stdin(&self) -> GuestStdin {
        GuestStdin(self.clone())
    }

    /// Standard output. What nobody asked for takes everything.
    pub fn stdout(&self) -> GuestOutput {
        GuestOutput(self.clone(), Output::Out)
    }

    /// Standard error.
    pub fn stderr(&self) -> GuestOutput {
        GuestOutput(self.clone(), Output::Err)
    }

    /// How long the guest's clock has run. It stands while the system is paused.
    pub fn now(&self) -> Duration {
        match self.ask(&GuestRequest::Clock) {
            GuestReply::Clock(now) => Duration::from_nanos(now.0),
            other => unreachable!("a clock was asked for, and {other:?} came"),
        }
    }

    /// Sleeps, in the guest's time.
    pub fn sleep(&self, time: Duration) {
        let until = self.moment(time);
        while self.clock() < until {
            self.wait(Await { until: Some(until), ..Await::default() });
        }
    }

    /// As [`Guest::sleep`], to await.
    pub async fn sleep_async(&self, time: Duration) {
        let until = self.moment(time);
        self.until(Await { until: Some(until), ..Await::default() }, || (self.clock() >= until).then_some(())).await;
    }

    /// From now on signals do not end the program; it takes them by [`Guest::try_signal`] and [`Guest::signal`].
    pub fn handle_signals(&self) {
        self.ask(&GuestRequest::HandleSignals { handles: true });
    }

    /// The next signal, if there is one.
    pub fn try_signal(&self) -> Option<Signal> {
        match self.ask(&GuestRequest::TakeSignal) {
            GuestReply::Signal(signal) => signal,
            other => unreachable!("a signal was asked for, and {other:?} came"),
        }
    }

    /// The next signal; waits for one. Signals are handled from then on.
    pub fn signal(&self) -> Signal {
        self.handle_signals();
        loop {
            match self.try_signal() {
                Some(signal) => return signal,
                None => self.wait(Await::default()),
            }
        }
    }

    /// As [`Guest::signal`], to await.
    pub async fn signal_async(&self) -> Signal {
        self.handle_signals();
        self.until(Await::default(), || self.try_signal()).await
    }

    /// The console's width and height in characters, if the process has a console.
    pub fn console(&self) -> Option<(u16, u16)> {
        match self.ask(&GuestRequest::Console) {
            GuestReply::Console(size) => size,
            other => unreachable!("a size was asked for, and {other:?} came"),
        }
    }

    /// A file that programs of the system have written.
    pub fn read_file(&self, path: &str) -> Option<Arc<[u8]>> {
        match self.ask(&GuestRequest::ReadFile { path: path.into() }) {
            GuestReply::File(bytes) => bytes,
            other => unreachable!("a file was asked for, and {other:?} came"),
        }
    }

    /// Writes a file that programs of the system can read. Whether it fits.
    pub fn write_file(&self, path: &str, bytes: &[u8]) -> bool {
        let request = GuestRequest::WriteFile { path: path.into(), bytes: bytes.into(), append: false };
        matches!(self.ask(&request), GuestReply::Done(true))
    }

    /// Starts a child with this command line, which inherits the streams. Its id; `None` when there is no such program.
    pub fn spawn(&self, command_line: &str) -> Option<u32> {
        match self.ask(&GuestRequest::Spawn { command_line: command_line.into() }) {
            GuestReply::Child(child) => child,
            other => unreachable!("a child was asked for, and {other:?} came"),
        }
    }

    /// Waits for a child's end. Its exit code.
    pub fn wait_for(&self, child: u32) -> u32 {
        loop {
            match self.ask(&GuestRequest::ExitOf { child }) {
                GuestReply::Code(Some(code)) => return code,
                _ => self.wait(Await { child: Some(child), ..Await::default() }),
            }
        }
    }

    /// Ends the process at once.
    pub fn exit(&self, code: u32) -> ! {
        self.ask(&GuestRequest::End { code });
        resume_unwind(Box::new(Over))
    }

    /// Fails with this exception (Windows) or signal (Linux), as if nobody handled it.
    pub fn crash(&self, exception: u32) -> ! {
        self.ask(&GuestRequest::Crash { exception });
        resume_unwind(Box::new(Over))
    }

    fn clock(&self) -> Time {
        Time(u64::try_from(self.now().as_nanos()).unwrap_or(u64::MAX))
    }

    fn moment(&self, time: Duration) -> Time {
        // What is longer than any world is for ever: a world that jumped there would be at its end.
        u64::try_from(time.as_nanos()).map_or(Time::NEVER, |time| self.clock().after(time))
    }

    fn wait(&self, awaits: Await) {
        self.ask(&GuestRequest::Wait(awaits));
    }

    /// One request of the program. Does not return once the process is over.
    fn ask(&self, request: &GuestRequest) -> GuestReply {
        loop {
            let reply = {
                let mut core = thread::enter(&self.shared);
                let reply = core.step(&Input::Guest(self.id, request.clone()));
                thread::after_step(&self.shared, &mut core);
                match reply {
                    Reply::Blocked(wait) => thread::block_program(&self.shared, core, wait),
                    reply => reply,
                }
            };
            match reply {
                // A wait is over; anything else is to be asked again, because the system was paused.
                Reply::Guest(GuestReply::Again) if !matches!(request, GuestRequest::Wait(_)) => {}
                Reply::Guest(GuestReply::Over)
                    if !matches!(request, GuestRequest::End { .. } | GuestRequest::Crash { .. }) =>
                {
                    resume_unwind(Box::new(Over))
                }
                Reply::Guest(reply) => return reply,
                other => unreachable!("a program was answered with {other:?}"),
            }
        }
    }

    // -- Futures.

    /// Becomes ready when `look` finds something; `awaits` says what may bring it.
    async fn until<T>(&self, awaits: Await, mut look: impl FnMut() -> Option<T>) -> T {
        std::future::poll_fn(|_| match look() {
            Some(found) => Poll::Ready(found),
            None => {
                INTEREST.with(|interest| {
                    let mut interest = interest.borrow_mut();
                    interest.input |= awaits.input;
                    interest.output = interest.output.or(awaits.output);
                    interest.child = interest.child.or(awaits.child);
                    interest.until = interest.until.into_iter().chain(awaits.until).min();
                });
                Poll::Pending
            }
        })
        .await
    }

    /// Polls a future to its end. Between two polls the program waits for whatever its pending futures wait for.
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            INTEREST.with(|interest| *interest.borrow_mut() = Await::default());
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            self.wait(INTEREST.with(|interest| *interest.borrow()));
        }
    }
}

thread_local! {
    /// What the pending futures of this thread's program wait for.
    static INTEREST: std::cell::RefCell<Await> = const {
        std::cell::RefCell::new(Await { input: false, output: None, until: None, child: None })
    };
}

/// The standard input of a program.
#[derive(Clone, Debug)]
pub struct GuestStdin(Guest);

impl GuestStdin {
    fn try_read(&self, buffer: &mut [u8]) -> Option<usize> {
        if buffer.is_empty() {
            return Some(0);
        }
        let limit = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        match self.0.ask(&GuestRequest::Read { limit }) {
            GuestReply::Given(Given::Bytes(bytes)) => {
                buffer[..bytes.len()].copy_from_slice(&bytes);
                Some(bytes.len())
            }
            GuestReply::Given(Given::End) => Some(0),
            GuestReply::Given(Given::Nothing) => None,
            other => unreachable!("bytes were asked for, and {other:?} came"),
        }
    }

    /// Reads some bytes, to await; 0 is the end.
    pub async fn read_async(&mut self, buffer: &mut [u8]) -> usize {
        self.0.until(Await { input: true, ..Await::default() }, || self.try_read(buffer)).await
    }
}

impl Read for GuestStdin {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.try_read(buffer) {
                Some(count) => return Ok(count),
                None => self.0.wait(Await { input: true, ..Await::default() }),
            }
        }
    }
}

/// The standard output or error of a program.
#[derive(Clone, Debug)]
pub struct GuestOutput(Guest, Output);

impl GuestOutput {
    fn try_write(&self, bytes: &[u8]) -> Option<io::Result<usize>> {
        if bytes.is_empty() {
            return Some(Ok(0));
        }
        let most = bytes.len().min(hcs_rules::guest::PIPE_CAPACITY);
        match self.0.ask(&GuestRequest::Write { to: self.1, bytes: bytes[..most].into() }) {
            GuestReply::Taken(Taken::Bytes(0)) => None,
            GuestReply::Taken(Taken::Bytes(count)) => Some(Ok(count)),
            GuestReply::Taken(Taken::Broken) => Some(Err(io::ErrorKind::BrokenPipe.into())),
            other => unreachable!("bytes were given, and {other:?} came"),
        }
    }

    /// Closes the stream: its reader sees the end.
    pub fn close(&self) {
        self.0.ask(&GuestRequest::Close { of: self.1 });
    }

    /// Writes everything, to await.
    ///
    /// # Errors
    /// `BrokenPipe` when nobody reads any more.
    pub async fn write_all_async(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let awaits = Await { output: Some(self.1), ..Await::default() };
            let count = self.0.until(awaits, || self.try_write(bytes)).await?;
            bytes = &bytes[count..];
        }
        Ok(())
    }
}

impl Write for GuestOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.try_write(bytes) {
                Some(written) => return written,
                None => self.0.wait(Await { output: Some(self.1), ..Await::default() }),
            }
        }
    }

    /// What is written is in the stream already.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins the threads of the programs that the last steps have launched.
pub(crate) fn launch(shared: &Arc<Shared>, core: &mut Core) {
    for (id, name, launch) in std::mem::take(&mut core.launches) {
        let Some(program) = core.programs.get(&name).cloned() else { continue };
        let actor = core.actors.add();
        let guest = Guest { shared: shared.clone(), id, launch };
        let exception = starved(guest.os());
        let body = move || run(&guest, &program);
        if thread::spawn_actor(shared, actor, format!("hcs-sim {name}"), body).is_err() {
            core.actors.finish(actor);
            core.note_trouble(format!("the host refused a thread for {name}"));
            core.step(&Input::Guest(id, GuestRequest::Crash { exception }));
        }
    }
}

/// A program's life on its thread.
fn run(guest: &Guest, program: &Program) {
    let outcome = catch_unwind(AssertUnwindSafe(|| program(guest.clone())));
    let last = match outcome {
        Ok(code) => GuestRequest::End { code },
        Err(panic) if panic.is::<Over>() => return,
        Err(panic) => {
            let what = panic.downcast_ref::<&str>().map(ToString::to_string);
            let what = what.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            let told = format!("the program {:?} panicked: {what}", guest.launch.words());
            guest.shared.lock().note_trouble(told);
            GuestRequest::Crash { exception: panicked(guest.os()) }
        }
    };
    // The process may have been killed meanwhile, which is no panic either.
    _ = catch_unwind(AssertUnwindSafe(|| guest.ask(&last)));
}
