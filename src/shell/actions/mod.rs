//! What is done in answer to an alert: commands that are run, webhooks that are called.

mod address;
mod failures;
mod network;
mod proxy;
mod request;
mod secrets;
mod trust;
pub mod webhook;

use std::time::Duration;

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
