//! The row of the state stage, the order of the stages, and the sentences in which rows are written.
//!
//! A row reads from left to right: what happens, in which situation, what comes of it, how that is known.
//!
//! ```
//! # use hcs_rules::{rule::Row, vocabulary::{Trigger, SystemState::*}, evidence::documented};
//! const START: Row = Row::on("start.created", Trigger::Start)
//!     .when(&[Created])
//!     .accepted()
//!     .becomes(Starting)
//!     .known(&[documented("HcsStartComputeSystem")]);
//! ```

use crate::answer::Exit;
use crate::build::{Build, Builds};
use crate::closed::closed;
use crate::evidence::Source;
use crate::hresult::Hresult;
use crate::operation::Ending;
use crate::total::{Axis, Cover, NOWHERE, lay};
use crate::vocabulary::{EventType, Facet, Facets, Kind, Kinds, SystemState, SystemStates, Trigger};

closed! {
    /// The stages that a call passes, in this order. The first that refuses decides.
    ///
    /// Evidence for the order: an access mask is refused before an unknown id is noticed (observed on 26100), and an
    /// unprivileged caller is refused at once (observed). The rest of the order is assumed.
    pub enum Stage, Stages {
        /// Does this build export the call? See [`crate::export`].
        Export,
        /// Are the arguments well formed? See [`crate::argument`].
        Arguments,
        /// Is the handle live, of the right type, and the caller's? See [`crate::handle`].
        Handle,
        /// Can the operation take or give what the call wants? See [`crate::operation`].
        Operation,
        /// Is the service there, and the handle's connection to it? See [`crate::service`].
        Service,
        /// May the caller? See [`crate::access`].
        Rights,
        /// What does the host's file system say to a path? See [`crate::file`].
        Files,
        /// Is the document acceptable? See [`crate::document`]. Its verdict is a facet of the state stage.
        Document,
        /// What does the system's state say? See [`crate::system`].
        State,
    }
}

/// What comes of a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The operation runs until its completion is due.
    Accepted,
    /// It is done, with `S_OK`.
    Done,
    /// It fails with this code.
    Fails(Hresult),
    /// It ends as another table says of what was found: [`crate::constraint`] for what a document asks of the host,
    /// [`crate::resource`] for what a change meets.
    AsFound,
    /// The caller waits until the system is over.
    Waits,
    /// It concerns this system not: a world event that finds nothing to do, an entry that is left out of a list.
    Nothing,
    /// The double does not model it: the code is honest, the call is recorded, a strict world fails.
    NotModelled(Hresult),
}

/// Where the answer is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// The call returns it.
    Call,
    /// The call returns `S_OK`, the operation ends with it.
    Operation,
    /// Nobody asked.
    Nothing,
}

/// Who hears an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Every handle of the system that has a callback, of any client, in the order in which the handles were made.
    EveryHandle,
    /// The same, if the guest connection is up.
    Connected,
    /// Only the handle of the call.
    ThisHandle,
}

/// An event that a row raises, after the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raise {
    /// The event.
    pub event: EventType,
    /// Its hearers.
    pub to: Audience,
}

closed! {
    /// What a row cannot say, by name. Each is one function of the machine.
    pub enum After, Afters {
        /// Nothing more.
        Nothing,
        /// A system enters the table; its id is taken unless the row refuses it.
        MakeSystem,
        /// The caller gets a handle.
        OpenHandle,
        /// The handle and its callback go.
        CloseHandle,
        /// The handle gets the callback.
        SetCallback,
        /// The handle loses its callback.
        ClearCallback,
        /// The result document is the system's properties.
        Properties,
        /// The result document is the system's exit status.
        ExitStatus,
        /// The result document is the list of systems.
        List,
        /// The system is an element of the list.
        ListElement,
        /// The record goes.
        Forget,
        /// The guest begins to come up, its connection is made, adapters are attached to their endpoints.
        Boot,
        /// As after a boot, and the guest is up at once, for it goes on where it was; one that is to hang hangs.
        Wake,
        /// The guest begins to do what the shutdown asked for.
        AskGuest,
        /// The guest comes up anew.
        Reboot,
        /// The guest connection is lost.
        Disconnect,
        /// The state is kept under its path.
        KeepState,
        /// The change is held against [`crate::resource`], and made.
        Change,
        /// A process enters the table, and the caller gets its handle.
        MakeProcess,
        /// The caller gets a handle of a process.
        OpenProcess,
        /// The process gets its id and its streams, and its program begins.
        StartProcess,
    }
}

