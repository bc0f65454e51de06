//! The bytes of calls and notifications of the older interface.

use super::Canonical;
use crate::effect::LegacyReply;
use crate::handle::Handle;
use crate::input::LegacyRequest;

impl Canonical<'_> {
    /// The handle, the texts in the order of the parameters, then what is particular to the call.
    #[cold]
    pub(super) fn legacy_request(&mut self, request: &LegacyRequest) -> &mut Self {
        self.handle(request.handle().unwrap_or(Handle::NULL));
        for text in request.id().into_iter().chain(request.path()).chain(request.document()) {
            self.text(text);
        }
        match request {
            LegacyRequest::OpenProcess { id, .. } => self.number((*id).into()),
            LegacyRequest::RegisterComputeSystemCallback { callback, .. }
            | LegacyRequest::RegisterProcessCallback { callback, .. } => self.tag((*callback).into()),
            LegacyRequest::Layer(layer) => {
                match &layer.home {
                    None => self.tag(0),
                    Some(home) => self.tag(1).text(home),
                };
                self.text(&layer.other).number(layer.size).tag(layer.parents.is_some().into());
                self.number(layer.parents.as_ref().map_or(0, Vec::len) as u64);
                layer.parents.iter().flatten().fold(&mut *self, |writer, parent| writer.text(parent))
            }
            _ => self,
        };
        self.tag(request.has_out().into())
    }

    #[cold]
    pub(super) fn legacy_reply(&mut self, reply: &LegacyReply) -> &mut Self {
        let LegacyReply { code, document, handle, information, value } = reply;
        self.number(*value as u64).number((*value >> 64) as u64);
        self.number(code.0.into()).optional(document.as_ref()).handle(*handle).information(information.as_ref())
    }
}
