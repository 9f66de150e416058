//! The applications in the history: looks are read back, summed up by the day, and kept as long as they should be; histories
//! of earlier versions are taken over.

use std::time::Duration;

use jiff::Timestamp;
use loadline::core::history::app_totals::{AppOrder, AppTotals, StoredAppUse};
use loadline::core::history::record::{Record, StoredReading};
use loadline::core::metrics::reading::Reading;
use loadline::core::processes::app_look::{AppLook, AppUse};
use loadline::runtime::history::schema;

use super::{Place, at, count, minutes, reading, run};

const MIB: u64 = 1 << 20;
const NOON: &str = "2026-11-22T12:00:00Z";
const HOSTILE: &str = "a\u{1b}[2J'; DROP TABLE app; --\u{202e}\n";

fn app(name: &str, cpu_s: u64, mib: u64) -> AppUse {
    AppUse { name: name.into(), processes: 1, cpu_time: Duration::from_secs(cpu_s), memory_bytes: mib * MIB }
}

/// A look after five minutes; the others used 10 s and 100 MiB.
fn look(at: Timestamp, apps: Vec<AppUse>) -> Record {
    let look = AppLook {
        span: minutes(5),
        apps,
        others_cpu_time: Duration::from_secs(10),
        others_memory_bytes: 100 * MIB,
        is_complete: true,
    };
    Record::Apps { at, look }
}

fn uses(place: &Place) -> Vec<StoredAppUse> {
    let mut all = Vec::new();
    place
        .history()
        .app_uses(at("2020-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"), |one| all.push(one.clone()))
        .unwrap();
    all
}

fn totals(place: &Place, from: &str, to: &str) -> AppTotals {
    let mut totals = AppTotals::default();
    place.history().app_uses(at(from), at(to), |one| totals.add(one)).unwrap();
    totals
}

#[test]
fn looks_are_read_back_with_any_name() {
    let place = Place::new();
    place.record([
        Record::Reading(reading(at(NOON), 1.0)),
        look(at(NOON), vec![app("make", 200, 50), app(HOSTILE, 3, 900)]),
        look(at(NOON) + minutes(5), vec![app("make", 100, 70)]),
    ]);
    let found = totals(&place, "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z").ranked(AppOrder::Cpu);
    let names: Vec<_> = found.iter().map(|total| total.name.as_deref()).collect();
    assert_eq!(names, [Some("make"), Some(HOSTILE), None]);
    let seconds: Vec<_> = found.iter().map(|total| total.cpu_time.as_secs()).collect();
    assert_eq!(seconds, [300, 3, 20]);
    assert_eq!((found[0].memory_mean_bytes, found[0].memory_max_bytes), (60 * MIB, Some(70 * MIB)));
    assert_eq!(found[1].memory_mean_bytes, 900 * MIB);
}

#[test]
fn histories_of_earlier_versions_are_taken_over() {
    for version in 1..schema::VERSION {
        let place = Place::new();
        let file = place.create();
        let newer = ["clock", "forecast", "app app_look app_use app_day machine", "grower"];
        for table in newer.iter().skip(version - 1).flat_map(|tables| tables.split(' ')) {
            file.sql.execute(&format!("DROP TABLE {table}"), []).unwrap();
        }
        file.sql.pragma_update(None, "user_version", version).unwrap();
        let row = (at(NOON).as_millisecond(), 4200);
        file.sql.execute("INSERT INTO reading (at, cpu) VALUES (?1, ?2)", row).unwrap();
        drop(file);
        assert_eq!(uses(&place), [], "version {version} is read, and has no applications");
        place.record([look(at(NOON) + minutes(5), vec![app("make", 1, 1)])]);
        assert_eq!(place.reported(), []);
        assert_eq!(place.readings()[0].reading.cpu_percent, Some(42.0), "version {version}");
        assert_eq!(uses(&place).len(), 2, "version {version}");
        assert_eq!(count(&place.path(), "PRAGMA user_version"), schema::VERSION as i64);
    }
}

#[test]
fn a_day_keeps_its_twenty_greatest_once_its_looks_are_gone() {
    let place = Place::new();
    let day = at("2026-11-20T00:00:00Z");
    let looks = (0..288).map(|n: u64| {
        let busy = app(&format!("busy {:02}", n % 30), 100 + n % 30, 1);
        look(day + minutes(5 * n), vec![busy, app("large", 0, 5000)])
    });
    let later = look(day + minutes(24 * 60 + 5), vec![app("make", 1, 1)]);
    place.record(looks.chain([later]));
    let sums = "SELECT count(*) FROM app_day WHERE app <> 0 AND at = ";
    assert_eq!(count(&place.path(), &format!("{sums}{}", day.as_millisecond())), 20);
    let span = ("2026-11-20T00:00:00Z", "2027-01-20T00:00:00Z");
    let before = totals(&place, span.0, span.1).ranked(AppOrder::Memory);
    place.sql().execute_batch("DELETE FROM app_use; DELETE FROM app_look").unwrap();
    let after = totals(&place, span.0, span.1).ranked(AppOrder::Memory);
    assert_eq!((&before[0].name.as_deref(), before[0].memory_mean_bytes), (&Some("large"), 5000 * MIB));
    assert_eq!((&after[0].name, after[0].memory_mean_bytes), (&before[0].name, before[0].memory_mean_bytes));
    let all = |totals: &[loadline::core::history::app_totals::AppTotal]| -> Duration {
        totals.iter().map(|total| total.cpu_time).sum()
    };
    // The look of the day after is gone.
    assert_eq!(all(&after), all(&before) - Duration::from_secs(11));
    assert!(after[1].busiest.unwrap().is_day);
}

