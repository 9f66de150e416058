//! The outcomes of notifications, and new attempts where nobody could see one.

use super::delivery::{FIRST_PAUSE, Unseen};
use super::{Engine, announcements};
use crate::core::history::record::Record;
use crate::core::messages::effect::{Effect, NotificationId, NotificationOutcome, Operation, Problem};
use crate::core::metrics::metric::Metric;
use crate::core::text;
use crate::core::time::Now;

impl Engine {
    /// The number of the next notification of an alert.
    pub(super) fn next_sequence(&mut self) -> u64 {
        self.last_sequence += 1;
        self.last_sequence
    }

    /// Takes the outcome of a notification.
    pub(super) fn on_notified(&mut self, outcome: NotificationOutcome, now: &Now, effects: &mut Vec<Effect>) {
        self.note_notifications(outcome.problem.map_or(Ok(()), |problem| Err(problem.into())), effects);
        match outcome.id {
            NotificationId::Alert(metric) => {
                self.on_alert_notified(metric, outcome.sequence, outcome.is_shown, now, effects);
            }
            NotificationId::PanelMissing => self.panel.notified(outcome.is_shown),
            NotificationId::Forecast => self.forecaster.notified(outcome.is_shown),
            NotificationId::Test => {}
        }
    }

    /// Notes whether notifications work. A failure is said once, and its end too.
    pub(super) fn note_notifications(&mut self, result: Result<(), Problem>, effects: &mut Vec<Effect>) {
        match result {
            Err(problem) => self.note_problem(Operation::Notify, problem, effects),
            Ok(()) if self.problems.remove(&Operation::Notify).is_some() => {
                effects.push(Effect::Warn(text::desktop::NOTIFICATIONS_WORK_NOW.into()));
            }
            Ok(()) => {}
        }
    }

    fn on_alert_notified(
        &mut self,
        metric: Metric,
        sequence: u64,
        is_shown: bool,
        now: &Now,
        effects: &mut Vec<Effect>,
    ) {
        let state = &mut self.metrics[metric as usize];
        let delivery = &mut state.delivery;
        if sequence == 0 || sequence != delivery.sequence {
            return;
        }
        delivery.sequence = 0;
        let was_unseen = delivery.unseen.is_some();
        if is_shown {
            delivery.unseen = None;
        } else {
            delivery.fail(now.elapsed);
            state.alert.take_back_notification(delivery.told_at);
        }
        // An action has told of it where it could not be shown.
        if delivery.is_recorded && delivery.told_at.is_none() && was_unseen == is_shown {
            effects.push(Effect::Record(Record::AlertTold { metric, is_told: is_shown }));
        }
    }

    /// A notification service has come, or permission for notifications: the alerts that still go on are shown now.
    pub(super) fn on_notifications_possible(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        self.panel.notify_again(effects);
        for metric in Metric::ALL {
            if let Some(unseen) = &mut self.metrics[metric as usize].delivery.unseen {
                *unseen = Unseen { retry_at: now.elapsed, pause: FIRST_PAUSE, ..*unseen };
            }
            self.notify_again_if_due(metric, now, effects);
        }
    }

    /// Sends the notification of an alert again that nobody could see. Its console line and its actions were there already.
    pub(super) fn notify_again_if_due(&mut self, metric: Metric, now: &Now, effects: &mut Vec<Effect>) {
        let unseen = self.metrics[metric as usize].delivery.unseen;
        let Some(unseen) = unseen.filter(|unseen| !unseen.is_sent && now.elapsed >= unseen.retry_at) else { return };
        let context = self.notify_context(metric, now);
        let state = &mut self.metrics[metric as usize];
        let told_at = state.delivery.told_at;
        let Some(breach) = state.sample.and_then(|sample| state.alert.notify_again(sample, told_at, &context)) else {
            return;
        };
        let sequence = self.next_sequence();
        let delivery = &mut self.metrics[metric as usize].delivery;
        (delivery.sequence, delivery.unseen) = (sequence, Some(Unseen { is_sent: true, ..unseen }));
        let event = self.alert_event(metric, breach, None, now);
        announcements::notify(event, &now.wall, sequence, &self.effective, effects);
    }
}
