//! What a webhook is sent, by preset: pure text, without the secrets of the settings.
//!
//! Names of processes and of the machine may hold anything. They are shortened and freed of control characters here,
//! before they are put into words, and the whole is then escaped as each receiver demands. Loadline's own JSON alone
//! has them as they are: JSON has an escape for everything, and a program wants the name itself.

mod alertmanager;
mod chat;
mod ntfy;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::core::alerts::event::{AlertEvent, SuppressedBy};
use crate::core::escape::for_terminal;
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::processes::top_apps::AppUsage;
use crate::core::settings::action::Preset;
use crate::core::{json, text};

/// The longest name in a text, in characters.
const MAX_NAME_CHARS: usize = 120;
/// What marks the text of a trial.
const TEST_MARK: &str = "Test: ";

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
    /// What `preset` says of `line`, an alert or its end, which happened on the machine called `host`. A trial that a
    /// person asked for (`is_test`) says that it is one.
    pub fn of(preset: Preset, line: &OutputLine, host: &str, is_test: bool) -> Message {
        let told = Content::of(line, host, is_test);
        match preset {
            Preset::Json => Message::json(json::json_for_action(line, host, is_test)),
            Preset::Slack => Message::json(text(&chat::slack(&told))),
            Preset::Discord => Message::json(text(&chat::discord(&told))),
            Preset::Teams => Message::json(text(&chat::teams(&told))),
            Preset::Ntfy => ntfy::message(&told),
            Preset::Alertmanager => {
                Message { path: alertmanager::PATH.into(), ..Message::json(text(&alertmanager::alerts(line, &told))) }
            }
        }
    }

    fn json(body: String) -> Message {
        Message { path: String::new(), content_type: "application/json".into(), headers: Vec::new(), body }
    }
}

fn text(value: &Value) -> String {
    value.to_string()
}

/// What there is to tell, in words and without markup. Nothing in it is longer than a few hundred characters.
struct Content {
    /// `Test: CPU 91% on studio`.
    title: String,
    /// The sentences below it; may be empty.
    body: String,
    /// The machine.
    host: String,
    /// What happened, with names that can be shown.
    said: OutputEvent,
    /// Whether a person asked for it as a trial.
    is_test: bool,
}

impl Content {
    fn of(line: &OutputLine, host: &str, is_test: bool) -> Content {
        let (said, host) = (tame(&line.event), tame_name(host));
        let mark = if is_test { TEST_MARK } else { "" };
        let title = format!("{mark}{} on {host}", text::alerts::title(&said));
        Content { title, body: text::alerts::body(&said), host, said, is_test }
    }

    fn is_alert(&self) -> bool {
        matches!(self.said, OutputEvent::Alert(_))
    }

    /// The title and what is below it.
    fn text(&self) -> String {
        if self.body.is_empty() { self.title.clone() } else { format!("{}\n{}", self.title, self.body) }
    }
}

/// The same with names that can be shown.
fn tame(said: &OutputEvent) -> OutputEvent {
    let OutputEvent::Alert(said) = said else { return said.clone() };
    let process = |p: &AppUsage| AppUsage { name: tame_name(&p.name).into(), ..p.clone() };
    let processes: Option<Arc<[AppUsage]>> = said.top_apps.as_ref().map(|all| all.iter().map(process).collect());
    let silence = match &said.suppressed_by {
        Some(SuppressedBy::Ignored(name)) => Some(SuppressedBy::Ignored(tame_name(name).into())),
        other => other.clone(),
    };
    OutputEvent::Alert(AlertEvent { top_apps: processes, suppressed_by: silence, ..said.clone() })
}

/// On one line, with nothing that reorders or hides text, and not long.
fn tame_name(name: &str) -> String {
    cut(for_terminal(name).chars().map(String::from), MAX_NAME_CHARS, |piece| piece.chars().count())
}

/// As many of the `pieces` as `limit` allows, of the measure that `size` gives, with `…` for the rest.
fn cut(pieces: impl Iterator<Item = String>, limit: usize, size: impl Fn(&str) -> usize) -> String {
    const ELLIPSIS: &str = "…";
    let (mut kept, mut kept_size, mut room_for_ellipsis) = (String::new(), 0, 0);
    for piece in pieces {
        kept_size += size(&piece);
        if kept_size > limit {
            kept.truncate(room_for_ellipsis);
            kept.push_str(ELLIPSIS);
            break;
        }
        kept.push_str(&piece);
        if kept_size + size(ELLIPSIS) <= limit {
            room_for_ellipsis = kept.len();
        }
    }
    kept
}
