//! The calls on files of the host, and what saves and restores do to them.

use std::sync::Arc;

use hcs_rules::access::Rights;
use hcs_rules::constraint::Constraint;
use hcs_rules::file::{self, CLUSTER, FileFault, attribute};
use hcs_rules::grant::{ACL_LIMIT, GRANTS, Trustee, mask};
use hcs_rules::hresult::Hresult;
use hcs_rules::state_file::row as damage_row;
use hcs_rules::vocabulary::Call;
use uuid::Uuid;

use super::acl::{self, Ace, Sid};
use super::path::HostPath;
use super::{At, By, Data, Files, Found, Place, Who};
use crate::effect::Reply;
use crate::host::{Admitted, Host};
use crate::id::{FoldedId, guid_of};
use crate::input::{ClientId, Request, Text};
use crate::state_file::{Write, saved, vmgs};
use crate::table::Key;

/// The seconds from 1970 to 2000, where the clock of disk footers begins.
const YEAR_2000: i64 = 946_684_800;

impl Host {
    /// Carries out a call on a file.
    #[cold]
    pub(crate) fn on_file(&mut self, on: &Admitted, request: &Request) -> Reply {
        let rights = self.client(on.client).map_or(Rights::User, |client| client.rights);
        let by = By::client(rights, self.now);
        let ready = match request.path() {
            Some(Text::Some(path))
                if !self.storage.files.troubles().is_empty() && !file::CREATING.contains(on.call) =>
            {
                let reads = file::READING.contains(on.call);
                let files = self.files_mut();
                if reads { files.open(path, by) } else { files.use_volume(path, by) }
            }
            _ => Ok(()),
        };
        let found = ready.and_then(|()| self.carry_out_on_file(on, request, by));
        match found {
            Ok(document) => Reply::Outcome(Hresult::S_OK, document),
            Err(fault) => match file::rule(on.call, fault) {
                Some(row) => Reply::Outcome(row.refuses, None),
                None => unreachable!("{:?} found {fault:?}, which no row says", on.call),
            },
        }
    }

    fn carry_out_on_file(&mut self, on: &Admitted, request: &Request, by: By) -> Found<Option<Arc<str>>> {
        match request {
            Request::CreateEmptyGuestStateFile { path } => {
                let path = text(path);
                let writes = vmgs::empty(self.seconds_since_2000(), self.new_disk_id(path));
                self.files_mut().create(path, &writes, by).map(|()| None)
            }
            Request::CreateEmptyRuntimeStateFile { path } => {
                self.files_mut().create(text(path), &saved::empty(), by).map(|()| None)
            }
            Request::GetProcessorCompatibilityFromSavedState { path } => {
                self.storage.files.requirements(text(path), by).map(Some)
            }
            Request::GrantVmAccess { id, path } => self.grant(on.call, Some(text(id)), text(path), by),
            Request::GrantVmGroupAccess { path } => self.grant(on.call, None, text(path), by),
            Request::RevokeVmAccess { id, path } => self.revoke(on.call, Some(text(id)), text(path), by),
            Request::RevokeVmGroupAccess { path } => self.revoke(on.call, None, text(path), by),
            _ => unreachable!("{:?} is no call on a file", on.call),
        }
    }

    fn grant(&mut self, call: Call, id: Option<&str>, path: &str, by: By) -> Found<Option<Arc<str>>> {
        let machine = id.map(|id| FoldedId::of(id).runtime_id());
        self.files_mut().grant(call, machine, path, by).map(|()| None)
    }

    fn revoke(&mut self, call: Call, id: Option<&str>, path: &str, by: By) -> Found<Option<Arc<str>>> {
        let machine = id.map(|id| FoldedId::of(id).runtime_id());
        self.files_mut().revoke(call, machine, path, by).map(|()| None)
    }

    /// A client takes away a file, or a folder with everything in it. Answers what stands in the way.
    #[cold]
    pub(crate) fn remove_tree(&mut self, client: ClientId, path: &str) -> Option<FileFault> {
        let rights = self.client(client).map_or(Rights::User, |client| client.rights);
        let by = By::client(rights, self.now);
        self.files_mut().remove_tree(path, by).err()
    }

