//! Records: what a client and the Host Compute Service said to each other through the C ABI.
//!
//! A record is a text of JSON lines, written while it happens. Whatever answers the client, a simulated world or the real
//! DLLs of a Windows host, the lines are the same, so that `hcs-sim replay` can make the same calls in a simulated world and
//! name the first difference.
//!
//! ```text
//! {"record":"hcs-sim","version":1,"target":"double","build":20348,"seed":0}
//! {"ms":0.1,"thread":1,"call":1,"of":"HcsCreateOperation","with":{"context":null,"callback":true}}
//! {"ms":0.1,"thread":1,"answer":1,"gives":{"return":"operation1"}}
//! {"ms":9.2,"thread":2,"tells":"operation1","event":"completed","data":null}
//! ```
//!
//! | line | what it is |
//! |---|---|
//! | `record` | the first: what answers, the Windows build and the seed, as far as they are known |
//! | `call` | a call is entered: its number, its export, its arguments by their names |
//! | `answer` | the call of this number has returned: its code, and what it gives |
//! | `tells` | a callback is called: which handle's, with what |
//! | `direction` | the simulated world is told something, in the words of stories |
//! | `reset` | a new simulated world begins |
//!
//! Handles, and pointers of the caller, have names in the order in which they appear: `operation1`, `system1`, `context2`.
//! What a caller made up is `strange1`. Strings are JSON strings, NULL is `null`, and UTF-16 that is not well formed is
//! `{"units":[55296]}`. `ms` are milliseconds since the beginning, in the target's own time; a thread is a number.
//!
//! | file | what is there |
//! |---|---|
//! | [`mod@call`] | every export that is recorded, with the roles of its parameters: one list for who writes and who reads |
//! | [`mod@line`] | the lines, written and read |
//! | [`mod@read`] | a whole record, checked |
//!
//! Deliberately absent: pointers, the world, any decision about HCS.

pub mod call;
pub mod line;
pub mod read;

pub use call::{CALLS, Recorded, Role};
pub use line::Line;
pub use read::{Problem, Record};
