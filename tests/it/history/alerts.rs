//! Alerts in the history: from the moment they fire to their end, or as far as they were seen.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use loadline::core::alerts::event::{AlertSaid, Cause, Ending, RecoverySaid, Silence};
use loadline::core::history::record::{PastAlert, PastEnding, Record};
use loadline::core::metrics::metric::{Metric, Percent};
use loadline::core::metrics::reading::Pressure;
use loadline::core::processes::top_apps::Process;

use super::{Place, at, reading};

const SECOND: Duration = Duration::from_secs(1);

fn said(metric: Metric, silence: Option<Silence>) -> AlertSaid {
    AlertSaid {
        metric,
        value_percent: 91.237,
        cause: Cause::Above(Percent::DEFAULT),
        above_for: SECOND,
        times_in_hour: 1,
        silence,
        processes: None,
        are_all_seen: false,
    }
}

/// An alert that fires; or, where the one before was silent and this is not, tells.
pub fn fired(at: Timestamp, metric: Metric, silence: Option<Silence>) -> Record {
    Record::Alert { at, said: said(metric, silence) }
}

fn over(at: Timestamp, metric: Metric, ending: Ending) -> Record {
    let said = RecoverySaid { metric, value_percent: Some(20.0), ending, lasted: SECOND, peak_percent: 99.005 };
    Record::Recovery { at, said }
}

fn rustc() -> Arc<[Process]> {
    let names = ["rustc", "a \"b\"\n"];
    let process =
        |name: &str| Process { name: name.into(), pids: vec![7, 8], cpu_percent: 310.5, memory_bytes: 1 << 40 };
    names.map(process).into()
}

/// As it is kept if it clears.
fn past(metric: Metric, fired_at: Timestamp, ended_at: Timestamp) -> PastAlert {
    PastAlert {
        metric,
        fired_at,
        ended_at: Some(ended_at),
        ending: Some(PastEnding::Cleared),
        cause: Cause::Above(Percent::DEFAULT),
        value_percent: 91.24,
        peak_percent: 99.01,
        told: true,
        silence: None,
        processes: Vec::new(),
        are_all_seen: false,
    }
}

#[test]
fn an_alert_is_kept_from_firing_to_its_end() {
    let (place, noon) = (Place::new(), at("2026-11-22T12:00:00Z"));
    let (cpu, memory) = (Metric::Cpu, Metric::Memory);
    let later = |seconds: u32| noon + SECOND * seconds;
    let named = AlertSaid { processes: Some(rustc()), are_all_seen: true, ..said(memory, None) };
    let pressure = AlertSaid { cause: Cause::Pressure(Pressure::Critical), ..said(memory, None) };
    let growth = Cause::SwapGrowth { grown_bytes: 3 << 30, within: SECOND * 300 };
    let growth = AlertSaid { cause: growth, ..said(memory, Some(Silence::Ignored("x".into()))) };
    place.record([
        Record::Reading(reading(noon, 91.0)),
        fired(later(0), cpu, None),
        Record::Alert { at: later(2), said: named },
        over(later(4), cpu, Ending::Below(75.0)),
        over(later(6), memory, Ending::RuleChanged),
        Record::Alert { at: later(8), said: pressure.clone() },
        over(later(10), memory, Ending::PressureNormal),
        over(later(10), memory, Ending::PressureNormal),
        Record::Alert { at: later(12), said: growth.clone() },
        over(later(14), memory, Ending::SwapSteady),
    ]);
    let expected = [
        past(cpu, later(0), later(4)),
        PastAlert {
            ending: Some(PastEnding::RuleChanged),
            processes: rustc().to_vec(),
            are_all_seen: true,
            ..past(memory, later(2), later(6))
        },
        PastAlert { cause: pressure.cause, ..past(memory, later(8), later(10)) },
        PastAlert {
            cause: growth.cause,
            told: false,
            silence: Some("ignored".into()),
            ..past(memory, later(12), later(14))
        },
    ];
    assert_eq!(place.alerts(), expected);
}

