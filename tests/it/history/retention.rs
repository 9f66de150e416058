//! How long things are kept, and what that takes on the disk.

use std::time::Duration;

use jiff::Timestamp;
use loadline::core::history::record::{HOURS_KEPT, MINUTES_KEPT, READINGS_KEPT, THINNED_KEPT, thinned_to};
use rusqlite::Connection;

use super::{Place, at, count, minutes, reading, run};

const SECOND: Duration = Duration::from_secs(1);
const NOON: &str = "2026-11-22T12:00:00Z";

/// A time in ms, so long before noon.
fn ago(span: Duration) -> i64 {
    at(NOON).checked_sub(span).unwrap().as_millisecond()
}

/// Fills in a reading for every `every` from `from` to `to` before noon, by SQL.
fn fill(database: &Connection, from: Duration, to: Duration, every: Duration) {
    let sql = "
        INSERT INTO reading
        WITH RECURSIVE time(at) AS (SELECT ?1 UNION ALL SELECT at + ?3 FROM time WHERE at + ?3 < ?2)
        SELECT at, (at / 7919) % 10001, 3000 + (at / 104729) % 6000, 0, 900 + (at / 1299709) % 3000 FROM time";
    database.execute(sql, (ago(from), ago(to), i64::try_from(every.as_millis()).unwrap())).unwrap();
}

/// Says how often readings were taken from a time on.
fn pace(database: &Connection, from: Duration, refresh: Duration) {
    let refresh_ms = i64::try_from(refresh.as_millis()).unwrap();
    database.execute("INSERT INTO pace VALUES (?1, ?2)", (ago(from), refresh_ms)).unwrap();
}

/// Fills in minutes or hours in the same way.
fn fill_sums(database: &Connection, table: &str, from: Duration, every: Duration) {
    let sql = format!(
        "INSERT OR IGNORE INTO {table}
         WITH RECURSIVE time(at) AS (SELECT ?1 / ?3 * ?3 UNION ALL SELECT at + ?3 FROM time WHERE at + ?3 < ?2)
         SELECT at, 240, (at / 7919) % 10001, (at / 7919) % 10001, (at / 104729) % 9000, (at / 104729) % 9000 FROM time"
    );
    database.execute(&sql, (ago(from), ago(Duration::ZERO), i64::try_from(every.as_millis()).unwrap())).unwrap();
}

/// One reading at noon, with which old things are forgotten.
fn prune(place: &Place) {
    place.record_readings(&[reading(at(NOON), 1.0)]);
}

