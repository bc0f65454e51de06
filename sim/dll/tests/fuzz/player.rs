//! A player: one thread, or one callback, that makes random calls, and what it needs for them.
//!
//! What a call is given lives in the player until the call has returned, each in memory of its own, exactly as large as the
//! call is told, so that who reads or writes too far is caught. What a call gives is then taken in: documents are read and
//! freed, handles and streams go to where all players find them.

use core::ffi::c_void;
use std::ptr::null_mut;
use std::sync::{Mutex, MutexGuard, PoisonError};

use windows_sys::Win32::Foundation::{HANDLE, LocalFree};
use windows_sys::Win32::System::Com::CoTaskMemFree;
use windows_sys::Win32::System::HostComputeSystem::HCS_PROCESS_INFORMATION;
use windows_sys::core::PWSTR;

use crate::callback::CLOSING;
use crate::random::Random;
use crate::stream::{STREAMS, Stream};
use crate::text::{self, For};

/// What a handle is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Operation,
    System,
    Process,
    LegacySystem,
    LegacyProcess,
    LegacySystemCallback,
    LegacyProcessCallback,
    Disk,
    Event,
}

const KINDS: [Kind; 9] = [
    Kind::Operation,
    Kind::System,
    Kind::Process,
    Kind::LegacySystem,
    Kind::LegacyProcess,
    Kind::LegacySystemCallback,
    Kind::LegacyProcessCallback,
    Kind::Disk,
    Kind::Event,
];

/// The handles that all threads share.
#[derive(Default)]
pub(crate) struct Handles {
    live: [Vec<usize>; KINDS.len()],
    /// Some that were closed.
    closed: Vec<usize>,
}

static HANDLES: Mutex<Handles> = Mutex::new(Handles { live: [const { Vec::new() }; KINDS.len()], closed: Vec::new() });

fn handles() -> MutexGuard<'static, Handles> {
    HANDLES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The live handles of a kind, which are then nobody's.
pub(crate) fn take_all(kind: Kind) -> Vec<*mut c_void> {
    let all = std::mem::take(&mut handles().live[kind as usize]);
    all.into_iter().map(std::ptr::without_provenance_mut).collect()
}

/// Waits for a callback that runs: see [`CLOSING`].
fn waits_for_callbacks(kind: Kind) -> bool {
    !matches!(kind, Kind::Operation | Kind::Disk | Kind::Event)
}

/// A place that a call puts something.
enum Out {
    Document(Box<PWSTR>),
    Handle(Kind, Box<HANDLE>),
    Information(Box<HCS_PROCESS_INFORMATION>),
}

pub(crate) struct Player {
    pub(crate) random: Random,
    /// The handle that the callback is of, if this is one and it knows.
    inside: Option<HANDLE>,
    /// Whether this is a thread, which may make every call.
    pub(crate) is_outside: bool,
    /// The handle that was drawn last.
    last: HANDLE,
    /// How many there are of what a pointer was last drawn to.
    pub(crate) count: usize,
    texts: Vec<Box<[u16]>>,
    buffers: Vec<Box<[u64]>>,
    outs: Vec<Out>,
    /// Keeps other callbacks from closing what is not their own.
    may_close: Option<MutexGuard<'static, ()>>,
}

impl Player {
    pub(crate) fn new(random: Random) -> Player {
        Player {
            random,
            inside: None,
            is_outside: true,
            last: null_mut(),
            count: 0,
            texts: Vec::new(),
            buffers: Vec::new(),
            outs: Vec::new(),
            may_close: None,
        }
    }

    /// A player inside a callback.
    pub(crate) fn inside(random: Random, own: Option<HANDLE>) -> Player {
        Player { inside: own, is_outside: false, may_close: CLOSING.try_lock().ok(), ..Player::new(random) }
    }

    /// A handle: live, of another kind, closed, NULL, or any bits.
    pub(crate) fn handle(&mut self, kind: Kind) -> HANDLE {
        self.last = self.draw_handle(kind);
        self.last
    }

