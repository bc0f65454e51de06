//! What a document can ask for that the host cannot give, though the document itself is well formed.
//!
//! Each constraint is looked at when the operation completes: at `HcsCreateComputeSystem` the machine is constructed, at
//! `HcsStartComputeSystem` its devices are powered on. `hcs_machine::constraint` finds which one is broken, in the order of
//! this list.

use crate::answer::Form;
use crate::build::Build::{self, B19041, B26100, B26200};
use crate::build::{Builds, until};
use crate::closed::closed;
use crate::evidence::{Source, assumed, client, documented, observed};
use crate::hresult::Hresult;
use crate::profile::{Quirk, Quirks};
use crate::vocabulary::OperationType;

closed! {
    /// What can stand against a document.
    pub enum Constraint, Constraints {
        /// The host has no hypervisor, and the system needs one.
        NoHypervisor,
        /// Memory is given out in pieces: see [`memory_piece`].
        OddMemory,
        /// There are two serial ports, named 0 and 1.
        ComPort,
        /// A SCSI controller has 64 slots, a machine has 4 controllers.
        ScsiSlot,
        /// Two Plan 9 shares have one name or one port.
        SharesCollide,
        /// Two mapped directories have one path in the container.
        DirectoriesCollide,
        /// An adapter's endpoint is not written as HNS writes it, or is not one of the host's.
        Endpoint,
        /// Isolation settings without a type, or `GuestStateOnly` without a file for the guest state.
        Isolation,
        /// A trusted platform module, on a build that gives none.
        TrustedPlatformModule,
        /// A shared memory region of a machine whose memory is not overcommitted.
        RegionNeedsOvercommit,
        /// The hosting system does not exist.
        NoHost,
        /// The hosting system does not run.
        HostNotRunning,
        /// The hosting system has no guest connection.
        HostUnconnected,
        /// The template does not exist.
        NoTemplate,
        /// The template is one of another process.
        ForeignTemplate,
        /// The system named as a template was not saved as one.
        NotATemplate,
        /// A shared memory region with a Win32 name.
        RegionName,
        /// A clone with network adapters in its document.
        CloneWithAdapters,
        /// The saved state is on a volume whose device is not ready.
        SavedStateNotReady,
        /// The file of the saved state is not there.
        NoSavedState,
        /// Somebody has the file of the saved state open and shares it with nobody.
        SavedStateLocked,
        /// The file holds no saved state.
        SavedStateForeign,
        /// The saved state is of a newer version.
        SavedStateNewer,
        /// The saved state is damaged.
        SavedStateTorn,
        /// An adapter's endpoint is attached elsewhere.
        EndpointAttached,
        /// The state is to be saved on a volume whose device is not ready.
        SaveNotReady,
        /// A folder is where the state is to be saved.
        SaveToFolder,
        /// The state is to be saved on a volume that can only be read.
        SaveReadOnly,
        /// Nobody may write the file to which the state is to be saved, or its folder.
        SaveDenied,
        /// Somebody has that file open and shares it with nobody.
        SaveLocked,
        /// The volume has no room for the state.
        SaveFull,
    }
}

closed! {
    /// A section of a machine's document that constraints are about.
    pub enum Section, Sections {
        /// Serial ports.
        ComPorts,
        /// SCSI controllers.
        Scsi,
        /// Plan 9 shares.
        Plan9,
        /// Network adapters.
        NetworkAdapters,
        /// Regions of shared memory.
        SharedMemory,
        /// Isolation and the trusted platform module.
        Security,
        /// The saved state or the template that the machine is made from.
        Restore,
    }
}

impl Section {
    /// Where it is in the machine's part of the document.
    pub const fn path(self) -> &'static [&'static str] {
        match self {
            Section::ComPorts => &["Devices", "ComPorts"],
            Section::Scsi => &["Devices", "Scsi"],
            Section::Plan9 => &["Devices", "Plan9"],
            Section::NetworkAdapters => &["Devices", "NetworkAdapters"],
            Section::SharedMemory => &["Devices", "SharedMemory"],
            Section::Security => &["SecuritySettings"],
            Section::Restore => &["RestoreState"],
        }
    }
}

