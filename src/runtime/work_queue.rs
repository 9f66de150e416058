//! A bounded queue of work between the threads that ask for it and the one thread that does it.
//!
//! Pushing never waits: when the queue is full, the oldest item that may go is evicted, else the oldest item. One lock
//! guards the state and is never held while work is done.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::clock;

/// The producers' end. Dropping it closes the queue: the worker takes the rest, then stops.
pub struct WorkQueue<T> {
    shared: Arc<Shared<T>>,
}

/// The worker's end, which lives as long as its thread. Dropping it ends every wait for the worker.
pub struct WorkReceiver<T> {
    shared: Arc<Shared<T>>,
}

/// The next item, or why there is none.
#[derive(Debug, PartialEq, Eq)]
pub enum Popped<T> {
    Item(T),
    TimedOut,
    /// The queue is closed and empty.
    Closed,
}

struct Shared<T> {
    state: Mutex<QueueState<T>>,
    changed: Condvar,
}

struct QueueState<T> {
    items: VecDeque<T>,
    capacity: usize,
    is_evictable: fn(&T) -> bool,
    is_closed: bool,
    is_woken: bool,
    /// The worker has taken work and has not come back for more.
    is_busy: bool,
    has_receiver: bool,
}

impl<T> WorkQueue<T> {
    /// An empty queue of at most `capacity` items. When it is full, the oldest item that `is_evictable` goes first.
    pub fn new(capacity: usize, is_evictable: fn(&T) -> bool) -> WorkQueue<T> {
        let state = QueueState {
            items: VecDeque::new(),
            capacity,
            is_evictable,
            is_closed: false,
            is_woken: false,
            is_busy: false,
            has_receiver: false,
        };
        WorkQueue { shared: Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() }) }
    }

    /// The worker's end. Take one for each attempt to start the thread: a failed attempt drops it.
    pub fn receiver(&self) -> WorkReceiver<T> {
        self.shared.lock().has_receiver = true;
        WorkReceiver { shared: Arc::clone(&self.shared) }
    }

    /// Whether a worker has this queue's other end.
    pub fn has_receiver(&self) -> bool {
        self.shared.lock().has_receiver
    }

    /// Adds an item behind the others and returns the one that was evicted for it. A closed queue returns the item itself.
    pub fn push(&self, item: T) -> Option<T> {
        self.push_locked(self.shared.lock(), item)
    }

    /// Takes out the waiting items that the new one replaces, then pushes it. Returns those that will not be done: the
    /// replaced ones, and as [`WorkQueue::push`] does.
    pub fn push_replacing(&self, item: T, is_replaced: impl Fn(&T) -> bool) -> Vec<T> {
        let mut state = self.shared.lock();
        let mut undone = Vec::new();
        if !state.is_closed {
            while let Some(at) = state.items.iter().position(&is_replaced) {
                undone.extend(state.items.remove(at));
            }
        }
        undone.extend(self.push_locked(state, item));
        undone
    }

    fn push_locked(&self, mut state: MutexGuard<'_, QueueState<T>>, item: T) -> Option<T> {
        if state.is_closed {
            return Some(item);
        }
        state.items.push_back(item);
        let evicted = state.evict();
        // Unlocked first: a worker that wakes into a lock sleeps again, which costs a wake-up for each item.
        drop(state);
        self.shared.changed.notify_all();
        evicted
    }

    /// Pushes all of `items`, in order, and leaves it empty with its room kept. Evicted items are dropped.
    pub fn push_all(&self, items: &mut Vec<T>) {
        self.shared.change(|state| state.push_all(items));
    }

    /// Pushes all of `items` as the last ones: the worker finds them and the end together.
    pub fn close_after(&self, items: &mut Vec<T>) {
        self.shared.change(|state| {
            state.push_all(items);
            state.is_closed = true;
        });
    }

    /// Adds an item behind the others and evicts none, even if there are more than the capacity. A closed queue drops it.
    pub fn push_unbounded(&self, item: T) {
        let mut state = self.shared.lock();
        if !state.is_closed {
            state.items.push_back(item);
            self.shared.changed.notify_all();
        }
    }

    /// Ends the worker's pause, or else skips the next one for the item in work.
    pub fn wake(&self) {
        self.shared.change(|state| state.is_woken = true);
    }

    /// Removes the oldest waiting item.
    pub fn take_oldest(&self) -> Option<T> {
        self.shared.lock().items.pop_front()
    }

    /// Removes every waiting item.
    pub fn clear(&self) {
        self.shared.change(|state| state.items.clear());
    }

    /// Whether a waiting item fulfils `condition`.
    pub fn contains(&self, condition: impl Fn(&T) -> bool) -> bool {
        self.shared.lock().items.iter().any(condition)
    }

    /// Takes no more items. The worker gets those that wait, then stops.
    pub fn close(&self) {
        self.shared.change(|state| state.is_closed = true);
    }

    /// Waits until every item is done: for `limit` at most, or without end for `None`. Returns whether all are done;
    /// false at once when the worker is gone and items are left.
    pub fn drain(&self, limit: Option<Duration>) -> bool {
        !self.shared.wait_while(limit, |state| state.has_receiver && state.has_work()).has_work()
    }

    /// Closes the queue and waits until the worker has let go of its end: for `limit` at most, or without end. Returns
    /// whether it has.
    pub fn finish(&self, limit: Option<Duration>) -> bool {
        self.close();
        !self.shared.wait_while(limit, |state| state.has_receiver).has_receiver
    }
}

