//! What clients of a story ask for about virtual disks.

use hcs_api::disk::{CreateDisk, Merge, OpenDisk, SetInformation, StorageType};
use hcs_api::{DiskHandle, DiskInformation, Storage, Text, VirtualDisks};
use hcs_rules::disk::{DiskClass, attach, create, open, resize};
use hcs_rules::hresult::Hresult;

use super::Stage;
use super::words::{text, told};

/// A size in bytes: `20GB`, `64MB`, or a number.
fn size(word: &str) -> Result<u64, String> {
    let (number, unit) = match word {
        word if word.ends_with("GB") => (&word[..word.len() - 2], 1 << 30),
        word if word.ends_with("MB") => (&word[..word.len() - 2], 1 << 20),
        word => (word, 1),
    };
    let size = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    size.ok_or_else(|| format!("{word} is no size: 20GB, 64MB, or bytes"))
}

impl Stage {
    pub(super) fn create_disk(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [path, rest @ ..] = words else {
            return Err("create-disk PATH SIZE|parent=PATH|source=PATH [fixed] [as NAME]".to_owned());
        };
        let (mut parameters, mut flags, mut held) = (CreateDisk::of_size(0), 0, *path);
        let mut rest = rest.iter();
        while let Some(word) = rest.next() {
            match (*word, word.split_once('=')) {
                ("fixed", _) => flags |= create::FIXED,
                ("as", _) => held = rest.next().ok_or("as what?")?,
                (_, Some(("parent", path))) => parameters.parent = Text::Some(path),
                (_, Some(("source", path))) => parameters.source = Text::Some(path),
                (word, _) => parameters.size = size(word)?,
            }
        }
        let client = self.actor(name)?.client.clone();
        let (code, disk) = client.create_virtual_disk(StorageType::VHDX, text(path), 0, flags, &parameters);
        Ok(self.keep_disk(name, held, code, disk))
    }

    pub(super) fn open_disk(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [path, rest @ ..] = words else {
            return Err("open-disk PATH [information] [no-parents] [as NAME]".to_owned());
        };
        let (mut information_only, mut flags, mut held) = (false, 0, *path);
        let mut rest = rest.iter();
        while let Some(word) = rest.next() {
            match *word {
                "information" => information_only = true,
                "no-parents" => flags |= open::NO_PARENTS,
                "as" => held = rest.next().ok_or("as what?")?,
                other => return Err(format!("{other}? information, no-parents, as NAME")),
            }
        }
        let client = self.actor(name)?.client.clone();
        let parameters = Some(OpenDisk::Second { information_only, read_only: false });
        let (code, disk) = client.open_virtual_disk(StorageType::VHDX, text(path), 0, flags, parameters);
        Ok(self.keep_disk(name, held, code, disk))
    }

    pub(super) fn open_device(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [path, held] = words else { return Err("open-device \\\\.\\PhysicalDrive1 NAME".to_owned()) };
        let client = self.actor(name)?.client.clone();
        let (code, disk) = client.open_physical_disk(text(path), 0);
        Ok(self.keep_disk(name, held, code, disk))
    }

    fn keep_disk(&mut self, name: &str, held: &str, code: Hresult, disk: DiskHandle) -> String {
        if let Some(actor) = self.actors.get_mut(name).filter(|_| code.is_ok()) {
            actor.disks.insert(held.to_owned(), disk);
        }
        code.to_string()
    }

    /// What a client holds under a name.
    fn held_disk(&mut self, name: &str, held: &str) -> Result<DiskHandle, String> {
        let disk = self.actor(name)?.disks.get(held).copied();
        disk.ok_or_else(|| format!("{name} holds no disk {held}"))
    }

    pub(super) fn attach_disk(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [held, rest @ ..] = words else { return Err("attach-disk NAME [read-only] [stays]".to_owned()) };
        let disk = self.held_disk(name, held)?;
        let mut flags = attach::NO_DRIVE_LETTER;
        for word in rest {
            flags |= match *word {
                "read-only" => attach::READ_ONLY,
                "stays" => attach::PERMANENT_LIFETIME,
                other => return Err(format!("{other}? read-only, stays")),
            };
        }
        Ok(self.actor(name)?.client.attach_virtual_disk(disk, flags).to_string())
    }

