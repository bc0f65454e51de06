//! Containers on layers: what of their storage is looked at, and what a container that runs keeps from others.

use std::time::Duration;

use hcs_api::disk::VirtualDisks;
use hcs_api::{ComputeSystem, Hcs, LayerName, LegacyLayers, Storage, Text};
use hcs_rules::build::Build;
use hcs_rules::container::{ROWS, StorageFault, TEARDOWN, runs_image};
use hcs_rules::hresult::Hresult;
use hcs_rules::profile::Quirk;
use hcs_rules::vocabulary::Kind;
use hcs_sim::{Client, Simulator};

use crate::setting::{BASE, CHILD, ID, Scratch, base_layer, child, data, formatted, import, mounted, scratch, world};

const OTHER: &str = "6ba9cac1-7086-5ee9-a197-c465d3f50ad7";
const CHAIN: &[(&str, &str)] = &[(ID, CHILD), (ID, BASE)];

/// Layers in a document, each with its id.
fn layers(chain: &[(&str, &str)], id: &str) -> String {
    let layer =
        |(layer, path): &(&str, &str)| format!(r#"{{"{id}":"{layer}","Path":"{}"}}"#, path.replace('\\', r"\\"));
    format!("[{}]", chain.iter().map(layer).collect::<Vec<_>>().join(","))
}

/// A container of schema 2 that ends with its last handle.
fn document(volume: &str, chain: &[(&str, &str)]) -> String {
    format!(
        r#"{{"SchemaVersion":{{"Major":2,"Minor":1}},"ShouldTerminateOnLastHandleClosed":true,
            "Container":{{"Storage":{{"Layers":{},"Path":"{}"}}}}}}"#,
        layers(chain, "Id"),
        volume.replace('\\', r"\\")
    )
}

/// A container of schema 1.
fn older(volume: &str, chain: &[(&str, &str)]) -> String {
    let volume = volume.replace('\\', r"\\");
    format!(
        r#"{{"SystemType":"Container","Name":"web","VolumePath":"{volume}","LayerFolderPath":"C:\\scratch\\one","Layers":{}}}"#,
        layers(chain, "ID")
    )
}

/// One with a machine around it.
fn isolated(folder: &str) -> String {
    format!(
        r#"{{"SystemType":"Container","Name":"web","LayerFolderPath":"{}","Layers":{},"HvPartition":true}}"#,
        folder.replace('\\', r"\\"),
        layers(&[(ID, BASE)], "ID")
    )
}

/// The root of the volume as schema 2 writes it.
fn root(made: &Scratch) -> String {
    format!("{}\\", made.volume)
}

fn create(client: &Client, document: &str) -> Result<ComputeSystem<Client>, Hresult> {
    ComputeSystem::create(client, "web", document).map_err(|error| error.code)
}

fn refused(client: &Client, document: &str) -> Hresult {
    create(client, document).err().unwrap_or(Hresult::S_OK)
}

/// What the start of a container ends with.
fn started(client: &Client, document: &str) -> Hresult {
    let system = create(client, document).expect("it can be made");
    let code = system.start().err().map_or(Hresult::S_OK, |error| error.code);
    _ = system.terminate();
    code
}

fn running(client: &Client, made: &Scratch) -> ComputeSystem<Client> {
    let system = create(client, &document(&root(made), CHAIN)).expect("its storage is whole");
    system.start().expect("the filter is attached");
    system
}

fn let_go(client: &Client, made: &Scratch) -> Hresult {
    client.detach_layer_storage_filter(made.volume.as_str().into())
}

#[test]
fn n25_what_is_no_layer_is_not_recognised() {
    let (sim, client) = world(Build::B26100);
    let made = mounted(&sim, &client);
    sim.put_folder(r"C:\foreign");
    sim.put_file(r"C:\file", b"");
    for path in [r"C:\foreign", r"C:\file", r"C:\scratch\one", r"C:\staged\layers\child"] {
        let chain = [(ID, path), (ID, BASE)];
        assert_eq!(refused(&client, &document(r"C:\none", &chain)), Hresult::HCS_E_INVALID_LAYER, "{path}");
    }
    // A base that was imported and never made ready.
    import(&sim, &client, r"C:\layers\raw", &crate::setting::base(), &[]);
    let chain = [(ID, r"C:\layers\raw")];
    assert_eq!(refused(&client, &document(r"C:\none", &chain)), Hresult::HCS_E_INVALID_LAYER);
    // What an upgrade of the host makes of a layer is that, after it was mounted too.
    sim.remove_file(&format!(r"{CHILD}\Hives"));
    assert_eq!(refused(&client, &document(&root(&made), CHAIN)), Hresult::HCS_E_INVALID_LAYER);
}

