//! Scenes: a few calls that go well unless somebody gets in between, so that there is something for the others to meet.
//!
//! What they make stays, as what single calls make.

use std::ptr::{null, null_mut};

use hcs_sim_dll::vmcompute::{
    Vmcompute_HcsCreateComputeSystem, Vmcompute_HcsCreateProcess, Vmcompute_HcsStartComputeSystem,
};
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Storage::Vhd::*;
use windows_sys::Win32::System::HostComputeSystem::*;

use super::{Call, calls};
use crate::player::{Kind, Player};
use crate::text::{CONTAINERS, PIPED};

const BASE: &str = r"C:\layers\base";
const SCRATCH: &str = r"C:\layers\scratch";
const BLANK: &str = r"C:\layers\base\blank-base.vhdx";
const SANDBOX: &str = r"C:\layers\scratch\sandbox.vhdx";
const NO_LAYERS: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Layers":[]}"#;
const ON_BASE: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Layers":[{"Id":"6f2d9a34-1111-4222-8333-444455556666","Path":"C:\\layers\\base"}]}"#;

/// How long a scene waits for a result, in milliseconds: the service's own work is done at once.
const SOON: u32 = 20;

impl Player {
    /// A new operation, and what a call on it returned, then what it ended with.
    fn operated(&mut self, call: impl FnOnce(&mut Player, HCS_OPERATION) -> i32) -> i32 {
        let callback = self.completion();
        // SAFETY: the context is a number.
        let work = unsafe { HcsCreateOperation(null(), callback) };
        self.keep(Kind::Operation, work);
        match call(self, work) {
            // SAFETY: the handle may be closed by somebody else, which is answered.
            0 => unsafe { HcsWaitForOperationResult(work, SOON, null_mut()) },
            code => code,
        }
    }

    /// An id that hardly anybody has.
    fn fresh_id(&mut self) -> *const u16 {
        let id = format!("live-{}", self.random.below(1_000));
        self.given(&id)
    }

    /// A container that runs, and a process in it whose streams are handed out.
    fn live(&mut self) -> i32 {
        let document = *self.random.one_of(CONTAINERS);
        let (id, document) = (self.fresh_id(), self.given(document));
        let parameters = *self.random.one_of(PIPED);
        let parameters = self.given(parameters);
        let (system, process) = (self.place(Kind::System), self.place(Kind::Process));
        let information = self.place_for_information();
        let mut code =
            // SAFETY: strings end with a zero, and the places live until what is in them is taken in.
            self.operated(|_, work| unsafe { HcsCreateComputeSystem(id, document, work, null(), system) });
        if code >= 0 {
            // SAFETY: as above.
            code = self.operated(|_, work| unsafe { HcsStartComputeSystem(*system, work, null()) });
        }
        if code >= 0 {
            // SAFETY: as above.
            code = self.operated(|_, work| unsafe {
                match HcsCreateProcess(*system, parameters, work, null(), process) {
                    0 => HcsWaitForOperationResultAndProcessInfo(work, SOON, information, null_mut()),
                    code => code,
                }
            });
        }
        code
    }

