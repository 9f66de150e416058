//! What is said of readings and alerts: the facts. Their words are `wording`'s, their JSON is `record`'s.

use std::sync::Arc;
use std::time::Duration;

use crate::core::metrics::metric::{Metric, Percent};
use crate::core::metrics::reading::Pressure;
use crate::core::processes::top_apps::AppUsage;

/// An alert, as it is said.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertEvent {
    /// Of what.
    pub metric: Metric,
    /// The value, percent.
    pub value_percent: f64,
    /// What makes it an alert.
    pub cause: Cause,
    /// For how long that has been so.
    pub above_for: Duration,
    /// How often it has fired in the last hour, this time included.
    pub times_in_hour: usize,
    /// Why it was not told, if it was not.
    pub suppressed_by: Option<SuppressedBy>,
    /// Who uses the most, the greatest user first; `None` where nobody looked, or the look failed.
    pub top_apps: Option<Arc<[AppUsage]>>,
    /// Whether they are of all processes; else those of other users could not be seen.
    pub is_complete: bool,
}

/// What makes an alert.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// The percentage is above this.
    Above(Percent),
    /// The system says that it is short of memory.
    Pressure(Pressure),
    /// Swap in use has grown.
    SwapGrowth {
        /// By so much, bytes.
        grown_bytes: u64,
        /// In so long.
        within: Duration,
    },
}

/// Why an alert fires silently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SuppressedBy {
    /// The person asked for silence.
    Snoozed,
    /// The hours in which the settings want silence.
    QuietHours,
    /// The settings want nothing to be said of this application, which uses the most.
    Ignored(Arc<str>),
    /// It told a short while ago: less than the cooldown.
    Cooldown(Duration),
    /// It told as often as it may in an hour.
    RateLimited,
}

/// The end of an alert, as it is said.
#[derive(Clone, Debug, PartialEq)]
pub struct RecoveryEvent {
    /// Of what.
    pub metric: Metric,
    /// The value, percent; `None` only when the person ended the alert while it was not known.
    pub value_percent: Option<f64>,
    /// Why it is over.
    pub end_reason: EndReason,
    /// From firing to the end.
    pub lasted: Duration,
    /// The highest value, percent.
    pub peak_percent: f64,
}

/// Why an alert is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EndReason {
    /// The percentage is below this.
    Below(f64),
    /// The system says that it has memory enough.
    PressureNormal,
    /// Swap in use does not grow any more.
    SwapSteady,
    /// The person changed the rule. Only actions are told.
    RuleChanged,
}
