//! Runs actions: commands are run, webhooks are called. Nothing here decides anything about alerts.
//!
//! The dispatcher's thread ([`dispatcher`]) adds each request to the queue of its action ([`queue`]); one worker for each
//! action in use ([`worker`]) does the jobs in order. So neither a slow disk nor a hanging command delays anything else.

pub mod attribution;
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

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::console::writer;
use super::inbox::Inbox;
use super::sources::machine;
use crate::core::messages::effect::ActionRequest;
use crate::core::settings::Settings;
use crate::core::settings::action::{Action, ActionKind};
use crate::core::text::actions as text;
use crate::runtime::service::failures;
use crate::runtime::{clock, platform};
use dispatcher::Dispatcher;
use exchange::Deliver;
use permissions::Permissions;
use queue::{DispatchMessage, dispatch_queue};
use worker::WorkerContext;

/// The name of the dispatcher's thread.
const DISPATCHER: &str = "actions";

/// How long the end of the program waits for actions.
pub struct FinishLimits {
    /// For jobs that wait or are in work.
    pub jobs: Duration,
    /// And then for the last results to be stored.
    pub results: Duration,
}

/// Runs actions. Their outcomes come back through the inbox. Until there is an action there is no thread, and no file is
/// touched.
pub struct Actions {
    context: WorkerContext,
    /// Taken when its thread is started.
    dispatcher: Mutex<Option<Dispatcher>>,
    pub limits: FinishLimits,
}

impl Actions {
    /// Ready to run the actions of `settings_file`, with the outbox in `folder`.
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
        let (dispatch, queues) = (Arc::new(dispatch_queue()), Arc::default());
        let (groups, host) = (Arc::default(), machine::host_name().into());
        let permissions = Arc::new(Permissions::new(settings_file, folder.as_deref()));
        let hidden_variables = Arc::default();
        let context = WorkerContext { dispatch, queues, inbox, groups, deliver, permissions, hidden_variables, host };
        let dispatcher = Dispatcher::new(context.clone(), folder);
        let limits = FinishLimits { jobs: Duration::from_secs(3), results: Duration::from_secs(1) };
        Actions { context, dispatcher: Mutex::new(Some(dispatcher)), limits }
    }

    /// Requests the run of an action. Never waits.
    pub fn request(&self, request: ActionRequest) {
        // A command may wait for the ones before it: now the processes are those that the alert names.
        let is_command = matches!(request.action.kind, ActionKind::Command { .. });
        let uids = is_command.then(|| attribution::owners(&request.line)).flatten();
        let evicted = self.context.dispatch.push(DispatchMessage::Request(request, uids));
        if let Some(DispatchMessage::Request(evicted, _)) = evicted {
            self.context.report(&evicted.action.name, Err(text::QUEUE_FULL.into()));
        }
        self.start_dispatcher();
    }

    /// Takes over the actions of the settings: at the start, and whenever they change. Delivers what an earlier run left
    /// undelivered, and forgets the work of removed actions. Never waits.
    pub fn take_settings(&self, actions: &[Arc<Action>]) {
        let is_idle = self.dispatcher.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if !(is_idle && actions.is_empty()) {
            self.context.dispatch.push_unbounded(DispatchMessage::Settings(actions.to_vec()));
            self.start_dispatcher();
        }
    }

    /// Hides the variables with the secrets of `settings` from all commands that are started from now on.
    pub fn hide_variables(&self, settings: &Settings) {
        self.context.hide_variables(settings);
    }

    fn start_dispatcher(&self) {
        // What is requested waits.
        if !failures::rest(DISPATCHER).is_zero() {
            return;
        }
        let dispatcher = self.dispatcher.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(dispatcher) = dispatcher else { return };
        let messages = self.context.dispatch.receiver();
        if let Err(error) = platform::start_thread(DISPATCHER, move || dispatcher.run(messages)) {
            writer::warn(&text::no_dispatcher(error));
        }
    }
}

/// The time that is left until `limit` has passed.
fn until(limit: Duration) -> impl Fn() -> Duration {
    let deadline = clock::monotonic().saturating_add(limit);
    move || deadline.saturating_sub(clock::monotonic())
}

impl Drop for Actions {
    /// Waits within limits for jobs that wait or are in work: the alert just before the end has its actions run too. Then
    /// asks commands to end, and waits for the last results to be stored. Undelivered messages stay in the outbox.
    fn drop(&mut self) {
        if self.dispatcher.get_mut().unwrap_or_else(PoisonError::into_inner).is_some() {
            return;
        }
        let WorkerContext { dispatch, queues, groups, .. } = &self.context;
        let left = until(self.limits.jobs);
        dispatch.drain(Some(left()));
        queues.finish(left());
        dispatch.drain(Some(left()));
        if groups.terminate_all() > 0 {
            writer::warn(text::COMMAND_STILL_RAN);
        }
        // A delivery that ends in time is stored: else the next run would make it again.
        let left = until(self.limits.results);
        queues.finish(left());
        dispatch.finish(Some(left()));
    }
}
