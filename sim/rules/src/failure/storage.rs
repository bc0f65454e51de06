//! Plausible failures of the calls on layers and disks. They start no operation: the call itself fails, and nothing was done. So
//! does one call of the older interface.
//!
//! What the state of the simulated host explains is a row of [`crate::layer`], [`crate::disk`] or [`crate::file`]; here is what real
//! hosts answered besides.

use crate::build::Build::{self, B17763, B18362, B20348, B26200};
use crate::build::{Builds, since, until};
use crate::evidence::{Source, assumed, client, observed};
use crate::hresult::Hresult;
use crate::vocabulary::Call;

/// One way in which a call can fail that then has no operation.
#[derive(Debug)]
pub struct CallFailure {
    /// Unique name: the call, and what stands behind the failure.
    pub id: &'static str,
    /// The call.
    pub call: Call,
    /// What it returns.
    pub code: Hresult,
    /// The builds on which it can come.
    pub builds: Builds,
    /// How it is known.
    pub sources: &'static [Source],
}

const fn fails(id: &'static str, call: Call, code: Hresult, sources: &'static [Source]) -> CallFailure {
    CallFailure { id, call, code, builds: Builds::EVERY, sources }
}

impl CallFailure {
    const fn on(mut self, builds: Builds) -> CallFailure {
        self.builds = builds;
        self
    }

    /// The failure of this name.
    pub fn by_id(id: &str) -> Option<&'static CallFailure> {
        CALL_FAILURES.iter().find(|failure| failure.id == id)
    }

    /// Whether it can come on this build.
    pub const fn is_plausible(&self, build: Build) -> bool {
        self.builds.contains(build)
    }
}

use Call::{
    AttachLayerStorageFilter, AttachVirtualDisk, CreateVirtualDisk, DestroyLayer, DetachLayerStorageFilter,
    DetachVirtualDisk, ExportLayer, FormatWritableLayerVhd, GetLayerVhdMountPath, ImportLayer, LegacyActivateLayer,
    LegacyPrepareLayer, LegacyProcessBaseImage, LegacyProcessUtilityImage, LegacyShutdownComputeSystem,
    LegacyUnprepareLayer, OpenVirtualDisk, SetupBaseOSLayer,
};

