//! Strings: such as clients give, and such as nobody should.

use std::sync::OnceLock;

use crate::random::Random;

/// What a string is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    Id,
    System,
    Process,
    Options,
    Query,
    Modify,
    ServiceQuery,
    Settings,
    Path,
    Folder,
    Staged,
    Disk,
    Volume,
    Layer,
    Name,
}

/// The ids of systems. There are few, so that threads meet.
const IDS: &[&str] = &["a", "b", "c", "d", "web", "utility"];

/// Containers that can be made.
pub(crate) const CONTAINERS: &[&str] = &[
    r#"{"Container":{}}"#,
    r#"{"ShouldTerminateOnLastHandleClosed":true,"Container":{"GuestOs":{"HostName":"web"}}}"#,
];

/// Processes with streams: that end, that go on, and that are fed.
pub(crate) const PIPED: &[&str] = &[
    r#"{"CommandLine":"cmd /c echo hi","CreateStdOutPipe":true}"#,
    r#"{"CommandLine":"cmd","CreateStdInPipe":true,"CreateStdOutPipe":true,"CreateStdErrPipe":true}"#,
    r#"{"CommandLine":"sim-idle","CreateStdInPipe":true,"CreateStdOutPipe":true}"#,
    r#"{"CommandLine":"sim-flood 300000","CreateStdOutPipe":true}"#,
    r#"{"CommandLine":"sim-flood","CreateStdOutPipe":true}"#,
];

const SYSTEMS: &[&str] = &[
    r#"{"Container":{}}"#,
    r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"fuzz","ShouldTerminateOnLastHandleClosed":true,"Container":{"GuestOs":{"HostName":"web"}}}"#,
    r#"{"VirtualMachine":{}}"#,
    r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"fuzz","ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{"ComputeTopology":{"Memory":{"SizeInMB":256},"Processor":{"Count":1}},"Devices":{"Scsi":{"disk":{"Attachments":{"0":{"Type":"VirtualDisk","Path":"C:\\vms\\disk.vhdx"}}}}}}}"#,
    r#"{"SchemaVersion":{"Major":2,"Minor":2},"VirtualMachine":{"Chipset":{"Uefi":{}},"ComputeTopology":{"Memory":{"SizeInMB":512},"Processor":{"Count":2}},"GuestConnection":{"UseVsock":true}}}"#,
    r#"{"SystemType":"Container","Name":"a","Owner":"fuzz","LayerFolderPath":"C:\\layers\\scratch","Layers":[],"TerminateOnLastHandleClosed":true}"#,
    r#"{"SchemaVersion":{"Major":2,"Minor":1},"HostingSystemId":"utility","HostedSystem":{"SchemaVersion":{"Major":2,"Minor":1},"Container":{"Storage":{"Layers":[],"Path":"C:\\layers\\scratch"}}}}"#,
];

const PROCESSES: &[&str] = &[
    r#"{"CommandLine":"cmd /c echo hi","CreateStdOutPipe":true}"#,
    r#"{"CommandLine":"cmd /c echo hi"}"#,
    r#"{"CommandLine":"cmd","CreateStdInPipe":true,"CreateStdOutPipe":true,"CreateStdErrPipe":true}"#,
    r#"{"CommandLine":"cmd","CreateStdInPipe":true,"CreateStdOutPipe":true,"EmulateConsole":true,"ConsoleSize":[25,80]}"#,
    r#"{"CommandLine":"sim-idle"}"#,
    r#"{"CommandLine":"sim-idle","CreateStdOutPipe":true}"#,
    r#"{"CommandLine":"sim-flood 300000","CreateStdOutPipe":true}"#,
    r#"{"CommandLine":"no-such-program"}"#,
    r#"{"CommandArgs":["/bin/sh","-c","echo hi"],"CreateStdOutPipe":true}"#,
];

const OPTIONS: &[&str] = &[
    "",
    "{}",
    r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\vms\\saved.vmrs"}"#,
    r#"{"SaveType":"AsTemplate"}"#,
    r#"{"SuspensionLevel":"Suspend"}"#,
    r#"{"Mechanism":"IntegrationService","Type":"Shutdown","Force":true}"#,
    r#"{"Signal":"CtrlC"}"#,
    r#"{"Signal":15}"#,
    r#"{"Type":"Container"}"#,
];

