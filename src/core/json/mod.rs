//! The JSON that `--json` prints: its own structs, with a version, so that a rename inside breaks nobody's script.

use jiff::Zoned;
use serde::Serialize;

use super::alerts::event::{AlertEvent, Cause, EndReason, SuppressedBy};
use super::messages::output_line::{CheckResult, OutputEvent, OutputLine};
use super::metrics::reading::Pressure;
use super::processes::top_apps::AppUsage;
use super::text;
use values::{VERSION, in_seconds, rfc3339, rounded};

pub mod apps;
pub mod history;
pub mod values;

/// One line of JSON, without the line feed.
pub fn json_line(output: &OutputLine) -> String {
    line(Body::of(&output.event), &output.at, None)
}

/// The same line for an action: with the machine's name and the texts of the notification.
pub fn json_for_action(output: &OutputLine, host: &str, is_test: bool) -> String {
    let (title, text) = (text::alerts::title(&output.event), text::alerts::body(&output.event));
    line(Body::of(&output.event), &output.at, Some(ActionContext { host, title, text, test: is_test }))
}

fn line(body: impl Serialize, at: &Zoned, context: Option<ActionContext>) -> String {
    // A record of strings and numbers always has a JSON form.
    serde_json::to_string(&LineJson { version: VERSION, body, at: rfc3339(at), context }).unwrap_or_default()
}

#[derive(Serialize)]
struct LineJson<'a, B> {
    version: u32,
    #[serde(flatten)]
    body: B,
    at: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    context: Option<ActionContext<'a>>,
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
        /// Only where it is the reason.
        #[serde(skip_serializing_if = "Option::is_none")]
        cpu_steal_percent: Option<f64>,
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
        state: &'static str,
        detail: &'a str,
    },
}

impl Body<'_> {
    fn of(event: &OutputEvent) -> Body<'_> {
        match event {
            OutputEvent::Reading(reading) => Body::Reading {
                cpu_percent: reading.cpu_percent.map(rounded),
                memory_percent: reading.memory_percent.map(rounded),
                memory_used_bytes: reading.memory_used_bytes,
                memory_total_bytes: reading.memory_total_bytes,
                swap_used_bytes: reading.swap_used_bytes,
                memory_pressure: reading.memory_pressure,
            },
            OutputEvent::Alert(alert) => Body::alert(alert),
            OutputEvent::Recovery(recovery) => Body::Recovery {
                metric: recovery.metric.key(),
                value_percent: recovery.value_percent.map(rounded),
                reason: match recovery.end_reason {
                    EndReason::Below(_) | EndReason::PressureNormal | EndReason::SwapSteady => "cleared",
                    EndReason::Unknown => "unknown",
                    EndReason::RuleChanged => "rule_changed",
                },
                lasted_seconds: in_seconds(recovery.lasted),
                peak_percent: rounded(recovery.peak_percent),
            },
            OutputEvent::Notice(text) => Body::Notice { text },
            OutputEvent::Check { name, result } => {
                let (state, detail) = match result {
                    CheckResult::Ok(detail) => ("ok", detail),
                    CheckResult::Absent(detail) => ("none", detail),
                    CheckResult::Failed(detail) => ("failed", detail),
                };
                Body::Check { name, ok: state != "failed", state, detail }
            }
        }
    }

    fn alert(alert: &AlertEvent) -> Body<'_> {
        let (cause, above_percent, pressure, swap_grown_bytes) = cause_fields(alert.cause);
        Body::Alert {
            metric: alert.metric.key(),
            value_percent: rounded(alert.value_percent),
            cause,
            above_percent,
            pressure,
            swap_grown_bytes,
            for_seconds: in_seconds(alert.above_for),
            times_in_hour: alert.times_in_hour,
            told: alert.suppressed_by.is_none(),
            silence: alert.suppressed_by.as_ref().map(SuppressedBy::key),
            processes: alert.top_apps.as_ref().map(|processes| processes.iter().map(TopAppJson::of).collect()),
            all_processes_seen: alert.top_apps.as_ref().map(|_| alert.is_complete),
            cpu_steal_percent: alert.steal_percent.map(rounded),
        }
    }
}

/// The name of a cause, and its own value: the threshold in percent, the pressure, or the growth in bytes.
pub fn cause_fields(cause: Cause) -> (&'static str, Option<u8>, Option<Pressure>, Option<u64>) {
    match cause {
        Cause::Above(percent) => ("used", Some(percent.get()), None, None),
        Cause::Pressure(pressure) => ("pressure", None, Some(pressure), None),
        Cause::SwapGrowth { grown_bytes, .. } => ("swap_growth", None, None, Some(grown_bytes)),
    }
}

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
