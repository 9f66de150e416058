//! What is done in answer to an alert: commands that are run, webhooks that are called.
//!
//! The keeper's thread ([`keeper`]) takes what is to be done and puts it on the desk of its action ([`office`]); a worker
//! for each action in use ([`worker`]) does it, in order. So neither a slow disk nor a hanging command delays anything
//! else. Nothing here decides anything about alerts.

pub mod command;
pub mod dispatcher;
pub mod outbox_file;
pub mod permissions;
pub mod process_group;
pub mod queue;
pub mod status;
pub mod webhook;
pub mod worker;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use super::inbox::Inbox;
use super::sources::machine;
use crate::core::actions::payload::Message;
use crate::core::messages::effect::Act;
use crate::core::settings::action::Action;
use dispatcher::Keeper;
use process_group::Groups;
use queue::{Letter, Office};
use worker::Tools;

/// How much of what comes back from an action is kept, bytes.
const KEPT_BYTES: usize = 64 << 10;
/// How long the end of the program waits for what is being done.
const FINISH_LIMIT: Duration = Duration::from_secs(3);
/// And then for how it went to be kept.
const KEEP_LIMIT: Duration = Duration::from_secs(1);

/// One attempt to deliver a message.
pub type Deliver = Arc<dyn Fn(&Action, &Message) -> Exchange + Send + Sync>;

/// Does what actions want. How each went comes back through the inbox. Until there is an action there is no thread, and no
/// file is touched.
pub struct Actions {
    tools: Tools,
    /// Taken when the thread is started.
    keeper: Mutex<Option<Keeper>>,
}

impl Actions {
    /// Ready to act. `settings_file` is where the actions come from, and `folder` where the outbox is.
    pub fn start(inbox: Arc<Inbox>, settings_file: Option<PathBuf>, folder: Option<PathBuf>) -> Actions {
        Actions::start_with(inbox, settings_file, folder, Arc::new(webhook::send))
    }

    /// The same with another way to deliver messages.
    pub fn start_with(
        inbox: Arc<Inbox>,
        settings_file: Option<PathBuf>,
        folder: Option<PathBuf>,
        deliver: Deliver,
    ) -> Actions {
        let (office, groups) = (Arc::new(Office::default()), Arc::new(Groups::default()));
        let tools = Tools { office, inbox, groups, deliver, host: machine::host_name().into() };
        let (actions, were_trusted, untrusted, owned) = (None, true, BTreeSet::new(), None);
        let keeper = Keeper { tools: tools.clone(), settings_file, folder, actions, were_trusted, untrusted, owned };
        Actions { tools, keeper: Mutex::new(Some(keeper)) }
    }

    /// Has an action done. Never waits.
    pub fn act(&self, act: Act) {
        self.write(Letter::Act(act));
    }

    /// Says which actions there are now: at the start, and whenever the settings change. Goes on with what an earlier run
    /// left undelivered, and forgets what belongs to actions that are gone. Never waits.
    pub fn take_settings(&self, actions: &[Arc<Action>]) {
        let is_idle = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if !(is_idle && actions.is_empty()) {
            self.write(Letter::Settings(actions.to_vec()));
        }
    }

    fn write(&self, letter: Letter) {
        if let Some(lost) = self.tools.office.write(letter) {
            self.tools.report(&lost.action.name, Err("more waits than can be kept: the oldest was dropped".into()));
        }
        let Some(keeper) = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        if let Err(error) = Builder::new().name("actions".into()).spawn(move || keeper.run()) {
            super::console::writer::complain(&format!("actions are not done: could not start a thread: {error}"));
        }
    }
}

impl Drop for Actions {
    /// Waits a moment for what is being done: the answer to the alert that came just before the end. Commands that take
    /// longer are asked to end, and deliveries have a second more; what is not delivered by then stays in the outbox.
    fn drop(&mut self) {
        if self.keeper.get_mut().unwrap_or_else(PoisonError::into_inner).is_some() {
            return;
        }
        self.tools.office.finish(FINISH_LIMIT);
        if self.tools.groups.end() > 0 {
            super::console::writer::complain("an action was still running a command, which was asked to end");
        }
        self.tools.office.wait_for_keeper(KEEP_LIMIT);
    }
}

/// What passed between Loadline and whom an action speaks to, as it may be shown: secrets are masked.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// What was run or sent.
    pub sent: String,
    /// What came back: the output of a command, the answer of a server. At most 64 KiB.
    pub answered: String,
    /// How it went.
    pub outcome: Result<(), Failure>,
}

/// Why an action failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// One sentence: what went wrong, and the way out. The same failure has the same text every time.
    pub text: String,
    /// Whether another attempt may do better.
    pub may_pass: bool,
    /// How long the other side asked to be left alone (`Retry-After`).
    pub wait: Option<Duration>,
}
