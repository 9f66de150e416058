//! Tests of the notifier with a desktop of ours: the request for permission, which may never be answered, and the end.

use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use super::*;
use crate::core::messages::effect::Event;
use crate::core::metrics::reading::Reading;
use crate::core::settings::{Overrides, Settings};
use crate::core::time::Clock;
use crate::runtime::app::App;
use crate::runtime::app::config::{AppConfig, End, SourceKind};
use crate::runtime::clock;
use crate::runtime::console::Form;
use crate::runtime::inbox::TimedReading;

const SOON: Duration = Duration::from_secs(20);
const ASKING: &str = "the system is asking";

/// The calls of the desktop, in order.
#[derive(Debug, PartialEq)]
enum Call {
    Begun,
    Asked,
    Shown(String),
    Dismissed(NotificationId),
    Withdrawn,
}

/// A desktop that shows nothing before the person has answered.
struct FakeDesktop {
    calls: Sender<Call>,
    /// The person. Without an answer the request waits for as long as the test keeps the other end.
    answers: Mutex<Option<Receiver<PermissionAnswer>>>,
    answer: Option<PermissionAnswer>,
}

impl FakeDesktop {
    fn call(&self, call: Call) {
        self.calls.send(call).unwrap();
    }
}

impl NotificationBackend for FakeDesktop {
    fn begin(&mut self, _limit: Duration) {
        self.call(Call::Begun);
    }

    fn permission_request(&self) -> Option<PermissionRequest> {
        let (answers, calls) = (self.answers.lock().unwrap().take()?, self.calls.clone());
        Some(Box::new(move || {
            calls.send(Call::Asked).unwrap();
            answers.recv().unwrap_or(PermissionAnswer::Refused(None))
        }))
    }

    fn take_answer(&mut self, answer: PermissionAnswer, _limit: Duration) -> Result<(), String> {
        self.answer = Some(answer.clone());
        if answer == PermissionAnswer::Granted { Ok(()) } else { Err("refused".into()) }
    }

    fn show(&mut self, notification: &Notification, _limit: Duration) -> Result<Option<String>, String> {
        match &self.answer {
            None => Err(ASKING.into()),
            Some(PermissionAnswer::Refused(_)) => Err("refused".into()),
            Some(PermissionAnswer::Granted) => {
                self.call(Call::Shown(notification.title.clone()));
                Ok(None)
            }
        }
    }

    fn watch_service(&mut self, _inbox: &Arc<Inbox>) {}

    fn dismiss(&mut self, id: NotificationId, _limit: Duration) {
        self.call(Call::Dismissed(id));
    }

    fn withdraw(&mut self, _limit: Duration) {
        self.call(Call::Withdrawn);
    }
}

/// A notifier that has begun, and whose request for permission waits.
struct Fixture {
    notifier: Notifier,
    inbox: Arc<Inbox>,
    person: Sender<PermissionAnswer>,
    calls: Receiver<Call>,
}

impl Fixture {
    fn new() -> Fixture {
        let (inbox, (sender, calls), (person, answers)) =
            (Arc::new(Inbox::default()), mpsc::channel(), mpsc::channel());
        let desktop = FakeDesktop { calls: sender, answers: Mutex::new(Some(answers)), answer: None };
        let mut notifier = Notifier::start_with(Arc::clone(&inbox), desktop).unwrap();
        (0..2).for_each(|_| notifier.begin());
        let fixture = Fixture { notifier, inbox, person, calls };
        // From two threads, in either order.
        let mut first = [fixture.call(), fixture.call()];
        first.sort_by_key(|call| *call == Call::Asked);
        assert_eq!(first, [Call::Begun, Call::Asked]);
        fixture
    }

    fn call(&self) -> Call {
        self.calls.recv_timeout(SOON).unwrap()
    }

    /// The next outcome that reaches the loop.
    fn outcome(&self) -> Result<(), String> {
        let deadline = clock::monotonic() + SOON;
        loop {
            match self.inbox.poll() {
                Some(Input::Event(Event::Outcome { operation: Operation::Notify, result })) => return result,
                Some(Input::Event(Event::Notified(outcome))) => {
                    assert_eq!(outcome.is_shown, outcome.problem.is_none());
                    return outcome.problem.map_or(Ok(()), Err);
                }
                Some(Input::Event(Event::NotificationsPossible)) => {}
                Some(other) => panic!("{other:?}"),
                None => assert!(clock::monotonic() < deadline, "no outcome"),
            }
            thread::yield_now();
        }
    }

