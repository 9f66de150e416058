//! The sentences of alerts and their ends: for the console, notifications, the menu and actions.

use std::time::Duration;

pub mod forecast;

use super::figures::{size, truncate_chars};
use super::metrics::cgroup;
use crate::core::alerts::event::{AlertEvent, Cause, EndReason, RecoveryEvent, SuppressedBy};
use crate::core::duration::{humanize, humanize_exact};
use crate::core::messages::effect::{Notification, NotificationId};
use crate::core::messages::output_line::OutputEvent;
use crate::core::metrics::metric::{Metric, Percent};
use crate::core::processes::top_apps::AppUsage;

/// The longest name in a sentence, in characters.
const NAME_WIDTH: usize = 40;
/// The longest name in a menu row, in characters.
const ROW_NAME_WIDTH: usize = 24;
const ROW_NAMES: usize = 2;

/// The headline of an alert or its end, as in a notification: `CPU 91%`. Empty for other events.
pub fn title(event: &OutputEvent) -> String {
    match event {
        OutputEvent::Alert(event) => alert_title(event),
        OutputEvent::Recovery(event) => recovery_title(event),
        OutputEvent::Forecast(event) => forecast::title(event),
        OutputEvent::Reading(_) | OutputEvent::Notice(_) | OutputEvent::Check { .. } => String::new(),
    }
}

/// The sentences below the headline: `Above 80% for 5 s. rustc is using the most (3.1 cores).`
pub fn body(event: &OutputEvent) -> String {
    match event {
        OutputEvent::Alert(event) => alert_body(event),
        OutputEvent::Recovery(event) => recovery_body(event),
        OutputEvent::Forecast(event) => forecast::body(event),
        OutputEvent::Reading(_) | OutputEvent::Notice(_) | OutputEvent::Check { .. } => String::new(),
    }
}

/// The notification of an alert, or the quiet one that takes its place at its end.
pub fn notification(metric: Metric, event: &OutputEvent) -> Notification {
    Notification::for_alert(metric, title(event), body(event), matches!(event, OutputEvent::Recovery(_)))
}

/// `CPU 91% has been above 80% for 5 s, the 4th time in the last hour (snoozed): rustc 310%, clang 85%`.
pub fn alert_text(event: &AlertEvent) -> String {
    let (is, duration) = match event.above_for {
        Duration::ZERO => ("is", String::new()),
        above_for => ("has been", format!(" for {}", humanize(above_for))),
    };
    let value_percent = event.value_percent;
    let mut text = match event.cause {
        Cause::Above(threshold) => {
            format!("{} {} {is} above {threshold}{duration}", event.metric, above(value_percent, threshold))
        }
        Cause::Pressure(pressure) => {
            format!("Memory pressure {is} {pressure}{duration}, with {value_percent:.0}% in use")
        }
        Cause::SwapGrowth { grown_bytes, within } => {
            let (grown, within) = (size(grown_bytes), humanize(within));
            format!("Swap has grown by {grown} in {within}, with {value_percent:.0}% of memory in use")
        }
    };
    if let Some(limit) = &event.cpu_limit {
        text.push_str(&format!(", {}", cgroup::limited(limit)));
    }
    if event.times_in_hour > 1 {
        text.push_str(&format!(", the {} time in the last hour", ordinal(event.times_in_hour)));
    }
    if let Some(suppressed_by) = &event.suppressed_by {
        text.push_str(&format!(" ({})", reason(suppressed_by)));
    }
    if let Some(percent) = event.steal_percent {
        text.push_str(&format!(": {}", stolen(percent)));
    } else if let Some(apps) = &event.top_apps {
        match (apps.is_empty(), event.is_complete) {
            (false, true) => text.push_str(&format!(": {}", app_usages(event.metric, apps))),
            (false, false) => text.push_str(&format!(": of your own programs, {}", app_usages(event.metric, apps))),
            (true, true) => {}
            (true, false) => text.push_str(&format!(": {NO_OWN_PROGRAMS}")),
        }
    }
    text
}

