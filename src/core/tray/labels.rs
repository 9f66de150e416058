//! Labels of the tray: the tooltip, the menu rows, and the buttons of notifications.

use jiff::Zoned;
use jiff::civil::Time;

use crate::core::alerts::snooze::Snooze;
use crate::core::messages::effect::{Operation, UserCommand};
use crate::core::metrics::metric::Metric;
use crate::core::settings::Part;
use crate::core::text::figures::truncate_chars;

/// The widest a problem may be in a menu row, in characters.
const PROBLEM_ROW_WIDTH: usize = 72;

/// A problem in one menu row, cut to a width that a menu can bear.
pub fn problem_row(task: &Operation, problem: &str) -> String {
    let what = match task {
        Operation::ReadSettings => "Settings file not used",
        Operation::SaveSettings => "Settings not saved",
        Operation::Sample => "Readings stopped",
        Operation::Print => "Console not written",
        Operation::Notify => "No notifications",
        Operation::Open => "Not opened",
        Operation::LoginItem => "Launch at login",
        Operation::ScanProcesses => "Processes not read",
        Operation::Record => "History not kept",
        Operation::RunAction(name) => return truncate_chars(&format!("Action {name}: {problem}"), PROBLEM_ROW_WIDTH),
    };
    truncate_chars(&format!("{what}: {problem}"), PROBLEM_ROW_WIDTH)
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

/// The label of a threshold submenu.
pub fn threshold_menu(metric: Metric) -> String {
    format!("{metric} threshold")
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
pub fn button_label(command: UserCommand, monitor: &str) -> Option<String> {
    match command {
        UserCommand::Snooze(until) => Some(format!("Snooze {}", snooze(until))),
        UserCommand::OpenSystemMonitor => Some(format!("Open {monitor}")),
        UserCommand::SetThreshold(..)
        | UserCommand::SetMemorySignal(_)
        | UserCommand::SetAfter(_)
        | UserCommand::Resume
        | UserCommand::Toggle(_)
        | UserCommand::SetRefresh(_)
        | UserCommand::ToggleLaunchAtLogin
        | UserCommand::SendTestNotification
        | UserCommand::OpenHistory
        | UserCommand::OpenSettings
        | UserCommand::Quit => None,
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
