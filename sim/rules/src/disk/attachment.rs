//! The disks of a machine, looked at when it starts and when one is added to it.
//!
//! `hcs_machine::disk` finds what stands against a disk, in the order of this list, the disk itself before its ancestors.

use crate::answer::Form;
use crate::build::Build::{B26100, B26200};
use crate::closed::closed;
use crate::evidence::{Source, assumed, client, observed};
use crate::hresult::Hresult;

closed! {
    /// When a disk is looked at.
    pub enum Moment, Moments {
        /// The machine starts.
        Start,
        /// It is added to a machine that runs.
        Modify,
    }
}

closed! {
    /// What can stand against a machine's disk.
    pub enum AttachmentFault, AttachmentFaults {
        /// There is no such file in a folder that there is.
        Missing,
        /// The machine has no grant, nor has the group of machines.
        Denied,
        /// The disk is attached on the host, or another machine that runs has it, or somebody shares it with nobody.
        Held,
        /// The file is not one of a disk, or is damaged.
        Damaged,
        /// The parent of a disk of the chain is not where its child says.
        ParentMissing,
        /// The machine has no grant for an ancestor.
        ParentDenied,
        /// An ancestor is attached on the host, or a machine writes it, or somebody shares it with nobody.
        ParentHeld,
        /// An ancestor's file is not one of a disk, or is damaged.
        ParentDamaged,
        /// An ancestor has changed since its child was made; or the chain has no end.
        ParentChanged,
    }
}

/// One row.
#[derive(Debug)]
pub struct AttachmentRow {
    /// Unique name.
    pub id: &'static str,
    /// What stands against the disk.
    pub fault: AttachmentFault,
    /// The code, of a start and of a change alike.
    pub code: Hresult,
    /// How it is known.
    pub sources: &'static [Source],
}

impl AttachmentRow {
    /// The result document.
    pub const fn form(moment: Moment) -> Form {
        match moment {
            Moment::Start => Form::Storage,
            Moment::Modify => Form::Bare,
        }
    }
}

/// Every row, in the order in which faults are looked for (assumed).
#[rustfmt::skip]
pub const ROWS: [AttachmentRow; AttachmentFault::COUNT] = [
    AttachmentRow { id: "attachment.missing", fault: AttachmentFault::Missing, code: Hresult::ERROR_PATH_NOT_FOUND,
        sources: &[observed("cowork-vm issue 47370", &[B26100]), observed("AspireHcs: the creation succeeds, the start fails", &[B26200]),
            assumed("that the folder is there: a disk in a folder that the simulated host does not have, or in a volume's root, is not looked for")] },
    AttachmentRow { id: "attachment.denied", fault: AttachmentFault::Denied, code: Hresult::E_ACCESSDENIED,
        sources: &[observed("Solon, VMLord: a disk without a grant", &[B26100, B26200]), client("WSL grants and adds again"),
            assumed("whom a machine is taken for: its own account, the group of machines, everyone")] },
    AttachmentRow { id: "attachment.held", fault: AttachmentFault::Held, code: Hresult::ERROR_SHARING_VIOLATION,
        sources: &[observed("WSL issue 14434: a disk that is in use", &[B26100])] },
    AttachmentRow { id: "attachment.damaged", fault: AttachmentFault::Damaged, code: Hresult::ERROR_FILE_CORRUPT,
        sources: &[observed("Solon: a footer in the wrong place", &[B26200]), client("a published repair of a VHDX: so on a start")] },
    AttachmentRow { id: "attachment.parent-missing", fault: AttachmentFault::ParentMissing, code: Hresult::ERROR_VHD_PARENT_VHD_NOT_FOUND,
        sources: &[client("a script that mends chains: the parent was moved, and the start fails"), assumed("the same through this service")] },
    AttachmentRow { id: "attachment.parent-denied", fault: AttachmentFault::ParentDenied, code: Hresult::E_ACCESSDENIED,
        sources: &[observed("hcsctl: the start fails and names the child; discobox: the machine is not constructed, and no path is named", &[B26200]),
            assumed("that the start is the one that fails here")] },
    AttachmentRow { id: "attachment.parent-held", fault: AttachmentFault::ParentHeld, code: Hresult::ERROR_SHARING_VIOLATION,
        sources: &[assumed("the code's text")] },
    AttachmentRow { id: "attachment.parent-damaged", fault: AttachmentFault::ParentDamaged, code: Hresult::ERROR_VHD_DIFFERENCING_CHAIN_ERROR_IN_PARENT,
        sources: &[assumed("the code's text")] },
    AttachmentRow { id: "attachment.parent-changed", fault: AttachmentFault::ParentChanged, code: Hresult::ERROR_VHD_CHILD_PARENT_ID_MISMATCH,
        sources: &[assumed("the code's text")] },
];

/// The row of a fault.
pub const fn row(fault: AttachmentFault) -> &'static AttachmentRow {
    let row = &ROWS[fault as usize];
    assert!(row.fault as u8 == fault as u8, "the rows stand in another order than the faults");
    row
}

// Every fault has its row: checked while compiling.
const _: () = {
    let mut at = 0;
    while at < AttachmentFault::COUNT {
        row(AttachmentFault::ALL[at]);
        at += 1;
    }
};
