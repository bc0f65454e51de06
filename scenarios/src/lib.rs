//! Stories of the Host Compute Service: what clients do, what the world does to them, and what they see.
//!
//! A story is a text file. Comments begin with `#`; a block is some commands, a line `----`, and what they print:
//!
//! ```text
//! # A machine is created and never started.
//! client agent
//! agent create vm machine
//! ----
//! 0.092s agent create vm: S_OK
//! ```
//!
//! | file | what is there |
//! |---|---|
//! | [`story`] | the file: blocks, comparing, rewriting |
//! | [`stage`] | the world of a story, and every command with a usage example |
//! | [`library`] | the stories and documents that come with the program |
//! | [`builds`] | one story on every build: what differs |
//! | [`exec`] | programs of others with the simulator's libraries |
//! | [`exports`] | what each build exports, and libraries that export no more |
//! | [`inspect`] | disks, state files, access lists |
//! | [`layer`] | layers of images in files of this machine |
//! | [`lint`] | checking a document |
//! | [`compare`] | holding the tables of documents against published schema files |
//! | [`schema`] | the tables of documents as a JSON Schema |
//! | [`replay`] | a record's calls made again in a simulated world: the first difference |
//! | [`random`] | random sequences of calls, for digests |
//!
//! Deliberately absent: anything that decides what HCS does.

pub mod builds;
pub mod compare;
pub mod exec;
pub mod exports;
pub mod inspect;
pub mod layer;
pub mod library;
pub mod lint;
pub mod random;
pub mod replay;
pub mod schema;
pub mod stage;
pub mod story;
