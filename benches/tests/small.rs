//! The workloads, run small: what is measured works.

use hcs_benches::storage::{grant_and_revoke, import, layered, populated_files, put_file, scratch, staged};
use hcs_benches::{
    container, create, crowd, life, populated, populated_host, pour, pour_through_a_pipe, query, refused, ring, run,
    touch,
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

#[test]
fn files_are_put_and_granted() {
    let host = populated_files(300);
    assert_eq!(host.files().branches(r"C:\layers").map(|tree| tree.len()), Ok(1 + 100 + 300));
    let mut fork = host.clone();
    put_file(&mut fork, r"C:\layers\folder-7\new.dll");
    assert_eq!(fork.files().len(), host.files().len() + 1);
    let simulator = hcs_sim::Simulator::default();
    simulator.put_file(r"C:\vms\disk.vhdx", b"");
    let client = simulator.client("files");
    assert!(grant_and_revoke(&client, r"C:\vms\disk.vhdx") && !grant_and_revoke(&client, r"C:\vms\none"));
}

#[test]
fn a_writable_layer_comes_and_goes_and_leaves_nothing() {
    let (simulator, client) = layered(30, 20);
    let count = || simulator.tree("C:\\").len();
    let before = count();
    assert!(scratch(&simulator, &client) && scratch(&simulator, &client));
    assert_eq!(count(), before);
    simulator.finish().assert_clean();
}

#[test]
fn a_transport_folder_is_imported_whole() {
    let mut host = staged(250);
    let clean = host.clone();
    assert!(import(&mut host));
    let folder = |number: usize| host.files().branches(&format!(r"C:\layers\base\Files\folder-{number}"));
    assert_eq!((0..100).map(|number| folder(number).map_or(0, |tree| tree.len() - 1)).sum::<usize>(), 250);
    assert_ne!(host, clean);
    assert!(!import(&mut host), "it is there already");
}

#[test]
fn the_abi_is_called_heard_and_read() {
    hcs_sim_dll_workloads::begin();
    let container = hcs_sim_dll_workloads::Container::run("small");
    assert_eq!(container.call(), 2, "a start");
    assert!(container.ask_and_wait() && container.ask_and_hear());
    container.listen();
    assert!(container.ask_many_and_hear(1) && container.ask_many_and_hear(20));
    assert_eq!((container.pour_out(100_000), container.pour_in(100_000)), (100_000, 100_000));
    assert!(ring() > 0.0);
}
