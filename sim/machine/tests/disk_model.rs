//! Disks at random against a small model of them, which knows names, chains and what is on a volume, and nothing of files.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::World;
use common::disk::{STAYS, child_of, sized};
use hcs_machine::input::FileEvent;
use hcs_machine::input::disk::Merge;
use hcs_rules::disk::attach;
use hcs_rules::hresult::Hresult;
use proptest::prelude::*;

const OK: Hresult = Hresult::S_OK;
const NAMES: usize = 4;

/// What is done to disks, by their numbers.
#[derive(Clone, Copy, Debug)]
enum Act {
    Create(usize),
    Child(usize, usize),
    Write(usize, u8),
    Read(usize),
    Attach(usize),
    Detach(usize),
    Merge(usize),
    Remove(usize),
}

fn act() -> impl Strategy<Value = Act> {
    let name = || 0..NAMES;
    prop_oneof![
        2 => name().prop_map(Act::Create),
        4 => (name(), name()).prop_map(|(child, parent)| Act::Child(child, parent)),
        3 => (name(), 0_u8..4).prop_map(|(name, file)| Act::Write(name, file)),
        2 => name().prop_map(Act::Read),
        3 => name().prop_map(Act::Attach),
        3 => name().prop_map(Act::Detach),
        2 => name().prop_map(Act::Merge),
        1 => name().prop_map(Act::Remove),
    ]
}

#[derive(Clone, Debug)]
struct Disk {
    content: BTreeSet<u8>,
    /// Which of all contents it is.
    version: u32,
    parent: Option<(usize, u32)>,
    attached: bool,
}

#[derive(Default)]
struct Model {
    disks: BTreeMap<usize, Disk>,
    versions: u32,
    /// Of each attached disk, the ancestors that its driver holds. They may be gone by now.
    held: BTreeMap<usize, Vec<usize>>,
}

impl Model {
    fn next_version(&mut self) -> u32 {
        self.versions += 1;
        self.versions
    }

    /// The ancestors of a disk, or what is wrong with its chain.
    fn chain(&self, name: usize) -> Result<Vec<usize>, Hresult> {
        let mut ancestors = Vec::new();
        let mut at = name;
        while let Some((parent, version)) = self.disks[&at].parent {
            let disk = self.disks.get(&parent).ok_or(Hresult::ERROR_VHD_PARENT_VHD_NOT_FOUND)?;
            if disk.attached {
                return Err(Hresult::ERROR_SHARING_VIOLATION);
            }
            if disk.version != version {
                return Err(Hresult::ERROR_VHD_CHILD_PARENT_ID_MISMATCH);
            }
            ancestors.push(parent);
            at = parent;
        }
        Ok(ancestors)
    }

    fn open(&self, name: usize) -> Result<Vec<usize>, Hresult> {
        if !self.disks.contains_key(&name) {
            return Err(Hresult::ERROR_FILE_NOT_FOUND);
        }
        self.chain(name)
    }

    fn may_write(&self, name: usize) -> Result<(), Hresult> {
        let held = self.held.values().any(|ancestors| ancestors.contains(&name));
        if held { Err(Hresult::ERROR_SHARING_VIOLATION) } else { Ok(()) }
    }

    fn is_free(&self, name: usize) -> Result<(), Hresult> {
        if self.disks[&name].attached { Err(Hresult::ERROR_SHARING_VIOLATION) } else { Ok(()) }
    }

    fn act(&mut self, act: Act) -> Result<Option<BTreeSet<u8>>, Hresult> {
        match act {
            Act::Create(name) => {
                if self.disks.contains_key(&name) {
                    return Err(Hresult::ERROR_FILE_EXISTS);
                }
                let version = self.next_version();
                let content = BTreeSet::new();
                self.disks.insert(name, Disk { content, version, parent: None, attached: false });
            }
            Act::Child(name, parent) => {
                let disk = self.disks.get(&parent).ok_or(Hresult::ERROR_FILE_NOT_FOUND)?.clone();
                if disk.attached {
                    return Err(Hresult::ERROR_SHARING_VIOLATION);
                }
                self.chain(parent).map_err(|code| match code {
                    Hresult::ERROR_VHD_PARENT_VHD_NOT_FOUND => Hresult::ERROR_FILE_NOT_FOUND,
                    code => code,
                })?;
                if self.disks.contains_key(&name) {
                    return Err(Hresult::ERROR_FILE_EXISTS);
                }
                let version = self.next_version();
                let parent = Some((parent, disk.version));
                self.disks.insert(name, Disk { content: disk.content, version, parent, attached: false });
            }
            Act::Write(name, file) => {
                self.open(name)?;
                self.is_free(name)?;
                self.may_write(name)?;
                let version = self.next_version();
                let disk = self.disks.get_mut(&name).expect("it was opened");
                disk.version = version;
                disk.content.insert(file);
            }
            Act::Read(name) => {
                self.open(name)?;
                self.is_free(name)?;
                return Ok(Some(self.disks[&name].content.clone()));
            }
            Act::Attach(name) => {
                let ancestors = self.open(name)?;
                self.is_free(name)?;
                self.may_write(name)?;
                let version = self.next_version();
                let disk = self.disks.get_mut(&name).expect("it was opened");
                (disk.version, disk.attached) = (version, true);
                self.held.insert(name, ancestors);
            }
            Act::Detach(name) => {
                self.open(name)?;
                let disk = self.disks.get_mut(&name).expect("it was opened");
                if !disk.attached {
                    return Err(Hresult::ERROR_NOT_READY);
                }
                disk.attached = false;
                self.held.remove(&name);
            }
            Act::Merge(name) => {
                let ancestors = self.open(name)?;
                self.is_free(name)?;
                let parent = *ancestors.first().ok_or(Hresult::ERROR_VHD_INVALID_TYPE)?;
                self.may_write(parent)?;
                let (content, version) = (self.disks[&name].content.clone(), self.next_version());
                let disk = self.disks.get_mut(&parent).expect("the chain is whole");
                (disk.content, disk.version) = (content, version);
            }
            Act::Remove(name) => {
                // The world takes only what nobody has attached.
                if self.disks.get(&name).is_some_and(|disk| !disk.attached) {
                    self.disks.remove(&name);
                }
            }
        }
        Ok(None)
    }
}

