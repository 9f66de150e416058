//! What is done in answer to an alert, as the settings have it: a command that is run, a webhook that is called.

use std::time::Duration;

use crate::core::metrics::metric::Metric;

/// One answer to an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What the person calls it; no two have the same.
    pub name: String,
    /// Whether it answers an alert that tells.
    pub on_alert: bool,
    /// Whether it answers the end of an alert that told.
    pub on_recovery: bool,
    /// The metrics whose alerts it answers.
    pub metrics: Vec<Metric>,
    /// The shortest time between two runs for the same reason (an alert, or an end); zero for no limit.
    pub min_interval: Duration,
    /// For how long it may take: a command until it has ended, a webhook for each attempt.
    pub timeout: Duration,
    /// What it does.
    pub kind: ActionKind,
}

/// What an action does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// Runs a program, without a shell.
    Command {
        /// The program and its arguments; never empty.
        argv: Vec<String>,
    },
    /// Calls a web address by POST.
    Webhook {
        /// Where; may hold `${NAME}` for the value of an environment variable.
        url: String,
        /// What is sent.
        preset: Preset,
        /// Further headers; values may hold `${NAME}`.
        headers: Vec<(String, String)>,
    },
}

/// For whom the body of a webhook is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// How long a command may take unless the settings say otherwise.
    pub const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);
    /// How long one attempt of a webhook may take unless the settings say otherwise.
    pub const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);
    /// How often a command may run unless the settings say otherwise.
    pub const COMMAND_MIN_INTERVAL: Duration = Duration::from_secs(60);
}
