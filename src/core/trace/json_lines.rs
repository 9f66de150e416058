//! JSON Lines as `--json` prints them: one object a line.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::times::Times;
use super::values::percent;
use crate::core::metrics::reading::{Pressure, Reading};
use crate::core::text::input_errors::traces as text;

/// One line of a recording.
pub enum JsonLine {
    Reading(Timestamp, Box<Reading>),
    /// A record that is no reading.
    Other,
    /// An object that does not end on its line.
    Unfinished,
}

/// The fields of a `--json` line that make a reading. The means are those of `usage`, a minute or an hour of the history.
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
    #[serde(borrow)]
    cpu_mean_percent: Option<&'a RawValue>,
    #[serde(borrow)]
    memory_mean_percent: Option<&'a RawValue>,
    memory_used_bytes: Option<u64>,
    memory_total_bytes: Option<u64>,
    swap_used_bytes: Option<u64>,
    memory_pressure: Option<Pressure>,
}

/// Reads one line. `is_ended` is whether it had a line feed.
///
/// # Errors
/// The fault, without the number of the line.
pub fn read(line: &[u8], is_ended: bool, times: &mut Times) -> Result<JsonLine, String> {
    if !is_ended && line.last() != Some(&b'}') {
        return Ok(JsonLine::Unfinished);
    }
    // Bytes that are no UTF-8 are left in strings that are passed over, and make numbers and times unreadable.
    let line = without_nan(&String::from_utf8_lossy(line));
    let row: JsonRow = match serde_json::from_str(&line) {
        Ok(row) => row,
        Err(error) if error.is_eof() => return Ok(JsonLine::Unfinished),
        Err(error) => return Err(text::not_json(without_place(&error))),
    };
    let [cpu, memory] = match row.kind.as_deref() {
        None => return Err(text::NO_TYPE.into()),
        Some("reading") => [("cpu_percent", row.cpu_percent), ("memory_percent", row.memory_percent)],
        Some("usage") => [("cpu_mean_percent", row.cpu_mean_percent), ("memory_mean_percent", row.memory_mean_percent)],
        Some(_) => return Ok(JsonLine::Other),
    };
    let at = times.read(&unquoted(row.at))?;
    let reading = Reading {
        cpu_percent: percent(cpu.0, &unquoted(cpu.1))?,
        memory_percent: percent(memory.0, &unquoted(memory.1))?,
        memory_used_bytes: row.memory_used_bytes,
        memory_total_bytes: row.memory_total_bytes,
        swap_used_bytes: row.swap_used_bytes,
        memory_pressure: row.memory_pressure,
        ..Reading::default()
    };
    Ok(JsonLine::Reading(at, Box::new(reading)))
}

/// The text of a number or of a string; empty where there is none.
fn unquoted(value: Option<&RawValue>) -> String {
    let raw = value.map_or("", RawValue::get);
    serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned())
}

/// The fault without its place: to the reader of one line that is always line 1, and its column is not that of the file where
/// `null` stands for `NaN`.
fn without_place(error: &serde_json::Error) -> String {
    let fault = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    fault.strip_suffix(&place).unwrap_or(&fault).to_owned()
}

/// `NaN`, `nan` and `-nan`, which some programs write, as JSON's `null`.
fn without_nan(line: &str) -> String {
    const NAN: &str = "nan";
    let is_nan = |text: &str| text.get(..NAN.len()).is_some_and(|start| start.eq_ignore_ascii_case(NAN));
    if !line.as_bytes().windows(NAN.len()).any(|word| word.eq_ignore_ascii_case(NAN.as_bytes())) {
        return line.to_owned();
    }
    let mut text = String::with_capacity(line.len());
    let (mut is_string, mut is_escaped) = (false, false);
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let value = rest.strip_prefix('-').unwrap_or(rest);
        if !is_string && is_nan(value) {
            text.push_str("null");
            rest = value.get(NAN.len()..).unwrap_or_default();
            continue;
        }
        is_string ^= c == '"' && !is_escaped;
        is_escaped = c == '\\' && is_string && !is_escaped;
        text.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    text
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn read_line(line: &str) -> Result<JsonLine, String> {
        read(line.as_bytes(), true, &mut Times::new(TimeZone::UTC))
    }

    #[track_caller]
    fn cpu(line: &str) -> Option<f64> {
        match read_line(line) {
            Ok(JsonLine::Reading(at, reading)) if at.as_second() == 7 => reading.cpu_percent,
            Ok(_) => panic!("no reading: {line}"),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn values_are_numbers_strings_or_unknown() {
        for (value, percent) in [
            ("95.5", Some(95.5)),
            ("\"95,5 %\"", Some(95.5)),
            ("null", None),
            ("NaN", None),
            ("nan", None),
            ("-nan", None),
            ("-NaN", None),
            ("\"NaN\"", None),
            ("100.0001", Some(100.0)),
        ] {
            assert_eq!(cpu(&format!(r#"{{"type":"reading","at":7,"cpu_percent":{value}}}"#)), percent, "{value}");
        }
        assert_eq!(
            cpu(r#"{"top":"NaN \"NaN","at":"1970-01-01T00:00:07Z","cpu_percent":5,"type":"reading"}"#),
            Some(5.0)
        );
        assert_eq!(cpu(r#"{"type":"usage","at":7,"cpu_mean_percent":5,"cpu_max_percent":90}"#), Some(5.0));
    }

    #[test]
    fn a_fault_is_named() {
        let fault = |line: &str| read_line(line).err().unwrap_or_default();
        for value in ["true", "[5]", "{}", "\"many\""] {
            let line = format!(r#"{{"type":"reading","at":7,"cpu_percent":{value}}}"#);
            assert!(fault(&line).ends_with("is not a number"), "{value}");
        }
        assert!(fault(r#"{"at":7,"cpu_percent":5}"#).contains("has no \"type\""));
        assert!(fault(r#"{"type":"reading","cpu_percent":5}"#).contains("time ''"));
        assert!(fault(r#"{"type":"reading","at":7,"cpu_percent":5} x"#).ends_with("read: trailing characters"));
        for value in ["nano", "nan5", "-", "- nan", "inf"] {
            let line = format!(r#"{{"type":"reading","at":7,"cpu_percent":{value}}}"#);
            assert!(fault(&line).contains("no JSON object that can be read"), "{value}");
            assert!(!fault(&line).contains("column"), "{}", fault(&line));
        }
        assert!(fault(r#"{"type":"reading","at":7,"cpu_percent":5,"cpu_percent":6}"#).contains("duplicate field"));
        assert!(fault(r#"{"type":"reading","at":7,"swap_used_bytes":-1}"#).contains("invalid value"));
        assert!(matches!(read_line(r#"{"type":"alert","cpu_percent":[]}"#), Ok(JsonLine::Other)));
    }

    #[test]
    fn every_beginning_of_a_line_is_unfinished() {
        let line = r#"{"type":"reading","top":{"name":"\u00e4 ö"},"at":7,"cpu_percent":95,"memory_percent":NaN}"#;
        for end in 1..line.len() {
            let start = &line.as_bytes()[..end];
            let found = read(start, false, &mut Times::new(TimeZone::UTC));
            assert!(matches!(found, Ok(JsonLine::Unfinished)), "{}", String::from_utf8_lossy(start));
        }
    }
}
