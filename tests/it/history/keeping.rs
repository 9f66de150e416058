//! Readings are read back as they were recorded, and rollups are those that a computation by hand gives.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use jiff::Timestamp;
use loadline::core::history::record::{MeanMax, Record, Rollup, StoredReading};
use loadline::core::metrics::metric::Metric;
use loadline::core::metrics::reading::{Pressure, Reading};
use loadline::runtime::history::reader::{History, Resolution};

use super::{Place, at, count, reading, run, wait_written};
use crate::wait::{SOON, wait_for};

/// Three hours in which any value may be unknown, with another refresh interval in each.
fn eventful() -> Vec<StoredReading> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut now = at("2026-11-22T12:59:31.250Z");
    let mut all = Vec::new();
    for refresh in [2000, 5000, 1000].map(Duration::from_millis) {
        let end = now + Duration::from_secs(3600);
        while now < end {
            let mut known = |reading: fn(&mut fastrand::Rng) -> f64| (random.u8(..) > 60).then(|| reading(&mut random));
            let cpu_percent = known(|random| random.f64() * 100.0);
            let memory_percent = known(|random| random.f64() * 100.0);
            let swap_used_bytes = known(|random| random.f64() * 9e9).map(|bytes| bytes as u64);
            let memory_pressure = known(|random| random.f64()).map(|which| match which {
                ..0.6 => Pressure::Normal,
                ..0.9 => Pressure::Warning,
                _ => Pressure::Critical,
            });
            let reading =
                Reading { cpu_percent, memory_percent, swap_used_bytes, memory_pressure, ..Reading::default() };
            all.push(StoredReading { at: now, reading, refresh });
            // Some readings are late, and the machine sleeps at times.
            now += refresh + Duration::from_millis(random.u64(..20)) + refresh * u32::from(random.u16(..) == 0) * 500;
        }
    }
    all
}

/// Rounded to the precision of the file.
fn rounded(stored: &StoredReading) -> StoredReading {
    let hundredths = |percent: f64| (percent * 100.0).round() / 100.0;
    let mib = |bytes: u64| (bytes as f64 / 1048576.0).round() as u64 * 1048576;
    let reading = Reading {
        cpu_percent: stored.reading.cpu_percent.map(hundredths),
        memory_percent: stored.reading.memory_percent.map(hundredths),
        swap_used_bytes: stored.reading.swap_used_bytes.map(mib),
        ..stored.reading
    };
    StoredReading { reading, ..*stored }
}

/// In several runs, which begin and end anywhere.
fn record_in_runs(place: &Place, readings: &[StoredReading]) {
    readings.chunks(1237).for_each(|part| place.record_readings(part));
}

#[test]
fn readings_are_read_back_as_they_were_recorded() {
    let (place, readings) = (Place::new(), eventful());
    record_in_runs(&place, &readings);
    assert_eq!(place.readings(), readings.iter().map(rounded).collect::<Vec<_>>());
    assert_eq!(count(&place.path(), "SELECT count(*) FROM pace"), 3, "only where it changes");
    assert_eq!(place.reported(), [], "nothing was wrong");
}

/// The weighted mean and the maximum of the known values.
fn mean_max(values: &[(Option<f64>, Option<f64>, u32)]) -> Option<MeanMax> {
    let known: Vec<(f64, f64, u32)> = values.iter().filter_map(|&(mean, max, n)| Some((mean?, max?, n))).collect();
    let weight: u32 = known.iter().map(|(.., n)| n).sum();
    let mean = known.iter().map(|(mean, _, n)| mean * f64::from(*n)).sum::<f64>() / f64::from(weight);
    let max = known.iter().map(|(_, max, _)| *max).fold(0.0, f64::max);
    (weight > 0).then_some(MeanMax { mean_percent: mean, max_percent: max })
}

/// The same but for the rounding of the last digit.
#[track_caller]
fn assert_close(found: &[Rollup], expected: &[Rollup]) {
    let shape = |all: &[Rollup]| all.iter().map(|usage| (usage.at, usage.readings)).collect::<Vec<_>>();
    assert_eq!(shape(found), shape(expected));
    for (found, expected) in found.iter().zip(expected) {
        for metric in Metric::ALL {
            match (found.mean_max(metric), expected.mean_max(metric)) {
                (Some(found), Some(expected)) => {
                    assert!((found.mean_percent - expected.mean_percent).abs() < 0.0051, "{found:?} {expected:?}");
                    assert!((found.max_percent - expected.max_percent).abs() < 1e-9, "{found:?} {expected:?}");
                }
                (found, expected) => assert_eq!(found, expected),
            }
        }
    }
}

fn begin(at: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(at.as_second() / seconds * seconds).unwrap()
}

