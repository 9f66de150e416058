//! Alerts in the history: from the moment they fire to their end, or as far as they were seen.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use loadline::core::alerts::event::{AlertEvent, Cause, EndReason, RecoveryEvent, SuppressedBy};
use loadline::core::history::record::{Record, StoredAlert, StoredEnd};
use loadline::core::json;
use loadline::core::metrics::metric::{Metric, Percent};
use loadline::core::metrics::reading::Pressure;
use loadline::core::processes::top_apps::AppUsage;

use super::{Place, at, reading};
use crate::support::events;

const SECOND: Duration = Duration::from_secs(1);

fn event(metric: Metric, silence: Option<SuppressedBy>) -> AlertEvent {
    AlertEvent { above_for: SECOND, suppressed_by: silence, ..events::alert(metric, 91.237) }
}

/// An alert that fires; or that notifies, where the one before was silent and this is not.
pub fn fired(at: Timestamp, metric: Metric, silence: Option<SuppressedBy>) -> Record {
    Record::Alert { at, event: event(metric, silence) }
}

fn over(at: Timestamp, metric: Metric, ending: EndReason) -> Record {
    let event =
        RecoveryEvent { metric, value_percent: Some(20.0), end_reason: ending, lasted: SECOND, peak_percent: 99.005 };
    Record::Recovery { at, event }
}

fn rustc() -> Arc<[AppUsage]> {
    let names = ["rustc", "a \"b\"\n"];
    let process =
        |name: &str| AppUsage { name: name.into(), pids: vec![7, 8], cpu_percent: 310.5, memory_bytes: 1 << 40 };
    names.map(process).into()
}

/// A cleared alert as it is stored.
fn past(metric: Metric, fired_at: Timestamp, ended_at: Timestamp) -> StoredAlert {
    StoredAlert {
        metric,
        fired_at,
        ended_at: Some(ended_at),
        end: Some(StoredEnd::Cleared),
        cause: Cause::Above(Percent::DEFAULT),
        value_percent: 91.24,
        peak_percent: 99.01,
        notified: true,
        suppressed_by: None,
        top_apps: None,
        is_complete: false,
        steal_percent: None,
    }
}

#[test]
fn an_alert_is_recorded_from_firing_to_its_end() {
    let (place, noon) = (Place::new(), at("2026-11-22T12:00:00Z"));
    let (cpu, memory) = (Metric::Cpu, Metric::Memory);
    let later = |seconds: u32| noon + SECOND * seconds;
    let named = AlertEvent { top_apps: Some(rustc()), is_complete: true, ..event(memory, None) };
    let pressure = AlertEvent { cause: Cause::Pressure(Pressure::Critical), ..event(memory, None) };
    let growth = Cause::SwapGrowth { grown_bytes: 3 << 30, within: SECOND * 300 };
    let growth = AlertEvent { cause: growth, ..event(memory, Some(SuppressedBy::Ignored("x".into()))) };
    place.record([
        Record::Reading(reading(noon, 91.0)),
        fired(later(0), cpu, None),
        Record::Alert { at: later(2), event: named },
        over(later(4), cpu, EndReason::Below(75.0)),
        over(later(6), memory, EndReason::RuleChanged),
        Record::Alert { at: later(8), event: pressure.clone() },
        over(later(10), memory, EndReason::PressureNormal),
        over(later(10), memory, EndReason::PressureNormal),
        Record::Alert { at: later(12), event: growth.clone() },
        over(later(14), memory, EndReason::SwapSteady),
    ]);
    let expected = [
        past(cpu, later(0), later(4)),
        StoredAlert {
            end: Some(StoredEnd::RuleChanged),
            top_apps: Some(rustc().to_vec()),
            is_complete: true,
            ..past(memory, later(2), later(6))
        },
        StoredAlert { cause: pressure.cause, ..past(memory, later(8), later(10)) },
        StoredAlert {
            cause: growth.cause,
            notified: false,
            suppressed_by: Some("ignored".into()),
            ..past(memory, later(12), later(14))
        },
    ];
    assert_eq!(place.alerts(), expected);
}

