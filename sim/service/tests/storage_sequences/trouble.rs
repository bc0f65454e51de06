//! What goes wrong in each sequence, and when.

use hcs_rules::access::Rights;
use hcs_rules::failure::CallFailure;
use hcs_rules::privilege::Privilege;
use hcs_rules::profile::Quirk;
use hcs_sim::{Client, on};

use crate::run::{LAYER, Run, STAGED, Sequence, Step, transport};

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trouble {
    /// The import breaks off after so many files.
    Torn(u32),
    /// The source lacks this.
    Lacks(&'static str),
    /// The client has not enabled it.
    Without(Privilege),
    /// The client is not elevated.
    NotElevated,
    /// The nth write to the system's volume finds no room.
    FullAt(u32),
    /// The system's volume is not ready once.
    NotReady,
    /// Somebody has the file for himself.
    Locked(&'static str),
    /// The client may not change the file.
    Denied(&'static str),
    /// The client forgets a step.
    Forgets(Step),
    /// The client gives a handle of the other kind, or none.
    WrongHandle,
    /// The client names another folder.
    WrongPath,
    /// A file is there already.
    InTheWay(&'static str),
    /// A hive of the layer has no bytes.
    EmptyHive,
    /// A file or folder was moved away.
    Moved(&'static str),
    /// The filter of another product is there.
    Collision,
    /// The filter is not let go so many times.
    Busy(u32),
    /// A call fails once in a way in which it is known to.
    Plausible(&'static str),
    /// The host leaves what is to be destroyed.
    Keeps,
    /// Somebody else has the disk open.
    OpenElsewhere,
    /// Somebody else has taken the disk down.
    Detached,
    /// Somebody else has detached the filter.
    Unfiltered,
}

/// A sequence, what goes wrong in it, and before which step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    pub(crate) sequence: Sequence,
    pub(crate) name: &'static str,
    pub(crate) before: Step,
    pub(crate) trouble: Trouble,
}

const fn container(name: &'static str, before: Step, trouble: Trouble) -> Failure {
    Failure { sequence: Sequence::Container, name, before, trouble }
}

const fn machine(name: &'static str, before: Step, trouble: Trouble) -> Failure {
    Failure { sequence: Sequence::Machine, name, before, trouble }
}

const fn mount(name: &'static str, before: Step, trouble: Trouble) -> Failure {
    Failure { sequence: Sequence::Mount, name, before, trouble }
}

const fn unmount(name: &'static str, before: Step, trouble: Trouble) -> Failure {
    Failure { sequence: Sequence::Unmount, name, before, trouble }
}

const SAM: &str = r"C:\layers\base\Files\Windows\System32\config\SAM";
const SANDBOX: &str = r"C:\scratch\one\sandbox.vhdx";

/// The ten likeliest of each sequence: what was seen of its calls and what their clients special-case, then what any file
/// system does.
#[rustfmt::skip]
pub(crate) const FAILURES: [Failure; 40] = [
    container("the import breaks off", Step::Import, Trouble::Torn(2)),
    container("the source has no list of tombstones", Step::Import, Trouble::Lacks("tombstones.txt")),
    container("the client has not enabled SeBackupPrivilege", Step::Import, Trouble::Without(Privilege::Backup)),
    container("the client is not elevated", Step::Import, Trouble::NotElevated),
    container("the volume is full while files are imported", Step::Import, Trouble::FullAt(4)),
    container("the volume is full when the disk is made", Step::CreateBase, Trouble::FullAt(1)),
    container("a handle of the other kind is formatted", Step::Format, Trouble::WrongHandle),
    container("the hives of the import are still there", Step::Clear, Trouble::Forgets(Step::Clear)),
    container("a hive is loaded", Step::SetUpContainer, Trouble::Locked(SAM)),
    container("a hive is empty", Step::SetUpContainer, Trouble::EmptyHive),

    machine("the volume is not ready", Step::CreateTemplateBase, Trouble::NotReady),
    machine("a template of an earlier try is there", Step::CreateTemplateBase, Trouble::InTheWay(r"C:\layers\base\UtilityVM\SystemTemplateBase.vhdx")),
    machine("the volume is full when the disk is made", Step::CreateTemplateBase, Trouble::FullAt(1)),
    machine("the client is not elevated", Step::CreateTemplateBase, Trouble::NotElevated),
    machine("the client has not enabled SeManageVolumePrivilege", Step::AttachTemplate, Trouble::Without(Privilege::ManageVolume)),
    machine("the disk is not attached", Step::AttachTemplate, Trouble::Forgets(Step::AttachTemplate)),
    machine("no disk is given", Step::SetUpMachine, Trouble::WrongHandle),
    machine("the folder Files is given", Step::SetUpMachine, Trouble::WrongPath),
    machine("a layout of an earlier setup is there", Step::SetUpMachine, Trouble::InTheWay(r"C:\layers\base\UtilityVM\layout")),
    machine("the client may not change the template's list", Step::GrantTemplate, Trouble::Denied(r"C:\layers\base\UtilityVM\SystemTemplate.vhdx")),

    mount("the parent of the blank disk was moved", Step::OpenScratch, Trouble::Moved(r"C:\layers\base\blank-base.vhdx")),
    mount("somebody has the disk's file for himself", Step::OpenScratch, Trouble::Locked(SANDBOX)),
    mount("the client has not enabled SeManageVolumePrivilege", Step::AttachScratch, Trouble::Without(Privilege::ManageVolume)),
    mount("the client is not elevated", Step::OpenScratch, Trouble::NotElevated),
    mount("the device is not ready", Step::MountPath, Trouble::Plausible("mount-path.not-ready")),
    mount("the folder is given for its volume", Step::Initialize, Trouble::WrongPath),
    mount("a parent was deleted by hand", Step::Initialize, Trouble::Moved(LAYER)),
    mount("the volume is not initialised", Step::Initialize, Trouble::Forgets(Step::Initialize)),
    mount("another product's filter is there", Step::AttachFilter, Trouble::Collision),
    mount("filters attach too slowly", Step::AttachFilter, Trouble::Plausible("attach-filter.timeout")),

    unmount("somebody else has the disk open", Step::Detach, Trouble::OpenElsewhere),
    unmount("somebody else has taken the disk down", Step::MountPath, Trouble::Detached),
    unmount("the filter is not let go", Step::DetachFilter, Trouble::Busy(2)),
    unmount("the filter is gone already", Step::DetachFilter, Trouble::Unfiltered),
    unmount("the disk is still attached", Step::Detach, Trouble::Forgets(Step::Detach)),
    unmount("the client is not elevated", Step::OpenScratch, Trouble::NotElevated),
    unmount("somebody has a file of the layer open", Step::Destroy, Trouble::Locked(SANDBOX)),
    unmount("the volume is not ready", Step::Destroy, Trouble::NotReady),
    unmount("the path is relative", Step::Destroy, Trouble::WrongPath),
    unmount("the host leaves the folder", Step::Destroy, Trouble::Keeps),
];

impl Trouble {
    /// It goes wrong from now on.
    pub(crate) fn strike(self, run: &mut Run<'_>) {
        let sim = run.sim;
        let there = match self {
            Trouble::Torn(files) => sim.tear_import(files),
            Trouble::Lacks(name) => sim.remove_file(&format!(r"{STAGED}\{name}")),
            Trouble::Without(privilege) => run.client.set_privilege(privilege, false),
            Trouble::NotElevated => {
                run.close();
                run.client = sim.client_as("user", Rights::User);
                true
            }
            Trouble::FullAt(nth) => sim.fill_volume_at_write('C', nth),
            Trouble::NotReady => sim.set_volume_not_ready_for('C', 1),
            Trouble::Locked(path) => sim.lock_file(path, true),
            Trouble::Denied(path) => sim.deny_file(path, true),
            Trouble::Forgets(_) => true,
            Trouble::WrongHandle => !std::mem::replace(&mut run.wrong_handle, true),
            Trouble::WrongPath => !std::mem::replace(&mut run.wrong_path, true),
            Trouble::InTheWay(path) => sim.put_file(path, b"old"),
            Trouble::EmptyHive => sim.put_file(SAM, b""),
            Trouble::Moved(path) => sim.rename_file(path, &format!("{path}-moved")),
            Trouble::Collision => sim.set_filter_collision(true),
            Trouble::Busy(times) => sim.keep_filter(&run.volume, times),
            Trouble::Plausible(id) => {
                let failure = CallFailure::by_id(id).expect("there is such a failure");
                sim.fault(on(failure.call).nth(1).refuse_as(failure));
                failure.is_plausible(sim.build())
            }
            Trouble::Keeps => sim.set_quirk(Quirk::DestroyKeepsLayer, true),
            Trouble::OpenElsewhere => {
                run.other_opens();
                true
            }
            Trouble::Detached => {
                run.step(Step::MountPath);
                run.step(Step::DetachFilter).is_ok() && run.step(Step::Detach).is_ok()
            }
            Trouble::Unfiltered => run.step(Step::DetachFilter).is_ok(),
        };
        assert!(there, "{self:?} finds nothing to do");
    }

    /// It does not go wrong any more. What happens once is over by itself.
    pub(crate) fn lift(self, run: &mut Run<'_>, agent: &Client) {
        let sim = run.sim;
        match self {
            Trouble::Lacks(_) => {
                sim.remove_file(STAGED);
                sim.put_transport(STAGED, &transport()).expect("it can be staged");
            }
            Trouble::Without(privilege) => {
                run.client.set_privilege(privilege, true);
            }
            Trouble::NotElevated => {
                sim.client_death(&run.client);
                run.forget();
                run.client = agent.clone();
            }
            Trouble::Locked(path) => {
                sim.lock_file(path, false);
            }
            Trouble::Denied(path) => {
                sim.deny_file(path, false);
            }
            Trouble::WrongHandle => run.wrong_handle = false,
            Trouble::WrongPath => run.wrong_path = false,
            Trouble::InTheWay(path) => {
                sim.remove_file(path);
            }
            Trouble::EmptyHive => {
                sim.put_file(SAM, b"regf");
            }
            Trouble::Moved(path) => {
                sim.rename_file(&format!("{path}-moved"), path);
            }
            Trouble::Collision => {
                sim.set_filter_collision(false);
            }
            Trouble::Keeps => {
                sim.set_quirk(Quirk::DestroyKeepsLayer, false);
            }
            Trouble::OpenElsewhere => run.other_closes(),
            Trouble::Torn(_)
            | Trouble::FullAt(_)
            | Trouble::NotReady
            | Trouble::Forgets(_)
            | Trouble::Busy(_)
            | Trouble::Plausible(_)
            | Trouble::Detached
            | Trouble::Unfiltered => {}
        }
    }
}