    /// The handle that was drawn last: the context of the callback that it is given.
    pub(crate) fn last(&self) -> *const c_void {
        self.last
    }

    fn draw_handle(&mut self, kind: Kind) -> HANDLE {
        let random = &mut self.random;
        if let Some(own) = self.inside.filter(|_| random.once_in(3)) {
            return own;
        }
        let handles = handles();
        let live = pick(random, &handles.live[kind as usize]);
        let bits = match random.below(40) {
            0..32 => live,
            32 => 0,
            33 => usize::MAX,
            34 => random.bits() as usize,
            35 => live ^ 1 << random.below(64),
            36 => random.below(64),
            37 => pick(random, &handles.closed),
            _ => {
                let kind = *random.one_of(&KINDS);
                pick(random, &handles.live[kind as usize])
            }
        };
        std::ptr::without_provenance_mut(bits)
    }

    /// A handle to be closed: live ones are nobody's any more. A callback closes its own; only one at a time may close others.
    pub(crate) fn closing(&mut self, kind: Kind) -> HANDLE {
        if waits_for_callbacks(kind) && !self.is_outside && self.may_close.is_none() {
            self.last = self.inside.unwrap_or(null_mut());
            return self.last;
        }
        let handle = self.handle(kind);
        let mut handles = handles();
        let list = &mut handles.live[kind as usize];
        if let Some(at) = list.iter().position(|live| *live == handle.addr()) {
            list.swap_remove(at);
            if handles.closed.len() < 64 {
                handles.closed.push(handle.addr());
            } else {
                let at = self.random.below(64);
                handles.closed[at] = handle.addr();
            }
        }
        handle
    }

    /// A handle whose callback is to be another one, for which is waited.
    pub(crate) fn settling(&mut self, kind: Kind) -> HANDLE {
        if !self.is_outside && self.may_close.is_none() {
            self.last = self.inside.unwrap_or(null_mut());
            return self.last;
        }
        self.handle(kind)
    }

    /// A handle for `CloseHandle`: it must not be a descriptor that is somebody else's.
    pub(crate) fn no_descriptor(handle: HANDLE) -> HANDLE {
        if (1..=i32::MAX as usize).contains(&handle.addr()) { handle.map_addr(|bits| bits | 1 << 33) } else { handle }
    }

    pub(crate) fn text(&mut self, of: For) -> *const u16 {
        match text::draw(&mut self.random, of) {
            None => std::ptr::null(),
            Some(units) => {
                self.texts.push(units);
                self.texts.last().map_or(std::ptr::null(), |units| units.as_ptr())
            }
        }
    }

    /// A time to wait: none, or little.
    pub(crate) fn time(&mut self) -> u32 {
        if self.random.once_in(4) { 1 + self.random.below(5) as u32 } else { 0 }
    }

    /// Flags, of which few bits are set.
    pub(crate) fn flags(&mut self) -> u32 {
        match self.random.below(8) {
            0 => self.random.bits() as u32,
            1 | 2 => 1 << self.random.below(32),
            _ => self.random.below(5) as u32,
        }
    }

    /// The access that calls ask for, or another.
    pub(crate) fn access(&mut self) -> u32 {
        if self.random.once_in(6) { self.flags() } else { hcs_rules::vocabulary::GENERIC_ALL }
    }

    /// Flags where most calls have none.
    pub(crate) fn few_flags(&mut self) -> i32 {
        if self.random.once_in(4) { self.flags() as i32 } else { 0 }
    }

    /// Whether a pointer is to be NULL.
    fn is_null(&mut self) -> bool {
        self.random.once_in(16)
    }

    /// A string as it is given.
    pub(crate) fn given(&mut self, text: &str) -> *const u16 {
        self.texts.push(text.encode_utf16().chain([0]).collect());
        self.texts.last().map_or(std::ptr::null(), |units| units.as_ptr())
    }

    /// Where a document goes, or NULL.
    pub(crate) fn document(&mut self) -> *mut PWSTR {
        if self.is_null() { null_mut() } else { self.place_for_document() }
    }

