//! The older interface, recorded and replayed.

use core::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use hcs_rules::build::Build;
use hcs_sim_dll::vmcompute::*;
use windows_sys::Win32::System::HostComputeSystem::HCS_PROCESS_INFORMATION;
use windows_sys::core::{HRESULT, PCWSTR};

use crate::common::{take, wide};
use crate::{assert_equal, recorded, replayed};

type Listener = (Sender<u32>, Receiver<u32>);

unsafe extern "system" fn notified(kind: u32, context: *const c_void, _: HRESULT, _: PCWSTR) {
    // SAFETY: the context is a listener that outlives the registration.
    unsafe { &*context.cast::<Listener>() }.0.send(kind).expect("the test listens");
}

#[test]
fn lives_through_the_older_interface_replay_equal() {
    let text = recorded(4, Build::B17763, || {
        let listener: Box<Listener> = Box::new(channel());
        let context: *const c_void = (&raw const *listener).cast();
        let next = || listener.1.recv_timeout(Duration::from_secs(20)).expect("a notification");
        let (id, document) = (wide("old"), wide(r#"{"SystemType":"Container","Name":"old","Owner":"o"}"#));
        let parameters = wide(r#"{"CommandLine":"cmd /c exit 3"}"#);
        let (mut system, mut process, mut registration) = (null_mut(), null_mut(), null_mut());
        let (mut result, mut properties) = (null_mut(), null_mut());
        // SAFETY: handles are live, strings end with a zero, pointers are to locals; the listener outlives the registration.
        unsafe {
            let made = Vmcompute_HcsCreateComputeSystem(
                id.as_ptr(),
                document.as_ptr(),
                null_mut(),
                &raw mut system,
                &raw mut result,
            );
            assert!(!system.is_null(), "{made:#x}");
            let registered =
                Vmcompute_HcsRegisterComputeSystemCallback(system, Some(notified), context, &raw mut registration);
            assert_eq!(registered, 0);
            next();
            Vmcompute_HcsStartComputeSystem(system, null(), &raw mut result);
            next();
            let mut information = HCS_PROCESS_INFORMATION::default();
            let spawned = Vmcompute_HcsCreateProcess(
                system,
                parameters.as_ptr(),
                &raw mut information,
                &raw mut process,
                &raw mut result,
            );
            assert_eq!((spawned, information.ProcessId != 0), (0, true));
            let asked = Vmcompute_HcsGetComputeSystemProperties(system, null(), &raw mut properties, &raw mut result);
            assert_eq!(asked, 0);
            assert!(take(properties).contains("old"));
            assert!(Vmcompute_HcsEnumerateComputeSystems(null(), null_mut(), &raw mut result) < 0);
            take(result);
            assert_eq!(Vmcompute_HcsCloseProcess(process), 0);
            Vmcompute_HcsTerminateComputeSystem(system, null(), null_mut());
            next();
            assert_eq!(Vmcompute_HcsUnregisterComputeSystemCallback(registration), 0);
            assert_eq!(Vmcompute_HcsCloseComputeSystem(system), 0);
            assert!(Vmcompute_HcsCloseComputeSystem(system) < 0);
            assert!(Vmcompute_DestroyLayer(null(), null()) < 0);
        }
    });
    let told = assert_equal(&text);
    assert!(told.events >= 3, "{text}");
    let left_out: Vec<_> = told.left_out.into_iter().collect();
    assert_eq!(left_out, [("Vmcompute_DestroyLayer", 1), ("Vmcompute_HcsEnumerateComputeSystems", 1)]);
    // A notification with another code is named.
    let line = text.lines().position(|line| line.contains("\"tells\"")).expect("there is one");
    let spoilt: String = text
        .lines()
        .enumerate()
        .map(|(at, text)| match at == line {
            true => format!("{}\n", text.replace("\"code\":\"0x00000000\"", "\"code\":\"0x80370109\"")),
            false => format!("{text}\n"),
        })
        .collect();
    let told = replayed(&spoilt);
    assert!(told.differences.first().is_some_and(|first| first.line == line + 1), "{told:?}");
}
