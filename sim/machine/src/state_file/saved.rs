//! The saved state of a machine in a runtime state: what a save writes, what a restore and a query of its processor read.
//!
//! The machine's own part is opaque to everybody but the worker that reads it; the double's is sealed JSON, so that damage to
//! it is found.

use hcs_rules::property::HOST_PROCESSOR_FEATURES;
use hcs_rules::state_file::{Damage, saved};

use super::Write;
use super::vmrs::{self, RuntimeState, Value};
use crate::document::{Document, Writer};
use crate::files::Data;

/// What the double saves of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedState {
    /// The machine's version.
    pub version: i64,
    /// What processors it needs, as a `VmProcessorRequirements`.
    pub requirements: String,
}

/// The bytes before the machine's part: its checksum.
const SEAL: usize = 4;

/// The writes that make a runtime state without a saved state in it.
pub fn empty() -> Vec<Write> {
    vmrs::store(&[])
}

/// The writes that make a saved state of a machine with so many pages of memory.
pub fn write(id: &str, pages: u64) -> Vec<Write> {
    let requirements = requirements();
    let part = Writer::object(|part| {
        part.string("Id", id);
        part.json("ProcessorRequirements", &requirements);
    });
    let mut partition = crc32fast::hash(part.as_bytes()).to_le_bytes().to_vec();
    partition.extend_from_slice(part.as_bytes());
    let mut memory = vec![0; saved::MEMORY_SIZE];
    memory[..4].copy_from_slice(&saved::MEMORY_VERSION.to_le_bytes());
    memory[8..16].copy_from_slice(&pages.to_le_bytes());
    vmrs::store(&[
        (saved::VM_VERSION, Value::Integer(saved::VERSION)),
        (saved::PROPERTIES_VERSION, Value::Integer(saved::VERSION)),
        (saved::TYPE, Value::String(saved::NORMAL.to_owned())),
        (saved::PARTITION, Value::Array(partition)),
        (saved::MEMORY_BLOCK, Value::Array(memory)),
    ])
}

/// Reads the saved state in a file.
///
/// # Errors
/// What is wrong with it.
pub fn read(data: &Data) -> Result<SavedState, Damage> {
    let RuntimeState { values, .. } = vmrs::read(data)?;
    let version = match values.get(saved::VM_VERSION) {
        None => return Err(Damage::NoState),
        Some(Value::Integer(version)) => *version,
        Some(_) => return Err(Damage::BadValue),
    };
    if version > saved::NEWEST {
        return Err(Damage::NewerVersion);
    }
    if values.get(saved::PROPERTIES_VERSION) != Some(&Value::Integer(version)) {
        return Err(Damage::BadValue);
    }
    let whole = |value: Option<&Value>| matches!(value, Some(Value::Array(bytes)) if bytes.len() == saved::MEMORY_SIZE);
    if !whole(values.get(saved::MEMORY_BLOCK)) {
        return Err(Damage::BadValue);
    }
    let Some(Value::Array(partition)) = values.get(saved::PARTITION) else { return Err(Damage::NoState) };
    let (seal, part) = partition.split_first_chunk::<SEAL>().ok_or(Damage::BadValue)?;
    if u32::from_le_bytes(*seal) != crc32fast::hash(part) {
        return Err(Damage::BadValue);
    }
    let part = std::str::from_utf8(part).ok().and_then(|part| Document::parse(part).ok()).ok_or(Damage::BadValue)?;
    let requirements = part.root().get("ProcessorRequirements").ok_or(Damage::BadValue)?.to_json();
    Ok(SavedState { version, requirements })
}

/// `VmProcessorRequirements` of a machine on this host.
fn requirements() -> String {
    Writer::object(|requirements| {
        requirements.array("ProcessorFeatures", |list| {
            HOST_PROCESSOR_FEATURES.iter().for_each(|feature| list.string(feature));
        });
        requirements.array("XsaveProcessorFeatures", |list| {
            saved::XSAVE_FEATURES.iter().for_each(|feature| list.string(feature));
        });
        requirements.unsigned("CacheLineFlushSize", saved::CACHE_LINE);
        requirements.unsigned("ImplementedPhysicalAddressBits", saved::PHYSICAL_BITS);
        requirements.string("NonArchitecturalCoreSharing", saved::CORE_SHARING);
    })
}
