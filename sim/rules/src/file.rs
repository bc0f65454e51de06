//! The file stage: what the host's file system says to a call that names a file, and the facts of that file system.
//!
//! The calls that create state files, grant access and read saved states name files of the host. Each looks its path up in
//! the same order, which is that of [`FileFault`] (assumed); what it then answers is a row of its own.

use crate::closed::closed;
use crate::evidence::{Source, assumed, client, documented, observed};
use crate::hresult::Hresult;
use crate::total::by_call;
use crate::vocabulary::{Call, Calls};

closed! {
    /// What can stand in the way of a call on a file, in the order in which it is noticed.
    pub enum FileFault, FileFaults {
        /// The path is longer than a path may be.
        TooLong,
        /// The path is one of a network share: the simulated network has none.
        Network,
        /// The path names a device, not a file.
        Device,
        /// A name is too long or holds a character that no name holds, or is `.` or `..` where these are no more than names.
        BadName,
        /// There is no such volume.
        NoVolume,
        /// The volume's device is not ready.
        NotReady,
        /// The volume has no file system that is known.
        Unformatted,
        /// A folder on the way is not there, or is a file.
        NoFolder,
        /// The file is not there.
        NoFile,
        /// There is such a file, or folder, already.
        Exists,
        /// The path ends with a separator and is to name a file.
        TrailingSeparator,
        /// It is a folder.
        IsFolder,
        /// It is a file.
        IsFile,
        /// There is something in the folder.
        NotEmpty,
        /// The two names are on two volumes.
        OtherVolume,
        /// A folder would come to lie in itself.
        Within,
        /// A state file would lie in the root folder of its volume.
        DriveRoot,
        /// The volume can only be read.
        ReadOnly,
        /// The caller may not.
        Denied,
        /// Somebody has the file open and shares it with nobody.
        Locked,
        /// The volume has no room for it.
        Full,
        /// The file has as many names as a file can have.
        TooManyLinks,
        /// The extended attributes, the reparse data or the security descriptor are larger than a file holds.
        TooLarge,
        /// The file's access control list has no room for one more entry.
        AclFull,
        /// The file is a container of runtime state in which none is.
        Stateless,
        /// The file is of another format.
        Foreign,
        /// The file is of a newer version of its format.
        Newer,
        /// The file is damaged.
        Torn,
    }
}

/// One row of the file stage.
#[derive(Clone, Copy, Debug)]
pub struct FileRow {
    /// Unique name.
    pub id: &'static str,
    /// The calls.
    pub calls: Calls,
    /// The faults.
    pub faults: FileFaults,
    /// What the call returns.
    pub refuses: Hresult,
    /// How it is known.
    pub sources: &'static [Source],
}

/// The calls that make a file.
pub const CREATING: Calls = Calls::of(&[Call::CreateEmptyGuestStateFile, Call::CreateEmptyRuntimeStateFile]);
/// The calls that read one.
pub const READING: Calls = Calls::of(&[Call::GetProcessorCompatibilityFromSavedState]);
/// The calls that add to an access control list.
pub const GRANTING: Calls = Calls::of(&[Call::GrantVmAccess, Call::GrantVmGroupAccess]);
/// The calls that take from one.
pub const REVOKING: Calls = Calls::of(&[Call::RevokeVmAccess, Call::RevokeVmGroupAccess]);
/// Every call on a file of the host.
pub const ON_FILES: Calls = Calls::of_bits(CREATING.bits() | READING.bits() | GRANTING.bits() | REVOKING.bits());

/// What any call finds wrong with a path.
const PATH: FileFaults = FileFaults::of(&[
    FileFault::TooLong,
    FileFault::BadName,
    FileFault::Device,
    FileFault::Network,
    FileFault::NoVolume,
    FileFault::NotReady,
    FileFault::Unformatted,
    FileFault::NoFolder,
    FileFault::TrailingSeparator,
    FileFault::Denied,
]);
const CREATE: FileFaults =
    PATH.with(FileFault::Exists).with(FileFault::DriveRoot).with(FileFault::ReadOnly).with(FileFault::Full);
const READ: FileFaults = PATH
    .with(FileFault::NoFile)
    .with(FileFault::IsFolder)
    .with(FileFault::Locked)
    .with(FileFault::Stateless)
    .with(FileFault::Foreign)
    .with(FileFault::Newer)
    .with(FileFault::Torn);
const REVOKE: FileFaults = PATH.with(FileFault::NoFile).with(FileFault::ReadOnly);
const GRANT: FileFaults = REVOKE.with(FileFault::AclFull);

