//! The ways in which an alert comes to be told: a notification that was shown, or an action that delivered it. An attempt alone
//! tells nobody.

use std::sync::Arc;
use std::time::Duration;

use loadline::core::history::record::Record;
use loadline::core::messages::effect::{Effect, Event, Notification, NotificationId, NotificationOutcome};
use loadline::core::metrics::metric::Metric;
use loadline::core::metrics::reading::Reading;
use loadline::core::settings::Settings;

use crate::support::engine::Driver;
use crate::support::events;

const CPU: NotificationId = NotificationId::Alert(Metric::Cpu);
const MEMORY: NotificationId = NotificationId::Alert(Metric::Memory);

/// An engine whose alerts fire at once, and run an action.
struct Telling(Driver);

impl Telling {
    fn new(cooldown: Duration) -> Telling {
        let actions = vec![Arc::new(events::action("team", events::command()))];
        Telling(Driver::new(Settings { actions, cooldown, after: Duration::ZERO, ..Settings::DEFAULT }))
    }

    /// A reading of both metrics after `seconds`.
    fn read(&mut self, seconds: u64, cpu_percent: f64, memory_percent: f64) -> Vec<Effect> {
        self.0.advance(Duration::from_secs(seconds));
        let memory_percent = Some(memory_percent);
        self.0.read(Reading { memory_percent, ..events::cpu(cpu_percent) })
    }

    /// The same, and the numbers of the notifications that it led to.
    fn notified(&mut self, seconds: u64, cpu_percent: f64, memory_percent: f64) -> Vec<u64> {
        sequences(&self.read(seconds, cpu_percent, memory_percent))
    }

    fn outcome(&mut self, id: NotificationId, sequence: u64, is_shown: bool) -> Vec<Effect> {
        let problem = (!is_shown).then(|| "no service".to_owned());
        self.0.handle(Event::Notified(NotificationOutcome { id, sequence, is_shown, problem }))
    }

    fn deliver(&mut self, sequence: u64) -> Vec<Effect> {
        self.0.handle(Event::ActionDelivered { sequence })
    }

    /// An alert of the CPU, and its number.
    fn fired() -> (Telling, u64) {
        Telling::fired_with(Settings::DEFAULT.cooldown)
    }

    fn fired_with(cooldown: Duration) -> (Telling, u64) {
        let mut telling = Telling::new(cooldown);
        let effects = telling.read(2, 95.0, 20.0);
        let [sequence] = sequences(&effects)[..] else { panic!("{effects:?}") };
        let named =
            |effect: &Effect| if let Effect::RunAction(request) = effect { Some(request.sequence) } else { None };
        assert_eq!(effects.iter().filter_map(named).collect::<Vec<_>>(), [sequence], "the action is of that alert");
        (telling, sequence)
    }
}

/// The numbers of the notifications that are no ends.
fn sequences(effects: &[Effect]) -> Vec<u64> {
    let sequence = |effect: &Effect| match effect {
        Effect::Notify(Notification { sequence, is_quiet: false, .. }) => Some(*sequence),
        _ => None,
    };
    effects.iter().filter_map(sequence).collect()
}

/// Whether the alert of the CPU was recorded as told, each time.
fn told(effects: &[Effect]) -> Vec<bool> {
    let told = |effect: &Effect| match effect {
        Effect::Record(Record::AlertTold { metric: Metric::Cpu, is_told }) => Some(*is_told),
        _ => None,
    };
    effects.iter().filter_map(told).collect()
}

fn warnings(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::Warn(_))).count()
}

#[test]
fn an_action_that_was_only_asked_for_has_told_nobody() {
    let (mut telling, sequence) = Telling::fired();
    assert_eq!(told(&telling.outcome(CPU, sequence, false)), [false]);
    telling.read(2, 20.0, 20.0);
    assert_eq!(telling.notified(2, 97.0, 20.0).len(), 1, "no cooldown has begun");
}

#[test]
fn an_alert_that_an_action_delivered_counts_as_told_though_nobody_saw_its_notification() {
    let (mut telling, sequence) = Telling::fired();
    assert_eq!(told(&telling.deliver(sequence)), [false; 0], "it is recorded as told");
    assert_eq!(told(&telling.outcome(CPU, sequence, false)), [false; 0]);
    let shown = sequences(&telling.0.handle(Event::NotificationsPossible));
    assert_eq!(shown.len(), 1, "it still can be seen");
    assert_eq!(told(&telling.outcome(CPU, shown[0], false)), [false; 0]);
    telling.read(2, 20.0, 20.0);
    assert_eq!(telling.notified(2, 97.0, 20.0), [0; 0], "within the cooldown of the alert that the action told");
}

