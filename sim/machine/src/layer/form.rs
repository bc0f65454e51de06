//! What the calls do to what is on disk.

use std::collections::BTreeMap;

use hcs_rules::file::{FileFault, attribute};
use hcs_rules::layer::form::{
    BASES, CONFIG, INITIALIZED, LAYOUT, LAYOUT_TEXT, OWN, STATE, TOMBSTONE, VOLUME_CONFIG, state_hives,
};
use hcs_rules::transport::folder;
use uuid::Uuid;

use super::blob::Blob;
use super::transport::{Item, LayerPath, Transport, empty_hive};
use crate::files::{By, Data, Files, Found, Meta, Staged, Tree, What, below};
use crate::host::Host;

impl Host {
    /// Makes a layer of a transport folder.
    pub(super) fn import(&mut self, to: &str, layer: &Transport, parents: &[String], by: By) -> Found<()> {
        self.files_mut().stage(to, &staged(layer, |_| true), by)?;
        for gone in &layer.tombstones {
            let path = format!("{}\\{}", folder::FILES, gone);
            self.bury(to, &path, parents, by)?;
        }
        Ok(())
    }

    /// Something of the parents is gone. The folders above it are made as the nearest parent has them.
    fn bury(&mut self, layer: &str, path: &str, parents: &[String], by: By) -> Found<()> {
        let Some((folders, _)) = path.rsplit_once('\\') else { return Ok(()) };
        self.make_way(layer, folders, |folder| folder.to_owned(), parents, by)?;
        let path = below(layer, path)?;
        self.keep_times(&below(layer, folders)?, by, |files| files.bury(&path, by))
    }

    /// Does something in a folder that keeps the times with which it came.
    fn keep_times(&mut self, folder: &str, by: By, act: impl FnOnce(&mut Files) -> Found<()>) -> Found<()> {
        let times = self.storage.files.meta(folder)?.times;
        act(self.files_mut())?;
        self.files_mut().set_times(folder, times, by)
    }

    /// Makes folders below a place as the nearest parent has them, as far as they are not there. `of` says where a parent has
    /// a folder.
    fn make_way(
        &mut self,
        place: &str,
        way: &str,
        of: impl Fn(&str) -> String,
        parents: &[String],
        by: By,
    ) -> Found<()> {
        let mut above = String::new();
        for name in way.split('\\') {
            let within = below(place, &above)?;
            above = if above.is_empty() { name.to_owned() } else { format!("{above}\\{name}") };
            let here = below(place, &above)?;
            if self.storage.files.has_folder(&here) {
                continue;
            }
            let found =
                parents.iter().find_map(|parent| self.storage.files.meta(&below(parent, &of(&above)).ok()?).ok());
            self.keep_times(&within, by, |files| files.make_folder(&here, by))?;
            if let Some(meta) = found {
                self.files_mut().set_meta(&here, meta, by)?;
            }
        }
        Ok(())
    }

    /// Imports what of a transport folder can be read of its files, and at most so many of them.
    pub(super) fn import_part(&mut self, to: &str, from: &str, most: usize, by: By) -> Found<()> {
        let mut tree = vec![Staged { path: folder::FILES.into(), what: What::Folder(Meta::default()) }];
        let mut count = 0;
        let files = below(from, folder::FILES)?;
        if let Ok(walk) = self.storage.files.walk(&files) {
            for found in walk.skip(1) {
                let path = format!("{}\\{}", folder::FILES, found.path());
                let what = match found.data() {
                    _ if path.ends_with(folder::SIDECAR) => continue,
                    None => What::Folder(Meta {
                        attributes: attribute::FOLDER,
                        times: found.meta().times,
                        ..Meta::default()
                    }),
                    Some(data) => match Blob::read(data, found.meta().times) {
                        Ok(blob) => What::File(blob.data, blob.meta),
                        // What is damaged ends the import.
                        Err(_) => break,
                    },
                };
                if matches!(what, What::File(..)) {
                    if count == most {
                        break;
                    }
                    count += 1;
                }
                tree.push(Staged { path: path.into(), what });
            }
        }
        self.files_mut().stage(to, &tree, by)
    }

