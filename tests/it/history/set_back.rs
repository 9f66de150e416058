//! A clock that is set back by weeks runs through a time of which only sums are left: they are added to, and nothing is erased.
//! A clock that is set ahead deletes nothing on the word of two dates.

use std::time::Duration;

use jiff::Timestamp;
use loadline::core::history::record::{MeanMax, Record, Rollup};
use loadline::core::processes::app_look::{AppLook, AppUse};
use loadline::runtime::history::reader::Resolution;

use super::{Place, at, count, minutes, run};

const SECOND: Duration = Duration::from_secs(1);
const NOON: &str = "2026-11-22T12:00:00Z";
const DAY_MINUTES: u64 = 60 * 24;

/// Noon, so many days ago.
fn noon_before(days: u64) -> Timestamp {
    at(NOON).checked_sub(minutes(DAY_MINUTES * days)).unwrap()
}

fn rollups(place: &Place, resolution: Resolution, around: Timestamp) -> Vec<Rollup> {
    let (from, to) = (around.checked_sub(minutes(90)).unwrap(), around + minutes(90));
    place.history().rollups(resolution, from, to).unwrap()
}

fn mean_max(mean_percent: f64, max_percent: f64) -> Option<MeanMax> {
    Some(MeanMax { mean_percent, max_percent })
}

#[test]
fn an_hour_without_minutes_is_added_to() {
    let place = Place::new();
    let then = noon_before(60);
    let file = place.create();
    for hour in 0..2 {
        file.rollup("hour", then.checked_sub(minutes(60 * hour)).unwrap(), 20.0, 90.0);
    }
    file.sql.execute("UPDATE hour SET readings = 90", []).unwrap();
    drop(file);
    place.record_readings(&run(at(NOON), SECOND * 2, 60, 5.0));
    // Two minutes of that hour, in several batches.
    place.record_readings(&run(then + minutes(10), SECOND * 2, 60, 30.0));
    place.record_readings(&run(at(NOON) + minutes(3), SECOND * 2, 60, 5.0));
    let [before, hour] = rollups(&place, Resolution::Hours, then)[..] else { panic!("two hours") };
    assert_eq!((before.readings, before.cpu), (90, mean_max(20.0, 90.0)), "the hour beside it is as it was");
    assert_eq!((hour.at, hour.readings, hour.cpu), (then, 150, mean_max(24.0, 90.0)));
    assert_eq!(hour.memory, mean_max(50.0, 50.0));
}

#[test]
fn a_minute_without_readings_is_added_to_and_its_hour_is_the_sum() {
    let place = Place::new();
    let then = noon_before(20);
    let file = place.create();
    for minute in 0..60 {
        file.rollup("minute", then + minutes(minute), 20.0, 90.0);
    }
    file.sql.execute("INSERT INTO hour SELECT ?1, 1800, 2000, 9000, 5000, 5000", [then.as_millisecond()]).unwrap();
    drop(file);
    place.record_readings(&run(at(NOON), SECOND * 2, 60, 5.0));
    place.record_readings(&run(then + minutes(10), SECOND * 2, 60, 50.0));
    let found = rollups(&place, Resolution::Minutes, then);
    assert_eq!(found.len(), 60);
    for minute in &found {
        let is_added_to = (10..12).any(|n| minute.at == then + minutes(n));
        let (readings, mean) = if is_added_to { (60, 35.0) } else { (30, 20.0) };
        assert_eq!((minute.readings, minute.cpu), (readings, mean_max(mean, 90.0)), "{}", minute.at);
    }
    let [hour] = rollups(&place, Resolution::Hours, then)[..] else { panic!("one hour") };
    assert_eq!((hour.readings, hour.cpu), (1860, mean_max(20.5, 90.0)));
}

#[test]
fn the_applications_of_a_day_without_looks_stay() {
    let place = Place::new();
    let then = noon_before(60);
    let day = at("2026-09-23T00:00:00Z");
    let file = place.create();
    file.sql.execute("INSERT INTO app (id, name) VALUES (7, 'old')", []).unwrap();
    for app in [0, 7] {
        let sql = "INSERT INTO app_day (at, app, looks, span, cpu, memory_mean, memory_max, all_seen)
                   VALUES (?1, ?2, 288, 86400000, 5000, 100, 100, 1)";
        file.sql.execute(sql, (day.as_millisecond(), app)).unwrap();
    }
    drop(file);
    let look = |at: Timestamp| {
        let one = AppUse { name: "new".into(), processes: 1, cpu_time: SECOND, memory_bytes: 1 << 20 };
        let (others_cpu_time, others_memory_bytes) = (SECOND, 1 << 20);
        let look =
            AppLook { span: minutes(5), apps: vec![one], others_cpu_time, others_memory_bytes, is_complete: true };
        Record::Apps { at, look }
    };
    place.record([look(at(NOON)), look(then), look(then + minutes(5)), look(at(NOON) + minutes(10))]);
    let sums = format!("SELECT sum(cpu) FROM app_day WHERE at = {}", day.as_millisecond());
    assert_eq!(count(&place.path(), &sums), 10_000);
}

#[test]
fn two_dates_a_day_apart_are_no_day_of_agreement() {
    let place = Place::new();
    let file = place.create();
    for (table, step, columns) in
        [("reading", 1, "1, 1, 0, 0"), ("minute", 1, "1, 1, 1, 1, 1"), ("hour", 60, "1, 1, 1, 1, 1")]
    {
        let days = if table == "hour" { 365 } else { 7 };
        let rows = i64::try_from(DAY_MINUTES * days / step).unwrap();
        file.fill(table, noon_before(days), minutes(step), rows, columns);
    }
    drop(file);
    let before = || {
        ["reading", "minute", "hour"].map(|table| {
            count(&place.path(), &format!("SELECT count(*) FROM {table} WHERE at < {}", at(NOON).as_millisecond()))
        })
    };
    let all = before();
    let astray = at(NOON) + minutes(DAY_MINUTES * 365 * 5);
    // An hour, and then a minute or an hour on each of the days after it.
    for (day, recorded) in [(0, 60), (1, 60), (2, 60), (3, 1), (4, 60)] {
        place.record_readings(&run(astray + minutes(DAY_MINUTES * day), SECOND * 60, recorded, 20.0));
        assert_eq!(before(), all, "after the record of day {day}");
    }
    for hour in 1..24 {
        place.record_readings(&run(astray + minutes(DAY_MINUTES * 4 + 60 * hour), SECOND * 60, 60, 20.0));
    }
    assert_eq!(before()[..2], [0, 0], "the clock ran on through more than a day's worth of records");
}

#[test]
fn readings_that_come_seldom_agree_as_well() {
    let place = Place::new();
    let file = place.create();
    file.fill("hour", noon_before(800), minutes(60), 24 * 60, "1, 1, 1, 1, 1");
    drop(file);
    // A reading stands for its hour: sixty are there after the third day, and more than a day's worth since the first.
    for days in [4, 3, 2, 1] {
        place.record_readings(&run(noon_before(days), minutes(60), 24, 20.0));
    }
    assert_eq!(count(&place.path(), "SELECT count(*) FROM hour WHERE cpu_mean = 1"), 0);
}
