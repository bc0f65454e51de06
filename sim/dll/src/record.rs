//! Writing down what goes through the C ABI, as [`hcs_record`] says.
//!
//! | file | what is there |
//! |---|---|
//! | `record` | the recorder: names, threads, time, lines; one call in the writing |
//! | `role` | each kind of parameter: what is written of it, what is passed on |
//! | `trampoline` | callbacks, which are written down before the caller's own function runs |

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use hcs_record::line::{Target, When};
use hcs_record::{Line, Recorded};
use serde_json::Value;

use crate::trampoline::{Callback, Completion, Registered};

/// How long callbacks may take that are waited for before a handle is closed.
const CALLBACKS_RETURN_WITHIN: Duration = Duration::from_secs(1);

/// Writes lines, and gives names to what appears in them.
pub(crate) struct Recorder {
    inner: Mutex<Inner>,
}

struct Inner {
    /// A sink that fails is given up: the caller's calls must not fail for it.
    sink: Option<Box<dyn Write + Send>>,
    target: Target,
    started: Instant,
    /// By the bits of handles, and of pointers that the caller has made.
    names: BTreeMap<u64, String>,
    contexts: BTreeMap<usize, String>,
    counts: BTreeMap<&'static str, u64>,
    threads: HashMap<ThreadId, u64>,
    calls: u64,
    /// The callers' own completion callbacks, by the bits of the operations that they are set on.
    completions: BTreeMap<u64, Completion>,
    /// Operations that tell events: what stands in the place of their context.
    telling: BTreeMap<u64, &'static Registered>,
}

impl Inner {
    fn write(&mut self, line: &Line) {
        if let Some(sink) = &mut self.sink
            && writeln!(sink, "{line}").and_then(|()| sink.flush()).is_err()
        {
            self.sink = None;
        }
    }

    fn now(&mut self) -> When {
        let elapsed = match self.target {
            Target::Double => crate::world::simulator().now(),
            Target::Windows => self.started.elapsed(),
        };
        let next = self.threads.len() as u64 + 1;
        let thread = *self.threads.entry(std::thread::current().id()).or_insert(next);
        When { ms: elapsed.as_nanos() as f64 / 1e6, thread }
    }

    fn new_name(&mut self, kind: &'static str) -> String {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        format!("{kind}{count}")
    }
}

impl Recorder {
    /// One that has written its first line.
    pub(crate) fn new(sink: Box<dyn Write + Send>, header: Line) -> Recorder {
        let target = match header {
            Line::Header { target, .. } => target,
            _ => Target::Double,
        };
        let mut inner = Inner {
            sink: Some(sink),
            target,
            started: Instant::now(),
            names: BTreeMap::new(),
            contexts: BTreeMap::new(),
            counts: BTreeMap::new(),
            threads: HashMap::new(),
            calls: 0,
            completions: BTreeMap::new(),
            telling: BTreeMap::new(),
        };
        inner.write(&header);
        Recorder { inner: Mutex::new(inner) }
    }

    fn is_of_double(&self) -> bool {
        self.lock().target == Target::Double
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of a handle that is used. One that no call gave is the caller's own invention, or, of a kind that others give
    /// too, has its name from now on.
    pub(crate) fn used(&self, bits: u64, unknown: &'static str) -> Value {
        if bits == 0 {
            return Value::Null;
        }
        let mut inner = self.lock();
        if let Some(name) = inner.names.get(&bits) {
            return Value::from(name.as_str());
        }
        let name = inner.new_name(unknown);
        inner.names.insert(bits, name.clone());
        Value::from(name)
    }

    /// The name of a handle that is new, whatever had its bits before.
    pub(crate) fn given(&self, bits: u64, kind: &'static str) -> Value {
        if bits == 0 {
            return Value::Null;
        }
        let mut inner = self.lock();
        let name = inner.new_name(kind);
        inner.names.insert(bits, name.clone());
        Value::from(name)
    }

    /// The name of a context.
    pub(crate) fn context(&self, address: usize) -> Value {
        if address == 0 {
            return Value::Null;
        }
        let mut inner = self.lock();
        if let Some(name) = inner.contexts.get(&address) {
            return Value::from(name.as_str());
        }
        let name = inner.new_name("context");
        inner.contexts.insert(address, name.clone());
        Value::from(name)
    }

    /// A callback is called.
    pub(crate) fn tells(&self, whose: String, event: Value, code: Option<u32>, data: Value) {
        let mut inner = self.lock();
        let when = inner.now();
        inner.write(&Line::Tells { when, whose, event, code, data });
    }

    /// An operation is done: its name, and the caller's own callback.
    pub(crate) fn completed(&self, operation: u64) -> Option<Completion> {
        let mut inner = self.lock();
        let when = inner.now();
        let callback = inner.completions.get(&operation).copied()?;
        let whose = inner.names.get(&operation).cloned().unwrap_or_else(|| "strange0".to_owned());
        inner.write(&Line::Tells { when, whose, event: Value::from("completed"), code: None, data: Value::Null });
        Some(callback)
    }

    /// Sets the caller's own callback on an operation, or takes it away; gives the one before.
    pub(crate) fn set_completion(&self, operation: u64, callback: Option<Completion>) -> Option<Completion> {
        let mut inner = self.lock();
        match callback {
            Some(callback) => inner.completions.insert(operation, callback),
            None => inner.completions.remove(&operation),
        }
    }

    /// What stands in the place of an operation's context, if it tells events.
    pub(crate) fn telling(&self, operation: u64) -> Option<&'static Registered> {
        self.lock().telling.get(&operation).copied()
    }

