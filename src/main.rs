//! Parses the command line, runs its command, and turns errors into a message and an exit status.

use std::io;
use std::process::ExitCode;

use anyhow::Result;

use loadline::cli::args::{self, ActionsCommand, Cli, Command, EarlyExit, MetricsCommand};
use loadline::cli::setup;
use loadline::cli::usage_error::UsageError;
use loadline::cli::{advise, doctor, fleet, help, history, replay, report, test_action, top, watch};
use loadline::runtime::{console, platform, service, signals};

/// Something failed while running.
const FAILED: u8 = 1;
/// The command line or an input file was wrong.
const WRONG_INPUT: u8 = 2;

fn main() -> ExitCode {
    platform::prepare_process();
    service::environment::take();
    signals::survive_harmless();
    let cli = match args::parse() {
        Ok(cli) => cli,
        Err(EarlyExit::Help(text)) => {
            // If even this cannot be printed, nothing else can.
            let _ = console::print_text(text.trim_end());
            return ExitCode::SUCCESS;
        }
        Err(EarlyExit::Usage(message)) => {
            console::print_error(&message);
            return ExitCode::from(WRONG_INPUT);
        }
    };
    ExitCode::from(exit_status(dispatch(&cli)))
}

fn dispatch(cli: &Cli) -> Result<()> {
    let common = &cli.common;
    match &cli.command {
        None => setup::menu_bar(common, &cli.monitor, exit_status),
        Some(Command::Watch(monitor)) => setup::watch(common, monitor),
        Some(Command::Replay { file: Some(file), .. }) => replay::file(common, file),
        Some(Command::Replay { file: None, since, .. }) => replay::history(common, *since),
        Some(Command::History(wanted)) => history::run(common, wanted),
        Some(Command::Top(wanted)) => top::run(common, wanted),
        Some(Command::Advise { since }) => advise::run(common, *since),
        Some(Command::Report { since, out, open }) => report::run(common, *since, out.as_deref(), *open),
        Some(Command::Metrics { command: Some(MetricsCommand::Test), .. }) => fleet::test_push::run(common),
        Some(Command::Metrics { out, command: None }) => fleet::metrics::run(common, out.as_deref()),
        Some(Command::Fleet(wanted)) => fleet::overview::run(common.form(), wanted),
        Some(Command::Snapshot) => watch::snapshot(common.form()),
        Some(Command::Actions(ActionsCommand::Test { name })) => {
            test_action::run(setup::store(common), name, common.form())
        }
        Some(Command::Help { words }) => help::run(args::command(), words),
        Some(Command::Doctor) => doctor::run(common),
    }
}

/// Prints the error, if there is one, and returns the exit status.
fn exit_status(result: Result<()>) -> u8 {
    let Err(error) = result else { return 0 };
    let io_error = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
    // The reader has gone, as `head` does.
    if io_error.is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) {
        return 0;
    }
    console::print_failure(&format!("{error:#}"));
    if error.is::<UsageError>() { WRONG_INPUT } else { FAILED }
}
