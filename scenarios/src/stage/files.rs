//! What clients of a story ask for about files of the host.

use hcs_api::Hcs;

use super::Stage;
use super::words::{text, told};

impl Stage {
    pub(super) fn guest_file(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let path = text(words.first().ok_or("where?")?);
        Ok(self.actor(name)?.client.create_empty_guest_state_file(path).to_string())
    }

    pub(super) fn runtime_file(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let path = text(words.first().ok_or("where?")?);
        Ok(self.actor(name)?.client.create_empty_runtime_state_file(path).to_string())
    }

    pub(super) fn requirements(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let path = text(words.first().ok_or("of which file?")?);
        Ok(told(&self.actor(name)?.client.get_processor_compatibility_from_saved_state(path)))
    }

    pub(super) fn grant(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [id, path] = words else { return Err("grant ID PATH".to_owned()) };
        Ok(self.actor(name)?.client.grant_vm_access(text(id), text(path)).to_string())
    }

    pub(super) fn revoke(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let [id, path] = words else { return Err("revoke ID PATH".to_owned()) };
        Ok(self.actor(name)?.client.revoke_vm_access(text(id), text(path)).to_string())
    }

    pub(super) fn grant_group(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let path = text(words.first().ok_or("to which file?")?);
        Ok(self.actor(name)?.client.grant_vm_group_access(path).to_string())
    }

    pub(super) fn revoke_group(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let path = text(words.first().ok_or("to which file?")?);
        Ok(self.actor(name)?.client.revoke_vm_group_access(path).to_string())
    }
}
