//! Events as the engine makes them, for tests that need one of them and not an engine.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

use loadline::core::alerts::event::{AlertEvent, Cause, EndReason, RecoveryEvent};
use loadline::core::metrics::metric::{Metric, Percent};
use loadline::core::metrics::reading::Reading;
use loadline::core::processes::top_apps::AppUsage;
use loadline::core::settings::action::{Action, ActionKind};
use loadline::core::time::Now;

/// The wall clock at the start of virtual time.
const NOON: &str = "2026-11-22T12:00:00Z";

/// Both clocks, `elapsed` after the start of virtual time.
pub fn at(elapsed: Duration) -> Now {
    let wall = (NOON.parse::<Timestamp>().unwrap() + elapsed).to_zoned(TimeZone::UTC);
    Now { elapsed, wall }
}

/// A reading of the CPU alone.
pub fn cpu(percent: f64) -> Reading {
    Reading { cpu_percent: Some(percent), ..Reading::default() }
}

/// An alert that notifies: above 80% for 5 s, nothing known of the processes.
pub fn alert(metric: Metric, value_percent: f64) -> AlertEvent {
    AlertEvent {
        metric,
        value_percent,
        cause: Cause::Above(Percent::DEFAULT),
        above_for: Duration::from_secs(5),
        cpu_limit: None,
        times_in_hour: 1,
        suppressed_by: None,
        top_apps: None,
        is_complete: false,
        steal_percent: None,
    }
}

/// The end of such an alert: back below 75%.
pub fn recovery(metric: Metric, value_percent: f64, lasted: Duration) -> RecoveryEvent {
    let (value_percent, end_reason) = (Some(value_percent), EndReason::Below(75.0));
    RecoveryEvent { metric, value_percent, end_reason, lasted, peak_percent: 97.0 }
}

/// An action for alerts of both metrics, and for nothing else, without a limit.
pub fn action(name: &str, kind: ActionKind) -> Action {
    Action {
        name: name.into(),
        on_alert: true,
        on_recovery: false,
        on_forecast: false,
        metrics: Metric::ALL.to_vec(),
        min_interval: Duration::ZERO,
        timeout: Duration::from_secs(60),
        kind,
        is_machine_wide: false,
        is_trusted: true,
    }
}

/// A command that does nothing.
pub fn command() -> ActionKind {
    ActionKind::Command { argv: vec!["true".into()] }
}

/// An application that keeps three cores busy.
pub fn app(name: &str, pids: &[u32], memory_bytes: u64) -> AppUsage {
    AppUsage { name: name.into(), pids: pids.to_vec(), cpu_percent: 310.0, memory_bytes }
}
