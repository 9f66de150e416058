//! The facts of alerts and their ends: `core::text` puts them into words, `core::json` into records.

use std::sync::Arc;
use std::time::Duration;

use crate::core::metrics::metric::{Metric, Percent};
use crate::core::metrics::reading::{CpuLimitUse, Pressure};
use crate::core::processes::top_apps::AppUsage;

/// An alert that fired, or notifies later.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertEvent {
    pub metric: Metric,
    pub value_percent: f64,
    pub cause: Cause,
    /// How long the cause has held.
    pub above_for: Duration,
    /// The cgroup limit of an alert of the CPU; `None` where nothing limits it.
    pub cpu_limit: Option<CpuLimitUse>,
    /// How often the alert fired in the last hour, this time included.
    pub times_in_hour: usize,
    /// `None` where it notified.
    pub suppressed_by: Option<SuppressedBy>,
    /// The applications that use the most, the greatest first; `None` where there was no scan, or it failed, or where they are
    /// not the reason. Empty where the scan saw none that uses anything.
    pub top_apps: Option<Arc<[AppUsage]>>,
    /// Whether the scan saw all processes; otherwise those of other users are missing.
    pub is_complete: bool,
    /// The share of the CPU, 0..=100, that other virtual machines took while the value was above; `None` unless it is most of
    /// the value. Then no application is named.
    pub steal_percent: Option<f64>,
}

/// The condition that makes an alert.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    Above(Percent),
    Pressure(Pressure),
    /// Swap in use has grown, within this time window.
    SwapGrowth {
        grown_bytes: u64,
        within: Duration,
    },
}

/// The reason why an alert fires silently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SuppressedBy {
    Snoozed,
    QuietHours,
    /// This application uses the most, and the settings ignore it.
    Ignored(Arc<str>),
    /// The last notification is less than this long ago.
    Cooldown(Duration),
    /// The alert notified as often as it may in an hour.
    RateLimited,
}

/// The end of an alert.
#[derive(Clone, Debug, PartialEq)]
pub struct RecoveryEvent {
    pub metric: Metric,
    /// `None` only where the alert ended because the value was not known, or the person ended it then.
    pub value_percent: Option<f64>,
    pub end_reason: EndReason,
    pub lasted: Duration,
    pub peak_percent: f64,
}

/// The reason why an alert ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EndReason {
    /// The percentage is below this.
    Below(f64),
    PressureNormal,
    SwapSteady,
    /// The value has been unknown for a minute.
    Unknown,
    /// The person changed the rule. Only actions are notified.
    RuleChanged,
}

#[cfg(test)]
impl AlertEvent {
    /// An alert that notifies: 90%, above 80% for 5 s, nothing known of the processes.
    pub fn sample(metric: Metric) -> AlertEvent {
        AlertEvent {
            metric,
            value_percent: 90.0,
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
}
