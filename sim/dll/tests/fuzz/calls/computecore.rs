//! `computecore.dll`

use std::ptr::null;

use hcs_sim_dll::computecore::{
    HcsAbortSystemPreservation, HcsEnumerateVmWorkerProcesses, HcsFinalizeLiveMigration, HcsFinalizeSystemPreservation,
    HcsFindVmWorkerProcesses, HcsGetOperationProperties, HcsGetWorkerProcessJob, HcsInitializeLiveMigrationOnSource,
    HcsStartLiveMigrationOnSource, HcsStartLiveMigrationTransfer, HcsStartSystemPreservation, HcsStartVmWorkerProcess,
    HcsSystemControl,
};
use windows_sys::Win32::System::HostComputeSystem::*;

use super::{Call, calls};
use crate::player::{Kind, Player};
use crate::text::For;

impl Player {
    /// An operation. A new one is what calls succeed with.
    fn operation(&mut self) -> HCS_OPERATION {
        if self.random.once_in(2) {
            let callback = self.completion();
            // SAFETY: the context is a number.
            let made = unsafe { HcsCreateOperation(null(), callback) };
            self.keep(Kind::Operation, made);
            return made;
        }
        self.handle(Kind::Operation)
    }

    fn system(&mut self) -> HCS_SYSTEM {
        self.handle(Kind::System)
    }

    fn process(&mut self) -> HCS_PROCESS {
        self.handle(Kind::Process)
    }

    /// Options of a creation: of the version that there is, or of another, of which there is nothing but the version.
    fn create_options(&mut self) -> *const HCS_CREATE_OPTIONS {
        match self.random.below(4) {
            0 => null(),
            1 => {
                let version = HcsCreateOptions_1 + 1 + self.random.below(3) as i32;
                self.value(version)
            }
            _ => {
                let options = HCS_CREATE_OPTIONS_1 {
                    Version: HcsCreateOptions_1,
                    CallbackOptions: self.flags() as i32,
                    Callback: self.listener(),
                    ..Default::default()
                };
                self.value(options).cast()
            }
        }
    }
}

