//! Files of the host through the calls and the wrappers: every fault of every call by its row, grants, saves and restores.

mod common;

use std::sync::Arc;

use common::{MACHINE, SURVIVOR};
use hcs_api::{ComputeSystem, Hcs, Text, files};
use hcs_machine::files::acl::Sid;
use hcs_machine::files::{Data, Meta, Staged, What};
use hcs_machine::layer::sddl;
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::constraint::{Constraint, row};
use hcs_rules::file::{self, FileFault, FileSystem, ON_FILES, attribute};
use hcs_rules::hresult::Hresult;
use hcs_rules::state_file::{Layout, storage_header};
use hcs_rules::vocabulary::Call;
use hcs_sim::{Client, Simulator, Write, on, saved, vmgs};
use uuid::Uuid;

/// The bytes of a saved state.
fn saved_state() -> Vec<u8> {
    bytes(&saved::write("vm", 1))
}

fn bytes(writes: &[Write]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for write in writes {
        let (at, end) = (write.at as usize, write.at as usize + write.bytes.len());
        bytes.resize(bytes.len().max(end), 0);
        bytes[at..end].copy_from_slice(&write.bytes);
    }
    bytes
}

/// A saved state of a format that is newer than any.
fn newer_state() -> Vec<u8> {
    const LAYOUT: &Layout = &storage_header::LAYOUT;
    let mut bytes = saved_state();
    for at in [0, 4096] {
        let header = &mut bytes[at..at + LAYOUT.size];
        let field = |field: hcs_rules::state_file::Field| field.at..field.at + field.size;
        header[field(storage_header::VERSION)].copy_from_slice(&0x0500_u32.to_le_bytes());
        header[field(storage_header::CHECKSUM)].fill(0);
        let seal = crc32fast::hash(header);
        header[field(storage_header::CHECKSUM)].copy_from_slice(&seal.to_le_bytes());
    }
    bytes
}

/// Makes a call on a file.
fn call_on(client: &Client, call: Call, path: &str) -> Hresult {
    let path = Text::Some(path);
    match call {
        Call::CreateEmptyGuestStateFile => client.create_empty_guest_state_file(path),
        Call::CreateEmptyRuntimeStateFile => client.create_empty_runtime_state_file(path),
        Call::GetProcessorCompatibilityFromSavedState => client.get_processor_compatibility_from_saved_state(path).code,
        Call::GrantVmAccess => client.grant_vm_access("vm".into(), path),
        Call::RevokeVmAccess => client.revoke_vm_access("vm".into(), path),
        Call::GrantVmGroupAccess => client.grant_vm_group_access(path),
        Call::RevokeVmGroupAccess => client.revoke_vm_group_access(path),
        other => unreachable!("{other:?} is no call on a file"),
    }
}

