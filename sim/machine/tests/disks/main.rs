//! The calls on virtual disks: every fault of every call by its row, and what a disk is through its life.

#[path = "../common/mod.rs"]
mod common;
mod faults;
mod life;

use common::World;
use common::disk::{child_of, sized};
use hcs_machine::input::FileEvent;
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;

const OK: Hresult = Hresult::S_OK;
const GIGABYTE: u64 = 1 << 30;
const BASE: &str = r"C:\disks\base.vhdx";
const CHILD: &str = r"C:\disks\child.vhdx";
const NEW: &str = r"C:\disks\new.vhdx";

/// A world with a formatted disk and a child of it.
fn world_of(build: Build) -> World {
    let mut world = World::on(Build::B26100);
    world.files(FileEvent::Folder(r"C:\disks".into()));
    world.formatted(BASE, sized(GIGABYTE));
    world.disk(CHILD, child_of(BASE));
    if build != Build::B26100 {
        world = World::on(build);
        world.files(FileEvent::Folder(r"C:\disks".into()));
        world.disk(BASE, sized(GIGABYTE));
        world.disk(CHILD, child_of(BASE));
    }
    world
}

fn world() -> World {
    world_of(Build::B26100)
}
