//! The lines of the console, and its problems.

use super::alerts::{alert_text, forecast, recovery_text};
use super::figures::{UNKNOWN, size};
use super::metrics::cgroup::limited;
use crate::core::alerts::event::EndReason;
use crate::core::messages::output_line::{CheckResult, OutputEvent, OutputLine};
use crate::core::messages::severity::Severity;
use crate::core::metrics::metric::Bytes;
use crate::core::metrics::reading::{CpuLimitUse, MemoryUse, Pressure, Reading};

// Source: ECMA-48, 8.3.117, select graphic rendition.
const BOLD_RED: &str = "\x1b[1;31m";
const GREEN: &str = "\x1b[32m";
const RESET: &str = "\x1b[0m";

sentences! {
    not_written(error) = "could not write to the console: {error}";
    // Reasons why lines are not written.
    LINES_DROPPED = "nobody reads it, so the oldest lines are left out";
    no_thread(error) = "no thread could be started ({error})";
}

/// A line for people: `2026-11-22 14:03:07  ALERT  CPU 91% has been above 80% for 5 s`.
pub fn console_line(line: &OutputLine) -> String {
    match &line.event {
        OutputEvent::Check { name, result } => check_text(name, result),
        event => format!("{}  {}", line.at.strftime("%Y-%m-%d %H:%M:%S"), event_text(event)),
    }
}

/// The same without the time: `ALERT  CPU 91% has been above 80% for 5 s`.
pub fn event_text(event: &OutputEvent) -> String {
    match event {
        OutputEvent::Reading(reading) => reading_text(reading),
        OutputEvent::Alert(event) => format!("ALERT  {}", alert_text(event)),
        OutputEvent::Recovery(event) if event.end_reason == EndReason::Unknown => {
            format!("NOTE   {}", recovery_text(event))
        }
        OutputEvent::Recovery(event) => format!("OK     {}", recovery_text(event)),
        OutputEvent::Forecast(event) => format!("SOON   {}", forecast::line(event)),
        OutputEvent::Notice(text) => format!("NOTE   {text}"),
        OutputEvent::Check { name, result } => check_text(name, result),
    }
}

/// The same text for the journal: each line of it begins with its priority, as in `<4>`.
///
/// Source: sd-daemon(3), "SD_ERR" and "SD_WARNING".
pub fn journal_lines(severity: Severity, text: &str) -> String {
    let prefix = format!("<{}>", severity.priority());
    text.split('\n').map(|line| format!("{prefix}{line}")).collect::<Vec<_>>().join("\n")
}

fn check_text(name: &str, result: &CheckResult) -> String {
    match result {
        CheckResult::Ok(detail) => format!("ok    {name:<14} {detail}"),
        CheckResult::Absent(detail) => format!("none  {name:<14} {detail}"),
        CheckResult::Failed(problem) => format!("FAIL  {name:<14} {problem}"),
    }
}

/// The same line as a terminal shows it: text from outside cannot steer the terminal, and `ALERT` is red and bold, `OK` green
/// when `is_coloured`.
pub fn terminal_line(line: &OutputLine, is_coloured: bool) -> String {
    let text = crate::core::escape::for_terminal(&console_line(line)).into_owned();
    let (label, colour) = match line.event {
        OutputEvent::Alert(_) if is_coloured => ("ALERT", BOLD_RED),
        OutputEvent::Recovery(ref end) if is_coloured && end.end_reason != EndReason::Unknown => ("OK", GREEN),
        _ => return text,
    };
    // The first one is the label: only the time stands before it.
    text.replacen(label, &format!("{colour}{label}{RESET}"), 1)
}

/// `CPU  23%  memory  61%  (9.8 of 16.0 GB)`.
pub fn reading_text(reading: &Reading) -> String {
    let percent = |value: Option<f64>| value.map_or_else(|| format!("{UNKNOWN:>3}%"), |value| format!("{value:>3.0}%"));
    let mut text = format!("CPU {}  memory {}", percent(reading.cpu_percent), percent(reading.memory_percent));
    if let Some(memory) = MemoryUse::of(reading) {
        text.push_str(&format!("  ({memory})"));
    }
    if let Some(swap) = reading.swap_used_bytes.filter(|swap| Bytes(*swap).tenths_of_gb() > 0) {
        text.push_str(&format!("  swap {}", size(swap)));
    }
    if let Some(pressure) = reading.memory_pressure.filter(|pressure| *pressure != Pressure::Normal) {
        text.push_str(&format!("  pressure {pressure}"));
    }
    text
}

