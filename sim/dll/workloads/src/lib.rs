//! Workloads of the C ABI: a call, callbacks, pipes, as a client in C has them. They stand here and not in `benches`, because
//! only what belongs to the ABI may be unsafe.

#![expect(unsafe_code, reason = "the client's side of a C ABI")]

use core::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::{Condvar, Mutex, PoisonError};

use hcs_sim_dll as _;
use windows_sys::Win32::Foundation::{CloseHandle, HANDLE};
use windows_sys::Win32::Storage::FileSystem::{ReadFile, WriteFile};
use windows_sys::Win32::System::HostComputeSystem::*;

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// A bell: whoever waits for it sleeps until it was rung so often.
#[derive(Debug, Default)]
pub struct Bell {
    rung: Mutex<u64>,
    ring: Condvar,
}

impl Bell {
    /// Rings it.
    pub fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.ring.notify_one();
    }

    /// Waits until it was rung so often since the last time, and forgets those.
    pub fn wait(&self, times: u64) {
        let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        while *rung < times {
            rung = self.ring.wait(rung).unwrap_or_else(PoisonError::into_inner);
        }
        *rung -= times;
    }
}

unsafe extern "system" fn completed(_: HCS_OPERATION, bell: *const c_void) {
    // SAFETY: the context is a bell that outlives everything it is given to.
    unsafe { &*bell.cast::<Bell>() }.ring();
}

unsafe extern "system" fn happened(event: *const HCS_EVENT, bell: *const c_void) {
    // SAFETY: the event lives until this returns; the context is as above.
    unsafe {
        if (*event).Type == HcsEventOperationCallback {
            (*bell.cast::<Bell>()).ring();
        }
    }
}

/// A container that runs, of the process's world. It is ended and closed when it is dropped.
#[derive(Debug)]
pub struct Container {
    system: HCS_SYSTEM,
    operation: HCS_OPERATION,
    bell: Box<Bell>,
}

