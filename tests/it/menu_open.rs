//! Effects of an open menu, and how long it counts as open.

use std::time::Duration;

use jiff::Timestamp;

use loadline::core::history::threshold_stats::{BacktestResult, ThresholdStats};
use loadline::core::messages::effect::{Effect, Event, Operation, UserCommand};
use loadline::core::metrics::metric::{Metric, Percent, Threshold};
use loadline::core::metrics::reading::Reading;
use loadline::core::metrics::self_usage::SelfUsage;
use loadline::core::settings::Settings;
use loadline::core::tray::view::View;

use crate::support::engine::Driver;
use crate::support::events;

const OPENED: Event = Event::MenuOpened { counts_for: Duration::from_secs(30) };

/// The effects of an event so many seconds after the start.
fn handle(driver: &mut Driver, event: Event, seconds: u64) -> Vec<Effect> {
    driver.advance_to(Duration::from_secs(seconds));
    driver.handle(event)
}

fn view(driver: &mut Driver, seconds: u64) -> View {
    driver.advance_to(Duration::from_secs(seconds));
    driver.view()
}

fn result() -> BacktestResult {
    let stats = ThresholdStats {
        above: Percent::DEFAULT,
        alerts: 3,
        max_per_day: 3,
        firing: Duration::ZERO,
        busiest_day: None,
    };
    let recorded = Duration::from_secs(86_400);
    BacktestResult {
        from: Timestamp::UNIX_EPOCH,
        to: Timestamp::UNIX_EPOCH,
        recorded,
        stats: [vec![stats], Vec::new()],
    }
}

#[test]
fn charts_exist_only_while_the_menu_is_open() {
    let mut driver = Driver::new(Settings::DEFAULT);
    (0..60).for_each(|second| drop(handle(&mut driver, Event::Reading(events::cpu(91.0)), second)));
    assert_eq!(view(&mut driver, 60).charts, None);
    handle(&mut driver, OPENED, 60);
    let charts = view(&mut driver, 89).charts.unwrap();
    assert_eq!((charts[0].highest_percent, charts[0].line), (Some(91), Some(Percent::DEFAULT)));
    assert_eq!(charts[1].highest_percent, None);
    assert_eq!(view(&mut driver, 90).charts, None, "a panel that reports no closing");
    handle(&mut driver, OPENED, 100);
    handle(&mut driver, OPENED, 120);
    assert!(view(&mut driver, 140).charts.is_some(), "a second sign of it counts anew");
    handle(&mut driver, Event::MenuClosed, 141);
    assert_eq!(view(&mut driver, 141).charts, None);
    let forever = Event::MenuOpened { counts_for: Duration::MAX };
    handle(&mut driver, forever, 150);
    assert!(view(&mut driver, 100_000).charts.is_some(), "a system that reports every closing");
}

#[test]
fn a_backtest_runs_when_the_menu_opens_and_is_shown_until_the_rule_changes() {
    let mut driver = Driver::new(Settings::DEFAULT);
    let asked = [Effect::ReadLoginItem, Effect::RunBacktest(Box::new(Settings::DEFAULT)), Effect::MeasureSelf];
    assert_eq!(handle(&mut driver, OPENED, 0), asked);
    assert_eq!(handle(&mut driver, OPENED, 1), []);
    assert_eq!(handle(&mut driver, Event::BacktestDone(Ok(Some(result()))), 2), []);
    assert_eq!(view(&mut driver, 2).backtest.as_deref(), Some(&result()));
    let other = Threshold::Above(Percent::new(90).unwrap());
    handle(&mut driver, Event::Command(UserCommand::SetThreshold(Metric::Cpu, other)), 3);
    assert!(view(&mut driver, 3).backtest.is_some(), "each threshold was tested");
    handle(&mut driver, Event::Command(UserCommand::SetAfter(Duration::ZERO)), 3);
    assert_eq!(view(&mut driver, 3).backtest, None);
    assert!(
        matches!(handle(&mut driver, OPENED, 4)[..], [Effect::RunBacktest(_)]),
        "the usage was measured a moment ago"
    );
    assert_eq!(handle(&mut driver, Event::BacktestDone(Err("no".into())), 5), [Effect::Warn("no".into())]);
    assert_eq!(view(&mut driver, 5).problem, None, "not worth a row");
}

