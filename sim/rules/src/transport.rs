//! Layers on their way: the streams of a backup, the transport form that layers are exported to and imported from, and the
//! names and keys of a layer in a tar.
//!
//! The readers and writers are in `hcs_machine::layer` and, for tars, in `hcs_sim`.

use crate::closed::closed;
use crate::evidence::{Source, assumed, client, documented, observed};
use crate::file::FactRow;

closed! {
    /// What a stream of a backup holds. The ids begin with 1.
    pub enum StreamKind, StreamKinds {
        /// `BACKUP_DATA`: the bytes of the file.
        Data,
        /// `BACKUP_EA_DATA`: extended attributes.
        ExtendedAttributes,
        /// `BACKUP_SECURITY_DATA`: a self-relative security descriptor.
        Security,
        /// `BACKUP_ALTERNATE_DATA`: the bytes of a stream with a name.
        Alternate,
        /// `BACKUP_LINK`: hard links.
        Link,
        /// `BACKUP_PROPERTY_DATA`: properties.
        Property,
        /// `BACKUP_OBJECT_ID`: the object's id.
        ObjectId,
        /// `BACKUP_REPARSE_DATA`: where a link leads, or whatever else a filter keeps there.
        Reparse,
        /// `BACKUP_SPARSE_BLOCK`: a piece of a sparse stream.
        SparseBlock,
        /// `BACKUP_TXFS_DATA`: data of transactions.
        Transaction,
    }
}

impl StreamKind {
    /// The number that stands in the header of such a stream.
    pub const fn id(self) -> u32 {
        self as u32 + 1
    }

    /// The kind with this number.
    pub fn by_id(id: u32) -> Option<StreamKind> {
        let index = usize::try_from(id.checked_sub(1)?).ok()?;
        StreamKind::ALL.get(index).copied()
    }
}

/// The numbers of a backup.
pub mod backup {
    /// The header of a stream: its id, its attributes, its size in eight bytes, the size of its name. The name follows.
    pub const HEADER: usize = 20;
    /// The attribute of a stream of which blocks follow.
    pub const SPARSE: u32 = 8;
    /// What a block of a sparse stream begins with: where it lies.
    pub const BLOCK_OFFSET: u64 = 8;
    /// What the name of an alternate stream begins with.
    pub const NAME_BEGINS: &str = ":";
    /// What it ends with.
    pub const NAME_ENDS: &str = ":$DATA";
    /// The most bytes of extended attributes that a file has.
    pub const EXTENDED_LIMIT: u64 = 64 << 10;
    /// The header of one extended attribute: the offset of the next in four bytes, flags, the sizes of name and value. The
    /// name follows, a zero, the value.
    pub const EXTENDED_HEADER: usize = 8;
    /// The next one begins at a multiple of this.
    pub const EXTENDED_ALIGNMENT: usize = 4;
    /// The most bytes of a security descriptor that are read: two lists of 64 KB, two accounts, a header.
    pub const SECURITY_LIMIT: u64 = 132 << 10;
    /// The most bytes of reparse data.
    pub const REPARSE_LIMIT: u64 = 16 << 10;
}

/// Reparse data.
pub mod reparse {
    /// Tag, size in two bytes, two reserved ones.
    pub const HEADER: usize = 8;
    /// What follows the header if the tag is not Microsoft's, and is not counted: a GUID.
    pub const GUID: usize = 16;
    /// The tag's bit of Microsoft's own.
    pub const MICROSOFT: u32 = 0x8000_0000;
    /// The tag of a junction, which is also that of a mounted volume.
    pub const JUNCTION: u32 = 0xA000_0003;
    /// The tag of a symbolic link.
    pub const SYMLINK: u32 = 0xA000_000C;
    /// The flag of a symbolic link whose target begins where the link is.
    pub const RELATIVE: u32 = 1;
    /// The tags that an import refuses: links of the Linux subsystem.
    pub const REFUSED: &[u32] = &[0xA000_001D];
}

