//! The size of a history after a month in which everything was recorded.

use std::fs;
use std::time::Duration;

use loadline::core::history::record::Record;
use loadline::core::processes::app_look::{AppLook, AppUse};

use super::{Place, at, count, minutes};

const SECOND: Duration = Duration::from_secs(1);
const DAY_MINUTES: u64 = 24 * 60;
const MOST_BYTES: u64 = 15_000_000;
/// Three applications as an alert stores them, with the processes of a browser.
const PROCESSES: &str = r#"[{"name":"rustc","pids":[41234,41235,41236,41237],"cpu_percent":310.42,"memory_bytes":734003200},
    {"name":"Google Chrome","pids":[1201,1202,1203,1204,1205,1206,1207,1208,1209,1210],"cpu_percent":85.4,"memory_bytes":655},
    {"name":"node","pids":[777],"cpu_percent":44.1,"memory_bytes":3355443200}]"#;

/// Looks of a month: ten applications each, the most that one names, of a hundred.
fn looks() -> impl Iterator<Item = Record> {
    (0..31 * DAY_MINUTES / 5).map(|n| {
        let app = |k: u64| AppUse {
            name: format!("application number {}", (n / 7 + k * 11) % 100).into(),
            processes: 3,
            cpu_time: Duration::from_millis(7_001 * k + n % 997),
            memory_bytes: (100 + n % 5_003 + 31 * k) << 20,
        };
        let look = AppLook {
            span: minutes(5),
            apps: (0..10).map(app).collect(),
            others_cpu_time: SECOND * 10,
            others_memory_bytes: 4_321 << 20,
            is_complete: true,
        };
        Record::Apps { at: at("2026-10-22T00:00:00Z") + minutes(5 * n), look }
    })
}

#[test]
fn a_history_of_a_month_of_everything_is_small() {
    let place = Place::new();
    place.record(looks());
    let (begin, end) = (at("2026-10-22T00:00:00Z"), at("2026-11-22T00:00:00Z"));
    let file = place.create();
    file.sql.execute_batch("PRAGMA synchronous = OFF; BEGIN").unwrap();
    // Readings are deleted an hour at a time.
    let kept = minutes(7 * DAY_MINUTES + 60);
    let random = "abs(random()) % 10000, abs(random()) % 10000";
    let readings = i64::try_from(kept.as_secs() / 2).unwrap();
    file.fill("reading", end - kept, SECOND * 2, readings, &format!("{random}, 0, abs(random()) % 16000"));
    file.fill("minute", begin, minutes(1), 31 * 24 * 60, &format!("30, {random}, {random}"));
    file.fill("hour", begin, minutes(60), 31 * 24, &format!("1800, {random}, {random}"));
    file.fill("pace", begin, minutes(60), 31 * 24, "2000 + 1000 * (i % 2)");
    // An alert an hour, and a warning on each day.
    let alerts =
        format!("'memory', at, at + 90000, 'cleared', 'used', 80, NULL, 9100, 9700, 1, NULL, '{PROCESSES}', 1");
    file.fill("alert", begin, minutes(60), 31 * 24, &alerts);
    file.fill("forecast", begin, minutes(DAY_MINUTES), 31, "80, 7200000, 1240, 3176, 7200000, 1, NULL");
    file.fill("grower", begin, minutes(DAY_MINUTES), 31, "'Google Chrome Helper (Renderer)', 3176, 0");
    file.fill("machine", begin, minutes(DAY_MINUTES), 31, "16384 + i, 8");
    file.sql.execute_batch("COMMIT").unwrap();
    drop(file);
    let rows = |table: &str| count(&place.path(), &format!("SELECT count(*) FROM {table}"));
    assert_eq!(rows("reading"), readings);
    assert_eq!(["minute", "app_look", "app_use"].map(rows), [44_640, 8_928, 89_280]);
    assert_eq!(["alert", "forecast", "grower"].map(rows), [744, 31, 31]);
    assert!(rows("app_day") >= 30 * 21, "{}", rows("app_day"));
    let bytes = fs::metadata(place.path()).unwrap().len();
    assert!((5_000_000..MOST_BYTES).contains(&bytes), "{bytes} bytes");
}