/// What can stand in a call's way.
pub const fn faults(call: Call) -> FileFaults {
    if CREATING.contains(call) {
        CREATE
    } else if READING.contains(call) {
        READ
    } else if GRANTING.contains(call) {
        GRANT
    } else if REVOKING.contains(call) {
        REVOKE
    } else {
        FileFaults::NONE
    }
}

/// Every row of the file stage.
pub const ROWS: &[FileRow] = &LIST;

const LIST: [FileRow; 22] = [
    FileRow {
        id: "file.too-long",
        calls: ON_FILES,
        faults: FileFaults::of(&[FileFault::TooLong]),
        refuses: Hresult::ERROR_PATH_NOT_FOUND,
        sources: &[
            documented("maximum path length limitation: 260 characters, 32,767 behind \\\\?\\"),
            assumed("the code, and that the caller's manifest does not ask for long paths"),
        ],
    },
    FileRow {
        id: "file.name",
        calls: ON_FILES,
        faults: FileFaults::of(&[FileFault::BadName]),
        refuses: Hresult::ERROR_INVALID_NAME,
        sources: &[documented("naming files: reserved characters"), assumed("that the call hands the code on")],
    },
    FileRow {
        id: "file.device",
        calls: ON_FILES,
        faults: FileFaults::of(&[FileFault::Device]),
        refuses: Hresult::ERROR_INVALID_NAME,
        sources: &[documented("naming files: reserved device names"), assumed("the code")],
    },
    FileRow {
        id: "file.network",
        calls: ON_FILES,
        faults: FileFaults::of(&[FileFault::Network]),
        refuses: Hresult::ERROR_BAD_NETPATH,
        sources: &[documented("the code's text"), assumed("the simulated network has no share")],
    },
    FileRow {
        id: "file.volume",
        calls: ON_FILES,
        faults: FileFaults::of(&[FileFault::NoVolume]),
        refuses: Hresult::ERROR_PATH_NOT_FOUND,
        sources: &[assumed("as the loader of files says of a drive that is not there")],
    },
    FileRow {
        id: "file.not-ready",
        calls: ON_FILES,
        faults: FileFaults::of(&[FileFault::NotReady]),
        refuses: Hresult::ERROR_NOT_READY,
        sources: &[documented("the code's text"), assumed("that the call hands the code on")],
    },
    FileRow {
        id: "file.unformatted",
        calls: ON_FILES,
        faults: FileFaults::of(&[FileFault::Unformatted]),
        refuses: Hresult::ERROR_UNRECOGNIZED_VOLUME,
        sources: &[documented("the code's text"), assumed("that the call hands the code on")],
    },
    FileRow {
        id: "file.folder",
        calls: ON_FILES,
        faults: FileFaults::of(&[FileFault::NoFolder]),
        refuses: Hresult::ERROR_PATH_NOT_FOUND,
        sources: &[assumed("as every function on files says it")],
    },
    FileRow {
        id: "file.missing",
        calls: Calls::of_bits(ON_FILES.bits() & !CREATING.bits()),
        faults: FileFaults::of(&[FileFault::NoFile]),
        refuses: Hresult::ERROR_FILE_NOT_FOUND,
        sources: &[assumed("as every function on files says it")],
    },
    FileRow {
        id: "file.exists",
        calls: CREATING,
        faults: FileFaults::of(&[FileFault::Exists]),
        refuses: Hresult::ERROR_FILE_EXISTS,
        sources: &[
            client("discobox and appsandbox delete the old file first; NanaBox looks whether there is one"),
            assumed("the code: as for a file that must be new"),
        ],
    },
    FileRow {
        id: "file.separator",
        calls: ON_FILES,
        faults: FileFaults::of(&[FileFault::TrailingSeparator]),
        refuses: Hresult::ERROR_INVALID_NAME,
        sources: &[assumed("as the file system says of a file's name that ends so")],
    },
    FileRow {
        id: "file.is-folder",
        calls: READING,
        faults: FileFaults::of(&[FileFault::IsFolder]),
        refuses: Hresult::E_ACCESSDENIED,
        sources: &[
            documented("CreateFileW: a directory, without backup semantics"),
            assumed("that the call hands it on"),
        ],
    },
    FileRow {
        id: "file.drive-root",
        calls: CREATING,
        faults: FileFaults::of(&[FileFault::DriveRoot]),
        refuses: Hresult::E_ACCESSDENIED,
        sources: &[
            client("the author of NanaBox: state files at a drive's root"),
            assumed("whatever the caller's rights"),
        ],
    },
    FileRow {
        id: "file.read-only",
        calls: Calls::of_bits(ON_FILES.bits() & !READING.bits()),
        faults: FileFaults::of(&[FileFault::ReadOnly]),
        refuses: Hresult::ERROR_WRITE_PROTECT,
        sources: &[documented("the code's text"), assumed("that the call hands the code on")],
    },
    FileRow {
        id: "file.access-denied",
        calls: Calls::of_bits(GRANTING.bits() | REVOKING.bits()),
        faults: FileFaults::of(&[FileFault::Denied]),
        refuses: Hresult::E_ACCESSDENIED,
        sources: &[
            observed(
                "WSL issues 40531, 40532, 40895: without the right to write the list",
                &[crate::build::Build::B26100],
            ),
            assumed("the same for a revocation"),
        ],
    },
    FileRow {
        id: "file.denied",
        calls: Calls::of_bits(CREATING.bits() | READING.bits()),
        faults: FileFaults::of(&[FileFault::Denied]),
        refuses: Hresult::E_ACCESSDENIED,
        sources: &[assumed("as every function on files says it")],
    },
    FileRow {
        id: "file.locked",
        calls: READING,
        faults: FileFaults::of(&[FileFault::Locked]),
        refuses: Hresult::ERROR_SHARING_VIOLATION,
        sources: &[documented("the code's text"), assumed("that the call hands the code on")],
    },
    FileRow {
        id: "file.full",
        calls: CREATING,
        faults: FileFaults::of(&[FileFault::Full]),
        refuses: Hresult::ERROR_DISK_FULL,
        sources: &[documented("the code's text"), assumed("that no part of the file is left")],
    },
    FileRow {
        id: "file.acl-full",
        calls: GRANTING,
        faults: FileFaults::of(&[FileFault::AclFull]),
        refuses: Hresult::E_INVALIDARG,
        sources: &[
            observed("hcsshim issue 792: after many grants on one file", &[crate::build::Build::B17763]),
            documented("ACL: at most 65,535 bytes"),
        ],
    },
    FileRow {
        id: "file.stateless",
        calls: READING,
        faults: FileFaults::of(&[FileFault::Stateless]),
        refuses: Hresult::ERROR_INVALID_DATA,
        sources: &[assumed("a file that was made empty holds no processor")],
    },
    FileRow {
        id: "file.foreign",
        calls: READING,
        faults: FileFaults::of(&[FileFault::Foreign, FileFault::Newer]),
        refuses: Hresult::ERROR_INVALID_DATA,
        sources: &[assumed("what is read is not what is expected")],
    },
    FileRow {
        id: "file.torn",
        calls: READING,
        faults: FileFaults::of(&[FileFault::Torn]),
        refuses: Hresult::ERROR_FILE_CORRUPT,
        sources: &[assumed("the code's text")],
    },
];