    /// Writes a layer's folder in transport form.
    pub(super) fn export(&mut self, layer: &str, to: &str, by: By) -> Found<()> {
        let mut transport = read_layer(&self.storage.files, layer)?;
        for delta in folder::DELTAS {
            let path = format!("{}\\{delta}", folder::HIVES);
            let hive = below(layer, &path)?;
            let data = self.storage.files.data(&hive)?.clone();
            let times = self.storage.files.meta(&hive)?.times;
            transport.items.insert(LayerPath::new(&path), Item::Hive(data, times));
        }
        self.write_transport(transport, to, by)
    }

    /// Writes a layer's files in transport form, and nothing else.
    pub(super) fn export_part(&mut self, layer: &str, to: &str, by: By) -> Found<()> {
        let transport = read_layer(&self.storage.files, layer)?;
        let staged = transport.staged().map_err(|_| FileFault::Torn)?;
        let files: Vec<Staged> = staged.into_iter().filter(|one| one.path.starts_with(folder::FILES)).collect();
        self.files_mut().stage(to, &files, by)
    }

    /// Writes what a mounted writable layer has changed in transport form.
    pub(super) fn export_changes(&mut self, volume: Uuid, to: &str, by: By) -> Found<()> {
        let own = self.changes_of(volume).ok_or(FileFault::NoVolume)?;
        let transport = changes(own, volume, by)?;
        self.write_transport(transport, to, by)
    }

    fn write_transport(&mut self, mut transport: Transport, to: &str, by: By) -> Found<()> {
        transport.complete();
        transport.name_files_first();
        let staged = transport.staged().map_err(|_| FileFault::Torn)?;
        self.files_mut().stage(to, &staged, by)
    }

    /// Makes a base layer ready: its hives beside its files, and the layout.
    pub(super) fn set_up_base(&mut self, layer: &str, all: bool, by: By) -> Found<()> {
        self.files_mut().make_folders(&below(layer, folder::HIVES)?, by)?;
        for (hive, base) in BASES {
            let from = below(layer, &format!("{CONFIG}\\{hive}"))?;
            if all || self.storage.files.exists(&from) {
                let to = below(layer, &format!("{}\\{base}", folder::HIVES))?;
                self.files_mut().link(&from, &to, by)?;
            }
        }
        self.files_mut().write(&below(layer, LAYOUT)?, Data::from(LAYOUT_TEXT.as_bytes()), by)
    }

    /// Puts the boot files of a utility VM on its disk's volume.
    pub(super) fn write_boot_files(&mut self, layer: &str, root: &str, by: By) -> Found<()> {
        let boot = below(layer, "Files\\EFI")?;
        if root.is_empty() || !self.storage.files.has_folder(&boot) {
            return Ok(());
        }
        self.files_mut().copy_tree(&boot, &below(&format!("{root}\\"), "EFI")?, by)
    }

    /// Makes a volume that of a writable layer.
    pub(super) fn initialize(&mut self, root: &str, parents: &[String], by: By) -> Found<()> {
        self.mark_volume(root, by)?;
        let hives = state_hives();
        self.files_mut().make_folders(&below(root, &hives)?, by)?;
        for delta in folder::DELTAS {
            self.files_mut().make_file(&below(root, &format!("{hives}\\{delta}"))?, empty_hive(), by)?;
        }
        self.make_way(root, VOLUME_CONFIG, |path| format!("{}\\{path}", folder::FILES), parents, by)?;
        let config = below(root, VOLUME_CONFIG)?;
        let before = self.storage.files.meta(&config)?;
        for (hive, _) in BASES {
            let of = |parent: &String| self.storage.files.data(&below(parent, &format!("{CONFIG}\\{hive}")).ok()?).ok();
            let data = parents.iter().find_map(of).cloned().unwrap_or_default();
            self.files_mut().write(&format!("{config}\\{hive}"), data, by)?;
        }
        // Its hives are the layer's own, and change nothing of what it shows.
        self.files_mut().set_meta(&config, before, by)?;
        self.files_mut().write(&below(root, &format!("{STATE}\\{INITIALIZED}"))?, Data::default(), by)
    }
}

