//! An owned compute system, over any [`Hcs`]: blocking methods, and the same with `_async`.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::{EventType, GENERIC_ALL, event_options};

use crate::error::{Error, Result, check};
use crate::hcs::{Event, Hcs, OperationHandle, Outcome, SystemHandle, Text};
use crate::listener::Listeners;
use crate::operation::{Completion, Operation, milliseconds};

/// A compute system of a client. Dropping it closes the handle, and with the last handle a system that was made so ends.
pub struct ComputeSystem<H: Hcs> {
    hcs: H,
    id: String,
    handle: SystemHandle,
    listeners: Listeners,
}

impl<H: Hcs> std::fmt::Debug for ComputeSystem<H> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "compute system {:?}", self.id)
    }
}

impl<H: Hcs> ComputeSystem<H> {
    pub(crate) fn hcs(&self) -> &H {
        &self.hcs
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The handle, for calls of [`Hcs`].
    pub fn handle(&self) -> SystemHandle {
        self.handle
    }
}

impl<H: Hcs + Clone> ComputeSystem<H> {
    /// Creates a system and waits until that is done.
    ///
    /// # Errors
    /// The call's code, or the operation's with its result document.
    #[track_caller]
    pub fn create(hcs: &H, id: &str, configuration: &str) -> Result<ComputeSystem<H>> {
        let operation = Operation::new(hcs);
        let (code, handle) = hcs.create_compute_system(id.into(), configuration.into(), operation.handle());
        let system = Self::own(hcs, id, handle);
        let outcome = if code.is_ok() { operation.wait(None) } else { Outcome::bare(code) };
        check("HcsCreateComputeSystem", Some(id), outcome)?;
        Ok(system)
    }

    /// Opens the system with this id.
    ///
    /// # Errors
    /// The call's code: `HCS_E_SYSTEM_NOT_FOUND` for a system that never was or is over.
    #[track_caller]
    pub fn open(hcs: &H, id: &str) -> Result<ComputeSystem<H>> {
        let (code, handle) = hcs.open_compute_system(id.into(), GENERIC_ALL);
        if code.is_err() {
            return Err(Error::new("HcsOpenComputeSystem", Some(id), Outcome::bare(code)));
        }
        Ok(Self::own(hcs, id, handle))
    }

    fn own(hcs: &H, id: &str, handle: SystemHandle) -> ComputeSystem<H> {
        ComputeSystem {
            hcs: hcs.clone(),
            id: id.to_owned(),
            handle,
            listeners: Listeners::new(EventType::SystemExited),
        }
    }

    /// Starts the system and waits until it runs.
    ///
    /// # Errors
    /// The call's code, or the operation's with its result document.
    #[track_caller]
    pub fn start(&self) -> Result<()> {
        self.start_within(None)
    }

    /// Starts the system and waits for at most this long; a start that takes longer goes on.
    ///
    /// # Errors
    /// As [`ComputeSystem::start`], and `HCS_E_OPERATION_TIMEOUT`.
    #[track_caller]
    pub fn start_within(&self, timeout: impl Into<Option<Duration>>) -> Result<()> {
        let call = |operation| self.hcs.start_compute_system(self.handle, operation, Text::Null);
        self.run("HcsStartComputeSystem", timeout.into(), call).map(drop)
    }

    /// Terminates the system and waits until that is done. The exit event comes after.
    ///
    /// # Errors
    /// The call's code, or the operation's with its result document.
    #[track_caller]
    pub fn terminate(&self) -> Result<()> {
        let call = |operation| self.hcs.terminate_compute_system(self.handle, operation, Text::Null);
        self.run("HcsTerminateComputeSystem", None, call).map(drop)
    }

    /// Asks the guest to shut down, and waits until it was asked. It is down when the system exits. The options are a
    /// `ShutdownOptions`.
    ///
    /// # Errors
    /// The call's code, or the operation's with its result document.
    #[track_caller]
    pub fn shut_down(&self, options: Option<&str>) -> Result<()> {
        let call = |operation| self.hcs.shut_down_compute_system(self.handle, operation, options.into());
        self.run("HcsShutDownComputeSystem", None, call).map(drop)
    }

