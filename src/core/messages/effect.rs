//! The plain values that go into the engine ([`Event`], [`UserCommand`]) and come out of it ([`Effect`]).

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::output_line::OutputLine;
use crate::core::alerts::rule::Signal;
use crate::core::alerts::snooze::Snooze;
use crate::core::forecast::forecaster::MemoryPast;
use crate::core::forecast::grower::{MemoryLooks, RiseWindow};
use crate::core::history::record::Record;
use crate::core::history::threshold_stats::BacktestResult;
use crate::core::metrics::metric::{Metric, Threshold};
use crate::core::metrics::power_state::PowerState;
use crate::core::metrics::reading::Reading;
use crate::core::metrics::self_usage::SelfUsage;
use crate::core::processes::app_look::AppLook;
use crate::core::processes::menu_look::{LookRequest, MenuLook, QuitRequest};
use crate::core::processes::top_apps::TopApps;
use crate::core::settings::action::Action;
use crate::core::settings::layers::locked::MenuSetting;
use crate::core::settings::{IconStyle, Part, Settings};
use crate::core::updates::release::Repository;
use crate::core::updates::schedule::UpdateCheck;

/// An input of the engine. Nothing from outside reaches it by another way.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Reading(Reading),
    Command(UserCommand),
    /// The settings file was read again, or could not be.
    SettingsRead(Result<Box<Settings>, Problem>),
    /// An unreadable settings file was removed: the settings in force stay.
    SettingsGone,
    ProcessScan(Result<TopApps, String>),
    /// The applications since the look before, for the history.
    AppLook(Result<AppLook, String>),
    /// The applications for the menu, of this opening.
    MenuLook {
        opening: u64,
        look: Result<MenuLook, String>,
    },
    SelfUsage(SelfUsage),
    /// Whether Loadline is launched at login, as read back from the system.
    LoginItem(bool),
    /// An effect was performed, or could not be; the error is one sentence.
    Outcome {
        operation: Operation,
        result: Result<(), String>,
    },
    /// A notification was shown, or could not be.
    Notified(NotificationOutcome),
    /// A notification service has come, or permission for notifications was given.
    NotificationsPossible,
    /// There will be no more outcomes of notifications.
    NotificationsEnded,
    /// An action has delivered an alert or an early warning: the number of the notification that told the same.
    ActionDelivered {
        sequence: u64,
    },
    /// The menu counts as open for so long without a further sign of it.
    MenuOpened {
        counts_for: Duration,
    },
    MenuClosed,
    /// A panel that shows the tray item was found.
    PanelFound {
        /// Whether it shows text beside the icon.
        shows_text: bool,
    },
    /// Nothing has shown the tray item for some seconds. Whether the desktop is GNOME.
    PanelMissing {
        is_gnome: bool,
    },
    PowerState(PowerState),
    /// A check for a newer version, of this run or of one before.
    UpdateChecked(UpdateCheck),
    /// `None` where nothing is recorded.
    BacktestDone(Result<Option<BacktestResult>, String>),
    /// The recorded past of memory in use, from before this run.
    MemoryPast(MemoryPast),
    /// The recorded looks at the applications while memory rose.
    MemoryLooks(MemoryLooks),
    /// The run is about to end.
    Stopping,
}

/// A person's command: one for each menu row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserCommand {
    SetThreshold(Metric, Threshold),
    SetMemorySignal(Signal),
    /// Switches the early warning of memory on or off.
    ToggleForecast,
    /// Sets how long a value must be above its threshold.
    SetAfter(Duration),
    Snooze(Snooze),
    Resume,
    /// Shows or hides a part of the menu bar item.
    Toggle(Part),
    SetIcon(IconStyle),
    SetRefresh(Duration),
    /// Switches launching at login on or off, whatever it is now.
    ToggleLaunchAtLogin,
    SendTestNotification,
    /// Opens Activity Monitor, or the desktop's own.
    OpenSystemMonitor,
    /// Asks the application in the row with this number to quit.
    AskToQuit(u64),
    /// Makes a report of the history, and opens it in a browser.
    OpenHistory,
    /// The same, at the newest alert of the metric that had fired by then.
    OpenAlert(Metric, Timestamp),
    /// Takes the way out of the problem in the menu.
    ResolveProblem,
    OpenSettings,
    /// Shows the version in the system's own panel.
    ShowAbout,
    /// Opens the page of the newer version.
    OpenRelease,
    Quit,
}

