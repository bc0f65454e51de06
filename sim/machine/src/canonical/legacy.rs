//! The bytes of calls and notifications of the older interface.

use super::Canonical;
use crate::effect::LegacyReply;
use crate::handle::Handle;
use crate::input::LegacyRequest;

impl Canonical<'_> {
    /// The handle, the texts in the order of the parameters, then what is particular to the call.
    pub(super) fn legacy_request(&mut self, request: &LegacyRequest) -> &mut Self {
        self.handle(request.handle().unwrap_or(Handle::NULL));
        for text in request.id().into_iter().chain(request.path()).chain(request.document()) {
            self.text(text);
        }
        match request {
            LegacyRequest::OpenProcess { id, .. } => self.number((*id).into()),
            LegacyRequest::RegisterComputeSystemCallback { callback, .. }
            | LegacyRequest::RegisterProcessCallback { callback, .. } => self.tag((*callback).into()),
            _ => self,
        };
        self.tag(request.has_out().into())
    }

    pub(super) fn legacy_reply(&mut self, reply: &LegacyReply) -> &mut Self {
        let LegacyReply { code, document, handle, information } = reply;
        self.number(code.0.into()).optional(document.as_ref()).handle(*handle).information(information.as_ref())
    }
}