/// Makes a world in which a call on this path meets the fault.
fn situation(sim: &Simulator, client: &Client, call: Call, fault: FileFault) -> String {
    let creates = file::CREATING.contains(call);
    let put = |path: &str| {
        assert!(sim.put_file(path, &saved_state()));
        path.to_owned()
    };
    let there =
        |folder: &str| if creates { format!(r"{folder}\new.vmgs") } else { put(&format!(r"{folder}\old.vmrs")) };
    match fault {
        FileFault::TooLong => format!(r"C:\ProgramData\{}", "a".repeat(300)),
        FileFault::BadName => r"C:\ProgramData\a*b".to_owned(),
        FileFault::Device => r"C:\ProgramData\com1.vmgs".to_owned(),
        FileFault::Network => r"\\server\share\file".to_owned(),
        FileFault::NoVolume => r"Q:\folder\file".to_owned(),
        FileFault::NoFolder => r"C:\none\file".to_owned(),
        FileFault::NoFile => r"C:\ProgramData\none".to_owned(),
        FileFault::Exists => put(r"C:\ProgramData\there"),
        FileFault::TrailingSeparator => format!(r"{}\", there(r"C:\ProgramData")),
        FileFault::IsFolder => r"C:\ProgramData".to_owned(),
        FileFault::DriveRoot => r"C:\file.vmgs".to_owned(),
        FileFault::Locked => {
            let path = put(r"C:\ProgramData\locked");
            assert!(sim.lock_file(&path, true));
            path
        }
        FileFault::Denied => {
            let path = there(r"C:\vault");
            sim.put_folder(r"C:\vault");
            assert!(sim.deny_file(if creates { r"C:\vault" } else { &path }, true));
            path
        }
        FileFault::NotReady | FileFault::ReadOnly | FileFault::Full | FileFault::Unformatted => {
            assert!(sim.set_volume('D', true));
            sim.put_folder(r"D:\folder");
            let path = there(r"D:\folder");
            assert!(match fault {
                FileFault::NotReady => sim.set_volume_ready('D', false),
                FileFault::ReadOnly => sim.set_volume_read_only('D', true),
                FileFault::Unformatted => sim.format_volume('D', FileSystem::Raw),
                _ => sim.set_volume_room('D', 16_384),
            });
            path
        }
        FileFault::AclFull => {
            let path = put(r"C:\ProgramData\granted");
            let granted = (0..).take_while(|id: &u32| {
                client.grant_vm_access(id.to_string().as_str().into(), path.as_str().into()) == Hresult::S_OK
            });
            // 65,535 bytes: 8 for the list, 88 for what is inherited, 56 for the capability, 40 for each machine.
            assert_eq!(granted.count(), (65_535 - 8 - 88 - 56) / 40);
            path
        }
        FileFault::Stateless => {
            let path = r"C:\ProgramData\empty.vmrs";
            assert_eq!(client.create_empty_runtime_state_file(path.into()), Hresult::S_OK);
            path.to_owned()
        }
        FileFault::Foreign => {
            let path = r"C:\ProgramData\guest.vmgs";
            assert_eq!(client.create_empty_guest_state_file(path.into()), Hresult::S_OK);
            path.to_owned()
        }
        FileFault::Newer => {
            assert!(sim.put_file(r"C:\ProgramData\newer.vmrs", &newer_state()));
            r"C:\ProgramData\newer.vmrs".to_owned()
        }
        FileFault::Torn => {
            let mut bytes = saved_state();
            bytes[3 * 4096 + 40] ^= 1;
            assert!(sim.put_file(r"C:\ProgramData\torn.vmrs", &bytes));
            r"C:\ProgramData\torn.vmrs".to_owned()
        }
        FileFault::IsFile
        | FileFault::NotEmpty
        | FileFault::OtherVolume
        | FileFault::Within
        | FileFault::TooManyLinks
        | FileFault::TooLarge => unreachable!("no call on a state file meets it"),
    }
}

#[test]
fn every_fault_of_every_call_is_answered_by_its_row() {
    let mut tried = 0;
    for call in ON_FILES.iter() {
        for fault in file::faults(call).iter() {
            let sim = Simulator::default();
            let client = sim.client("agent");
            let path = situation(&sim, &client, call, fault);
            let row = file::rule(call, fault).expect("the fault is the call's");
            let before = sim.tree(r"C:\");
            assert_eq!(call_on(&client, call, &path), row.refuses, "{} meets {fault:?}", call.export());
            assert_eq!(sim.tree(r"C:\"), before, "{} leaves nothing behind", call.export());
            tried += 1;
        }
    }
    assert!(tried > 80, "{tried}");
}

#[test]
fn the_exports_are_those_of_each_build() {
    for build in Build::ALL {
        let sim = Simulator::builder().on(*build).start();
        let client = sim.client("agent");
        for call in ON_FILES.iter() {
            let absent = call_on(&client, call, r"C:\none\none") == Hresult::ERROR_PROC_NOT_FOUND;
            let since = match call {
                Call::GetProcessorCompatibilityFromSavedState => Build::B20348,
                Call::GrantVmGroupAccess | Call::RevokeVmGroupAccess => Build::B19041,
                _ => Build::B17763,
            };
            assert_eq!(absent, *build < since, "{} on {build:?}", call.export());
        }
    }
}

#[test]
fn accounts_of_machines_are_derived_as_recorded() {
    // Seen in an event log; computed for an id that is none.
    let seen = Uuid::parse_str("D9E0EB0A-5B37-508E-9173-67E9ADE83ACF").expect("a guid");
    assert_eq!(Sid::machine(seen).to_string(), "S-1-5-83-1-3655396106-1351506743-3915871121-3476744365");
    assert_eq!(Sid::machine(seen).as_machine(), Some(seen));
    let sim = Simulator::default();
    let client = sim.client("agent");
    sim.put_file(r"C:\vms\disk", b"");
    files::grant_vm_access(&client, "Sample", r"C:\vms\disk").expect("the file is the user's");
    let list = sim.access_list(r"C:\vms\disk").expect("there is such a file");
    assert_eq!(list[0], "S-1-5-83-1-2837672726-1450846056-1044687544-4261273293:(F)");
    assert!(list[1].starts_with("S-1-15-3-1024-2268835264-3721307629-") && list[1].ends_with(":(F)"), "{}", list[1]);
    assert!(list[2..].iter().all(|entry| entry.contains(":(I)")), "{list:?}");
    // An id that is a GUID is its own, in either case.
    files::grant_vm_access(&client, &seen.to_string(), r"C:\vms\disk").expect("as before");
    files::revoke_vm_access(&client, "SAMPLE", r"C:\vms\disk").expect("as before");
    let list = sim.access_list(r"C:\vms\disk").expect("there is such a file");
    assert!(list.contains(&"S-1-5-83-1-3655396106-1351506743-3915871121-3476744365:(F)".to_owned()), "{list:?}");
    assert!(!list.iter().any(|entry| entry.contains("2837672726")), "{list:?}");
}

#[test]
fn a_list_is_full_after_many_machines_and_has_room_again_after_a_revocation() {
    let sim = Simulator::default();
    let client = sim.client("agent");
    let path = situation(&sim, &client, Call::GrantVmAccess, FileFault::AclFull);
    let grant = |id: &str| client.grant_vm_access(id.into(), path.as_str().into());
    assert_eq!(grant("one more"), Hresult::E_INVALIDARG);
    assert_eq!(grant("7"), Hresult::S_OK, "who has access needs no room");
    assert_eq!(client.revoke_vm_access("7".into(), path.as_str().into()), Hresult::S_OK);
    assert_eq!(grant("one more"), Hresult::S_OK);
}

#[test]
fn whoever_owns_a_file_may_grant_elevated_or_not() {
    let sim = Simulator::default();
    sim.put_file(r"C:\vms\own", b"");
    sim.put_file(r"C:\vms\other", b"");
    for rights in [Rights::Administrator, Rights::HyperVAdministrator, Rights::User] {
        let client = sim.client_as("client", rights);
        assert_eq!(client.grant_vm_access("vm".into(), r"C:\vms\own".into()), Hresult::S_OK, "{rights:?}");
        let root = client.grant_vm_access("vm".into(), r"C:\".into());
        let believed = if rights == Rights::Administrator { Hresult::S_OK } else { Hresult::E_ACCESSDENIED };
        assert_eq!(root, believed, "the root is the system's; {rights:?}");
    }
    assert!(sim.deny_file(r"C:\vms\other", true));
    let client = sim.client("administrator");
    assert_eq!(client.grant_vm_access("vm".into(), r"C:\vms\other".into()), Hresult::E_ACCESSDENIED);
    assert!(sim.deny_file(r"C:\vms\other", false));
    assert_eq!(client.grant_vm_access("vm".into(), r"C:\vms\other".into()), Hresult::S_OK);
}

#[test]
fn a_fault_can_be_asked_of_a_call_on_a_file() {
    let sim = Simulator::default();
    let client = sim.client("agent");
    sim.put_file(r"C:\vms\disk", b"");
    sim.fault(on(Call::GrantVmAccess).id("vm").nth(2).refuse(Hresult::ERROR_SHARING_VIOLATION));
    let grant = || files::grant_vm_access(&client, "vm", r"C:\vms\disk").map_err(|error| error.to_string());
    assert_eq!(grant(), Ok(()));
    let told = grant().expect_err("the second one is refused");
    assert!(told.starts_with(r#"HcsGrantVmAccess("vm"): ERROR_SHARING_VIOLATION (0x80070020)"#), "{told}");
    assert_eq!(grant(), Ok(()));
    sim.finish().assert_clean();
}

#[test]
fn the_files_that_are_made_are_sound_and_differ_in_their_ids_alone() {
    let sim = Simulator::default();
    let client = sim.client("agent");
    sim.put_folder(r"C:\vms");
    for name in ["one", "two"] {
        files::create_guest_state_file(&client, &format!(r"C:\vms\{name}.vmgs")).expect("the folder is there");
        files::create_runtime_state_file(&client, &format!(r"C:\vms\{name}.vmrs")).expect("the folder is there");
    }
    let state = sim.guest_state(r"C:\vms\one.vmgs").expect("it was made").expect("it is sound");
    assert_eq!((state.slot, state.other, state.sequence), (0, vmgs::Other::Blank, 1));
    assert!(sim.runtime_state(r"C:\vms\one.vmrs").expect("it was made").expect("it is sound").values.is_empty());
    let read = |path: &str| sim.file(path).expect("it was made");
    assert_eq!(read(r"C:\vms\one.vmrs"), read(r"C:\vms\two.vmrs"));
    let (one, two) = (read(r"C:\vms\one.vmgs"), read(r"C:\vms\two.vmgs"));
    assert_eq!(one.len(), 4_194_816);
    let differ: Vec<usize> = (0..one.len()).filter(|at| one[*at] != two[*at]).collect();
    let footer = 4_194_304;
    assert!(!differ.is_empty());
    assert!(differ.iter().all(|at| (footer + 64..footer + 84).contains(at)), "the checksum and the id: {differ:?}");
}

/// A machine, paused.
fn paused(client: &Client, id: &str) -> ComputeSystem<Client> {
    let vm = ComputeSystem::create(client, id, MACHINE).expect("created");
    vm.start().expect("started");
    vm.pause(None).expect("paused");
    vm
}

fn to_file(path: &str) -> String {
    format!(r#"{{"SaveType":"ToFile","SaveStateFilePath":"{}"}}"#, path.replace('\\', r"\\"))
}

fn restored(client: &Client, id: &str, path: &str) -> Hresult {
    let path = path.replace('\\', r"\\");
    let document = format!(r#"{{"VirtualMachine":{{"RestoreState":{{"SaveStateFilePath":"{path}"}}}}}}"#);
    let vm = ComputeSystem::create(client, id, &document).expect("what a state file holds is noticed later");
    let code = vm.start().map_or_else(|error| error.code, |()| Hresult::S_OK);
    vm.terminate().expect("terminated");
    code
}

#[test]
fn a_save_writes_what_a_restore_reads() {
    let sim = Simulator::default();
    let client = sim.client("agent");
    sim.put_folder(r"C:\states");
    paused(&client, "vm").save(&to_file(r"C:\states\vm.vmrs")).expect("saved");
    let document = files::saved_state_requirements(&client, r"c:/states/VM.vmrs").expect("a saved state");
    assert!(document.contains(r#""ProcessorFeatures":["Sse3""#), "{document}");
    assert_eq!(restored(&client, "again", r"C:\states\vm.vmrs"), Hresult::S_OK);
    assert_eq!(restored(&client, "other", r"C:\states\none.vmrs"), row(Constraint::NoSavedState).code);
    // A state whose folder the simulated host does not have is kept by its path.
    paused(&client, "vm").save(&to_file(r"E:\elsewhere\vm.vmrs")).expect("saved");
    assert_eq!(restored(&client, "third", r"E:\elsewhere\VM.vmrs"), Hresult::S_OK);
    assert!(sim.tree(r"E:\").is_empty());
}

#[test]
fn no_damage_to_a_saved_state_restores_wrongly() {
    let sim = Simulator::default();
    let client = sim.client("agent");
    let whole = saved_state();
    let mut seen = std::collections::BTreeSet::new();
    let spoilt = (0..whole.len()).step_by(257).map(|at| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        bytes
    });
    let cut = [0, 100, 8192, 12_000, whole.len() - 4096].map(|length| whole[..length].to_vec());
    let others = [newer_state(), b"text".to_vec(), whole.clone(), bytes(&saved::empty())];
    for bytes in spoilt.chain(cut).chain(others) {
        assert!(sim.put_file(r"C:\states\vm.vmrs", &bytes));
        let code = restored(&client, "vm", r"C:\states\vm.vmrs");
        let sound = sim.runtime_state(r"C:\states\vm.vmrs").expect("it was put").is_ok();
        assert!(sound || code != Hresult::S_OK, "a damaged state was restored");
        seen.insert(code);
    }
    let believed = [
        Hresult::S_OK,
        row(Constraint::SavedStateForeign).code,
        row(Constraint::SavedStateNewer).code,
        row(Constraint::SavedStateTorn).code,
    ];
    assert_eq!(seen, believed.into());
}

#[test]
fn a_save_that_cannot_be_leaves_what_was_there_and_a_paused_machine() {
    type Spoil = fn(&Simulator) -> bool;
    let table: &[(Constraint, Spoil)] = &[
        (Constraint::SaveNotReady, |sim| sim.set_volume_ready('D', false)),
        (Constraint::SaveToFolder, |sim| sim.remove_file(r"D:\states\vm.vmrs") && sim.put_folder(r"D:\states\vm.vmrs")),
        (Constraint::SaveReadOnly, |sim| sim.set_volume_read_only('D', true)),
        (Constraint::SaveDenied, |sim| sim.deny_file(r"D:\states\vm.vmrs", true)),
        (Constraint::SaveDenied, |sim| sim.set_file_read_only(r"D:\states\vm.vmrs", true)),
        (Constraint::SaveLocked, |sim| sim.lock_file(r"D:\states\vm.vmrs", true)),
        (Constraint::SaveFull, |sim| sim.remove_file(r"D:\states\vm.vmrs") && sim.set_volume_room('D', 100)),
    ];
    for (constraint, spoil) in table {
        let sim = Simulator::default();
        let client = sim.client("agent");
        sim.set_volume('D', true);
        sim.put_file(r"D:\states\vm.vmrs", b"before");
        let vm = paused(&client, "vm");
        assert!(spoil(&sim), "{constraint:?}");
        let before = (sim.tree(r"D:\"), sim.file(r"D:\states\vm.vmrs"));
        let error = vm.save(&to_file(r"D:\states\vm.vmrs")).expect_err("the save cannot be");
        assert_eq!(error.code, row(*constraint).code, "{constraint:?}");
        assert_eq!((sim.tree(r"D:\"), sim.file(r"D:\states\vm.vmrs")), before, "{constraint:?}");
        assert!(vm.properties(None).expect("it answers").contains(r#""State":"Paused""#), "{constraint:?}");
        vm.resume().expect("it goes on");
    }
}

#[test]
fn a_grant_outlives_its_machine_and_its_account_has_a_name_while_the_machine_is_there() {
    let sim = Simulator::default();
    let client = sim.client("agent");
    sim.put_file(r"C:\vms\disk", b"");
    let first = || sim.access_list(r"C:\vms\disk").expect("there is such a file").swap_remove(0);
    files::grant_vm_access(&client, "Sample", r"C:\vms\disk").expect("before the machine");
    assert!(first().starts_with("S-1-5-83-1-"));
    let vm = ComputeSystem::create(&client, "Sample", SURVIVOR).expect("created");
    assert_eq!(first(), r"NT VIRTUAL MACHINE\A9237316-2768-567A-B8AA-443ECDDEFDFD:(F)");
    vm.terminate().expect("terminated");
    assert!(first().starts_with("S-1-5-83-1-"), "{}", first());
    drop(vm);
    assert!(first().starts_with("S-1-5-83-1-"), "{}", first());
    files::revoke_vm_access(&client, "Sample", r"C:\vms\disk").expect("after the machine");
    assert!(first().contains(":(I)"), "{}", first());
}

#[test]
fn the_transcript_tells_of_files() {
    let sim = Simulator::builder().transcript().start();
    let client = sim.client("agent");
    sim.put_file(r"C:\vms\disk", b"12345");
    sim.lock_file(r"C:\vms\disk", true);
    sim.set_volume('D', true);
    sim.set_volume_room('D', 7);
    client.grant_vm_access("vm".into(), r"C:\vms\disk".into());
    client.revoke_vm_group_access(Text::Null);
    let believed = [
        "agent: connects as Administrator",
        r"a file of 5 bytes is put at C:\vms\disk",
        r"C:\vms\disk is in use",
        "volume D: appears",
        "volume D: has 7 bytes free",
        r#"agent: HcsGrantVmAccess("vm", "C:\\vms\\disk") -> S_OK"#,
        "agent: HcsRevokeVmGroupAccess(NULL) -> E_INVALIDARG",
    ];
    let lines = sim.transcript();
    let came: Vec<&str> = lines.iter().map(|line| line.trim_start().trim_start_matches("0.000s ")).collect();
    assert_eq!(came, believed);
}

/// A world of so many files.
fn populated(count: u32) -> hcs_machine::Host {
    use hcs_machine::input::{FileEvent, Input, WorldEvent};
    let mut host = hcs_machine::Host::new(Build::SERVER_2022);
    let mut effects = Vec::new();
    for index in 0..count {
        let path = format!(r"C:\layers\folder-{}\File-{index}.dll", index % 100).into();
        let event = Input::World(WorldEvent::Files(FileEvent::Put(path, [index as u8; 16].as_slice().into())));
        effects.clear();
        host.step(hcs_machine::Time::ZERO, &event, &mut effects);
    }
    host
}

#[test]
fn a_fork_shares_its_files_until_one_changes() {
    use hcs_machine::input::{FileEvent, Input, WorldEvent};
    let host = populated(2_000);
    let mut fork = host.clone();
    assert_eq!(fork, host);
    let mut effects = Vec::new();
    let remove = FileEvent::Remove(r"c:\LAYERS\folder-7".into());
    fork.step(hcs_machine::Time::ZERO, &Input::World(WorldEvent::Files(remove)), &mut effects);
    assert_ne!(fork, host);
    assert_eq!(host.files().len() - fork.files().len(), 21, "a folder and what was in it");
    assert!(host.files().data(r"C:\layers\folder-7\file-7.DLL").is_ok());
    assert_eq!(fork.files().data(r"C:\layers\folder-7\file-7.DLL"), Err(FileFault::NoFolder));
    assert_eq!(fork.files().room('C').map(|room| room - host.files().room('C').unwrap_or(0)), Some(20 * 4096));
}

#[test]
fn trouble_that_was_told_comes_when_it_was_told_and_is_missed_when_it_does_not() {
    let sim = Simulator::default();
    let client = sim.client("agent");
    let create = |name: &str| client.create_empty_runtime_state_file(format!(r"C:\vms\{name}").as_str().into());
    let read = |name: &str| {
        client.get_processor_compatibility_from_saved_state(format!(r"C:\vms\{name}").as_str().into()).code
    };
    sim.put_file(r"C:\vms\state", &saved_state());
    // A state file is made of several writes.
    let writes = saved::empty().len() as u32;
    assert!(writes > 1 && sim.fill_volume_at_write('C', writes + 1));
    assert_eq!(["a", "b", "b"].map(create), [Hresult::S_OK, Hresult::ERROR_DISK_FULL, Hresult::S_OK]);
    assert!(sim.set_volume_not_ready_for('C', 2));
    assert_eq!(read("state"), Hresult::ERROR_NOT_READY);
    assert_eq!(client.grant_vm_access("vm".into(), r"C:\vms\state".into()), Hresult::ERROR_NOT_READY);
    assert!(sim.set_file_in_use_for(r"C:\vms\state", 2));
    assert_eq!(client.grant_vm_access("vm".into(), r"C:\vms\state".into()), Hresult::S_OK, "a list is nobody's alone");
    let codes = [Hresult::ERROR_SHARING_VIOLATION, Hresult::ERROR_SHARING_VIOLATION, Hresult::S_OK];
    assert_eq!(["state"; 3].map(read), codes);
    sim.finish().assert_clean();
    for nth in 1..=writes {
        assert!(sim.fill_volume_at_write('C', nth));
        assert_eq!(create("c"), Hresult::ERROR_DISK_FULL);
        assert_eq!(sim.file(r"C:\vms\c"), None, "nothing of it is left");
    }
    assert!(sim.fill_volume_at_write('C', writes + 1));
    assert_eq!(create("c"), Hresult::S_OK);
    let unfired = sim.finish().unfired;
    assert_eq!(unfired, ["a volume that is full once was met by nobody; 0 were to go well before it"]);
    for told in [sim.fill_volume_at_write('Q', 1), sim.fill_volume_at_write('C', 0), sim.set_file_in_use_for("none", 1)]
    {
        assert!(!told);
    }
}

#[test]
fn a_save_that_meets_trouble_at_any_of_its_writes_leaves_the_old_state_or_none() {
    const PATH: &str = r"C:\states\vm.vmrs";
    let writes = saved::write("vm", 0).len() as u32;
    assert!(writes > 1);
    let old = saved_state();
    for before in [None, Some(&old)] {
        for nth in 1..=writes {
            let sim = Simulator::default();
            let client = sim.client("agent");
            assert!(sim.put_folder(r"C:\states"));
            assert!(before.is_none_or(|old| sim.put_file(PATH, old)));
            let vm = paused(&client, "vm");
            assert!(sim.fill_volume_at_write('C', nth));
            let error = vm.save(&to_file(PATH)).expect_err("the volume is full");
            assert_eq!(error.code, row(Constraint::SaveFull).code, "write {nth}");
            assert_eq!(sim.file(PATH).as_ref(), before, "write {nth}");
            let code = restored(&client, "other", PATH);
            let believed = if before.is_some() { Hresult::S_OK } else { row(Constraint::NoSavedState).code };
            assert_eq!(code, believed, "write {nth}");
            vm.save(&to_file(PATH)).expect("there is room now");
            assert_eq!(restored(&client, "third", PATH), Hresult::S_OK);
            assert!(sim.finish().unfired.is_empty());
        }
    }
}

#[test]
fn saves_and_restores_meet_volumes_that_are_not_ready_and_files_that_are_in_use() {
    const PATH: &str = r"C:\states\vm.vmrs";
    let sim = Simulator::default();
    let client = sim.client("agent");
    sim.put_file(PATH, &saved_state());
    let vm = paused(&client, "vm");
    let save = || vm.save(&to_file(PATH)).map_or_else(|error| error.code, |_| Hresult::S_OK);
    assert!(sim.set_volume_not_ready_for('C', 1));
    assert_eq!(save(), row(Constraint::SaveNotReady).code);
    assert!(sim.set_file_in_use_for(PATH, 1));
    assert_eq!([save(), save()], [row(Constraint::SaveLocked).code, Hresult::S_OK]);
    assert!(sim.set_volume_not_ready_for('C', 1));
    assert_eq!(restored(&client, "a", PATH), row(Constraint::SavedStateNotReady).code);
    assert!(sim.set_file_in_use_for(PATH, 1));
    assert_eq!(restored(&client, "b", PATH), row(Constraint::SavedStateLocked).code);
    assert_eq!(restored(&client, "c", PATH), Hresult::S_OK);
    assert!(sim.set_volume_ready('C', false));
    assert_eq!(restored(&client, "d", PATH), row(Constraint::SavedStateNotReady).code);
    assert!(sim.finish().unfired.is_empty());
}

#[test]
fn what_a_layers_descriptors_deny_ordinary_tools_cannot_take_away() {
    let sim = Simulator::builder().transcript().start();
    let (client, user) = (sim.client("agent"), sim.client_as("user", Rights::User));
    let security = sddl::read("O:SYG:SYD:P(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)").map(Arc::from);
    let folder = What::Folder(Meta { security, ..Meta::default() });
    let file = What::File(Data::zeros(9), Meta { attributes: attribute::ARCHIVE, ..Meta::default() });
    let tree = [("Files", folder), (r"Files\ntdll.dll", file.clone()), ("layout", file)];
    let tree = tree.map(|(path, what)| Staged { path: path.into(), what });
    assert!(sim.put_tree(r"C:\layers\base", tree.to_vec()));
    let list = ["NT AUTHORITY\\SYSTEM:(I)(F)", "BUILTIN\\Users:(I)(RX)"].map(str::to_owned);
    assert_eq!(sim.access_list(r"C:\layers\base\Files\ntdll.dll"), Some(list.to_vec()), "and nothing from above");

    let before = sim.tree(r"C:\layers");
    assert_eq!(client.remove_tree(r"C:\layers\base"), Err(FileFault::Denied));
    assert_eq!(sim.tree(r"C:\layers"), before, "what lies deepest is first");
    let grant = client.grant_vm_access("vm".into(), r"C:\layers\base\Files".into());
    assert_eq!(grant, Hresult::E_ACCESSDENIED, "the folder is the system's");
    // What no descriptor denies goes.
    assert_eq!(user.remove_tree(r"C:\layers\base\Files"), Err(FileFault::Denied));
    assert_eq!(client.remove_tree(r"C:\layers\base\LAYOUT"), Ok(()));
    assert_eq!(client.remove_tree(r"C:\layers\base\layout"), Err(FileFault::NoFile));
    assert!(sim.remove_file(r"C:\layers"), "the world asks nobody");
    let told = sim.transcript().into_iter().filter(|line| line.contains("takes away")).count();
    assert_eq!(told, 4);
}
