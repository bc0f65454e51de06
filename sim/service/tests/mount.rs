//! Directories of the real host in the simulated one: what is in them is seen, what changes is written, what cannot be is told.

use std::fs;
use std::path::{Path, PathBuf};

use hcs_api::Hcs;
use hcs_rules::file::FileFault;
use hcs_rules::hresult::Hresult;
use hcs_sim::{LARGEST_FILE, Mount, MountError, Simulator};
use proptest::prelude::*;

/// A directory of its own for a test, gone with it.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Directory {
        let path = std::env::temp_dir().join(format!("hcs-sim-mount-{}-{name}", std::process::id()));
        _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).expect("made");
        Directory(path)
    }

    fn put(&self, path: &str, bytes: &[u8]) {
        let at = self.0.join(path);
        fs::create_dir_all(at.parent().expect("it is below")).expect("made");
        fs::write(at, bytes).expect("written");
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.0.join(path)).ok()
    }

    /// Everything below it, in order.
    fn all(&self) -> Vec<String> {
        let mut all = Vec::new();
        let mut waiting = vec![self.0.clone()];
        while let Some(folder) = waiting.pop() {
            for entry in fs::read_dir(folder).expect("it is a directory") {
                let entry = entry.expect("it is there");
                if entry.file_type().expect("it is something").is_dir() {
                    waiting.push(entry.path());
                }
                let path = entry.path();
                let below = path.strip_prefix(&self.0).expect("below").to_string_lossy();
                all.push(if cfg!(windows) { below.replace('\\', "/") } else { below.into_owned() });
            }
        }
        all.sort();
        all
    }
}

