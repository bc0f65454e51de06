//! How a row is known: its sources, and where each was seen.

use crate::build::{Build, Builds};
use crate::process::{ProcessState, ProcessStates};
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
    /// For an observation: the states of the system in which it was made.
    pub states: SystemStates,
    /// For an observation of a process: the states of the process in which it was made.
    pub process_states: ProcessStates,
    /// For an observation: the builds on which it was made.
    pub builds: Builds,
}

const fn source(class: Class, text: &'static str) -> Source {
    Source {
        class,
        text,
        kinds: Kinds::EVERY,
        states: SystemStates::EVERY,
        process_states: ProcessStates::EVERY,
        builds: Builds::EVERY,
    }
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

/// It was seen on a real host of these builds; narrow it with [`Source::kinds`], and with [`Source::states`] or
/// [`Source::process_states`].
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

    /// The observation was made in these states of the system.
    pub const fn states(mut self, states: &[SystemState]) -> Source {
        self.states = SystemStates::of(states);
        self
    }

    /// The observation was made in these states of the process.
    pub const fn process_states(mut self, states: &[ProcessState]) -> Source {
        self.process_states = ProcessStates::of(states);
        self
    }

    fn was_made_on(&self, kind: Kind, build: Build) -> bool {
        self.kinds.contains(kind) && self.builds.contains(build)
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

/// The standing of one cell of the table of systems, under a row with these sources.
pub fn standing(sources: &[Source], kind: Kind, state: SystemState, build: Build) -> Standing {
    best(sources, |source| source.was_made_on(kind, build) && source.states.contains(state))
}

/// The standing of one cell of the table of processes, under a row with these sources.
pub fn process_standing(sources: &[Source], kind: Kind, state: ProcessState, build: Build) -> Standing {
    best(sources, |source| source.was_made_on(kind, build) && source.process_states.contains(state))
}

/// The best that any of the sources says of a cell; `is_here` tells whether an observation was made in it.
fn best(sources: &[Source], is_here: impl Fn(&Source) -> bool) -> Standing {
    let standings = sources.iter().map(|source| match source.class {
        Class::Observed if is_here(source) => Standing::Seen,
        Class::Observed => Standing::Extrapolated,
        Class::Documented | Class::Header | Class::Client => Standing::Stated,
        Class::Assumed => Standing::Assumed,
    });
    standings.min().unwrap_or(Standing::Assumed)
}
