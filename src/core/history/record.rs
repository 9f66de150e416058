//! The records of the history: readings, their rollups by the minute and the hour, and alerts.

use std::time::Duration;

use jiff::Timestamp;

use crate::core::alerts::event::{AlertEvent, Cause, RecoveryEvent, SuppressedBy};
use crate::core::forecast::event::ForecastEvent;
use crate::core::metrics::metric::Metric;
use crate::core::metrics::reading::Reading;
use crate::core::processes::app_look::AppLook;
use crate::core::processes::top_apps::AppUsage;
use crate::core::time::{between, longest_pause};

/// Readings are stored for a week, which the backtest goes through, and an hour more, in which they are deleted.
pub const READINGS_KEPT: Duration = Duration::from_secs((7 * 24 + 1) * 3600);
/// Minutes are stored for so long.
pub const MINUTES_KEPT: Duration = Duration::from_secs(31 * 24 * 3600);
/// Hours and alerts are stored for so long: two years.
pub const HOURS_KEPT: Duration = Duration::from_secs(731 * 24 * 3600);

/// The reason of silence of an alert or an early warning whose notification nobody could see.
pub const NOT_SHOWN: &str = "not_shown";

/// One record for the history. `Alert`: one fired; or one that had fired silently notified later.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    Reading(StoredReading),
    /// The applications since the look before.
    Apps {
        at: Timestamp,
        look: AppLook,
    },
    Alert {
        at: Timestamp,
        event: AlertEvent,
    },
    Recovery {
        at: Timestamp,
        event: RecoveryEvent,
    },
    Forecast {
        at: Timestamp,
        event: ForecastEvent,
    },
    /// Nobody could see the notification of the latest alert that notified, or somebody can now.
    AlertTold {
        metric: Metric,
        is_told: bool,
    },
    /// Nobody could see the notification of the early warning of this time, or somebody can now.
    ForecastTold {
        at: Timestamp,
        is_told: bool,
    },
}

/// A reading as it is stored: percentages to the hundredth, swap to the MiB, memory in bytes not at all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoredReading {
    /// To the millisecond.
    pub at: Timestamp,
    pub reading: Reading,
    /// The refresh interval in force then.
    pub refresh: Duration,
}

impl StoredReading {
    /// Whether there is a gap between the reading before and this one, by the same rule as for alerts.
    pub fn is_gap_since(&self, before: &StoredReading) -> bool {
        between(before.at, self.at) > longest_pause(before.refresh, self.refresh)
    }

    /// Its weight in means: the refresh interval in minutes, for nothing is known of a gap. Never 0: where the interval is
    /// unknown, the value still is known.
    pub fn weight_minutes(&self) -> f64 {
        self.refresh.max(Duration::from_millis(1)).as_secs_f64() / 60.0
    }
}

/// The readings of a minute or an hour, summed up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rollup {
    /// The beginning of the span.
    pub at: Timestamp,
    pub readings: u32,
    /// `None` where no reading had a value.
    pub cpu: Option<MeanMax>,
    pub memory: Option<MeanMax>,
}

impl Rollup {
    /// The values of one metric.
    pub fn mean_max(&self, metric: Metric) -> Option<MeanMax> {
        [self.cpu, self.memory][metric as usize]
    }
}

/// Mean and maximum of one metric over a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanMax {
    pub mean_percent: f64,
    pub max_percent: f64,
}

/// An alert as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredAlert {
    pub metric: Metric,
    pub fired_at: Timestamp,
    /// `None` while it is ongoing. Of an alert that outlasted Loadline: the last reading before its end.
    pub ended_at: Option<Timestamp>,
    /// `None` while it is ongoing.
    pub end: Option<StoredEnd>,
    pub cause: Cause,
    /// The value on which it fired.
    pub value_percent: f64,
    /// The highest value so far.
    pub peak_percent: f64,
    /// False when it fired silently.
    pub notified: bool,
    /// The key ([`SuppressedBy::key`]) of the reason that it fired silently.
    pub suppressed_by: Option<String>,
    /// `None` where no scan was made; empty where no visible one used any.
    pub top_apps: Option<Vec<AppUsage>>,
    /// False when processes of other users could not be seen.
    pub is_complete: bool,
    /// The share of the CPU that other virtual machines took, where it was the reason.
    pub steal_percent: Option<f64>,
}

/// An early warning as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredForecast {
    pub at: Timestamp,
    /// Sizes to the MiB. It does not say whether it notified.
    pub event: ForecastEvent,
    /// False where it was given silently.
    pub notified: bool,
    /// The key ([`SuppressedBy::key`]) of the reason for that.
    pub suppressed_by: Option<String>,
}

/// The reason that a stored alert ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredEnd {
    Cleared,
    /// The value had been unknown for a minute.
    Unknown,
    RuleChanged,
    /// Loadline ended before the alert did.
    Interrupted,
}

impl StoredEnd {
    /// All reasons.
    pub const ALL: [StoredEnd; 4] =
        [StoredEnd::Cleared, StoredEnd::Unknown, StoredEnd::RuleChanged, StoredEnd::Interrupted];

    /// The name in JSON and in the database.
    pub fn key(self) -> &'static str {
        match self {
            StoredEnd::Cleared => "cleared",
            StoredEnd::Unknown => "unknown",
            StoredEnd::RuleChanged => "rule_changed",
            StoredEnd::Interrupted => "not_seen",
        }
    }
}

impl SuppressedBy {
    /// The name in JSON and in the database.
    pub fn key(&self) -> &'static str {
        match self {
            SuppressedBy::Snoozed => "snoozed",
            SuppressedBy::QuietHours => "quiet_hours",
            SuppressedBy::Ignored(_) => "ignored",
            SuppressedBy::Cooldown(_) => "told_lately",
            SuppressedBy::RateLimited => "told_often",
        }
    }
}
