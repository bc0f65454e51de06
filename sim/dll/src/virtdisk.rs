//! The exports of `virtdisk.dll` that clients of layers use: names, signatures and calling convention of the real ones.

pub use crate::disk::{
    AttachVirtualDisk, CreateVirtualDisk, DetachVirtualDisk, GetVirtualDiskInformation, GetVirtualDiskPhysicalPath,
    MergeVirtualDisk, OpenVirtualDisk, ResizeVirtualDisk, SetVirtualDiskInformation,
};
