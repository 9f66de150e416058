//! The words of announcements, and the actions that they trigger.

use std::sync::Arc;
use std::time::Duration;

use loadline::core::alerts::event::{Cause, EndReason, SuppressedBy};
use loadline::core::alerts::rule::{Signal, SwapGrowth};
use loadline::core::alerts::snooze::Snooze;
use loadline::core::messages::effect::{Effect, Event, UserCommand};
use loadline::core::messages::output_line::OutputEvent;
use loadline::core::metrics::metric::{Metric, Percent, Threshold};
use loadline::core::metrics::reading::{Pressure, Reading};
use loadline::core::settings::Settings;
use loadline::core::settings::action::{Action, ActionKind, Preset};

use super::Run;
use crate::support::engine::Driver;
use crate::support::events;

#[test]
fn the_next_notification_names_how_often_the_alert_fired() {
    let settings = Settings { after: Duration::ZERO, ..Settings::DEFAULT };
    let mut run = Run::new(settings);
    for _ in 0..3 {
        run.cpu(95.0);
        run.cpu(10.0);
    }
    // The fourth time doubles the cooldown of five minutes three times: 40 minutes after the first.
    (0..1_300).for_each(|_| run.cpu(95.0));
    assert_eq!(
        run.lines()[2],
        "ALERT  CPU 95% is above 80%, the 2nd time in the last hour (told less than 10 min ago)"
    );
    let last = run.lines().last().unwrap().clone();
    assert_eq!(last, "ALERT  CPU 95% has been above 80% for 39 min 48 s, the 4th time in the last hour");
    assert_eq!(run.notified(Metric::Cpu), [0, 2, 2400].map(Duration::from_secs));
    assert_eq!(run.bodies()[2], "Above 80% for 39 min 48 s, the 4th time in the last hour.");
}

#[test]
fn the_top_application_is_known_when_the_alert_fires() {
    let mut run = Run::with_apps(Settings::DEFAULT);
    (0..30).for_each(|_| run.cpu(20.0));
    assert_eq!(run.scans(), 0, "nothing is rising");
    run.cpu(91.0);
    run.cpu(91.0);
    assert_eq!(run.scans(), 1, "one scan at a time");
    run.scanned("rustc");
    run.cpu(91.0);
    run.scanned("rustc");
    run.cpu(91.0);
    assert_eq!(run.lines(), ["ALERT  CPU 91% has been above 80% for 6 s: rustc 310%"]);
    assert_eq!(run.bodies(), ["Above 80% for 6 s. rustc is using the most (3.1 cores)."]);
    assert_eq!(run.driver.engine.top_apps(Metric::Cpu).map(|names| &**names), Some("rustc"));
    let scans = run.scans();
    (0..25).for_each(|_| run.cpu(91.0));
    assert_eq!(run.scans(), scans, "scanned lately");
    (0..10).for_each(|_| run.cpu(91.0));
    assert_eq!(run.scans(), scans + 1, "once a minute, for the menu");
}

#[test]
fn an_alert_without_a_delay_waits_for_the_name_but_not_for_long() {
    let settings = Settings { after: Duration::ZERO, ..Settings::DEFAULT };
    let mut run = Run::with_apps(settings.clone());
    run.cpu(91.0);
    assert_eq!((run.scans(), run.lines().len()), (1, 0));
    run.scanned("rustc");
    assert_eq!(run.lines(), ["ALERT  CPU 91% is above 80%: rustc 310%"]);

    let mut unanswered = Run::with_apps(settings.clone());
    unanswered.cpu(91.0);
    unanswered.cpu(91.0);
    assert_eq!(unanswered.lines(), ["ALERT  CPU 91% is above 80%"]);

    let mut over_at_once = Run::with_apps(settings.clone());
    over_at_once.cpu(91.0);
    over_at_once.cpu(10.0);
    assert_eq!(over_at_once.lines().len(), 2, "the alert, and its end");
    assert_eq!(over_at_once.notified(Metric::Cpu).len(), 2);

    let mut ended = Run::with_apps(settings);
    ended.cpu(91.0);
    ended.handle(Event::Stopping);
    assert_eq!(ended.lines().len(), 1);
}

