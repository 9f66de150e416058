//! Keys of the settings file that no setting has: kept, and named, for most are slips.

use serde_json::{Map, Value};

use crate::core::text::settings::file as text;

/// Keys that hold a person's own words or an editor's, because JSON has no comments.
const COMMENTS: [&str; 3] = ["note", "comment", "$schema"];
/// The beginnings of such keys.
const COMMENT_MARKS: [&str; 3] = ["//", "_", "#"];
/// A key that begins with another one of at least this length means it.
const MIN_PREFIX_CHARS: usize = 3;

/// A sentence for each key of `document` that `known`, a document with every key, does not have. `known` decides how deep
/// it looks: in lists, and in values that are no objects, nothing is looked at.
pub fn find(document: &Value, known: &Value) -> Vec<String> {
    let mut all = Vec::new();
    paths(known, "", &mut all);
    let mut found = Vec::new();
    walk(document, known, "", &all, &mut found);
    found
}

/// Checks that `path` is a key of `known`.
///
/// # Errors
/// The path that was meant, if there is one that is near.
pub fn find_path(path: &str, known: &Value) -> Result<(), Option<String>> {
    let mut all = Vec::new();
    paths(known, "", &mut all);
    if all.iter().any(|key| key == path) {
        return Ok(());
    }
    let object = path.strip_suffix(".*").filter(|object| all.iter().any(|key| key == object));
    if let Some(object) = object {
        return Err(Some(object.to_owned()));
    }
    let mut place = Some(known);
    let mut meant = String::new();
    for name in path.split('.') {
        let near = place.and_then(Value::as_object).and_then(|object| nearest(name, object.keys().map(String::as_str)));
        place = near.as_ref().and_then(|near| place?.get(near));
        meant = near.map_or(String::new(), |near| join(&meant, &near));
    }
    if place.is_some() {
        return Err(Some(meant));
    }
    // The right name in the wrong place.
    let last = plain(path.rsplit('.').next().unwrap_or(path));
    let elsewhere = all.iter().find(|key| plain(key.rsplit('.').next().unwrap_or(key)) == last);
    Err(elsewhere.cloned())
}

fn walk(document: &Value, known: &Value, place: &str, all: &[String], found: &mut Vec<String>) {
    let (Value::Object(document), Value::Object(known)) = (document, known) else { return };
    for (key, value) in document {
        match known.get(key) {
            Some(known) => walk(value, known, &join(place, key), all, found),
            None if is_comment(key) => {}
            None => found.push(sentence(key, place, guess(key, known, all).as_deref())),
        }
    }
}

fn sentence(key: &str, place: &str, guess: Option<&str>) -> String {
    let place = if place.is_empty() { String::new() } else { text::in_place(place) };
    guess.map_or_else(|| text::unknown_key(key, &place), |guess| text::misspelt_key(key, guess, &place))
}

/// The key that was meant, in quotes: one that stands beside it, else one of the same name elsewhere, by its path.
fn guess(key: &str, siblings: &Map<String, Value>, all: &[String]) -> Option<String> {
    let near = nearest(key, siblings.keys().map(String::as_str));
    if near.as_ref().is_none_or(|near| plain(near) != plain(key)) {
        let has_name = |path: &&String| path.rsplit('.').next().is_some_and(|last| plain(last) == plain(key));
        if let Some(path) = all.iter().find(has_name) {
            return Some(if path.contains('.') { text::quoted(path) } else { text::at_top(path) });
        }
    }
    near.map(|near| text::quoted(&near))
}

/// The name that `key` is a slip of: the same but for case and separators, a beginning of it, or a few letters apart.
fn nearest<'a>(key: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let key = plain(key);
    let distance = |name: &str| {
        let name = plain(name);
        let is_beginning = |long: &str, short: &str| short.len() >= MIN_PREFIX_CHARS && long.starts_with(short);
        if is_beginning(&name, &key) || is_beginning(&key, &name) {
            return Some(0);
        }
        let distance = strsim::damerau_levenshtein(&name, &key);
        (distance <= name.chars().count().max(key.chars().count()) / 3).then_some(distance)
    };
    let near = names.filter_map(|name| Some((distance(name)?, name)));
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name.to_owned())
}

/// The letters and digits of a key, in lower case.
fn plain(key: &str) -> String {
    key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn is_comment(key: &str) -> bool {
    COMMENTS.contains(&key) || COMMENT_MARKS.iter().any(|mark| key.starts_with(mark))
}

fn paths(known: &Value, place: &str, all: &mut Vec<String>) {
    for (key, value) in known.as_object().into_iter().flatten() {
        let path = join(place, key);
        paths(value, &path, all);
        all.push(path);
    }
}

fn join(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn unknown(document: &Value) -> Vec<String> {
        let known = json!({
            "alerts": {"cpu": {"above_percent": 80}, "memory": {"above_percent": 80, "signal": "used"}, "cooldown": "5m"},
            "menu_bar": {"cpu": true}, "refresh": "2s", "refresh_saves_power": true, "actions": [],
        });
        find(document, &known)
    }

    #[test]
    fn a_slip_is_named_with_the_key_that_was_meant() {
        for (document, sentence) in [
            (
                json!({"alerts": {"cpu": {"above": 60}}}),
                "unknown key 'above', did you mean 'above_percent'? (in 'alerts.cpu'; it is kept, and does nothing)",
            ),
            (
                json!({"alerts": {"memory": {"signl": "used"}}}),
                "unknown key 'signl', did you mean 'signal'? (in 'alerts.memory'; it is kept, and does nothing)",
            ),
            (json!({"Alerts": {}}), "unknown key 'Alerts', did you mean 'alerts'? (it is kept, and does nothing)"),
            (json!({"refrehs": "1s"}), "unknown key 'refrehs', did you mean 'refresh'? (it is kept, and does nothing)"),
            (
                json!({"cooldown": "1m"}),
                "unknown key 'cooldown', did you mean 'alerts.cooldown'? (it is kept, and does nothing)",
            ),
            (
                json!({"alerts": {"refresh": "1s"}}),
                "unknown key 'refresh', did you mean 'refresh' at the top level? (in 'alerts'; it is kept, and does nothing)",
            ),
            (json!({"mine": 1}), "unknown key 'mine' (it is kept, and does nothing)"),
        ] {
            assert_eq!(unknown(&document), [sentence], "{document}");
        }
    }

    #[test]
    fn known_keys_comments_and_what_is_inside_of_lists_get_no_word() {
        let document = json!({
            "$schema": "x", "note": 1, "//": "", "_mine": 2, "alerts": {"cpu": null, "memory": {"signal": 1}, "# off": 1},
            "actions": [{"nmae": "x"}], "refresh": {"a": 1},
        });
        assert_eq!(unknown(&document), [""; 0]);
        assert_eq!(unknown(&json!([1])), [""; 0]);
    }
}
