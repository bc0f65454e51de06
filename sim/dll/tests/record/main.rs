//! Records of the C ABI, replayed: what was written down of a simulated world replays equal to itself, and whatever is changed
//! in it is named.

#![cfg(not(windows))]
#![expect(unsafe_code, reason = "the client's side of a C ABI")]

#[path = "../common/mod.rs"]
mod common;
mod host;
mod life;
mod older;
mod random;
mod spoilt;

use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hcs_record::Record;
use hcs_rules::build::Build;
use hcs_scenarios::replay::{Options, Told, replay};

/// One record at a time: a process has one world.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where a record is written to.
#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What is written down while a client does something in a new world.
fn recorded(seed: u64, build: Build, client: impl FnOnce()) -> String {
    let _alone = alone();
    hcs_sim_dll::reset(seed, build);
    let text = Text::default();
    hcs_sim_dll::record(Some(Box::new(text.clone())));
    client();
    hcs_sim_dll::record(None);
    let bytes = text.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    String::from_utf8(bytes).expect("a record is UTF-8")
}

fn read(text: &str) -> Record {
    Record::read(text.as_bytes()).unwrap_or_else(|problem| panic!("{problem}\n{text}"))
}

/// Replays a record: every difference.
fn replayed(text: &str) -> Told {
    let options = Options { all: true, ..Options::default() };
    replay(&read(text), &options).expect("the record can be replayed")
}

/// That a record replays without a difference.
fn assert_equal(text: &str) -> Told {
    let told = replayed(text);
    let differences: Vec<String> = told.differences.iter().map(ToString::to_string).collect();
    assert!(differences.is_empty(), "{}\n\nof the record\n{text}", differences.join("\n"));
    told
}
