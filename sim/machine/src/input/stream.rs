//! What clients do with standard streams.

use std::sync::Arc;

use crate::handle::Handle;

/// What a client does with its end of a standard stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamRequest {
    /// Reads at most so many bytes; waits while there are none and somebody could write.
    Read {
        /// The stream.
        stream: Handle,
        /// How many bytes at most.
        limit: u32,
    },
    /// Writes what fits; waits while nothing does.
    Write {
        /// The stream.
        stream: Handle,
        /// The bytes.
        bytes: Arc<[u8]>,
    },
    /// Closes it.
    Close {
        /// The stream.
        stream: Handle,
    },
}

impl StreamRequest {
    /// The stream.
    pub const fn stream(&self) -> Handle {
        match self {
            StreamRequest::Read { stream, .. }
            | StreamRequest::Write { stream, .. }
            | StreamRequest::Close { stream } => *stream,
        }
    }
}
