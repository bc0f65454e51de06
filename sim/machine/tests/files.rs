//! The host's file system against a plain model of it, with names at random; and what its events are to the digest.

use std::collections::{BTreeMap, BTreeSet};

use hcs_machine::canonical::{Digest, Scratch};
use hcs_machine::effect::Reply;
use hcs_machine::input::{FileEvent, Request, Text, VolumeEvent, WorldEvent};
use hcs_machine::{ClientId, Effect, Fate, Host, Input, Time};
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::file::FileSystem;
use hcs_rules::hresult::Hresult;
use proptest::prelude::*;

fn step(host: &mut Host, input: &Input) -> Reply {
    let mut effects = Vec::new();
    host.step(Time::ZERO, input, &mut effects);
    match effects.as_slice() {
        [Effect::Reply(reply)] => reply.clone(),
        other => panic!("one reply: {other:?}"),
    }
}

fn happens(host: &mut Host, event: FileEvent) -> bool {
    step(host, &Input::World(WorldEvent::Files(event))) == Reply::Happened(true)
}

fn call(host: &mut Host, request: Request) -> Hresult {
    match step(host, &Input::Call(ClientId(1), request, Fate::PROMPT)) {
        Reply::Outcome(code, _) => code,
        other => panic!("a code: {other:?}"),
    }
}

fn connected() -> Host {
    let mut host = Host::new(Build::B26100);
    step(&mut host, &Input::Connect(Rights::Administrator));
    host
}

/// What the model does, and what it is done to: names in one of two cases, in folders of folders.
#[derive(Clone, Debug)]
enum Act {
    Put(Vec<String>, usize),
    Folder(Vec<String>),
    Remove(Vec<String>),
    Create(Vec<String>),
    Grant(Vec<String>, u8),
    Revoke(Vec<String>, u8),
}

fn act() -> impl Strategy<Value = Act> {
    let path = || prop::collection::vec(prop::sample::select(vec!["a", "A", "b", "Ä", "ä", "long name.vmgs"]), 1..4);
    let path = move || path().prop_map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>());
    prop_oneof![
        (path(), 0_usize..9000).prop_map(|(path, size)| Act::Put(path, size)),
        path().prop_map(Act::Folder),
        path().prop_map(Act::Remove),
        path().prop_map(Act::Create),
        (path(), 0..3_u8).prop_map(|(path, id)| Act::Grant(path, id)),
        (path(), 0..3_u8).prop_map(|(path, id)| Act::Revoke(path, id)),
    ]
}

/// A file's size and the machines that were granted it; a folder has no size.
#[derive(Clone, Debug, Default, PartialEq)]
struct Thing {
    size: Option<u64>,
    granted: BTreeSet<u8>,
}

#[derive(Default)]
struct Model(BTreeMap<Vec<String>, Thing>);

fn folded(path: &[String]) -> Vec<String> {
    path.iter().map(|name| name.to_uppercase()).collect()
}

impl Model {
    /// Makes the folders of a path, if no file is among them.
    fn folders(&mut self, path: &[String]) -> bool {
        for length in 1..=path.len() {
            let thing = self.0.entry(path[..length].to_vec()).or_default();
            if thing.size.is_some() {
                return false;
            }
        }
        true
    }

    fn is_folder(&self, path: &[String]) -> bool {
        path.is_empty() || self.0.get(path).is_some_and(|thing| thing.size.is_none())
    }

