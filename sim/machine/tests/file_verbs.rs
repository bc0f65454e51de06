//! What can be done to files, by the service and by clients: what each verb does, what stands in its way, what it costs.

use std::sync::Arc;

use hcs_machine::files::{By, Data, Extended, Files, Meta, Reparse, StoredVolume, Times, digest};
use hcs_machine::{Host, Time};
use hcs_rules::access::Rights;
use hcs_rules::build::Build;
use hcs_rules::file::{FileFault, FileSystem, LINK_LIMIT, MOST_NESTED, REPARSE_LIMIT, attribute};
use uuid::Uuid;

const NOW: Time = Time(5_000_000_000);
const WORLD: By = By::world(NOW);
const SERVICE: By = By::service(NOW);
const USER: By = By::client(Rights::User, NOW);
const DISK: Uuid = Uuid::from_u128(0x1234);

/// The files of a new host, with some in `C:\a`.
fn files() -> Files {
    let mut files = Host::new(Build::B26100).files().clone();
    files.make_folders(r"C:\a\b", WORLD).expect("new");
    files.make_file(r"C:\a\one", data(b"one"), WORLD).expect("new");
    files.make_file(r"C:\a\b\two", data(&[2; 5000]), WORLD).expect("new");
    files
}

fn data(bytes: &[u8]) -> Data {
    Data::from(bytes)
}

fn paths(files: &Files, root: &str) -> Vec<String> {
    files.walk(root).expect("it is there").map(|found| found.path().to_owned()).collect()
}