    /// The same through the older interface.
    fn live_of_old(&mut self) -> i32 {
        let parameters = *self.random.one_of(PIPED);
        let (id, parameters) = (self.fresh_id(), self.given(parameters));
        let document = self.given(r#"{"SystemType":"Container","Name":"a","Owner":"fuzz","LayerFolderPath":"C:\\layers\\scratch","Layers":[]}"#);
        let (system, process) = (self.place(Kind::LegacySystem), self.place(Kind::LegacyProcess));
        let information = self.place_for_information();
        // SAFETY: strings end with a zero, and the places live until what is in them is taken in.
        unsafe {
            let code = Vmcompute_HcsCreateComputeSystem(id, document, null_mut(), system, null_mut());
            hcs_sim_dll::simulator().drain();
            if (*system).is_null() {
                return code;
            }
            Vmcompute_HcsStartComputeSystem(*system, null(), null_mut());
            hcs_sim_dll::simulator().drain();
            Vmcompute_HcsCreateProcess(*system, parameters, information, process, null_mut())
        }
    }

    /// A disk: made, or opened.
    fn disk_at(&mut self, path: &str, parent: Option<&str>) -> HANDLE {
        let (path, parent) = (self.given(path), parent.map_or(null(), |parent| self.given(parent)));
        let kind = self.value(VIRTUAL_STORAGE_TYPE {
            DeviceId: VIRTUAL_STORAGE_TYPE_DEVICE_VHDX,
            VendorId: VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT,
        });
        let mut create =
            CREATE_VIRTUAL_DISK_PARAMETERS { Version: CREATE_VIRTUAL_DISK_VERSION_2, ..Default::default() };
        create.Anonymous.Version2 = CREATE_VIRTUAL_DISK_PARAMETERS_0_1 {
            MaximumSize: if parent.is_null() { 20 << 30 } else { 0 },
            BlockSizeInBytes: 1 << 20,
            ParentPath: parent,
            ..Default::default()
        };
        let create = self.value(create);
        let open =
            self.value(OPEN_VIRTUAL_DISK_PARAMETERS { Version: OPEN_VIRTUAL_DISK_VERSION_2, ..Default::default() });
        let disk = self.place(Kind::Disk);
        // SAFETY: strings end with a zero, and the places live until what is in them is taken in.
        unsafe {
            if CreateVirtualDisk(kind, path, 0, null_mut(), 0, 0, create, null(), disk) != 0 {
                OpenVirtualDisk(kind, path, 0, 0, open, disk);
            }
            *disk
        }
    }

    /// A base layer, and a scratch on it that is mounted.
    fn mount(&mut self) -> i32 {
        let (base, staged, none, on_base) =
            (self.given(BASE), self.given(r"C:\staged\base"), self.given(NO_LAYERS), self.given(ON_BASE));
        let options = self.given(r#"{"Type":"Container"}"#);
        let attach = self.value(ATTACH_VIRTUAL_DISK_PARAMETERS { Version: 1, ..Default::default() });
        let volume = self.place_for_document();
        // SAFETY: strings end with a zero, and the places live until what is in them is taken in.
        unsafe {
            HcsImportLayer(base, staged, none);
            // As a real base layer has none before its set-up.
            _ = hcs_sim_dll::tell(r"folder C:\layers\base\Hives gone");
            let blank = self.disk_at(BLANK, None);
            HcsFormatWritableLayerVhd(blank);
            HcsSetupBaseOSLayer(base, null_mut(), options);
            let scratch = self.disk_at(SANDBOX, Some(BLANK));
            AttachVirtualDisk(scratch, null_mut(), ATTACH_VIRTUAL_DISK_FLAG_PERMANENT_LIFETIME, 0, attach, null());
            let code = HcsGetLayerVhdMountPath(scratch, volume);
            if !(*volume).is_null() {
                HcsInitializeWritableLayer(*volume, on_base, null());
                return HcsAttachLayerStorageFilter(*volume, on_base);
            }
            code
        }
    }

    /// Undoes what [`Player::mount`] does, and takes the scratch away, or the base.
    fn unmount(&mut self) -> i32 {
        let scratch = self.disk_at(SANDBOX, Some(BLANK));
        let folder = if self.random.once_in(2) { SCRATCH } else { BASE };
        let (folder, volume) = (self.given(folder), self.place_for_document());
        // SAFETY: strings end with a zero, and the places live until what is in them is taken in.
        unsafe {
            if HcsGetLayerVhdMountPath(scratch, volume) == 0 {
                HcsDetachLayerStorageFilter(*volume);
            }
            DetachVirtualDisk(scratch, 0, 0);
            HcsDestroyLayer(folder)
        }
    }
}

calls! {
    p;
    8 Live = p.live();
    3 LiveOfOld = p.live_of_old();
    5 Mount = p.mount();
    2 Unmount = p.unmount();
}