const QUERIES: &[&str] = &[
    "{}",
    r#"{"PropertyTypes":["Statistics"]}"#,
    r#"{"PropertyTypes":["ProcessList","Memory","GuestConnection"]}"#,
    r#"{"PropertyTypes":["SharedMemoryRegion","Unknown"]}"#,
    r#"{"PropertyQueries":{"Statistics":{}}}"#,
    r#"{"Ids":["a","web"]}"#,
    r#"{"Owners":["fuzz"],"Types":["Container"]}"#,
];

const MODIFIES: &[&str] = &[
    r#"{"ResourcePath":"VirtualMachine/ComputeTopology/Memory/SizeInMB","RequestType":"Update","Settings":512}"#,
    r#"{"ResourcePath":"VirtualMachine/Devices/Scsi/disk/Attachments/1","RequestType":"Add","Settings":{"Type":"VirtualDisk","Path":"C:\\vms\\disk.vhdx"}}"#,
    r#"{"ResourcePath":"VirtualMachine/Devices/Scsi/disk/Attachments/1","RequestType":"Remove"}"#,
    r#"{"ResourcePath":"Container/Memory/SizeInMB","RequestType":"Update","Settings":128}"#,
    r#"{"ResourcePath":"Nowhere","RequestType":"Add"}"#,
    r#"{"Operation":"CloseHandle","CloseHandle":{"Handle":"StdIn"}}"#,
    r#"{"Operation":"ConsoleSize","ConsoleSize":{"Height":10,"Width":20}}"#,
];

const SERVICE_QUERIES: &[&str] = &[
    r#"{"PropertyTypes":["Basic"]}"#,
    r#"{"PropertyTypes":["Memory","CpuGroup","ProcessorTopology"]}"#,
    r#"{"PropertyQueries":{"Basic":{}}}"#,
    "{}",
];

const SETTINGS: &[&str] = &[
    r#"{"PropertyType":"CpuGroup","Settings":{"Operation":"CreateGroup","OperationDetails":{"GroupId":"a","LogicalProcessorCount":1,"LogicalProcessors":[0]}}}"#,
    r#"{"PropertyType":"Basic","Settings":{}}"#,
    "{}",
];

/// Paths, which the set-up of a round puts something at, or not.
const PATHS: &[&str] = &[
    r"C:\layers\base",
    r"C:\layers\scratch",
    r"C:\layers\other",
    r"C:\staged\base",
    r"C:\staged\out",
    r"C:\vms\disk.vhdx",
    r"C:\vms\child.vhdx",
    r"C:\vms\state.vmgs",
    r"C:\vms\saved.vmrs",
    r"C:\layers\base\blank-base.vhdx",
    r"C:\layers\base\blank.vhdx",
    r"C:\nowhere\at\all",
    r"\\?\Volume{8fd5b7c0-0000-0000-0000-100000000000}\",
    r"\\.\PhysicalDrive1",
    r"relative\path",
    r"C:\",
    r"..\..\..",
    "",
];

/// Where layers are.
const FOLDERS: &[&str] = &[r"C:\layers\base", r"C:\layers\scratch", r"C:\layers\other"];

/// Where layers come from and go to.
const STAGED: &[&str] = &[r"C:\staged\base", r"C:\staged\out"];

const DISKS: &[&str] = &[
    r"C:\vms\disk.vhdx",
    r"C:\vms\child.vhdx",
    r"C:\layers\base\blank-base.vhdx",
    r"C:\layers\scratch\sandbox.vhdx",
    r"\\.\PhysicalDrive1",
];

const VOLUMES: &[&str] = &[
    r"\\?\Volume{8fd5b7c0-0000-0000-0000-100000000000}\",
    r"\\?\Volume{8fd5b7c0-0000-0000-0001-100000000000}\",
    r"C:\layers\scratch",
];

