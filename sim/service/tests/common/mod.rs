//! What the tests of the shell share.

/// A machine that ends with its last handle.
pub(crate) const MACHINE: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"test","ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{"ComputeTopology":{"Memory":{"SizeInMB":256},"Processor":{"Count":1}}}}"#;

/// A machine that outlives its handles.
pub(crate) const SURVIVOR: &str = r#"{"Owner":"test","VirtualMachine":{}}"#;
