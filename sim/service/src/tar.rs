//! Layers in tars, as registries keep them: read into the transport form that `HcsImportLayer` takes, and written from the one
//! that `HcsExportLayer` leaves.
//!
//! What is read and what is refused are rows of [`hcs_rules::transport`].

mod keys;
mod list;
mod name;
mod read;
mod time;
mod write;

use std::fmt;
use std::io;

use hcs_machine::files::path::HostPath;
use hcs_rules::transport::{Refusal, about, refusal, tar};

pub use self::list::line;
pub use self::read::{Found, entries, read};
pub use self::write::write;
use crate::simulator::Simulator;
#[doc(no_inline)]
pub use hcs_machine::layer::{
    blob::Blob,
    transport::{Item, LayerPath, Transport, Unreadable, Why},
};

/// How much is read of a tar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of a file, or of a stream of one.
    pub file: u64,
    /// The most bytes of all files together.
    pub total: u64,
    /// The most entries.
    pub entries: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { file: tar::FILE_LIMIT, total: tar::TOTAL_LIMIT, entries: tar::ENTRY_LIMIT }
    }
}

/// How a tar is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How much of it.
    pub limits: Limits,
    /// Whether the layer has no parents.
    pub is_base: bool,
    /// Whether the bytes of files are kept. If not, zeros stand for them, which take no room.
    pub keeps_bytes: bool,
}

impl Options {
    /// Of a layer with parents.
    pub fn child() -> Options {
        Options { limits: Limits::default(), is_base: false, keeps_bytes: true }
    }

    /// Of a layer without parents.
    pub fn base() -> Options {
        Options { is_base: true, ..Options::child() }
    }
}

/// What is wrong with a layer in a tar, or with the layer that is to be written to one.
#[derive(Debug)]
pub struct Error {
    /// The entry, as the tar names it; empty if it is none in particular.
    pub entry: String,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with an entry.
#[derive(Debug)]
pub enum Reason {
    /// The tar cannot be read or written: it is cut or damaged, or its file is.
    Io(io::Error),
    /// The entry is refused.
    Refused(Refusal),
    /// A file of the transport folder is damaged or not there.
    Layer(Why),
    /// It cannot be put where it is to be.
    NotPut,
}

impl Error {
    pub(crate) fn refused(entry: &str, refusal: Refusal) -> Error {
        Error { entry: entry.to_owned(), reason: Reason::Refused(refusal) }
    }

    pub(crate) fn io(entry: &str, error: io::Error) -> Error {
        Error { entry: entry.to_owned(), reason: Reason::Io(error) }
    }

    /// Why it is refused, if it is.
    pub fn refusal(&self) -> Option<Refusal> {
        match self.reason {
            Reason::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

impl From<Unreadable> for Error {
    fn from(unreadable: Unreadable) -> Error {
        Error { entry: unreadable.path, reason: Reason::Layer(unreadable.why) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.entry.is_empty() {
            write!(out, "{}: ", self.entry)?;
        }
        match &self.reason {
            Reason::Io(error) => write!(out, "{error}"),
            Reason::Refused(reason) => out.write_str(refusal(*reason).about),
            Reason::Layer(Why::Damage(damage)) => out.write_str(about(*damage)),
            Reason::Layer(Why::Fault(fault)) => write!(out, "{}", fault.name()),
            Reason::NotPut => out.write_str("it cannot be put there"),
        }
    }
}

impl std::error::Error for Error {}

impl Simulator {
    /// A layer in a tar is put into a folder of the host: the transport form, which `HcsImportLayer` takes; or, of a layer
    /// without parents, the form that setting up a base layer takes. `parents` are folders of layers, the topmost first: they are
    /// asked for the files to which hard links of the tar lead.
    ///
    /// # Errors
    /// What is wrong with the tar; then nothing is put. [`Reason::NotPut`]: what stands in the way there; then some of it may be.
    pub fn stage_layer(&self, place: &str, parents: &[&str], layer: impl io::Read) -> Result<(), Error> {
        self.stage_layer_within(Limits::default(), place, parents, layer)
    }

    /// The same with other limits.
    ///
    /// # Errors
    /// As [`Self::stage_layer`].
    pub fn stage_layer_within(
        &self,
        limits: Limits,
        place: &str,
        parents: &[&str],
        layer: impl io::Read,
    ) -> Result<(), Error> {
        let options = Options { limits, is_base: parents.is_empty(), keeps_bytes: true };
        let of_parents = |path: &LayerPath| parents.iter().find_map(|parent| self.file_of_layer(parent, path));
        let mut layer = read(layer, &options, of_parents)?;
        let staged = if options.is_base {
            layer.staged_base()
        } else {
            layer.complete();
            layer.staged()?
        };
        let is_put = self.put_tree(place, staged);
        if is_put { Ok(()) } else { Err(Error { entry: String::new(), reason: Reason::NotPut }) }
    }

    /// A file of a layer in a folder of the host.
    fn file_of_layer(&self, layer: &str, path: &LayerPath) -> Option<Blob> {
        let layer = HostPath::parse(layer).ok()?;
        let names = layer.names.iter().map(String::as_str).chain(path.as_str().split('\\'));
        let path = HostPath { names: names.map(str::to_owned).collect(), trailing: false, ..layer }.to_string();
        let path = if path.starts_with('\\') { path } else { format!(r"\\?\{path}") };
        let core = self.shared.lock();
        let files = core.host.files();
        let (data, meta) = (files.data(&path).ok()?.clone(), files.meta(&path).ok()?);
        Some(Blob { data, meta })
    }

    /// Writes a transport folder of the host to a tar.
    ///
    /// # Errors
    /// What is wrong with the folder, or with the writer.
    pub fn write_layer(&self, place: &str, to: impl io::Write) -> Result<(), Error> {
        let layer = Transport::read(self.shared.lock().host.files(), place)?;
        write(&layer, to)
    }

    /// Writes a base layer of the host to a tar: its files and those of its utility machine.
    ///
    /// # Errors
    /// As [`Self::write_layer`].
    pub fn write_base_layer(&self, place: &str, to: impl io::Write) -> Result<(), Error> {
        let layer = Transport::read_base(self.shared.lock().host.files(), place)?;
        write(&layer, to)
    }
}

/// Where an item lies in a layer, as a tar writes it.
fn name_in_tar(path: &LayerPath) -> String {
    path.as_str().replace('\\', "/")
}

/// How many bytes an item has.
pub fn size(item: &Item) -> u64 {
    match item {
        Item::Blob(blob) => blob.data.len(),
        Item::Hive(data, _) => data.len(),
        Item::Link(_) => 0,
    }
}
