//! What a webhook is sent, by preset: pure text, without the secrets of the settings.

use serde::{Deserialize, Serialize};

use super::action::Preset;
use super::record;
use super::said::Line;

/// A request's body and what belongs to it. Kept on disk until it is delivered, so it holds no secrets.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Message {
    /// What is put behind the path of the address in the settings; empty for nothing.
    pub path: String,
    /// The `Content-Type`.
    pub content_type: String,
    /// Further headers: names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Message {
    /// What `preset` says of `line`, which happened on the machine called `host`.
    pub fn of(_preset: Preset, line: &Line, host: &str, is_test: bool) -> Message {
        Message {
            path: String::new(),
            content_type: "application/json".into(),
            headers: Vec::new(),
            body: record::json_for_action(line, host, is_test),
        }
    }
}
