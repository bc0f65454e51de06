//! Running the program in a folder of the test's own.

use std::path::PathBuf;
use std::process::{Command, Output};

/// A folder of this test's own, gone at its end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("hcs-sim-{}-{name}", std::process::id()));
        _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).expect("it can be made");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn program(folder: &Folder, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hcs-sim"));
    command.args(words).current_dir(&folder.0).output().expect("it runs")
}

pub(crate) fn printed(folder: &Folder, words: &[&str], code: i32) -> String {
    let output = program(folder, words);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(output.status.code(), Some(code), "{}{}", text(&output.stdout), text(&output.stderr));
    text(if code == 2 { &output.stderr } else { &output.stdout })
}
