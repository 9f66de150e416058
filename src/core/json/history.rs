//! The JSON of stored usage and alerts, of recommendations, and of a report.

use std::time::Duration;

use jiff::{Timestamp, Zoned};
use serde::Serialize;

use super::values::{VERSION, in_seconds, rfc3339, rounded};
use super::{TopAppJson, cause_fields, line};
use crate::core::alerts::rule::Signal;
use crate::core::history::recommendation::{Recommendation, Recommended};
use crate::core::history::record::{Rollup, StoredAlert, StoredEnd};
use crate::core::metrics::reading::Pressure;
use crate::core::time::local;

/// The usage of a minute or an hour, `span` long, which begins `at`.
pub fn usage_line(usage: &Rollup, span: Duration, at: &Zoned) -> String {
    let Rollup { readings, cpu, memory, .. } = *usage;
    line(&HistoryLineJson {
        version: VERSION,
        body: HistoryBody::Usage {
            span_seconds: in_seconds(span),
            readings,
            cpu_mean_percent: cpu.map(|usage| rounded(usage.mean_percent)),
            cpu_max_percent: cpu.map(|usage| rounded(usage.max_percent)),
            memory_mean_percent: memory.map(|usage| rounded(usage.mean_percent)),
            memory_max_percent: memory.map(|usage| rounded(usage.max_percent)),
        },
        at: rfc3339(at),
    })
}

/// A stored alert, times being in the zone of `now`.
pub fn past_alert_line(alert: &StoredAlert, now: &Zoned) -> String {
    let in_zone = |at: Timestamp| rfc3339(&local(at, now));
    let (cause, above_percent, pressure, swap_grown_bytes) = cause_fields(alert.cause);
    let is_known = !alert.top_apps.is_empty();
    let body = HistoryBody::PastAlert {
        metric: alert.metric.key(),
        fired_at: in_zone(alert.fired_at),
        ended_at: alert.ended_at.map(in_zone),
        ending: alert.end.map(StoredEnd::key),
        cause,
        above_percent,
        pressure,
        swap_grown_bytes,
        value_percent: rounded(alert.value_percent),
        peak_percent: rounded(alert.peak_percent),
        told: alert.notified,
        silence: alert.suppressed_by.as_deref(),
        processes: is_known.then(|| alert.top_apps.iter().map(TopAppJson::of).collect()),
        all_processes_seen: is_known.then_some(alert.is_complete),
    };
    line(&HistoryLineJson { version: VERSION, body, at: in_zone(alert.fired_at) })
}

/// The recommendation for a metric; `signal` is that of memory.
pub fn advice_line(advice: &Recommendation, signal: Signal, at: &Zoned) -> String {
    let stats = advice.recommended.stats();
    // By pressure alone no threshold counts.
    let has_threshold = signal.uses_threshold(advice.metric) && matches!(advice.recommended, Recommended::Use { .. });
    let body = HistoryBody::Advice {
        metric: advice.metric.key(),
        above_percent: has_threshold.then(|| stats.above.get()),
        tried_percent: stats.above.get(),
        alerts: stats.alerts,
        most_on_a_day: stats.max_per_day,
        busiest_day: stats.busiest_day.map(|day| day.to_string()),
        recorded_seconds: in_seconds(advice.recorded),
        current_above_percent: advice.current.percent().map(|percent| percent.get()),
        current_alerts: advice.current_stats.map(|stats| stats.alerts),
    };
    line(&HistoryLineJson { version: VERSION, body, at: rfc3339(at) })
}

/// A report that was written to `path`.
pub fn report_line(path: &str, at: &Zoned) -> String {
    line(&HistoryLineJson { version: VERSION, body: HistoryBody::Report { path }, at: rfc3339(at) })
}

#[derive(Serialize)]
struct HistoryLineJson<'a> {
    version: u32,
    #[serde(flatten)]
    body: HistoryBody<'a>,
    at: String,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum HistoryBody<'a> {
    Usage {
        span_seconds: f64,
        readings: u32,
        cpu_mean_percent: Option<f64>,
        cpu_max_percent: Option<f64>,
        memory_mean_percent: Option<f64>,
        memory_max_percent: Option<f64>,
    },
    PastAlert {
        metric: &'static str,
        fired_at: String,
        ended_at: Option<String>,
        ending: Option<&'static str>,
        cause: &'static str,
        above_percent: Option<u8>,
        pressure: Option<Pressure>,
        swap_grown_bytes: Option<u64>,
        value_percent: f64,
        peak_percent: f64,
        told: bool,
        silence: Option<&'a str>,
        processes: Option<Vec<TopAppJson<'a>>>,
        all_processes_seen: Option<bool>,
    },
    Advice {
        metric: &'static str,
        above_percent: Option<u8>,
        tried_percent: u8,
        alerts: usize,
        most_on_a_day: usize,
        busiest_day: Option<String>,
        recorded_seconds: f64,
        current_above_percent: Option<u8>,
        current_alerts: Option<usize>,
    },
    Report {
        path: &'a str,
    },
}
