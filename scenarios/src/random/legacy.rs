//! Calls of the older interface, in random sequences.

use hcs_machine::ClientId;
use hcs_machine::Input;
use hcs_machine::input::legacy::LegacyLayer;
use hcs_machine::input::{LegacyRequest, Request, Text};
use hcs_rules::legacy::layer::ON_LAYERS;
use hcs_rules::vocabulary::Call;

use super::{Dice, Known, PATHS};

impl Dice {
    /// What a client does with the older interface.
    pub(super) fn on_older(&mut self, known: &Known) -> Input {
        let client = ClientId(if self.chance(4) { 1 + self.below(3) as u32 } else { 1 });
        // Handles of one kind are taken for another now and then: they are all in one list.
        let handle = self.handle(&known.older);
        let (system, process, registration) = (handle, handle, handle);
        let options = self.options();
        let out = !self.chance(20);
        let request = match self.below(34) {
            0..4 => LegacyRequest::CreateComputeSystem { id: self.id(), configuration: self.configuration(), out },
            4 | 5 => LegacyRequest::OpenComputeSystem { id: self.id(), out },
            6..9 => LegacyRequest::RegisterComputeSystemCallback { system, callback: !self.chance(20), out },
            9 => LegacyRequest::UnregisterComputeSystemCallback { registration },
            10..13 => LegacyRequest::StartComputeSystem { system, options: Text::Null },
            13 => LegacyRequest::ShutdownComputeSystem { system, options },
            14 => LegacyRequest::TerminateComputeSystem { system, options: Text::Null },
            15 => LegacyRequest::PauseComputeSystem { system, options: Text::Null },
            16 => LegacyRequest::ResumeComputeSystem { system, options: Text::Null },
            17 => LegacyRequest::SaveComputeSystem { system, options },
            18 => LegacyRequest::GetComputeSystemProperties { system, query: self.query(), out },
            19 => LegacyRequest::ModifyComputeSystem { system, configuration: self.change() },
            20 => LegacyRequest::EnumerateComputeSystems { query: self.query(), out },
            21 => LegacyRequest::GetServiceProperties { query: self.service_query(), out },
            22..25 => LegacyRequest::CreateProcess { system, parameters: self.parameters(), out },
            25 => LegacyRequest::OpenProcess { system, id: self.process_id(), out },
            26 => LegacyRequest::RegisterProcessCallback { process, callback: true, out },
            27 => LegacyRequest::UnregisterProcessCallback { registration },
            28 => LegacyRequest::TerminateProcess { process },
            29 => LegacyRequest::SignalProcess { process, options: self.signal() },
            30 => LegacyRequest::GetProcessInfo { process, out },
            31 => LegacyRequest::CloseProcess { process },
            32 => LegacyRequest::CloseComputeSystem { system },
            _ => LegacyRequest::Layer(self.older_layer()),
        };
        Input::Call(client, Request::Legacy(request.into()), self.fate())
    }

    fn older_layer(&mut self) -> LegacyLayer {
        let calls: Vec<Call> = ON_LAYERS.iter().collect();
        let path = |dice: &mut Dice| Text::from(*dice.pick(PATHS));
        let parents = if self.chance(2) { vec![path(self)] } else { Vec::new() };
        let layer = LegacyLayer::of(*self.pick(&calls), path(self));
        LegacyLayer { other: path(self), parents: Some(parents), size: self.below(1 << 36), ..layer }
    }
}
