//! Looking at files of this machine as the host would: virtual disks and state files; and who a machine is to access lists.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use hcs_api::Hcs;
use hcs_machine::disk::vhdx::Form;
use hcs_machine::disk::{vhd, vhdx};
use hcs_machine::files::Data;
use hcs_machine::files::acl::Sid;
use hcs_machine::id::FoldedId;
use hcs_rules::build::Build;
use hcs_rules::disk::Damage;
use hcs_rules::state_file::row;
use hcs_sim::director::Director;
use hcs_sim::{Simulator, vmgs};

/// How much of a file is looked at, in bytes: what describes a disk stands near its beginning, and a disk can be large.
const LOOKED_AT: u64 = 64 << 20;

/// A file as it begins, and whether there is more of it than is looked at.
fn load(path: &Path) -> Result<(Data, bool), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let mut bytes = Vec::new();
    file.take(LOOKED_AT).read_to_end(&mut bytes).map_err(failed)?;
    let mut data = Data::zeros(length.max(bytes.len() as u64));
    data.write(0, &bytes);
    Ok((data, length > LOOKED_AT))
}

/// Shows what a virtual disk's file says of it. Answers whether it is in order.
///
/// # Errors
/// Why the file cannot be read.
pub fn disk(path: &Path, out: &mut dyn Write) -> Result<bool, String> {
    let (data, is_cut) = load(path)?;
    let (lines, is_well) = match (vhdx::read(&data), vhd::read(&data)) {
        (Ok(image), _) => (about_disk(&image), true),
        (Err(Damage::NoSignature), Ok(fixed)) => {
            (vec!["VHD, fixed".to_owned(), format!("{} bytes", fixed.size), format!("disk {}", fixed.id)], true)
        }
        (Err(Damage::NoSignature), Err(Damage::NoSignature)) => (vec!["no virtual disk".to_owned()], false),
        (Err(Damage::NoSignature), Err(damage)) => (vec![format!("a damaged VHD: {damage:?}")], false),
        (Err(damage), _) => (vec![format!("a damaged VHDX: {damage:?}")], false),
    };
    let cut = (is_cut && !is_well).then(|| format!("only the first {} MiB were looked at", LOOKED_AT >> 20));
    say(out, lines.into_iter().chain(cut))?;
    Ok(is_well)
}

fn about_disk(image: &vhdx::Image) -> Vec<String> {
    let form = match image.form {
        Form::Fixed => "fixed",
        Form::Dynamic => "dynamic",
        Form::Differencing => "differencing",
    };
    let mut lines = vec![
        format!("VHDX, {form}"),
        format!("{} bytes in blocks of {}", image.size, image.block),
        format!("sectors of {} bytes, {} on the hardware", image.logical_sector, image.physical_sector),
        format!("disk {}", image.id),
        format!("content {}", image.data_write),
        format!("header {} with sequence {}", image.slot, image.sequence),
    ];
    if let Some(parent) = &image.parent {
        lines.push(format!("made from content {}", parent.linkage));
        let places = [("absolute", &parent.absolute), ("relative", &parent.relative), ("by volume", &parent.volume)];
        lines.extend(places.iter().filter_map(|(how, path)| Some(format!("parent, {how}: {}", path.as_ref()?))));
    }
    lines
}

/// Shows what is in a state file: guest state if its name ends so, runtime state otherwise. Answers whether it is in order.
///
/// # Errors
/// Why the file cannot be read.
pub fn state_file(path: &Path, out: &mut dyn Write) -> Result<bool, String> {
    let (data, _) = load(path)?;
    let is_guest_state = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("vmgs"));
    let (place, damage) = match is_guest_state {
        true => (r"C:\state.vmgs", vmgs::read(&data).err()),
        false => (r"C:\state.vmrs", hcs_sim::vmrs::read(&data).err()),
    };
    let director = Director::new(Simulator::builder().start());
    director.sim().put_file(place, &data.to_vec());
    say(out, [director.run(&format!("inspect {place}"))?.trim_start().to_owned()])?;
    Ok(damage.is_none_or(|damage| {
        debug_assert!(!row(damage).about.is_empty(), "every damage is told");
        false
    }))
}

/// Shows who a machine is to access lists, and what grants add to those of a file and of a folder.
///
/// # Errors
/// Why it cannot be shown.
pub fn access(id: &str, build: Build, out: &mut dyn Write) -> Result<(), String> {
    let guid = FoldedId::of(id).runtime_id();
    say(out, [format!("GUID    {guid}"), format!("SID     {}", Sid::machine(guid))])?;
    say(
        out,
        [format!(
            "account NT VIRTUAL MACHINE\\{}, while the machine is there",
            guid.hyphenated().to_string().to_uppercase()
        )],
    )?;
    let sim = Simulator::builder().on(build).start();
    let client = sim.client("hcs-sim");
    for (what, path) in [("a file", r"C:\ProgramData\file"), ("a folder", r"C:\ProgramData\folder")] {
        let _ = if what == "a file" { sim.put_file(path, b"") } else { sim.put_folder(path) };
        for (call, grants) in [("HcsGrantVmAccess", true), ("HcsGrantVmGroupAccess", false)] {
            let before = sim.access_list(path).unwrap_or_default();
            let code = match grants {
                true => client.grant_vm_access(id.into(), path.into()),
                false => client.grant_vm_group_access(path.into()),
            };
            say(out, [format!("{call} of {what}: {code}")])?;
            let after = sim.access_list(path).unwrap_or_default();
            say(out, after.into_iter().filter(|line| !before.contains(line)).map(|line| format!("  {line}")))?;
        }
    }
    Ok(())
}

fn say(out: &mut dyn Write, lines: impl IntoIterator<Item = String>) -> Result<(), String> {
    lines.into_iter().try_for_each(|line| writeln!(out, "{line}")).map_err(|error| error.to_string())
}
