//! JSON Lines as `--json` prints them: one object a line.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::values::{Times, percent};
use crate::core::metrics::reading::{Pressure, Reading};
use crate::core::text::input_errors::traces as text;

/// One line of a recording.
pub enum JsonLine {
    Reading(Timestamp, Reading),
    /// A record that is no reading.
    Other,
    /// An object that does not end on its line.
    Unfinished,
}

/// The fields of a `--json` line that make a reading.
#[derive(Deserialize)]
struct JsonRow<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(borrow)]
    at: Option<&'a RawValue>,
    #[serde(borrow)]
    cpu_percent: Option<&'a RawValue>,
    #[serde(borrow)]
    memory_percent: Option<&'a RawValue>,
    memory_used_bytes: Option<u64>,
    memory_total_bytes: Option<u64>,
    swap_used_bytes: Option<u64>,
    memory_pressure: Option<Pressure>,
}

/// Reads one line.
///
/// # Errors
/// The fault, without the number of the line.
pub fn read(line: &[u8], times: &mut Times) -> Result<JsonLine, String> {
    // Bytes that are no UTF-8 are left in strings that are passed over, and make numbers and times unreadable.
    let line = without_nan(&String::from_utf8_lossy(line));
    let row: JsonRow = match serde_json::from_str(&line) {
        Ok(row) => row,
        Err(error) if error.is_eof() => return Ok(JsonLine::Unfinished),
        Err(error) => return Err(text::not_json(&error.to_string())),
    };
    match row.kind.as_deref() {
        None => return Err(text::NO_TYPE.into()),
        Some("reading") => {}
        Some(_) => return Ok(JsonLine::Other),
    }
    let at = times.read(&unquoted(row.at))?;
    let reading = Reading {
        cpu_percent: percent("cpu_percent", &unquoted(row.cpu_percent))?,
        memory_percent: percent("memory_percent", &unquoted(row.memory_percent))?,
        memory_used_bytes: row.memory_used_bytes,
        memory_total_bytes: row.memory_total_bytes,
        swap_used_bytes: row.swap_used_bytes,
        memory_pressure: row.memory_pressure,
        ..Reading::default()
    };
    Ok(JsonLine::Reading(at, reading))
}

/// The text of a number or of a string; empty where there is none.
fn unquoted(value: Option<&RawValue>) -> String {
    let raw = value.map_or("", RawValue::get);
    serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned())
}

/// `NaN`, which some programs write, as JSON's `null`.
fn without_nan(line: &str) -> String {
    if !line.contains("NaN") {
        return line.to_owned();
    }
    let mut text = String::with_capacity(line.len());
    let (mut is_string, mut is_escaped) = (false, false);
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("NaN").filter(|_| !is_string) {
            text.push_str("null");
            rest = after;
            continue;
        }
        is_string ^= c == '"' && !is_escaped;
        is_escaped = c == '\\' && is_string && !is_escaped;
        text.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    text
}
