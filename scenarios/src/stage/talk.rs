//! What a story's clients and processes say to each other: standard streams.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use hcs_api::{Event, Hcs, Outcome, StreamHandle};
use hcs_machine::document::{Document, Node};
use hcs_rules::vocabulary::{EventType, INFINITE};
use hcs_sim::Client;

use super::Stage;
use super::process::Held;
use super::words::{quoted, text, told, unquoted};

/// How many bytes a story shows; of more it tells the number alone.
const SHOWN: usize = 4096;

/// How many bytes are read of a stream that does not end.
const MOST: usize = 16 << 20;

/// How often a stream is looked at before nothing is expected of it any more. Each look takes time on to the next thing that
/// is due, and some programs do something for ever.
const PATIENCE: u32 = 1_000_000;

/// What to read.
enum Until {
    Something,
    Lines(usize),
    End,
}

/// How reading went.
enum Reading {
    /// What was wanted is there.
    Done,
    /// The stream is at its end.
    End,
    /// Nothing more can come, or nothing has for too long.
    Silence,
    /// So much has come that there may be no end.
    Endless,
}

/// Whether somebody who waits is to look again.
#[derive(Default)]
struct Again(AtomicBool);

impl Wake for Again {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Looks until it finds something, and lets time pass meanwhile. `None` when nothing can come of waiting.
fn patiently<T>(mut look: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Option<T> {
    let again = Arc::new(Again::default());
    let waker = Waker::from(again.clone());
    let mut context = Context::from_waker(&waker);
    for _ in 0..PATIENCE {
        if let Poll::Ready(found) = look(&mut context) {
            return Some(found);
        }
        if !again.0.swap(false, Ordering::SeqCst) {
            break;
        }
    }
    None
}

impl Stage {
    pub(super) fn run_to_end(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let parameters = self.parameters(words.get(1..).unwrap_or_default(), false)?;
        let (client, _, system) = self.handle(name, words)?;
        let operation = client.create_operation(None);
        let (code, handle) = client.create_process(system, text(&parameters), operation);
        let (outcome, information) = match code.is_ok() {
            true => client.wait_for_operation_result_and_process_info(operation, INFINITE),
            false => (Outcome::bare(code), None),
        };
        client.close_operation(operation);
        let mut held = Held::new(handle);
        let told = match information {
            None => told(&outcome),
            Some(information) => {
                held.streams = [information.std_input, information.std_output, information.std_error];
                ended(&client, &mut held)
            }
        };
        held.close(&client);
        Ok(told)
    }

    pub(super) fn say(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let line = self.tail(words.len().saturating_sub(1));
        let bytes = match line.starts_with('"') {
            true => unquoted(line)?,
            false => format!("{line}\n").into_bytes(),
        };
        let (client, process, held) = self.process(name, words)?;
        let stream = held.streams[0];
        if !stream.is_some() {
            return Err(format!("{name} has no input of {process}"));
        }
        let mut rest = &bytes[..];
        let mut ticket = 0;
        while !rest.is_empty() {
            match patiently(|context| client.poll_write_stream(stream, rest, context, &mut ticket)) {
                Some(Ok(count)) => rest = &rest[count..],
                Some(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => return Ok("nobody reads".to_owned()),
                Some(Err(error)) => return Err(error.to_string()),
                None => return Ok(format!("{} bytes are taken, nobody reads more", bytes.len() - rest.len())),
            }
        }
        Ok("done".to_owned())
    }

    pub(super) fn hear(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        let (at, rest) = match words.get(1..).unwrap_or_default() {
            ["err", rest @ ..] => (1, rest),
            rest => (0, rest),
        };
        let until = match rest {
            [] => Until::Something,
            ["all"] => Until::End,
            [count, "line" | "lines"] => Until::Lines(count.parse().map_err(|_| format!("no number {count}"))?),
            _ => return Err("hear NAME, and perhaps err, and perhaps 2 lines, or all".to_owned()),
        };
        let (client, process, held) = self.process(name, words)?;
        if !held.streams[1 + at].is_some() {
            return Err(format!("{name} has no such output of {process}"));
        }
        let end = read(&client, held, at, &until)?;
        let all = &mut held.read[at];
        let taken = match until {
            Until::Lines(count) => {
                let ends = all.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(place, _)| place + 1);
                let end = match end {
                    Reading::Done => ends.take(count).last().unwrap_or(0),
                    _ => all.len(),
                };
                all.drain(..end).collect()
            }
            _ => std::mem::take(all),
        };
        let mut shown = shown("", &taken);
        match end {
            Reading::Done => {}
            Reading::End if matches!(until, Until::End) && !shown.is_empty() => {}
            Reading::End => shown.push("the end".to_owned()),
            Reading::Silence if shown.is_empty() => shown.push("nothing".to_owned()),
            Reading::Silence => shown.push("and nothing more".to_owned()),
            Reading::Endless => shown.push("and more".to_owned()),
        }
        Ok(listed(String::new(), &shown))
    }

    pub(super) fn close_stdin(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.close_stream(name, words, 0)
    }

    pub(super) fn close_output(&mut self, name: &str, words: &[&str]) -> Result<String, String> {
        self.close_stream(name, words, if words.get(1) == Some(&"err") { 2 } else { 1 })
    }

    fn close_stream(&mut self, name: &str, words: &[&str], at: usize) -> Result<String, String> {
        let (client, process, held) = self.process(name, words)?;
        let stream = std::mem::replace(&mut held.streams[at], StreamHandle::NULL);
        if !stream.is_some() {
            return Err(format!("{name} has no such stream of {process}"));
        }
        client.close_stream(stream);
        Ok("done".to_owned())
    }
}

/// Reads one of a process's outputs, as far as is wanted.
fn read(client: &Client, held: &mut Held, at: usize, until: &Until) -> Result<Reading, String> {
    let stream = held.streams[1 + at];
    let all = &mut held.read[at];
    let mut buffer = vec![0; 64 << 10];
    let mut ticket = 0;
    loop {
        let wanted = match until {
            Until::Something => all.is_empty(),
            Until::Lines(count) => all.iter().filter(|byte| **byte == b'\n').count() < *count,
            Until::End => true,
        };
        let mut fresh = 0;
        let given = match wanted {
            true => patiently(|context| client.poll_read_stream(stream, &mut buffer, context, &mut ticket)),
            false if !matches!(until, Until::Something) => return Ok(Reading::Done),
            // With a ticket that nobody knows time does not pass: what is there is taken, and nothing is waited for.
            false => {
                match client.poll_read_stream(stream, &mut buffer, &mut Context::from_waker(Waker::noop()), &mut fresh)
                {
                    Poll::Ready(given) => Some(given),
                    Poll::Pending => return Ok(Reading::Done),
                }
            }
        };
        match given {
            None => return Ok(Reading::Silence),
            Some(Ok(0)) if matches!(until, Until::Something) && !all.is_empty() => return Ok(Reading::Done),
            Some(Ok(0)) => return Ok(Reading::End),
            Some(Ok(_)) if all.len() > MOST => return Ok(Reading::Endless),
            Some(Ok(count)) => all.extend_from_slice(&buffer[..count]),
            Some(Err(error)) => return Err(error.to_string()),
        }
    }
}

/// Runs a process that was just made to its end: its exit code, and what it wrote.
fn ended(client: &Client, held: &mut Held) -> String {
    let status = Arc::new(Mutex::new(None));
    let slot = status.clone();
    let callback = move |event: &Event| {
        if event.kind == EventType::ProcessExited.value() {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(event.data.clone());
        }
    };
    let code = client.set_process_callback(held.handle, 0, Some(Arc::new(callback)));
    if code.is_err() {
        return format!("{code} (the callback)");
    }
    // Both outputs are read at once: a program that waits for room in one may never end the other.
    let mut open = [held.streams[1].is_some(), held.streams[2].is_some()];
    let mut tickets = [0; 3];
    let mut buffer = vec![0; 64 << 10];
    let over = patiently(|context| {
        for at in 0..2 {
            while open[at] {
                match client.poll_read_stream(held.streams[1 + at], &mut buffer, context, &mut tickets[at]) {
                    Poll::Ready(Ok(_)) if held.read[at].len() > MOST => return Poll::Ready(None),
                    Poll::Ready(Ok(count)) if count > 0 => held.read[at].extend_from_slice(&buffer[..count]),
                    Poll::Ready(_) => open[at] = false,
                    Poll::Pending => return Poll::Pending,
                }
            }
        }
        match status.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(status) => Poll::Ready(status),
            None => {
                client.poll_idle(context, &mut tickets[2]);
                Poll::Pending
            }
        }
    });
    let told = match over.flatten().as_deref().map(Document::parse) {
        None => "it does not end".to_owned(),
        Some(Ok(status)) => exit(status.root()),
        Some(Err(_)) => "a status that is no JSON".to_owned(),
    };
    let shown: Vec<String> =
        ["", "err "].iter().zip(&held.read).flat_map(|(which, bytes)| shown(which, bytes)).collect();
    listed(told, &shown)
}

/// A `ProcessStatus`, as far as it tells how the process ended.
fn exit(status: Node<'_>) -> String {
    let code = status.get("ExitCode").and_then(Node::as_u64).unwrap_or_default();
    match status.get("LastWaitResult").and_then(Node::as_i64) {
        Some(0) if code > 0xFFFF => format!("exit {code:#010X}").replace("0X", "0x"),
        Some(0) => format!("exit {code}"),
        _ => status.to_json(),
    }
}

/// Bytes as a story shows them: each line by itself.
fn shown(which: &str, bytes: &[u8]) -> Vec<String> {
    match bytes.len() > SHOWN {
        true => vec![format!("{which}{} bytes", bytes.len())],
        false => quoted(bytes).into_iter().map(|line| format!("{which}{line}")).collect(),
    }
}

/// Something, and what belongs to it: behind it, or a line each below it.
fn listed(what: String, parts: &[String]) -> String {
    match parts {
        [] => what,
        [part] if what.is_empty() => part.clone(),
        [part] => format!("{what} {part}"),
        parts => what + &parts.iter().map(|part| format!("\n  {part}")).collect::<String>(),
    }
}
