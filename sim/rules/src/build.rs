//! The Windows builds that can be simulated. Each is named once, here.

use crate::closed::closed;

closed! {
    /// A Windows build whose compute service is modelled, by its build number.
    pub enum Build, Builds {
        /// Windows Server 2019 and Windows 10 1809.
        B17763,
        /// Windows 10 1903.
        B18362,
        /// Windows 10 2004.
        B19041,
        /// Windows Server 2022.
        B20348,
        /// Windows 11 21H2.
        B22000,
        /// Windows 11 22H2.
        B22621,
        /// Windows Server 2025 and Windows 11 24H2.
        B26100,
        /// Windows 11 25H2.
        B26200,
    }
}

impl Build {
    /// Windows Server 2019.
    pub const SERVER_2019: Build = Build::B17763;
    /// Windows Server 2022: what a world has unless it is told otherwise.
    pub const SERVER_2022: Build = Build::B20348;
    /// Windows Server 2025.
    pub const SERVER_2025: Build = Build::B26100;

    /// The build number, as `winver` shows it.
    pub const fn number(self) -> u32 {
        match self {
            Build::B17763 => 17763,
            Build::B18362 => 18362,
            Build::B19041 => 19041,
            Build::B20348 => 20348,
            Build::B22000 => 22000,
            Build::B22621 => 22621,
            Build::B26100 => 26100,
            Build::B26200 => 26200,
        }
    }

    /// The build of this number.
    pub fn from_number(number: u32) -> Option<Build> {
        Build::ALL.iter().copied().find(|build| build.number() == number)
    }

    /// The marketing name.
    pub const fn title(self) -> &'static str {
        match self {
            Build::B17763 => "Windows Server 2019",
            Build::B18362 => "Windows 10 1903",
            Build::B19041 => "Windows 10 2004",
            Build::B20348 => "Windows Server 2022",
            Build::B22000 => "Windows 11 21H2",
            Build::B22621 => "Windows 11 22H2",
            Build::B26100 => "Windows Server 2025",
            Build::B26200 => "Windows 11 25H2",
        }
    }

    /// The newest document schema that the build understands, `(major, minor)`.
    ///
    /// Documented up to 22000 (schema reference); 2.7 is what a shipping client requires from 22545 on. Later builds
    /// are assumed to have at least that.
    pub const fn schema(self) -> (u32, u32) {
        match self {
            Build::B17763 => (2, 1),
            Build::B18362 => (2, 2),
            Build::B19041 => (2, 3),
            Build::B20348 => (2, 5),
            Build::B22000 => (2, 6),
            Build::B22621 | Build::B26100 | Build::B26200 => (2, 7),
        }
    }

    /// Whether the build takes a document that declares this schema version. Schema 1 lives on (a client's comment); of
    /// schema 2 each build takes what is not newer than itself. What the builds after 22000 support is not published, so
    /// that they are assumed to take every 2.x.
    pub const fn takes_version(self, major: u64, minor: u64) -> bool {
        match major {
            1 => minor == 0,
            2 => self.number() > Build::B22000.number() || minor <= self.schema().1 as u64,
            _ => false,
        }
    }
}

/// The builds from `first` on.
pub const fn since(first: Build) -> Builds {
    let mut later = Builds::NONE;
    let mut at = first as usize;
    while at < Build::COUNT {
        later = Builds::of_bits(later.bits() | 1 << at);
        at += 1;
    }
    later
}

/// The builds before `first`.
pub const fn until(first: Build) -> Builds {
    Builds::of_bits(Builds::EVERY.bits() & !since(first).bits())
}
