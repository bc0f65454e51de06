//! Whoever listens to a handle's events. HCS takes one callback a handle, so that listeners share it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};

use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::EventType;

use crate::error::{Error, Result};
use crate::hcs::{Event, EventCallback, Hcs, Outcome};
use crate::operation::Signal;

/// The listeners of one handle.
pub(crate) struct Listeners(Arc<Mutex<State>>);

struct State {
    registered: bool,
    callbacks: Vec<EventCallback>,
    /// The event that tells of the end of what the handle is of.
    ends: EventType,
    end: Option<Event>,
    waiting: Vec<Weak<Signal>>,
}

impl Listeners {
    /// Nobody yet. `ends` is the event that tells of the end.
    pub(crate) fn new(ends: EventType) -> Listeners {
        let (callbacks, waiting) = (Vec::new(), Vec::new());
        Listeners(Arc::new(Mutex::new(State { registered: false, callbacks, ends, end: None, waiting })))
    }

    /// One more listener.
    pub(crate) fn add(&self, callback: EventCallback) {
        lock(&self.0).callbacks.push(callback);
    }

    /// Registers the one callback, if that has not been done. `set` is the call that does it.
    pub(crate) fn listen(
        &self,
        call: &'static str,
        id: Option<&str>,
        set: impl FnOnce(EventCallback) -> Hresult,
    ) -> Result<()> {
        if std::mem::replace(&mut lock(&self.0).registered, true) {
            return Ok(());
        }
        let listeners = Arc::downgrade(&self.0);
        let code = set(Arc::new(move |event| hear(&listeners, event)));
        if code.is_err() {
            lock(&self.0).registered = false;
            return Err(Error::new(call, id, Outcome::bare(code)));
        }
        Ok(())
    }

    /// The end, to await: the data of the event that tells of it. `listen` registers the callback.
    pub(crate) fn end<'l, H: Hcs, Listen: FnOnce() -> Result<()> + Unpin>(
        &'l self,
        hcs: &'l H,
        call: &'static str,
        id: Option<&'l str>,
        listen: Listen,
    ) -> End<'l, H, Listen> {
        End { listeners: self, hcs, call, id, listen: Some(listen), signal: None, ticket: 0 }
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An event comes: listeners hear it, and the end is kept for whoever awaits it.
fn hear(listeners: &Weak<Mutex<State>>, event: &Event) {
    let Some(listeners) = listeners.upgrade() else { return };
    let (callbacks, waiting) = {
        let mut state = lock(&listeners);
        let end = [state.ends.value(), EventType::ServiceDisconnect.value()].contains(&event.kind);
        if end && state.end.is_none() {
            state.end = Some(event.clone());
        }
        let waiting = if end { std::mem::take(&mut state.waiting) } else { Vec::new() };
        (state.callbacks.clone(), waiting)
    };
    for callback in callbacks {
        callback(event);
    }
    for signal in waiting.iter().filter_map(Weak::upgrade) {
        signal.set();
    }
}

/// See [`Listeners::end`].
pub(crate) struct End<'l, H: Hcs, Listen> {
    listeners: &'l Listeners,
    hcs: &'l H,
    call: &'static str,
    id: Option<&'l str>,
    listen: Option<Listen>,
    signal: Option<Arc<Signal>>,
    ticket: u64,
}

impl<H: Hcs, Listen: FnOnce() -> Result<()> + Unpin> Future for End<'_, H, Listen> {
    type Output = Result<Option<Arc<str>>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Some(listen) = this.listen.take() {
            let signal = Arc::new(Signal::default());
            lock(&this.listeners.0).waiting.push(Arc::downgrade(&signal));
            this.signal = Some(signal);
            if let Err(error) = listen() {
                return Poll::Ready(Err(error));
            }
        }
        let told = this.signal.as_ref().is_some_and(|signal| signal.poll(context));
        let (end, ends) = {
            let state = lock(&this.listeners.0);
            (state.end.clone(), state.ends)
        };
        match end {
            Some(event) if event.kind == ends.value() => Poll::Ready(Ok(event.data)),
            Some(_) => {
                let gone = Outcome::bare(Hresult::HCS_E_SERVICE_DISCONNECT);
                Poll::Ready(Err(Error::new(this.call, this.id, gone)))
            }
            None => {
                debug_assert!(!told, "told of an end that is not there");
                this.hcs.poll_idle(context, &mut this.ticket);
                Poll::Pending
            }
        }
    }
}