by_call! {
    FileFault, true:
    /// The row of a call that finds this. `None` when the call cannot find it.
    FileRow
}

/// What the host's file system takes for a name, and what it is made of.
#[derive(Debug)]
pub struct FactRow {
    /// Unique name.
    pub id: &'static str,
    /// How it is known.
    pub sources: &'static [Source],
}

/// The facts below that no row of the stage says.
pub const FACTS: &[FactRow] = &[
    FactRow {
        id: "file.case",
        sources: &[
            documented("naming files: case is kept, and not compared"),
            assumed("letter by letter, and no letter beyond ASCII is one within"),
        ],
    },
    FactRow {
        id: "file.trailing-dots",
        sources: &[documented("file path formats: trailing periods and spaces are removed")],
    },
    FactRow {
        id: "file.verbatim",
        sources: &[documented("naming files: nothing is changed behind \\\\?\\, and separators are backslashes")],
    },
    FactRow {
        id: "file.relative",
        sources: &[
            documented("the utility functions' sample passes a bare name"),
            assumed("the current folder of every client"),
        ],
    },
    FactRow { id: "file.volume-default", sources: &[assumed("one volume of 64 GB, NTFS, the usual folders")] },
    FactRow {
        id: "file.inheritance",
        sources: &[
            documented("automatic propagation of inheritable entries"),
            assumed("that grants on a folder reach what is in it"),
        ],
    },
];

