//! The command line: clap's types, and the wording of its errors.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::error::{ContextKind, ErrorKind};
use clap::{ArgGroup, Args, CommandFactory, Parser, Subcommand};

use super::help;
use crate::core::duration;
use crate::core::escape::for_terminal;
use crate::core::history::app_totals::AppOrder;
use crate::core::history::since::Since;
use crate::core::metrics::metric::Threshold;
use crate::core::settings::Overrides;
use crate::core::settings::metrics::parse_listen;
use crate::runtime::console::Form;
use crate::runtime::sources::trace::Speed;

/// Live CPU and memory in the menu bar, and an alert worth reading when either crosses its load line
#[derive(Debug, Parser)]
#[command(version, disable_help_subcommand = true, after_help = help::EPILOGUE)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub monitor: Monitor,
}

/// A command. Without one Loadline runs in the menu bar.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print readings and alerts on the console
    Watch(Monitor),
    /// Print one reading, with the CPU measured over a second
    Snapshot,
    /// Run a recorded trace, or the history, through the alert rules and print the alerts
    #[command(group = ArgGroup::new("readings").required(true).args(["file", "history"]))]
    Replay {
        /// Recorded trace: CSV with the header time,cpu,memory, or JSON Lines as printed by --json; - is stdin
        file: Option<PathBuf>,
        /// Replay the recorded history, with the refresh interval of its time or --every, whichever is longer
        #[arg(long)]
        history: bool,
        /// Start of the period: 24h, 7d, or a date such as 2026-11-22 or 2026-11-22T14:00
        #[arg(long, value_name = "AGO|DATE", default_value = "7d", allow_hyphen_values = true)]
        #[arg(conflicts_with = "file")]
        since: Since,
    },
    /// Show recorded CPU and memory use, or alerts [env: LOADLINE_HISTORY]
    History(HistoryArgs),
    /// Show the applications that use the most: now, or over a recorded time
    Top(TopArgs),
    /// Recommend thresholds that would have caused at most one alert a day, with the reasons
    Advise {
        /// Start of the period: 24h, 7d, or a date; single readings are stored for 7 days
        #[arg(long, value_name = "AGO|DATE", default_value = "7d", allow_hyphen_values = true)]
        since: Since,
    },
    /// Check what works on this system
    Doctor,
    /// Write an HTML page of usage over time: charts, alerts, the busiest hours of the week
    Report {
        /// Start of the period: 24h, 7d, or a date such as 2026-11-22 or 2026-11-22T14:00
        #[arg(long, value_name = "AGO|DATE", default_value = "31d", allow_hyphen_values = true)]
        since: Since,
        /// File to write; - is stdout [default: report.html beside the history]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Open the page in the browser
        #[arg(long)]
        open: bool,
    },
    /// Print this machine's metrics for Prometheus, with the CPU measured over one refresh interval
    #[command(args_conflicts_with_subcommands = true)]
    Metrics {
        #[command(subcommand)]
        command: Option<MetricsCommand>,
        /// File to replace, readable by everybody, for node_exporter's textfile collector; - is stdout
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Show the machines that a Prometheus or VictoriaMetrics knows: those with alerts first, silent ones last
    Fleet(FleetArgs),
    /// Test the actions that an alert triggers
    #[command(subcommand)]
    Actions(ActionsCommand),
    /// Print a page of the manual, or the help of a command; of two with one name, the page
    Help {
        /// Page of the manual, or a command
        #[arg(value_name = "TOPIC|COMMAND")]
        words: Vec<String>,
    },
}

/// A command about actions.
#[derive(Debug, Subcommand)]
pub enum ActionsCommand {
    /// Run an action now, for a made-up alert, and print what was sent and what came back
    Test {
        /// Name of the action in the settings
        name: String,
    },
}

/// A command about metrics.
#[derive(Debug, Subcommand)]
pub enum MetricsCommand {
    /// Push this machine's values once, as the settings say, and print what was sent and what came back
    Test,
}