/// The transport form.
pub mod folder {
    /// The files of the layer.
    pub const FILES: &str = "Files";
    /// The changes to the registry.
    pub const HIVES: &str = "Hives";
    /// The machine that runs Hyper-V isolated containers.
    pub const UTILITY_VM: &str = "UtilityVM";
    /// Its files.
    pub const UTILITY_FILES: &str = "UtilityVM\\Files";
    /// What is gone from the parents.
    pub const TOMBSTONES: &str = "tombstones.txt";
    /// What the name of the blob of a folder ends with.
    pub const SIDECAR: &str = ".$wcidirs$";
    /// A folder among the files that no reader looks into.
    pub const RECYCLE_BIN: &str = "$Recycle.Bin";
    /// The first line of the tombstones, behind the mark of UTF-8.
    pub const VERSION: &str = "Version 1.0";
    /// The mark of UTF-8.
    pub const MARK: &[u8] = b"\xEF\xBB\xBF";
    /// The attributes of the hives' folder: a folder, not to be indexed.
    pub const HIVES_ATTRIBUTES: u32 = 0x2010;
    /// A hive without changes has so many bytes.
    pub const EMPTY_HIVE: usize = 8 << 10;
    /// And begins so.
    pub const EMPTY_HIVE_MARK: &[u8] = b"OfRg";
    /// The changes of each hive.
    pub const DELTAS: [&str; 5] =
        ["DefaultUser_Delta", "Sam_Delta", "Security_Delta", "Software_Delta", "System_Delta"];
    /// The hive whose times stand for those of the folders at the root.
    pub const TIMES_OF: &str = "System_Delta";
}

/// A layer in a tar.
pub mod tar {
    /// What the name of something that is gone begins with.
    pub const WHITEOUT: &str = ".wh.";
    /// What the name of a folder with nothing from below is called elsewhere; layers of Windows have none.
    pub const OPAQUE: &str = ".wh..wh..opq";
    /// The attributes, in decimal.
    pub const ATTRIBUTES: &str = "MSWINDOWS.fileattr";
    /// The security descriptor, self-relative, in base 64.
    pub const SECURITY: &str = "MSWINDOWS.rawsd";
    /// The security descriptor as text, which older writers left.
    pub const SECURITY_TEXT: &str = "MSWINDOWS.sd";
    /// The link is a junction.
    pub const JUNCTION: &str = "MSWINDOWS.mountpoint";
    /// An extended attribute, in base 64; its name follows.
    pub const EXTENDED: &str = "MSWINDOWS.xattr.";
    /// When it was made.
    pub const CREATED: &str = "LIBARCHIVE.creationtime";
    /// The mode of a folder.
    pub const FOLDER_MODE: u32 = 0o040_000;
    /// The mode of a file.
    pub const FILE_MODE: u32 = 0o100_000;
    /// The mode of a link to elsewhere.
    pub const SYMLINK_MODE: u32 = 0o120_000;
    /// The mode of a second name of a file.
    pub const LINK_MODE: u32 = 0o644;
    /// Files of more bytes are refused unless a reader is told otherwise.
    pub const FILE_LIMIT: u64 = 8 << 30;
    /// The files that an import changes, and the names under which their bytes are kept at the layer's root.
    pub const KEPT: [(&str, &str); 4] = [
        ("UtilityVM\\Files\\EFI\\Microsoft\\Boot\\BCD", "bcd.bak"),
        ("UtilityVM\\Files\\EFI\\Microsoft\\Boot\\BCD.LOG", "bcd.log.bak"),
        ("UtilityVM\\Files\\EFI\\Microsoft\\Boot\\BCD.LOG1", "bcd.log1.bak"),
        ("UtilityVM\\Files\\EFI\\Microsoft\\Boot\\BCD.LOG2", "bcd.log2.bak"),
    ];
}

closed! {
    /// What a reader finds wrong with a backup or with the transport form of a layer.
    pub enum Damage, Damages {
        /// The bytes end before the stream does.
        Cut,
        /// A stream of a kind that is not known.
        UnknownStream,
        /// A name that is not one of an alternate stream, or a name where none is due.
        BadName,
        /// Two streams of which there is one.
        Doubled,
        /// Extended attributes that contradict themselves, or are too many.
        BadExtended,
        /// A security descriptor that is too long.
        BadSecurity,
        /// Reparse data that contradicts itself, or is too long.
        BadReparse,
        /// A block of a sparse stream without a sparse stream before it.
        LooseBlock,
        /// Blocks of a sparse stream that lie before others, or after which it does not end.
        BadBlocks,
        /// A blob that is too short for attributes.
        NoAttributes,
        /// A list of tombstones that does not begin as one.
        BadTombstones,
        /// A line in the list of tombstones that is no path.
        BadTombstone,
    }
}

/// What is wrong, in words.
pub const fn about(damage: Damage) -> &'static str {
    match damage {
        Damage::Cut => "the bytes end within a stream",
        Damage::UnknownStream => "a stream of an unknown kind",
        Damage::BadName => "a stream with a name that is none",
        Damage::Doubled => "a stream that is there already",
        Damage::BadExtended => "the extended attributes are damaged",
        Damage::BadSecurity => "the security descriptor is too long",
        Damage::BadReparse => "the reparse data is damaged",
        Damage::LooseBlock => "a block of a sparse stream that is not there",
        Damage::BadBlocks => "the blocks of a sparse stream are damaged",
        Damage::NoAttributes => "no attributes before the streams",
        Damage::BadTombstones => "the list of tombstones does not begin as one",
        Damage::BadTombstone => "a tombstone is no path",
    }
}

