//! What is kept of the past: readings, their sums by the minute and the hour, and alerts.

use std::time::Duration;

use jiff::Timestamp;

use crate::core::alerts::event::{AlertEvent, Cause, RecoveryEvent, SuppressedBy};
use crate::core::metrics::metric::Metric;
use crate::core::metrics::reading::Reading;
use crate::core::processes::top_apps::AppUsage;
use crate::core::time::{between, longest_pause};

/// Readings are stored for a week, which the backtest goes through, and an hour more, in which they are deleted.
pub const READINGS_KEPT: Duration = Duration::from_secs((7 * 24 + 1) * 3600);
/// For how long minutes are kept.
pub const MINUTES_KEPT: Duration = Duration::from_secs(31 * 24 * 3600);
/// For how long hours, and alerts, are kept: two years.
pub const HOURS_KEPT: Duration = Duration::from_secs(731 * 24 * 3600);

/// Something to be kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A reading.
    Reading(StoredReading),
    /// An alert fired; or one that had fired silently tells.
    Alert {
        /// When.
        at: Timestamp,
        /// What was said of it.
        said: AlertEvent,
    },
    /// An alert is over.
    Recovery {
        /// When.
        at: Timestamp,
        /// What was, or would have been, said of that.
        said: RecoveryEvent,
    },
}

/// A reading as it is kept: the percentages to the hundredth, swap to the MiB, memory in bytes not at all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoredReading {
    /// When it was taken, to the millisecond.
    pub at: Timestamp,
    /// What was measured.
    pub reading: Reading,
    /// The refresh interval that was in force.
    pub refresh: Duration,
}

impl StoredReading {
    /// Whether there is a gap between the reading before and this one, as the alert rules have it.
    pub fn is_gap_since(&self, before: &StoredReading) -> bool {
        between(before.at, self.at) > longest_pause(before.refresh, self.refresh)
    }

    /// The time that it stands for where means are made, minutes: the refresh interval, for what lies in a gap nobody
    /// knows. Never 0: where the interval is not known, the value still is.
    pub fn weight_minutes(&self) -> f64 {
        self.refresh.max(Duration::from_millis(1)).as_secs_f64() / 60.0
    }
}

/// The readings of a minute, or of an hour, summed up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rollup {
    /// Its beginning.
    pub at: Timestamp,
    /// How many readings there were.
    pub readings: u32,
    /// What they say of the CPU; `None` where none of them knew.
    pub cpu: Option<MeanMax>,
    /// What they say of memory.
    pub memory: Option<MeanMax>,
}

impl Rollup {
    /// What it says of one metric.
    pub fn mean_max(&self, metric: Metric) -> Option<MeanMax> {
        match metric {
            Metric::Cpu => self.cpu,
            Metric::Memory => self.memory,
        }
    }
}

/// The values of one metric over a time, percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanMax {
    /// Their mean.
    pub mean_percent: f64,
    /// The highest.
    pub max_percent: f64,
}

/// An alert as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredAlert {
    /// Of what.
    pub metric: Metric,
    /// When it fired.
    pub fired_at: Timestamp,
    /// When it ended; `None` while it goes on. Of one that was still firing when Loadline ended: the last reading before.
    pub ended_at: Option<Timestamp>,
    /// Why it ended; `None` while it goes on.
    pub end: Option<StoredEnd>,
    /// What made it an alert.
    pub cause: Cause,
    /// The value on which it fired, percent.
    pub value_percent: f64,
    /// The highest value, percent; while it goes on, as far as is known.
    pub peak_percent: f64,
    /// Whether it was told, or fired silently.
    pub notified: bool,
    /// Why it fired silently, as [`SuppressedBy::key`] has it, if it did.
    pub suppressed_by: Option<String>,
    /// Who used the most; empty where that is not known.
    pub top_apps: Vec<AppUsage>,
    /// Whether these are of all processes; else those of other users could not be seen.
    pub is_complete: bool,
}

/// Why an alert of the past ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredEnd {
    /// The value was low again.
    Cleared,
    /// The person changed the rule.
    RuleChanged,
    /// Loadline ended before it did.
    Interrupted,
}

impl StoredEnd {
    /// All of them.
    pub const ALL: [StoredEnd; 3] = [StoredEnd::Cleared, StoredEnd::RuleChanged, StoredEnd::Interrupted];

    /// The name in JSON and in the database.
    pub fn key(self) -> &'static str {
        match self {
            StoredEnd::Cleared => "cleared",
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
