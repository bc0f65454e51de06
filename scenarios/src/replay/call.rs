//! A call of a record as the simulated client makes it: as the C ABI would, with the record's arguments.

use std::sync::Arc;

use hcs_api::{
    CreateOptions, DiskHandle, Event, EventCallback, Hcs, OperationCallback, OperationHandle, Outcome, ProcessHandle,
    ProcessInformation, Storage, StreamHandle, SystemHandle, Text,
};
use hcs_record::line::When;
use hcs_record::{Line, Recorded};
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::Call;
use hcs_sim::Client;
use serde_json::{Value, json};

use super::Replay;
use super::world::Ears;

/// What a call has given for one of its parameters.
#[derive(Clone, Debug)]
pub(super) enum Sim {
    Handle(u64),
    Text(Option<Arc<str>>),
    Number(i64),
    Id(u64),
    /// A context, by the record's name.
    Context(Option<String>),
    Information(Option<Information>),
}

/// `HCS_PROCESS_INFORMATION`, as far as it can be compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Information {
    pub(super) process: u32,
    pub(super) streams: [StreamHandle; 3],
}

impl Default for Information {
    fn default() -> Self {
        Information { process: 0, streams: [StreamHandle::NULL; 3] }
    }
}

/// What a call has given.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    pub(super) code: Option<Hresult>,
    pub(super) gives: Vec<(&'static str, Sim)>,
}

impl Given {
    pub(super) fn code(code: Hresult) -> Given {
        Given { code: Some(code), gives: Vec::new() }
    }

    pub(super) fn with(mut self, name: &'static str, sim: Sim) -> Given {
        self.gives.push((name, sim));
        self
    }

    fn returned(sim: Sim) -> Given {
        Given::default().with("return", sim)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Sim> {
        self.gives.iter().find(|(given, _)| *given == name).map(|(_, sim)| sim)
    }

    /// The line that a recorder would have written.
    pub(super) fn line(&self, when: When, answer: u64, name: impl Fn(u64) -> Option<String>) -> Line {
        let value = |sim: &Sim| match sim {
            Sim::Handle(0) | Sim::Context(None) | Sim::Text(None) | Sim::Information(None) => Value::Null,
            Sim::Handle(bits) => Value::from(name(*bits).unwrap_or_else(|| format!("{bits:#x}"))),
            Sim::Text(Some(text)) => Value::from(&**text),
            Sim::Number(number) => json!(number),
            Sim::Id(id) => json!(id),
            Sim::Context(Some(name)) => Value::from(name.as_str()),
            Sim::Information(Some(of)) => {
                let [input, output, error] = of.streams.map(StreamHandle::is_some);
                json!({ "processid": of.process, "stdinput": input, "stdoutput": output, "stderror": error })
            }
        };
        let gives = self.gives.iter().map(|(name, sim)| ((*name).to_owned(), value(sim))).collect();
        Line::Answer { when, answer, code: self.code.map(|code| code.0), gives }
    }
}

/// A call that waits.
#[derive(Clone, Copy)]
pub(super) enum Wait {
    Operation(OperationHandle, u32),
    /// With the process information, or with NULL for it.
    Information(OperationHandle, u32, bool),
    System(SystemHandle, u32),
    Process(ProcessHandle, u32),
}

/// Whether a call waits.
pub(super) fn is_wait(name: &str) -> bool {
    name.starts_with("HcsWait")
}

impl Wait {
    pub(super) fn call(self) -> Call {
        match self {
            Wait::Operation(..) => Call::WaitForOperationResult,
            Wait::Information(..) => Call::WaitForOperationResultAndProcessInfo,
            Wait::System(..) => Call::WaitForComputeSystemExit,
            Wait::Process(..) => Call::WaitForProcessExit,
        }
    }

