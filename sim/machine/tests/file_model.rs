//! Files of several names, copies, renames and streams against a plain model: paths that lead to numbers, numbers to contents.

use std::collections::{BTreeMap, BTreeSet};

use hcs_machine::files::{By, Data, Files, digest};
use hcs_machine::{Host, Time};
use hcs_rules::build::Build;
use proptest::prelude::*;

const BY: By = By::service(Time::ZERO);

type Path = Vec<&'static str>;

#[derive(Clone, Debug)]
enum Act {
    Folder(Path),
    Write(Path, usize),
    Remove(Path),
    RemoveTree(Path),
    Rename(Path, Path),
    Link(Path, Path),
    Copy(Path, Path),
    Stream(Path, usize),
}

fn act() -> impl Strategy<Value = Act> {
    let path = || prop::collection::vec(prop::sample::select(vec!["a", "A", "b", "c"]), 1..4);
    prop_oneof![
        3 => path().prop_map(Act::Folder),
        3 => (path(), 0_usize..9_000).prop_map(|(path, size)| Act::Write(path, size)),
        1 => path().prop_map(Act::Remove),
        1 => path().prop_map(Act::RemoveTree),
        2 => (path(), path()).prop_map(|(from, to)| Act::Rename(from, to)),
        2 => (path(), path()).prop_map(|(from, to)| Act::Link(from, to)),
        2 => (path(), path()).prop_map(|(from, to)| Act::Copy(from, to)),
        1 => (path(), 0_usize..9_000).prop_map(|(path, size)| Act::Stream(path, size)),
    ]
}

/// What a thing is: a folder, or the length of a file; and that of its stream.
#[derive(Clone, Debug, PartialEq)]
struct Thing {
    file: Option<usize>,
    stream: Option<usize>,
}

/// The things by number, and which path leads to which. Paths are in lower case.
#[derive(Default)]
struct Model {
    things: Vec<Thing>,
    paths: BTreeMap<Vec<String>, usize>,
}

fn folded(path: &Path) -> Vec<String> {
    path.iter().map(|name| name.to_lowercase()).collect()
}

impl Model {
    fn thing(&self, path: &[String]) -> Option<&Thing> {
        self.paths.get(path).map(|number| &self.things[*number])
    }

    fn is_folder(&self, path: &[String]) -> bool {
        path.is_empty() || self.thing(path).is_some_and(|thing| thing.file.is_none())
    }

    /// Whether something new may be there.
    fn takes(&self, path: &[String]) -> bool {
        !self.paths.contains_key(path) && self.is_folder(&path[..path.len() - 1])
    }

    fn add(&mut self, path: Vec<String>, thing: Thing) {
        self.paths.insert(path, self.things.len());
        self.things.push(thing);
    }

    fn below(&self, path: &[String]) -> Vec<Vec<String>> {
        self.paths.keys().filter(|other| other.starts_with(path)).cloned().collect()
    }

    fn act(&mut self, act: &Act) -> bool {
        match act {
            Act::Folder(path) => {
                let takes = self.takes(&folded(path));
                if takes {
                    self.add(folded(path), Thing { file: None, stream: None });
                }
                takes
            }
            Act::Write(path, size) => {
                let path = folded(path);
                if self.takes(&path) {
                    self.add(path, Thing { file: Some(*size), stream: None });
                    return true;
                }
                match self.paths.get(&path).copied() {
                    Some(number) if self.things[number].file.is_some() => {
                        self.things[number].file = Some(*size);
                        true
                    }
                    _ => false,
                }
            }
            Act::Remove(path) => self.below(&folded(path)).len() == 1 && self.paths.remove(&folded(path)).is_some(),
            Act::RemoveTree(path) => {
                let below = self.below(&folded(path));
                below.iter().for_each(|path| _ = self.paths.remove(path));
                !below.is_empty()
            }
            Act::Rename(from, to) => {
                let (from, to) = (folded(from), folded(to));
                if from == to {
                    return self.paths.contains_key(&from);
                }
                if !self.paths.contains_key(&from) || !self.takes(&to) || to.starts_with(&from) {
                    return false;
                }
                for path in self.below(&from) {
                    let number = self.paths.remove(&path).expect("it is one of them");
                    self.paths.insert([&to[..], &path[from.len()..]].concat(), number);
                }
                true
            }
            Act::Link(from, to) => {
                let (from, to) = (folded(from), folded(to));
                let may = self.thing(&from).is_some_and(|thing| thing.file.is_some()) && self.takes(&to);
                if may {
                    self.paths.insert(to, self.paths[&from]);
                }
                may
            }
            Act::Copy(from, to) => {
                let (from, to) = (folded(from), folded(to));
                if !self.paths.contains_key(&from) || !self.takes(&to) || to.starts_with(&from) {
                    return false;
                }
                let mut copied = BTreeMap::new();
                for path in self.below(&from) {
                    let number = self.paths[&path];
                    let copy = *copied.entry(number).or_insert(self.things.len());
                    if copy == self.things.len() {
                        self.things.push(self.things[number].clone());
                    }
                    self.paths.insert([&to[..], &path[from.len()..]].concat(), copy);
                }
                true
            }
            Act::Stream(path, size) => {
                let Some(number) = self.paths.get(&folded(path)).copied() else { return false };
                self.things[number].stream = Some(*size);
                true
            }
        }
    }
}

