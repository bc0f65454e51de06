//! What comes out of the machine. The effects of one step are to be carried out in their order.

use std::sync::Arc;

use hcs_rules::argument::ArgumentFault;
use hcs_rules::file::FileFault;
use hcs_rules::guest::Signal;
use hcs_rules::handle::HandleFault;
use hcs_rules::hresult::Hresult;
use hcs_rules::legacy::Notice;
use hcs_rules::vocabulary::{Call, EventType};

use crate::guest::{Given, Launch, Taken};
use crate::handle::Handle;
use crate::input::ClientId;
use crate::input::disk::DiskInformation;
use crate::table::Key;
use crate::time::Time;

/// A blocked call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaitId(pub Key);

/// A process whose program runs outside the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GuestId(pub Key);

/// `HCS_PROCESS_INFORMATION`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessInformation {
    /// The process's id in its guest.
    pub id: u32,
    /// Standard input, output and error: [`Handle::NULL`] or [`Handle::INVALID`] where there is none to hand out.
    pub streams: [Handle; 3],
}

/// What the use of a standard stream gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamReply {
    /// Bytes; none is the end.
    Bytes(Arc<[u8]>),
    /// So many bytes were written.
    Written(u32),
    /// Nobody reads any more.
    Broken,
    /// It is closed.
    Closed,
    /// Input is written to and output read from, and this was the other way round.
    WrongWay,
    /// The handle is none.
    Bad(HandleFault),
    /// The call was given up.
    GivenUp,
}

/// What a program outside is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuestReply {
    /// What a read gives.
    Given(Given),
    /// What a write takes.
    Taken(Taken),
    /// Something has come, or the request has to be made again because the system was paused.
    Again,
    /// The next signal.
    Signal(Option<Signal>),
    /// The guest's clock.
    Clock(Time),
    /// The console's width and height.
    Console(Option<(u16, u16)>),
    /// A file's bytes.
    File(Option<Arc<[u8]>>),
    /// Whether it could be done.
    Done(bool),
    /// A child's id.
    Child(Option<u32>),
    /// An exit code.
    Code(Option<u32>),
    /// The process is over: the program does not go on.
    Over,
}

/// What a call of the older interface returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyReply {
    /// The code.
    pub code: Hresult,
    /// What the call gives after a success, and the result document after a failure.
    pub document: Option<Arc<str>>,
    /// The handle that it gives: of a system, of a process, of a registration.
    pub handle: Handle,
    /// The information about a process, if there is any to hand out.
    pub information: Option<ProcessInformation>,
    /// A number that it gives: whether a layer exists, an id.
    pub value: u128,
}

impl LegacyReply {
    /// This code and nothing else.
    pub const fn bare(code: Hresult) -> LegacyReply {
        LegacyReply { code, document: None, handle: Handle::NULL, information: None, value: 0 }
    }
}

/// What a call returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nothing.
    Void,
    /// A code, and for calls that give one, a document.
    Outcome(Hresult, Option<Arc<str>>),
    /// The same with the information about a process, if there is any to hand out.
    Info(Hresult, Option<Arc<str>>, Option<Box<ProcessInformation>>),
    /// A code, and what a disk tells of itself.
    Disk(Hresult, Option<Box<DiskInformation>>),
    /// What a call of the older interface returns.
    Legacy(Box<LegacyReply>),
    /// What the use of a stream gives.
    Stream(StreamReply),
    /// What a program outside is answered.
    Guest(GuestReply),
    /// A code and a handle.
    Handle(Hresult, Handle),
    /// A number: an operation's id or type.
    Number(i64),
    /// Not yet: an [`Effect::Wake`] of this wait follows, in this step or a later one.
    Blocked(WaitId),
    /// The client's number.
    Connected(ClientId),
    /// Whether the world event found something to do.
    Happened(bool),
    /// What stood in the way of something that a client did to files itself, if anything did.
    Files(Option<FileFault>),
}

impl Reply {
    /// What a call of the older interface returns.
    pub fn legacy(reply: LegacyReply) -> Reply {
        Reply::Legacy(Box::new(reply))
    }
}

/// Whom a notification is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The client.
    pub client: ClientId,
    /// The operation, system or process handle whose callback is meant; in the older interface the callback's own handle.
    pub handle: Handle,
    /// The registration: a callback set later is not meant.
    pub registration: u64,
}

/// How the older interface tells something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The type of the notification.
    pub notice: Notice,
    /// Its status.
    pub status: Hresult,
}

/// One call of a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Whom it is for.
    pub target: Target,
    /// The event; `None` is the completion of the target operation.
    pub event: Option<EventType>,
    /// The event's data, JSON.
    pub data: Option<Arc<str>>,
    /// The operation that the event is about.
    pub operation: Handle,
    /// The system's id, for those who hold or drop notifications by it.
    pub system: Option<Arc<str>>,
    /// How it is told when the callback is one of the older interface.
    pub legacy: Option<Told>,
}

/// Something that a strict world does not forgive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The real DLL would have faulted, or worse: a bad handle.
    BadHandle(ClientId, Call, Handle, HandleFault),
    /// The real DLL would have faulted: a bad pointer.
    BadArgument(ClientId, Call, ArgumentFault),
    /// A handle was closed while another thread waited on it.
    ClosedWhileWaiting(ClientId, Call, Handle),
    /// An export that is not modelled was called: its index in [`hcs_rules::export::EXPORTS`].
    UnmodelledCall(ClientId, u16),
    /// A modelled call was asked for something that is not: the id of the row that says so.
    UnmodelledCase(ClientId, &'static str),
    /// A program of a guest was asked for something that is not modelled: what, in the program's own words.
    UnmodelledProgram(u32, &'static str),
    /// The real call raises an exception, and the caller's process dies of it.
    Exception(ClientId, Call, Hresult),
    /// The build does not export the call.
    NotExported(ClientId, Call),
}

impl Finding {
    /// Whether the real DLL would have faulted.
    pub const fn would_fault(&self) -> bool {
        matches!(
            self,
            Finding::BadHandle(..)
                | Finding::BadArgument(..)
                | Finding::ClosedWhileWaiting(..)
                | Finding::Exception(..)
        )
    }
}

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The answer to the input: exactly one for each call, connection and world event.
    Reply(Reply),
    /// A blocked call returns this.
    Wake(WaitId, Reply),
    /// A callback is to be called, after everything before it in this list is done.
    Notify(Notification),
    /// A program outside is to run: under which name it is registered, and what the process was started with.
    Launch(GuestId, Arc<str>, Arc<Launch>),
    /// Something to record.
    Finding(Finding),
}