impl AsRef<Path> for Directory {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn mounted(directory: &Directory, mode: Mount) -> Simulator {
    Simulator::builder().mount(directory, r"C:\images", mode).start()
}

#[test]
fn what_is_in_a_directory_is_in_the_world() {
    let directory = Directory::new("seen");
    directory.put("base/Files/one.dll", b"one");
    directory.put("two", b"");
    let sim = mounted(&directory, Mount::ReadOnly);
    let paths: Vec<String> = sim.tree(r"C:\images").into_iter().map(|branch| branch.path).collect();
    let believed =
        ["", r"\base", r"\base\Files", r"\base\Files\one.dll", r"\two"].map(|path| format!(r"C:\images{path}"));
    assert_eq!(paths, believed);
    assert_eq!(sim.file(r"c:\IMAGES\Base\files\ONE.DLL").as_deref(), Some(&b"one"[..]));

    // Equal contents make equal worlds, whenever they were written.
    let other = Directory::new("seen-too");
    other.put("two", b"");
    other.put("base/Files/one.dll", b"one");
    assert_eq!(sim.digest(), mounted(&other, Mount::ReadOnly).digest());
    sim.finish().assert_clean();
}

#[test]
fn what_changes_outside_comes_in_before_the_next_call_on_files() {
    let directory = Directory::new("in");
    directory.put("a", b"a");
    directory.put("b/c", b"c");
    directory.put("d", b"d");
    let sim = mounted(&directory, Mount::ReadWrite);
    let client = sim.client("agent");
    let grant = |path: &str| client.grant_vm_access("vm".into(), path.into());
    assert_eq!(grant(r"C:\images\new"), Hresult::ERROR_FILE_NOT_FOUND);
    directory.put("new", b"new");
    assert_eq!(grant(r"C:\images\new"), Hresult::S_OK);

    directory.put("a", b"longer");
    fs::remove_dir_all(directory.0.join("b")).expect("removed");
    directory.put("b", b"a file now");
    fs::remove_file(directory.0.join("d")).expect("removed");
    directory.put("d/e", b"a folder now");
    assert_eq!(sim.file(r"C:\images\a").as_deref(), Some(&b"a"[..]), "no call has been made");
    assert_eq!(grant(r"C:\images\new"), Hresult::S_OK);
    let files = ["a", "b", r"d\e"].map(|name| sim.file(&format!(r"C:\images\{name}")).unwrap_or_default());
    assert_eq!(files, [b"longer".to_vec(), b"a file now".to_vec(), b"a folder now".to_vec()]);
    assert_eq!(directory.all(), ["a", "b", "d", "d/e", "new"], "nothing is written back");

    // A grant is no matter of the directory, and stays when the bytes are replaced.
    let list = sim.access_list(r"C:\images\new");
    directory.put("new", b"replaced");
    sim.take_in_mounts();
    assert_eq!(sim.access_list(r"C:\images\new"), list);
    sim.finish().assert_clean();
}

#[test]
fn what_changes_in_the_world_is_written() {
    let directory = Directory::new("out");
    directory.put("Kept/File", b"kept");
    directory.put("gone/below/file", b"gone");
    directory.put("moved/file", b"moved");
    let sim = mounted(&directory, Mount::ReadWrite);
    let client = sim.client("agent");
    assert_eq!(client.create_empty_guest_state_file(r"C:\images\kept\vm.vmgs".into()), Hresult::S_OK);
    assert_eq!(directory.read("Kept/vm.vmgs").map(|bytes| bytes.len()), Some(4_194_816));
    assert_eq!(directory.read("Kept/vm.vmgs"), sim.file(r"C:\images\kept\vm.vmgs"));

    assert!(sim.put_file(r"C:\images\KEPT\FILE", b"changed") && sim.put_file(r"C:\images\x\y\z", b"deep"));
    assert!(sim.remove_file(r"C:\images\gone") && sim.rename_file(r"C:\images\moved", r"C:\images\x\there"));
    assert!(sim.rename_file(r"C:\images\x\y", r"C:\images\X\Y") && sim.put_file(r"C:\images\x\y\w", b"w"));
    assert!(sim.link_file(r"C:\images\x\y\z", r"C:\images\linked"));
    assert_eq!(
        directory.all(),
        ["Kept", "Kept/File", "Kept/vm.vmgs", "linked", "x", "x/Y", "x/Y/w", "x/Y/z", "x/there", "x/there/file"]
    );
    let bytes = ["Kept/File", "x/Y/z", "x/there/file", "linked"].map(|path| directory.read(path).unwrap_or_default());
    assert_eq!(bytes, [b"changed".to_vec(), b"deep".to_vec(), b"moved".to_vec(), b"deep".to_vec()]);
    // A file of two names is one there too.
    assert!(sim.put_file(r"C:\images\linked", b"both"));
    assert_eq!(directory.read("x/Y/z").as_deref(), Some(&b"both"[..]));

    // What was written is not taken in again: the world is as it was.
    let before = sim.digest();
    sim.take_in_mounts();
    assert_eq!(sim.digest(), before);
    // Another world finds it as it is.
    let other = mounted(&directory, Mount::ReadOnly);
    assert_eq!(other.file(r"C:\images\X\there\FILE").as_deref(), Some(&b"moved"[..]));
    sim.finish().assert_clean();
}

#[test]
fn a_directory_that_is_only_read_stays_as_it_is() {
    let directory = Directory::new("only-read");
    directory.put("a", b"a");
    directory.put("b", b"b");
    let sim = mounted(&directory, Mount::ReadOnly);
    assert!(sim.put_file(r"C:\images\a", b"changed") && sim.put_file(r"C:\images\new", b"new"));
    assert!(sim.remove_file(r"C:\images\b"));
    assert_eq!(
        (directory.all(), directory.read("a").as_deref()),
        (vec!["a".to_owned(), "b".to_owned()], Some(&b"a"[..]))
    );
    sim.take_in_mounts();
    assert_eq!(sim.file(r"C:\images\a").as_deref(), Some(&b"changed"[..]), "it has not changed outside");
    directory.put("b", b"again");
    sim.take_in_mounts();
    assert_eq!(sim.file(r"C:\images\b").as_deref(), Some(&b"again"[..]));
    sim.finish().assert_clean();
}

#[test]
fn what_windows_could_not_hold_is_passed_over_and_told_once() {
    let directory = Directory::new("odd");
    directory.put("good", b"good");
    let large = fs::File::create(directory.0.join("large")).expect("made");
    large.set_len(LARGEST_FILE + 1).expect("sparse");
    let mut believed = vec!["large is passed over: it has more than 67108864 bytes"];
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        for name in [&b"what?"[..], b"nul", b"end.", b"a\\b", b"\xFF"] {
            fs::write(directory.0.join(std::ffi::OsStr::from_bytes(name)), b"odd").expect("written");
        }
        std::os::unix::fs::symlink("/etc", directory.0.join("link")).expect("made");
        _ = std::os::unix::net::UnixListener::bind(directory.0.join("socket")).expect("bound");
        believed.extend([
            "what? is passed over: Windows takes no such name",
            "nul is passed over: Windows takes no such name",
            "end. is passed over: Windows takes no such name",
            "a\\b is passed over: Windows takes no such name",
            "\u{FFFD} is passed over: Windows takes no such name",
            "link is passed over: it is neither a file nor a directory",
            "socket is passed over: it is neither a file nor a directory",
        ]);
    }
    #[cfg(target_os = "linux")]
    {
        directory.put("Twice/in", b"upper");
        directory.put("twice/other", b"lower");
        believed.push("twice is passed over: for Windows");
    }
    let sim = mounted(&directory, Mount::ReadWrite);
    sim.take_in_mounts();
    let troubles = sim.finish().troubles;
    for told in &believed {
        let with = troubles
            .iter()
            .filter(|trouble| trouble.contains(&format!("/{told}")) || trouble.contains(&format!(r"\{told}")));
        assert_eq!(with.count(), 1, "{told} in {troubles:?}");
    }
    assert_eq!(troubles.len(), believed.len(), "{troubles:?}");
    let there = ["good", "large", "link", r"twice\in"].map(|name| sim.file(&format!(r"C:\images\{name}")).is_some());
    assert_eq!(there, [true, false, false, cfg!(target_os = "linux")]);