/// The sentence of `doctor`: the reading, and the parts that are not counted as in use, or are not one's own.
pub fn reading_parts(reading: &Reading) -> String {
    let mut text = reading_text(reading);
    let mut add = |part: String| text.push_str(&format!("; {part}"));
    if let Some(cores) = reading.cpu_limit_cores {
        add(limited(&CpuLimitUse { cores, throttling: reading.throttling }));
    }
    let is_shown = |bytes: &u64| Bytes(*bytes).tenths_of_gb() > 0;
    if let Some(bytes) = reading.huge_free_bytes.filter(is_shown) {
        add(format!("{} of free huge pages do not count as in use", size(bytes)));
    }
    if let Some(bytes) = reading.zfs_cache_bytes.filter(is_shown) {
        add(format!("{} of ZFS's cache do not count as in use", size(bytes)));
    }
    if let Some(bytes) = reading.compressed_swap_bytes.filter(is_shown) {
        add(format!("{} of swap are compressed in memory, and count by what they take there", size(bytes)));
    }
    if let Some(percent) = reading.cpu_steal_percent.filter(|percent| *percent >= 1.0) {
        add(format!("{percent:.0}% of the CPU are taken by other virtual machines"));
    }
    text
}

/// The end of a problem with the console, and its cost.
pub fn lines_lost(count: u64) -> String {
    let lines = if count == 1 { "1 line was".to_owned() } else { format!("{count} lines were") };
    format!("the console takes lines again; {lines} lost")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::core::alerts::event::{AlertEvent, Cause};
    use crate::core::metrics::metric::{Metric, Percent};
    use crate::core::processes::top_apps::AppUsage;

    #[test]
    fn only_the_label_of_an_alert_is_coloured_and_outside_text_stays_escaped() {
        let app = AppUsage { name: "\x1b[31mALERT".into(), pids: vec![1], cpu_percent: 90.0, memory_bytes: 0 };
        let event = OutputEvent::Alert(AlertEvent {
            metric: Metric::Cpu,
            value_percent: 91.0,
            cause: Cause::Above(Percent::DEFAULT),
            above_for: std::time::Duration::from_secs(5),
            cpu_limit: None,
            times_in_hour: 1,
            is_complete: true,
            steal_percent: None,
            suppressed_by: None,
            top_apps: Some(Arc::new([app])),
        });
        let line = OutputLine { at: jiff::civil::date(2026, 11, 22).to_zoned(jiff::tz::TimeZone::UTC).unwrap(), event };
        let rest = r"CPU 91% has been above 80% for 5 s: \u{1b}[31mALERT 90%";
        assert_eq!(terminal_line(&line, false), format!("2026-11-22 00:00:00  ALERT  {rest}"));
        let coloured = format!("2026-11-22 00:00:00  \x1b[1;31mALERT\x1b[0m  {rest}");
        assert_eq!(terminal_line(&line, true), coloured);
    }

    #[test]
    fn each_line_for_the_journal_has_its_priority() {
        assert_eq!(journal_lines(Severity::Error, "it failed:\n\nlook there"), "<3>it failed:\n<3>\n<3>look there");
        assert_eq!(journal_lines(Severity::Info, "CPU  23%"), "<6>CPU  23%");
    }

    #[test]
    fn readings_and_notices_are_not_coloured() {
        let at = jiff::civil::date(2026, 11, 22).to_zoned(jiff::tz::TimeZone::UTC).unwrap();
        for event in [OutputEvent::Reading(Reading::default()), OutputEvent::Notice("ALERT OK \x1b[2J".into())] {
            let line = OutputLine { at: at.clone(), event };
            assert_eq!(terminal_line(&line, true), terminal_line(&line, false));
            assert!(!terminal_line(&line, true).contains('\x1b'));
        }
    }
}
