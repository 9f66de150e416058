//! Errors of serde_json in words: the place, the key, the mistake.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

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

/// Reads the value of `key`, a part of the `whole` file.
///
/// # Errors
/// The first mistake, with its place, and the way out.
pub fn read_part<'a, T: Deserialize<'a>>(key: &str, part: &'a RawValue, whole: &str) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_str(part.get());
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let key = if path == "." { key.to_owned() } else { format!("{key}.{path}") };
        describe_at(&key, error.inner(), place(part, error.inner(), whole))
    })
}

/// A part that was read; `None` where it is not there, or is left out for a mistake, of which a sentence goes to `mistakes`.
pub fn known_part<T>(read: Option<Result<T, String>>, mistakes: &mut Vec<String>) -> Option<T> {
    read?.map_err(|mistake| mistakes.push(text::left_out(mistake))).ok()
}

/// The line and column in the `whole` file of an error in a part of it. Both count from 1, columns in bytes, as serde_json
/// does.
pub fn place(part: &RawValue, error: &serde_json::Error, whole: &str) -> (usize, usize) {
    let start = part.get().as_ptr().addr().saturating_sub(whole.as_ptr().addr());
    let before = whole.get(..start).unwrap_or_default();
    let line = before.matches('\n').count();
    let column = if error.line() > 1 { 0 } else { before.len() - before.rfind('\n').map_or(0, |end| end + 1) };
    // An error of the whole part has no place of its own.
    (line + error.line().max(1), column + error.column().max(1))
}

/// Refuses a list in the place of an object. serde takes a list for a struct; we would then replace it by an object when
/// saving.
///
/// # Errors
/// The sentence that names the place.
pub fn require_objects(document: &Value) -> Result<(), String> {
    let places =
        ["", "/alerts", "/alerts/cpu", "/alerts/memory", "/alerts/memory/swap_growth", "/menu_bar", "/metrics"];
    match places.iter().find(|place| document.pointer(place).is_some_and(Value::is_array)) {
        None => Ok(()),
        Some(&"") => Err(text::NOT_AN_OBJECT.into()),
        Some(place) => Err(text::list_for_object(place[1..].replace('/', "."))),
    }
}
