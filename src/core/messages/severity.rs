//! The severity of a line, for the system's log.

use super::output_line::{CheckResult, OutputEvent};

/// The severity of a line, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The run cannot go on.
    Error,
    /// An alert, or a problem that the run survives.
    Warning,
    /// The end of an alert, or an early warning.
    Notice,
    /// A reading, or a check that passed.
    Info,
}

impl Severity {
    /// The severity of the line that reports `event`.
    pub fn of(event: &OutputEvent) -> Severity {
        match event {
            OutputEvent::Alert(_) | OutputEvent::Notice(_) => Severity::Warning,
            OutputEvent::Check { result: CheckResult::Failed(_), .. } => Severity::Warning,
            OutputEvent::Recovery(_) | OutputEvent::Forecast(_) => Severity::Notice,
            OutputEvent::Reading(_) | OutputEvent::Check { .. } => Severity::Info,
        }
    }

    /// The priority by which syslog and the journal call it, from 0 to 7.
    ///
    /// Source: syslog(3), LOG_ERR to LOG_INFO.
    pub fn priority(self) -> u8 {
        match self {
            Severity::Error => 3,
            Severity::Warning => 4,
            Severity::Notice => 5,
            Severity::Info => 6,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::core::alerts::event::{AlertEvent, EndReason, RecoveryEvent};
    use crate::core::metrics::metric::Metric;
    use crate::core::metrics::reading::Reading;

    fn priority(event: &OutputEvent) -> u8 {
        Severity::of(event).priority()
    }

    #[test]
    fn alerts_and_problems_are_warnings_and_readings_are_information() {
        assert_eq!(priority(&OutputEvent::Alert(AlertEvent::sample(Metric::Cpu))), 4);
        assert_eq!(priority(&OutputEvent::Notice("the disk is full".into())), 4);
        let recovery = RecoveryEvent {
            metric: Metric::Cpu,
            value_percent: Some(10.0),
            end_reason: EndReason::Below(75.0),
            lasted: Duration::from_secs(60),
            peak_percent: 97.0,
        };
        assert_eq!(priority(&OutputEvent::Recovery(recovery)), 5);
        assert_eq!(priority(&OutputEvent::Reading(Reading::default())), 6);
        assert_eq!(Severity::Error.priority(), 3, "graver than all of them");
    }

    #[test]
    fn only_a_failed_check_is_a_warning() {
        let check = |result| priority(&OutputEvent::Check { name: "history".into(), result });
        assert_eq!(check(CheckResult::Failed("cannot be read".into())), 4);
        assert_eq!(check(CheckResult::Absent("no desktop".into())), 6);
        assert_eq!(check(CheckResult::Ok("works".into())), 6);
    }
}
