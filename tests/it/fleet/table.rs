//! The table of metrics from the engine's state.

use std::fs;
use std::path::Path;
use std::time::Duration;

use loadline::core::alerts::rule::Signal;
use loadline::core::alerts::snooze::Snooze;
use loadline::core::fleet::exposition;
use loadline::core::fleet::snapshot::MetricsSnapshot;
use loadline::core::fleet::table::{MachineIdentity, table};
use loadline::core::fleet::totals::Totals;
use loadline::core::messages::effect::{Event, UserCommand};
use loadline::core::metrics::metric::{Percent, Threshold};
use loadline::core::metrics::power_state::PowerState;
use loadline::core::metrics::reading::{Pressure, Reading};
use loadline::core::settings::Settings;

use super::{check_metrics, value};
use crate::support::engine::Driver;

const SECOND: Duration = Duration::from_secs(1);

fn identity(host: &str) -> MachineIdentity {
    let host_id = Some("4f1c6f0c0a5e4a6fb1a9e3f2d7c85b10".into());
    MachineIdentity { version: "0.1.0", os: "linux", arch: "x86_64", host: host.into(), host_id }
}

/// The scrape of an engine in its present state.
fn scrape(driver: &Driver) -> String {
    exposition::text(&table(&MetricsSnapshot::of(&driver.engine), &identity("studio")))
}

fn cpu(percent: f64) -> Reading {
    Reading { cpu_percent: Some(percent), ..Reading::default() }
}

/// Takes a reading a second after the one before.
fn read(driver: &mut Driver, reading: Reading) {
    driver.advance(SECOND);
    driver.read(reading);
}

fn settings() -> Settings {
    Settings { refresh: SECOND, after: Duration::ZERO, ..Settings::DEFAULT }
}

#[test]
fn a_known_state_is_the_example_to_the_letter() {
    let reading = Reading { cpu_percent: Some(23.45), swap_used_bytes: Some(0), ..Reading::default() };
    let reading = Reading { memory_pressure: Some(Pressure::Normal), ..reading.with_memory(8 << 30, 16 << 30) };
    let snapshot = MetricsSnapshot {
        reading: Some((reading, "2026-11-28T18:49:44.807Z".parse().unwrap())),
        totals: Totals { cpu_busy_seconds: 1234.5, cpu_observed_seconds: 9999.25, alerts: [3, 0] },
        thresholds: [Some(Percent::DEFAULT); 2],
        are_firing: [false; 2],
        refresh: Duration::from_secs(2),
    };
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("resources/fleet/metrics.txt");
    let text = exposition::text(&table(&snapshot, &identity("studio")));
    assert_eq!(text, fs::read_to_string(example).unwrap());
    check_metrics(&text);
    let hostile = exposition::text(&table(&snapshot, &identity("a\"b\\c\nd é 漢 \u{1f9f5} {x=\"y\"}")));
    check_metrics(&hostile);
    assert_eq!(hostile.lines().count(), text.lines().count());
}

#[test]
fn an_unknown_value_is_absent() {
    let mut driver = Driver::new(settings());
    let start = scrape(&driver);
    check_metrics(&start);
    for absent in ["cpu_usage_ratio", "memory_", "swap_", "last_reading_timestamp_seconds"] {
        assert!(!start.contains(&format!("loadline_{absent}")), "{start}");
    }
    assert_eq!(value(&start, "loadline_cpu_observed_seconds_total"), Some(0.0));
    read(&mut driver, Reading::default());
    let unknown = scrape(&driver);
    check_metrics(&unknown);
    for absent in ["cpu_usage_ratio", "memory_", "swap_"] {
        assert!(!unknown.contains(&format!("loadline_{absent}")), "{unknown}");
    }
    assert!(value(&unknown, "loadline_last_reading_timestamp_seconds").is_some());
    read(&mut driver, Reading { memory_pressure: Some(Pressure::Critical), ..cpu(0.0) });
    let known = scrape(&driver);
    assert_eq!(value(&known, "loadline_cpu_usage_ratio"), Some(0.0));
    assert_eq!(value(&known, "loadline_memory_pressure_level"), Some(2.0));
}