    #[track_caller]
    fn wait_problem(&self, problem: &str) {
        assert_eq!(self.outcome(), Err(text::desktop::notification_failed(problem)));
    }
}

fn alert(metric: Metric, title: &str, is_quiet: bool) -> Notification {
    Notification::for_alert(metric, title.into(), String::new(), is_quiet)
}

#[test]
fn the_end_does_not_wait_for_the_person() {
    let Fixture { notifier, person, .. } = Fixture::new();
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || {
        drop(notifier);
        sender.send(()).unwrap();
    });
    ended.recv_timeout(SOON).unwrap();
    // The request has waited all the time: the person's answer still finds it.
    person.send(PermissionAnswer::Granted).unwrap();
}

#[test]
fn an_unanswered_request_is_reported_at_once_and_holds_nothing_else_up() {
    let fixture = Fixture::new();
    fixture.notifier.show(text::alerts::test_notification());
    fixture.wait_problem(ASKING);
    fixture.notifier.dismiss(NotificationId::Alert(Metric::Cpu));
    assert_eq!(fixture.call(), Call::Dismissed(NotificationId::Alert(Metric::Cpu)));
}

#[test]
fn permission_given_later_is_an_event_of_the_engine() {
    let fixture = Fixture::new();
    fixture.notifier.show(Notification { sequence: 7, ..alert(Metric::Cpu, "CPU 91%", false) });
    let problem = Some(text::desktop::notification_failed(ASKING));
    let outcome = NotificationOutcome { id: NotificationId::Alert(Metric::Cpu), sequence: 7, is_shown: false, problem };
    assert_eq!(fixture.inbox.receive(), Some(Input::Event(Event::Notified(outcome))));
    fixture.person.send(PermissionAnswer::Granted).unwrap();
    assert_eq!(fixture.inbox.receive(), Some(Input::outcome(Operation::Notify, Ok(()))));
    assert_eq!(fixture.inbox.receive(), Some(Input::Event(Event::NotificationsPossible)));
}

#[test]
fn the_end_of_an_alert_that_nobody_saw_is_not_shown() {
    let fixture = Fixture::new();
    fixture.notifier.show(alert(Metric::Cpu, "CPU 91%", false));
    fixture.wait_problem(ASKING);
    fixture.person.send(PermissionAnswer::Granted).unwrap();
    assert_eq!(fixture.outcome(), Ok(()), "the answer alone");
    fixture.notifier.show(alert(Metric::Cpu, "CPU 20%", true));
    fixture.notifier.show(text::alerts::test_notification());
    assert_eq!(fixture.call(), Call::Shown("Loadline".into()), "after the end");
    fixture.notifier.show(alert(Metric::Cpu, "CPU 95%", false));
    assert_eq!(fixture.call(), Call::Shown("CPU 95%".into()));
    fixture.notifier.show(alert(Metric::Cpu, "CPU 21%", true));
    assert_eq!(fixture.call(), Call::Shown("CPU 21%".into()));
    fixture.notifier.show(alert(Metric::Cpu, "CPU 22%", true));
    fixture.notifier.show(text::alerts::test_notification());
    assert_eq!(fixture.call(), Call::Shown("Loadline".into()), "an end is shown once");
}

#[test]
fn a_refusal_is_reported_and_so_is_each_notification_after_it() {
    let fixture = Fixture::new();
    fixture.person.send(PermissionAnswer::Refused(None)).unwrap();
    fixture.wait_problem("refused");
    fixture.notifier.show(text::alerts::test_notification());
    fixture.wait_problem("refused");
}

