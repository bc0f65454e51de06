//! The stages before a call on layers or disks does anything: exports of each build, arguments, handles, privileges.

use hcs_api::disk::{CreateDisk, DiskHandle, StorageType, VirtualDisks};
use hcs_api::{Hcs, Storage, Text};
use hcs_rules::access::Rights;
use hcs_rules::argument::{self, ArgumentFault};
use hcs_rules::build::Build;
use hcs_rules::disk::ON_DISKS;
use hcs_rules::handle::{self, BadHandle, HandleFault};
use hcs_rules::hresult::Hresult;
use hcs_rules::layer::ON_LAYERS;
use hcs_rules::privilege::{self, Privilege, Privileges, Token};
use hcs_rules::vocabulary::Call;
use hcs_sim::{Client, Simulator};

const FOLDER: &str = r"C:\none\layer";
const DATA: &str = "{}";

/// The arguments of a call: what is not said is well formed, and names nothing that is there.
#[derive(Clone, Copy)]
struct Arguments<'a> {
    paths: [Text<'a>; 3],
    data: Text<'a>,
    options: Text<'a>,
    disk: DiskHandle,
}

const FINE: Arguments<'_> = Arguments {
    paths: [Text::Some(FOLDER); 3],
    data: Text::Some(DATA),
    options: Text::Some("{}"),
    disk: DiskHandle::NULL,
};

fn call_with(client: &Client, call: Call, with: Arguments<'_>) -> Hresult {
    let Arguments { paths: [one, two, three], data, options, disk } = with;
    match call {
        Call::ImportLayer => client.import_layer(one, two, data),
        Call::ExportLayer => client.export_layer(one, two, data, options),
        Call::ExportLegacyWritableLayer => client.export_legacy_writable_layer(one, two, three, data),
        Call::DestroyLayer => client.destroy_layer(one),
        Call::SetupBaseOSLayer => client.setup_base_os_layer(one, disk, options),
        Call::SetupBaseOSVolume => client.setup_base_os_volume(one, two, options),
        Call::InitializeWritableLayer => client.initialize_writable_layer(one, data, options),
        Call::InitializeLegacyWritableLayer => client.initialize_legacy_writable_layer(one, two, data, options),
        Call::AttachLayerStorageFilter => client.attach_layer_storage_filter(one, data),
        Call::DetachLayerStorageFilter => client.detach_layer_storage_filter(one),
        Call::FormatWritableLayerVhd => client.format_writable_layer_vhd(disk),
        Call::GetLayerVhdMountPath => client.get_layer_vhd_mount_path(disk).code,
        Call::AttachOverlayFilter => client.attach_overlay_filter(one, data),
        Call::DetachOverlayFilter => client.detach_overlay_filter(one, data),
        Call::CreateVirtualDisk => {
            client.create_virtual_disk(StorageType::VHDX, one, 0, 0, &CreateDisk::of_size(1 << 30)).0
        }
        Call::OpenVirtualDisk => client.open_virtual_disk(StorageType::VHDX, one, 0, 0, None).0,
        Call::AttachVirtualDisk => client.attach_virtual_disk(disk, 0),
        Call::DetachVirtualDisk => client.detach_virtual_disk(disk, 0),
        Call::ResizeVirtualDisk => client.resize_virtual_disk(disk, 0, 1 << 30),
        Call::MergeVirtualDisk => client.merge_virtual_disk(disk, 0, hcs_api::disk::Merge::Depth(1)),
        Call::GetVirtualDiskInformation => {
            client.get_virtual_disk_information(disk, hcs_rules::disk::DiskClass::Size).0
        }
        Call::SetVirtualDiskInformation => {
            client.set_virtual_disk_information(disk, &hcs_api::disk::SetInformation::PhysicalSectorSize(4096))
        }
        Call::GetVirtualDiskPhysicalPath => client.get_virtual_disk_physical_path(disk).code,
        Call::CreateFile => client.open_physical_disk(one, 0).0,
        Call::CloseHandle => client.close_disk(disk),
        other => unreachable!("{other:?} is no call on layers or disks"),
    }
}

fn newest() -> Simulator {
    Simulator::builder().on(Build::B26200).start()
}

#[test]
fn every_faulty_argument_is_answered_by_its_row() {
    let mut tried = 0;
    for call in ON_LAYERS.or(ON_DISKS).iter() {
        for fault in argument::faults(call).iter() {
            let faulty = |text| Arguments { paths: [text, FINE.paths[1], FINE.paths[2]], ..FINE };
            // The options of an initialisation are reserved.
            let fine =
                if call == Call::InitializeWritableLayer { Arguments { options: Text::Null, ..FINE } } else { FINE };
            let arguments = match fault {
                ArgumentFault::NullPath => Arguments { options: fine.options, ..faulty(Text::Null) },
                ArgumentFault::EmptyPath => Arguments { options: fine.options, ..faulty(Text::Some("")) },
                ArgumentFault::MalformedPath => Arguments { options: fine.options, ..faulty(Text::Malformed) },
                ArgumentFault::NullLayerData => Arguments { data: Text::Null, ..fine },
                ArgumentFault::NullOptions => Arguments { options: Text::Null, ..fine },
                ArgumentFault::Reserved => FINE,
                // Only the C ABI can leave these out.
                ArgumentFault::NullOut | ArgumentFault::NullParameters => continue,
                other => unreachable!("{} has no {other:?}", call.export()),
            };
            let sim = newest();
            let client = sim.client("agent");
            let row = argument::rule(call, fault).expect("the fault is the call's");
            assert_eq!(call_with(&client, call, arguments), row.refuses, "{} with {fault:?}", call.export());
            tried += 1;
        }
    }
    assert!(tried > 40, "{tried}");
}

