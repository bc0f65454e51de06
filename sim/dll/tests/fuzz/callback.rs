//! Callbacks that do what callbacks may: sleep, call, close their own handle.

use core::ffi::c_void;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_EVENT, HCS_EVENT_CALLBACK, HCS_NOTIFICATION_CALLBACK, HCS_OPERATION, HCS_OPERATION_COMPLETION,
};

use crate::player::{Player, read};
use crate::random::Random;
use crate::{calls, watch};

/// Who has it may close handles in a callback that are not its own. Two callbacks that each close the other's handle wait for
/// each other for ever, on Windows as anywhere: that is the client's fault, and is not looked for here.
pub(crate) static CLOSING: Mutex<()> = Mutex::new(());

/// How many callbacks have been called.
pub(crate) static CALLED: AtomicU64 = AtomicU64::new(0);

/// The round's seed.
pub(crate) static SEED: AtomicU64 = AtomicU64::new(0);

/// What every callback does; the context is the handle that it is of.
fn called(own: Option<HANDLE>) {
    let number = CALLED.fetch_add(1, Ordering::Relaxed);
    let _seated = watch::sit_down();
    let mut random = Random::new(SEED.load(Ordering::Relaxed), 1 << 32 | number);
    if random.once_in(8) {
        std::thread::sleep(Duration::from_millis(random.below(12) as u64));
    }
    if random.once_in(4) {
        let many = 1 + random.below(3);
        let mut player = Player::inside(random, own.filter(|own| !own.is_null()));
        for _ in 0..many {
            calls::play(&mut player);
        }
    }
}

unsafe extern "system" fn completed(operation: HCS_OPERATION, _: *const c_void) {
    called(Some(operation));
}

unsafe extern "system" fn happened(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event and its data live until this returns.
    unsafe {
        std::hint::black_box(((*event).Type, (*event).Operation));
        read((*event).EventData);
    }
    called(Some(context.cast_mut()));
}

unsafe extern "system" fn notified(_: u32, context: *const c_void, _: i32, data: *const u16) {
    read(data);
    called(Some(context.cast_mut()));
}

impl Player {
    /// A callback of an operation, or none.
    pub(crate) fn completion(&mut self) -> HCS_OPERATION_COMPLETION {
        (!self.random.once_in(3)).then_some(completed as _)
    }

    /// A callback of events, or none.
    pub(crate) fn listener(&mut self) -> HCS_EVENT_CALLBACK {
        (!self.random.once_in(4)).then_some(happened as _)
    }

    /// A callback of the older interface, or none.
    pub(crate) fn notification(&mut self) -> HCS_NOTIFICATION_CALLBACK {
        (!self.random.once_in(8)).then_some(notified as _)
    }
}