    /// The simulated world is told something.
    pub(crate) fn direction(&self, words: &str) {
        let mut inner = self.lock();
        let when = inner.now();
        inner.write(&Line::Direction { when, words: words.to_owned() });
    }

    /// A new simulated world has begun.
    pub(crate) fn reset(&self, build: u32, seed: u64) {
        let mut inner = self.lock();
        let when = inner.now();
        inner.write(&Line::Reset { when, build, seed });
    }
}

/// A call in the writing.
pub(crate) struct Call {
    pub(crate) recorder: Arc<Recorder>,
    of: &'static str,
    number: u64,
    pub(crate) with: Vec<(String, Value)>,
    pub(crate) code: Option<u32>,
    pub(crate) gives: Vec<(String, Value)>,
    /// The operation that the call is about, first of all.
    pub(crate) operation: u64,
    /// The system or the process.
    pub(crate) subject: Value,
    /// What comes with the call: a context, and a function to be called with it.
    pub(crate) context: usize,
    pub(crate) callback: Callback,
    /// What stands in the place of that context.
    pub(crate) registered: Option<&'static Registered>,
    /// The completion callback that the call takes the place of.
    displaced: Option<Option<Completion>>,
}

impl Call {
    pub(crate) fn new(recorder: &Arc<Recorder>, of: &'static str) -> Call {
        Call {
            recorder: recorder.clone(),
            of,
            number: 0,
            with: Vec::new(),
            code: None,
            gives: Vec::new(),
            operation: 0,
            subject: Value::Null,
            context: 0,
            callback: Callback::None,
            registered: None,
            displaced: None,
        }
    }

    /// An argument.
    pub(crate) fn with(&mut self, name: &str, value: Value) {
        self.with.push((name.to_owned(), value));
    }

    /// Something that the call gives.
    pub(crate) fn gives(&mut self, name: &str, value: Value) {
        self.gives.push((name.to_owned(), value));
    }

    /// The arguments are known: the call begins.
    pub(crate) fn enter(&mut self) {
        // What a simulated world has told by now is heard now, and not lost with the handle: so it is in every replay.
        let ends = |call: &Recorded| call.ends_a_registration() || call.changes_a_registration();
        if Recorded::by_name(self.of).is_some_and(ends) && self.recorder.is_of_double() {
            crate::world::simulator().drain_within(CALLBACKS_RETURN_WITHIN);
        }
        match self.callback {
            Callback::None | Callback::Completion(_) => {}
            callback => self.registered = Some(Registered::new(&self.recorder, callback, self.context, &self.subject)),
        }
        // It must be there before the operation can be done.
        if self.sets_completion() {
            self.displaced = Some(self.recorder.set_completion(self.operation, self.callback.completion()));
        }
        let mut inner = self.recorder.lock();
        inner.calls += 1;
        self.number = inner.calls;
        let when = inner.now();
        let with = std::mem::take(&mut self.with);
        inner.write(&Line::Call { when, call: self.number, of: self.of.to_owned(), with });
    }

    /// Whether the call sets the callback of an operation that there is.
    fn sets_completion(&self) -> bool {
        self.operation != 0 && self.of == "HcsSetOperationCallback"
    }

    /// An operation is new: its callback belongs to it.
    pub(crate) fn new_operation(&mut self, operation: u64) {
        let name = self.recorder.given(operation, "operation");
        if let Some(registered) = self.registered {
            registered.belongs_to(&name);
        }
        self.gives("return", name);
        let mut inner = self.recorder.lock();
        // Another operation may have had the same bits.
        inner.completions.remove(&operation);
        inner.telling.remove(&operation);
        if let Some(callback) = self.callback.completion() {
            inner.completions.insert(operation, callback);
        }
        if let Some(registered) = self.registered {
            inner.telling.insert(operation, registered);
        }
    }

    /// The call has returned.
    pub(crate) fn leave(&mut self) {
        if let Some(before) = self.displaced.take()
            && self.code.is_some_and(|code| code >> 31 == 1)
        {
            self.recorder.set_completion(self.operation, before);
        }
        let mut inner = self.recorder.lock();
        let when = inner.now();
        let gives = std::mem::take(&mut self.gives);
        inner.write(&Line::Answer { when, answer: self.number, code: self.code, gives });
    }
}