/// A path of this many UTF-16 units or more is too long, unless it begins with `\\?\`.
pub const PATH_LIMIT: usize = 260;
/// A path that begins with `\\?\` has at most so many UTF-16 units.
pub const LONG_PATH_LIMIT: usize = 32_767;
/// A name has at most so many UTF-16 units.
pub const NAME_LIMIT: usize = 255;
/// The characters that no name holds, beside those below the space.
pub const FORBIDDEN: &str = "<>:\"/\\|?*";
/// The names that are devices in every folder, with an extension too.
pub const DEVICES: &[&str] = &[
    "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "LPT1", "LPT2",
    "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];
/// What a volume is allocated in, in bytes.
pub const CLUSTER: u64 = 4096;
/// The room on a volume that is not told otherwise, in bytes.
pub const VOLUME_CAPACITY: u64 = 64 << 30;
/// A file has at most so many names (documented: 1,023 links may be made of a file).
pub const LINK_LIMIT: usize = 1024;
/// A file has at most so many bytes (documented: NTFS, 16 TB with the usual clusters).
pub const FILE_LIMIT: u64 = (1 << 44) - (1 << 16);
/// The extended attributes of a file have at most so many bytes together (documented).
pub const EXTENDED_LIMIT: usize = 65_535;
/// Reparse data have at most so many bytes (documented: `MAXIMUM_REPARSE_DATA_BUFFER_SIZE`, less its header).
pub const REPARSE_LIMIT: usize = 16_376;
/// A security descriptor has at most so many bytes: two lists, two accounts and what is around them (assumed).
pub const SECURITY_LIMIT: usize = 4 * 65_536;
/// A volume of the double has at most so many files and folders, so that copies of copies end. A real one has room for more.
pub const MOST_NODES: usize = 1 << 20;
/// So deep may disks lie in disks.
pub const MOST_NESTED: u8 = 16;

/// Attributes of a file (documented: file attribute constants).
pub mod attribute {
    /// It can only be read.
    pub const READ_ONLY: u32 = 0x01;
    /// It is not shown.
    pub const HIDDEN: u32 = 0x02;
    /// It is the system's.
    pub const SYSTEM: u32 = 0x04;
    /// It is a folder.
    pub const FOLDER: u32 = 0x10;
    /// It was changed since the last archiving, as every new file was.
    pub const ARCHIVE: u32 = 0x20;
    /// It has no other attribute; said instead of zero.
    pub const NORMAL: u32 = 0x80;
    /// It need not outlive its user.
    pub const TEMPORARY: u32 = 0x100;
    /// Only what was written takes room.
    pub const SPARSE: u32 = 0x200;
    /// It has reparse data.
    pub const REPARSE_POINT: u32 = 0x400;
    /// It is compressed.
    pub const COMPRESSED: u32 = 0x800;
    /// Its bytes are elsewhere.
    pub const OFFLINE: u32 = 0x1000;
    /// The content is not indexed.
    pub const NOT_CONTENT_INDEXED: u32 = 0x2000;
    /// It is encrypted.
    pub const ENCRYPTED: u32 = 0x4000;

    /// What follows from the file itself, and cannot be set.
    pub const OF_ITSELF: u32 = FOLDER | REPARSE_POINT;

    /// The letters by which tools show them, in their order.
    pub const LETTERS: &[(u32, char)] = &[
        (ARCHIVE, 'A'),
        (SYSTEM, 'S'),
        (HIDDEN, 'H'),
        (READ_ONLY, 'R'),
        (OFFLINE, 'O'),
        (NOT_CONTENT_INDEXED, 'I'),
        (TEMPORARY, 'T'),
        (SPARSE, 'P'),
        (COMPRESSED, 'C'),
        (ENCRYPTED, 'E'),
        (REPARSE_POINT, 'L'),
        (FOLDER, 'D'),
    ];

    /// The letters of a mask.
    pub fn text(mask: u32) -> String {
        LETTERS.iter().filter(|(bit, _)| mask & bit != 0).map(|(_, letter)| letter).collect()
    }
}

closed! {
    /// What a volume is formatted with.
    pub enum FileSystem, FileSystems {
        /// NTFS.
        Ntfs,
        /// ReFS.
        Refs,
        /// Nothing that is known: no path leads into the volume.
        Raw,
    }
}

/// The id of the system's volume. The ids of others are derived from their letters in its namespace (assumed).
pub const SYSTEM_VOLUME: u128 = 0x8fd5_b7c0_0000_0000_0000_1000_0000_0000;
/// The letter of the system's volume.
pub const SYSTEM_LETTER: char = 'C';

/// The folder from which relative paths of every client begin.
pub const CURRENT_FOLDER: &str = "C:\\Users\\Public";
/// The folders of the system's volume.
pub const FOLDERS: &[&str] = &[
    "C:\\ProgramData",
    "C:\\Program Files",
    "C:\\Users",
    "C:\\Users\\Public",
    "C:\\Windows",
    "C:\\Windows\\System32",
    "C:\\Windows\\Temp",
];
