//! The sequences as clients of layers make them, call by call, and what a client does when one has failed.

use hcs_api::disk::{CreateDisk, DiskHandle, OpenDisk, StorageType, VirtualDisks};
use hcs_api::layer::{Layer, layer_data};
use hcs_api::{Hcs, Storage, Text};
use hcs_machine::files::{Data, Meta};
use hcs_machine::layer::blob::Blob;
use hcs_machine::layer::transport::{Item, LayerPath, Transport};
use hcs_rules::build::Build;
use hcs_rules::disk::{HandleKind, attach, format_wants};
use hcs_rules::export;
use hcs_rules::file::attribute;
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::Call;
use hcs_sim::{Client, Simulator};

pub(crate) const STAGED: &str = r"C:\staged";
pub(crate) const LAYER: &str = r"C:\layers\base";
pub(crate) const MACHINE: &str = r"C:\layers\base\UtilityVM";
pub(crate) const SCRATCH: &str = r"C:\scratch\one";
const ID: &str = "bd9c3ef9-f239-59b5-a27e-15c523b1d149";
const SIZE: u64 = 20 << 30;
const READ_AND_WRITE: u32 = 0xC000_0000;

/// A sequence of storage.md 1.12. Each begins with what the one before it has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sequence {
    Container,
    Machine,
    Mount,
    Unmount,
}

/// A step: a call, or something that the client does with files itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Import,
    /// The client takes away what the setup makes.
    Clear,
    CreateBase,
    AttachBase,
    FindBase,
    OpenBase,
    Format,
    CloseDevice,
    DetachBase,
    Close,
    SetUpContainer,
    CreateBlank,
    GrantBase,
    GrantBlank,
    CreateTemplateBase,
    AttachTemplate,
    SetUpMachine,
    CreateTemplate,
    GrantTemplateBase,
    GrantTemplate,
    /// The client copies the base's blank disk.
    Copy,
    GrantScratch,
    OpenScratch,
    AttachScratch,
    MountPath,
    Initialize,
    AttachFilter,
    DetachFilter,
    Detach,
    Destroy,
}

impl Sequence {
    /// The steps, on this build: Windows Server 2019 formats the disk itself, the others the virtual one, and it grants nothing
    /// to the group of machines.
    pub(crate) fn steps(self, build: Build) -> Vec<Step> {
        use Step::*;
        let format: &[Step] = match format_wants(build) {
            HandleKind::Physical => &[AttachBase, FindBase, OpenBase, Format, CloseDevice, DetachBase],
            HandleKind::Virtual => &[Format],
        };
        let (before, after): (&[Step], &[Step]) = match self {
            Sequence::Container => {
                (&[Import, Clear, CreateBase], &[Close, SetUpContainer, CreateBlank, Close, GrantBase, GrantBlank])
            }
            Sequence::Machine => (
                &[CreateTemplateBase, AttachTemplate, SetUpMachine, Detach, Close, CreateTemplate, Close],
                &[GrantTemplateBase, GrantTemplate],
            ),
            Sequence::Mount => {
                (&[Copy, GrantScratch, OpenScratch, AttachScratch, MountPath], &[Initialize, AttachFilter])
            }
            Sequence::Unmount => (&[OpenScratch, MountPath, DetachFilter, Detach], &[Close, Destroy]),
        };
        let format = if self == Sequence::Container { format } else { &[] };
        let grants = [GrantBase, GrantBlank, GrantTemplateBase, GrantTemplate, GrantScratch];
        let there = |step: &Step| !grants.contains(step) || export::has(build, Call::GrantVmGroupAccess);
        [before, format, after].concat().into_iter().filter(there).collect()
    }

