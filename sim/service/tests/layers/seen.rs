//! What was seen of layers on real hosts, by the numbers under which it was collected.
//!
//! | number | what | where |
//! |---|---|---|
//! | 1 | another product's filter, and the code 1 | `n01`, and of the older call `n01_and_n05` in `older` |
//! | 2, 3 | a filter times out, or its device is not ready | `n02_n03`; of the older call `n02_n03` in `older` |
//! | 4 | a disk of more than 20 GB on one build | `n04` in `older` |
//! | 5 | a layer that is not there, while its filter is attached | `n05`, `n01_and_n05` in `older` |
//! | 6, 7, 8 | an import: many causes of one code; links of WSL; denied | `n06`, `n07`, `n08` |
//! | 9 | empty hives | `n09` |
//! | 10 | an export to a folder that is not there | `n10`, and of the older call in `older` |
//! | 11 | an export hangs | not modelled: a call without an operation answers at once |
//! | 12 | a file of more than 8 GB | not modelled: in a client's own archives |
//! | 13 | a parent deleted by hand; the others of its causes | `n13`; of the older call `n13_and_n14` in `older` |
//! | 14 | a writable layer without parents | `n13_and_n14` in `older` |
//! | 15, 16 | a setup that is denied, or finds no utility VM | `n15`, `n16`; of the older calls `n15_n16` in `older` |
//! | 17 | one code shown with another's text | not modelled: a client's rendering |
//! | 18 | a disk that is attached already | `n18`, and of the older call in `older` |
//! | 19, 20, 21 | a removal | `n19_n20_n21` |
//! | 22 | a folder with an attached disk; a disk that is not attached is detached | `n22`; the rename itself is the file system's |
//! | 23, 24 | the parent of what is mounted; a filter that is not attached | `n23`, `n24` |
//! | 25, 41 | a layer of an unknown format; a start without the filter | with the storage of containers, not here |
//! | 26 | a container exits unexpectedly on a layer that is damaged | `n26` |
//! | 27, 28, 29 | a volume on no disk; a loaded hive; a handle of the wrong kind | `n27`, `n28`, `n29` |
//! | 30 | two layers with one id | `n30`; the derivation of ids in `older` |
//! | 31 | the folder instead of its volume | `n31` |
//! | 32 | layers in one file, in a client's own words | not modelled |
//! | 33 | the export of a base is not the tar that it came from | not modelled: regenerated hives, of a client's own archives |
//! | 34 | a base without a hive | `n34` |
//! | 35 | a start without a grant | `n35` |
//! | 36, 37 | a machine does not boot from an empty guest state, or damages it | not modelled: firmware |
//! | 38 | ExpandSandboxSize | `n38_and_n39` in `older` |
//! | 39, 42 | who is not elevated | `n39_n42` |
//! | 40 | the setup of a plain volume | `n40` |
//! | 43 | an empty list of layers takes the service down | `a_container_without_layers_takes_the_service_down_on_a_host_with_that_quirk` in `quirks.rs` |
//! | 44 | a code that was looked for and never seen | nothing |
//!
//! The layer functions of vmcompute.dll have their tests in `older`.

use hcs_api::disk::{DiskHandle, OpenDisk, StorageType, VirtualDisks};
use hcs_api::{ComputeSystem, Hcs, Storage, Text};
use hcs_machine::layer::transport::LayerPath;
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::failure::{CallFailure, Failure};
use hcs_rules::hresult::Hresult;
use hcs_rules::privilege::Privilege;
use hcs_rules::profile::Quirk;
use hcs_rules::vocabulary::Call;
use hcs_sim::on;

use crate::setting::{BASE, CHILD, base, base_layer, data, file, formatted, import, mounted, reparse, scratch, world};

const CONTAINER: &str = r#"{"Type":"Container"}"#;

#[test]
fn n01_another_products_filter_is_in_the_way() {
    let (sim, client) = world(Build::B17763);
    let made = mounted(&sim, &client);
    assert_eq!(client.detach_layer_storage_filter(made.volume.as_str().into()), Hresult::S_OK);
    sim.set_filter_collision(true);
    let code = client.attach_layer_storage_filter(made.volume.as_str().into(), data(&[CHILD, BASE]).as_str().into());
    assert_eq!(code, Hresult::ERROR_INVALID_FUNCTION);
}

