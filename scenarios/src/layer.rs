//! Layers in files of this machine: what a tar holds, whether Windows would take it, and the transport folder that it becomes.

mod folder;
pub mod view;

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use hcs_api::layer::{Layer, set_up_base};
use hcs_rules::build::Build;
use hcs_sim::tar::{self, Blob, Found, Item, LayerPath, Options, Transport};
use hcs_sim::{Client, Simulator};

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
        /// The Windows build, by its number
        #[arg(long, value_parser = build, default_value = "20348")]
        build: Build,
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
        Command::Check { tar, parent, build } => check(&tar, &parent, build, out),
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

fn build(text: &str) -> Result<Build, String> {
    let known = || Build::ALL.iter().map(|build| build.number().to_string()).collect::<Vec<_>>().join(", ");
    let build = text.parse().ok().and_then(Build::from_number);
    build.ok_or_else(|| format!("no build that is simulated; there are {}", known()))
}

/// Imports the layer on a simulated host, on its parents.
fn check(tar: &Path, parents: &[PathBuf], build: Build, out: &mut dyn Write) -> Result<bool, String> {
    let parents = layers(parents)?;
    let mut say = |line: String| writeln!(out, "{line}").map_err(|error| error.to_string());
    let options = if parents.is_empty() { Options::base() } else { Options::child() };
    let layer = match tar::read(open(tar)?, &options, |path| file_of(&parents, path)) {
        Ok(layer) => layer,
        Err(error) => {
            say(format!("refused: {error}"))?;
            return Ok(false);
        }
    };
    let mut complete = layer.clone();
    complete.complete();
    for path in complete.items.keys().filter(|path| !options.is_base && !layer.items.contains_key(path)) {
        say(format!("note: {} is not in it, and is made empty for an import", path.as_str().replace('\\', "/")))?;
    }
    let sim = Simulator::builder().on(build).start();
    let client = sim.client("hcs-sim");
    let mut chain: Vec<Layer> = Vec::new();
    for (index, parent) in parents.iter().rev().enumerate() {
        import(&sim, &client, index, parent, &mut chain).map_err(|error| format!("a parent: {error}"))?;
    }
    if let Err(error) = import(&sim, &client, parents.len(), &layer, &mut chain) {
        say(format!("refused: {error}"))?;
        return Ok(false);
    }
    let kind = if options.is_base { "a base layer" } else { "a layer" };
    let (count, gone) = (layer.items.len(), layer.tombstones.len());
    say(format!("{} takes it as {kind}: {count} files and folders, {gone} whiteouts", build.title()))?;
    Ok(true)
}

/// Puts a layer on those of a chain, of which the topmost is the first.
fn import(
    sim: &Simulator,
    client: &Client,
    index: usize,
    layer: &Transport,
    chain: &mut Vec<Layer>,
) -> Result<(), String> {
    let (to, staged) = (format!(r"C:\layers\{index}"), format!(r"C:\staged\{index}"));
    let put = |place: &str, tree| {
        if sim.put_tree(place, tree) { Ok(()) } else { Err("it cannot be put on a volume".to_owned()) }
    };
    if chain.is_empty() {
        put(&to, layer.staged_base())?;
        set_up_base(client, &to, SCRATCH_SIZE).map_err(|error| error.to_string())?;
    } else {
        let mut layer = layer.clone();
        layer.complete();
        put(&staged, layer.staged().map_err(|bad| tar::Error::from(bad).to_string())?)?;
        hcs_api::layer::import(client, &to, &staged, chain).map_err(|error| error.to_string())?;
    }
    chain.insert(0, Layer::new(&format!("00000000-0000-0000-0000-{index:012}"), &to));
    Ok(())
}

/// The size of a writable layer of a base, in bytes: what clients ask for.
const SCRATCH_SIZE: u64 = 20 << 30;

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
