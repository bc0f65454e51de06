//! Virtual disks: their files, and the calls of `virtdisk.dll`.
//!
//! | file | what is there |
//! |---|---|
//! | [`vhdx`] | the file of a virtual disk, written and read |
//! | [`vhd`] | fixed disks of the first kind, read |

pub mod vhd;
pub mod vhdx;

use hcs_rules::export;
use hcs_rules::handle::HandleFault;

use crate::effect::{Effect, Finding, Reply};
use crate::handle::{Handle, HandleType};
use crate::host::{Admitted, Host, refusal};
use crate::input::{ClientId, DiskRequest};
use crate::table::{Found, Key};

/// What a client holds of a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DiskHandle {
    pub(crate) client: ClientId,
}

impl Host {
    /// The entry behind a client's handle of a disk.
    pub(crate) fn disk_handle(&self, client: ClientId, handle: Handle) -> Result<(Key, &DiskHandle), HandleFault> {
        let key = self.live_key(handle, HandleType::Disk)?;
        match self.disk_handles.find(key) {
            Found::Live(entry) if entry.client == client => Ok((key, entry)),
            Found::Live(_) => Err(HandleFault::Foreign),
            Found::Gone => Err(HandleFault::Closed),
            Found::Never => Err(HandleFault::Unknown),
        }
    }

    /// Carries out a call on disks. None is modelled beyond its arguments, its handle and its caller's rights.
    pub(crate) fn on_disk(&mut self, on: &Admitted, _request: &DiskRequest, effects: &mut Vec<Effect>) -> Reply {
        effects.push(Effect::Finding(Finding::UnmodelledCall(on.client, export::index(on.call))));
        refusal(on.call, export::NOT_MODELLED)
    }

    /// A client dies: its disks are closed, in the order in which they were opened.
    pub(crate) fn close_disks_of(&mut self, client: ClientId) {
        let handles = self.disk_handles.iter().filter(|(_, handle)| handle.client == client);
        let handles: Vec<Key> = handles.map(|(key, _)| key).collect();
        for handle in handles {
            self.disk_handles.remove(handle);
        }
    }
}
