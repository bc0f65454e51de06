//! Paths at which no disk can be made or opened.

use hcs_api::disk::{CreateDisk, OpenDisk, StorageType};
use hcs_rules::file::FileFault;
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::Call;

use crate::layer::place::Place;
use crate::target::Trouble;

/// Whether only a world can make a path wrong in this way.
pub(super) fn is_of_the_world(fault: FileFault) -> bool {
    use FileFault::{Denied, Full, NotReady, ReadOnly, Unformatted};
    matches!(fault, Denied | Full | NotReady | ReadOnly | Unformatted)
}

/// Makes the call with such a path: its code.
pub(super) fn refused(place: &mut Place<'_>, call: Call, fault: FileFault) -> Result<Hresult, String> {
    use FileFault as F;
    let (session, files) = (place.session, place.session.files());
    let (host, there) = (session.host(), place.at("disk.vhdx"));
    let path = match fault {
        F::TooLong => place.at(&"long\\".repeat(10_000)),
        F::BadName => place.at("disk?.vhdx"),
        F::Device => r"\\.\NUL".to_owned(),
        F::Network => r"\\no-such-server\share\disk.vhdx".to_owned(),
        F::NoVolume => r"Q:\disk.vhdx".to_owned(),
        F::Unformatted => format!("{}disk.vhdx", session.volume(false)),
        F::NoFolder => place.at(r"nowhere\disk.vhdx"),
        F::TrailingSeparator => place.at("disk.vhdx\\"),
        _ => there.clone(),
    };
    match fault {
        F::IsFolder => files.put_folder(&there),
        F::Exists => files.put_file(&there, b"a file"),
        // A new file is denied where its folder is.
        F::Denied if call == Call::CreateVirtualDisk => _ = session.trouble(Trouble::Denied(&files.folder())),
        F::Denied | F::TrailingSeparator if call == Call::OpenVirtualDisk => {
            place.create(&there)?;
            place.close();
            if fault == F::Denied {
                session.trouble(Trouble::Denied(&there));
            }
        }
        F::NotReady => _ = session.trouble(Trouble::NotReady),
        F::ReadOnly => _ = session.trouble(Trouble::VolumeReadOnly),
        F::Full => _ = session.trouble(Trouble::NoRoom),
        _ => {}
    }
    let path = path.as_str().into();
    Ok(match call {
        Call::CreateVirtualDisk => {
            host.create_virtual_disk(StorageType::VHDX, path, 0, 0, &CreateDisk::of_size(1 << 30)).0
        }
        _ => {
            let parameters = OpenDisk::Second { information_only: false, read_only: false };
            host.open_virtual_disk(StorageType::VHDX, path, 0, 0, Some(parameters)).0
        }
    })
}
