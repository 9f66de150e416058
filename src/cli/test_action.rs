//! `actions test NAME`: runs an action for a made-up alert.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::Builder;

use anyhow::{Context, Result, anyhow};

use super::setup;
use super::usage_error::UsageError;
use crate::core::actions::payload::Message;
use crate::core::actions::secrets;
use crate::core::actions::test_alert::{self, TestResult};
use crate::core::escape::for_terminal;
use crate::core::messages::effect::{Event, Operation};
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::settings::action::{Action, ActionKind};
use crate::core::text::{self, actions};
use crate::runtime::actions::attribution::AttributedLine;
use crate::runtime::actions::exchange::{Exchange, permanent};
use crate::runtime::actions::permissions::Permissions;
use crate::runtime::actions::process_group::ProcessGroups;
use crate::runtime::actions::{command, webhook};
use crate::runtime::console::{self, Form};
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::settings_store::Store;
use crate::runtime::sources::machine;
use crate::runtime::{clock, platform, signals};

/// Runs the action called `name` once for an alert and once for its end, as far as it subscribes to them, and prints the
/// request and the response. There is one attempt for each, nothing is stored, and a running Loadline is not involved.
/// Returns [`UsageError`] when the settings cannot be used or there is no such action; else the failure.
pub fn run(store: Option<Store>, name: &str, form: Form) -> Result<()> {
    let mut store = store.context(text::problems::NO_HOME)?;
    let settings = store.load().map_err(|problem| UsageError(problem.text))?;
    let action = settings.actions.iter().find(|action| action.name == name);
    let names = || settings.actions.iter().map(|action| action.name.as_str()).collect::<Vec<_>>();
    let none = || UsageError(actions::test::no_such_action(name, store.path().display(), &names(), &settings.mistakes));
    let action = action.ok_or_else(none)?;
    setup::warn_of_mistakes(&settings);
    let (inbox, groups) = (Arc::new(Inbox::default()), Arc::new(ProcessGroups::default()));
    // A command is in a group of its own: the terminal's Ctrl-C does not reach it.
    signals::forward(Arc::clone(&inbox), false)?;
    let permissions = Permissions::new(Some(store.path().to_owned()), platform::state_dir().as_deref());
    let hidden: Arc<[String]> = secrets::variables(&settings).into();
    let mut problem = None;
    for line in test_alert::lines(action, &clock::now().wall) {
        let is_recovery = matches!(line.event, OutputEvent::Recovery(_));
        let exchange = match permissions.check(action) {
            Ok(()) => exchange(action, line, &inbox, &groups, &hidden)?,
            Err(problem) => permanent(problem).unsent(),
        };
        print(name, is_recovery, &exchange, form)?;
        problem = problem.or(exchange.outcome.err());
    }
    problem.map_or(Ok(()), |failure| Err(anyhow!(actions::test::failed(name, &failure.text))))
}

/// Runs the action on a thread of its own, so that a signal can end it.
fn exchange(
    action: &Arc<Action>,
    line: OutputLine,
    inbox: &Arc<Inbox>,
    groups: &Arc<ProcessGroups>,
    hidden: &Arc<[String]>,
) -> Result<Exchange> {
    let (result, has_result) = sync_channel(1);
    let (action, own_groups, own_inbox) = (Arc::clone(action), Arc::clone(groups), Arc::clone(inbox));
    let hidden = Arc::clone(hidden);
    let run = move || {
        let host = machine::host_name();
        let exchange = match &action.kind {
            ActionKind::Command { argv } => {
                let alert = AttributedLine::now(line);
                command::run(argv, action.timeout, &alert, &host, true, &own_groups, &hidden)
            }
            ActionKind::Webhook { preset, .. } => webhook::send(&action, &Message::of(*preset, &line, &host, true)),
        };
        let _ = result.send(exchange);
        own_inbox.send(Input::outcome(Operation::RunAction(action.name.as_str().into()), Ok(())));
    };
    let thread = Builder::new().name("action".into()).spawn(run);
    thread.map_err(|error| anyhow!(actions::no_thread(error)))?;
    match inbox.receive() {
        Some(Input::Event(Event::Outcome { .. })) => has_result.recv().context(actions::test::NO_END),
        Some(_) | None => {
            groups.terminate_all();
            Err(anyhow!(actions::test::INTERRUPTED))
        }
    }
}

fn print(name: &str, is_recovery: bool, exchange: &Exchange, form: Form) -> Result<()> {
    let Exchange { sent, response, outcome } = exchange;
    let problem = outcome.as_ref().err().map(|failure| failure.text.as_str());
    let text = match form {
        Form::Json => test_alert::json_line(&TestResult { at: &clock::now().wall, name, sent, response, problem }),
        Form::Text => {
            let parts = [
                actions::test::heading(&for_terminal(name), is_recovery),
                part(actions::test::SENT, sent),
                part(actions::test::RESPONSE, response),
                format!("  {}", for_terminal(&actions::test::outcome(problem))),
            ];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
        }
    };
    console::print_text(&text).context("could not write to the console")
}

/// A heading and the lines of `text` below it; nothing for no text.
pub fn part(heading: &str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let lines = text.lines().map(|line| format!("\n    {}", for_terminal(line)));
    format!("  {heading}:{}", lines.collect::<String>())
}