    // What is passed over is never written over, and a directory that holds it stays.
    let before = directory.all();
    assert!(sim.put_file(r"C:\images\large", b"small"));
    assert_eq!(directory.all(), before);
    assert!(fs::metadata(directory.0.join("large")).is_ok_and(|about| about.len() > LARGEST_FILE));
    assert_eq!(sim.finish().troubles.len(), believed.len() + 1);
}

#[test]
fn a_mount_that_cannot_be_says_why() {
    let directory = Directory::new("bad");
    directory.put("file", b"file");
    let sim = Simulator::default();
    let before = sim.digest();
    let mount = |path: &Path, place: &str| sim.mount(path, place, Mount::ReadWrite);
    let none = directory.0.join("none");
    assert!(matches!(mount(&none, r"C:\a"), Err(MountError::Host(path, _)) if path == none));
    assert!(matches!(mount(&directory.0.join("file"), r"C:\a"), Err(MountError::NotADirectory(_))));
    assert!(matches!(mount(&directory.0, r"C:\a?"), Err(MountError::Place(_, FileFault::BadName))));
    assert_eq!(sim.digest(), before, "nothing has happened");
    assert!(matches!(mount(&directory.0, r"Q:\a"), Err(MountError::Place(_, FileFault::NoVolume))));
    assert!(mount(&directory.0, r"C:\images").is_ok());
    for place in [r"C:\", r"C:\IMAGES", r"C:\images\below"] {
        assert!(matches!(mount(&directory.0, place), Err(MountError::Overlaps(_))), "{place}");
    }
    sim.finish().assert_clean();

    let told = Simulator::builder().mount(none, r"C:\a", Mount::ReadOnly).start().finish().troubles;
    assert!(told.len() == 1 && told[0].starts_with("mount: "), "{told:?}");
}

#[test]
fn a_place_that_is_gone_ends_the_mount_and_not_the_directory() {
    let ends: [fn(&Simulator) -> bool; 3] = [
        |sim| sim.remove_file(r"D:\images"),
        |sim| sim.rename_file(r"D:\images", r"D:\others"),
        |sim| sim.set_volume('D', false),
    ];
    for end in ends {
        let directory = Directory::new("ended");
        directory.put("a", b"a");
        let sim = Simulator::default();
        assert!(sim.set_volume('D', true));
        sim.mount(&directory, r"D:\images", Mount::ReadWrite).expect("it is mounted");
        assert!(sim.set_volume_ready('D', false));
        sim.take_in_mounts();
        assert!(sim.set_volume_ready('D', true) && sim.finish().is_clean(), "it waits");
        assert!(end(&sim));
        assert_eq!((directory.all(), sim.finish().troubles.len()), (vec!["a".to_owned()], 1));
        // Nothing is done to it any more.
        assert!(sim.put_file(r"C:\images\a", b"new"));
        assert_eq!(directory.read("a").as_deref(), Some(&b"a"[..]));
    }
}

#[test]
fn a_directory_that_is_gone_leaves_the_world_as_it_is() {
    let directory = Directory::new("vanished");
    directory.put("a", b"a");
    let sim = mounted(&directory, Mount::ReadWrite);
    fs::remove_dir_all(&directory.0).expect("removed");
    sim.take_in_mounts();
    sim.take_in_mounts();
    assert_eq!(sim.file(r"C:\images\a").as_deref(), Some(&b"a"[..]));
    assert!(sim.put_file(r"C:\images\b", b"b"));
    assert_eq!(sim.finish().troubles.len(), 2, "once that it cannot be read, once that it cannot be written");
}