fn reason(suppressed_by: &SuppressedBy) -> String {
    match suppressed_by {
        SuppressedBy::Snoozed => "snoozed".into(),
        SuppressedBy::QuietHours => "quiet hours".into(),
        SuppressedBy::Ignored(name) => format!("{} is ignored", truncate_chars(name, NAME_WIDTH)),
        SuppressedBy::Cooldown(cooldown) => format!("told less than {} ago", humanize(*cooldown)),
        SuppressedBy::RateLimited => "told often enough in the last hour".into(),
    }
}

/// `CPU 41% is back below 75% after 4 min 12 s (peak 97%)`.
pub fn recovery_text(event: &RecoveryEvent) -> String {
    let RecoveryEvent { metric, value_percent, end_reason, lasted, peak_percent } = event;
    let after = format!("after {} (peak {})", humanize(*lasted), peak(*end_reason, *peak_percent));
    match (end_reason, value_percent) {
        (EndReason::Below(limit), Some(value)) => {
            format!("{metric} {} is back below {limit}% {after}", below(*value, *limit))
        }
        (EndReason::Below(limit), None) => format!("{metric} is back below {limit}% {after}"),
        (EndReason::PressureNormal, _) => format!("Memory pressure is back to normal {after}"),
        (EndReason::SwapSteady, _) => format!("Swap has stopped growing {after}"),
        (EndReason::Unknown, _) => format!("{metric} has not been known for a minute: the alert ended {after}"),
        (EndReason::RuleChanged, _) => format!("{metric}: the alert ended because its rule was changed, {after}"),
    }
}

/// `CPU 91%`.
fn alert_title(event: &AlertEvent) -> String {
    match event.cause {
        Cause::Above(threshold) => format!("{} {}", event.metric, above(event.value_percent, threshold)),
        Cause::Pressure(pressure) => format!("Memory pressure: {pressure}"),
        Cause::SwapGrowth { grown_bytes, .. } => format!("Swap has grown by {}", size(grown_bytes)),
    }
}

fn alert_body(event: &AlertEvent) -> String {
    let duration = (!event.above_for.is_zero()).then(|| format!("for {}", humanize(event.above_for)));
    let value_percent = event.value_percent;
    let again = match event.times_in_hour {
        0 | 1 => String::new(),
        times => format!(", the {} time in the last hour", ordinal(times)),
    };
    let mut body = match event.cause {
        Cause::Above(threshold) => {
            let duration = duration.map(|duration| format!(" {duration}")).unwrap_or_default();
            let limit =
                event.cpu_limit.as_ref().map(|limit| format!(", {}", cgroup::limited(limit))).unwrap_or_default();
            format!("Above {threshold}{duration}{limit}{again}.")
        }
        Cause::Pressure(_) => {
            let duration = duration.map_or_else(|| "Now".into(), |duration| duration.replacen('f', "F", 1));
            format!("{duration}{again}; {value_percent:.0}% of memory in use.")
        }
        Cause::SwapGrowth { within, .. } => {
            format!("In the last {}{again}; {value_percent:.0}% of memory in use.", humanize(within))
        }
    };
    if let Some(percent) = event.steal_percent {
        let sentence = stolen(percent).replacen('m', "M", 1);
        body.push_str(&format!(" {sentence}."));
    } else if let Some(first) = event.top_apps.as_ref().and_then(|apps| apps.first()) {
        let used = match event.metric {
            Metric::Cpu => cores(first.cpu_percent),
            Metric::Memory => size(first.memory_bytes),
        };
        let name = truncate_chars(&first.name, NAME_WIDTH);
        let among = if event.is_complete { "" } else { "Of your own programs, " };
        body.push_str(&match first.pids.len() {
            0 | 1 => format!(" {among}{name} is using the most ({used})."),
            several => format!(" {among}{name}, {several} processes, is using the most ({used})."),
        });
    }
    body
}

/// The reason of an alert of a virtual machine that gets little of the CPU.
pub fn stolen(steal_percent: f64) -> String {
    format!("mostly taken by other virtual machines (steal {steal_percent:.0}%)")
}

/// The same for a menu row, in place of the names of applications.
pub const STEAL_IN_ROW: &str = "other virtual machines";

