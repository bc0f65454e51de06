//! Every HRESULT that the simulated calls can answer, each once: value, name and system text.
//!
//! The `0x8037` family is computecore's. The legacy `vmcompute` DLL answers the same conditions with `0xC037`, and the
//! `Error` member of result documents carries that form too, see [`Hresult::in_document`] and [`crate::legacy::code`].

use core::fmt;

/// A result code. Negative as an `i32` means failure; `S_FALSE` and other positive codes are successes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hresult(pub u32);

/// One line of the table.
struct Entry(Hresult, &'static str, &'static str);

macro_rules! hresults {
    ($($(#[$doc:meta])* $name:ident = $value:literal, $text:literal;)+) => {
        impl Hresult {
            $($(#[$doc])* #[doc = concat!("`", stringify!($value), "`: `", $text, "`")] pub const $name: Hresult = Hresult($value);)+
        }
        const TABLE: &[Entry] = &[$(Entry(Hresult::$name, stringify!($name), $text)),+];
    };
}

hresults! {
    S_OK = 0x0000_0000, "The operation completed successfully.";
    E_NOTIMPL = 0x8000_4001, "Not implemented";
    E_FAIL = 0x8000_4005, "Unspecified error";
    E_ACCESSDENIED = 0x8007_0005, "Access is denied.";
    E_INVALIDARG = 0x8007_0057, "The parameter is incorrect.";
    E_UNEXPECTED = 0x8000_FFFF, "Catastrophic failure";
    E_OUTOFMEMORY = 0x8007_000E, "Not enough memory resources are available to complete this operation.";
    ERROR_INVALID_FUNCTION = 0x8007_0001, "Incorrect function.";
    ERROR_FILE_NOT_FOUND = 0x8007_0002, "The system cannot find the file specified.";
    ERROR_PATH_NOT_FOUND = 0x8007_0003, "The system cannot find the path specified.";
    ERROR_INVALID_HANDLE = 0x8007_0006, "The handle is invalid.";
    ERROR_INVALID_DATA = 0x8007_000D, "The data is invalid.";
    ERROR_WRITE_PROTECT = 0x8007_0013, "The media is write protected.";
    ERROR_DEV_NOT_EXIST = 0x8007_0037, "The specified network resource or device is no longer available.";
    ERROR_INSUFFICIENT_BUFFER = 0x8007_007A, "The data area passed to a system call is too small.";
    ERROR_BAD_NETPATH = 0x8007_0035, "The network path was not found.";
    ERROR_FILE_EXISTS = 0x8007_0050, "The file exists.";
    ERROR_DISK_FULL = 0x8007_0070, "There is not enough space on the disk.";
    ERROR_INVALID_NAME = 0x8007_007B, "The filename, directory name, or volume label syntax is incorrect.";
    ERROR_SHARING_VIOLATION = 0x8007_0020, "The process cannot access the file because it is being used by another process.";
    ERROR_BAD_PATHNAME = 0x8007_00A1, "The specified path is invalid.";
    ERROR_ALREADY_EXISTS = 0x8007_00B7, "Cannot create a file when that file already exists.";
    ERROR_NOT_READY = 0x8007_0015, "The device is not ready.";
    ERROR_NOT_SUPPORTED = 0x8007_0032, "The request is not supported.";
    ERROR_DIRECTORY = 0x8007_010B, "The directory name is invalid.";
    ERROR_PROC_NOT_FOUND = 0x8007_007F, "The specified procedure could not be found.";
    ERROR_FAILED_DRIVER_ENTRY = 0x8007_0287, "The driver was not loaded because it failed its initialization call.";
    ERROR_UNRECOGNIZED_VOLUME = 0x8007_03ED, "The volume does not contain a recognized file system. Please make sure that all required file system drivers are loaded and that the volume is not corrupted.";
    ERROR_DEVICE_NOT_CONNECTED = 0x8007_048F, "The device is not connected.";
    ERROR_NOT_FOUND = 0x8007_0490, "Element not found.";
    ERROR_FILE_CORRUPT = 0x8007_0570, "The file or directory is corrupted and unreadable.";
    ERROR_INTERNAL_ERROR = 0x8007_054F, "An internal error occurred.";
    ERROR_LOGON_FAILURE = 0x8007_052E, "The user name or password is incorrect.";
    ERROR_LOGON_TYPE_NOT_GRANTED = 0x8007_0569, "Logon failure: the user has not been granted the requested logon type at this computer.";
    ERROR_NO_SYSTEM_RESOURCES = 0x8007_05AA, "Insufficient system resources exist to complete the requested service.";
    ERROR_TIMEOUT = 0x8007_05B4, "This operation returned because the timeout period expired.";
    ERROR_PRIVILEGE_NOT_HELD = 0x8007_0522, "A required privilege is not held by the client.";
    RPC_S_UNKNOWN_IF = 0x8007_06B5, "The interface is unknown.";
    RPC_S_SERVER_UNAVAILABLE = 0x8007_06BA, "The RPC server is unavailable.";
    RPC_S_CALL_FAILED = 0x8007_06BE, "The remote procedure call failed.";
    ERROR_DUPLICATE_TAG = 0x8007_07DE, "The specified tag is already present.";
    ERROR_DEVICE_NOT_AVAILABLE = 0x8007_10DF, "The device is not ready for use.";
    ERROR_OBJECT_ALREADY_EXISTS = 0x8007_1392, "The object already exists.";
    WBEM_E_FAILED = 0x8004_1001, "";
    WBEM_E_INVALID_PARAMETER = 0x8004_1008, "";
    WBEM_E_VALUE_OUT_OF_RANGE = 0x8004_102B, "";
    FVE_E_LOCKED_VOLUME = 0x8031_0000, "";
    HCN_E_ENDPOINT_ALREADY_ATTACHED = 0x803B_0014, "";
    ERROR_VMCOMPUTE_OPERATION_PENDING = 0xC037_0103, "The call to start an asynchronous operation succeeded and the operation is performed in the background.";
    ERROR_VMCOMPUTE_TOO_MANY_NOTIFICATIONS = 0xC037_0104, "The supported number of notification callbacks has been exceeded.";
    ERROR_HV_INVALID_PARAMETER = 0xC035_0005, "";
    ERROR_VSMB_SAVED_STATE_FILE_NOT_FOUND = 0xC037_0400, "";
    ERROR_VHD_FORMAT_UNSUPPORTED_VERSION = 0xC03A_0005, "The version does not support this version of the file format.";
    ERROR_VHD_PARENT_VHD_NOT_FOUND = 0xC03A_000D, "The chain of virtual hard disks is broken. The system cannot locate the parent virtual hard disk for the differencing disk.";
    ERROR_VHD_CHILD_PARENT_ID_MISMATCH = 0xC03A_000E, "The chain of virtual hard disks is corrupted. There is a mismatch in the identifiers of the parent virtual hard disk and differencing disk.";
    ERROR_VIRTDISK_PROVIDER_NOT_FOUND = 0xC03A_0014, "A virtual disk support provider for the specified file was not found.";
    ERROR_VHD_PARENT_VHD_ACCESS_DENIED = 0xC03A_0016, "The chain of virtual hard disks is inaccessible. The process has not been granted access rights to the parent virtual hard disk for the differencing disk.";
    ERROR_VHD_DIFFERENCING_CHAIN_CYCLE_DETECTED = 0xC03A_0018, "The chain of virtual hard disks is corrupted. A differencing disk is indicated in its own parent chain.";
    ERROR_VHD_DIFFERENCING_CHAIN_ERROR_IN_PARENT = 0xC03A_0019, "The chain of virtual hard disks is inaccessible. There was an error opening a virtual hard disk further up the chain.";
    ERROR_VIRTUAL_DISK_LIMITATION = 0xC03A_001A, "The requested operation could not be completed due to a virtual disk system limitation. Virtual hard disk files must be uncompressed and unencrypted and must not be sparse.";
    ERROR_VHD_INVALID_TYPE = 0xC03A_001B, "The requested operation cannot be performed on a virtual disk of this type.";
    ERROR_VHD_RESIZE_WOULD_TRUNCATE_DATA = 0xC03A_0025, "The requested resize operation could not be completed because it might truncate user data residing on the virtual disk.";
    ERROR_GEN_FAILURE = 0x8007_001F, "A device attached to the system is not functioning.";
    ERROR_BADDB = 0x8007_03F1, "The configuration registry database is corrupt.";
    ERROR_REPARSE_TAG_INVALID = 0x8007_1129, "The tag present in the reparse point buffer is invalid.";
    ERROR_FLT_DO_NOT_ATTACH = 0x801F_000F, "Do not attach the filter to the volume at this time.";
    ERROR_FLT_DO_NOT_DETACH = 0x801F_0010, "Do not detach the filter from the volume at this time.";
    ERROR_FLT_INSTANCE_NAME_COLLISION = 0x801F_0012, "An instance already exists with this name on the volume specified.";
    ERROR_FLT_INSTANCE_NOT_FOUND = 0x801F_0015, "The instance was not found.";
    STATUS_ASSERTION_FAILURE = 0xC000_0420, "An assertion failure has occurred.";
    HCS_E_TERMINATED_DURING_START = 0x8037_0100, "The virtual machine or container exited unexpectedly while starting.";
    HCS_E_IMAGE_MISMATCH = 0x8037_0101, "The container operating system does not match the host operating system.";
    HCS_E_HYPERV_NOT_INSTALLED = 0x8037_0102, "The virtual machine could not be started because a required feature is not installed.";
    HCS_E_INVALID_STATE = 0x8037_0105, "The requested virtual machine or container operation is not valid in the current state.";
    HCS_E_UNEXPECTED_EXIT = 0x8037_0106, "The virtual machine or container exited unexpectedly.";
    HCS_E_TERMINATED = 0x8037_0107, "The virtual machine or container was forcefully exited.";
    HCS_E_CONNECT_FAILED = 0x8037_0108, "A connection could not be established with the container or virtual machine.";
    HCS_E_CONNECTION_TIMEOUT = 0x8037_0109, "The operation timed out because a response was not received from the virtual machine or container.";
    HCS_E_CONNECTION_CLOSED = 0x8037_010A, "The connection with the virtual machine or container was closed.";
    HCS_E_UNKNOWN_MESSAGE = 0x8037_010B, "An unknown internal message was received by the virtual machine or container.";
    HCS_E_UNSUPPORTED_PROTOCOL_VERSION = 0x8037_010C, "The virtual machine or container does not support an available version of the communication protocol with the host.";
    HCS_E_INVALID_JSON = 0x8037_010D, "The virtual machine or container JSON document is invalid.";
    HCS_E_SYSTEM_NOT_FOUND = 0x8037_010E, "A virtual machine or container with the specified identifier does not exist.";
    HCS_E_SYSTEM_ALREADY_EXISTS = 0x8037_010F, "A virtual machine or container with the specified identifier already exists.";
    HCS_E_SYSTEM_ALREADY_STOPPED = 0x8037_0110, "The virtual machine or container with the specified identifier is not running.";
    HCS_E_PROTOCOL_ERROR = 0x8037_0111, "A communication protocol error has occurred between the virtual machine or container and the host.";
    HCS_E_INVALID_LAYER = 0x8037_0112, "The container image contains a layer with an unrecognized format.";
    HCS_E_WINDOWS_INSIDER_REQUIRED = 0x8037_0113, "To use this container image, you must join the Windows Insider Program.";
    HCS_E_SERVICE_NOT_AVAILABLE = 0x8037_0114, "The operation could not be started because a required feature is not installed.";
    HCS_E_OPERATION_NOT_STARTED = 0x8037_0115, "The operation has not started.";
    HCS_E_OPERATION_ALREADY_STARTED = 0x8037_0116, "The operation is already running.";
    HCS_E_OPERATION_PENDING = 0x8037_0117, "The operation is still running.";
    HCS_E_OPERATION_TIMEOUT = 0x8037_0118, "The operation did not complete in time.";
    HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET = 0x8037_0119, "An event callback has already been registered on this handle.";
    HCS_E_OPERATION_RESULT_ALLOCATION_FAILED = 0x8037_011A, "Not enough memory available to return the result of the operation.";
    HCS_E_ACCESS_DENIED = 0x8037_011B, "Insufficient privileges. Only administrators or users that are members of the Hyper-V Administrators user group are permitted to access virtual machines or containers. To add yourself to the Hyper-V Administrators user group, please see https://aka.ms/hcsadmin for more information.";
    HCS_E_GUEST_CRITICAL_ERROR = 0x8037_011C, "The virtual machine or container reported a critical error and was stopped or restarted.";
    HCS_E_PROCESS_INFO_NOT_AVAILABLE = 0x8037_011D, "The process information is not available.";
    HCS_E_SERVICE_DISCONNECT = 0x8037_011E, "The host compute system service has disconnected unexpectedly.";
    HCS_E_PROCESS_ALREADY_STOPPED = 0x8037_011F, "The process has already exited.";
    HCS_E_SYSTEM_NOT_CONFIGURED_FOR_OPERATION = 0x8037_0120, "The virtual machine or container is not configured to perform the operation.";
    HCS_E_OPERATION_ALREADY_CANCELLED = 0x8037_0121, "The operation has already been cancelled.";
}

impl Hresult {
    /// Every code in the table, in its order.
    pub fn all() -> impl Iterator<Item = Hresult> {
        TABLE.iter().map(|entry| entry.0)
    }

    /// The code of this symbolic name.
    pub fn by_name(name: &str) -> Option<Hresult> {
        TABLE.iter().find(|entry| entry.1 == name).map(|entry| entry.0)
    }

    /// The code as a function returns it that has Win32 codes: what came from Win32 loses what made it an HRESULT.
    pub const fn as_win32(self) -> u32 {
        if self.0 >> 16 == 0x8007 { self.0 & 0xFFFF } else { self.0 }
    }

    /// `HRESULT_FROM_WIN32`
    pub const fn from_win32(code: u32) -> Hresult {
        match code {
            0 => Hresult::S_OK,
            code if code & 0x8000_0000 != 0 => Hresult(code),
            code => Hresult(code & 0xFFFF | 0x8007_0000),
        }
    }

    /// Whether the code is a success. Success is a range: `S_FALSE` counts.
    pub const fn is_ok(self) -> bool {
        self.0 & 0x8000_0000 == 0
    }

    /// Whether the code is a failure.
    pub const fn is_err(self) -> bool {
        !self.is_ok()
    }

    /// The symbolic name, if the code is in the table.
    pub fn name(self) -> Option<&'static str> {
        TABLE.iter().find(|entry| entry.0 == self).map(|entry| entry.1)
    }

    /// The system's English text with its full stop, or nothing for a code without one.
    pub fn text(self) -> &'static str {
        TABLE.iter().find(|entry| entry.0 == self).map_or("", |entry| entry.2)
    }

    /// The value that the `Error` member of a result document carries for this code.
    ///
    /// Observed: invalid JSON and a duplicate id come as `0xC037`, Hyper-V not installed comes as `0x80370102`, codes
    /// outside facility `0x37` come unchanged. The other codes of the facility are extrapolated from the first two.
    pub const fn in_document(self) -> i32 {
        let legacy = self.0 >> 16 == 0x8037 && self.0 != Self::HCS_E_HYPERV_NOT_INSTALLED.0;
        (if legacy { self.0 | 0x4000_0000 } else { self.0 }) as i32
    }
}

impl fmt::Display for Hresult {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(out, "{name}"),
            None => write!(out, "0x{:08X}", self.0),
        }
    }
}

impl fmt::Debug for Hresult {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "0x{:08X}", self.0)?;
        self.name().map_or(Ok(()), |name| write!(out, " {name}"))
    }
}
