//! Every sentence a person reads. Values from outside are escaped where they are shown, not here.

use std::fmt;
use std::time::Duration;

use jiff::Zoned;
use jiff::civil::Time;

use super::alerts::event::{Line, Said};
use super::alerts::rule::Signal;
use super::alerts::snooze::Snooze;
use super::duration;
use super::messages::effect::{Command, Identity, Note, Problem, Task};
use super::metrics::metric::{Bytes, Metric, Threshold};
use super::metrics::reading::{Pressure, Reading};
use super::settings::{Part, Settings};
use super::tray::view::{High, MemoryUse, Row, Title};

mod alerts;
mod history_tables;
mod power_state;
mod recommendation;
mod self_usage;

pub use super::tray::chart_text::{CHART_LEGEND, chart, chart_spoken, threshold_tried};
pub use alerts::{alert_note, body, names_in_row, not_again, recovery_note, size, title, user};
use alerts::{alert_text, cut, recovery_text};
pub use history_tables::{
    NO_HISTORY, NO_PLACE_FOR_HISTORY, UsageTable, alert_lines, no_alerts_since, nothing_since, why_silent,
};
pub use power_state::{refresh_menu, refresh_state};
pub use recommendation::{advice, how_to_set, period, recorded, replayed, too_little_recorded};
pub use self_usage::{NOT_RUNNING, own_cost, running};

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
    if let Some(swap) = reading.swap_used_bytes.filter(|swap| Bytes(*swap).tenths_of_gb() > 0) {
        text.push_str(&format!("  swap {}", size(swap)));
    }
    if let Some(pressure) = reading.memory_pressure.filter(|pressure| *pressure != Pressure::Normal) {
        text.push_str(&format!("  pressure {pressure}"));
    }
    text
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
        duration::say(apart),
        duration::say_choice(refresh)
    );
    let enough = Duration::from_secs(apart.as_secs().div_ceil(3));
    if (duration::REFRESH.min..=duration::REFRESH.max).contains(&enough) {
        text.push_str(&format!("; give --every {}", duration::write(enough)));
    }
    text
}

/// What went wrong with an effect, for the console and for a menu row.
pub fn problem(task: &Task, problem: String) -> Problem {
    match task {
        Task::Act(name) => Problem { text: format!("action '{name}': {problem}"), brief: problem },
        _ => problem.into(),
    }
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
        Task::Record => "History not kept",
        Task::Act(name) => return cut(&format!("Action {name}: {problem}"), PROBLEM_ROW_WIDTH),
    };
    cut(&format!("{what}: {problem}"), PROBLEM_ROW_WIDTH)
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
        if let Some(tenths) = self.swap_used_tenths_gb {
            write!(f, ", swap {}.{} GB", tenths / 10, tenths % 10)?;
        }
        let is_alert = matches!(self.high, Some((High::Pressure(_), _)));
        if let Some(pressure) = self.pressure.filter(|_| !is_alert) {
            write!(f, ", pressure {pressure}")?;
        }
        match self.high {
            None => return Ok(()),
            Some((High::Above(threshold), lasting)) => write!(f, ", above {threshold} for {lasting}")?,
            Some((High::Pressure(pressure), lasting)) => write!(f, ", pressure {pressure} for {lasting}")?,
            Some((High::SwapGrowth, _)) => f.write_str(", swap is growing")?,
        }
        match &self.names {
            Some(names) => write!(f, ": {names}"),
            None => Ok(()),
        }
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

/// When it alerts, in short: `CPU above 80%, memory above 80%, after 5 s`.
pub fn rules(settings: &Settings) -> String {
    let above = |threshold: Threshold| threshold.percent().map_or("off".into(), |percent| format!("above {percent}"));
    let memory = match (settings.memory, settings.memory_signal) {
        (Threshold::Off, _) => "off".into(),
        (_, Signal::Pressure) => "by pressure".into(),
        (memory, Signal::Used) => above(memory),
        (memory, Signal::Both) => format!("{} or by pressure", above(memory)),
    };
    let swap = settings.swap_growth.filter(|_| settings.memory != Threshold::Off);
    let swap =
        swap.map(|growth| format!(", swap grown by {} in {}", size(growth.above_bytes), duration::say(growth.within)));
    let quiet = settings.quiet_hours.map(|hours| format!(", quiet hours {hours}"));
    let (swap, quiet) = (swap.unwrap_or_default(), quiet.unwrap_or_default());
    format!("CPU {}, memory {memory}{swap}, after {}{quiet}", above(settings.cpu), after(settings.after))
}

/// The label of a threshold submenu.
pub fn threshold_menu(metric: Metric) -> String {
    format!("{metric} threshold")
}

/// By what memory is judged, as a menu row.
pub fn signal(signal: Signal) -> String {
    match signal {
        Signal::Used => "Memory in use",
        Signal::Pressure => "Memory pressure",
        Signal::Both => "Either",
    }
    .into()
}

/// A length of time as a menu row of *Alert after*.
pub fn after(after: Duration) -> String {
    if after.is_zero() { "At once".into() } else { duration::say_choice(after) }
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
        | Command::SetMemorySignal(_)
        | Command::SetAfter(_)
        | Command::Resume
        | Command::Toggle(_)
        | Command::SetRefresh(_)
        | Command::ToggleLaunchAtLogin
        | Command::SendTestNotification
        | Command::OpenHistory
        | Command::OpenSettings
        | Command::Quit => None,
    }
}

/// The label of the snooze submenu: `Snoozed until 15:40`, with the day or the date if that is not today; or `Quiet until
/// 07:00` in the quiet hours.
pub fn snooze_menu(until: Option<&Zoned>, days_ahead: i32, quiet_until: Option<Time>) -> String {
    match (until, quiet_until) {
        (Some(until), _) => {
            let format = match days_ahead {
                ..=0 => "%H:%M",
                1..=6 => "%A %H:%M",
                _ => "%Y-%m-%d %H:%M",
            };
            format!("Snoozed until {}", until.strftime(format))
        }
        (None, Some(quiet_until)) => format!("Quiet until {}", quiet_until.strftime("%H:%M")),
        (None, None) => "Snooze alerts".into(),
    }
}

/// A part of the menu bar item, as a menu row.
pub fn part(part: Part) -> &'static str {
    match part {
        Part::Cpu => "CPU",
        Part::Memory => "Memory",
        Part::Icon => "Icon",
    }
}