impl Container {
    /// Creates and starts it. Its bell rings when an operation on it has completed, for [`Container::ask_and_hear`].
    ///
    /// # Panics
    /// When a call fails.
    pub fn run(id: &str) -> Container {
        let (id, document) = (wide(id), wide(r#"{"Container":{}}"#));
        let bell = Box::new(Bell::default());
        let mut system = null_mut();
        // SAFETY: strings end with a zero, the pointer is to a local, handles are live; the bell outlives the handle.
        unsafe {
            let operation = HcsCreateOperation(null(), None);
            assert_eq!(HcsCreateComputeSystem(id.as_ptr(), document.as_ptr(), operation, null(), &raw mut system), 0);
            assert_eq!(HcsWaitForOperationResult(operation, u32::MAX, null_mut()), 0);
            assert_eq!(HcsStartComputeSystem(system, operation, null()), 0);
            assert_eq!(HcsWaitForOperationResult(operation, u32::MAX, null_mut()), 0);
            Container { system, operation, bell }
        }
    }

    /// A call that does nearly nothing. Answers what it is told.
    pub fn call(&self) -> i32 {
        // SAFETY: the handle is live.
        unsafe { HcsGetOperationType(self.operation) }
    }

    /// A query, and the wait for its end in a call.
    pub fn ask_and_wait(&self) -> bool {
        // SAFETY: handles are live.
        unsafe {
            let operation = HcsCreateOperation(null(), None);
            let code = HcsGetComputeSystemProperties(self.system, operation, null());
            let ended = HcsWaitForOperationResult(operation, u32::MAX, null_mut());
            HcsCloseOperation(operation);
            (code, ended) == (0, 0)
        }
    }

    /// A query whose end is told by its operation's callback, for which a thread sleeps.
    pub fn ask_and_hear(&self) -> bool {
        let bell: *const Bell = &raw const *self.bell;
        // SAFETY: handles are live, and the bell outlives them.
        unsafe {
            let operation = HcsCreateOperation(bell.cast(), Some(completed));
            let code = HcsGetComputeSystemProperties(self.system, operation, null());
            self.bell.wait(1);
            HcsCloseOperation(operation);
            code == 0
        }
    }

    /// From now on the system's own callback tells the end of each operation.
    ///
    /// # Panics
    /// When the call fails.
    pub fn listen(&self) {
        let bell: *const Bell = &raw const *self.bell;
        // SAFETY: the handle is live, and the bell outlives it.
        let code = unsafe {
            HcsSetComputeSystemCallback(
                self.system,
                HcsEventOptionEnableOperationCallbacks,
                bell.cast(),
                Some(happened),
            )
        };
        assert_eq!(code, 0);
    }

    /// So many queries at once, whose ends the system's callback tells; answers when all were told.
    pub fn ask_many_and_hear(&self, count: u64) -> bool {
        let ask = |_| {
            // SAFETY: handles are live.
            unsafe {
                let operation = HcsCreateOperation(null(), None);
                let code = HcsGetComputeSystemProperties(self.system, operation, null());
                (operation, code)
            }
        };
        let asked: Vec<(HCS_OPERATION, i32)> = (0..count).map(ask).collect();
        self.bell.wait(count);
        // SAFETY: handles are live.
        asked.iter().for_each(|(operation, _)| unsafe { HcsCloseOperation(*operation) });
        asked.iter().all(|(_, code)| *code == 0)
    }

    /// A process with its standard streams: its handle, where it is written to, where it is read from.
    fn spawn(&self, parameters: &str) -> (HCS_PROCESS, HANDLE, HANDLE) {
        let parameters = wide(parameters);
        let mut process = null_mut();
        let mut information = HCS_PROCESS_INFORMATION::default();
        // SAFETY: the string ends with a zero, pointers are to locals, handles are live.
        unsafe {
            let operation = HcsCreateOperation(null(), None);
            assert_eq!(HcsCreateProcess(self.system, parameters.as_ptr(), operation, null(), &raw mut process), 0);
            let place = &raw mut information;
            assert_eq!(HcsWaitForOperationResultAndProcessInfo(operation, u32::MAX, place, null_mut()), 0);
            HcsCloseOperation(operation);
        }
        (process, information.StdInput, information.StdOutput)
    }

    /// Lets a process write so many bytes, and reads them. Answers how many came.
    ///
    /// # Panics
    /// When a call fails.
    pub fn pour_out(&self, length: usize) -> usize {
        let (process, _, output) =
            self.spawn(&format!(r#"{{"CommandLine":"sim-flood {length}","CreateStdOutPipe":true}}"#));
        let mut block = vec![0; 64 << 10];
        let mut total = 0;
        // SAFETY: the buffer has so many bytes, the pointer is to a local, the handles are live until they are closed.
        unsafe {
            loop {
                let mut count = 0;
                if ReadFile(output, block.as_mut_ptr(), block.len() as u32, &raw mut count, null_mut()) == 0 {
                    break;
                }
                total += count as usize;
            }
            CloseHandle(output);
            HcsCloseProcess(process);
        }
        total
    }

    /// Writes so many bytes to a process that reads them all. Answers how many it took.
    ///
    /// # Panics
    /// When a call fails.
    pub fn pour_in(&self, length: usize) -> usize {
        let (process, input, output) =
            self.spawn(r#"{"CommandLine":"count-input","CreateStdInPipe":true,"CreateStdOutPipe":true}"#);
        let block = vec![7_u8; 64 << 10];
        let mut left = length;
        let mut told = [0_u8; 64];
        let mut count = 0;
        // SAFETY: the buffers have so many bytes, the pointer is to a local, the handles are live until they are closed.
        unsafe {
            while left > 0 {
                let part = left.min(block.len());
                assert_eq!(WriteFile(input, block.as_ptr(), part as u32, &raw mut count, null_mut()), 1);
                left -= count as usize;
            }
            CloseHandle(input);
            assert_eq!(ReadFile(output, told.as_mut_ptr(), told.len() as u32, &raw mut count, null_mut()), 1);
            CloseHandle(output);
            HcsCloseProcess(process);
        }
        String::from_utf8_lossy(&told[..count as usize]).parse().unwrap_or(0)
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // SAFETY: handles are live, and closed once; closing the system's waits for its callback.
        unsafe {
            HcsTerminateComputeSystem(self.system, self.operation, null());
            HcsWaitForOperationResult(self.operation, u32::MAX, null_mut());
            HcsCloseComputeSystem(self.system);
            HcsCloseOperation(self.operation);
        }
    }
}

/// Begins a world with what the workloads need: a program that counts what it reads.
pub fn begin() {
    hcs_sim_dll::reset(7, hcs_sim_dll::simulator().build());
    hcs_sim_dll::simulator().program("count-input", |guest| {
        use std::io::{Read, Write};
        let mut block = vec![0; 64 << 10];
        let mut total = 0;
        while let Ok(count @ 1..) = guest.stdin().read(&mut block) {
            total += count;
        }
        u32::from(write!(guest.stdout(), "{total}").is_err())
    });
}
