//! Where every call goes: to the simulated world, or to the real DLLs of this host; written down or not.
//!
//! | variable | what it says | unless said |
//! |---|---|---|
//! | `HCS_SIM_TARGET` | `double`: calls are answered by a simulated world; `windows`: by the DLLs in System32 | `double` |
//! | `HCS_SIM_RECORD` | a file to which a record of the calls is written, see [`hcs_record`] | none, or `hcs-sim-` and the process's id and `.jsonl` where calls go to the real DLLs |
//!
//! What goes to a real DLL has the caller's own arguments, and what comes back is what it gave. Only callbacks go through a
//! function of ours, so that they can be written down. The real DLLs are loaded by their full paths: by name the loader would
//! give ours back. A library that lies in System32 itself has nothing to pass calls on to, and simulates.

use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hcs_record::line::Target;
use hcs_rules::export::{ABSENT, Dll, NO_HOST};
use hcs_rules::hresult::Hresult;

use crate::record::Recorder;

/// Nobody has asked yet.
const UNKNOWN: u8 = 0;
/// Calls go to the simulated world, and nobody writes them down.
const DIRECT: u8 = 1;
/// Calls are written down.
const WATCHED: u8 = 2;

static WAY: AtomicU8 = AtomicU8::new(UNKNOWN);

/// Who writes calls down.
static RECORDER: Mutex<Option<Arc<Recorder>>> = Mutex::new(None);

/// What answers.
static ANSWERS: OnceLock<Answers> = OnceLock::new();

enum Answers {
    Double,
    #[cfg(windows)]
    Windows,
    /// Calls should go to a host that there is not.
    Nobody,
}

/// Whether a call goes straight into the simulated world. The one thing that a call asks which is not watched.
#[inline]
pub(crate) fn is_direct() -> bool {
    match WAY.load(Ordering::Acquire) {
        DIRECT => true,
        UNKNOWN => begin() == DIRECT,
        _ => false,
    }
}

/// Whether calls go to the real DLLs, or should.
pub(crate) fn forwards() -> bool {
    if WAY.load(Ordering::Acquire) == UNKNOWN {
        begin();
    }
    !matches!(ANSWERS.get(), Some(Answers::Double))
}