#[test]
fn an_alert_is_silent_while_an_ignored_application_uses_the_most() {
    let settings = Settings { after: Duration::ZERO, ignored: vec!["backup".into()], ..Settings::DEFAULT };
    let mut run = Run::with_apps(settings);
    run.cpu(91.0);
    run.scanned("Backup");
    assert_eq!(run.lines(), ["ALERT  CPU 91% is above 80% (Backup is ignored): Backup 310%"]);
    assert!(run.notified(Metric::Cpu).is_empty());
    run.cpu(91.0);
    run.scanned("rustc");
    assert_eq!(run.lines()[1], "ALERT  CPU 91% has been above 80% for 2 s: rustc 310%");
    assert_eq!(run.notified(Metric::Cpu).len(), 1);
}

#[test]
fn an_alert_in_quiet_hours_notifies_after_they_end() {
    let quiet_hours = Some("11:00-12:00".parse().unwrap());
    let settings = Settings { after: Duration::ZERO, quiet_hours, ..Settings::DEFAULT };
    let mut run = Run::new(settings);
    // Three seconds to twelve.
    run.driver.shift_wall(jiff::SignedDuration::from_secs(-3));
    run.cpu(91.0);
    assert_eq!(run.lines(), ["ALERT  CPU 91% is above 80% (quiet hours)"]);
    assert!(run.bodies().is_empty());
    run.cpu(91.0);
    assert!(run.bodies().is_empty(), "one second to twelve");
    run.cpu(91.0);
    assert_eq!(run.bodies(), ["Above 80% for 4 s."]);
}

fn memory(percent: f64, swap_used_bytes: u64) -> Reading {
    let memory_percent = Some(percent);
    Reading { memory_percent, swap_used_bytes: Some(swap_used_bytes), ..Reading::default() }
}

#[test]
fn growing_swap_makes_an_alert_of_memory() {
    let growth = SwapGrowth { above_bytes: 500 << 20, within: Duration::from_secs(600) };
    let settings = Settings { swap_growth: Some(growth), ..Settings::DEFAULT };
    let mut run = Run::new(settings);
    (0..10).for_each(|_| run.read(memory(40.0, 1 << 30)));
    (0..10).for_each(|_| run.read(memory(40.0, (1 << 30) + (600 << 20))));
    assert_eq!(run.lines(), ["ALERT  Swap has grown by 600 MB in 10 min, with 40% of memory in use"]);
    // Ten minutes later it has not grown any more.
    (0..400).for_each(|_| run.read(memory(40.0, (1 << 30) + (600 << 20))));
    assert_eq!(run.lines()[1], "OK     Swap has stopped growing after 9 min 52 s (peak 40% in use)");
}

fn action(name: &str, on_alert: bool, on_recovery: bool, metrics: &[Metric], min_interval: u64) -> Arc<Action> {
    let (metrics, min_interval) = (metrics.to_vec(), Duration::from_secs(min_interval));
    let plain = events::action(name, events::command());
    Arc::new(Action { on_alert, on_recovery, metrics, min_interval, ..plain })
}

#[test]
fn an_alert_that_notifies_and_its_end_trigger_the_subscribed_actions() {
    let actions = vec![
        action("both", true, true, &Metric::ALL, 0),
        action("ends", false, true, &[Metric::Cpu], 0),
        action("memory", true, true, &[Metric::Memory], 0),
        action("seldom", true, false, &[Metric::Cpu], 3600),
    ];
    let settings = Settings { after: Duration::ZERO, cooldown: Duration::ZERO, actions, ..Settings::DEFAULT };
    let mut run = Run::new(settings);
    for _ in 0..2 {
        run.cpu(91.0);
        run.cpu(10.0);
    }
    let names: Vec<String> = run.actions().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["both", "seldom", "both", "ends", "both", "both", "ends"]);
    let warning = "action 'seldom' is not done again: it was less than 1 h ago";
    assert!(run.effects().any(|effect| *effect == Effect::Warn(warning.into())));
    // A silent alert triggers no action, nor does its end.
    run.handle(Event::Command(UserCommand::Snooze(Snooze::Hour)));
    run.cpu(91.0);
    run.cpu(10.0);
    assert_eq!(run.actions().len(), 7);
}

