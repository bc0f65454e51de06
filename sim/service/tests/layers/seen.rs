//! What was seen of layers on real hosts, by the numbers under which it was collected. Left out are those about the older
//! functions alone, about images in one file, and about machines' disks.

use hcs_api::disk::{DiskHandle, VirtualDisks};
use hcs_api::{Storage, Text};
use hcs_machine::layer::transport::LayerPath;
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_rules::privilege::Privilege;
use hcs_rules::profile::Quirk;

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
fn n13_a_parent_that_was_deleted_by_hand_is_missed() {
    let (sim, client) = world(Build::B17763);
    base_layer(&sim, &client);
    let (_, volume) = formatted(&client, r"C:\scratch.vhdx");
    let chain = data(&[CHILD, BASE]);
    let code = client.initialize_writable_layer(volume.as_str().into(), chain.as_str().into(), Text::Null);
    assert_eq!(code, Hresult::ERROR_PATH_NOT_FOUND);
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
fn n39_n42_who_is_not_elevated_attaches_a_disk_and_gets_no_volume() {
    let (sim, client) = world(Build::B26200);
    let (disk, _) = formatted(&client, r"C:\Users\Public\disk.vhdx");
    assert_eq!(client.detach_virtual_disk(disk, 0), Hresult::S_OK);
    assert_eq!(client.close_disk(disk), Hresult::S_OK);
    let user = sim.client_as("user", Rights::User);
    let parameters = hcs_api::disk::OpenDisk::Second { information_only: false, read_only: false };
    let path = r"C:\Users\Public\disk.vhdx".into();
    let (code, disk) = user.open_virtual_disk(hcs_api::disk::StorageType::VHDX, path, 0, 0, Some(parameters));
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
