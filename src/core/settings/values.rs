//! Values of the settings file that need more than a word, a number or a length of time.

use std::time::Duration;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Unexpected, Visitor};
use serde_json::{Value, json};

use super::{IconStyle, Settings};
use crate::core::alerts::rule::{Signal, SwapGrowth};
use crate::core::duration::{self, Bounds};
use crate::core::metrics::metric::{Percent, Threshold};
use crate::core::text::input_errors::THRESHOLD_HINT;
use crate::core::text::settings::file::{self, about};

/// The largest growth of swap in a rule: no machine has a terabyte of it.
const MAX_GROWTH_MB: u64 = 1 << 20;
/// Time windows of the growth.
const WINDOW: Bounds = Bounds { min: Duration::from_secs(60), max: Duration::from_secs(24 * 3600) };

/// `"used"`, `"pressure"` or `"both"`.
pub struct FileSignal(pub Signal);

impl<'de> Deserialize<'de> for FileSignal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let signal = Signal::ALL.into_iter().find(|signal| signal.key() == text);
        signal.map(FileSignal).ok_or_else(|| D::Error::custom(file::no_signal(&text)))
    }
}

/// `true` for the default, `"numbers"`, `"bars"`, or `"off"`, which may also be written as `false`.
pub struct FileIcon(pub IconStyle);

impl<'de> Deserialize<'de> for FileIcon {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IconVisitor).map(FileIcon)
    }
}

struct IconVisitor;

impl Visitor<'_> for IconVisitor {
    type Value = IconStyle;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("\"numbers\", \"bars\", \"off\", true or false")
    }

    fn visit_bool<E: Error>(self, is_shown: bool) -> Result<IconStyle, E> {
        Ok(if is_shown { IconStyle::Auto } else { IconStyle::Off })
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<IconStyle, E> {
        let named = IconStyle::CHOICES.into_iter().find(|style| icon(*style) == name);
        named.ok_or_else(|| E::custom(file::no_icon(name)))
    }
}

/// The icon as it stands in the file.
pub fn icon(style: IconStyle) -> Value {
    match style {
        IconStyle::Auto => json!(true),
        IconStyle::Numbers => json!("numbers"),
        IconStyle::Bars => json!("bars"),
        IconStyle::Off => json!("off"),
    }
}

/// `true`, `false`, or `{"applications": false}`, which is on.
pub struct FileHistory {
    pub is_on: bool,
    pub applications: bool,
}

impl<'de> Deserialize<'de> for FileHistory {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HistoryVisitor)
    }
}

struct HistoryVisitor;

#[derive(Deserialize)]
struct HistoryKeys {
    applications: Option<bool>,
}

impl<'de> Visitor<'de> for HistoryVisitor {
    type Value = FileHistory;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("true, false or an object such as {\"applications\": true}")
    }

    fn visit_bool<E: Error>(self, is_on: bool) -> Result<FileHistory, E> {
        Ok(FileHistory { is_on, applications: true })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FileHistory, A::Error> {
        let keys = HistoryKeys::deserialize(MapAccessDeserializer::new(map))?;
        Ok(FileHistory { is_on: true, applications: keys.applications.unwrap_or(true) })
    }
}

/// The history as it stands in the file.
pub fn history(settings: &Settings) -> Value {
    if settings.history { json!({ "applications": settings.history_applications }) } else { json!(false) }
}

/// `{"above_mb": 500, "within": "10m"}`.
#[derive(Deserialize)]
#[serde(expecting = "an object such as {\"above_mb\": 500, \"within\": \"10m\"}, or null")]
pub struct FileSwapGrowth {
    #[serde(deserialize_with = "above_mb")]
    above_mb: u64,
    #[serde(deserialize_with = "window")]
    within: Duration,
}

impl FileSwapGrowth {
    /// The rule: a megabyte is 2^20 bytes, as memory is counted.
    pub fn rule(self) -> SwapGrowth {
        SwapGrowth { above_bytes: self.above_mb << 20, within: self.within }
    }
}

/// The rule as it stands in the file.
pub fn swap_growth(rule: SwapGrowth) -> Value {
    json!({ "above_mb": rule.above_bytes >> 20, "within": duration::write(rule.within) })
}

fn above_mb<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let mb = u64::deserialize(deserializer)?;
    if (1..=MAX_GROWTH_MB).contains(&mb) {
        return Ok(mb);
    }
    Err(D::Error::custom(file::growth_out_of_range(mb, MAX_GROWTH_MB)))
}