    /// The folder that is destroyed when the sequence is given up.
    pub(crate) fn given_up(self) -> &'static str {
        match self {
            Sequence::Machine => LAYER,
            other => other.folder(),
        }
    }

    /// The folder that the sequence works on.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Sequence::Container => LAYER,
            Sequence::Machine => MACHINE,
            Sequence::Mount | Sequence::Unmount => SCRATCH,
        }
    }

    /// The disks that a sequence may leave attached.
    fn disks(self) -> Vec<String> {
        let names: &[&str] = match self {
            Sequence::Container => &["blank-base.vhdx"],
            Sequence::Machine => &["SystemTemplateBase.vhdx"],
            Sequence::Mount | Sequence::Unmount => &["sandbox.vhdx"],
        };
        names.iter().map(|name| format!(r"{}\{name}", self.folder())).collect()
    }
}

/// A client on its way through a sequence, and what it holds.
pub(crate) struct Run<'a> {
    pub(crate) sim: &'a Simulator,
    pub(crate) client: Client,
    disk: DiskHandle,
    device: DiskHandle,
    physical: String,
    pub(crate) volume: String,
    /// A handle of the other kind is given to whatever takes one, or none.
    pub(crate) wrong_handle: bool,
    /// Another folder is named than the one that is meant.
    pub(crate) wrong_path: bool,
    /// Somebody else, with a handle of the scratch disk.
    other: Option<(Client, DiskHandle)>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(sim: &'a Simulator, client: Client) -> Run<'a> {
        let (disk, device) = (DiskHandle::NULL, DiskHandle::NULL);
        let (physical, volume) = (String::new(), String::new());
        Run { sim, client, disk, device, physical, volume, wrong_handle: false, wrong_path: false, other: None }
    }

    /// Makes a step, and answers its code.
    pub(crate) fn step(&mut self, step: Step) -> Hresult {
        let client = self.client.clone();
        let chain = layer_data(&[Layer::new(ID, LAYER)]);
        let none = layer_data(&[]);
        let (chain, none) = (Text::Some(&chain), Text::Some(&none));
        match step {
            Step::Import => client.import_layer(LAYER.into(), STAGED.into(), none),
            Step::Clear => {
                for name in ["Hives", "layout", "blank-base.vhdx", "blank.vhdx"] {
                    self.sim.remove_file(&format!(r"{LAYER}\{name}"));
                }
                Hresult::S_OK
            }
            Step::CreateBase => self.create(r"C:\layers\base\blank-base.vhdx", &CreateDisk::of_size(SIZE)),
            Step::CreateBlank => {
                let child = CreateDisk::differencing(r"C:\layers\base\blank-base.vhdx");
                self.create(r"C:\layers\base\blank.vhdx", &child)
            }
            Step::CreateTemplateBase => {
                self.create(r"C:\layers\base\UtilityVM\SystemTemplateBase.vhdx", &CreateDisk::of_size(SIZE))
            }
            Step::CreateTemplate => {
                let child = CreateDisk::differencing(r"C:\layers\base\UtilityVM\SystemTemplateBase.vhdx");
                self.create(r"C:\layers\base\UtilityVM\SystemTemplate.vhdx", &child)
            }
            Step::AttachBase | Step::AttachTemplate => client.attach_virtual_disk(self.disk, 0),
            Step::AttachScratch => client.attach_virtual_disk(self.disk, attach::PERMANENT_LIFETIME),
            Step::FindBase => {
                let outcome = client.get_virtual_disk_physical_path(self.disk);
                self.physical = outcome.document.unwrap_or_default().to_string();
                outcome.code
            }
            Step::OpenBase => {
                let (code, device) = client.open_physical_disk(Text::Some(&self.physical), READ_AND_WRITE);
                self.device = device;
                code
            }
            Step::Format => self.format(),
            Step::CloseDevice => client.close_disk(std::mem::replace(&mut self.device, DiskHandle::NULL)),
            Step::Close => client.close_disk(std::mem::replace(&mut self.disk, DiskHandle::NULL)),
            Step::DetachBase | Step::Detach => client.detach_virtual_disk(self.disk, 0),
            Step::SetUpContainer => {
                client.setup_base_os_layer(LAYER.into(), DiskHandle::NULL, r#"{"Type":"Container"}"#.into())
            }
            Step::SetUpMachine => {
                let folder = if self.wrong_path { format!(r"{MACHINE}\Files") } else { MACHINE.to_owned() };
                let disk = if self.wrong_handle { DiskHandle::NULL } else { self.disk };
                client.setup_base_os_layer(folder.as_str().into(), disk, r#"{"Type":"Vm"}"#.into())
            }
            Step::GrantBase => client.grant_vm_group_access(r"C:\layers\base\blank-base.vhdx".into()),
            Step::GrantBlank => client.grant_vm_group_access(r"C:\layers\base\blank.vhdx".into()),
            Step::GrantTemplateBase => {
                client.grant_vm_group_access(r"C:\layers\base\UtilityVM\SystemTemplateBase.vhdx".into())
            }
            Step::GrantTemplate => client.grant_vm_group_access(r"C:\layers\base\UtilityVM\SystemTemplate.vhdx".into()),
            Step::Copy => {
                self.sim.put_folder(SCRATCH);
                self.sim.copy_file(r"C:\layers\base\blank.vhdx", r"C:\scratch\one\sandbox.vhdx");
                Hresult::S_OK
            }
            Step::GrantScratch => client.grant_vm_group_access(r"C:\scratch\one\sandbox.vhdx".into()),
            Step::OpenScratch => self.open(r"C:\scratch\one\sandbox.vhdx"),
            Step::MountPath => {
                let outcome = client.get_layer_vhd_mount_path(self.disk);
                self.volume = outcome.document.unwrap_or_default().to_string();
                outcome.code
            }
            Step::Initialize => {
                let volume = if self.wrong_path { SCRATCH } else { &self.volume };
                client.initialize_writable_layer(volume.into(), chain, Text::Null)
            }
            Step::AttachFilter => client.attach_layer_storage_filter(Text::Some(&self.volume), chain),
            Step::DetachFilter => client.detach_layer_storage_filter(Text::Some(&self.volume)),
            Step::Destroy => client.destroy_layer(if self.wrong_path { r"scratch\one".into() } else { SCRATCH.into() }),
        }
    }

    fn create(&mut self, path: &str, parameters: &CreateDisk<'_>) -> Hresult {
        let (code, disk) = self.client.create_virtual_disk(StorageType::VHDX, path.into(), 0, 0, parameters);
        self.disk = disk;
        code
    }

    fn open(&mut self, path: &str) -> Hresult {
        let parameters = Some(OpenDisk::Second { information_only: false, read_only: false });
        let (code, disk) = self.client.open_virtual_disk(StorageType::VHDX, path.into(), 0, 0, parameters);
        self.disk = disk;
        code
    }

    /// Formats through the handle that the build wants, or through the other one.
    fn format(&mut self) -> Hresult {
        let client = self.client.clone();
        let takes_device = format_wants(self.sim.build()) == HandleKind::Physical;
        match (takes_device, self.wrong_handle) {
            (true, false) => client.format_writable_layer_vhd(self.device),
            (true, true) | (false, false) => client.format_writable_layer_vhd(self.disk),
            (false, true) => {
                let mut code = client.attach_virtual_disk(self.disk, 0);
                assert_eq!(code, Hresult::S_OK);
                let path = client.get_virtual_disk_physical_path(self.disk).document.expect("it is attached");
                let (opened, device) = client.open_physical_disk((&*path).into(), READ_AND_WRITE);
                assert_eq!(opened, Hresult::S_OK);
                code = client.format_writable_layer_vhd(device);
                assert_eq!(client.close_disk(device), Hresult::S_OK);
                assert_eq!(client.detach_virtual_disk(self.disk, 0), Hresult::S_OK);
                code
            }
        }
    }

    /// Somebody else opens the scratch disk too.
    pub(crate) fn other_opens(&mut self) {
        let mut other = Run::new(self.sim, self.sim.client("bystander"));
        assert_eq!(other.step(Step::OpenScratch), Hresult::S_OK);
        self.other = Some((other.client.clone(), other.disk));
    }

    /// And closes it.
    pub(crate) fn other_closes(&mut self) {
        if let Some((client, disk)) = self.other.take() {
            assert_eq!(client.close_disk(disk), Hresult::S_OK);
        }
    }

    /// Whether the client has a disk open.
    pub(crate) fn holds(&self) -> bool {
        !self.disk.is_null()
    }

    /// What the client held is gone with it.
    pub(crate) fn forget(&mut self) {
        (self.disk, self.device) = (DiskHandle::NULL, DiskHandle::NULL);
    }

    /// Closes what the client still holds.
    pub(crate) fn close(&mut self) {
        for disk in [&mut self.device, &mut self.disk] {
            if !disk.is_null() {
                assert_eq!(self.client.close_disk(std::mem::replace(disk, DiskHandle::NULL)), Hresult::S_OK);
            }
        }
    }
}

/// What a client does with a sequence that it gives up: whatever is attached is taken down, then the folder goes. What is not
/// there any more is no trouble. Answers why the folder did not go.
pub(crate) fn give_up(run: &mut Run<'_>, sequence: Sequence) -> Hresult {
    run.close();
    for path in sequence.disks() {
        if run.open(&path).is_ok() {
            if run.step(Step::MountPath).is_ok() {
                run.step(Step::DetachFilter);
                assert_eq!(run.step(Step::Detach), Hresult::S_OK, "{path}");
            }
            run.close();
        }
    }
    run.client.destroy_layer(sequence.given_up().into())
}

/// What has to be there before a sequence begins.
pub(crate) fn prepare(sim: &Simulator, client: &Client, sequence: Sequence) {
    sim.put_transport(STAGED, &transport()).expect("it can be staged");
    let before: &[Sequence] = match sequence {
        Sequence::Container => &[],
        Sequence::Machine | Sequence::Mount => &[Sequence::Container],
        Sequence::Unmount => &[Sequence::Container, Sequence::Mount],
    };
    for sequence in before {
        let mut run = Run::new(sim, client.clone());
        for step in sequence.steps(sim.build()) {
            assert_eq!(run.step(step), Hresult::S_OK, "{step:?}");
        }
        run.close();
    }
}

/// A base layer as a client leaves it to be imported.
pub(crate) fn transport() -> Transport {
    let mut layer = Transport::default();
    let meta = |attributes| Meta { attributes, ..Meta::default() };
    let mut put = |path: &str, bytes: Option<&[u8]>| {
        let item = match bytes {
            Some(bytes) => Blob { data: Data::from(bytes), meta: meta(attribute::ARCHIVE) },
            None => Blob { meta: meta(attribute::FOLDER), ..Blob::default() },
        };
        layer.items.insert(LayerPath::new(path), Item::Blob(item));
    };
    for folder in ["Files", r"Files\Windows", r"Files\Windows\System32", r"Files\Windows\System32\config"] {
        put(folder, None);
    }
    let boot = [
        "UtilityVM",
        r"UtilityVM\Files",
        r"UtilityVM\Files\EFI",
        r"UtilityVM\Files\EFI\Microsoft",
        r"UtilityVM\Files\EFI\Microsoft\Boot",
    ];
    boot.iter().for_each(|folder| put(folder, None));
    put(r"UtilityVM\Files\EFI\Microsoft\Boot\BCD", Some(b"boot"));
    put(r"Files\Windows\notepad.exe", Some(b"notepad"));
    for hive in ["DEFAULT", "SAM", "SECURITY", "SOFTWARE", "SYSTEM"] {
        put(&format!(r"Files\Windows\System32\config\{hive}"), Some(b"regf"));
    }
    layer.complete();
    layer
}