#[test]
fn an_alert_that_fires_silently_and_notifies_later_is_one_row() {
    let (place, noon) = (Place::new(), at("2026-11-22T12:00:00Z"));
    let told = AlertEvent { top_apps: Some(rustc()), is_complete: true, ..event(Metric::Cpu, None) };
    let silent = fired(noon, Metric::Cpu, Some(SuppressedBy::Snoozed));
    place.record([silent, Record::Alert { at: noon + SECOND * 60, event: told }]);
    let expected = StoredAlert {
        end: Some(StoredEnd::Interrupted),
        peak_percent: 91.24,
        top_apps: Some(rustc().to_vec()),
        is_complete: true,
        ..past(Metric::Cpu, noon, noon)
    };
    assert_eq!(place.alerts(), [expected]);

    // A run knows nothing of the alerts of another.
    let again = noon + SECOND * 600;
    place.record([fired(again, Metric::Cpu, None), over(again + SECOND, Metric::Cpu, EndReason::Below(75.0))]);
    assert_eq!(place.alerts()[1..], [past(Metric::Cpu, again, again + SECOND)]);
}

#[test]
fn an_alert_keeps_whether_a_scan_was_made_though_it_found_nothing_to_name() {
    let (place, noon) = (Place::new(), at("2026-11-22T12:00:00Z"));
    let (cpu, memory, end) = (Metric::Cpu, Metric::Memory, noon + SECOND);
    let scanned = AlertEvent { top_apps: Some([].into()), ..event(cpu, None) };
    place.record([
        Record::Alert { at: noon, event: scanned },
        fired(noon, memory, None),
        over(end, cpu, EndReason::Below(75.0)),
        over(end, memory, EndReason::Below(75.0)),
    ]);
    let found_none = StoredAlert { top_apps: Some(Vec::new()), ..past(cpu, noon, end) };
    assert_eq!(place.alerts(), [found_none.clone(), past(memory, noon, end)]);
    let json = json::history::past_alert_line(&found_none, &noon.to_zoned(TimeZone::UTC));
    assert!(json.contains(r#""processes":[]"#) && json.contains(r#""all_processes_seen":false"#), "{json}");
}

#[test]
fn an_alert_keeps_the_share_that_other_virtual_machines_took() {
    let (place, noon) = (Place::new(), at("2026-11-22T12:00:00Z"));
    let stolen = AlertEvent { steal_percent: Some(85.25), ..event(Metric::Cpu, None) };
    let end = over(noon + SECOND, Metric::Cpu, EndReason::Below(75.0));
    place.record([Record::Alert { at: noon, event: stolen }, end]);
    assert_eq!(place.alerts(), [StoredAlert { steal_percent: Some(85.25), ..past(Metric::Cpu, noon, noon + SECOND) }]);
}

#[test]
fn an_alert_still_ongoing_at_exit_ends_as_not_seen() {
    let (place, noon) = (Place::new(), at("2026-11-22T12:00:00Z"));
    let readings = |from: Timestamp| {
        (0..50).map(move |n| Record::Reading(reading(from + SECOND * 2 * n, 60.0 + f64::from(n % 39))))
    };
    let records = readings(noon).chain([fired(noon + SECOND * 98, Metric::Cpu, None)]);
    place.record(records.chain(readings(noon + SECOND * 100)));
    let end = noon + SECOND * 198;
    let ended = StoredAlert {
        end: Some(StoredEnd::Interrupted),
        peak_percent: 98.0,
        ..past(Metric::Cpu, noon + SECOND * 98, end)
    };
    assert_eq!(place.alerts(), [ended]);
}

#[test]
fn an_alert_left_open_by_a_kill_ends_with_the_last_reading() {
    let (place, noon) = (Place::new(), at("2026-11-22T12:00:00Z"));
    let readings = |from, cpu| (0..5).map(move |n| Record::Reading(reading(from + SECOND * 2 * n, cpu)));
    place.record(readings(noon, 97.0));
    let sql = "INSERT INTO alert (metric, fired_at, cause, cause_value, value, peak, told, all_seen)
               VALUES ('cpu', ?1, 'used', 80, 9000, 9000, 1, 0), ('memory', ?1 + 6001, 'used', 80, 9000, 9000, 1, 0)";
    place.sql().execute(sql, [(noon + SECOND * 2).as_millisecond()]).unwrap();
    let alerts = place.alerts();
    assert_eq!((alerts[0].ended_at, alerts[0].peak_percent), (None, 97.0), "it seems to go on");
    place.record(readings(noon + SECOND * 3600, 99.0));
    let alerts = place.alerts();
    let end = |alert: &StoredAlert| (alert.ended_at, alert.end, alert.peak_percent);
    assert_eq!(end(&alerts[0]), (Some(noon + SECOND * 8), Some(StoredEnd::Interrupted), 97.0));
    assert_eq!(
        end(&alerts[1]),
        (Some(alerts[1].fired_at), Some(StoredEnd::Interrupted), 90.0),
        "nothing was read after it"
    );
}

#[test]
fn a_new_alert_closes_one_whose_end_was_missed() {
    let (place, noon) = (Place::new(), at("2026-11-22T12:00:00Z"));
    // The history was switched off between the two.
    place.record([
        Record::Reading(reading(noon, 95.0)),
        fired(noon, Metric::Cpu, None),
        Record::Reading(reading(noon + SECOND * 2, 95.0)),
        Record::Reading(reading(noon + SECOND * 600, 95.0)),
        fired(noon + SECOND * 600, Metric::Cpu, None),
        over(noon + SECOND * 610, Metric::Cpu, EndReason::Below(75.0)),
    ]);
    let alerts = place.alerts();
    assert_eq!(alerts.len(), 2);
    assert_eq!(alerts[0].end, Some(StoredEnd::Interrupted));
    assert_eq!(alerts[1], past(Metric::Cpu, noon + SECOND * 600, noon + SECOND * 610));
}

#[test]
fn an_alert_never_ends_before_it_began() {
    let (place, noon) = (Place::new(), at("2026-11-22T12:00:00Z"));
    let back = noon.checked_sub(SECOND * 3600).unwrap();
    place.record([fired(noon, Metric::Cpu, None), over(back, Metric::Cpu, EndReason::Below(75.0))]);
    assert_eq!(place.alerts(), [past(Metric::Cpu, noon, noon)]);
}

fn told(metric: Metric, is_told: bool) -> Record {
    Record::AlertTold { metric, is_told }
}

/// Whether each alert of a history was told, and why not.
fn tellings(place: &Place) -> Vec<(Metric, bool, Option<String>)> {
    place.alerts().into_iter().map(|alert| (alert.metric, alert.notified, alert.suppressed_by)).collect()
}

#[test]
fn an_alert_that_nobody_saw_is_recorded_as_not_shown_until_somebody_can_see_it() {
    let (place, noon) = (Place::new(), at("2026-11-22T12:00:00Z"));
    let not_shown = Some("not_shown".to_owned());
    place.record([
        fired(noon, Metric::Cpu, None),
        fired(noon, Metric::Memory, None),
        told(Metric::Cpu, false),
        over(noon + SECOND * 10, Metric::Cpu, EndReason::Below(75.0)),
        // Silent alerts meanwhile are not the one whose notification failed.
        fired(noon + SECOND * 20, Metric::Cpu, Some(SuppressedBy::Snoozed)),
        told(Metric::Memory, false),
        told(Metric::Memory, true),
    ]);
    let snoozed = Some(SuppressedBy::Snoozed.key().to_owned());
    let expected = |first: (bool, Option<String>)| {
        let mut all = vec![(Metric::Cpu, first.0, first.1), (Metric::Memory, true, None)];
        all.push((Metric::Cpu, false, snoozed.clone()));
        all
    };
    assert_eq!(tellings(&place), expected((false, not_shown)));
    place.record([told(Metric::Cpu, true)]);
    assert_eq!(tellings(&place), expected((true, None)));
    place.record([told(Metric::Cpu, true)]);
    assert_eq!(tellings(&place), expected((true, None)), "no other alert was not shown");
}

#[test]
fn a_failure_that_comes_after_a_silent_alert_belongs_to_the_one_that_notified() {
    let (place, noon) = (Place::new(), at("2026-11-22T12:00:00Z"));
    place.record([
        fired(noon, Metric::Cpu, None),
        over(noon + SECOND * 10, Metric::Cpu, EndReason::Below(75.0)),
        fired(noon + SECOND * 20, Metric::Cpu, Some(SuppressedBy::Snoozed)),
        told(Metric::Cpu, false),
    ]);
    let told: Vec<_> = tellings(&place).into_iter().map(|(_, is_told, why)| (is_told, why)).collect();
    assert_eq!(told, [(false, Some("not_shown".to_owned())), (false, Some(SuppressedBy::Snoozed.key().to_owned()))]);
}