#[test]
fn the_end_of_an_alert_goes_only_to_the_actions_that_got_the_alert() {
    let actions = vec![action("pager", true, true, &Metric::ALL, 3600)];
    let settings = Settings { after: Duration::ZERO, cooldown: Duration::ZERO, actions, ..Settings::DEFAULT };
    let mut run = Run::new(settings);
    let both = |percent| Reading { memory_percent: Some(percent), cpu_percent: Some(percent), ..Reading::default() };
    // The limit is each metric's own, and not the end's.
    run.read(both(91.0));
    run.read(both(10.0));
    assert_eq!(run.actions().len(), 4);
    // Within the hour neither the alert nor its end.
    run.read(both(91.0));
    run.read(both(10.0));
    assert_eq!(run.actions().len(), 4);
}

#[test]
fn an_ignored_application_counts_until_a_scan_finds_another_on_top() {
    let settings = Settings { after: Duration::ZERO, ignored: vec!["backup".into()], ..Settings::DEFAULT };
    let mut run = Run::with_apps(settings);
    run.cpu(91.0);
    run.scanned("Backup");
    // Long after the last scan: there was none since, or it fails, or the person clicks on something.
    (0..100).for_each(|_| run.cpu(77.0));
    run.cpu(91.0);
    run.handle(Event::ProcessScan(Err("too many open files".into())));
    run.handle(Event::Command(UserCommand::SendTestNotification));
    run.cpu(91.0);
    assert!(run.notified(Metric::Cpu).is_empty());
    run.scanned("rustc");
    assert_eq!(run.notified(Metric::Cpu).len(), 1);

    let settings = Settings { after: Duration::ZERO, ignored: vec!["backup".into()], ..Settings::DEFAULT };
    let mut clicked = Run::with_apps(settings);
    clicked.cpu(91.0);
    clicked.handle(Event::Command(UserCommand::OpenSystemMonitor));
    clicked.scanned("Backup");
    assert!(clicked.notified(Metric::Cpu).is_empty(), "a click decides nothing");
    assert_eq!(clicked.lines().len(), 1);
}

#[test]
fn without_a_pressure_from_the_system_memory_is_evaluated_by_its_use() {
    let mut run = Run::new(Settings { after: Duration::ZERO, ..Settings::DEFAULT });
    run.read(memory(95.0, 0));
    run.handle(Event::Command(UserCommand::SetMemorySignal(Signal::Pressure)));
    run.read(memory(95.0, 0));
    run.read(memory(20.0, 0));
    assert_eq!(run.lines().last().unwrap(), "OK     Memory 20% is back below 75% after 4 s (peak 95%)");
}

#[test]
fn after_a_gap_a_swap_alert_does_not_end_before_the_window_is_covered() {
    let growth = SwapGrowth { above_bytes: 500 << 20, within: Duration::from_secs(600) };
    let mut run = Run::new(Settings { swap_growth: Some(growth), ..Settings::DEFAULT });
    for tick in 0..80 {
        run.read(memory(40.0, tick * (10 << 20)));
    }
    assert_eq!(run.lines().len(), 1);
    run.driver.advance(Duration::from_secs(30));
    // It goes on growing after the gap, as fast as before.
    for tick in 80..380 {
        run.read(memory(40.0, tick * (10 << 20)));
    }
    assert_eq!(run.lines().len(), 1, "{:?}", run.lines());
}

#[test]
fn a_risen_pressure_is_reported_only_since_it_rose() {
    let quiet_hours = Some("11:00-12:02".parse().unwrap());
    let settings = Settings { memory_signal: Signal::Pressure, quiet_hours, ..Settings::DEFAULT };
    let mut run = Run::new(settings);
    let under = |pressure| Reading { memory_pressure: Some(pressure), ..memory(61.0, 0) };
    (0..60).for_each(|_| run.read(under(Pressure::Warning)));
    (0..2).for_each(|_| run.read(under(Pressure::Critical)));
    assert_eq!(run.bodies(), ["Now; 61% of memory in use."]);
}

