//! The JSON that `--json` prints: its own structs, with a version, so that a rename inside breaks nobody's script.

use crate::core::json::values::VERSION;
use crate::core::json::values::in_seconds;
use crate::core::json::values::rfc3339;
use crate::core::json::values::rounded;

use serde::Serialize;

use super::alerts::event::{AlertEvent, Cause, EndReason, SuppressedBy};
use super::messages::output_line::{OutputEvent, OutputLine};
use super::metrics::reading::Pressure;
use super::processes::top_apps::AppUsage;
use super::text;

pub mod history;
pub mod values;

/// One line of JSON, without the line feed.
pub fn json_line(said: &OutputLine) -> String {
    line(&LineJson { version: VERSION, what: Body::of(&said.event), at: rfc3339(&said.at), told_to: None })
}

/// The same line as an action gets it: with the machine's name and the words of the notification.
pub fn json_for_action(said: &OutputLine, host: &str, is_test: bool) -> String {
    let told_to = ActionContext {
        host,
        title: text::alerts::title(&said.event),
        text: text::alerts::body(&said.event),
        test: is_test,
    };
    line(&LineJson { version: VERSION, what: Body::of(&said.event), at: rfc3339(&said.at), told_to: Some(told_to) })
}

fn line(record: &impl Serialize) -> String {
    // A record of strings and numbers always has a JSON form.
    serde_json::to_string(record).unwrap_or_default()
}

#[derive(Serialize)]
struct LineJson<'a> {
    version: u32,
    #[serde(flatten)]
    what: Body<'a>,
    at: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    told_to: Option<ActionContext<'a>>,
}

#[derive(Serialize)]
struct ActionContext<'a> {
    host: &'a str,
    title: String,
    text: String,
    test: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Body<'a> {
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
        processes: Option<Vec<TopAppJson<'a>>>,
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

impl Body<'_> {
    fn of(said: &OutputEvent) -> Body<'_> {
        match said {
            OutputEvent::Reading(reading) => Body::Reading {
                cpu_percent: reading.cpu_percent.map(rounded),
                memory_percent: reading.memory_percent.map(rounded),
                memory_used_bytes: reading.memory_used_bytes,
                memory_total_bytes: reading.memory_total_bytes,
                swap_used_bytes: reading.swap_used_bytes,
                memory_pressure: reading.memory_pressure,
            },
            OutputEvent::Alert(said) => Body::alert(said),
            OutputEvent::Recovery(said) => Body::Recovery {
                metric: said.metric.key(),
                value_percent: said.value_percent.map(rounded),
                reason: match said.end_reason {
                    EndReason::Below(_) | EndReason::PressureNormal | EndReason::SwapSteady => "cleared",
                    EndReason::RuleChanged => "rule_changed",
                },
                lasted_seconds: in_seconds(said.lasted),
                peak_percent: rounded(said.peak_percent),
            },
            OutputEvent::Notice(text) => Body::Notice { text },
            OutputEvent::Check { name, result: Ok(detail) } => Body::Check { name, ok: true, detail },
            OutputEvent::Check { name, result: Err(detail) } => Body::Check { name, ok: false, detail },
        }
    }
}

impl Body<'_> {
    fn alert(said: &AlertEvent) -> Body<'_> {
        let (cause, above_percent, pressure, swap_grown_bytes) = cause_fields(said.cause);
        Body::Alert {
            metric: said.metric.key(),
            value_percent: rounded(said.value_percent),
            cause,
            above_percent,
            pressure,
            swap_grown_bytes,
            for_seconds: in_seconds(said.above_for),
            times_in_hour: said.times_in_hour,
            told: said.suppressed_by.is_none(),
            silence: said.suppressed_by.as_ref().map(SuppressedBy::key),
            processes: said.top_apps.as_ref().map(|processes| processes.iter().map(TopAppJson::of).collect()),
            all_processes_seen: said.top_apps.as_ref().map(|_| said.is_complete),
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
struct TopAppJson<'a> {
    name: &'a str,
    pids: &'a [u32],
    cpu_percent: f64,
    memory_bytes: u64,
}

impl TopAppJson<'_> {
    fn of(process: &AppUsage) -> TopAppJson<'_> {
        let AppUsage { name, pids, cpu_percent, memory_bytes } = process;
        TopAppJson { name, pids, cpu_percent: rounded(*cpu_percent), memory_bytes: *memory_bytes }
    }
}
