//! The command line: clap types only, and how its errors are worded.

use std::path::PathBuf;
use std::time::Duration;

use clap::error::{ContextKind, ErrorKind};
use clap::{ArgGroup, Args, Parser, Subcommand};

use crate::core::duration;
use crate::core::escape::for_terminal;
use crate::core::history::since::Since;
use crate::core::metrics::metric::Threshold;
use crate::core::settings::Overrides;
use crate::runtime::console::Form;
use crate::runtime::sources::trace::Speed;

/// Live CPU and memory in the menu bar, and an alert worth reading when either crosses its load line
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Without a command: the menu-bar app; where there is no desktop, the same as 'watch'.\n\
    Durations are written 500ms, 5s, 1m30s, 1h; percentages 80 or 80%.\n\
    Exit status: 0 done, 1 failed while running, 2 the command line or an input file was wrong."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
    /// How the monitor runs.
    #[command(flatten)]
    pub monitor: Monitor,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The same monitor on the console: a reading a line
    Watch {
        /// How the monitor runs.
        #[command(flatten)]
        monitor: Monitor,
    },
    /// One reading, the CPU measured over a second
    Snapshot,
    /// Run a recorded trace, or the history, through the alert rules and print what would have been said
    #[command(group = ArgGroup::new("readings").required(true).args(["file", "history"]))]
    Replay {
        /// CSV with a header (time,cpu,memory), or JSON Lines as --json prints them
        file: Option<PathBuf>,
        /// Instead of a file: the readings that are kept, each with the refresh interval of its time, or --every if longer
        #[arg(long)]
        history: bool,
        /// From when on: 24h, 7d, or a date such as 2026-11-22 or 2026-11-22T14:00
        #[arg(long, value_name = "AGO|DATE", value_parser = since, default_value = "7d", allow_hyphen_values = true)]
        #[arg(conflicts_with = "file")]
        since: Since,
    },
    /// CPU and memory over time, as far as they are kept [env: LOADLINE_HISTORY]
    History(HistoryArgs),
    /// Which thresholds would have been worth an alert a day at the most, and why
    Advise {
        /// From when on: 24h, 7d, or a date; single readings are kept for a week
        #[arg(long, value_name = "AGO|DATE", value_parser = since, default_value = "7d", allow_hyphen_values = true)]
        since: Since,
    },
    /// What works here and what does not
    Doctor,
    /// Usage over time as one HTML page: charts, alerts, the busiest hours of the week
    Report {
        /// From when on: 24h, 7d, or a date such as 2026-11-22 or 2026-11-22T14:00
        #[arg(long, value_name = "AGO|DATE", default_value = "31d", value_parser = since, allow_hyphen_values = true)]
        since: Since,
        /// Where it is written, - is stdout [default: report.html beside the history]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Open it in the browser
        #[arg(long)]
        open: bool,
    },
    /// What is done in answer to an alert
    #[command(subcommand)]
    Actions(ActionsCommand),
}

/// The commands about actions.
#[derive(Debug, Subcommand)]
pub enum ActionsCommand {
    /// Do an action now, for an alert that is made up, and print what was sent and what came back
    Test {
        /// Its name in the settings
        name: String,
    },
}

/// What of the history is wanted.
#[derive(Args, Debug)]
pub struct HistoryArgs {
    /// From when on: 24h, 7d, or a date such as 2026-11-22 or 2026-11-22T14:00
    #[arg(long, value_name = "AGO|DATE", value_parser = since, default_value = "24h", allow_hyphen_values = true)]
    pub since: Since,
    /// The alerts, not the usage
    #[arg(long)]
    pub alerts: bool,
    /// Print CSV: readings for up to 7 days, minutes for up to 31, else hours
    #[arg(long)]
    pub csv: bool,
}

