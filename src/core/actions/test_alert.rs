//! The test of an action: its made-up alert, and the JSON of the result.

use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;
use serde_json::json;

use crate::core::alerts::event::{AlertEvent, Cause, EndReason, RecoveryEvent};
use crate::core::forecast::event::ForecastEvent;
use crate::core::forecast::grower::Grower;
use crate::core::json::values::{VERSION, rfc3339};
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::metrics::metric::{Metric, Percent};
use crate::core::processes::top_apps::AppUsage;
use crate::core::settings::action::{Action, ActionKind, Preset};

const VALUE_PERCENT: f64 = 91.0;
const END_PERCENT: f64 = 41.0;
const ABOVE_FOR: Duration = Duration::from_secs(5);
const LASTED: Duration = Duration::from_secs(60);
const FORECAST_LEFT: Duration = Duration::from_secs(2 * 3600);

/// A made-up alert, its end and an early warning, as far as `action` subscribes to them. The application has no process: a
/// script may want to end that. Alertmanager gets no end: it would drop the alert before it has notified anybody.
pub fn lines(action: &Action, at: &Zoned) -> Vec<OutputLine> {
    let metric = action.metrics.first().copied().unwrap_or(Metric::Cpu);
    let (cpu_percent, memory_bytes) = (VALUE_PERCENT, 512 << 20);
    let example = AppUsage { name: "example".into(), pids: Vec::new(), cpu_percent, memory_bytes };
    let takes_ends = !matches!(action.kind, ActionKind::Webhook { preset: Preset::Alertmanager, .. });
    let forecast = ForecastEvent {
        threshold: Percent::DEFAULT,
        left: FORECAST_LEFT,
        grown_points: 12.0,
        within: FORECAST_LEFT,
        grown_bytes: Some(2 << 30),
        grower: Some(Grower { name: Arc::clone(&example.name), grown_bytes: 2 << 30, is_at_least: false }),
        suppressed_by: None,
    };
    let alert = AlertEvent {
        metric,
        value_percent: VALUE_PERCENT,
        cause: Cause::Above(Percent::DEFAULT),
        above_for: ABOVE_FOR,
        cpu_limit: None,
        times_in_hour: 1,
        is_complete: true,
        steal_percent: None,
        suppressed_by: None,
        top_apps: Some(Arc::new([example])),
    };
    let recovery = RecoveryEvent {
        metric,
        value_percent: Some(END_PERCENT),
        end_reason: EndReason::Below(75.0),
        lasted: LASTED,
        peak_percent: VALUE_PERCENT,
    };
    let alert = action.on_alert.then_some(OutputEvent::Alert(alert));
    let recovery = (action.on_recovery && takes_ends).then_some(OutputEvent::Recovery(recovery));
    let forecast = action.on_forecast.then_some(OutputEvent::Forecast(forecast));
    alert.into_iter().chain(recovery).chain(forecast).map(|event| OutputLine { at: at.clone(), event }).collect()
}

/// The result of one attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct TestResult<'a> {
    /// The end of the attempt.
    pub at: &'a Zoned,
    pub name: &'a str,
    pub sent: &'a str,
    pub response: &'a str,
    pub problem: Option<&'a str>,
}

/// One line of JSON, without the line feed.
pub fn json_line(result: &TestResult) -> String {
    let TestResult { at, name, sent, response, problem } = *result;
    let (ok, detail) = (problem.is_none(), problem.unwrap_or_default());
    json!({
        "version": VERSION, "type": "action", "at": rfc3339(at), "name": name,
        "ok": ok, "sent": sent, "answered": response, "detail": detail,
    })
    .to_string()
}
