//! Pause, resume, save.

use super::{CONTAINERS, MACHINES, PAUSABLE, SILOS};
use crate::build::Build::{self, B26100, B26200};
use crate::evidence::{assumed, documented, observed};
use crate::hresult::Hresult;
use crate::rule::{After, Row};
use crate::vocabulary::Facet::{self, *};
use crate::vocabulary::Kind::{ProcessContainer, VirtualMachine};
use crate::vocabulary::SystemState::*;
use crate::vocabulary::Trigger;

/// A save whose options the document stage accepts.
const SAVES: &[Facet] = &[ToFile, AsTemplate, NoSaveFile, UnsavableDevice];

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    // -- Pause.
    Row::on("pause.running", Trigger::Pause).with(&[ValidOptions]).kinds(PAUSABLE).when(&[Running])
        .accepted().becomes(Pausing)
        .known(&[documented("HcsPauseComputeSystem"), observed("multipass", &[Build::B22621]).kinds(&[VirtualMachine])]),
    Row::on("pause.silo", Trigger::Pause).with(&[ValidOptions]).kinds(SILOS).when(&[Running])
        .fails(Hresult::ERROR_NOT_SUPPORTED)
        .known(&[observed("hcsctl, also through schema 2; docker for-win issue 832", &[Build::B17763, B26200]).kinds(&[ProcessContainer])]),
    Row::on("pause.not-running", Trigger::Pause).with(&[ValidOptions]).unless(&[Refused, Running, Exited])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[documented("HcsPauseComputeSystem, before 2021")]),
    Row::on("pause.exited", Trigger::Pause).with(&[ValidOptions]).when(&[Exited])
        .fails(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED)
        .known(&[assumed("as for start and terminate")]),
    Row::on("pause.refused", Trigger::Pause).with(&[ValidOptions]).when(&[Refused])
        .fails(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[assumed("the service knows no system behind the handle of a failed create")]),
    Row::on("pause.malformed", Trigger::Pause).with(&[MalformedOptions])
        .fails(Hresult::ERROR_INVALID_DATA)
        .known(&[assumed("as for create; the surface is not recorded")]),
    Row::on("pause.invalid", Trigger::Pause).with(&[InvalidOptions])
        .fails(Hresult::HCS_E_INVALID_JSON)
        .known(&[assumed("as for create; the surface is not recorded")]),
    Row::on("pause.done", Trigger::PauseDone)
        .completes().becomes(Paused)
        .known(&[observed("multipass", &[Build::B22621]).kinds(&[VirtualMachine]), documented("HcsPauseComputeSystem")]),

    // -- Resume.
    Row::on("resume.paused", Trigger::Resume).kinds(PAUSABLE).when(&[Paused])
        .accepted().becomes(Resuming)
        .known(&[documented("HcsResumeComputeSystem"), observed("multipass", &[Build::B22621]).kinds(&[VirtualMachine])]),
    Row::on("resume.silo", Trigger::Resume).kinds(SILOS).when(&[Running, Paused])
        .fails(Hresult::ERROR_NOT_SUPPORTED)
        .known(&[observed("hcsctl", &[B26200]).kinds(&[ProcessContainer]).states(&[Running])]),
    Row::on("resume.running", Trigger::Resume).kinds(PAUSABLE).when(&[Running])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[documented("HcsResumeComputeSystem, before 2021")]),
    Row::on("resume.not-paused", Trigger::Resume).unless(&[Refused, Running, Paused, Exited])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[documented("HcsResumeComputeSystem, before 2021")]),
    Row::on("resume.exited", Trigger::Resume).when(&[Exited])
        .fails(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED)
        .known(&[assumed("as for start and terminate")]),
    Row::on("resume.refused", Trigger::Resume).when(&[Refused])
        .fails(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[assumed("the service knows no system behind the handle of a failed create")]),
    Row::on("resume.done", Trigger::ResumeDone)
        .completes().becomes(Running)
        .known(&[observed("multipass", &[Build::B22621]).kinds(&[VirtualMachine]), documented("HcsResumeComputeSystem")]),

    // -- Save. What is saved to a file stays paused, and reads so.
    Row::on("save.paused", Trigger::Save).with(&[ToFile, AsTemplate]).kinds(MACHINES).when(&[Paused])
        .accepted().becomes(Saving)
        .known(&[documented("HcsSaveComputeSystem"), observed("multipass; discobox: as a template", &[Build::B22621, B26100]).kinds(&[VirtualMachine])]),
    Row::on("save.no-file", Trigger::Save).with(&[NoSaveFile]).kinds(MACHINES).when(&[Paused])
        .fails(Hresult::HCS_E_INVALID_JSON)
        .known(&[assumed("as for a shutdown without options: the document is missing something")]),
    Row::on("save.device", Trigger::Save).with(&[UnsavableDevice]).kinds(MACHINES).when(&[Paused])
        .fails(Hresult::ERROR_NOT_SUPPORTED)
        .known(&[assumed("notes say that GPU partitions, VSMB and Plan 9 stand against it; no code is recorded")]),
    Row::on("save.container", Trigger::Save).with(SAVES).kinds(CONTAINERS).when(&[Running, Paused])
        .fails(Hresult::ERROR_NOT_SUPPORTED)
        .known(&[assumed("as pause and resume of a process container")]),
    Row::on("save.running", Trigger::Save).with(SAVES).kinds(MACHINES).when(&[Running])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[documented("HcsSaveComputeSystem: when it still runs")]),
    Row::on("save.not-paused", Trigger::Save).with(SAVES).unless(&[Refused, Running, Paused, Exited])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[documented("HcsSaveComputeSystem")]),
    Row::on("save.exited", Trigger::Save).with(SAVES).when(&[Exited])
        .fails(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED)
        .known(&[assumed("as for start and terminate")]),
    Row::on("save.refused", Trigger::Save).with(SAVES).when(&[Refused])
        .fails(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[assumed("the service knows no system behind the handle of a failed create")]),
    Row::on("save.malformed", Trigger::Save).with(&[MalformedOptions])
        .fails(Hresult::ERROR_INVALID_DATA)
        .known(&[assumed("as for create; the surface is not recorded")]),
    Row::on("save.invalid", Trigger::Save).with(&[InvalidOptions])
        .fails(Hresult::HCS_E_INVALID_JSON)
        .known(&[assumed("as for create; the surface is not recorded")]),
    Row::on("save.done-file", Trigger::SaveDone).with(&[ToFile])
        .completes().becomes(Paused).after(After::KeepState)
        .known(&[observed("multipass: the state still reads Paused", &[Build::B22621]).kinds(&[VirtualMachine])]),
    Row::on("save.unservable", Trigger::SaveDone).with(&[Unservable])
        .ends_as_found().becomes(Paused)
        .known(&[assumed("a state that cannot be saved leaves the machine as it was")]),
    Row::on("save.done-template", Trigger::SaveDone).with(&[AsTemplate])
        .completes().becomes(Template)
        .known(&[observed("discobox: frozen in memory; it still answers open and properties", &[B26100]).kinds(&[VirtualMachine]), documented("schema reference: State SavedAsTemplate")]),
];
