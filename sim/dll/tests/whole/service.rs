//! The service itself, and its namespaces.

use std::ptr::{null, null_mut};

use windows_sys::Win32::System::HostComputeSystem::*;

use crate::common::{operation, take, wait, wide};
use crate::running::end;

pub(crate) fn tells_of_itself() {
    let mut result = null_mut();
    // SAFETY: strings end with a zero, pointers are NULL or to locals.
    unsafe {
        assert_eq!(HcsGetServiceProperties(null(), &raw mut result), 0);
        assert!(take(result).contains("SupportedSchemaVersions"));
        result = null_mut();
        let settings = wide(r#"{"PropertyType":"CpuGroup"}"#);
        assert_eq!(HcsModifyServiceSettings(settings.as_ptr(), &raw mut result) as u32, 0x8037_010D);
        assert!(take(result).starts_with(r#"{"Error":-1070137075"#));
        assert_eq!(HcsSubmitWerReport(wide("{}").as_ptr()), 0);
    }
}

pub(crate) fn has_namespaces() {
    let work = operation();
    let (namespace, id, document) = (wide("here"), wide("namespaced"), wide(r#"{"VirtualMachine":{}}"#));
    let (space, name, text) = (namespace.as_ptr(), id.as_ptr(), document.as_ptr());
    let options = HCS_CREATE_OPTIONS_1 { Version: HcsCreateOptions_1, ..Default::default() };
    let version = (&raw const options).cast::<HCS_CREATE_OPTIONS>();
    let (mut machine, mut again) = (null_mut(), null_mut());
    // SAFETY: handles are live, strings end with a zero, pointers are to locals.
    unsafe {
        let made = HcsCreateComputeSystemInNamespace(space, name, text, work, version, &raw mut machine);
        assert_eq!((made, wait(work).0), (0, 0));
        let unknown: HCS_CREATE_OPTIONS = 7;
        let refused = HcsCreateComputeSystemInNamespace(space, name, text, work, &raw const unknown, &raw mut again);
        assert_eq!(refused as u32, 0x8007_0057);
        assert_eq!(HcsOpenComputeSystem(name, 0x1000_0000, &raw mut again) as u32, 0x8037_010E);
        assert_eq!(HcsOpenComputeSystemInNamespace(space, name, 0x1000_0000, &raw mut again), 0);
        HcsCloseComputeSystem(again);
        assert_eq!(HcsEnumerateComputeSystemsInNamespace(space, null(), work), 0);
        assert!(wait(work).1.contains("namespaced"));
        HcsCloseOperation(work);
    }
    end(machine);
}
