//! Every sentence a person reads. Values from outside are escaped where they are shown, not here.

use std::fmt;
use std::time::Duration;

use jiff::Zoned;

use super::effect::{Command, Identity, Note, Problem, Task};
use super::metric::{Bytes, Metric, Percent, Threshold};
use super::reading::{Pressure, Reading};
use super::said::{AlertSaid, Cause, Ending, Line, RecoverySaid, Said, Silence};
use super::settings::Part;
use super::snooze::Snooze;
use super::span;
use super::view::{MemoryUse, Row, Title};

/// The widest a problem may be in a menu row, in characters.
const PROBLEM_ROW_WIDTH: usize = 72;
/// A space as wide as a digit: it keeps the title from moving when a number grows by a digit.
const FIGURE_SPACE: char = '\u{2007}';
/// Stands where a value is not known.
const UNKNOWN: char = '–';

/// A line of the console, for people: `2026-11-22 14:03:07  ALERT  CPU 91% has been above 80% for 5 s`.
pub fn console_line(line: &Line) -> String {
    let at = line.at.strftime("%Y-%m-%d %H:%M:%S");
    match &line.said {
        Said::Reading(reading) => format!("{at}  {}", reading_text(reading)),
        Said::Alert(said) => format!("{at}  ALERT  {}", alert_text(said)),
        Said::Recovery(said) => format!("{at}  OK     {}", recovery_text(said)),
        Said::Notice(text) => format!("{at}  NOTE   {text}"),
        Said::Check { name, result: Ok(detail) } => format!("ok    {name:<14} {detail}"),
        Said::Check { name, result: Err(problem) } => format!("FAIL  {name:<14} {problem}"),
    }
}

/// `CPU  23%  memory  61%  (9.8 of 16.0 GB)`.
pub fn reading_text(reading: &Reading) -> String {
    let percent = |value: Option<f64>| value.map_or_else(|| format!("{UNKNOWN:>3}%"), |value| format!("{value:>3.0}%"));
    let mut text = format!("CPU {}  memory {}", percent(reading.cpu_percent), percent(reading.memory_percent));
    if let Some(memory) = MemoryUse::of(reading) {
        text.push_str(&format!("  ({memory})"));
    }
    if let Some(pressure) = reading.memory_pressure.filter(|pressure| *pressure != Pressure::Normal) {
        text.push_str(&format!("  pressure {pressure}"));
    }
    text
}

fn alert_text(said: &AlertSaid) -> String {
    let mut text = format!("{} {}", headline(said), cause_text(said));
    match &said.silence {
        None => {}
        Some(Silence::Snoozed) => text.push_str(" (snoozed)"),
        Some(Silence::QuietHours) => text.push_str(" (quiet hours)"),
        Some(Silence::Ignored(name)) => text.push_str(&format!(" ({name} is ignored)")),
        Some(Silence::ToldLately(cooldown)) => {
            text.push_str(&format!(" (told less than {} ago)", span::say(*cooldown)));
        }
        Some(Silence::ToldOften) => text.push_str(" (told often enough in the last hour)"),
    }
    text
}

/// `CPU 91%`.
fn headline(said: &AlertSaid) -> String {
    let value = match said.cause {
        Cause::Above(threshold) => above(said.value_percent, threshold),
        Cause::Pressure(_) | Cause::SwapGrowth { .. } => format!("{:.0}%", said.value_percent),
    };
    format!("{} {value}", said.metric)
}

/// `has been above 80% for 5 s`.
fn cause_text(said: &AlertSaid) -> String {
    let Cause::Above(threshold) = said.cause else { return String::new() };
    if said.above_for.is_zero() {
        format!("is above {threshold}")
    } else {
        format!("has been above {threshold} for {}", span::say(said.above_for))
    }
}

fn recovery_text(said: &RecoverySaid) -> String {
    format!("{} is {}", recovery_headline(said), back_below(said))
}

/// `CPU 41%`.
fn recovery_headline(said: &RecoverySaid) -> String {
    let value = match (said.value_percent, said.ending) {
        (None, _) => UNKNOWN.to_string(),
        (Some(value), Ending::Below(limit)) => below(value, limit),
        (Some(value), Ending::PressureNormal | Ending::RuleChanged) => format!("{value:.0}%"),
    };
    format!("{} {value}", said.metric)
}

/// `back below 75% after 4 min 12 s (peak 97%)`.
fn back_below(said: &RecoverySaid) -> String {
    let RecoverySaid { ending, lasted, peak_percent, .. } = said;
    let what = match ending {
        Ending::Below(limit) => format!("back below {limit}%"),
        Ending::PressureNormal => "back to normal pressure".into(),
        Ending::RuleChanged => "no longer watched".into(),
    };
    format!("{what} after {} (peak {peak_percent:.0}%)", span::say(*lasted))
}

