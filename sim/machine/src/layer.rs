//! Layers of container images: the calls of `computestorage.dll`, and how layers travel.
//!
//! | file | what is there |
//! |---|---|
//! | [`backup`] | the streams of a backup |
//! | [`extended`], [`reparse`] | extended attributes, reparse data |
//! | [`blob`] | a file or folder of a layer with all that belongs to it |
//! | [`sddl`] | security descriptors as text |
//! | [`tombstone`] | the list of what is gone |
//! | [`transport`] | the folder that a layer is exported to and imported from |

pub mod backup;
pub mod blob;
pub mod extended;
pub mod reparse;
pub mod sddl;
pub mod tombstone;
pub mod transport;

use hcs_rules::export;
use hcs_rules::hresult::Hresult;

use crate::effect::{Effect, Finding, Reply};
use crate::host::{Admitted, Host, refusal};
use crate::input::LayerRequest;

impl Host {
    /// Carries out a call on layers. What is modelled of them is what is done to disks.
    pub(crate) fn on_layer(&mut self, on: &Admitted, request: &LayerRequest, effects: &mut Vec<Effect>) -> Reply {
        let done = match (request, on.disk) {
            (LayerRequest::FormatWritableLayerVhd { .. }, Some(disk)) => self.format_disk(on, disk).map(|()| None),
            (LayerRequest::GetLayerVhdMountPath { .. }, Some(disk)) => self.mount_path(disk).map(Some),
            _ => {
                effects.push(Effect::Finding(Finding::UnmodelledCall(on.client, export::index(on.call))));
                return refusal(on.call, export::NOT_MODELLED);
            }
        };
        match done {
            Ok(path) => Reply::Outcome(Hresult::S_OK, path),
            Err(stop) => refusal(on.call, self.stopped(on, stop, effects)),
        }
    }
}
