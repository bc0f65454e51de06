//! What layers are on disk. What they have in common with the transport form has its names in [`crate::transport::folder`].

use crate::evidence::{Source, assumed, client, observed};
use crate::transport::folder;

/// The hives among the files of a layer.
pub const CONFIG: &str = "Files\\Windows\\System32\\config";
/// The same on a volume.
pub const VOLUME_CONFIG: &str = "Windows\\System32\\config";
/// The five hives, and the names under which a base layer has them beside its files: hard links.
pub const BASES: [(&str, &str); 5] = [
    ("DEFAULT", "DEFAULTUSER_BASE"),
    ("SAM", "SAM_BASE"),
    ("SECURITY", "SECURITY_BASE"),
    ("SOFTWARE", "SOFTWARE_BASE"),
    ("SYSTEM", "SYSTEM_BASE"),
];
/// The file that says how a base layer is laid out.
pub const LAYOUT: &str = "layout";
/// What is in it.
pub const LAYOUT_TEXT: &str = "vhd-with-hives\n";
/// The disk of a writable layer, in its folder.
pub const SANDBOX: &str = "sandbox.vhdx";
/// The folder on the volume of a writable layer that says what it is.
pub const STATE: &str = "WcSandboxState";
/// The file in it that says that it is initialised.
pub const INITIALIZED: &str = "initialized";
/// What a volume has once it was formatted for a writable layer.
pub const VOLUME_INFORMATION: &str = "System Volume Information";
/// The boot files of a utility VM, without which an import without parents is not whole.
pub const BOOT: &str = "UtilityVM\\Files\\EFI\\Microsoft\\Boot\\BCD";
/// The reparse tag of something that is gone from the layers below: `IO_REPARSE_TAG_WCI_TOMBSTONE`.
pub const TOMBSTONE: u32 = 0xA000_001F;
/// The reparse tag of a folder that stands for one of the layers below: `IO_REPARSE_TAG_WCI_1`.
pub const PLACEHOLDER: u32 = 0x9000_1018;
/// The most parents that layer data may name. A longer list is refused as a document is that is too long.
pub const MOST_PARENTS: usize = 1024;

/// The places on the volume of a writable layer that are its own, and no change to what is below.
pub const OWN: [&str; 2] = [STATE, VOLUME_INFORMATION];

/// How that is known.
pub const FACTS: &[(&str, &[Source])] = &[
    (
        "layer.base-hives",
        &[
            client("hcsshim's own base layers: hard links to the files"),
            observed("hcsctl", &[crate::build::Build::B26200]),
        ],
    ),
    ("layer.layout", &[client("hcsshim's own base layers: the text of the layout")]),
    (
        "layer.state",
        &[
            client("containerd's tests of its snapshots: what is on the volume of a writable layer"),
            assumed("the bytes of its hives: those of the nearest parent that has them"),
        ],
    ),
    (
        "layer.formatted",
        &[assumed("a folder for the file system's own use tells a volume that was formatted for a layer from others")],
    ),
    (
        "layer.tombstones",
        &[
            client("hcsshim: tombstones.txt is of the transport form alone"),
            assumed(
                "on disk a reparse point stands where something is gone, and one for each folder above that is not there",
            ),
        ],
    ),
    ("layer.hives", &[observed("hcsctl: a layer's hives are plain copies", &[crate::build::Build::B26200])]),
];

/// Where the differences of the hives of a writable layer are, on its volume.
pub fn state_hives() -> String {
    format!("{STATE}\\{}", folder::HIVES)
}
