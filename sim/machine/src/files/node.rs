//! What a file or a folder is made of. What few files have lies behind one pointer, so that the others stay small.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcs_rules::file::{CLUSTER, attribute};
use hcs_rules::grant::Owner;

use super::Data;
use super::acl::Ace;
use super::descriptor::{self, Descriptor};
use super::layer::LayerNote;
use super::path::FoldedName;
use super::volume::StoredVolume;
use crate::table::Key;

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Folder,
    File(Data),
}

/// A folder or a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) content: Content,
    /// The folder that it is in, by the first of its names; a root is in none.
    pub(super) parent: Option<Key>,
    /// Without [`attribute::NORMAL`].
    pub(super) attributes: u32,
    pub(super) owner: Owner,
    /// What was set on it; what it inherits comes behind.
    pub(super) list: Arc<[Ace]>,
    /// Whether somebody has it open and shares it with nobody.
    pub(super) locked: bool,
    pub(super) times: Times,
    pub(super) rare: Option<Arc<Rare>>,
}

/// The times of a file, each a `FILETIME`: tenths of microseconds since 1601.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// When it was made.
    pub created: u64,
    /// When it was last read.
    pub accessed: u64,
    /// When its bytes were last written.
    pub written: u64,
    /// When anything of it last changed.
    pub changed: u64,
}

impl Times {
    /// All at one moment.
    pub const fn all(now: u64) -> Times {
        Times { created: now, accessed: now, written: now, changed: now }
    }
}

/// What few files have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rare {
    pub(super) security: Option<Arc<[u8]>>,
    pub(super) extended: Arc<[Extended]>,
    pub(super) reparse: Option<Reparse>,
    /// Streams beside the unnamed one, by their folded names.
    pub(super) streams: BTreeMap<FoldedName, (Arc<str>, Data)>,
    /// The names that it has beside the first: their folders, and how they compare.
    pub(super) links: Vec<(Key, FoldedName)>,
    /// For a disk's file, the volume in it.
    pub(super) volume: Option<Arc<StoredVolume>>,
    /// For a layer's folder, what is noted of it.
    pub(super) layer: LayerNote,
}

/// An extended attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extended {
    /// The name.
    pub name: Arc<str>,
    /// The flags: 0x80 says that who does not understand it must not touch the file.
    pub flags: u8,
    /// The value.
    pub value: Arc<[u8]>,
}

/// Reparse data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reparse {
    /// The tag, as in `IO_REPARSE_TAG_SYMLINK`.
    pub tag: u32,
    /// What is behind the header of the buffer.
    pub data: Arc<[u8]>,
}

/// Everything of a file or folder but its bytes and its names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// The attributes, as in [`attribute`]: [`attribute::NORMAL`] instead of none.
    pub attributes: u32,
    /// The times.
    pub times: Times,
    /// The security descriptor as it was set, self-relative. The lists of grants are kept apart from it.
    pub security: Option<Arc<[u8]>>,
    /// The extended attributes, in the order in which they were set.
    pub extended: Arc<[Extended]>,
    /// The reparse data.
    pub reparse: Option<Reparse>,
    /// The streams beside the unnamed one, in the order in which their names compare.
    pub streams: Vec<(Arc<str>, Data)>,
}

impl Node {
    /// A new node. It is the user's, and inherits everything.
    pub(super) fn new(content: Content, parent: Option<Key>, owner: Owner, now: u64) -> Node {
        let attributes = if content == Content::Folder { attribute::FOLDER } else { attribute::ARCHIVE };
        let (list, times) = (Arc::default(), Times::all(now));
        Node { content, parent, attributes, owner, list, locked: false, times, rare: None }
    }

    pub(super) fn is_folder(&self) -> bool {
        self.content == Content::Folder
    }

    pub(super) fn has(&self, attribute: u32) -> bool {
        self.attributes & attribute != 0
    }

    /// What it takes on its volume, in whole clusters.
    pub(super) fn allocated(&self) -> u64 {
        let content = match &self.content {
            Content::Folder => 0,
            Content::File(data) if self.has(attribute::SPARSE) => data.kept(),
            Content::File(data) => data.len().next_multiple_of(CLUSTER),
        };
        let streams = self.rare.iter().flat_map(|rare| rare.streams.values());
        streams.fold(content, |sum, (_, data)| sum.saturating_add(data.len().next_multiple_of(CLUSTER)))
    }

    /// How many names it has.
    pub(super) fn names(&self) -> usize {
        1 + self.rare.as_ref().map_or(0, |rare| rare.links.len())
    }

    /// What is rare of it, to change. What has come to be nothing is kept as nothing.
    pub(super) fn change_rare<T>(&mut self, change: impl FnOnce(&mut Rare) -> T) -> T {
        let mut rare = self.rare.take().unwrap_or_default();
        let done = change(Arc::make_mut(&mut rare));
        self.rare = (*rare != Rare::default()).then_some(rare);
        done
    }

    pub(super) fn meta(&self) -> Meta {
        let attributes = if self.attributes == 0 { attribute::NORMAL } else { self.attributes };
        let meta = Meta { attributes, times: self.times, ..Meta::default() };
        match &self.rare {
            None => meta,
            Some(rare) => Meta {
                security: rare.security.clone(),
                extended: rare.extended.clone(),
                reparse: rare.reparse.clone(),
                streams: rare.streams.values().cloned().collect(),
                ..meta
            },
        }
    }

    /// Sets the attributes, those of itself aside.
    pub(super) fn set_attributes(&mut self, attributes: u32) {
        let own = self.attributes & attribute::OF_ITSELF;
        self.attributes = attributes & !(attribute::OF_ITSELF | attribute::NORMAL) | own;
    }

    /// Sets the reparse data, and the attribute that tells of them.
    pub(super) fn set_reparse(&mut self, reparse: Option<Reparse>) {
        let bit = if reparse.is_some() { attribute::REPARSE_POINT } else { 0 };
        self.attributes = self.attributes & !attribute::REPARSE_POINT | bit;
        self.change_rare(|rare| rare.reparse = reparse);
    }

    /// The whole list in its descriptor, if it has one that can be read. It is read each time it is asked for: files are put by
    /// the thousand, and few of them are asked for by anybody whose rights matter.
    pub(super) fn list_of_descriptor(&self) -> Option<Vec<Ace>> {
        descriptor::read(self.rare.as_ref()?.security.as_deref()?)?.list
    }

    /// Sets the descriptor, as it is. The file is whose it says.
    pub(super) fn set_security(&mut self, security: Option<Arc<[u8]>>) {
        if let Some(Descriptor { owner: Some(owner), .. }) = security.as_deref().and_then(descriptor::read) {
            self.owner = owner;
        }
        self.change_rare(|rare| rare.security = security);
    }

    /// Makes it what `meta` says.
    pub(super) fn set_meta(&mut self, meta: Meta) {
        self.set_attributes(meta.attributes);
        self.set_reparse(meta.reparse);
        self.times = meta.times;
        let streams = meta.streams.into_iter().map(|(name, data)| (FoldedName::of(&name), (name, data))).collect();
        self.set_security(meta.security);
        self.change_rare(|rare| (rare.extended, rare.streams) = (meta.extended, streams));
    }
}