fn path(name: usize) -> String {
    format!(r"C:\disks\{name}.vhdx")
}

/// Opens a disk, does something with it, closes it.
fn with<T>(
    world: &mut World,
    name: usize,
    act: impl FnOnce(&mut World, hcs_machine::handle::Handle) -> Result<T, Hresult>,
) -> Result<T, Hresult> {
    let disk = world.try_open(&path(name))?;
    let done = act(world, disk);
    assert_eq!(world.close_disk(disk), OK);
    done
}

fn checked(code: Hresult) -> Result<(), Hresult> {
    if code == OK { Ok(()) } else { Err(code) }
}

fn act_on(world: &mut World, act: Act) -> Result<Option<BTreeSet<u8>>, Hresult> {
    match act {
        Act::Create(name) => {
            let disk = world.try_create(&path(name), sized(1 << 30))?;
            assert_eq!(world.format(disk), OK);
            world.close_disk(disk);
        }
        Act::Child(name, parent) => {
            let disk = world.try_create(&path(name), child_of(&path(parent)))?;
            world.close_disk(disk);
        }
        Act::Write(name, file) => with(world, name, |world, disk| {
            checked(world.attach(disk, STAYS))?;
            let volume = world.mount_path(disk)?;
            assert!(world.files(FileEvent::Put(format!(r"{volume}\{file}").into(), b"bytes"[..].into())));
            checked(world.detach(disk))
        })?,
        Act::Read(name) => {
            return with(world, name, |world, disk| {
                checked(world.attach(disk, attach::READ_ONLY))?;
                let root = world.mount_path(disk)? + r"\";
                // The folder that a format leaves is none of ours.
                let names = world.host.files().names(&root).expect("a root").filter(|(_, is_folder)| !is_folder);
                Ok(Some(names.map(|(name, _)| name.parse().expect("a number")).collect()))
            });
        }
        Act::Attach(name) => with(world, name, |world, disk| checked(world.attach(disk, STAYS)))?,
        Act::Detach(name) => with(world, name, |world, disk| checked(world.detach(disk)))?,
        Act::Merge(name) => with(world, name, |world, disk| checked(world.merge(disk, Merge::Depth(1))))?,
        Act::Remove(name) => {
            let loaded = with(world, name, |world, disk| world.physical_path(disk)).is_ok();
            let held = world.host.files().read(&path(name), hcs_machine::files::By::service(world.now)).is_err();
            if !loaded && !held {
                world.files(FileEvent::Remove(path(name).into()));
            }
        }
    }
    Ok(None)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn disks_are_what_the_model_says(acts in prop::collection::vec(act(), 1..40)) {
        let mut world = World::new();
        world.files(FileEvent::Folder(r"C:\disks".into()));
        let mut model = Model::default();
        for (step, act) in acts.into_iter().enumerate() {
            // No two contents are of one moment.
            world.pass(1);
            let (came, believed) = (act_on(&mut world, act), model.act(act));
            prop_assert_eq!(came, believed, "step {}: {:?}", step, act);
        }
        // What nobody uses leaves nothing behind.
        for name in 0..NAMES {
            if model.disks.get(&name).is_some_and(|disk| disk.attached) {
                let disk = world.try_open_as(common::ONE, &path(name), 0, hcs_rules::disk::open::NO_PARENTS, common::disk::SECOND);
                prop_assert_eq!(world.detach(disk.expect("it is there")), OK);
            }
        }
        prop_assert_eq!(world.host.files().volumes().count(), 1, "every volume of a disk went with it");
    }
}