    pub(super) fn detach_disk(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let disk = self.held_disk(name, words.first().ok_or("which disk?")?)?;
        Ok(self.actor(name)?.client.detach_virtual_disk(disk, 0).to_string())
    }

    pub(super) fn resize_disk(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [held, wanted, rest @ ..] = words else { return Err("resize-disk NAME SIZE|smallest [unsafe]".to_owned()) };
        let disk = self.held_disk(name, held)?;
        let flags = if rest.contains(&"unsafe") { resize::UNSAFE } else { 0 };
        let (flags, size) = match *wanted {
            "smallest" => (flags | resize::SMALLEST, 0),
            word => (flags, size(word)?),
        };
        Ok(self.actor(name)?.client.resize_virtual_disk(disk, flags, size).to_string())
    }

    pub(super) fn merge_disk(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [held, rest @ ..] = words else { return Err("merge-disk NAME [DEPTH]".to_owned()) };
        let disk = self.held_disk(name, held)?;
        let depth = rest.first().map_or(Ok(1), |word| word.parse().map_err(|_| format!("{word} is no depth")))?;
        Ok(self.actor(name)?.client.merge_virtual_disk(disk, 0, Merge::Depth(depth)).to_string())
    }

    pub(super) fn parent_of_disk(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [held, path] = words else { return Err("parent-of-disk NAME PATH".to_owned()) };
        let disk = self.held_disk(name, held)?;
        let information = SetInformation::ParentPath(text(path));
        Ok(self.actor(name)?.client.set_virtual_disk_information(disk, &information).to_string())
    }

    pub(super) fn format_disk(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let disk = self.held_disk(name, words.first().ok_or("which disk?")?)?;
        Ok(self.actor(name)?.client.format_writable_layer_vhd(disk).to_string())
    }

    pub(super) fn mount_path(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let disk = self.held_disk(name, words.first().ok_or("of which disk?")?)?;
        Ok(told(&self.actor(name)?.client.get_layer_vhd_mount_path(disk)))
    }

    pub(super) fn physical_path(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let disk = self.held_disk(name, words.first().ok_or("of which disk?")?)?;
        Ok(told(&self.actor(name)?.client.get_virtual_disk_physical_path(disk)))
    }

    pub(super) fn disk_information(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let disk = self.held_disk(name, words.first().ok_or("about which disk?")?)?;
        let client = self.actor(name)?.client.clone();
        let classes = [DiskClass::Size, DiskClass::ProviderSubtype, DiskClass::ParentLocation, DiskClass::IsLoaded];
        let lines = classes.map(|class| match client.get_virtual_disk_information(disk, class) {
            (_, Some(information)) => format!("\n  {}", in_words(&information)),
            (code, None) => format!("\n  {}: {code}", class.name()),
        });
        Ok(lines.concat())
    }

    pub(super) fn close_disk(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let held = *words.first().ok_or("which disk?")?;
        let disk = self.held_disk(name, held)?;
        let actor = self.actor(name)?;
        actor.disks.remove(held);
        Ok(actor.client.close_disk(disk).to_string())
    }
}

fn in_words(information: &DiskInformation) -> String {
    match information {
        DiskInformation::Size { virtual_size, physical_size, block, .. } => {
            format!("{virtual_size} bytes, in a file of {physical_size}, in blocks of {block}")
        }
        DiskInformation::ProviderSubtype(2) => "fixed".to_owned(),
        DiskInformation::ProviderSubtype(3) => "dynamic".to_owned(),
        DiskInformation::ProviderSubtype(4) => "differencing".to_owned(),
        DiskInformation::ParentLocation(true, paths) => format!("its parent is {}", paths.concat()),
        DiskInformation::ParentLocation(false, paths) => format!("its parent is not at {}", paths.join(" nor at ")),
        DiskInformation::IsLoaded(true) => "in use".to_owned(),
        DiskInformation::IsLoaded(false) => "not in use".to_owned(),
        other => format!("{other:?}"),
    }
}
