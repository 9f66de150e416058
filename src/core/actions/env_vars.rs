//! The environment variables of a command: the facts of the alert, as texts.

use crate::core::json::cause_fields;
use crate::core::json::values::{in_seconds, rfc3339, rounded};
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::metrics::metric::Metric;
use crate::core::text;
use crate::core::text::figures::truncate_bytes;

/// The longest value: the system takes 128 KiB for each. A longer one is whole in the JSON on stdin.
const MAX_BYTES: usize = 32 << 10;

/// A variable and its value; `None` if the value is unknown, and must not come from Loadline's own environment.
pub type Variable = (&'static str, Option<String>);

/// The variables of a command that is run for `line`, which happened on the machine called `host`.
pub fn variables(line: &OutputLine, host: &str, is_test: bool) -> Vec<Variable> {
    let (kind, alert, recovery, forecast) = match &line.event {
        OutputEvent::Alert(event) => (Some("alert"), Some(event), None, None),
        OutputEvent::Recovery(event) => (Some("recovery"), None, Some(event), None),
        OutputEvent::Forecast(event) => (Some("forecast"), None, None, Some(event)),
        OutputEvent::Reading(_) | OutputEvent::Notice(_) | OutputEvent::Check { .. } => (None, None, None, None),
    };
    let metric = alert.map(|alert| alert.metric).or(recovery.map(|recovery| recovery.metric));
    let metric = metric.or(forecast.map(|_| Metric::Memory));
    let value_percent = alert.map(|alert| alert.value_percent).or(recovery.and_then(|recovery| recovery.value_percent));
    let top = alert.and_then(|alert| alert.top_apps.as_ref()?.first());
    let grower = forecast.and_then(|forecast| forecast.grower.as_ref()).map(|grower| &grower.name);
    let pids = top.map(|top| top.pids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    let pids = pids.filter(|pids| !pids.is_empty());
    let above_percent = alert.and_then(|alert| cause_fields(alert.cause).1);
    let above_percent = above_percent.or(forecast.map(|forecast| forecast.threshold.get()));
    let percent = |value: f64| rounded(value).to_string();
    let all = [
        ("LOADLINE_TYPE", kind.map(ToOwned::to_owned)),
        ("LOADLINE_METRIC", metric.map(|metric| metric.key().to_owned())),
        ("LOADLINE_VALUE_PERCENT", value_percent.map(percent)),
        ("LOADLINE_ABOVE_PERCENT", above_percent.map(|percent| percent.to_string())),
        ("LOADLINE_FOR_SECONDS", alert.map(|alert| in_seconds(alert.above_for).to_string())),
        ("LOADLINE_LASTED_SECONDS", recovery.map(|recovery| in_seconds(recovery.lasted).to_string())),
        ("LOADLINE_LEFT_SECONDS", forecast.map(|forecast| in_seconds(forecast.left).to_string())),
        ("LOADLINE_PEAK_PERCENT", recovery.map(|recovery| percent(recovery.peak_percent))),
        ("LOADLINE_AT", Some(rfc3339(&line.at))),
        ("LOADLINE_HOST", Some(host.to_owned())),
        ("LOADLINE_TITLE", Some(text::alerts::title(&line.event))),
        ("LOADLINE_TEXT", Some(text::alerts::body(&line.event))),
        ("LOADLINE_PROCESS", top.map(|top| &top.name).or(grower).map(ToString::to_string)),
        ("LOADLINE_PIDS", pids),
        ("LOADLINE_TEST", Some(if is_test { "1" } else { "0" }.to_owned())),
    ];
    all.into_iter().map(|(name, value)| (name, value.map(fit_env_value))).collect()
}

/// `value` without NUL, and no longer than the system takes; never with half a character or half a number.
fn fit_env_value(mut value: String) -> String {
    value.retain(|c| c != '\0');
    let next = value.as_bytes().get(MAX_BYTES).copied();
    truncate_bytes(&mut value, MAX_BYTES);
    if next.is_some_and(|next| next.is_ascii_digit())
        && let Some(space) = value.rfind(' ')
    {
        value.truncate(space);
    }
    value
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::core::alerts::event::{AlertEvent, Cause, EndReason, RecoveryEvent};
    use crate::core::metrics::metric::Percent;
    use crate::core::processes::top_apps::AppUsage;

    fn alert(processes: Option<Arc<[AppUsage]>>) -> OutputLine {
        let alert = AlertEvent {
            metric: Metric::Cpu,
            value_percent: 91.256,
            cause: Cause::Above(Percent::DEFAULT),
            above_for: Duration::from_millis(5_250),
            cpu_limit: None,
            times_in_hour: 1,
            is_complete: true,
            steal_percent: None,
            suppressed_by: None,
            top_apps: processes,
        };
        OutputLine { at: Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC), event: OutputEvent::Alert(alert) }
    }

    fn value(line: &OutputLine, name: &str) -> Option<String> {
        variables(line, "here", false).into_iter().find(|(known, _)| *known == name).unwrap().1
    }

    #[test]
    fn only_known_values_become_variables() {
        let known_variables = |line: &OutputLine| -> Vec<String> {
            let known = variables(line, "here", true).into_iter().filter(|(_, value)| value.is_some());
            known.map(|(name, value)| format!("{}={}", &name["LOADLINE_".len()..], value.unwrap())).collect()
        };
        let line = alert(None);
        let start = ["TYPE=alert", "METRIC=cpu", "VALUE_PERCENT=91.26", "ABOVE_PERCENT=80", "FOR_SECONDS=5.25"]
            .map(String::from);
        let variables = known_variables(&line);
        assert_eq!(variables[..5], start);
        assert_eq!(variables[5..7], ["AT=1970-01-01T00:00:00.000+00:00", "HOST=here"]);
        assert_eq!(variables.last().unwrap(), "TEST=1");
        assert!(
            !variables.iter().any(|text| text.starts_with("PROCESS") || text.starts_with("LASTED")),
            "{variables:?}"
        );

        let (ending, lasted) = (EndReason::RuleChanged, Duration::from_secs(60));
        let recovery = RecoveryEvent {
            metric: Metric::Memory,
            value_percent: None,
            end_reason: ending,
            lasted,
            peak_percent: 97.0,
        };
        let variables = known_variables(&OutputLine { event: OutputEvent::Recovery(recovery), ..line });
        assert_eq!(variables[..4], ["TYPE=recovery", "METRIC=memory", "LASTED_SECONDS=60", "PEAK_PERCENT=97"]);
    }

    #[test]
    fn any_name_of_a_process_fits_into_the_environment() {
        let top = |name: &str, pids: Vec<u32>| {
            alert(Some([AppUsage { name: name.into(), pids, cpu_percent: 310.0, memory_bytes: 1 }].into()))
        };
        let line = top("a\0b\n'$(c)'", vec![7, 12]);
        assert_eq!(value(&line, "LOADLINE_PROCESS").unwrap(), "ab\n'$(c)'");
        assert_eq!(value(&line, "LOADLINE_PIDS").unwrap(), "7 12");
        let line = top(&"ü".repeat(40_000), (100_000..120_000).collect());
        assert_eq!(value(&line, "LOADLINE_PROCESS").unwrap(), "ü".repeat(16 << 10));
        let pids = value(&line, "LOADLINE_PIDS").unwrap();
        assert!(pids.len() <= 32 << 10 && pids.split(' ').all(|pid| pid.len() == 6), "{}", pids.len());
    }
}
