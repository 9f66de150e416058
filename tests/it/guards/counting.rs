//! An allocator that counts its requests, for the guards and the bench.

use std::alloc::{GlobalAlloc, Layout, System as SystemAllocator};
use std::cell::Cell;

/// Counts the requests for memory of each thread, and its bytes, and forwards them to the system.
struct Counting;

thread_local! {
    static REQUESTS: Cell<usize> = const { Cell::new(0) };
    /// The bytes that this thread has taken and not given back.
    pub static HELD_BYTES: Cell<usize> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count() {
    // A thread that is ending has no counter any more.
    let _ = REQUESTS.try_with(|requests| requests.set(requests.get() + 1));
}

/// The sum of one thread may wrap: memory that one takes another may give back.
fn hold(taken_bytes: usize, given_bytes: usize) {
    let _ = HELD_BYTES.try_with(|held| held.set(held.get().wrapping_add(taken_bytes).wrapping_sub(given_bytes)));
}

// SAFETY: every call is forwarded unchanged; counting allocates nothing and touches no memory that is given out.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        hold(layout.size(), 0);
        // SAFETY: the caller keeps the contract of the forwarded call.
        unsafe { SystemAllocator.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        hold(0, layout.size());
        // SAFETY: as above.
        unsafe { SystemAllocator.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        hold(size, layout.size());
        // SAFETY: as above.
        unsafe { SystemAllocator.realloc(pointer, layout, size) }
    }
}

/// The requests for memory of this thread so far.
pub fn asked() -> usize {
    REQUESTS.get()
}
