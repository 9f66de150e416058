//! Tests of the report that need no browser.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::core::alerts::event::Cause;
use crate::core::history::record::MeanMax;
use crate::core::metrics::metric::Threshold;
use crate::core::metrics::reading::{Pressure, Reading};

const NOW: &str = "2026-11-22T12:00:00Z[UTC]";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn usage(minute: &str, cpu: Option<f64>) -> Rollup {
    let share = |mean_percent| MeanMax { mean_percent, max_percent: mean_percent + 5.0 };
    Rollup { at: at(&format!("2026-11-22T{minute}:00Z")), readings: 30, cpu: cpu.map(share), memory: Some(share(50.0)) }
}

/// Readings of 10, 11, 12 … percent, so far apart, up to 12:00.
fn readings(count: i64, refresh_ms: i64) -> Vec<StoredReading> {
    let kept = |index: i64| StoredReading {
        at: at("2026-11-22T12:00:00Z") - SignedDuration::from_millis((count - 1 - index) * refresh_ms),
        reading: Reading { cpu_percent: Some((10 + index % 50) as f64), ..Reading::default() },
        refresh: Duration::from_millis(refresh_ms.unsigned_abs()),
    };
    (0..count).map(kept).collect()
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

#[test]
fn values_in_the_template_are_not_expanded_again() {
    let value = |name: &str| if name == "a" { "{{b}}".to_owned() } else { "B".into() };
    assert_eq!(fill("<{{a}}|{{b}}|{{", value), "<{{b}}|B|");
}

#[test]
fn missing_minutes_are_packed_as_runs() {
    let minutes =
        [usage("11:00", Some(12.34)), usage("11:01", None), usage("11:05", Some(0.0)), usage("11:06", Some(99.96))];
    let packed = json(&series::minutes(&minutes));
    assert_eq!(packed["count"], 7);
    assert_eq!(packed["cpu"], json!({ "mean": [123, -4, 0, 1000], "max": [173, -4, 50, 1000] }));
    assert_eq!(packed["memory"]["mean"], json!([500, 500, -3, 500, 500]));
    assert_eq!(json(&series::minutes(&[]))["count"], 0);
}

#[test]
fn a_gap_between_readings_is_an_unknown_point() {
    let mut readings = readings(8, 2000);
    readings.drain(3..6);
    let packed = json(&series::points(&readings, at("2026-11-22T11:00:00Z")));
    assert_eq!(packed["steps_ms"], json!([0, 2000, 2000, 1, 7999, 2000]));
    assert_eq!(packed["cpu"]["mean"], json!([100, 110, 120, -1, 160, 170]));
    // Two lost readings are no gap, as for the alert rules.
    readings.remove(3);
    readings[2].refresh = Duration::from_secs(10);
    assert_eq!(
        json(&series::points(&readings, at("2026-11-22T11:00:00Z")))["cpu"]["mean"],
        json!([100, 110, 120, 170])
    );
}

#[test]
fn a_minute_without_a_rollup_weighs_readings_by_time() {
    let begin = at("2026-11-22T12:00:00Z");
    let kept = |second: u64, cpu: f64, refresh_s: u64| StoredReading {
        at: begin + Duration::from_secs(second),
        reading: Reading { cpu_percent: Some(cpu), ..Reading::default() },
        refresh: Duration::from_secs(refresh_s),
    };
    let often = (0..15).map(|n| kept(2 * n, 95.0, 2));
    let seldom = (3..6).map(|n| kept(10 * n, 5.0, 10));
    let all = series::with_missing_minutes(&[], &often.chain(seldom).collect::<Vec<_>>());
    let mean_percent = all[0].cpu.unwrap().mean_percent;
    assert!((mean_percent - 50.0).abs() < 1e-9, "{mean_percent}");
    assert_eq!((all.len(), all[0].readings), (1, 18));
}

#[test]
fn points_are_bounded() {
    let packed = json(&series::points(&readings(14_400, 250), at("2026-11-22T11:00:00Z")));
    let mean = packed["cpu"]["mean"].as_array().unwrap();
    assert_eq!(mean.len(), 3600);
    // Four readings of 10, 11, 12 and 13 percent.
    assert_eq!((&mean[0], &packed["cpu"]["max"][0]), (&json!(115), &json!(130)));
    assert_eq!(packed["memory"]["mean"], json!([-3600]), "of which nothing is known");
}

#[test]
fn the_recorded_share_is_not_rounded_up_to_all() {
    let now: Zoned = NOW.parse().unwrap();
    let share = |minutes: &[Rollup]| {
        let report = Report {
            host: "x",
            now: &now,
            since: at("2026-11-22T02:00:00Z"),
            known_until: at("2026-11-22T12:00:00Z"),
            settings: &Settings::DEFAULT,
            minutes,
            readings: &[],
            alerts: &[],
            forecasts: &[],
            apps: &[],
            capacity: &[],
            focus: None,
            nonce: "n",
        };
        recorded(&report.data())
    };
    let all: Vec<Rollup> = (120..720).map(|n| usage(&format!("{:02}:{:02}", n / 60, n % 60), Some(1.0))).collect();
    assert_eq!(share(&all), "100%");
    assert_eq!(share(&[&all[..300], &all[301..]].concat()), "99.8%");
    assert_eq!(share(&[&all[..1], &all[599..]].concat()), "0.3%");
}

#[test]
fn only_a_threshold_in_force_has_a_load_line() {
    let now: Zoned = NOW.parse().unwrap();
    let lines = |settings: &Settings| {
        let since = at("2026-11-22T11:00:00Z");
        let (minutes, readings) = ([usage("11:30", Some(1.0))], []);
        let (host, alerts, forecasts, capacity) = ("x", &[], &[], &[]);
        let (nonce, known_until) = ("n", now.timestamp());
        let (minutes, readings) = (&minutes, &readings);
        let (now, focus) = (&now, None);
        let report = Report {
            host,
            now,
            since,
            known_until,
            settings,
            minutes,
            readings,
            alerts,
            forecasts,
            apps: &[],
            capacity,
            focus,
            nonce,
        };
        let data = report.data();
        (data.cpu_above_percent, data.memory_above_percent, data.is_memory_by_pressure)
    };
    assert_eq!(lines(&Settings::DEFAULT), (Some(80), Some(80), false));
    let by_pressure = Settings { memory_signal: Signal::Pressure, ..Settings::DEFAULT };
    assert_eq!(lines(&by_pressure), (Some(80), None, true));
    let off = Settings { cpu: Threshold::Off, memory_signal: Signal::Both, ..Settings::DEFAULT };
    assert_eq!(lines(&off), (None, Some(80), false));
    let no_rule = Settings { memory: Threshold::Off, ..by_pressure };
    assert_eq!(lines(&no_rule), (Some(80), None, false));
}

fn alert(metric: Metric, fired_at: &str) -> StoredAlert {
    StoredAlert {
        metric,
        fired_at: at(fired_at),
        ended_at: None,
        end: None,
        cause: Cause::Pressure(Pressure::Warning),
        value_percent: 90.0,
        peak_percent: 95.0,
        notified: true,
        suppressed_by: None,
        top_apps: None,
        is_complete: true,
        steal_percent: None,
    }
}

#[test]
fn the_alert_in_focus_is_the_newest_of_its_metric_that_had_fired() {
    let fired = [(Metric::Cpu, "10:00"), (Metric::Memory, "10:10"), (Metric::Cpu, "10:20"), (Metric::Memory, "10:30")];
    let alerts = fired.map(|(metric, time)| alert(metric, &format!("2026-11-22T{time}:00.250Z")));
    let row = |metric, time: &str| {
        let at = at(&format!("2026-11-22T{time}Z"));
        AlertFocus { metric, at }.row(&alerts)
    };
    // The newest is the first row.
    assert_eq!(row(Metric::Cpu, "10:20:00.250999"), Some(1), "the notification knows more than milliseconds");
    assert_eq!(row(Metric::Cpu, "11:00:00"), Some(1), "the notification of its end");
    assert_eq!(row(Metric::Cpu, "10:20:00.249"), Some(3));
    assert_eq!(row(Metric::Memory, "10:20:00"), Some(2));
    assert_eq!(row(Metric::Cpu, "09:59:59"), None, "nothing to show first");
}

#[test]
fn an_alert_that_was_left_open_ends_with_the_last_reading() {
    let now: Zoned = NOW.parse().unwrap();
    let open = alert(Metric::Cpu, "2026-11-22T10:00:00Z");
    let row = |known_until: &str| {
        let row = json(&alerts::rows(
            std::slice::from_ref(&open),
            at(known_until),
            &now,
            &mut apps::ReportedApps::new(&[], &now),
        ));
        (row[0]["to_ms"].as_i64(), row[0]["lasted"].as_str().unwrap().to_owned())
    };
    let until = at("2026-11-22T10:11:52Z").as_millisecond();
    assert_eq!(row("2026-11-22T10:11:52Z"), (Some(until), "11 min 52 s, end not seen".into()));
    assert_eq!(row("2026-11-22T11:58:00Z"), (None, "2 h so far".into()), "Loadline may well run");
    assert_eq!(row("2026-11-22T11:57:59Z").1, "1 h 57 min, end not seen");
    assert_eq!(row("2026-11-22T09:00:00Z").1, "0 s, end not seen", "it fired on a reading that was not kept");
}

#[test]
fn data_cannot_break_out_of_the_page() {
    let now: Zoned = NOW.parse().unwrap();
    let report = Report {
        host: "</title><script>alert(1)</script>",
        now: &now,
        since: at("2026-11-22T11:00:00Z"),
        known_until: at("2026-11-22T12:00:00Z"),
        settings: &Settings::DEFAULT,
        minutes: &[usage("11:30", Some(1.0))],
        readings: &[],
        alerts: &[],
        forecasts: &[],
        apps: &[],
        capacity: &[],
        focus: None,
        nonce: "n0nce",
    };
    let page = report.html();
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(page.contains("&lt;/title&gt;&lt;script&gt;alert(1)"));
    assert!(page.contains(r#""host":"\u003c/title>\u003cscript>alert(1)"#));
    assert!(page.contains("script-src 'nonce-n0nce'; style-src 'nonce-n0nce'"));
    for address in ["http:", "https:", "url(", "@import", "innerHTML"] {
        let allowed = if address == "http:" { page.matches("http://www.w3.org/2000/svg").count() } else { 0 };
        assert_eq!(page.matches(address).count(), allowed, "{address}");
    }
}
