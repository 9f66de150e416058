//! Whether somebody could see an alert or an early warning: written at once, and read back by the next run.

use std::time::Duration;

use jiff::Timestamp;
use loadline::core::forecast::event::ForecastEvent;
use loadline::core::forecast::forecaster::Told;
use loadline::core::history::record::Record;
use loadline::core::metrics::metric::{Metric, Percent};
use loadline::runtime::history::reader::History;

use super::alerts::fired;
use super::{Place, at, reading};
use crate::program::Home;
use crate::wait::{SOON, wait_for};

const SECOND: Duration = Duration::from_secs(1);

fn warning() -> ForecastEvent {
    ForecastEvent {
        threshold: Percent::DEFAULT,
        left: SECOND * 7200,
        grown_points: 10.0,
        within: SECOND * 7200,
        grown_bytes: None,
        grower: None,
        suppressed_by: None,
    }
}

#[test]
fn a_telling_that_failed_is_written_at_once() {
    let (place, noon) = (Place::new(), at("2026-11-22T12:00:00Z"));
    let mut recorder = place.recorder();
    recorder.record(Record::Reading(reading(noon, 95.0)), Duration::ZERO);
    recorder.record(fired(noon, Metric::Cpu, None), Duration::ZERO);
    recorder.record(Record::AlertTold { metric: Metric::Cpu, is_told: false }, SECOND);
    recorder.record(Record::Forecast { at: noon, event: warning() }, SECOND);
    recorder.record(Record::ForecastTold { at: noon, is_told: false }, SECOND);
    // Nothing else comes that would have it written, and the run does not end.
    wait_for("both in the history", SOON, || {
        let history = History::open(&place.path()).ok().flatten()?;
        let (from, to) = (Timestamp::MIN, Timestamp::MAX);
        let (alerts, warnings) = (history.alerts(from, to).ok()?, history.forecasts(from, to).ok()?);
        let is_untold = |key: &Option<String>| key.as_deref() == Some("not_shown");
        let are_untold = alerts.iter().all(|alert| !alert.notified && is_untold(&alert.suppressed_by))
            && warnings.iter().all(|warning| !warning.notified && is_untold(&warning.suppressed_by));
        (alerts.len() == 1 && warnings.len() == 1 && are_untold).then_some(())
    });
}

#[test]
fn the_next_run_knows_whether_somebody_could_see_the_latest_warning() {
    let (place, noon) = (Place::new(), at("2026-11-22T12:00:00Z"));
    let last = |place: &Place| place.history().memory_past(noon + SECOND * 3600).unwrap().last_warning;
    place.record([Record::Reading(reading(noon, 50.0)), Record::Forecast { at: noon, event: warning() }]);
    assert_eq!(last(&place), Some((noon, Told::Notified)));
    for (is_told, told) in [(false, Told::Unseen), (true, Told::Notified)] {
        place.record([Record::ForecastTold { at: noon, is_told }]);
        assert_eq!(last(&place), Some((noon, told)));
        let stored = place.history().forecasts(noon, noon).unwrap();
        assert_eq!((stored[0].notified, stored[0].suppressed_by.is_some()), (is_told, !is_told));
    }
    let later = noon + SECOND * 600;
    place.record([Record::ForecastTold { at: later, is_told: false }]);
    assert_eq!(last(&place), Some((noon, Told::Notified)), "another warning is meant");
}

#[test]
fn a_line_that_could_not_be_printed_has_told_nobody() {
    if !cfg!(target_os = "linux") {
        return;
    }
    for (is_full, is_told) in [(true, false), (false, true)] {
        let home = Home::new();
        let arguments =
            ["watch", "--memory", "1", "--cpu", "off", "--after", "0", "--samples", "3", "--every", "250ms"];
        let mut command = home.loadline(&arguments);
        if is_full {
            command.stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
        }
        assert_eq!(command.output().unwrap().status.code(), Some(0));
        let listed = home.run(&["history", "--alerts", "--json"]);
        let lines: Vec<serde_json::Value> =
            listed.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [alert] = &lines[..] else { panic!("{listed:?}") };
        assert_eq!(alert["told"], is_told, "{alert}");
        assert_eq!(alert["silence"] == "not_shown", is_full, "{alert}");
    }
}
