//! What is told, of whom, and to whom.

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

#[test]
fn the_next_telling_says_how_often_it_happened() {
    let settings = Settings { after: Duration::ZERO, ..Settings::DEFAULT };
    let mut run = Run::new(settings, false);
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
    let told = run.lines().last().unwrap().clone();
    assert_eq!(told, "ALERT  CPU 95% has been above 80% for 39 min 48 s, the 4th time in the last hour");
    assert_eq!(run.notified(Metric::Cpu), [0.0, 2.0, 2400.0]);
    assert_eq!(run.bodies()[2], "Above 80% for 39 min 48 s, the 4th time in the last hour.");
}

#[test]
fn who_uses_the_most_is_known_when_it_fires() {
    let mut run = Run::new(Settings::DEFAULT, true);
    (0..30).for_each(|_| run.cpu(20.0));
    assert_eq!(run.looks(), 0, "nothing is rising");
    run.cpu(91.0);
    run.cpu(91.0);
    assert_eq!(run.looks(), 1, "one look at a time");
    run.looked("rustc");
    run.cpu(91.0);
    run.looked("rustc");
    run.cpu(91.0);
    assert_eq!(run.lines(), ["ALERT  CPU 91% has been above 80% for 6 s: rustc 310%"]);
    assert_eq!(run.bodies(), ["Above 80% for 6 s. rustc is using the most (3.1 cores)."]);
    assert_eq!(run.engine.top_apps(Metric::Cpu).map(|names| &**names), Some("rustc"));
    let looks = run.looks();
    (0..25).for_each(|_| run.cpu(91.0));
    assert_eq!(run.looks(), looks, "looked at lately");
    (0..10).for_each(|_| run.cpu(91.0));
    assert_eq!(run.looks(), looks + 1, "once a minute, for the menu");
}

#[test]
fn an_alert_at_once_waits_for_the_name_but_not_for_long() {
    let settings = Settings { after: Duration::ZERO, ..Settings::DEFAULT };
    let mut run = Run::new(settings.clone(), true);
    run.cpu(91.0);
    assert_eq!((run.looks(), run.lines().len()), (1, 0));
    run.looked("rustc");
    assert_eq!(run.lines(), ["ALERT  CPU 91% is above 80%: rustc 310%"]);

    let mut nobody_answers = Run::new(settings.clone(), true);
    nobody_answers.cpu(91.0);
    nobody_answers.cpu(91.0);
    assert_eq!(nobody_answers.lines(), ["ALERT  CPU 91% is above 80%"]);

    let mut over_at_once = Run::new(settings.clone(), true);
    over_at_once.cpu(91.0);
    over_at_once.cpu(10.0);
    assert_eq!(over_at_once.lines().len(), 2, "the alert, and its end");
    assert_eq!(over_at_once.notified(Metric::Cpu).len(), 2);

    let mut ended = Run::new(settings, true);
    ended.cpu(91.0);
    ended.handle(Event::Stopping);
    assert_eq!(ended.lines().len(), 1);
}

#[test]
fn nothing_is_told_of_an_application_that_is_ignored_while_it_uses_the_most() {
    let settings = Settings { after: Duration::ZERO, ignored: vec!["backup".into()], ..Settings::DEFAULT };
    let mut run = Run::new(settings, true);
    run.cpu(91.0);
    run.looked("Backup");
    assert_eq!(run.lines(), ["ALERT  CPU 91% is above 80% (Backup is ignored): Backup 310%"]);
    assert!(run.notified(Metric::Cpu).is_empty());
    run.cpu(91.0);
    run.looked("rustc");
    assert_eq!(run.lines()[1], "ALERT  CPU 91% has been above 80% for 2 s: rustc 310%");
    assert_eq!(run.notified(Metric::Cpu).len(), 1);
}

