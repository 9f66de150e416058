//! What is said of alerts and their ends: on the console, in notifications, in the menu, to actions.

use crate::core::messages::effect::NotificationId;
use crate::core::text::figures::size;
use crate::core::text::figures::truncate_chars;
use std::time::Duration;

use crate::core::alerts::event::{AlertEvent, Cause, EndReason, RecoveryEvent, SuppressedBy};
use crate::core::duration;
use crate::core::messages::effect::Notification;
use crate::core::messages::output_line::OutputEvent;
use crate::core::metrics::metric::{Metric, Percent};
use crate::core::processes::top_apps::AppUsage;

/// The widest a name from outside may be in a sentence, in characters.
const NAME_WIDTH: usize = 40;
/// The same in a menu row, and how many are named there.
const ROW_NAME_WIDTH: usize = 24;
const ROW_NAMES: usize = 2;

/// The headline of an alert or its end, as a notification has it: `CPU 91%`. Empty for what is neither.
pub fn title(said: &OutputEvent) -> String {
    match said {
        OutputEvent::Alert(said) => alert_title(said),
        OutputEvent::Recovery(said) => recovery_title(said),
        OutputEvent::Reading(_) | OutputEvent::Notice(_) | OutputEvent::Check { .. } => String::new(),
    }
}

/// The sentences below the headline: `Above 80% for 5 s. rustc is using the most (3.1 cores).`
pub fn body(said: &OutputEvent) -> String {
    match said {
        OutputEvent::Alert(said) => alert_body(said),
        OutputEvent::Recovery(said) => recovery_body(said),
        OutputEvent::Reading(_) | OutputEvent::Notice(_) | OutputEvent::Check { .. } => String::new(),
    }
}

/// The notification of an alert.
pub fn alert_notification(said: &AlertEvent) -> Notification {
    Notification::for_alert(said.metric, alert_title(said), alert_body(said), false)
}

/// The quiet notification that takes its place when it is over.
pub fn recovery_notification(said: &RecoveryEvent) -> Notification {
    Notification::for_alert(said.metric, recovery_title(said), recovery_body(said), true)
}

/// `CPU 91% has been above 80% for 5 s, the 4th time in the last hour (snoozed): rustc 310%, clang 85%`.
pub fn alert_text(said: &AlertEvent) -> String {
    let lasting =
        if said.above_for.is_zero() { String::new() } else { format!(" for {}", duration::humanize(said.above_for)) };
    let is = if said.above_for.is_zero() { "is" } else { "has been" };
    let value_percent = said.value_percent;
    let mut text = match said.cause {
        Cause::Above(threshold) => {
            format!("{} {} {is} above {threshold}{lasting}", said.metric, above(value_percent, threshold))
        }
        Cause::Pressure(pressure) => {
            format!("Memory pressure {is} {pressure}{lasting}, with {value_percent:.0}% in use")
        }
        Cause::SwapGrowth { grown_bytes, within } => {
            let (grown, within) = (size(grown_bytes), duration::humanize(within));
            format!("Swap has grown by {grown} in {within}, with {value_percent:.0}% of memory in use")
        }
    };
    if said.times_in_hour > 1 {
        text.push_str(&format!(", the {} time in the last hour", ordinal(said.times_in_hour)));
    }
    if let Some(silence) = &said.suppressed_by {
        text.push_str(&format!(" ({})", reason(silence)));
    }
    if let Some(processes) = &said.top_apps {
        text.push_str(": ");
        text.push_str(&app_usages(said.metric, processes));
    }
    text
}

/// Why nothing is told.
fn reason(silence: &SuppressedBy) -> String {
    match silence {
        SuppressedBy::Snoozed => "snoozed".into(),
        SuppressedBy::QuietHours => "quiet hours".into(),
        SuppressedBy::Ignored(name) => format!("{} is ignored", truncate_chars(name, NAME_WIDTH)),
        SuppressedBy::Cooldown(cooldown) => format!("told less than {} ago", duration::humanize(*cooldown)),
        SuppressedBy::RateLimited => "told often enough in the last hour".into(),
    }
}

/// `CPU 41% is back below 75% after 4 min 12 s (peak 97%)`.
pub fn recovery_text(said: &RecoveryEvent) -> String {
    let RecoveryEvent { metric, value_percent, end_reason: ending, lasted, peak_percent } = said;
    let after = format!("after {} (peak {})", duration::humanize(*lasted), peak(*ending, *peak_percent));
    match (ending, value_percent) {
        (EndReason::Below(limit), Some(value)) => {
            format!("{metric} {} is back below {limit}% {after}", below(*value, *limit))
        }
        (EndReason::Below(limit), None) => format!("{metric} is back below {limit}% {after}"),
        (EndReason::PressureNormal, _) => format!("Memory pressure is back to normal {after}"),
        (EndReason::SwapSteady, _) => format!("Swap has stopped growing {after}"),
        (EndReason::RuleChanged, _) => format!("{metric}: the alert ended because its rule was changed, {after}"),
    }
}

