//! What comes into the machine: calls with their fates, world events, and time passing. What each can be has a file of its
//! own: [`request`] for calls, with [`layer`], [`disk`] and [`legacy`], then [`stream`], [`guest`] and [`event`].

pub mod disk;
pub mod event;
pub mod guest;
pub mod layer;
pub mod legacy;
pub mod request;
pub mod stream;

use std::sync::Arc;

use hcs_rules::access::Rights;
use hcs_rules::hresult::Hresult;

use crate::effect::{GuestId, WaitId};

pub use self::disk::DiskRequest;
pub use self::event::{FileEvent, Registered, VolumeEvent, WorldEvent};
pub use self::guest::GuestRequest;
pub use self::layer::{LayerEvent, LayerRequest};
pub use self::legacy::LegacyRequest;
pub use self::request::{CreateOptions, Request};
pub use self::stream::StreamRequest;

/// A client: one process that uses the service. Numbered from 1 in the order of connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u32);

/// A string argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// NULL.
    Null,
    /// Not well-formed UTF-16.
    Malformed,
    /// Text.
    Some(Arc<str>),
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text::Some(text.into())
    }
}

/// What fate has in store for the operation that a call starts. Whoever calls [`crate::Host::step`] draws or decides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// How long the operation runs, in nanoseconds.
    pub latency: u64,
    /// How long the guest takes afterwards, in nanoseconds: to come up after a start, to go down after a shutdown.
    /// `u64::MAX` is for ever.
    pub guest: u64,
    /// How it ends.
    pub end: End,
}

/// How an operation ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// As the rules say.
    Natural,
    /// Never.
    Hangs,
    /// With this code, and this result document or the one that the code usually has.
    Fails(Hresult, Option<Arc<str>>),
    /// Before it begins: the call itself returns this code.
    Refused(Hresult),
}

impl Fate {
    /// The operation is due at once, and ends as the rules say.
    pub const PROMPT: Fate = Fate { latency: 0, guest: 0, end: End::Natural };

    /// The operation ends as the rules say, this many nanoseconds from now.
    pub const fn after(latency: u64) -> Fate {
        Fate { latency, guest: 0, end: End::Natural }
    }
}

/// One input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A client appears; it is given the next number.
    Connect(Rights),
    /// A client calls.
    Call(ClientId, Request, Fate),
    /// A client uses a standard stream.
    Stream(ClientId, StreamRequest),
    /// A program outside acts.
    Guest(GuestId, GuestRequest),
    /// A client takes away a file of the host, or a folder with everything in it, as every tool does: it asks lists and locks.
    RemoveTree(ClientId, Arc<str>),
    /// The world acts.
    World(WorldEvent),
    /// A blocked call ends as if its time were up: whoever drives the world has found that nothing else can end it.
    GiveUp(WaitId),
    /// Time has passed: what is due happens. It happens before every other input too.
    Tick,
}
