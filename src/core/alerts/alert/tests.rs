//! Timelines for the rule. A timeline is a list of words, one reading every 2 s unless a word says otherwise:
//! a number is a reading (`85*9`: nine of them), `_` a reading without a value, `!` one of 50 under memory pressure, `!!`
//! under critical pressure, `+20s` a pause before the next reading (more than 6 s is a gap), `snooze` and `resume` are
//! commands, `scan` and `scanned` begin and end the scan that a pending alert waits for, `>90` is a changed threshold, `off`
//! and `on` switch the metric.
//! Transitions are logged as `6s fire 85 for 6s`, or `6s silent 85 for 6s` where the alert may not notify.

use std::time::Duration;

use super::*;
use crate::core::alerts::rule::Signal;
use crate::core::metrics::metric::Percent;
use crate::core::metrics::reading::Pressure;

const SECOND: Duration = Duration::from_secs(1);

struct Timeline {
    alert: Alert,
    now: Duration,
    last: Option<Sample>,
    context: NotifyContext,
    log: Vec<String>,
}

impl Timeline {
    fn context(&self) -> NotifyContext {
        NotifyContext { now: self.now, ..self.context.clone() }
    }

    fn read(&mut self, percent: Option<f64>, pressure: Pressure) {
        let after_gap = self.last.is_some_and(|last| self.now - last.at > 6 * SECOND);
        let input = RuleInput { percent, pressure: Some(pressure), ..RuleInput::default() };
        let sample = Sample { input, at: self.now, after_gap };
        let transition = self.alert.step(sample, &self.context());
        self.last = Some(sample);
        self.record(transition);
        self.now += 2 * SECOND;
    }

    fn change(&mut self, rule: Option<Rule>) {
        let transition = self.alert.change_rule(rule, self.last, &self.context());
        self.record(transition);
    }

    fn record(&mut self, transition: Option<Transition>) {
        let Some(transition) = transition else { return };
        let above = |above: Breach| {
            let cause = if matches!(above.cause, Cause::Pressure(_)) { " by pressure" } else { "" };
            format!("{}{cause} for {}s", above.percent, above.above_for.as_secs())
        };
        let entry = match transition {
            Transition::Fired(at, Decision::Notify) => format!("fire {}", above(at)),
            Transition::Fired(at, Decision::Suppress(_)) => format!("silent {}", above(at)),
            Transition::Fired(at, Decision::Pending) => format!("pending {}", above(at)),
            Transition::NotifiedLater(at) => format!("notify {}", above(at)),
            Transition::Cleared(AlertEnd { percent, peak_percent, lasted, .. }) => {
                format!("clear {} peak {peak_percent} after {}s", percent.unwrap_or_default(), lasted.as_secs())
            }
            Transition::Cancelled(_) => "cancel".into(),
        };
        self.log.push(format!("{}s {entry}", self.now.as_secs()));
    }

    fn word(&mut self, word: &str, rule: Rule) {
        match word {
            "_" => self.read(None, Pressure::Normal),
            "!" => self.read(Some(50.0), Pressure::Warning),
            "!!" => self.read(Some(50.0), Pressure::Critical),
            "snooze" => self.context.suppressed_by = Some(SuppressedBy::Snoozed),
            "resume" => {
                self.context.suppressed_by = None;
                if let Some(last) = self.last {
                    let transition = self.alert.notify_if_due(last, &self.context());
                    self.record(transition);
                }
            }
            "scan" => self.context.is_scan_awaited = true,
            "scanned" => {
                self.context.is_scan_awaited = false;
                let suppressed_by = self.alert.resolve_pending(&self.context());
                self.log.push(format!(
                    "{}s resolved{}",
                    self.now.as_secs(),
                    if suppressed_by.is_some() { " silent" } else { "" }
                ));
            }
            "off" => self.change(None),
            "on" => self.change(Some(rule)),
            _ if word.starts_with('+') => {
                let seconds: u64 = word[1..].trim_end_matches('s').parse().unwrap();
                self.now = self.now.saturating_sub(2 * SECOND) + seconds as u32 * SECOND;
            }
            _ if word.starts_with('>') => {
                let above = Percent::new(word[1..].parse().unwrap()).unwrap();
                self.change(Some(Rule { above, ..rule }));
            }
            number => {
                let (number, times) = number.split_once('*').unwrap_or((number, "1"));
                (0..times.parse().unwrap()).for_each(|_| self.read(Some(number.parse().unwrap()), Pressure::Normal));
            }
        }
    }
}