impl UserCommand {
    /// The setting that it changes; `None` for one that changes none.
    pub fn setting(self) -> Option<MenuSetting> {
        match self {
            UserCommand::SetThreshold(metric, _) => Some(MenuSetting::Threshold(metric)),
            UserCommand::SetMemorySignal(_) => Some(MenuSetting::MemorySignal),
            UserCommand::ToggleForecast => Some(MenuSetting::Forecast),
            UserCommand::SetAfter(_) => Some(MenuSetting::After),
            UserCommand::Snooze(_) | UserCommand::Resume => Some(MenuSetting::Snooze),
            UserCommand::Toggle(part) => Some(MenuSetting::Shown(part)),
            UserCommand::SetIcon(_) => Some(MenuSetting::Shown(Part::Icon)),
            UserCommand::SetRefresh(_) => Some(MenuSetting::Refresh),
            UserCommand::ToggleLaunchAtLogin
            | UserCommand::SendTestNotification
            | UserCommand::OpenSystemMonitor
            | UserCommand::AskToQuit(_)
            | UserCommand::OpenHistory
            | UserCommand::OpenAlert(..)
            | UserCommand::ResolveProblem
            | UserCommand::OpenSettings
            | UserCommand::ShowAbout
            | UserCommand::OpenRelease
            | UserCommand::Quit => None,
        }
    }
}

/// An operation that can fail. Each failure is reported once; the first in this order has the menu row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    ReadSettings,
    SaveSettings,
    /// Heeding every part of the settings file, once it was read.
    HeedSettings,
    Sample,
    /// Reading the value of a metric, for a minute.
    Measure(Metric),
    /// Reading swap in use, for a minute, where its growth makes alerts.
    MeasureSwap,
    /// Reading the memory pressure, for a minute, where it makes alerts.
    MeasurePressure,
    /// Writing to stdout.
    Print,
    Notify,
    /// Opening a file or a program for the person.
    Open,
    /// Asking an application to quit.
    AskToQuit,
    /// Switching the launch at login.
    LoginItem,
    ReadLoginItem,
    ScanProcesses,
    Record,
    /// Listening for servers that collect the metrics.
    ServeMetrics,
    /// Pushing the metrics to a server.
    PushMetrics,
    /// By the name of the action.
    RunAction(Arc<str>),
}

/// The way out of a problem, by a click on its menu row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemRemedy {
    OpenSettingsFile,
    /// Only where the system has such settings.
    OpenSystemSettings(SettingsPane),
}

/// A pane of the system's own settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsPane {
    Notifications,
    LoginItems,
}

impl Operation {
    /// The way out when it fails; `None` where no click helps.
    pub fn remedy(&self) -> Option<ProblemRemedy> {
        match self {
            Operation::ReadSettings | Operation::HeedSettings | Operation::ServeMetrics => {
                Some(ProblemRemedy::OpenSettingsFile)
            }
            Operation::Notify => Some(ProblemRemedy::OpenSystemSettings(SettingsPane::Notifications)),
            Operation::LoginItem | Operation::ReadLoginItem => {
                Some(ProblemRemedy::OpenSystemSettings(SettingsPane::LoginItems))
            }
            Operation::SaveSettings
            | Operation::Sample
            | Operation::Measure(_)
            | Operation::MeasureSwap
            | Operation::MeasurePressure
            | Operation::Print
            | Operation::Open
            | Operation::AskToQuit
            | Operation::ScanProcesses
            | Operation::Record
            | Operation::PushMetrics
            | Operation::RunAction(_) => None,
        }
    }
}

/// A problem, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// For a menu row: without the path of the file.
    pub brief: String,
    /// For the console: one whole sentence.
    pub text: String,
}

impl From<String> for Problem {
    fn from(text: String) -> Problem {
        Problem { brief: text.clone(), text }
    }
}

