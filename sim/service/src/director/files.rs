//! Files of the host: what the world does to them, what can be looked at.

use hcs_machine::files::Branch;
use hcs_machine::state_file::vmgs::Other;
use hcs_machine::state_file::vmrs::Value;
use hcs_rules::file::{FileSystem, attribute};
use hcs_rules::state_file::row;

use super::Director;
use super::words::happened;

impl Director {
    pub(super) fn file(&self, words: &[&str]) -> Result<String, String> {
        let (path, what) = words.split_first().ok_or("which file?")?;
        Ok(happened(match what {
            [] => self.sim.put_file(path, b""),
            ["=", content @ ..] => self.sim.put_file(path, content.join(" ").as_bytes()),
            ["gone"] => self.sim.remove_file(path),
            ["copied", to] => self.sim.copy_file(path, to),
            ["renamed", to] => self.sim.rename_file(path, to),
            ["linked", new] => self.sim.link_file(path, new),
            ["stream", name, "gone"] => self.sim.set_file_stream(path, name, None),
            ["stream", name, "=", content @ ..] => {
                self.sim.set_file_stream(path, name, Some(content.join(" ").as_bytes()))
            }
            ["attributes", letters] => self.sim.set_file_attributes(path, attributes(letters)?),
            ["locked"] => self.sim.lock_file(path, true),
            ["unlocked"] => self.sim.lock_file(path, false),
            ["in-use-for", times] => self.sim.set_file_in_use_for(path, count(times)?),
            ["read-only"] => self.sim.set_file_read_only(path, true),
            ["writable"] => self.sim.set_file_read_only(path, false),
            ["denied"] => self.sim.deny_file(path, true),
            ["permitted"] => self.sim.deny_file(path, false),
            _ => return Err(format!("a file cannot be {}", what.join(" "))),
        }))
    }

    pub(super) fn folder(&self, words: &[&str]) -> Result<String, String> {
        match words {
            [path] => Ok(happened(self.sim.put_folder(path))),
            [path, "gone"] => Ok(happened(self.sim.remove_file(path))),
            _ => Err("folder PATH, or folder PATH gone".to_owned()),
        }
    }

    pub(super) fn volume(&self, words: &[&str]) -> Result<String, String> {
        let (letter, what) = words.split_first().ok_or("which volume?")?;
        let letter = letter.chars().next().ok_or("which volume?")?;
        Ok(happened(match what {
            [] => self.sim.set_volume(letter, true),
            ["gone"] => self.sim.set_volume(letter, false),
            ["read-only"] => self.sim.set_volume_read_only(letter, true),
            ["writable"] => self.sim.set_volume_read_only(letter, false),
            ["not-ready"] => self.sim.set_volume_ready(letter, false),
            ["ready"] => self.sim.set_volume_ready(letter, true),
            ["full-at-write", nth] => self.sim.fill_volume_at_write(letter, count(nth)?),
            ["not-ready-for", times] => self.sim.set_volume_not_ready_for(letter, count(times)?),
            ["formatted", kind] => {
                let kind = FileSystem::ALL.iter().find(|known| known.name().eq_ignore_ascii_case(kind));
                self.sim.format_volume(letter, *kind.ok_or("ntfs, refs or raw")?)
            }
            ["room", bytes] => {
                self.sim.set_volume_room(letter, bytes.parse().map_err(|_| format!("no number {bytes}"))?)
            }
            _ => return Err(format!("a volume cannot be {}", what.join(" "))),
        }))
    }

    pub(super) fn tree(&self, words: &[&str]) -> Result<String, String> {
        let (path, asked) = words.split_first().ok_or("of which folder?")?;
        let shows = match asked {
            [] => false,
            ["attributes"] => true,
            _ => return Err("tree PATH, or tree PATH attributes".to_owned()),
        };
        let size = |size: Option<u64>| size.map(|size| format!(", {size} bytes")).unwrap_or_default();
        let attributes = |mask| if shows { format!(", {}", attribute::text(mask)) } else { String::new() };
        let line =
            |branch: &Branch| format!("\n  {}{}{}", branch.path, size(branch.size), attributes(branch.attributes));
        let lines: String = self.sim.tree(path).iter().map(line).collect();
        Ok(if lines.is_empty() { "nothing".to_owned() } else { lines })
    }

    pub(super) fn acl(&self, words: &[&str]) -> Result<String, String> {
        match self.sim.access_list(words.first().ok_or("of which file?")?) {
            Some(list) => Ok(list.iter().map(|entry| format!("\n  {entry}")).collect()),
            None => Ok("nothing".to_owned()),
        }
    }

    /// Guest state by its extension, runtime state otherwise.
    pub(super) fn inspect(&self, words: &[&str]) -> Result<String, String> {
        let path = *words.first().ok_or("which file?")?;
        if path.to_ascii_lowercase().ends_with(".vmgs") {
            return Ok(match self.sim.guest_state(path) {
                None => "nothing".to_owned(),
                Some(Err(damage)) => row(damage).about.to_owned(),
                Some(Ok(state)) => {
                    let other = match state.other {
                        Other::Blank => "no other",
                        Other::Before => "the state before in the other",
                        Other::Damaged => "the other damaged",
                    };
                    let files = (1..63).filter(|file| state.entry(*file).is_some()).count();
                    format!("guest state {} in header {}, {other}, {files} files", state.sequence, state.slot)
                }
            });
        }
        Ok(match self.sim.runtime_state(path) {
            None => "nothing".to_owned(),
            Some(Err(damage)) => row(damage).about.to_owned(),
            Some(Ok(state)) => {
                let lines = state.values.iter().map(|(path, value)| format!("\n  {path} {}", shown(value)));
                format!("runtime state {} in header {}{}", state.sequence, state.slot, lines.collect::<String>())
            }
        })
    }
}

fn count(word: &str) -> Result<u32, String> {
    word.parse().map_err(|_| format!("no number {word}"))
}

/// The attributes of these letters.
fn attributes(letters: &str) -> Result<u32, String> {
    let bit = |letter: char| attribute::LETTERS.iter().find(|(_, known)| *known == letter).map(|(bit, _)| *bit);
    letters.chars().try_fold(0, |mask, letter| Ok(mask | bit(letter).ok_or_else(|| format!("no attribute {letter}"))?))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Unsigned(number) => number.to_string(),
        Value::Double(bits) => f64::from_bits(*bits).to_string(),
        Value::String(text) => format!("{text:?}"),
        Value::Array(bytes) => format!("{} bytes", bytes.len()),
        Value::Boolean(is) => is.to_string(),
    }
}