/// The headline of an alert or its end, as a notification has it: `CPU 91%`. Empty for what is neither.
pub fn title(said: &Said) -> String {
    match said {
        Said::Alert(said) => alert_note(said).title,
        Said::Recovery(said) => recovery_note(said).title,
        Said::Reading(_) | Said::Notice(_) | Said::Check { .. } => String::new(),
    }
}

/// The sentences below the headline: `Above 80% for 5 s. rustc is using the most (3.1 cores).`
pub fn body(said: &Said) -> String {
    match said {
        Said::Alert(said) => alert_note(said).body,
        Said::Recovery(said) => recovery_note(said).body,
        Said::Reading(_) | Said::Notice(_) | Said::Check { .. } => String::new(),
    }
}

/// The notification of an alert.
pub fn alert_note(said: &AlertSaid) -> Note {
    let title = headline(said);
    let Cause::Above(threshold) = said.cause else { return Note::about(said.metric, title, String::new(), false) };
    let body = if said.above_for.is_zero() {
        format!("Above {threshold}.")
    } else {
        format!("Above {threshold} for {}.", span::say(said.above_for))
    };
    Note::about(said.metric, title, body, false)
}

/// The quiet notification that takes its place when it is over.
pub fn recovery_note(said: &RecoverySaid) -> Note {
    let title = recovery_headline(said);
    let mut body = format!("{}.", back_below(said));
    body.replace_range(0..1, "B");
    Note::about(said.metric, title, body, true)
}

/// What *Send a test notification* sends.
pub fn test_note() -> Note {
    Note {
        identity: Identity::Test,
        title: "Loadline".into(),
        body: "Notifications work. Alerts will look like this.".into(),
        is_quiet: false,
        offers: &[],
    }
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

/// The complaint about settings that could not be used; `place` is the file.
pub fn settings_unreadable(place: &str, problem: String) -> Problem {
    let text = format!("could not read the settings in '{place}': {problem} (the file is left as it is)");
    Problem { brief: problem, text }
}

/// Why settings cannot be kept.
pub const NO_HOME: &str = "there is no home folder to keep settings in; give --settings FILE";

/// A settings file that was named and is not there.
pub fn no_settings(named: &str) -> String {
    format!("'--settings {named}': there is no such file, so the defaults hold")
}

/// The end of the desktop under a running app.
pub const DESKTOP_GONE: &str = "the D-Bus session has ended, and the tray with it";

/// What a second start says.
pub const ALREADY_RUNNING: &str = "Loadline is already running: look in the menu bar";

/// Why there is no tray item, and what there is instead.
pub fn no_desktop(reason: &str) -> String {
    format!("{reason}: watching on the console instead")
}

/// What to do about a trace whose every reading comes after a gap.
pub fn sparse_trace(apart: Duration, refresh: Duration) -> String {
    let mut text = format!(
        "the first readings of the trace are {} apart, more than three refresh intervals of {}: \
         gaps like that keep alerts from firing",
        span::say(apart),
        span::say_choice(refresh)
    );
    let enough = Duration::from_secs(apart.as_secs().div_ceil(3));
    if (span::REFRESH.min..=span::REFRESH.max).contains(&enough) {
        text.push_str(&format!("; give --every {}", span::write(enough)));
    }
    text
}

/// A problem in one menu row, cut to a width that a menu can bear.
pub fn problem_row(task: &Task, problem: &str) -> String {
    let what = match task {
        Task::ReadSettings => "Settings file not used",
        Task::SaveSettings => "Settings not saved",
        Task::Sample => "Readings stopped",
        Task::Print => "Console not written",
        Task::Notify => "No notifications",
        Task::Open => "Not opened",
        Task::LoginItem => "Launch at login",
        Task::LookAtProcesses => "Processes not read",
        Task::Act(name) => return cut(&format!("Action {name}: {problem}")),
    };
    cut(&format!("{what}: {problem}"))
}

/// As wide as a row of the menu may be.
fn cut(text: &str) -> String {
    if text.chars().count() <= PROBLEM_ROW_WIDTH {
        return text.to_owned();
    }
    let kept: String = text.chars().take(PROBLEM_ROW_WIDTH - 1).collect();
    format!("{}…", kept.trim_end())
}

impl fmt::Display for Title {
    /// `CPU  23%  MEM  61%`, padded with figure spaces to a width that never changes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        for (name, shown) in [("CPU", self.cpu), ("MEM", self.memory)] {
            let Some(percent) = shown else { continue };
            let digits = percent.map_or_else(|| UNKNOWN.to_string(), |p| p.to_string());
            write!(f, "{gap}{name} ")?;
            (digits.chars().count()..3).try_for_each(|_| write!(f, "{FIGURE_SPACE}"))?;
            write!(f, "{digits}%")?;
            gap = "  ";
        }
        Ok(())
    }
}

