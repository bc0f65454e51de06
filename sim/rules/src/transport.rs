//! Layers on their way: the streams of a backup, the transport form that layers are exported to and imported from, and the
//! names and keys of a layer in a tar.
//!
//! The readers and writers are in `hcs_machine::layer` and, for tars, in `hcs_sim`.

pub mod sddl;

use crate::closed::closed;
use crate::evidence::{Source, assumed, client, documented, observed};
use crate::file::FactRow;

closed! {
    /// What a stream of a backup holds. The ids begin with 1.
    pub enum StreamKind, StreamKinds {
        /// `BACKUP_DATA`: the bytes of the file.
        Data,
        /// `BACKUP_EA_DATA`: extended attributes.
        Extended,
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
    /// The most bytes that extended attributes take here: what 64 KB of them do with what fills each one up.
    pub const EXTENDED_LIMIT: u64 = 96 << 10;
    /// The header of one extended attribute: the offset of the next in four bytes, flags, the sizes of name and value. The
    /// name follows, a zero, the value.
    pub const EXTENDED_HEADER: usize = 8;
    /// The next one begins at a multiple of this.
    pub const EXTENDED_ALIGNMENT: usize = 4;
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
    /// What the name of such an entry goes on with elsewhere when it means all of a folder; layers of Windows have none.
    pub const OPAQUE: &str = ".wh.";
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
    /// All files together have at most so many bytes, unless a reader is told otherwise.
    pub const TOTAL_LIMIT: u64 = 64 << 30;
    /// There are at most so many entries in a tar, unless a reader is told otherwise.
    pub const ENTRY_LIMIT: u64 = 1 << 20;
    /// What stands before an entry's bytes has at most so many: names, keys and values.
    pub const HEADER_LIMIT: u64 = 1 << 20;
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

closed! {
    /// Why a layer in a tar is refused.
    pub enum Refusal, Refusals {
        /// A name is no UTF-8.
        NotUtf8,
        /// A path leads out of the layer.
        Outside,
        /// A name that Windows cannot hold.
        BadName,
        /// A path is longer than any.
        TooLong,
        /// It lies neither among the files, nor among the hives, nor among the files of the utility machine.
        Elsewhere,
        /// Its folder is not in the tar before it.
        NoFolder,
        /// It lies below a folder that leads elsewhere.
        BelowLink,
        /// It is there already, case left aside.
        Doubled,
        /// A stream that does not follow its file.
        LooseStream,
        /// It is neither file nor folder nor link.
        Kind,
        /// It is sparse.
        Sparse,
        /// A file is too large, or all together are.
        TooLarge,
        /// There is more in the tar than is read.
        TooMany,
        /// Attributes that are none, or contradict the kind.
        Attributes,
        /// A time that is none, or that no file can have.
        Time,
        /// A security descriptor that is not read.
        Security,
        /// Extended attributes that are not read.
        Extended,
        /// Reparse data that is no link.
        Reparse,
        /// A whiteout of nothing, or of something that is not among the files.
        Whiteout,
        /// A whiteout in a layer without parents.
        WhiteoutInBase,
        /// A whiteout in the utility machine.
        WhiteoutInUtility,
        /// A second name that is not one among the files, or the target is not.
        Link,
        /// A second name of a folder, or of a name that leads to itself.
        LinkToFolder,
        /// A second name of something that neither the tar nor a parent has.
        NoTarget,
    }
}

/// One reason to refuse.
#[derive(Debug)]
pub struct RefusalRow {
    /// The reason.
    pub refusal: Refusal,
    /// In words.
    pub about: &'static str,
    /// How it is known.
    pub sources: &'static [Source],
}

const fn refuse(refusal: Refusal, about: &'static str, sources: &'static [Source]) -> RefusalRow {
    RefusalRow { refusal, about, sources }
}

/// Every reason to refuse a layer in a tar, in the order of [`Refusal`].
pub const REFUSALS: [RefusalRow; Refusal::COUNT] = [
    refuse(Refusal::NotUtf8, "the name is no UTF-8", &[assumed("names come as Windows wrote them")]),
    refuse(
        Refusal::Outside,
        "the path leads out of the layer",
        &[client("hcsshim opens every path below the layer"), assumed("any `..`, also one that stays within")],
    ),
    refuse(Refusal::BadName, "Windows cannot hold the name", &[documented("naming files: reserved characters")]),
    refuse(
        Refusal::TooLong,
        "the path is too long",
        &[documented("maximum path length limitation: 32,767 characters")],
    ),
    refuse(
        Refusal::Elsewhere,
        "it lies neither in Files nor in Hives nor in UtilityVM/Files",
        &[
            client("hcsshim, of what lies in UtilityVM and not in its Files: invalid UtilityVM layer"),
            assumed("the same of the rest"),
        ],
    ),
    refuse(
        Refusal::NoFolder,
        "its folder does not come before it",
        &[
            observed("hcsshim issue 1688: a path that is not found", &[crate::build::Build::B17763]),
            client("hcsshim makes a folder only in one that is there"),
        ],
    ),
    refuse(
        Refusal::BelowLink,
        "it lies below a folder that leads elsewhere",
        &[client("hcsshim takes the folder away until the import is done")],
    ),
    refuse(Refusal::Doubled, "it is there already", &[client("hcsshim makes every file anew")]),
    refuse(
        Refusal::LooseStream,
        "the stream does not follow its file",
        &[client("go-winio reads streams behind their file; a name with a colon is none otherwise")],
    ),
    refuse(Refusal::Kind, "it is neither file nor folder nor link", &[assumed("no writer of layers makes such")]),
    refuse(
        Refusal::Sparse,
        "it is sparse",
        &[
            client("go-winio refuses sparse streams beside a file, and writes a sparse file in full"),
            assumed("the same of sparse entries of a tar"),
        ],
    ),
    refuse(
        Refusal::TooLarge,
        "it is larger than is read",
        &[
            observed("moby issue 40444: a file of more than 8 GB fails", &[crate::build::Build::B17763]),
            assumed("the limit of all together"),
        ],
    ),
    refuse(Refusal::TooMany, "there is more in it than is read", &[assumed("a limit of this reader")]),
    refuse(
        Refusal::Attributes,
        "the attributes are none",
        &[client("go-winio: a decimal number of 32 bits"), assumed("refused where they contradict the kind")],
    ),
    refuse(
        Refusal::Time,
        "the time is none that a file can have",
        &[client("go-winio refuses what is no time"), assumed("before 1601 also")],
    ),
    refuse(
        Refusal::Security,
        "the security descriptor is not read",
        &[client("go-winio: base 64, or text"), assumed("which texts are not read here")],
    ),
    refuse(Refusal::Extended, "the extended attributes are not read", &[client("go-winio: base 64")]),
    refuse(
        Refusal::Reparse,
        "a reparse point that is no link",
        &[
            client("go-winio writes symbolic links and junctions alone"),
            observed("moby issue 41058: links of the Linux subsystem", &[crate::build::Build::B17763]),
        ],
    ),
    refuse(
        Refusal::Whiteout,
        "a whiteout of nothing among the files",
        &[client("hcsshim: invalid tombstone"), assumed("opaque ones also: no writer of layers makes such")],
    ),
    refuse(
        Refusal::WhiteoutInBase,
        "a base layer cannot have whiteouts",
        &[client("hcsshim: base layer cannot have tombstones")],
    ),
    refuse(
        Refusal::WhiteoutInUtility,
        "whiteouts in the utility machine are not modelled",
        &[client("hcsshim takes such files from its copy of the parent's machine")],
    ),
    refuse(Refusal::Link, "a hard link outside of the files", &[client("hcsshim: invalid hard link in layer")]),
    refuse(Refusal::LinkToFolder, "a hard link to a folder or to itself", &[documented("CreateHardLink: files alone")]),
    refuse(
        Refusal::NoTarget,
        "the target of a hard link is not there",
        &[client("hcsshim: failed to find link target")],
    ),
];

/// The row of a reason.
pub const fn refusal(refusal: Refusal) -> &'static RefusalRow {
    let row = &REFUSALS[refusal as usize];
    assert!(row.refusal as u8 == refusal as u8, "the rows stand in another order than the reasons");
    row
}

// Every reason has its row: checked while compiling.
const _: () = {
    let mut at = 0;
    while at < Refusal::COUNT {
        refusal(Refusal::ALL[at]);
        at += 1;
    }
};

/// Something that a folder must hold to be imported.
#[derive(Clone, Copy, Debug)]
pub struct RequiredRow {
    /// Unique name.
    pub id: &'static str,
    /// Where it is in the folder.
    pub path: &'static str,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Whether `ImportLayer` of the older interface cannot do without it either.
    pub of_older: bool,
    /// How it is known.
    pub sources: &'static [Source],
}

const NEEDED: &[Source] = &[observed(
    "hcsctl: without it an import ends with a path that is not found, its files written already",
    &[crate::build::Build::B26200],
)];

const fn required(id: &'static str, path: &'static str, is_folder: bool) -> RequiredRow {
    RequiredRow { id, path, is_folder, of_older: true, sources: NEEDED }
}

/// What a folder must hold to be imported, in the order in which it is looked for (the order is assumed).
pub const REQUIRED: [RequiredRow; 10] = [
    RequiredRow {
        id: "transport.files",
        path: folder::FILES,
        is_folder: true,
        of_older: true,
        sources: &[client("hcsshim: every layer has it"), assumed("that its lack is noticed as the others'")],
    },
    required("transport.files-blob", "Files.$wcidirs$", false),
    RequiredRow {
        id: "transport.hives",
        path: folder::HIVES,
        is_folder: true,
        of_older: true,
        sources: &[client("hcsshim: every layer has it"), assumed("that its lack is noticed as the others'")],
    },
    required("transport.hives-blob", "Hives.$wcidirs$", false),
    required("transport.default-user", "Hives\\DefaultUser_Delta", false),
    required("transport.sam", "Hives\\Sam_Delta", false),
    required("transport.security", "Hives\\Security_Delta", false),
    required("transport.software", "Hives\\Software_Delta", false),
    required("transport.system", "Hives\\System_Delta", false),
    RequiredRow {
        id: "transport.tombstones",
        path: folder::TOMBSTONES,
        is_folder: false,
        of_older: false,
        sources: &[
            NEEDED[0],
            client("hcsshim takes it out of every folder before ImportLayer, and takes the files away itself"),
        ],
    },
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
    FactRow {
        id: "transport.times",
        sources: &[
            observed(
                "hcsctl: an exported chain that is imported again has the same manifests",
                &[crate::build::Build::B26200],
            ),
            assumed("that a folder keeps its times though something is gone from it"),
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
