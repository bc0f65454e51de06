//! What the host's file system says to a call on layers, where nothing else is said of it.

use crate::evidence::{Source, assumed, documented, observed};
use crate::file::{FileFault, FileFaults};
use crate::hresult::Hresult;
use crate::total::{Axis, Cover, lay};

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct LayerPathRow {
    /// Unique name.
    pub id: &'static str,
    /// What the file system says.
    pub faults: FileFaults,
    /// What the call returns.
    pub refuses: Hresult,
    /// How it is known.
    pub sources: &'static [Source],
}

/// Every row.
pub const ROWS: &[LayerPathRow] = &LIST;

const fn row(id: &'static str, faults: &[FileFault], refuses: Hresult, sources: &'static [Source]) -> LayerPathRow {
    LayerPathRow { id, faults: FileFaults::of(faults), refuses, sources }
}

use FileFault as F;

const LIST: [LayerPathRow; 12] = [
    row(
        "layer.no-path",
        &[F::TooLong, F::NoVolume, F::NoFolder],
        Hresult::ERROR_PATH_NOT_FOUND,
        &[observed("moby issue 26873 and others: of a folder that is not there", &[crate::build::Build::B17763])],
    ),
    row("layer.no-file", &[F::NoFile], Hresult::ERROR_FILE_NOT_FOUND, &[assumed("as every function on files says it")]),
    row(
        "layer.network",
        &[F::Network],
        Hresult::ERROR_BAD_NETPATH,
        &[documented("the code's text"), assumed("the simulated network has no share")],
    ),
    row(
        "layer.name",
        &[F::Device, F::BadName, F::TrailingSeparator],
        Hresult::ERROR_INVALID_NAME,
        &[documented("naming files"), assumed("that the call hands the code on")],
    ),
    row("layer.not-ready", &[F::NotReady], Hresult::ERROR_NOT_READY, &[documented("the code's text"), assumed("so")]),
    row(
        "layer.unformatted",
        &[F::Unformatted],
        Hresult::ERROR_UNRECOGNIZED_VOLUME,
        &[documented("the code's text"), assumed("that the call hands it on")],
    ),
    row(
        "layer.there",
        &[F::Exists, F::IsFolder, F::IsFile, F::NotEmpty, F::Within],
        Hresult::ERROR_FILE_EXISTS,
        &[assumed("what is to be made is there already")],
    ),
    row(
        "layer.denied",
        &[F::Denied, F::DriveRoot],
        Hresult::E_ACCESSDENIED,
        &[observed("moby issue 35988: of ImportLayer", &[crate::build::Build::B17763])],
    ),
    row(
        "layer.read-only",
        &[F::ReadOnly],
        Hresult::ERROR_WRITE_PROTECT,
        &[documented("the code's text"), assumed("so")],
    ),
    row(
        "layer.locked",
        &[F::Locked],
        Hresult::ERROR_SHARING_VIOLATION,
        &[observed("docker-ci-zap issue 3, moby issue 20270: of DestroyLayer", &[crate::build::Build::B17763])],
    ),
    row(
        "layer.full",
        &[F::Full, F::TooLarge, F::TooManyLinks, F::AclFull],
        Hresult::ERROR_DISK_FULL,
        &[
            observed(
                "moby issue 37821: a full disk among the causes of a failed import",
                &[crate::build::Build::B17763],
            ),
            assumed("the code; the older ImportLayer was seen to say that a path is not there"),
        ],
    ),
    row(
        "layer.damaged",
        &[F::OtherVolume, F::Stateless, F::Foreign, F::Newer, F::Torn],
        Hresult::ERROR_INVALID_DATA,
        &[assumed("what is read is not what is expected")],
    ),
];

const AXES: [Axis; 1] = [Axis { name: "fault", values: FileFault::NAMES }];
static TABLE: [u16; FileFault::COUNT] = {
    let mut domain = [[0; 1]; FileFault::COUNT];
    let mut at = 0;
    while at < FileFault::COUNT {
        domain[at] = [1 << at];
        at += 1;
    }
    let mut covers = [const { Cover { id: "", sets: [0; 1], named: [0; 1] } }; LIST.len()];
    let mut at = 0;
    while at < LIST.len() {
        covers[at] = Cover { id: LIST[at].id, sets: [LIST[at].faults.bits()], named: [0; 1] };
        at += 1;
    }
    lay(&AXES, &domain, &covers)
};

/// The row of a fault.
pub fn rule(fault: FileFault) -> &'static LayerPathRow {
    &ROWS[usize::from(TABLE[fault.index()])]
}
