//! The workloads, run small: what is measured works.

use hcs_benches::{
    container, create, crowd, life, populated, populated_host, pour, pour_through_a_pipe, query, refused, run, touch,
};

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
fn processes_run_and_their_output_flows() {
    let (_simulator, container) = container();
    let crowd = crowd(&container, 3);
    assert!(run(&container) && run(&container));
    assert_eq!((crowd.len(), pour(&container, 100_000), pour_through_a_pipe(100_000)), (3, 100_000, 100_000));
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