/// What a broken constraint is answered with.
#[derive(Debug)]
pub struct ConstraintRow {
    /// Unique name.
    pub id: &'static str,
    /// The constraint.
    pub constraint: Constraint,
    /// The operation that fails.
    pub operation: OperationType,
    /// The builds on which it does.
    pub builds: Builds,
    /// The code.
    pub code: Hresult,
    /// The result document.
    pub form: Form,
    /// How it is known.
    pub sources: &'static [Source],
}

const fn create(
    id: &'static str,
    constraint: Constraint,
    code: Hresult,
    form: Form,
    sources: &'static [Source],
) -> ConstraintRow {
    ConstraintRow { id, constraint, operation: OperationType::Create, builds: Builds::EVERY, code, form, sources }
}

const fn start(
    id: &'static str,
    constraint: Constraint,
    code: Hresult,
    form: Form,
    sources: &'static [Source],
) -> ConstraintRow {
    ConstraintRow { id, constraint, operation: OperationType::Start, builds: Builds::EVERY, code, form, sources }
}

impl ConstraintRow {
    const fn before(mut self, build: Build) -> ConstraintRow {
        self.builds = until(build);
        self
    }
}

const fn save(id: &'static str, constraint: Constraint, code: Hresult, sources: &'static [Source]) -> ConstraintRow {
    ConstraintRow {
        id,
        constraint,
        operation: OperationType::Save,
        builds: Builds::EVERY,
        code,
        form: Form::Attributed,
        sources,
    }
}