/// Every plausible failure of the calls on layers and disks, by call, and of a call of the older interface that fails at once.
#[rustfmt::skip]
pub const CALL_FAILURES: &[CallFailure] = &[
    fails("import-layer.path", ImportLayer, Hresult::ERROR_PATH_NOT_FOUND,
        &[observed("hcsshim issues 835 and 368, moby issues 32838, 37821 and 29849: of the older ImportLayer, for at least five causes", &[B17763]), assumed("the same of the newer call")]),
    fails("import-layer.denied", ImportLayer, Hresult::E_ACCESSDENIED,
        &[observed("moby issue 35988: of the older ImportLayer", &[B17763]), assumed("the same of the newer call")]),
    fails("import-layer.full", ImportLayer, Hresult::ERROR_DISK_FULL,
        &[observed("moby issue 37821: the volume was full", &[B17763]), assumed("the code")]),
    fails("export-layer.path", ExportLayer, Hresult::ERROR_PATH_NOT_FOUND,
        &[observed("hcsctl: of the older ExportLayer, for a layer directly above its base; this call then succeeded", &[B26200]), assumed("that it can fail so, too")]),
    fails("export-layer.in-use", ExportLayer, Hresult::ERROR_SHARING_VIOLATION, &[observed("hcsctl: of a writable layer that is not mounted", &[B26200]), assumed("of any source")]),
    fails("destroy-layer.in-use", DestroyLayer, Hresult::ERROR_SHARING_VIOLATION, &[observed("docker-ci-zap issue 3, moby issue 20270", &[B17763])]),
    fails("destroy-layer.denied", DestroyLayer, Hresult::E_ACCESSDENIED, &[observed("docker-ci-zap issue 7", &[B17763])]),
    fails("setup-base.denied", SetupBaseOSLayer, Hresult::E_ACCESSDENIED,
        &[observed("hcsshim issue 2380, docker for-win issue 2807: of ProcessBaseLayer", &[B17763]), assumed("the same here")]),
    fails("setup-base.in-use", SetupBaseOSLayer, Hresult::ERROR_SHARING_VIOLATION, &[observed("containerd issue 4912: a hive is loaded", &[B20348]), assumed("the code")]),
    fails("format-disk.in-use", FormatWritableLayerVhd, Hresult::ERROR_SHARING_VIOLATION, &[observed("hcsshim issue 1375: open or attached elsewhere", &[B20348])]).on(since(B18362)),
    fails("format-disk.kind", FormatWritableLayerVhd, Hresult::ERROR_INVALID_FUNCTION, &[observed("hcsshim issue 1375", &[B17763])]).on(until(B18362)),
    fails("mount-path.not-ready", GetLayerVhdMountPath, Hresult::ERROR_NOT_READY,
        &[client("hcsshim tries five times, 100 ms apart: of the older calls"), assumed("the same here")]),
    fails("attach-filter.timeout", AttachLayerStorageFilter, Hresult::ERROR_TIMEOUT,
        &[observed("moby issue 27588, hcsshim issue 81: of PrepareLayer, many at once", &[B17763]), assumed("the same here")]),
    fails("attach-filter.not-ready", AttachLayerStorageFilter, Hresult::ERROR_NOT_READY,
        &[observed("hcsshim issue 919: of PrepareLayer", &[B17763]), client("hcsshim tries again"), assumed("the same here")]),
    fails("attach-filter.not-connected", AttachLayerStorageFilter, Hresult::ERROR_DEVICE_NOT_CONNECTED,
        &[client("hcsshim tries again: of PrepareLayer"), assumed("the same here")]),
    fails("attach-filter.path", AttachLayerStorageFilter, Hresult::ERROR_PATH_NOT_FOUND, &[observed("hcsshim issue 2075: of PrepareLayer", &[B20348]), assumed("the same here")]),
    fails("attach-filter.other-filter", AttachLayerStorageFilter, Hresult::ERROR_INVALID_FUNCTION,
        &[observed("moby issue 42807, docker for-win issues 3884, 6421, 12520 and 13932: of PrepareLayer, beside another product's filter", &[B17763]), assumed("the same here")]),
    fails("attach-filter.refused", AttachLayerStorageFilter, Hresult::ERROR_FLT_DO_NOT_ATTACH, &[observed("hcsshim issue 802, Windows containers issue 335, winfsp issue 498", &[B17763])]),
    fails("detach-filter.busy", DetachLayerStorageFilter, Hresult::ERROR_FLT_DO_NOT_DETACH, &[observed("hcsctl: it settles within seconds; tried ten times, one second apart", &[B26200])]),
    fails("detach-filter.device-gone", DetachLayerStorageFilter, Hresult::ERROR_DEV_NOT_EXIST,
        &[client("containerd ignores it: of UnprepareLayer"), assumed("the same here")]),
    fails("create-disk.full", CreateVirtualDisk, Hresult::ERROR_DISK_FULL, &[assumed("as for every file")]),
    fails("open-disk.in-use", OpenVirtualDisk, Hresult::ERROR_SHARING_VIOLATION, &[observed("hcsshim issue 2553, docker for-win issue 7591: of ActivateLayer", &[B20348]), assumed("which of its steps")]),
    fails("attach-disk.in-use", AttachVirtualDisk, Hresult::ERROR_SHARING_VIOLATION, &[observed("hcsshim issue 2553, docker for-win issue 7591: of ActivateLayer", &[B20348]), assumed("which of its steps")]),
    fails("attach-disk.not-ready", AttachVirtualDisk, Hresult::ERROR_NOT_READY, &[client("hcsshim tries again: of ActivateLayer"), assumed("the same here")]),
    fails("attach-disk.not-connected", AttachVirtualDisk, Hresult::ERROR_DEVICE_NOT_CONNECTED, &[client("hcsshim tries again: of ActivateLayer"), assumed("the same here")]),
    fails("detach-disk.not-ready", DetachVirtualDisk, Hresult::ERROR_NOT_READY, &[observed("moby issue 40723: failed to detach", &[B17763])]),
    fails("activate-layer.in-use", LegacyActivateLayer, Hresult::ERROR_SHARING_VIOLATION, &[observed("hcsshim issue 2553, docker for-win issue 7591", &[B20348])]),
    fails("activate-layer.not-ready", LegacyActivateLayer, Hresult::ERROR_NOT_READY, &[client("hcsshim tries five times, 100 ms apart")]),
    fails("prepare-layer.timeout", LegacyPrepareLayer, Hresult::ERROR_TIMEOUT, &[observed("moby issue 27588, hcsshim issue 81: many at once", &[B17763])]),
    fails("prepare-layer.not-ready", LegacyPrepareLayer, Hresult::ERROR_NOT_READY, &[observed("hcsshim issue 919", &[B17763]), client("hcsshim tries five times, 100 ms apart")]),
    fails("prepare-layer.not-connected", LegacyPrepareLayer, Hresult::ERROR_DEVICE_NOT_CONNECTED, &[client("hcsshim tries five times, 100 ms apart")]),
    fails("unprepare-layer.device-gone", LegacyUnprepareLayer, Hresult::ERROR_DEV_NOT_EXIST, &[client("containerd ignores it")]),
    fails("process-base.denied", LegacyProcessBaseImage, Hresult::E_ACCESSDENIED, &[observed("hcsshim issue 2380, docker for-win issue 2807", &[B17763])]),
    fails("process-utility.path", LegacyProcessUtilityImage, Hresult::ERROR_PATH_NOT_FOUND, &[observed("amazon-ecs-agent issue 1392", &[B17763])]),
    fails("older-shutdown.internal", LegacyShutdownComputeSystem, Hresult::ERROR_PROC_NOT_FOUND,
        &[client("hcsshim pull request 1064: now and then, for reasons of its own"), assumed("as the call's own answer")]),
    fails("detach-disk.argument", DetachVirtualDisk, Hresult::E_INVALIDARG, &[observed("moby issue 38306", &[B17763])]),
];