fn times(place: &Place, table: &str) -> Vec<i64> {
    let database = place.sql();
    let mut statement = database.prepare(&format!("SELECT at FROM {table} ORDER BY at")).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn what_is_too_old_is_forgotten_and_nothing_else() {
    let place = Place::new().with_history();
    let database = place.sql();
    fill_sums(&database, "minute", minutes(60), minutes(1));
    let both_sides = |table: &str, columns: &str, span: Duration| {
        for at in [ago(span + SECOND * 2), ago(span)] {
            database.execute(&format!("INSERT INTO {table} VALUES ({at}, {columns})"), []).unwrap();
        }
    };
    both_sides("reading", "1, 1, 0, 0", THINNED_KEPT);
    both_sides("minute", "1, 1, 1, 1, 1", MINUTES_KEPT);
    both_sides("hour", "1, 1, 1, 1, 1", HOURS_KEPT);
    for at in [ago(HOURS_KEPT + SECOND), ago(HOURS_KEPT)] {
        let sql = "INSERT INTO alert (metric, fired_at, ended_at, cause, cause_value, value, peak, told, all_seen)
                   VALUES ('cpu', ?1, ?1, 'used', 80, 9000, 9000, 1, 0)";
        database.execute(sql, [at]).unwrap();
    }
    // Which of two clocks is right, nobody can tell.
    let future = ago(Duration::ZERO) + 86_400_000 * 400;
    database.execute("INSERT INTO reading VALUES (?1, 1, 1, 0, 0)", [future]).unwrap();
    // The second was in force at the oldest reading that is left.
    for at in [ago(minutes(60 * 24 * 9)), ago(minutes(60 * 24 * 8)), ago(minutes(60 * 24 * 6))] {
        database.execute("INSERT INTO pace VALUES (?1, 2000)", [at]).unwrap();
    }
    prune(&place);
    assert_eq!(times(&place, "reading"), [ago(THINNED_KEPT), ago(Duration::ZERO), future]);
    assert_eq!(times(&place, "pace"), [ago(minutes(60 * 24 * 8)), ago(minutes(60 * 24 * 6))]);
    assert_eq!(times(&place, "minute").len(), 1 + 60 + 1);
    assert_eq!(times(&place, "hour"), [ago(HOURS_KEPT), ago(Duration::ZERO)]);
    assert_eq!(place.alerts().len(), 1);
}

#[test]
fn a_clock_that_is_set_back_forgets_nothing_that_is_newer() {
    for (days_back, minutes_there) in [(3, 5), (3, 120), (365, 120)] {
        let place = Place::new().with_history();
        fill(&place.sql(), minutes(60 * 24 * 7), Duration::ZERO, SECOND * 60);
        let before = times(&place, "reading");
        fill_sums(&place.sql(), "hour", minutes(60 * 24 * 7), minutes(60));
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
fn a_clock_forgets_nothing_before_it_has_lasted_for_an_hour() {
    let place = Place::new().with_history();
    fill(&place.sql(), minutes(600), Duration::ZERO, SECOND * 10);
    let year = at(NOON) + minutes(60 * 24 * 365);
    place.record_readings(&run(year, SECOND * 10, 59 * 6, 10.0));
    assert_eq!(place.readings().len(), 3600 + 59 * 6);
    place.record_readings(&run(year + minutes(59), SECOND * 10, 6, 10.0));
    assert_eq!(place.readings().len(), 60 * 6);
}

#[test]
fn old_readings_are_thinned_out() {
    let place = Place::new().with_history();
    let database = place.sql();
    fill_sums(&database, "minute", minutes(60), minutes(1));
    let (old, step) = (READINGS_KEPT + minutes(60 * 8), Duration::from_millis(250));
    fill(&database, old, READINGS_KEPT - minutes(10), step);
    pace(&database, old, step);
    let before = times(&place, "reading");
    // In steps of six hours: this takes two.
    prune(&place);
    let after_one = times(&place, "reading").len();
    prune(&place);
    prune(&place);
    let after = times(&place, "reading");
    assert!(after_one > after.len(), "no batch takes long");

    let horizon = ago(READINGS_KEPT) / 3800 * 3800;
    let mut expected = before.clone();
    let mut slot = 0;
    expected.retain(|at| *at >= horizon || std::mem::replace(&mut slot, at / 3800) != at / 3800);
    expected.push(ago(Duration::ZERO));
    assert_eq!(after, expected);
    assert!(before.len() > 115_000 && after.len() < 10_500, "{} {}", before.len(), after.len());

    // An hour later, it goes on where it was.
    place.record_readings(&run(at(NOON), SECOND * 10, 366, 1.0));
    let left = times(&place, "reading").iter().filter(|at| **at < ago(READINGS_KEPT - minutes(10))).count();
    assert!(left < after.len() - 2000, "the ten minutes are thinned out too: {left} of {}", after.len());
}

#[test]
fn at_the_usual_refresh_interval_thinning_loses_nothing() {
    let place = Place::new().with_history();
    fill_sums(&place.sql(), "minute", minutes(60), minutes(1));
    fill(&place.sql(), READINGS_KEPT + minutes(300), READINGS_KEPT, SECOND * 2);
    pace(&place.sql(), READINGS_KEPT + minutes(300), SECOND * 2);
    prune(&place);
    assert_eq!(times(&place, "reading").len(), 9000 + 1);
    assert!(count(&place.path(), "SELECT until FROM thinned") > ago(READINGS_KEPT + SECOND * 2), "it was looked at");
}

/// The size of the file after years at one refresh interval, MB.
fn megabytes(refresh: Duration) -> f64 {
    let place = Place::new().with_history();
    let database = place.sql();
    database.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -20000; BEGIN").unwrap();
    let thinned = refresh.max(thinned_to(refresh));
    pace(&database, THINNED_KEPT + minutes(60), refresh);
    fill(&database, THINNED_KEPT + minutes(60), READINGS_KEPT + minutes(60), thinned);
    fill(&database, READINGS_KEPT + minutes(60), Duration::ZERO, refresh);
    fill_sums(&database, "minute", MINUTES_KEPT, minutes(1));
    fill_sums(&database, "hour", HOURS_KEPT, minutes(60));
    let sql = r#"INSERT INTO alert (metric, fired_at, ended_at, cause, cause_value, value, peak, told, processes, all_seen)
        SELECT 'cpu', at, at + 60000, 'used', 80, 9000, 9900, 1,
            '[{"name":"some application","pids":[1234,5678],"cpu_percent":310.25,"memory_bytes":1234567890}]', 1
        FROM hour WHERE at / 3600000 % 8 = 0"#;
    database.execute(sql, []).unwrap();
    database.execute_batch("COMMIT").unwrap();
    drop(database);
    prune(&place);
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
    let (quick, usual) = (megabytes(Duration::from_millis(250)), megabytes(SECOND * 2));
    println!("{quick:.1} MB at four readings a second, {usual:.1} MB at the usual refresh interval");
    assert!(quick < 20.0, "{quick:.1} MB at four readings a second");
    assert!(usual < 12.0, "{usual:.1} MB at the usual refresh interval");
}

#[test]
fn a_year_of_runs_leaves_no_old_reading() {
    let place = Place::new();
    let mut now: Timestamp = at("2026-01-01T00:00:00Z");
    for _ in 0..30 {
        // Every few days Loadline runs for an hour and a bit.
        place.record_readings(&run(now, SECOND * 20, 190, 10.0));
        now += minutes(60 * 80);
    }
    let oldest = *times(&place, "reading").first().unwrap();
    let last = *times(&place, "reading").last().unwrap();
    assert!(last - oldest <= i64::try_from(THINNED_KEPT.as_millis()).unwrap() + 4_000_000);
}