    /// The files of the host.
    pub fn files(&self) -> &Files {
        &self.storage.files
    }

    /// The same, shared: who keeps them sees by their pointer whether they were changed since.
    pub fn shared_files(&self) -> Arc<Files> {
        self.storage.files.clone()
    }

    /// The access control list of a file as tools show it: machines by their names while they are there.
    ///
    /// # Errors
    /// Why there is none.
    pub fn access_list(&self, path: &str) -> Found<Vec<String>> {
        self.storage.files.list_text(path, |machine| {
            self.systems.iter().any(|(_, system)| {
                FoldedId::of(&system.id).runtime_id() == machine && self.index.get(&FoldedId::of(&system.id)).is_some()
            })
        })
    }

    pub(crate) fn files_mut(&mut self) -> &mut Files {
        Arc::make_mut(&mut self.storage_mut().files)
    }

    fn seconds_since_2000(&self) -> u32 {
        let since_1970 =
            hcs_rules::time::EPOCH / hcs_rules::time::SECOND as i64 + (self.now.0 / hcs_rules::time::SECOND) as i64;
        u32::try_from(since_1970 - YEAR_2000).unwrap_or(u32::MAX)
    }

    /// The id of a disk's footer. The real ones are drawn; this one follows from what is made, where and when.
    fn new_disk_id(&self, path: &str) -> Uuid {
        let name = format!("{}\0{path}", self.now.0);
        guid_of(Uuid::from_u128(file::SYSTEM_VOLUME), name.as_bytes())
    }

    // -- Saves and restores. Which paths of documents are looked up is a matter of their own rows: a state whose folder the
    // simulated host does not have is kept by its path alone.

    /// What stands against a save at this path, if anything does. Trouble that was told ahead is met here, at any of the writes of
    /// which a state is made: nothing of it is there before all of them have gone well.
    #[cold]
    pub(crate) fn save_refusal(&mut self, path: &str) -> Option<Constraint> {
        let by = By::service(self.now);
        let awaited = !self.storage.files.troubles().is_empty() && self.storage.files.has_folder_of(path);
        let opened = if awaited { self.files_mut().open(path, by) } else { Ok(()) };
        let found = opened.and_then(|()| self.storage.files.to_save(path, by));
        let found = if awaited { found.and_then(|()| self.files_mut().count_writes(path, by)) } else { found };
        match found {
            Err(FileFault::NotReady) => Some(Constraint::SaveNotReady),
            Err(FileFault::IsFolder) => Some(Constraint::SaveToFolder),
            Err(FileFault::ReadOnly) => Some(Constraint::SaveReadOnly),
            Err(FileFault::Denied) => Some(Constraint::SaveDenied),
            Err(FileFault::Locked) => Some(Constraint::SaveLocked),
            Err(FileFault::Full) => Some(Constraint::SaveFull),
            _ => None,
        }
    }

    /// Keeps a machine's state at a path.
    #[cold]
    pub(crate) fn keep_state(&mut self, key: Key, path: &str) {
        let Some(system) = self.systems.get(key) else { return };
        let megabytes = system.machine(&["ComputeTopology", "Memory", "SizeInMB"]).and_then(|size| size.as_u64());
        let pages = megabytes.unwrap_or(0).saturating_mul((1 << 20) / CLUSTER);
        let data = image(&saved::write(&system.id, pages));
        if self.storage.files.has_folder_of(path) {
            let by = By::world(self.now);
            self.files_mut().put(path, data, by);
        } else {
            self.saved.insert(FoldedId::of(path));
        }
    }

