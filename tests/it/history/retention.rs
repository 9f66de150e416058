//! How long rows are stored, and the size of the file.

use std::time::Duration;

use jiff::Timestamp;
use loadline::core::history::record::{HOURS_KEPT, MINUTES_KEPT, READINGS_KEPT};

use super::{Place, at, count, minutes, reading, run};
use crate::support::history::{AlertRow, HistoryFile};

const SECOND: Duration = Duration::from_secs(1);
const NOON: &str = "2026-11-22T12:00:00Z";

/// A time in ms, so long before noon.
fn ago(span: Duration) -> i64 {
    at(NOON).checked_sub(span).unwrap().as_millisecond()
}

const READING: &str = "(at / 7919) % 10001, 3000 + (at / 104729) % 6000, 0, 900 + (at / 1299709) % 3000";
const ROLLUP: &str = "240, (at / 7919) % 10001, (at / 7919) % 10001, (at / 104729) % 9000, (at / 104729) % 9000";

/// Fills in rows that are `step` apart, from so long before noon until noon.
fn fill(file: &HistoryFile, table: &str, from: Duration, step: Duration) {
    let (step_ms, columns) =
        (i64::try_from(step.as_millis()).unwrap(), if table == "reading" { READING } else { ROLLUP });
    let first = ago(from).div_euclid(step_ms) * step_ms;
    let first = if table == "reading" { ago(from) } else { first };
    let count = (ago(Duration::ZERO) - first + step_ms - 1) / step_ms;
    file.fill(table, Timestamp::from_millisecond(first).unwrap(), step, count, columns);
}

/// Records one reading at noon, with which expired rows are deleted: the clock has run on for more than a day.
fn delete_expired(place: &Place) {
    let sql = format!("UPDATE clock SET agreed_from = {}, last = {0}", ago(minutes(60 * 24)));
    place.sql().execute(&sql, []).unwrap();
    place.record_readings(&[reading(at(NOON), 1.0)]);
}

