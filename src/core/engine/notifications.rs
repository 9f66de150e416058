//! The outcomes of notifications, and new attempts where nobody could see one.

use super::delivery::{FIRST_PAUSE, Unseen};
use super::{Engine, announcements};
use crate::core::history::record::Record;
use crate::core::messages::effect::{Effect, NotificationId, NotificationOutcome, Operation, Problem};
use crate::core::metrics::metric::Metric;
use crate::core::text;
use crate::core::time::Now;

impl Engine {
    /// The number of the next notification of an alert or an early warning.
    pub(super) fn next_sequence(&mut self) -> u64 {
        self.last_sequence += 1;
        self.last_sequence
    }

    /// Takes the outcome of a notification.
    pub(super) fn on_notified(&mut self, outcome: NotificationOutcome, now: &Now, effects: &mut Vec<Effect>) {
        let NotificationOutcome { id, sequence, is_shown, problem } = outcome;
        match problem {
            Some(problem) => self.note_notifications(Err(problem.into()), effects),
            None if is_shown => self.note_notifications(Ok(()), effects),
            // It was never sent, which says nothing of the service.
            None => {}
        }
        match id {
            NotificationId::Alert(metric) => self.on_alert_notified(metric, sequence, is_shown, now, effects),
            NotificationId::PanelMissing => self.panel.notified(is_shown),
            NotificationId::Forecast => self.on_forecast_notified(is_shown, effects),
            NotificationId::Test => {}
        }
        if is_shown {
            // Where one can be shown, those that could not be are shown too.
            self.notify_again(now, effects);
        }
    }

    /// Takes up that the outcome of no notification comes any more: nobody is known to have seen those that have none.
    pub(super) fn on_notifications_ended(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        for metric in Metric::ALL {
            let sequence = self.metrics[metric as usize].delivery.sequence;
            self.on_alert_notified(metric, sequence, false, now, effects);
        }
        if self.forecaster.is_outcome_awaited() {
            self.on_forecast_notified(false, effects);
        }
    }

    /// Takes up that an action has delivered an alert or an early warning, which counts as told from now on. Its notification is
    /// still shown, where nobody could see that.
    pub(super) fn on_action_delivered(&mut self, sequence: u64, now: &Now, effects: &mut Vec<Effect>) {
        for (metric, state) in Metric::ALL.into_iter().zip(&mut self.metrics) {
            let delivery = &mut state.delivery;
            if sequence == 0 || sequence != delivery.first_sequence || delivery.told_at.is_some() {
                continue;
            }
            delivery.told_at = Some(now.elapsed);
            if !std::mem::replace(&mut delivery.is_counted, true) {
                state.alert.count_notification(now.elapsed);
            }
            if delivery.note_told(true) {
                effects.push(Effect::Record(Record::AlertTold { metric, is_told: true }));
            }
        }
        self.forecaster.note_delivered(sequence);
        self.record_forecast_told(effects);
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
        if is_shown {
            delivery.unseen = None;
        } else {
            delivery.fail(now.elapsed);
            state.alert.take_back_notification(delivery.told_at);
        }
        let is_told = is_shown || delivery.told_at.is_some();
        if delivery.note_told(is_told) {
            effects.push(Effect::Record(Record::AlertTold { metric, is_told }));
        }
    }

    /// Shows what nobody could see and is still true: a notification service has come, or permission, or the service works again.
    pub(super) fn notify_again(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        self.panel.notify_again(effects);
        self.forecast_again(now, effects);
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
        delivery.is_counted = true;
        let event = self.alert_event(metric, breach, None, now);
        announcements::notify(event, &now.wall, sequence, &self.effective, effects);
    }
}

#[cfg(test)]
mod tests;
