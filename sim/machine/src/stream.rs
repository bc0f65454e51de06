//! Standard streams: bytes between a client and the programs inside, with an end on either side.
//!
//! A stream holds at most [`PIPE_CAPACITY`] bytes. Who writes into a full one waits; who reads from an empty one waits
//! until there is something or nobody is left who could write. What was written before the writer ended can still be read.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use hcs_rules::guest::PIPE_CAPACITY;
use hcs_rules::handle::HandleFault;

use crate::effect::{Effect, Reply, StreamReply};
use crate::guest::{Given, Taken};
use crate::handle::{Handle, HandleType};
use crate::host::Host;
use crate::input::{ClientId, StreamRequest};
use crate::table::{Found, Key};
use crate::wait::For;

/// One stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pipe {
    /// Whether the client writes and the guest reads.
    to_guest: bool,
    bytes: VecDeque<u8>,
    /// Whether the client's end is open: handed out, or still to be.
    client_open: bool,
    /// Whether nothing more comes from the client although its end is open: the service was told to close standard input.
    ended: bool,
    /// The processes that have the guest's end, and how often: a console's output and error are one.
    guests: BTreeMap<Key, u32>,
    /// The client's calls that wait, with what they want.
    waits: VecDeque<(Key, Want)>,
}

/// What a blocked call wants of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Want {
    Read(usize),
    Write(Arc<[u8]>),
}

/// The client's end of a stream, once it is handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StreamEnd {
    pub(crate) client: ClientId,
    pipe: Key,
    pub(crate) sequence: u64,
}

impl Pipe {
    /// What a read of so many bytes gives now: `None` is nothing yet.
    fn read(&mut self, limit: usize, writers: bool) -> Option<Vec<u8>> {
        if self.bytes.is_empty() && writers && limit > 0 {
            return None;
        }
        let count = limit.min(self.bytes.len());
        let mut taken = Vec::with_capacity(count);
        let (front, back) = self.bytes.as_slices();
        let split = count.min(front.len());
        taken.extend_from_slice(&front[..split]);
        taken.extend_from_slice(&back[..count - split]);
        self.bytes.drain(..count);
        Some(taken)
    }

    /// How many of the bytes a write puts in now.
    fn write(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(PIPE_CAPACITY - self.bytes.len());
        self.bytes.extend(&bytes[..count]);
        count
    }

    fn has_room(&self) -> bool {
        self.bytes.len() < PIPE_CAPACITY
    }

    /// Whether the client may still have something to say to the guest, or to hear of it.
    fn has_client(&self) -> bool {
        self.client_open && !self.ended
    }

    /// Whether somebody in the guest may still take what the client writes, or write what it reads.
    fn has_guests(&self) -> bool {
        !self.guests.is_empty() && !self.ended
    }
}

impl Host {
    // -- The stream itself.

    /// A new stream, whose guest's end a process has and whose client's end nobody has yet.
    pub(crate) fn make_pipe(&mut self, to_guest: bool, guest: Key) -> Key {
        self.pipes.insert(Pipe {
            to_guest,
            bytes: VecDeque::new(),
            client_open: true,
            ended: false,
            guests: BTreeMap::from([(guest, 1)]),
            waits: VecDeque::new(),
        })
    }

    /// Hands the client's end out.
    pub(crate) fn hand_out(&mut self, client: ClientId, pipe: Key) -> Handle {
        let sequence = self.next_sequence();
        Handle::new(HandleType::Stream, self.streams.insert(StreamEnd { client, pipe, sequence }))
    }

    /// One more process has the guest's end.
    pub(crate) fn share_pipe(&mut self, pipe: Key, guest: Key) {
        if let Some(pipe) = self.pipes.get_mut(pipe) {
            *pipe.guests.entry(guest).or_default() += 1;
        }
    }

    /// A process gives the guest's end back, once.
    pub(crate) fn release_pipe(&mut self, pipe: Key, guest: Key, effects: &mut Vec<Effect>) {
        let Some(entry) = self.pipes.get_mut(pipe) else { return };
        let Some(times) = entry.guests.get_mut(&guest) else { return };
        *times -= 1;
        if *times == 0 {
            entry.guests.remove(&guest);
        }
        // Only the last of many changes anything for the others.
        if entry.guests.is_empty() {
            self.serve(pipe, effects);
        }
    }

