//! The stories and documents that come with the program. They are part of it, so that it runs from anywhere.

/// A story or a document by name.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// What it is called.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! items {
    ($folder:literal, $extension:literal: $($name:literal),+ $(,)?) => {
        &[$(Item { name: $name, text: include_str!(concat!("../", $folder, "/", $name, ".", $extension)) }),+]
    };
}

/// Every story, the one that runs without an argument first.
pub const STORIES: &[Item] = items!("stories", "txt":
    "tutorial",
    "container",
    "guest",
    "faults",
    "service",
    "notifications",
    "older",
    "misuse",
    "documents",
    "shutdown",
    "suspend",
    "template",
    "hosted",
    "modify",
    "settings",
    "manager",
    "recorded",
    "failures",
    "files",
    "access",
    "disks",
    "layers",
    "storage-sequences",
    "container-storage",
    "state-files",
    "exec",
    "session",
    "signals",
    "linux",
    "guests",
    "process-states",
    "spurious",
);

/// Every document.
pub const DOCUMENTS: &[Item] = items!("documents", "json":
    "machine", "connected", "serviced", "utility", "linux", "container", "isolated", "hosted", "pod",
);

/// The item of this name.
pub fn find(items: &'static [Item], name: &str) -> Option<&'static Item> {
    items.iter().find(|item| item.name == name)
}

impl Item {
    /// What the story is about: its first comment, up to the first full stop at the end of a line.
    pub fn title(&self) -> String {
        let comment = self.text.lines().take_while(|line| line.starts_with('#'));
        let mut title = String::new();
        for line in comment {
            let line = line.trim_start_matches('#').trim();
            title = format!("{title} {line}").trim().to_owned();
            if line.ends_with('.') {
                break;
            }
        }
        title
    }
}
