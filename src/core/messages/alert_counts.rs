//! What came of a run, in numbers.

use crate::core::alerts::event::Said;
use crate::core::metrics::metric::Metric;

/// How many alerts there were. One that fired silently and told later counts as told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Alerts that told.
    pub told: u64,
    /// Alerts that fired silently to their end.
    pub silent: u64,
    /// Of each metric, whether the alert that fires is counted as silent so far.
    is_silent: [bool; 2],
}

impl Tally {
    /// Counts what is said.
    pub fn count(&mut self, said: &Said) {
        match said {
            Said::Alert(said) => self.alert(said.metric, said.silence.is_none()),
            Said::Recovery(said) => self.is_silent[said.metric as usize] = false,
            Said::Reading(_) | Said::Notice(_) | Said::Check { .. } => {}
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
    use crate::core::alerts::event::{AlertSaid, Cause, Ending, RecoverySaid, Silence};
    use crate::core::metrics::metric::Percent;

    fn alert(metric: Metric, silence: Option<Silence>) -> Said {
        Said::Alert(AlertSaid {
            metric,
            value_percent: 90.0,
            cause: Cause::Above(Percent::DEFAULT),
            above_for: Duration::ZERO,
            times_in_hour: 1,
            silence,
            processes: None,
            are_all_seen: false,
        })
    }

    fn recovery(metric: Metric) -> Said {
        let ending = Ending::Below(75.0);
        Said::Recovery(RecoverySaid { metric, value_percent: None, ending, lasted: Duration::ZERO, peak_percent: 90.0 })
    }

    #[test]
    fn what_is_told_late_is_told_and_not_silent() {
        let (cpu, memory) = (Metric::Cpu, Metric::Memory);
        let mut tally = Tally::default();
        let silent = |metric| alert(metric, Some(Silence::Snoozed));
        for said in [silent(cpu), silent(memory), alert(cpu, None), recovery(cpu), recovery(memory)] {
            tally.count(&said);
        }
        assert_eq!((tally.told, tally.silent), (1, 1));
        tally.count(&alert(memory, None));
        assert_eq!((tally.told, tally.silent), (2, 1), "the silent one was over");
    }
}