/// Every row, in the order in which constraints are looked at (assumed).
#[rustfmt::skip]
pub const ROWS: &[ConstraintRow] = &[
    create("constraint.hypervisor", Constraint::NoHypervisor, Hresult::HCS_E_HYPERV_NOT_INSTALLED,
        Form::Event(11008, "Cannot create system '{}' since Hyper-V is not installed on the host."),
        &[observed("cowork-vm issues 42888 and 33784", &[B19041, B26200])]),
    create("constraint.memory", Constraint::OddMemory, Hresult::WBEM_E_INVALID_PARAMETER, Form::Attributed,
        &[observed("appsandbox issue 11: 8006 MB refused as the reporter says, odd sizes as the maintainer says", &[B26100]),
          client("WSL and hcsshim round to 2 MB"), assumed("that odd sizes are refused, and 8006 only on a host with that quirk")]),
    create("constraint.com-port", Constraint::ComPort, Hresult::HCS_E_INVALID_JSON, Form::Attributed,
        &[observed("a third port is refused", &[B26100]), documented("schema reference: not larger than 1")]),
    create("constraint.scsi-slot", Constraint::ScsiSlot, Hresult::E_INVALIDARG, Form::Attributed,
        &[client("hcsshim: 4 controllers of 64 slots"), assumed("the code")]),
    create("constraint.shares", Constraint::SharesCollide, Hresult::ERROR_DUPLICATE_TAG, Form::Attributed,
        &[observed("cowork-vm issues 33040 and 32896", &[B26100])]),
    create("constraint.directories", Constraint::DirectoriesCollide, Hresult::ERROR_OBJECT_ALREADY_EXISTS, Form::Bare,
        &[observed("a Linux container of schema 1", &[Build::B17763])]),
    create("constraint.endpoint", Constraint::Endpoint, Hresult::HCS_E_INVALID_JSON, Form::Attributed,
        &[observed("one client: in braces or upper case, or unknown to HNS", &[B26100])]),
    create("constraint.isolation", Constraint::Isolation, Hresult::E_INVALIDARG, Form::Attributed,
        &[observed("a shared memory probe", &[B26100])]),
    create("constraint.tpm", Constraint::TrustedPlatformModule, Hresult::ERROR_NOT_SUPPORTED, Form::Attributed,
        &[client("notes of NanaBox's author: a trusted platform module needs a host of 24H2, though the schema has it from Server 2022 on"),
          client("hcsshim: SecuritySettings.EnableTpm"), assumed("that the creation fails, and the code")]).before(B26100),
    create("constraint.region-overcommit", Constraint::RegionNeedsOvercommit, Hresult::ERROR_NOT_SUPPORTED, Form::Attributed,
        &[observed("a shared memory probe", &[B26100])]),
    create("constraint.no-host", Constraint::NoHost, Hresult::HCS_E_SYSTEM_NOT_FOUND, Form::Bare,
        &[documented("schema reference: the hosting system exists first"), assumed("the code")]),
    create("constraint.host-state", Constraint::HostNotRunning, Hresult::HCS_E_INVALID_STATE, Form::Bare,
        &[client("hcsshim starts the utility machine first"), assumed("the code")]),
    create("constraint.host-connection", Constraint::HostUnconnected, Hresult::HCS_E_CONNECT_FAILED, Form::Bare,
        &[documented("the code's text"), assumed("that it is given here")]),
    create("constraint.no-template", Constraint::NoTemplate, Hresult::HCS_E_SYSTEM_NOT_FOUND, Form::Bare,
        &[assumed("the template is named by its id")]),
    create("constraint.foreign-template", Constraint::ForeignTemplate, Hresult::ERROR_VSMB_SAVED_STATE_FILE_NOT_FOUND, Form::Attributed,
        &[observed("discobox: from any process other than the template's creator", &[B26100])]),
    create("constraint.not-a-template", Constraint::NotATemplate, Hresult::HCS_E_INVALID_STATE, Form::Bare,
        &[assumed("the general sentence on invalid states")]),
    start("constraint.region-name", Constraint::RegionName, Hresult::ERROR_BAD_PATHNAME, Form::Attributed,
        &[observed("a shared memory probe: Global\\ fails, a name below \\BaseNamedObjects works", &[B26100])]),
    start("constraint.clone-adapters", Constraint::CloneWithAdapters, Hresult::ERROR_NOT_SUPPORTED, Form::Attributed,
        &[observed("discobox: the restore fails", &[B26100]), assumed("the code")]),
    start("constraint.saved-state-not-ready", Constraint::SavedStateNotReady, Hresult::ERROR_NOT_READY, Form::Attributed,
        &[assumed("the code's text")]),
    start("constraint.no-saved-state", Constraint::NoSavedState, Hresult::ERROR_FILE_NOT_FOUND, Form::Attributed,
        &[assumed("disks are looked at when the machine starts, and so is this file")]),
    start("constraint.saved-state-locked", Constraint::SavedStateLocked, Hresult::ERROR_SHARING_VIOLATION, Form::Attributed,
        &[assumed("the code's text")]),
    start("constraint.saved-state-foreign", Constraint::SavedStateForeign, Hresult::ERROR_INVALID_DATA, Form::Attributed,
        &[client("VMLord: a state file of another format is refused"), assumed("the code, and when it is noticed")]),
    start("constraint.saved-state-newer", Constraint::SavedStateNewer, Hresult::ERROR_NOT_SUPPORTED, Form::Attributed,
        &[assumed("the code: a version that the host does not know")]),
    start("constraint.saved-state-torn", Constraint::SavedStateTorn, Hresult::ERROR_FILE_CORRUPT, Form::Attributed,
        &[assumed("the code's text; never a machine that comes back wrong")]),
    start("constraint.endpoint-attached", Constraint::EndpointAttached, Hresult::HCN_E_ENDPOINT_ALREADY_ATTACHED, Form::Attributed,
        &[observed("VMLord: also by a system that was terminated", &[B26100])]),
    save("constraint.save-not-ready", Constraint::SaveNotReady, Hresult::ERROR_NOT_READY, &[assumed("the code's text")]),
    save("constraint.save-to-folder", Constraint::SaveToFolder, Hresult::E_ACCESSDENIED, &[assumed("as for every file that is a folder")]),
    save("constraint.save-read-only", Constraint::SaveReadOnly, Hresult::ERROR_WRITE_PROTECT, &[assumed("the code's text")]),
    save("constraint.save-denied", Constraint::SaveDenied, Hresult::E_ACCESSDENIED,
        &[client("multipass grants access to the folder first"), assumed("the code; that a missing grant is not looked for yet")]),
    save("constraint.save-locked", Constraint::SaveLocked, Hresult::ERROR_SHARING_VIOLATION, &[assumed("the code's text")]),
    save("constraint.save-full", Constraint::SaveFull, Hresult::ERROR_DISK_FULL, &[assumed("the code's text; that no part of the file is left")]),
];