/// `CPU 91%`.
fn alert_title(said: &AlertEvent) -> String {
    match said.cause {
        Cause::Above(threshold) => format!("{} {}", said.metric, above(said.value_percent, threshold)),
        Cause::Pressure(pressure) => format!("Memory pressure: {pressure}"),
        Cause::SwapGrowth { grown_bytes, .. } => format!("Swap has grown by {}", size(grown_bytes)),
    }
}

fn alert_body(said: &AlertEvent) -> String {
    let lasting = (!said.above_for.is_zero()).then(|| format!("for {}", duration::humanize(said.above_for)));
    let value_percent = said.value_percent;
    let again = match said.times_in_hour {
        0 | 1 => String::new(),
        times => format!(", the {} time in the last hour", ordinal(times)),
    };
    let mut body = match said.cause {
        Cause::Above(threshold) => {
            let lasting = lasting.map(|lasting| format!(" {lasting}")).unwrap_or_default();
            format!("Above {threshold}{lasting}{again}.")
        }
        Cause::Pressure(_) => {
            let lasting = lasting.map_or_else(|| "Now".into(), |lasting| lasting.replacen('f', "F", 1));
            format!("{lasting}{again}; {value_percent:.0}% of memory in use.")
        }
        Cause::SwapGrowth { within, .. } => {
            format!("In the last {}{again}; {value_percent:.0}% of memory in use.", duration::humanize(within))
        }
    };
    if let Some(first) = said.top_apps.as_ref().and_then(|processes| processes.first()) {
        let used = match said.metric {
            Metric::Cpu => cores(first.cpu_percent),
            Metric::Memory => size(first.memory_bytes),
        };
        let name = truncate_chars(&first.name, NAME_WIDTH);
        let among = if said.is_complete { "" } else { "Of your own programs, " };
        body.push_str(&match first.pids.len() {
            0 | 1 => format!(" {among}{name} is using the most ({used})."),
            several => format!(" {among}{name}, {several} processes, is using the most ({used})."),
        });
    }
    body
}

fn recovery_title(said: &RecoveryEvent) -> String {
    match (said.end_reason, said.value_percent) {
        (EndReason::PressureNormal, _) => "Memory pressure: normal".into(),
        (EndReason::SwapSteady, _) => "Swap has stopped growing".into(),
        (EndReason::Below(limit), Some(value)) => format!("{} {}", said.metric, below(value, limit)),
        (EndReason::RuleChanged, Some(value)) => format!("{} {value:.0}%", said.metric),
        (EndReason::Below(_) | EndReason::RuleChanged, None) => said.metric.to_string(),
    }
}

fn recovery_body(said: &RecoveryEvent) -> String {
    let what = match said.end_reason {
        EndReason::Below(limit) => format!("Back below {limit}%"),
        EndReason::PressureNormal => "Back to normal".into(),
        EndReason::SwapSteady => "Over".into(),
        EndReason::RuleChanged => "Ended because the rule was changed,".into(),
    };
    format!("{what} after {} (peak {}).", duration::humanize(said.lasted), peak(said.end_reason, said.peak_percent))
}

/// `97%`, `97% in use`.
fn peak(ending: EndReason, peak_percent: f64) -> String {
    match ending {
        EndReason::Below(_) | EndReason::RuleChanged => format!("{peak_percent:.0}%"),
        EndReason::PressureNormal | EndReason::SwapSteady => format!("{peak_percent:.0}% in use"),
    }
}

/// Who uses the most, as a menu row has it: `rustc, clang`.
pub fn names_in_row(processes: &[AppUsage]) -> String {
    let names = processes.iter().take(ROW_NAMES).map(|process| truncate_chars(&process.name, ROW_NAME_WIDTH));
    names.collect::<Vec<_>>().join(", ")
}

/// `rustc 310%, clang 85% (2 processes)`.
pub fn app_usages(metric: Metric, processes: &[AppUsage]) -> String {
    processes.iter().map(|process| app_usage(metric, process)).collect::<Vec<_>>().join(", ")
}

/// `rustc 310%`, `Google Chrome 6.1 GB (14 processes)`.
pub fn app_usage(metric: Metric, process: &AppUsage) -> String {
    let used = match metric {
        Metric::Cpu => format!("{:.0}%", process.cpu_percent),
        Metric::Memory => size(process.memory_bytes),
    };
    let name = truncate_chars(&process.name, NAME_WIDTH);
    match process.pids.len() {
        0 | 1 => format!("{name} {used}"),
        several => format!("{name} {used} ({several} processes)"),
    }
}

/// `3.1 cores`.
fn cores(cpu_percent: f64) -> String {
    let tenths = (cpu_percent / 10.0).round();
    if tenths == 10.0 { "1 core".into() } else { format!("{:.1} cores", tenths / 10.0) }
}

/// `2nd`, `4th`, `21st`.
fn ordinal(n: usize) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

