//! What is done in answer to an alert: commands that are run, webhooks that are called.
//!
//! The keeper's thread ([`keeper`]) takes what is to be done and puts it on the desk of its action ([`office`]); a worker
//! for each action in use ([`worker`]) does it, in order. So neither a slow disk nor a hanging command delays anything
//! else. Nothing here decides anything about alerts.

pub mod command;
pub mod dispatcher;
pub mod exchange;
pub mod outbox_file;
pub mod permissions;
pub mod process_group;
pub mod queue;
pub mod status;
pub mod webhook;
pub mod worker;

use crate::runtime::actions::exchange::Deliver;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use super::inbox::Inbox;
use super::sources::machine;
use crate::core::messages::effect::ActionRequest;
use crate::core::settings::action::Action;
use dispatcher::Dispatcher;
use process_group::ProcessGroups;
use queue::{DispatchMessage, JobQueue};
use worker::WorkerContext;

/// How long the end of the program waits for what is being done.
const FINISH_LIMIT: Duration = Duration::from_secs(3);
/// And then for how it went to be kept.
const KEEP_LIMIT: Duration = Duration::from_secs(1);

/// Does what actions want. How each went comes back through the inbox. Until there is an action there is no thread, and no
/// file is touched.
pub struct Actions {
    context: WorkerContext,
    /// Taken when the thread is started.
    dispatcher: Mutex<Option<Dispatcher>>,
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
        let (office, groups) = (Arc::new(JobQueue::default()), Arc::new(ProcessGroups::default()));
        let tools = WorkerContext { office, inbox, groups, deliver, host: machine::host_name().into() };
        let (actions, were_trusted, untrusted, owned) = (None, true, BTreeSet::new(), None);
        let keeper =
            Dispatcher { tools: tools.clone(), settings_file, folder, actions, were_trusted, untrusted, owned };
        Actions { context: tools, dispatcher: Mutex::new(Some(keeper)) }
    }

    /// Has an action done. Never waits.
    pub fn request(&self, act: ActionRequest) {
        self.send(DispatchMessage::Request(act));
    }

    /// Says which actions there are now: at the start, and whenever the settings change. Goes on with what an earlier run
    /// left undelivered, and forgets what belongs to actions that are gone. Never waits.
    pub fn take_settings(&self, actions: &[Arc<Action>]) {
        let is_idle = self.dispatcher.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if !(is_idle && actions.is_empty()) {
            self.send(DispatchMessage::Settings(actions.to_vec()));
        }
    }

    fn send(&self, letter: DispatchMessage) {
        if let Some(lost) = self.context.office.send(letter) {
            self.context.report(&lost.action.name, Err("more waits than can be kept: the oldest was dropped".into()));
        }
        let Some(keeper) = self.dispatcher.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        if let Err(error) = Builder::new().name("actions".into()).spawn(move || keeper.run()) {
            super::console::writer::warn(&format!("actions are not done: could not start a thread: {error}"));
        }
    }
}

impl Drop for Actions {
    /// Waits a moment for what is being done: the answer to the alert that came just before the end. Commands that take
    /// longer are asked to end, and deliveries have a second more; what is not delivered by then stays in the outbox.
    fn drop(&mut self) {
        if self.dispatcher.get_mut().unwrap_or_else(PoisonError::into_inner).is_some() {
            return;
        }
        self.context.office.finish(FINISH_LIMIT);
        if self.context.groups.terminate_all() > 0 {
            super::console::writer::warn("an action was still running a command, which was asked to end");
        }
        self.context.office.wait_for_dispatcher(KEEP_LIMIT);
    }
}
