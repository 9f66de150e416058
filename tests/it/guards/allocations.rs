//! What a reading costs in memory that is asked for: nothing on top of what sysinfo asks for itself.

use super::counting;
use super::tick::{Bare, Flat, Whole};

/// How many times memory was asked for in `count` rounds, after some to warm up.
fn asked(count: usize, mut round: impl FnMut()) -> usize {
    (0..10).for_each(|_| round());
    let before = counting::asked();
    (0..count).for_each(|_| round());
    counting::asked() - before
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
