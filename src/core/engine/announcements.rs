//! What is said of an alert, and to whom: always on the console, on the desktop if it may tell.
//!
//! Each answers the line that actions are told, if they are: those of an alert that tells, and of its end.

use jiff::Zoned;

use crate::core::alerts::alert::AlertEnd;
use crate::core::alerts::event::{AlertEvent, RecoveryEvent};
use crate::core::messages::effect::Effect;
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::metrics::metric::Metric;
use crate::core::text;

/// An alert fired, or tells later.
pub fn alert(said: AlertEvent, at: &Zoned, effects: &mut Vec<Effect>) -> Option<OutputLine> {
    let is_told = said.suppressed_by.is_none();
    if is_told {
        // The notification first: a console that nobody reads must not hold it back.
        effects.push(Effect::Notify(text::alerts::alert_notification(&said)));
    }
    let line = OutputLine { at: at.clone(), event: OutputEvent::Alert(said) };
    effects.push(Effect::Print(line.clone()));
    is_told.then_some(line)
}

/// An alert is over. `is_hushed`: the person wants silence.
pub fn recovery(
    metric: Metric,
    over: AlertEnd,
    is_hushed: bool,
    at: &Zoned,
    effects: &mut Vec<Effect>,
) -> Option<OutputLine> {
    let said = said(metric, over);
    // What was never told needs no end; and whoever asked for silence is not told of one either.
    if over.notified && is_hushed {
        effects.push(Effect::Dismiss(metric));
    } else if over.notified {
        effects.push(Effect::Notify(text::alerts::recovery_notification(&said)));
    }
    let line = OutputLine { at: at.clone(), event: OutputEvent::Recovery(said) };
    effects.push(Effect::Print(line.clone()));
    over.notified.then_some(line)
}

/// An alert ended because the person changed its rule: a person who did that needs no words about it, but whoever else was
/// told of the alert must learn that it is over.
pub fn dropped(metric: Metric, over: AlertEnd, at: &Zoned, effects: &mut Vec<Effect>) -> Option<OutputLine> {
    effects.push(Effect::Dismiss(metric));
    over.notified.then(|| OutputLine { at: at.clone(), event: OutputEvent::Recovery(said(metric, over)) })
}

/// The end of an alert.
pub fn said(metric: Metric, over: AlertEnd) -> RecoveryEvent {
    let AlertEnd { percent, end_reason: ending, lasted, peak_percent, .. } = over;
    RecoveryEvent { metric, value_percent: percent, end_reason: ending, lasted, peak_percent }
}
