//! Which actions answer an alert or its end, and when they last did.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::core::messages::effect::{ActionRequest, Effect};
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::metrics::metric::Metric;
use crate::core::settings::action::{Action, ActionKind, Preset};
use crate::core::text;
use crate::core::time::Now;

/// How often Alertmanager is told again of an alert that goes on: it keeps alerts in memory alone, and ends what it does not
/// hear of. Prometheus does it every minute; a third of the time after which an alert ends is often enough.
const RESEND_INTERVAL: Duration = Duration::from_secs(300);

/// What each action has answered. Times are on the monotonic clock.
#[derive(Clone, Debug, Default)]
pub struct ActionTriggers {
    /// When each was last done for an alert of each metric, or for an end if it answers ends alone.
    last_done: BTreeMap<Key, Duration>,
    /// Who was told of the alert that fires now, of what, and when last.
    told: BTreeMap<Key, (OutputLine, Duration)>,
}

/// An action by its name, and the metric.
type Key = (String, Metric);

impl ActionTriggers {
    /// Has all of `actions` done that answer `line`. Those that were a short while ago are not, and it is complained of; but
    /// whoever was told of an alert is told of its end, whenever that is, and nobody else is who answers both.
    pub fn trigger(&mut self, actions: &[Arc<Action>], line: &OutputLine, now: Duration, effects: &mut Vec<Effect>) {
        let (metric, is_end) = match &line.event {
            OutputEvent::Alert(said) => (said.metric, false),
            OutputEvent::Recovery(said) => (said.metric, true),
            OutputEvent::Reading(_) | OutputEvent::Notice(_) | OutputEvent::Check { .. } => return,
        };
        let answers = |action: &&Arc<Action>| {
            action.metrics.contains(&metric) && if is_end { action.on_recovery } else { action.on_alert }
        };
        for action in actions.iter().filter(answers) {
            let key = (action.name.clone(), metric);
            let is_due = if is_end && action.on_alert {
                self.told.contains_key(&key)
            } else {
                self.is_allowed(&key, action.min_interval, now, effects)
            };
            if is_due {
                if !is_end {
                    self.told.insert(key, (line.clone(), now));
                }
                effects.push(Effect::RunAction(ActionRequest {
                    action: Arc::clone(action),
                    line: line.clone(),
                    is_test: false,
                }));
            }
        }
        if is_end {
            self.told.retain(|(_, told), _| *told != metric);
        }
    }

    /// Tells again whoever forgets.
    pub fn resend(&mut self, actions: &[Arc<Action>], now: &Now, effects: &mut Vec<Effect>) {
        for ((name, _), (line, last)) in &mut self.told {
            let is_due = now.elapsed.saturating_sub(*last) >= RESEND_INTERVAL;
            let Some(action) = actions.iter().find(|action| is_due && action.name == *name) else { continue };
            if matches!(action.kind, ActionKind::Webhook { preset: Preset::Alertmanager, .. }) {
                *last = now.elapsed;
                let line = OutputLine { at: now.wall.clone(), event: line.event.clone() };
                effects.push(Effect::RunAction(ActionRequest { action: Arc::clone(action), line, is_test: false }));
            }
        }
    }

    /// Whether the action may be done again already; then it is noted that it is.
    fn is_allowed(&mut self, key: &Key, at_most_every: Duration, now: Duration, effects: &mut Vec<Effect>) -> bool {
        let ago = self.last_done.get(key).map(|done| now.saturating_sub(*done));
        if ago.is_some_and(|ago| ago < at_most_every) {
            effects.push(Effect::Warn(text::alerts::not_again(&key.0, at_most_every)));
            return false;
        }
        self.last_done.insert(key.clone(), now);
        true
    }
}
