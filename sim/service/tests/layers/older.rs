//! The layer functions of the older interface: every row by what leads to it, a life, and what was seen on real hosts.

use hcs_api::disk::VirtualDisks;
use hcs_api::{LayerName, LegacyLayers, Storage, Text};
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::failure::CallFailure;
use hcs_rules::hresult::Hresult;
use hcs_rules::legacy::layer::{FolderState, FolderVerdict, RECORDED_NAMES, ROWS};
use hcs_rules::privilege::Privilege;
use hcs_rules::vocabulary::Call;
use hcs_sim::{Client, Simulator, on as on_call};
use proptest::prelude::*;

use crate::setting::{BASE, CHILD, base, child, data, import, world};

const OK: Hresult = Hresult::S_OK;
const SCRATCH: &str = r"C:\layers\scratch";
const OUT: &str = r"C:\out";

fn on(path: &str) -> LayerName<'_> {
    LayerName::path(path)
}

fn parents() -> [Text<'static>; 2] {
    [Text::Some(CHILD), Text::Some(BASE)]
}

/// A base layer and a child of it, made ready by the older functions alone.
fn layers(sim: &Simulator, client: &Client) {
    import(sim, client, BASE, &base(), &[]);
    assert_eq!(client.legacy_process_base_image(Text::Some(BASE)), OK);
    sim.put_transport(r"C:\staged\child", &child()).expect("it can be staged");
    assert_eq!(client.legacy_import_layer(on(CHILD), Text::Some(r"C:\staged\child"), &[Text::Some(BASE)]), OK);
}

fn sandbox(client: &Client) {
    assert_eq!(client.legacy_create_sandbox_layer(on(SCRATCH), Text::Null, &parents()), OK);
}

/// Brings the folder of the writable layer into a state.
fn lead_to(state: FolderState, sim: &Simulator, client: &Client) {
    match state {
        FolderState::Absent => {}
        FolderState::File => assert!(sim.put_file(SCRATCH, b"")),
        FolderState::ReadOnly => assert!(sim.put_folder(SCRATCH)),
        FolderState::Inactive | FolderState::Active | FolderState::Prepared => {
            sandbox(client);
            if state != FolderState::Inactive {
                assert_eq!(client.legacy_activate_layer(on(SCRATCH)), OK);
            }
            if state == FolderState::Prepared {
                assert_eq!(client.legacy_prepare_layer(on(SCRATCH), &parents()), OK);
            }
        }
    }
}

fn call(client: &Client, call: Call) -> Hresult {
    let layer = on(SCRATCH);
    match call {
        Call::LegacyActivateLayer => client.legacy_activate_layer(layer),
        Call::LegacyDeactivateLayer => client.legacy_deactivate_layer(layer),
        Call::LegacyPrepareLayer => client.legacy_prepare_layer(layer, &parents()),
        Call::LegacyUnprepareLayer => client.legacy_unprepare_layer(layer),
        Call::LegacyGetLayerMountPath => client.legacy_get_layer_mount_path(layer).code,
        Call::LegacyCreateLayer => client.legacy_create_layer(layer, Text::Null),
        Call::LegacyCreateSandboxLayer => client.legacy_create_sandbox_layer(layer, Text::Null, &parents()),
        Call::LegacyExpandSandboxSize => client.legacy_expand_sandbox_size(layer, 30 << 30),
        Call::LegacyCopyLayer => client.legacy_copy_layer(layer, Text::Some(r"C:\layers\copy"), &parents()),
        Call::LegacyExportLayer => client.legacy_export_layer(layer, Text::Some(OUT), &parents()),
        Call::LegacyLayerExists => client.legacy_layer_exists(layer).0,
        call => unreachable!("{call:?} does not depend on the folder"),
    }
}