#[test]
fn n26_a_damaged_layer_is_cured_by_another_import() {
    let (sim, client) = world(Build::B17763);
    let made = mounted(&sim, &client);
    assert!(!sim.damage_layer(r"C:\none"));
    assert!(sim.damage_layer(CHILD));
    assert!(!sim.damage_layer(CHILD), "it is already");
    assert_eq!(refused(&client, &document(&root(&made), CHAIN)), Hresult::HCS_E_UNEXPECTED_EXIT);
    assert_eq!(let_go(&client, &made), Hresult::S_OK);
    assert_eq!(client.destroy_layer(CHILD.into()), Hresult::S_OK);
    sim.remove_file(r"C:\staged\layers\child");
    import(&sim, &client, CHILD, &child(), &[BASE]);
    assert!(create(&client, &document(&root(&made), CHAIN)).is_ok());
}

#[test]
fn n35_the_scratch_of_an_isolated_container_is_read_and_written_by_its_machine() {
    let (sim, client) = world(Build::B26200);
    base_layer(&sim, &client);
    sim.put_folder(r"C:\scratch");
    assert_eq!(refused(&client, &isolated(r"C:\scratch")), Hresult::ERROR_FILE_NOT_FOUND);
    let disk = r"C:\scratch\sandbox.vhdx";
    assert!(sim.copy_file(&format!(r"{BASE}\blank.vhdx"), disk));
    assert_eq!(refused(&client, &isolated(r"C:\scratch")), Hresult::E_ACCESSDENIED);
    assert_eq!(client.grant_vm_group_access(disk.into()), Hresult::S_OK);
    assert_eq!(refused(&client, &isolated(r"C:\scratch")), Hresult::E_ACCESSDENIED, "to read is not enough");
    assert_eq!(client.grant_vm_access("web".into(), disk.into()), Hresult::S_OK);
    // Its parent is another file, which the start looks at, as it does for every machine.
    assert_eq!(started(&client, &isolated(r"C:\scratch")), Hresult::E_ACCESSDENIED);
    assert_eq!(client.grant_vm_group_access(format!(r"{BASE}\blank-base.vhdx").as_str().into()), Hresult::S_OK);
    let system = create(&client, &isolated(r"C:\scratch")).expect("granted");
    system.start().expect("granted");
    assert_eq!(client.destroy_layer(r"C:\scratch".into()), Hresult::ERROR_SHARING_VIOLATION, "the disk is held");
    system.terminate().expect("it runs");
    assert_eq!(client.destroy_layer(r"C:\scratch".into()), Hresult::S_OK);
    // What the older interface makes is whole.
    let folder = LayerName::path(r"C:\older");
    assert_eq!(client.legacy_create_sandbox_layer(folder, Text::Null, &[BASE.into()]), Hresult::S_OK);
    assert_eq!(started(&client, &isolated(r"C:\older")), Hresult::S_OK);
}

#[test]
fn n41_a_volume_without_its_filter_is_missed_by_the_start() {
    let (sim, client) = world(Build::B26200);
    let made = mounted(&sim, &client);
    assert_eq!(let_go(&client, &made), Hresult::S_OK);
    let system = create(&client, &document(&root(&made), CHAIN)).expect("the filter is not looked for yet");
    assert_eq!(system.start().expect_err("now it is").code, Hresult::ERROR_FAILED_DRIVER_ENTRY);
    let data = data(&[CHILD, BASE]);
    assert_eq!(client.attach_layer_storage_filter(made.volume.as_str().into(), data.as_str().into()), Hresult::S_OK);
    system.start().expect("a start that failed can be tried again");
}

