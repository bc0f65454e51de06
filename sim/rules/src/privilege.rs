//! The second half of the rights stage: what the caller's token must have beside its groups.
//!
//! The storage functions do their work in the caller's process, so that its elevation and the privileges that it has
//! enabled decide. None of them enables a privilege itself.

use crate::access::Rights;
use crate::build::Build::B26200;
use crate::closed::closed;
use crate::disk::ON_DISKS;
use crate::evidence::{Source, assumed, documented, observed};
use crate::hresult::Hresult;
use crate::layer::ON_LAYERS;
use crate::legacy;
use crate::total::{Axis, Cover, lay, place};
use crate::vocabulary::{Call, Calls};

closed! {
    /// A privilege that some call looks for.
    pub enum Privilege, Privileges {
        /// `SeBackupPrivilege`: to read what the lists of files deny.
        Backup,
        /// `SeRestorePrivilege`: to write what they deny, and to set owners.
        Restore,
        /// `SeManageVolumePrivilege`: to attach disks.
        ManageVolume,
    }
}

closed! {
    /// How a token stands to what a call needs.
    pub enum Token, Tokens {
        /// Elevated, with every privilege that the call needs enabled.
        Enabled,
        /// Elevated, and a privilege that the call needs is not enabled.
        Disabled,
        /// Not elevated, with every privilege that the call needs enabled.
        Unelevated,
        /// Not elevated, and without.
        UnelevatedDisabled,
    }
}

/// The privileges that a new client has enabled (`privilege.default`).
pub const fn enabled_at_first(rights: Rights) -> Privileges {
    match rights {
        Rights::Administrator => Privileges::EVERY,
        Rights::HyperVAdministrator | Rights::User => Privileges::NONE,
    }
}

/// The facts that no row of the stage says.
pub const FACTS: &[(&str, &[Source])] = &[(
    "privilege.default",
    &[
        observed(
            "hcsctl: an elevated token holds them, and they are disabled until the program enables them",
            &[B26200],
        ),
        assumed("simulated administrators have enabled them already, as every client of layers does first"),
    ],
)];

/// How a token stands to a call.
pub fn token(call: Call, rights: Rights, enabled: Privileges) -> Token {
    let has = needs(call).bits() & !enabled.bits() == 0;
    match (rights, has) {
        (Rights::Administrator, true) => Token::Enabled,
        (Rights::Administrator, false) => Token::Disabled,
        (_, true) => Token::Unelevated,
        (_, false) => Token::UnelevatedDisabled,
    }
}