#[test]
fn a_machine_without_a_kept_name_has_no_label_for_it() {
    let driver = Driver::new(settings());
    let without = MachineIdentity { host_id: None, ..identity("studio") };
    let text = exposition::text(&table(&MetricsSnapshot::of(&driver.engine), &without));
    assert!(text.contains("\nloadline_host_info{host=\"studio\"} 1\n"), "{text}");
}

#[test]
fn the_totals_give_the_true_mean_and_skip_sleep() {
    let mut driver = Driver::new(settings());
    for percent in [90.0, 25.0, 75.0] {
        read(&mut driver, cpu(percent));
    }
    let totals = |driver: &Driver| {
        let scrape = scrape(driver);
        ["busy", "observed"].map(|name| value(&scrape, &format!("loadline_cpu_{name}_seconds_total")).unwrap())
    };
    assert_eq!(totals(&driver), [1.0, 2.0], "the first reading has none before it");
    read(&mut driver, Reading::default());
    assert_eq!(totals(&driver), [1.0, 2.0], "an unknown usage");
    driver.advance(Duration::from_secs(8 * 3600));
    driver.read(cpu(100.0));
    assert_eq!(totals(&driver), [1.0, 2.0], "a night of sleep");
    read(&mut driver, cpu(50.0));
    assert_eq!(totals(&driver), [1.5, 3.0]);
}

#[test]
fn every_alert_that_fires_counts_also_a_silent_one() {
    let mut driver = Driver::new(settings());
    let state = |driver: &Driver| {
        let scrape = scrape(driver);
        ["loadline_alert_firing", "loadline_alerts_total"]
            .map(|name| value(&scrape, &format!("{name}{{metric=\"cpu\"}}")).unwrap())
    };
    read(&mut driver, cpu(50.0));
    assert_eq!(state(&driver), [0.0, 0.0]);
    read(&mut driver, cpu(90.0));
    assert_eq!(state(&driver), [1.0, 1.0]);
    for _ in 0..60 {
        read(&mut driver, cpu(10.0));
    }
    assert_eq!(state(&driver), [0.0, 1.0]);
    driver.handle(Event::Command(UserCommand::Snooze(Snooze::Hour)));
    read(&mut driver, cpu(90.0));
    assert_eq!(state(&driver), [1.0, 2.0], "snoozed");
    assert_eq!(value(&scrape(&driver), "loadline_alerts_total{metric=\"memory\"}"), Some(0.0));
}

#[test]
fn a_threshold_is_absent_while_it_does_not_count() {
    let threshold = |settings: Settings, metric: &str| {
        value(&scrape(&Driver::new(settings)), &format!("loadline_alert_threshold_ratio{{metric=\"{metric}\"}}"))
    };
    let above = |percent| Threshold::Above(Percent::new(percent).unwrap());
    assert_eq!(threshold(Settings { cpu: above(7), ..settings() }, "cpu"), Some(0.07));
    assert_eq!(threshold(Settings { cpu: Threshold::Off, ..settings() }, "cpu"), None);
    assert_eq!(threshold(Settings { cpu: Threshold::Off, ..settings() }, "memory"), Some(0.8));
    for (signal, expected) in [(Signal::Used, Some(0.8)), (Signal::Both, Some(0.8)), (Signal::Pressure, None)] {
        assert_eq!(threshold(Settings { memory_signal: signal, ..settings() }, "memory"), expected, "{signal:?}");
    }
}

#[test]
fn the_interval_is_the_one_in_force() {
    let mut driver = Driver::new(settings());
    let interval = |driver: &Driver| value(&scrape(driver), "loadline_refresh_interval_seconds");
    read(&mut driver, cpu(10.0));
    assert_eq!(interval(&driver), Some(1.0));
    driver.handle(Event::PowerState(PowerState { is_on_battery: true, ..PowerState::default() }));
    assert_eq!(interval(&driver), Some(2.0));
}
