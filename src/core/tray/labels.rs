//! The labels of the tray: the tooltip, the menu rows, and the buttons of notifications.

use jiff::Zoned;
use jiff::civil::Time;

use crate::core::alerts::snooze::Snooze;
use crate::core::messages::effect::{Operation, UserCommand};
use crate::core::metrics::metric::Metric;
use crate::core::settings::{IconStyle, Part};
use crate::core::text::figures::truncate_chars;

/// The submenus of memory signals, of the time before an alert, and of the parts of the menu bar item.
pub const MEMORY_SIGNAL_MENU: &str = "Memory alerts on";
pub const AFTER_MENU: &str = "Alert after";
pub const PARTS_MENU: &str = "Show in the menu bar";
/// Rows that are clicked. `RESUME` ends the snooze, and `HISTORY` opens the report.
pub const RESUME: &str = "Resume";
pub const LAUNCH_AT_LOGIN: &str = "Launch at login";
pub const TEST_NOTIFICATION: &str = "Send a test notification";
pub const HISTORY: &str = "History…";
pub const SETTINGS_FILE: &str = "Open settings file";
pub const QUIT: &str = "Quit Loadline";

/// The longest problem in a menu row, in characters.
const PROBLEM_ROW_WIDTH: usize = 72;

/// A problem in one menu row, truncated to a width that fits a menu.
pub fn problem_row(operation: &Operation, problem: &str) -> String {
    let subject = match operation {
        Operation::ReadSettings => "Settings file not used",
        Operation::SaveSettings => "Settings not saved",
        Operation::Sample => "Readings stopped",
        Operation::Print => "Console not written",
        Operation::Notify => "No notifications",
        Operation::Open => "Not opened",
        Operation::LoginItem => "Launch at login",
        Operation::ScanProcesses => "Processes not read",
        Operation::Record => "History not kept",
        Operation::RunAction(name) => &format!("Action {name}"),
    };
    truncate_chars(&format!("{subject}: {problem}"), PROBLEM_ROW_WIDTH)
}

/// The title of the item, which Linux panels show while the pointer is over it: `CPU 23%, memory 61%`.
pub fn item_title(cpu: Option<u8>, memory: Option<u8>) -> String {
    both(cpu, memory, "%")
}

/// The tooltip: `Loadline: CPU 23%, memory 61%`.
pub fn tooltip(cpu: Option<u8>, memory: Option<u8>) -> String {
    format!("Loadline: {}", both(cpu, memory, "%"))
}

/// The text of the menu bar item for screen readers: `CPU 23 percent, memory 61 percent`.
pub fn spoken(cpu: Option<u8>, memory: Option<u8>) -> String {
    both(cpu, memory, " percent")
}

fn both(cpu: Option<u8>, memory: Option<u8>, unit: &str) -> String {
    let figure = |value: Option<u8>| value.map_or_else(|| "not known".into(), |v| format!("{v}{unit}"));
    format!("CPU {}, memory {}", figure(cpu), figure(memory))
}

/// The label of a threshold submenu.
pub fn threshold_menu(metric: Metric) -> String {
    format!("{metric} threshold")
}

/// The row that snoozes for this long.
pub fn snooze(snooze: Snooze) -> &'static str {
    match snooze {
        Snooze::Minutes15 => "15 min",
        Snooze::Hour => "1 hour",
        Snooze::UntilTomorrow => "Until tomorrow",
    }
}

/// The label of a notification's button for `command`; `None` for a command that has no button. `system_monitor_name` is
/// `None` where no system monitor is installed.
pub fn button_label(command: UserCommand, system_monitor_name: Option<&str>) -> Option<String> {
    match command {
        UserCommand::Snooze(until) => Some(format!("Snooze {}", snooze(until))),
        UserCommand::OpenSystemMonitor => system_monitor_name.map(open_system_monitor),
        UserCommand::SetThreshold(..)
        | UserCommand::SetMemorySignal(_)
        | UserCommand::SetAfter(_)
        | UserCommand::Resume
        | UserCommand::Toggle(_)
        | UserCommand::SetIcon(_)
        | UserCommand::SetRefresh(_)
        | UserCommand::ToggleLaunchAtLogin
        | UserCommand::SendTestNotification
        | UserCommand::OpenHistory
        | UserCommand::OpenSettings
        | UserCommand::Quit => None,
    }
}

/// The label of the row and the button that open the system monitor.
pub fn open_system_monitor(name: &str) -> String {
    format!("Open {name}")
}

/// The label of the snooze submenu: `Snoozed until 15:40`, with the day or the date if that is not today; or `Quiet until
/// 07:00` in the quiet hours.
pub fn snooze_menu(until: Option<&Zoned>, days_ahead: i32, quiet_until: Option<Time>) -> String {
    let format = match days_ahead {
        ..=0 => "%H:%M",
        1..=6 => "%A %H:%M",
        _ => "%Y-%m-%d %H:%M",
    };
    match (until, quiet_until) {
        (Some(until), _) => format!("Snoozed until {}", until.strftime(format)),
        (None, Some(quiet_until)) => format!("Quiet until {}", quiet_until.strftime("%H:%M")),
        (None, None) => "Snooze alerts".into(),
    }
}

/// The row that shows or hides a part of the menu bar item.
pub fn part(part: Part) -> &'static str {
    match part {
        Part::Cpu => "CPU",
        Part::Memory => "Memory",
        Part::Icon => "Icon",
    }
}

/// The row for an icon.
pub fn icon(style: IconStyle) -> &'static str {
    match style {
        IconStyle::Auto => "Icon",
        IconStyle::Numbers => "Icon: numbers",
        IconStyle::Bars => "Icon: bars",
        IconStyle::Off => "Icon: mark alone",
    }
}
