//! Each kind of parameter of a call that is watched: what is written down of it, and what is passed on in its place.
//!
//! A parameter goes through as it is, with two exceptions. A callback is replaced by one of ours. A pointer to what the call
//! gives is replaced by one to a place of ours, whose content is handed over if the call has put anything there: what is in
//! the caller's own place before cannot be told from it.

use core::ffi::c_void;

use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::{INVALID_OPERATION_ID, OperationType};
use serde_json::{Value, json};
use windows_sys::Win32::Foundation::{HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Security::SECURITY_DESCRIPTOR;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_CREATE_OPTIONS, HCS_CREATE_OPTIONS_1, HCS_EVENT_CALLBACK, HCS_NOTIFICATION_CALLBACK, HCS_OPERATION_COMPLETION,
    HCS_PROCESS_INFORMATION,
};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use crate::abi::code;
use crate::record::Call;
use crate::text::Argument;
use crate::trampoline::{Callback, completed, happened, notified};

/// How many units of a malformed string are written down.
const SHOWN_UNITS: usize = 256;

/// A string, as it is written down.
///
/// # Safety
/// `text` is NULL, or points to units that can be read up to and with the first zero.
pub(crate) unsafe fn text_value(text: PCWSTR) -> Value {
    // SAFETY: as the caller vouches.
    match unsafe { Argument::read(text) } {
        Argument::Null => Value::Null,
        Argument::Some(text) => Value::from(text),
        Argument::Malformed => {
            // SAFETY: as the caller vouches, and the units end with the zero.
            let units = (0..SHOWN_UNITS).map(|at| unsafe { text.add(at).read() }).take_while(|unit| *unit != 0);
            json!({ "units": units.collect::<Vec<u16>>() })
        }
    }
}

/// The types of the ABI, by roles.
macro_rules! abi {
    (Text) => { windows_sys::core::PCWSTR };
    (Number) => { u32 };
    (Flags) => { i32 };
    (Signed) => { i32 };
    (Id) => { u64 };
    (Code) => { windows_sys::core::HRESULT };
    (Nothing) => { () };
    (Security) => { *const windows_sys::Win32::Security::SECURITY_DESCRIPTOR };
    (Context) => { *const core::ffi::c_void };
    (EventContext) => { *const core::ffi::c_void };
    (CreateOptions) => { *const windows_sys::Win32::System::HostComputeSystem::HCS_CREATE_OPTIONS };
    (Completion) => { windows_sys::Win32::System::HostComputeSystem::HCS_OPERATION_COMPLETION };
    (Events) => { windows_sys::Win32::System::HostComputeSystem::HCS_EVENT_CALLBACK };
    (Notifications) => { windows_sys::Win32::System::HostComputeSystem::HCS_NOTIFICATION_CALLBACK };
    (OutSystem) => { *mut *mut core::ffi::c_void };
    (OutProcess) => { *mut *mut core::ffi::c_void };
    (OutRegistration) => { *mut *mut core::ffi::c_void };
    (OutText) => { *mut windows_sys::core::PWSTR };
    (OutFixedText) => { *mut windows_sys::core::PCWSTR };
    (OutInformation) => { *mut windows_sys::Win32::System::HostComputeSystem::HCS_PROCESS_INFORMATION };
    ($Handle:ident) => { *mut core::ffi::c_void };
}

pub(crate) use abi;