/// Runs a timeline with `after` and `cooldown` in seconds, above 80.
#[track_caller]
fn check(after: u32, cooldown: u32, words: &str, expected: &[&str]) {
    check_by(Signal::Used, after, cooldown, words, expected);
}

/// The same, with another `signal`.
#[track_caller]
fn check_by(signal: Signal, after: u32, cooldown: u32, words: &str, expected: &[&str]) {
    let above = Percent::new(80).unwrap();
    let rule = Rule { above, signal, swap_growth: None, after: after * SECOND, cooldown: cooldown * SECOND };
    let alert = Alert::new(Some(rule));
    let context = NotifyContext::default();
    let mut timeline = Timeline { alert, now: Duration::ZERO, last: None, context, log: Vec::new() };
    for word in words.split_whitespace() {
        timeline.word(word, rule);
    }
    // The time above is compared only where the timeline is about it.
    let is_about_spans = expected.iter().any(|log| log.contains(" for "));
    let log: Vec<&str> = timeline.log.iter().map(|log| log.split(" for ").next().unwrap_or(log)).collect();
    if is_about_spans {
        assert_eq!(timeline.log, expected, "{words}");
    } else {
        assert_eq!(log, expected, "{words}");
    }
}

#[test]
fn fires_once_above_for_after() {
    check(5, 300, "10 85 86 87 88 89 90", &["8s fire 88"]);
    check(5, 300, "85 85 85 70 85 85 85 70", &[]);
}

#[test]
fn without_a_delay_it_fires_and_clears_on_the_reading_itself() {
    check(0, 0, "10 81 74 81", &["2s fire 81", "4s clear 74 peak 81 after 2s", "6s fire 81"]);
}

#[test]
fn exactly_the_threshold_is_not_above_and_exactly_the_clear_level_is_not_below() {
    check(0, 0, "80 80 80.01 80 75 74.99", &["4s fire 80.01", "10s clear 74.99 peak 80.01 after 6s"]);
}

#[test]
fn clears_once_below_for_after() {
    check(5, 300, "85 85 85 97 60 60 60 60", &["6s fire 97", "14s clear 60 peak 97 after 8s"]);
    check(5, 300, "85 85 85 85 60 60 78 60 60 60 60", &["6s fire 85", "20s clear 60 peak 85 after 14s"]);
}

#[test]
fn a_value_between_the_levels_only_breaks_a_run() {
    check(5, 300, "85 85 78 85 85 85 85", &["12s fire 85"]);
    check(5, 300, "85 85 85 85 78 78 78 78 78 78", &["6s fire 85"]);
}

#[test]
fn three_unknown_values_break_a_run_and_fewer_do_not() {
    check(5, 300, "85 _ _ 85", &["6s fire 85"]);
    check(5, 300, "85 _ 85 _ _ 78 85 _ _ 85", &["18s fire 85"]);
    check(5, 300, "85 85 _ _ _ 85 85 85 85", &["16s fire 85"]);
    check(5, 300, "85 85 85 85 60 _ _ 60", &["6s fire 85", "14s clear 60 peak 85 after 8s"]);
    check(5, 300, "85 85 85 85 60 60 _ _ _ 60 60 60 60", &["6s fire 85", "24s clear 60 peak 85 after 18s"]);
    check(5, 300, "85 85 _ >70 85 85 85 85", &["12s fire 85"]);
    check(0, 300, "_ _ 85 _ _ 60", &["4s fire 85", "10s clear 60 peak 85 after 6s"]);
}

#[test]
fn a_gap_never_satisfies_after() {
    check(5, 300, "85 +100s 85 85 85 85", &["106s fire 85"]);
    check(5, 300, "85 85 85 85 60 +100s 60 60 60 60", &["6s fire 85", "114s clear 60 peak 85 after 108s"]);
    check(5, 300, "85 +6s 85", &["6s fire 85"]);
}

#[test]
fn the_first_reading_after_a_gap_fires_only_without_a_delay() {
    check(0, 300, "10 +100s 85", &["100s fire 85"]);
}

#[test]
fn within_the_cooldown_it_fires_silently_and_notifies_after_it() {
    check(0, 20, "85 60 85*20", &["0s fire 85", "2s clear 60 peak 85 after 2s", "4s silent 85", "40s notify 85"]);
    check(
        0,
        20,
        "85 60 85 60",
        &["0s fire 85", "2s clear 60 peak 85 after 2s", "4s silent 85", "6s clear 60 peak 85 after 2s"],
    );
}