#[test]
fn n02_n03_a_filter_that_is_slow_or_not_ready_attaches_the_next_time() {
    for (build, id) in [(Build::B17763, "attach-filter.timeout"), (Build::B17763, "attach-filter.not-ready")] {
        let (sim, client) = world(build);
        let made = mounted(&sim, &client);
        assert_eq!(client.detach_layer_storage_filter(made.volume.as_str().into()), Hresult::S_OK);
        let failure = CallFailure::by_id(id).expect("there is such a failure");
        assert!(failure.is_plausible(build));
        sim.fault(on(Call::AttachLayerStorageFilter).nth(1).refuse_as(failure));
        let chain = data(&[CHILD, BASE]);
        let attach = || client.attach_layer_storage_filter(made.volume.as_str().into(), chain.as_str().into());
        assert_eq!([attach(), attach()], [failure.code, Hresult::S_OK], "{id}");
        assert_eq!(client.close_disk(made.disk), Hresult::S_OK);
        sim.finish().assert_clean();
    }
}

#[test]
fn n05_a_layer_that_is_not_there_is_missed_when_its_filter_is_attached() {
    let (sim, client) = world(Build::B20348);
    let made = mounted(&sim, &client);
    assert_eq!(client.detach_layer_storage_filter(made.volume.as_str().into()), Hresult::S_OK);
    sim.remove_file(CHILD);
    let code = client.attach_layer_storage_filter(made.volume.as_str().into(), data(&[CHILD, BASE]).as_str().into());
    assert_eq!(code, Hresult::ERROR_PATH_NOT_FOUND);
}

#[test]
fn n06_a_path_that_is_not_found_has_many_causes() {
    let (sim, client) = world(Build::B17763);
    sim.put_transport(r"C:\staged", &base()).expect("it can be staged");
    let import =
        |source: &str, parents: &[&str]| client.import_layer(BASE.into(), source.into(), data(parents).as_str().into());
    assert_eq!(import(r"C:\none", &[]), Hresult::ERROR_PATH_NOT_FOUND);
    assert_eq!(import(r"C:\staged", &[r"C:\none"]), Hresult::ERROR_PATH_NOT_FOUND);
    sim.tear_import(1);
    assert_eq!(import(r"C:\staged", &[]), Hresult::ERROR_PATH_NOT_FOUND);
}

#[test]
fn n07_links_of_wsl_end_an_import() {
    let (sim, client) = world(Build::B17763);
    let mut layer = base();
    layer.items.insert(LayerPath::new(r"Files\link"), reparse(0xA000_001D));
    sim.put_transport(r"C:\staged", &layer).expect("it can be staged");
    let code = client.import_layer(BASE.into(), r"C:\staged".into(), data(&[]).as_str().into());
    assert_eq!(code, Hresult::ERROR_REPARSE_TAG_INVALID);
}

#[test]
fn n08_an_import_is_denied_to_who_is_not_elevated_and_where_the_list_says_so() {
    let (sim, client) = world(Build::B17763);
    sim.put_transport(r"C:\staged", &base()).expect("it can be staged");
    let import =
        |client: &hcs_sim::Client| client.import_layer(BASE.into(), r"C:\staged".into(), data(&[]).as_str().into());
    assert_eq!(import(&sim.client_as("user", Rights::User)), Hresult::E_ACCESSDENIED);
    assert!(sim.tree(BASE).is_empty(), "nothing is made");
    let failure = CallFailure::by_id("import-layer.denied").expect("there is such a failure");
    sim.fault(on(Call::ImportLayer).nth(1).refuse_as(failure));
    assert_eq!([import(&client), import(&client)], [Hresult::E_ACCESSDENIED, Hresult::S_OK]);
}

#[test]
fn n09_empty_hives_are_no_registry_on_newer_builds() {
    for (build, code) in [(Build::B17763, Hresult::S_OK), (Build::B20348, Hresult::ERROR_BADDB)] {
        let (sim, client) = world(build);
        let mut layer = base();
        layer.items.insert(LayerPath::new(r"Files\Windows\System32\config\SAM"), file(b""));
        import(&sim, &client, BASE, &layer, &[]);
        sim.remove_file(&format!(r"{BASE}\Hives"));
        assert_eq!(client.setup_base_os_layer(BASE.into(), DiskHandle::NULL, CONTAINER.into()), code, "{build:?}");
    }
}