fn text(path: &Path) -> String {
    format!(r"C:\top\{}", path.join(r"\"))
}

fn bytes(size: usize) -> Data {
    Data::from(&vec![7; size][..])
}

fn do_act(files: &mut Files, act: &Act) -> bool {
    match act {
        Act::Folder(path) => files.make_folder(&text(path), BY),
        Act::Write(path, size) => files.write(&text(path), bytes(*size), BY),
        Act::Remove(path) => files.remove(&text(path), BY),
        Act::RemoveTree(path) => files.remove_tree(&text(path), BY),
        Act::Rename(from, to) => files.rename(&text(from), &text(to), BY),
        Act::Link(from, to) => files.link(&text(from), &text(to), BY),
        Act::Copy(from, to) => files.copy_tree(&text(from), &text(to), BY),
        Act::Stream(path, size) => files.set_stream(&text(path), "s", Some(bytes(*size)), BY),
    }
    .is_ok()
}

proptest! {
    #[test]
    fn names_and_files_are_what_a_plain_model_says(acts in prop::collection::vec(act(), 0..60)) {
        let mut files = Host::new(Build::B26100).files().clone();
        files.make_folder(r"C:\top", BY).expect("new");
        let room = files.room('C').expect("there is a volume");
        let mut model = Model::default();
        for act in &acts {
            let before = files.clone();
            let did = do_act(&mut files, act);
            prop_assert_eq!(did, model.act(act), "{:?}", act);
            prop_assert!(did || files == before, "{:?} did nothing, and did", act);
        }
        let mut came = BTreeMap::new();
        let mut numbers = BTreeMap::new();
        for found in files.walk(r"C:\top").expect("it is there").filter(|found| !found.path().is_empty()) {
            let path: Vec<String> = found.path().split('\\').map(str::to_lowercase).collect();
            let stream = found.meta().streams.first().map(|(_, data)| data.len() as usize);
            let thing = Thing { file: found.data().map(|data| data.len() as usize), stream };
            let names = model.paths.values().filter(|number| Some(*number) == model.paths.get(&path)).count();
            prop_assert_eq!(found.link_count(), names, "names of {:?}", path);
            // One file in one is one file in the other.
            let number = model.paths.get(&path).copied();
            prop_assert_eq!(*numbers.entry(found.file()).or_insert(number), number);
            came.insert(path, thing);
        }
        let believed: BTreeMap<_, _> =
            model.paths.iter().map(|(path, number)| (path.clone(), model.things[*number].clone())).collect();
        prop_assert_eq!(came, believed);
        let there: BTreeSet<usize> = model.paths.values().copied().collect();
        let sizes = there.iter().flat_map(|number| [model.things[*number].file, model.things[*number].stream]);
        let taken: usize = sizes.flatten().map(|size| size.next_multiple_of(4096)).sum();
        prop_assert_eq!(files.room('C'), Some(room - taken as u64));
        // A copy of the whole is equal to it.
        let mut copy = files.clone();
        copy.copy_tree(r"C:\top", r"C:\other", BY).expect("a new name");
        let (one, other) = (copy.entries(r"C:\top").expect("there"), copy.entries(r"C:\other").expect("there"));
        prop_assert_eq!(digest(&one), digest(&other));
        copy.remove_tree(r"C:\top", BY).expect("it is there");
        prop_assert_eq!(copy.room('C'), files.room('C'));
    }
}