/// Checks the minutes and hours of a history against its readings.
#[track_caller]
pub fn check_rollups(history: &History, readings: &[StoredReading]) {
    let (from, to) = (Timestamp::MIN, Timestamp::MAX);
    let mut by_minute: BTreeMap<Timestamp, Vec<&StoredReading>> = BTreeMap::new();
    readings.iter().for_each(|kept| by_minute.entry(begin(kept.at, 60)).or_default().push(kept));
    let share = |metric: Metric, all: &[&StoredReading]| {
        let weight = |kept: &StoredReading| u32::try_from(kept.refresh.as_millis()).unwrap();
        let value = |kept: &&StoredReading| (kept.reading.percent(metric), kept.reading.percent(metric), weight(kept));
        let values: Vec<_> = all.iter().map(value).collect();
        mean_max(&values)
    };
    let minute = |(&at, all): (&Timestamp, &Vec<&StoredReading>)| {
        let (cpu, memory) = (share(Metric::Cpu, all), share(Metric::Memory, all));
        Rollup { at, readings: u32::try_from(all.len()).unwrap(), cpu, memory }
    };
    let minutes = history.rollups(Resolution::Minutes, from, to).unwrap();
    assert_close(&minutes, &by_minute.iter().map(minute).collect::<Vec<_>>());

    let mut by_hour: BTreeMap<Timestamp, Vec<&Rollup>> = BTreeMap::new();
    minutes.iter().for_each(|usage| by_hour.entry(begin(usage.at, 3600)).or_default().push(usage));
    let share = |metric: Metric, all: &[&Rollup]| {
        let value = |usage: &&Rollup| {
            let share = usage.mean_max(metric);
            (share.map(|share| share.mean_percent), share.map(|share| share.max_percent), 1)
        };
        mean_max(&all.iter().map(value).collect::<Vec<_>>())
    };
    let hour = |(&at, all): (&Timestamp, &Vec<&Rollup>)| {
        let (cpu, memory) = (share(Metric::Cpu, all), share(Metric::Memory, all));
        Rollup { at, readings: all.iter().map(|usage| usage.readings).sum(), cpu, memory }
    };
    assert_close(&history.rollups(Resolution::Hours, from, to).unwrap(), &by_hour.iter().map(hour).collect::<Vec<_>>());
}

#[test]
fn minutes_and_hours_are_rollups_of_the_readings() {
    let (place, readings) = (Place::new(), eventful());
    record_in_runs(&place, &readings);
    check_rollups(&place.history(), &place.readings());
    let unknown = Rollup { at: at("2026-11-22T16:40:00Z"), readings: 1, cpu: None, memory: None };
    let blank = StoredReading { reading: Reading::default(), ..reading(at("2026-11-22T16:40:11Z"), 0.0) };
    place.record_readings(&[blank]);
    let sums = place.history().rollups(Resolution::Minutes, unknown.at, unknown.at).unwrap();
    assert_eq!(sums, [unknown], "an unknown value is not 0");
}

#[test]
fn means_weigh_by_time_however_often_it_was_read() {
    let place = Place::new();
    let (noon, second) = (at("2026-11-22T12:00:00Z"), Duration::from_secs(1));
    // Ten minutes of an alert, and ten locked ones; and half a minute of each.
    let (often, seldom) = (run(noon, 2 * second, 315, 95.0), run(noon + 630 * second, 10 * second, 63, 5.0));
    place.record_readings(&[often, seldom].concat());
    let means = |sums: Resolution| -> Vec<(u32, f64)> {
        let sums = place.history().rollups(sums, Timestamp::MIN, Timestamp::MAX).unwrap();
        sums.iter().map(|usage| (usage.readings, usage.cpu.unwrap().mean_percent)).collect()
    };
    let minutes = [vec![(30, 95.0); 10], vec![(18, 50.0)], vec![(6, 5.0); 10]].concat();
    assert_eq!(means(Resolution::Minutes), minutes);
    assert_eq!(means(Resolution::Hours), [(378, 50.0)]);
    check_rollups(&place.history(), &place.readings());
}

#[test]
fn the_refresh_interval_is_stored_with_the_readings() {
    let place = Place::new();
    let second = Duration::from_secs(1);
    let mut all = run(at("2026-11-22T12:00:00Z"), 2 * second, 100, 10.0);
    all.extend(run(at("2026-11-22T12:10:00Z"), 5 * second, 10, 10.0));
    all.extend(run(at("2026-11-22T12:20:00Z"), 2 * second, 100, 10.0));
    place.record_readings(&all[..105]);
    place.record_readings(&all[105..]);
    assert_eq!(place.readings(), all);
    assert_eq!(count(&place.path(), "SELECT count(*) FROM pace"), 3);
}