/// The privileges that a call needs.
pub const fn needs(call: Call) -> Privileges {
    if BACKUP.contains(call) {
        Privileges::of(&[Privilege::Backup, Privilege::Restore])
    } else if ATTACH.contains(call) {
        Privileges::of(&[Privilege::ManageVolume])
    } else {
        Privileges::NONE
    }
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct PrivilegeRow {
    /// Unique name.
    pub id: &'static str,
    /// The calls.
    pub calls: Calls,
    /// The tokens.
    pub tokens: Tokens,
    /// What the call returns; `None` passes it on.
    pub refuses: Option<Hresult>,
    /// How it is known.
    pub sources: &'static [Source],
}

/// The calls that read and write whole layers.
const BACKUP: Calls = Calls::of(&[
    Call::ImportLayer,
    Call::ExportLayer,
    Call::ExportLegacyWritableLayer,
    Call::SetupBaseOSLayer,
    Call::SetupBaseOSVolume,
    Call::LegacyImportLayer,
    Call::LegacyExportLayer,
    Call::LegacyProcessBaseImage,
    Call::LegacyProcessUtilityImage,
]);
const ATTACH: Calls = Calls::of(&[Call::AttachVirtualDisk, Call::LegacyActivateLayer]);
/// The calls that an elevated caller alone may make, whatever its privileges.
const ELEVATED: Calls = Calls::of(&[
    Call::AttachLayerStorageFilter,
    Call::DetachLayerStorageFilter,
    Call::AttachOverlayFilter,
    Call::DetachOverlayFilter,
    Call::FormatWritableLayerVhd,
    Call::CreateFile,
    Call::LegacyExpandSandboxSize,
]);
/// The calls that look at a token at all.
const ON_STORAGE: Calls = ON_LAYERS.or(ON_DISKS).or(legacy::layer::ON_LAYERS);
const ANYBODY: Calls = Calls::of_bits(ON_STORAGE.bits() & !(BACKUP.bits() | ATTACH.bits() | ELEVATED.bits()));

/// Every row.
pub const ROWS: &[PrivilegeRow] = &LIST;

const LIST: [PrivilegeRow; 8] = [
    PrivilegeRow {
        id: "privilege.enabled",
        calls: Calls::of_bits(BACKUP.bits() | ATTACH.bits() | ELEVATED.bits()),
        tokens: Tokens::of(&[Token::Enabled]),
        refuses: None,
        sources: &[observed("hcsctl: its matrix of privileges", &[B26200])],
    },
    PrivilegeRow {
        id: "privilege.backup-disabled",
        calls: BACKUP,
        tokens: Tokens::of(&[Token::Disabled]),
        refuses: Some(Hresult::ERROR_PRIVILEGE_NOT_HELD),
        sources: &[
            observed("hcsctl: imports and exports need both, enabled", &[B26200]),
            assumed("the code, and the same for the setup of a base layer"),
        ],
    },
    PrivilegeRow {
        id: "privilege.backup-unelevated",
        calls: BACKUP,
        tokens: Tokens::of(&[Token::Unelevated, Token::UnelevatedDisabled]),
        refuses: Some(Hresult::E_ACCESSDENIED),
        sources: &[observed("hcsctl: a filtered token is refused", &[B26200]), assumed("the code")],
    },
    PrivilegeRow {
        id: "privilege.attach-disabled",
        calls: ATTACH,
        tokens: Tokens::of(&[Token::Disabled, Token::UnelevatedDisabled]),
        refuses: Some(Hresult::ERROR_PRIVILEGE_NOT_HELD),
        sources: &[observed("hcsctl: AttachVirtualDisk without the privilege", &[B26200])],
    },
    PrivilegeRow {
        id: "privilege.attach-unelevated",
        calls: ATTACH,
        tokens: Tokens::of(&[Token::Unelevated]),
        refuses: None,
        sources: &[observed("hcsctl: the disk is attached, and no volume comes of it", &[B26200])],
    },
    PrivilegeRow {
        id: "privilege.format-unelevated",
        calls: Calls::of(&[Call::FormatWritableLayerVhd]),
        tokens: Tokens::of(&[Token::Unelevated]),
        refuses: Some(Hresult::E_ACCESSDENIED),
        sources: &[observed("hcsctl: with the privilege of managing volumes too", &[B26200])],
    },
    PrivilegeRow {
        id: "privilege.unelevated",
        calls: Calls::of_bits(ELEVATED.bits() & !Calls::of(&[Call::FormatWritableLayerVhd]).bits()),
        tokens: Tokens::of(&[Token::Unelevated]),
        refuses: Some(Hresult::E_ACCESSDENIED),
        sources: &[
            observed(
                "hcsctl: filters need elevation; the older PrepareLayer asks for the Administrators group",
                &[B26200],
            ),
            documented("CreateFileW: physical disks and volumes: administrative privileges"),
            assumed("the code"),
        ],
    },
    PrivilegeRow {
        id: "privilege.anybody",
        calls: ANYBODY,
        tokens: Tokens::EVERY,
        refuses: None,
        sources: &[
            observed("AspireHcs: a writable layer is looked for before rights are; hcsctl: a mount path", &[B26200]),
            assumed("where the matrix names nothing, files' own lists decide"),
        ],
    },
];

const AXES: [Axis; 2] = [Axis { name: "call", values: Call::NAMES }, Axis { name: "token", values: Token::NAMES }];
const CELLS: usize = Call::COUNT * Token::COUNT;
static TABLE: [u16; CELLS] = lay_privileges();

const fn lay_privileges() -> [u16; CELLS] {
    let mut domain = [[0; 2]; Call::COUNT];
    let mut at = 0;
    while at < Call::COUNT {
        let call = Call::ALL[at];
        if BACKUP.contains(call) || ATTACH.contains(call) {
            domain[at] = [1 << at, Tokens::EVERY.bits()];
        } else if ON_STORAGE.contains(call) {
            // Nothing that such a call needs can be missing.
            domain[at] = [1 << at, Tokens::of(&[Token::Enabled, Token::Unelevated]).bits()];
        }
        at += 1;
    }
    let mut covers = [const { Cover { id: "", sets: [0; 2], named: [0; 2] } }; LIST.len()];
    let mut at = 0;
    while at < LIST.len() {
        covers[at] = Cover { id: LIST[at].id, sets: [LIST[at].calls.bits(), LIST[at].tokens.bits()], named: [0; 2] };
        at += 1;
    }
    lay(&AXES, &domain, &covers)
}

/// The row of a call. `None` when the call looks at nothing of this.
pub fn rule(call: Call, token: Token) -> Option<&'static PrivilegeRow> {
    ROWS.get(usize::from(TABLE[place(&AXES, &[call.index(), token.index()])]))
}
