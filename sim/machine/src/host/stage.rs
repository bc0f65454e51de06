//! The stages that every call passes, in the order of [`hcs_rules::rule::Stage`], and who carries an admitted call out.

use hcs_rules::access::Rights;
use hcs_rules::handle::{BadHandle, HandleFault};
use hcs_rules::hresult::Hresult;
use hcs_rules::legacy::layer::{WITH_DRIVER, WITH_OTHER, WITH_PARENTS};
use hcs_rules::operation::{Phase, Use, Verdict};
use hcs_rules::privilege::Privileges;
use hcs_rules::profile::Quirk;
use hcs_rules::service::Connection;
use hcs_rules::vocabulary::{Call, INVALID_OPERATION_ID, Kind, OperationType};
use hcs_rules::{access, argument, export, handle, legacy, operation, privilege, service};

use crate::call::Named;
use crate::effect::{Effect, Finding, LegacyReply, Reply};
use crate::handle::Handle;
use crate::host::Host;
use crate::input::{ClientId, CreateOptions, DiskRequest, End, Fate, LayerRequest, LegacyRequest, Request, Text};
use crate::operation::Operation;
use crate::process::ProcessHandle;
use crate::system::SystemHandle;
use crate::table::Key;

/// A call that has passed the stages up to rights, with the entries that it is about.
pub(crate) struct Admitted {
    pub(crate) client: ClientId,
    pub(crate) call: Call,
    pub(crate) system: Option<Key>,
    pub(crate) process: Option<Key>,
    pub(crate) disk: Option<Key>,
    pub(crate) operation: Option<Key>,
    /// The client's own handle of the older interface.
    pub(crate) legacy: Option<Key>,
    /// Whether it is a step of a layer function of the older interface.
    pub(crate) is_step: bool,
}

impl Host {
    /// Runs a call through the stages, in the order of [`hcs_rules::rule::Stage`].
    pub(super) fn call(&mut self, client: ClientId, request: &Request, fate: &Fate, effects: &mut Vec<Effect>) {
        let reply = self.answer(client, request, fate, effects);
        effects.push(Effect::Reply(reply));
    }

    fn answer(&mut self, client: ClientId, request: &Request, fate: &Fate, effects: &mut Vec<Effect>) -> Reply {
        let Some(caller) = self.client(client).map(|client| (client.rights, client.privileges)) else {
            return Reply::Outcome(Hresult::ERROR_INVALID_HANDLE, None);
        };
        let Some(call) = request.call() else {
            let Request::Unmodelled { export } = request else { unreachable!("only an unmodelled export has no call") };
            effects.push(Effect::Finding(Finding::UnmodelledCall(client, *export)));
            return Reply::Outcome(export::NOT_MODELLED, None);
        };
        let mut admitted = Admitted {
            client,
            call,
            system: None,
            process: None,
            disk: None,
            operation: None,
            legacy: None,
            is_step: false,
        };
        if let Err(reply) = self.admit(&mut admitted, caller, request, effects) {
            return reply;
        }
        match fate.end {
            End::Refused(code) => self.refuse(&admitted, code),
            _ => self.perform(&admitted, request, fate, effects),
        }
    }

