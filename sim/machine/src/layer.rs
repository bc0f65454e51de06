//! Layers of container images: the calls of `computestorage.dll`, and how layers travel.
//!
//! | file | what is there |
//! |---|---|
//! | [`backup`] | the streams of a backup |
//! | [`extended`], [`reparse`] | extended attributes, reparse data |
//! | [`entry`] | a file or folder of a layer with all that belongs to it, as one blob |
//! | [`tombstone`] | the list of what is gone |

pub mod backup;
pub mod entry;
pub mod extended;
pub mod reparse;
pub mod tombstone;

use hcs_rules::export;

use crate::effect::{Effect, Finding, Reply};
use crate::host::{Admitted, Host, refusal};
use crate::input::LayerRequest;

impl Host {
    /// Carries out a call on layers. None is modelled beyond its arguments, its handle and its caller's rights.
    pub(crate) fn on_layer(&mut self, on: &Admitted, _request: &LayerRequest, effects: &mut Vec<Effect>) -> Reply {
        effects.push(Effect::Finding(Finding::UnmodelledCall(on.client, export::index(on.call))));
        refusal(on.call, export::NOT_MODELLED)
    }
}
