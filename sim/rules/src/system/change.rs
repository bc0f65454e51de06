//! Changes to a system: `HcsModifyComputeSystem`.

use crate::build::Build::{self, B26100, B26200};
use crate::evidence::{assumed, client, documented, observed};
use crate::hresult::Hresult;
use crate::rule::{After, Row};
use crate::vocabulary::Facet::*;
use crate::vocabulary::Kind::VirtualMachine;
use crate::vocabulary::SystemState::*;
use crate::vocabulary::Trigger;

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    // -- Modify. What becomes of a change is in `resource.rs`.
    Row::on("modify.admitted", Trigger::Modify).with(&[ValidDocument]).when(&[Created, Running, Paused])
        .accepted()
        .known(&[documented("HcsModifyComputeSystem"), observed("multipass; VMLord; Solon", &[Build::B22621, B26100, B26200]).kinds(&[VirtualMachine]).states(&[Running])]),
    Row::on("modify.passing", Trigger::Modify).with(&[ValidDocument]).when(&[Creating, Starting, Pausing, Resuming, Saving, Template, Stopping])
        .fails(Hresult::HCS_E_INVALID_STATE)
        .known(&[assumed("the general sentence on invalid states")]),
    Row::on("modify.stopped", Trigger::Modify).with(&[ValidDocument]).when(&[Terminating, Exited])
        .fails(Hresult::HCS_E_SYSTEM_ALREADY_STOPPED)
        .known(&[client("hcsshim takes it so, also during teardown")]),
    Row::on("modify.refused", Trigger::Modify).with(&[ValidDocument]).when(&[Refused])
        .fails(Hresult::HCS_E_SYSTEM_NOT_FOUND)
        .known(&[assumed("the service knows no system behind the handle of a failed create")]),
    Row::on("modify.malformed", Trigger::Modify).with(&[MalformedDocument])
        .fails(Hresult::ERROR_INVALID_DATA)
        .known(&[assumed("as for create; the surface is not recorded")]),
    Row::on("modify.invalid", Trigger::Modify).with(&[InvalidDocument])
        .fails(Hresult::HCS_E_INVALID_JSON)
        .known(&[client("hcsshim reads it as not supported by this platform"), assumed("the surface is not recorded")]),
    Row::on("modify.done", Trigger::ModifyDone)
        .ends_as_found().after(After::Change)
        .known(&[documented("HcsModifyComputeSystem")]),
];
