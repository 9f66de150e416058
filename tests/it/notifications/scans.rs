//! When an alert waits for a scan of the processes, and for how long the names that it found are shown.

use loadline::core::alerts::rule::SwapGrowth;
use loadline::core::alerts::snooze::Snooze;
use loadline::core::messages::effect::UserCommand;
use loadline::core::metrics::metric::{Percent, Threshold};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Fires on the reading itself, and names applications.
fn at_once() -> Run {
    Run::with_apps(Settings { after: Duration::ZERO, ..Settings::DEFAULT })
}

impl Run {
    /// A reading so many seconds after the event before.
    fn cpu_after(&mut self, seconds: u32, percent: f64) {
        self.driver.advance(SECOND * seconds);
        self.handle(Event::Reading(events::cpu(percent)));
    }

    fn names_in_row(&self) -> Option<&str> {
        self.driver.engine.top_apps(Metric::Cpu).map(|names| &**names)
    }
}

#[test]
fn names_stay_in_the_row_of_an_alert_until_no_recent_scan_has_found_them() {
    let mut run = at_once();
    run.cpu_after(0, 91.0);
    run.scanned("rustc");
    for second in 1..=150 {
        run.cpu_after(1, 91.0);
        assert_eq!(run.names_in_row(), Some("rustc"), "after {second} s");
    }
    run.cpu_after(1, 91.0);
    assert_eq!(run.names_in_row(), None, "no scan has succeeded for two minutes and a half");
    run.scanned("clang");
    assert_eq!(run.names_in_row(), Some("clang"));
    run.cpu_after(1, 20.0);
    assert_eq!(run.names_in_row(), None, "the alert is over");
}

#[test]
fn a_scan_that_finds_nothing_to_name_leaves_the_row_without_names() {
    let mut run = at_once();
    run.cpu_after(0, 91.0);
    run.handle(Event::ProcessScan(Ok(TopApps { is_complete: true, ..TopApps::default() })));
    assert_eq!((run.names_in_row(), run.lines()), (None, vec!["ALERT  CPU 91% is above 80%".to_owned()]));
    assert!(run.effects().any(|effect| match effect {
        Effect::Print(line) =>
            matches!(&line.event, OutputEvent::Alert(alert) if alert.top_apps.as_ref().is_some_and(|apps| apps.is_empty())),
        _ => false,
    }));
}

#[test]
fn a_change_of_its_own_rule_announces_a_waiting_alert_and_no_other_change_does() {
    let mut run = at_once();
    run.cpu_after(0, 91.0);
    let above = |percent| Threshold::Above(Percent::new(percent).unwrap());
    run.handle(Event::Command(UserCommand::SetThreshold(Metric::Memory, above(90))));
    run.handle(Event::Command(UserCommand::SetRefresh(SECOND * 5)));
    assert_eq!(run.lines(), [""; 0], "it waits for the scan");
    run.handle(Event::Command(UserCommand::SetThreshold(Metric::Cpu, above(70))));
    assert_eq!(run.lines(), ["ALERT  CPU 91% is above 80%"], "by the rule by which it fired");
    assert_eq!(run.notified(Metric::Cpu).len(), 1);
}

#[test]
fn a_waiting_alert_is_announced_after_two_seconds_or_when_the_value_is_not_above_any_more() {
    for (seconds, percent, lines) in [(1, 91.0, 0), (2, 91.0, 1), (1, 78.0, 1), (1, 20.0, 2)] {
        let mut run = at_once();
        run.cpu_after(0, 91.0);
        run.cpu_after(seconds, percent);
        assert_eq!(run.lines().len(), lines, "{percent} % after {seconds} s: {:?}", run.lines());
    }
    let mut run = at_once();
    run.cpu_after(0, 91.0);
    run.driver.advance(SECOND);
    run.handle(Event::Reading(Reading::default()));
    assert_eq!(run.lines(), [""; 0], "an unknown value decides nothing");
}

#[test]
fn an_alert_of_stolen_time_waits_for_no_scan() {
    let mut run = at_once();
    run.handle(Event::Reading(Reading { cpu_steal_percent: Some(85.0), ..events::cpu(95.0) }));
    assert_eq!(
        run.lines(),
        ["ALERT  CPU 95% is above 80%: mostly taken by other virtual machines (steal 85%)"],
        "no application is the reason"
    );
    assert_eq!(run.names_in_row(), Some("other virtual machines"));
    run.driver.advance(SECOND);
    // An alert of memory has nothing to do with it.
    run.handle(Event::Reading(Reading {
        memory_percent: Some(91.0),
        cpu_steal_percent: Some(85.0),
        ..events::cpu(95.0)
    }));
    run.driver.advance(SECOND);
    run.scanned("rustc");
    assert_eq!(run.lines()[1..], ["ALERT  Memory 91% is above 80%: rustc 3.0 GB"]);
}

#[test]
fn stolen_time_is_the_reason_by_the_whole_time_above() {
    let mut run = Run::with_apps(Settings::DEFAULT);
    for steal in [85.0, 85.0, 85.0, 5.0] {
        run.read(Reading { cpu_steal_percent: Some(steal), ..events::cpu(95.0) });
    }
    let alert = "ALERT  CPU 95% has been above 80% for 6 s: mostly taken by other virtual machines (steal 65%)";
    assert_eq!(run.lines(), [alert]);
    (0..2).for_each(|_| run.read(events::cpu(20.0)));
    assert_eq!(run.names_in_row(), None, "it falls");
}

#[test]
fn processes_are_scanned_from_two_readings_and_a_second_before_an_alert_may_fire() {
    let mut run = Run::with_apps(Settings { after: SECOND * 30, ..Settings::DEFAULT });
    let mut scanned_at = None;
    for second in (0..30).step_by(2) {
        run.cpu(91.0);
        scanned_at = scanned_at.or((run.scans() > 0).then_some(second));
    }
    // Five seconds are left at 25: the reading after that is the first in time.
    assert_eq!(scanned_at, Some(26));
}

#[test]
fn a_firing_alert_is_scanned_again_only_while_the_value_is_above() {
    let mut run = at_once();
    run.cpu_after(0, 91.0);
    run.scanned("rustc");
    let scans = run.scans();
    (0..40).for_each(|_| run.cpu_after(2, 78.0));
    assert_eq!(run.scans(), scans, "between the levels nobody is to blame");
    run.cpu_after(2, 91.0);
    assert_eq!(run.scans(), scans + 1);
}

#[test]
fn the_end_of_an_alert_is_not_notified_while_alerts_are_snoozed() {
    let mut run = Run::new(Settings { after: Duration::ZERO, ..Settings::DEFAULT });
    run.cpu(91.0);
    run.handle(Event::Command(UserCommand::Snooze(Snooze::Hour)));
    run.cpu(20.0);
    assert_eq!((run.lines().len(), run.notified(Metric::Cpu).len()), (2, 1), "it is on the console alone");
}

#[test]
fn a_growth_of_swap_shows_between_two_readings_however_short_its_window() {
    let swap_growth = Some(SwapGrowth { above_bytes: 1 << 30, within: SECOND });
    let settings = Settings { swap_growth, after: Duration::ZERO, refresh: SECOND * 10, ..Settings::DEFAULT };
    let mut run = Run::new(settings);
    for used_gb in [1_u64, 1, 3] {
        let swap_used_bytes = Some(used_gb << 30);
        run.handle(Event::Reading(Reading { memory_percent: Some(50.0), swap_used_bytes, ..Reading::default() }));
        run.driver.advance(SECOND * 10);
    }
    assert_eq!(run.lines().len(), 1, "{:?}", run.lines());
}