#[test]
fn every_row_says_what_comes_of_a_call() {
    for build in [Build::B17763, Build::B19041, Build::B20348, Build::B26200] {
        for row in ROWS.iter().filter(|row| row.builds.contains(build)) {
            for (asked, state) in row.calls.iter().flat_map(|call| row.states.iter().map(move |state| (call, state))) {
                let (sim, client) = world(build);
                layers(&sim, &client);
                sim.put_folder(OUT);
                lead_to(state, &sim, &client);
                let code = call(&client, asked);
                let what = format!("{} of {state:?} on {build:?}: {}", asked.name(), row.id);
                match row.verdict {
                    FolderVerdict::Fails(expected) => assert_eq!(code, expected, "{what}"),
                    FolderVerdict::Nothing => assert_eq!(code, OK, "{what}"),
                    // The newer functions have their say: a filter is there already, a folder is no layer, a volume is not
                    // initialised.
                    FolderVerdict::Does => {
                        let expected = match (asked, state) {
                            (Call::LegacyPrepareLayer, FolderState::Prepared) => {
                                Hresult::ERROR_FLT_INSTANCE_NAME_COLLISION
                            }
                            (
                                Call::LegacyExportLayer,
                                FolderState::ReadOnly | FolderState::Inactive | FolderState::Active,
                            ) => Hresult::ERROR_PATH_NOT_FOUND,
                            _ => OK,
                        };
                        assert_eq!(code, expected, "{what}");
                    }
                }
                sim.finish().assert_clean();
            }
        }
    }
}

