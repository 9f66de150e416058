//! The JSON of the applications that use the most: now, and over a time.

use jiff::Zoned;
use serde_json::{Value, json};

use super::line;
use super::values::{in_seconds, rfc3339, rounded};
use crate::core::history::app_totals::AppTotal;
use crate::core::processes::app_look::{AppLook, AppUse};
use crate::core::time::local;

/// The applications that use the most now.
pub fn top_line(look: &AppLook, at: &Zoned) -> String {
    let seconds = look.span.as_secs_f64();
    let app = |app: &AppUse| {
        let percent = if seconds > 0.0 { app.cpu_time.as_secs_f64() / seconds * 100.0 } else { 0.0 };
        json!({
            "name": &*app.name,
            "processes": app.processes,
            "cpu_percent": rounded(percent),
            "memory_bytes": app.memory_bytes,
        })
    };
    let body = json!({
        "type": "top",
        "span_seconds": in_seconds(look.span),
        "by_cpu": look.by_cpu().map(app).collect::<Vec<Value>>(),
        "by_memory": look.by_memory().map(app).collect::<Vec<Value>>(),
        "all_processes_seen": look.is_complete,
    });
    line(body, at, None)
}

/// The use of an application since `since`, or of the others together.
pub fn total_line(total: &AppTotal, is_complete: bool, since: &Zoned, at: &Zoned) -> String {
    let body = json!({
        "type": "app_usage",
        "name": total.name.as_deref(),
        "since": rfc3339(since),
        "cpu_seconds": in_seconds(total.cpu_time),
        "cpu_share_percent": rounded(total.cpu_share_percent),
        "memory_mean_bytes": total.memory_mean_bytes,
        "memory_max_bytes": total.memory_max_bytes,
        "busiest_from": total.busiest.map(|time| rfc3339(&local(time.from, at))),
        "busiest_seconds": total.busiest.map(|time| time.length().as_secs()),
        "all_processes_seen": is_complete,
    });
    line(body, at, None)
}
