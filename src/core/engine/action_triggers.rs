//! The actions that an alert or its end triggers, and when they last ran.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::core::messages::effect::{ActionRequest, Effect};
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::metrics::metric::Metric;
use crate::core::settings::action::{Action, ActionKind, Preset};
use crate::core::text;
use crate::core::time::Now;

/// How often an ongoing alert is resent to Alertmanager: it holds alerts in memory alone, and ends those that it does not
/// hear of. Prometheus resends every minute; a third of the time after which an alert ends is often enough.
const RESEND_INTERVAL: Duration = Duration::from_secs(300);

/// The alerts that each action got. Times are on the monotonic clock.
#[derive(Clone, Debug, Default)]
pub struct ActionTriggers {
    /// When each action last ran for an alert of each metric, or for an end if it subscribes to ends alone.
    last_runs: BTreeMap<Key, Duration>,
    /// The actions that got the alert that fires now.
    notified: BTreeMap<Key, TriggeredAlert>,
}

/// An alert that an action got.
#[derive(Clone, Debug)]
struct TriggeredAlert {
    line: OutputLine,
    sequence: u64,
    /// When the action last got it.
    at: Duration,
}

/// An action by its name, and the metric.
type Key = (String, Metric);

impl ActionTriggers {
    /// Triggers every action subscribed to `line`, subject to its rate limit, with a warning where that forbids it. The end of
    /// an alert goes without a limit to the actions that got the alert; of those that subscribe to both, only to them.
    /// `sequence` is the number of the notification that tells the same; it does not count for an end.
    pub fn trigger(
        &mut self,
        actions: &[Arc<Action>],
        line: &OutputLine,
        sequence: u64,
        now: Duration,
        effects: &mut Vec<Effect>,
    ) {
        let (metric, is_end) = match &line.event {
            OutputEvent::Alert(event) => (event.metric, false),
            OutputEvent::Recovery(event) => (event.metric, true),
            OutputEvent::Forecast(_) => return trigger_for_forecast(actions, line, sequence, effects),
            OutputEvent::Reading(_) | OutputEvent::Notice(_) | OutputEvent::Check { .. } => return,
        };
        let is_subscribed = |action: &&Arc<Action>| {
            action.metrics.contains(&metric) && if is_end { action.on_recovery } else { action.on_alert }
        };
        for action in actions.iter().filter(is_subscribed) {
            let key = (action.name.clone(), metric);
            let is_due = if is_end && action.on_alert {
                self.notified.contains_key(&key)
            } else {
                self.is_allowed(&key, action.min_interval, now, effects)
            };
            if is_due {
                if !is_end {
                    self.notified.insert(key, TriggeredAlert { line: line.clone(), sequence, at: now });
                }
                let sequence = if is_end { 0 } else { sequence };
                effects.push(run(action, line.clone(), sequence));
            }
        }
        if is_end {
            self.notified.retain(|(_, notified), _| *notified != metric);
        }
    }

    /// Resends ongoing alerts to Alertmanager.
    pub fn resend(&mut self, actions: &[Arc<Action>], now: &Now, effects: &mut Vec<Effect>) {
        for ((name, _), TriggeredAlert { line, sequence, at }) in &mut self.notified {
            let is_due = now.elapsed.saturating_sub(*at) >= RESEND_INTERVAL;
            let Some(action) = actions.iter().find(|action| is_due && action.name == *name) else { continue };
            if matches!(action.kind, ActionKind::Webhook { preset: Preset::Alertmanager, .. }) {
                *at = now.elapsed;
                let line = OutputLine { at: now.wall.clone(), event: line.event.clone() };
                effects.push(run(action, line, *sequence));
            }
        }
    }

    /// Whether the rate limit allows the action to run; if so, records that it does.
    fn is_allowed(&mut self, key: &Key, min_interval: Duration, now: Duration, effects: &mut Vec<Effect>) -> bool {
        let ago = self.last_runs.get(key).map(|last_run| now.saturating_sub(*last_run));
        if ago.is_some_and(|ago| ago < min_interval) {
            effects.push(Effect::Warn(text::alerts::not_again(&key.0, min_interval)));
            return false;
        }
        self.last_runs.insert(key.clone(), now);
        true
    }
}

/// An early warning comes at most once a day: no further limit is needed, and it counts towards none.
fn trigger_for_forecast(actions: &[Arc<Action>], line: &OutputLine, sequence: u64, effects: &mut Vec<Effect>) {
    let is_subscribed = |action: &&Arc<Action>| action.on_forecast && action.metrics.contains(&Metric::Memory);
    effects.extend(actions.iter().filter(is_subscribed).map(|action| run(action, line.clone(), sequence)));
}

fn run(action: &Arc<Action>, line: OutputLine, sequence: u64) -> Effect {
    Effect::RunAction(ActionRequest { action: Arc::clone(action), line, is_test: false, sequence })
}

#[cfg(test)]
mod tests;
