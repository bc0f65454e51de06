//! The layer functions of the older interface.

#![expect(non_snake_case, reason = "functions have the names of the exports that they are behind")]

use core::ffi::c_void;

use hcs_rules::hresult::Hresult;
use hcs_rules::layer::form::MOST_PARENTS;
use hcs_rules::legacy::layer::NO_ROOM;
use hcs_rules::vocabulary::Call;
use hcs_sim::raw::{LegacyLayer, Text};
use windows_sys::core::{GUID, HRESULT, PCWSTR, PWSTR};

use crate::abi::{UNEXPECTED, code, finish, guarded};
use crate::text::{Argument, units};
use crate::world::client;

/// `DriverInfo`, as clients declare it.
#[repr(C)]
struct Driver {
    flavour: u32,
    home: PCWSTR,
}

/// `WC_LAYER_DESCRIPTOR`, as clients declare it.
#[repr(C)]
struct Descriptor {
    id: GUID,
    flags: u32,
    path: PCWSTR,
}

/// Pointers to them, opaque in the exports' signatures as in C without the clients' declarations.
type DriverInfo = *const c_void;
type Descriptors = *const c_void;

fn owned(text: Argument) -> Text {
    match text {
        Argument::Null => Text::Null,
        Argument::Malformed => Text::Malformed,
        Argument::Some(text) => Text::from(&*text),
    }
}

/// A call on the layer of this name.
///
/// # Safety
/// The pointers are NULL, or point to what their types say.
unsafe fn on(call: Call, info: DriverInfo, id: PCWSTR) -> LegacyLayer {
    // SAFETY: as the caller vouches. A missing home is an empty one; a missing driver is none.
    let home = unsafe { info.cast::<Driver>().as_ref() }.map(|driver| match unsafe { Argument::read(driver.home) } {
        Argument::Null => Text::from(""),
        home => owned(home),
    });
    // SAFETY: as the caller vouches.
    LegacyLayer { home, ..LegacyLayer::of(call, owned(unsafe { Argument::read(id) })) }
}

/// The same with parents. One more than can be is enough to be refused.
///
/// # Safety
/// `parents` is NULL or points to so many descriptors.
unsafe fn with_parents(layer: LegacyLayer, parents: Descriptors, count: usize) -> LegacyLayer {
    if count > 0 && parents.is_null() {
        return LegacyLayer { parents: None, ..layer };
    }
    let path = |at| {
        // SAFETY: as the caller vouches, of the descriptor and of its path.
        unsafe { owned(Argument::read((*parents.cast::<Descriptor>().add(at)).path)) }
    };
    LegacyLayer { parents: Some((0..count.min(MOST_PARENTS + 1)).map(path).collect()), ..layer }
}

fn call(layer: LegacyLayer) -> HRESULT {
    code(client().call_legacy_layer(layer).0.code)
}

/// The exports that take a driver and a name alone.
macro_rules! of_layer {
    ($($name:ident => $call:ident;)+) => {
        $(
            pub(crate) unsafe extern "system" fn $name(info: DriverInfo, id: PCWSTR) -> HRESULT {
                // SAFETY: the caller vouches for the pointers.
                guarded(UNEXPECTED, || call(unsafe { on(Call::$call, info, id) }))
            }
        )+
    };
}

of_layer! {
    Vmcompute_ActivateLayer => LegacyActivateLayer;
    Vmcompute_DeactivateLayer => LegacyDeactivateLayer;
    Vmcompute_UnprepareLayer => LegacyUnprepareLayer;
    Vmcompute_DestroyLayer => LegacyDestroyLayer;
}

/// The exports that take a second folder and parents besides.
macro_rules! with_folder {
    ($($name:ident => $call:ident;)+) => {
        $(
            pub(crate) unsafe extern "system" fn $name(
                info: DriverInfo,
                id: PCWSTR,
                path: PCWSTR,
                layers: Descriptors,
                count: usize,
            ) -> HRESULT {
                guarded(UNEXPECTED, || {
                    // SAFETY: the caller vouches for the pointers.
                    unsafe {
                        let layer = with_parents(on(Call::$call, info, id), layers, count);
                        call(LegacyLayer { other: owned(Argument::read(path)), ..layer })
                    }
                })
            }
        )+
    };
}

