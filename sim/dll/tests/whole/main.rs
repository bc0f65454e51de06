//! Everything that a client does, in nothing but the calls of `windows-sys`: systems, processes, storage, callbacks. What the
//! world saw of it is one committed transcript, which this source gives on every platform: linked to the double off Windows,
//! over the DLLs on it.

#![expect(unsafe_code, reason = "the client's side of a C ABI")]

#[path = "../common/mod.rs"]
mod common;
mod container;
#[path = "../common/disk.rs"]
mod disk;
mod file;
mod hears;
mod information;
#[path = "../common/machine.rs"]
mod machine;
mod process;
#[path = "../common/process.rs"]
mod running;
mod service;
mod system;
mod world;

#[cfg(not(windows))]
use hcs_sim_dll as _;
use world::Account;

#[test]
fn a_client_is_told_the_same_on_every_platform() {
    let mut account = Account::begin();
    account.chapter("A machine's life, and who hears of it", &[system::lives]);
    account.chapter("Paused, saved to a file, restored, shut down", &[system::is_saved_and_restored]);
    account.chapter("A machine's disk, and the grant that it needs", &[system::needs_a_grant]);
    account.chapter("State files, and who may use them", &[file::state_files]);
    account.chapter("The service and its namespaces", &[service::tells_of_itself, service::has_namespaces]);
    account.chapter("Processes: streams and exit codes", &[process::runs_to_its_end]);
    account.chapter("Processes: signals and ends", &[process::is_signalled_and_terminated]);
    account.chapter("Processes: properties and changes", &[process::tells_of_itself_and_is_changed]);
    account.chapter("A container's storage: base layer, scratch disk, mount", &[container::lives_on_layers]);
    account.chapter("What a disk tells of itself", &[information::disks_tell_what_they_are]);
    insta::assert_snapshot!("transcript", account.end());
}