    /// A saved state is put at a path, or is gone from it. Answers whether that did anything.
    pub(crate) fn set_saved_state(&mut self, path: &str, there: bool) -> bool {
        let by = By::world(self.now);
        let known = self.saved.contains(&FoldedId::of(path)) || self.storage.files.data(path).is_ok();
        match (there, self.storage.files.has_folder_of(path)) {
            (true, true) => {
                let data = image(&saved::write("", 0));
                self.files_mut().put(path, data, by) && !known
            }
            (true, false) => self.saved.insert(FoldedId::of(path)),
            (false, true) => self.files_mut().remove_tree(path, by).is_ok(),
            (false, false) => self.saved.remove(&FoldedId::of(path)),
        }
    }

    /// Trouble that was told ahead and that a restore meets.
    #[inline(never)]
    pub(crate) fn restore_trouble(&mut self, key: Key) -> Option<Constraint> {
        if self.storage.files.troubles().is_empty() {
            return None;
        }
        let path = self.restored_from(key).filter(|path| !self.saved.contains(&FoldedId::of(path)))?.to_owned();
        let by = By::service(self.now);
        match self.files_mut().open(&path, by) {
            Err(FileFault::NotReady) => Some(Constraint::SavedStateNotReady),
            Err(FileFault::Locked) => Some(Constraint::SavedStateLocked),
            _ => None,
        }
    }

    /// What stands against a restore from this path, if anything does.
    pub(crate) fn restore_refusal(&self, path: &str) -> Option<Constraint> {
        if self.saved.contains(&FoldedId::of(path)) {
            return None;
        }
        match self.storage.files.restore(path, By::service(self.now)) {
            Ok(_) => None,
            Err(FileFault::NotReady) => Some(Constraint::SavedStateNotReady),
            Err(FileFault::Locked) => Some(Constraint::SavedStateLocked),
            Err(FileFault::Foreign | FileFault::Stateless | FileFault::IsFolder) => Some(Constraint::SavedStateForeign),
            Err(FileFault::Newer) => Some(Constraint::SavedStateNewer),
            Err(FileFault::Torn) => Some(Constraint::SavedStateTorn),
            Err(_) => Some(Constraint::NoSavedState),
        }
    }
}

fn text(text: &Text) -> &str {
    match text {
        Text::Some(text) => text,
        Text::Null | Text::Malformed => unreachable!("the arguments stage has refused it"),
    }
}

fn image(writes: &[Write]) -> Data {
    let mut data = Data::default();
    writes.iter().for_each(|write| write.apply(&mut data));
    data
}

impl Files {
    /// Makes a state file.
    fn create(&mut self, text: &str, writes: &[Write], by: By) -> Found<()> {
        let path = HostPath::parse(text)?;
        let place = self.locate(&path)?;
        let (Some(folder), None) = (place.folder, place.node) else { return Err(FileFault::Exists) };
        if path.trailing {
            return Err(FileFault::TrailingSeparator);
        }
        if folder == self.tree(place.volume).root {
            return Err(FileFault::DriveRoot);
        }
        self.make_file(text, image(writes), by)?;
        // It is made with one write, and filled with the others. Of one that cannot be filled nothing is left.
        for _ in writes.iter().skip(1) {
            if let Err(fault) = self.count_write(place.volume, by) {
                let world = By { who: Who::World, ..by };
                self.remove(text, world)?;
                return Err(fault);
            }
        }
        Ok(())
    }

    /// A state is written: each of its writes may be the one that finds no room.
    fn count_writes(&mut self, path: &str, by: By) -> Found<()> {
        let volume = self.locate(&HostPath::parse(path)?)?.volume;
        saved::write("", 0).iter().try_for_each(|_| self.count_write(volume, by))
    }

    /// What processors the saved state in a file needs, as a `VmProcessorRequirements`.
    fn requirements(&self, path: &str, by: By) -> Found<Arc<str>> {
        let state = saved::read(self.read(path, by)?).map_err(|damage| damage_row(damage).fault)?;
        Ok(state.requirements.into())
    }

    /// The saved state in a file, as the service reads it.
    fn restore(&self, path: &str, by: By) -> Found<saved::SavedState> {
        saved::read(self.read(path, by)?).map_err(|damage| damage_row(damage).fault)
    }

