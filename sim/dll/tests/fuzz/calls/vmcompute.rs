//! `vmcompute.dll`

use std::ptr::{null, null_mut};

use hcs_sim_dll::vmcompute::*;
use windows_sys::core::GUID;

use super::{Call, calls};
use crate::player::{Kind, Player};
use crate::text::For;

/// `DriverInfo`
#[repr(C)]
struct Driver {
    flavour: u32,
    home: *const u16,
}

/// `WC_LAYER_DESCRIPTOR`
#[repr(C)]
#[derive(Clone, Copy)]
struct Descriptor {
    id: GUID,
    flags: u32,
    path: *const u16,
}

impl Player {
    fn older_system(&mut self) -> *mut core::ffi::c_void {
        self.handle(Kind::LegacySystem)
    }

    fn older_process(&mut self) -> *mut core::ffi::c_void {
        self.handle(Kind::LegacyProcess)
    }

    fn driver(&mut self) -> *const core::ffi::c_void {
        let home = self.text(For::Folder);
        let flavour = self.random.below(3) as u32;
        self.value_or_null(Driver { flavour, home }).cast()
    }

    /// Descriptors of parents; [`Player::count`] is how many.
    fn parents(&mut self) -> *const core::ffi::c_void {
        self.count = if self.random.once_in(30) { 200 } else { self.random.below(3) };
        if self.random.once_in(8) {
            return null();
        }
        let place = self.buffer::<Descriptor>(self.count * size_of::<Descriptor>());
        for at in 0..self.count {
            let path = self.text(For::Path);
            // SAFETY: there is room for so many.
            unsafe { place.add(at).write(Descriptor { id: GUID::from_u128(at as u128), flags: 0, path }) };
        }
        place.cast()
    }

    fn mount_path(&mut self) -> i32 {
        let room = *self.random.one_of(&[0, 4, 300]);
        let path = if self.random.once_in(2) { null_mut() } else { self.buffer(2 * room) };
        let length = self.value_or_null(room);
        // SAFETY: there is as much room as is said.
        unsafe { Vmcompute_GetLayerMountPath(self.driver(), self.text(For::Name), length, path) }
    }
}

calls! {
    p;
    1 Vmcompute_HcsEnumerateComputeSystems(p.text(For::Query), p.document(), p.document());
    6 Vmcompute_HcsCreateComputeSystem(
        p.text(For::Id), p.text(For::System), null_mut(), p.made(Kind::LegacySystem), p.document(),
    );
    2 Vmcompute_HcsOpenComputeSystem(p.text(For::Id), p.made(Kind::LegacySystem), p.document());
    3 Vmcompute_HcsCloseComputeSystem(p.closing(Kind::LegacySystem));
    5 Vmcompute_HcsStartComputeSystem(p.older_system(), p.text(For::Options), p.document());
    1 Vmcompute_HcsShutdownComputeSystem(p.older_system(), p.text(For::Options), p.document());
    2 Vmcompute_HcsTerminateComputeSystem(p.older_system(), p.text(For::Options), p.document());
    1 Vmcompute_HcsPauseComputeSystem(p.older_system(), p.text(For::Options), p.document());
    1 Vmcompute_HcsResumeComputeSystem(p.older_system(), p.text(For::Options), p.document());
    1 Vmcompute_HcsSaveComputeSystem(p.older_system(), p.text(For::Options), p.document());
    1 Vmcompute_HcsGetComputeSystemProperties(p.older_system(), p.text(For::Query), p.document(), p.document());
    1 Vmcompute_HcsModifyComputeSystem(p.older_system(), p.text(For::Modify), p.document());
    1 Vmcompute_HcsModifyServiceSettings(p.text(For::Settings), p.document());
    1 Vmcompute_HcsGetServiceProperties(p.text(For::ServiceQuery), p.document(), p.document());
    4 Vmcompute_HcsRegisterComputeSystemCallback(
        p.older_system(), p.notification(), p.last(), p.made(Kind::LegacySystemCallback),
    );
    2 Vmcompute_HcsUnregisterComputeSystemCallback(p.closing(Kind::LegacySystemCallback));
    6 Vmcompute_HcsCreateProcess(
        p.older_system(), p.text(For::Process), p.information(), p.made(Kind::LegacyProcess), p.document(),
    );
    1 Vmcompute_HcsOpenProcess(
        p.older_system(), 1_000 + p.random.below(8) as u32, p.made(Kind::LegacyProcess), p.document(),
    );
    3 Vmcompute_HcsCloseProcess(p.closing(Kind::LegacyProcess));
    2 Vmcompute_HcsTerminateProcess(p.older_process(), p.document());
    1 Vmcompute_HcsSignalProcess(p.older_process(), p.text(For::Options), p.document());
    1 Vmcompute_HcsGetProcessInfo(p.older_process(), p.information(), p.document());
    1 Vmcompute_HcsGetProcessProperties(p.older_process(), p.document(), p.document());
    1 Vmcompute_HcsModifyProcess(p.older_process(), p.text(For::Modify), p.document());
    3 Vmcompute_HcsRegisterProcessCallback(
        p.older_process(), p.notification(), p.last(), p.made(Kind::LegacyProcessCallback),
    );
    2 Vmcompute_HcsUnregisterProcessCallback(p.closing(Kind::LegacyProcessCallback));
    1 Vmcompute_GrantVmAccess(p.text(For::Id), p.text(For::Path));
    1 Vmcompute_RevokeVmAccess(p.text(For::Id), p.text(For::Path));
    1 Vmcompute_HNSCall(p.text(For::Name), p.text(For::Name), p.text(For::Settings), p.document());
    1 Vmcompute_ActivateLayer(p.driver(), p.text(For::Name));
    1 Vmcompute_DeactivateLayer(p.driver(), p.text(For::Name));
    1 Vmcompute_UnprepareLayer(p.driver(), p.text(For::Name));
    1 Vmcompute_DestroyLayer(p.driver(), p.text(For::Name));
    1 Vmcompute_CopyLayer(p.driver(), p.text(For::Name), p.text(For::Name), p.parents(), p.count);
    1 Vmcompute_ImportLayer(p.driver(), p.text(For::Name), p.text(For::Staged), p.parents(), p.count);
    1 Vmcompute_ExportLayer(p.driver(), p.text(For::Name), p.text(For::Staged), p.parents(), p.count);
    1 Vmcompute_CreateSandboxLayer(p.driver(), p.text(For::Name), p.text(For::Name), p.parents(), p.count);
    1 Vmcompute_PrepareLayer(p.driver(), p.text(For::Name), p.parents(), p.count);
    1 Vmcompute_CreateLayer(p.driver(), p.text(For::Name), p.text(For::Name));
    1 Vmcompute_ExpandSandboxSize(p.driver(), p.text(For::Name), p.random.bits());
    1 Vmcompute_GetLayerMountPath = p.mount_path();
    1 Vmcompute_LayerExists(p.driver(), p.text(For::Name), p.value_or_null(0));
    1 Vmcompute_GetBaseImages(p.document());
    1 Vmcompute_NameToGuid(p.text(For::Name), p.value_or_null(GUID::from_u128(0)).cast());
    1 Vmcompute_ProcessBaseImage(p.text(For::Path));
    1 Vmcompute_ProcessUtilityImage(p.text(For::Path));
}