/// One row: in these situations, this happens, and that is how we know.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// `trigger.situation`, unique.
    pub id: &'static str,
    /// What happens.
    pub on: Trigger,
    /// Which distinctions of the trigger it covers.
    pub facets: Facets,
    /// The facets that the row names itself.
    pub named_facets: Facets,
    /// Which kinds it covers.
    pub kinds: Kinds,
    /// Which states it covers.
    pub states: SystemStates,
    /// The states that the row names itself.
    pub named_states: SystemStates,
    /// Which builds it covers.
    pub builds: Builds,
    /// What comes of it.
    pub answer: Answer,
    /// Where that is seen.
    pub surface: Surface,
    /// The new state, if it changes.
    pub becomes: Option<SystemState>,
    /// What becomes of the operations in flight, if the system's life ends: the column of [`crate::operation::IN_FLIGHT`].
    pub ends: Option<Ending>,
    /// The exit status that the system is left with.
    pub exit: Option<Exit>,
    /// The events raised, in order.
    pub raises: &'static [Raise],
    /// What the row cannot say.
    pub after: After,
    /// How it is known.
    pub sources: &'static [Source],
}

impl Row {
    /// A row about `trigger`. Until said otherwise it covers every situation, does nothing, and is answered by the call.
    pub const fn on(id: &'static str, trigger: Trigger) -> Row {
        Row {
            id,
            on: trigger,
            facets: Facets::EVERY,
            named_facets: Facets::NONE,
            kinds: Kinds::EVERY,
            states: SystemStates::EVERY,
            named_states: SystemStates::NONE,
            builds: Builds::EVERY,
            answer: Answer::Done,
            surface: Surface::Call,
            becomes: None,
            ends: None,
            exit: None,
            raises: &[],
            after: After::Nothing,
            sources: &[],
        }
    }

    /// Only with these facets.
    pub const fn with(mut self, facets: &[Facet]) -> Row {
        self.facets = Facets::of(facets);
        self.named_facets = self.facets;
        self
    }

    /// Only for these kinds.
    pub const fn kinds(mut self, kinds: &[Kind]) -> Row {
        self.kinds = Kinds::of(kinds);
        self
    }

    /// Only in these states.
    pub const fn when(mut self, states: &[SystemState]) -> Row {
        self.states = SystemStates::of(states);
        self.named_states = self.states;
        self
    }

    /// In every state of the trigger but these.
    pub const fn unless(mut self, states: &[SystemState]) -> Row {
        self.states = SystemStates::except(states);
        self.named_states = SystemStates::of(states);
        self
    }

    /// Only on these builds.
    pub const fn builds(mut self, builds: Builds) -> Row {
        self.builds = builds;
        self
    }

    /// The call returns `S_OK` and the operation runs.
    pub const fn accepted(mut self) -> Row {
        self.answer = Answer::Accepted;
        self.surface = Surface::Operation;
        self
    }

    /// The call returns `S_OK` and there is nothing to wait for.
    pub const fn succeeds(mut self) -> Row {
        self.answer = Answer::Done;
        self.surface = Surface::Call;
        self
    }

    /// The operation ends with `S_OK`.
    pub const fn completes(mut self) -> Row {
        self.answer = Answer::Done;
        self.surface = Surface::Operation;
        self
    }

