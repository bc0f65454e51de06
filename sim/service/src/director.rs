//! What the world does, in the words of stories: one grammar for stories, the C header and the environment.
//!
//! | file | what is there |
//! |---|---|
//! | `world` | systems, guests, the host, faults, time |
//! | `files` | files of the host |
//! | `layer` | layers of the host |
//! | `words` | how a line is split, what its times and calls mean |

mod files;
mod layer;
mod words;
mod world;

use hcs_machine::guest::program::PROGRAMS;
use hcs_rules::guest::GuestOs;

use crate::simulator::{Hold, Simulator};
use crate::sync::Mutex;

pub use words::{duration, happened, split, tail};

/// The programs that every guest has: how each is used, in which guests, what it does.
pub fn programs() -> impl Iterator<Item = String> {
    PROGRAMS.iter().map(|program| {
        let oses: Vec<&str> =
            GuestOs::ALL.iter().filter(|os| program.oses.contains(**os)).map(|os| os.name()).collect();
        format!("{} ({}): {}", program.usage, oses.join(", "), program.about)
    })
}

/// One thing that the world can be told to do, or to show.
#[derive(Debug)]
pub struct Direction {
    /// The word that names it.
    pub word: &'static str,
    /// An example.
    pub example: &'static str,
    /// What it does.
    pub about: &'static str,
    run: Run,
}

#[derive(Clone, Copy, Debug)]
enum Run {
    /// From the words behind the first.
    Words(fn(&Director, &[&str]) -> Result<String, String>),
    /// From what stands behind the first word, as it was written.
    Rest(fn(&Director, &str) -> Result<String, String>),
}

macro_rules! directions {
    ($($kind:ident $word:literal $example:literal $about:literal $run:path;)+) => {
        /// Everything that the world can be told.
        pub const DIRECTIONS: &[Direction] = &[$(Direction { word: $word, example: $example, about: $about, run: Run::$kind($run) }),+];
    };
}

