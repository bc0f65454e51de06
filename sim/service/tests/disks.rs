//! Virtual disks through the owned wrappers: what a guard does, what an error says, what a leak is.

use hcs_api::disk::CreateDisk;
use hcs_api::{Attach, VirtualDisk};
use hcs_rules::build::Build;
use hcs_rules::disk::DiskClass;
use hcs_rules::hresult::Hresult;
use hcs_sim::Simulator;

const GIGABYTE: u64 = 1 << 30;
const BASE: &str = r"C:\ProgramData\base.vhdx";
const CHILD: &str = r"C:\ProgramData\child.vhdx";

#[test]
fn a_disk_lives_through_the_wrappers() {
    let sim = Simulator::builder().on(Build::B26100).start();
    let client = sim.client("agent");
    let base = VirtualDisk::create(&client, BASE, 20 * GIGABYTE).expect("it is made");
    base.format().expect("nobody else has it");
    drop(base);
    let child = VirtualDisk::create_child(&client, CHILD, BASE).expect("its parent is sound");
    assert_eq!(child.size().expect("its size"), 20 * GIGABYTE);
    {
        let attached = child.attach_for_now().expect("it is free");
        let volume = attached.mount_path().expect("it is attached").expect("it has a volume");
        assert!(sim.put_file(&format!(r"{volume}\a.txt"), b"bytes"));
        assert_eq!(attached.physical_path().expect("it is attached"), r"\\.\PhysicalDrive1");
        let again = VirtualDisk::open(&client, CHILD).expect("it can be opened");
        let error = again.attach(Attach::default()).expect_err("it is attached");
        assert_eq!((error.call, error.code), ("AttachVirtualDisk", Hresult::ERROR_SHARING_VIOLATION));
    }
    assert_eq!(child.mount_path().expect_err("the guard is gone").code, Hresult::ERROR_NOT_READY);
    child.merge(1).expect("the base is free");
    drop(child);
    let base = VirtualDisk::open(&client, BASE).expect("it is what the child was");
    assert_eq!(base.information(DiskClass::ParentIdentifier).expect_err("none").code, Hresult::ERROR_VHD_INVALID_TYPE);
    let attached = base.attach_for_now().expect("it is free");
    let volume = attached.mount_path().expect("it is attached").expect("it has a volume");
    assert!(sim.tree(&format!(r"{volume}\")).iter().any(|branch| branch.path.ends_with("a.txt")));
    attached.detach().expect("nobody else has it");
    base.resize(40 * GIGABYTE).expect("there is room");
    base.shrink().expect("the volume lets it");
    assert_eq!(base.size().expect("its size"), 20 * GIGABYTE);
    drop(base);
    sim.finish().assert_clean();
}

#[test]
fn errors_name_the_call_and_a_fixed_disk_takes_its_room() {
    let sim = Simulator::builder().on(Build::B26100).start();
    let client = sim.client("agent");
    let fixed = VirtualDisk::create_fixed(&client, BASE, GIGABYTE).expect("there is room");
    assert_eq!(fixed.path(), BASE);
    let there = VirtualDisk::create(&client, BASE, GIGABYTE).expect_err("it is there");
    assert_eq!((there.call, there.code), ("CreateVirtualDisk", Hresult::ERROR_FILE_EXISTS));
    let full = VirtualDisk::create_fixed(&client, CHILD, 100 * GIGABYTE).expect_err("there is no room");
    assert_eq!(full.code, Hresult::ERROR_DISK_FULL);
    let odd = CreateDisk { block: 3, ..CreateDisk::of_size(GIGABYTE) };
    let odd = VirtualDisk::create_with(&client, CHILD, 0, &odd).expect_err("no such block");
    assert_eq!(odd.code, Hresult::E_INVALIDARG);
    let none = VirtualDisk::open(&client, CHILD).expect_err("it is not there");
    assert_eq!((none.call, none.code), ("OpenVirtualDisk", Hresult::ERROR_FILE_NOT_FOUND));
}