    pub(crate) fn place_for_document(&mut self) -> *mut PWSTR {
        let mut place = Box::new(null_mut());
        let pointer = &raw mut *place;
        self.outs.push(Out::Document(place));
        pointer
    }

    /// Where a handle goes, or NULL.
    pub(crate) fn made(&mut self, kind: Kind) -> *mut HANDLE {
        if self.is_null() { null_mut() } else { self.place(kind) }
    }

    pub(crate) fn place(&mut self, kind: Kind) -> *mut HANDLE {
        let mut place = Box::new(null_mut());
        let pointer = &raw mut *place;
        self.outs.push(Out::Handle(kind, place));
        pointer
    }

    /// Where process information goes, or NULL.
    pub(crate) fn information(&mut self) -> *mut HCS_PROCESS_INFORMATION {
        if self.is_null() { null_mut() } else { self.place_for_information() }
    }

    pub(crate) fn place_for_information(&mut self) -> *mut HCS_PROCESS_INFORMATION {
        let mut place = Box::new(HCS_PROCESS_INFORMATION::default());
        let pointer = &raw mut *place;
        self.outs.push(Out::Information(place));
        pointer
    }

    /// Memory of so many bytes, which a call may write to.
    pub(crate) fn buffer<T>(&mut self, bytes: usize) -> *mut T {
        let mut buffer = vec![0; bytes.div_ceil(8)].into_boxed_slice();
        let pointer = buffer.as_mut_ptr();
        self.buffers.push(buffer);
        pointer.cast()
    }

    /// A value in memory of its own, as a call is given it.
    pub(crate) fn value<T>(&mut self, value: T) -> *mut T {
        let place = self.buffer::<T>(size_of::<T>());
        // SAFETY: there is room, aligned for eight bytes, as every structure here wants at most.
        unsafe { place.write(value) };
        place
    }

    /// The same, or NULL.
    pub(crate) fn value_or_null<T>(&mut self, value: T) -> *mut T {
        if self.is_null() { null_mut() } else { self.value(value) }
    }

    pub(crate) fn keep(&mut self, kind: Kind, handle: HANDLE) {
        if !handle.is_null() {
            handles().live[kind as usize].push(handle.addr());
        }
    }

    /// Takes in what the call has given.
    pub(crate) fn take_in(&mut self) {
        for out in std::mem::take(&mut self.outs) {
            match out {
                Out::Document(document) => {
                    read(*document);
                    self.free(*document);
                }
                Out::Handle(kind, handle) => self.keep(kind, *handle),
                Out::Information(given) => {
                    for (handle, input) in [(given.StdInput, true), (given.StdOutput, false), (given.StdError, false)] {
                        STREAMS.lock().unwrap_or_else(PoisonError::into_inner).extend(Stream::of(handle, input));
                    }
                }
            }
        }
        self.texts.clear();
        self.buffers.clear();
    }

    fn free(&mut self, document: PWSTR) {
        // SAFETY: the document is freed once, by either function.
        unsafe { if self.random.once_in(2) { _ = LocalFree(document.cast()) } else { CoTaskMemFree(document.cast()) } }
    }
}

/// One of a list, often one of the last: on what is new something is going on.
fn pick(random: &mut Random, list: &[usize]) -> usize {
    let last = if random.once_in(2) { 4 } else { usize::MAX };
    let list = &list[list.len().saturating_sub(last)..];
    if list.is_empty() { 0 } else { *random.one_of(list) }
}

/// Reads a document to its end: it must have one, and be whole characters, because it is one of ours.
pub(crate) fn read(document: *const u16) -> String {
    if document.is_null() {
        return String::new();
    }
    let mut length = 0;
    // SAFETY: a document ends with a zero.
    while unsafe { *document.add(length) } != 0 {
        length += 1;
    }
    // SAFETY: so many units have been read.
    let units = unsafe { std::slice::from_raw_parts(document, length) };
    String::from_utf16(units).expect("a document of whole characters")
}
