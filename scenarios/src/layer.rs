//! Layers in files of this machine: what a tar holds, whether Windows would take it, and the transport folder that it becomes.

mod folder;

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use hcs_sim::Simulator;
use hcs_sim::tar::{self, Blob, Found, Item, LayerPath, Options, Transport};

/// What can be done with a layer.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Show what the tar of a layer holds, entry by entry
    List {
        /// The tar, not compressed; - reads standard input
        tar: PathBuf,
    },
    /// Tell whether the tar of a layer can be imported, and why not
    Check {
        /// The tar, not compressed; - reads standard input
        tar: PathBuf,
        /// The tar of a parent, the topmost first; a layer without parents is a base layer
        #[arg(long)]
        parent: Vec<PathBuf>,
    },
    /// Make a transport folder of a tar, or a tar of a transport folder
    Convert {
        /// A tar, or a folder
        from: PathBuf,
        /// A folder that is not there yet, or the tar
        to: PathBuf,
        /// The tar of a parent, the topmost first, when hard links lead there
        #[arg(long)]
        parent: Vec<PathBuf>,
    },
}

/// Does it. Answers whether all is well with the layer.
///
/// # Errors
/// What cannot be read or written, in words.
pub fn run(command: Command, out: &mut dyn Write) -> Result<bool, String> {
    match command {
        Command::List { tar } => list(&tar, out),
        Command::Check { tar, parent } => check(&tar, &parent, out),
        Command::Convert { from, to, parent } => convert(&from, &to, &parent, out),
    }
}

fn list(tar: &Path, out: &mut dyn Write) -> Result<bool, String> {
    let options = Options { keeps_bytes: false, ..Options::child() };
    let mut told = Ok(());
    let (mut count, mut bytes) = (0_u64, 0_u64);
    let ended = tar::entries(open(tar)?, &options, |path, found| {
        count += 1;
        if let Found::Item(item) = &found {
            bytes += tar::size(item);
        }
        if told.is_ok() {
            told = writeln!(out, "{}", tar::line(&path, &found));
        }
    });
    told.and_then(|()| writeln!(out, "{count} entries, {bytes} bytes")).map_err(|error| error.to_string())?;
    ended.map_err(|error| error.to_string())?;
    Ok(true)
}

fn check(tar: &Path, parents: &[PathBuf], out: &mut dyn Write) -> Result<bool, String> {
    let parents = layers(parents)?;
    let is_base = parents.is_empty();
    let options = Options { is_base, keeps_bytes: false, ..Options::child() };
    let mut say = |line: String| writeln!(out, "{line}").map_err(|error| error.to_string());
    let mut layer = match tar::read(open(tar)?, &options, |path| file_of(&parents, path)) {
        Ok(layer) => layer,
        Err(error) => {
            say(format!("refused: {error}"))?;
            return Ok(false);
        }
    };
    let counts = (layer.items.len(), layer.tombstones.len());
    let before: Vec<LayerPath> = layer.items.keys().cloned().collect();
    layer.complete();
    for path in layer.items.keys().filter(|path| !is_base && before.binary_search(path).is_err()) {
        say(format!("note: {} is not in it, and is made empty for an import", path.as_str().replace('\\', "/")))?;
    }
    let kind = if is_base { "a base layer" } else { "a layer" };
    say(format!("taken as {kind}: {} files and folders, {} whiteouts", counts.0, counts.1))?;
    Ok(true)
}

fn convert(from: &Path, to: &Path, parents: &[PathBuf], out: &mut dyn Write) -> Result<bool, String> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| format!("{path}: {error}")
    };
    if from.is_dir() {
        let tree = folder::read(from).map_err(failed(from))?;
        let sim = Simulator::builder().start();
        if !sim.put_tree(PLACE, tree) {
            return Err(format!("{}: two names differ in case alone, or Windows cannot hold one", from.display()));
        }
        let mut file = BufWriter::new(File::create_new(to).map_err(failed(to))?);
        sim.write_layer(PLACE, &mut file).map_err(|error| error.to_string())?;
        file.flush().map_err(failed(to))?;
    } else {
        let parents = layers(parents)?;
        let options = Options::child();
        let mut layer =
            tar::read(open(from)?, &options, |path| file_of(&parents, path)).map_err(|error| error.to_string())?;
        layer.complete();
        let staged = layer.staged().map_err(|bad| tar::Error::from(bad).to_string())?;
        folder::write(to, &staged).map_err(failed(to))?;
    }
    writeln!(out, "{} is made", to.display()).map_err(|error| error.to_string())?;
    Ok(true)
}

/// Where a folder lies while it is read.
const PLACE: &str = r"C:\layer";

fn layers(tars: &[PathBuf]) -> Result<Vec<Transport>, String> {
    let layer = |tar: &PathBuf| {
        let options = Options::child();
        tar::read(open(tar)?, &options, |_| None).map_err(|error| format!("{}: {error}", tar.display()))
    };
    tars.iter().map(layer).collect()
}

/// A file of the first layer that has it.
fn file_of(layers: &[Transport], path: &LayerPath) -> Option<Blob> {
    layers.iter().find_map(|layer| match layer.items.get(path)? {
        Item::Blob(blob) => Some(blob.clone()),
        Item::Link(file) => match layer.items.get(file)? {
            Item::Blob(blob) => Some(blob.clone()),
            _ => None,
        },
        Item::Hive(..) => None,
    })
}

/// A tar to read. Registries keep them compressed: that is told apart.
fn open(path: &Path) -> Result<Box<dyn Read>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut reader: Box<dyn Read> = match path.as_os_str() == "-" {
        true => Box::new(std::io::stdin().lock()),
        false => Box::new(BufReader::with_capacity(1 << 16, File::open(path).map_err(failed)?)),
    };
    let mut begin = [0; 4];
    let mut count = 0;
    while count < begin.len() {
        match reader.read(&mut begin[count..]).map_err(failed)? {
            0 => break,
            more => count += more,
        }
    }
    let begin = &begin[..count];
    for (mark, tool) in [(&b"\x1F\x8B"[..], "zcat"), (b"\x28\xB5\x2F\xFD", "zstdcat")] {
        if begin.starts_with(mark) {
            let name = path.display();
            return Err(format!("{name} is compressed: `{tool} {name} | hcs-sim layer list -` reads it"));
        }
    }
    Ok(Box::new(std::io::Cursor::new(begin.to_vec()).chain(reader)))
}