    pub(super) fn make(self, client: &Client) -> Given {
        match self {
            Wait::Operation(operation, timeout) => {
                result("resultdocument", client.wait_for_operation_result(operation, timeout))
            }
            Wait::Information(operation, timeout, true) => {
                informed(client.wait_for_operation_result_and_process_info(operation, timeout))
            }
            Wait::Information(operation, timeout, false) => {
                result("resultdocument", client.result_without_process_info(operation, Some(timeout)))
            }
            Wait::System(system, timeout) => result("result", client.wait_for_compute_system_exit(system, timeout)),
            Wait::Process(process, timeout) => result("result", client.wait_for_process_exit(process, timeout)),
        }
    }
}

pub(super) fn result(name: &'static str, outcome: Outcome) -> Given {
    Given::code(outcome.code).with(name, Sim::Text(outcome.document))
}

fn informed((outcome, information): (Outcome, Option<ProcessInformation>)) -> Given {
    result("resultdocument", outcome).with("processinformation", information_of(information))
}

pub(super) fn information_of(information: Option<ProcessInformation>) -> Sim {
    Sim::Information(
        information
            .map(|of| Information { process: of.process_id, streams: [of.std_input, of.std_output, of.std_error] }),
    )
}

/// A string as it is given to a call.
pub(super) enum Argument {
    Null,
    Malformed,
    Some(String),
}

impl Argument {
    pub(super) fn text(&self) -> Text<'_> {
        match self {
            Argument::Null => Text::Null,
            Argument::Malformed => Text::Malformed,
            Argument::Some(text) => Text::Some(text),
        }
    }
}

/// The name under which an operation's callback is heard: it is made before the operation has one.
fn completion(ears: &Ears, whose: String) -> OperationCallback {
    let ears = ears.clone();
    Arc::new(move |_| ears.hear(&whose, Value::from("completed"), None, None))
}

fn listener(ears: &Ears, whose: String) -> EventCallback {
    let ears = ears.clone();
    Arc::new(move |event: &Event| ears.hear(&whose, Value::from(event.kind), None, event.data.clone()))
}