#[test]
fn of_several_readings_a_second_one_is_recorded_and_stands_for_the_second() {
    let place = Place::new();
    let (noon, often) = (at("2026-11-22T12:00:00Z"), Duration::from_millis(250));
    let second = Duration::from_secs(1);
    let mut recorder = place.recorder();
    for (n, reading) in run(noon, often, 480, 20.0).into_iter().enumerate() {
        recorder.record(Record::Reading(reading), often * n as u32);
        if n == 241 {
            // Alerts and recoveries are recorded at any time.
            recorder.record(super::alerts::fired(reading.at, Metric::Cpu, None), often * 241);
        }
    }
    wait_written(&mut recorder);
    assert_eq!(place.readings(), run(noon, second, 120, 20.0), "none of them is behind a gap");
    assert_eq!(place.alerts()[0].fired_at, noon + often * 241);
    check_rollups(&place.history(), &place.readings());
    // Uneven intervals: still one in each second, which weigh alike.
    recorder = place.recorder();
    for (n, reading) in run(noon + second * 600, Duration::from_millis(900), 100, 20.0).into_iter().enumerate() {
        recorder.record(Record::Reading(reading), Duration::from_millis(900) * n as u32);
    }
    wait_written(&mut recorder);
    let late: Vec<StoredReading> = place.readings().split_off(120);
    assert_eq!(late.len(), 90);
    assert!(late.windows(2).all(|pair| !pair[1].is_gap_since(&pair[0])));
}

#[test]
fn readings_are_written_once_a_minute_and_an_alert_at_once() {
    let place = Place::new();
    let mut recorder = place.recorder();
    let start = at("2026-11-22T12:00:00Z");
    let second = Duration::from_secs(1);
    (0..30).for_each(|n| recorder.record(Record::Reading(reading(start + second * 2 * n, 5.0)), second * 2 * n));
    assert!(!place.path().exists(), "nothing has been passed on");
    recorder.record(Record::Reading(reading(start + second * 60, 5.0)), second * 60);
    let kept = || History::open(&place.path()).ok().flatten().map(|_| place.readings().len());
    wait_for("the first minute", SOON, || (kept() == Some(31)).then_some(()));
    recorder.record(Record::Reading(reading(start + second * 62, 5.0)), second * 62);
    recorder.record(super::alerts::fired(start + second * 62, Metric::Cpu, None), second * 62);
    wait_for("the alert and what came before it", SOON, || (kept() == Some(32)).then_some(()));
    wait_for("the alert", SOON, || (place.alerts().len() == 1).then_some(()));
}

#[test]
fn the_file_is_readable_by_its_owner_alone() {
    let place = Place::new();
    place.record_readings(&run(at("2026-11-22T12:00:00Z"), Duration::from_secs(2), 40, 1.0));
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&place.path()), 0o600);
    assert_eq!(mode(place.path().parent().unwrap()), 0o700);
    let lock = place.path().with_file_name("history.sqlite3.lock");
    assert_eq!(mode(&lock), 0o600);
}

#[test]
fn of_two_loadlines_one_records() {
    let place = Place::new();
    let (start, second) = (at("2026-11-22T12:00:00Z"), Duration::from_secs(1));
    let give = |recorder: &mut loadline::runtime::history::recorder::Recorder, from: u32, cpu: f64| {
        for n in (from..=from + 60).step_by(2) {
            recorder.record(Record::Reading(reading(start + second * n, cpu)), second * n);
        }
    };
    let mut first = place.recorder();
    give(&mut first, 0, 10.0);
    wait_for("the first", SOON, || place.path().exists().then_some(()));
    wait_for("its minute", SOON, || History::open(&place.path()).ok().flatten());
    let mut second_one = place.recorder();
    give(&mut second_one, 1, 20.0);
    wait_written(&mut second_one);
    give(&mut first, 62, 10.0);
    wait_written(&mut first);
    drop(first);
    assert!(place.readings().iter().all(|kept| kept.reading.cpu_percent == Some(10.0)));
    give(&mut second_one, 200, 20.0);
    wait_written(&mut second_one);
    drop(second_one);
    let readings = place.readings();
    assert_eq!(readings.iter().filter(|kept| kept.at < start + second * 130).count(), 62, "the first one's");
    assert!(readings.iter().any(|kept| kept.reading.cpu_percent == Some(20.0)), "the second takes over");
    assert_eq!(place.reported(), [], "that is not worth a word");
}

#[test]
fn gathered_records_can_be_written_at_once() {
    let place = Place::new();
    let mut recorder = place.recorder();
    wait_written(&mut recorder);
    assert!(!place.path().exists(), "nothing was gathered");
    for (n, second) in [0, 2, 4].into_iter().enumerate() {
        let kept = reading(at("2026-11-22T13:00:00Z") + Duration::from_secs(second), 20.0);
        recorder.record(Record::Reading(kept), Duration::from_secs(second));
        wait_written(&mut recorder);
        assert_eq!(place.readings().len(), n + 1, "long before the minute is over");
    }
}
