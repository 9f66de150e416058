//! The transitions of an alert.

use std::time::Duration;

use super::event::{Cause, EndReason, SuppressedBy};

/// A change of an alert that has to be announced.
#[derive(Clone, Debug, PartialEq)]
pub enum Transition {
    Fired(Breach, Decision),
    /// It had fired silently, and notifies now.
    NotifiedLater(Breach),
    Cleared(AlertEnd),
    /// The person changed the rule: nothing is announced, and a notification that is shown is dismissed.
    Cancelled(AlertEnd),
}

/// A value that is above, and since when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breach {
    pub percent: f64,
    pub cause: Cause,
    pub above_for: Duration,
    pub times_in_hour: usize,
}

/// Whether an alert that fires notifies.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    Notify,
    Suppress(SuppressedBy),
    /// To be decided after a process scan.
    Pending,
}

/// The end of an alert.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlertEnd {
    /// `None` when it is not known.
    pub percent: Option<f64>,
    pub end_reason: EndReason,
    pub lasted: Duration,
    pub peak_percent: f64,
    pub notified: bool,
}