impl Replay<'_> {
    pub(super) fn argument<'v>(&self, with: &'v [(String, Value)], name: &str) -> &'v Value {
        static NOTHING: Value = Value::Null;
        with.iter().find(|(given, _)| given == name).map_or(&NOTHING, |(_, value)| value)
    }

    /// The simulated handle for a name. One that is the caller's invention is one that no world gives.
    pub(super) fn handle(&self, with: &[(String, Value)], name: &str) -> u64 {
        const STRANGE: u64 = 3;
        match self.argument(with, name).as_str() {
            None => 0,
            Some(name) => self.handles.get(name).copied().unwrap_or(STRANGE),
        }
    }

    pub(super) fn number(&self, with: &[(String, Value)], name: &str) -> u32 {
        let value = self.argument(with, name);
        // Flags are signed in the ABI.
        let signed = value.as_i64().unwrap_or_default();
        signed as u32
    }

    pub(super) fn given_text(&self, with: &[(String, Value)], name: &str) -> Argument {
        match self.argument(with, name) {
            Value::Null => Argument::Null,
            Value::String(text) => Argument::Some(self.masks.translated(text)),
            _ => Argument::Malformed,
        }
    }

    /// Whether a pointer for what the call gives is NULL.
    pub(super) fn is_null(&self, with: &[(String, Value)], name: &str) -> bool {
        self.argument(with, name).is_null()
    }

    /// The number behind a context: that of its name.
    fn context(&self, with: &[(String, Value)], name: &str) -> usize {
        let name = self.argument(with, name).as_str().unwrap_or_default();
        name.strip_prefix("context").and_then(|number| number.parse().ok()).unwrap_or_default()
    }

    /// The wait that a call is, with a time-out that leaves the world as long as it needs where the record's did not run out.
    pub(super) fn wait_of(&self, export: &Recorded, with: &[(String, Value)], ended: Option<u32>) -> Option<Wait> {
        if !is_wait(export.name) {
            return None;
        }
        let ran_out = matches!(ended.map(Hresult), Some(Hresult::HCS_E_OPERATION_TIMEOUT | Hresult::ERROR_TIMEOUT));
        let timeout = if ran_out { self.number(with, "timeoutms") } else { u32::MAX };
        let operation = OperationHandle(self.handle(with, "operation"));
        Some(match export.name {
            "HcsWaitForOperationResult" => Wait::Operation(operation, timeout),
            "HcsWaitForOperationResultAndProcessInfo" => {
                Wait::Information(operation, timeout, !self.is_null(with, "processinformation"))
            }
            "HcsWaitForComputeSystemExit" => Wait::System(SystemHandle(self.handle(with, "computesystem")), timeout),
            _ => Wait::Process(ProcessHandle(self.handle(with, "process")), timeout),
        })
    }

    /// Makes a call, if it can be made from what the record has. `new` is the record's name of the handle that it gives.
    pub(super) fn make(&self, export: &Recorded, with: &[(String, Value)], new: &str) -> Option<Given> {
        match export.name.strip_prefix(hcs_record::call::OLDER) {
            Some(name) => self.make_older(name, export, with),
            None => {
                let made = self.make_on_operation(export.name, with, new);
                let made = made.or_else(|| self.make_on_system(export.name, with, new));
                made.or_else(|| self.make_on_process(export.name, with))
                    .or_else(|| self.make_storage(export.name, with))
            }
        }
    }

    fn make_on_operation(&self, name: &str, with: &[(String, Value)], new: &str) -> Option<Given> {
        let client = &self.world.client;
        let operation = OperationHandle(self.handle(with, "operation"));
        let has_callback = self.argument(with, "callback").as_bool() == Some(true);
        Some(match name {
            "HcsCreateOperation" => {
                let callback = has_callback.then(|| completion(&self.world.ears, new.to_owned()));
                let made = client.create_operation(callback);
                client.set_operation_context(made, self.context(with, "context"));
                Given::returned(Sim::Handle(made.0))
            }
            "HcsCreateOperationWithNotifications" => {
                let callback = has_callback.then(|| listener(&self.world.ears, new.to_owned()));
                let made = client.create_operation_with_notifications(self.number(with, "eventtypes"), callback);
                if !made.is_null() {
                    client.set_operation_context(made, self.context(with, "context"));
                }
                Given::returned(Sim::Handle(made.0))
            }
            "HcsCloseOperation" => {
                client.close_operation(operation);
                Given::default()
            }
            "HcsGetOperationContext" => {
                let context = client.get_operation_context(operation);
                Given::returned(Sim::Context((context != 0).then(|| format!("context{context}"))))
            }
            "HcsSetOperationContext" => {
                Given::code(client.set_operation_context(operation, self.context(with, "context")))
            }
            "HcsGetComputeSystemFromOperation" => {
                Given::returned(Sim::Handle(client.get_compute_system_from_operation(operation).0))
            }
            "HcsGetProcessFromOperation" => {
                Given::returned(Sim::Handle(client.get_process_from_operation(operation).0))
            }
            "HcsGetOperationType" => Given::returned(Sim::Number(client.get_operation_type(operation).into())),
            "HcsGetOperationId" => Given::returned(Sim::Id(client.get_operation_id(operation))),
            "HcsGetOperationResult" => result("resultdocument", client.get_operation_result(operation)),
            "HcsGetOperationResultAndProcessInfo" if self.is_null(with, "processinformation") => {
                result("resultdocument", client.result_without_process_info(operation, None))
            }
            "HcsGetOperationResultAndProcessInfo" => informed(client.get_operation_result_and_process_info(operation)),
            "HcsSetOperationCallback" => {
                // As the C ABI does it: the context is one slot, which must be there before the callback can run.
                let set = client.set_operation_context(operation, self.context(with, "context"));
                let whose = self.argument(with, "operation").as_str().unwrap_or_default().to_owned();
                let callback = (has_callback && set.is_ok()).then(|| completion(&self.world.ears, whose));
                Given::code(client.set_operation_callback(operation, callback))
            }
            "HcsCancelOperation" => Given::code(client.cancel_operation(operation)),
            "HcsAddResourceToOperation" => {
                let resource = usize::from(!self.is_null(with, "handle"));
                let (kind, uri) = (self.number(with, "kind"), self.given_text(with, "uri"));
                Given::code(client.add_resource_to_operation(operation, kind, uri.text(), resource))
            }
            "HcsGetOperationProperties" => {
                let options = self.given_text(with, "options");
                result("resultdocument", client.get_operation_properties(operation, options.text()))
            }
            _ => return None,
        })
    }

    fn make_on_system(&self, name: &str, with: &[(String, Value)], new: &str) -> Option<Given> {
        let client = &self.world.client;
        let operation = OperationHandle(self.handle(with, "operation"));
        let system = SystemHandle(self.handle(with, "computesystem"));
        let text = |name: &str| self.given_text(with, name);
        let on_system = |call: fn(&Client, SystemHandle, OperationHandle, Text<'_>) -> Hresult, document: &str| {
            Given::code(call(client, system, operation, text(document).text()))
        };
        let made = |(code, made): (Hresult, SystemHandle)| Given::code(code).with("computesystem", Sim::Handle(made.0));
        let null_out = |call: Call| Given::code(client.refuse_null_out(call));
        let no_place = self.is_null(with, "computesystem");
        let access = self.number(with, "requestedaccess");
        Some(match name {
            "HcsEnumerateComputeSystems" => {
                Given::code(client.enumerate_compute_systems(text("query").text(), operation))
            }
            "HcsEnumerateComputeSystemsInNamespace" => Given::code(client.enumerate_compute_systems_in_namespace(
                text("idnamespace").text(),
                text("query").text(),
                operation,
            )),
            "HcsCreateComputeSystem" if no_place => null_out(Call::CreateComputeSystem),
            "HcsCreateComputeSystem" => {
                made(client.create_compute_system(text("id").text(), text("configuration").text(), operation))
            }
            "HcsCreateComputeSystemInNamespace" if no_place => null_out(Call::CreateComputeSystemInNamespace),
            "HcsCreateComputeSystemInNamespace" => made(client.create_compute_system_in_namespace(
                text("idnamespace").text(),
                text("id").text(),
                text("configuration").text(),
                operation,
                self.create_options(with, new),
            )),
            "HcsOpenComputeSystem" if no_place => null_out(Call::OpenComputeSystem),
            "HcsOpenComputeSystem" => made(client.open_compute_system(text("id").text(), access)),
            "HcsOpenComputeSystemInNamespace" if no_place => null_out(Call::OpenComputeSystemInNamespace),
            "HcsOpenComputeSystemInNamespace" => {
                let (namespace, id) = (text("idnamespace"), text("id"));
                made(client.open_compute_system_in_namespace(namespace.text(), id.text(), access))
            }
            "HcsCloseComputeSystem" => {
                client.close_compute_system(system);
                Given::default()
            }
            "HcsStartComputeSystem" => on_system(Client::start_compute_system, "options"),
            "HcsTerminateComputeSystem" => on_system(Client::terminate_compute_system, "options"),
            "HcsGetComputeSystemProperties" => on_system(Client::get_compute_system_properties, "propertyquery"),
            "HcsShutDownComputeSystem" => on_system(Client::shut_down_compute_system, "options"),
            "HcsCrashComputeSystem" => on_system(Client::crash_compute_system, "options"),
            "HcsPauseComputeSystem" => on_system(Client::pause_compute_system, "options"),
            "HcsResumeComputeSystem" => on_system(Client::resume_compute_system, "options"),
            "HcsSaveComputeSystem" => on_system(Client::save_compute_system, "options"),
            "HcsModifyComputeSystem" => on_system(Client::modify_compute_system, "configuration"),
            "HcsSetComputeSystemCallback" => {
                let callback = self.events(with, "computesystem");
                let options = self.number(with, "callbackoptions");
                Given::code(client.set_compute_system_callback(system, options, callback))
            }
            "HcsGetServiceProperties" if self.is_null(with, "result") => null_out(Call::GetServiceProperties),
            "HcsGetServiceProperties" => result("result", client.get_service_properties(text("propertyquery").text())),
            "HcsModifyServiceSettings" => result("result", client.modify_service_settings(text("settings").text())),
            "HcsSubmitWerReport" => Given::code(client.submit_wer_report(text("settings").text())),
            _ => return None,
        })
    }

    /// The options of a creation in a namespace.
    fn create_options(&self, with: &[(String, Value)], new: &str) -> Option<CreateOptions> {
        let given = self.argument(with, "options");
        let number = |name: &str| given.get(name).and_then(Value::as_u64).unwrap_or_default() as u32;
        let has_callback = given.get("callback").and_then(Value::as_bool) == Some(true);
        let callback = has_callback.then(|| listener(&self.world.ears, new.to_owned()));
        let options = CreateOptions { version: number("version"), events: number("events"), callback };
        (!given.is_null()).then_some(options)
    }

    /// The callback of a handle, if the call has one.
    fn events(&self, with: &[(String, Value)], handle: &str) -> Option<EventCallback> {
        let whose = self.argument(with, handle).as_str().unwrap_or_default().to_owned();
        (self.argument(with, "callback").as_bool() == Some(true)).then(|| listener(&self.world.ears, whose))
    }

    fn make_on_process(&self, name: &str, with: &[(String, Value)]) -> Option<Given> {
        let client = &self.world.client;
        let operation = OperationHandle(self.handle(with, "operation"));
        let system = SystemHandle(self.handle(with, "computesystem"));
        let process = ProcessHandle(self.handle(with, "process"));
        let text = |name: &str| self.given_text(with, name);
        let made = |(code, made): (Hresult, ProcessHandle)| Given::code(code).with("process", Sim::Handle(made.0));
        let on_process = |call: fn(&Client, ProcessHandle, OperationHandle, Text<'_>) -> Hresult, document: &str| {
            Given::code(call(client, process, operation, text(document).text()))
        };
        let no_place = self.is_null(with, "process");
        Some(match name {
            "HcsCreateProcess" if no_place => Given::code(client.refuse_null_out(Call::CreateProcess)),
            "HcsCreateProcess" => made(client.create_process(system, text("processparameters").text(), operation)),
            "HcsOpenProcess" if no_place => Given::code(client.refuse_null_out(Call::OpenProcess)),
            "HcsOpenProcess" => {
                let id = self.masks.process(self.number(with, "processid"));
                made(client.open_process(system, id, self.number(with, "requestedaccess")))
            }
            "HcsCloseProcess" => {
                client.close_process(process);
                Given::default()
            }
            "HcsTerminateProcess" => on_process(Client::terminate_process, "options"),
            "HcsSignalProcess" => on_process(Client::signal_process, "options"),
            "HcsGetProcessInfo" => Given::code(client.get_process_info(process, operation)),
            "HcsGetProcessProperties" => on_process(Client::get_process_properties, "propertyquery"),
            "HcsModifyProcess" => on_process(Client::modify_process, "settings"),
            "HcsSetProcessCallback" => {
                let callback = self.events(with, "process");
                Given::code(client.set_process_callback(process, self.number(with, "callbackoptions"), callback))
            }
            _ => return None,
        })
    }

    fn make_storage(&self, name: &str, with: &[(String, Value)]) -> Option<Given> {
        let client = &self.world.client;
        let text = |name: &str| self.given_text(with, name);
        // The record has no disks: a handle of one cannot be made again.
        let no_disk = self.is_null(with, "vhdhandle");
        let (layer, data, options) = (text("layerpath"), text("layerdata"), text("options"));
        let (mount, folder) = (text("mountpath"), text("folderpath"));
        let (volume, out) = (text("volumepath"), text("exportfolderpath"));
        let (layer, data, options) = (layer.text(), data.text(), options.text());
        let (mount, folder, volume, out) = (mount.text(), folder.text(), volume.text(), out.text());
        Some(match name {
            "HcsCreateEmptyGuestStateFile" => Given::code(client.create_empty_guest_state_file(text("path").text())),
            "HcsCreateEmptyRuntimeStateFile" => {
                Given::code(client.create_empty_runtime_state_file(text("path").text()))
            }
            "HcsGetProcessorCompatibilityFromSavedState" => {
                result("features", client.get_processor_compatibility_from_saved_state(text("path").text()))
            }
            "HcsGrantVmAccess" => Given::code(client.grant_vm_access(text("vmid").text(), text("path").text())),
            "HcsRevokeVmAccess" => Given::code(client.revoke_vm_access(text("vmid").text(), text("path").text())),
            "HcsGrantVmGroupAccess" => Given::code(client.grant_vm_group_access(text("path").text())),
            "HcsRevokeVmGroupAccess" => Given::code(client.revoke_vm_group_access(text("path").text())),
            "HcsImportLayer" => Given::code(client.import_layer(layer, text("sourcefolderpath").text(), data)),
            "HcsExportLayer" => Given::code(client.export_layer(layer, out, data, options)),
            "HcsExportLegacyWritableLayer" => {
                Given::code(client.export_legacy_writable_layer(mount, folder, out, data))
            }
            "HcsDestroyLayer" => Given::code(client.destroy_layer(layer)),
            "HcsSetupBaseOSLayer" if no_disk => {
                Given::code(client.setup_base_os_layer(layer, DiskHandle::NULL, options))
            }
            "HcsSetupBaseOSVolume" => Given::code(client.setup_base_os_volume(layer, volume, options)),
            "HcsInitializeWritableLayer" => Given::code(client.initialize_writable_layer(layer, data, options)),
            "HcsInitializeLegacyWritableLayer" => {
                Given::code(client.initialize_legacy_writable_layer(mount, folder, data, options))
            }
            "HcsAttachLayerStorageFilter" => Given::code(client.attach_layer_storage_filter(layer, data)),
            "HcsDetachLayerStorageFilter" => Given::code(client.detach_layer_storage_filter(layer)),
            "HcsFormatWritableLayerVhd" if no_disk => Given::code(client.format_writable_layer_vhd(DiskHandle::NULL)),
            "HcsGetLayerVhdMountPath" if no_disk && self.is_null(with, "mountpath") => {
                Given::code(client.refuse_null_out(Call::GetLayerVhdMountPath))
            }
            "HcsGetLayerVhdMountPath" if no_disk => {
                result("mountpath", client.get_layer_vhd_mount_path(DiskHandle::NULL))
            }
            "HcsAttachOverlayFilter" => Given::code(client.attach_overlay_filter(volume, data)),
            "HcsDetachOverlayFilter" => Given::code(client.detach_overlay_filter(volume, data)),
            _ => return None,
        })
    }
}