#[test]
fn what_is_reserved_may_be_null_or_empty() {
    let sim = newest();
    let client = sim.client("agent");
    for options in [Text::Null, Text::Some("")] {
        let code = call_with(&client, Call::InitializeWritableLayer, Arguments { options, ..FINE });
        assert_ne!(code, Hresult::E_INVALIDARG, "{options:?}");
    }
}

#[test]
fn a_bad_handle_of_a_disk_is_answered_by_its_row_and_told() {
    let mut tried = 0;
    for call in ON_LAYERS.or(ON_DISKS).iter() {
        for (fault, bits) in [(HandleFault::Null, 0), (HandleFault::Unknown, 5), (HandleFault::WrongType, 1)] {
            let Some(row) = handle::rule(call, fault) else { continue };
            let sim = newest();
            let client = sim.client("agent");
            let disk = match fault {
                HandleFault::WrongType => DiskHandle(client.create_operation(None).0),
                _ => DiskHandle(bits),
            };
            let BadHandle::Fails(code) = row.answer else { unreachable!("the call returns a code") };
            assert_eq!(call_with(&client, call, Arguments { disk, ..FINE }), code, "{} with {fault:?}", call.export());
            assert_eq!(sim.finish().would_fault.len(), 1, "{} with {fault:?}", call.export());
            tried += 1;
        }
    }
    assert_eq!(tried, 3 * 10 + 2);
}

#[test]
fn the_exports_are_those_of_each_build() {
    for build in Build::ALL {
        let sim = Simulator::builder().on(*build).start();
        let client = sim.client("agent");
        for call in ON_LAYERS.or(ON_DISKS).iter() {
            let since = match call {
                Call::SetupBaseOSVolume => Build::B20348,
                Call::AttachOverlayFilter | Call::DetachOverlayFilter => Build::B26100,
                _ => Build::B17763,
            };
            let absent = call_with(&client, call, FINE) == Hresult::ERROR_PROC_NOT_FOUND;
            assert_eq!(absent, *build < since, "{} on {build:?}", call.export());
            assert_eq!(client.exports(call), *build >= since, "{} on {build:?}", call.export());
        }
    }
}

#[test]
fn privileges_decide_as_their_rows_say() {
    for call in ON_LAYERS.or(ON_DISKS).iter().filter(|call| handle::rule(*call, HandleFault::Null).is_none()) {
        for rights in Rights::ALL {
            for bits in 0..=Privileges::EVERY.bits() {
                let enabled = Privileges::of_bits(bits);
                let sim = newest();
                let client = sim.client_as("agent", *rights);
                for privilege in Privilege::ALL {
                    client.set_privilege(*privilege, enabled.contains(*privilege));
                }
                let token = privilege::token(call, *rights, enabled);
                let row = privilege::rule(call, token).expect("the call is one on layers or disks");
                let options = if call == Call::InitializeWritableLayer { Text::Null } else { FINE.options };
                let code = call_with(&client, call, Arguments { options, ..FINE });
                match row.refuses {
                    Some(refused) => assert_eq!(code, refused, "{} by {rights:?} with {enabled:?}", call.export()),
                    None => assert_ne!(code, Hresult::ERROR_PRIVILEGE_NOT_HELD, "{} by {rights:?}", call.export()),
                }
            }
        }
    }
    // As observed: an import needs both, enabled, and elevation; without, its code is another.
    let sim = newest();
    let client = sim.client("agent");
    assert!(client.set_privilege(Privilege::Backup, false));
    assert!(!client.set_privilege(Privilege::Backup, false), "it is disabled already");
    assert_eq!(call_with(&client, Call::ImportLayer, FINE), Hresult::ERROR_PRIVILEGE_NOT_HELD);
    let user = sim.client_as("user", Rights::User);
    assert_eq!(call_with(&user, Call::ImportLayer, FINE), Hresult::E_ACCESSDENIED);
    assert_eq!(call_with(&user, Call::AttachLayerStorageFilter, FINE), Hresult::E_ACCESSDENIED);
    assert_eq!(privilege::token(Call::AttachVirtualDisk, Rights::User, Privileges::EVERY), Token::Unelevated);
    assert_eq!(privilege::rule(Call::AttachVirtualDisk, Token::Unelevated).and_then(|row| row.refuses), None);
}
