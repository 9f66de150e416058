//! One line of output, and the event that it reports.

use jiff::Zoned;

use crate::core::alerts::event::{AlertEvent, RecoveryEvent};
use crate::core::forecast::event::ForecastEvent;
use crate::core::metrics::reading::Reading;

/// One line of the console.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputLine {
    pub at: Zoned,
    pub event: OutputEvent,
}

/// The content of a line.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputEvent {
    Reading(Reading),
    /// An alert that fired, or whose notification comes late.
    Alert(AlertEvent),
    Recovery(RecoveryEvent),
    /// Memory may cross its threshold.
    Forecast(ForecastEvent),
    /// A warning, for programs that read stdout.
    Notice(String),
    /// A finding of `doctor`.
    Check {
        name: String,
        result: CheckResult,
    },
}

/// The result of one check of `doctor`, with its detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckResult {
    Ok(String),
    /// Not there by intention, as a desktop on a server: no failure.
    Absent(String),
    /// The problem and the way out.
    Failed(String),
}

impl CheckResult {
    /// A failure as an absence: for parts that are of no use here.
    pub fn or_absent(self) -> Self {
        match self {
            Self::Failed(reason) => Self::Absent(reason),
            result => result,
        }
    }
}

impl From<Result<String, String>> for CheckResult {
    fn from(result: Result<String, String>) -> Self {
        result.map_or_else(Self::Failed, Self::Ok)
    }
}
