//! Actors: threads that a scheduled world runs one at a time, in an order that its seed decides.
//!
//! An actor has the turn from one call to the next. At each call it gives the turn back, and the seed picks who goes on:
//! each actor draws its own number from its own stream, so that what one does leaves the draws of the others alone.

use crate::draw::{self, Purpose};

/// Where an actor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Runnable,
    Blocked,
    Finished,
}

#[derive(Debug)]
struct Actor {
    state: State,
    /// How many turns it has had.
    turns: u64,
}

/// The actors of a world.
#[derive(Debug, Default)]
pub(crate) struct Actors {
    list: Vec<Actor>,
    turn: Option<usize>,
}

impl Actors {
    /// A new actor, ready to go.
    pub(crate) fn add(&mut self) -> usize {
        self.list.push(Actor { state: State::Runnable, turns: 0 });
        self.list.len() - 1
    }

    /// Whose turn it is.
    pub(crate) fn turn(&self) -> Option<usize> {
        self.turn
    }

    /// Whether an actor has something to do.
    pub(crate) fn is_any_awake(&self) -> bool {
        self.list.iter().any(|actor| actor.state == State::Runnable)
    }

    /// The actor gives its turn back and wants another.
    pub(crate) fn make_runnable(&mut self, actor: usize) {
        self.leave(actor, State::Runnable);
    }

    /// The actor goes on. If it has been given the turn meanwhile it keeps it: whether its thread or that of whoever woke it
    /// is the faster must make no difference.
    pub(crate) fn resume(&mut self, actor: usize) {
        if let Some(entry) = self.list.get_mut(actor) {
            entry.state = State::Runnable;
        }
    }

    /// The actor is blocked in a call.
    pub(crate) fn make_blocked(&mut self, actor: usize) {
        self.leave(actor, State::Blocked);
    }

    /// The actor is done.
    pub(crate) fn finish(&mut self, actor: usize) {
        self.leave(actor, State::Finished);
    }

    fn leave(&mut self, actor: usize, state: State) {
        if let Some(entry) = self.list.get_mut(actor) {
            entry.state = state;
        }
        if self.turn == Some(actor) {
            self.turn = None;
        }
    }

    /// Takes the turn without being picked: the one who has it does not give it back.
    pub(crate) fn seize(&mut self, actor: usize) {
        self.turn = Some(actor);
    }

    /// Picks who goes next, if nobody has the turn. Answers whether somebody new has it.
    pub(crate) fn pick(&mut self, seed: u64) -> bool {
        if self.turn.is_some() {
            return false;
        }
        let next =
            self.list.iter().enumerate().filter(|(_, actor)| actor.state == State::Runnable).min_by_key(
                |(index, actor)| (draw::number(seed, Purpose::Turn, 0, *index as u64, actor.turns), *index),
            );
        let Some(next) = next.map(|(index, _)| index) else { return false };
        self.list[next].turns += 1;
        self.turn = Some(next);
        true
    }
}
