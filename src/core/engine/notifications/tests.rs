//! The outcomes of notifications and deliveries: what the history, the limits and the next attempt make of them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;
use crate::core::engine::EngineOptions;
use crate::core::messages::effect::Event;
use crate::core::metrics::reading::Reading;
use crate::core::settings::{Overrides, Settings};
use crate::core::time::Clock;

const CPU: NotificationId = NotificationId::Alert(Metric::Cpu);

/// An engine in virtual time, whose alerts fire at once.
struct VirtualRun {
    engine: Engine,
    now: Now,
}

impl VirtualRun {
    fn new() -> VirtualRun {
        let options =
            EngineOptions { prints_readings: false, names_apps: false, checks_updates: false, clock: Clock::Hours24 };
        let settings = Settings { after: Duration::ZERO, ..Settings::DEFAULT };
        let noon: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let now = Now { elapsed: Duration::ZERO, wall: noon.to_zoned(TimeZone::UTC) };
        VirtualRun { engine: Engine::new(settings, Overrides::default(), options), now }
    }

    fn handle(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.engine.handle(event, &self.now, &mut effects);
        effects
    }

    /// A reading after `seconds`. Returns the numbers of the notifications that it led to.
    fn read(&mut self, seconds: u64, cpu_percent: f64) -> Vec<u64> {
        let pause = Duration::from_secs(seconds);
        self.now.elapsed += pause;
        self.now.wall = self.now.wall.checked_add(pause).unwrap();
        sent(&self.handle(Event::Reading(Reading { cpu_percent: Some(cpu_percent), ..Reading::default() })))
    }

    fn outcome(&mut self, id: NotificationId, sequence: u64, is_shown: bool) -> Vec<Effect> {
        let problem = (!is_shown).then(|| "no service".to_owned());
        self.handle(Event::Notified(NotificationOutcome { id, sequence, is_shown, problem }))
    }

    /// An alert that nobody could see.
    fn unseen() -> VirtualRun {
        let mut run = VirtualRun::new();
        assert_eq!(run.read(2, 95.0), [1]);
        assert_eq!(told(&run.outcome(CPU, 1, false)), [false]);
        run
    }
}

fn sent(effects: &[Effect]) -> Vec<u64> {
    let sent = |effect: &Effect| match effect {
        Effect::Notify(notification) if !notification.is_quiet => Some(notification.sequence),
        _ => None,
    };
    effects.iter().filter_map(sent).collect()
}

fn told(effects: &[Effect]) -> Vec<bool> {
    let told = |effect: &Effect| {
        if let Effect::Record(Record::AlertTold { is_told, .. }) = effect { Some(*is_told) } else { None }
    };
    effects.iter().filter_map(told).collect()
}

fn warnings(effects: &[Effect]) -> Vec<&str> {
    let mut warnings = Vec::new();
    for effect in effects {
        if let Effect::Warn(warning) = effect {
            warnings.push(warning.as_str());
        }
    }
    warnings
}

#[test]
fn an_alert_that_nobody_saw_is_tried_again_after_ten_seconds_and_then_less_often() {
    let mut run = VirtualRun::unseen();
    assert_eq!(run.read(9, 95.0), [0; 0]);
    assert_eq!(run.read(1, 95.0), [2]);
    assert_eq!(run.read(3600, 95.0), [0; 0], "it is under way, and no limit holds it back");
    assert_eq!(told(&run.outcome(CPU, 2, false)), [false; 0]);
    assert_eq!(run.read(18, 95.0), [0; 0]);
    assert_eq!(run.read(2, 95.0), [3]);
    assert_eq!(told(&run.outcome(CPU, 3, true)), [true]);
    assert_eq!(run.read(3600, 95.0), [0; 0], "it was seen");
}

#[test]
fn an_outcome_of_another_number_counts_for_nothing() {
    let mut run = VirtualRun::new();
    run.read(2, 95.0);
    for other in [0, 2] {
        assert_eq!(told(&run.outcome(CPU, other, false)), [false; 0]);
        assert_eq!(told(&run.outcome(NotificationId::Alert(Metric::Memory), other, false)), [false; 0]);
    }
    assert_eq!(told(&run.outcome(CPU, 1, true)), [false; 0]);
    assert_eq!(told(&run.outcome(CPU, 1, false)), [false; 0], "the outcome is known");
}