#[test]
fn it_notifies_later_only_while_the_value_is_above() {
    check(0, 10, "85 60 85 78*9 81", &["0s fire 85", "2s clear 60 peak 85 after 2s", "4s silent 85", "24s notify 81"]);
}

#[test]
fn a_snoozed_alert_fires_silently_and_notifies_on_resume() {
    check(5, 300, "snooze 85 85 85 85 85 resume 85", &["6s silent 85", "10s notify 85"]);
    check(5, 300, "snooze 85 85 85 85 78 resume 85", &["6s silent 85", "10s notify 85"]);
}

#[test]
fn a_lowered_threshold_is_evaluated_at_once() {
    check(0, 300, "70 >60", &["2s fire 70"]);
    check(5, 300, "70 70 >60 70 70 70", &["8s fire 70"]);
}

#[test]
fn a_raised_threshold_that_no_longer_justifies_an_alert_ends_it_quietly() {
    check(0, 300, "85 >90", &["0s fire 85", "2s cancel"]);
    check(0, 300, "85 >84 85", &["0s fire 85"]);
    check(5, 300, "85 85 >90 85 85 85", &[]);
}

#[test]
fn a_raised_threshold_starts_the_run_anew() {
    check(5, 300, "85 85 92 >90 92 92 92", &["10s fire 92"]);
}

#[test]
fn off_ends_an_alert_without_a_recovery() {
    check(0, 300, "85 off 85 60", &["0s fire 85", "2s cancel"]);
}

#[test]
fn off_and_on_does_not_reset_the_cooldown() {
    check(0, 300, "85 off on", &["0s fire 85", "2s cancel", "2s silent 85"]);
}

#[test]
fn the_cooldown_runs_from_notification_to_notification_and_doubles_with_every_flap() {
    // Notified at 0; the second time in the hour needs 8 s, the third 16 s after that, the fourth 32 s: but by then it has
    // notified three times in the hour.
    check(
        0,
        4,
        "85 60 85*4 60 85*10 60 85*20",
        &[
            "0s fire 85",
            "2s clear 60 peak 85 after 2s",
            "4s silent 85",
            "8s notify 85",
            "12s clear 60 peak 85 after 8s",
            "14s silent 85",
            "24s notify 85",
            "34s clear 60 peak 85 after 20s",
            "36s silent 85",
        ],
    );
}

#[test]
fn it_notifies_at_most_three_times_an_hour_whatever_the_cooldown() {
    let flap = |seconds: u32| format!("{seconds}s fire 85");
    let clear = |seconds: u32| format!("{seconds}s clear 60 peak 85 after 2s");
    let log = [flap(0), clear(2), flap(4), clear(6), flap(8), clear(10), "12s silent 85".into(), clear(14)];
    let log: Vec<&str> = log.iter().map(String::as_str).collect();
    check(0, 0, "85 60 85 60 85 60 85 60", &log);
    // An hour after the first of the three it may notify again.
    check(
        0,
        0,
        "85 60 85 60 85 60 85 60 +3582s 85 +5s 85",
        &[&log[..], &["3596s silent 85", "3601s notify 85"]].concat(),
    );
}

#[test]
fn a_cooldown_doubles_up_to_an_hour_and_a_longer_one_stays_as_it_is() {
    let mut limiter = crate::core::alerts::rate_limit::RateLimiter::default();
    limiter.notified(Duration::ZERO);
    for n in 0..20 {
        limiter.fired(n * SECOND);
    }
    assert_eq!(limiter.suppressed_by(20 * SECOND, 300 * SECOND), Some(SuppressedBy::Cooldown(3600 * SECOND)));
    assert_eq!(limiter.suppressed_by(20 * SECOND, 7200 * SECOND), Some(SuppressedBy::Cooldown(7200 * SECOND)));
    assert_eq!(limiter.suppressed_by(3600 * SECOND, 300 * SECOND), None);
    assert_eq!(limiter.times_in_hour(3599 * SECOND), 20);
    assert_eq!(limiter.times_in_hour(3610 * SECOND), 9);
}