with_folder! {
    Vmcompute_CopyLayer => LegacyCopyLayer;
    Vmcompute_ImportLayer => LegacyImportLayer;
    Vmcompute_ExportLayer => LegacyExportLayer;
    // What it takes in the folder's place is a parent that nobody gives.
    Vmcompute_CreateSandboxLayer => LegacyCreateSandboxLayer;
}

pub(crate) unsafe extern "system" fn Vmcompute_PrepareLayer(
    info: DriverInfo,
    id: PCWSTR,
    layers: Descriptors,
    count: usize,
) -> HRESULT {
    // SAFETY: the caller vouches for the pointers.
    guarded(UNEXPECTED, || call(unsafe { with_parents(on(Call::LegacyPrepareLayer, info, id), layers, count) }))
}

pub(crate) unsafe extern "system" fn Vmcompute_CreateLayer(info: DriverInfo, id: PCWSTR, parent: PCWSTR) -> HRESULT {
    let _ = parent;
    // SAFETY: the caller vouches for the pointers.
    guarded(UNEXPECTED, || call(unsafe { on(Call::LegacyCreateLayer, info, id) }))
}

pub(crate) unsafe extern "system" fn Vmcompute_ExpandSandboxSize(info: DriverInfo, id: PCWSTR, size: u64) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the pointers.
        call(LegacyLayer { size, ..unsafe { on(Call::LegacyExpandSandboxSize, info, id) } })
    })
}

/// The length is asked for with NULL for the path; it counts the zero.
pub(crate) unsafe extern "system" fn Vmcompute_GetLayerMountPath(
    info: DriverInfo,
    id: PCWSTR,
    length: *mut usize,
    path: PWSTR,
) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the pointers.
        let layer = unsafe { on(Call::LegacyGetLayerMountPath, info, id) };
        let (outcome, _) = client().call_legacy_layer(LegacyLayer { out: !length.is_null(), ..layer });
        let Some(found) = outcome.document.as_deref().map(units).filter(|_| outcome.code.is_ok()) else {
            return code(outcome.code);
        };
        // SAFETY: the length is not NULL: the call would have failed. A path that is not NULL has room for so many units.
        unsafe {
            let room = length.replace(found.len());
            if path.is_null() {
                return code(Hresult::S_OK);
            }
            if room < found.len() {
                return code(NO_ROOM);
            }
            core::ptr::copy_nonoverlapping(found.as_ptr(), path, found.len());
        }
        code(Hresult::S_OK)
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_LayerExists(info: DriverInfo, id: PCWSTR, exists: *mut u32) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the pointers.
        let layer = unsafe { on(Call::LegacyLayerExists, info, id) };
        let (outcome, found) = client().call_legacy_layer(LegacyLayer { out: !exists.is_null(), ..layer });
        if outcome.code.is_ok() {
            // SAFETY: the pointer is not NULL: the call would have failed.
            unsafe { exists.write((found != 0).into()) };
        }
        code(outcome.code)
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_GetBaseImages(images: *mut PWSTR) -> HRESULT {
    guarded(UNEXPECTED, || {
        let layer = LegacyLayer::of(Call::LegacyGetBaseImages, Text::Null);
        let (outcome, _) = client().call_legacy_layer(LegacyLayer { out: !images.is_null(), ..layer });
        // SAFETY: the caller vouches for the pointer.
        unsafe { finish(&outcome, images) }
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_NameToGuid(name: PCWSTR, guid: *mut c_void) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the string.
        let name = owned(unsafe { Argument::read(name) });
        let layer = LegacyLayer { out: !guid.is_null(), ..LegacyLayer::of(Call::LegacyNameToGuid, name) };
        let (outcome, id) = client().call_legacy_layer(layer);
        if outcome.code.is_ok() {
            // SAFETY: the pointer is not NULL: the call would have failed. It need not be aligned.
            unsafe { guid.cast::<GUID>().write_unaligned(GUID::from_u128(id)) };
        }
        code(outcome.code)
    })
}

pub(crate) unsafe extern "system" fn Vmcompute_ProcessBaseImage(path: PCWSTR) -> HRESULT {
    // SAFETY: the caller vouches for the string.
    guarded(UNEXPECTED, || call(LegacyLayer::of(Call::LegacyProcessBaseImage, owned(unsafe { Argument::read(path) }))))
}

pub(crate) unsafe extern "system" fn Vmcompute_ProcessUtilityImage(path: PCWSTR) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the string.
        let path = owned(unsafe { Argument::read(path) });
        call(LegacyLayer::of(Call::LegacyProcessUtilityImage, path))
    })
}