#[test]
fn a_service_that_comes_or_shows_another_notification_is_tried_at_once() {
    for event in [Event::NotificationsPossible, Event::Notified(shown(NotificationId::Test))] {
        let mut run = VirtualRun::unseen();
        assert_eq!(sent(&run.handle(event.clone())), [2], "{event:?}");
        assert_eq!(sent(&run.handle(event)), [0; 0], "it is under way");
        // The pauses begin anew.
        run.outcome(CPU, 2, false);
        assert_eq!((run.read(18, 95.0), run.read(2, 95.0)), (vec![], vec![3]));
        run.outcome(CPU, 3, false);
        assert_eq!(sent(&run.handle(Event::NotificationsPossible)), [4]);
        run.outcome(CPU, 4, false);
        assert_eq!((run.read(18, 95.0), run.read(2, 95.0)), (vec![], vec![5]));
    }
    let mut run = VirtualRun::unseen();
    assert_eq!(sent(&run.outcome(NotificationId::Test, 0, false)), [0; 0]);
}

fn shown(id: NotificationId) -> NotificationOutcome {
    NotificationOutcome { is_shown: true, ..NotificationOutcome::unsent(id, 0) }
}

#[test]
fn a_missing_panel_is_told_again_when_a_service_comes() {
    let mut run = VirtualRun::new();
    run.handle(Event::PanelMissing { is_gnome: false });
    assert_eq!(run.handle(Event::NotificationsPossible), []);
    run.outcome(NotificationId::PanelMissing, 0, false);
    assert_eq!(sent(&run.handle(Event::NotificationsPossible)).len(), 1);
}

#[test]
fn a_failure_is_said_once_and_so_is_its_end_but_not_of_a_notification_that_was_never_sent() {
    let mut run = VirtualRun::new();
    assert_eq!(run.outcome(NotificationId::Test, 0, true), []);
    assert_eq!(warnings(&run.outcome(NotificationId::Test, 0, false)), ["no service"]);
    assert_eq!(run.outcome(NotificationId::Test, 0, false), []);
    assert_eq!(run.handle(Event::Notified(NotificationOutcome::unsent(NotificationId::Test, 0))), []);
    let works = text::desktop::NOTIFICATIONS_WORK_NOW;
    assert_eq!(warnings(&run.outcome(NotificationId::Test, 0, true)), [works]);
    assert_eq!(run.outcome(NotificationId::Test, 0, true), []);
    let makeshift = NotificationOutcome { problem: Some("by osascript".into()), ..shown(NotificationId::Test) };
    assert_eq!(warnings(&run.handle(Event::Notified(makeshift))), ["by osascript"]);
}

#[test]
fn an_action_tells_of_the_alert_that_it_delivered() {
    let mut run = VirtualRun::unseen();
    for other in [0, 2] {
        assert_eq!(run.handle(Event::ActionDelivered { sequence: other }), []);
    }
    assert_eq!(told(&run.handle(Event::ActionDelivered { sequence: 1 })), [true]);
    assert_eq!(run.handle(Event::ActionDelivered { sequence: 1 }), []);
    run.read(2, 20.0);
    assert_eq!(run.read(2, 95.0), [0; 0], "the cooldown has begun");
    let mut run = VirtualRun::new();
    run.read(2, 95.0);
    assert_eq!(run.handle(Event::ActionDelivered { sequence: 1 }), [], "it is recorded as told");
    assert_eq!(told(&run.outcome(CPU, 1, false)), [false; 0]);
    run.read(2, 20.0);
    assert_eq!(run.read(2, 95.0), [0; 0], "the cooldown has begun");
}

#[test]
fn a_delivery_counts_once_for_the_limits() {
    let mut run = VirtualRun::unseen();
    let rate_limited = |run: &VirtualRun| run.engine.alert(Metric::Cpu).clone();
    run.handle(Event::ActionDelivered { sequence: 1 });
    let counted = rate_limited(&run);
    run.handle(Event::ActionDelivered { sequence: 1 });
    assert_eq!(rate_limited(&run), counted);
    let mut run = VirtualRun::new();
    run.read(2, 95.0);
    let sent = rate_limited(&run);
    run.handle(Event::ActionDelivered { sequence: 1 });
    assert_eq!(rate_limited(&run), sent, "the notification counts already");
}

#[test]
fn at_the_end_an_outcome_that_is_awaited_is_a_failure() {
    let mut run = VirtualRun::new();
    assert_eq!(run.handle(Event::NotificationsEnded), []);
    run.read(2, 95.0);
    assert_eq!(told(&run.handle(Event::NotificationsEnded)), [false]);
    assert_eq!(run.handle(Event::NotificationsEnded), []);
    let mut run = VirtualRun::new();
    run.read(2, 95.0);
    run.outcome(CPU, 1, true);
    assert_eq!(run.handle(Event::NotificationsEnded), []);
}
