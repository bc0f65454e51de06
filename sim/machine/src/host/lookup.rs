//! What is behind a handle, and who is alive.

use hcs_rules::handle::HandleFault;

use crate::client::Client;
use crate::handle::{Handle, HandleType};
use crate::host::Host;
use crate::input::ClientId;
use crate::operation::Operation;
use crate::process::ProcessHandle;
use crate::system::SystemHandle;
use crate::table::{Found, Key};

impl Host {
    /// The operation behind a client's handle.
    pub(crate) fn operation(&self, client: ClientId, handle: Handle) -> Result<(Key, &Operation), HandleFault> {
        let key = self.live_key(handle, HandleType::Operation)?;
        match self.operations.find(key) {
            // What runs for a call of the older interface is nobody's.
            Found::Live(operation) if operation.older.is_some() => Err(HandleFault::Unknown),
            Found::Live(operation) if operation.client == client => Ok((key, operation)),
            Found::Live(_) => Err(HandleFault::Foreign),
            Found::Gone => Err(HandleFault::Closed),
            Found::Never => Err(HandleFault::Unknown),
        }
    }

    /// The entry behind a client's system handle.
    pub(crate) fn system_handle(&self, client: ClientId, handle: Handle) -> Result<(Key, &SystemHandle), HandleFault> {
        let key = self.live_key(handle, HandleType::System)?;
        match self.handles.find(key) {
            // So is what stands behind a handle of that.
            Found::Live(entry) if entry.older.is_some() => Err(HandleFault::Unknown),
            Found::Live(entry) if entry.client == client => Ok((key, entry)),
            Found::Live(_) => Err(HandleFault::Foreign),
            Found::Gone => Err(HandleFault::Closed),
            Found::Never => Err(HandleFault::Unknown),
        }
    }

    /// The entry behind a client's process handle.
    pub(crate) fn process_handle(
        &self,
        client: ClientId,
        handle: Handle,
    ) -> Result<(Key, &ProcessHandle), HandleFault> {
        let key = self.live_key(handle, HandleType::Process)?;
        match self.process_handles.find(key) {
            Found::Live(entry) if entry.older.is_some() => Err(HandleFault::Unknown),
            Found::Live(entry) if entry.client == client => Ok((key, entry)),
            Found::Live(_) => Err(HandleFault::Foreign),
            Found::Gone => Err(HandleFault::Closed),
            Found::Never => Err(HandleFault::Unknown),
        }
    }

    /// The key of a handle of this type. A live handle of another type is told from one that was closed.
    pub(crate) fn live_key(&self, handle: Handle, wanted: HandleType) -> Result<Key, HandleFault> {
        let Some((kind, key)) = handle.parts() else {
            return Err(if handle == Handle::NULL { HandleFault::Null } else { HandleFault::Unknown });
        };
        let is_live = match kind {
            _ if kind == wanted => return Ok(key),
            HandleType::Operation => self.operations.get(key).is_some(),
            HandleType::System => self.handles.get(key).is_some(),
            HandleType::Process => self.process_handles.get(key).is_some(),
            HandleType::Stream => self.streams.get(key).is_some(),
            HandleType::Disk => self.storage.disk_handles.get(key).is_some(),
            HandleType::Legacy => self.legacy.get(key).is_some(),
        };
        Err(if is_live { HandleFault::WrongType } else { HandleFault::Closed })
    }

    /// A client that is alive.
    pub(crate) fn client(&self, client: ClientId) -> Option<&Client> {
        self.clients.get((client.0 as usize).checked_sub(1)?).filter(|client| client.alive)
    }

    /// Whether a client may still be told anything.
    pub(crate) fn is_alive(&self, client: ClientId) -> bool {
        self.client(client).is_some()
    }
}