    /// The stages before the document and the state, which find the entries that the call is about. An error is what it
    /// returns.
    fn admit(
        &mut self,
        admitted: &mut Admitted,
        (rights, privileges): (Rights, Privileges),
        request: &Request,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Reply> {
        let Admitted { client, call, .. } = *admitted;
        if !export::has(self.build, call) {
            effects.push(Effect::Finding(Finding::NotExported(client, call)));
            return Err(refusal(call, export::ABSENT));
        }
        if let Some(fault) = argument_fault(request)
            && let Some(row) = argument::rule(call, fault)
        {
            if row.misuse {
                effects.push(Effect::Finding(Finding::BadArgument(client, call, fault)));
            }
            return Err(refusal(call, row.refuses));
        }
        if let Some(handle) = request.system() {
            match self.system_handle(client, handle) {
                Ok((key, _)) => admitted.system = Some(key),
                Err(fault) => return Err(bad_handle(client, call, handle, fault, effects)),
            }
        }
        if let Some(handle) = request.process() {
            match self.process_handle(client, handle) {
                Ok((key, _)) => admitted.process = Some(key),
                Err(fault) => return Err(bad_handle(client, call, handle, fault, effects)),
            }
        }
        if let Some(handle) = request.disk() {
            match self.disk_handle(client, handle) {
                Ok((key, _)) => admitted.disk = Some(key),
                Err(fault) => return Err(bad_handle(client, call, handle, fault, effects)),
            }
        }
        if let Request::Legacy(request) = request
            && let Some((handle, wanted)) = request.wanted()
            && let Err(fault) = self.admit_legacy(admitted, handle, wanted)
        {
            return Err(bad_handle(client, call, handle, fault, effects));
        }
        if let Some(handle) = request.operation() {
            match self.operation(client, handle) {
                Ok((key, _)) => admitted.operation = Some(key),
                Err(fault) => return Err(bad_handle(client, call, handle, fault, effects)),
            }
        }
        self.operation_stage(admitted, request)?;
        let system = admitted.system.and_then(|key| self.handles.get(key)).map(|handle| handle.epoch);
        let process = admitted.process.and_then(|key| self.process_handles.get(key)).map(|handle| handle.epoch);
        let connection = match system.or(process) {
            None => Connection::None,
            Some(epoch) if epoch == self.epoch => Connection::Live,
            Some(_) => Connection::Lost,
        };
        if let Some(code) = service::rule(call, self.service, connection).and_then(|row| row.refuses) {
            return Err(self.refuse(admitted, code));
        }
        if let Some(code) = access::rule(call, rights).and_then(|row| row.refuses) {
            return Err(self.refuse(admitted, code));
        }
        let token = privilege::token(call, rights, privileges);
        if let Some(code) = privilege::rule(call, token).and_then(|row| row.refuses) {
            return Err(self.refuse(admitted, code));
        }
        Ok(())
    }

    /// The operation stage: may the call use the operation, and how?
    fn operation_stage(&mut self, admitted: &Admitted, request: &Request) -> Result<(), Reply> {
        let Some((key, operation)) = admitted.operation.and_then(|key| Some((key, self.operations.get(key)?))) else {
            return Ok(());
        };
        let wanted = match operation::uses(admitted.call) {
            None => return Ok(()),
            Some(uses) if uses.contains(Use::NotOfAProcess) => self.use_of_information(operation),
            Some(_) if operation.callback && self.announces_operations(admitted) => Use::TwoCallbacks,
            Some(_) => Use::Free,
        };
        match operation::rule(admitted.call, operation.phase, wanted).map(|row| row.verdict) {
            Some(Verdict::Fail(code)) => Err(refusal(admitted.call, code)),
            Some(Verdict::Empty) => Err(empty(admitted.call)),
            Some(Verdict::Result) => Err(Reply::Outcome(operation.code, operation.document.clone())),
            Some(Verdict::ResultAndInfo) => Err(self.result_and_info(key, request.takes_information())),
            Some(Verdict::Pass | Verdict::Wait) | None => Ok(()),
        }
    }

    /// How process information is wanted of an operation.
    fn use_of_information(&self, operation: &Operation) -> Use {
        match operation.kind {
            // A process that could not be made is told of as everywhere: what is lost is there.
            OperationType::CreateProcess if operation.code.is_ok() && self.loses_result(operation.process) => {
                Use::InfoLost
            }
            OperationType::CreateProcess | OperationType::GetProcessInfo if operation.info_taken => Use::InfoTaken,
            OperationType::CreateProcess | OperationType::GetProcessInfo => Use::Free,
            _ => Use::NotOfAProcess,
        }
    }

    /// Whether the host loses the result of a process's creation: a quirk, in process-isolated containers.
    fn loses_result(&self, handle: Option<Key>) -> bool {
        let process = || self.processes.get(self.process_handles.get(handle?)?.process);
        self.has(Quirk::CreateProcessResultIsLost)
            && process().is_some_and(|process| process.kind == Kind::ProcessContainer)
    }

    /// Whether the call starts an operation on a system or process handle that announces operations itself.
    fn announces_operations(&self, admitted: &Admitted) -> bool {
        let system = admitted.system.and_then(|key| self.handles.get(key));
        let process = admitted.process.and_then(|key| self.process_handles.get(key));
        admitted.call.operation_type().is_some()
            && (system.is_some_and(SystemHandle::announces_operations)
                || process.is_some_and(ProcessHandle::announces_operations))
    }

    /// A call that fails after the operation was accepted leaves its failure on the operation: clients wait for it all the
    /// same, and must not block. Assumed (a client finds a document there).
    #[cold]
    pub(crate) fn refuse(&mut self, admitted: &Admitted, code: Hresult) -> Reply {
        if let (Some(key), Some(kind)) = (admitted.operation, admitted.call.operation_type())
            && let Some(operation) = self.operations.get_mut(key)
        {
            operation.kind = kind;
            operation.phase = Phase::Completed;
            operation.code = code;
            operation.document = Some(crate::answer::result_error(code));
            operation.system = admitted.system;
            operation.process = admitted.process;
            operation.info_taken = false;
        }
        match refusal(admitted.call, code) {
            Reply::Legacy(reply) => {
                Reply::legacy(LegacyReply { document: Some(crate::answer::result_error(code)), ..*reply })
            }
            reply => reply,
        }
    }

    /// Carries out an admitted call: the document stage and the state stage, or what the operation's own calls do.
    pub(crate) fn perform(
        &mut self,
        on: &Admitted,
        request: &Request,
        fate: &Fate,
        effects: &mut Vec<Effect>,
    ) -> Reply {
        match request {
            Request::CreateOperation { callback } | Request::CreateOperationWithNotifications { callback, .. } => {
                // Progress notifications are never raised: no modelled operation has any to tell.
                let callback = *callback && matches!(request, Request::CreateOperation { .. });
                self.create_operation(on.client, callback)
            }
            Request::EnumerateComputeSystems { query, .. } => self.enumerate(on, None, query, fate, effects),
            Request::EnumerateComputeSystemsInNamespace { namespace, query, .. } => {
                let namespace = if let Text::Some(namespace) = namespace { Some(namespace) } else { None };
                self.enumerate(on, namespace, query, fate, effects)
            }
            Request::CreateComputeSystem { id, configuration, .. } => {
                self.create_system(on, Named::by_id(id), configuration, fate, effects)
            }
            Request::CreateComputeSystemInNamespace { namespace, id, configuration, options, .. } => {
                let named = Named { options: *options, ..Named::within(namespace, id) };
                self.create_system(on, named, configuration, fate, effects)
            }
            Request::OpenComputeSystem { id, .. } => self.open_system(on, Named::by_id(id)),
            Request::OpenComputeSystemInNamespace { namespace, id, .. } => {
                self.open_system(on, Named::within(namespace, id))
            }
            Request::GetServiceProperties { query, .. } => self.service_properties(on, query, effects),
            Request::ModifyServiceSettings { settings } => self.modify_service(settings),
            Request::SubmitWerReport { settings } => self.submit_report(settings),
            Request::CreateProcess { parameters, .. } => self.create_process(on, parameters, fate, effects),
            Request::OpenProcess { id, .. } => self.open_process(on, *id),
            Request::Layer(request) => self.on_layer(on, request, effects),
            Request::Disk(request) => self.on_disk(on, request, effects),
            Request::Legacy(request) => self.on_legacy(on, request, fate, effects),
            _ if request.path().is_some() => self.on_file(on, request),
            _ if request.process().is_some() => self.on_process(on, request, fate, effects),
            _ if request.system().is_some() => self.on_system(on, request, fate, effects),
            _ => self.on_operation(on, request, effects),
        }
    }
}

/// What is wrong with the arguments, if anything is. Where several are, the first in the order of the parameters; the
/// access mask comes first of all (observed).
fn argument_fault(request: &Request) -> Option<argument::ArgumentFault> {
    use argument::ArgumentFault as Fault;
    let namespace_fault = |namespace: &Text| match namespace {
        Text::Some(namespace) if !namespace.is_empty() => None,
        _ => Some(Fault::Namespace),
    };
    let no_access = |access: u32| (access != hcs_rules::vocabulary::GENERIC_ALL).then_some(Fault::Access);
    let null = |text: &Text, fault| matches!(text, Text::Null).then_some(fault);
    let no_out = |out: bool| (!out).then_some(Fault::NullOut);
    match request {
        Request::CreateComputeSystem { id, configuration, out, .. } => {
            id_fault(id).or(null(configuration, Fault::NullConfiguration)).or(no_out(*out))
        }
        Request::CreateComputeSystemInNamespace { namespace, id, configuration, options, out, .. } => {
            namespace_fault(namespace)
                .or_else(|| id_fault(id))
                .or(null(configuration, Fault::NullConfiguration))
                .or((*options == CreateOptions::UnknownVersion).then_some(Fault::OptionsVersion))
                .or(no_out(*out))
        }
        Request::OpenComputeSystem { id, access, out } => no_access(*access).or_else(|| id_fault(id)).or(no_out(*out)),
        Request::OpenComputeSystemInNamespace { namespace, id, access, out } => {
            no_access(*access).or_else(|| namespace_fault(namespace)).or_else(|| id_fault(id)).or(no_out(*out))
        }
        Request::EnumerateComputeSystemsInNamespace { namespace, .. } => namespace_fault(namespace),
        Request::ModifyComputeSystem { configuration, .. } => null(configuration, Fault::NullConfiguration),
        Request::GetServiceProperties { out, .. } => no_out(*out),
        Request::ModifyServiceSettings { settings } | Request::SubmitWerReport { settings } => {
            null(settings, Fault::NullSettings)
        }
        Request::CreateProcess { parameters, out, .. } => null(parameters, Fault::NullConfiguration).or(no_out(*out)),
        Request::OpenProcess { access, out, .. } => no_access(*access).or(no_out(*out)),
        Request::ModifyProcess { settings, .. } => null(settings, Fault::NullSettings),
        Request::GrantVmAccess { id, path } | Request::RevokeVmAccess { id, path } => {
            id_fault(id).or_else(|| path_fault(path))
        }
        Request::CreateEmptyGuestStateFile { path }
        | Request::CreateEmptyRuntimeStateFile { path }
        | Request::GetProcessorCompatibilityFromSavedState { path }
        | Request::GrantVmGroupAccess { path }
        | Request::RevokeVmGroupAccess { path } => path_fault(path),
        Request::Layer(request) => layer_fault(request),
        Request::Disk(request) => disk_fault(request),
        Request::Legacy(request) => legacy_fault(request),
        Request::SetOperationCallback { callback: false, .. }
        | Request::CreateOperationWithNotifications { callback: false, .. } => Some(Fault::NullCallback),
        _ => None,
    }
}

/// The same of a call on layers.
#[cold]
fn layer_fault(request: &LayerRequest) -> Option<argument::ArgumentFault> {
    use argument::ArgumentFault as Fault;
    let null = |text: &Text, fault| matches!(text, Text::Null).then_some(fault);
    let paths = request.paths().into_iter().flatten().find_map(path_fault);
    let data = request.data().and_then(|data| null(data, Fault::NullLayerData));
    let options = match request {
        LayerRequest::ExportLayer { options, .. }
        | LayerRequest::SetupBaseOSLayer { options, .. }
        | LayerRequest::SetupBaseOSVolume { options, .. } => null(options, Fault::NullOptions),
        LayerRequest::InitializeWritableLayer { options: Text::Malformed, .. } => Some(Fault::Reserved),
        LayerRequest::InitializeWritableLayer { options: Text::Some(options), .. } if !options.is_empty() => {
            Some(Fault::Reserved)
        }
        LayerRequest::GetLayerVhdMountPath { out: false, .. } => Some(Fault::NullOut),
        _ => None,
    };
    paths.or(data).or(options)
}

/// The same of a call on disks.
#[cold]
fn disk_fault(request: &DiskRequest) -> Option<argument::ArgumentFault> {
    use argument::ArgumentFault as Fault;
    let no_out = |out: bool| (!out).then_some(Fault::NullOut);
    let path = request.path().and_then(path_fault);
    let missing = |missing: bool, fault| missing.then_some(fault);
    match request {
        DiskRequest::CreateVirtualDisk { storage, parameters, out, .. } => {
            path.or(missing(storage.is_none() || parameters.is_none(), Fault::NullParameters)).or(no_out(*out))
        }
        DiskRequest::OpenVirtualDisk { storage, out, .. } => {
            path.or(missing(storage.is_none(), Fault::NullParameters)).or(no_out(*out))
        }
        DiskRequest::ResizeVirtualDisk { parameters, .. } => missing(parameters.is_none(), Fault::NullParameters),
        DiskRequest::MergeVirtualDisk { parameters, .. } => missing(parameters.is_none(), Fault::NullParameters),
        DiskRequest::GetVirtualDiskInformation { class, .. } => missing(class.is_none(), Fault::NullParameters),
        DiskRequest::SetVirtualDiskInformation { information, .. } => {
            missing(information.is_none(), Fault::NullParameters)
        }
        DiskRequest::GetVirtualDiskPhysicalPath { out, .. } => no_out(*out),
        _ => path,
    }
}

/// The same of a call of the older interface.
#[cold]
fn legacy_fault(request: &LegacyRequest) -> Option<argument::ArgumentFault> {
    use argument::ArgumentFault as Fault;
    let null = |text: &Text, fault| matches!(text, Text::Null).then_some(fault);
    let of_id = || request.id().and_then(id_fault);
    let of_layer = || match request {
        LegacyRequest::Layer(layer) => {
            let driver = (WITH_DRIVER.contains(layer.call) && !matches!(layer.home, Some(Text::Some(_))))
                .then_some(Fault::NullParameters);
            let other = WITH_OTHER.contains(layer.call).then(|| path_fault(&layer.other)).flatten();
            let is_text = |parent: &Text| path_fault(parent).is_none();
            let parents = layer.parents.as_ref().is_some_and(|parents| parents.iter().all(is_text));
            let parents = (WITH_PARENTS.contains(layer.call) && !parents).then_some(Fault::NullLayerData);
            driver.or(other).or(parents)
        }
        _ => None,
    };
    let of_document = || match request {
        LegacyRequest::CreateComputeSystem { configuration: text, .. }
        | LegacyRequest::ModifyComputeSystem { configuration: text, .. }
        | LegacyRequest::CreateProcess { parameters: text, .. } => null(text, Fault::NullConfiguration),
        LegacyRequest::ModifyServiceSettings { settings: text }
        | LegacyRequest::ModifyProcess { settings: text, .. } => null(text, Fault::NullSettings),
        LegacyRequest::RegisterComputeSystemCallback { callback: false, .. }
        | LegacyRequest::RegisterProcessCallback { callback: false, .. } => Some(Fault::NullCallback),
        _ => None,
    };
    of_id()
        .or_else(|| request.path().and_then(path_fault))
        .or_else(of_document)
        .or_else(of_layer)
        .or((!request.has_out()).then_some(Fault::NullOut))
}

/// What is wrong with an id.
fn id_fault(id: &Text) -> Option<argument::ArgumentFault> {
    use argument::ArgumentFault as Fault;
    match id {
        Text::Null => Some(Fault::NullId),
        Text::Malformed => Some(Fault::MalformedId),
        Text::Some(id) if id.is_empty() => Some(Fault::EmptyId),
        Text::Some(_) => None,
    }
}

/// What is wrong with a path in itself.
fn path_fault(path: &Text) -> Option<argument::ArgumentFault> {
    use argument::ArgumentFault as Fault;
    match path {
        Text::Null => Some(Fault::NullPath),
        Text::Malformed => Some(Fault::MalformedPath),
        Text::Some(path) if path.is_empty() => Some(Fault::EmptyPath),
        Text::Some(_) => None,
    }
}

/// Records a bad handle, and what the call answers.
#[cold]
fn bad_handle(client: ClientId, call: Call, handle: Handle, fault: HandleFault, effects: &mut Vec<Effect>) -> Reply {
    effects.push(Effect::Finding(Finding::BadHandle(client, call, handle, fault)));
    match handle::rule(call, fault).map(|row| row.answer) {
        Some(BadHandle::Fails(code)) => refusal(call, code),
        Some(BadHandle::Empty) | None => empty(call),
    }
}

/// The form in which a call returns a code.
pub(crate) fn refusal(call: Call, code: Hresult) -> Reply {
    match call {
        Call::CreateComputeSystem
        | Call::OpenComputeSystem
        | Call::CreateComputeSystemInNamespace
        | Call::OpenComputeSystemInNamespace
        | Call::CreateProcess
        | Call::OpenProcess
        | Call::CreateVirtualDisk
        | Call::OpenVirtualDisk
        | Call::CreateFile => Reply::Handle(code, Handle::NULL),
        Call::GetVirtualDiskInformation => Reply::Disk(code, None),
        Call::GetOperationResultAndProcessInfo | Call::WaitForOperationResultAndProcessInfo => {
            Reply::Info(code, None, None)
        }
        Call::CreateOperation | Call::CreateOperationWithNotifications => Reply::Handle(code, Handle::NULL),
        _ if legacy::CALLS.contains(call) => Reply::legacy(LegacyReply::bare(legacy::code(code))),
        _ => Reply::Outcome(code, None),
    }
}

/// The form in which a call returns nothing.
fn empty(call: Call) -> Reply {
    match call {
        Call::GetOperationId => Reply::Number(INVALID_OPERATION_ID as i64),
        Call::GetOperationType => Reply::Number(OperationType::None.value().into()),
        Call::GetComputeSystemFromOperation | Call::GetProcessFromOperation => {
            Reply::Handle(Hresult::S_OK, Handle::NULL)
        }
        _ => Reply::Void,
    }
}
