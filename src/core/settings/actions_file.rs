//! The list `actions` of the settings file: to [`Action`]s and back.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};

use super::action::{Action, ActionKind, Preset};
use crate::core::duration::{self, Bounds};
use crate::core::metrics::metric::Metric;

/// How long a name may be, in characters: it stands in a menu row.
const MAX_NAME: usize = 64;
/// How long an action may take.
const TIMEOUT: Bounds = Bounds { min: Duration::from_secs(1), max: Duration::from_secs(600) };
/// How much time may be asked for between two runs.
const AT_MOST_EVERY: Bounds = Bounds { min: Duration::ZERO, max: Duration::from_secs(24 * 3600) };

/// What an action answers to.
const OCCASIONS: [(&str, Occasion); 2] = [("alert", Occasion::Alert), ("recovery", Occasion::Recovery)];
const METRICS: [(&str, Metric); 2] = [("cpu", Metric::Cpu), ("memory", Metric::Memory)];

#[derive(Clone, Copy, PartialEq)]
enum Occasion {
    Alert,
    Recovery,
}

/// Reads the list; `null` is an empty one.
///
/// # Errors
/// What is wrong with one of them, and the way out.
pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Arc<Action>>, D::Error> {
    Ok(Option::<List>::deserialize(deserializer)?.map(|list| list.0).unwrap_or_default())
}

/// The list as it stands in the file.
pub fn to_value(actions: &[Arc<Action>]) -> Value {
    actions.iter().map(|action| entry(action)).collect()
}

fn entry(action: &Action) -> Value {
    let occasions = [("alert", action.on_alert), ("recovery", action.on_recovery)];
    let on: Vec<&str> = occasions.iter().filter(|(_, wanted)| *wanted).map(|(word, _)| *word).collect();
    let metrics: Vec<&str> = action.metrics.iter().map(|metric| metric.key()).collect();
    let mut entry = json!({ "name": action.name, "on": on, "metrics": metrics });
    match &action.kind {
        ActionKind::Command { argv } => entry["command"] = json!(argv),
        ActionKind::Webhook { url, preset, headers } => {
            let named = Preset::ALL.iter().find(|(_, known)| known == preset).map(|(name, _)| *name);
            let headers = headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            entry["webhook"] = json!(url);
            entry["preset"] = json!(named);
            entry["headers"] = Value::Object(headers);
        }
    }
    entry["timeout"] = json!(duration::write(action.timeout));
    entry["at_most_every"] = json!(duration::write(action.min_interval));
    entry
}

struct List(Vec<Arc<Action>>);

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<List, D::Error> {
        struct Actions;
        impl<'de> Visitor<'de> for Actions {
            type Value = List;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of actions: [{\"name\": ..., \"command\": [...]}]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List, A::Error> {
                let mut actions: Vec<Arc<Action>> = Vec::new();
                while let Some(OneAction(action)) = list.next_element()? {
                    if actions.iter().any(|earlier| earlier.name == action.name) {
                        let name = &action.name;
                        return Err(A::Error::custom(format_args!(
                            "has two actions named '{name}': give each a name of its own"
                        )));
                    }
                    actions.push(Arc::new(action));
                }
                Ok(List(actions))
            }
        }
        deserializer.deserialize_seq(Actions)
    }
}

struct OneAction(Action);

impl<'de> Deserialize<'de> for OneAction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<OneAction, D::Error> {
        struct Entry;
        impl<'de> Visitor<'de> for Entry {
            type Value = OneAction;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an action: an object with 'name' and 'command' or 'webhook'")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OneAction, A::Error> {
                let mut found = Found::default();
                while let Some(key) = map.next_key::<String>()? {
                    if found.keys.contains(&key) {
                        return Err(A::Error::custom(format_args!("has '{key}' twice: keep one")));
                    }
                    found.take(&key, &mut map)?;
                    found.keys.push(key);
                }
                found.action().map(OneAction).map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_map(Entry)
    }
}