#[test]
fn a_drive_is_a_directory() {
    let directory = Directory::new("drive");
    directory.put("users/PUBLIC/vm.vhdx", b"disk");
    let sim = Simulator::builder().mount(&directory, r"C:\", Mount::ReadWrite).start();
    let client = sim.client("agent");
    assert_eq!(client.grant_vm_group_access("vm.vhdx".into()), Hresult::S_OK);
    assert_eq!(
        directory.all(),
        ["users", "users/PUBLIC", "users/PUBLIC/vm.vhdx"],
        "the world's own folders are not written"
    );
    assert_eq!(client.create_empty_runtime_state_file("state.vmrs".into()), Hresult::S_OK);
    assert!(sim.put_file(r"C:\Windows\Temp\log", b"log"));
    let added = ["Windows", "Windows/Temp", "Windows/Temp/log", "users", "users/PUBLIC", "users/PUBLIC/state.vmrs"];
    assert_eq!(directory.all(), [&added[..], &["users/PUBLIC/vm.vhdx"]].concat());
    sim.finish().assert_clean();
}

/// What happens to a tree of a few names, inside or outside. Paths are lists of names.
#[derive(Clone, Debug)]
enum Act {
    Put(Vec<usize>),
    Folder(Vec<usize>),
    Remove(Vec<usize>),
    Rename(Vec<usize>, Vec<usize>),
    Link(Vec<usize>, Vec<usize>),
    Replace(Vec<usize>),
}

fn acts() -> impl Strategy<Value = Vec<(bool, Act)>> {
    let path = || prop::collection::vec(0_usize..4, 1..4);
    let act = prop_oneof![
        4 => path().prop_map(Act::Put),
        1 => path().prop_map(Act::Folder),
        2 => path().prop_map(Act::Remove),
        2 => (path(), path()).prop_map(|(from, to)| Act::Rename(from, to)),
        2 => (path(), path()).prop_map(|(from, to)| Act::Link(from, to)),
        1 => path().prop_map(Act::Replace),
    ];
    prop::collection::vec((any::<bool>(), act), 0..30)
}

/// Two of the names are one for Windows.
const NAMES: [&str; 4] = ["one", "ONE", "two", "Drei"];

/// In the simulated host.
fn inside(sim: &Simulator, act: &Act, bytes: &[u8]) {
    let path = |names: &[usize]| names.iter().fold(r"C:\m".to_owned(), |path, name| path + r"\" + NAMES[*name]);
    _ = match act {
        Act::Put(at) | Act::Replace(at) => sim.put_file(&path(at), bytes),
        Act::Folder(at) => sim.put_folder(&path(at)),
        Act::Remove(at) => sim.remove_file(&path(at)),
        Act::Rename(from, to) => sim.rename_file(&path(from), &path(to)),
        Act::Link(from, to) => sim.link_file(&path(from), &path(to)),
    };
}

/// In the directory, whose names are found as Windows finds them. What cannot be done is not done.
fn outside(directory: &Directory, act: &Act, bytes: &[u8]) {
    let path = |names: &[usize]| {
        names.iter().fold(directory.0.clone(), |folder, name| {
            let there = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
            let there = there.into_iter().find(|there| there.eq_ignore_ascii_case(NAMES[*name]));
            folder.join(there.unwrap_or_else(|| NAMES[*name].into()))
        })
    };
    match act {
        Act::Put(at) => {
            _ = fs::create_dir_all(path(at).parent().expect("below")).and_then(|()| fs::write(path(at), bytes))
        }
        Act::Replace(at) if path(at).is_file() => {
            fs::write(directory.0.join("new"), bytes).expect("written");
            fs::rename(directory.0.join("new"), path(at)).expect("renamed");
        }
        Act::Replace(_) => {}
        Act::Folder(at) => _ = fs::create_dir_all(path(at)),
        Act::Remove(at) => _ = fs::remove_file(path(at)).or_else(|_| fs::remove_dir_all(path(at))),
        Act::Rename(from, to) if path(to).exists() && path(from) != path(to) => {}
        Act::Rename(from, to) => _ = fs::rename(path(from), path(to)),
        Act::Link(from, to) => _ = fs::hard_link(path(from), path(to)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_on_either_side_both_are_the_same(acts in acts()) {
        let directory = Directory::new("model");
        let sim = Simulator::builder().mount(&directory, r"C:\m", Mount::ReadWrite).start();
        for (number, (is_inside, act)) in acts.iter().enumerate() {
            // Every length is another: a change that leaves it as it was may be too quick for the clock of files.
            let bytes = vec![b'a'; number + 1];
            if *is_inside { inside(&sim, act, &bytes) } else { outside(&directory, act, &bytes) }
            sim.take_in_mounts();
            let at_host: Vec<_> = directory.all().into_iter().map(|path| {
                let bytes = directory.0.join(&path).is_file().then(|| directory.read(&path).unwrap_or_default());
                (path.replace('/', r"\"), bytes)
            }).collect();
            let mut in_world: Vec<_> = sim.tree(r"C:\m").into_iter().skip(1).map(|branch| {
                let bytes = sim.file(&branch.path);
                (branch.path[r"C:\m\".len()..].to_owned(), bytes)
            }).collect();
            in_world.sort_by_key(|(path, _)| path.replace('\\', "/"));
            prop_assert_eq!(in_world, at_host, "after {:?}", &acts[..=number]);
        }
        prop_assert_eq!(sim.finish().troubles, Vec::<String>::new());
    }
}