/// The megabytes of a piece of memory, of which a machine has a whole number.
pub const fn memory_piece(quirks: Quirks) -> u64 {
    if quirks.contains(Quirk::CoarseMemory) { 4 } else { 2 }
}

impl Constraint {
    /// The section that a machine's document must have for the constraint to be broken; `None` if it is about something else.
    pub const fn section(self) -> Option<Section> {
        match self {
            Constraint::ComPort => Some(Section::ComPorts),
            Constraint::ScsiSlot => Some(Section::Scsi),
            Constraint::SharesCollide => Some(Section::Plan9),
            Constraint::Endpoint | Constraint::CloneWithAdapters | Constraint::EndpointAttached => {
                Some(Section::NetworkAdapters)
            }
            Constraint::Isolation | Constraint::TrustedPlatformModule => Some(Section::Security),
            Constraint::RegionNeedsOvercommit | Constraint::RegionName => Some(Section::SharedMemory),
            Constraint::NoTemplate
            | Constraint::ForeignTemplate
            | Constraint::NotATemplate
            | Constraint::SavedStateNotReady
            | Constraint::NoSavedState
            | Constraint::SavedStateLocked
            | Constraint::SavedStateForeign
            | Constraint::SavedStateNewer
            | Constraint::SavedStateTorn => Some(Section::Restore),
            Constraint::NoHypervisor
            | Constraint::OddMemory
            | Constraint::DirectoriesCollide
            | Constraint::NoHost
            | Constraint::HostNotRunning
            | Constraint::HostUnconnected
            | Constraint::SaveNotReady
            | Constraint::SaveToFolder
            | Constraint::SaveReadOnly
            | Constraint::SaveDenied
            | Constraint::SaveLocked
            | Constraint::SaveFull => None,
        }
    }
}

/// The constraints that are looked at when an operation completes, of a system whose document has these sections.
pub fn asked(operation: OperationType, sections: Sections) -> Constraints {
    let about_sections = sections.iter().fold(OF_NO_SECTION, |all, section| all.or(OF_SECTION[section.index()]));
    AT[operation.index()].and(about_sections)
}

/// The constraints of each operation.
const AT: [Constraints; OperationType::COUNT] = {
    let mut sets = [Constraints::NONE; OperationType::COUNT];
    let mut at = 0;
    while at < ROWS.len() {
        let set = &mut sets[ROWS[at].operation.index()];
        *set = set.with(ROWS[at].constraint);
        at += 1;
    }
    sets
};

/// The constraints about each section.
const OF_SECTION: [Constraints; Section::COUNT] = {
    let mut sets = [Constraints::NONE; Section::COUNT];
    let mut at = 0;
    while at < Constraint::COUNT {
        if let Some(section) = Constraint::ALL[at].section() {
            let set = &mut sets[section.index()];
            *set = set.with(Constraint::ALL[at]);
        }
        at += 1;
    }
    sets
};

/// Those about something else.
const OF_NO_SECTION: Constraints = {
    let mut set = Constraints::NONE;
    let mut at = 0;
    while at < Constraint::COUNT {
        if Constraint::ALL[at].section().is_none() {
            set = set.with(Constraint::ALL[at]);
        }
        at += 1;
    }
    set
};

/// The row of a constraint.
pub const fn row(constraint: Constraint) -> &'static ConstraintRow {
    let row = &ROWS[constraint as usize];
    assert!(row.constraint as u8 == constraint as u8, "the rows stand in another order than the constraints");
    row
}

// Every constraint has its row: checked while compiling.
const _: () = {
    assert!(ROWS.len() == Constraint::COUNT, "a constraint has no row, or two");
    let mut at = 0;
    while at < Constraint::COUNT {
        row(Constraint::ALL[at]);
        at += 1;
    }
};
