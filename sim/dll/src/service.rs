//! The service itself.

#![expect(non_snake_case, reason = "functions have the names of the exports that they are behind")]

use hcs_api::Hcs;
use hcs_rules::vocabulary::Call;
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use crate::abi::{UNEXPECTED, code, finish, guarded};
use crate::text::Argument;
use crate::world::client;
pub(crate) unsafe extern "system" fn HcsGetServiceProperties(propertyquery: PCWSTR, result: *mut PWSTR) -> HRESULT {
    guarded(UNEXPECTED, || {
        if result.is_null() {
            return code(client().refuse_null_out(Call::GetServiceProperties));
        }
        // SAFETY: the caller vouches for the string.
        let query = unsafe { Argument::read(propertyquery) };
        let outcome = client().get_service_properties(query.as_text());
        // SAFETY: the caller vouches for `result`.
        unsafe { finish(&outcome, result) }
    })
}

pub(crate) unsafe extern "system" fn HcsModifyServiceSettings(settings: PCWSTR, result: *mut PWSTR) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the string.
        let settings = unsafe { Argument::read(settings) };
        let outcome = client().modify_service_settings(settings.as_text());
        // SAFETY: the caller vouches for `result`.
        unsafe { finish(&outcome, result) }
    })
}

pub(crate) unsafe extern "system" fn HcsSubmitWerReport(settings: PCWSTR) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the string.
        let settings = unsafe { Argument::read(settings) };
        code(client().submit_wer_report(settings.as_text()))
    })
}
