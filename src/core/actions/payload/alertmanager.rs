//! The alerts of Prometheus Alertmanager, API version 2.
//!
//! Alertmanager knows an alert by its labels: those of an alert and of its end are the same, and hold no values. A test
//! has a name of its own, so that it can neither be taken for a real alert nor end one.

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::Content;
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::metrics::metric::Metric;

/// The path of alerts, below the address of the server.
pub(super) const PATH: &str = "/api/v2/alerts";

/// The lifetime of an alert that is not sent again. Loadline sends it every five minutes while it goes on.
const LIFETIME: SignedDuration = SignedDuration::from_mins(15);
/// The same for a test.
const TEST_LIFETIME: SignedDuration = SignedDuration::from_mins(5);
/// An end is dated back by this much, though not to before the alert. An end that lies in the future, because the other
/// machine's clock is behind ours, would lose against the alert's own and be forgotten (Alertmanager, `Alert.Merge`).
const MAX_CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_mins(1);

/// The list that is posted; empty for an event that is no alert, end or early warning. A warning ends by itself when memory
/// should have crossed its threshold.
pub(super) fn alerts(line: &OutputLine, content: &Content) -> Value {
    let at = line.at.timestamp();
    let lifetime = if content.is_test { TEST_LIFETIME } else { LIFETIME };
    let (metric, starts, ends) = match &content.event {
        OutputEvent::Alert(alert) => (alert.metric, at, at.saturating_add(lifetime).unwrap_or(at)),
        OutputEvent::Recovery(recovery) => {
            let before = |span: SignedDuration| at.saturating_sub(span).unwrap_or(at);
            let lasted = SignedDuration::try_from(recovery.lasted).unwrap_or(SignedDuration::MAX);
            (recovery.metric, before(lasted), before(lasted.min(MAX_CLOCK_DIFFERENCE)))
        }
        OutputEvent::Forecast(forecast) => {
            let left = SignedDuration::try_from(forecast.left).unwrap_or(SignedDuration::MAX);
            let lifetime = if content.is_test { TEST_LIFETIME } else { left };
            (Metric::Memory, at, at.saturating_add(lifetime).unwrap_or(at))
        }
        OutputEvent::Reading(_) | OutputEvent::Notice(_) | OutputEvent::Check { .. } => return json!([]),
    };
    let is_forecast = matches!(content.event, OutputEvent::Forecast(_));
    let alertname = match (metric, content.is_test) {
        (_, true) => "LoadlineTest",
        (Metric::Memory, false) if is_forecast => "LoadlineMemoryForecast",
        (Metric::Cpu, false) => "LoadlineCPU",
        (Metric::Memory, false) => "LoadlineMemory",
    };
    let severity = if is_forecast { "info" } else { "warning" };
    json!([{
        "labels": {
            "alertname": alertname, "metric": metric.key(), "instance": content.host, "severity": severity,
        },
        "annotations": annotations(content),
        "startsAt": starts.to_string(),
        "endsAt": ends.to_string(),
    }])
}

fn annotations(content: &Content) -> Map<String, Value> {
    let mut annotations = Map::new();
    annotations.insert("summary".into(), content.title.clone().into());
    if !content.body.is_empty() {
        annotations.insert("description".into(), content.body.clone().into());
    }
    let names: Vec<&str> = match &content.event {
        OutputEvent::Alert(alert) => alert.top_apps.iter().flat_map(|all| all.iter()).map(|p| &*p.name).collect(),
        OutputEvent::Forecast(forecast) => forecast.grower.iter().map(|grower| &*grower.name).collect(),
        _ => Vec::new(),
    };
    if !names.is_empty() {
        annotations.insert("processes".into(), names.join(", ").into());
    }
    annotations
}