    /// The client's end is closed, handed out or not.
    pub(crate) fn close_client_end(&mut self, pipe: Key, effects: &mut Vec<Effect>) {
        let Some(entry) = self.pipes.get_mut(pipe) else { return };
        entry.client_open = false;
        if !entry.to_guest {
            // What nobody can read any more is gone.
            entry.bytes.clear();
        }
        for (wait, _) in std::mem::take(&mut entry.waits) {
            self.wake(wait, Reply::Stream(StreamReply::Bad(HandleFault::Closed)), effects);
        }
        self.serve(pipe, effects);
        self.wake_guests(pipe, effects);
    }

    /// Nothing more is to come from the client. What it has written can still be read; what it writes from now on breaks.
    pub(crate) fn end_input(&mut self, pipe: Key, effects: &mut Vec<Effect>) {
        let Some(entry) = self.pipes.get_mut(pipe) else { return };
        entry.ended = true;
        self.serve(pipe, effects);
        self.wake_guests(pipe, effects);
    }

    /// Something about the stream has changed: a client that waits and can go on does, and a stream without ends is gone.
    /// The guests are told when that leaves bytes or room for them: each to have a look at every byte that one of them writes
    /// would be endless work where there are many.
    fn serve(&mut self, key: Key, effects: &mut Vec<Effect>) {
        let mut served = false;
        loop {
            let Some(pipe) = self.pipes.get_mut(key) else { return };
            let writers = pipe.has_guests();
            let reply = match pipe.waits.front() {
                None => break,
                Some((_, Want::Read(limit))) => {
                    let limit = *limit;
                    pipe.read(limit, writers).map(|bytes| StreamReply::Bytes(bytes.into()))
                }
                Some((_, Want::Write(_))) if !writers => Some(StreamReply::Broken),
                Some((_, Want::Write(bytes))) if pipe.has_room() => {
                    let bytes = bytes.clone();
                    Some(StreamReply::Written(pipe.write(&bytes) as u32))
                }
                Some((_, Want::Write(_))) => None,
            };
            let Some(reply) = reply else { break };
            if let Some((wait, _)) = pipe.waits.pop_front() {
                self.wake(wait, Reply::Stream(reply), effects);
            }
            served = true;
        }
        let Some(pipe) = self.pipes.get(key) else { return };
        if pipe.guests.is_empty() && !pipe.client_open {
            self.pipes.remove(key);
        } else if served {
            self.wake_guests(key, effects);
        }
    }

    /// The guests that wait for bytes or room look again, if there is any.
    fn wake_guests(&mut self, key: Key, effects: &mut Vec<Effect>) {
        let Some(pipe) = self.pipes.get(key) else { return };
        let to_guest = pipe.to_guest;
        let ready = !pipe.has_client() || if to_guest { !pipe.bytes.is_empty() } else { pipe.has_room() };
        if ready {
            let guests: Vec<Key> = pipe.guests.keys().copied().collect();
            for guest in guests {
                self.stream_is_ready(guest, key, to_guest, effects);
            }
        }
    }

    // -- The guest's side.

    /// A program reads. Somebody may still write as long as the client's end is open.
    pub(crate) fn guest_read(&mut self, pipe: Key, limit: usize, effects: &mut Vec<Effect>) -> Given {
        let Some(entry) = self.pipes.get_mut(pipe) else { return Given::End };
        let open = entry.has_client();
        match entry.read(limit, open) {
            None => Given::Nothing,
            Some(bytes) if bytes.is_empty() => Given::End,
            Some(bytes) => {
                self.serve(pipe, effects);
                Given::Bytes(bytes)
            }
        }
    }

    /// A program writes.
    pub(crate) fn guest_write(&mut self, pipe: Key, bytes: &[u8], effects: &mut Vec<Effect>) -> Taken {
        let Some(entry) = self.pipes.get_mut(pipe).filter(|pipe| pipe.client_open) else { return Taken::Broken };
        let count = entry.write(bytes);
        if count > 0 {
            self.serve(pipe, effects);
        }
        Taken::Bytes(count)
    }

    /// Whether a program's read would give something, or the end.
    pub(crate) fn is_input_ready(&self, pipe: Key) -> bool {
        self.pipes.get(pipe).is_none_or(|pipe| !pipe.bytes.is_empty() || !pipe.has_client())
    }

