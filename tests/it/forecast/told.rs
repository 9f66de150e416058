//! An early warning that nobody could see: recorded as such, shown as soon as that is possible, and told by an action.

use std::sync::Arc;

use loadline::core::forecast::forecaster::{MemoryPast, Told};
use loadline::core::forecast::grower::MemoryLooks;
use loadline::core::history::record::Record;
use loadline::core::messages::effect::{Effect, Event, NotificationId, NotificationOutcome};
use loadline::core::settings::Settings;
use loadline::core::settings::action::Action;

use super::engine::{DAY, HOUR, MINUTE, Run, leak, notifications, warnings};
use crate::support::engine::Driver;
use crate::support::events;

fn outcome(is_shown: bool) -> Event {
    let problem = (!is_shown).then(|| "no service".to_owned());
    Event::Notified(NotificationOutcome { id: NotificationId::Forecast, sequence: 0, is_shown, problem })
}

/// Whether the warning was recorded as told, each time.
fn told(effects: &[Effect]) -> Vec<bool> {
    let told = |effect: &Effect| match effect {
        Effect::Record(Record::ForecastTold { is_told, .. }) => Some(*is_told),
        _ => None,
    };
    effects.iter().filter_map(told).collect()
}

/// A warning that was just sent, and the number of its notification.
fn warned(settings: Settings) -> (Run, u64) {
    let mut run = Run::new(settings, leak);
    run.until(DAY * 2);
    while notifications(&run.driver).is_empty() {
        run.read();
    }
    let sequence = notifications(&run.driver)[0].sequence;
    (run, sequence)
}

/// Has the looks at the applications answered that `effects` ask for.
fn look(driver: &mut Driver, effects: &[Effect]) {
    if effects.iter().any(|effect| matches!(effect, Effect::ReadMemoryLooks(_))) {
        driver.handle(Event::MemoryLooks(MemoryLooks::default()));
    }
}

#[test]
fn a_warning_that_nobody_saw_is_recorded_so_and_shown_when_a_service_comes() {
    let (mut run, _) = warned(Settings::DEFAULT);
    let recorded =
        |effect: &Effect| if let Effect::Record(Record::Forecast { at, .. }) = effect { Some(*at) } else { None };
    let at = run.driver.effects.iter().find_map(|(_, effect)| recorded(effect)).unwrap();
    let effects = run.driver.handle(outcome(false));
    assert!(effects.contains(&Effect::Record(Record::ForecastTold { at, is_told: false })), "{effects:?}");
    assert_eq!(told(&run.driver.handle(outcome(false))), [false; 0], "recorded already");
    let effects = run.driver.handle(Event::NotificationsPossible);
    look(&mut run.driver, &effects);
    assert_eq!(notifications(&run.driver).len(), 2, "at once, not ten minutes later");
    let other = run.driver.handle(Event::ActionDelivered { sequence: 999 });
    assert_eq!(told(&other), [false; 0], "its outcome is not known");
    let effects = run.driver.handle(outcome(true));
    assert!(effects.contains(&Effect::Record(Record::ForecastTold { at, is_told: true })), "{effects:?}");
    let effects = run.driver.handle(Event::NotificationsPossible);
    look(&mut run.driver, &effects);
    assert_eq!((notifications(&run.driver).len(), told(&effects)), (2, vec![]), "once");
    let printed: Vec<_> = run.driver.effects.iter().map(|(_, effect)| effect.clone()).collect();
    assert_eq!(warnings(&printed).len(), 1, "no second line");
}

#[test]
fn a_service_that_works_again_shows_the_warning_and_one_under_way_is_not_sent_twice() {
    let (mut run, _) = warned(Settings::DEFAULT);
    let shown = || {
        let id = NotificationId::Test;
        Event::Notified(NotificationOutcome { id, sequence: 0, is_shown: true, problem: None })
    };
    let effects = run.driver.handle(shown());
    look(&mut run.driver, &effects);
    assert_eq!(notifications(&run.driver).len(), 1, "its outcome is not known");
    run.driver.handle(outcome(false));
    let effects = run.driver.handle(shown());
    look(&mut run.driver, &effects);
    assert_eq!(notifications(&run.driver).len(), 2);
    let effects = run.driver.handle(shown());
    look(&mut run.driver, &effects);
    assert_eq!(notifications(&run.driver).len(), 2, "it is under way");
}

#[test]
fn a_warning_that_an_action_delivered_counts_as_told() {
    let plain = events::action("team", events::command());
    let actions = vec![Arc::new(Action { on_forecast: true, ..plain })];
    let settings = Settings { actions, ..Settings::DEFAULT };
    let (mut run, sequence) = warned(settings.clone());
    let requested =
        |effect: &Effect| if let Effect::RunAction(request) = effect { Some(request.sequence) } else { None };
    let requested: Vec<u64> = run.driver.effects.iter().filter_map(|(_, effect)| requested(effect)).collect();
    assert_eq!(requested, [sequence]);
    assert_eq!(told(&run.driver.handle(outcome(false))), [false]);
    assert_eq!(told(&run.driver.handle(Event::ActionDelivered { sequence: sequence + 1 })), [false; 0]);
    assert_eq!(told(&run.driver.handle(Event::ActionDelivered { sequence: 0 })), [false; 0]);
    assert_eq!(told(&run.driver.handle(Event::ActionDelivered { sequence })), [true]);
    // The delivery may also come first.
    let (mut run, sequence) = warned(settings);
    assert_eq!(told(&run.driver.handle(Event::ActionDelivered { sequence })), [false; 0]);
    assert_eq!(told(&run.driver.handle(outcome(false))), [false; 0]);
}

#[test]
fn at_the_end_a_warning_whose_outcome_is_not_known_has_told_nobody() {
    let (mut run, _) = warned(Settings::DEFAULT);
    assert_eq!(told(&run.driver.handle(Event::NotificationsEnded)), [false]);
    let (mut run, _) = warned(Settings::DEFAULT);
    run.driver.handle(outcome(true));
    assert_eq!(run.driver.handle(Event::NotificationsEnded), []);
}

#[test]
fn nothing_is_recorded_of_a_warning_that_the_history_does_not_have() {
    let (mut run, _) = warned(Settings { history: false, ..Settings::DEFAULT });
    assert_eq!(told(&run.driver.handle(outcome(false))), [false; 0]);
}

#[test]
fn a_warning_that_nobody_saw_before_a_restart_is_shown_after_it_without_a_second_line() {
    let mut run = Run::new(Settings::DEFAULT, leak);
    run.driver = Driver::new(Settings { refresh: MINUTE, ..Settings::DEFAULT });
    let at = run.driver.now.wall.timestamp() + DAY * 2;
    let last_warning = Some((at, Told::Unseen));
    run.driver.handle(Event::MemoryPast(MemoryPast { last_warning, ..MemoryPast::default() }));
    assert_eq!(run.until(DAY * 2 + HOUR * 5), []);
    assert_eq!(notifications(&run.driver).len(), 1);
    let effects = run.driver.handle(outcome(true));
    assert!(effects.contains(&Effect::Record(Record::ForecastTold { at, is_told: true })), "{effects:?}");
}