#[test]
fn an_alert_that_fires_silently_and_tells_later_is_one() {
    let (place, noon) = (Place::new(), at("2026-11-22T12:00:00Z"));
    let told = AlertSaid { processes: Some(rustc()), are_all_seen: true, ..said(Metric::Cpu, None) };
    let silent = fired(noon, Metric::Cpu, Some(Silence::Snoozed));
    place.record([silent, Record::Alert { at: noon + SECOND * 60, said: told }]);
    let expected = PastAlert {
        ending: Some(PastEnding::NotSeen),
        peak_percent: 91.24,
        processes: rustc().to_vec(),
        are_all_seen: true,
        ..past(Metric::Cpu, noon, noon)
    };
    assert_eq!(place.alerts(), [expected]);

    // A run knows nothing of the alerts of another.
    let again = noon + SECOND * 600;
    place.record([fired(again, Metric::Cpu, None), over(again + SECOND, Metric::Cpu, Ending::Below(75.0))]);
    assert_eq!(place.alerts()[1..], [past(Metric::Cpu, again, again + SECOND)]);
}

#[test]
fn what_goes_on_at_the_end_was_not_seen_to_end() {
    let (place, noon) = (Place::new(), at("2026-11-22T12:00:00Z"));
    let readings = |from: Timestamp| {
        (0..50).map(move |n| Record::Reading(reading(from + SECOND * 2 * n, 60.0 + f64::from(n % 39))))
    };
    let records = readings(noon).chain([fired(noon + SECOND * 98, Metric::Cpu, None)]);
    place.record(records.chain(readings(noon + SECOND * 100)));
    let end = noon + SECOND * 198;
    let ended = PastAlert {
        ending: Some(PastEnding::NotSeen),
        peak_percent: 98.0,
        ..past(Metric::Cpu, noon + SECOND * 98, end)
    };
    assert_eq!(place.alerts(), [ended]);
}

#[test]
fn what_went_on_when_loadline_was_killed_ended_with_the_last_reading() {
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
    let end = |alert: &PastAlert| (alert.ended_at, alert.ending, alert.peak_percent);
    assert_eq!(end(&alerts[0]), (Some(noon + SECOND * 8), Some(PastEnding::NotSeen), 97.0));
    assert_eq!(
        end(&alerts[1]),
        (Some(alerts[1].fired_at), Some(PastEnding::NotSeen), 90.0),
        "nothing was read after it"
    );
}

#[test]
fn an_alert_whose_end_was_missed_makes_room_for_the_next() {
    let (place, noon) = (Place::new(), at("2026-11-22T12:00:00Z"));
    // The history was switched off between the two.
    place.record([
        Record::Reading(reading(noon, 95.0)),
        fired(noon, Metric::Cpu, None),
        Record::Reading(reading(noon + SECOND * 2, 95.0)),
        Record::Reading(reading(noon + SECOND * 600, 95.0)),
        fired(noon + SECOND * 600, Metric::Cpu, None),
        over(noon + SECOND * 610, Metric::Cpu, Ending::Below(75.0)),
    ]);
    let alerts = place.alerts();
    assert_eq!(alerts.len(), 2);
    assert_eq!(alerts[0].ending, Some(PastEnding::NotSeen));
    assert_eq!(alerts[1], past(Metric::Cpu, noon + SECOND * 600, noon + SECOND * 610));
}

#[test]
fn an_alert_never_ends_before_it_began() {
    let (place, noon) = (Place::new(), at("2026-11-22T12:00:00Z"));
    let back = noon.checked_sub(SECOND * 3600).unwrap();
    place.record([fired(noon, Metric::Cpu, None), over(back, Metric::Cpu, Ending::Below(75.0))]);
    assert_eq!(place.alerts(), [past(Metric::Cpu, noon, noon)]);
}