/// What an action may hold, for error messages.
const KEYS: &str = "give name, on, metrics, command, webhook, preset, headers, timeout, at_most_every or note";

/// The keys of one action that were found, and what the known ones say.
#[derive(Default)]
struct Found {
    keys: Vec<String>,
    name: Option<String>,
    on: Option<Vec<Occasion>>,
    metrics: Option<Vec<Metric>>,
    command: Option<Vec<String>>,
    webhook: Option<String>,
    preset: Option<Preset>,
    headers: Option<Vec<(String, String)>>,
    timeout: Option<Duration>,
    at_most_every: Option<Duration>,
}

impl Found {
    fn take<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "name" => self.name = map.next_value_seed(Checked(name))?,
            "on" => self.on = map.next_value_seed(Checked(|words: Vec<String>| known(&OCCASIONS, &words)))?,
            "metrics" => self.metrics = map.next_value_seed(Checked(|words: Vec<String>| known(&METRICS, &words)))?,
            "command" => self.command = map.next_value_seed(Checked(argv))?,
            "webhook" => self.webhook = map.next_value_seed(Checked(url))?,
            "preset" => self.preset = map.next_value_seed(Checked(|word: String| one_known(&Preset::ALL, &word)))?,
            "headers" => self.headers = map.next_value_seed(Checked(headers))?,
            "timeout" => self.timeout = map.next_value_seed(Checked(|text: String| length(TIMEOUT, &text)))?,
            "at_most_every" => {
                self.at_most_every = map.next_value_seed(Checked(|text: String| length(AT_MOST_EVERY, &text)))?;
            }
            // A person's own words: JSON has no comments.
            "note" => {
                map.next_value::<IgnoredAny>()?;
            }
            // Elsewhere in the settings an unknown key is kept. Here it may be a slip that has more done than was asked.
            _ => return Err(A::Error::custom(format_args!("has '{key}', which is not known: {KEYS}"))),
        }
        Ok(())
    }

    fn action(self) -> Result<Action, String> {
        let name = self.name.ok_or("has no 'name': give it one")?;
        let (deed, timeout, at_most_every) = match (self.command, self.webhook) {
            (Some(argv), None) => {
                if self.preset.is_some() || self.headers.is_some() {
                    let key = if self.preset.is_some() { "preset" } else { "headers" };
                    return Err(format!("has '{key}', which is for webhooks, beside 'command': take one of them out"));
                }
                (ActionKind::Command { argv }, Action::COMMAND_TIMEOUT, Action::COMMAND_MIN_INTERVAL)
            }
            (None, Some(url)) => {
                let (preset, headers) = (self.preset.unwrap_or(Preset::Json), self.headers.unwrap_or_default());
                (ActionKind::Webhook { url, preset, headers }, Action::WEBHOOK_TIMEOUT, Duration::ZERO)
            }
            (Some(_), Some(_)) => {
                return Err("has both 'command' and 'webhook': make two actions of it".into());
            }
            (None, None) => {
                let keys: Vec<String> = self.keys.iter().map(|key| format!("'{key}'")).collect();
                return Err(format!("has neither 'command' nor 'webhook', only {}: add one of them", keys.join(", ")));
            }
        };
        let is_webhook = matches!(deed, ActionKind::Webhook { .. });
        let on = |occasion, default| self.on.as_ref().map_or(default, |on| on.contains(&occasion));
        Ok(Action {
            name,
            on_alert: on(Occasion::Alert, true),
            on_recovery: on(Occasion::Recovery, is_webhook),
            metrics: self.metrics.unwrap_or_else(|| Metric::ALL.to_vec()),
            min_interval: self.at_most_every.unwrap_or(at_most_every),
            timeout: self.timeout.unwrap_or(timeout),
            kind: deed,
        })
    }
}

/// Reads a value and makes of it what is wanted, so that an error of either has the value's own place. `null` is nothing.
struct Checked<T, U>(fn(T) -> Result<U, String>);

