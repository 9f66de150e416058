//! Values that stay unknown: reported once, and once when they are back; and alerts do not outlive them.

use std::time::Duration;

use loadline::core::alerts::event::EndReason;
use loadline::core::alerts::rule::SwapGrowth;
use loadline::core::engine::EngineOptions;
use loadline::core::messages::effect::Effect;
use loadline::core::messages::output_line::{OutputEvent, OutputLine};
use loadline::core::metrics::metric::Metric;
use loadline::core::metrics::reading::Reading;
use loadline::core::settings::{Overrides, Settings};
use loadline::core::text;

use crate::support::engine::{ALERTS_ONLY, Driver, WITH_APPS};

const SECOND: Duration = Duration::from_secs(1);

/// A reading with these percentages.
fn reading(cpu: Option<f64>, memory: Option<f64>) -> Reading {
    Reading { cpu_percent: cpu, memory_percent: memory, ..Reading::default() }
}

fn driver(options: EngineOptions) -> Driver {
    Driver::with(Settings { after: Duration::ZERO, ..Settings::DEFAULT }, Overrides::default(), options)
}

/// Takes the same reading every second for so many seconds, and returns the warnings.
fn repeat(driver: &mut Driver, seconds: u32, reading: Reading) -> Vec<String> {
    let mut warnings = Vec::new();
    for _ in 0..seconds {
        driver.advance(SECOND);
        for effect in driver.read(reading) {
            if let Effect::Warn(warning) = effect {
                warnings.push(warning);
            }
        }
    }
    warnings
}

#[test]
fn a_value_unknown_for_a_minute_is_reported_once_and_so_is_its_return() {
    let mut driver = driver(WITH_APPS);
    assert_eq!(repeat(&mut driver, 5, reading(Some(10.0), Some(50.0))), [""; 0]);
    assert_eq!(repeat(&mut driver, 60, reading(None, Some(50.0))), [""; 0]);
    assert_eq!(driver.view().problem, None);
    let failed = "CPU readings have failed for a minute, so no alert can fire ('loadline doctor' says why)";
    assert_eq!(repeat(&mut driver, 3600, reading(None, Some(50.0))), [failed]);
    assert_eq!(driver.view().problem.as_deref(), Some("CPU not known: no reading for a minute"));
    assert_eq!(repeat(&mut driver, 60, reading(Some(10.0), Some(50.0))), ["CPU readings are back"]);
    assert_eq!(driver.view().problem, None);
    assert_eq!(repeat(&mut driver, 120, reading(Some(10.0), None)).len(), 1, "the same for memory");
}

#[test]
fn a_value_that_is_known_now_and_then_is_no_problem() {
    let mut driver = driver(WITH_APPS);
    for _ in 0..10 {
        assert_eq!(repeat(&mut driver, 59, reading(None, Some(50.0))), [""; 0]);
        assert_eq!(repeat(&mut driver, 1, reading(Some(10.0), Some(50.0))), [""; 0]);
    }
}

#[test]
fn one_failed_read_at_a_long_interval_neither_ends_an_alert_nor_is_a_problem() {
    let refresh = 60 * SECOND;
    let settings = Settings { after: Duration::ZERO, refresh, ..Settings::DEFAULT };
    let mut driver = Driver::with(settings, Overrides::default(), WITH_APPS);
    // A failed read costs two percentages.
    for cpu in [Some(97.0), None, None, Some(97.0)] {
        driver.advance(refresh);
        for effect in driver.read(reading(cpu, Some(50.0))) {
            assert!(!matches!(effect, Effect::Warn(_)), "{effect:?}");
        }
    }
    assert_eq!(driver.engine.alert(Metric::Cpu).firing().map(|firing| firing.fired_at), Some(refresh));
}

#[test]
fn a_trace_without_a_column_is_no_problem() {
    assert_eq!(repeat(&mut driver(ALERTS_ONLY), 600, reading(Some(10.0), None)), [""; 0]);
}