fn times(place: &Place, table: &str) -> Vec<i64> {
    let database = place.sql();
    let mut statement = database.prepare(&format!("SELECT at FROM {table} ORDER BY at")).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn expired_rows_are_deleted_and_no_others() {
    let place = Place::new();
    let file = place.create();
    fill(&file, "minute", minutes(60), minutes(1));
    let both_sides = |table: &str, columns: &str, span: Duration| {
        for at in [ago(span + SECOND * 2), ago(span)] {
            file.sql.execute(&format!("INSERT INTO {table} VALUES ({at}, {columns})"), []).unwrap();
        }
    };
    both_sides("reading", "1, 1, 0, 0", READINGS_KEPT);
    both_sides("minute", "1, 1, 1, 1, 1", MINUTES_KEPT);
    both_sides("hour", "1, 1, 1, 1, 1", HOURS_KEPT);
    for age in [HOURS_KEPT + SECOND, HOURS_KEPT] {
        let fired_at = at(NOON).checked_sub(age).unwrap();
        let end = Some((fired_at, "cleared"));
        let (value_percent, peak_percent, suppressed_by, top_apps) = (90.0, 90.0, None, None);
        file.alert(&AlertRow { metric: "cpu", fired_at, end, value_percent, peak_percent, suppressed_by, top_apps });
    }
    // A clock that was ahead may have been the right one.
    let future = ago(Duration::ZERO) + 86_400_000 * 400;
    file.sql.execute("INSERT INTO reading VALUES (?1, 1, 1, 0, 0)", [future]).unwrap();
    // The second was in force at the oldest reading that is left.
    for days in [9, 8, 6] {
        file.refresh_interval(at(NOON).checked_sub(minutes(60 * 24 * days)).unwrap(), SECOND * 2);
    }
    delete_expired(&place);
    assert_eq!(times(&place, "reading"), [ago(READINGS_KEPT), ago(Duration::ZERO), future]);
    assert_eq!(times(&place, "pace"), [ago(minutes(60 * 24 * 8)), ago(minutes(60 * 24 * 6))]);
    assert_eq!(times(&place, "minute").len(), 1 + 60 + 1);
    assert_eq!(times(&place, "hour"), [ago(HOURS_KEPT), ago(Duration::ZERO)]);
    assert_eq!(place.alerts().len(), 1);
}

#[test]
fn a_clock_that_is_set_back_deletes_nothing_newer() {
    for (days_back, minutes_there) in [(3, 5), (3, 120), (365, 120)] {
        let place = Place::new();
        let file = place.create();
        fill(&file, "reading", minutes(60 * 24 * 7), SECOND * 60);
        let before = times(&place, "reading");
        fill(&file, "hour", minutes(60 * 24 * 7), minutes(60));
        let then = at(NOON).checked_sub(minutes(60 * 24 * days_back)).unwrap();
        place.record_readings(&run(then, SECOND * 10, minutes_there * 6, 10.0));
        let left = times(&place, "reading");
        let until = then.as_millisecond() + i64::from(minutes_there) * 60_000;
        let is_elsewhere = |at: &&i64| **at < then.as_millisecond() || **at >= until;
        assert!(before.iter().filter(is_elsewhere).all(|at| left.contains(at)), "{days_back} days back");
        assert_eq!(times(&place, "hour").len(), 7 * 24 + usize::from(days_back == 365) * 2);
    }
}

#[test]
fn a_clock_deletes_nothing_before_it_has_lasted_for_an_hour() {
    let place = Place::new();
    fill(&place.create(), "reading", minutes(600), SECOND * 10);
    let year = at(NOON) + minutes(60 * 24 * 365);
    place.record_readings(&run(year, SECOND * 10, 59 * 6, 10.0));
    assert_eq!(place.readings().len(), 3600 + 59 * 6);
    place.record_readings(&run(year + minutes(59), SECOND * 10, 6, 10.0));
    assert_eq!(place.readings().len(), 60 * 6, "ten hours are less than a day's worth");
}

#[test]
fn a_history_of_an_earlier_version_is_read_and_brought_to_the_newest() {
    let older = [
        "DROP TABLE forecast; DROP TABLE clock; PRAGMA user_version = 1",
        "DROP TABLE forecast; PRAGMA user_version = 2",
        "PRAGMA user_version = 3",
    ];
    let apps = ["app", "app_look", "app_use", "app_day", "machine", "grower"]
        .map(|table| format!("DROP TABLE {table};"))
        .concat();
    for sql in older {
        let place = years_of_history();
        place.sql().execute_batch(&format!("{apps} {sql}")).unwrap();
        let before = rows_before_noon(&place);
        assert_eq!(place.readings().len(), usize::try_from(before[0]).unwrap(), "also before it is written");
        place.record_readings(&[reading(at(NOON) + SECOND, 1.0)]);
        assert_eq!(rows_before_noon(&place), before);
        assert_eq!(count(&place.path(), "SELECT count(*) FROM clock WHERE agreed_from > 0"), 1);
        assert_eq!(count(&place.path(), "SELECT count(*) FROM forecast"), 0);
        assert_eq!(count(&place.path(), "SELECT count(*) FROM app_look"), 0);
    }
}

/// A week of readings and a year of hours and alerts: a clock that is wrong by years would delete them all.
fn years_of_history() -> Place {
    let place = Place::new();
    let file = place.create();
    fill(&file, "reading", minutes(60 * 24 * 7), SECOND * 60);
    fill(&file, "minute", minutes(60 * 24 * 7), minutes(1));
    fill(&file, "hour", minutes(60 * 24 * 365), minutes(60));
    for days in 1..100 {
        let fired_at = at(NOON).checked_sub(minutes(60 * 24 * days)).unwrap();
        let end = Some((fired_at, "cleared"));
        let (value_percent, peak_percent, suppressed_by, top_apps) = (90.0, 90.0, None, None);
        file.alert(&AlertRow { metric: "cpu", fired_at, end, value_percent, peak_percent, suppressed_by, top_apps });
    }
    place
}

/// The rows of each table before noon.
fn rows_before_noon(place: &Place) -> [i64; 4] {
    let noon = ago(Duration::ZERO);
    [("reading", "at"), ("minute", "at"), ("hour", "at"), ("alert", "fired_at")]
        .map(|(table, time)| count(&place.path(), &format!("SELECT count(*) FROM {table} WHERE {time} < {noon}")))
}

#[test]
fn a_clock_that_is_wrong_by_years_for_hours_deletes_nothing() {
    for hours in [2, 23] {
        let place = years_of_history();
        place.record_readings(&run(at(NOON), SECOND * 10, 12, 10.0));
        let before = rows_before_noon(&place);
        let astray = at(NOON) + minutes(60 * 24 * 365 * 5);
        for hour in 0..hours {
            place.record_readings(&run(astray + minutes(60 * hour), SECOND * 60, 60, 20.0));
        }
        assert_eq!(rows_before_noon(&place), before, "{hours} hours in another year");
        place.record_readings(&run(at(NOON) + minutes(2), SECOND * 30, 70, 30.0));
        assert_eq!(rows_before_noon(&place), before, "and back");
    }
}

#[test]
fn a_clock_that_is_wrong_at_every_start_deletes_nothing() {
    let place = years_of_history();
    let before = rows_before_noon(&place);
    for day in 0..30 {
        // The clock of a board without a battery, until the network has told the time.
        let astray = at(NOON) + minutes(60 * 24 * (365 * 5 + day));
        place.record_readings(&run(astray, SECOND * 60, 60, 20.0));
        place.record_readings(&run(at(NOON) + minutes(1 + day), SECOND * 10, 6, 30.0));
    }
    assert_eq!(rows_before_noon(&place), before);
}

#[test]
fn after_a_long_absence_what_expired_goes_once_the_clock_has_run_on_for_a_day() {
    let place = years_of_history();
    place.record_readings(&[reading(at(NOON), 1.0)]);
    let [all_readings, ..] = rows_before_noon(&place);
    let back = at(NOON) + minutes(60 * 24 * 30);
    for hour in 0..24 {
        place.record_readings(&run(back + minutes(60 * hour), SECOND * 60, 60, 20.0));
    }
    assert_eq!(rows_before_noon(&place)[0], all_readings);
    place.record_readings(&run(back + minutes(60 * 24), SECOND * 60, 60, 20.0));
    let [readings, _, hours, _] = rows_before_noon(&place);
    assert_eq!((readings, hours), (0, 24 * 365));
}

/// The size of the file after years at one refresh interval, MB.
fn megabytes(refresh: Duration) -> f64 {
    let place = Place::new();
    let file = place.create();
    let database = &file.sql;
    database.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -20000; BEGIN").unwrap();
    let oldest = READINGS_KEPT + minutes(60);
    file.refresh_interval(at(NOON).checked_sub(oldest).unwrap(), refresh);
    fill(&file, "reading", oldest, refresh);
    fill(&file, "minute", MINUTES_KEPT, minutes(1));
    fill(&file, "hour", HOURS_KEPT, minutes(60));
    let sql = r#"INSERT INTO alert (metric, fired_at, ended_at, cause, cause_value, value, peak, told, processes, all_seen)
        SELECT 'cpu', at, at + 60000, 'used', 80, 9000, 9900, 1,
            '[{"name":"some application","pids":[1234,5678],"cpu_percent":310.25,"memory_bytes":1234567890}]', 1
        FROM hour WHERE at / 3600000 % 8 = 0"#;
    database.execute(sql, []).unwrap();
    database.execute_batch("COMMIT").unwrap();
    drop(file);
    delete_expired(&place);
    let database = place.sql();
    let intact: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(intact, "ok");
    let left = count(&place.path(), "SELECT count(*) FROM reading");
    assert!(left > 250_000, "{left}");
    database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    std::fs::metadata(place.path()).unwrap().len() as f64 / 1e6
}

#[test]
fn the_file_stays_small_for_years() {
    // No more than one reading a second is recorded.
    let (quick, usual) = (megabytes(SECOND), megabytes(SECOND * 2));
    println!("{quick:.1} MB at a reading a second, {usual:.1} MB at the usual refresh interval");
    assert!(quick < 18.0, "{quick:.1} MB at a reading a second");
    assert!(usual < 10.0, "{usual:.1} MB at the usual refresh interval");
}

#[test]
fn a_year_of_short_runs_leaves_no_expired_reading() {
    let place = Place::new();
    let mut now: Timestamp = at("2026-01-01T00:00:00Z");
    for _ in 0..30 {
        // Every few days Loadline runs for an hour and a bit.
        place.record_readings(&run(now, SECOND * 20, 190, 10.0));
        now += minutes(60 * 80);
    }
    let oldest = *times(&place, "reading").first().unwrap();
    let last = *times(&place, "reading").last().unwrap();
    assert!(last - oldest <= i64::try_from(READINGS_KEPT.as_millis()).unwrap() + 4_000_000);
}