#[test]
fn no_day_counts_twice_where_its_looks_are_stored_too() {
    let place = Place::new();
    place.record((0..40 * 24).map(|hour| look(at(NOON) + minutes(60 * hour), vec![app("make", 90, 1)])));
    let found = totals(&place, "2026-11-01T00:00:00Z", "2027-01-02T00:00:00Z").ranked(AppOrder::Cpu);
    assert_eq!(found[0].cpu_time, Duration::from_secs(90 * 40 * 24));
    assert_eq!(found[1].cpu_time, Duration::from_secs(10 * 40 * 24), "the others");
}

#[test]
fn looks_after_a_clock_was_set_back_replace_the_ones_of_the_wrong_time() {
    let place = Place::new();
    let looks =
        |from: Timestamp, name: &'static str| (0..12).map(move |n| look(from + minutes(5 * n), vec![app(name, 1, 1)]));
    let late = at(NOON) + Duration::from_secs(20);
    place.record(looks(at(NOON), "wrong").chain(looks(late, "right")));
    let names: Vec<_> = uses(&place).into_iter().filter_map(|one| one.name).collect();
    assert_eq!(names.iter().filter(|name| &***name == "right").count(), 12);
    assert_eq!(names.len(), 12, "each replaced the one that had ended 20 s before");
}

#[test]
fn expired_looks_and_names_are_deleted() {
    let place = Place::new();
    let month = minutes(60 * 24 * 31);
    let old = at(NOON).checked_sub(month + minutes(1)).unwrap();
    place.record([look(old, vec![app("old", 1, 1)]), look(old + minutes(4), vec![app("young", 1, 1)])]);
    place.record_readings(&run(at(NOON).checked_sub(minutes(120)).unwrap(), Duration::from_secs(60), 120, 1.0));
    let sql = place.sql();
    let yesterday = at(NOON).checked_sub(minutes(60 * 24)).unwrap().as_millisecond();
    // The sums of the day, which stay, hold no name of the old one here.
    sql.execute("DELETE FROM app_day", []).unwrap();
    sql.execute("UPDATE clock SET agreed_from = ?1, last = ?1", [yesterday]).unwrap();
    sql.execute("UPDATE thinned SET until = 0", []).unwrap();
    place.record_readings(&[reading(at(NOON), 1.0)]);
    assert_eq!(uses(&place).iter().filter_map(|one| one.name.as_deref()).collect::<Vec<_>>(), ["young"]);
    assert_eq!(count(&place.path(), "SELECT count(*) FROM app"), 1);
}

#[test]
fn the_size_of_the_machine_is_noted_when_it_changes() {
    let place = Place::new();
    let with_memory = |minute: u64, gib: u64| {
        let memory = Reading { memory_total_bytes: Some(gib << 30), ..Reading::default() };
        let refresh = Duration::from_secs(60);
        place.record_readings(&[StoredReading { at: at(NOON) + minutes(minute), reading: memory, refresh }]);
    };
    for (minute, gib) in [(0, 8), (1, 8), (2, 16), (3, 16), (4, 8)] {
        with_memory(minute, gib);
    }
    assert_eq!(count(&place.path(), "SELECT count(*) FROM machine"), 3);
    assert_eq!(count(&place.path(), "SELECT max(memory) FROM machine"), 16 << 10);
    assert_eq!(count(&place.path(), "SELECT count(*) FROM machine WHERE cores > 0"), 3);
    place.record_readings(&[reading(at(NOON) + minutes(5), 1.0)]);
    assert_eq!(count(&place.path(), "SELECT count(*) FROM machine"), 3, "an unknown size is no other");
}

#[test]
fn a_month_of_looks_is_small() {
    let place = Place::new();
    let names: Vec<String> = (0..60).map(|n| format!("application number {n}")).collect();
    let look = |n: u64| {
        let apps = (0..8).map(|k| app(&names[((n / 7 + k * 7) % 60) as usize], 5 + k, 100 + n % 50)).collect();
        look(at("2026-10-22T12:00:00Z") + minutes(5 * n), apps)
    };
    place.record((0..31 * 288).map(look));
    let kib = std::fs::metadata(place.path()).unwrap().len() >> 10;
    assert!((500..4 << 10).contains(&kib), "{kib} KiB");
}