/// Who writes calls down, if anybody does.
pub(crate) fn recorder() -> Option<Arc<Recorder>> {
    RECORDER.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The same, asked by a call that may go straight on.
pub(crate) fn watcher() -> Option<Arc<Recorder>> {
    if is_direct() { None } else { recorder() }
}

/// Writes a record of every call from now on there; what was written elsewhere before is at its end. `None` ends it.
pub fn record(to: Option<Box<dyn Write + Send>>) {
    if WAY.load(Ordering::Acquire) == UNKNOWN {
        begin();
    }
    let recorder = to.map(|sink| Arc::new(Recorder::new(sink, header())));
    let way = if recorder.is_some() || forwards() { WATCHED } else { DIRECT };
    *RECORDER.lock().unwrap_or_else(PoisonError::into_inner) = recorder;
    WAY.store(way, Ordering::Release);
}

/// Reads the environment, once.
fn begin() -> u8 {
    let mut recorder = RECORDER.lock().unwrap_or_else(PoisonError::into_inner);
    let way = WAY.load(Ordering::Acquire);
    if way != UNKNOWN {
        return way;
    }
    let answers = ANSWERS.get_or_init(|| match answers() {
        Ok(answers) => answers,
        Err(problem) => fail(&problem),
    });
    let file = match answers {
        Answers::Nobody => None,
        // The record is that of the library which passes calls on to this one.
        Answers::Double if wants_windows() => None,
        Answers::Double => std::env::var_os("HCS_SIM_RECORD"),
        #[cfg(windows)]
        Answers::Windows => {
            let otherwise = || format!("hcs-sim-{}.jsonl", std::process::id()).into();
            Some(std::env::var_os("HCS_SIM_RECORD").unwrap_or_else(otherwise))
        }
    };
    if let Some(path) = file {
        match File::create(&path) {
            Ok(file) => *recorder = Some(Arc::new(Recorder::new(Box::new(file), header()))),
            Err(error) => fail(&format!("HCS_SIM_RECORD, {}: {error}", path.display())),
        }
    }
    let way = if recorder.is_some() || !matches!(answers, Answers::Double) { WATCHED } else { DIRECT };
    WAY.store(way, Ordering::Release);
    way
}

/// A variable that says nothing sensible ends the process: a test must not pass against what nobody asked for.
fn fail(problem: &str) -> ! {
    eprintln!("hcs-sim: {problem}");
    std::process::exit(2)
}

fn wants_windows() -> bool {
    std::env::var_os("HCS_SIM_TARGET").is_some_and(|target| target == "windows")
}

fn answers() -> Result<Answers, String> {
    match std::env::var("HCS_SIM_TARGET").as_deref() {
        Err(std::env::VarError::NotPresent) | Ok("double") => Ok(Answers::Double),
        Ok("windows") => Ok(windows()),
        Ok(other) => Err(format!("HCS_SIM_TARGET is {other:?}: it says double or windows")),
        Err(error) => Err(format!("HCS_SIM_TARGET: {error}")),
    }
}

#[cfg(not(windows))]
fn windows() -> Answers {
    eprintln!("hcs-sim: HCS_SIM_TARGET is windows: this is no Windows host, and every call is refused");
    Answers::Nobody
}

#[cfg(windows)]
fn windows() -> Answers {
    match hcs_sim_thin::installed(Dll::Computecore.file()) {
        Ok(real) if real.holds(is_direct as *const core::ffi::c_void) => {
            eprintln!("hcs-sim: HCS_SIM_TARGET is windows: this is the library in System32 itself, and simulates");
            Answers::Double
        }
        Ok(_) => Answers::Windows,
        Err(error) => {
            let file = Dll::Computecore.file();
            eprintln!("hcs-sim: HCS_SIM_TARGET is windows: {file} in System32: {error}; every call is refused");
            Answers::Nobody
        }
    }
}

/// What a record begins with.
fn header() -> hcs_record::Line {
    match ANSWERS.get() {
        #[cfg(windows)]
        Some(Answers::Windows) => {
            hcs_record::Line::Header { target: Target::Windows, build: hcs_sim_thin::build(), seed: None }
        }
        _ => {
            let world = crate::world::simulator();
            let (build, seed) = (Some(world.build().number()), Some(world.seed()));
            hcs_record::Line::Header { target: Target::Double, build, seed }
        }
    }
}

/// Where a call goes: the simulated function, or the real one of this name.
///
/// # Errors
/// The code that says why there is none.
pub(crate) fn function(dll: Dll, name: &str, simulated: *const core::ffi::c_void) -> Result<usize, Hresult> {
    match ANSWERS.get() {
        Some(Answers::Double) => Ok(simulated.expose_provenance()),
        #[cfg(windows)]
        Some(Answers::Windows) => {
            let real = hcs_sim_thin::installed(dll.file()).map_err(|_| ABSENT)?;
            let name = name.strip_prefix(hcs_record::call::OLDER).unwrap_or(name);
            let name = std::ffi::CString::new(name).map_err(|_| ABSENT)?;
            real.export(&name).map(|address| address.expose_provenance()).ok_or(ABSENT)
        }
        _ => {
            let _ = (dll, name, ABSENT);
            Err(NO_HOST)
        }
    }
}

/// Declares exports, each with what is behind it in `simulated`: from the lists of [`hcs_record::call`].
macro_rules! exports {
    ($($name:ident($($argument:ident: $Role:ident),*) -> $Returns:ident;)+) => {
        $(
            #[unsafe(no_mangle)]
            pub unsafe extern "system" fn $name(
                $($argument: $crate::role::abi!($Role)),*
            ) -> $crate::role::abi!($Returns) {
                use $crate::role::{self, Parameter, Returned};
                if $crate::gate::is_direct() {
                    // SAFETY: as the caller vouches.
                    return unsafe { simulated::$name($($argument),*) };
                }
                type Function = unsafe extern "system" fn(
                    $(<role::$Role as Parameter>::Abi),*
                ) -> <role::$Returns as Returned>::Abi;
                static FOUND: std::sync::OnceLock<Result<usize, hcs_rules::hresult::Hresult>> = std::sync::OnceLock::new();
                let simulated: Function = simulated::$name;
                let found = || $crate::gate::function(DLL, stringify!($name), simulated as *const core::ffi::c_void);
                let address = match *FOUND.get_or_init(found) {
                    Ok(address) => address,
                    Err(code) => return <role::$Returns as Returned>::failed(code),
                };
                let address: *const core::ffi::c_void = core::ptr::with_exposed_provenance(address);
                // SAFETY: the simulated function and the real one of this name have this signature.
                let function = unsafe { core::mem::transmute::<*const core::ffi::c_void, Function>(address) };
                let Some(recorder) = $crate::gate::recorder() else {
                    // SAFETY: as the caller vouches.
                    return unsafe { function($($argument),*) };
                };
                let mut call = $crate::record::Call::new(&recorder, stringify!($name));
                let failed = <role::$Returns as Returned>::failed(hcs_rules::hresult::Hresult::E_UNEXPECTED);
                // SAFETY: the caller vouches for every pointer, which is read before the call as the call reads it, and
                // afterwards as the caller does.
                $crate::abi::guarded(failed, || unsafe {
                    $(let mut $argument = <role::$Role as Parameter>::hold($argument, stringify!($argument), &mut call);)*
                    call.enter();
                    let returned = function($(<role::$Role as Parameter>::pass(&mut $argument, &call)),*);
                    $(<role::$Role as Parameter>::back($argument, stringify!($argument), &mut call);)*
                    let returned = <role::$Returns as Returned>::back(returned, &mut call);
                    call.leave();
                    returned
                })
            }
        )+
    };
}

pub(crate) use exports;

/// A code that is returned, of either kind.
pub(crate) trait Coded: Copy {
    fn of(code: Hresult) -> Self;
    fn bits(self) -> u32;
}

/// `HRESULT`
impl Coded for i32 {
    fn of(code: Hresult) -> i32 {
        code.0 as i32
    }
    fn bits(self) -> u32 {
        self as u32
    }
}

/// `WIN32_ERROR`
impl Coded for u32 {
    fn of(code: Hresult) -> u32 {
        code.as_win32()
    }
    fn bits(self) -> u32 {
        self
    }
}

/// Declares exports of whose calls a record has no more than that they were made, and the code: their parameters are structures.
macro_rules! unread {
    ($($name:ident($($argument:ident: $Type:ty),* $(,)?) -> $Code:ty;)+) => {
        $(
            #[unsafe(no_mangle)]
            pub unsafe extern "system" fn $name($($argument: $Type),*) -> $Code {
                use $crate::gate::Coded as _;
                type Function = unsafe extern "system" fn($($Type),*) -> $Code;
                let mut function: Function = simulated::$name;
                if !$crate::gate::is_direct() {
                    static FOUND: std::sync::OnceLock<Result<usize, hcs_rules::hresult::Hresult>> =
                        std::sync::OnceLock::new();
                    let simulated = function as *const core::ffi::c_void;
                    match *FOUND.get_or_init(|| $crate::gate::function(DLL, stringify!($name), simulated)) {
                        Ok(address) => {
                            let address: *const core::ffi::c_void = core::ptr::with_exposed_provenance(address);
                            // SAFETY: the simulated function and the real one of this name have this signature.
                            function = unsafe { core::mem::transmute::<*const core::ffi::c_void, Function>(address) };
                        }
                        Err(code) => return <$Code>::of(code),
                    }
                }
                let mut call = $crate::gate::watcher().map(|recorder| {
                    let mut call = $crate::record::Call::new(&recorder, stringify!($name));
                    call.enter();
                    call
                });
                // SAFETY: as the caller vouches.
                let returned = unsafe { function($($argument),*) };
                if let Some(call) = &mut call {
                    call.code = Some(returned.bits());
                    call.leave();
                }
                returned
            }
        )+
    };
}

pub(crate) use unread;
