//! What a command finds in its environment: the facts of the alert, as texts.

use crate::core::alerts::event::{AlertEvent, Cause, RecoveryEvent};
use crate::core::json::values::{in_seconds, rfc3339, rounded};
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::text;

/// The longest value, bytes: the system takes 128 KiB for each. What is longer is whole in the JSON on stdin.
const MAX_BYTES: usize = 32 << 10;

/// A variable and its value; `None` for what is not known, and must not be there from elsewhere.
pub type Variable = (&'static str, Option<String>);

/// The environment of a command that answers `line`, which happened on the machine called `host`.
pub fn variables(line: &OutputLine, host: &str, is_test: bool) -> Vec<Variable> {
    let (mut alert, mut recovery) = (None, None);
    let kind = match &line.event {
        OutputEvent::Alert(said) => {
            alert = Some(said);
            Some("alert")
        }
        OutputEvent::Recovery(said) => {
            recovery = Some(said);
            Some("recovery")
        }
        OutputEvent::Reading(_) | OutputEvent::Notice(_) | OutputEvent::Check { .. } => None,
    };
    let metric = alert.map(|said| said.metric).or(recovery.map(|said| said.metric));
    let value_percent = alert.map(|said| said.value_percent).or(recovery.and_then(|said| said.value_percent));
    let top = alert.and_then(|said| said.top_apps.as_ref()?.first());
    let pids = top.map(|top| top.pids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    let pids = pids.filter(|pids| !pids.is_empty());
    let percent = |value: f64| rounded(value).to_string();
    let all = [
        ("LOADLINE_TYPE", kind.map(ToOwned::to_owned)),
        ("LOADLINE_METRIC", metric.map(|metric| metric.key().to_owned())),
        ("LOADLINE_VALUE_PERCENT", value_percent.map(percent)),
        ("LOADLINE_ABOVE_PERCENT", alert.and_then(above_percent)),
        ("LOADLINE_FOR_SECONDS", alert.map(|said: &AlertEvent| in_seconds(said.above_for).to_string())),
        ("LOADLINE_LASTED_SECONDS", recovery.map(|said: &RecoveryEvent| in_seconds(said.lasted).to_string())),
        ("LOADLINE_PEAK_PERCENT", recovery.map(|said| percent(said.peak_percent))),
        ("LOADLINE_AT", Some(rfc3339(&line.at))),
        ("LOADLINE_HOST", Some(host.to_owned())),
        ("LOADLINE_TITLE", Some(text::alerts::title(&line.event))),
        ("LOADLINE_TEXT", Some(text::alerts::body(&line.event))),
        ("LOADLINE_PROCESS", top.map(|top| top.name.to_string())),
        ("LOADLINE_PIDS", pids),
        ("LOADLINE_TEST", Some(if is_test { "1" } else { "0" }.to_owned())),
    ];
    all.into_iter().map(|(name, value)| (name, value.map(fit_env_value))).collect()
}

fn above_percent(said: &AlertEvent) -> Option<String> {
    match said.cause {
        Cause::Above(percent) => Some(percent.get().to_string()),
        Cause::Pressure(_) | Cause::SwapGrowth { .. } => None,
    }
}

/// Without what no environment can hold, and no longer than the system takes; never half a character or half a number.
fn fit_env_value(mut value: String) -> String {
    value.retain(|c| c != '\0');
    let next = value.as_bytes().get(MAX_BYTES).copied();
    truncate(&mut value, MAX_BYTES);
    if next.is_some_and(|next| next.is_ascii_digit())
        && let Some(space) = value.rfind(' ')
    {
        value.truncate(space);
    }
    value
}

/// Makes `text` at most so many bytes long, without cutting a character in two.
pub fn truncate(text: &mut String, max_bytes: usize) {
    if text.len() > max_bytes {
        let is_end = |end: &usize| text.is_char_boundary(*end);
        text.truncate((0..=max_bytes).rev().find(is_end).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::core::alerts::event::EndReason;
    use crate::core::metrics::metric::{Metric, Percent};
    use crate::core::processes::top_apps::AppUsage;

    fn alert(processes: Option<Arc<[AppUsage]>>) -> OutputLine {
        let said = AlertEvent {
            metric: Metric::Cpu,
            value_percent: 91.256,
            cause: Cause::Above(Percent::DEFAULT),
            above_for: Duration::from_millis(5_250),
            times_in_hour: 1,
            is_complete: true,
            suppressed_by: None,
            top_apps: processes,
        };
        OutputLine { at: Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC), event: OutputEvent::Alert(said) }
    }

    fn value(line: &OutputLine, name: &str) -> Option<String> {
        variables(line, "here", false).into_iter().find(|(known, _)| *known == name).unwrap().1
    }

    #[test]
    fn what_is_known_is_there_and_nothing_else() {
        let there = |line: &OutputLine| -> Vec<String> {
            let known = variables(line, "here", true).into_iter().filter(|(_, value)| value.is_some());
            known.map(|(name, value)| format!("{}={}", &name["LOADLINE_".len()..], value.unwrap())).collect()
        };
        let line = alert(None);
        let start = ["TYPE=alert", "METRIC=cpu", "VALUE_PERCENT=91.26", "ABOVE_PERCENT=80", "FOR_SECONDS=5.25"]
            .map(String::from);
        let said = there(&line);
        assert_eq!(said[..5], start);
        assert_eq!(said[5..7], ["AT=1970-01-01T00:00:00.000+00:00", "HOST=here"]);
        assert_eq!(said.last().unwrap(), "TEST=1");
        assert!(!said.iter().any(|text| text.starts_with("PROCESS") || text.starts_with("LASTED")), "{said:?}");

        let (ending, lasted) = (EndReason::RuleChanged, Duration::from_secs(60));
        let said = RecoveryEvent {
            metric: Metric::Memory,
            value_percent: None,
            end_reason: ending,
            lasted,
            peak_percent: 97.0,
        };
        let said = there(&OutputLine { event: OutputEvent::Recovery(said), ..line });
        assert_eq!(said[..4], ["TYPE=recovery", "METRIC=memory", "LASTED_SECONDS=60", "PEAK_PERCENT=97"]);
    }

    #[test]
    fn no_name_of_a_process_is_too_much() {
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
