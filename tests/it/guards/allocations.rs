//! The allocations of a reading: none beyond those of sysinfo itself.

use super::counting;
use super::tick::{Bare, Flat, Whole};

/// The allocations of `count` rounds, after some to warm up.
fn allocations(count: usize, mut round: impl FnMut()) -> usize {
    (0..10).for_each(|_| round());
    let before = counting::asked();
    (0..count).for_each(|_| round());
    counting::asked() - before
}

#[test]
fn the_engine_does_not_allocate_for_a_reading_that_changes_nothing() {
    let mut engine = Flat::new();
    assert_eq!(allocations(1000, || engine.round()), 0);
}

#[test]
fn a_whole_tick_allocates_hardly_more_than_sysinfo() {
    const TICKS: usize = 300;
    let (mut bare, mut whole) = (Bare::new(), Whole::with_history());
    let bare = allocations(TICKS, || bare.round());
    let whole = allocations(TICKS, || whole.round());
    // Ten batches are handed to the history's thread, which is started once.
    assert!(whole <= bare + TICKS / 10, "{whole} in {TICKS} ticks, and sysinfo alone {bare}");
}