const LAYERS: &[&str] = &[
    r#"{"SchemaVersion":{"Major":2,"Minor":1},"Layers":[]}"#,
    r#"{"SchemaVersion":{"Major":2,"Minor":1},"Layers":[]}"#,
    r#"{"SchemaVersion":{"Major":2,"Minor":1},"Layers":[{"Id":"6f2d9a34-1111-4222-8333-444455556666","Path":"C:\\layers\\base"}]}"#,
    r#"{"SchemaVersion":{"Major":2,"Minor":1},"Layers":[{"Id":"6f2d9a34-1111-4222-8333-444455556666","Path":"C:\\nowhere"}]}"#,
    r#"{"Layers":"no list"}"#,
];

/// Names of layers, of events, of methods.
const NAMES: &[&str] = &["base", "scratch", "other", "GET", "/networks/", "an event", r"..\up"];

fn proper(of: For) -> &'static [&'static str] {
    match of {
        For::Id => IDS,
        For::System => SYSTEMS,
        For::Process => PROCESSES,
        For::Options => OPTIONS,
        For::Query => QUERIES,
        For::Modify => MODIFIES,
        For::ServiceQuery => SERVICE_QUERIES,
        For::Settings => SETTINGS,
        For::Path => PATHS,
        For::Folder => FOLDERS,
        For::Staged => STAGED,
        For::Disk => DISKS,
        For::Volume => VOLUMES,
        For::Layer => LAYERS,
        For::Name => NAMES,
    }
}

const ALL: [For; 15] = [
    For::Id,
    For::System,
    For::Process,
    For::Options,
    For::Query,
    For::Modify,
    For::ServiceQuery,
    For::Settings,
    For::Path,
    For::Folder,
    For::Staged,
    For::Disk,
    For::Volume,
    For::Layer,
    For::Name,
];

/// A string: `None` is NULL. Each is memory of its own, exactly as long as it is, so that who reads on is caught.
pub(crate) fn draw(random: &mut Random, of: For) -> Option<Box<[u16]>> {
    let usual = *random.one_of(proper(of));
    let mut units: Vec<u16> = match random.below(200) {
        0..140 => usual.encode_utf16().collect(),
        // Something is changed in it, or missing.
        140..160 => {
            let mut units: Vec<u16> = usual.encode_utf16().collect();
            if !units.is_empty() {
                let at = random.below(units.len());
                match random.below(3) {
                    0 => units.truncate(at),
                    1 => units[at] = 1 + random.below(0xFFFF) as u16,
                    _ => drop(units.drain(at..(at + 5).min(units.len()))),
                }
            }
            units
        }
        160..172 => return None,
        // A half of a character.
        172..180 => {
            let mut units: Vec<u16> = usual.encode_utf16().collect();
            units.insert(random.below(units.len() + 1), 0xD800 + random.below(0x800) as u16);
            units
        }
        180..188 => {
            let of = *random.one_of(&ALL);
            random.one_of(proper(of)).encode_utf16().collect()
        }
        188..192 => (0..random.below(40)).map(|_| random.bits() as u16).collect(),
        192..196 => deep(random).encode_utf16().collect(),
        196..199 => "x".repeat(1 << random.below(16)).encode_utf16().collect(),
        _ if random.once_in(300) => return Some(endless()),
        _ => "[".repeat(1 << random.below(19)).encode_utf16().collect(),
    };
    units.push(0);
    Some(units.into_boxed_slice())
}

/// A document of many floors.
fn deep(random: &mut Random) -> String {
    let floors = 1 << random.below(12);
    let (open, close) = *random.one_of(&[("[", "]"), (r#"{"VirtualMachine":"#, "}"), (r#"{"a":["#, "]}")]);
    format!("{}null{}", open.repeat(floors), close.repeat(floors))
}

/// A string longer than any that is read. It is copied from one that is made once: that takes long enough.
fn endless() -> Box<[u16]> {
    static ENDLESS: OnceLock<Box<[u16]>> = OnceLock::new();
    ENDLESS
        .get_or_init(|| {
            let mut units = vec![b'x' as u16; (16 << 20) + 100];
            units.push(0);
            units.into_boxed_slice()
        })
        .clone()
}
