//! The alerts of Prometheus Alertmanager, API version 2.
//!
//! Alertmanager knows an alert by its labels: those of an alert and of its end are the same, and hold no values. A trial
//! has a name of its own, so that it can neither be taken for a real alert nor end one.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::Content;
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::metrics::metric::Metric;

/// Where alerts are posted to, below the address of the server.
pub(super) const PATH: &str = "/api/v2/alerts";

/// For how long an alert stands if it is not heard of again. Loadline tells it again every five minutes while it goes on.
const STANDS_FOR: SignedDuration = SignedDuration::from_mins(15);
/// The same for a trial.
const TEST_STANDS_FOR: SignedDuration = SignedDuration::from_mins(5);
/// An end is dated back by this much, though not to before the alert. An end that lies in the future, because the other
/// machine's clock is behind ours, would lose against the alert's own and be forgotten (Alertmanager, `Alert.Merge`).
const CLOCKS_DIFFER_BY: SignedDuration = SignedDuration::from_mins(1);

/// The list that is posted; empty for what is neither an alert nor an end.
pub(super) fn alerts(line: &OutputLine, told: &Content) -> Value {
    let at = line.at.timestamp();
    let stands_for = if told.is_test { TEST_STANDS_FOR } else { STANDS_FOR };
    let (metric, starts, ends) = match &told.said {
        OutputEvent::Alert(said) => (said.metric, at, after(at, stands_for)),
        OutputEvent::Recovery(said) => {
            let lasted = SignedDuration::try_from(said.lasted).unwrap_or(SignedDuration::MAX);
            (said.metric, before(at, lasted), before(at, lasted.min(CLOCKS_DIFFER_BY)))
        }
        OutputEvent::Reading(_) | OutputEvent::Notice(_) | OutputEvent::Check { .. } => return json!([]),
    };
    json!([{
        "labels": {
            "alertname": name(metric, told.is_test),
            "metric": metric.key(),
            "instance": told.host,
            "severity": "warning",
        },
        "annotations": annotations(told),
        "startsAt": starts.to_string(),
        "endsAt": ends.to_string(),
    }])
}

fn name(metric: Metric, is_test: bool) -> &'static str {
    match (metric, is_test) {
        (Metric::Cpu, false) => "LoadlineCPU",
        (Metric::Memory, false) => "LoadlineMemory",
        (_, true) => "LoadlineTest",
    }
}

fn annotations(told: &Content) -> Map<String, Value> {
    let mut annotations = Map::new();
    annotations.insert("summary".into(), told.title.clone().into());
    if !told.body.is_empty() {
        annotations.insert("description".into(), told.body.clone().into());
    }
    if let OutputEvent::Alert(said) = &told.said {
        let names: Vec<&str> = said.top_apps.iter().flat_map(|all| all.iter()).map(|p| &*p.name).collect();
        if !names.is_empty() {
            annotations.insert("processes".into(), names.join(", ").into());
        }
    }
    annotations
}

fn after(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.saturating_add(span).unwrap_or(at)
}

fn before(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.saturating_sub(span).unwrap_or(at)
}
