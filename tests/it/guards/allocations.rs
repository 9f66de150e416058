//! The allocations of a reading: none.

use std::time::Duration;

use loadline::runtime::clock;

use super::counting;
use super::tick::{Flat, Whole};

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
fn a_whole_tick_does_not_allocate() {
    const TICKS: usize = 300;
    const PAUSE_BETWEEN_TICKS: Duration = Duration::from_millis(25);
    let [with_history, without] = [Whole::with_history(), Whole::new()].map(|mut whole| {
        // The kernel counts every ten milliseconds: in less, nothing would be known, and that is said.
        allocations(TICKS, || {
            clock::wait_for(PAUSE_BETWEEN_TICKS);
            whole.round();
        })
    });
    assert_eq!(without, 0);
    // Ten batches are handed to the history's thread, which is started once.
    assert!(with_history <= TICKS / 10, "{with_history} in {TICKS} ticks");
}