/// The result of a scan that found no program to name, where only the person's own can be seen.
pub const NO_OWN_PROGRAMS: &str = "none of your own programs, and no others can be seen";

fn recovery_title(event: &RecoveryEvent) -> String {
    match (event.end_reason, event.value_percent) {
        (EndReason::PressureNormal, _) => "Memory pressure: normal".into(),
        (EndReason::SwapSteady, _) => "Swap has stopped growing".into(),
        (EndReason::Below(limit), Some(value)) => format!("{} {}", event.metric, below(value, limit)),
        (EndReason::Unknown, _) => format!("{}: not known", event.metric),
        (EndReason::RuleChanged, Some(value)) => format!("{} {value:.0}%", event.metric),
        (EndReason::Below(_) | EndReason::RuleChanged, None) => event.metric.to_string(),
    }
}

fn recovery_body(event: &RecoveryEvent) -> String {
    let outcome = match event.end_reason {
        EndReason::Below(limit) => format!("Back below {limit}%"),
        EndReason::PressureNormal => "Back to normal".into(),
        EndReason::SwapSteady => "Over".into(),
        EndReason::Unknown => "No reading for a minute: the alert ended".into(),
        EndReason::RuleChanged => "Ended because the rule was changed,".into(),
    };
    format!("{outcome} after {} (peak {}).", humanize(event.lasted), peak(event.end_reason, event.peak_percent))
}

/// `97%`, `97% in use`.
fn peak(end_reason: EndReason, peak_percent: f64) -> String {
    match end_reason {
        EndReason::Below(_) | EndReason::Unknown | EndReason::RuleChanged => format!("{peak_percent:.0}%"),
        EndReason::PressureNormal | EndReason::SwapSteady => format!("{peak_percent:.0}% in use"),
    }
}

/// The applications that use the most, for a menu row: `rustc, clang`.
pub fn names_in_row<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names = names.take(ROW_NAMES).map(|name| truncate_chars(name, ROW_NAME_WIDTH));
    names.collect::<Vec<_>>().join(", ")
}

/// `rustc 310%, clang 85% (2 processes)`.
pub fn app_usages(metric: Metric, apps: &[AppUsage]) -> String {
    apps.iter().map(|app| app_usage(metric, app)).collect::<Vec<_>>().join(", ")
}

