//! Enumeration: what is listed, in which order, and what each filter leaves of it.

use hcs_api::{ComputeSystem, Hcs, Text, enumerate};
use hcs_rules::hresult::Hresult;
use hcs_sim::{Client, Simulator};

/// The ids in a list, in its order.
fn ids(list: &str) -> Vec<String> {
    let element = |rest: &str| rest.split('"').next().expect("the id's end").to_owned();
    list.split(r#"{"Id":""#).skip(1).map(element).collect()
}

fn listed(client: &Client, query: &str) -> Vec<String> {
    ids(&enumerate(client, Some(query)).expect("listed"))
}

/// Two machines, and two containers of which one has a name.
fn world(client: &Client) -> Vec<ComputeSystem<Client>> {
    [
        ("vm", r#"{"Owner":"me","VirtualMachine":{}}"#),
        ("Other", r#"{"Owner":"you","VirtualMachine":{}}"#),
        ("silo", r#"{"Owner":"me","Container":{}}"#),
        ("isolated", r#"{"SystemType":"Container","HvPartition":true,"Name":"named","Owner":"you"}"#),
    ]
    .map(|(id, document)| ComputeSystem::create(client, id, document).expect("created"))
    .into()
}

#[test]
fn each_filter_leaves_what_it_names_and_all_must_agree() {
    let agent = Simulator::default().client("agent");
    let systems = world(&agent);
    let all = ["vm", "Other", "silo", "isolated"];
    assert_eq!(ids(&enumerate(&agent, None).expect("listed")), all, "in the order of creation");
    let expected: [(&str, &[&str]); 15] = [
        ("{}", &all),
        (r#"{"Ids":[],"Names":[],"Types":[],"Owners":[]}"#, &all),
        (r#"{"Ids":null}"#, &all),
        (r#"{"Ids":["silo","vm"]}"#, &["vm", "silo"]),
        (r#"{"Ids":["OTHER"]}"#, &["Other"]),
        (r#"{"Ids":["nobody"]}"#, &[]),
        (r#"{"Names":["named"]}"#, &["isolated"]),
        (r#"{"Names":["vm"]}"#, &[]),
        (r#"{"Types":["VirtualMachine"]}"#, &["vm", "Other"]),
        (r#"{"Types":["Container"]}"#, &["silo", "isolated"]),
        (r#"{"Types":["Container","VirtualMachine"]}"#, &all),
        (r#"{"Owners":["me"]}"#, &["vm", "silo"]),
        (r#"{"Owners":["nobody","you"]}"#, &["Other", "isolated"]),
        (r#"{"Owners":["me"],"Types":["Container"]}"#, &["silo"]),
        (r#"{"Ids":["vm"],"Owners":["you"]}"#, &[]),
    ];
    for (query, expected) in expected {
        assert_eq!(listed(&agent, query), expected, "{query}");
    }
    systems[0].start().expect("started");
    systems[0].terminate().expect("terminated");
    assert_eq!(listed(&agent, "{}"), all[1..], "what is over is not listed");
}

#[test]
fn a_query_that_is_none_is_refused() {
    let agent = Simulator::default().client("agent");
    for (query, code) in [
        ("{", Hresult::ERROR_INVALID_DATA),
        (r#"{"Ids":"vm"}"#, Hresult::HCS_E_INVALID_JSON),
        (r#"{"Types":["Toaster"]}"#, Hresult::HCS_E_INVALID_JSON),
        (r#"{"Surprise":[]}"#, Hresult::HCS_E_INVALID_JSON),
    ] {
        assert_eq!(enumerate(&agent, Some(query)).expect_err("it is refused").code, code, "{query}");
    }
}

#[test]
fn a_namespace_lists_its_own_and_the_plain_list_does_not() {
    let agent = Simulator::default().client("agent");
    let _outside = ComputeSystem::create(&agent, "vm", r#"{"VirtualMachine":{}}"#).expect("created");
    let operation = agent.create_operation(None);
    let document = r#"{"Owner":"inside","VirtualMachine":{}}"#;
    let made = agent.create_compute_system_in_namespace("space".into(), "vm".into(), document.into(), operation, None);
    assert_eq!((made.0, agent.wait_for_operation_result(operation, u32::MAX).code), (Hresult::S_OK, Hresult::S_OK));
    let inside = |namespace: &str, query: Text<'_>| {
        assert!(agent.enumerate_compute_systems_in_namespace(namespace.into(), query, operation).is_ok());
        ids(&agent.wait_for_operation_result(operation, u32::MAX).document.expect("a list"))
    };
    assert_eq!(inside("space", Text::Null), ["vm"]);
    assert_eq!(inside("space", r#"{"Owners":["inside"]}"#.into()), ["vm"]);
    assert_eq!(inside("space", r#"{"Owners":["outside"]}"#.into()), [""; 0]);
    assert_eq!(inside("another", Text::Null), [""; 0]);
    assert_eq!(listed(&agent, "{}"), ["vm"]);
    assert_eq!(listed(&agent, r#"{"Owners":["inside"]}"#), [""; 0]);
}