/// What every command takes.
#[derive(Args, Debug)]
pub struct Common {
    /// Alert when the CPU is above this [settings: alerts.cpu.above_percent]
    #[arg(long, global = true, value_name = "PERCENT|off", allow_hyphen_values = true)]
    cpu: Option<Threshold>,
    /// Alert when memory is above this [settings: alerts.memory.above_percent]
    #[arg(long, global = true, value_name = "PERCENT|off", allow_hyphen_values = true)]
    memory: Option<Threshold>,
    /// Alert once it has been above for so long [settings: alerts.after]
    #[arg(long, global = true, value_name = "DURATION", value_parser = after, allow_hyphen_values = true)]
    after: Option<Duration>,
    /// Take a reading this often [settings: refresh]
    #[arg(long, global = true, value_name = "DURATION", value_parser = every, allow_hyphen_values = true)]
    every: Option<Duration>,
    /// Where the settings are [env: LOADLINE_SETTINGS]
    #[arg(long, global = true, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// Print JSON Lines
    #[arg(long, global = true)]
    json: bool,
}

/// How the monitor runs.
#[derive(Args, Debug)]
pub struct Monitor {
    /// Print alerts only, not every reading
    #[arg(long)]
    pub quiet: bool,
    /// End after so many readings
    #[arg(long, value_name = "N", value_parser = samples, allow_hyphen_values = true)]
    pub samples: Option<u64>,
    /// Take the readings from a recorded trace instead of this machine
    #[arg(long, value_name = "FILE")]
    pub readings: Option<PathBuf>,
    /// Play the trace so many times faster, or 'max'
    #[arg(long, value_name = "N|max", requires = "readings", allow_hyphen_values = true)]
    pub speed: Option<Speed>,
}

impl Common {
    /// What these options say over the settings.
    pub fn overrides(&self) -> Overrides {
        Overrides { cpu: self.cpu, memory: self.memory, after: self.after, refresh: self.every }
    }

    /// In which form lines are said.
    pub fn form(&self) -> Form {
        if self.json { Form::Json } else { Form::Text }
    }
}

fn after(text: &str) -> Result<Duration, String> {
    duration::AFTER.parse(text)
}

fn samples(text: &str) -> Result<u64, String> {
    text.parse().ok().filter(|&n| n > 0).ok_or_else(|| "is not a number of readings: give 1 or more".into())
}

fn since(text: &str) -> Result<Since, String> {
    text.parse()
}

fn every(text: &str) -> Result<Duration, String> {
    duration::REFRESH.parse(text)
}

/// What the command line asks for other than a run.
#[derive(Debug)]
pub enum EarlyExit {
    /// Help or the version: to be printed on stdout.
    Help(String),
    /// What is wrong with it: to be printed on stderr.
    Usage(String),
}

/// Reads the command line of this process.
///
/// # Errors
/// [`EarlyExit`] than a run.
pub fn parse() -> Result<Cli, EarlyExit> {
    let cli = Cli::try_parse().map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => EarlyExit::Help(error.to_string()),
        ErrorKind::ValueValidation => EarlyExit::Usage(describe(&error)),
        _ => EarlyExit::Usage(plain(&error)),
    })?;
    match (&cli.command, cli.monitor.first_given()) {
        (Some(Command::Watch { .. }), Some(option)) => {
            Err(EarlyExit::Usage(format!("'{option}' goes behind 'watch': loadline watch {option} ...")))
        }
        // clap does not see it where one of them stands before the command and one behind it.
        (Some(Command::History(HistoryArgs { csv: true, .. })), None) if cli.common.json => {
            Err(EarlyExit::Usage("'--csv' and '--json' are two forms of the same: give one of them".into()))
        }
        (Some(_), Some(option)) => Err(EarlyExit::Usage(format!("'{option}' is for 'watch' and the menu-bar app"))),
        _ => Ok(cli),
    }
}

impl Monitor {
    fn first_given(&self) -> Option<&'static str> {
        let given = [
            (self.quiet, "--quiet"),
            (self.samples.is_some(), "--samples"),
            (self.readings.is_some(), "--readings"),
            (self.speed.is_some(), "--speed"),
        ];
        given.iter().find(|(is_given, _)| *is_given).map(|(_, option)| *option)
    }
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
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
