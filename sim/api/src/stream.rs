//! The ends of a process's standard streams: what goes in, and what comes out.

use std::future::poll_fn;
use std::io;

use crate::hcs::{Hcs, StreamHandle};

/// One end, closed when it is dropped.
#[derive(Debug)]
struct End<H: Hcs> {
    hcs: H,
    handle: StreamHandle,
    ticket: u64,
}

impl<H: Hcs> Drop for End<H> {
    fn drop(&mut self) {
        self.hcs.close_stream(self.handle);
    }
}

/// A process's standard input. Dropping it is the end of input for the process.
#[derive(Debug)]
pub struct ChildStdin<H: Hcs>(End<H>);

/// A process's standard output or standard error.
#[derive(Debug)]
pub struct ChildOutput<H: Hcs>(End<H>);

impl<H: Hcs + Clone> ChildStdin<H> {
    /// Owns the end behind a handle, if it is one.
    pub fn own(hcs: &H, handle: StreamHandle) -> Option<ChildStdin<H>> {
        handle.is_some().then(|| ChildStdin(End { hcs: hcs.clone(), handle, ticket: 0 }))
    }
}

impl<H: Hcs> ChildStdin<H> {
    /// Writes everything, to await.
    ///
    /// # Errors
    /// As [`Hcs::write_stream`].
    pub async fn write_all_async(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let End { hcs, handle, ticket } = &mut self.0;
            let count = poll_fn(|context| hcs.poll_write_stream(*handle, bytes, context, ticket)).await?;
            bytes = &bytes[count..];
        }
        Ok(())
    }
}

impl<H: Hcs> io::Write for ChildStdin<H> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.hcs.write_stream(self.0.handle, bytes)
    }

    /// What is written is in the stream already.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<H: Hcs + Clone> ChildOutput<H> {
    /// Owns the end behind a handle, if it is one.
    pub fn own(hcs: &H, handle: StreamHandle) -> Option<ChildOutput<H>> {
        handle.is_some().then(|| ChildOutput(End { hcs: hcs.clone(), handle, ticket: 0 }))
    }
}

impl<H: Hcs> ChildOutput<H> {
    /// Reads some bytes, to await; 0 is the end.
    ///
    /// # Errors
    /// As [`Hcs::read_stream`].
    pub async fn read_async(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let End { hcs, handle, ticket } = &mut self.0;
        poll_fn(|context| hcs.poll_read_stream(*handle, buffer, context, ticket)).await
    }

    /// Reads everything until the end, to await.
    ///
    /// # Errors
    /// As [`Hcs::read_stream`].
    pub async fn read_to_end_async(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            match self.read_async(&mut buffer).await? {
                0 => return Ok(()),
                count => bytes.extend_from_slice(&buffer[..count]),
            }
        }
    }
}

impl<H: Hcs> io::Read for ChildOutput<H> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.hcs.read_stream(self.0.handle, buffer)
    }
}

#[cfg(feature = "tokio")]
mod for_tokio {
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll, ready};

    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    use super::{ChildOutput, ChildStdin};
    use crate::hcs::Hcs;

    impl<H: Hcs + Unpin> AsyncRead for ChildOutput<H> {
        fn poll_read(
            self: Pin<&mut Self>,
            context: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let end = &mut self.get_mut().0;
            let unfilled = buffer.initialize_unfilled();
            let count = ready!(end.hcs.poll_read_stream(end.handle, unfilled, context, &mut end.ticket))?;
            buffer.advance(count);
            Poll::Ready(Ok(()))
        }
    }

    impl<H: Hcs + Unpin> AsyncWrite for ChildStdin<H> {
        fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            let end = &mut self.get_mut().0;
            end.hcs.poll_write_stream(end.handle, bytes, context, &mut end.ticket)
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        /// The process's input ends when the stream is dropped.
        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
}
