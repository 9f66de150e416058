//! The list `actions` of the settings file: to [`Action`]s and back.

use std::sync::Arc;
use std::time::Duration;

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::action::{Action, ActionKind, Preset};
use super::json_error::{describe_at, place, read_part};
use super::values::{checked, within};
use crate::core::actions::address::slip;
use crate::core::duration::{self, Bounds};
use crate::core::metrics::metric::Metric;
use crate::core::text::settings::actions as text;
use crate::core::text::settings::file::list_for_object;

/// The longest name: it stands in a menu row.
const MAX_NAME_CHARS: usize = 64;
const TIMEOUT: Bounds = Bounds { min: Duration::from_secs(1), max: Duration::from_secs(600) };
const MIN_INTERVAL: Bounds = Bounds { min: Duration::ZERO, max: Duration::from_secs(24 * 3600) };

/// One action as it stands in the file.
///
/// Elsewhere in the settings an unknown key is kept. Here it may be a slip that has more done than was asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an action: an object with 'name' and 'command' or 'webhook'")]
struct ActionJson {
    #[serde(default, deserialize_with = "name")]
    name: Option<String>,
    #[serde(default, deserialize_with = "on")]
    on: Option<Vec<Occasion>>,
    #[serde(default, deserialize_with = "metrics")]
    metrics: Option<Vec<MetricJson>>,
    #[serde(default, deserialize_with = "command")]
    command: Option<Vec<String>>,
    #[serde(default, deserialize_with = "webhook")]
    webhook: Option<String>,
    preset: Option<Preset>,
    #[serde(default, deserialize_with = "headers")]
    headers: Option<Vec<(String, String)>>,
    #[serde(default, deserialize_with = "timeout")]
    timeout: Option<Duration>,
    #[serde(default, deserialize_with = "min_interval")]
    at_most_every: Option<Duration>,
    /// A person's own words: JSON has no comments.
    #[serde(default, rename = "note")]
    _note: IgnoredAny,
}

/// The events that an action subscribes to.
#[derive(Clone, Copy, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Occasion {
    Alert,
    Recovery,
    Forecast,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum MetricJson {
    Cpu,
    Memory,
}

/// The list as it was read.
#[derive(Debug, Default, PartialEq)]
pub struct ActionList {
    pub actions: Vec<Arc<Action>>,
    /// A sentence for each action that is left out.
    pub mistakes: Vec<String>,
}

/// Reads the list, a part of the whole file's `text`; `None` is an empty one. An action with a mistake in it is left out: a
/// slip in one must not silence the others, nor the alerts.
pub fn read(list: Option<&RawValue>, whole: &str) -> ActionList {
    let mut read = ActionList::default();
    let Some(list) = list else { return read };
    let entries: Vec<&RawValue> = match serde_json::from_str(list.get()) {
        Ok(entries) => entries,
        Err(error) => {
            let mistake = describe_at("actions", &error, place(list, &error, whole));
            read.mistakes.push(text::all_left_out(mistake));
            return read;
        }
    };
    for (at, entry) in entries.into_iter().enumerate() {
        match read_entry(at, entry, whole) {
            Ok(action) if read.actions.iter().any(|other| other.name == action.name) => {
                read.mistakes.push(text::left_out(format!("'actions' {}", text::same_name(&action.name))));
            }
            Ok(action) => read.actions.push(action),
            Err(mistake) => read.mistakes.push(text::left_out(mistake)),
        }
    }
    read
}

/// The error names the first mistake, with its place, and the way out.
fn read_entry(at: usize, entry: &RawValue, whole: &str) -> Result<Arc<Action>, String> {
    let key = format!("actions[{at}]");
    if entry.get().starts_with('[') {
        return Err(list_for_object(key));
    }
    read_part(&key, entry, whole).map(|ActionEntry(action)| action)
}

/// The list as it stands in the file.
pub fn to_value(actions: &[Arc<Action>]) -> Value {
    actions.iter().map(|action| entry(action)).collect()
}

fn entry(action: &Action) -> Value {
    let occasions = [
        (Occasion::Alert, action.on_alert),
        (Occasion::Recovery, action.on_recovery),
        (Occasion::Forecast, action.on_forecast),
    ];
    let on: Vec<_> = occasions.iter().filter(|(_, is_wanted)| *is_wanted).map(|(occasion, _)| occasion).collect();
    let metrics: Vec<&str> = action.metrics.iter().map(|metric| metric.key()).collect();
    let mut entry = json!({ "name": action.name, "on": on, "metrics": metrics });
    match &action.kind {
        ActionKind::Command { argv } => entry["command"] = json!(argv),
        ActionKind::Webhook { url, preset, headers } => {
            entry["webhook"] = json!(url);
            entry["preset"] = json!(preset);
            entry["headers"] = headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        }
    }
    entry["timeout"] = json!(duration::write(action.timeout));
    entry["at_most_every"] = json!(duration::write(action.min_interval));
    entry
}

