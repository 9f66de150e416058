//! Which actions answer an alert or its end, and when they last did.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::action::Action;
use super::effect::{Act, Effect};
use super::said::{Line, Said};
use super::wording;

/// When each action was last done, for each of its two reasons. Times are on the monotonic clock.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    alerts: BTreeMap<String, Duration>,
    recoveries: BTreeMap<String, Duration>,
}

impl Answers {
    /// Has all of `actions` done that answer `line`, but for those that were a short while ago: these are complained of.
    pub fn answer(&mut self, actions: &[Arc<Action>], line: &Line, now: Duration, effects: &mut Vec<Effect>) {
        let (metric, last_done) = match &line.said {
            Said::Alert(said) => (said.metric, &mut self.alerts),
            Said::Recovery(said) => (said.metric, &mut self.recoveries),
            Said::Reading(_) | Said::Notice(_) | Said::Check { .. } => return,
        };
        let is_recovery = matches!(line.said, Said::Recovery(_));
        let answers = |action: &&Arc<Action>| {
            action.metrics.contains(&metric) && if is_recovery { action.on_recovery } else { action.on_alert }
        };
        for action in actions.iter().filter(answers) {
            let ago = last_done.get(&action.name).map(|done| now.saturating_sub(*done));
            if ago.is_some_and(|ago| ago < action.at_most_every) {
                effects.push(Effect::Complain(wording::not_again(&action.name, action.at_most_every)));
                continue;
            }
            last_done.insert(action.name.clone(), now);
            effects.push(Effect::Act(Act { action: Arc::clone(action), line: line.clone(), is_test: false }));
        }
    }
}