directions! {
    Words "fault" "fault Start nth=2 fail=ERROR_NO_SYSTEM_RESOURCES" "A rule of faults: a call, id= client= nth= probability=, and fail= refuse= as= delay= guest= or hang." Director::fault;
    Words "hold" "hold vm SystemExited" "Notifications of a system are held, all or of one event, until `release`." Director::hold;
    Words "release" "release" "Everything held is let go." Director::release;
    Words "drop" "drop vm SystemExited" "The next notification of a system is lost." Director::drop_one;
    Words "double" "double vm SystemExited" "The next notification of a system comes twice." Director::double_one;
    Words "guest-crash" "guest-crash vm" "The system's guest crashes." Director::guest_crash;
    Words "guest-off" "guest-off vm" "The system's guest powers itself off." Director::guest_off;
    Words "guest-reset" "guest-reset vm" "The system's guest restarts." Director::guest_reset;
    Words "guest-disconnect" "guest-disconnect vm" "The system's guest connection is lost." Director::guest_disconnect;
    Words "worker-crash" "worker-crash vm" "The system's worker process dies." Director::worker_crash;
    Words "rdp-mode" "rdp-mode vm" "The system's guest turns enhanced session mode on or off." Director::rdp_mode;
    Words "manager-starts" "manager-starts 0A7B1C2D-1111-2222-3333-444455556666" "The Hyper-V manager starts a machine of its own under this id." Director::manager_starts;
    Rest "guest" "guest app.exe: stdout \"ready\"; after 3s exit 5" "Guests have a program of this name: steps between semicolons. `stdout TEXT`, `stderr TEXT`, `after TIME`, `read`, `expect TEXT`, `cat`, `exit N`, `crash N`, `forever`, `ignore signals`, `on SIGNAL STEP`, `spawn COMMAND`, `run COMMAND`, `flood BYTES`, `repeat N ( ... )`." Director::guest;
    Words "guest-gone" "guest-gone app.exe" "Guests have the program no more. What runs goes on." Director::guest_gone;
    Words "programs" "programs" "Shows the programs that every guest has." Director::programs;
    Words "process-exit" "process-exit web 1000 3" "A process of a system ends with a code, as if by itself." Director::process_exit;
    Words "hypervisor" "hypervisor off" "The host has a hypervisor, or none." Director::hypervisor;
    Words "endpoints" "endpoints any" "The endpoints of the host's network: their ids, or any." Director::endpoints;
    Words "state-file" "state-file C:\\saved.vmrs" "A file with a saved state is there, or gone." Director::state_file;
    Words "file" "file C:\\vms\\disk.vhdx" "A file is put on the host, with the words that follow `=`; or `gone`, `copied TO`, `renamed TO`, `linked NEW`, `attributes AHS`, `stream NAME = ...`, `stream NAME gone`, `in-use-for TIMES`, `locked`, `unlocked`, `read-only`, `writable`, `denied`, `permitted`." Director::file;
    Words "folder" "folder C:\\vms" "A folder is put on the host, or `gone`." Director::folder;
    Words "volume" "volume D" "A volume appears; or `gone`, `read-only`, `writable`, `not-ready`, `ready`, `formatted refs`, `full-at-write NTH`, `not-ready-for TIMES`, `room` and a number of bytes." Director::volume;
    Words "layer" "layer C:\\staged\\base base Windows\\notepad.exe=text" "A layer in transport form is put there: `base` is what every base layer has, `NAME=TEXT` a file, `-NAME` gone from below." Director::layer;
    Words "import-torn" "import-torn 2" "The next import breaks off after so many files." Director::import_torn;
    Words "filter-collision" "filter-collision on" "The filter of another product is on every volume, or `off`." Director::filter_collision;
    Words "filter-kept" "filter-kept \\\\?\\Volume{8fd5b7c0-0000-0000-0000-100000000000}\\ 2" "The filter of a volume is not let go so many times." Director::filter_kept;
    Words "image-build" "image-build C:\\layers\\base 17763" "The image whose layer is in a folder is of this build." Director::image_build;
    Words "layer-damaged" "layer-damaged C:\\layers\\base" "The layer in a folder is damaged, until it is imported anew." Director::layer_damaged;
    Words "tree" "tree C:\\ProgramData" "What is in a folder of the host and below it; with `attributes`, those too." Director::tree;
    Words "acl" "acl C:\\Windows" "The access control list of a file or folder of the host." Director::acl;
    Words "inspect" "inspect C:\\vms\\none.vmgs" "What is in a state file of the host." Director::inspect;
    Words "quirk" "quirk StateErrorsFromCall" "The host shows a behaviour where recordings conflict, or no more: `off`." Director::quirk;
    Words "profile" "profile loaded" "How fast the host is from now on." Director::profile;
    Words "resources" "resources vm" "What the system has that can be modified." Director::resources;
    Words "service" "service stop" "The compute service stops, or is back: `service return`." Director::service;
    Words "advance" "advance 5s" "Time passes." Director::advance;
    Words "settle" "settle" "Time passes until nothing is pending but what hangs." Director::settle;
    Words "digest" "digest" "The digest of everything so far." Director::digest;
    Words "finish" "finish" "The world ends, and tells what was wrong." Director::finish;
}

/// Tells a world what to do, a line at a time. What is held back is let go when the director is dropped.
pub struct Director {
    sim: Simulator,
    holds: Mutex<Vec<Hold>>,
}

impl Director {
    /// A director of this world.
    pub fn new(sim: Simulator) -> Director {
        Director { sim, holds: Mutex::new(Vec::new()) }
    }

    /// The world.
    pub fn sim(&self) -> &Simulator {
        &self.sim
    }

    /// Carries out a line, and gives what it shows, which may be nothing.
    ///
    /// # Errors
    /// A sentence about what is wrong with the line.
    pub fn run(&self, line: &str) -> Result<String, String> {
        let words = split(line);
        let Some((word, rest)) = words.split_first() else { return Ok(String::new()) };
        let direction = Direction::by_word(word).ok_or_else(|| format!("unknown word {word}"))?;
        match direction.run {
            Run::Words(run) => run(self, rest),
            Run::Rest(run) => run(self, tail(line, rest.len())),
        }
    }

    /// Carries out lines. Empty ones and those that begin with `#` are passed over. What the lines show comes back.
    ///
    /// # Errors
    /// A sentence about the first line that is wrong. Those before it are carried out.
    pub fn run_all(&self, lines: &str) -> Result<String, String> {
        let mut shown = String::new();
        for (at, line) in lines.lines().enumerate() {
            if line.trim_start().starts_with('#') {
                continue;
            }
            let told = self.run(line).map_err(|problem| format!("line {}: {problem}", at + 1))?;
            if !told.is_empty() {
                shown.push_str(&told);
                shown.push('\n');
            }
        }
        Ok(shown)
    }
}

impl Direction {
    /// The one of this word.
    pub fn by_word(word: &str) -> Option<&'static Direction> {
        DIRECTIONS.iter().find(|direction| direction.word == word)
    }
}

impl std::fmt::Debug for Director {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "a director of {:?}", self.sim)
    }
}