impl<'de, T: Deserialize<'de>, U> DeserializeSeed<'de> for Checked<T, U> {
    type Value = Option<U>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<U>, D::Error> {
        Option::<T>::deserialize(deserializer)?.map(self.0).transpose().map_err(D::Error::custom)
    }
}

fn name(name: String) -> Result<String, String> {
    if name.trim().is_empty() {
        return Err("is empty: say what the action is called".into());
    }
    if name.chars().count() > MAX_NAME {
        return Err(format!("is longer than {MAX_NAME} characters: give a shorter one"));
    }
    if name.chars().any(char::is_control) {
        return Err("has a control character in it: take it out".into());
    }
    Ok(name)
}

/// What `words` mean, in the order of the list; at least one, each once.
fn known<T: Copy + PartialEq>(all: &[(&str, T)], words: &[String]) -> Result<Vec<T>, String> {
    if words.is_empty() {
        return Err(format!("is empty: give {}", alternatives(all, "or both")));
    }
    let mut meant: Vec<T> = words.iter().map(|word| one_known(all, word)).collect::<Result<_, _>>()?;
    meant.sort_by_key(|value| all.iter().position(|(_, known)| known == value));
    meant.dedup();
    Ok(meant)
}

fn one_known<T: Copy>(all: &[(&str, T)], word: &str) -> Result<T, String> {
    let found = all.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
    found.ok_or_else(|| format!("has '{word}', which is not known: give {}", alternatives(all, "")))
}

/// `json, slack or ntfy`, and `alert, recovery or both`.
fn alternatives<T>(all: &[(&str, T)], or_more: &str) -> String {
    let words: Vec<&str> = all.iter().map(|(word, _)| *word).collect();
    match (words.split_last(), or_more) {
        (Some((last, [])), _) => (*last).to_owned(),
        (Some((last, rest)), "") => format!("{} or {last}", rest.join(", ")),
        _ => format!("{} {or_more}", words.join(", ")),
    }
}

fn argv(argv: Vec<String>) -> Result<Vec<String>, String> {
    match argv.first() {
        None => return Err("is empty: give the program and its arguments, each as a text of its own".into()),
        Some(program) if program.is_empty() => return Err("begins with an empty text: give the program first".into()),
        Some(_) => {}
    }
    // A script may well have lines.
    if argv.iter().any(|word| word.contains('\0')) {
        return Err("has a NUL in it: take it out".into());
    }
    Ok(argv)
}

/// The address is not repeated in an error: it may be a secret.
fn url(url: String) -> Result<String, String> {
    single_line(&url)?;
    let begins_with = |scheme: &str| url.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    if ["https://", "http://", "${"].iter().any(|scheme| begins_with(scheme)) {
        Ok(url)
    } else {
        Err("is not a web address: begin it with https:// or http://, or with ${NAME} for what is in the \
             environment"
            .into())
    }
}

fn headers(Headers(headers): Headers) -> Result<Vec<(String, String)>, String> {
    for (name, value) in &headers {
        single_line(value)?;
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(format!("has '{name}', which is not the name of a header: use letters, digits and '-'"));
        }
    }
    Ok(headers)
}

/// Source: RFC 9110, 5.6.2, "token".
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn single_line(text: &str) -> Result<(), String> {
    if text.contains(['\0', '\n', '\r']) {
        return Err("has a line break or a NUL in it: take it out".into());
    }
    Ok(())
}

fn length(bounds: Bounds, text: &str) -> Result<Duration, String> {
    bounds.parse(text).map_err(|wrong| format!("is '{text}', which {wrong}"))
}

/// The headers, in the order of the file.
struct Headers(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Headers, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Headers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with the names and values of headers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
                let mut headers = Vec::new();
                while let Some(header) = map.next_entry()? {
                    headers.push(header);
                }
                Ok(Headers(headers))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests;
