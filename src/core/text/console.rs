//! Lines of the console.

use super::alerts::{alert_text, recovery_text};
use super::figures::{UNKNOWN, size};
use crate::core::messages::output_line::{CheckResult, OutputEvent, OutputLine};
use crate::core::metrics::metric::Bytes;
use crate::core::metrics::reading::{MemoryUse, Pressure, Reading};

/// A line of the console, for people: `2026-11-22 14:03:07  ALERT  CPU 91% has been above 80% for 5 s`.
pub fn console_line(line: &OutputLine) -> String {
    let at = line.at.strftime("%Y-%m-%d %H:%M:%S");
    match &line.event {
        OutputEvent::Reading(reading) => format!("{at}  {}", reading_text(reading)),
        OutputEvent::Alert(said) => format!("{at}  ALERT  {}", alert_text(said)),
        OutputEvent::Recovery(said) => format!("{at}  OK     {}", recovery_text(said)),
        OutputEvent::Notice(text) => format!("{at}  NOTE   {text}"),
        OutputEvent::Check { name, result } => check_text(name, result),
    }
}

fn check_text(name: &str, result: &CheckResult) -> String {
    match result {
        CheckResult::Ok(detail) => format!("ok    {name:<14} {detail}"),
        CheckResult::Absent(detail) => format!("none  {name:<14} {detail}"),
        CheckResult::Failed(problem) => format!("FAIL  {name:<14} {problem}"),
    }
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