    /// Crashes the guest, and waits until that is done. The options are a `CrashOptions`.
    ///
    /// # Errors
    /// The call's code, or the operation's with its result document.
    #[track_caller]
    pub fn crash(&self, options: Option<&str>) -> Result<()> {
        let call = |operation| self.hcs.crash_compute_system(self.handle, operation, options.into());
        self.run("HcsCrashComputeSystem", None, call).map(drop)
    }

    /// Pauses the system, and waits until it is paused. The options are a `PauseOptions`.
    ///
    /// # Errors
    /// The call's code, or the operation's with its result document.
    #[track_caller]
    pub fn pause(&self, options: Option<&str>) -> Result<()> {
        let call = |operation| self.hcs.pause_compute_system(self.handle, operation, options.into());
        self.run("HcsPauseComputeSystem", None, call).map(drop)
    }

    /// Resumes the system, and waits until it runs.
    ///
    /// # Errors
    /// The call's code, or the operation's with its result document.
    #[track_caller]
    pub fn resume(&self) -> Result<()> {
        let call = |operation| self.hcs.resume_compute_system(self.handle, operation, Text::Null);
        self.run("HcsResumeComputeSystem", None, call).map(drop)
    }

    /// Saves a paused system, and waits until that is done. The options are a `SaveOptions`.
    ///
    /// # Errors
    /// The call's code, or the operation's with its result document.
    #[track_caller]
    pub fn save(&self, options: &str) -> Result<()> {
        let call = |operation| self.hcs.save_compute_system(self.handle, operation, options.into());
        self.run("HcsSaveComputeSystem", None, call).map(drop)
    }

    /// Changes the system, and waits until that is done. The request is a `ModifySettingRequest`.
    ///
    /// # Errors
    /// The call's code, or the operation's with its result document.
    #[track_caller]
    pub fn modify(&self, request: &str) -> Result<()> {
        let call = |operation| self.hcs.modify_compute_system(self.handle, operation, request.into());
        self.run("HcsModifyComputeSystem", None, call).map(drop)
    }

    /// The properties that a `System_PropertyQuery` asks for; without one, the basic ones. JSON.
    ///
    /// # Errors
    /// The call's code, or the operation's with its result document.
    #[track_caller]
    pub fn properties(&self, query: Option<&str>) -> Result<String> {
        let call = |operation| self.hcs.get_compute_system_properties(self.handle, operation, query.into());
        let document = self.run("HcsGetComputeSystemProperties", None, call)?;
        Ok(document.map(|document| document.to_string()).unwrap_or_default())
    }

    /// Waits until the system is over; without a time-out, for ever. The exit status, JSON.
    ///
    /// # Errors
    /// The call's code: a build without the export, the time-out, a service that went away.
    pub fn wait_for_exit(&self, timeout: Option<Duration>) -> Result<String> {
        let outcome = self.hcs.wait_for_compute_system_exit(self.handle, milliseconds(timeout));
        let document = check("HcsWaitForComputeSystemExit", Some(&self.id), outcome)?;
        Ok(document.map(|document| document.to_string()).unwrap_or_default())
    }

    /// Has a callback called for every event of this handle.
    ///
    /// # Errors
    /// The code of `HcsSetComputeSystemCallback`, which is called for the first listener only.
    pub fn on_event(&self, callback: impl Fn(&Event) + Send + Sync + 'static) -> Result<()> {
        self.listeners.add(Arc::new(callback));
        self.listen()
    }

    /// Registers the one callback that all listeners share.
    fn listen(&self) -> Result<()> {
        let set = |callback| self.hcs.set_compute_system_callback(self.handle, event_options::NONE, Some(callback));
        self.listeners.listen("HcsSetComputeSystemCallback", Some(&self.id), set)
    }