/// The options of `history`.
#[derive(Args, Debug)]
pub struct HistoryArgs {
    /// Start of the period: 24h, 7d, or a date such as 2026-11-22 or 2026-11-22T14:00
    #[arg(long, value_name = "AGO|DATE", default_value = "24h", allow_hyphen_values = true)]
    pub since: Since,
    /// Show alerts instead of usage
    #[arg(long)]
    pub alerts: bool,
    /// Print CSV: readings for up to 7 days, minutes for up to 31 days, hours beyond
    #[arg(long)]
    pub csv: bool,
}

/// The options of `top`.
#[derive(Args, Debug)]
pub struct TopArgs {
    /// Show them again and again, until Ctrl-C
    #[arg(long, conflicts_with = "since")]
    pub watch: bool,
    /// Show the recorded time since then: 24h, 7d, or a date such as 2026-11-22 or 2026-11-22T14:00
    #[arg(long, value_name = "AGO|DATE", allow_hyphen_values = true)]
    pub since: Option<Since>,
    /// Order of the applications [default: cpu]
    #[arg(long, value_name = "cpu|memory", requires = "since", value_parser = app_order)]
    pub by: Option<AppOrder>,
    /// Print CSV
    #[arg(long, requires = "since")]
    pub csv: bool,
}

/// The options of `fleet`.
#[derive(Args, Debug)]
pub struct FleetArgs {
    /// Address of the server, such as http://127.0.0.1:9090
    #[arg(long, value_name = "URL")]
    pub from: String,
    /// Header of each request, such as 'Authorization: Bearer ${TOKEN}'; ${NAME} is an environment variable
    #[arg(long, value_name = "NAME: VALUE")]
    pub header: Vec<String>,
    /// Ask again every 15 seconds and show what changed, until Ctrl-C
    #[arg(long)]
    pub watch: bool,
}

/// The options of every command.
#[derive(Args, Debug)]
pub struct Common {
    /// Alert when CPU use is above this [settings: alerts.cpu.above_percent]
    #[arg(long, global = true, value_name = "PERCENT|off", allow_hyphen_values = true)]
    cpu: Option<Threshold>,
    /// Alert when memory use is above this [settings: alerts.memory.above_percent]
    #[arg(long, global = true, value_name = "PERCENT|off", allow_hyphen_values = true)]
    memory: Option<Threshold>,
    /// Alert after this long above the threshold [settings: alerts.after]
    #[arg(long, global = true, value_name = "DURATION", allow_hyphen_values = true)]
    #[arg(value_parser = |text: &str| duration::AFTER.parse(text))]
    after: Option<Duration>,
    /// Interval between readings [settings: refresh]
    #[arg(long, global = true, value_name = "DURATION", allow_hyphen_values = true)]
    #[arg(value_parser = |text: &str| duration::REFRESH.parse(text))]
    every: Option<Duration>,
    /// Settings file [env: LOADLINE_SETTINGS]
    #[arg(long, global = true, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// Print JSON Lines
    #[arg(long, global = true)]
    json: bool,
}

/// The options of the monitor: of the menu-bar app and `watch`.
#[derive(Args, Debug)]
pub struct Monitor {
    /// Print alerts only, no readings
    #[arg(long)]
    pub quiet: bool,
    /// Stop after N readings
    #[arg(long, value_name = "N", value_parser = samples, allow_hyphen_values = true)]
    pub samples: Option<u64>,
    /// Take the readings from a recorded trace instead of this machine
    #[arg(long, value_name = "FILE")]
    pub readings: Option<PathBuf>,
    /// Play the trace N times as fast, or as fast as possible (max)
    #[arg(long, value_name = "N|max", requires = "readings", allow_hyphen_values = true)]
    pub speed: Option<Speed>,
    /// Serve metrics for Prometheus at http://ADDRESS/metrics, such as 127.0.0.1:9912 [settings: metrics.listen]
    #[arg(long, value_name = "ADDRESS", conflicts_with = "readings", allow_hyphen_values = true)]
    #[arg(value_parser = parse_listen)]
    pub listen: Option<SocketAddr>,
}

impl Command {
    /// The name, if it uses no settings.
    fn without_settings(&self) -> Option<&'static str> {
        match self {
            Command::Snapshot => Some("snapshot"),
            Command::Top(_) => Some("top"),
            Command::Fleet(_) => Some("fleet"),
            _ => None,
        }
    }
}