#[test]
fn n10_an_export_wants_its_folder() {
    let (sim, client) = world(Build::B26200);
    import(&sim, &client, BASE, &base(), &[]);
    let chain = data(&[]);
    let options = r#"{"IsWritableLayer":false}"#;
    let export = || client.export_layer(BASE.into(), r"C:\out".into(), chain.as_str().into(), options.into());
    assert_eq!(export(), Hresult::ERROR_PATH_NOT_FOUND);
    sim.put_folder(r"C:\out");
    assert_eq!(export(), Hresult::S_OK);
}

#[test]
fn n13_a_parent_that_was_deleted_by_hand_is_missed() {
    let (sim, client) = world(Build::B17763);
    base_layer(&sim, &client);
    let (_, volume) = formatted(&client, r"C:\scratch.vhdx");
    let chain = data(&[CHILD, BASE]);
    let code = client.initialize_writable_layer(volume.as_str().into(), chain.as_str().into(), Text::Null);
    assert_eq!(code, Hresult::ERROR_PATH_NOT_FOUND);
}

#[test]
fn n15_a_setup_is_denied_to_who_is_not_elevated() {
    let (sim, client) = world(Build::B17763);
    import(&sim, &client, BASE, &base(), &[]);
    sim.remove_file(&format!(r"{BASE}\Hives"));
    let user = sim.client_as("user", Rights::User);
    let code = user.setup_base_os_layer(BASE.into(), DiskHandle::NULL, CONTAINER.into());
    assert_eq!(code, Hresult::E_ACCESSDENIED);
    assert!(sim.tree(&format!(r"{BASE}\Hives")).is_empty(), "nothing is made");
}

