//! The JSON that `--json` prints: its own structs, with a version, so that a rename inside breaks nobody's script.

use std::time::Duration;

use jiff::Zoned;
use serde::Serialize;

use super::alerts::event::{AlertSaid, Cause, Ending, Line, Said, Silence};
use super::metrics::reading::Pressure;
use super::processes::top_apps::Process;
use super::text;

mod history;

pub use history::{advice_line, past_alert_line, report_line, usage_line};

/// The version of the format. It grows only when a field changes its meaning or goes away.
pub(super) const VERSION: u32 = 1;

/// One line of JSON, without the line feed.
pub fn json_line(said: &Line) -> String {
    line(&Record { version: VERSION, what: What::of(&said.said), at: rfc3339(&said.at), told_to: None })
}

/// The same line as an action gets it: with the machine's name and the words of the notification.
pub fn json_for_action(said: &Line, host: &str, is_test: bool) -> String {
    let told_to = ForAction { host, title: text::title(&said.said), text: text::body(&said.said), test: is_test };
    line(&Record { version: VERSION, what: What::of(&said.said), at: rfc3339(&said.at), told_to: Some(told_to) })
}

fn line(record: &impl Serialize) -> String {
    // A record of strings and numbers always has a JSON form.
    serde_json::to_string(record).unwrap_or_default()
}

/// With the zone's offset, to the millisecond: `2026-11-22T14:03:07.250+01:00`.
pub fn rfc3339(at: &Zoned) -> String {
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
        cause: &'static str,
        above_percent: Option<u8>,
        pressure: Option<Pressure>,
        swap_grown_bytes: Option<u64>,
        for_seconds: f64,
        times_in_hour: usize,
        told: bool,
        silence: Option<&'static str>,
        processes: Option<Vec<User<'a>>>,
        all_processes_seen: Option<bool>,
    },
    Recovery {
        metric: &'static str,
        value_percent: Option<f64>,
        reason: &'static str,
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
            Said::Alert(said) => What::alert(said),
            Said::Recovery(said) => What::Recovery {
                metric: said.metric.key(),
                value_percent: said.value_percent.map(hundredths),
                reason: match said.ending {
                    Ending::Below(_) | Ending::PressureNormal | Ending::SwapSteady => "cleared",
                    Ending::RuleChanged => "rule_changed",
                },
                lasted_seconds: in_seconds(said.lasted),
                peak_percent: hundredths(said.peak_percent),
            },
            Said::Notice(text) => What::Notice { text },
            Said::Check { name, result: Ok(detail) } => What::Check { name, ok: true, detail },
            Said::Check { name, result: Err(detail) } => What::Check { name, ok: false, detail },
        }
    }
}

impl What<'_> {
    fn alert(said: &AlertSaid) -> What<'_> {
        let (cause, above_percent, pressure, swap_grown_bytes) = cause_fields(said.cause);
        What::Alert {
            metric: said.metric.key(),
            value_percent: hundredths(said.value_percent),
            cause,
            above_percent,
            pressure,
            swap_grown_bytes,
            for_seconds: in_seconds(said.above_for),
            times_in_hour: said.times_in_hour,
            told: said.silence.is_none(),
            silence: said.silence.as_ref().map(Silence::key),
            processes: said.processes.as_ref().map(|processes| processes.iter().map(User::of).collect()),
            all_processes_seen: said.processes.as_ref().map(|_| said.are_all_seen),
        }
    }
}

/// The cause of an alert: its name, and what belongs to each: the threshold in percent, the pressure, the growth in bytes.
pub fn cause_fields(cause: Cause) -> (&'static str, Option<u8>, Option<Pressure>, Option<u64>) {
    match cause {
        Cause::Above(percent) => ("used", Some(percent.get()), None, None),
        Cause::Pressure(pressure) => ("pressure", None, Some(pressure), None),
        Cause::SwapGrowth { grown_bytes, .. } => ("swap_growth", None, None, Some(grown_bytes)),
    }
}

/// Who uses the most.
#[derive(Serialize)]
struct User<'a> {
    name: &'a str,
    pids: &'a [u32],
    cpu_percent: f64,
    memory_bytes: u64,
}

impl User<'_> {
    fn of(process: &Process) -> User<'_> {
        let Process { name, pids, cpu_percent, memory_bytes } = process;
        User { name, pids, cpu_percent: hundredths(*cpu_percent), memory_bytes: *memory_bytes }
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
