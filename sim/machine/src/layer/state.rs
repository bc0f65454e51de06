//! What a call on layers finds: the state of what is at a path, and the documents that come with it.

use hcs_rules::build::Build;
use hcs_rules::document::Root;
use hcs_rules::file::{FileFault, FileSystem};
use hcs_rules::layer::form::{BASES, LAYOUT, MOST_PARENTS, SANDBOX, STATE, VOLUME_INFORMATION};
use hcs_rules::layer::{LayerCase, LayerState};
use hcs_rules::transport::folder;
use uuid::Uuid;

use crate::configuration::{parse, present};
use crate::document::{self, Document, Node};
use crate::files::path::HostPath;
use crate::files::{Files, below};
use crate::host::Host;
use crate::input::Text;
use crate::layer::filter::FilterKind;

/// What is at a path.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The path, as it was given.
    pub(super) path: String,
    pub(super) state: LayerState,
    /// The volume whose root it is.
    pub(super) volume: Option<Uuid>,
}

impl Host {
    /// What is at a path.
    ///
    /// # Errors
    /// Why nothing can be.
    pub(super) fn place(&self, text: &Text) -> Result<Place, FileFault> {
        let Text::Some(path) = text else { return Err(FileFault::BadName) };
        let path = path.to_string();
        if let Ok(volume) = self.storage.files.volume_at_root(&path) {
            let id = volume.id();
            let state = self.state_of_volume(id);
            return Ok(Place { path: volume.path(), state, volume: Some(id) });
        }
        let state = match state_of_folder(&self.storage.files, &path) {
            Err(FileFault::NoFile | FileFault::NoFolder | FileFault::NoVolume) => LayerState::Absent,
            found => found?,
        };
        Ok(Place { path, state, volume: None })
    }

    /// The state of a volume.
    pub(super) fn state_of_volume(&self, id: Uuid) -> LayerState {
        let Some(volume) = self.storage.files.volume(id) else { return LayerState::Absent };
        if volume.kind() == FileSystem::Raw {
            return LayerState::Raw;
        }
        let has = |name: &str| self.storage.files.has_folder(&format!("{}{name}", volume.path()));
        match self.storage.filters.get(&id) {
            Some(filter) if filter.is_overlay => LayerState::Overlaid,
            Some(_) if self.is_volume_in_use(id) => LayerState::InUse,
            Some(_) => LayerState::Filtered,
            None if has(STATE) => LayerState::Initialized,
            None if has(VOLUME_INFORMATION) => LayerState::Formatted,
            None => LayerState::Plain,
        }
    }
}

/// The state of a folder.
///
/// # Errors
/// Why there is none.
pub(crate) fn state_of_folder(files: &Files, path: &str) -> Result<LayerState, FileFault> {
    let mut names = match files.names(path) {
        Err(FileFault::IsFile) => return Ok(LayerState::File),
        names => names?.peekable(),
    };
    if names.peek().is_none() {
        return Ok(LayerState::Empty);
    }
    drop(names);
    let has = |name: &str| below(path, name).is_ok_and(|path| files.exists(&path));
    let has_hive = |name: &str| has(&format!("{}\\{name}", folder::HIVES));
    let is_base = has(LAYOUT) || BASES.iter().any(|(_, base)| has_hive(base));
    Ok(match has(folder::FILES) {
        _ if has(SANDBOX) => LayerState::Scratch,
        true if is_base => LayerState::Base,
        true if folder::DELTAS.iter().all(|delta| has_hive(delta)) => LayerState::Imported,
        true => LayerState::Partial,
        false => LayerState::Foreign,
    })
}

/// Whether one path is another, or within it.
pub(crate) fn is_within(path: &str, folder: &str) -> bool {
    let (Ok(path), Ok(folder)) = (HostPath::parse(path), HostPath::parse(folder)) else { return false };
    let folded =
        |path: &HostPath| path.names.iter().map(|name| crate::files::path::FoldedName::of(name)).collect::<Vec<_>>();
    path.volume == folder.volume && folded(&path).starts_with(&folded(&folder))
}

/// Layer data, read.
#[derive(Clone, Debug, Default)]
pub(super) struct LayerData {
    /// The paths of the parents, the topmost first.
    pub(super) parents: Vec<String>,
    /// Their ids; nil for one that has none.
    pub(super) ids: Vec<Uuid>,
    pub(super) filter: Option<FilterKind>,
}

impl LayerData {
    /// Reads layer data.
    ///
    /// # Errors
    /// The case that makes of it.
    pub(super) fn read(text: &Text, build: Build) -> Result<LayerData, LayerCase> {
        let document = checked(text, Root::LayerData, build, (LayerCase::MalformedData, LayerCase::InvalidData))?;
        let node = document.root();
        let layers = present(node, "Layers").map(|layers| layers.items().collect::<Vec<_>>()).unwrap_or_default();
        if layers.len() > MOST_PARENTS {
            return Err(LayerCase::InvalidData);
        }
        let path = |layer: &Node<'_>| present(*layer, "Path").and_then(Node::as_str).unwrap_or_default().to_owned();
        let id = |layer: &Node<'_>| {
            let id = present(*layer, "Id").and_then(Node::as_str).and_then(|id| Uuid::try_parse(id).ok());
            id.unwrap_or_default()
        };
        let filter = match present(node, "FilterType").and_then(Node::as_str) {
            Some("UnionFS") => Some(FilterKind::UnionFs),
            Some(_) => Some(FilterKind::Wcifs),
            None => None,
        };
        Ok(LayerData { parents: layers.iter().map(path).collect(), ids: layers.iter().map(id).collect(), filter })
    }
}

/// Reads options.
///
/// # Errors
/// The case that makes of them.
pub(super) fn options(text: &Text, root: Root, build: Build) -> Result<Document, LayerCase> {
    checked(text, root, build, (LayerCase::MalformedOptions, LayerCase::InvalidOptions))
}

/// Reads a list of files, which may be left out.
///
/// # Errors
/// The case that makes of it.
pub(super) fn list_of_files(text: &Text) -> Result<(), LayerCase> {
    if crate::configuration::is_nothing(text) {
        return Ok(());
    }
    let document = parse(text).map_err(|_| LayerCase::MalformedOptions)?;
    let root = document.root();
    let is_list = root.is_array() && root.items().all(|item| item.as_str().is_some());
    if is_list { Ok(()) } else { Err(LayerCase::InvalidOptions) }
}

fn checked(
    text: &Text,
    root: Root,
    build: Build,
    (malformed, invalid): (LayerCase, LayerCase),
) -> Result<Document, LayerCase> {
    let document = parse(text).map_err(|_| malformed)?;
    document::check(&document, root, build).map_err(|_| invalid)?;
    Ok(document)
}
