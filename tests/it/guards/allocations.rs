//! What a reading costs in memory that is asked for: nothing on top of what sysinfo asks for itself.

use std::alloc::{GlobalAlloc, Layout, System as SystemAllocator};
use std::cell::Cell;

use super::tick::{Bare, Flat, Whole};

/// Counts, for each thread on its own, how often memory is asked for, and hands it on.
struct Counting;

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn note() {
    // A thread that is ending has no counter any more.
    let _ = ASKED.try_with(|asked| asked.set(asked.get() + 1));
}

// SAFETY: every call is handed on as it came; counting asks for no memory and touches none that is given out.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller's promises are those that are asked for here.
        unsafe { SystemAllocator.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { SystemAllocator.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note();
        // SAFETY: as above.
        unsafe { SystemAllocator.realloc(pointer, layout, size) }
    }
}

/// How many times memory was asked for in `count` rounds, after some to warm up.
fn asked(count: usize, mut round: impl FnMut()) -> usize {
    (0..10).for_each(|_| round());
    let before = ASKED.get();
    (0..count).for_each(|_| round());
    ASKED.get() - before
}

#[test]
fn a_reading_that_changes_nothing_asks_the_engine_for_no_memory() {
    let mut engine = Flat::new();
    assert_eq!(asked(1000, || engine.round()), 0);
}

#[test]
fn a_whole_tick_asks_for_hardly_more_than_sysinfo_does() {
    const TICKS: usize = 300;
    let (mut bare, mut whole) = (Bare::new(), Whole::with_history());
    let bare = asked(TICKS, || bare.round());
    let whole = asked(TICKS, || whole.round());
    // Ten batches are handed to the history's thread, which is started once.
    assert!(whole <= bare + TICKS / 10, "{whole} in {TICKS} ticks, and sysinfo alone {bare}");
}
