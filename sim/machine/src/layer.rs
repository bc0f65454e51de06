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