#[test]
fn n43_an_empty_or_shortened_list_takes_the_service_down_on_a_host_with_that_quirk() {
    for chain in [&[][..], &CHAIN[..1]] {
        let (sim, client) = world(Build::B26200);
        let made = mounted(&sim, &client);
        let document = document(&root(&made), chain);
        assert_eq!(refused(&client, &document), Hresult::ERROR_PATH_NOT_FOUND, "other hosts miss a layer");
        sim.set_quirk(Quirk::EmptyLayersStopService, true);
        assert_eq!(refused(&client, &document), Hresult::HCS_E_SERVICE_DISCONNECT);
        assert!(sim.service_return());
        let whole = crate::container::document(&root(&made), CHAIN);
        assert!(create(&client, &whole).is_ok(), "a whole list is none of these");
    }
}

#[test]
fn layers_stand_as_they_were_imported_and_mounted() {
    let (sim, client) = world(Build::B20348);
    let made = mounted(&sim, &client);
    let cases: &[(&[(&str, &str)], Hresult)] = &[
        (CHAIN, Hresult::S_OK),
        (&[(ID, BASE), (ID, CHILD)], Hresult::ERROR_PATH_NOT_FOUND),
        (&[(ID, BASE)], Hresult::ERROR_PATH_NOT_FOUND),
        (&[(ID, CHILD)], Hresult::ERROR_PATH_NOT_FOUND),
        (&[(ID, CHILD), (ID, r"C:\none")], Hresult::ERROR_PATH_NOT_FOUND),
        (&[(OTHER, CHILD), (ID, BASE)], Hresult::HCS_E_INVALID_LAYER),
        (&[(ID, CHILD), (OTHER, BASE)], Hresult::HCS_E_INVALID_LAYER),
        // Paths are held against each other as the file system does it.
        (&[(ID, r"c:\LAYERS\child\"), (ID, r"\\?\C:\layers\base")], Hresult::S_OK),
    ];
    for (chain, code) in cases {
        assert_eq!(refused(&client, &document(&root(&made), chain)), *code, "{chain:?}");
    }
    // Without a filter, the import still knows its parents.
    assert_eq!(let_go(&client, &made), Hresult::S_OK);
    let other = document(&root(&made), &[(ID, CHILD), (OTHER, BASE)]);
    assert_eq!(refused(&client, &other), Hresult::HCS_E_INVALID_LAYER);
    let upper = document(&root(&made), &[(OTHER, CHILD), (ID, BASE)]);
    assert!(create(&client, &upper).is_ok(), "the id of the topmost layer is free until it is mounted");
}

#[test]
fn a_container_lives_on_its_layers_on_every_build() {
    for build in Build::ALL {
        let (sim, client) = world(*build);
        let made = mounted(&sim, &client);
        let system = running(&client, &made);
        let output = system.command("cmd /c echo inside").output().expect("it runs");
        assert_eq!(output.stdout, b"inside\r\n", "{build:?}");
        system.terminate().expect("it runs");
        // As clients do it: again and again, a second apart.
        let mut tries = 0;
        while let_go(&client, &made) == Hresult::ERROR_FLT_DO_NOT_DETACH {
            sim.advance(Duration::from_secs(1));
            tries += 1;
        }
        assert_eq!(tries, 2, "{build:?}");
        assert_eq!(client.detach_virtual_disk(made.disk, 0), Hresult::S_OK);
    }
}

#[test]
fn what_a_document_names_elsewhere_is_taken_at_its_word() {
    for build in Build::ALL {
        let (_, client) = world(*build);
        let chain = [(ID, r"C:\elsewhere\child"), (ID, r"C:\elsewhere\base")];
        for document in [
            document(r"\\?\Volume{85da95c9-dda9-42e0-a066-40bd120c6f3c}\", &chain),
            document(r"C:\scratch", &[]),
            older(r"\\?\Volume{85da95c9-dda9-42e0-a066-40bd120c6f3c}", &chain),
            isolated(r"C:\elsewhere"),
            r#"{"Container":{}}"#.to_owned(),
        ] {
            assert_eq!(started(&client, &document), Hresult::S_OK, "{build:?} {document}");
        }
    }
}

#[test]
fn the_path_of_a_volume_is_written_as_its_schema_writes_it() {
    let (sim, client) = world(Build::B20348);
    let made = mounted(&sim, &client);
    assert_eq!(started(&client, &document(&made.volume, CHAIN)), Hresult::ERROR_PATH_NOT_FOUND);
    assert_eq!(started(&client, &older(&root(&made), CHAIN)), Hresult::ERROR_PATH_NOT_FOUND);
    assert_eq!(started(&client, &older(&made.volume, CHAIN)), Hresult::S_OK);
    assert_eq!(started(&client, &document(&root(&made), CHAIN)), Hresult::S_OK);
    assert_eq!(started(&client, &document(r"C:\scratch\one", CHAIN)), Hresult::ERROR_PATH_NOT_FOUND, "no volume");
}

#[test]
fn an_image_runs_on_the_hosts_of_its_build() {
    let runs = |host, image| runs_image(Kind::ProcessContainer, host, image);
    assert!(runs(Build::B17763, 17763) && !runs(Build::B17763, 14393) && !runs(Build::B17763, 20348));
    assert!(!runs(Build::B19041, 17763), "equal builds only");
    assert!(runs(Build::B20348, 20348) && !runs(Build::B20348, 17763) && !runs(Build::B20348, 26100));
    assert!(runs(Build::B22621, 20348) && runs(Build::B22621, 22000) && !runs(Build::B22621, 26100));
    assert!(runs(Build::B26100, 20348) && runs(Build::B26100, 26100) && !runs(Build::B26100, 17763));
    assert!(runs(Build::B26200, 26100) && !runs(Build::B26200, 22621), "the newest release with long support counts");
    assert!(runs_image(Kind::HyperVContainer, Build::B26100, 14393));
    assert!(!runs_image(Kind::HyperVContainer, Build::B17763, 20348));
    for build in Build::ALL {
        let (sim, client) = world(*build);
        let made = mounted(&sim, &client);
        assert!(sim.set_image_build(BASE, build.number()));
        assert!(create(&client, &document(&root(&made), CHAIN)).is_ok());
        assert!(sim.set_image_build(BASE, build.number() + 1));
        assert_eq!(refused(&client, &document(&root(&made), CHAIN)), Hresult::HCS_E_IMAGE_MISMATCH, "{build:?}");
    }
}

/// What ends a container.
type End = fn(&Simulator, &Client, ComputeSystem<Client>);

#[test]
fn a_container_that_runs_keeps_its_storage_and_lets_it_go_soon_after_its_end() {
    let ends: [(&str, End); 4] = [
        ("terminated", |_, _, system| system.terminate().expect("it runs")),
        ("its last handle closed", |_, _, system| drop(system)),
        ("powered off", |sim, _, system| {
            assert!(sim.guest_power_off("web"));
            drop(system);
        }),
        ("its service gone", |sim, _, system| {
            assert!(sim.service_stop() && sim.service_return());
            drop(system);
        }),
    ];
    for (how, end) in ends {
        let (sim, client) = world(Build::B20348);
        let made = mounted(&sim, &client);
        let system = running(&client, &made);
        let kept = || {
            assert_eq!(let_go(&client, &made), Hresult::ERROR_FLT_DO_NOT_DETACH, "{how}");
            assert_eq!(client.detach_virtual_disk(made.disk, 0), Hresult::ERROR_SHARING_VIOLATION, "{how}");
            assert_eq!(client.destroy_layer(r"C:\scratch\one".into()), Hresult::ERROR_SHARING_VIOLATION, "{how}");
        };
        kept();
        end(&sim, &client, system);
        kept();
        sim.advance(Duration::from_nanos(TEARDOWN));
        assert_eq!(let_go(&client, &made), Hresult::S_OK, "{how}");
        assert_eq!(client.detach_virtual_disk(made.disk, 0), Hresult::S_OK, "{how}");
        assert_eq!(client.close_disk(made.disk), Hresult::S_OK);
        assert_eq!(client.destroy_layer(r"C:\scratch\one".into()), Hresult::S_OK, "{how}");
    }
}

#[test]
fn a_volume_is_one_containers_and_the_next_one_may_follow_at_once() {
    let (sim, client) = world(Build::B20348);
    let made = mounted(&sim, &client);
    let first = running(&client, &made);
    let second = ComputeSystem::create(&client, "second", &document(&root(&made), CHAIN)).expect("it can be made");
    assert_eq!(second.start().expect_err("the first has it").code, Hresult::ERROR_SHARING_VIOLATION);
    first.terminate().expect("it runs");
    second.start().expect("the first is over");
    // What was let go in a while is held again.
    sim.advance(Duration::from_nanos(TEARDOWN));
    assert_eq!(let_go(&client, &made), Hresult::ERROR_FLT_DO_NOT_DETACH);
}

#[test]
fn a_container_that_never_ran_keeps_nothing() {
    let (sim, client) = world(Build::B20348);
    let made = mounted(&sim, &client);
    let system = create(&client, &document(&root(&made), CHAIN)).expect("its storage is whole");
    assert_eq!(let_go(&client, &made), Hresult::S_OK);
    assert_eq!(client.detach_virtual_disk(made.disk, 0), Hresult::S_OK);
    // The volume is gone, and the layers say that this host is meant.
    assert_eq!(system.start().expect_err("nothing to run on").code, Hresult::ERROR_PATH_NOT_FOUND);
}

#[test]
fn a_container_whose_volume_is_taken_away_starts_no_process_any_more() {
    let (sim, client) = world(Build::B20348);
    base_layer(&sim, &client);
    let (disk, _) = formatted(&client, r"C:\volume.vhdx");
    // Attached for as long as the handle is open.
    assert_eq!(client.detach_virtual_disk(disk, 0), Hresult::S_OK);
    assert_eq!(client.attach_virtual_disk(disk, 0), Hresult::S_OK);
    let volume = client.get_layer_vhd_mount_path(disk).document.expect("it has a volume").to_string();
    let chain = data(&[BASE]);
    let code = client.initialize_writable_layer(volume.as_str().into(), chain.as_str().into(), Text::Null);
    assert_eq!(code, Hresult::S_OK);
    let code = client.attach_layer_storage_filter(volume.as_str().into(), chain.as_str().into());
    assert_eq!(code, Hresult::S_OK);
    let system = create(&client, &document(&format!("{volume}\\"), &[(ID, BASE)])).expect("whole");
    system.start().expect("filtered");
    let run = || system.command("cmd /c echo hi").output().map_err(|error| error.code);
    assert!(run().is_ok());
    assert_eq!(client.close_disk(disk), Hresult::S_OK);
    assert_eq!(run().expect_err("nothing to load it from"), Hresult::ERROR_PATH_NOT_FOUND);
    system.terminate().expect("it still runs");
}

#[test]
fn a_bare_mount_hangs_a_start_on_a_host_with_that_quirk() {
    let (sim, client) = world(Build::B26200);
    let made = mounted(&sim, &client);
    sim.set_quirk(Quirk::BareMountHangsStart, true);
    let system = create(&client, &document(&root(&made), CHAIN)).expect("its storage is whole");
    let operation = client.create_operation(None);
    assert_eq!(client.start_compute_system(system.handle(), operation, Text::Null), Hresult::S_OK);
    let waited = client.wait_for_operation_result(operation, 600_000);
    assert_eq!(waited.code, Hresult::HCS_E_OPERATION_TIMEOUT);
    system.terminate().expect("it can be ended");
    client.close_operation(operation);
    assert_eq!(let_go(&client, &made), Hresult::S_OK);
    let folder = LayerName::path(r"C:\scratch\one");
    let parents = [CHILD.into(), BASE.into()];
    assert_eq!(client.legacy_prepare_layer(folder, &parents), Hresult::S_OK);
    let prepared = older(&made.volume, &[]).replace(r#","Layers":[]"#, "");
    assert_eq!(started(&client, &prepared), Hresult::S_OK, "prepared by the older interface");
    let other = ComputeSystem::create(&client, "other", r#"{"Container":{}}"#).expect("made");
    other.start().expect("it is on no such volume");
}

#[test]
fn volumes_on_the_same_layers_are_kept_one_by_one() {
    let (sim, client) = world(Build::B20348);
    base_layer(&sim, &client);
    import(&sim, &client, CHILD, &child(), &[BASE]);
    let one = scratch(&sim, &client, r"C:\scratch\one", &[CHILD, BASE]);
    let two = scratch(&sim, &client, r"C:\scratch\two", &[CHILD, BASE]);
    let system = running(&client, &one);
    assert_eq!(let_go(&client, &two), Hresult::S_OK, "another volume on the same layers is not kept");
    assert_eq!(let_go(&client, &one), Hresult::ERROR_FLT_DO_NOT_DETACH);
    drop(system);
}

#[test]
fn every_fault_has_its_row_and_its_code_fails() {
    for (fault, row) in StorageFault::ALL.iter().zip(&ROWS) {
        assert_eq!(*fault, row.fault);
        assert!(row.code.is_err() && row.moments != hcs_rules::container::Moments::NONE, "{}", row.id);
    }
}