fn window<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    within(WINDOW)(String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// Reads a value and checks it, so that an error of either has the value's own place. `null` is no value.
pub fn checked<'de, D: Deserializer<'de>, T: Deserialize<'de>, U>(
    deserializer: D,
    check: impl Fn(T) -> Result<U, String>,
) -> Result<Option<U>, D::Error> {
    Option::<T>::deserialize(deserializer)?.map(check).transpose().map_err(D::Error::custom)
}

/// A check that parses a text; its error repeats the text.
pub fn parsed<T>(parse: impl Fn(&str) -> Result<T, String>) -> impl Fn(String) -> Result<T, String> {
    move |given| parse(&given).map_err(|wrong| about(&given, wrong))
}

/// A check that a text is a length of time within `bounds`.
pub fn within(bounds: Bounds) -> impl Fn(String) -> Result<Duration, String> {
    parsed(move |given| bounds.parse(given))
}

/// `80` or `"off"`.
pub struct FileThreshold(pub Threshold);

impl<'de> Deserialize<'de> for FileThreshold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ThresholdVisitor).map(FileThreshold)
    }
}

struct ThresholdVisitor;

impl Visitor<'_> for ThresholdVisitor {
    type Value = Threshold;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a percentage from 1 to 100, or \"off\"")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Threshold, E> {
        let percent = Percent::new(value).ok_or_else(|| out_of_range(value))?;
        Ok(Threshold::Above(percent))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Threshold, E> {
        Err(out_of_range(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Threshold, E> {
        // Written as a string, a number follows the rules of the command line.
        value.to_string().parse().map_err(|e: String| E::custom(about(value.to_string(), &e)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Threshold, E> {
        value.parse().map_err(|e: String| E::custom(about(value, &e)))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Threshold, E> {
        Err(E::invalid_type(Unexpected::Bool(value), &self))
    }
}

fn out_of_range<E: Error>(value: impl std::fmt::Display) -> E {
    E::custom(file::out_of_range(value, THRESHOLD_HINT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::settings::Settings;
    use crate::core::settings::file::parse;
    use crate::core::settings::layers::write_alone as write;

    #[test]
    fn values_that_no_menu_changes_are_read_and_left_as_written() {
        let text = r#"{"alerts": {"quiet_hours": "22:00 - 7:00", "ignore": ["Backup", "rustc"],
            "memory": {"signal": "both", "swap_growth": {"above_mb": 500, "within": "600s", "note": "mine"}}}}"#;
        let settings = parse(text).unwrap();
        assert_eq!(settings.memory_signal, Signal::Both);
        let within = Duration::from_secs(600);
        assert_eq!(settings.swap_growth, Some(SwapGrowth { above_bytes: 500 << 20, within }));
        assert_eq!(settings.quiet_hours.map(|hours| hours.to_string()).as_deref(), Some("22:00-07:00"));
        assert_eq!(settings.ignored, ["Backup", "rustc"]);
        let changed = Settings { memory_signal: Signal::Pressure, ..settings };
        let written = write(Some(text), &changed);
        assert_eq!(parse(&written).as_ref(), Ok(&changed));
        assert_eq!(parse(&write(None, &changed)), Ok(changed), "also into a file that has gone");
        assert!(written.contains("\"22:00 - 7:00\"") && written.contains("\"600s\"") && written.contains("\"mine\""));
    }

    #[test]
    fn bad_values_are_named_with_the_way_out() {
        for (text, wrong) in [
            (
                r#"{"alerts": {"memory": {"signal": "swap"}}}"#,
                "line 1 column 40: 'alerts.memory.signal' is 'swap', which is no signal: give 'used', 'pressure' or 'both'",
            ),
            (
                r#"{"alerts": {"memory": {"swap_growth": {"above_mb": 0, "within": "10m"}}}}"#,
                "line 1 column 52: 'alerts.memory.swap_growth.above_mb' is 0, which is out of range: \
                 give megabytes from 1 to 1048576",
            ),
            (
                r#"{"alerts": {"memory": {"swap_growth": {"above_mb": 5, "within": "10s"}}}}"#,
                "line 1 column 70: 'alerts.memory.swap_growth.within' is '10s', which is out of range: give 1m to 24h",
            ),
            (
                r#"{"alerts": {"quiet_hours": "at night"}}"#,
                "line 1 column 38: 'alerts.quiet_hours' is 'at night', which is not a span of the day: \
                 write it as 22:00-07:00, or null",
            ),
            (
                r#"{"alerts": {"memory": {"swap_growth": [5, "10m"]}}}"#,
                "'alerts.memory.swap_growth' is a list, and must be an object",
            ),
            (
                r#"{"alerts": {"cpu": 80}}"#,
                "line 1 column 21: 'alerts.cpu' invalid type: integer `80`, \
                 expected an object such as {\"above_percent\": 80}",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err(), wrong);
        }
    }
}
