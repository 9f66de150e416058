//! The numbers of notified and silent alerts of a run.

use super::output_line::OutputEvent;
use crate::core::metrics::metric::Metric;

/// The alerts of a run. One that fired silently and notified later counts as notified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertCounts {
    pub notified: u64,
    /// Alerts that never notified.
    pub silent: u64,
    /// Whether the firing alert of each metric counts as silent so far.
    is_silent: [bool; 2],
}

impl AlertCounts {
    /// Counts an alert event.
    pub fn count(&mut self, event: &OutputEvent) {
        match event {
            OutputEvent::Alert(event) => self.alert(event.metric, event.suppressed_by.is_none()),
            OutputEvent::Recovery(event) => self.is_silent[event.metric as usize] = false,
            OutputEvent::Forecast(_) | OutputEvent::Reading(_) | OutputEvent::Notice(_) | OutputEvent::Check { .. } => {
            }
        }
    }

    fn alert(&mut self, metric: Metric, is_notified: bool) {
        let was_silent = std::mem::replace(&mut self.is_silent[metric as usize], !is_notified);
        if is_notified {
            self.notified += 1;
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
    use crate::core::alerts::event::{AlertEvent, EndReason, RecoveryEvent, SuppressedBy};

    fn alert(metric: Metric, suppressed_by: Option<SuppressedBy>) -> OutputEvent {
        OutputEvent::Alert(AlertEvent { suppressed_by, ..AlertEvent::sample(metric) })
    }

    fn recovery(metric: Metric) -> OutputEvent {
        OutputEvent::Recovery(RecoveryEvent {
            metric,
            value_percent: None,
            end_reason: EndReason::Below(75.0),
            lasted: Duration::ZERO,
            peak_percent: 90.0,
        })
    }

    #[test]
    fn an_alert_that_notifies_late_is_not_silent() {
        let (cpu, memory) = (Metric::Cpu, Metric::Memory);
        let mut counts = AlertCounts::default();
        let silent = |metric| alert(metric, Some(SuppressedBy::Snoozed));
        for event in [silent(cpu), silent(memory), alert(cpu, None), recovery(cpu), recovery(memory)] {
            counts.count(&event);
        }
        assert_eq!((counts.notified, counts.silent), (1, 1));
        counts.count(&alert(memory, None));
        assert_eq!((counts.notified, counts.silent), (2, 1), "the silent one was over");
    }
}