#[test]
fn an_action_that_delivers_late_tells_from_then_on() {
    let (mut telling, sequence) = Telling::fired();
    assert_eq!(told(&telling.outcome(CPU, sequence, false)), [false]);
    telling.0.advance(Duration::from_secs(4));
    assert_eq!(told(&telling.deliver(sequence)), [true]);
    assert_eq!(told(&telling.deliver(sequence)), [true; 0], "a second action tells nothing new");
    telling.read(2, 20.0, 20.0);
    // Ten minutes, the doubled cooldown, since the delivery and not since the alert.
    telling.read(594, 20.0, 20.0);
    assert_eq!(telling.notified(2, 97.0, 20.0), [0; 0]);
    assert_eq!(telling.notified(4, 97.0, 20.0).len(), 1);
}

#[test]
fn a_delivery_after_the_end_counts_for_the_limits_and_one_of_an_earlier_alert_does_not() {
    let (mut telling, first) = Telling::fired();
    telling.outcome(CPU, first, false);
    telling.read(2, 20.0, 20.0);
    assert_eq!(told(&telling.deliver(first)), [true]);
    assert_eq!(telling.notified(2, 97.0, 20.0), [0; 0], "within the cooldown");
    telling.read(2, 20.0, 20.0);
    let second = telling.notified(3600, 97.0, 20.0);
    assert_eq!(told(&telling.outcome(CPU, second[0], false)), [false]);
    assert_eq!(told(&telling.deliver(first)), [true; 0]);
    assert_eq!(told(&telling.deliver(0)), [true; 0], "that of an end");
}

#[test]
fn a_delivery_while_a_new_attempt_is_under_way_counts_once() {
    for (cooldown, expected) in [(Duration::ZERO, 2), (Settings::DEFAULT.cooldown, 0)] {
        let (mut telling, sequence) = Telling::fired_with(cooldown);
        telling.outcome(CPU, sequence, false);
        let again = sequences(&telling.0.handle(Event::NotificationsPossible));
        assert_eq!(told(&telling.deliver(sequence)), [true]);
        assert_eq!(told(&telling.outcome(CPU, again[0], false)), [false; 0], "the action has told of it");
        // Of the three in an hour one is used; and the cooldown has begun.
        let mut shown = 0;
        for _ in 0..10 {
            telling.read(200, 20.0, 20.0);
            shown += telling.notified(100, 97.0, 20.0).len();
        }
        assert_eq!(shown, expected, "{cooldown:?}");
    }
}

#[test]
fn a_notification_that_is_shown_has_all_others_shown_that_could_not_be() {
    let mut telling = Telling::new(Settings::DEFAULT.cooldown);
    let sent = telling.notified(2, 95.0, 95.0);
    assert_eq!(sent.len(), 2);
    telling.outcome(CPU, sent[0], false);
    telling.outcome(MEMORY, sent[1], false);
    // The new attempts are an hour apart by now.
    for _ in 0..2000 {
        for sequence in telling.notified(2, 95.0, 95.0) {
            telling.outcome(CPU, sequence, false);
            telling.outcome(MEMORY, sequence, false);
        }
    }
    let effects = telling.outcome(NotificationId::Test, 0, true);
    assert_eq!((sequences(&effects).len(), warnings(&effects)), (2, 1), "{effects:?}");
    let again = sequences(&effects);
    assert_eq!(told(&telling.outcome(CPU, again[0], true)), [true]);
    telling.outcome(MEMORY, again[1], true);
    assert_eq!(sequences(&telling.outcome(NotificationId::Test, 0, true)), [0; 0], "once");
}

#[test]
fn a_notification_that_was_never_sent_takes_the_telling_back_and_says_nothing_of_the_service() {
    let (mut telling, sequence) = Telling::fired();
    let problem = Some("no service".to_owned());
    let failed = NotificationOutcome { id: NotificationId::Test, sequence: 0, is_shown: false, problem };
    assert_eq!(warnings(&telling.0.handle(Event::Notified(failed))), 1);
    let effects = telling.0.handle(Event::Notified(NotificationOutcome::unsent(CPU, sequence)));
    assert_eq!((told(&effects), warnings(&effects)), (vec![false], 0));
}

#[test]
fn at_the_end_an_alert_whose_outcome_is_not_known_has_told_nobody() {
    let (mut telling, sequence) = Telling::fired();
    let effects = telling.0.handle(Event::NotificationsEnded);
    assert_eq!((told(&effects), warnings(&effects)), (vec![false], 0));
    assert_eq!(told(&telling.0.handle(Event::NotificationsEnded)), [false; 0]);
    let (mut telling, shown) = Telling::fired();
    telling.outcome(CPU, shown, true);
    assert_eq!(telling.0.handle(Event::NotificationsEnded), [], "it was shown");
    let (mut telling, _) = Telling::fired();
    telling.deliver(sequence);
    assert_eq!(told(&telling.0.handle(Event::NotificationsEnded)), [false; 0], "an action has delivered it");
}