/// Something that a folder must hold to be imported.
#[derive(Clone, Copy, Debug)]
pub struct RequiredRow {
    /// Unique name.
    pub id: &'static str,
    /// Where it is in the folder.
    pub path: &'static str,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// How it is known.
    pub sources: &'static [Source],
}

const NEEDED: &[Source] = &[observed(
    "hcsctl: without it an import ends with a path that is not found, its files written already",
    &[crate::build::Build::B26200],
)];

const fn required(id: &'static str, path: &'static str, is_folder: bool) -> RequiredRow {
    RequiredRow { id, path, is_folder, sources: NEEDED }
}

/// What a folder must hold to be imported, in the order in which it is looked for (the order is assumed).
pub const REQUIRED: [RequiredRow; 10] = [
    RequiredRow {
        id: "transport.files",
        path: folder::FILES,
        is_folder: true,
        sources: &[client("hcsshim: every layer has it"), assumed("that its lack is noticed as the others'")],
    },
    required("transport.files-blob", "Files.$wcidirs$", false),
    RequiredRow {
        id: "transport.hives",
        path: folder::HIVES,
        is_folder: true,
        sources: &[client("hcsshim: every layer has it"), assumed("that its lack is noticed as the others'")],
    },
    required("transport.hives-blob", "Hives.$wcidirs$", false),
    required("transport.default-user", "Hives\\DefaultUser_Delta", false),
    required("transport.sam", "Hives\\Sam_Delta", false),
    required("transport.security", "Hives\\Security_Delta", false),
    required("transport.software", "Hives\\Software_Delta", false),
    required("transport.system", "Hives\\System_Delta", false),
    required("transport.tombstones", folder::TOMBSTONES, false),
];

/// The facts that no row above says.
pub const FACTS: &[FactRow] = &[
    FactRow {
        id: "transport.stream",
        sources: &[documented("WIN32_STREAM_ID: ids, and the order of a header's fields"), client("go-winio")],
    },
    FactRow {
        id: "transport.sparse",
        sources: &[
            client("go-winio: a sparse stream of no bytes, blocks with their offsets, an empty block where it ends"),
            assumed("blocks where a file of this host has any bytes but zeros"),
        ],
    },
    FactRow {
        id: "transport.order",
        sources: &[
            client("hcsshim writes security, extended attributes, reparse data, data, alternate streams"),
            assumed("that an export of the service does too; any order is read"),
        ],
    },
    FactRow { id: "transport.extended", sources: &[documented("FILE_FULL_EA_INFORMATION"), client("go-winio")] },
    FactRow {
        id: "transport.reparse",
        sources: &[
            documented("REPARSE_DATA_BUFFER; at most 16 KB"),
            client("go-winio: the name that is shown is a link's target"),
        ],
    },
    FactRow {
        id: "transport.blob",
        sources: &[
            client("hcsshim: attributes in four bytes, then the streams; the blob's own times are the entry's"),
            observed("hcsctl: the same of what HcsExportLayer leaves", &[crate::build::Build::B26200]),
        ],
    },
    FactRow {
        id: "transport.sidecar",
        sources: &[
            client("hcsshim: the blob of a folder lies beside it"),
            client("hcsshim: that of a folder that leads elsewhere is imported as a link, and nothing below it"),
        ],
    },
    FactRow {
        id: "transport.utility",
        sources: &[
            observed("hcsctl stages it as it stages files", &[crate::build::Build::B26200]),
            client("hcsshim writes it into the layer itself"),
        ],
    },
    FactRow {
        id: "transport.whiteouts",
        sources: &[
            client("hcsshim: a line begins with a backslash, and names a path among the files"),
            assumed("lines of Windows, with a carriage return, are read too"),
        ],
    },
    FactRow { id: "transport.links", sources: &[client("hcsshim: names of one file are hard links of one blob")] },
    FactRow {
        id: "transport.tar",
        sources: &[
            client("hcsshim and go-winio: keys, whiteouts behind their folder, streams behind their file"),
            client("hcsshim: a link may stand before its target, or lead to a file of a parent"),
        ],
    },
    FactRow {
        id: "transport.tar-limit",
        sources: &[
            observed("moby issue 40444: a file of more than 8 GB fails", &[crate::build::Build::B17763]),
            assumed("refused by the reader"),
        ],
    },
];
