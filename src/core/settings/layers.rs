//! The layers of settings: the defaults, the machine's file above them, the person's file above that. The command line is the
//! highest layer ([`super::Overrides`]).
//!
//! A layer holds only for the keys that its file gives. A key that the machine's file locks is final: the person's value stays
//! in the file and does nothing. The actions of both files are done; an action of the person takes the place of one of the same
//! name.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::file::{self, BYTE_ORDER_MARK, every_key, to_value};
use super::metrics::MetricsSettings;
use super::{Overrides, Settings, unknown_keys};
use crate::core::text::settings::layers as text;
use locked::LockedKeys;

pub mod locked;
pub mod trust;

/// The objects that are one value: a part of them alone would mean something else.
const WHOLE: [&str; 1] = ["history"];
/// The key of the actions, of which each layer adds its own.
const ACTIONS: &str = "actions";
/// The key of the push, which is one value too.
const PUSH: &str = "metrics.push";
/// Keys whose values may hold secrets, and are not shown.
const SECRET: [&str; 2] = ["metrics.token", PUSH];

/// The settings of one file, and the keys that it gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Those of the file over the defaults.
    pub settings: Settings,
    given: Vec<String>,
    has_locked: bool,
    /// Nobody else could have written the file.
    is_trusted: bool,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    MachineFile,
    PersonFile,
    /// The option.
    CommandLine(&'static str),
}

/// A setting in force, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingOrigin {
    pub key: String,
    /// As JSON; of values that may hold secrets only whether there is one.
    pub value: String,
    pub origin: Origin,
    pub is_locked: bool,
    /// The person's file gives a value that is not used.
    pub is_ignored: bool,
}

/// The layer without a file, to be borrowed.
pub static NO_LAYER: Layer = Layer::NONE;

impl Layer {
    /// A layer without a file.
    pub const NONE: Layer =
        Layer { settings: Settings::DEFAULT, given: Vec::new(), has_locked: false, is_trusted: true };

    /// The layer of a person's file. Only one who knows where the text came from can tell whether it is trusted
    /// ([`Layer::set_trusted`]).
    ///
    /// # Errors
    /// As [`file::parse`].
    pub fn parse(text: &str) -> Result<Layer, String> {
        let settings = file::parse(text)?;
        let document = file::document(text).unwrap_or_default();
        let defaults = to_value(&Settings::DEFAULT);
        let mut given = keys(&defaults);
        let read = to_value(&settings);
        // A value that is left out for a mistake is not given: that of the layer below holds.
        let is_left_out = |place: &str| {
            let is_null = |document: &Value| document.pointer(place).is_none_or(Value::is_null);
            is_null(&read) && !is_null(&document)
        };
        given.retain(|key| gives(&document, &defaults, key) && !is_left_out(&pointer(key)));
        Ok(Layer { settings, given, has_locked: document.get("locked").is_some(), is_trusted: false })
    }

    /// The layer of the machine's file, which is at `path`.
    ///
    /// # Errors
    /// As [`file::parse`]; and for a list of locked keys that is none.
    pub fn parse_machine(text: &str, path: &str) -> Result<Layer, String> {
        let mut layer = Layer::parse(text)?;
        let document = file::document(text).unwrap_or_default();
        let (locked, mistakes) = read_locked(document.get("locked"), path)?;
        (layer.settings.locked, layer.has_locked) = (locked, false);
        layer.settings.mistakes.extend(mistakes);
        let in_file = |mistake: &String| text::in_machine_file(path, mistake);
        layer.settings.mistakes = layer.settings.mistakes.iter().map(in_file).collect();
        layer.settings.senders_mut().for_each(|sender| Arc::make_mut(sender).is_machine_wide = true);
        Ok(layer)
    }

    /// Has its actions, its push, and all else that acts in the person's name trusted or not, as the file is.
    pub fn set_trusted(&mut self, is_trusted: bool) {
        self.is_trusted = is_trusted;
        self.settings.senders_mut().for_each(|sender| Arc::make_mut(sender).is_trusted = is_trusted);
    }

    /// Whether the file gives the value of `key`.
    pub fn gives(&self, key: &str) -> bool {
        self.given.iter().any(|given| given == key)
    }
}

/// Reads the list `locked` of the machine's file. Returns it with a sentence for each entry that is no key.
fn read_locked(list: Option<&Value>, file: &str) -> Result<(LockedKeys, Vec<String>), String> {
    let entries = match list {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(entries)) => entries,
        Some(_) => return Err(text::LOCKED_NO_LIST.into()),
    };
    let (known, mut keys, mut mistakes) = (every_key(), Vec::new(), Vec::new());
    for entry in entries {
        let key = entry.as_str().ok_or(text::LOCKED_NO_LIST)?;
        match unknown_keys::find_path(key, &known) {
            Ok(()) => keys.push(key.to_owned()),
            Err(None) => mistakes.push(text::locked_unknown(key)),
            Err(Some(guess)) => mistakes.push(text::locked_misspelt(key, guess)),
        }
    }
    Ok((LockedKeys::new(file, keys), mistakes))
}