#[test]
fn in_quiet_hours_nothing_is_told_until_they_are_over() {
    let quiet_hours = Some("11:00-12:00".parse().unwrap());
    let settings = Settings { after: Duration::ZERO, quiet_hours, ..Settings::DEFAULT };
    let mut run = Run::new(settings, false);
    run.now.wall = run.now.wall.checked_sub(jiff::SignedDuration::from_secs(3)).unwrap();
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
fn swap_that_grows_makes_an_alert_of_memory() {
    let growth = SwapGrowth { above_bytes: 500 << 20, within: Duration::from_secs(600) };
    let settings = Settings { swap_growth: Some(growth), ..Settings::DEFAULT };
    let mut run = Run::new(settings, false);
    (0..10).for_each(|_| run.read(memory(40.0, 1 << 30)));
    (0..10).for_each(|_| run.read(memory(40.0, (1 << 30) + (600 << 20))));
    assert_eq!(run.lines(), ["ALERT  Swap has grown by 600 MB in 10 min, with 40% of memory in use"]);
    // Ten minutes later it has not grown any more.
    (0..400).for_each(|_| run.read(memory(40.0, (1 << 30) + (600 << 20))));
    assert_eq!(run.lines()[1], "OK     Swap has stopped growing after 9 min 52 s (peak 40% in use)");
}

fn action(name: &str, on_alert: bool, on_recovery: bool, metrics: &[Metric], at_most_every: u64) -> Arc<Action> {
    Arc::new(Action {
        name: name.into(),
        on_alert,
        on_recovery,
        metrics: metrics.to_vec(),
        min_interval: Duration::from_secs(at_most_every),
        timeout: Action::COMMAND_TIMEOUT,
        kind: ActionKind::Command { argv: vec!["true".into()] },
    })
}

#[test]
fn actions_answer_what_is_told_and_its_end() {
    let actions = vec![
        action("both", true, true, &Metric::ALL, 0),
        action("ends", false, true, &[Metric::Cpu], 0),
        action("memory", true, true, &[Metric::Memory], 0),
        action("seldom", true, false, &[Metric::Cpu], 3600),
    ];
    let settings = Settings { after: Duration::ZERO, cooldown: Duration::ZERO, actions, ..Settings::DEFAULT };
    let mut run = Run::new(settings, false);
    for _ in 0..2 {
        run.cpu(91.0);
        run.cpu(10.0);
    }
    let done: Vec<String> = run.acts().into_iter().map(|(name, _)| name).collect();
    assert_eq!(done, ["both", "seldom", "both", "ends", "both", "both", "ends"]);
    let complaint = "action 'seldom' is not done again: it was less than 1 h ago";
    assert!(run.effects.iter().any(|(_, effect)| *effect == Effect::Warn(complaint.into())));
    // What is silent is not answered, nor is its end.
    run.handle(Event::Command(UserCommand::Snooze(Snooze::Hour)));
    run.cpu(91.0);
    run.cpu(10.0);
    assert_eq!(run.acts().len(), 7);
}

#[test]
fn whoever_was_told_of_an_alert_is_told_of_its_end_and_nobody_else() {
    let actions = vec![action("pager", true, true, &Metric::ALL, 3600)];
    let settings = Settings { after: Duration::ZERO, cooldown: Duration::ZERO, actions, ..Settings::DEFAULT };
    let mut run = Run::new(settings, false);
    let both = |percent| Reading { memory_percent: Some(percent), cpu_percent: Some(percent), ..Reading::default() };
    // The limit is each metric's own, and not the end's.
    run.read(both(91.0));
    run.read(both(10.0));
    assert_eq!(run.acts().len(), 4);
    // Within the hour neither the alert nor its end.
    run.read(both(91.0));
    run.read(both(10.0));
    assert_eq!(run.acts().len(), 4);
}

#[test]
fn an_application_that_is_ignored_stays_so_until_another_is_known_to_use_the_most() {
    let settings = Settings { after: Duration::ZERO, ignored: vec!["backup".into()], ..Settings::DEFAULT };
    let mut run = Run::new(settings, true);
    run.cpu(91.0);
    run.looked("Backup");
    // Long after the last look: nobody has looked since, or the look fails, or the person clicks on something.
    (0..100).for_each(|_| run.cpu(77.0));
    run.cpu(91.0);
    run.handle(Event::ProcessScan(Err("too many open files".into())));
    run.handle(Event::Command(UserCommand::SendTestNotification));
    run.cpu(91.0);
    assert!(run.notified(Metric::Cpu).is_empty());
    run.looked("rustc");
    assert_eq!(run.notified(Metric::Cpu).len(), 1);

    let settings = Settings { after: Duration::ZERO, ignored: vec!["backup".into()], ..Settings::DEFAULT };
    let mut clicked = Run::new(settings, true);
    clicked.cpu(91.0);
    clicked.handle(Event::Command(UserCommand::OpenSystemMonitor));
    clicked.looked("Backup");
    assert!(clicked.notified(Metric::Cpu).is_empty(), "a click decides nothing");
    assert_eq!(clicked.lines().len(), 1);
}

#[test]
fn where_the_system_does_not_tell_its_pressure_memory_is_judged_by_its_use() {
    let mut run = Run::new(Settings { after: Duration::ZERO, ..Settings::DEFAULT }, false);
    run.read(memory(95.0, 0));
    run.handle(Event::Command(UserCommand::SetMemorySignal(Signal::Pressure)));
    run.read(memory(95.0, 0));
    run.read(memory(20.0, 0));
    assert_eq!(run.lines().last().unwrap(), "OK     Memory 20% is back below 75% after 4 s (peak 95%)");
}

#[test]
fn after_a_gap_it_is_not_said_that_swap_has_stopped_growing_until_that_is_known() {
    let growth = SwapGrowth { above_bytes: 500 << 20, within: Duration::from_secs(600) };
    let mut run = Run::new(Settings { swap_growth: Some(growth), ..Settings::DEFAULT }, false);
    for tick in 0..80 {
        run.read(memory(40.0, tick * (10 << 20)));
    }
    assert_eq!(run.lines().len(), 1);
    run.pass(Duration::from_secs(30));
    // It goes on growing after the gap, as fast as before.
    for tick in 80..380 {
        run.read(memory(40.0, tick * (10 << 20)));
    }
    assert_eq!(run.lines().len(), 1, "{:?}", run.lines());
}

#[test]
fn a_pressure_that_has_risen_is_not_said_to_have_been_so_all_along() {
    let quiet_hours = Some("11:00-12:02".parse().unwrap());
    let settings = Settings { memory_signal: Signal::Pressure, quiet_hours, ..Settings::DEFAULT };
    let mut run = Run::new(settings, false);
    let under = |pressure| Reading { memory_pressure: Some(pressure), ..memory(61.0, 0) };
    (0..60).for_each(|_| run.read(under(Pressure::Warning)));
    (0..2).for_each(|_| run.read(under(Pressure::Critical)));
    assert_eq!(run.bodies(), ["Now; 61% of memory in use."]);
}

#[test]
fn alertmanager_is_told_again_of_an_alert_that_goes_on() {
    let webhook = |name: &str, preset| {
        let deed = ActionKind::Webhook { url: "http://localhost".into(), preset, headers: Vec::new() };
        Arc::new(Action { kind: deed, ..(*action(name, true, true, &Metric::ALL, 0)).clone() })
    };
    let actions = vec![webhook("am", Preset::Alertmanager), webhook("chat", Preset::Slack)];
    let mut run = Run::new(Settings { after: Duration::ZERO, actions, ..Settings::DEFAULT }, false);
    (0..600).for_each(|_| run.cpu(91.0));
    run.cpu(10.0);
    (0..600).for_each(|_| run.cpu(10.0));
    let done: Vec<String> = run.acts().into_iter().map(|(name, _)| name).collect();
    assert_eq!(done, ["am", "chat", "am", "am", "am", "am", "chat"], "at 0, 5, 10 and 15 min, and the end");
    let times = run.effects.iter().filter_map(|(at, effect)| matches!(effect, Effect::RunAction(_)).then_some(*at));
    assert_eq!(times.collect::<Vec<_>>(), [0.0, 0.0, 300.0, 600.0, 900.0, 1200.0, 1200.0]);
}

#[test]
fn who_was_told_of_an_alert_is_told_that_its_rule_was_changed() {
    let actions = vec![action("both", true, true, &Metric::ALL, 0)];
    let mut run = Run::new(Settings { after: Duration::ZERO, actions, ..Settings::DEFAULT }, false);
    run.cpu(91.0);
    run.handle(Event::Command(UserCommand::SetThreshold(Metric::Cpu, Threshold::Off)));
    let acts = run.acts();
    assert!(matches!(&acts[0].1, OutputEvent::Alert(said) if said.cause == Cause::Above(Percent::DEFAULT)));
    assert!(matches!(&acts[1].1, OutputEvent::Recovery(said) if said.end_reason == EndReason::RuleChanged));
    assert_eq!(run.lines().len(), 1, "the person knows");
}

#[test]
fn a_silence_names_its_reason_in_json_too() {
    let mut run = Run::new(Settings { after: Duration::ZERO, ..Settings::DEFAULT }, false);
    run.handle(Event::Command(UserCommand::Snooze(Snooze::Hour)));
    run.cpu(91.0);
    let silence = run.effects.iter().find_map(|(_, effect)| match effect {
        Effect::Print(line) => match &line.event {
            OutputEvent::Alert(said) => said.suppressed_by.clone(),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(silence, Some(SuppressedBy::Snoozed));
}
