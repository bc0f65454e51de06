//! What a failed call tells: the call, the code with its name, and the result document.

use std::fmt;
use std::sync::Arc;

use hcs_rules::hresult::Hresult;

use crate::hcs::Outcome;

/// A call, or the operation that it started, has failed.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    /// The export, `HcsStartComputeSystem`.
    pub call: &'static str,
    /// The id of the compute system, if the call was about one.
    pub id: Option<String>,
    /// The id of the process, if the call was about one that has been made.
    pub process: Option<u32>,
    /// The code.
    pub code: Hresult,
    /// The result document, JSON, if there was one.
    pub document: Option<Arc<str>>,
}

/// What a call gives, or why it failed.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(call: &'static str, id: Option<&str>, outcome: Outcome) -> Error {
        Error { call, id: id.map(str::to_owned), process: None, code: outcome.code, document: outcome.document }
    }

    /// The same, of a call about this process. One that was not made has no id yet.
    pub(crate) fn of_process(self, id: u32) -> Error {
        Error { process: Some(id).filter(|id| *id != 0), ..self }
    }
}

/// Turns an outcome into its document, or into an error.
pub(crate) fn check(call: &'static str, id: Option<&str>, outcome: Outcome) -> Result<Option<Arc<str>>> {
    if outcome.code.is_ok() { Ok(outcome.document) } else { Err(Error::new(call, id, outcome)) }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.call)?;
        match (&self.id, self.process) {
            (Some(id), Some(process)) => write!(out, "({id:?}, process {process})")?,
            (Some(id), None) => write!(out, "({id:?})")?,
            (None, _) => {}
        }
        write!(out, ": {} (0x{:08X})", self.code, self.code.0)?;
        if !self.code.text().is_empty() {
            write!(out, ": {}", self.code.text())?;
        }
        self.document.as_ref().map_or(Ok(()), |document| write!(out, " {document}"))
    }
}

impl fmt::Debug for Error {
    /// As it is displayed: this is what a test that unwraps shows.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl std::error::Error for Error {}
