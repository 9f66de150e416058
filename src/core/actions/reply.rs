//! The replies of known receivers: some report a failure with a status of success.

use serde_json::Value;

use crate::core::settings::action::Preset;
use crate::core::text::actions::webhook as text;

/// Errors of Slack's API that pass. Source: its documentation, "Web API", "Errors" and "Rate limits".
const PASSING: [&str; 7] = [
    "ratelimited",
    "rate_limited",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "rollup_error",
];

/// A failure that a receiver reports in a reply with a status of success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedFailure {
    /// The reason as the receiver gives it, which may repeat secrets.
    pub reason: String,
    /// Whether another attempt may do better.
    pub is_passing: bool,
}

/// The failure in the reply `body` of a receiver of this kind; `None` where it reports none. Of a receiver that is not known
/// the status alone decides.
pub fn failure(preset: Preset, body: &str) -> Option<ReportedFailure> {
    match preset {
        Preset::Json => None,
        Preset::Teams => of_teams(body),
        Preset::Slack => {
            let reply = json(body)?;
            let is_refused = |key: &str| reply[key] == Value::Bool(false);
            (is_refused("ok") || is_refused("success")).then(|| reported(&reply["error"]))
        }
        Preset::Discord => {
            // A message of its own has an `id`. Source: Discord's documentation, "Error Messages".
            let reply = json(body)?;
            let is_error = reply["code"].is_number() && reply["message"].is_string() && reply.get("id").is_none();
            is_error.then(|| reported(&reply["message"]))
        }
        // Source: ntfy's documentation, "Publishing", and `server/errors.go`.
        Preset::Ntfy => {
            let reply = json(body)?;
            (reply["code"].is_number() && reply["error"].is_string()).then(|| reported(&reply["error"]))
        }
        Preset::Alertmanager => {
            let reply = json(body)?;
            (reply["status"] == "error").then(|| reported(&reply["error"]))
        }
    }
}

/// Old connectors of Teams answer 200 and say that the delivery failed, with the status of what is behind them. Source:
/// Microsoft's documentation, "Create and send messages", "Rate limiting for connectors".
fn of_teams(body: &str) -> Option<ReportedFailure> {
    let lower = body.to_ascii_lowercase();
    if !lower.contains("delivery failed") && !lower.contains("returned http error") {
        return None;
    }
    let status = lower.split("http error").skip(1).find_map(|rest| {
        let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u16>().ok()
    });
    let is_passing = status.is_none_or(|status| matches!(status, 408 | 429 | 500..));
    let reason = status.map_or_else(|| text::NOT_DELIVERED.into(), text::not_delivered_status);
    Some(ReportedFailure { reason, is_passing })
}

fn json(body: &str) -> Option<Value> {
    serde_json::from_str(body).ok().filter(Value::is_object)
}

fn reported(reason: &Value) -> ReportedFailure {
    let reason = reason.as_str().filter(|reason| !reason.is_empty()).unwrap_or(text::NO_REASON);
    let is_passing = PASSING.contains(&reason);
    ReportedFailure { reason: reason.to_owned(), is_passing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_in_a_reply_of_success_is_found() {
        let teams = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with \
                     ContextId tcid=0,server=DB3";
        for (preset, body, reason, is_passing) in [
            (Preset::Slack, r#"{"ok":false,"error":"channel_not_found"}"#, "channel_not_found", false),
            (Preset::Slack, r#"{"ok":false,"error":"ratelimited"}"#, "ratelimited", true),
            (Preset::Slack, r#"{"ok":false}"#, "without a reason", false),
            (Preset::Slack, r#"{"success":false,"error":"no such channel"}"#, "no such channel", false),
            (Preset::Teams, teams, "not delivered (status 429)", true),
            (Preset::Teams, &teams.replace("429", "413"), "not delivered (status 413)", false),
            (Preset::Teams, "Webhook Message Delivery Failed.", "not delivered", true),
            (Preset::Discord, r#"{"message": "Unknown Webhook", "code": 10015}"#, "Unknown Webhook", false),
            (Preset::Ntfy, r#"{"code":42909,"http":429,"error":"limit reached"}"#, "limit reached", false),
            (Preset::Alertmanager, r#"{"status":"error","error":"bad"}"#, "bad", false),
        ] {
            let found = failure(preset, body);
            assert_eq!(found, Some(ReportedFailure { reason: reason.into(), is_passing }), "{body}");
        }
    }

    #[test]
    fn what_reports_no_failure_is_none() {
        for (preset, body) in [
            (Preset::Slack, "ok"),
            (Preset::Slack, r#"{"ok":true}"#),
            (Preset::Slack, ""),
            (Preset::Teams, "1"),
            (Preset::Teams, ""),
            (Preset::Discord, r#"{"id":"1","code":5,"message":"x"}"#),
            (Preset::Discord, ""),
            (Preset::Ntfy, r#"{"id":"a","event":"message","message":"x"}"#),
            (Preset::Alertmanager, r#"{"status":"success"}"#),
            (Preset::Json, r#"{"ok":false,"error":"x"}"#),
            (Preset::Slack, "[false]"),
        ] {
            assert_eq!(failure(preset, body), None, "{body}");
        }
    }
}