/// The files of a layer on disk: blobs as they are, hives as they are, names of one file as links.
fn staged(layer: &Transport, wanted: impl Fn(&LayerPath) -> bool) -> Vec<Staged> {
    let items = layer.items.iter().filter(|(path, _)| wanted(path));
    let staged = items.map(|(path, item)| Staged {
        path: path.as_str().into(),
        what: match item {
            Item::Blob(blob) if blob.is_folder() => What::Folder(blob.meta.clone()),
            Item::Blob(blob) => What::File(blob.data.clone(), blob.meta.clone()),
            Item::Hive(data, times) => {
                What::File(data.clone(), Meta { attributes: attribute::ARCHIVE, times: *times, ..Meta::default() })
            }
            Item::Link(to) => What::Link(to.as_str().into()),
        },
    });
    staged.collect()
}

/// Reads a layer's folder: what says that something is gone becomes the list of tombstones.
fn read_layer(files: &Files, layer: &str) -> Found<Transport> {
    let mut transport = Transport::read_base(files, layer).map_err(|found| match found.why {
        super::transport::Why::Fault(fault) => fault,
        super::transport::Why::Damage(_) => FileFault::Torn,
    })?;
    unbury(&mut transport);
    Ok(transport)
}

fn unbury(transport: &mut Transport) {
    let is_tombstone = |item: &Item| match item {
        Item::Blob(blob) => blob.meta.reparse.as_ref().is_some_and(|reparse| reparse.tag == TOMBSTONE),
        _ => false,
    };
    let gone: Vec<LayerPath> =
        transport.items.iter().filter(|(_, item)| is_tombstone(item)).map(|(path, _)| path.clone()).collect();
    for path in gone {
        transport.items.remove(&path);
        transport.tombstones.push(path.as_str()[folder::FILES.len() + 1..].to_owned());
    }
}

/// What a writable layer holds itself, in transport form.
fn changes(own: Tree, volume: Uuid, by: By) -> Found<Transport> {
    let files = Files::of_tree(own, volume, by.now);
    let root = files.volume(volume).map(crate::files::Volume::path).ok_or(FileFault::NoVolume)?;
    let mut transport = Transport::default();
    let mut first = BTreeMap::new();
    for found in files.walk(&root)? {
        let path = found.path();
        let top = path.split('\\').next().unwrap_or_default();
        let config = path.strip_prefix(VOLUME_CONFIG).and_then(|rest| rest.strip_prefix('\\'));
        let is_hive = config.is_some_and(|name| BASES.iter().any(|(hive, _)| name.eq_ignore_ascii_case(hive)));
        if let Some(delta) = path.strip_prefix(&format!("{}\\", state_hives())) {
            let hive = Item::Hive(found.data().cloned().unwrap_or_default(), found.meta().times);
            transport.items.insert(LayerPath::new(&format!("{}\\{delta}", folder::HIVES)), hive);
            continue;
        }
        if is_hive || OWN.iter().any(|own| top.eq_ignore_ascii_case(own)) {
            continue;
        }
        let path = if path.is_empty() { folder::FILES.to_owned() } else { format!("{}\\{path}", folder::FILES) };
        let path = LayerPath::new(&path);
        let item = match first.get(&found.file()) {
            Some(file) => Item::Link(LayerPath::clone(file)),
            None => Item::Blob(Blob { data: found.data().cloned().unwrap_or_default(), meta: found.meta() }),
        };
        if !found.is_folder() {
            first.entry(found.file()).or_insert_with(|| path.clone());
        }
        transport.items.insert(path, item);
    }
    unbury(&mut transport);
    Ok(transport)
}
