//! A call of the older interface as the simulated client makes it.

use std::sync::Arc;

use hcs_api::{
    LegacyCallback, LegacyProcess, LegacySystem, Notification, NotificationCallback, Outcome, Text, Vmcompute,
};
use hcs_record::{Recorded, Role};
use hcs_sim::Client;
use serde_json::Value;

use super::Replay;
use super::call::{Given, Sim, information_of, result};
use super::world::Ears;

/// What the older interface has two documents for.
fn two(name: &'static str, outcome: Outcome) -> Given {
    let (given, told) = if outcome.code.is_ok() { (outcome.document, None) } else { (None, outcome.document) };
    Given::code(outcome.code).with(name, Sim::Text(given)).with("result", Sim::Text(told))
}

fn notified(ears: &Ears, whose: String) -> NotificationCallback {
    let ears = ears.clone();
    Arc::new(move |told: &Notification| {
        ears.hear(&whose, Value::from(told.kind), Some(told.status.0), told.data.clone());
    })
}

impl Replay<'_> {
    /// A call of the older interface, whose exports share names with those of the newer.
    pub(super) fn make_older(&self, name: &str, export: &Recorded, with: &[(String, Value)]) -> Option<Given> {
        // A record's NULL for what must be given is answered by the service, which is not asked in that way here.
        let needs = |(parameter, role): &(&str, Role)| role.is_out() && *parameter != "result";
        if export.parameters.iter().filter(|parameter| needs(parameter)).any(|(name, _)| self.is_null(with, name)) {
            return None;
        }
        let client = &self.world.client;
        let system = LegacySystem(self.handle(with, "computesystem"));
        let process = LegacyProcess(self.handle(with, "process"));
        let text = |name: &str| self.given_text(with, name);
        let on_system = |call: fn(&Client, LegacySystem, Text<'_>) -> Outcome, document: &str| {
            result("result", call(client, system, text(document).text()))
        };
        let callback = |handle: &str| {
            let whose = self.argument(with, handle).as_str().unwrap_or_default().to_owned();
            (self.argument(with, "callback").as_bool() == Some(true)).then(|| notified(&self.world.ears, whose))
        };
        let registration = LegacyCallback(self.handle(with, "callbackhandle"));
        Some(match name {
            "HcsEnumerateComputeSystems" => {
                two("computesystems", client.legacy_enumerate_compute_systems(text("query").text()))
            }
            "HcsCreateComputeSystem" => {
                let (outcome, made) =
                    client.legacy_create_compute_system(text("id").text(), text("configuration").text());
                result("result", outcome).with("computesystem", Sim::Handle(made.0))
            }
            "HcsOpenComputeSystem" => {
                let (outcome, opened) = client.legacy_open_compute_system(text("id").text());
                result("result", outcome).with("computesystem", Sim::Handle(opened.0))
            }
            "HcsCloseComputeSystem" => Given::code(client.legacy_close_compute_system(system)),
            "HcsStartComputeSystem" => on_system(Client::legacy_start_compute_system, "options"),
            "HcsShutdownComputeSystem" => on_system(Client::legacy_shutdown_compute_system, "options"),
            "HcsTerminateComputeSystem" => on_system(Client::legacy_terminate_compute_system, "options"),
            "HcsPauseComputeSystem" => on_system(Client::legacy_pause_compute_system, "options"),
            "HcsResumeComputeSystem" => on_system(Client::legacy_resume_compute_system, "options"),
            "HcsSaveComputeSystem" => on_system(Client::legacy_save_compute_system, "options"),
            "HcsGetComputeSystemProperties" => {
                two("properties", client.legacy_get_compute_system_properties(system, text("propertyquery").text()))
            }
            "HcsModifyComputeSystem" => on_system(Client::legacy_modify_compute_system, "configuration"),
            "HcsModifyServiceSettings" => {
                result("result", client.legacy_modify_service_settings(text("settings").text()))
            }
            "HcsGetServiceProperties" => {
                two("properties", client.legacy_get_service_properties(text("propertyquery").text()))
            }
            "HcsRegisterComputeSystemCallback" => {
                let (code, made) = client.legacy_register_compute_system_callback(system, callback("computesystem"));
                Given::code(code).with("callbackhandle", Sim::Handle(made.0))
            }
            "HcsUnregisterComputeSystemCallback" => {
                Given::code(client.legacy_unregister_compute_system_callback(registration))
            }
            "HcsCreateProcess" => {
                let parameters = text("processparameters");
                let (outcome, made, information) = client.legacy_create_process(system, parameters.text());
                result("result", outcome)
                    .with("process", Sim::Handle(made.0))
                    .with("processinformation", information_of(information))
            }
            "HcsOpenProcess" => {
                let id = self.masks.process(self.number(with, "processid"));
                let (outcome, opened) = client.legacy_open_process(system, id);
                result("result", outcome).with("process", Sim::Handle(opened.0))
            }
            "HcsCloseProcess" => Given::code(client.legacy_close_process(process)),
            "HcsTerminateProcess" => result("result", client.legacy_terminate_process(process)),
            "HcsSignalProcess" => result("result", client.legacy_signal_process(process, text("options").text())),
            "HcsGetProcessInfo" => {
                let (outcome, information) = client.legacy_get_process_info(process);
                result("result", outcome).with("processinformation", information_of(information))
            }
            "HcsGetProcessProperties" => two("processproperties", client.legacy_get_process_properties(process)),
            "HcsModifyProcess" => result("result", client.legacy_modify_process(process, text("settings").text())),
            "HcsRegisterProcessCallback" => {
                let (code, made) = client.legacy_register_process_callback(process, callback("process"));
                Given::code(code).with("callbackhandle", Sim::Handle(made.0))
            }
            "HcsUnregisterProcessCallback" => Given::code(client.legacy_unregister_process_callback(registration)),
            "GrantVmAccess" => Given::code(client.legacy_grant_vm_access(text("vmid").text(), text("filepath").text())),
            "RevokeVmAccess" => {
                Given::code(client.legacy_revoke_vm_access(text("vmid").text(), text("filepath").text()))
            }
            _ => return None,
        })
    }
}
