//! What a client hears, on whichever thread: completions and events.

use core::ffi::c_void;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::ThreadId;
use std::time::Duration;

use windows_sys::Win32::System::HostComputeSystem::{HCS_EVENT, HCS_OPERATION};

const SOON: Duration = Duration::from_secs(20);

/// An event: its type, its data, the thread on which it was heard. A completion has type 0 and no data.
type Heard = (i32, String, ThreadId);

/// An ear, whose address is the context of callbacks. It must outlive the handles that they are set on.
pub(crate) struct Ear {
    send: Box<Sender<Heard>>,
    receive: Receiver<Heard>,
}

impl Ear {
    pub(crate) fn new() -> Ear {
        let (send, receive) = channel();
        Ear { send: Box::new(send), receive }
    }

    /// The context for a callback.
    pub(crate) fn context(&self) -> *const c_void {
        (&raw const *self.send).cast()
    }

    /// The next that is heard: its type and its data.
    pub(crate) fn next(&self) -> (i32, String) {
        let (kind, data, thread) = self.receive.recv_timeout(SOON).expect("it is told");
        assert_ne!(thread, std::thread::current().id(), "callbacks come on threads of the service");
        (kind, data)
    }

    /// That nothing is heard, nor will be: no handle is left.
    pub(crate) fn is_silent(&self) {
        assert!(self.receive.try_recv().is_err(), "something else was told");
    }
}

fn hear(context: *const c_void, kind: i32, data: String) {
    // SAFETY: the context is an ear's sender, which outlives the handle.
    let send = unsafe { &*context.cast::<Sender<Heard>>() };
    send.send((kind, data, std::thread::current().id())).expect("the test listens");
}

/// A callback of an operation.
pub(crate) unsafe extern "system" fn completion(_: HCS_OPERATION, context: *const c_void) {
    hear(context, 0, String::new());
}

/// A callback of a system or of a process.
pub(crate) unsafe extern "system" fn event(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event lives during the call.
    let event = unsafe { &*event };
    hear(context, event.Type, crate::common::text(event.EventData));
}
