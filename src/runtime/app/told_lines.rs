//! The lines of a console monitor that tell of an alert or an early warning, while it is not known whether somebody could see
//! them.

use std::collections::BTreeMap;

use crate::core::messages::effect::{NotificationId, NotificationOutcome};

/// The lines whose outcome is not known yet, or whose notification's is not.
#[derive(Default)]
pub struct ToldLines {
    /// The latest notification, whose line may follow.
    pub next: Option<(NotificationId, u64)>,
    lines: BTreeMap<NotificationId, ToldLine>,
}

struct ToldLine {
    /// The number of the notification, which is that of the line too.
    sequence: u64,
    /// Whether it was printed; `None` until that is known.
    is_printed: Option<bool>,
    /// The outcome of a notification that was not shown: it waits for that of the line.
    unshown: Option<NotificationOutcome>,
}

impl ToldLines {
    /// Whether no line is waited for.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The line of a notification is printed.
    pub fn begin(&mut self, id: NotificationId, sequence: u64) {
        self.lines.insert(id, ToldLine { sequence, is_printed: None, unshown: None });
    }

    /// Takes the outcome of a line. Returns that of its notification, if it has waited for the line. Where no notifier shows it
    /// (`has_notifier`), the line alone decides.
    pub fn on_printed(&mut self, sequence: u64, is_printed: bool, has_notifier: bool) -> Option<NotificationOutcome> {
        let (id, line) = self.lines.iter_mut().find(|(_, line)| line.sequence == sequence)?;
        let id = *id;
        line.is_printed = Some(is_printed);
        let alone = (!has_notifier).then(|| NotificationOutcome::unsent(id, sequence));
        let outcome = line.unshown.take().or(alone)?;
        self.lines.remove(&id);
        Some(NotificationOutcome { is_shown: is_printed, ..outcome })
    }

    /// Takes the outcome of a notification. One that was not shown counts as shown where its line was printed; `None` while that
    /// is not known.
    pub fn on_notified(&mut self, mut outcome: NotificationOutcome) -> Option<NotificationOutcome> {
        let line = self.lines.get_mut(&outcome.id).filter(|line| line.sequence == outcome.sequence);
        let Some(line) = line else { return Some(outcome) };
        if line.is_printed.is_none() && !outcome.is_shown {
            line.unshown = Some(outcome);
            return None;
        }
        outcome.is_shown |= line.is_printed == Some(true);
        self.lines.remove(&outcome.id);
        Some(outcome)
    }

    /// The outcomes at the end of the run, for all lines that are left: those that were printed can have been seen.
    pub fn end(&mut self) -> Vec<NotificationOutcome> {
        let outcome = |(id, line): (NotificationId, ToldLine)| {
            let is_shown = line.is_printed == Some(true);
            NotificationOutcome { is_shown, ..NotificationOutcome::unsent(id, line.sequence) }
        };
        std::mem::take(&mut self.lines).into_iter().map(outcome).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::metrics::metric::Metric;

    const CPU: NotificationId = NotificationId::Alert(Metric::Cpu);

    fn begun() -> ToldLines {
        let mut lines = ToldLines::default();
        lines.begin(CPU, 7);
        lines.begin(NotificationId::Forecast, 8);
        lines
    }

    fn outcome(sequence: u64, is_shown: bool) -> NotificationOutcome {
        let problem = (!is_shown).then(|| "no service".to_owned());
        NotificationOutcome { id: CPU, sequence, is_shown, problem }
    }

    #[test]
    fn a_notification_that_was_not_shown_counts_as_shown_where_its_line_was_printed() {
        for is_printed in [true, false] {
            let expected = Some(NotificationOutcome { is_shown: is_printed, ..outcome(7, false) });
            let mut lines = begun();
            assert_eq!(lines.on_printed(7, is_printed, true), None);
            assert_eq!(lines.on_notified(outcome(7, false)), expected);
            let mut lines = begun();
            assert_eq!(lines.on_notified(outcome(7, false)), None, "the line is not known");
            assert_eq!(lines.on_printed(7, is_printed, true), expected);
            assert_eq!(lines.on_printed(7, is_printed, true), None, "once");
        }
    }

    #[test]
    fn a_notification_that_was_shown_needs_no_line_and_another_number_is_passed_on() {
        let mut lines = begun();
        assert_eq!(lines.on_notified(outcome(6, false)), Some(outcome(6, false)));
        assert_eq!(lines.on_notified(outcome(7, true)), Some(outcome(7, true)));
        assert_eq!(lines.on_notified(outcome(7, false)), Some(outcome(7, false)), "its line is not waited for");
        assert_eq!(lines.on_printed(7, false, false), None);
    }

    #[test]
    fn without_a_notifier_the_line_decides() {
        for is_printed in [true, false] {
            let mut lines = begun();
            let expected = NotificationOutcome { is_shown: is_printed, ..NotificationOutcome::unsent(CPU, 7) };
            assert_eq!(lines.on_printed(7, is_printed, false), Some(expected));
            assert!(!lines.is_empty());
        }
    }

    #[test]
    fn at_the_end_the_lines_that_were_printed_have_told() {
        let mut lines = begun();
        lines.on_printed(7, true, true);
        let told: Vec<_> = lines.end().into_iter().map(|outcome| (outcome.sequence, outcome.is_shown)).collect();
        assert_eq!((told, lines.is_empty()), (vec![(7, true), (8, false)], true));
    }
}