impl Common {
    /// The settings that these options override.
    pub fn overrides(&self) -> Overrides {
        Overrides { cpu: self.cpu, memory: self.memory, after: self.after, refresh: self.every, listen: None }
    }

    /// The first option that is about the settings.
    fn first_given(&self) -> Option<&'static str> {
        first_given([
            (self.cpu.is_some(), "--cpu"),
            (self.memory.is_some(), "--memory"),
            (self.after.is_some(), "--after"),
            (self.every.is_some(), "--every"),
            (self.settings.is_some(), "--settings"),
        ])
    }

    /// The form of the output.
    pub fn form(&self) -> Form {
        if self.json { Form::Json } else { Form::Text }
    }
}

fn samples(text: &str) -> Result<u64, String> {
    text.parse().ok().filter(|&n| n > 0).ok_or_else(|| "is not a number of readings: give 1 or more".into())
}

fn app_order(text: &str) -> Result<AppOrder, String> {
    match text {
        "cpu" => Ok(AppOrder::Cpu),
        "memory" => Ok(AppOrder::Memory),
        _ => Err("is no order: give cpu or memory".into()),
    }
}

/// The reason not to run a command.
#[derive(Debug)]
pub enum EarlyExit {
    /// Help or the version, for stdout.
    Help(String),
    /// The mistake in the command line, for stderr.
    Usage(String),
}

/// clap's description of the command line.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Parses the command line of this process.
pub fn parse() -> Result<Cli, EarlyExit> {
    let cli = Cli::try_parse().map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => EarlyExit::Help(help::render(&error.render())),
        ErrorKind::ValueValidation => EarlyExit::Usage(describe(&error)),
        _ => EarlyExit::Usage(plain(&error)),
    })?;
    match (&cli.command, cli.monitor.first_given()) {
        (Some(Command::Watch(_)), Some(option)) => {
            Err(EarlyExit::Usage(format!("'{option}' goes behind 'watch': loadline watch {option} ...")))
        }
        // clap misses the conflict when one stands before the command and one after it.
        (Some(Command::History(HistoryArgs { csv: true, .. }) | Command::Top(TopArgs { csv: true, .. })), None)
            if cli.common.json =>
        {
            Err(EarlyExit::Usage("'--csv' and '--json' are two forms of the same: give one of them".into()))
        }
        (Some(Command::Metrics { .. }), None) if cli.common.json => {
            Err(EarlyExit::Usage("'--json' is not for 'metrics', which prints Prometheus's own text format".into()))
        }
        (Some(_), Some(option)) => Err(EarlyExit::Usage(format!("'{option}' is for 'watch' and the menu-bar app"))),
        (Some(command), None) => match command.without_settings().zip(cli.common.first_given()) {
            Some((name, option)) => {
                Err(EarlyExit::Usage(format!("'{option}' is not for '{name}', which uses no settings")))
            }
            None => Ok(cli),
        },
        _ => Ok(cli),
    }
}

impl Monitor {
    fn first_given(&self) -> Option<&'static str> {
        first_given([
            (self.quiet, "--quiet"),
            (self.samples.is_some(), "--samples"),
            (self.readings.is_some(), "--readings"),
            (self.speed.is_some(), "--speed"),
            (self.listen.is_some(), "--listen"),
        ])
    }
}

fn first_given<const N: usize>(options: [(bool, &'static str); N]) -> Option<&'static str> {
    options.into_iter().find(|(is_given, _)| *is_given).map(|(_, option)| option)
}

/// `'--cpu 180' is out of range: give a percentage from 1 to 100, or 'off'`.
fn describe(error: &clap::Error) -> String {
    let context = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let argument = context(ContextKind::InvalidArg);
    let option = argument.split(' ').next().unwrap_or_default();
    let value = context(ContextKind::InvalidValue);
    let reason = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    format!("'{option} {}' {}", for_terminal(&value), for_terminal(&reason))
}

/// clap's own message, without its prefix.
fn plain(error: &clap::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
    text.lines().map(for_terminal).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clap_accepts_the_command_line() {
        command().debug_assert();
    }
}
