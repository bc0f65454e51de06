//! Closed enums and the bit sets over them: the alphabet in which rows are written.

/// Declares a closed enum together with the set type over it.
///
/// The enum gets `ALL`, `NAMES`, `COUNT`, `index` and `name`; the set gets `EVERY`, `NONE`, `of`, `except`,
/// `contains`, `and`, `bits` and `iter`, all usable in constants, because rows are constants.
macro_rules! closed {
    ($(#[$about:meta])* $vis:vis enum $Enum:ident, $Set:ident { $($(#[$doc:meta])* $Variant:ident),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        $vis enum $Enum { $($(#[$doc])* $Variant),+ }

        impl $Enum {
            /// Every variant, in order.
            pub const ALL: &'static [$Enum] = &[$($Enum::$Variant),+];
            /// The name of every variant, in order.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($Variant)),+];
            /// How many variants there are.
            pub const COUNT: usize = Self::ALL.len();

            /// The variant's place in [`Self::ALL`].
            pub const fn index(self) -> usize {
                self as usize
            }

            /// The variant's name as written in the source.
            pub const fn name(self) -> &'static str {
                Self::NAMES[self as usize]
            }

            /// The variant of this name.
            pub fn by_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|variant| variant.name() == name)
            }
        }

        #[doc = concat!("A set of [`", stringify!($Enum), "`].")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $vis struct $Set(<$crate::closed::Wide<{ $Enum::COUNT > 64 }> as $crate::closed::Bits>::Of);

        impl $Set {
            /// All of them.
            pub const EVERY: $Set = {
                let mut all = Self::NONE;
                let mut at = 0;
                while at < $Enum::COUNT {
                    all = all.with($Enum::ALL[at]);
                    at += 1;
                }
                all
            };
            /// None of them.
            pub const NONE: $Set = $Set(0);

            /// The set of the variants given.
            pub const fn of(variants: &[$Enum]) -> $Set {
                let mut set = Self::NONE;
                let mut at = 0;
                while at < variants.len() {
                    set = set.with(variants[at]);
                    at += 1;
                }
                set
            }

            /// All but the variants given.
            pub const fn except(variants: &[$Enum]) -> $Set {
                $Set(Self::EVERY.0 & !Self::of(variants).0)
            }

            /// Whether the variant is in the set.
            pub const fn contains(self, variant: $Enum) -> bool {
                self.0 >> variant as u32 & 1 == 1
            }

            /// The set and this variant.
            pub const fn with(self, variant: $Enum) -> $Set {
                $Set(self.0 | 1 << variant as u32)
            }

            /// The set but this variant.
            pub const fn without(self, variant: $Enum) -> $Set {
                $Set(self.0 & !(1 << variant as u32))
            }

            /// What either set has.
            pub const fn or(self, other: $Set) -> $Set {
                $Set(self.0 | other.0)
            }

            /// What both sets have.
            pub const fn and(self, other: $Set) -> $Set {
                $Set(self.0 & other.0)
            }

            /// The set with these bits, as [`Self::bits`] gives them.
            pub const fn of_bits(bits: u128) -> $Set {
                $Set(bits as _)
            }

            /// One bit a variant, the first variant lowest.
            pub const fn bits(self) -> u128 {
                self.0 as u128
            }

            /// The members, in order.
            pub fn iter(self) -> impl Iterator<Item = $Enum> {
                let mut left = self.0;
                std::iter::from_fn(move || {
                    let at = left.trailing_zeros() as usize;
                    left &= left.checked_sub(1)?;
                    Some($Enum::ALL[at])
                })
            }
        }
    };
}

pub(crate) use closed;

/// The integer that has a bit for each variant: few lists have more than 64, and the rules ask sets all the time.
pub(crate) trait Bits {
    /// The integer.
    type Of;
}

/// Whether there are more than 64.
pub(crate) struct Wide<const WIDE: bool>;

impl Bits for Wide<false> {
    type Of = u64;
}

impl Bits for Wide<true> {
    type Of = u128;
}