    #[track_caller]
    fn run(
        &self,
        call: &'static str,
        timeout: Option<Duration>,
        start: impl FnOnce(OperationHandle) -> Hresult,
    ) -> Result<Option<Arc<str>>> {
        let operation = Operation::new(&self.hcs);
        let code = start(operation.handle());
        let outcome = if code.is_ok() { operation.wait(timeout) } else { Outcome::bare(code) };
        check(call, Some(&self.id), outcome)
    }
}

impl<H: Hcs + Clone + Unpin> ComputeSystem<H> {
    /// As [`ComputeSystem::create`], to await.
    ///
    /// # Errors
    /// As there.
    pub async fn create_async(hcs: &H, id: &str, configuration: &str) -> Result<ComputeSystem<H>> {
        let mut system = None;
        let outcome = Completion::new(hcs, |hcs: &H, operation| {
            let (code, handle) = hcs.create_compute_system(id.into(), configuration.into(), operation);
            system = Some(Self::own(hcs, id, handle));
            code
        })
        .await;
        let code = outcome.code;
        check("HcsCreateComputeSystem", Some(id), outcome)?;
        system.ok_or_else(|| Error::new("HcsCreateComputeSystem", Some(id), Outcome::bare(code)))
    }

    /// As [`ComputeSystem::start`], to await.
    ///
    /// # Errors
    /// As there.
    pub async fn start_async(&self) -> Result<()> {
        let handle = self.handle;
        let start = move |hcs: &H, operation| hcs.start_compute_system(handle, operation, Text::Null);
        let outcome = Completion::new(&self.hcs, start).await;
        check("HcsStartComputeSystem", Some(&self.id), outcome).map(drop)
    }

    /// As [`ComputeSystem::terminate`], to await.
    ///
    /// # Errors
    /// As there.
    pub async fn terminate_async(&self) -> Result<()> {
        let handle = self.handle;
        let terminate = move |hcs: &H, operation| hcs.terminate_compute_system(handle, operation, Text::Null);
        let outcome = Completion::new(&self.hcs, terminate).await;
        check("HcsTerminateComputeSystem", Some(&self.id), outcome).map(drop)
    }

    /// As [`ComputeSystem::shut_down`], to await.
    ///
    /// # Errors
    /// As there.
    pub async fn shut_down_async(&self, options: Option<&str>) -> Result<()> {
        let handle = self.handle;
        let call = move |hcs: &H, operation| hcs.shut_down_compute_system(handle, operation, options.into());
        let outcome = Completion::new(&self.hcs, call).await;
        check("HcsShutDownComputeSystem", Some(&self.id), outcome).map(drop)
    }

    /// As [`ComputeSystem::crash`], to await.
    ///
    /// # Errors
    /// As there.
    pub async fn crash_async(&self, options: Option<&str>) -> Result<()> {
        let handle = self.handle;
        let call = move |hcs: &H, operation| hcs.crash_compute_system(handle, operation, options.into());
        let outcome = Completion::new(&self.hcs, call).await;
        check("HcsCrashComputeSystem", Some(&self.id), outcome).map(drop)
    }

    /// As [`ComputeSystem::pause`], to await.
    ///
    /// # Errors
    /// As there.
    pub async fn pause_async(&self, options: Option<&str>) -> Result<()> {
        let handle = self.handle;
        let call = move |hcs: &H, operation| hcs.pause_compute_system(handle, operation, options.into());
        let outcome = Completion::new(&self.hcs, call).await;
        check("HcsPauseComputeSystem", Some(&self.id), outcome).map(drop)
    }

    /// As [`ComputeSystem::resume`], to await.
    ///
    /// # Errors
    /// As there.
    pub async fn resume_async(&self) -> Result<()> {
        let handle = self.handle;
        let call = move |hcs: &H, operation| hcs.resume_compute_system(handle, operation, Text::Null);
        let outcome = Completion::new(&self.hcs, call).await;
        check("HcsResumeComputeSystem", Some(&self.id), outcome).map(drop)
    }

