//! The functions of `kernel32.dll` that there are off Windows, and those that free documents.

use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{CloseHandle, GetLastError, LocalFree, SetLastError};
use windows_sys::Win32::System::Com::CoTaskMemFree;
use windows_sys::Win32::System::Threading::{CreateEventW, ResetEvent, SetEvent, WaitForSingleObject};

use super::{Call, calls};
use crate::player::{Kind, Player};
use crate::text::For;

impl Player {
    /// The name of an event; most have none.
    fn event_name(&mut self) -> *const u16 {
        if self.random.once_in(4) { self.text(For::Name) } else { null() }
    }

    /// Closes an event, a disk, a stream, or what is none of them.
    fn close_handle(&mut self) {
        let kind = match self.random.below(4) {
            0 => return self.close_stream(),
            1 => Kind::Disk,
            _ => Kind::Event,
        };
        let handle = Player::no_descriptor(self.closing(kind));
        // SAFETY: it is no descriptor of somebody else.
        unsafe { CloseHandle(handle) };
    }
}

calls! {
    p;
    4 CreateEventW(null(), p.random.below(2) as i32, p.random.below(2) as i32, p.event_name()) => Event;
    2 SetEvent(p.handle(Kind::Event));
    1 ResetEvent(p.handle(Kind::Event));
    2 WaitForSingleObject(p.handle(Kind::Event), p.time());
    10 CloseHandle = p.close_handle();
    1 GetLastError();
    1 SetLastError(p.flags());
    8 ReadFile = p.move_bytes(false);
    5 WriteFile = p.move_bytes(true);
    2 CancelIoEx = p.ask(true);
    2 GetOverlappedResult = p.ask(false);
    // What documents are freed with all the time.
    1 LocalFree(null_mut());
    1 CoTaskMemFree(null());
}