/// A parameter.
pub(crate) trait Parameter {
    /// Its type in the ABI.
    type Abi: Copy;
    /// What is kept of it during the call.
    type Held;
    /// Writes it down.
    unsafe fn hold(value: Self::Abi, name: &'static str, call: &mut Call) -> Self::Held;
    /// What is passed on.
    unsafe fn pass(held: &mut Self::Held, call: &Call) -> Self::Abi;
    /// Writes down what came back, and hands it over.
    unsafe fn back(_held: Self::Held, _name: &'static str, _call: &mut Call) {}
}

/// What is returned.
pub(crate) trait Returned {
    /// Its type in the ABI.
    type Abi: Copy;
    /// What is returned when the call cannot be made, for this reason.
    fn failed(why: Hresult) -> Self::Abi;
    /// Writes it down; gives what the caller gets.
    fn back(value: Self::Abi, call: &mut Call) -> Self::Abi;
}

/// Parameters that go through as they are.
macro_rules! plain {
    ($($Role:ident: $Abi:ty, |$value:ident, $call:ident| $write:expr;)+) => {
        $(
            pub(crate) struct $Role;

            impl Parameter for $Role {
                type Abi = $Abi;
                type Held = $Abi;
                unsafe fn hold($value: $Abi, name: &'static str, $call: &mut Call) -> $Abi {
                    let written = $write;
                    $call.with(name, written);
                    $value
                }
                unsafe fn pass(held: &mut $Abi, _: &Call) -> $Abi {
                    *held
                }
            }
        )+
    };
}

plain! {
    Operation: *mut c_void, |value, call| {
        call.operation = value.addr() as u64;
        call.recorder.used(value.addr() as u64, "strange")
    };
    System: *mut c_void, |value, call| {
        call.subject = call.recorder.used(value.addr() as u64, "strange");
        call.subject.clone()
    };
    Process: *mut c_void, |value, call| {
        call.subject = call.recorder.used(value.addr() as u64, "strange");
        call.subject.clone()
    };
    Registration: *mut c_void, |value, call| call.recorder.used(value.addr() as u64, "strange");
    Handle: *mut c_void, |value, call| call.recorder.used(value.addr() as u64, "handle");
    // SAFETY: the caller vouches for the string.
    Text: PCWSTR, |value, call| unsafe { text_value(value) };
    Number: u32, |value, call| Value::from(value);
    Flags: i32, |value, call| Value::from(value);
    Security: *const SECURITY_DESCRIPTOR, |value, call| if value.is_null() { Value::Null } else { Value::from("given") };
}

/// The context of an operation: passed on as it is, except on an operation that tells events, which keeps it for us.
pub(crate) struct Context;

impl Parameter for Context {
    type Abi = *const c_void;
    type Held = *const c_void;
    unsafe fn hold(value: *const c_void, name: &'static str, call: &mut Call) -> *const c_void {
        let written = call.recorder.context(value.expose_provenance());
        call.with(name, written);
        value
    }
    unsafe fn pass(held: &mut *const c_void, call: &Call) -> *const c_void {
        match call.recorder.telling(call.operation) {
            Some(registered) if call.operation != 0 => {
                registered.set_context(held.addr());
                registered.pointer()
            }
            _ => *held,
        }
    }
}

/// The context of a callback of events.
pub(crate) struct EventContext;

impl Parameter for EventContext {
    type Abi = *const c_void;
    type Held = *const c_void;
    unsafe fn hold(value: *const c_void, name: &'static str, call: &mut Call) -> *const c_void {
        call.context = value.expose_provenance();
        let written = call.recorder.context(call.context);
        call.with(name, written);
        value
    }
    unsafe fn pass(held: &mut *const c_void, call: &Call) -> *const c_void {
        call.registered.map_or(*held, |registered| registered.pointer())
    }
}

/// Callbacks, each with the function of ours that stands in its place.
macro_rules! callbacks {
    ($($Role:ident: $Abi:ty => $ours:path;)+) => {
        $(
            pub(crate) struct $Role;

            impl Parameter for $Role {
                type Abi = $Abi;
                type Held = $Abi;
                unsafe fn hold(value: $Abi, name: &'static str, call: &mut Call) -> $Abi {
                    call.callback = value.map_or(Callback::None, Callback::$Role);
                    call.with(name, Value::from(value.is_some()));
                    value
                }
                unsafe fn pass(held: &mut $Abi, _: &Call) -> $Abi {
                    held.and(Some($ours))
                }
            }
        )+
    };
}

callbacks! {
    Completion: HCS_OPERATION_COMPLETION => completed;
    Events: HCS_EVENT_CALLBACK => happened;
    Notifications: HCS_NOTIFICATION_CALLBACK => notified;
}

/// `HCS_CREATE_OPTIONS`: those of the one version that there is are passed on as a copy, with our callback.
pub(crate) struct CreateOptions;

impl Parameter for CreateOptions {
    type Abi = *const HCS_CREATE_OPTIONS;
    type Held = (*const HCS_CREATE_OPTIONS, Option<HCS_CREATE_OPTIONS_1>);
    unsafe fn hold(value: Self::Abi, name: &'static str, call: &mut Call) -> Self::Held {
        // SAFETY: the caller vouches for the options, of which the version comes first.
        let version = unsafe { value.as_ref() }.map(|version| *version as u32);
        let known = version == Some(hcs_api::CreateOptions::VERSION);
        // SAFETY: options of this version are this structure.
        let given = known.then(|| unsafe { value.cast::<HCS_CREATE_OPTIONS_1>().read() });
        if let Some(given) = &given {
            call.context = given.CallbackContext.expose_provenance();
            call.callback = given.Callback.map_or(Callback::None, Callback::Events);
        }
        let events = given.map_or(0, |given| given.CallbackOptions as u32);
        let callback = given.is_some_and(|given| given.Callback.is_some());
        let written = version.map(|version| json!({ "version": version, "events": events, "callback": callback }));
        call.with(name, written.unwrap_or(Value::Null));
        (value, given)
    }
    unsafe fn pass(held: &mut Self::Held, call: &Call) -> Self::Abi {
        match (&mut held.1, call.registered) {
            (Some(copy), Some(registered)) => {
                copy.Callback = Some(happened);
                copy.CallbackContext = registered.pointer().cast_mut();
                (&raw const *copy).cast()
            }
            _ => held.0,
        }
    }
}

/// Tells whether a place was written to. It is the address of something of ours, which no call gives.
static UNTOUCHED: u8 = 0;

fn untouched() -> *mut c_void {
    (&raw const UNTOUCHED).cast_mut().cast()
}

/// A pointer to a pointer that the call gives, and a place of ours for it.
pub(crate) struct Place<T> {
    theirs: *mut *mut T,
    ours: *mut T,
}

/// Pointers to what a call gives.
macro_rules! outs {
    ($($Role:ident: $Abi:ty as $Target:ty, |$value:ident, $call:ident| $write:expr;)+) => {
        $(
            pub(crate) struct $Role;

            impl Parameter for $Role {
                type Abi = $Abi;
                type Held = Place<$Target>;
                unsafe fn hold(value: $Abi, name: &'static str, call: &mut Call) -> Place<$Target> {
                    call.with(name, if value.is_null() { Value::Null } else { Value::from("out") });
                    Place { theirs: value.cast(), ours: untouched().cast() }
                }
                unsafe fn pass(held: &mut Place<$Target>, _: &Call) -> $Abi {
                    if held.theirs.is_null() { core::ptr::null_mut() } else { (&raw mut held.ours).cast() }
                }
                unsafe fn back(held: Place<$Target>, name: &'static str, $call: &mut Call) {
                    let $value = held.ours;
                    if held.theirs.is_null() || $value.cast() == untouched() {
                        return;
                    }
                    let written = $write;
                    $call.gives(name, written);
                    // SAFETY: the pointer is not NULL, and the caller vouches for the rest.
                    unsafe { held.theirs.write($value) };
                }
            }
        )+
    };
}

outs! {
    OutSystem: *mut *mut c_void as c_void, |value, call| {
        let name = call.recorder.given(value.addr() as u64, "system");
        if let Some(registered) = call.registered {
            registered.belongs_to(&name);
        }
        name
    };
    OutProcess: *mut *mut c_void as c_void, |value, call| call.recorder.given(value.addr() as u64, "process");
    OutRegistration: *mut *mut c_void as c_void, |value, call| call.recorder.given(value.addr() as u64, "registration");
    // SAFETY: a document ends with a zero.
    OutText: *mut PWSTR as u16, |value, call| unsafe { text_value(value) };
    // SAFETY: a document ends with a zero.
    OutFixedText: *mut PCWSTR as u16, |value, call| unsafe { text_value(value) };
}

/// A pointer to a process's information.
pub(crate) struct OutInformation;

/// A place of ours for it. The id of a process is never this one.
pub(crate) struct InformationPlace {
    theirs: *mut HCS_PROCESS_INFORMATION,
    ours: HCS_PROCESS_INFORMATION,
}

impl Parameter for OutInformation {
    type Abi = *mut HCS_PROCESS_INFORMATION;
    type Held = InformationPlace;
    unsafe fn hold(value: Self::Abi, name: &'static str, call: &mut Call) -> InformationPlace {
        call.with(name, if value.is_null() { Value::Null } else { Value::from("out") });
        let ours = HCS_PROCESS_INFORMATION { StdInput: untouched(), ..Default::default() };
        InformationPlace { theirs: value, ours }
    }
    unsafe fn pass(held: &mut InformationPlace, _: &Call) -> Self::Abi {
        if held.theirs.is_null() { core::ptr::null_mut() } else { &raw mut held.ours }
    }
    unsafe fn back(held: InformationPlace, name: &'static str, call: &mut Call) {
        if held.theirs.is_null() || held.ours.StdInput == untouched() {
            return;
        }
        let there = |stream: HANDLE| !stream.is_null() && stream != INVALID_HANDLE_VALUE;
        let written = json!({
            "processid": held.ours.ProcessId,
            "stdinput": there(held.ours.StdInput),
            "stdoutput": there(held.ours.StdOutput),
            "stderror": there(held.ours.StdError),
        });
        call.gives(name, written);
        // SAFETY: the pointer is not NULL, and the caller vouches for the rest.
        unsafe { held.theirs.write(held.ours) };
    }
}

/// What calls return.
macro_rules! returns {
    ($($Role:ident: $Abi:ty, |$why:ident| $failed:expr, |$value:ident, $call:ident| $back:expr;)+) => {
        $(
            pub(crate) struct $Role;

            impl Returned for $Role {
                type Abi = $Abi;
                fn failed($why: Hresult) -> $Abi {
                    $failed
                }
                fn back($value: $Abi, $call: &mut Call) -> $Abi {
                    $back
                }
            }
        )+
    };
}

returns! {
    Code: HRESULT, |why| code(why), |value, call| {
        call.code = Some(value as u32);
        value
    };
    Nothing: (), |_why| (), |_value, _call| ();
    NewOperation: *mut c_void, |_why| core::ptr::null_mut(), |value, call| {
        call.new_operation(value.addr() as u64);
        value
    };
    SystemThere: *mut c_void, |_why| core::ptr::null_mut(), |value, call| {
        let name = call.recorder.used(value.addr() as u64, "system");
        call.gives("return", name);
        value
    };
    ProcessThere: *mut c_void, |_why| core::ptr::null_mut(), |value, call| {
        let name = call.recorder.used(value.addr() as u64, "process");
        call.gives("return", name);
        value
    };
    Signed: i32, |_why| OperationType::None.value(), |value, call| {
        call.gives("return", Value::from(value));
        value
    };
    Id: u64, |_why| INVALID_OPERATION_ID, |value, call| {
        call.gives("return", Value::from(value));
        value
    };
    ContextThere: *mut c_void, |_why| core::ptr::null_mut(), |value, call| {
        let value = match call.recorder.telling(call.operation) {
            Some(registered) => core::ptr::with_exposed_provenance_mut(registered.context()),
            None => value,
        };
        let name = call.recorder.context(value.expose_provenance());
        call.gives("return", name);
        value
    };
}