calls! {
    p;
    4 HcsCreateOperation(null(), p.completion()) => Operation;
    2 HcsCreateOperationWithNotifications(p.flags() as i32, null(), p.listener()) => Operation;
    12 HcsCloseOperation(p.closing(Kind::Operation));
    1 HcsGetOperationContext(p.operation());
    1 HcsSetOperationContext(p.operation(), p.last());
    1 HcsGetComputeSystemFromOperation(p.operation());
    1 HcsGetProcessFromOperation(p.operation());
    1 HcsGetOperationType(p.operation());
    1 HcsGetOperationId(p.operation());
    3 HcsGetOperationResult(p.handle(Kind::Operation), p.document());
    4 HcsGetOperationResultAndProcessInfo(p.handle(Kind::Operation), p.information(), p.document());
    6 HcsWaitForOperationResult(p.handle(Kind::Operation), p.time(), p.document());
    8 HcsWaitForOperationResultAndProcessInfo(p.handle(Kind::Operation), p.time(), p.information(), p.document());
    3 HcsSetOperationCallback(p.operation(), null(), p.completion());
    2 HcsCancelOperation(p.handle(Kind::Operation));
    1 HcsAddResourceToOperation(p.operation(), p.flags() as i32, p.text(For::Name), p.handle(Kind::Event));
    1 HcsGetOperationProperties(p.operation(), p.text(For::Query), p.document());

    2 HcsEnumerateComputeSystems(p.text(For::Query), p.operation());
    1 HcsEnumerateComputeSystemsInNamespace(p.text(For::Name), p.text(For::Query), p.operation());
    12 HcsCreateComputeSystem(p.text(For::Id), p.text(For::System), p.operation(), null(), p.made(Kind::System));
    3 HcsCreateComputeSystemInNamespace(
        p.text(For::Name), p.text(For::Id), p.text(For::System), p.operation(), p.create_options(), p.made(Kind::System),
    );
    4 HcsOpenComputeSystem(p.text(For::Id), p.access(), p.made(Kind::System));
    1 HcsOpenComputeSystemInNamespace(p.text(For::Name), p.text(For::Id), p.access(), p.made(Kind::System));
    6 HcsCloseComputeSystem(p.closing(Kind::System));
    12 HcsStartComputeSystem(p.system(), p.operation(), p.text(For::Options));
    2 HcsShutDownComputeSystem(p.system(), p.operation(), p.text(For::Options));
    4 HcsTerminateComputeSystem(p.system(), p.operation(), p.text(For::Options));
    1 HcsCrashComputeSystem(p.system(), p.operation(), p.text(For::Options));
    2 HcsPauseComputeSystem(p.system(), p.operation(), p.text(For::Options));
    2 HcsResumeComputeSystem(p.system(), p.operation(), p.text(For::Options));
    2 HcsSaveComputeSystem(p.system(), p.operation(), p.text(For::Options));
    3 HcsGetComputeSystemProperties(p.system(), p.operation(), p.text(For::Query));
    3 HcsModifyComputeSystem(p.system(), p.operation(), p.text(For::Modify), p.handle(Kind::Event));
    6 HcsSetComputeSystemCallback(p.settling(Kind::System), p.flags() as i32, p.last(), p.listener());
    2 HcsWaitForComputeSystemExit(p.system(), p.time(), p.document());

    14 HcsCreateProcess(p.system(), p.text(For::Process), p.operation(), null(), p.made(Kind::Process));
    2 HcsOpenProcess(p.system(), 1_000 + p.random.below(8) as u32, p.access(), p.made(Kind::Process));
    8 HcsCloseProcess(p.closing(Kind::Process));
    3 HcsTerminateProcess(p.process(), p.operation(), p.text(For::Options));
    2 HcsSignalProcess(p.process(), p.operation(), p.text(For::Options));
    2 HcsGetProcessInfo(p.process(), p.operation());
    2 HcsGetProcessProperties(p.process(), p.operation(), p.text(For::Query));
    2 HcsModifyProcess(p.process(), p.operation(), p.text(For::Modify));
    5 HcsSetProcessCallback(p.settling(Kind::Process), p.flags() as i32, p.last(), p.listener());
    3 HcsWaitForProcessExit(p.process(), p.time(), p.document());

    2 HcsGetServiceProperties(p.text(For::ServiceQuery), p.document());
    1 HcsModifyServiceSettings(p.text(For::Settings), p.document());
    1 HcsSubmitWerReport(p.text(For::Settings));
    1 HcsCreateEmptyGuestStateFile(p.text(For::Path));
    1 HcsCreateEmptyRuntimeStateFile(p.text(For::Path));
    1 HcsGetProcessorCompatibilityFromSavedState(p.text(For::Path), p.document().cast());
    1 HcsGrantVmAccess(p.text(For::Id), p.text(For::Path));
    1 HcsRevokeVmAccess(p.text(For::Id), p.text(For::Path));
    1 HcsGrantVmGroupAccess(p.text(For::Path));
    1 HcsRevokeVmGroupAccess(p.text(For::Path));

    1 HcsInitializeLiveMigrationOnSource(p.system(), p.operation(), p.text(For::Options));
    1 HcsStartLiveMigrationOnSource(p.system(), p.operation(), p.text(For::Options));
    1 HcsStartLiveMigrationTransfer(p.system(), p.operation(), p.text(For::Options));
    1 HcsFinalizeLiveMigration(p.system(), p.operation(), p.text(For::Options));
    1 HcsEnumerateVmWorkerProcesses();
    1 HcsFindVmWorkerProcesses();
    1 HcsGetWorkerProcessJob();
    1 HcsStartVmWorkerProcess();
    1 HcsSystemControl();
    1 HcsStartSystemPreservation();
    1 HcsFinalizeSystemPreservation();
    1 HcsAbortSystemPreservation();
}
