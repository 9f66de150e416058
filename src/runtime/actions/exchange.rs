//! One exchange of an action with a command or a server: request, response and outcome.

use std::sync::Arc;
use std::time::Duration;

use crate::core::actions::payload::Message;
use crate::core::settings::action::Action;

/// The most that is kept of an output or a response.
pub const MAX_RESPONSE_BYTES: usize = 64 << 10;

/// One attempt to deliver a message.
pub type Deliver = Arc<dyn Fn(&Action, &Message) -> Exchange + Send + Sync>;

/// One exchange, as it may be shown: secrets are masked.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// The command line and its input, or the HTTP request.
    pub sent: String,
    /// The output of a command or the response of a server, at most 64 KiB.
    pub response: String,
    pub outcome: Result<(), Failure>,
}

/// Why an action failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// One sentence: the cause and the way out. The same failure has the same text every time.
    pub text: String,
    /// Whether another attempt may do better.
    pub is_retryable: bool,
    /// The pause that the server asked for (`Retry-After`).
    pub retry_after: Option<Duration>,
}

/// A failure that another attempt would meet too.
pub fn permanent(text: impl Into<String>) -> Failure {
    Failure { text: text.into(), is_retryable: false, retry_after: None }
}

/// A failure that another attempt may not meet.
pub fn transient(text: impl Into<String>) -> Failure {
    Failure { is_retryable: true, ..permanent(text) }
}

impl Failure {
    /// The exchange of an attempt that failed before anything was sent.
    pub fn unsent(self) -> Exchange {
        Exchange { sent: String::new(), response: String::new(), outcome: Err(self) }
    }
}