#[test]
fn a_pending_alert_notifies_when_it_is_resolved() {
    check(0, 300, "scan 85 85 scanned 85", &["0s pending 85", "4s resolved"]);
    check(0, 300, "scan 85 snooze scanned resume 85", &["0s pending 85", "2s resolved silent", "2s notify 85"]);
    check(
        0,
        300,
        "scan 85 scanned 60 85",
        &["0s pending 85", "2s resolved", "2s clear 60 peak 85 after 2s", "4s silent 85"],
    );
}

#[test]
fn pressure_fires_an_alert_whatever_is_in_use() {
    check_by(Signal::Pressure, 3, 300, "99 99 99 ! ! ! 99", &["10s fire 50 by pressure for 4s"]);
    check_by(Signal::Pressure, 0, 300, "! 99", &["0s fire 50 by pressure", "2s clear 99 peak 99 after 2s"]);
}

#[test]
fn a_run_spans_both_signals_and_reports_the_time_of_its_latest_cause() {
    check_by(Signal::Both, 5, 300, "85 85 ! !", &["6s fire 50 by pressure for 2s"]);
    check_by(Signal::Both, 0, 300, "! 85 78 60", &["0s fire 50 by pressure", "6s clear 60 peak 85 after 6s"]);
}

#[test]
fn the_reported_time_is_that_of_the_present_level_of_pressure() {
    check_by(Signal::Pressure, 5, 300, "! ! ! !", &["6s fire 50 by pressure for 6s"]);
    check_by(Signal::Pressure, 5, 300, "! ! !! !!", &["6s fire 50 by pressure for 2s"]);
    check_by(Signal::Pressure, 5, 300, "!! !! !! !", &["6s fire 50 by pressure for 0s"]);
}

#[test]
fn the_reported_time_above_covers_only_readings_above() {
    // A dip between the levels, an unknown value, a gap: each begins the count anew.
    let before = ["0s fire 85 for 0s", "2s clear 60 peak 85 after 2s", "4s silent 85 for 0s"];
    let expected = |last| [&before[..], &[last]].concat();
    check(0, 10, "85 60 85 85 78 78 78 78 78 85 85 85", &expected("20s notify 85 for 2s"));
    check(0, 10, "85 60 85 85 85 85 _ _ _ 85 85 85", &expected("20s notify 85 for 2s"));
    check(0, 20, "85 60 85 +3600s 85 85", &expected("3604s notify 85 for 0s"));
}

/// Fires above 80 % at the first reading.
fn at_once() -> Rule {
    Rule {
        above: Percent::new(80).unwrap(),
        signal: Signal::Used,
        swap_growth: None,
        after: Duration::ZERO,
        cooldown: Duration::ZERO,
    }
}

#[test]
fn the_end_reason_is_that_of_the_rule_in_force() {
    let rule = at_once();
    let mut alert = Alert::new(Some(rule));
    let context = NotifyContext::default();
    let read = |percent, at| {
        let input = RuleInput { percent, pressure: Some(Pressure::Normal), ..RuleInput::default() };
        Sample { input, at: at * SECOND, after_gap: false }
    };
    alert.step(read(Some(97.0), 0), &context);
    // An unknown value: the new rule cannot be evaluated yet.
    alert.step(read(None, 1), &context);
    let by_pressure = Some(Rule { signal: Signal::Pressure, ..rule });
    assert_eq!(alert.change_rule(by_pressure, Some(read(None, 1)), &context), None);
    let end = alert.step(read(Some(97.0), 2), &context);
    assert!(
        matches!(end, Some(Transition::Cleared(AlertEnd { end_reason: EndReason::PressureNormal, .. }))),
        "{end:?}"
    );
}

#[test]
fn an_alert_ends_when_its_value_has_been_unknown_for_a_minute() {
    let rule = at_once();
    let mut alert = Alert::new(Some(rule));
    let mut read = |percent, at| {
        let input = RuleInput { percent, ..RuleInput::default() };
        alert.step(Sample { input, at: at * SECOND, after_gap: false }, &NotifyContext::default())
    };
    assert!(read(Some(97.0), 0).is_some());
    // A value in between begins the minute anew.
    for (percent, at) in [(None, 10), (None, 69), (Some(97.0), 70), (None, 80), (None, 139)] {
        assert_eq!(read(percent, at), None, "{at} s");
    }
    let end = AlertEnd {
        percent: None,
        end_reason: EndReason::Unknown,
        lasted: 140 * SECOND,
        peak_percent: 97.0,
        notified: true,
    };
    assert_eq!(read(None, 140), Some(Transition::Cleared(end)));
    assert_eq!(read(None, 300), None, "it ends once");
}
