//! Layers of container images, as the storage functions take them.

use super::container::LAYER;
use super::service::VERSION;
use super::{Array, Boolean, Choice, Object, OneOf, Type, m, v};

/// `ExportLayerOptions`
pub static EXPORT_LAYER_OPTIONS: Type = Type {
    name: "ExportLayerOptions",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[m("IsWritableLayer", Boolean, (2, 1))],
};

/// `LayerData`
pub static LAYER_DATA: Type = Type {
    name: "LayerData",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("FilterType", OneOf(&FILTER_TYPE), (2, 1)).used_by("hcsshim"),
        m("Layers", Array(&Object(&LAYER)), (2, 1)),
        m("SchemaVersion", Object(&VERSION), (2, 1)),
    ],
};

/// `OsLayerOptions`
pub static OS_LAYER_OPTIONS: Type = Type {
    name: "OsLayerOptions",
    formerly: None,
    since: (2, 0),
    until: None,
    members: &[
        m("DisableCiCacheOptimization", Boolean, (2, 1)),
        m("SkipUpdateBcdForBoot", Boolean, (2, 5)),
        m("Type", OneOf(&OS_LAYER_TYPE), (2, 1)),
    ],
};

/// `OsLayerType`
pub static OS_LAYER_TYPE: Choice =
    Choice { name: "OsLayerType", formerly: None, values: &[v("Container", (2, 1)), v("Vm", (2, 1))] };

/// The filter of a `LayerData`: in no published schema.
pub static FILTER_TYPE: Choice = Choice {
    name: "FilterType",
    formerly: None,
    values: &[v("UnionFS", (2, 1)).used_by("hcsshim"), v("WCIFS", (2, 1)).used_by("hcsshim")],
};