impl Overrides {
    /// Refuses an option for a key that is final.
    ///
    /// # Errors
    /// One sentence with the way out.
    pub fn check(&self, locked: &LockedKeys) -> Result<(), String> {
        let refused = self.given().find(|(_, key)| locked.contains(key));
        refused.map_or(Ok(()), |(option, key)| Err(text::option_locked(option, key, locked.file())))
    }

    /// Drops the options for keys that are final, and returns a sentence for each.
    pub fn drop_locked(&mut self, locked: &LockedKeys) -> Vec<String> {
        let mut dropped = Vec::new();
        for (option, key) in self.given().filter(|(_, key)| locked.contains(key)) {
            match option {
                "--cpu" => self.cpu = None,
                "--memory" => self.memory = None,
                "--after" => self.after = None,
                "--every" => self.refresh = None,
                _ => self.listen = None,
            }
            dropped.push(text::option_dropped(option, key, locked.file()));
        }
        dropped
    }
}

/// The settings of the person's layer over the machine's.
pub fn layered(machine: &Layer, person: &Layer) -> Settings {
    let locked = &machine.settings.locked;
    let taken: Vec<&String> = person.given.iter().filter(|key| !locked.contains(key)).collect();
    let mut mistakes = [&machine.settings.mistakes[..], &person.settings.mistakes].concat();
    if person.has_locked {
        mistakes.push(text::LOCKED_OF_PERSON.into());
    }
    let merged = merge(machine, person, &taken).unwrap_or_else(|| {
        // Each shows something in the menu bar, and both together do not.
        mistakes.push(text::MENU_BAR_IGNORED.into());
        let without: Vec<&String> = taken.iter().copied().filter(|key| !key.starts_with("menu_bar.")).collect();
        merge(machine, person, &without).unwrap_or_else(|| machine.settings.clone())
    });
    let own = if locked.contains(ACTIONS) { &[][..] } else { &person.settings.actions };
    let is_replaced = |name: &str| own.iter().any(|own| own.name == name);
    let of_machine = machine.settings.actions.iter().filter(|action| !is_replaced(&action.name));
    let actions = of_machine.chain(own).cloned().collect();
    // As it was read: with the trust in its file.
    let pushing = if taken.iter().any(|key| *key == PUSH) { person } else { machine };
    let metrics = MetricsSettings { push: pushing.settings.metrics.push.clone(), ..merged.metrics.clone() };
    Settings {
        actions,
        metrics,
        mistakes,
        locked: locked.clone(),
        untrusted: untrusted(machine, person, &taken),
        ..merged
    }
}

/// The keys of [`trust::NEED_TRUST`] that a person's file changes, although others could have written it.
fn untrusted(machine: &Layer, person: &Layer, taken: &[&String]) -> Vec<&'static str> {
    let (below, own) = (to_value(&machine.settings), to_value(&person.settings));
    let is_changed = |key: &&str| own.pointer(&pointer(key)) != below.pointer(&pointer(key));
    let is_taken = |key: &&str| taken.iter().any(|taken| taken == key);
    trust::NEED_TRUST.into_iter().filter(|key| !person.is_trusted && is_taken(key) && is_changed(key)).collect()
}

/// The machine's settings with the person's values of the keys `taken`; `None` where both together are not valid.
fn merge(machine: &Layer, person: &Layer, taken: &[&String]) -> Option<Settings> {
    let (mut merged, own) = (to_value(&machine.settings), to_value(&person.settings));
    for key in taken {
        put(&mut merged, key, own.pointer(&pointer(key)).cloned().unwrap_or_default());
    }
    file::parse(&merged.to_string()).ok()
}

/// The text of the person's file with `settings` in it, which were those of the file over the layer `machine` before a change.
/// Only what has changed is written, and only where it differs from the machine's layer; all other keys stay as they are. `text`
/// is the present one (`None`: there is no file yet). A text that is no settings file is not kept: parse it before.
pub fn write(text: Option<&str>, settings: &Settings, machine: &Layer) -> String {
    let person = text.and_then(|text| Layer::parse(text).ok()).unwrap_or(Layer::NONE);
    let mark = if text.is_some_and(|text| text.starts_with(BYTE_ORDER_MARK)) { BYTE_ORDER_MARK } else { "" };
    let present = text.and_then(file::document).filter(Value::is_object);
    let mut document = present.unwrap_or_else(|| json!({ "version": file::VERSION }));
    let before = to_value(&layered(machine, &person));
    let (below, after) = (to_value(&machine.settings), to_value(settings));
    for key in keys(&to_value(&Settings::DEFAULT)) {
        let place = pointer(&key);
        let value = after.pointer(&place);
        if value == before.pointer(&place) || machine.settings.locked.contains(&key) {
            continue;
        }
        match value.filter(|value| Some(*value) != below.pointer(&place)) {
            Some(value) => put(&mut document, &key, value.clone()),
            None => remove(&mut document, &key),
        }
    }
    format!("{mark}{document:#}\n")
}