    /// As [`ComputeSystem::save`], to await.
    ///
    /// # Errors
    /// As there.
    pub async fn save_async(&self, options: &str) -> Result<()> {
        let handle = self.handle;
        let call = move |hcs: &H, operation| hcs.save_compute_system(handle, operation, options.into());
        let outcome = Completion::new(&self.hcs, call).await;
        check("HcsSaveComputeSystem", Some(&self.id), outcome).map(drop)
    }

    /// As [`ComputeSystem::modify`], to await.
    ///
    /// # Errors
    /// As there.
    pub async fn modify_async(&self, request: &str) -> Result<()> {
        let handle = self.handle;
        let call = move |hcs: &H, operation| hcs.modify_compute_system(handle, operation, request.into());
        let outcome = Completion::new(&self.hcs, call).await;
        check("HcsModifyComputeSystem", Some(&self.id), outcome).map(drop)
    }

    /// As [`ComputeSystem::properties`], to await.
    ///
    /// # Errors
    /// As there.
    pub async fn properties_async(&self, query: Option<&str>) -> Result<String> {
        let handle = self.handle;
        let ask = move |hcs: &H, operation| hcs.get_compute_system_properties(handle, operation, query.into());
        let outcome = Completion::new(&self.hcs, ask).await;
        let document = check("HcsGetComputeSystemProperties", Some(&self.id), outcome)?;
        Ok(document.map(|document| document.to_string()).unwrap_or_default())
    }

    /// The system's end, to await: its exit status, JSON. Works on every build, by the exit event.
    ///
    /// # Errors
    /// When the callback cannot be registered, or the service goes away.
    pub fn exited(&self) -> impl Future<Output = Result<String>> + '_ {
        let end = self.listeners.end(&self.hcs, "HcsSetComputeSystemCallback", Some(&self.id), || self.listen());
        async { Ok(end.await?.map(|data| data.to_string()).unwrap_or_default()) }
    }
}

impl<H: Hcs> Drop for ComputeSystem<H> {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            self.hcs.close_compute_system(self.handle);
        }
    }
}

/// The systems that a `SystemQuery` asks for; without one, all. A JSON array.
///
/// # Errors
/// The call's code, or the operation's with its result document.
#[track_caller]
pub fn enumerate<H: Hcs + Clone>(hcs: &H, query: Option<&str>) -> Result<String> {
    let operation = Operation::new(hcs);
    let code = hcs.enumerate_compute_systems(query.into(), operation.handle());
    let outcome = if code.is_ok() { operation.wait(None) } else { Outcome::bare(code) };
    let document = check("HcsEnumerateComputeSystems", None, outcome)?;
    Ok(document.map(|document| document.to_string()).unwrap_or_default())
}

/// As [`enumerate`], to await.
///
/// # Errors
/// As there.
pub async fn enumerate_async<H: Hcs + Clone + Unpin>(hcs: &H, query: Option<&str>) -> Result<String> {
    let outcome =
        Completion::new(hcs, |hcs: &H, operation| hcs.enumerate_compute_systems(query.into(), operation)).await;
    let document = check("HcsEnumerateComputeSystems", None, outcome)?;
    Ok(document.map(|document| document.to_string()).unwrap_or_default())
}

/// The service's own properties: those that a `Service_PropertyQuery` asks for; without one, the basic ones. JSON.
///
/// # Errors
/// The call's code with its result document.
#[track_caller]
pub fn service_properties<H: Hcs>(hcs: &H, query: Option<&str>) -> Result<String> {
    let document = check("HcsGetServiceProperties", None, hcs.get_service_properties(query.into()))?;
    Ok(document.map(|document| document.to_string()).unwrap_or_default())
}

/// Changes the service's settings; the request is a `ModificationRequest`.
///
/// # Errors
/// The call's code with its result document.
#[track_caller]
pub fn modify_service<H: Hcs>(hcs: &H, request: &str) -> Result<()> {
    check("HcsModifyServiceSettings", None, hcs.modify_service_settings(request.into())).map(drop)
}
