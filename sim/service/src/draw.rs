//! Random choices: each from a ChaCha stream of its own, keyed by the seed and by what the choice is for.
//!
//! No choice depends on how many were made before it, so that leaving one call out of a test changes nothing elsewhere.

use hcs_machine::host::Draw;
use hcs_rules::profile::Profile;
use hcs_rules::vocabulary::OperationType;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a choice is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Purpose {
    /// How long an operation takes.
    Latency = 1,
    /// Whether a rule of faults with a probability fires.
    Fault = 2,
    /// Which client goes next.
    Turn = 3,
    /// How long a guest takes.
    Guest = 4,
    /// Whether an operation stalls.
    Stall = 5,
}

/// A number from the stream of a purpose, an object and an ordinal. Each key gives one number.
pub(crate) fn number(seed: u64, purpose: Purpose, salt: u64, object: u64, ordinal: u64) -> u64 {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(purpose as u64 | salt << 8).to_le_bytes());
    key[16..24].copy_from_slice(&object.to_le_bytes());
    key[24..].copy_from_slice(&ordinal.to_le_bytes());
    ChaCha8Rng::from_seed(key).next_u64()
}

/// A number in a range, both ends included. The bias of the multiplication is below 2^-30 for a range of seconds.
fn in_range(seed: u64, purpose: Purpose, draw: &Draw, (low, high): (u64, u64)) -> u64 {
    if low == high {
        return low;
    }
    let number = number(seed, purpose, draw.call as u64, draw.object, draw.ordinal.into());
    low + ((u128::from(number) * u128::from(high - low + 1)) >> 64) as u64
}

/// How long an operation takes on a host of this profile, in nanoseconds.
pub(crate) fn latency(seed: u64, draw: &Draw, profile: &Profile, operation: OperationType) -> u64 {
    let usual = in_range(seed, Purpose::Latency, draw, hcs_rules::time::latency(operation)) * profile.slower;
    match profile.stall {
        Some((which, one_in, longer))
            if which == operation && in_range(seed, Purpose::Stall, draw, (1, one_in)) == one_in =>
        {
            usual + longer
        }
        _ => usual,
    }
}

/// How long a guest takes after an operation, in nanoseconds: to come up, or to go down.
pub(crate) fn guest(seed: u64, draw: &Draw, profile: &Profile, operation: OperationType) -> u64 {
    match operation {
        OperationType::Start => in_range(seed, Purpose::Guest, draw, profile.boot),
        OperationType::ShutDown => in_range(seed, Purpose::Guest, draw, profile.shutdown),
        _ => 0,
    }
}

/// Whether something of this probability happens. `rule` tells rules apart that look at the same call.
pub(crate) fn happens(seed: u64, rule: u64, draw: &Draw, probability: f64) -> bool {
    let number = number(seed, Purpose::Fault, rule << 8 | draw.call as u64, draw.object, draw.ordinal.into());
    // 53 bits are what a double holds exactly.
    ((number >> 11) as f64) < probability * (1u64 << 53) as f64
}
