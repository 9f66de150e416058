//! The JSON of stored usage and alerts, of recommendations, and of a report.

use std::time::Duration;

use jiff::{Timestamp, Zoned};
use serde::Serialize;
use serde_json::json;

use super::values::{in_seconds, rfc3339, rounded};
use super::{TopAppJson, cause_fields, line};
use crate::core::alerts::rule::Signal;
use crate::core::history::capacity::{Capacity, Verdict};
use crate::core::history::recommendation::{Recommendation, Recommended};
use crate::core::history::record::{Rollup, StoredAlert, StoredEnd, StoredForecast};
use crate::core::metrics::metric::Metric;
use crate::core::time::local;

/// The usage of a minute or an hour, `span` long, which begins `at`.
pub fn usage_line(usage: &Rollup, span: Duration, at: &Zoned) -> String {
    let Rollup { readings, cpu, memory, .. } = *usage;
    let body = UsageJson {
        span_seconds: in_seconds(span),
        readings,
        cpu_mean_percent: cpu.map(|usage| rounded(usage.mean_percent)),
        cpu_max_percent: cpu.map(|usage| rounded(usage.max_percent)),
        memory_mean_percent: memory.map(|usage| rounded(usage.mean_percent)),
        memory_max_percent: memory.map(|usage| rounded(usage.max_percent)),
    };
    line(body, at, None)
}

/// A stored alert, times being in the zone of `now`.
pub fn past_alert_line(alert: &StoredAlert, now: &Zoned) -> String {
    let in_zone = |at: Timestamp| rfc3339(&local(at, now));
    let (cause, above_percent, pressure, swap_grown_bytes) = cause_fields(alert.cause);
    let processes = alert.top_apps.as_ref().map(|apps| apps.iter().map(TopAppJson::of).collect::<Vec<_>>());
    let mut body = json!({
        "type": "past_alert",
        "metric": alert.metric.key(),
        "fired_at": in_zone(alert.fired_at),
        "ended_at": alert.ended_at.map(in_zone),
        "ending": alert.end.map(StoredEnd::key),
        "cause": cause,
        "above_percent": above_percent,
        "pressure": pressure,
        "swap_grown_bytes": swap_grown_bytes,
        "value_percent": rounded(alert.value_percent),
        "peak_percent": rounded(alert.peak_percent),
        "told": alert.notified,
        "silence": alert.suppressed_by,
        "processes": processes,
        "all_processes_seen": alert.top_apps.as_ref().map(|_| alert.is_complete),
    });
    if let Some(percent) = alert.steal_percent {
        body["cpu_steal_percent"] = json!(rounded(percent));
    }
    line(body, &local(alert.fired_at, now), None)
}

/// A stored early warning, times being in the zone of `now`.
pub fn past_forecast_line(stored: &StoredForecast, now: &Zoned) -> String {
    let StoredForecast { at, event, notified, suppressed_by } = stored;
    let body = json!({
        "type": "past_forecast",
        "metric": Metric::Memory.key(),
        "above_percent": event.threshold.get(),
        "left_seconds": in_seconds(event.left).round(),
        "grown_percent": rounded(event.grown_points),
        "grown_bytes": event.grown_bytes,
        "application": event.grower.as_ref().map(super::GrowerJson::of),
        "within_seconds": in_seconds(event.within),
        "told": notified,
        "silence": suppressed_by,
    });
    line(body, &local(*at, now), None)
}

/// The recommendation for a metric; `signal` is that of memory.
pub fn advice_line(advice: &Recommendation, signal: Signal, at: &Zoned) -> String {
    let stats = advice.recommended.stats();
    // By pressure alone no threshold counts.
    let has_threshold = signal.uses_threshold(advice.metric) && matches!(advice.recommended, Recommended::Use { .. });
    let body = json!({
        "type": "advice",
        "metric": advice.metric.key(),
        "above_percent": has_threshold.then(|| stats.above.get()),
        "tried_percent": stats.above.get(),
        "alerts": stats.alerts,
        "most_on_a_day": stats.max_per_day,
        "busiest_day": stats.busiest_day.map(|day| day.to_string()),
        "recorded_seconds": in_seconds(advice.recorded),
        "current_above_percent": advice.current.percent().map(|percent| percent.get()),
        "current_alerts": advice.current_stats.map(|stats| stats.alerts),
    });
    line(body, at, None)
}

/// The capacity of the machine in one metric: bytes of memory, or cores.
pub fn capacity_line(capacity: &Capacity, days: u32, at: &Zoned) -> String {
    let (verdict, suggested, below_share) = match capacity.verdict {
        Verdict::Enough => ("enough", None, None),
        Verdict::HalfSuffices => ("half_suffices", Some(capacity.size / 2), None),
        Verdict::Larger { size, below_share } => ("larger", Some(size), Some(rounded(below_share * 100.0))),
    };
    let body = json!({
        "type": "capacity",
        "metric": capacity.metric.key(),
        "days": days,
        "recorded_seconds": in_seconds(capacity.recorded),
        "above_percent": capacity.above.get(),
        "above_share_percent": rounded(capacity.above_share * 100.0),
        "p99_5_percent": rounded(capacity.percentile_percent),
        "size": capacity.size,
        "verdict": verdict,
        "suggested_size": suggested,
        "suggested_below_share_percent": below_share,
        "at_least": capacity.is_cut_off,
    });
    line(body, at, None)
}

/// A report that was written to `path`.
pub fn report_line(path: &str, at: &Zoned) -> String {
    line(json!({ "type": "report", "path": path }), at, None)
}

/// Not `json!`: an export writes many of these.
#[derive(Serialize)]
#[serde(tag = "type", rename = "usage")]
struct UsageJson {
    span_seconds: f64,
    readings: u32,
    cpu_mean_percent: Option<f64>,
    cpu_max_percent: Option<f64>,
    memory_mean_percent: Option<f64>,
    memory_max_percent: Option<f64>,
}
