//! Every export as a call with random arguments.
//!
//! A row is a call: how often it is made beside others, its name, its arguments, and what its result is a handle of.

mod computecore;
mod computestorage;
mod control;
mod kernel;
mod scene;
mod virtdisk;
mod vmcompute;

use std::sync::OnceLock;

use hcs_rules::hresult::Hresult;

use crate::player::Player;
use crate::watch;

/// A call.
pub(crate) struct Call {
    /// The export's name.
    pub(crate) name: &'static str,
    /// How often it is made, beside others.
    weight: usize,
    /// Makes it; answers whether it went well.
    make: fn(&mut Player) -> bool,
}

/// Rows of calls. `p` is the player; the result is a handle where a kind is named behind `=>`. What makes a call where
/// arguments alone do not stands behind `=`.
macro_rules! calls {
    ($p:ident; $($weight:literal $name:ident $(($($argument:expr),* $(,)?))? $(= $by:expr)? $(=> $kind:ident)?;)+) => {
        pub(super) const CALLS: &[Call] = &[
            $(Call {
                name: stringify!($name),
                weight: $weight,
                make: |$p: &mut Player| {
                    // Some have no arguments.
                    let _ = &$p;
                    let result = calls!(@make $name $(($($argument),*))? $(= $by)?);
                    $($p.keep(Kind::$kind, result);)?
                    super::Told::went_well(&result)
                },
            },)+
        ];
    };
    // SAFETY: the player's pointers are NULL or live until the call has returned, and the call takes them for what they are.
    (@make $name:ident ($($argument:expr),*)) => { unsafe { $name($($argument),*) } };
    (@make $name:ident = $by:expr) => { $by };
}

use calls;

/// What a call answers.
trait Told {
    /// Whether it says that it went well.
    fn went_well(&self) -> bool;
}

impl Told for i32 {
    fn went_well(&self) -> bool {
        *self >= 0 || *self == Hresult::ERROR_VMCOMPUTE_OPERATION_PENDING.0 as i32
    }
}

impl Told for u32 {
    fn went_well(&self) -> bool {
        *self == 0
    }
}

impl<T> Told for *mut T {
    fn went_well(&self) -> bool {
        !self.is_null()
    }
}

impl Told for u64 {
    fn went_well(&self) -> bool {
        *self != u64::MAX
    }
}

impl Told for () {
    fn went_well(&self) -> bool {
        true
    }
}

/// Every call.
pub(crate) fn all() -> &'static [&'static Call] {
    static ALL: OnceLock<Vec<&Call>> = OnceLock::new();
    ALL.get_or_init(|| {
        [
            computecore::CALLS,
            computestorage::CALLS,
            virtdisk::CALLS,
            vmcompute::CALLS,
            kernel::CALLS,
            control::CALLS,
            scene::CALLS,
        ]
        .into_iter()
        .flatten()
        .collect()
    })
}

/// What the header forbids to callbacks.
const OUTSIDE: &[&str] = &["HcsSimReset", "HcsSimSettle", "HcsSimAdvance", "HcsSimFinish"];

/// Makes a random call.
pub(crate) fn play(player: &mut Player) {
    static DRAWN: OnceLock<Vec<usize>> = OnceLock::new();
    let drawn = DRAWN.get_or_init(|| {
        let times = |(at, call): (usize, &&Call)| std::iter::repeat_n(at, call.weight);
        all().iter().enumerate().flat_map(times).collect()
    });
    let at = *player.random.one_of(drawn);
    let call = all()[at];
    if !player.is_outside && OUTSIDE.contains(&call.name) {
        return;
    }
    watch::watched(at, || (call.make)(player));
    player.take_in();
}
