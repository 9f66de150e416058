//! Actions: commands, deliveries, the outbox, and the permissions of the settings file.

mod attribution;
mod commands;
mod delivered;
mod dispatch;
mod ending;
mod outbox;
mod outbox_exchange;
mod outbox_file;
mod permissions;
mod program;
mod tampering;
mod trust;
mod watching;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Zoned;
use loadline::core::actions::payload::Message;
use loadline::core::alerts::event::AlertEvent;
use loadline::core::messages::effect::{ActionRequest, Event, Operation};
use loadline::core::messages::output_line::{OutputEvent, OutputLine};
use loadline::core::metrics::metric::Metric;
use loadline::core::settings::action::{Action, ActionKind, Preset};
use loadline::runtime::actions::Actions;
use loadline::runtime::actions::exchange::{Exchange, Failure};
use loadline::runtime::inbox::{Inbox, Input};
use serde_json::Value;

use crate::program::Home;
use crate::support::events;
use crate::wait::{SOON, wait_for};

/// A home with these settings, in which commands may be run: nobody else may write there, whatever the umask.
fn trusted_home(settings: &Value) -> Home {
    let home = Home::new().with_settings(settings.to_string());
    let folder = home.settings().parent().unwrap().to_owned();
    fs::set_permissions(folder, Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(home.settings(), Permissions::from_mode(0o600)).unwrap();
    home
}

fn alert(value_percent: f64, process: &str) -> OutputLine {
    let top_apps = Some([events::app(process, &[11, 12], 1 << 30)].into());
    let alert = AlertEvent { is_complete: true, top_apps, ..events::alert(Metric::Cpu, value_percent) };
    OutputLine { at: Zoned::now(), event: OutputEvent::Alert(alert) }
}

fn action(name: &str, kind: ActionKind) -> Arc<Action> {
    Arc::new(events::action(name, kind))
}

fn webhook(name: &str) -> Arc<Action> {
    webhook_to(name, "https://example.org")
}

fn webhook_to(name: &str, url: &str) -> Arc<Action> {
    action(name, ActionKind::Webhook { url: url.into(), preset: Preset::Json, headers: vec![] })
}

/// A command that is a line of sh.
fn shell(name: &str, script: &str) -> Arc<Action> {
    action(name, ActionKind::Command { argv: sh(script) })
}

fn sh(script: &str) -> Vec<String> {
    ["/bin/sh", "-c", script].map(String::from).to_vec()
}

/// A request to run `action` for an alert of so many percent.
fn request(action: &Arc<Action>, value_percent: u8) -> ActionRequest {
    let line = alert(f64::from(value_percent), "rustc");
    ActionRequest { action: Arc::clone(action), line, is_test: false, sequence: 0 }
}

/// The actions of a program, and its inbox.
struct Runner {
    actions: Actions,
    inbox: Arc<Inbox>,
}

impl Runner {
    /// Actions whose messages `deliver` delivers, and whose outbox is in `folder`.
    fn new(folder: &Path, deliver: impl Fn(&Action, &Message) -> Exchange + Send + Sync + 'static) -> Runner {
        Runner::of(None, folder, deliver)
    }

    fn of(
        settings_file: Option<PathBuf>,
        folder: &Path,
        deliver: impl Fn(&Action, &Message) -> Exchange + Send + Sync + 'static,
    ) -> Runner {
        let inbox = Arc::new(Inbox::default());
        let folder = Some(folder.to_owned());
        let actions = Actions::start_with(Arc::clone(&inbox), settings_file, folder, Arc::new(deliver));
        Runner { actions, inbox }
    }

    /// The next outcome, which must be one of the action `name`.
    #[track_caller]
    fn outcome(&self, name: &str) -> Result<(), String> {
        match wait_for("an outcome", SOON, || self.inbox.poll()) {
            Input::Event(Event::Outcome { operation: Operation::RunAction(reported), result })
                if *reported == *name =>
            {
                result
            }
            other => panic!("not an outcome of {name}: {other:?}"),
        }
    }

    /// The inputs that no test has taken yet, once all work has ended.
    fn end(self) -> Vec<Input> {
        drop(self.actions);
        std::iter::from_fn(|| self.inbox.poll()).collect()
    }
}

fn exchange_with(outcome: Result<(), Failure>) -> Exchange {
    Exchange { sent: String::new(), response: "thanks".into(), outcome }
}

/// A failure that is tried again after `pause`.
fn retryable(pause: Duration) -> Exchange {
    exchange_with(Err(Failure { text: "no answer".into(), is_retryable: true, retry_after: Some(pause) }))
}

/// The percentages of the alerts that were delivered, in order.
type Delivered = Arc<Mutex<Vec<u8>>>;

/// A delivery that waits until it is let through, once for each token; its begun messages arrive in the channel.
fn gated_delivery() -> (Receiver<u8>, SyncSender<()>, impl Fn(&Action, &Message) -> Exchange + Send + Sync + 'static) {
    let (begin, begun) = sync_channel(100);
    let (open, gate) = sync_channel(100);
    let gate = Mutex::new(gate);
    let deliver = move |_: &Action, message: &Message| {
        begin.send(percent(message)).unwrap();
        let _: Result<(), _> = gate.lock().unwrap().recv();
        exchange_with(Ok(()))
    };
    (begun, open, deliver)
}

/// A delivery that always succeeds, and the messages that it has delivered.
fn recorded_delivery() -> (Delivered, impl Fn(&Action, &Message) -> Exchange + Send + Sync + 'static) {
    let delivered = Delivered::default();
    let mine = Arc::clone(&delivered);
    (delivered, move |_: &Action, message: &Message| {
        mine.lock().unwrap().push(percent(message));
        exchange_with(Ok(()))
    })
}

/// The percentage of the alert in `message`.
fn percent(message: &Message) -> u8 {
    let value: serde_json::Value = serde_json::from_str(&message.body).unwrap();
    value["value_percent"].as_f64().unwrap() as u8
}

/// Whether the process `pid` runs: it is there, and not a zombie.
fn is_alive(pid: &str) -> bool {
    let shown = Command::new("ps").args(["-o", "stat=", "-p", pid.trim()]).output().unwrap();
    let state = String::from_utf8(shown.stdout).unwrap();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

/// The text of a file, once there is a whole line in it.
#[track_caller]
fn line_in(file: &Path) -> String {
    wait_for(&format!("a line in {file:?}"), SOON, || {
        std::fs::read_to_string(file).ok().filter(|text| text.ends_with('\n')).map(|text| text.trim().to_owned())
    })
}