    /// Whether the act does anything.
    fn act(&mut self, act: &Act) -> bool {
        match act {
            Act::Put(path, size) => {
                let path = folded(path);
                if !self.folders(&path[..path.len() - 1]) || (self.0.contains_key(&path) && self.is_folder(&path)) {
                    return false;
                }
                self.0.entry(path).or_default().size = Some(*size as u64);
                true
            }
            Act::Folder(path) => {
                let path = folded(path);
                !self.0.contains_key(&path) && self.folders(&path)
            }
            Act::Remove(path) => {
                let path = folded(path);
                let before = self.0.len();
                self.0.retain(|other, _| !other.starts_with(&path));
                self.0.len() != before
            }
            Act::Create(path) => {
                let path = folded(path);
                let possible = path.len() > 1 && self.is_folder(&path[..path.len() - 1]) && !self.0.contains_key(&path);
                if possible {
                    self.0.entry(path).or_default().size = Some(4_194_816);
                }
                possible
            }
            Act::Grant(path, id) => match self.0.get_mut(&folded(path)) {
                Some(thing) => {
                    thing.granted.insert(*id);
                    true
                }
                None => false,
            },
            Act::Revoke(path, id) => match self.0.get_mut(&folded(path)) {
                Some(thing) => {
                    thing.granted.remove(id);
                    true
                }
                None => false,
            },
        }
    }
}