#[test]
fn n16_a_setup_of_a_utility_vm_that_is_not_there_finds_no_path() {
    let (_sim, client) = world(Build::B17763);
    let (disk, _) = formatted(&client, r"C:\disk.vhdx");
    let code = client.setup_base_os_layer(r"C:\none\UtilityVM".into(), disk, r#"{"Type":"Vm"}"#.into());
    assert_eq!(code, Hresult::ERROR_PATH_NOT_FOUND);
}

#[test]
fn n18_a_disk_is_attached_once() {
    let (sim, client) = world(Build::B20348);
    let (disk, _) = formatted(&client, r"C:\disk.vhdx");
    let other = sim.client("other");
    let parameters = OpenDisk::Second { information_only: false, read_only: false };
    let path = r"C:\disk.vhdx".into();
    let (code, again) = other.open_virtual_disk(StorageType::VHDX, path, 0, 0, Some(parameters));
    assert_eq!(code, Hresult::S_OK);
    for (client, disk) in [(&client, disk), (&other, again)] {
        assert_eq!(client.attach_virtual_disk(disk, 0), Hresult::ERROR_SHARING_VIOLATION);
    }
}

#[test]
fn n19_n20_n21_a_removal_fails_or_succeeds_and_leaves_the_folder() {
    let (sim, client) = world(Build::B17763);
    mounted(&sim, &client);
    assert_eq!(client.destroy_layer(r"C:\none".into()), Hresult::ERROR_PATH_NOT_FOUND);
    sim.put_folder(r"C:\Users\Public\layer");
    assert_eq!(client.destroy_layer("layer".into()), Hresult::S_OK);
    assert!(!sim.tree(r"C:\Users\Public\layer").is_empty());
    assert_eq!(client.destroy_layer(r"C:\scratch\one".into()), Hresult::ERROR_SHARING_VIOLATION);
    sim.set_quirk(Quirk::DestroyKeepsLayer, true);
    sim.put_folder(r"C:\kept");
    assert_eq!(client.destroy_layer(r"C:\kept".into()), Hresult::S_OK);
    assert!(!sim.tree(r"C:\kept").is_empty());
}

#[test]
fn n22_a_disk_that_is_not_attached_is_not_ready_to_be_detached() {
    let (sim, client) = world(Build::B17763);
    let made = mounted(&sim, &client);
    assert_eq!(client.detach_layer_storage_filter(made.volume.as_str().into()), Hresult::S_OK);
    assert_eq!(client.detach_virtual_disk(made.disk, 0), Hresult::S_OK);
    assert_eq!(client.detach_virtual_disk(made.disk, 0), Hresult::ERROR_NOT_READY);
    assert!(sim.rename_file(r"C:\scratch\one", r"C:\scratch\one-removing"));
    assert_eq!(client.close_disk(made.disk), Hresult::S_OK);
    assert_eq!(client.destroy_layer(r"C:\scratch\one-removing".into()), Hresult::S_OK);
}

#[test]
fn n23_who_destroys_the_parent_of_what_is_mounted_dies() {
    let (sim, client) = world(Build::B17763);
    mounted(&sim, &client);
    assert_eq!(client.destroy_layer(BASE.into()), Hresult::STATUS_ASSERTION_FAILURE);
    assert!(!sim.tree(BASE).is_empty(), "it is gone in part");
    assert!(sim.file(&format!(r"{BASE}\blank.vhdx")).is_none(), "in the order of names");
    assert_eq!(sim.finish().would_fault.len(), 1);
}

#[test]
fn n24_a_filter_that_is_not_attached_is_not_found() {
    let (_sim, client) = world(Build::B17763);
    let (_, volume) = formatted(&client, r"C:\scratch.vhdx");
    assert_eq!(client.detach_layer_storage_filter(volume.as_str().into()), Hresult::ERROR_FLT_INSTANCE_NOT_FOUND);
}

#[test]
fn n26_a_container_that_exits_unexpectedly_is_made_anew() {
    let (sim, client) = world(Build::B17763);
    let failure = Failure::by_id("start.unexpected-exit").expect("there is such a failure");
    sim.fault(on(Call::StartComputeSystem).nth(1).fail_as(failure));
    let make = || ComputeSystem::create(&client, "web", r#"{"Container":{}}"#).expect("it is made");
    let first = make();
    assert_eq!(first.start().expect_err("it exits").code, Hresult::HCS_E_UNEXPECTED_EXIT);
    first.terminate().expect("it is ended");
    drop(first);
    make().start().expect("it starts");
}

#[test]
fn n27_a_volume_on_no_disk_takes_no_filter() {
    let (sim, client) = world(Build::B17763);
    sim.set_volume('D', true);
    sim.put_folder(r"D:\WcSandboxState");
    let code = client.attach_layer_storage_filter(r"D:\".into(), data(&[]).as_str().into());
    assert_eq!(code, Hresult::ERROR_FLT_DO_NOT_ATTACH);
}

#[test]
fn n28_a_hive_that_is_loaded_ends_a_setup() {
    let (sim, client) = world(Build::B20348);
    import(&sim, &client, BASE, &base(), &[]);
    sim.remove_file(&format!(r"{BASE}\Hives"));
    sim.lock_file(&format!(r"{BASE}\Files\Windows\System32\config\SYSTEM"), true);
    let code = client.setup_base_os_layer(BASE.into(), DiskHandle::NULL, CONTAINER.into());
    assert_eq!(code, Hresult::ERROR_SHARING_VIOLATION);
}

#[test]
fn n29_a_disk_is_formatted_by_the_handle_that_the_build_wants() {
    for (build, code) in
        [(Build::B17763, Hresult::ERROR_INVALID_FUNCTION), (Build::B20348, Hresult::ERROR_SHARING_VIOLATION)]
    {
        let (_sim, client) = world(build);
        let (disk, _) = formatted(&client, r"C:\disk.vhdx");
        assert_eq!(client.format_writable_layer_vhd(disk), code, "attached, on {build:?}");
    }
}

#[test]
fn n30_two_layers_with_one_id_are_two_layers() {
    let (sim, client) = world(Build::B26200);
    let chain = data(&[CHILD, BASE]);
    assert_eq!(chain.matches(crate::setting::ID).count(), 2);
    let made = mounted(&sim, &client);
    assert!(sim.file(&format!(r"{}\app\app.exe", made.volume)).is_some(), "of the one");
    assert!(sim.file(&format!(r"{}\Windows\System32\kernel32.dll", made.volume)).is_some(), "of the other");
}

#[test]
fn n31_a_writable_layer_is_its_volume_and_not_its_folder() {
    let (sim, client) = world(Build::B26200);
    base_layer(&sim, &client);
    let made = scratch(&sim, &client, r"C:\scratch\one", &[BASE]);
    let chain = data(&[BASE]);
    let code = client.initialize_writable_layer(r"C:\scratch\one".into(), chain.as_str().into(), Text::Null);
    assert_eq!(code, Hresult::ERROR_PATH_NOT_FOUND);
    // With a separator at the end or without.
    for volume in [made.volume.clone(), format!(r"{}\", made.volume)] {
        let code = client.initialize_writable_layer(volume.as_str().into(), chain.as_str().into(), Text::Null);
        assert_eq!(code, Hresult::S_OK, "{volume}");
    }
}

#[test]
fn n34_a_base_without_a_hive_is_not_set_up() {
    let (sim, client) = world(Build::B20348);
    let mut layer = base();
    layer.items.remove(&LayerPath::new(r"Files\Windows\System32\config\DEFAULT"));
    import(&sim, &client, BASE, &layer, &[]);
    sim.remove_file(&format!(r"{BASE}\Hives"));
    let code = client.setup_base_os_layer(BASE.into(), DiskHandle::NULL, CONTAINER.into());
    assert_eq!(code, Hresult::ERROR_PATH_NOT_FOUND);
}

#[test]
fn n35_a_machine_starts_with_a_disk_that_it_may_open() {
    let (sim, client) = world(Build::B26100);
    sim.put_folder(r"C:\vms");
    let (disk, _) = formatted(&client, r"C:\vms\disk.vhdx");
    assert_eq!(client.detach_virtual_disk(disk, 0), Hresult::S_OK);
    assert_eq!(client.close_disk(disk), Hresult::S_OK);
    let disks = r#"{"0":{"Attachments":{"0":{"Type":"VirtualDisk","Path":"C:\\vms\\disk.vhdx"}}}}"#;
    let document = format!(r#"{{"VirtualMachine":{{"Devices":{{"Scsi":{disks}}}}}}}"#);
    let machine = ComputeSystem::create(&client, "vm", &document).expect("nothing is looked at yet");
    assert_eq!(machine.start().expect_err("there is no grant").code, Hresult::E_ACCESSDENIED);
    assert_eq!(client.grant_vm_access("vm".into(), r"C:\vms\disk.vhdx".into()), Hresult::S_OK);
    machine.start().expect("there is one");
    assert!(sim.access_list(r"C:\vms\disk.vhdx").is_some());
}

#[test]
fn n39_n42_who_is_not_elevated_attaches_a_disk_and_gets_no_volume() {
    let (sim, client) = world(Build::B26200);
    let (disk, _) = formatted(&client, r"C:\Users\Public\disk.vhdx");
    assert_eq!(client.detach_virtual_disk(disk, 0), Hresult::S_OK);
    assert_eq!(client.close_disk(disk), Hresult::S_OK);
    let user = sim.client_as("user", Rights::User);
    let parameters = OpenDisk::Second { information_only: false, read_only: false };
    let path = r"C:\Users\Public\disk.vhdx".into();
    let (code, disk) = user.open_virtual_disk(StorageType::VHDX, path, 0, 0, Some(parameters));
    assert_eq!(code, Hresult::S_OK);
    assert_eq!(user.attach_virtual_disk(disk, 0), Hresult::ERROR_PRIVILEGE_NOT_HELD);
    assert!(user.set_privilege(Privilege::ManageVolume, true));
    assert_eq!(user.attach_virtual_disk(disk, 0), Hresult::S_OK);
    let path = user.get_layer_vhd_mount_path(disk);
    assert_eq!((path.code, path.document.as_deref()), (Hresult::S_OK, Some("")));
}

#[test]
fn n40_the_setup_of_a_plain_volume_succeeds_and_does_nothing() {
    let (sim, client) = world(Build::B26200);
    import(&sim, &client, BASE, &base(), &[]);
    sim.remove_file(&format!(r"{BASE}\Hives"));
    sim.set_volume('D', true);
    assert_eq!(client.setup_base_os_volume(BASE.into(), r"D:\".into(), CONTAINER.into()), Hresult::S_OK);
    assert!(sim.file(&format!(r"{BASE}\layout")).is_none());
}

#[test]
fn a_slow_call_takes_the_time_that_it_is_told() {
    use std::time::Duration;
    let (sim, client) = world(Build::B20348);
    sim.put_transport(r"C:\staged", &base()).expect("it can be staged");
    sim.fault(on(Call::ImportLayer).nth(1).delay(Duration::from_secs(90)));
    let system = ComputeSystem::create(&client, "beside", r#"{"Container":{}}"#).expect("created");
    let before = sim.now();
    assert_eq!(client.import_layer(BASE.into(), r"C:\staged".into(), data(&[]).as_str().into()), Hresult::S_OK);
    assert_eq!(sim.now() - before, Duration::from_secs(90));
    drop(system);
    sim.finish().assert_clean();
}