/// An output of the engine. Effects are performed in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Prints a line on stdout.
    Print(OutputLine),
    /// Prints a warning on stderr.
    Warn(String),
    /// Shows a notification, in place of the one with the same identity.
    Notify(Notification),
    Dismiss(NotificationId),
    /// The result is [`Event::ProcessScan`].
    ScanProcesses,
    /// Looks at the applications for the history; the result is [`Event::AppLook`], from the second time on.
    LookAtApps,
    /// Looks at the applications for the menu; the result is [`Event::MenuLook`].
    LookForMenu(LookRequest),
    /// The menu needs no more looks: one under way is not wanted.
    EndMenuLooks,
    /// The result is [`Event::SelfUsage`].
    MeasureSelf,
    Record(Record),
    RunAction(ActionRequest),
    Save(Settings),
    /// Reads the machine this often from now on.
    SetRefresh(Duration),
    ToggleLaunchAtLogin,
    /// The result is [`Event::LoginItem`].
    ReadLoginItem,
    OpenSystemMonitor,
    AskToQuit(QuitRequest),
    OpenHistory,
    /// Opens the report at the newest alert of the metric that had fired by then.
    OpenAlert(Metric, Timestamp),
    /// Tests the thresholds on the history, all else being as in these settings; the result is [`Event::BacktestDone`].
    RunBacktest(Box<Settings>),
    /// Reads the recorded past of memory in use, up to this time; the result is [`Event::MemoryPast`].
    ReadMemoryPast(Timestamp),
    /// Reads the looks at the applications while memory rose; the result is [`Event::MemoryLooks`].
    ReadMemoryLooks(RiseWindow),
    OpenSettings,
    OpenSystemSettings(SettingsPane),
    ShowAbout,
    /// The result is [`Event::UpdateChecked`].
    CheckForUpdates(Repository),
    /// Opens this address, which is a page of the repository.
    OpenRelease(String),
    Quit,
}

/// A request to run an action.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionRequest {
    pub action: Arc<Action>,
    /// The alert, or its end.
    pub line: OutputLine,
    /// Whether the alert is made up, or comes from a trace: the action must say so.
    pub is_test: bool,
    /// The number of the notification that tells the same; 0 for the end of an alert, and for a test.
    pub sequence: u64,
}

/// A desktop notification.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    pub id: NotificationId,
    /// The number of the notification of an alert or an early warning, which its outcome names; 0 for every other.
    pub sequence: u64,
    /// The first line. Plain text.
    pub title: String,
    /// The rest. Plain text: escaped where it is shown.
    pub body: String,
    /// Whether it may go by unnoticed.
    pub is_quiet: bool,
    /// Whether it sounds, where the desktop plays sounds.
    pub has_sound: bool,
    /// Shown where the desktop shows buttons.
    pub buttons: &'static [UserCommand],
    /// The command of a click on the notification itself; `None` where a click only closes it.
    pub click: Option<UserCommand>,
}

/// The outcome of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationOutcome {
    pub id: NotificationId,
    /// The number of the notification (`Notification::sequence`).
    pub sequence: u64,
    /// Whether a person can have seen it.
    pub is_shown: bool,
    /// One sentence; also where it was shown by a makeshift. `None` where it was shown, and where it was never sent.
    pub problem: Option<String>,
}

impl NotificationOutcome {
    /// The outcome of a notification that was never sent.
    pub fn unsent(id: NotificationId, sequence: u64) -> NotificationOutcome {
        NotificationOutcome { id, sequence, is_shown: false, problem: None }
    }
}

/// The identity of a notification: a later one takes the place of an earlier one with the same identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotificationId {
    Alert(Metric),
    /// Memory may cross its threshold.
    Forecast,
    Test,
    /// Nothing shows the tray item.
    PanelMissing,
}

impl Notification {
    /// The notification of an alert, or of its end, without a sound and a click.
    pub fn for_alert(metric: Metric, title: String, body: String, is_quiet: bool) -> Notification {
        const BUTTONS: [UserCommand; 2] = [UserCommand::Snooze(Snooze::Hour), UserCommand::OpenSystemMonitor];
        let buttons = if is_quiet { &[][..] } else { &BUTTONS };
        Notification { buttons, ..Notification::plain(NotificationId::Alert(metric), title, body, is_quiet) }
    }

    /// A notification without a sound, buttons and a click.
    pub fn plain(id: NotificationId, title: String, body: String, is_quiet: bool) -> Notification {
        Notification { id, sequence: 0, title, body, is_quiet, has_sound: false, buttons: &[], click: None }
    }
}
