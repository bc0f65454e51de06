//! The service itself.

#![expect(missing_docs, reason = "the exports are documented by their pages, under these names")]
#![expect(clippy::missing_safety_doc, reason = "pointers are as each export's page demands; NULL is always answered")]

use hcs_api::Hcs;
use hcs_rules::vocabulary::Call;
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use crate::abi::{UNEXPECTED, code, finish, guarded};
use crate::text::Argument;
use crate::world::client;

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetServiceProperties(propertyquery: PCWSTR, result: *mut PWSTR) -> HRESULT {
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

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsModifyServiceSettings(settings: PCWSTR, result: *mut PWSTR) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the string.
        let settings = unsafe { Argument::read(settings) };
        let outcome = client().modify_service_settings(settings.as_text());
        // SAFETY: the caller vouches for `result`.
        unsafe { finish(&outcome, result) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSubmitWerReport(settings: PCWSTR) -> HRESULT {
    guarded(UNEXPECTED, || {
        // SAFETY: the caller vouches for the string.
        let settings = unsafe { Argument::read(settings) };
        code(client().submit_wer_report(settings.as_text()))
    })
}