/// `rustc 310%`, `Google Chrome 6.1 GB (14 processes)`.
pub fn app_usage(metric: Metric, app: &AppUsage) -> String {
    let used = match metric {
        Metric::Cpu => format!("{:.0}%", app.cpu_percent),
        Metric::Memory => size(app.memory_bytes),
    };
    let name = truncate_chars(&app.name, NAME_WIDTH);
    match app.pids.len() {
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
    let suffix = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{suffix}")
}

/// A value above a threshold, never rounded down to it: `91%`, but `80.3%` above 80.
fn above(value: f64, threshold: Percent) -> String {
    if value.round() > f64::from(threshold.get()) {
        format!("{value:.0}%")
    } else {
        format!("{:.1}%", (value * 10.0).ceil() / 10.0)
    }
}

/// A value below a limit, never rounded up to it.
fn below(value: f64, limit: f64) -> String {
    if value.round() < limit { format!("{value:.0}%") } else { format!("{:.1}%", (value * 10.0).floor() / 10.0) }
}

/// The rate limit of an action forbids another run.
pub fn not_again(name: &str, min_interval: Duration) -> String {
    format!("action '{name}' is not done again: it was less than {} ago", humanize_exact(min_interval))
}

/// The notification of *Send a test notification*.
pub fn test_notification() -> Notification {
    let (title, body) = ("Loadline".into(), "Notifications work. Alerts will look like this.".into());
    Notification::plain(NotificationId::Test, title, body, false)
}

/// The notification that nothing shows the tray item, with the way out on GNOME or elsewhere.
pub fn panel_missing(is_gnome: bool) -> Notification {
    use super::desktop::{NO_PANEL_BODY, NO_PANEL_BODY_ON_GNOME, NO_PANEL_TITLE};

    let body = if is_gnome { NO_PANEL_BODY_ON_GNOME } else { NO_PANEL_BODY };
    Notification::plain(NotificationId::PanelMissing, NO_PANEL_TITLE.into(), body.into(), false)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::core::metrics::reading::Pressure;

    fn app(name: &str, count: u32, cpu_percent: f64, memory_bytes: u64) -> AppUsage {
        AppUsage { name: name.into(), pids: (1..=count).collect(), cpu_percent, memory_bytes }
    }

    fn alert(metric: Metric, cause: Cause) -> AlertEvent {
        let apps = [app("rustc", 1, 310.0, 700 << 20), app("Google Chrome", 14, 85.4, 6_550_000_000)];
        let top_apps = Some(Arc::new(apps) as Arc<[AppUsage]>);
        AlertEvent { value_percent: 91.2, cause, is_complete: true, top_apps, ..AlertEvent::sample(metric) }
    }

    #[test]
    fn an_alert_names_the_applications_that_use_the_most() {
        let eighty = Cause::Above(Percent::DEFAULT);
        let cpu = alert(Metric::Cpu, eighty);
        assert_eq!(
            alert_text(&cpu),
            "CPU 91% has been above 80% for 5 s: rustc 310%, Google Chrome 85% (14 processes)"
        );
        assert_eq!(alert_body(&cpu), "Above 80% for 5 s. rustc is using the most (3.1 cores).");
        let memory = alert(Metric::Memory, eighty);
        assert_eq!(alert_body(&memory), "Above 80% for 5 s. rustc is using the most (700 MB).");
        let chrome = AlertEvent { top_apps: Some(Arc::new([app("Chrome", 3, 99.6, 0)])), ..cpu.clone() };
        assert_eq!(alert_body(&chrome), "Above 80% for 5 s. Chrome, 3 processes, is using the most (1 core).");
        let own = AlertEvent { is_complete: false, ..cpu.clone() };
        assert_eq!(alert_body(&own), "Above 80% for 5 s. Of your own programs, rustc is using the most (3.1 cores).");
        assert_eq!(
            alert_text(&own),
            "CPU 91% has been above 80% for 5 s: of your own programs, rustc 310%, Google Chrome 85% (14 processes)"
        );
        let none = AlertEvent { top_apps: Some(Arc::new([])), ..own };
        let nothing = "CPU 91% has been above 80% for 5 s: none of your own programs, and no others can be seen";
        assert_eq!((alert_text(&none).as_str(), alert_body(&none).as_str()), (nothing, "Above 80% for 5 s."));
        let stolen = AlertEvent { steal_percent: Some(85.2), top_apps: None, ..cpu.clone() };
        let reason = "mostly taken by other virtual machines (steal 85%)";
        assert_eq!(alert_text(&stolen), format!("CPU 91% has been above 80% for 5 s: {reason}"));
        assert_eq!(alert_body(&stolen), format!("Above 80% for 5 s. M{}.", &reason[1..]));
        let unknown =
            AlertEvent { top_apps: None, times_in_hour: 4, suppressed_by: Some(SuppressedBy::Snoozed), ..cpu };
        assert_eq!(alert_text(&unknown), "CPU 91% has been above 80% for 5 s, the 4th time in the last hour (snoozed)");
    }

    #[test]
    fn each_cause_has_a_sentence_of_its_own() {
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
    fn long_names_are_truncated() {
        let long = app(&"x".repeat(10_000), 1, 100.0, 0);
        assert_eq!(names_in_row([&*long.name; 3].into_iter()).chars().count(), 2 * ROW_NAME_WIDTH + 2);
        assert_eq!(app_usage(Metric::Cpu, &long).chars().count(), NAME_WIDTH + " 100%".len());
        assert_eq!(truncate_chars("exactly", 7), "exactly");
    }

    #[test]
    fn ordinals_end_as_in_english() {
        let printed: Vec<String> = [2, 3, 4, 11, 12, 21, 101, 113].into_iter().map(ordinal).collect();
        assert_eq!(printed, ["2nd", "3rd", "4th", "11th", "12th", "21st", "101st", "113th"]);
    }
}
