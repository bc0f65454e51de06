//! What a container on a layer would see: the layer and its parents on a simulated host, a scratch disk on them, its volume.

use std::io::Write;
use std::path::{Path, PathBuf};

use hcs_api::VirtualDisks as _;
use hcs_api::disk::{CreateDisk, StorageType};
use hcs_api::layer::{Layer, Mount};
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;
use hcs_sim::Simulator;
use hcs_sim::tar::{self, Options};

use super::{file_of, import, layers, open};

/// Shows the tree that a container on this layer sees. Answers whether the layer could be mounted.
///
/// # Errors
/// What cannot be read or written, in words.
pub fn tree(tar: &Path, parents: &[PathBuf], build: Build, out: &mut dyn Write) -> Result<bool, String> {
    let parents = layers(parents)?;
    let options = if parents.is_empty() { Options::base() } else { Options::child() };
    let layer = tar::read(open(tar)?, &options, |path| file_of(&parents, path)).map_err(|error| error.to_string())?;
    let sim = Simulator::builder().on(build).start();
    let client = sim.client("hcs-sim");
    let mut chain: Vec<Layer> = Vec::new();
    for (index, layer) in parents.iter().rev().chain([&layer]).enumerate() {
        import(&sim, &client, index, layer, &mut chain)?;
    }
    let base = chain.last().map(|base| format!(r"{}\blank.vhdx", base.path)).unwrap_or_default();
    sim.put_folder(r"C:\scratch");
    let (code, disk) =
        client.create_virtual_disk(StorageType::VHDX, SCRATCH.into(), 0, 0, &CreateDisk::differencing(&base));
    if code != Hresult::S_OK {
        return Err(format!("the scratch disk: {code}"));
    }
    client.close_disk(disk);
    let mut mount = Mount::new(&client, SCRATCH, &chain, true).map_err(|error| error.to_string())?;
    let root = format!(r"{}\", mount.path());
    for branch in sim.tree(&root) {
        let path = branch.path.strip_prefix(&root).unwrap_or(&branch.path);
        let size = branch.size.map(|size| format!(", {size} bytes")).unwrap_or_default();
        let hidden = [r"WcSandboxState", "System Volume Information"];
        if !path.is_empty() && !hidden.iter().any(|folder| path.split('\\').next() == Some(folder)) {
            writeln!(out, "{path}{size}").map_err(|error| error.to_string())?;
        }
    }
    mount.unmount().map_err(|error| error.to_string())?;
    Ok(true)
}

const SCRATCH: &str = r"C:\scratch\sandbox.vhdx";
