//! What a virtual disk tells of itself, in structures that the caller makes room for.

use std::ptr::null_mut;

use windows_sys::Win32::Foundation::ERROR_INSUFFICIENT_BUFFER;
use windows_sys::Win32::Storage::Vhd::*;

use crate::common::text;
use crate::disk::{close, create, open};
use crate::world::tell;

pub(crate) fn disks_tell_what_they_are() {
    tell(r"folder C:\disks");
    close(create(r"C:\disks\one.vhdx", 1 << 30, None).expect("created"));
    close(create(r"C:\disks\child.vhdx", 0, Some(r"C:\disks\one.vhdx")).expect("created"));
    let child = open(r"C:\disks\child.vhdx").expect("opened");
    // SAFETY: handles are live; the buffer has as many bytes as is said, and is aligned.
    unsafe {
        let mut information = GET_VIRTUAL_DISK_INFO { Version: GET_VIRTUAL_DISK_INFO_SIZE, ..Default::default() };
        let (mut room, mut used) = (size_of::<GET_VIRTUAL_DISK_INFO>() as u32, 0);
        assert_eq!(GetVirtualDiskInformation(child, &raw mut room, &raw mut information, &raw mut used), 0);
        assert_eq!((information.Anonymous.Size.VirtualSize, information.Anonymous.Size.BlockSize), (1 << 30, 1 << 20));
        room = 4;
        let code = GetVirtualDiskInformation(child, &raw mut room, &raw mut information, null_mut());
        assert_eq!((code, room as usize), (ERROR_INSUFFICIENT_BUFFER, size_of::<GET_VIRTUAL_DISK_INFO>()));

        let mut buffer = [0_u64; 128];
        let located = buffer.as_mut_ptr().cast::<GET_VIRTUAL_DISK_INFO>();
        (*located).Version = GET_VIRTUAL_DISK_INFO_PARENT_LOCATION;
        room = size_of_val(&buffer) as u32;
        assert_eq!(GetVirtualDiskInformation(child, &raw mut room, located, &raw mut used), 0);
        assert_eq!((*located).Anonymous.ParentLocation.ParentResolved, 1);
        let parent = text((&raw const (*located).Anonymous.ParentLocation.ParentLocationBuffer).cast());
        assert!(parent.ends_with(r"\disks\one.vhdx"), "{parent}");
    }
    close(child);
}