    /// The call returns this code.
    pub const fn refuses(mut self, code: Hresult) -> Row {
        self.answer = Answer::Fails(code);
        self.surface = Surface::Call;
        self
    }

    /// The call returns `S_OK` and the operation ends with this code.
    pub const fn fails(mut self, code: Hresult) -> Row {
        self.answer = Answer::Fails(code);
        self.surface = Surface::Operation;
        self
    }

    /// The operation ends as another table says.
    pub const fn ends_as_found(mut self) -> Row {
        self.answer = Answer::AsFound;
        self.surface = Surface::Operation;
        self
    }

    /// The call waits for the system's end.
    pub const fn waits(mut self) -> Row {
        self.answer = Answer::Waits;
        self.surface = Surface::Call;
        self
    }

    /// The world acts, and nobody is answered.
    pub const fn happens(mut self) -> Row {
        self.answer = Answer::Done;
        self.surface = Surface::Nothing;
        self
    }

    /// Nothing comes of it.
    pub const fn passes(mut self) -> Row {
        self.answer = Answer::Nothing;
        self.surface = Surface::Nothing;
        self
    }

    /// Not modelled: the operation ends with this honest code.
    pub const fn not_modelled(mut self, code: Hresult) -> Row {
        self.answer = Answer::NotModelled(code);
        self.surface = Surface::Operation;
        self
    }

    /// The system's next state.
    pub const fn becomes(mut self, state: SystemState) -> Row {
        self.becomes = Some(state);
        self
    }

    /// The system's life ends so for the operations in flight.
    pub const fn ends(mut self, ending: Ending) -> Row {
        self.ends = Some(ending);
        self
    }

    /// The system is left with this exit status.
    pub const fn exit(mut self, exit: Exit) -> Row {
        self.exit = Some(exit);
        self
    }

    /// These events follow.
    pub const fn raises(mut self, raises: &'static [Raise]) -> Row {
        self.raises = raises;
        self
    }

    /// This handler follows.
    pub const fn after(mut self, after: After) -> Row {
        self.after = after;
        self
    }

    /// These are the sources.
    pub const fn known(mut self, sources: &'static [Source]) -> Row {
        self.sources = sources;
        self
    }

    /// Whether the row covers this situation.
    pub const fn covers(&self, on: Trigger, facet: Facet, kind: Kind, state: SystemState, build: Build) -> bool {
        self.on as u8 == on as u8
            && self.facets.contains(facet)
            && self.kinds.contains(kind)
            && self.states.and(on.states()).contains(state)
            && self.builds.contains(build)
    }
}

/// The axes of the state stage.
const AXES: [Axis; 5] = [
    Axis { name: "trigger", values: Trigger::NAMES },
    Axis { name: "facet", values: Facet::NAMES },
    Axis { name: "kind", values: Kind::NAMES },
    Axis { name: "state", values: SystemState::NAMES },
    Axis { name: "build", values: Build::NAMES },
];

/// How many cells there would be if every trigger had every facet.
const SPARSE: usize = Trigger::COUNT * Facet::COUNT * Kind::COUNT * SystemState::COUNT * Build::COUNT;

/// How many pairs of a trigger and one of its facets there are.
const PAIRS: usize = {
    let (mut pairs, mut at) = (0, 0);
    while at < Trigger::COUNT {
        pairs += Trigger::ALL[at].facets().bits().count_ones() as usize;
        at += 1;
    }
    pairs
};

/// Each pair's place among them; [`NOWHERE`] for a facet that the trigger does not have.
static PAIR: [[u16; Facet::COUNT]; Trigger::COUNT] = {
    let mut places = [[NOWHERE; Facet::COUNT]; Trigger::COUNT];
    let (mut trigger, mut place) = (0, 0);
    while trigger < Trigger::COUNT {
        let mut facet = 0;
        while facet < Facet::COUNT {
            if Trigger::ALL[trigger].facets().contains(Facet::ALL[facet]) {
                places[trigger][facet] = place;
                place += 1;
            }
            facet += 1;
        }
        trigger += 1;
    }
    places
};

