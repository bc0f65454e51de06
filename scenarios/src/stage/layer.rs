//! What clients of a story do with layers. A volume is named by its root, or by the name of the disk that it is on.

use hcs_api::disk::DiskHandle;
use hcs_api::layer::{Layer, layer_data};
use hcs_api::{Storage, Text};
use hcs_rules::hresult::Hresult;
use hcs_sim::Client;

use super::Stage;

impl Stage {
    /// The client, the path that a word means, and the layer data of the parents that follow.
    fn on_layer(&mut self, name: &str, word: &str, parents: &[&str]) -> Result<(Client, String, String), String> {
        let actor = self.actor(name)?;
        let client = actor.client.clone();
        let path = match actor.disks.get(word) {
            Some(disk) => client.get_layer_vhd_mount_path(*disk).document.unwrap_or_default().to_string(),
            None => word.to_owned(),
        };
        let parents: Vec<Layer> = parents.iter().map(|path| Layer::new(&id_of(path), path)).collect();
        Ok((client, path, layer_data(&parents)))
    }

    pub(super) fn import_layer(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [layer, source, parents @ ..] = words else { return Err("import-layer LAYER SOURCE PARENTS".to_owned()) };
        let (client, layer, data) = self.on_layer(name, layer, parents)?;
        told(client.import_layer(text(&layer), text(source), text(&data)))
    }

    pub(super) fn export_layer(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.export(name, words, r#"{"IsWritableLayer":false}"#)
    }

    pub(super) fn export_changes(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.export(name, words, r#"{"IsWritableLayer":true}"#)
    }

    fn export(&mut self, name: &str, words: &[&str], options: &str) -> Result<String, String> {
        let [layer, folder, parents @ ..] = words else { return Err("export LAYER FOLDER PARENTS".to_owned()) };
        let (client, layer, data) = self.on_layer(name, layer, parents)?;
        told(client.export_layer(text(&layer), text(folder), text(&data), text(options)))
    }

    pub(super) fn destroy_layer(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let layer = words.first().ok_or("which layer?")?;
        told(self.actor(name)?.client.destroy_layer(text(layer)))
    }

    pub(super) fn setup_base(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let layer = words.first().ok_or("which layer?")?;
        let client = &self.actor(name)?.client;
        told(client.setup_base_os_layer(text(layer), DiskHandle::NULL, text(r#"{"Type":"Container"}"#)))
    }

    pub(super) fn setup_machine(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [layer, disk] = words else { return Err("setup-machine LAYER DISK".to_owned()) };
        let actor = self.actor(name)?;
        let disk = actor.disks.get(*disk).copied().ok_or_else(|| format!("{name} has no disk {disk}"))?;
        told(actor.client.setup_base_os_layer(text(layer), disk, text(r#"{"Type":"Vm"}"#)))
    }

    pub(super) fn setup_volume(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [layer, volume] = words else { return Err("setup-volume LAYER VOLUME".to_owned()) };
        let (client, volume, _) = self.on_layer(name, volume, &[])?;
        told(client.setup_base_os_volume(text(layer), text(&volume), text(r#"{"Type":"Container"}"#)))
    }

    pub(super) fn initialize(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (volume, parents) = words.split_first().ok_or("which volume?")?;
        let (client, volume, data) = self.on_layer(name, volume, parents)?;
        told(client.initialize_writable_layer(text(&volume), text(&data), Text::Null))
    }

    pub(super) fn attach_filter(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (volume, parents) = words.split_first().ok_or("which volume?")?;
        let (client, volume, data) = self.on_layer(name, volume, parents)?;
        told(client.attach_layer_storage_filter(text(&volume), text(&data)))
    }

    pub(super) fn detach_filter(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (client, volume, _) = self.on_layer(name, words.first().ok_or("which volume?")?, &[])?;
        told(client.detach_layer_storage_filter(text(&volume)))
    }

    /// A container of schema 2, whose volume ends with a separator.
    pub(super) fn create_on(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [id, volume, layers @ ..] = words else { return Err("create-on ID VOLUME LAYERS".to_owned()) };
        let (_, volume, data) = self.on_layer(name, volume, layers)?;
        let path = format!("{}\\", volume.trim_end_matches('\\')).replace('\\', r"\\");
        let storage = format!(r#"{{"Layers":{},"Path":"{path}"}}"#, list_of(&data));
        let version = r#"{"Major":2,"Minor":1}"#;
        let document = format!(r#"{{"SchemaVersion":{version},"Container":{{"Storage":{storage}}}}}"#);
        self.create(name, &[id, &document])
    }

    /// A container of schema 1 with a machine around it.
    pub(super) fn create_isolated(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [id, folder, layers @ ..] = words else { return Err("create-isolated ID FOLDER LAYERS".to_owned()) };
        let (_, folder, data) = self.on_layer(name, folder, layers)?;
        let layers = list_of(&data).replace(r#""Id""#, r#""ID""#);
        let folder = folder.replace('\\', r"\\");
        let document = format!(
            r#"{{"SystemType":"Container","Name":"{id}","LayerFolderPath":"{folder}","Layers":{layers},"HvPartition":true}}"#
        );
        self.create(name, &[id, &document])
    }

    /// What is on the volume of a disk.
    pub(super) fn show(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (_, volume, _) = self.on_layer(name, words.first().ok_or("of which volume?")?, &[])?;
        let branches = self.sim.tree(&format!("{}\\", volume.trim_end_matches('\\')));
        let from = branches.first().map_or(0, |root| root.path.len());
        let size = |size: Option<u64>| size.map(|size| format!(", {size} bytes")).unwrap_or_default();
        let lines = branches.iter().skip(1).map(|branch| format!("\n  {}{}", &branch.path[from..], size(branch.size)));
        let lines: String = lines.collect();
        Ok(if lines.is_empty() { "nothing".to_owned() } else { lines })
    }
}

/// The layers in layer data, which are its last member.
fn list_of(data: &str) -> &str {
    let from = data.find('[').unwrap_or_default();
    data[from..].strip_suffix('}').unwrap_or_default()
}

fn text(word: &str) -> Text<'_> {
    super::words::text(word)
}

#[expect(clippy::unnecessary_wraps, reason = "every command may fail")]
fn told(code: Hresult) -> Result<String, String> {
    Ok(code.to_string())
}

/// An id for a layer: any will do, as long as it is always the same.
fn id_of(path: &str) -> String {
    let hash = path
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3));
    format!("00000000-0000-4000-8000-{:012x}", hash & 0xFFFF_FFFF_FFFF)
}
