//! The labels of the tray: the tooltip, the menu rows, and the buttons of notifications.

use jiff::Zoned;
use jiff::civil::Time;

use crate::core::alerts::snooze::Snooze;
use crate::core::messages::effect::UserCommand;
use crate::core::metrics::metric::Metric;
use crate::core::settings::{IconStyle, Part};
use crate::core::text::figures::UNKNOWN;
use crate::core::time::Clock;

/// The submenu of the settings that change rarely, and its sections.
pub const SETTINGS_MENU: &str = "Settings";
pub const ALERTS_SECTION: &str = "Alerts";
pub const MENU_BAR_SECTION: &str = "Menu bar";
pub const LOADLINE_SECTION: &str = "Loadline";
/// The submenus of memory signals, of the time before an alert, the row of the early warning, and the submenu of the parts
/// of the menu bar item.
pub const MEMORY_SIGNAL_MENU: &str = "Memory alerts on";
pub const FORECAST: &str = "Warn of slow memory leaks";
pub const AFTER_MENU: &str = "Alert after";
pub const PARTS_MENU: &str = "Show in the menu bar";
/// Rows that are clicked. `RESUME` ends the snooze, and `HISTORY` opens the report.
pub const RESUME: &str = "Resume";
pub const LAUNCH_AT_LOGIN: &str = "Launch at login";
pub const TEST_NOTIFICATION: &str = "Send a test notification";
pub const HISTORY: &str = "History…";
pub const SETTINGS_FILE: &str = "Settings file…";
pub const ABOUT: &str = "About Loadline";
pub const QUIT: &str = "Quit Loadline";

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

/// A row whose setting the machine's file makes final.
pub fn locked(label: &str) -> String {
    format!("{label} (set by the administrator)")
}

/// The same for a submenu, which cannot be opened then: its value is beside it.
pub fn locked_value(label: &str, value: &str) -> String {
    locked(&format!("{label}: {value}"))
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
        | UserCommand::ToggleForecast
        | UserCommand::SetAfter(_)
        | UserCommand::Resume
        | UserCommand::Toggle(_)
        | UserCommand::SetIcon(_)
        | UserCommand::SetRefresh(_)
        | UserCommand::ToggleLaunchAtLogin
        | UserCommand::AskToQuit(_)
        | UserCommand::SendTestNotification
        | UserCommand::OpenHistory
        | UserCommand::OpenAlert(..)
        | UserCommand::ResolveProblem
        | UserCommand::OpenSettings
        | UserCommand::ShowAbout
        | UserCommand::OpenRelease
        | UserCommand::Quit => None,
    }
}

/// The name of a click on a notification, which few desktops show.
pub const OPEN_ALERT: &str = "Open the report";

/// The label of the button that opens the system monitor.
pub fn open_system_monitor(name: &str) -> String {
    format!("Open {name}")
}

/// The label of the row under an application that opens the system monitor.
pub fn show_in(system_monitor_name: &str) -> String {
    format!("Show in {system_monitor_name}")
}

/// Headings of the applications, where there are none: while the menu is closed, before the first look, where the readings
/// are not this machine's, where the look failed, and where nothing ran.
pub const APPS_WHILE_OPEN: &str = "Measured while the menu is open";
pub const APPS_MEASURED: &str = "Measuring…";
pub const APPS_OF_RECORDING: &str = "A recording names no applications";
pub const APPS_UNKNOWN: &str = "The processes could not be read";
pub const APPS_IDLE: &str = "Nothing used the CPU";

/// The heading of the applications; `is_complete` unless those of other users cannot be seen.
pub fn apps(metric: Metric, is_complete: bool) -> &'static str {
    match (metric, is_complete) {
        (Metric::Cpu, true) => "Top applications (100% is one core)",
        (Metric::Cpu, false) => "Of your own programs (100% is one core)",
        (Metric::Memory, true) => "Top applications",
        (Metric::Memory, false) => "Of your own programs",
    }
}

/// A row without an application, about as wide as one with: a GTK menu does not grow while it is open.
pub fn no_app() -> String {
    const FIGURE_SPACE: &str = "\u{2007}";
    format!("{UNKNOWN}{}", FIGURE_SPACE.repeat(32))
}

/// In the place of the question, for an application that cannot be asked to quit.
pub const NOT_ASKED: &str = "Belongs to the system or to another user";

/// The row of an application: `Firefox, 14 processes 2.1 GB`, `rustc 310%`.
pub fn application(name: &str, processes: usize, figure: &str) -> String {
    if processes > 1 { format!("{name}, {processes} processes {figure}") } else { format!("{name} {figure}") }
}

/// The question above the row that asks an application to quit.
pub fn whether_to_quit(name: &str) -> String {
    format!("Ask {name} to quit?")
}

/// The row that asks an application to quit.
pub fn ask_to_quit(name: &str) -> String {
    format!("Yes, ask {name} to quit")
}

/// The label of the snooze submenu: `Snoozed until 15:40` or `Snoozed until 3:40 PM`, with the day or the date if that is not
/// today; or `Quiet until 07:00` in the quiet hours.
pub fn snooze_menu(until: Option<&Zoned>, days_ahead: i32, quiet_until: Option<Time>, clock: Clock) -> String {
    let day = match days_ahead {
        ..=0 => "",
        1..=6 => "%A ",
        _ => "%Y-%m-%d ",
    };
    match (until, quiet_until) {
        (Some(until), _) => format!("Snoozed until {}{}", until.strftime(day), clock.time(until.time())),
        (None, Some(quiet_until)) => format!("Quiet until {}", clock.time(quiet_until)),
        (None, None) => "Snooze alerts".into(),
    }
}

/// The row that shows or hides a part of the menu bar item.
pub fn part(part: Part) -> &'static str {
    match part {
        Part::Cpu => "CPU",
        Part::Memory => "Memory",
        Part::Icon => "Icon",
        Part::Words => "Words (CPU, MEM)",
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

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    #[test]
    fn the_end_of_a_snooze_is_in_the_hours_of_the_locale() {
        let until = date(2026, 11, 22).at(15, 40, 0, 0).to_zoned(TimeZone::UTC).unwrap();
        let row = |days_ahead, clock| snooze_menu(Some(&until), days_ahead, None, clock);
        assert_eq!(row(0, Clock::Hours24), "Snoozed until 15:40");
        assert_eq!(row(0, Clock::Hours12), "Snoozed until 3:40 PM");
        assert_eq!(row(1, Clock::Hours24), "Snoozed until Sunday 15:40");
        assert_eq!(row(6, Clock::Hours12), "Snoozed until Sunday 3:40 PM");
        assert_eq!(row(7, Clock::Hours24), "Snoozed until 2026-11-22 15:40");
        assert_eq!(row(7, Clock::Hours12), "Snoozed until 2026-11-22 3:40 PM");
        let quiet = |clock| snooze_menu(None, 0, Some(Time::constant(7, 0, 0, 0)), clock);
        assert_eq!(
            (quiet(Clock::Hours24), quiet(Clock::Hours12)),
            ("Quiet until 07:00".into(), "Quiet until 7:00 AM".into())
        );
    }
}
