//! The JSON that `--json` prints: its own structs, with a version, so that a rename inside breaks nobody's script.

use std::time::Duration;

use jiff::Zoned;
use serde::Serialize;

use super::reading::Pressure;
use super::said::{Cause, Line, Said};
use super::wording;

/// The version of the format. It grows only when a field changes its meaning or goes away.
pub(super) const VERSION: u32 = 1;

/// One line of JSON, without the line feed.
pub fn json_line(line: &Line) -> String {
    text(&Record { version: VERSION, what: What::of(&line.said), at: rfc3339(&line.at), told_to: None })
}

/// The same line as an action gets it: with the machine's name and the words of the notification.
pub fn json_for_action(line: &Line, host: &str, is_test: bool) -> String {
    let told_to = ForAction { host, title: wording::title(&line.said), text: wording::body(&line.said), test: is_test };
    text(&Record { version: VERSION, what: What::of(&line.said), at: rfc3339(&line.at), told_to: Some(told_to) })
}

fn text(record: &Record) -> String {
    // A record of strings and numbers always has a JSON form.
    serde_json::to_string(record).unwrap_or_default()
}

/// With the zone's offset, to the millisecond: `2026-11-22T14:03:07.250+01:00`.
pub(super) fn rfc3339(at: &Zoned) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

#[derive(Serialize)]
struct Record<'a> {
    version: u32,
    #[serde(flatten)]
    what: What<'a>,
    at: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    told_to: Option<ForAction<'a>>,
}

#[derive(Serialize)]
struct ForAction<'a> {
    host: &'a str,
    title: String,
    text: String,
    test: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum What<'a> {
    Reading {
        cpu_percent: Option<f64>,
        memory_percent: Option<f64>,
        memory_used_bytes: Option<u64>,
        memory_total_bytes: Option<u64>,
        swap_used_bytes: Option<u64>,
        memory_pressure: Option<Pressure>,
    },
    Alert {
        metric: &'static str,
        value_percent: f64,
        above_percent: Option<u8>,
        for_seconds: f64,
        told: bool,
        /// Not sampled yet: null, so that a reader need not tell absent from unknown.
        processes: Option<()>,
    },
    Recovery {
        metric: &'static str,
        value_percent: Option<f64>,
        lasted_seconds: f64,
        peak_percent: f64,
    },
    Notice {
        text: &'a str,
    },
    Check {
        name: &'a str,
        ok: bool,
        detail: &'a str,
    },
}

impl What<'_> {
    fn of(said: &Said) -> What<'_> {
        match said {
            Said::Reading(reading) => What::Reading {
                cpu_percent: reading.cpu_percent.map(hundredths),
                memory_percent: reading.memory_percent.map(hundredths),
                memory_used_bytes: reading.memory_used_bytes,
                memory_total_bytes: reading.memory_total_bytes,
                swap_used_bytes: reading.swap_used_bytes,
                memory_pressure: reading.memory_pressure,
            },
            Said::Alert(said) => What::Alert {
                metric: said.metric.key(),
                value_percent: hundredths(said.value_percent),
                above_percent: match said.cause {
                    Cause::Above(percent) => Some(percent.get()),
                    Cause::Pressure(_) | Cause::SwapGrowth { .. } => None,
                },
                for_seconds: in_seconds(said.above_for),
                told: said.silence.is_none(),
                processes: None,
            },
            Said::Recovery(said) => What::Recovery {
                metric: said.metric.key(),
                value_percent: said.value_percent.map(hundredths),
                lasted_seconds: in_seconds(said.lasted),
                peak_percent: hundredths(said.peak_percent),
            },
            Said::Notice(text) => What::Notice { text },
            Said::Check { name, result: Ok(detail) } => What::Check { name, ok: true, detail },
            Said::Check { name, result: Err(detail) } => What::Check { name, ok: false, detail },
        }
    }
}

/// More digits than a measurement of this kind can carry are noise.
pub(super) fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// To the millisecond, like the times.
pub(super) fn in_seconds(span: Duration) -> f64 {
    span.as_millis() as f64 / 1000.0
}
