//! The host's own book-keeping: whose callback a notification still means, and what is wrong with a handle.

use hcs_machine::effect::{Finding, Notification, Reply, Target};
use hcs_machine::handle::Handle;
use hcs_machine::input::{Request, Text};
use hcs_machine::{ClientId, Effect, Fate, Host, Input, Time};
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::handle::HandleFault;

fn connected() -> Host {
    let mut host = Host::new(Build::B26100);
    host.step(Time::ZERO, &Input::Connect(Rights::Administrator), &mut Vec::new());
    host
}

fn step(host: &mut Host, now: u64, request: Request) -> Vec<Effect> {
    let mut effects = Vec::new();
    host.step(Time(now), &Input::Call(ClientId(1), request, Fate::after(5)), &mut effects);
    effects
}

fn made(effects: &[Effect]) -> Handle {
    let handle = effects.iter().find_map(|effect| match effect {
        Effect::Reply(Reply::Handle(_, handle)) => Some(*handle),
        _ => None,
    });
    handle.expect("a handle was made")
}

#[test]
fn a_notification_means_one_client_and_one_setting_of_its_callback() {
    let mut host = connected();
    let operation = made(&step(&mut host, 0, Request::CreateOperation { callback: true }));
    step(&mut host, 0, Request::EnumerateComputeSystems { query: Text::Null, operation });
    let mut effects = Vec::new();
    host.step(Time(9), &Input::Tick, &mut effects);
    let [Effect::Notify(Notification { target, .. })] = effects[..] else { panic!("one completion: {effects:?}") };
    assert!(host.is_registered(&target));
    assert!(!host.is_registered(&Target { client: ClientId(2), ..target }), "not another client's");
    assert!(!host.is_registered(&Target { handle: Handle::NULL, ..target }));
    assert!(!host.is_registered(&Target { registration: target.registration + 100, ..target }));
    step(&mut host, 10, Request::SetOperationCallback { operation, callback: true });
    assert!(!host.is_registered(&target), "another callback has been set since");
    step(&mut host, 11, Request::CloseOperation { operation });
    assert!(!host.is_registered(&target));
}

#[test]
fn a_handle_of_the_other_type_is_told_from_a_closed_one() {
    let mut host = connected();
    let operation = made(&step(&mut host, 0, Request::CreateOperation { callback: false }));
    let (id, configuration) = ("vm".into(), r#"{"VirtualMachine":{}}"#.into());
    let system = made(&step(&mut host, 0, Request::CreateComputeSystem { id, configuration, operation, out: true }));
    let mut fault = |operation: Handle| {
        let effects = step(&mut host, 9, Request::GetOperationResult { operation });
        effects.iter().find_map(|effect| match effect {
            Effect::Finding(Finding::BadHandle(.., fault)) => Some(*fault),
            _ => None,
        })
    };
    assert_eq!(fault(operation), None);
    assert_eq!(fault(system), Some(HandleFault::WrongType));
    assert_eq!(fault(Handle::NULL), Some(HandleFault::Null));
    step(&mut host, 10, Request::CloseComputeSystem { system });
    let effects = step(&mut host, 11, Request::GetOperationResult { operation: system });
    let closed = |effect: &Effect| matches!(effect, Effect::Finding(Finding::BadHandle(.., HandleFault::Closed)));
    assert!(effects.iter().any(closed), "{effects:?}");
}