#[derive(Deserialize)]
#[serde(try_from = "ActionJson")]
struct ActionEntry(Arc<Action>);

impl TryFrom<ActionJson> for ActionEntry {
    type Error = String;

    fn try_from(json: ActionJson) -> Result<ActionEntry, String> {
        let name = json.name.ok_or(text::NO_NAME)?;
        let (kind, default_timeout, default_interval) = match (json.command, json.webhook) {
            (Some(argv), None) => {
                let keys = [("preset", json.preset.is_some()), ("headers", json.headers.is_some())];
                if let Some((key, _)) = keys.iter().find(|(_, is_given)| *is_given) {
                    return Err(text::for_webhooks(key));
                }
                (ActionKind::Command { argv }, Action::COMMAND_TIMEOUT, Action::COMMAND_MIN_INTERVAL)
            }
            (None, Some(url)) => {
                let (preset, headers) = (json.preset.unwrap_or(Preset::Json), json.headers.unwrap_or_default());
                (ActionKind::Webhook { url, preset, headers }, Action::WEBHOOK_TIMEOUT, Duration::ZERO)
            }
            (Some(_), Some(_)) => return Err(text::TWO_KINDS.into()),
            (None, None) => return Err(text::NO_KIND.into()),
        };
        let on = |occasion, default| json.on.as_ref().map_or(default, |on| on.contains(&occasion));
        let has = |metric| json.metrics.as_ref().is_none_or(|metrics| metrics.contains(&metric));
        let metrics = [(Metric::Cpu, has(MetricJson::Cpu)), (Metric::Memory, has(MetricJson::Memory))];
        Ok(ActionEntry(Arc::new(Action {
            name,
            on_alert: on(Occasion::Alert, true),
            on_recovery: on(Occasion::Recovery, matches!(kind, ActionKind::Webhook { .. })),
            on_forecast: on(Occasion::Forecast, false),
            metrics: metrics.into_iter().filter(|(_, is_given)| *is_given).map(|(metric, _)| metric).collect(),
            min_interval: json.at_most_every.unwrap_or(default_interval),
            timeout: json.timeout.unwrap_or(default_timeout),
            kind,
            // Only one who knows where the text came from can tell.
            is_machine_wide: false,
            is_trusted: false,
        })))
    }
}

readers! {
    name: String = check_name;
    on: Vec<Occasion> = |on| not_empty(on, "alert, recovery, forecast or several");
    metrics: Vec<MetricJson> = |metrics| not_empty(metrics, "cpu, memory or both");
    command: Vec<String> = check_argv;
    webhook: String = check_url;
    headers: Vec<(String, String)> = check_headers;
    timeout: Duration = within(TIMEOUT);
    min_interval: Duration = within(MIN_INTERVAL);
}

fn not_empty<T>(list: Vec<T>, choices: &str) -> Result<Vec<T>, String> {
    if list.is_empty() { Err(text::empty(choices)) } else { Ok(list) }
}

fn check_name(name: String) -> Result<String, String> {
    if name.trim().is_empty() {
        return Err(text::EMPTY_NAME.into());
    }
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(text::long_name(MAX_NAME_CHARS));
    }
    if name.chars().any(char::is_control) {
        return Err(text::CONTROL_CHARACTER.into());
    }
    Ok(name)
}

fn check_argv(argv: Vec<String>) -> Result<Vec<String>, String> {
    match argv.first() {
        None => return Err(text::EMPTY_COMMAND.into()),
        Some(program) if program.is_empty() => return Err(text::NO_PROGRAM.into()),
        Some(_) => {}
    }
    // A script may well have lines.
    if argv.iter().any(|word| word.contains('\0')) {
        return Err(text::NUL.into());
    }
    Ok(argv)
}

/// Checks an address. It is not repeated in an error: it may be a secret.
pub(super) fn check_url(url: String) -> Result<String, String> {
    single_line(&url)?;
    let begins_with = |scheme: &str| url.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    if !["https://", "http://", "${"].iter().any(|scheme| begins_with(scheme)) {
        return Err(text::NOT_AN_ADDRESS.into());
    }
    slip(&url).map_or(Ok(url), Err)
}

/// The members of an object in order, also two of the same name: a header may be sent twice.
pub(super) struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pairs, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(text::HEADERS_WANTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
        std::iter::from_fn(|| map.next_entry().transpose()).collect::<Result<_, _>>().map(Pairs)
    }
}

/// Checks the names and values of headers.
pub(super) fn check_headers(Pairs(headers): Pairs) -> Result<Vec<(String, String)>, String> {
    let check_header = |(name, value): (String, Value)| {
        let Value::String(value) = value else { return Err(text::header_not_text(&name)) };
        single_line(&value)?;
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(text::bad_header_name(&name));
        }
        Ok((name, value))
    };
    headers.into_iter().map(check_header).collect()
}

/// Source: RFC 9110, 5.6.2, "token".
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn single_line(value: &str) -> Result<(), String> {
    if value.contains(['\0', '\n', '\r']) {
        return Err(text::LINE_BREAK.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
