//! An owned operation: made, given to a call, waited for or awaited, closed when it is dropped.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hcs_rules::hresult::Hresult;

use crate::hcs::{Hcs, OperationHandle, Outcome};

/// An operation of a client. Dropping it closes the handle; a request that runs on it goes on.
#[derive(Debug)]
pub struct Operation<H: Hcs> {
    hcs: H,
    handle: OperationHandle,
}

impl<H: Hcs + Clone> Operation<H> {
    /// Makes an operation (`HcsCreateOperation`).
    #[track_caller]
    pub fn new(hcs: &H) -> Operation<H> {
        Operation { hcs: hcs.clone(), handle: hcs.create_operation(None) }
    }
}

impl<H: Hcs> Operation<H> {
    /// The handle, for calls of [`Hcs`].
    pub fn handle(&self) -> OperationHandle {
        self.handle
    }

    /// Waits for the result (`HcsWaitForOperationResult`); without a time-out, for ever. A time-out ends with
    /// `HCS_E_OPERATION_TIMEOUT` and leaves the request running.
    pub fn wait(&self, timeout: Option<Duration>) -> Outcome {
        self.hcs.wait_for_operation_result(self.handle, milliseconds(timeout))
    }

    /// The result now (`HcsGetOperationResult`).
    pub fn result(&self) -> Outcome {
        self.hcs.get_operation_result(self.handle)
    }
}

impl<H: Hcs> Drop for Operation<H> {
    fn drop(&mut self) {
        self.hcs.close_operation(self.handle);
    }
}

/// A time-out as the calls take it: milliseconds, rounded up, below the value that means for ever.
pub(crate) fn milliseconds(timeout: Option<Duration>) -> u32 {
    match timeout {
        None => u32::MAX,
        Some(timeout) => {
            let whole = timeout.as_nanos().div_ceil(1_000_000);
            u32::try_from(whole).unwrap_or(u32::MAX - 1).min(u32::MAX - 1)
        }
    }
}

/// What a future and a callback share.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    state: Mutex<(bool, Option<Waker>)>,
}

impl Signal {
    /// It has happened: whoever awaits it is woken.
    pub(crate) fn set(&self) {
        let waker = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.0 = true;
            state.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whether it has happened; if not, the context is woken when it does.
    pub(crate) fn poll(&self, context: &Context<'_>) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.0 {
            state.1 = Some(context.waker().clone());
        }
        state.0
    }
}

/// An operation to await. The call is made when it is first polled; dropping it leaves the request running.
pub struct Completion<H: Hcs, Call, Read = fn(&H, OperationHandle) -> Outcome> {
    hcs: H,
    call: Option<Call>,
    read: Read,
    running: Option<(Operation<H>, Arc<Signal>)>,
    ticket: u64,
}

impl<H: Hcs + Clone, Call> Completion<H, Call>
where
    Call: FnOnce(&H, OperationHandle) -> Hresult + Unpin,
{
    /// An operation that `call` will start.
    pub(crate) fn new(hcs: &H, call: Call) -> Completion<H, Call> {
        Completion::reading(hcs, call, H::get_operation_result)
    }
}

impl<H: Hcs + Clone, Call, Read> Completion<H, Call, Read>
where
    Call: FnOnce(&H, OperationHandle) -> Hresult + Unpin,
    Read: FnMut(&H, OperationHandle) -> Outcome + Unpin,
{
    /// An operation that `call` will start, and whose result `read` reads.
    pub(crate) fn reading(hcs: &H, call: Call, read: Read) -> Completion<H, Call, Read> {
        Completion { hcs: hcs.clone(), call: Some(call), read, running: None, ticket: 0 }
    }
}

impl<H: Hcs + Clone + Unpin, Call, Read> Future for Completion<H, Call, Read>
where
    Call: FnOnce(&H, OperationHandle) -> Hresult + Unpin,
    Read: FnMut(&H, OperationHandle) -> Outcome + Unpin,
{
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let this = self.get_mut();
        if let Some(call) = this.call.take() {
            let signal = Arc::new(Signal::default());
            let told = signal.clone();
            let handle = this.hcs.create_operation(Some(Arc::new(move |_| told.set())));
            let operation = Operation { hcs: this.hcs.clone(), handle };
            let code = call(&this.hcs, handle);
            if code.is_err() {
                // A call that fails at once may leave a document on the operation.
                let left = operation.result();
                let document = if left.code == code { left.document } else { None };
                return Poll::Ready(Outcome { code, document });
            }
            this.running = Some((operation, signal));
        }
        let Some((operation, signal)) = &this.running else {
            return Poll::Ready(Outcome::bare(Hresult::HCS_E_OPERATION_NOT_STARTED));
        };
        if signal.poll(context) {
            let outcome = (this.read)(&this.hcs, operation.handle());
            this.running = None;
            return Poll::Ready(outcome);
        }
        this.hcs.poll_idle(context, &mut this.ticket);
        Poll::Pending
    }
}
