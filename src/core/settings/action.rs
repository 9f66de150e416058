//! An action of the settings: a command that is run, or a webhook that is called, for an alert or its end.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::core::metrics::metric::Metric;

/// One action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// No two actions have the same.
    pub name: String,
    /// Runs for an alert that notifies.
    pub on_alert: bool,
    /// Runs for the end of an alert that has notified.
    pub on_recovery: bool,
    /// Runs for an early warning that notifies.
    pub on_forecast: bool,
    /// Runs for alerts of these.
    pub metrics: Vec<Metric>,
    /// The shortest time between two runs for the same reason (an alert, or an end); zero for no limit.
    pub min_interval: Duration,
    /// The time limit: of a command until it has ended, of a webhook for each attempt.
    pub timeout: Duration,
    pub kind: ActionKind,
    /// It comes from the machine's file, not from the person's.
    pub is_machine_wide: bool,
    /// Nobody but this user and root could write it when it was read: else it must not run.
    pub is_trusted: bool,
}

/// The kind of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// Runs a program, without a shell.
    Command {
        /// The program and its arguments; never empty.
        argv: Vec<String>,
    },
    /// Calls a web address by POST.
    Webhook {
        /// May hold `${NAME}` for the value of an environment variable.
        url: String,
        preset: Preset,
        /// Names and values, which may hold `${NAME}`.
        headers: Vec<(String, String)>,
    },
}

/// The receiver for which the body of a webhook is written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Loadline's own JSON: the line that `--json` prints, with the host.
    Json,
    /// A Slack incoming webhook.
    Slack,
    /// A Discord webhook.
    Discord,
    /// A Microsoft Teams workflow ("when a webhook request is received").
    Teams,
    /// A topic of ntfy.
    Ntfy,
    /// Prometheus Alertmanager, API version 2.
    Alertmanager,
}

impl Preset {
    /// All, with their names in the settings.
    pub const ALL: [(&'static str, Preset); 6] = [
        ("json", Preset::Json),
        ("slack", Preset::Slack),
        ("discord", Preset::Discord),
        ("teams", Preset::Teams),
        ("ntfy", Preset::Ntfy),
        ("alertmanager", Preset::Alertmanager),
    ];
}

impl Action {
    /// The default time limit of a command.
    pub const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);
    /// The default time limit of each attempt of a webhook.
    pub const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);
    /// The default shortest time between two runs of a command.
    pub const COMMAND_MIN_INTERVAL: Duration = Duration::from_secs(60);
}
