//! Alerts whose notification nobody could see: shown as soon as a service is there, if they still go on.

use std::time::Duration;

use loadline::core::history::record::Record;
use loadline::core::messages::effect::{Effect, Event, Notification, NotificationId, NotificationOutcome};
use loadline::core::metrics::metric::Metric;
use loadline::core::settings::Settings;

use crate::support::engine::Driver;
use crate::support::events;

const CPU: NotificationId = NotificationId::Alert(Metric::Cpu);

struct Run(Driver);

impl Run {
    fn new() -> Run {
        Run(Driver::new(Settings { after: Duration::ZERO, ..Settings::DEFAULT }))
    }

    /// A reading of the CPU after `seconds`. Returns the notifications that it led to.
    fn read(&mut self, seconds: u64, percent: f64) -> Vec<Notification> {
        self.0.advance(Duration::from_secs(seconds));
        notifications(self.0.read(events::cpu(percent)))
    }

    fn outcome(&mut self, sequence: u64, is_shown: bool) -> Vec<Effect> {
        let problem = (!is_shown).then(|| "no service".to_owned());
        self.0.handle(Event::Notified(NotificationOutcome { id: CPU, sequence, is_shown, problem }))
    }

    fn service_comes(&mut self) -> Vec<Notification> {
        notifications(self.0.handle(Event::NotificationsPossible))
    }

    /// An alert that nobody could see, and its number.
    fn unseen() -> (Run, u64) {
        let mut run = Run::new();
        let sequence = run.read(2, 95.0)[0].sequence;
        let effects = run.outcome(sequence, false);
        assert!(effects.contains(&told(false)), "{effects:?}");
        (run, sequence)
    }
}

fn notifications(effects: Vec<Effect>) -> Vec<Notification> {
    let notification = |effect| if let Effect::Notify(notification) = effect { Some(notification) } else { None };
    effects.into_iter().filter_map(notification).collect()
}

fn told(is_told: bool) -> Effect {
    Effect::Record(Record::AlertTold { metric: Metric::Cpu, is_told })
}

#[test]
fn an_alert_that_goes_on_is_shown_when_a_service_comes_and_the_cooldown_counts_from_then() {
    let (mut run, _) = Run::unseen();
    assert_eq!(run.read(2, 96.0), []);
    let shown = run.service_comes();
    assert_eq!(shown.iter().map(|shown| shown.title.as_str()).collect::<Vec<_>>(), ["CPU 96%"]);
    let effects = run.outcome(shown[0].sequence, true);
    assert!(effects.contains(&told(true)), "{effects:?}");
    assert_eq!(run.service_comes(), [], "once");
    assert!(run.read(2, 20.0)[0].is_quiet, "its end is shown too");
    // Within ten minutes, the doubled cooldown, of the notification that was seen.
    run.read(590, 20.0);
    assert_eq!(run.read(2, 95.0), []);
    assert_eq!(run.read(10, 95.0).len(), 1);
}

#[test]
fn the_next_alert_is_not_silenced_by_one_that_nobody_saw() {
    let (mut run, _) = Run::unseen();
    assert_eq!(run.read(2, 20.0), [], "nor is the end of that one shown");
    assert_eq!(run.service_comes(), [], "it is over");
    assert_eq!(run.read(2, 97.0).len(), 1);
}

#[test]
fn a_failure_after_the_end_takes_the_cooldown_back_and_shows_nothing() {
    let mut run = Run::new();
    let sequence = run.read(2, 95.0)[0].sequence;
    run.read(2, 20.0);
    run.outcome(sequence, false);
    assert_eq!(run.service_comes(), []);
    assert_eq!(run.read(2, 97.0).len(), 1);
}

#[test]
fn a_late_outcome_of_an_old_alert_changes_nothing() {
    let (mut run, old) = Run::unseen();
    run.read(2, 20.0);
    let new = run.read(2, 97.0)[0].sequence;
    for is_shown in [false, true] {
        let effects = run.outcome(old, is_shown);
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Record(_))), "{effects:?}");
    }
    assert_eq!(run.service_comes(), [], "it is not known to have failed");
    run.outcome(new, false);
    assert_eq!(run.service_comes().len(), 1);
}

#[test]
fn a_service_that_fails_again_and_again_is_tried_less_and_less_often() {
    let (mut run, _) = Run::unseen();
    let mut tried_at = Vec::new();
    for second in (2..3600).step_by(2) {
        for notification in run.read(2, 95.0) {
            tried_at.push(second);
            run.outcome(notification.sequence, false);
        }
    }
    assert_eq!(tried_at, [10, 30, 70, 150, 310, 630, 1270, 2550]);
}

#[test]
fn nothing_is_shown_again_while_the_value_is_not_above_or_alerts_are_snoozed() {
    let (mut run, _) = Run::unseen();
    assert_eq!(run.read(2, 78.0), []);
    assert_eq!(run.service_comes(), [], "it would not be true");
    assert_eq!(run.read(2, 95.0).len(), 1);
}

#[test]
fn a_failure_is_said_once_and_so_is_its_end() {
    let mut driver = Driver::new(Settings::DEFAULT);
    let mut said = |result: Result<(), &str>| {
        let (is_shown, problem) = (result.is_ok(), result.err().map(str::to_owned));
        let outcome = NotificationOutcome { id: NotificationId::Test, sequence: 0, is_shown, problem };
        driver.handle(Event::Notified(outcome))
    };
    let warning = |text: &str| vec![Effect::Warn(text.into())];
    assert_eq!(said(Ok(())), []);
    assert_eq!(said(Err("no")), warning("no"));
    assert_eq!(said(Err("no")), []);
    assert_eq!(said(Ok(())), warning("notifications work now"));
    assert_eq!(said(Ok(())), []);
    assert_eq!(said(Err("no")), warning("no"));
}
