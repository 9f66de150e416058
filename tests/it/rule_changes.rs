//! A rule that changes while its alert is rising or firing.

use std::time::Duration;

use loadline::core::alerts::alert::{Alert, Breach, NotifyContext, Sample, Transition};
use loadline::core::alerts::event::{EndReason, SuppressedBy};
use loadline::core::alerts::rule::{Rule, RuleInput, Signal, SwapGrowth};
use loadline::core::metrics::metric::Percent;
use loadline::core::metrics::reading::Pressure;

const SECOND: Duration = Duration::from_secs(1);

/// Above 80 %, for `after` seconds.
fn rule(after: u32) -> Rule {
    Rule {
        above: Percent::DEFAULT,
        signal: Signal::Used,
        swap_growth: None,
        after: SECOND * after,
        cooldown: Duration::ZERO,
    }
}

fn above(percent: u64, rule: Rule) -> Rule {
    Rule { above: Percent::new(percent).unwrap(), ..rule }
}

fn sample(second: u32, percent: f64, pressure: Pressure) -> Sample {
    let input = RuleInput { percent: Some(percent), pressure: Some(pressure), ..RuleInput::default() };
    Sample { input, at: SECOND * second, after_gap: false }
}

fn usage(second: u32, percent: f64) -> Sample {
    sample(second, percent, Pressure::Normal)
}

fn at(second: u32) -> NotifyContext {
    NotifyContext { now: SECOND * second, ..NotifyContext::default() }
}

fn snoozed(second: u32) -> NotifyContext {
    NotifyContext { suppressed_by: Some(SuppressedBy::Snoozed), ..at(second) }
}

#[test]
fn a_rising_run_goes_on_under_a_rule_that_asks_no_more() {
    let rule = rule(6);
    let growth = SwapGrowth { above_bytes: 100, within: SECOND };
    for (changed, fires_at) in [
        (above(70, rule), 6),
        (Rule { swap_growth: Some(growth), ..rule }, 6),
        (Rule { cooldown: SECOND, ..rule }, 6),
        (above(82, rule), 10),
        (Rule { signal: Signal::Both, ..rule }, 10),
    ] {
        let mut alert = Alert::new(Some(rule));
        for second in [0, 2, 4] {
            assert_eq!(alert.step(usage(second, 85.0), &at(second)), None);
        }
        assert_eq!(alert.change_rule(Some(changed), Some(usage(4, 85.0)), &at(5)), None);
        let fired = (6..20).step_by(2).find(|second| alert.step(usage(*second, 85.0), &at(*second)).is_some());
        assert_eq!(fired, Some(fires_at), "{changed:?}");
    }
}

#[test]
fn a_firing_run_keeps_its_beginning_unless_the_rule_asks_for_more() {
    let rule = rule(0);
    for (changed, seconds_above) in
        [(above(70, rule), 10), (above(82, rule), 0), (Rule { signal: Signal::Both, ..rule }, 0)]
    {
        let mut alert = Alert::new(Some(rule));
        for second in (0..=10).step_by(2) {
            alert.step(usage(second, 85.0), &snoozed(second));
        }
        assert_eq!(alert.change_rule(Some(changed), Some(usage(10, 85.0)), &snoozed(11)), None);
        let notified = alert.notify_if_due(usage(10, 85.0), &at(11));
        let Some(Transition::NotifiedLater(Breach { above_for, .. })) = notified else { panic!("{notified:?}") };
        assert_eq!(above_for, SECOND * seconds_above, "{changed:?}");
    }
}

#[test]
fn a_changed_time_ends_no_alert_whose_value_is_between_the_levels() {
    let rule = rule(0);
    for changed in [Rule { cooldown: SECOND, ..rule }, Rule { after: SECOND, ..rule }] {
        let mut alert = Alert::new(Some(rule));
        alert.step(usage(0, 85.0), &at(0));
        alert.step(usage(2, 78.0), &at(2));
        assert_eq!(alert.change_rule(Some(changed), Some(usage(2, 78.0)), &at(3)), None);
        assert!(alert.firing().is_some(), "{changed:?}");
    }
}

#[test]
fn an_end_names_the_latest_cause_also_after_a_value_between_the_levels() {
    let mut alert = Alert::new(Some(Rule { signal: Signal::Both, ..rule(0) }));
    let readings = [(85.0, Pressure::Normal), (50.0, Pressure::Warning), (78.0, Pressure::Normal)];
    for (second, (percent, pressure)) in (0..).zip(readings) {
        alert.step(sample(second, percent, pressure), &at(second));
    }
    let end = alert.step(usage(3, 50.0), &at(3));
    assert!(matches!(end, Some(Transition::Cleared(end)) if end.end_reason == EndReason::PressureNormal), "{end:?}");
}
