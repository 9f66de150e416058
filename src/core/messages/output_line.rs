//! One line of output, and the event that it reports.

use jiff::Zoned;

use crate::core::alerts::event::{AlertEvent, RecoveryEvent};
use crate::core::metrics::reading::Reading;

/// One line of the console.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputLine {
    /// When it happened.
    pub at: Zoned,
    /// What happened.
    pub event: OutputEvent,
}

/// What a line of the console says.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputEvent {
    /// A reading.
    Reading(Reading),
    /// An alert fired, or told later.
    Alert(AlertEvent),
    /// An alert is over.
    Recovery(RecoveryEvent),
    /// A complaint, for the programs that read stdout.
    Notice(String),
    /// How one thing that `doctor` looked at stands: `Err` is what is wrong and the way out.
    Check {
        /// What was looked at.
        name: String,
        /// How it stands.
        result: Result<String, String>,
    },
}
