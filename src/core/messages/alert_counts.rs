//! What came of a run, in numbers.

use super::output_line::OutputEvent;
use crate::core::metrics::metric::Metric;

/// How many alerts there were. One that fired silently and told later counts as told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertCounts {
    /// Alerts that told.
    pub told: u64,
    /// Alerts that fired silently to their end.
    pub silent: u64,
    /// Of each metric, whether the alert that fires is counted as silent so far.
    is_silent: [bool; 2],
}

impl AlertCounts {
    /// Counts what is said.
    pub fn count(&mut self, said: &OutputEvent) {
        match said {
            OutputEvent::Alert(said) => self.alert(said.metric, said.suppressed_by.is_none()),
            OutputEvent::Recovery(said) => self.is_silent[said.metric as usize] = false,
            OutputEvent::Reading(_) | OutputEvent::Notice(_) | OutputEvent::Check { .. } => {}
        }
    }

    fn alert(&mut self, metric: Metric, is_told: bool) {
        let was_silent = std::mem::replace(&mut self.is_silent[metric as usize], !is_told);
        if is_told {
            self.told += 1;
            self.silent -= u64::from(was_silent);
        } else {
            self.silent += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::core::alerts::event::{AlertEvent, Cause, EndReason, RecoveryEvent, SuppressedBy};
    use crate::core::metrics::metric::Percent;

    fn alert(metric: Metric, silence: Option<SuppressedBy>) -> OutputEvent {
        OutputEvent::Alert(AlertEvent {
            metric,
            value_percent: 90.0,
            cause: Cause::Above(Percent::DEFAULT),
            above_for: Duration::ZERO,
            times_in_hour: 1,
            suppressed_by: silence,
            top_apps: None,
            is_complete: false,
        })
    }

    fn recovery(metric: Metric) -> OutputEvent {
        let ending = EndReason::Below(75.0);
        OutputEvent::Recovery(RecoveryEvent {
            metric,
            value_percent: None,
            end_reason: ending,
            lasted: Duration::ZERO,
            peak_percent: 90.0,
        })
    }

    #[test]
    fn what_is_told_late_is_told_and_not_silent() {
        let (cpu, memory) = (Metric::Cpu, Metric::Memory);
        let mut tally = AlertCounts::default();
        let silent = |metric| alert(metric, Some(SuppressedBy::Snoozed));
        for said in [silent(cpu), silent(memory), alert(cpu, None), recovery(cpu), recovery(memory)] {
            tally.count(&said);
        }
        assert_eq!((tally.told, tally.silent), (1, 1));
        tally.count(&alert(memory, None));
        assert_eq!((tally.told, tally.silent), (2, 1), "the silent one was over");
    }
}