#[test]
fn without_a_history_no_backtest_runs_or_is_shown() {
    let mut driver = Driver::new(Settings { history: false, ..Settings::DEFAULT });
    assert_eq!(handle(&mut driver, OPENED, 0), [Effect::ReadLoginItem, Effect::MeasureSelf]);
    handle(&mut driver, Event::SettingsRead(Ok(Box::new(Settings::DEFAULT))), 1);
    handle(&mut driver, OPENED, 1);
    handle(&mut driver, Event::BacktestDone(Ok(Some(result()))), 2);
    assert!(view(&mut driver, 2).backtest.is_some());
    handle(&mut driver, Event::SettingsRead(Ok(Box::new(Settings { history: false, ..Settings::DEFAULT }))), 3);
    assert_eq!(view(&mut driver, 3).backtest, None);
}

#[test]
fn the_login_item_is_read_when_the_menu_opens_and_not_while_it_is_open() {
    let mut driver = Driver::new(Settings::DEFAULT);
    let mut is_read = |event, second| handle(&mut driver, event, second).contains(&Effect::ReadLoginItem);
    let reads = [0, 1, 29, 58, 88].map(|second| is_read(OPENED, second));
    assert_eq!(reads, [true, false, false, false, true], "each sign counts for 30 s");
    assert!(!is_read(Event::MenuClosed, 90));
    assert!(is_read(OPENED, 91));
    assert!(!is_read(Event::Reading(Reading::default()), 92));
}

#[test]
fn a_failed_switch_stays_in_the_menu_though_the_state_can_be_read() {
    let mut driver = Driver::new(Settings::DEFAULT);
    let outcome =
        |operation, result: Result<(), &str>| Event::Outcome { operation, result: result.map_err(str::to_owned) };
    handle(&mut driver, outcome(Operation::LoginItem, Err("not here")), 0);
    handle(&mut driver, Event::LoginItem(false), 0);
    assert_eq!(view(&mut driver, 0).problem.as_deref(), Some("Launch at login: not here"));
    handle(&mut driver, outcome(Operation::LoginItem, Ok(())), 1);
    assert_eq!(view(&mut driver, 1).problem, None);

    handle(&mut driver, outcome(Operation::ReadLoginItem, Err("not readable")), 2);
    assert_eq!(view(&mut driver, 2).problem.as_deref(), Some("Launch at login: not readable"));
    handle(&mut driver, Event::LoginItem(true), 3);
    let view = view(&mut driver, 3);
    assert_eq!((view.problem, view.launches_at_login), (None, true));
}

/// The seconds at which an event, one a second, asked for a measurement of Loadline's own usage.
fn measured_at(driver: &mut Driver, seconds: std::ops::Range<u64>, event: &Event) -> Vec<u64> {
    let is_measured = |&second: &u64| handle(driver, event.clone(), second).contains(&Effect::MeasureSelf);
    seconds.filter(is_measured).collect()
}

#[test]
fn self_usage_is_measured_only_while_the_menu_is_open() {
    let mut driver = Driver::new(Settings::DEFAULT);
    let reading = Event::Reading(Reading::default());
    assert_eq!(measured_at(&mut driver, 0..100, &reading), [0; 0]);
    assert_eq!(measured_at(&mut driver, 100..101, &OPENED), [100], "at once");
    assert_eq!(measured_at(&mut driver, 101..200, &reading), [110, 120], "a panel that reports no closing");
    assert_eq!(measured_at(&mut driver, 200..230, &OPENED), [200, 210, 220], "each submenu reports its opening");
    handle(&mut driver, Event::MenuClosed, 230);
    assert_eq!(measured_at(&mut driver, 230..300, &reading), [0; 0]);
}

#[test]
fn the_latest_self_usage_stays_shown() {
    let mut driver = Driver::new(Settings::DEFAULT);
    assert_eq!(view(&mut driver, 0).self_usage, None, "and not zero");
    handle(&mut driver, OPENED, 1);
    let usage = SelfUsage { memory_bytes: Some(9 << 20), ..SelfUsage::default() };
    assert_eq!(handle(&mut driver, Event::SelfUsage(usage), 1), []);
    assert_eq!(view(&mut driver, 1).self_usage, Some(usage));
    handle(&mut driver, Event::MenuClosed, 2);
    assert_eq!(view(&mut driver, 1_000).self_usage, Some(usage), "a closed menu is not updated");
}
