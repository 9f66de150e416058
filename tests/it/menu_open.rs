//! What an open menu makes the engine do, and for how long it counts as open.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

use loadline::core::engine::{Engine, EngineOptions};
use loadline::core::history::threshold_stats::{BacktestResult, ThresholdStats};
use loadline::core::messages::effect::{Effect, Event, UserCommand};
use loadline::core::metrics::metric::{Metric, Percent, Threshold};
use loadline::core::metrics::reading::Reading;
use loadline::core::metrics::self_usage::SelfUsage;
use loadline::core::settings::{Overrides, Settings};
use loadline::core::time::Now;
use loadline::core::tray::view::View;

const OPENED: Event = Event::MenuOpened { counts_for: Duration::from_secs(30) };

fn at(seconds: u64) -> Now {
    let wall = Timestamp::from_second(seconds as i64).unwrap().to_zoned(TimeZone::UTC);
    Now { elapsed: Duration::from_secs(seconds), wall }
}

fn engine(settings: Settings) -> Engine {
    Engine::new(settings, Overrides::default(), EngineOptions { prints_readings: false, names_apps: false })
}

fn handle(engine: &mut Engine, event: Event, seconds: u64) -> Vec<Effect> {
    let mut effects = Vec::new();
    engine.handle(event, &at(seconds), &mut effects);
    effects
}

fn view(engine: &Engine, seconds: u64) -> View {
    View::of(engine, &at(seconds), None)
}

fn tried() -> BacktestResult {
    let told = ThresholdStats {
        above: Percent::DEFAULT,
        alerts: 3,
        max_per_day: 3,
        firing: Duration::ZERO,
        busiest_day: None,
    };
    let recorded = Duration::from_secs(86_400);
    BacktestResult { from: Timestamp::UNIX_EPOCH, to: Timestamp::UNIX_EPOCH, recorded, stats: [vec![told], Vec::new()] }
}

#[test]
fn charts_are_made_while_the_menu_is_open_only() {
    let mut engine = engine(Settings::DEFAULT);
    let reading = Reading { cpu_percent: Some(91.0), ..Reading::default() };
    (0..60).for_each(|second| drop(handle(&mut engine, Event::Reading(reading), second)));
    assert_eq!(view(&engine, 60).charts, None);
    handle(&mut engine, OPENED, 60);
    let charts = view(&engine, 89).charts.unwrap();
    assert_eq!((charts[0].highest_percent, charts[0].line), (Some(91), Some(Percent::DEFAULT)));
    assert_eq!(charts[1].highest_percent, None);
    assert_eq!(view(&engine, 90).charts, None, "a panel that never says that it closed it");
    handle(&mut engine, OPENED, 100);
    handle(&mut engine, OPENED, 120);
    assert!(view(&engine, 140).charts.is_some(), "there was another sign of it");
    handle(&mut engine, Event::MenuClosed, 141);
    assert_eq!(view(&engine, 141).charts, None);
    let for_ever = Event::MenuOpened { counts_for: Duration::MAX };
    handle(&mut engine, for_ever, 150);
    assert!(view(&engine, 100_000).charts.is_some(), "a system that always says when it is closed");
}

#[test]
fn thresholds_are_tried_when_the_menu_opens_and_shown_until_the_rule_changes() {
    let mut engine = engine(Settings::DEFAULT);
    let asked = [Effect::RunBacktest(Box::new(Settings::DEFAULT)), Effect::MeasureSelf];
    assert_eq!(handle(&mut engine, OPENED, 0), asked);
    assert_eq!(handle(&mut engine, OPENED, 1), []);
    assert_eq!(handle(&mut engine, Event::BacktestDone(Ok(Some(tried()))), 2), []);
    assert_eq!(view(&engine, 2).backtest.as_deref(), Some(&tried()));
    let other = Threshold::Above(Percent::new(90).unwrap());
    handle(&mut engine, Event::Command(UserCommand::SetThreshold(Metric::Cpu, other)), 3);
    assert!(view(&engine, 3).backtest.is_some(), "each threshold was tried");
    handle(&mut engine, Event::Command(UserCommand::SetAfter(Duration::ZERO)), 3);
    assert_eq!(view(&engine, 3).backtest, None);
    assert!(matches!(handle(&mut engine, OPENED, 4)[..], [Effect::RunBacktest(_)]), "what it costs is known");
    assert_eq!(handle(&mut engine, Event::BacktestDone(Err("no".into())), 5), [Effect::Warn("no".into())]);
    assert_eq!(view(&engine, 5).problem, None, "not worth a row");
}

#[test]
fn without_a_history_nothing_is_tried_or_shown() {
    let mut engine = engine(Settings { history: false, ..Settings::DEFAULT });
    assert_eq!(handle(&mut engine, OPENED, 0), [Effect::MeasureSelf]);
    handle(&mut engine, Event::SettingsRead(Ok(Settings::DEFAULT)), 1);
    handle(&mut engine, OPENED, 1);
    handle(&mut engine, Event::BacktestDone(Ok(Some(tried()))), 2);
    assert!(view(&engine, 2).backtest.is_some());
    handle(&mut engine, Event::SettingsRead(Ok(Settings { history: false, ..Settings::DEFAULT })), 3);
    assert_eq!(view(&engine, 3).backtest, None);
}

/// The seconds at which an event, one a second, had it looked at what Loadline costs.
fn looks(engine: &mut Engine, seconds: std::ops::Range<u64>, event: &Event) -> Vec<u64> {
    let looked = |&second: &u64| handle(engine, event.clone(), second).contains(&Effect::MeasureSelf);
    seconds.filter(looked).collect()
}

#[test]
fn what_loadline_costs_is_looked_at_while_the_menu_is_open_only() {
    let mut engine = engine(Settings::DEFAULT);
    let reading = Event::Reading(Reading::default());
    assert_eq!(looks(&mut engine, 0..100, &reading), [0; 0]);
    assert_eq!(looks(&mut engine, 100..101, &OPENED), [100], "at once");
    assert_eq!(looks(&mut engine, 101..200, &reading), [110, 120], "a panel that never says that it closed it");
    assert_eq!(looks(&mut engine, 200..230, &OPENED), [200, 210, 220], "each submenu says that it is looked at");
    handle(&mut engine, Event::MenuClosed, 230);
    assert_eq!(looks(&mut engine, 230..300, &reading), [0; 0]);
}

#[test]
fn what_loadline_cost_stays_shown_as_it_was_seen() {
    let mut engine = engine(Settings::DEFAULT);
    assert_eq!(view(&engine, 0).self_usage, None, "and not zero");
    handle(&mut engine, OPENED, 1);
    let cost = SelfUsage { memory_bytes: Some(9 << 20), ..SelfUsage::default() };
    assert_eq!(handle(&mut engine, Event::SelfUsage(cost), 1), []);
    assert_eq!(view(&engine, 1).self_usage, Some(cost));
    handle(&mut engine, Event::MenuClosed, 2);
    assert_eq!(view(&engine, 1_000).self_usage, Some(cost), "a closed menu is left alone");
}
