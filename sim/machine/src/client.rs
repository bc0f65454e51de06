//! Clients: processes that use the service, and what their death takes with it.

use hcs_rules::access::Rights;
use hcs_rules::privilege::{Privilege, Privileges, enabled_at_first};
use hcs_rules::vocabulary::{OperationType, Trigger};

use crate::effect::Effect;
use crate::host::Host;
use crate::input::ClientId;
use crate::table::Key;

/// One client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) id: ClientId,
    pub(crate) rights: Rights,
    /// The privileges that its token has enabled.
    pub(crate) privileges: Privileges,
    pub(crate) alive: bool,
    /// The last operation id given out: ids are unique within a process. Assumed: they count from 1.
    pub(crate) operations: u64,
    /// How often the client has started an operation of each type that belongs to no system.
    pub(crate) ordinals: [u32; OperationType::COUNT],
}

impl Client {
    pub(crate) fn new(id: ClientId, rights: Rights) -> Client {
        Client {
            id,
            rights,
            privileges: enabled_at_first(rights),
            alive: true,
            operations: 0,
            ordinals: [0; OperationType::COUNT],
        }
    }
}

impl Host {
    /// A client enables a privilege, or disables it. Answers whether that changed anything.
    pub(crate) fn set_privilege(&mut self, client: ClientId, privilege: Privilege, enabled: bool) -> bool {
        let record = (client.0 as usize).checked_sub(1).and_then(|index| self.clients.get_mut(index));
        let Some(record) = record.filter(|record| record.alive) else { return false };
        let before = record.privileges;
        record.privileges = if enabled { before.with(privilege) } else { before.without(privilege) };
        before != record.privileges
    }

    /// The client dies: its callbacks fall silent, its blocked calls are gone, its handles are closed in the order in
    /// which they were made. Requests in flight go on. Answers whether it was alive.
    pub(crate) fn client_death(&mut self, client: ClientId, effects: &mut Vec<Effect>) -> bool {
        let Some(record) = (client.0 as usize).checked_sub(1).and_then(|index| self.clients.get_mut(index)) else {
            return false;
        };
        if !std::mem::replace(&mut record.alive, false) {
            return false;
        }
        let waits: Vec<Key> = self.waits.iter().filter(|(_, wait)| wait.client == client).map(|(key, _)| key).collect();
        for wait in waits {
            self.abandon_wait(wait, effects);
        }
        let operations: Vec<Key> =
            self.operations.iter().filter(|(_, operation)| operation.client == client).map(|(key, _)| key).collect();
        for operation in operations {
            self.drop_operation(operation);
        }
        self.close_streams_of(client, effects);
        self.close_disks_of(client);
        let systems = self.handles.iter().filter(|(_, handle)| handle.client == client);
        let systems = systems.map(|(key, handle)| (handle.sequence, key, false));
        let processes = self.process_handles.iter().filter(|(_, handle)| handle.client == client);
        let processes = processes.map(|(key, handle)| (handle.sequence, key, true));
        let mut handles: Vec<(u64, Key, bool)> = systems.chain(processes).collect();
        handles.sort_unstable();
        for (_, handle, of_a_process) in handles {
            match of_a_process {
                true => self.close_process_handle(handle, effects),
                false => self.apply_to_handle(Trigger::Close, handle, effects),
            }
        }
        self.close_legacy_of(client);
        true
    }
}
