//! A trial of an action: the alert that is made up for it, and the JSON that tells how it went.

use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;
use serde::Serialize;

use crate::core::alerts::event::{AlertEvent, Cause, EndReason, RecoveryEvent};
use crate::core::json::values::{VERSION, rfc3339};
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::metrics::metric::{Metric, Percent};
use crate::core::processes::top_apps::AppUsage;
use crate::core::settings::action::{Action, ActionKind, Preset};

/// What the made-up alert is about, percent.
const VALUE_PERCENT: f64 = 91.0;
/// What it falls to in the end, percent.
const END_PERCENT: f64 = 41.0;
/// For how long it was above the threshold before.
const ABOVE_FOR: Duration = Duration::from_secs(5);
/// How long it lasted.
const LASTED: Duration = Duration::from_secs(60);

/// An alert, and its end, as `action` answers them. Its application has no process: a script may want to end what it is
/// told of. Alertmanager is told of no end: it would forget the alert before it has told anybody.
pub fn lines(action: &Action, at: &Zoned) -> Vec<OutputLine> {
    let metric = action.metrics.first().copied().unwrap_or(Metric::Cpu);
    let (cpu_percent, memory_bytes) = (VALUE_PERCENT, 512 << 20);
    let example = AppUsage { name: "example".into(), pids: Vec::new(), cpu_percent, memory_bytes };
    let is_told_of_ends = !matches!(action.kind, ActionKind::Webhook { preset: Preset::Alertmanager, .. });
    let alert = AlertEvent {
        metric,
        value_percent: VALUE_PERCENT,
        cause: Cause::Above(Percent::DEFAULT),
        above_for: ABOVE_FOR,
        times_in_hour: 1,
        is_complete: true,
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
    let recovery = (action.on_recovery && is_told_of_ends).then_some(OutputEvent::Recovery(recovery));
    alert.into_iter().chain(recovery).map(|said| OutputLine { at: at.clone(), event: said }).collect()
}

/// How one attempt went.
#[derive(Clone, Debug, PartialEq)]
pub struct TestResult<'a> {
    /// When it had ended.
    pub at: &'a Zoned,
    /// The action.
    pub name: &'a str,
    /// What was run or sent.
    pub sent: &'a str,
    /// What came back.
    pub answered: &'a str,
    /// What went wrong, if anything did.
    pub problem: Option<&'a str>,
}

/// One line of JSON, without the line feed.
pub fn json_line(tried: &TestResult) -> String {
    let TestResult { at, name, sent, answered, problem } = *tried;
    let (ok, detail) = (problem.is_none(), problem.unwrap_or_default());
    let record = TestResultJson { version: VERSION, kind: "action", at: rfc3339(at), name, ok, sent, answered, detail };
    // A record of strings and numbers always has a JSON form.
    serde_json::to_string(&record).unwrap_or_default()
}

#[derive(Serialize)]
struct TestResultJson<'a> {
    version: u32,
    #[serde(rename = "type")]
    kind: &'static str,
    at: String,
    name: &'a str,
    ok: bool,
    sent: &'a str,
    answered: &'a str,
    detail: &'a str,
}
