//! When processes are scanned, and for how long a result counts.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn result(is_complete: bool) -> Option<TopApps> {
    let app = |name: &str| AppUsage { name: name.into(), pids: vec![1], cpu_percent: 9.0, memory_bytes: 9 };
    Some(TopApps { by_cpu: [app("cpu")].into(), by_memory: [app("memory")].into(), is_complete })
}

/// A schedule with a result of the moment 100 s.
fn known() -> ScanSchedule {
    let mut schedule = ScanSchedule::new(true);
    schedule.receive(result(true), SECOND * 100);
    schedule
}

#[test]
fn one_scan_is_under_way_until_its_result_or_its_limit() {
    let mut schedule = ScanSchedule::new(true);
    assert!(schedule.request(SECOND * 100));
    assert!(!schedule.request(SECOND * 100) && !schedule.request(SECOND * 109));
    assert!(schedule.request(SECOND * 110), "it has failed without a word");
    assert!(!schedule.request(SECOND * 119));
    schedule.receive(None, SECOND * 119);
    assert!(schedule.request(SECOND * 119));
    let mut off = ScanSchedule::new(false);
    assert!(!off.request(SECOND * 100) && !off.is_awaited(SECOND * 100));
}

#[test]
fn an_alert_waits_for_a_result_unless_there_is_a_fresh_one() {
    let schedule = known();
    let at = |seconds: [u32; 3], is: &dyn Fn(Duration) -> bool| seconds.map(|second| is(SECOND * second));
    assert_eq!(at([100, 110, 111], &|now| schedule.is_awaited(now)), [false, false, true]);
    assert_eq!(at([100, 160, 161], &|now| schedule.is_rescan_due(now)), [false, false, true]);
    let new = ScanSchedule::new(true);
    assert!(new.is_awaited(SECOND) && new.is_rescan_due(SECOND));
}

#[test]
fn a_result_names_the_applications_of_each_metric_until_it_is_too_old() {
    let mut schedule = known();
    let name = |schedule: &ScanSchedule, metric, second: u32| {
        schedule.top(metric, SECOND * second).map(|top| top[0].name.to_string())
    };
    assert_eq!(name(&schedule, Metric::Cpu, 250).as_deref(), Some("cpu"));
    assert_eq!(name(&schedule, Metric::Memory, 250).as_deref(), Some("memory"));
    assert_eq!(name(&schedule, Metric::Cpu, 251), None);
    assert!(schedule.is_complete());
    schedule.receive(result(false), SECOND * 300);
    assert!(!schedule.is_complete());
    schedule.receive(None, SECOND * 301);
    assert_eq!(name(&schedule, Metric::Cpu, 301), None, "a scan that failed");
    assert!(!schedule.is_complete() && !ScanSchedule::new(true).is_complete());
}

#[test]
fn the_applications_are_looked_at_a_minute_after_the_start_and_then_every_five() {
    let mut schedule = ScanSchedule::new(true);
    let due: Vec<u32> = (100..800).filter(|second| schedule.request_look(SECOND * *second)).collect();
    assert_eq!(due, [160, 460, 760]);
    let mut off = ScanSchedule::new(false);
    assert!((100..800).all(|second| !off.request_look(SECOND * second)));
}
