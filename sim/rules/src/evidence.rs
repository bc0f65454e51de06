//! How a row is known: its sources, and where each was seen.

use crate::build::{Build, Builds};
use crate::vocabulary::{Kind, Kinds, SystemState, SystemStates};

/// The class of a source, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Seen on a real host, in a transcript, a log or a test.
    Observed,
    /// Said by Microsoft's documentation.
    Documented,
    /// Said by the SDK's headers.
    Header,
    /// Relied on by a client that ships.
    Client,
    /// Chosen because something must be; a question for a real host.
    Assumed,
}

/// One source of one row.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// What kind of source it is.
    pub class: Class,
    /// The page, header, project or reason.
    pub text: &'static str,
    /// For an observation: the kinds on which it was made.
    pub kinds: Kinds,
    /// For an observation: the states in which it was made.
    pub states: SystemStates,
    /// For an observation: the builds on which it was made.
    pub builds: Builds,
}

const fn source(class: Class, text: &'static str) -> Source {
    Source { class, text, kinds: Kinds::EVERY, states: SystemStates::EVERY, builds: Builds::EVERY }
}

/// Microsoft's documentation says so. `page` is the page's name.
pub const fn documented(page: &'static str) -> Source {
    source(Class::Documented, page)
}

/// The SDK header says so.
pub const fn header(name: &'static str) -> Source {
    source(Class::Header, name)
}

/// A shipping client relies on it. `project` is its name.
pub const fn client(project: &'static str) -> Source {
    source(Class::Client, project)
}

/// It was seen on a real host of these builds; narrow it with [`Source::kinds`] and [`Source::states`].
pub const fn observed(by: &'static str, builds: &[Build]) -> Source {
    let mut seen = source(Class::Observed, by);
    seen.builds = Builds::of(builds);
    seen
}

/// Nothing is known; `reason` says why this was chosen.
pub const fn assumed(reason: &'static str) -> Source {
    source(Class::Assumed, reason)
}

impl Source {
    /// The observation was made on these kinds.
    pub const fn kinds(mut self, kinds: &[Kind]) -> Source {
        self.kinds = Kinds::of(kinds);
        self
    }

    /// The observation was made in these states.
    pub const fn states(mut self, states: &[SystemState]) -> Source {
        self.states = SystemStates::of(states);
        self
    }
}

/// How well one cell of a table is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Observed in this very cell.
    Seen,
    /// Said of this cell by documentation, a header or a client.
    Stated,
    /// Observed elsewhere; the row carries it over.
    Extrapolated,
    /// Chosen.
    Assumed,
}

/// The standing of one cell under a row with these sources.
pub fn standing(sources: &[Source], kind: Kind, state: SystemState, build: Build) -> Standing {
    let mut best = Standing::Assumed;
    for source in sources {
        let here = match source.class {
            Class::Observed => {
                let seen =
                    source.kinds.contains(kind) && source.states.contains(state) && source.builds.contains(build);
                if seen { Standing::Seen } else { Standing::Extrapolated }
            }
            Class::Documented | Class::Header | Class::Client => Standing::Stated,
            Class::Assumed => Standing::Assumed,
        };
        best = best.min(here);
    }
    best
}
