//! The JSON that `--json` prints: its own structs, with a version, so that a rename inside breaks nobody's script.

use jiff::Zoned;
use serde::Serialize;

use super::alerts::event::{AlertEvent, Cause, EndReason, SuppressedBy};
use super::forecast::event::ForecastEvent;
use super::forecast::grower::Grower;
use super::messages::output_line::{CheckResult, OutputEvent, OutputLine};
use super::metrics::metric::Metric;
use super::metrics::reading::Pressure;
use super::processes::top_apps::AppUsage;
use super::text;
use values::{VERSION, in_seconds, rfc3339, rounded};

pub mod apps;
pub mod fleet;
pub mod history;
pub mod values;

/// One line of JSON, without the line feed.
pub fn json_line(output: &OutputLine) -> String {
    line(Body::of(&output.event), &output.at, None)
}

/// The same line for an action: with the machine's name and the texts of the notification.
pub fn json_for_action(output: &OutputLine, host: &str, is_test: bool) -> String {
    let (title, text) = (text::alerts::title(&output.event), text::alerts::body(&output.event));
    line(Body::of(&output.event), &output.at, Some(ActionContext { host, title, text, test: is_test, uids: None }))
}

/// The same for a command, with the users whose processes are named first: `None` where they are unknown.
pub fn json_for_command(output: &OutputLine, host: &str, is_test: bool, uids: Option<&[u32]>) -> String {
    let (title, text) = (text::alerts::title(&output.event), text::alerts::body(&output.event));
    let context = ActionContext { host, title, text, test: is_test, uids: Some(uids) };
    line(Body::of(&output.event), &output.at, Some(context))
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
    /// For commands alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    uids: Option<Option<&'a [u32]>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Body<'a> {
    Reading {
        cpu_percent: Option<f64>,
        memory_percent: Option<f64>,
        memory_used_bytes: Option<u64>,
        memory_total_bytes: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        memory_limit_bytes: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cpu_limit_cores: Option<f64>,
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
        #[serde(skip_serializing_if = "Option::is_none")]
        cpu_limit_cores: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        throttled_periods: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        periods: Option<u64>,
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
    Forecast {
        metric: &'static str,
        above_percent: u8,
        left_seconds: f64,
        grown_percent: f64,
        grown_bytes: Option<u64>,
        application: Option<GrowerJson<'a>>,
        within_seconds: f64,
        told: bool,
        silence: Option<&'static str>,
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
                memory_limit_bytes: reading.memory_limit_bytes,
                cpu_limit_cores: reading.cpu_limit_cores,
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
            OutputEvent::Forecast(forecast) => Body::forecast(forecast),
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

    fn forecast(forecast: &ForecastEvent) -> Body<'_> {
        Body::Forecast {
            metric: Metric::Memory.key(),
            above_percent: forecast.threshold.get(),
            left_seconds: in_seconds(forecast.left).round(),
            grown_percent: rounded(forecast.grown_points),
            grown_bytes: forecast.grown_bytes,
            application: forecast.grower.as_ref().map(GrowerJson::of),
            within_seconds: in_seconds(forecast.within),
            told: forecast.suppressed_by.is_none(),
            silence: forecast.suppressed_by.as_ref().map(SuppressedBy::key),
        }
    }

    fn alert(alert: &AlertEvent) -> Body<'_> {
        let (cause, above_percent, pressure, swap_grown_bytes) = cause_fields(alert.cause);
        let throttling = alert.cpu_limit.and_then(|limit| limit.throttling);
        Body::Alert {
            metric: alert.metric.key(),
            value_percent: rounded(alert.value_percent),
            cause,
            above_percent,
            pressure,
            swap_grown_bytes,
            for_seconds: in_seconds(alert.above_for),
            cpu_limit_cores: alert.cpu_limit.map(|limit| limit.cores),
            throttled_periods: throttling.map(|throttling| throttling.throttled),
            periods: throttling.map(|throttling| throttling.periods),
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

/// The application that grew.
#[derive(Serialize)]
struct GrowerJson<'a> {
    name: &'a str,
    grown_bytes: u64,
    at_least: bool,
}

impl GrowerJson<'_> {
    fn of(grower: &Grower) -> GrowerJson<'_> {
        let Grower { name, grown_bytes, is_at_least } = grower;
        GrowerJson { name, grown_bytes: *grown_bytes, at_least: *is_at_least }
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
