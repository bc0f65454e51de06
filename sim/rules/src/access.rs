//! The rights stage: may this caller use the compute service?

use crate::closed::closed;
use crate::evidence::{Source, assumed, client, documented, observed};
use crate::file::ON_FILES;
use crate::hresult::Hresult;
use crate::legacy;
use crate::total::{Axis, Cover, lay, place};
use crate::vocabulary::{Call, Calls};

closed! {
    /// What a client's token lets it do.
    pub enum Rights, RightsSet {
        /// Elevated, in the Administrators group.
        Administrator,
        /// Not elevated, in the Hyper-V Administrators group.
        HyperVAdministrator,
        /// Neither.
        User,
    }
}

/// One row of the rights stage.
#[derive(Clone, Copy, Debug)]
pub struct AccessRow {
    /// Unique name.
    pub id: &'static str,
    /// The calls.
    pub calls: Calls,
    /// The callers.
    pub rights: RightsSet,
    /// What the call returns; `None` passes it on.
    pub refuses: Option<Hresult>,
    /// How it is known.
    pub sources: &'static [Source],
}

/// The calls that reach the service without a handle. Whoever has a handle has passed here before.
const ENTRANCES: Calls = Calls::of(&[
    Call::EnumerateComputeSystems,
    Call::CreateComputeSystem,
    Call::OpenComputeSystem,
    Call::EnumerateComputeSystemsInNamespace,
    Call::CreateComputeSystemInNamespace,
    Call::OpenComputeSystemInNamespace,
    Call::GetServiceProperties,
    Call::ModifyServiceSettings,
    Call::SubmitWerReport,
])
.or(legacy::ENTRANCES);

/// Every row of the rights stage.
pub const ROWS: &[AccessRow] = &LIST;

const LIST: [AccessRow; 4] = [
    AccessRow {
        id: "access.permitted",
        calls: ENTRANCES,
        rights: RightsSet::except(&[Rights::User]),
        refuses: None,
        sources: &[
            documented("the text of HCS_E_ACCESS_DENIED"),
            observed("AspireHcs: unelevated Hyper-V administrator", &[crate::build::Build::B26200]),
        ],
    },
    AccessRow {
        id: "access.create-denied",
        calls: Calls::of(&[Call::CreateComputeSystem]),
        rights: RightsSet::of(&[Rights::User]),
        refuses: Some(Hresult::HCS_E_ACCESS_DENIED),
        sources: &[observed("Solon: at once", &[crate::build::Build::B26200])],
    },
    AccessRow {
        id: "access.denied",
        calls: Calls::of_bits(ENTRANCES.bits() & !Calls::of(&[Call::CreateComputeSystem]).bits()),
        rights: RightsSet::of(&[Rights::User]),
        refuses: Some(Hresult::HCS_E_ACCESS_DENIED),
        sources: &[documented("the text of HCS_E_ACCESS_DENIED: to access"), client("Solon")],
    },
    AccessRow {
        id: "access.files",
        calls: ON_FILES.or(legacy::ON_FILES),
        rights: RightsSet::EVERY,
        refuses: None,
        sources: &[
            observed("AspireHcs: grants on its own files, unelevated", &[crate::build::Build::B26200]),
            assumed("that the file's own list decides for others too"),
        ],
    },
];

const AXES: [Axis; 2] = [Axis { name: "call", values: Call::NAMES }, Axis { name: "rights", values: Rights::NAMES }];
const CELLS: usize = Call::COUNT * Rights::COUNT;
static TABLE: [u16; CELLS] = lay_access();

const fn lay_access() -> [u16; CELLS] {
    let mut domain = [[0; 2]; Call::COUNT];
    let mut at = 0;
    while at < Call::COUNT {
        if ENTRANCES.contains(Call::ALL[at]) || ON_FILES.or(legacy::ON_FILES).contains(Call::ALL[at]) {
            domain[at] = [1 << at, RightsSet::EVERY.bits()];
        }
        at += 1;
    }
    let mut covers = [const { Cover { id: "", sets: [0; 2], named: [0; 2] } }; LIST.len()];
    let mut at = 0;
    while at < LIST.len() {
        covers[at] = Cover { id: LIST[at].id, sets: [LIST[at].calls.bits(), LIST[at].rights.bits()], named: [0; 2] };
        at += 1;
    }
    lay(&AXES, &domain, &covers)
}

/// The row of a call. `None` when the call is no entrance.
pub fn rule(call: Call, rights: Rights) -> Option<&'static AccessRow> {
    ROWS.get(usize::from(TABLE[place(&AXES, &[call.index(), rights.index()])]))
}
