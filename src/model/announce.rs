//! What is said of an alert, and to whom: always on the console, on the desktop if it may tell.

use jiff::Zoned;

use super::alert::Transition;
use super::effect::Effect;
use super::metric::Metric;
use super::rule::Rule;
use super::said::{AlertSaid, Cause, Ending, Line, RecoverySaid, Said, Silence};
use super::wording;

/// What an announcement is about.
pub struct About {
    /// The metric.
    pub metric: Metric,
    /// Its rule; `None` when it was just switched off.
    pub rule: Option<Rule>,
    /// Whether the person asked for silence.
    pub snoozed: bool,
}

/// Puts a transition into effects.
pub fn announce(about: &About, transition: Transition, at: &Zoned, effects: &mut Vec<Effect>) {
    let &About { metric, rule: Some(rule), snoozed } = about else {
        effects.push(Effect::Withdraw(about.metric));
        return;
    };
    let alert_said = |value_percent, above_for, silence| AlertSaid {
        metric,
        value_percent,
        cause: Cause::Above(rule.above),
        above_for,
        times_in_hour: 1,
        silence,
        processes: None,
    };
    let print = |said| Effect::Print(Line { at: at.clone(), said });
    match transition {
        Transition::Fired { percent, above_for, told: true } | Transition::ToldLater { percent, above_for } => {
            let said = alert_said(percent, above_for, None);
            // The notification first: a console that nobody reads must not hold it back.
            effects.push(Effect::Notify(wording::alert_note(&said)));
            effects.push(print(Said::Alert(said)));
        }
        Transition::Fired { percent, above_for, told: false } => {
            let silence = Some(if snoozed { Silence::Snoozed } else { Silence::ToldLately(rule.cooldown) });
            let said = alert_said(percent, above_for, silence);
            effects.push(print(Said::Alert(said)));
        }
        Transition::Cleared { percent, lasted, peak_percent, told } => {
            let ending = Ending::Below(rule.clear_below());
            let said = RecoverySaid { metric, value_percent: Some(percent), ending, lasted, peak_percent };
            // What was never told needs no end; and whoever asked for silence is not told of one either.
            if told && snoozed {
                effects.push(Effect::Withdraw(metric));
            } else if told {
                effects.push(Effect::Notify(wording::recovery_note(&said)));
            }
            effects.push(print(Said::Recovery(said)));
        }
        Transition::Dropped => effects.push(Effect::Withdraw(metric)),
    }
}