fn do_act(host: &mut Host, act: &Act) -> bool {
    let text = |path: &[String]| format!(r"D:\{}", path.join(r"\"));
    let argument = |path: &[String]| Text::from(text(path).as_str());
    let id = |id: u8| Text::from(format!("vm-{id}").as_str());
    match act {
        Act::Put(path, size) => happens(host, FileEvent::Put(text(path).into(), vec![1; *size].into())),
        Act::Folder(path) => happens(host, FileEvent::Folder(text(path).into())),
        Act::Remove(path) => happens(host, FileEvent::Remove(text(path).into())),
        Act::Create(path) => call(host, Request::CreateEmptyGuestStateFile { path: argument(path) }).is_ok(),
        Act::Grant(path, vm) => call(host, Request::GrantVmAccess { id: id(*vm), path: argument(path) }).is_ok(),
        Act::Revoke(path, vm) => call(host, Request::RevokeVmAccess { id: id(*vm), path: argument(path) }).is_ok(),
    }
}

proptest! {
    #[test]
    fn the_file_system_is_what_a_plain_model_says(acts in prop::collection::vec(act(), 0..40)) {
        let mut host = connected();
        prop_assert!(happens(&mut host, FileEvent::Volume('d', VolumeEvent::Appear)));
        let empty = host.files().room('D').expect("there is a volume");
        let mut model = Model::default();
        for act in &acts {
            let before = host.clone();
            let did = do_act(&mut host, act);
            prop_assert_eq!(did, model.act(act), "{:?}", act);
            if !did {
                // Folders that were made on the way to a file stay.
                let same = before.files() == host.files() || matches!(act, Act::Put(..) | Act::Folder(..));
                prop_assert!(same, "{:?} did nothing, and did", act);
            }
        }
        let tree = host.files().branches(r"D:\").expect("there is a volume");
        let came: BTreeMap<Vec<String>, Option<u64>> = tree
            .iter()
            .filter(|branch| branch.path.len() > 3)
            .map(|branch| {
                let names: Vec<String> = branch.path[3..].split('\\').map(str::to_owned).collect();
                (folded(&names), branch.size)
            })
            .collect();
        let believed: BTreeMap<_, _> = model.0.iter().map(|(path, thing)| (path.clone(), thing.size)).collect();
        prop_assert_eq!(came, believed);
        let taken: u64 = model.0.values().filter_map(|thing| thing.size).map(|size| size.next_multiple_of(4096)).sum();
        prop_assert_eq!(host.files().room('D'), Some(empty - taken));
        for (path, thing) in &model.0 {
            let list = host.files().list(&format!(r"d:/{}", path.join("/"))).expect("it is there");
            let own = list.iter().filter(|ace| ace.flags & 0x10 == 0).count();
            let capability = usize::from(!thing.granted.is_empty());
            prop_assert_eq!(own, thing.granted.len() + capability, "{:?}", path);
        }
    }

    #[test]
    fn no_path_makes_a_call_panic(path in "[\\\\/.:?*CD{}a ä𐐨-]{0,24}|.{0,24}") {
        let mut host = connected();
        for request in [
            Request::CreateEmptyGuestStateFile { path: path.as_str().into() },
            Request::CreateEmptyRuntimeStateFile { path: path.as_str().into() },
            Request::GetProcessorCompatibilityFromSavedState { path: path.as_str().into() },
            Request::GrantVmAccess { id: "vm".into(), path: path.as_str().into() },
            Request::RevokeVmGroupAccess { path: path.as_str().into() },
        ] {
            call(&mut host, request);
        }
        happens(&mut host, FileEvent::Put(path.as_str().into(), [1].as_slice().into()));
        happens(&mut host, FileEvent::Folder(path.as_str().into()));
        happens(&mut host, FileEvent::Remove(path.as_str().into()));
        prop_assert!(host.files().branches(r"C:\").is_ok(), "a root stays");
    }
}

#[test]
fn what_the_world_does_to_what_is_not_there_does_nothing() {
    let mut host = connected();
    let before = host.files().clone();
    for event in [
        FileEvent::Put(r"Q:\folder\file".into(), [1].as_slice().into()),
        FileEvent::Put(r"C:\".into(), [1].as_slice().into()),
        FileEvent::Put(r"C:\Windows".into(), [1].as_slice().into()),
        FileEvent::Put(r"C:\file\".into(), [1].as_slice().into()),
        FileEvent::Folder(r"Q:\".into()),
        FileEvent::Folder(r"C:\".into()),
        FileEvent::Folder(r"C:\windows".into()),
        FileEvent::Folder(r"C:\a?".into()),
        FileEvent::Remove(r"C:\".into()),
        FileEvent::Remove(r"C:\none".into()),
        FileEvent::Copy(r"C:\none".into(), r"C:\new".into()),
        FileEvent::Copy(r"C:\Windows".into(), r"C:\Windows\new".into()),
        FileEvent::Copy(r"C:\Windows".into(), r"C:\Users".into()),
        FileEvent::Rename(r"C:\none".into(), r"C:\new".into()),
        FileEvent::Rename(r"C:\".into(), r"C:\new".into()),
        FileEvent::Rename(r"C:\Users".into(), r"C:\users\public\new".into()),
        FileEvent::Rename(r"C:\Users".into(), r"C:\Windows".into()),
        FileEvent::Link(r"C:\Windows".into(), r"C:\new".into()),
        FileEvent::Link(r"C:\none".into(), r"C:\new".into()),
        FileEvent::Attributes(r"C:\none".into(), 1),
        FileEvent::Attributes(r"C:\Windows".into(), 0x10),
        FileEvent::Stream(r"C:\none".into(), "s".into(), None),
        FileEvent::Stream(r"C:\Windows".into(), "s".into(), None),
        FileEvent::Stream(r"C:\Windows".into(), "a:b".into(), Some([1].as_slice().into())),
        FileEvent::Lock(r"C:\none".into(), true),
        FileEvent::Lock(r"C:\Windows".into(), false),
        FileEvent::ReadOnly(r"C:\none".into(), true),
        FileEvent::Deny(r"C:\Windows".into(), false),
        FileEvent::Volume('c', VolumeEvent::Appear),
        FileEvent::Volume('?', VolumeEvent::Appear),
        FileEvent::Volume('Q', VolumeEvent::Vanish),
        FileEvent::Volume('Q', VolumeEvent::Room(1)),
        FileEvent::Volume('C', VolumeEvent::Ready(true)),
    ] {
        assert!(!happens(&mut host, event.clone()), "{event:?}");
    }
    assert_eq!(*host.files(), before);
}

#[test]
fn every_part_of_a_file_event_and_of_a_call_on_a_file_counts_in_the_digest() {
    let events = [
        FileEvent::Put("a".into(), [1].as_slice().into()),
        FileEvent::Put("a".into(), [2].as_slice().into()),
        FileEvent::Put("b".into(), [1].as_slice().into()),
        FileEvent::Folder("a".into()),
        FileEvent::Remove("a".into()),
        FileEvent::InUseFor("a".into(), 0),
        FileEvent::Stage("a".into(), [].into()),
        FileEvent::InUseFor("a".into(), 1),
        FileEvent::InUseFor("a".into(), 2),
        FileEvent::Volume('D', VolumeEvent::FullAfter(1)),
        FileEvent::Volume('D', VolumeEvent::FullAfter(2)),
        FileEvent::Volume('D', VolumeEvent::NotReadyFor(1)),
        FileEvent::Volume('D', VolumeEvent::NotReadyFor(2)),
        FileEvent::Copy("a".into(), "bc".into()),
        FileEvent::Copy("ab".into(), "c".into()),
        FileEvent::Rename("a".into(), "bc".into()),
        FileEvent::Rename("ab".into(), "c".into()),
        FileEvent::Link("a".into(), "bc".into()),
        FileEvent::Link("ab".into(), "c".into()),
        FileEvent::Attributes("a".into(), 1),
        FileEvent::Attributes("a".into(), 2),
        FileEvent::Stream("a".into(), "b".into(), None),
        FileEvent::Stream("a".into(), "b".into(), Some([].as_slice().into())),
        FileEvent::Stream("a".into(), "b".into(), Some([1].as_slice().into())),
        FileEvent::Stream("a".into(), "c".into(), None),
        FileEvent::Lock("a".into(), true),
        FileEvent::Lock("a".into(), false),
        FileEvent::ReadOnly("a".into(), true),
        FileEvent::ReadOnly("a".into(), false),
        FileEvent::Deny("a".into(), true),
        FileEvent::Deny("a".into(), false),
        FileEvent::Volume('D', VolumeEvent::Appear),
        FileEvent::Volume('E', VolumeEvent::Appear),
        FileEvent::Volume('D', VolumeEvent::Vanish),
        FileEvent::Volume('D', VolumeEvent::ReadOnly(true)),
        FileEvent::Volume('D', VolumeEvent::ReadOnly(false)),
        FileEvent::Volume('D', VolumeEvent::Ready(true)),
        FileEvent::Volume('D', VolumeEvent::Ready(false)),
        FileEvent::Volume('D', VolumeEvent::Room(1)),
        FileEvent::Volume('D', VolumeEvent::Room(2)),
        FileEvent::Volume('D', VolumeEvent::Format(FileSystem::Ntfs)),
        FileEvent::Volume('D', VolumeEvent::Format(FileSystem::Raw)),
    ];
    let requests = [
        Request::CreateEmptyGuestStateFile { path: "a".into() },
        Request::CreateEmptyGuestStateFile { path: "b".into() },
        Request::CreateEmptyGuestStateFile { path: Text::Null },
        Request::CreateEmptyRuntimeStateFile { path: "a".into() },
        Request::GetProcessorCompatibilityFromSavedState { path: "a".into() },
        Request::GrantVmAccess { id: "a".into(), path: "b".into() },
        Request::GrantVmAccess { id: "b".into(), path: "a".into() },
        Request::RevokeVmAccess { id: "a".into(), path: "b".into() },
        Request::GrantVmGroupAccess { path: "a".into() },
        Request::RevokeVmGroupAccess { path: "a".into() },
    ];
    let events = events.into_iter().map(|event| Input::World(WorldEvent::Files(event)));
    let requests = requests.into_iter().map(|request| Input::Call(ClientId(1), request, Fate::PROMPT));
    let inputs: Vec<Input> = events.chain(requests).collect();
    let after = |input: &Input| Digest::start(Build::B26100).chain(&mut Scratch::default(), Time::ZERO, input, &[]).0;
    let digests: BTreeSet<u128> = inputs.iter().map(after).collect();
    assert_eq!(digests.len(), inputs.len());
}
