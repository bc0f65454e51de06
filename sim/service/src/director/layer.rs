//! Layers of the host: what the world puts there, and what it does to them.

use hcs_machine::files::{Data, Meta};
use hcs_machine::layer::blob::Blob;
use hcs_machine::layer::transport::{Item, LayerPath, Transport};
use hcs_rules::file::attribute;
use hcs_rules::layer::form::{BASES, BOOT, CONFIG};
use hcs_rules::transport::folder;

use super::Director;
use super::words::happened;

impl Director {
    /// A layer in transport form: `base` is what every base layer has, `NAME=TEXT` is a file, `-NAME` is gone from below.
    pub(super) fn layer(&self, words: &[&str]) -> Result<String, String> {
        let (path, what) = words.split_first().ok_or("where?")?;
        let mut layer = Transport::default();
        for word in what {
            match (word.split_once('='), word.strip_prefix('-')) {
                (None, None) if *word == "base" => {
                    put(&mut layer, BOOT, b"boot");
                    for (hive, _) in BASES {
                        put(&mut layer, &format!("{CONFIG}\\{hive}"), b"regf");
                    }
                }
                (None, Some(gone)) => layer.tombstones.push(gone.to_owned()),
                (Some((name, text)), _) => put(&mut layer, &format!("{}\\{name}", folder::FILES), text.as_bytes()),
                _ => return Err(format!("base, NAME=TEXT or -NAME, not {word}")),
            }
        }
        layer.complete();
        let done = self.sim.put_transport(path, &layer).map_err(|found| format!("{} cannot be written", found.path))?;
        Ok(happened(done))
    }

    pub(super) fn import_torn(&self, words: &[&str]) -> Result<String, String> {
        let files = *words.first().ok_or("after how many files?")?;
        Ok(happened(self.sim.tear_import(files.parse().map_err(|_| format!("no number {files}"))?)))
    }

    pub(super) fn filter_collision(&self, words: &[&str]) -> Result<String, String> {
        match words {
            ["on"] => Ok(happened(self.sim.set_filter_collision(true))),
            ["off"] => Ok(happened(self.sim.set_filter_collision(false))),
            _ => Err("on, or off".to_owned()),
        }
    }

    pub(super) fn filter_kept(&self, words: &[&str]) -> Result<String, String> {
        let [volume, times] = words else { return Err("filter-kept VOLUME TIMES".to_owned()) };
        Ok(happened(self.sim.keep_filter(volume, times.parse().map_err(|_| format!("no number {times}"))?)))
    }

    pub(super) fn image_build(&self, words: &[&str]) -> Result<String, String> {
        let [folder, build] = words else { return Err("image-build FOLDER BUILD".to_owned()) };
        Ok(happened(self.sim.set_image_build(folder, build.parse().map_err(|_| format!("no number {build}"))?)))
    }

    pub(super) fn layer_damaged(&self, words: &[&str]) -> Result<String, String> {
        Ok(happened(self.sim.damage_layer(words.first().ok_or("which?")?)))
    }
}

/// Puts a file into a layer, and the folders above it.
fn put(layer: &mut Transport, path: &str, bytes: &[u8]) {
    let meta = |attributes| Meta { attributes, ..Meta::default() };
    let path = LayerPath::new(path);
    let mut above = path.folder();
    while let Some(folder) = above {
        above = folder.folder();
        layer
            .items
            .entry(folder)
            .or_insert_with(|| Item::Blob(Blob { meta: meta(attribute::FOLDER), ..Blob::default() }));
    }
    layer.items.insert(path, Item::Blob(Blob { data: Data::from(bytes), meta: meta(attribute::ARCHIVE) }));
}