    /// Whether a program's write would take something, or break.
    pub(crate) fn is_output_ready(&self, pipe: Key) -> bool {
        self.pipes.get(pipe).is_none_or(|pipe| pipe.has_room() || !pipe.client_open)
    }

    // -- The client's side.

    /// A client uses its end of a stream.
    #[inline(never)]
    pub(crate) fn stream(&mut self, client: ClientId, request: &StreamRequest, effects: &mut Vec<Effect>) -> Reply {
        let key = match self.stream_end(client, request.stream()) {
            Ok((key, _)) if self.is_alive(client) => key,
            Ok(_) => return Reply::Stream(StreamReply::Bad(HandleFault::Closed)),
            Err(fault) => return Reply::Stream(StreamReply::Bad(fault)),
        };
        let Some(pipe) = self.streams.get(key).map(|end| end.pipe) else { return Reply::Void };
        let Some(entry) = self.pipes.get_mut(pipe) else { return Reply::Stream(StreamReply::Broken) };
        let writers = entry.has_guests();
        let want = match request {
            StreamRequest::Close { .. } => {
                self.streams.remove(key);
                self.close_client_end(pipe, effects);
                return Reply::Stream(StreamReply::Closed);
            }
            // The wrong way round: as on a pipe that was opened for the other direction.
            StreamRequest::Read { .. } if entry.to_guest => return Reply::Stream(StreamReply::WrongWay),
            StreamRequest::Write { .. } if !entry.to_guest => return Reply::Stream(StreamReply::WrongWay),
            StreamRequest::Read { limit, .. } => {
                let first = entry.waits.is_empty();
                if let Some(bytes) = first.then(|| entry.read(*limit as usize, writers)).flatten() {
                    self.wake_guests(pipe, effects);
                    return Reply::Stream(StreamReply::Bytes(bytes.into()));
                }
                Want::Read(*limit as usize)
            }
            StreamRequest::Write { bytes, .. } => {
                if !writers {
                    return Reply::Stream(StreamReply::Broken);
                }
                if entry.waits.is_empty() && (entry.has_room() || bytes.is_empty()) {
                    let count = entry.write(bytes);
                    self.wake_guests(pipe, effects);
                    return Reply::Stream(StreamReply::Written(count as u32));
                }
                Want::Write(bytes.clone())
            }
        };
        let wait = self.block_without_end(client, For::Stream(pipe));
        if let Some(entry) = self.pipes.get_mut(pipe) {
            entry.waits.push_back((wait, want));
        }
        Reply::Blocked(crate::effect::WaitId(wait))
    }

    /// A blocked call on a stream is given up.
    pub(crate) fn forget_stream_wait(&mut self, pipe: Key, wait: Key) {
        if let Some(pipe) = self.pipes.get_mut(pipe) {
            pipe.waits.retain(|(other, _)| *other != wait);
        }
    }

    /// Whether a read or a write of this stream would return at once. Also for a handle that is none.
    pub fn is_stream_ready(&self, client: ClientId, stream: Handle) -> bool {
        let Ok((_, end)) = self.stream_end(client, stream) else { return true };
        let Some(pipe) = self.pipes.get(end.pipe) else { return true };
        let ready = if pipe.to_guest { pipe.has_room() } else { !pipe.bytes.is_empty() };
        pipe.waits.is_empty() && (ready || !pipe.has_guests())
    }

    /// The client's end behind a handle.
    fn stream_end(&self, client: ClientId, handle: Handle) -> Result<(Key, &StreamEnd), HandleFault> {
        let key = self.live_key(handle, HandleType::Stream)?;
        match self.streams.find(key) {
            Found::Live(end) if end.client == client => Ok((key, end)),
            Found::Live(_) => Err(HandleFault::Foreign),
            Found::Gone => Err(HandleFault::Closed),
            Found::Never => Err(HandleFault::Unknown),
        }
    }

    /// A client dies: its ends close, in the order in which they were handed out.
    pub(crate) fn close_streams_of(&mut self, client: ClientId, effects: &mut Vec<Effect>) {
        let ends = self.streams.iter().filter(|(_, end)| end.client == client);
        let mut ends: Vec<(u64, Key, Key)> = ends.map(|(key, end)| (end.sequence, key, end.pipe)).collect();
        ends.sort_unstable();
        for (_, key, pipe) in ends {
            self.streams.remove(key);
            self.close_client_end(pipe, effects);
        }
    }
}
