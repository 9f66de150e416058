//! The actions that an alert, its end or an early warning triggers, and those that it does not.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;
use crate::core::alerts::event::{AlertEvent, EndReason, RecoveryEvent};
use crate::core::forecast::event::ForecastEvent;
use crate::core::metrics::metric::Percent;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// An action for alerts and their ends, of both metrics.
fn action(name: &str, preset: Preset) -> Action {
    Action {
        name: name.into(),
        on_alert: true,
        on_recovery: true,
        on_forecast: false,
        metrics: Metric::ALL.to_vec(),
        min_interval: Duration::ZERO,
        timeout: MINUTE,
        kind: ActionKind::Webhook { url: "https://h".into(), preset, headers: Vec::new() },
        is_machine_wide: false,
        is_trusted: true,
    }
}

fn moment(elapsed: Duration) -> Now {
    Now { elapsed, wall: (Timestamp::UNIX_EPOCH + elapsed).to_zoned(TimeZone::UTC) }
}

fn line(event: OutputEvent) -> OutputLine {
    OutputLine { at: moment(Duration::ZERO).wall, event }
}

fn alert(metric: Metric) -> OutputLine {
    line(OutputEvent::Alert(AlertEvent::sample(metric)))
}

fn end(metric: Metric) -> OutputLine {
    let (end_reason, lasted) = (EndReason::Below(75.0), MINUTE);
    line(OutputEvent::Recovery(RecoveryEvent { metric, value_percent: None, end_reason, lasted, peak_percent: 90.0 }))
}

fn forecast() -> OutputLine {
    line(OutputEvent::Forecast(ForecastEvent {
        threshold: Percent::DEFAULT,
        left: MINUTE,
        grown_points: 1.0,
        within: MINUTE,
        grown_bytes: None,
        grower: None,
        suppressed_by: None,
    }))
}

/// The triggers of some actions.
struct Triggered {
    actions: Vec<Arc<Action>>,
    triggers: ActionTriggers,
}

impl Triggered {
    fn new(actions: &[Action]) -> Triggered {
        let actions = actions.iter().cloned().map(Arc::new).collect();
        Triggered { actions, triggers: ActionTriggers::default() }
    }

    /// The names and numbers of the actions that `line` runs at `now`, and the number of warnings.
    fn trigger(&mut self, line: &OutputLine, now: Duration) -> (Vec<(String, u64)>, usize) {
        let mut effects = Vec::new();
        self.triggers.trigger(&self.actions, line, 7, now, &mut effects);
        let is_warning = |effect: &&Effect| matches!(effect, Effect::Warn(_));
        (run_by(&effects), effects.iter().filter(is_warning).count())
    }

    fn resend(&mut self, now: Duration) -> Vec<(String, u64)> {
        let mut effects = Vec::new();
        self.triggers.resend(&self.actions, &moment(now), &mut effects);
        run_by(&effects)
    }
}

fn run_by(effects: &[Effect]) -> Vec<(String, u64)> {
    let run = |effect: &Effect| match effect {
        Effect::RunAction(request) => Some((request.action.name.clone(), request.sequence)),
        _ => None,
    };
    effects.iter().filter_map(run).collect()
}

/// These actions, and no warning.
fn only(names: &[&str], sequence: u64) -> (Vec<(String, u64)>, usize) {
    (names.iter().map(|name| ((*name).to_owned(), sequence)).collect(), 0)
}

#[test]
fn an_action_runs_for_its_occasions_and_metrics_alone() {
    let plain = action("both", Preset::Json);
    let alerts = Action { name: "alerts".into(), on_recovery: false, ..plain.clone() };
    let ends = Action { name: "ends".into(), on_alert: false, ..plain.clone() };
    let memory = Action { name: "memory".into(), metrics: vec![Metric::Memory], ..plain.clone() };
    let mut triggered = Triggered::new(&[plain, alerts, ends, memory]);
    assert_eq!(triggered.trigger(&alert(Metric::Cpu), SECOND), only(&["both", "alerts"], 7));
    assert_eq!(triggered.trigger(&alert(Metric::Memory), SECOND), only(&["both", "alerts", "memory"], 7));
    assert_eq!(triggered.trigger(&end(Metric::Cpu), SECOND), only(&["both", "ends"], 0));
    assert_eq!(triggered.trigger(&end(Metric::Cpu), SECOND), only(&["ends"], 0), "an end is told once");
    assert_eq!(triggered.trigger(&end(Metric::Memory), SECOND), only(&["both", "ends", "memory"], 0));
    for other in [OutputEvent::Notice("x".into()), OutputEvent::Reading(Default::default())] {
        assert_eq!(triggered.trigger(&line(other), SECOND), only(&[], 0));
    }
}