#[test]
fn an_ongoing_alert_is_resent_to_alertmanager() {
    let webhook = |name: &str, preset| {
        let kind = ActionKind::Webhook { url: "http://localhost".into(), preset, headers: Vec::new() };
        Arc::new(Action { kind, ..(*action(name, true, true, &Metric::ALL, 0)).clone() })
    };
    let actions = vec![webhook("am", Preset::Alertmanager), webhook("chat", Preset::Slack)];
    let mut run = Run::new(Settings { after: Duration::ZERO, actions, ..Settings::DEFAULT });
    (0..600).for_each(|_| run.cpu(91.0));
    run.cpu(10.0);
    (0..600).for_each(|_| run.cpu(10.0));
    let names: Vec<String> = run.actions().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["am", "chat", "am", "am", "am", "am", "chat"], "at 0, 5, 10 and 15 min, and the end");
    let times =
        run.driver.effects.iter().filter_map(|(at, effect)| matches!(effect, Effect::RunAction(_)).then_some(*at));
    assert_eq!(times.collect::<Vec<_>>(), [0, 0, 300, 600, 900, 1200, 1200].map(Duration::from_secs));
}

#[test]
fn actions_that_got_an_alert_learn_that_its_rule_was_changed() {
    let actions = vec![action("both", true, true, &Metric::ALL, 0)];
    let mut run = Run::new(Settings { after: Duration::ZERO, actions, ..Settings::DEFAULT });
    run.cpu(91.0);
    run.handle(Event::Command(UserCommand::SetThreshold(Metric::Cpu, Threshold::Off)));
    let triggered = run.actions();
    assert!(matches!(&triggered[0].1, OutputEvent::Alert(alert) if alert.cause == Cause::Above(Percent::DEFAULT)));
    assert!(
        matches!(&triggered[1].1, OutputEvent::Recovery(recovery) if recovery.end_reason == EndReason::RuleChanged)
    );
    assert_eq!(run.lines().len(), 1, "the person knows");
}

#[test]
fn a_silent_alert_carries_its_reason() {
    let mut run = Run::new(Settings { after: Duration::ZERO, ..Settings::DEFAULT });
    run.handle(Event::Command(UserCommand::Snooze(Snooze::Hour)));
    run.cpu(91.0);
    let suppressed_by = run.effects().find_map(|effect| match effect {
        Effect::Print(line) => match &line.event {
            OutputEvent::Alert(alert) => alert.suppressed_by.clone(),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(suppressed_by, Some(SuppressedBy::Snoozed));
}

/// The notifications of an alert and its end under `settings`, as their sounds and their clicks.
fn sounds_and_clicks(settings: Settings) -> Vec<(bool, Option<UserCommand>)> {
    let mut run = Run::new(Settings { after: Duration::ZERO, ..settings });
    run.cpu(91.0);
    run.cpu(10.0);
    let notification = |effect: &Effect| match effect {
        Effect::Notify(notification) => Some((notification.has_sound, notification.click)),
        _ => None,
    };
    run.effects().filter_map(notification).collect()
}

#[test]
fn only_an_alert_sounds_and_only_by_choice() {
    let sounds = |notification_sound| {
        let notifications = sounds_and_clicks(Settings { notification_sound, ..Settings::DEFAULT });
        notifications.into_iter().map(|(has_sound, _)| has_sound).collect::<Vec<_>>()
    };
    assert_eq!(sounds(false), [false, false]);
    assert_eq!(sounds(true), [true, false], "its end is quiet");
    let mut driver = Driver::new(Settings { notification_sound: true, ..Settings::DEFAULT });
    let effects = driver.handle(Event::Command(UserCommand::SendTestNotification));
    assert!(matches!(&effects[..], [Effect::Notify(notification)] if notification.has_sound), "as alerts will sound");
}

#[test]
fn a_click_on_a_notification_opens_the_report_at_the_alert() {
    let start = events::at(Duration::ZERO).wall.timestamp();
    let at = |seconds| Some(UserCommand::OpenAlert(Metric::Cpu, start + Duration::from_secs(seconds)));
    let clicks = |history| {
        let notifications = sounds_and_clicks(Settings { history, ..Settings::DEFAULT });
        notifications.into_iter().map(|(_, click)| click).collect::<Vec<_>>()
    };
    assert_eq!(clicks(true), [at(0), at(2)]);
    assert_eq!(clicks(false), [None, None], "there is nothing to report of");
    let mut driver = Driver::new(Settings::DEFAULT);
    let effects = driver.handle(Event::Command(at(2).unwrap()));
    let moment = start + Duration::from_secs(2);
    assert_eq!(effects, [Effect::OpenAlert(Metric::Cpu, moment)]);
}
