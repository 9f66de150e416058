//! `actions test NAME`: an action done for real, about an alert that is made up.

use crate::core::messages::effect::Event;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::Builder;

use anyhow::{Context, Result, anyhow};

use super::setup::UsageError;
use crate::core::actions::payload::Message;
use crate::core::actions::test_alert::{self, TestResult};
use crate::core::escape::for_terminal;
use crate::core::messages::effect::Operation;
use crate::core::messages::output_line::OutputLine;
use crate::core::settings::action::{Action, ActionKind};
use crate::runtime::actions::exchange::{Exchange, Failure};
use crate::runtime::actions::process_group::ProcessGroups;
use crate::runtime::actions::{command, permissions, webhook};
use crate::runtime::console::{self, Form};
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::settings_store::Store;
use crate::runtime::sources::machine;
use crate::runtime::{clock, signals};

/// Does the action called `name` once for an alert and once for its end, as far as it answers them, and says what was sent
/// and what came back. There is one attempt for each, nothing is kept, and a running Loadline is not asked.
///
/// # Errors
/// [`UsageError`] when the settings cannot be used or there is no such action; else what went wrong.
pub fn run(store: Option<Store>, name: &str, form: Form) -> Result<()> {
    let mut store = store.context("there is no home folder to keep settings in; give --settings FILE")?;
    let settings = store.load().map_err(|problem| UsageError(problem.text))?;
    let action = settings.actions.iter().find(|action| action.name == name);
    let action = action.ok_or_else(|| UsageError(unknown(name, &settings.actions, store.path())))?;
    let (inbox, groups) = (Arc::new(Inbox::default()), Arc::new(ProcessGroups::default()));
    // A command is in a group of its own: the terminal's Ctrl-C does not reach it.
    signals::forward(Arc::clone(&inbox))?;
    let mut problem = None;
    for line in test_alert::lines(action, &clock::now().wall) {
        let is_recovery = matches!(line.event, crate::core::messages::output_line::OutputEvent::Recovery(_));
        let exchange = match trust_in(action, store.path()) {
            Ok(()) => exchange(action, line, &inbox, &groups)?,
            Err(text) => refused(text),
        };
        say(name, if is_recovery { "the end of an alert" } else { "an alert" }, &exchange, form)?;
        problem = problem.or(exchange.outcome.err());
    }
    problem.map_or(Ok(()), |failure| Err(anyhow!("action '{name}' failed: {}", failure.text)))
}

fn unknown(name: &str, actions: &[Arc<Action>], file: &Path) -> String {
    let names: Vec<String> = actions.iter().map(|action| format!("'{}'", action.name)).collect();
    let there = match names.as_slice() {
        [] => "there are none; see 'loadline help actions'".to_owned(),
        [only] => format!("there is {only}"),
        names => format!("there are {}", names.join(", ")),
    };
    format!("there is no action '{name}' in '{}': {there}", file.display())
}

fn trust_in(action: &Action, settings_file: &Path) -> Result<(), String> {
    match action.kind {
        ActionKind::Command { .. } => permissions::check(settings_file),
        ActionKind::Webhook { .. } => Ok(()),
    }
}

fn refused(text: String) -> Exchange {
    let outcome = Err(Failure { text, is_retryable: false, retry_after: None });
    Exchange { sent: String::new(), response: String::new(), outcome }
}

/// Does it on a thread of its own, so that a signal can end it.
fn exchange(
    action: &Arc<Action>,
    line: OutputLine,
    inbox: &Arc<Inbox>,
    groups: &Arc<ProcessGroups>,
) -> Result<Exchange> {
    let (answer, answered) = sync_channel(1);
    let (mine, theirs, done) = (Arc::clone(action), Arc::clone(groups), Arc::clone(inbox));
    let act = move || {
        let host = machine::host_name();
        let exchange = match &mine.kind {
            ActionKind::Command { argv } => command::run(argv, mine.timeout, &line, &host, true, &theirs),
            ActionKind::Webhook { preset, .. } => webhook::send(&mine, &Message::of(*preset, &line, &host, true)),
        };
        let _ = answer.send(exchange);
        done.send(Input::outcome(Operation::RunAction(mine.name.as_str().into()), Ok(())));
    };
    Builder::new().name("action".into()).spawn(act).context("could not start a thread")?;
    match inbox.receive() {
        Some(Input::Event(Event::Outcome { .. })) => answered.recv().context("the action did not come to its end"),
        Some(_) | None => {
            groups.terminate_all();
            Err(anyhow!("interrupted: the action was asked to end"))
        }
    }
}

fn say(name: &str, occasion: &str, exchange: &Exchange, form: Form) -> Result<()> {
    let Exchange { sent, response: answered, outcome } = exchange;
    let problem = outcome.as_ref().err().map(|failure| failure.text.as_str());
    let text = match form {
        Form::Json => test_alert::json_line(&TestResult { at: &clock::now().wall, name, sent, answered, problem }),
        Form::Text => {
            let verdict = problem.map_or_else(|| "it went well".into(), |problem| format!("FAILED: {problem}"));
            let parts = [
                format!("{}, told of {occasion} that is made up", for_terminal(name)),
                part("sent", sent),
                part("answered", answered),
                format!("  {}", for_terminal(&verdict)),
            ];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
        }
    };
    console::print_text(&text).context("could not write to the console")
}

/// A heading and the lines of `text` below it; nothing for no text.
fn part(heading: &str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let lines = text.lines().map(|line| format!("\n    {}", for_terminal(line)));
    format!("  {heading}:{}", lines.collect::<String>())
}
