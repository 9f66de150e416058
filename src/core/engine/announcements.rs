//! What is said of an alert, and to whom: always on the console, on the desktop if it may tell.
//!
//! Each answers the line that actions are told, if they are: those of an alert that tells, and of its end.

use jiff::Zoned;

use crate::core::alerts::alert::Over;
use crate::core::alerts::event::{AlertSaid, Line, RecoverySaid, Said};
use crate::core::messages::effect::Effect;
use crate::core::metrics::metric::Metric;
use crate::core::text;

/// An alert fired, or tells later.
pub fn alert(said: AlertSaid, at: &Zoned, effects: &mut Vec<Effect>) -> Option<Line> {
    let is_told = said.silence.is_none();
    if is_told {
        // The notification first: a console that nobody reads must not hold it back.
        effects.push(Effect::Notify(text::alert_note(&said)));
    }
    let line = Line { at: at.clone(), said: Said::Alert(said) };
    effects.push(Effect::Print(line.clone()));
    is_told.then_some(line)
}

/// An alert is over. `is_hushed`: the person wants silence.
pub fn recovery(metric: Metric, over: Over, is_hushed: bool, at: &Zoned, effects: &mut Vec<Effect>) -> Option<Line> {
    let said = said(metric, over);
    // What was never told needs no end; and whoever asked for silence is not told of one either.
    if over.told && is_hushed {
        effects.push(Effect::Withdraw(metric));
    } else if over.told {
        effects.push(Effect::Notify(text::recovery_note(&said)));
    }
    let line = Line { at: at.clone(), said: Said::Recovery(said) };
    effects.push(Effect::Print(line.clone()));
    over.told.then_some(line)
}

/// An alert ended because the person changed its rule: a person who did that needs no words about it, but whoever else was
/// told of the alert must learn that it is over.
pub fn dropped(metric: Metric, over: Over, at: &Zoned, effects: &mut Vec<Effect>) -> Option<Line> {
    effects.push(Effect::Withdraw(metric));
    over.told.then(|| Line { at: at.clone(), said: Said::Recovery(said(metric, over)) })
}

/// The end of an alert.
pub fn said(metric: Metric, over: Over) -> RecoverySaid {
    let Over { percent, ending, lasted, peak_percent, .. } = over;
    RecoverySaid { metric, value_percent: percent, ending, lasted, peak_percent }
}
