//! What the engine is told ([`Event`], [`UserCommand`]) and what it wants done ([`Effect`]): plain values both.

use std::sync::Arc;
use std::time::Duration;

use super::output_line::OutputLine;
use crate::core::alerts::rule::Signal;
use crate::core::alerts::snooze::Snooze;
use crate::core::history::record::Record;
use crate::core::history::threshold_stats::BacktestResult;
use crate::core::metrics::metric::{Metric, Threshold};
use crate::core::metrics::power_state::PowerState;
use crate::core::metrics::reading::Reading;
use crate::core::metrics::self_usage::SelfUsage;
use crate::core::processes::top_apps::TopApps;
use crate::core::settings::action::Action;
use crate::core::settings::{Part, Settings};

/// Everything that can happen. Whatever comes from outside comes through here.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The machine was read.
    Reading(Reading),
    /// A person asked for something.
    Command(UserCommand),
    /// The settings file was read anew, or could not be.
    SettingsRead(Result<Settings, Problem>),
    /// A settings file that could not be read is not there any more: what runs, runs on.
    SettingsGone,
    /// The processes were looked at, or could not be.
    ProcessScan(Result<TopApps, String>),
    /// What Loadline itself costs was looked at.
    SelfUsage(SelfUsage),
    /// Whether Loadline is launched at login was read back.
    LoginItem(bool),
    /// An effect was performed, or could not be.
    Outcome {
        /// Which kind of effect.
        operation: Operation,
        /// What went wrong, as one sentence.
        result: Result<(), String>,
    },
    /// Somebody looks at the menu.
    MenuOpened {
        /// For how long it counts as open, if no more is heard of it.
        counts_for: Duration,
    },
    /// Nobody looks at the menu any more.
    MenuClosed,
    /// How the machine is being used has changed.
    PowerState(PowerState),
    /// The thresholds were tried against the history, or could not be; `None` where nothing is recorded.
    BacktestDone(Result<Option<BacktestResult>, String>),
    /// The run is about to end.
    Stopping,
}

/// What a person can ask for: one for each menu row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserCommand {
    /// Pick a threshold.
    SetThreshold(Metric, Threshold),
    /// Pick by what memory is judged.
    SetMemorySignal(Signal),
    /// Pick for how long a value must be above it.
    SetAfter(Duration),
    /// Silence alerts for a while.
    Snooze(Snooze),
    /// End the silence.
    Resume,
    /// Show or hide a part of the menu bar item.
    Toggle(Part),
    /// Pick the time between readings.
    SetRefresh(Duration),
    /// Switch launching at login on or off, whatever it is now.
    ToggleLaunchAtLogin,
    /// See whether notifications work.
    SendTestNotification,
    /// Open Activity Monitor, or the desktop's own.
    OpenSystemMonitor,
    /// Have a report of the history made, and open it in a browser.
    OpenHistory,
    /// Open the settings file in an editor.
    OpenSettings,
    /// End Loadline.
    Quit,
}

/// The kinds of effect that can fail, each told once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Reading the settings file.
    ReadSettings,
    /// Writing the settings file.
    SaveSettings,
    /// Reading the machine.
    Sample,
    /// Writing to stdout.
    Print,
    /// Showing a notification.
    Notify,
    /// Opening a file or a program for the person.
    Open,
    /// Switching the launch at login, or reading how it stands.
    LoginItem,
    /// Looking at the processes.
    ScanProcesses,
    /// Keeping the history.
    Record,
    /// The action of this name.
    RunAction(Arc<str>),
}

/// What went wrong, as a person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// For a menu row: what is wrong, without where the file is.
    pub brief: String,
    /// For the console: one sentence that says all.
    pub text: String,
}

impl From<String> for Problem {
    fn from(text: String) -> Problem {
        Problem { brief: text.clone(), text }
    }
}

/// What the engine wants done. Performed in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Say it on stdout.
    Print(OutputLine),
    /// Say it on stderr.
    Warn(String),
    /// Show a notification, in place of the one with the same identity.
    Notify(Notification),
    /// Take the notification of a metric away.
    Dismiss(Metric),
    /// See who uses the most; the answer is [`Event::ProcessScanner`].
    ScanProcesses,
    /// See what Loadline itself costs; the answer is [`Event::SelfUsage`].
    MeasureSelf,
    /// Keep it in the history.
    Record(Record),
    /// Have an action done.
    RunAction(ActionRequest),
    /// Keep the settings.
    Save(Settings),
    /// Read the machine this often from now on.
    SetRefresh(Duration),
    /// Switch launching at login to what it is not now.
    ToggleLaunchAtLogin,
    /// Open the system monitor.
    OpenSystemMonitor,
    /// Make a report of the history, and open it.
    OpenHistory,
    /// Try the thresholds against the history, all else being as in these settings; the answer is [`Event::JobResult`].
    RunBacktest(Box<Settings>),
    /// Open the settings file.
    OpenSettings,
    /// End the program.
    Quit,
}

/// An action and what it is told of.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionRequest {
    /// What is to be done.
    pub action: Arc<Action>,
    /// The alert, or its end.
    pub line: OutputLine,
    /// Whether this is a trial that a person asked for: the alert is made up.
    pub is_test: bool,
}

/// A desktop notification.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// A later one with the same identity takes its place.
    pub id: NotificationId,
    /// The first line. Plain text.
    pub title: String,
    /// The rest. Plain text: escaped where it is shown.
    pub body: String,
    /// Whether it may go by unnoticed.
    pub is_quiet: bool,
    /// What it offers to do, each by a button, where buttons can be shown.
    pub buttons: &'static [UserCommand],
}

/// What an alert offers to do about it.
const ALERT_BUTTONS: [UserCommand; 2] = [UserCommand::Snooze(Snooze::Hour), UserCommand::OpenSystemMonitor];

/// What a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotificationId {
    /// The alert of a metric.
    Alert(Metric),
    /// The test that a person asked for.
    Test,
}

impl Notification {
    /// The notification of a metric's alert.
    pub fn for_alert(metric: Metric, title: String, body: String, is_quiet: bool) -> Notification {
        let offers = if is_quiet { &[][..] } else { &ALERT_BUTTONS };
        Notification { id: NotificationId::Alert(metric), title, body, is_quiet, buttons: offers }
    }
}
