//! The payloads of webhooks, by preset: pure text, without the secrets of the settings.
//!
//! Names of processes and of the machine may hold anything. They are shortened and freed of control characters here,
//! before they become part of a sentence, and the whole is then escaped as each receiver demands. Loadline's own JSON alone
//! has them as they are: JSON has an escape for everything, and a program wants the name itself.

mod alertmanager;
mod chat;
mod ntfy;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::core::alerts::event::{AlertEvent, SuppressedBy};
use crate::core::escape::for_terminal;
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::processes::top_apps::AppUsage;
use crate::core::settings::action::Preset;
use crate::core::{json, text};

/// The longest name in a text.
const MAX_NAME_CHARS: usize = 120;
const JSON: &str = "application/json";
/// Marks the text of a test.
const TEST_MARK: &str = "Test: ";

/// A request's body and its own headers. It stays on disk until it is delivered, so it holds no secrets.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Appended to the path of the address in the settings; may be empty.
    pub path: String,
    pub content_type: String,
    /// Names and values of further headers.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Message {
    /// The message of `preset` about `line`, an alert or its end, which happened on the machine called `host`. A test that a
    /// person asked for (`is_test`) is marked as one.
    pub fn of(preset: Preset, line: &OutputLine, host: &str, is_test: bool) -> Message {
        let content = Content::of(line, host, is_test);
        match preset {
            Preset::Json => Message::json(json::json_for_action(line, host, is_test)),
            Preset::Slack => Message::json(chat::slack(&content).to_string()),
            Preset::Discord => Message::json(chat::discord(&content).to_string()),
            Preset::Teams => Message::json(chat::teams(&content).to_string()),
            Preset::Ntfy => ntfy::message(&content),
            Preset::Alertmanager => Message {
                path: alertmanager::PATH.into(),
                ..Message::json(alertmanager::alerts(line, &content).to_string())
            },
        }
    }

    /// Whether `preset` makes messages of this form. One that was read from a file must be: its path and the names of its headers
    /// would say where the secrets of the settings go.
    pub fn is_of(&self, preset: Preset) -> bool {
        let (path, content_type, headers): (&str, &str, &[&str]) = match preset {
            Preset::Json | Preset::Slack | Preset::Discord | Preset::Teams => ("", JSON, &[]),
            Preset::Alertmanager => (alertmanager::PATH, JSON, &[]),
            Preset::Ntfy => ("", ntfy::CONTENT_TYPE, &ntfy::HEADERS),
        };
        let is_body = match content_type {
            JSON => serde_json::from_str::<IgnoredAny>(&self.body).is_ok(),
            _ => self.body.len() <= ntfy::LIMIT_BYTES,
        };
        let names = self.headers.iter().map(|(name, _)| name.as_str());
        let is_value = |value: &str| value.chars().all(|c| c == ' ' || c.is_ascii_graphic());
        is_body
            && self.path == path
            && self.content_type == content_type
            && names.eq(headers.iter().copied())
            && self.headers.iter().all(|(_, value)| is_value(value))
    }

    fn json(body: String) -> Message {
        Message { path: String::new(), content_type: JSON.into(), headers: Vec::new(), body }
    }
}

/// The content of a message in sentences without markup. No text in it is longer than a few hundred characters.
struct Content {
    /// `Test: CPU 91% on studio`.
    title: String,
    /// The sentences below it; may be empty.
    body: String,
    host: String,
    /// With sanitized names.
    event: OutputEvent,
    is_test: bool,
}

impl Content {
    fn of(line: &OutputLine, host: &str, is_test: bool) -> Content {
        let (event, host) = (sanitize(&line.event), sanitize_name(host));
        let mark = if is_test { TEST_MARK } else { "" };
        let title = format!("{mark}{} on {host}", text::alerts::title(&event));
        Content { title, body: text::alerts::body(&event), host, event, is_test }
    }

    fn is_alert(&self) -> bool {
        matches!(self.event, OutputEvent::Alert(_))
    }

    /// The title and the sentences below it.
    fn text(&self) -> String {
        if self.body.is_empty() { self.title.clone() } else { format!("{}\n{}", self.title, self.body) }
    }
}

/// The same event with sanitized names.
fn sanitize(event: &OutputEvent) -> OutputEvent {
    let OutputEvent::Alert(alert) = event else { return event.clone() };
    let app = |app: &AppUsage| AppUsage { name: sanitize_name(&app.name).into(), ..app.clone() };
    let top_apps: Option<Arc<[AppUsage]>> = alert.top_apps.as_ref().map(|apps| apps.iter().map(app).collect());
    let suppressed_by = match &alert.suppressed_by {
        Some(SuppressedBy::Ignored(name)) => Some(SuppressedBy::Ignored(sanitize_name(name).into())),
        other => other.clone(),
    };
    OutputEvent::Alert(AlertEvent { top_apps, suppressed_by, ..alert.clone() })
}

/// A name on one line, without characters that reorder or hide text, and not long.
fn sanitize_name(name: &str) -> String {
    truncate_measured(for_terminal(name).chars().map(String::from), MAX_NAME_CHARS, |piece| piece.chars().count())
}

/// As many of the `pieces` as fit into `limit`, measured by `size`; `…` stands for the rest.
fn truncate_measured(pieces: impl Iterator<Item = String>, limit: usize, size: impl Fn(&str) -> usize) -> String {
    const ELLIPSIS: &str = "…";
    let (mut text, mut text_size, mut end_before_ellipsis) = (String::new(), 0, 0);
    for piece in pieces {
        text_size += size(&piece);
        if text_size > limit {
            text.truncate(end_before_ellipsis);
            text.push_str(ELLIPSIS);
            break;
        }
        text.push_str(&piece);
        if text_size + size(ELLIPSIS) <= limit {
            end_before_ellipsis = text.len();
        }
    }
    text
}