#[test]
fn an_alert_ends_when_its_value_has_been_unknown_for_a_minute() {
    let mut driver = driver(ALERTS_ONLY);
    repeat(&mut driver, 10, reading(Some(97.0), Some(50.0)));
    driver.effects.clear();
    repeat(&mut driver, 600, reading(None, Some(50.0)));
    let printed = driver.effects.iter().filter_map(|(at, effect)| match effect {
        Effect::Print(line) => Some((*at, line)),
        _ => None,
    });
    let printed: Vec<_> = printed.collect();
    assert_eq!(printed.len(), 1, "{printed:?}");
    let (at, line) = &printed[0];
    assert_eq!(*at, 71 * SECOND);
    assert!(matches!(&line.event, OutputEvent::Recovery(end) if end.end_reason == EndReason::Unknown), "{line:?}");
    let text = "NOTE   CPU has not been known for a minute: the alert ended after 1 min 10 s (peak 97%)";
    assert!(text::console::console_line(line).ends_with(text), "{}", text::console::console_line(line));
    let ends = |effect: &Effect| matches!(effect, Effect::Notify(n) if n.is_quiet && n.title == "CPU: not known");
    assert!(driver.effects.iter().any(|(_, effect)| ends(effect)), "{:?}", driver.effects);
}

#[test]
fn an_alert_of_swap_ends_when_swap_has_been_unknown_for_a_minute() {
    let growth = SwapGrowth { above_bytes: 1_000, within: 600 * SECOND };
    let settings = Settings { after: Duration::ZERO, swap_growth: Some(growth), ..Settings::DEFAULT };
    let mut driver = Driver::new(settings);
    let swap = |swap_used_bytes| Reading { swap_used_bytes, ..reading(Some(10.0), Some(50.0)) };
    repeat(&mut driver, 1, swap(Some(0)));
    repeat(&mut driver, 1, swap(Some(5_000)));
    // Unknown for less than a minute, it goes on.
    repeat(&mut driver, 60, swap(None));
    let is_firing = |driver: &Driver| driver.engine.alert(Metric::Memory).firing().is_some();
    assert!(is_firing(&driver));
    driver.effects.clear();
    repeat(&mut driver, 1, swap(None));
    assert!(!is_firing(&driver));
    let reason = driver.effects.iter().find_map(|(_, effect)| match effect {
        Effect::Print(OutputLine { event: OutputEvent::Recovery(end), .. }) => Some(end.end_reason),
        _ => None,
    });
    assert_eq!(reason, Some(EndReason::Below(75.0)));
    // The values from before are forgotten: nobody knows when swap grew.
    repeat(&mut driver, 1, swap(Some(50_000)));
    assert!(!is_firing(&driver));
    repeat(&mut driver, 1, swap(Some(55_000)));
    assert!(is_firing(&driver));
    // Values that are missing now and then do not hold the alert up.
    for _ in 0..350 {
        repeat(&mut driver, 1, swap(None));
        repeat(&mut driver, 1, swap(Some(55_000)));
    }
    assert!(!is_firing(&driver));
}

#[test]
fn swap_of_a_cgroup_and_of_the_machine_are_not_compared() {
    let growth = SwapGrowth { above_bytes: 1_000, within: 600 * SECOND };
    let settings = Settings { after: Duration::ZERO, swap_growth: Some(growth), ..Settings::DEFAULT };
    let mut driver = Driver::new(settings);
    let swap = |memory_limit_bytes, bytes| Reading {
        memory_limit_bytes,
        swap_used_bytes: Some(bytes),
        ..reading(Some(10.0), Some(50.0))
    };
    let is_firing = |driver: &Driver| driver.engine.alert(Metric::Memory).firing().is_some();
    for (limit, bytes) in [(Some(100), 50), (None, 90_000), (Some(100), 60), (None, 95_000)] {
        repeat(&mut driver, 2, swap(limit, bytes));
        assert!(!is_firing(&driver), "{limit:?}");
    }
    // Growth under one limit is one, also where the limit changes.
    repeat(&mut driver, 1, swap(Some(100), 60));
    repeat(&mut driver, 1, swap(Some(200), 5_000));
    assert!(is_firing(&driver));
}