#[test]
fn the_end_sends_what_waits_and_then_withdraws() {
    let fixture = Fixture::new();
    fixture.person.send(PermissionAnswer::Granted).unwrap();
    assert_eq!(fixture.outcome(), Ok(()));
    fixture.notifier.show(alert(Metric::Cpu, "CPU 91%", false));
    fixture.notifier.withdraw();
    drop(fixture.notifier);
    assert_eq!(fixture.calls.iter().collect::<Vec<_>>(), [Call::Shown("CPU 91%".into()), Call::Withdrawn]);
}

#[test]
fn an_alert_that_waits_for_names_is_withdrawn_at_the_end_too() {
    let fixture = Fixture::new();
    fixture.person.send(PermissionAnswer::Granted).unwrap();
    assert_eq!(fixture.outcome(), Ok(()));
    let config = AppConfig {
        form: Form::Text,
        prints_readings: false,
        overrides: Overrides { after: Some(Duration::ZERO), ..Overrides::default() },
        samples: None,
        source: SourceKind::Machine,
        has_tray: true,
        clock: Clock::Hours24,
    };
    let Fixture { notifier, inbox, calls, .. } = fixture;
    let mut app = App::new(config, inbox, Settings { history: false, ..Settings::DEFAULT }, None, Some(notifier));
    let reading = Reading { cpu_percent: Some(99.0), ..Reading::default() };
    assert_eq!(app.take(Input::Reading(TimedReading { reading, at: clock::now() })), None);
    assert_eq!(app.take(Input::Stop), Some(End::Done));
    drop(app);
    let told: Vec<Call> = calls.iter().filter(|call| matches!(call, Call::Shown(_) | Call::Withdrawn)).collect();
    assert_eq!(told, [Call::Shown("CPU 99%".into()), Call::Withdrawn]);
}

/// A desktop that takes as long as the test lets it.
struct SlowDesktop {
    begun: Sender<String>,
    allowed: Receiver<()>,
}

impl NotificationBackend for SlowDesktop {
    fn begin(&mut self, _limit: Duration) {}

    fn permission_request(&self) -> Option<PermissionRequest> {
        None
    }

    fn take_answer(&mut self, _answer: PermissionAnswer, _limit: Duration) -> Result<(), String> {
        Ok(())
    }

    fn show(&mut self, notification: &Notification, _limit: Duration) -> Result<Option<String>, String> {
        self.begun.send(notification.title.clone()).unwrap();
        self.allowed.recv().map(|()| None).map_err(|error| error.to_string())
    }

    fn watch_service(&mut self, _inbox: &Arc<Inbox>) {}

    fn dismiss(&mut self, _id: NotificationId, _limit: Duration) {}

    fn withdraw(&mut self, _limit: Duration) {}
}

#[test]
fn an_alert_that_is_replaced_before_it_was_sent_was_not_shown() {
    let (inbox, (begun, shown), (allow, allowed)) = (Arc::new(Inbox::default()), mpsc::channel(), mpsc::channel());
    let notifier = Notifier::start_with(Arc::clone(&inbox), SlowDesktop { begun, allowed }).unwrap();
    notifier.show(Notification { sequence: 1, ..alert(Metric::Memory, "memory 91%", false) });
    assert_eq!(shown.recv_timeout(SOON).unwrap(), "memory 91%");
    let cpu = NotificationId::Alert(Metric::Cpu);
    let unsent = |sequence| Some(Input::Event(Event::Notified(NotificationOutcome::unsent(cpu, sequence))));
    notifier.show(Notification { sequence: 2, ..alert(Metric::Cpu, "CPU 91%", false) });
    notifier.show(alert(Metric::Cpu, "CPU 20%", true));
    assert_eq!(inbox.poll(), unsent(2), "by its end");
    notifier.show(Notification { sequence: 3, ..alert(Metric::Cpu, "CPU 92%", false) });
    assert_eq!(inbox.poll(), None, "an end has no outcome");
    notifier.dismiss(cpu);
    assert_eq!(inbox.poll(), unsent(3), "by its dismissal");
    notifier.show(text::alerts::test_notification());
    notifier.show(text::alerts::test_notification());
    assert_eq!(inbox.poll(), None, "only alerts are told again");
    (0..2).for_each(|_| allow.send(()).unwrap());
    assert_eq!(shown.recv_timeout(SOON).unwrap(), "Loadline");
}
