//! The layer functions of the older interface.

use hcs_rules::vocabulary::Call;

use crate::input::Text;

/// A layer function, with its arguments. What a call does not take does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyLayer {
    /// The call: one of [`hcs_rules::legacy::layer::ON_LAYERS`].
    pub call: Call,
    /// The home folder in `DriverInfo`; `None` is NULL for the whole of it.
    pub home: Option<Text>,
    /// The layer: its whole path, or its name in the home folder. Of the two calls that make a base layer ready the folder, and
    /// of `NameToGuid` the name.
    pub id: Text,
    /// The second folder: to import from, to export to, or the layer to copy to.
    pub other: Text,
    /// The folders of the parents, the topmost first; `None` is NULL for a list that has some.
    pub parents: Option<Vec<Text>>,
    /// `ExpandSandboxSize`: the least size, in bytes.
    pub size: u64,
    /// Whether there is a pointer for what the call gives.
    pub out: bool,
}

impl LegacyLayer {
    /// A call on a layer by its whole path, without parents.
    pub fn of(call: Call, id: Text) -> LegacyLayer {
        let (home, other) = (Some(Text::from("")), Text::Null);
        LegacyLayer { call, home, id, other, parents: Some(Vec::new()), size: 0, out: true }
    }
}
