//! One line of output, and the event that it reports.

use jiff::Zoned;

use crate::core::alerts::event::{AlertEvent, RecoveryEvent};
use crate::core::metrics::reading::Reading;

/// One line of the console.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputLine {
    pub at: Zoned,
    pub event: OutputEvent,
}

/// The event that a line of the console reports.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputEvent {
    Reading(Reading),
    /// An alert fired, or notifies later.
    Alert(AlertEvent),
    /// An alert ended.
    Recovery(RecoveryEvent),
    /// A warning, for the programs that read stdout.
    Notice(String),
    /// One check of `doctor`: `Err` says what is wrong and the way out.
    Check {
        name: String,
        result: Result<String, String>,
    },
}