    /// Whether the folder of a path is there.
    fn has_folder_of(&self, path: &str) -> bool {
        HostPath::parse(path)
            .is_ok_and(|path| !path.trailing && self.locate(&path).is_ok_and(|place| place.folder.is_some()))
    }

    /// Whether a state can be saved here. Only an entry that denies everybody stands against it: whether the machine was
    /// granted access is not looked at yet.
    fn to_save(&self, path: &str, by: By) -> Found<()> {
        let path = HostPath::parse(path)?;
        let Place { volume, folder, node, .. } = self.locate(&path)?;
        let tree = self.tree(volume);
        if node.is_some_and(|key| tree.is_folder(key)) {
            return Err(FileFault::IsFolder);
        }
        self.check_volume(volume, by)?;
        let denied = |key| acl::denies_everyone(&tree.list_of(key), mask::ADD_FILE);
        let is_read_only = |key| tree.get(key).is_some_and(|node| node.has(attribute::READ_ONLY));
        if node.map_or_else(|| folder.is_some_and(denied), |key| denied(key) || is_read_only(key)) {
            return Err(FileFault::Denied);
        }
        if let Some(key) = node {
            return self.check_lock(At { volume, key }, by);
        }
        // Every state takes the same room: what a machine's memory holds is not saved.
        let taken = image(&saved::write("", 0)).len().next_multiple_of(CLUSTER);
        self.check_room(volume, taken, true, by)
    }

    /// The node whose list a call is about to change.
    fn to_change(&self, path: &str, by: By) -> Found<At> {
        let at = self.find(path)?;
        self.check_volume(at.volume, by)?;
        let owner = self.node(at)?.owner.account();
        let owns = matches!(by.who, Who::Accounts(accounts) if accounts.contains(&owner));
        if owns { Ok(at) } else { self.allow(at, mask::WRITE_DAC, by).map(|()| at) }
    }

    /// Adds what a call grants, where it is not there yet.
    pub(crate) fn grant(&mut self, call: Call, machine: Option<Uuid>, path: &str, by: By) -> Found<()> {
        let at = self.to_change(path, by)?;
        let is_folder = self.is_folder(at);
        let mut list = self.node(at)?.list.to_vec();
        let before = list.len();
        for row in GRANTS.iter().filter(|row| row.by == call) {
            let sid = Sid::of(row.to, machine);
            for (flags, mask) in if is_folder { row.on_folder } else { row.on_file } {
                let same = |ace: &&mut Ace| !ace.denies && ace.sid == sid && ace.flags == *flags;
                match list.iter_mut().find(same) {
                    Some(ace) => ace.mask |= mask,
                    None => list.push(Ace::allow(sid.clone(), *flags, *mask)),
                }
            }
        }
        let mut whole = self.tree(at.volume).list_of(at.key);
        whole.splice(..before, list.iter().cloned());
        if acl::bytes(&whole) > ACL_LIMIT {
            return Err(FileFault::AclFull);
        }
        self.set_list(at, list, by);
        Ok(())
    }

    /// Takes back what a call has granted. What was not granted is not missed.
    pub(crate) fn revoke(&mut self, call: Call, machine: Option<Uuid>, path: &str, by: By) -> Found<()> {
        let at = self.to_change(path, by)?;
        let mut list = self.node(at)?.list.to_vec();
        for row in GRANTS.iter().filter(|row| row.back == call) {
            // The workers of the other machines need their capability still.
            let others = list.iter().any(|ace| ace.sid.as_machine().is_some());
            if row.to == Trustee::WorkerCapability && others {
                continue;
            }
            let sid = Sid::of(row.to, machine);
            list.retain(|ace| ace.denies || ace.sid != sid);
        }
        self.set_list(at, list, by);
        Ok(())
    }

    fn set_list(&mut self, at: At, list: Vec<Ace>, by: By) {
        self.tree_mut(at.volume).change(at.key, |node| {
            if *node.list != list[..] {
                (node.list, node.times.changed) = (list.into(), by.now);
            }
        });
    }
}
