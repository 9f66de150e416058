//! Reads the command line, starts what it asks for, and turns errors into a message and an exit status.

use std::io;
use std::process::ExitCode;

use anyhow::Result;

use loadline::cli::args::{self, ActionsCmd, Cli, Cmd, Other};
use loadline::cli::setup::{self, WrongInput};
use loadline::cli::{advise, doctor, history, replay, report, test_action, watch};
use loadline::runtime::{console, platform};

/// Something failed while running.
const FAILED: u8 = 1;
/// The command line or an input file was wrong.
const WRONG_INPUT: u8 = 2;

fn main() -> ExitCode {
    platform::prepare_process();
    let cli = match args::parse() {
        Ok(cli) => cli,
        Err(Other::Help(text)) => {
            // Nobody is left to tell if even this cannot be printed.
            let _ = console::say_text(text.trim_end());
            return ExitCode::SUCCESS;
        }
        Err(Other::Wrong(message)) => {
            console::complain_at_length(&message);
            return ExitCode::from(WRONG_INPUT);
        }
    };
    ExitCode::from(exit_status(dispatch(&cli)))
}

fn dispatch(cli: &Cli) -> Result<()> {
    let common = &cli.common;
    match &cli.command {
        None => setup::menu_bar(common, &cli.monitor, exit_status),
        Some(Cmd::Watch { monitor }) => setup::watch(common, monitor),
        Some(Cmd::Replay { file: Some(file), .. }) => replay::file(common, file),
        Some(Cmd::Replay { file: None, since, .. }) => replay::history(common, *since),
        Some(Cmd::History(wanted)) => history::run(common, wanted),
        Some(Cmd::Advise { since }) => advise::run(common, *since),
        Some(Cmd::Report { since, out, open }) => report::run(common, *since, out.as_deref(), *open),
        Some(Cmd::Snapshot) => watch::snapshot(common.form()),
        Some(Cmd::Actions(ActionsCmd::Test { name })) => test_action::run(setup::store(common), name, common.form()),
        Some(Cmd::Doctor) => doctor::run(setup::store(common), common.form()),
    }
}

/// Says what went wrong, if anything did, and answers the exit status.
fn exit_status(result: Result<()>) -> u8 {
    let Err(error) = result else { return 0 };
    let io_error = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
    // Nobody reads any more: the pipe to `head`.
    if io_error.is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) {
        return 0;
    }
    console::complain(&format!("{error:#}"));
    if error.is::<WrongInput>() { WRONG_INPUT } else { FAILED }
}
