//! The differences between the published files and the tables that are meant, each with its reason.

use super::Difference;

/// Differences that are meant.
#[derive(Debug)]
pub struct Meant {
    /// The files, oldest first.
    pub files: &'static [&'static str],
    /// What is told of them; a `*` stands for any rest of the name.
    pub told: &'static str,
    /// Why.
    pub why: &'static str,
}

impl Meant {
    /// Whether this is the difference.
    pub fn is(&self, difference: &Difference) -> bool {
        let told = difference.to_string();
        self.files.contains(&difference.file)
            && told.split_once(": ").is_some_and(|(_, told)| match self.told.split_once('*') {
                None => told == self.told,
                Some((begins, ends)) => told.starts_with(begins) && told.ends_with(ends),
            })
    }
}

const LATER: &str = "the reference says that it is new in a later version than the file's, and the reference wins";

const NOWHERE: &str = "it is in the reference, and in no file";

/// All of them. One that no file shows any more is to be taken out: the comparison fails on it too.
pub const MEANT: &[Meant] = &[
    Meant { files: &["1809", "1903"], told: "CrashReport.CrashLog is in the file only", why: LATER },
    Meant { files: &["1809", "1903"], told: "CrashReport.CrashParameters is in the file only", why: LATER },
    Meant { files: &["1809", "1903", "2004"], told: "ResultError.ErrorEvents is in the file only", why: LATER },
    Meant { files: &["2004"], told: "IntegrationComponent* is in the file only", why: LATER },
    Meant { files: &["2004"], told: "Services.Heartbeat is in the file only", why: LATER },
    Meant { files: &["2004"], told: "VirtualMachine.Services is in the file only", why: LATER },
    Meant {
        files: &["2004"],
        told: "VirtualMachine_Memory.DirectMapFaultClusterSizeShift is in the file only",
        why: LATER,
    },
    Meant { files: &["2004"], told: "VirtualMachine_Memory.FaultClusterSizeShift is in the file only", why: LATER },
    Meant {
        files: &["2004"],
        told: "Container.AdditionalDeviceNamespace is in the tables only",
        why: "new in 2.3 by the reference; the first file with it is a later one",
    },
    Meant {
        files: &["2104", "21H2"],
        told: "VirtualMachine_Processor.DisableSpeculationControls is in the tables only",
        why: NOWHERE,
    },
    Meant {
        files: &["2104", "21H2"],
        told: "VirtualMachine_Processor.EnablePageShattering is in the tables only",
        why: NOWHERE,
    },
    Meant {
        files: &["2104", "21H2"],
        told: "VirtualMachine_Processor.ProcessorFeatureSet is in the tables only",
        why: NOWHERE,
    },
    Meant { files: &["2104", "21H2"], told: "NonArchitecturalCoreSharing is in the tables only", why: NOWHERE },
    Meant { files: &["2104", "21H2"], told: "OperationNotificationInfo is in the tables only", why: NOWHERE },
    Meant { files: &["2104", "21H2"], told: "OperationProgress is in the tables only", why: NOWHERE },
    Meant { files: &["2104", "21H2"], told: "ProcessorCapabilitiesInfo is in the tables only", why: NOWHERE },
    Meant { files: &["2104", "21H2"], told: "ProcessorFeature is in the tables only", why: NOWHERE },
    Meant { files: &["2104", "21H2"], told: "ProcessorFeatureSet is in the tables only", why: NOWHERE },
    Meant { files: &["2104", "21H2"], told: "ProcessorFeatureSetMode is in the tables only", why: NOWHERE },
    Meant { files: &["2104", "21H2"], told: "VmProcessorRequirements is in the tables only", why: NOWHERE },
    Meant { files: &["2104", "21H2"], told: "XsaveProcessorFeature is in the tables only", why: NOWHERE },
    Meant {
        files: &["1809", "1903", "2004", "2104", "21H2"],
        told: "ComputeSystem.HostedSystem is anything in the file, HostedSystem in the tables",
        why: "the files leave it open; the type is in them, and what clients send is of it",
    },
    Meant {
        files: &["1809", "1903", "2004"],
        told: "ModificationRequest.PropertyType is GetPropertyType in the file, ModifyPropertyType in the tables",
        why: "one set of names was split into what can be asked and what can be changed",
    },
    Meant {
        files: &["1809", "1903", "2004"],
        told: "ModifyPropertyType is in the tables only",
        why: "the other half of that set",
    },
    Meant {
        files: &["1809", "1903", "2004"],
        told: "NvramVendor.Variables is map in the file, anything in the tables",
        why: "the files name a generic type there that is no JSON Schema",
    },
];