/// The same, where there is no machine's file.
#[cfg(test)]
pub fn write_alone(text: Option<&str>, settings: &Settings) -> String {
    write(text, settings, &NO_LAYER)
}

/// The text of a new person's file, with the settings of the layer `machine` as a comment, to copy from.
pub fn template(text: &str, machine: &Layer) -> String {
    let mut document = file::document(text).unwrap_or_default();
    // The machine's actions and token may hold secrets, and are no defaults.
    let plain = Settings { actions: Vec::new(), metrics: MetricsSettings::DEFAULT, ..machine.settings.clone() };
    document[text::TEMPLATE_KEY] = to_value(&plain);
    format!("{document:#}\n")
}

/// Where each value of `effective` comes from: the settings in force under `overrides`.
pub fn origins(machine: &Layer, person: &Layer, overrides: &Overrides, effective: &Settings) -> Vec<SettingOrigin> {
    let values = to_value(effective);
    let locked = &machine.settings.locked;
    let mut origins = Vec::new();
    for key in keys(&to_value(&Settings::DEFAULT)) {
        let is_locked = locked.contains(&key);
        let option = overrides.given().find(|(_, overridden)| *overridden == key).map(|(option, _)| option);
        let is_ignored = is_locked && person.gives(&key);
        let files =
            [(machine.gives(&key), Origin::MachineFile), (person.gives(&key) && !is_locked, Origin::PersonFile)];
        let mut given: Vec<Origin> = files.into_iter().filter(|(gives, _)| *gives).map(|(_, origin)| origin).collect();
        if key != ACTIONS {
            let highest = option.map(Origin::CommandLine).or(given.pop()).unwrap_or(Origin::Default);
            given = vec![highest];
        } else if given.is_empty() {
            given.push(Origin::Default);
        }
        for origin in given {
            let value = shown(&key, &values, effective, origin);
            origins.push(SettingOrigin { key: key.clone(), value, origin, is_locked, is_ignored });
        }
    }
    origins
}

/// The value of `key` for people; of actions the names of those that come from `origin`.
fn shown(key: &str, values: &Value, settings: &Settings, origin: Origin) -> String {
    let value = values.pointer(&pointer(key)).unwrap_or(&Value::Null);
    if key == ACTIONS {
        let is_own = |is_machine_wide: bool| is_machine_wide == (origin == Origin::MachineFile);
        let names = settings.actions.iter().filter(|action| is_own(action.is_machine_wide)).map(|action| &action.name);
        return json!(names.collect::<Vec<_>>()).to_string();
    }
    if SECRET.contains(&key) && !value.is_null() { text::NOT_SHOWN.into() } else { value.to_string() }
}

/// The keys of single values in `document`, by their paths, without its version.
fn keys(document: &Value) -> Vec<String> {
    fn collect(value: &Value, path: &str, found: &mut Vec<String>) {
        match value.as_object().filter(|_| !WHOLE.contains(&path)) {
            Some(object) => object.iter().for_each(|(key, value)| {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                collect(value, &path, found);
            }),
            None => found.push(path.to_owned()),
        }
    }
    let mut found = Vec::new();
    collect(document, "", &mut found);
    found.retain(|key| key != "version");
    found
}

/// Whether `document` gives the value of `key`. A `null` is none, but where it is the default: there it is a value of its own.
fn gives(document: &Value, defaults: &Value, key: &str) -> bool {
    let place = pointer(key);
    let is_value = |value: &Value| !value.is_null() || defaults.pointer(&place).is_some_and(Value::is_null);
    document.pointer(&place).is_some_and(is_value)
}

fn pointer(key: &str) -> String {
    format!("/{}", key.replace('.', "/"))
}

/// Puts a value in its place, in objects that are made where they are missing.
fn put(document: &mut Value, key: &str, value: Value) {
    let mut place = document;
    for name in key.split('.') {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(object) = place else { return };
        place = object.entry(name).or_insert(Value::Null);
    }
    // A person's own words in the object stay.
    match (place.as_object_mut(), value) {
        (Some(old), Value::Object(new)) => old.extend(new),
        (_, value) => *place = value,
    }
}

/// Removes a key, and the objects around it that hold nothing else.
fn remove(document: &mut Value, key: &str) {
    let (first, rest) = key.split_once('.').map_or((key, None), |(first, rest)| (first, Some(rest)));
    let Some(object) = document.as_object_mut() else { return };
    if let (Some(rest), Some(inner)) = (rest, object.get_mut(first)) {
        remove(inner, rest);
    }
    let is_empty = object.get(first).and_then(Value::as_object).is_some_and(Map::is_empty);
    if rest.is_none() || is_empty {
        object.shift_remove(first);
    }
}

#[cfg(test)]
mod tests;
