//! What the shell keeps about each handle beside the machine: where it was made, its context, its callback.

use std::panic::Location;
use std::sync::Arc;

use hcs_api::{EventCallback, NotificationCallback, OperationCallback};
use hcs_machine::handle::{Handle, HandleType};

use crate::callback::Gate;

/// A callback of a client.
#[derive(Clone)]
pub(crate) enum Callback {
    Operation(OperationCallback),
    Event(EventCallback),
    Notification(NotificationCallback),
}

/// A registered callback with the gate before it.
#[derive(Clone)]
pub(crate) struct Registered {
    pub(crate) callback: Callback,
    pub(crate) gate: Arc<Gate>,
}

/// One handle's page.
pub(crate) struct Page {
    pub(crate) handle: Handle,
    pub(crate) client: u32,
    /// Where in the user's code the handle was made.
    pub(crate) place: &'static Location<'static>,
    pub(crate) context: usize,
    pub(crate) registered: Option<Registered>,
}

/// The pages of all live handles, found by slot: a look-up costs the same however many there are.
#[derive(Default)]
pub(crate) struct Book {
    operations: Vec<Option<Page>>,
    systems: Vec<Option<Page>>,
    processes: Vec<Option<Page>>,
    streams: Vec<Option<Page>>,
    disks: Vec<Option<Page>>,
    legacy: Vec<Option<Page>>,
    /// Whether anybody has ever registered a callback.
    has_callbacks: bool,
}

impl Book {
    pub(crate) fn open(&mut self, page: Page) {
        self.has_callbacks |= page.registered.is_some();
        if let Some((shelf, index)) = self.shelf(page.handle) {
            if shelf.len() <= index {
                shelf.resize_with(index + 1, || None);
            }
            shelf[index] = Some(page);
        }
    }

    pub(crate) fn page(&mut self, handle: Handle) -> Option<&mut Page> {
        let (shelf, index) = self.shelf(handle)?;
        shelf.get_mut(index)?.as_mut().filter(|page| page.handle == handle)
    }

    /// Puts a callback in the place of the one before, which comes back.
    pub(crate) fn register(&mut self, handle: Handle, registered: Option<Registered>) -> Option<Registered> {
        self.has_callbacks |= registered.is_some();
        self.page(handle).and_then(|page| std::mem::replace(&mut page.registered, registered))
    }

    /// Whether there may be somebody to be told of anything: most worlds have no callbacks at all.
    pub(crate) fn has_callbacks(&self) -> bool {
        self.has_callbacks
    }

    pub(crate) fn close(&mut self, handle: Handle) -> Option<Page> {
        self.page(handle)?;
        let (shelf, index) = self.shelf(handle)?;
        shelf.get_mut(index)?.take()
    }

    /// Every page, operations first, by slot.
    pub(crate) fn pages(&self) -> impl Iterator<Item = &Page> {
        let shelves = [&self.operations, &self.systems, &self.processes, &self.streams, &self.disks, &self.legacy];
        shelves.into_iter().flatten().flatten()
    }

    /// Takes out every page of a client.
    pub(crate) fn close_client(&mut self, client: u32) -> Vec<Page> {
        let Book { operations, systems, processes, streams, disks, legacy, has_callbacks: _ } = self;
        let shelves = [operations, systems, processes, streams, disks, legacy];
        let mut closed = Vec::new();
        for slot in shelves.into_iter().flatten() {
            if slot.as_ref().is_some_and(|page| page.client == client) {
                closed.extend(slot.take());
            }
        }
        closed
    }

    fn shelf(&mut self, handle: Handle) -> Option<(&mut Vec<Option<Page>>, usize)> {
        let (kind, key) = handle.parts()?;
        let shelf = match kind {
            HandleType::Operation => &mut self.operations,
            HandleType::System => &mut self.systems,
            HandleType::Process => &mut self.processes,
            HandleType::Stream => &mut self.streams,
            HandleType::Disk => &mut self.disks,
            HandleType::Legacy => &mut self.legacy,
        };
        Some((shelf, key.index as usize))
    }
}
