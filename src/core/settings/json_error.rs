//! Errors of serde_json in words: the place, the key, the mistake.

use serde_json::Value;

use crate::core::text::fleet::push;
use crate::core::text::settings::actions;
use crate::core::text::settings::file as text;

/// serde_json's message with the place in front and the key by its full path.
pub fn describe(path: &str, error: &serde_json::Error) -> String {
    describe_at(path, error, (error.line(), error.column()))
}

/// The same for a part of the file: `line` and `column` are of the whole.
pub fn describe_at(path: &str, error: &serde_json::Error, (line, column): (usize, usize)) -> String {
    let whole = error.to_string();
    let own_place = format!(" at line {} column {}", error.line(), error.column());
    let message = whole.strip_suffix(&own_place).unwrap_or(&whole);
    // serde's word for a list, and no way out.
    let message = message.replace("a sequence", if path == "actions" { actions::LIST } else { "a list" });
    let key = if path == "." || error.is_syntax() || error.is_eof() { String::new() } else { format!("'{path}' ") };
    text::mistake(line, column, &key, &message)
}

/// Refuses a list in the place of an object. serde takes a list for a struct; we would then replace it by an object when
/// saving.
///
/// # Errors
/// The sentence that names the place.
pub fn require_objects(document: &Value) -> Result<(), String> {
    let places = [
        "",
        "/alerts",
        "/alerts/cpu",
        "/alerts/memory",
        "/alerts/memory/swap_growth",
        "/menu_bar",
        "/metrics",
        "/metrics/push",
    ];
    // A word of the reader's would repeat the address, which may be a secret.
    if document.pointer("/metrics/push").is_some_and(Value::is_string) {
        return Err(push::NOT_AN_OBJECT.into());
    }
    match places.iter().find(|place| document.pointer(place).is_some_and(Value::is_array)) {
        None => Ok(()),
        Some(&"") => Err(text::NOT_AN_OBJECT.into()),
        Some(place) => Err(text::list_for_object(place[1..].replace('/', "."))),
    }
}