/// A value that is above a threshold, never rounded to look as if it were not: `91%`, but `80.3%` above 80.
fn above(value: f64, threshold: Percent) -> String {
    if value.round() > f64::from(threshold.get()) {
        format!("{value:.0}%")
    } else {
        format!("{:.1}%", (value * 10.0).ceil() / 10.0)
    }
}

/// A value that is below a limit, never rounded to look as if it were not.
fn below(value: f64, limit: f64) -> String {
    if value.round() < limit { format!("{value:.0}%") } else { format!("{:.1}%", (value * 10.0).floor() / 10.0) }
}

/// An action that is not done again so soon.
pub fn not_again(name: &str, at_most_every: Duration) -> String {
    format!("action '{name}' is not done again: it was less than {} ago", duration::humanize_exact(at_most_every))
}

/// What *Send a test notification* sends.
pub fn test_notification() -> Notification {
    Notification {
        id: NotificationId::Test,
        title: "Loadline".into(),
        body: "Notifications work. Alerts will look like this.".into(),
        is_quiet: false,
        buttons: &[],
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::core::metrics::reading::Pressure;

    fn process(name: &str, count: u32, cpu_percent: f64, memory_bytes: u64) -> AppUsage {
        AppUsage { name: name.into(), pids: (1..=count).collect(), cpu_percent, memory_bytes }
    }

    fn alert(metric: Metric, cause: Cause) -> AlertEvent {
        let processes = [process("rustc", 1, 310.0, 700 << 20), process("Google Chrome", 14, 85.4, 6_550_000_000)];
        AlertEvent {
            metric,
            value_percent: 91.2,
            cause,
            above_for: Duration::from_secs(5),
            times_in_hour: 1,
            is_complete: true,
            suppressed_by: None,
            top_apps: Some(Arc::new(processes)),
        }
    }

    #[test]
    fn an_alert_names_who_uses_the_most() {
        let eighty = Cause::Above(Percent::DEFAULT);
        let cpu = alert(Metric::Cpu, eighty);
        assert_eq!(
            alert_text(&cpu),
            "CPU 91% has been above 80% for 5 s: rustc 310%, Google Chrome 85% (14 processes)"
        );
        assert_eq!(alert_body(&cpu), "Above 80% for 5 s. rustc is using the most (3.1 cores).");
        let memory = alert(Metric::Memory, eighty);
        assert_eq!(alert_body(&memory), "Above 80% for 5 s. rustc is using the most (700 MB).");
        let chrome = AlertEvent { top_apps: Some(Arc::new([process("Chrome", 3, 99.6, 0)])), ..cpu.clone() };
        assert_eq!(alert_body(&chrome), "Above 80% for 5 s. Chrome, 3 processes, is using the most (1 core).");
        let own = AlertEvent { is_complete: false, ..cpu.clone() };
        assert_eq!(alert_body(&own), "Above 80% for 5 s. Of your own programs, rustc is using the most (3.1 cores).");
        let unknown =
            AlertEvent { top_apps: None, times_in_hour: 4, suppressed_by: Some(SuppressedBy::Snoozed), ..cpu };
        assert_eq!(alert_text(&unknown), "CPU 91% has been above 80% for 5 s, the 4th time in the last hour (snoozed)");
    }

    #[test]
    fn each_cause_has_its_words() {
        let pressure = alert(Metric::Memory, Cause::Pressure(Pressure::Warning));
        let pressure = AlertEvent { top_apps: None, ..pressure };
        assert_eq!(alert_text(&pressure), "Memory pressure has been warning for 5 s, with 91% in use");
        assert_eq!(alert_title(&pressure), "Memory pressure: warning");
        assert_eq!(alert_body(&pressure), "For 5 s; 91% of memory in use.");
        let within = Duration::from_secs(600);
        let swap = AlertEvent { cause: Cause::SwapGrowth { grown_bytes: 2 << 30, within }, ..pressure };
        assert_eq!(alert_text(&swap), "Swap has grown by 2.0 GB in 10 min, with 91% of memory in use");
        assert_eq!(alert_body(&swap), "In the last 10 min; 91% of memory in use.");
    }

    #[test]
    fn long_names_are_cut() {
        let long = process(&"x".repeat(10_000), 1, 100.0, 0);
        assert_eq!(names_in_row(&[long.clone(), long.clone(), long.clone()]).chars().count(), 2 * ROW_NAME_WIDTH + 2);
        assert_eq!(app_usage(Metric::Cpu, &long).chars().count(), NAME_WIDTH + " 100%".len());
        assert_eq!(truncate_chars("exactly", 7), "exactly");
    }

    #[test]
    fn ordinals() {
        let said: Vec<String> = [2, 3, 4, 11, 12, 21, 101, 113].into_iter().map(ordinal).collect();
        assert_eq!(said, ["2nd", "3rd", "4th", "11th", "12th", "21st", "101st", "113th"]);
    }
}