#[test]
fn a_writable_layer_lives_as_the_graph_driver_leads_it() {
    let (sim, client) = world(Build::B20348);
    layers(&sim, &client);
    for disk in ["blank-base.vhdx", "blank.vhdx"] {
        assert!(sim.file(&format!(r"{BASE}\{disk}")).is_some(), "{disk}");
    }
    assert_eq!(client.legacy_layer_exists(on(SCRATCH)), (OK, false));
    sandbox(&client);
    assert_eq!(client.legacy_layer_exists(on(SCRATCH)), (OK, true));
    let list = sim.access_list(&format!(r"{SCRATCH}\sandbox.vhdx")).expect("the disk is there");
    assert!(list.iter().any(|entry| entry.contains("S-1-5-83-0") || entry.contains("Virtual Machines")), "{list:?}");
    assert!(list.iter().any(|entry| entry.ends_with("(R,W)")), "to read and to write: {list:?}");
    assert_eq!(client.legacy_expand_sandbox_size(on(SCRATCH), 0), OK);
    assert_eq!(client.legacy_expand_sandbox_size(on(SCRATCH), 50 << 30), OK);
    assert_eq!(client.legacy_expand_sandbox_size(on(SCRATCH), 40 << 30), OK, "it is so large already");

    assert_eq!(client.legacy_activate_layer(on(SCRATCH)), OK);
    assert_eq!(client.legacy_prepare_layer(on(SCRATCH), &parents()), OK);
    let path = client.legacy_get_layer_mount_path(on(SCRATCH));
    assert_eq!(path.code, OK);
    let volume = path.document.expect("a path").to_string();
    assert!(volume.starts_with(r"\\?\Volume{") && !volume.ends_with('\\'), "{volume}");
    let shown: Vec<String> = sim.tree(&format!(r"{volume}\")).into_iter().map(|branch| branch.path).collect();
    assert!(shown.iter().any(|path| path.ends_with(r"app\app.exe")), "{shown:?}");
    assert!(sim.put_file(&format!(r"{volume}\mine.txt"), b"mine"));
    assert_eq!(client.legacy_unprepare_layer(on(SCRATCH)), OK);

    sim.put_folder(OUT);
    assert_eq!(client.legacy_export_layer(on(SCRATCH), Text::Some(OUT), &parents()), OK);
    assert!(sim.file(&format!(r"{OUT}\Files\mine.txt")).is_some(), "{:?}", sim.tree(OUT));
    assert_eq!(client.legacy_deactivate_layer(on(SCRATCH)), OK);
    assert_eq!(client.legacy_deactivate_layer(on(SCRATCH)), OK, "it is not active any more");
    // It can be exported while it is not mounted, too; and what was exported is a layer.
    sim.put_folder(r"C:\again");
    assert_eq!(client.legacy_export_layer(on(SCRATCH), Text::Some(r"C:\again"), &parents()), OK);
    assert_eq!(client.legacy_import_layer(on(r"C:\layers\next"), Text::Some(OUT), &parents()), OK);
    assert_eq!(client.legacy_destroy_layer(on(SCRATCH)), OK);
    assert_eq!(client.legacy_layer_exists(on(SCRATCH)), (OK, false));
    sim.finish().assert_clean();
}

/// The writer of hcsshim takes the list out of every folder that it imports, and takes the files away itself.
#[test]
fn a_folder_without_a_list_of_tombstones_is_imported_by_the_older_function_alone() {
    let (sim, client) = world(Build::B20348);
    import(&sim, &client, BASE, &base(), &[]);
    sim.put_transport(r"C:\staged\child", &child()).expect("it can be staged");
    assert!(sim.remove_file(r"C:\staged\child\tombstones.txt"));
    let code = client.import_layer(CHILD.into(), r"C:\staged\child".into(), data(&[BASE]).as_str().into());
    assert_eq!(code, Hresult::ERROR_PATH_NOT_FOUND);
    let other = on(r"C:\layers\other");
    assert_eq!(client.legacy_import_layer(other, Text::Some(r"C:\staged\child"), &[Text::Some(BASE)]), OK);
    assert!(sim.file(r"C:\layers\other\Files\app\app.exe").is_some());
    // Nothing else can be done without.
    assert!(sim.remove_file(r"C:\staged\child\Hives\Sam_Delta"));
    let next = on(r"C:\layers\next");
    let code = client.legacy_import_layer(next, Text::Some(r"C:\staged\child"), &[Text::Some(BASE)]);
    assert_eq!(code, Hresult::ERROR_PATH_NOT_FOUND);
}

#[test]
fn a_layer_is_named_in_the_drivers_home() {
    let (sim, client) = world(Build::B26100);
    let layer = LayerName { home: Text::Some(r"C:\layers\"), id: Text::Some("new") };
    sim.put_folder(r"C:\layers");
    assert_eq!(client.legacy_create_layer(layer, Text::Null), OK);
    assert_eq!(client.legacy_layer_exists(on(r"C:\layers\new")), (OK, true));
    assert_eq!(client.legacy_get_layer_mount_path(layer).document.as_deref(), Some(r"C:\layers\new"));
    assert_eq!(client.legacy_copy_layer(layer, Text::Some("copy"), &[]), OK);
    assert_eq!(client.legacy_layer_exists(on(r"C:\layers\copy")), (OK, true));
    let no_driver = LayerName { home: Text::Null, ..layer };
    assert_eq!(client.legacy_create_layer(no_driver, Text::Null), Hresult::E_INVALIDARG);
    assert_eq!(client.legacy_create_layer(on(""), Text::Null), Hresult::E_INVALIDARG);
    let bad = [Text::Malformed];
    assert_eq!(client.legacy_prepare_layer(on(r"C:\layers\new"), &bad), Hresult::E_INVALIDARG);
    let many = vec![Text::Some(BASE); 5000];
    assert_eq!(client.legacy_import_layer(on(r"C:\x"), Text::Some(OUT), &many), Hresult::HCS_E_INVALID_JSON);
}

#[test]
fn names_have_ids_as_recorded_and_others_of_the_doubles_own() {
    let (_sim, client) = world(Build::B26100);
    for (name, id) in RECORDED_NAMES {
        assert_eq!(client.legacy_name_to_guid(Text::Some(name)), (OK, id), "{name}");
        assert_eq!(id >> 76 & 0xF, 5, "{name}: version 5");
    }
    let (code, id) = client.legacy_name_to_guid(Text::Some("a layer"));
    assert_eq!((code, id >> 76 & 0xF), (OK, 5));
    assert_eq!(client.legacy_name_to_guid(Text::Some("A LAYER")), (OK, id));
    assert_ne!(client.legacy_name_to_guid(Text::Some("another")).1, id);
    assert_eq!(client.legacy_get_base_images().document.as_deref(), Some(r#"{"Images":[]}"#));
}

#[test]
fn a_utility_vm_gets_the_disks_that_its_machine_starts_from() {
    let (sim, client) = world(Build::B26100);
    import(&sim, &client, BASE, &base(), &[]);
    let machine = format!(r"{BASE}\UtilityVM");
    assert_eq!(client.legacy_process_utility_image(Text::Some(&machine)), OK);
    for disk in ["SystemTemplateBase.vhdx", "SystemTemplate.vhdx"] {
        assert!(sim.file(&format!(r"{machine}\{disk}")).is_some(), "{disk}");
    }
    assert_eq!(client.legacy_process_utility_image(Text::Some(&machine)), OK, "once more");
    // 16: without its files.
    let code = client.legacy_process_utility_image(Text::Some(r"C:\no such folder"));
    assert_eq!(code, Hresult::ERROR_PATH_NOT_FOUND);
}

#[test]
fn n01_and_n05_what_stands_in_the_way_of_a_filter() {
    let (sim, client) = world(Build::B17763);
    layers(&sim, &client);
    sandbox(&client);
    assert_eq!(client.legacy_activate_layer(on(SCRATCH)), OK);
    let none = [Text::Some(r"C:\none"), Text::Some(BASE)];
    assert_eq!(client.legacy_prepare_layer(on(SCRATCH), &none), Hresult::ERROR_PATH_NOT_FOUND);
    sim.set_filter_collision(true);
    assert_eq!(client.legacy_prepare_layer(on(SCRATCH), &parents()), Hresult::ERROR_INVALID_FUNCTION);
}

/// A call fails once in a way in which it is known to, and not when it is tried again.
fn fails_once(sim: &Simulator, id: &str, call: impl Fn() -> Hresult) {
    let failure = CallFailure::by_id(id).expect("there is such a failure");
    assert!(failure.is_plausible(sim.build()), "{id}");
    sim.fault(on_call(failure.call).nth(1).refuse_as(failure));
    assert_eq!([call(), call()], [failure.code, OK], "{id}");
}

#[test]
fn n02_n03_a_filter_that_does_not_attach_at_once() {
    for id in ["prepare-layer.timeout", "prepare-layer.not-ready", "prepare-layer.not-connected"] {
        let (sim, client) = world(Build::B17763);
        layers(&sim, &client);
        sandbox(&client);
        assert_eq!(client.legacy_activate_layer(on(SCRATCH)), OK);
        fails_once(&sim, id, || client.legacy_prepare_layer(on(SCRATCH), &parents()));
    }
}

#[test]
fn n15_n16_a_base_that_is_not_made_ready_at_once() {
    let (sim, client) = world(Build::B17763);
    import(&sim, &client, BASE, &base(), &[]);
    fails_once(&sim, "process-base.denied", || client.legacy_process_base_image(Text::Some(BASE)));
    let machine = format!(r"{BASE}\UtilityVM");
    fails_once(&sim, "process-utility.path", || client.legacy_process_utility_image(Text::Some(&machine)));
}

#[test]
fn n03_a_device_that_is_not_ready_is_met_by_a_fault() {
    let (sim, client) = world(Build::B20348);
    layers(&sim, &client);
    sandbox(&client);
    assert_eq!(client.legacy_activate_layer(on(SCRATCH)), OK);
    sim.fault(hcs_sim::on(Call::LegacyPrepareLayer).nth(1).refuse(Hresult::ERROR_NOT_READY));
    // The Go client tries five times.
    assert_eq!(client.legacy_prepare_layer(on(SCRATCH), &parents()), Hresult::ERROR_NOT_READY);
    assert_eq!(client.legacy_prepare_layer(on(SCRATCH), &parents()), OK);
    sim.finish().assert_clean();
}

#[test]
fn n04_a_disk_beyond_20_gb() {
    for (build, large) in [(Build::B18362, Hresult::E_INVALIDARG), (Build::B19041, OK)] {
        let (sim, client) = world(build);
        layers(&sim, &client);
        for (size, code) in [(20 << 30, OK), (21 << 30, large)] {
            sandbox(&client);
            assert_eq!(client.legacy_expand_sandbox_size(on(SCRATCH), size), OK);
            assert_eq!(client.legacy_activate_layer(on(SCRATCH)), OK);
            assert_eq!(client.legacy_prepare_layer(on(SCRATCH), &parents()), code, "{size} on {build:?}");
            client.legacy_unprepare_layer(on(SCRATCH));
            assert_eq!(client.legacy_deactivate_layer(on(SCRATCH)), OK);
            assert_eq!(client.legacy_destroy_layer(on(SCRATCH)), OK);
        }
    }
}

#[test]
fn n10_exports_of_a_base_and_of_what_is_directly_above() {
    for (build, above) in [(Build::B26200, Hresult::ERROR_PATH_NOT_FOUND), (Build::B26100, OK)] {
        let (sim, client) = world(build);
        layers(&sim, &client);
        sim.put_folder(OUT);
        assert_eq!(client.legacy_export_layer(on(BASE), Text::Some(OUT), &[]), Hresult::E_INVALIDARG);
        assert_eq!(client.legacy_export_layer(on(CHILD), Text::Some(OUT), &[Text::Some(BASE)]), above);
        // The newer function does it on both.
        sim.put_folder(r"C:\newer");
        let data = data(&[BASE]);
        let (layer, folder) = (Text::Some(CHILD), Text::Some(r"C:\newer"));
        assert_eq!(client.export_layer(layer, folder, Text::Some(&data), Text::Some("{}")), OK);
    }
}

#[test]
fn n13_and_n14_parents_of_a_writable_layer() {
    let (sim, client) = world(Build::B20348);
    layers(&sim, &client);
    let wrong = [Text::Some(BASE), Text::Some(CHILD)];
    let code = client.legacy_create_sandbox_layer(on(SCRATCH), Text::Null, &wrong);
    assert_eq!(code, Hresult::ERROR_PATH_NOT_FOUND);
    assert_eq!(client.legacy_layer_exists(on(SCRATCH)), (OK, false));
    // Without parents a folder comes of it, without a disk and without an error.
    assert_eq!(client.legacy_create_sandbox_layer(on(SCRATCH), Text::Null, &[]), OK);
    assert_eq!(sim.tree(SCRATCH).len(), 1);
}

#[test]
fn n18_a_disk_that_somebody_has_open() {
    let (sim, client) = world(Build::B20348);
    layers(&sim, &client);
    sandbox(&client);
    let disk = format!(r"{SCRATCH}\sandbox.vhdx");
    sim.lock_file(&disk, true);
    assert_eq!(client.legacy_activate_layer(on(SCRATCH)), Hresult::ERROR_SHARING_VIOLATION);
    sim.lock_file(&disk, false);
    assert_eq!(client.legacy_activate_layer(on(SCRATCH)), OK);
}

#[test]
fn n38_and_n39_rights() {
    let (sim, client) = world(Build::B26200);
    layers(&sim, &client);
    let user = sim.client_as("user", Rights::HyperVAdministrator);
    let scratch = r"C:\Users\Public\scratch";
    assert_eq!(user.legacy_create_sandbox_layer(on(scratch), Text::Null, &parents()), OK, "no elevation is needed");
    assert_eq!(user.legacy_activate_layer(on(scratch)), Hresult::ERROR_PRIVILEGE_NOT_HELD);
    assert_eq!(user.legacy_prepare_layer(on(scratch), &parents()), Hresult::ERROR_DEV_NOT_EXIST);
    assert_eq!(user.legacy_get_layer_mount_path(on(scratch)).code, Hresult::ERROR_DEV_NOT_EXIST);
    assert_eq!(user.legacy_deactivate_layer(on(scratch)), OK);
    assert_eq!(user.legacy_expand_sandbox_size(on(scratch), 30 << 30), Hresult::E_ACCESSDENIED);
    // With the privilege of managing volumes the disk is attached, and no volume comes of it.
    assert!(user.set_privilege(Privilege::ManageVolume, true));
    assert_eq!(user.legacy_activate_layer(on(scratch)), OK);
    assert_eq!(user.legacy_get_layer_mount_path(on(scratch)).document.as_deref(), Some(""));
    assert_eq!(user.legacy_prepare_layer(on(scratch), &parents()), Hresult::E_ACCESSDENIED);
    assert_eq!(user.legacy_expand_sandbox_size(on(scratch), 30 << 30), Hresult::E_ACCESSDENIED);
    assert_eq!(user.legacy_deactivate_layer(on(scratch)), OK);
    assert_eq!(user.legacy_destroy_layer(on(scratch)), OK);
}

#[test]
fn a_disk_in_use_by_the_newer_functions_is_seen() {
    let (sim, client) = world(Build::B20348);
    layers(&sim, &client);
    sandbox(&client);
    let (storage, path) = (hcs_api::disk::StorageType::VHDX, format!(r"{SCRATCH}\sandbox.vhdx"));
    let parameters = hcs_api::disk::OpenDisk::Second { information_only: false, read_only: false };
    let (code, disk) = client.open_virtual_disk(storage, Text::Some(&path), 0, 0, Some(parameters));
    assert_eq!((code, client.attach_virtual_disk(disk, 0)), (OK, OK));
    assert_eq!(client.legacy_activate_layer(on(SCRATCH)), OK, "it is attached already");
    assert_eq!(client.legacy_prepare_layer(on(SCRATCH), &parents()), OK);
    assert_eq!(client.legacy_unprepare_layer(on(SCRATCH)), OK);
    assert!(client.legacy_deactivate_layer(on(SCRATCH)).is_err(), "somebody else has it open");
    assert_eq!(client.close_disk(disk), OK);
    assert_eq!(client.legacy_deactivate_layer(on(SCRATCH)), OK);
    sim.finish().assert_clean();
}

/// What a random life of layers is made of: calls, and what the world does.
#[derive(Clone, Copy, Debug)]
enum Step {
    Call(u8),
    World(u8, bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..17_u8).prop_map(Step::Call),
        1 => (0..9_u8, any::<bool>()).prop_map(|(what, on)| Step::World(what, on)),
    ];
    proptest::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever happens, a call answers; the folder is in a state that its row knows; and once the world lets it, the layer can
    /// be taken down.
    #[test]
    fn any_life_comes_to_an_end(steps in steps()) {
        let (sim, client) = world(Build::B26100);
        layers(&sim, &client);
        sim.put_folder(OUT);
        let disk = format!(r"{SCRATCH}\sandbox.vhdx");
        for step in steps {
            match step {
                Step::Call(11) => _ = client.legacy_destroy_layer(on(SCRATCH)),
                Step::Call(12) => {
                    let (source, parents) = (Text::Some(r"C:\staged\child"), [Text::Some(BASE)]);
                    _ = client.legacy_import_layer(on(SCRATCH), source, &parents);
                }
                Step::Call(13) => _ = client.legacy_process_base_image(Text::Some(BASE)),
                Step::Call(14) => {
                    _ = client.legacy_process_utility_image(Text::Some(&format!(r"{BASE}\UtilityVM")));
                }
                Step::Call(which) => {
                    let calls = Call::ALL.iter().filter(|call| ROWS.iter().any(|row| row.calls.contains(**call)));
                    let calls: Vec<Call> = calls.copied().collect();
                    _ = call(&client, calls[usize::from(which) % calls.len()]);
                }
                Step::World(0, on) => _ = sim.lock_file(&disk, on),
                Step::World(1, on) => _ = sim.set_filter_collision(on),
                Step::World(2, on) => _ = sim.set_volume_ready('C', on),
                Step::World(3, on) => _ = sim.set_file_read_only(&disk, on),
                Step::World(4, on) => _ = sim.set_volume_room('C', if on { 1 << 12 } else { 64 << 30 }),
                Step::World(5, _) => _ = sim.fill_volume_at_write('C', 3),
                Step::World(6, _) => _ = sim.set_file_in_use_for(&disk, 1),
                Step::World(7, _) => _ = sim.remove_file(&format!(r"{BASE}\blank.vhdx")),
                Step::World(_, _) => _ = sim.tear_import(2),
            }
        }
        sim.set_volume_ready('C', true);
        sim.lock_file(&disk, false);
        sim.set_volume_room('C', 64 << 30);
        sim.set_file_read_only(&disk, false);
        // Troubles told ahead are met by now, or here.
        for _ in 0..4 {
            client.legacy_unprepare_layer(on(SCRATCH));
            client.legacy_deactivate_layer(on(SCRATCH));
            client.legacy_destroy_layer(on(SCRATCH));
        }
        prop_assert_eq!(client.legacy_layer_exists(on(SCRATCH)), (OK, false));
        prop_assert!(sim.finish().leaks.is_empty());
    }
}