/// The tooltip: `Loadline: CPU 23%, memory 61%`.
pub fn tooltip(cpu: Option<u8>, memory: Option<u8>) -> String {
    format!("Loadline: {}", both(cpu, memory, "%"))
}

/// What a screen reader says of the menu bar item: `CPU 23 percent, memory 61 percent`.
pub fn spoken(cpu: Option<u8>, memory: Option<u8>) -> String {
    both(cpu, memory, " percent")
}

fn both(cpu: Option<u8>, memory: Option<u8>, unit: &str) -> String {
    let say = |value: Option<u8>| value.map_or_else(|| "not known".into(), |v| format!("{v}{unit}"));
    format!("CPU {}, memory {}", say(cpu), say(memory))
}

impl fmt::Display for Row {
    /// `CPU 91%, above 80% for 2 min`, `Memory 61%: 9.8 of 16.0 GB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.percent {
            Some(percent) => write!(f, "{} {percent}%", self.metric)?,
            None => write!(f, "{} {UNKNOWN}", self.metric)?,
        }
        if let Some(memory) = self.memory {
            write!(f, ": {memory}")?;
        }
        if let Some(pressure) = self.pressure {
            write!(f, ", pressure {pressure}")?;
        }
        if let Some((threshold, lasting)) = self.high {
            write!(f, ", above {threshold} for {lasting}")?;
        }
        Ok(())
    }
}

impl fmt::Display for MemoryUse {
    /// `9.8 of 16.0 GB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MemoryUse { used_tenths_gb: used, total_tenths_gb: total } = self;
        write!(f, "{}.{} of {}.{} GB", used / 10, used % 10, total / 10, total % 10)
    }
}

impl MemoryUse {
    /// As far as it is known.
    pub fn of(reading: &Reading) -> Option<MemoryUse> {
        Some(MemoryUse {
            used_tenths_gb: Bytes(reading.memory_used_bytes?).tenths_of_gb(),
            total_tenths_gb: Bytes(reading.memory_total_bytes?).tenths_of_gb(),
        })
    }
}

/// A threshold as a menu row.
pub fn threshold(threshold: Threshold) -> String {
    threshold.percent().map_or_else(|| "Off".into(), |percent| percent.to_string())
}

/// The label of a threshold submenu.
pub fn threshold_menu(metric: Metric) -> String {
    format!("{metric} threshold")
}

/// A length of time as a menu row of *Alert after*.
pub fn after(after: Duration) -> String {
    if after.is_zero() { "At once".into() } else { span::say_choice(after) }
}

/// A way to snooze, as a menu row.
pub fn snooze(snooze: Snooze) -> &'static str {
    match snooze {
        Snooze::Minutes15 => "15 min",
        Snooze::Hour => "1 hour",
        Snooze::UntilTomorrow => "Until tomorrow",
    }
}

/// The button of a notification that offers `command`; `None` for what is not offered. `monitor` is the system monitor.
pub fn offer(command: Command, monitor: &str) -> Option<String> {
    match command {
        Command::Snooze(until) => Some(format!("Snooze {}", snooze(until))),
        Command::OpenSystemMonitor => Some(format!("Open {monitor}")),
        Command::SetThreshold(..)
        | Command::SetAfter(_)
        | Command::Resume
        | Command::Toggle(_)
        | Command::SetRefresh(_)
        | Command::ToggleLaunchAtLogin
        | Command::SendTestNotification
        | Command::OpenSettings
        | Command::Quit => None,
    }
}

/// The label of the snooze submenu: `Snoozed until 15:40`, with the day or the date if that is not today.
pub fn snooze_menu(until: Option<&Zoned>, days_ahead: i32) -> String {
    let Some(until) = until else { return "Snooze alerts".into() };
    let format = match days_ahead {
        ..=0 => "%H:%M",
        1..=6 => "%A %H:%M",
        _ => "%Y-%m-%d %H:%M",
    };
    format!("Snoozed until {}", until.strftime(format))
}

/// A part of the menu bar item, as a menu row.
pub fn part(part: Part) -> &'static str {
    match part {
        Part::Cpu => "CPU",
        Part::Memory => "Memory",
        Part::Icon => "Icon",
    }
}
