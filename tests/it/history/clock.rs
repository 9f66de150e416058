//! A clock that is set: later readings replace earlier ones of the same time.

use std::time::Duration;

use jiff::Timestamp;
use loadline::core::history::record::StoredReading;

use super::keeping::check_rollups;
use super::{Place, at, count, minutes, run};

const SECOND: Duration = Duration::from_secs(1);

fn ago(at: Timestamp, span: Duration) -> Timestamp {
    at.checked_sub(span).unwrap()
}

/// The number of readings of `cpu_percent`.
fn with(readings: &[StoredReading], cpu_percent: f64) -> usize {
    readings.iter().filter(|kept| kept.reading.cpu_percent == Some(cpu_percent)).count()
}

/// An hour at one refresh interval, over which the clock is set back, and then twenty minutes at another. `is_restarted`:
/// Loadline was restarted in between.
fn set_back(is_restarted: bool) {
    let place = Place::new();
    let noon = at("2026-11-22T12:00:00Z");
    let old = run(noon, SECOND * 5, 720, 10.0);
    let new = run(noon + SECOND * 603, SECOND * 2, 600, 20.0);
    if is_restarted {
        place.record_readings(&old);
        place.record_readings(&new);
    } else {
        place.record_readings(&[old.clone(), new.clone()].concat());
    }
    let (from, to) = (new[0].at, new[599].at);
    let mut expected: Vec<StoredReading> = old.into_iter().filter(|kept| kept.at < from || kept.at > to).collect();
    expected.extend(new);
    expected.sort_by_key(|kept| kept.at);
    // The readings that are left behind it have the old refresh interval.
    assert_eq!(place.readings(), expected);
    check_rollups(&place.history(), &expected);
}

#[test]
fn a_clock_that_is_set_back_overwrites_the_time_it_runs_through_again() {
    set_back(false);
    set_back(true);
}

#[test]
fn a_clock_that_is_set_back_within_one_batch_overwrites_too() {
    let place = Place::new();
    let noon = at("2026-11-22T12:00:00Z");
    let old = run(noon, SECOND * 2, 12, 10.0);
    // 5 s to 11 s are read again, a second beside the old readings.
    let new = run(noon + SECOND * 5, SECOND * 2, 4, 20.0);
    place.record_readings(&[old, new].concat());
    let second = |kept: &StoredReading| (kept.at.as_second() % 60, kept.reading.cpu_percent == Some(20.0));
    let (old, new) = (|second| (second, false), |second| (second, true));
    let expected =
        [0, 2, 4].map(old).into_iter().chain([5, 7, 9, 11].map(new)).chain([12, 14, 16, 18, 20, 22].map(old));
    assert_eq!(place.readings().iter().map(second).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    check_rollups(&place.history(), &place.readings());
}

#[test]
fn a_clock_that_was_far_back_deletes_nothing_when_it_returns() {
    let place = Place::new();
    let noon = at("2026-11-22T12:00:00Z");
    let before = run(ago(noon, minutes(180)), SECOND * 2, 5000, 10.0);
    let year = minutes(365 * 24 * 60);
    let astray = run(ago(noon, year), SECOND * 2, 900, 20.0);
    let after = run(noon + minutes(30), SECOND * 2, 900, 30.0);
    place.record_readings(&[before, astray, after].concat());
    let readings = place.readings();
    assert_eq!((with(&readings, 10.0), with(&readings, 30.0)), (5000, 900));
    assert_eq!(with(&readings, 20.0), 0, "a reading of a year ago is too old to be kept");
    let found = count(&place.path(), "SELECT count(*) FROM hour WHERE at < 1790000000000");
    assert_eq!(found, 1, "but the hour is kept");
}

#[test]
fn a_clock_that_is_far_ahead_for_a_while_deletes_nothing() {
    let place = Place::new();
    let noon = at("2026-11-22T12:00:00Z");
    let before = run(ago(noon, minutes(180)), SECOND * 2, 5000, 10.0);
    let astray = run(noon + minutes(365 * 24 * 60), SECOND * 2, 1700, 20.0);
    let after = run(noon + minutes(60), SECOND * 2, 4000, 30.0);
    place.record_readings(&[before.clone(), astray].concat());
    assert_eq!(place.readings().len(), 6700, "it has not lasted for an hour");
    place.record_readings(&after);
    let mut readings = place.readings();
    assert_eq!(readings.len(), 6700 + 4000);
    readings.retain(|kept| kept.at < noon + minutes(60 * 24));
    assert_eq!(readings, [before, after].concat(), "what it left behind is in the future");
    assert_eq!(count(&place.path(), "SELECT count(*) FROM pace"), 1);
}

#[test]
fn a_machine_that_slept_leaves_a_gap() {
    let place = Place::new();
    let noon = at("2026-11-22T12:00:00Z");
    let readings = [run(noon, SECOND * 2, 30, 10.0), run(noon + minutes(480), SECOND * 2, 30, 10.0)].concat();
    place.record_readings(&readings);
    assert_eq!(place.readings(), readings);
    assert_eq!(place.minutes(), [noon, noon + minutes(480)]);
}