#[test]
fn what_stands_in_the_way_is_told() {
    use FileFault::{
        BadName, Denied, Device, Exists, Full, IsFile, IsFolder, Locked, Network, NoFile, NoFolder, NoVolume, NotEmpty,
        OtherVolume, TooLarge, TrailingSeparator, Within,
    };
    type Verb = fn(&mut Files) -> Result<(), FileFault>;
    let table: &[(&str, Verb, Result<(), FileFault>)] = &[
        ("a folder", |f| f.make_folder(r"C:\a\new", SERVICE), Ok(())),
        ("a folder with a separator", |f| f.make_folder(r"\\?\C:\a\new\", SERVICE), Ok(())),
        ("a folder that is there", |f| f.make_folder(r"C:\A\B", SERVICE), Err(Exists)),
        ("a root", |f| f.make_folder(r"C:\", SERVICE), Err(Exists)),
        ("a folder in none", |f| f.make_folder(r"C:\none\new", SERVICE), Err(NoFolder)),
        ("a folder in a file", |f| f.make_folder(r"C:\a\one\new", SERVICE), Err(NoFolder)),
        ("a folder of the system", |f| f.make_folder(r"C:\Windows\new", USER), Ok(())),
        ("folders", |f| f.make_folders(r"C:\x\y\z", SERVICE), Ok(())),
        ("folders that are there", |f| f.make_folders(r"C:\a\b", SERVICE), Ok(())),
        ("folders on a file", |f| f.make_folders(r"C:\a\one", SERVICE), Err(Exists)),
        ("folders through a file", |f| f.make_folders(r"C:\a\one\x", SERVICE), Err(NoFolder)),
        ("a file", |f| f.make_file(r"C:\a\new", data(b"x"), SERVICE), Ok(())),
        (
            "a file, by the volume's id",
            |f| f.make_file(r"\\?\Volume{8fd5b7c0-0000-0000-0000-100000000000}\a\new", data(b"x"), SERVICE),
            Ok(()),
        ),
        ("a file that is there", |f| f.make_file(r"C:\a\ONE", data(b"x"), SERVICE), Err(Exists)),
        ("a file with a separator", |f| f.make_file(r"C:\a\new\", data(b"x"), SERVICE), Err(TrailingSeparator)),
        ("a file in a root, by a user", |f| f.make_file(r"C:\new", data(b"x"), USER), Err(Denied)),
        ("a file on a share", |f| f.make_file(r"\\server\share\new", data(b"x"), SERVICE), Err(Network)),
        (
            "a file on a share, verbatim",
            |f| f.make_file(r"\\?\UNC\server\share\new", data(b"x"), SERVICE),
            Err(Network),
        ),
        ("a device", |f| f.make_file(r"C:\a\nul", data(b"x"), SERVICE), Err(Device)),
        ("a device's name, verbatim", |f| f.make_file(r"\\?\C:\a\nul", data(b"x"), SERVICE), Ok(())),
        ("a bad name", |f| f.make_file(r"C:\a\b?", data(b"x"), SERVICE), Err(BadName)),
        ("a file on no volume", |f| f.make_file(r"Q:\new", data(b"x"), SERVICE), Err(NoVolume)),
        ("a file too large", |f| f.make_file(r"C:\a\new", Data::zeros(1 << 40), SERVICE), Err(Full)),
        ("writing", |f| f.write(r"C:\a\one", data(b"x"), SERVICE), Ok(())),
        ("writing what is not there", |f| f.write(r"C:\a\new", data(b"x"), SERVICE), Ok(())),
        ("writing a folder", |f| f.write(r"C:\a\b", data(b"x"), SERVICE), Err(IsFolder)),
        ("writing far out", |f| f.write_at(r"C:\a\one", u64::MAX, b"x", SERVICE), Err(Full)),
        ("writing beyond the room", |f| f.write_at(r"C:\a\one", 1 << 40, b"x", SERVICE), Err(Full)),
        (
            "writing what is in use",
            |f| {
                f.set_locked(r"C:\a\one", true)?;
                f.write(r"C:\a\one", data(b"x"), SERVICE)
            },
            Err(Locked),
        ),
        (
            "reading what is in use",
            |f| {
                f.set_locked(r"C:\a\one", true)?;
                f.read(r"C:\a\one", SERVICE).map(|_| ())
            },
            Err(Locked),
        ),
        (
            "writing what can only be read",
            |f| {
                f.set_attributes(r"C:\a\one", attribute::READ_ONLY, SERVICE)?;
                f.write(r"C:\a\one", data(b"x"), USER)
            },
            Err(Denied),
        ),
        ("the names in a file", |f| f.names(r"C:\a\one").map(|_| ()), Err(IsFile)),
        ("removing a file", |f| f.remove(r"C:\a\one", USER), Ok(())),
        ("removing none", |f| f.remove(r"C:\a\none", SERVICE), Err(NoFile)),
        ("removing a full folder", |f| f.remove(r"C:\a\b", SERVICE), Err(NotEmpty)),
        ("removing a root", |f| f.remove_tree(r"C:\", SERVICE), Err(Denied)),
        (
            "removing what can only be read",
            |f| {
                f.set_attributes(r"C:\a\one", attribute::READ_ONLY, SERVICE)?;
                f.remove(r"C:\a\one", USER)
            },
            Err(Denied),
        ),
        (
            "removing it as the service",
            |f| {
                f.set_attributes(r"C:\a\one", attribute::READ_ONLY, SERVICE)?;
                f.remove(r"C:\a\one", SERVICE)
            },
            Ok(()),
        ),
        ("removing a file with a separator", |f| f.remove(r"C:\a\one\", SERVICE), Err(TrailingSeparator)),
        ("removing a tree", |f| f.remove_tree(r"C:\a\", SERVICE), Ok(())),
        ("renaming", |f| f.rename(r"C:\a", r"C:\c", SERVICE), Ok(())),
        ("renaming to another case", |f| f.rename(r"C:\a", r"C:\A", SERVICE), Ok(())),
        ("renaming to a name that is there", |f| f.rename(r"C:\a\one", r"C:\a\b", SERVICE), Err(Exists)),
        ("renaming into itself", |f| f.rename(r"C:\a", r"C:\a\b\c", SERVICE), Err(Within)),
        (
            "renaming to another volume",
            |f| f.rename(r"C:\a", r"\\?\Volume{00000000-0000-0000-0000-000000001234}\a", SERVICE),
            Err(OtherVolume),
        ),
        ("renaming into a folder that is not there", |f| f.rename(r"C:\a\one", r"C:\none\x", SERVICE), Err(NoFolder)),
        (
            "renaming what is in use",
            |f| {
                f.set_locked(r"C:\a\one", true)?;
                f.rename(r"C:\a\one", r"C:\a\new", SERVICE)
            },
            Err(Locked),
        ),
        ("linking", |f| f.link(r"C:\a\one", r"C:\a\b\new", USER), Ok(())),
        ("linking a folder", |f| f.link(r"C:\a\b", r"C:\a\new", SERVICE), Err(IsFolder)),
        ("linking to a name that is there", |f| f.link(r"C:\a\one", r"C:\a\b\two", SERVICE), Err(Exists)),
        (
            "linking to another volume",
            |f| f.link(r"C:\a\one", r"\\?\Volume{00000000-0000-0000-0000-000000001234}\a", SERVICE),
            Err(OtherVolume),
        ),
        ("copying", |f| f.copy(r"C:\a\one", r"C:\a\new", USER), Ok(())),
        ("copying a folder as a file", |f| f.copy(r"C:\a", r"C:\new", SERVICE), Err(IsFolder)),
        ("copying a folder into itself", |f| f.copy_tree(r"C:\a", r"C:\a\b\new", SERVICE), Err(Within)),
        (
            "copying what is in use",
            |f| {
                f.set_locked(r"C:\a\one", true)?;
                f.copy_tree(r"C:\a", r"C:\new", SERVICE)
            },
            Err(Locked),
        ),
        (
            "reparse data too large",
            |f| {
                let data = vec![0; REPARSE_LIMIT + 1].into();
                f.set_reparse(r"C:\a\one", Some(Reparse { tag: 7, data }), SERVICE)
            },
            Err(TooLarge),
        ),
        ("a stream with a bad name", |f| f.set_stream(r"C:\a\one", "a:b", None, SERVICE), Err(BadName)),
        ("a stream too large", |f| f.set_stream(r"C:\a\one", "s", Some(Data::zeros(1 << 40)), SERVICE), Err(Full)),
    ];
    for (what, verb, believed) in table {
        let mut files = files();
        files.attach_volume(StoredVolume::new(DISK, FileSystem::Ntfs, 1 << 30, 0)).expect("a new id");
        let before = files.clone();
        let came = verb(&mut files);
        assert_eq!(came, *believed, "{what}");
        if came.is_err() && !what.contains("in use") && !what.contains("only be read") {
            assert_eq!(files, before, "{what}");
        }
    }
}

#[test]
fn a_file_lives_as_long_as_one_of_its_names() {
    let mut files = files();
    let room = files.room('C');
    files.link(r"C:\a\one", r"C:\a\b\other", SERVICE).expect("a new name");
    files.link(r"C:\a\b\other", r"C:\third", SERVICE).expect("a new name");
    assert_eq!(files.room('C'), room, "room is counted once");
    assert_eq!(files.link_count(r"C:\third"), Ok(3));
    assert!(files.is_same(r"C:\a\one", r"C:\THIRD"));
    files.write(r"C:\third", data(b"changed"), SERVICE).expect("it is there");
    assert_eq!(files.data(r"C:\a\one").map(Data::to_vec), Ok(b"changed".to_vec()));
    files.rename(r"C:\a\b\other", r"C:\a\b\again", SERVICE).expect("a new name");
    files.remove(r"C:\a\one", SERVICE).expect("it is there");
    files.remove(r"C:\third", SERVICE).expect("it is there");
    assert_eq!(files.link_count(r"C:\a\b\again"), Ok(1));
    let path = files.branches(r"C:\a\b\again").map(|mut branches| branches.remove(0).path);
    assert_eq!(path, Ok(r"C:\a\b\again".to_owned()), "the name that is left is the first");
    files.remove(r"C:\a\b\again", SERVICE).expect("it is there");
    assert_eq!(files.room('C'), room.map(|room| room + 4096));
    files.make_file(r"C:\many", data(b""), SERVICE).expect("new");
    let links = (1..).take_while(|link| files.link(r"C:\many", &format!(r"C:\a\{link}"), SERVICE).is_ok()).count();
    assert_eq!(links + 1, LINK_LIMIT);
    assert_eq!(files.link(r"C:\many", r"C:\a\more", SERVICE), Err(FileFault::TooManyLinks));
}

/// One of everything that a file can have.
fn everything() -> Meta {
    Meta {
        attributes: attribute::HIDDEN | attribute::SYSTEM | attribute::NOT_CONTENT_INDEXED,
        times: Times { created: 1, accessed: 2, written: 3, changed: 4 },
        security: Some([1, 0, 4, 0x80].as_slice().into()),
        extended: [Extended { name: "$KERNEL.X".into(), flags: 0x80, value: [9].as_slice().into() }].as_slice().into(),
        reparse: Some(Reparse { tag: 0xA000_000C, data: [1, 2].as_slice().into() }),
        streams: vec![("a".into(), data(&[1; 5000])), ("Zone.Identifier".into(), data(b"z"))],
    }
}

#[test]
fn a_copy_has_everything_and_equal_trees_have_equal_digests() {
    let mut files = files();
    let room = files.room('C').expect("there is a volume");
    for path in [r"C:\a", r"C:\a\b\two"] {
        files.set_meta(path, everything(), SERVICE).expect("it fits");
        let itself = attribute::REPARSE_POINT | if path == r"C:\a" { attribute::FOLDER } else { 0 };
        let attributes = everything().attributes | itself;
        assert_eq!(files.meta(path), Ok(Meta { attributes, ..everything() }));
    }
    assert_eq!(files.room('C'), Some(room - 2 * (8192 + 4096)), "streams take room");
    files.link(r"C:\a\one", r"C:\a\b\link", SERVICE).expect("a new name");
    files.copy_tree(r"C:\a", r"C:\copy", SERVICE).expect("a new name");
    assert!(files.is_same(r"C:\copy\one", r"C:\copy\b\link") && !files.is_same(r"C:\copy\one", r"C:\a\one"));
    assert_eq!(paths(&files, r"C:\copy"), ["", "b", r"b\link", r"b\two", "one"]);
    let (mut one, other) = (files.entries(r"C:\a").expect("there"), files.entries(r"C:\copy").expect("there"));
    // What enters a folder changes its times.
    assert_eq!(one, other);
    assert_eq!(digest(&one), digest(&other));
    type Spoil = fn(&mut hcs_machine::files::Entry);
    let spoils: [Spoil; 8] = [
        |entry| entry.path.push('x'),
        |entry| entry.data = Some(Data::zeros(4097)),
        |entry| entry.meta.attributes ^= attribute::HIDDEN,
        |entry| entry.meta.times.written += 1,
        |entry| entry.meta.security = None,
        |entry| entry.meta.streams[0].1 = Data::zeros(5000),
        |entry| entry.meta.extended = Arc::default(),
        |entry| entry.same_as = Some("x".to_owned()),
    ];
    for spoil in spoils {
        let before = one[3].clone();
        spoil(&mut one[3]);
        assert_ne!(digest(&one), digest(&other), "{}", one[3]);
        one[3] = before;
    }
}

#[test]
fn times_are_those_of_the_world() {
    let (mut files, later) = (files(), By::service(Time(NOW.0 + 700)));
    let new = Times::all(NOW.as_file_time());
    // The first of January 2026, five seconds past midnight.
    assert_eq!(new.created, 134_116_992_050_000_000);
    assert_eq!(files.meta(r"C:\a\one").map(|meta| meta.times), Ok(new));
    files.write(r"C:\a\one", data(b"x"), later).expect("it is there");
    let written = Times { written: later_time(), changed: later_time(), ..new };
    assert_eq!(files.meta(r"C:\a\one").map(|meta| meta.times), Ok(written));
    assert_eq!(files.meta(r"C:\a").map(|meta| meta.times), Ok(new), "no name came or went");
    files.remove(r"C:\a\one", later).expect("it is there");
    assert_eq!(files.meta(r"C:\a").map(|meta| meta.times), Ok(written));
}

fn later_time() -> u64 {
    Time(NOW.0 + 700).as_file_time()
}

#[test]
fn a_volume_keeps_its_files_while_it_is_detached_and_travels_with_its_disk() {
    let mut files = files();
    let root = format!(r"\\?\Volume{{{DISK}}}");
    let at = |rest: &str| format!(r"{root}\{rest}");
    files.attach_volume(StoredVolume::new(DISK, FileSystem::Ntfs, 1 << 30, 0)).expect("a new id");
    assert_eq!(files.attach_volume(StoredVolume::new(DISK, FileSystem::Ntfs, 1, 0)), Err(FileFault::Exists));
    files.copy_tree(r"C:\a", &at("layer"), SERVICE).expect("a new name");
    assert_eq!(files.volume_at_root(&root).map(|volume| volume.path()), Ok(at("")));
    assert_eq!(files.volume_at_root(&at("layer")).err(), Some(FileFault::IsFolder));
    assert_eq!(files.volume_of(&at("none")).map(|volume| volume.room()), Ok((1 << 30) - 4096 - 8192));
    files.make_file(r"C:\disk.vhdx", data(b"vhdxfile"), SERVICE).expect("new");
    let stored = files.detach_volume(DISK).expect("it is there");
    assert_eq!(files.read(&at(r"layer\one"), SERVICE), Err(FileFault::NoVolume));
    assert_eq!(files.set_stored_volume(r"C:\disk.vhdx", Some(Arc::new(stored))), Ok(()));
    files.copy(r"C:\disk.vhdx", r"C:\copy.vhdx", SERVICE).expect("a new name");
    // Two attachments of two copies: what one writes the other does not see.
    for (number, disk) in [r"C:\disk.vhdx", r"C:\copy.vhdx"].into_iter().enumerate() {
        let stored = files.stored_volume(disk).expect("it is there").expect("it holds a volume");
        let id = Uuid::from_u128(number as u128);
        files.attach_volume(StoredVolume { id, ..(*stored).clone() }).expect("a new id");
    }
    let [one, other] = [0, 1].map(|id| format!(r"\\?\Volume{{{}}}\layer", Uuid::from_u128(id)));
    assert_eq!(files.entries(&one), files.entries(&other));
    files.write(&format!(r"{one}\one"), data(b"mine"), SERVICE).expect("it is there");
    assert_eq!(files.data(&format!(r"{other}\one")).map(Data::to_vec), Ok(b"one".to_vec()));
    files.write(r"C:\disk.vhdx", data(b"other bytes"), SERVICE).expect("it is there");
    assert_eq!(files.stored_volume(r"C:\disk.vhdx"), Ok(None), "other bytes are another disk");
    files.format_volume(Uuid::from_u128(0), FileSystem::Raw, SERVICE).expect("it is there");
    assert_eq!(files.names(&one).err(), Some(FileFault::Unformatted));
    assert_eq!(files.resize_volume(Uuid::from_u128(1), 8192), Err(FileFault::Full));
    assert_eq!(files.resize_volume(Uuid::from_u128(1), 16384), Ok(()));
}

#[test]
fn disks_lie_in_disks_to_a_bound() {
    let mut files = files();
    let inside = format!(r"\\?\Volume{{{DISK}}}\disk");
    let mut stored = StoredVolume::new(DISK, FileSystem::Ntfs, 1 << 30, 0);
    let depth = (0..100).take_while(|_| {
        files.attach_volume(StoredVolume::new(DISK, FileSystem::Ntfs, 1 << 30, 0)).expect("a new id");
        files.make_file(&inside, data(b"d"), SERVICE).expect("new");
        let fits = files.set_stored_volume(&inside, Some(Arc::new(stored.clone()))).is_ok();
        stored = files.detach_volume(DISK).expect("it is there");
        fits
    });
    assert_eq!(depth.count(), usize::from(MOST_NESTED));
}

#[test]
fn a_tree_is_removed_as_far_as_nobody_uses_it() {
    let mut files = files();
    files.set_locked(r"C:\a\one", true).expect("it is there");
    assert_eq!(files.remove_tree(r"C:\a", SERVICE), Err(FileFault::Locked));
    assert_eq!(paths(&files, r"C:\a"), ["", "one"], "what came before it is gone");
    assert_eq!(files.remove_tree(r"C:\a", WORLD), Ok(()));
    assert!(!files.exists(r"C:\a"));
}

#[test]
fn no_depth_is_too_deep() {
    let mut files = files();
    let deep = |count: usize| format!(r"\\?\C:{}", r"\d".repeat(count));
    files.make_folders(&deep(8_000), SERVICE).expect("a long path");
    files.make_folder(r"C:\top", SERVICE).expect("new");
    for round in 0..4 {
        files.rename(r"C:\d", r"C:\top\d", SERVICE).expect("a new name");
        files.make_folders(&deep(8_000), SERVICE).expect("a long path");
        files.rename(r"C:\top", &format!(r"{}\t{round}", deep(8_000)), SERVICE).expect("a new name");
        files.make_folder(r"C:\top", SERVICE).expect("new");
    }
    files.make_folders(r"C:\top", SERVICE).expect("there");
    assert!(files.walk(r"C:\").expect("a root").count() > 8_000);
    files.copy_tree(r"C:\d", r"C:\copy", SERVICE).expect("a new name");
    files.remove_tree(r"C:\d", SERVICE).expect("nobody uses it");
    files.remove_tree(r"C:\copy", WORLD).expect("nobody uses it");
    assert_eq!(files.room('C'), self::files().room('C'));
}
