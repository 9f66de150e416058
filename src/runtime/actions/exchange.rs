//! One exchange of an action with the world: what was sent, what came back, and how it failed.

use std::sync::Arc;
use std::time::Duration;

use crate::core::actions::payload::Message;
use crate::core::settings::action::Action;

/// How much of what comes back from an action is kept, bytes.
pub const KEPT_BYTES: usize = 64 << 10;

/// One attempt to deliver a message.
pub type Deliver = Arc<dyn Fn(&Action, &Message) -> Exchange + Send + Sync>;

/// What passed between Loadline and whom an action speaks to, as it may be shown: secrets are masked.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// What was run or sent.
    pub sent: String,
    /// What came back: the output of a command, the answer of a server. At most 64 KiB.
    pub response: String,
    /// How it went.
    pub outcome: Result<(), Failure>,
}

/// Why an action failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// One sentence: what went wrong, and the way out. The same failure has the same text every time.
    pub text: String,
    /// Whether another attempt may do better.
    pub is_retryable: bool,
    /// How long the other side asked to be left alone (`Retry-After`).
    pub retry_after: Option<Duration>,
}
