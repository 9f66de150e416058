//! The lengths and the work that a history may ask for: more than Loadline ever writes is refused, and long names are cut.

use std::time::Duration;

use jiff::Timestamp;
use loadline::core::processes::top_apps::MAX_NAME_CHARS;

use super::faults::Minutes;
use super::foreign::{is_refused, prepared};
use super::{Place, at, outcome};
use crate::wait::{SOON, wait_for};

const TOO_BIG: &str = "it holds more, or longer texts, than any history that Loadline writes";

fn recently() -> i64 {
    (Timestamp::now() - Duration::from_secs(1800)).as_millisecond()
}

#[test]
fn every_text_of_an_early_warning_counts() {
    let commands: &[&[&str]] =
        &[&["report", "--out", "-"], &["history", "--alerts"], &["history", "--alerts", "--csv"]];
    for (silence_bytes, name_bytes) in [(1_000_000, 1), (1, 1_000_000), (500_000, 500_000)] {
        let (place, home) = prepared(|sql| {
            for n in 0..80 {
                let insert = "INSERT INTO forecast VALUES (?1, 80, 1000, 100, 10, 1000, 0, printf('%.*c', ?2, 'x'))";
                sql.execute(insert, (recently() + n, silence_bytes)).unwrap();
                let insert = "INSERT INTO grower SELECT max(at), printf('%.*c', ?1, 'x'), 10, 0 FROM forecast";
                sql.execute(insert, [name_bytes]).unwrap();
            }
        });
        is_refused(&place, &home, commands, TOO_BIG);
    }
}

#[test]
fn too_many_refresh_intervals_are_refused() {
    let (place, home) = prepared(|sql| {
        let rows = "INSERT OR IGNORE INTO pace
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000001) SELECT i, 2000 FROM n";
        sql.execute(rows, []).unwrap();
    });
    is_refused(&place, &home, &[&["report", "--out", "-"]], TOO_BIG);
}

#[test]
fn names_are_as_long_as_loadline_writes_them() {
    let long = "é".repeat(100_000);
    let begin = recently();
    let (place, _home) = prepared(|sql| {
        let processes = format!(r#"[{{"name":"{long}","pids":[1],"cpu_percent":100,"memory_bytes":1}}]"#);
        let alert =
            "INSERT INTO alert (metric, fired_at, cause, cause_value, value, peak, told, silence, processes, all_seen)
            VALUES ('cpu', ?1, 'used', 80, 9000, 9000, 0, ?2, ?3, 1)";
        sql.execute(alert, (begin, &long, processes)).unwrap();
        sql.execute("INSERT INTO forecast VALUES (?1, 80, 1000, 100, 10, 1000, 0, ?2)", (begin, &long)).unwrap();
        sql.execute("INSERT INTO grower VALUES (?1, ?2, 10, 0)", (begin, &long)).unwrap();
        sql.execute("INSERT INTO app VALUES (1, ?1)", [&long]).unwrap();
        sql.execute("INSERT INTO app_look VALUES (?1, 300000, 1000, 100, 1)", [begin]).unwrap();
        sql.execute("INSERT INTO app_use VALUES (?1, 1, 1000, 100)", [begin]).unwrap();
    });
    let expected = "é".repeat(MAX_NAME_CHARS);
    let (from, to) = (Timestamp::MIN, Timestamp::MAX);
    let [alert] = &place.alerts()[..] else { panic!("{:?}", place.alerts().len()) };
    assert_eq!(*alert.top_apps.as_ref().unwrap()[0].name, *expected);
    assert_eq!(alert.suppressed_by.as_deref(), Some(&*expected));
    let forecasts = place.history().forecasts(from, to).unwrap();
    assert_eq!(*forecasts[0].event.grower.as_ref().unwrap().name, *expected);
    assert_eq!(forecasts[0].suppressed_by.as_deref(), Some(&*expected));
    let mut names = Vec::new();
    place.history().app_uses(from, to, |one| names.extend(one.name.clone())).unwrap();
    assert_eq!(names.iter().map(|name| &**name).collect::<Vec<_>>(), [expected]);
}

#[test]
fn a_batch_that_would_take_hours_is_given_up() {
    let place = Place::new();
    let file = place.create();
    let begin = at("2026-11-22T11:00:00Z").as_millisecond();
    let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)";
    let readings = format!("INSERT INTO reading (at, cpu) {rows} SELECT ?2 + i, 9000 FROM n");
    file.sql.execute(&readings, (200_000, begin)).unwrap();
    // Each alert that goes on is ended by the first batch, with its peak among all readings.
    let alerts = format!(
        "INSERT INTO alert (metric, fired_at, cause, cause_value, value, peak, told, all_seen)
         {rows} SELECT 'cpu', ?2, 'used', 80, 9000, 9000, 1, 1 FROM n"
    );
    file.sql.execute(&alerts, (5_000, begin)).unwrap();
    drop(file);
    let mut run = Minutes::new(place.recorder());
    run.give();
    // It takes a few seconds of the processor: a busy machine is long about that.
    let complaint = wait_for("an outcome", SOON * 6, || place.inbox.poll().map(outcome)).unwrap_err();
    assert!(
        complaint.contains("it asks for more work than any history that Loadline writes; it is now '"),
        "{complaint}"
    );
    run.end();
    assert_eq!(place.readings().len(), 31, "in a new history");
}
