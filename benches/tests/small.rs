//! The workloads, run small: what is measured works.

use hcs_benches::{create, life, populated, populated_host, query, refused, touch};

#[test]
fn every_workload_does_what_it_measures() {
    let (simulator, client) = populated(3);
    assert!(life(&client) && life(&client));
    let system = create(&client, "asked");
    assert!(query(&client, system));
    assert!(!refused(&client, system), "the first start succeeds");
    assert!(refused(&client, system));
    assert_eq!(simulator.finish().leaks.len(), 4, "the residents stay");
}

#[test]
fn a_fork_of_a_populated_host_is_its_own() {
    let host = populated_host(100);
    let mut fork = host.clone();
    assert_eq!(fork, host);
    touch(&mut fork);
    assert_ne!(fork, host);
    assert_eq!(host.pending(), 0);
}
