//! One request of a push, by the transport of webhooks and with the trust of actions.

use std::sync::Arc;

use crate::core::actions::payload::Message;
use crate::core::fleet::push::remote_write::{CONTENT_TYPE, HEADERS, request};
use crate::core::fleet::push::schedule::{PushReply, compare};
use crate::core::fleet::table::MachineIdentity;
use crate::core::settings::metrics::PushSettings;
use crate::core::text::fleet::push as text;
use crate::runtime::actions::exchange::transient;
use crate::runtime::actions::permissions::Permissions;
use crate::runtime::actions::webhook::{Answer, BytesSender};
use crate::runtime::clock;

/// Sends requests to the server of the settings.
pub struct PushSender {
    settings: PushSettings,
    permissions: Arc<Permissions>,
    sender: BytesSender,
    message: Message,
}

/// A request and its answer.
pub struct PushExchange {
    /// The request as it may be shown, without its body.
    pub sent: String,
    /// The answer as it may be shown; empty without one.
    pub response: String,
    pub reply: PushReply,
}

impl PushSender {
    /// A sender by `settings`, as long as `permissions` allow it.
    pub fn new(settings: PushSettings, permissions: Arc<Permissions>) -> PushSender {
        let headers = HEADERS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let message =
            Message { path: String::new(), content_type: CONTENT_TYPE.to_owned(), headers, body: String::new() };
        let sender = BytesSender::new(Arc::clone(&settings.target));
        PushSender { settings, permissions, sender, message }
    }

    /// Goes on with other settings.
    pub fn change(&mut self, settings: PushSettings) {
        self.sender = BytesSender::new(Arc::clone(&settings.target));
        self.settings = settings;
    }

    /// Sends a request without values, and compares the clocks by its answer. Returns the address as it may be shown.
    ///
    /// # Errors
    /// Why nothing can be pushed: one sentence.
    pub fn probe(&mut self, identity: &MachineIdentity) -> Result<String, String> {
        if identity.host_id.is_none() {
            return Err(text::NO_NAME.into());
        }
        let PushExchange { sent, reply, .. } = self.send(&request(&[]));
        reply.problem.map_or(Ok(()), Err)?;
        compare(reply.server_time, clock::now().wall.timestamp())?;
        Ok(sent.lines().next().unwrap_or_default().trim_start_matches("POST ").to_owned())
    }

    /// Makes one attempt to send `body`.
    pub fn send(&mut self, body: &[u8]) -> PushExchange {
        let (sent, answer) = match self.permissions.check(&self.settings.target) {
            Ok(()) => self.sender.send(&self.message, body),
            Err(reason) => (String::new(), Answer::none(transient(reason))),
        };
        let Answer { status, date, text: response, is_page, outcome, .. } = answer;
        // A server for metrics has nothing to show to people. A login page or a wrong address takes all there is.
        let outcome = if is_page { outcome.and(Err(transient(text::WEB_PAGE))) } else { outcome };
        let reply = match outcome {
            Ok(()) => PushReply { status, server_time: date, ..PushReply::default() },
            Err(failure) => PushReply {
                problem: Some(text::not_pushed(&failure.text)),
                is_retryable: failure.is_retryable,
                retry_after: failure.retry_after,
                status,
                server_time: date,
            },
        };
        PushExchange { sent, response, reply }
    }
}