impl<T> Drop for WorkQueue<T> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<T> WorkReceiver<T> {
    /// Waits for the oldest item; `None` once the queue is closed and empty. Asking again means that the one before is done.
    pub fn pop(&self) -> Option<T> {
        if let Popped::Item(item) = self.pop_within(None) { Some(item) } else { None }
    }

    /// Waits for the oldest item: for `limit` at most, or without end for `None`.
    pub fn pop_within(&self, limit: Option<Duration>) -> Popped<T> {
        self.shared.change(|state| state.is_busy = false);
        let mut state = self.shared.wait_while(limit, |state| state.items.is_empty() && !state.is_closed);
        match state.items.pop_front() {
            Some(item) => {
                state.is_busy = true;
                state.is_woken = false;
                Popped::Item(item)
            }
            None if state.is_closed => Popped::Closed,
            None => Popped::TimedOut,
        }
    }

    /// Waits for items and puts all of them behind `items`, those that could not be done before; together they are bounded
    /// like the queue. Returns false once the queue is closed: then these are the last.
    pub fn pop_all(&self, items: &mut Vec<T>) -> bool {
        self.shared.change(|state| state.is_busy = false);
        let mut state = self.shared.wait_while(None, |state| state.items.is_empty() && !state.is_closed);
        state.is_busy = true;
        items.drain(..).rev().for_each(|item| state.items.push_front(item));
        while state.evict().is_some() {}
        items.extend(state.items.drain(..));
        !state.is_closed
    }

    /// Whether another item waits.
    pub fn has_waiting(&self) -> bool {
        !self.shared.lock().items.is_empty()
    }

    /// Lets `duration` pass, or less when the queue is woken. Returns false as soon as the queue is closed.
    pub fn pause(&self, duration: Duration) -> bool {
        let mut state = self.shared.wait_while(Some(duration), |state| !state.is_closed && !state.is_woken);
        state.is_woken = false;
        !state.is_closed
    }
}

impl<T> Drop for WorkReceiver<T> {
    fn drop(&mut self) {
        self.shared.change(|state| (state.has_receiver, state.is_busy) = (false, false));
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, QueueState<T>> {
        // The state is whole between any two statements: a panic elsewhere leaves it usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut QueueState<T>)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    fn wait_while(
        &self,
        limit: Option<Duration>,
        condition: impl Fn(&QueueState<T>) -> bool,
    ) -> MutexGuard<'_, QueueState<T>> {
        let deadline = limit.map(|limit| clock::monotonic().saturating_add(limit));
        let mut state = self.lock();
        while condition(&state) {
            state = match deadline.map(|deadline| deadline.saturating_sub(clock::monotonic())) {
                Some(left) if left.is_zero() => return state,
                Some(left) => self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        state
    }
}

impl<T> QueueState<T> {
    fn has_work(&self) -> bool {
        self.is_busy || !self.items.is_empty()
    }

    fn push_all(&mut self, items: &mut Vec<T>) {
        if !self.is_closed {
            self.items.extend(items.drain(..));
            while self.evict().is_some() {}
        }
    }

    /// Takes out one item when there are too many.
    fn evict(&mut self) -> Option<T> {
        if self.items.len() <= self.capacity {
            return None;
        }
        let first = self.items.iter().position(self.is_evictable).unwrap_or_default();
        self.items.remove(first)
    }
}

#[cfg(test)]
mod tests;
