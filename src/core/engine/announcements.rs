//! The announcements of an alert and its end: a console line always, a notification unless the alert is suppressed.
//!
//! Each function returns the line for the actions, if they are to run: for an alert that notifies, and for its end.

use jiff::Zoned;

use crate::core::alerts::alert::AlertEnd;
use crate::core::alerts::event::{AlertEvent, RecoveryEvent};
use crate::core::messages::effect::{Effect, Notification, NotificationId, UserCommand};
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::metrics::metric::Metric;
use crate::core::settings::Settings;
use crate::core::text;

/// Announces an alert that fired, or notifies later, by a notification with the number `sequence`.
pub fn alert(
    event: AlertEvent,
    at: &Zoned,
    sequence: u64,
    settings: &Settings,
    effects: &mut Vec<Effect>,
) -> Option<OutputLine> {
    let (metric, notifies) = (event.metric, event.suppressed_by.is_none());
    let line = OutputLine { at: at.clone(), event: OutputEvent::Alert(event) };
    if notifies {
        // The notification first: a console without a reader must not hold it back.
        effects.push(Effect::Notify(Notification { sequence, ..notification(metric, &line, settings) }));
    }
    effects.push(Effect::Print(line.clone()));
    notifies.then_some(line)
}

/// Announces the end of an alert. `is_suppressed`: by a snooze or quiet hours, or because nobody could see that of the alert.
pub fn recovery(
    metric: Metric,
    end: AlertEnd,
    is_suppressed: bool,
    at: &Zoned,
    settings: &Settings,
    effects: &mut Vec<Effect>,
) -> Option<OutputLine> {
    let line = OutputLine { at: at.clone(), event: OutputEvent::Recovery(recovery_event(metric, end)) };
    // A silent alert needs no notification of its end; a snooze suppresses that one too.
    if end.notified && is_suppressed {
        effects.push(Effect::Dismiss(NotificationId::Alert(metric)));
    } else if end.notified {
        effects.push(Effect::Notify(notification(metric, &line, settings)));
    }
    effects.push(Effect::Print(line.clone()));
    end.notified.then_some(line)
}

/// Sends the notification of an alert alone, with the number `sequence`.
pub fn notify(event: AlertEvent, at: &Zoned, sequence: u64, settings: &Settings, effects: &mut Vec<Effect>) {
    let (metric, line) = (event.metric, OutputLine { at: at.clone(), event: OutputEvent::Alert(event) });
    effects.push(Effect::Notify(Notification { sequence, ..notification(metric, &line, settings) }));
}

/// The notification of `line`. A click opens the report at the alert, if there is a history to report of.
fn notification(metric: Metric, line: &OutputLine, settings: &Settings) -> Notification {
    let plain = text::alerts::notification(metric, &line.event);
    let locks = settings.locked.menu();
    let is_final = |button: &UserCommand| button.setting().is_some_and(|setting| locks.contains(setting));
    Notification {
        // The snooze is the first.
        buttons: if plain.buttons.first().is_some_and(is_final) { &plain.buttons[1..] } else { plain.buttons },
        has_sound: settings.notification_sound && !plain.is_quiet,
        click: settings.history.then(|| UserCommand::OpenAlert(metric, line.at.timestamp())),
        ..plain
    }
}

/// Ends an alert whose rule the person changed: that needs no announcement, but actions that got the alert must learn of
/// its end.
pub fn cancellation(metric: Metric, end: AlertEnd, at: &Zoned, effects: &mut Vec<Effect>) -> Option<OutputLine> {
    effects.push(Effect::Dismiss(NotificationId::Alert(metric)));
    end.notified.then(|| OutputLine { at: at.clone(), event: OutputEvent::Recovery(recovery_event(metric, end)) })
}

/// The event of the end of an alert.
pub fn recovery_event(metric: Metric, end: AlertEnd) -> RecoveryEvent {
    let AlertEnd { percent, end_reason, lasted, peak_percent, .. } = end;
    RecoveryEvent { metric, value_percent: percent, end_reason, lasted, peak_percent }
}

#[cfg(test)]
mod tests;
