//! What a step of an alert changed, for whoever has to say it.

use std::time::Duration;

use super::event::{Cause, EndReason, SuppressedBy};

/// What a step changed, for whoever has to say it.
#[derive(Clone, Debug, PartialEq)]
pub enum Transition {
    /// It fired.
    Fired(Breach, Decision),
    /// It had fired silently, and tells now.
    NotifiedLater(Breach),
    /// It is over, for the reason that is to be said.
    Cleared(AlertEnd),
    /// It ended because the person changed the rule: nothing is said, what was shown is withdrawn.
    Cancelled(AlertEnd),
}

/// What there is to say of a value that is above.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breach {
    /// The value, percent.
    pub percent: f64,
    /// What makes it an alert.
    pub cause: Cause,
    /// For how long that has been so.
    pub above_for: Duration,
    /// How often it has fired in the last hour, this time included.
    pub times_in_hour: usize,
}

/// Whether an alert that fires tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// It does.
    Notify,
    /// It does not, for this reason.
    Suppress(SuppressedBy),
    /// That is open.
    Pending,
}

/// What there is to say of an alert that is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlertEnd {
    /// The value, percent, if it is known.
    pub percent: Option<f64>,
    /// Why it is over.
    pub end_reason: EndReason,
    /// From firing to the end.
    pub lasted: Duration,
    /// The highest value, percent.
    pub peak_percent: f64,
    /// Whether it had told.
    pub notified: bool,
}