#[test]
fn an_early_warning_runs_the_actions_that_ask_for_it_and_watch_memory() {
    let plain = action("alerts", Preset::Json);
    let asks = Action { name: "asks".into(), on_forecast: true, min_interval: MINUTE, ..plain.clone() };
    let cpu = Action { name: "cpu".into(), metrics: vec![Metric::Cpu], ..asks.clone() };
    let mut triggered = Triggered::new(&[plain, asks, cpu]);
    assert_eq!(triggered.trigger(&forecast(), SECOND), only(&["asks"], 7));
    assert_eq!(triggered.trigger(&forecast(), SECOND), only(&["asks"], 7), "without a limit");
    assert_eq!(
        triggered.trigger(&alert(Metric::Memory), SECOND),
        only(&["alerts", "asks"], 7),
        "it counts towards none"
    );
}

#[test]
fn the_interval_of_an_action_holds_for_each_metric_and_says_so() {
    let mut triggered = Triggered::new(&[Action { min_interval: MINUTE, ..action("a", Preset::Json) }]);
    assert_eq!(triggered.trigger(&alert(Metric::Cpu), SECOND), only(&["a"], 7));
    assert_eq!(triggered.trigger(&alert(Metric::Cpu), MINUTE), (vec![], 1));
    assert_eq!(triggered.trigger(&alert(Metric::Memory), MINUTE), only(&["a"], 7));
    assert_eq!(triggered.trigger(&end(Metric::Cpu), MINUTE), only(&["a"], 0), "the end of an alert that it got");
    // A run that was refused does not count as the last one.
    assert_eq!(triggered.trigger(&alert(Metric::Cpu), MINUTE + SECOND), only(&["a"], 7));
    let ends = Action { on_alert: false, min_interval: MINUTE, ..action("ends", Preset::Json) };
    let mut triggered = Triggered::new(&[ends]);
    assert_eq!(triggered.trigger(&end(Metric::Cpu), SECOND), only(&["ends"], 0));
    assert_eq!(triggered.trigger(&end(Metric::Cpu), SECOND), (vec![], 1));
}

#[test]
fn an_action_that_did_not_get_the_alert_does_not_get_its_end() {
    let mut triggered = Triggered::new(&[Action { min_interval: MINUTE, ..action("a", Preset::Json) }]);
    triggered.trigger(&alert(Metric::Cpu), SECOND);
    triggered.trigger(&end(Metric::Cpu), SECOND);
    assert_eq!(triggered.trigger(&alert(Metric::Cpu), SECOND), (vec![], 1));
    assert_eq!(triggered.trigger(&end(Metric::Cpu), SECOND), only(&[], 0));
}

#[test]
fn an_alert_that_goes_on_is_sent_again_to_alertmanager_alone() {
    let mut triggered = Triggered::new(&[action("chat", Preset::Slack), action("manager", Preset::Alertmanager)]);
    assert_eq!(triggered.resend(RESEND_INTERVAL), []);
    triggered.trigger(&alert(Metric::Cpu), SECOND);
    assert_eq!(triggered.resend(RESEND_INTERVAL), [], "five minutes after it was sent");
    let manager = || [("manager".to_owned(), 7)];
    assert_eq!(triggered.resend(RESEND_INTERVAL + SECOND), manager());
    assert_eq!(triggered.resend(RESEND_INTERVAL * 2), []);
    assert_eq!(triggered.resend(RESEND_INTERVAL * 2 + SECOND), manager(), "five minutes after the last time");
    triggered.trigger(&end(Metric::Memory), MINUTE);
    assert_eq!(triggered.resend(RESEND_INTERVAL * 4), manager(), "the end of another alert is not its end");
    triggered.trigger(&end(Metric::Cpu), MINUTE);
    assert_eq!(triggered.resend(RESEND_INTERVAL * 6), []);
}

#[test]
fn an_alert_is_sent_again_with_the_present_time_and_only_to_actions_that_are_still_there() {
    let mut triggered = Triggered::new(&[action("manager", Preset::Alertmanager)]);
    triggered.trigger(&alert(Metric::Cpu), SECOND);
    let mut effects = Vec::new();
    let now = moment(RESEND_INTERVAL * 2);
    triggered.triggers.resend(&triggered.actions, &now, &mut effects);
    let [Effect::RunAction(request)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((&request.line.at, &request.line.event), (&now.wall, &alert(Metric::Cpu).event));
    assert!(!request.is_test);
    triggered.actions.clear();
    assert_eq!(triggered.resend(RESEND_INTERVAL * 9), []);
}