/// How many cells a pair has on one build.
const BLOCK: usize = Kind::COUNT * SystemState::COUNT;

/// How many cells the state stage has, those in states outside the triggers' domains included.
pub const CELLS: usize = Build::COUNT * PAIRS * BLOCK;

/// Joins parts of the table, which are written in files of their own.
pub const fn join<const ROWS: usize>(parts: &[&[Row]]) -> [Row; ROWS] {
    let mut joined = [parts[0][0]; ROWS];
    let (mut part, mut at) = (0, 0);
    while part < parts.len() {
        let mut row = 0;
        while row < parts[part].len() {
            joined[at] = parts[part][row];
            row += 1;
            at += 1;
        }
        part += 1;
    }
    assert!(at == ROWS, "the parts have another number of rows");
    joined
}

/// How many rows the parts have.
pub const fn count(parts: &[&[Row]]) -> usize {
    let (mut part, mut sum) = (0, 0);
    while part < parts.len() {
        sum += parts[part].len();
        part += 1;
    }
    sum
}

/// Lays the rows of the state stage. Total over `rows`, or the crate does not compile.
pub const fn lay_rows<const ROWS: usize>(rows: &[Row; ROWS]) -> [u16; CELLS] {
    let mut domain = [[0; 5]; Trigger::COUNT];
    let mut at = 0;
    while at < Trigger::COUNT {
        let trigger = Trigger::ALL[at];
        domain[at] =
            [1 << at, trigger.facets().bits(), Kinds::EVERY.bits(), trigger.states().bits(), Builds::EVERY.bits()];
        at += 1;
    }
    let mut covers = [const { Cover { id: "", sets: [0; 5], named: [0; 5] } }; ROWS];
    let mut at = 0;
    while at < ROWS {
        let row = &rows[at];
        assert!(!row.sources.is_empty(), "a row names no source");
        covers[at] = Cover {
            id: row.id,
            sets: [1 << row.on as u128, row.facets.bits(), row.kinds.bits(), row.states.bits(), row.builds.bits()],
            named: [0, row.named_facets.bits(), 0, row.named_states.bits(), 0],
        };
        at += 1;
    }
    let sparse: [u16; SPARSE] = lay(&AXES, &domain, &covers);
    pack(&sparse)
}

/// Leaves out the facets that a trigger does not have, and puts the cells of one build together, so that the look-ups of a
/// world stay within the processor's nearest cache.
const fn pack(sparse: &[u16; SPARSE]) -> [u16; CELLS] {
    let mut cells = [NOWHERE; CELLS];
    let mut pair = 0;
    while pair < Trigger::COUNT * Facet::COUNT {
        let place = PAIR[pair / Facet::COUNT][pair % Facet::COUNT];
        let mut at = 0;
        while place != NOWHERE && at < BLOCK * Build::COUNT {
            let (cell, build) = (at / Build::COUNT, at % Build::COUNT);
            cells[(build * PAIRS + place as usize) * BLOCK + cell] = sparse[pair * BLOCK * Build::COUNT + at];
            at += 1;
        }
        pair += 1;
    }
    cells
}

/// The index of the row that `table` has for a situation. `None` outside the trigger's domain.
pub fn find(
    table: &[u16; CELLS],
    on: Trigger,
    facet: Facet,
    kind: Kind,
    state: SystemState,
    build: Build,
) -> Option<usize> {
    let pair = match PAIR[on.index()][facet.index()] {
        NOWHERE => return None,
        pair => usize::from(pair),
    };
    let cell = (build.index() * PAIRS + pair) * BLOCK + kind.index() * SystemState::COUNT + state.index();
    match table[cell] {
        NOWHERE => None,
        row => Some(row.into()),
    }
}
