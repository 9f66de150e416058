//! The settings file: its text to [`Settings`], and they to JSON. Works on strings; the store reads and writes files.
//!
//! Reading is strict about what it knows (a bad value is an error with its place and the way out) and keeps what it
//! does not: unknown keys, and the order of all keys, survive a change made in the menu.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::json_error::{describe, known_part, read_part, require_objects};
use super::layers::locked::LockedKeys;
use super::metrics_file::MetricsJson;
use super::values::{
    FileHistory, FileIcon, FileSignal, FileSwapGrowth, FileThreshold, checked, history, icon, parsed, swap_growth,
    within,
};
use super::{MenuBar, Settings, actions_file, unknown_keys};
use crate::core::alerts::quiet_hours::QuietHours;
use crate::core::alerts::rule::SwapGrowth;
use crate::core::duration;
use crate::core::metrics::metric::Threshold;
use crate::core::text::settings::file as text;
use crate::core::updates::release::Repository;

/// The version of the file that this program writes, and the newest it can read.
pub const VERSION: u64 = 1;

/// Some editors begin a file with it. It stays where it is.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Reads a settings file. Missing keys have their defaults. An error is one sentence: the place (`line 3 column 20`), the
/// mistake, and the way out.
pub fn parse(text: &str) -> Result<Settings, String> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let document = document(text).unwrap_or_default();
    require_objects(&document)?;
    let mut json = serde_json::Deserializer::from_str(text);
    let file: SettingsJson =
        serde_path_to_error::deserialize(&mut json).map_err(|e| describe(&e.path().to_string(), e.inner()))?;
    json.end().map_err(|e| describe(".", &e))?;
    let actions = actions_file::read(file.actions, text);
    let mut mistakes = [unknown_keys::find(&document, &every_key()), actions.mistakes].concat();
    let updates_from = known_part(file.updates_from.map(|part| read_part("updates_from", part, text)), &mut mistakes);
    let metrics = file.metrics.unwrap_or_default().settings(text, &mut mistakes);
    let default = Settings::DEFAULT;
    let (alerts, shown) = (file.alerts.unwrap_or_default(), file.menu_bar.unwrap_or_default());
    let (cpu, memory) = (alerts.cpu.unwrap_or_default(), alerts.memory.unwrap_or_default());
    let above = |given: Option<FileThreshold>, default| given.map_or(default, |FileThreshold(threshold)| threshold);
    let history =
        file.history.unwrap_or(FileHistory { is_on: default.history, applications: default.history_applications });
    let menu_bar = MenuBar {
        cpu: shown.cpu.unwrap_or(default.menu_bar.cpu),
        memory: shown.memory.unwrap_or(default.menu_bar.memory),
        icon: shown.icon.map_or(default.menu_bar.icon, |FileIcon(icon)| icon),
        words: shown.words.unwrap_or(default.menu_bar.words),
    };
    if !menu_bar.is_valid() {
        return Err(text::EMPTY_MENU_BAR.into());
    }
    Ok(Settings {
        cpu: above(cpu.above_percent, default.cpu),
        memory: above(memory.above_percent, default.memory),
        after: alerts.after.unwrap_or(default.after),
        cooldown: alerts.cooldown.unwrap_or(default.cooldown),
        snoozed_until: alerts.snoozed_until,
        menu_bar,
        refresh: file.refresh.unwrap_or(default.refresh),
        refresh_saves_power: file.refresh_saves_power.unwrap_or(default.refresh_saves_power),
        history: history.is_on,
        history_applications: history.applications,
        notification_sound: file.notification_sound.unwrap_or(default.notification_sound),
        memory_signal: memory.signal.map_or(default.memory_signal, |FileSignal(signal)| signal),
        swap_growth: memory.swap_growth.map(FileSwapGrowth::rule),
        memory_forecast: memory.forecast.unwrap_or(default.memory_forecast),
        quiet_hours: alerts.quiet_hours,
        ignored: alerts.ignore.unwrap_or_default(),
        actions: actions.actions,
        updates_from: updates_from.and_then(|RepositoryJson(repository)| repository),
        untrusted: Vec::new(),
        metrics,
        locked: LockedKeys::NONE,
        mistakes,
    })
}

/// The JSON of a settings file; `None` for a text that is none.
pub fn document(text: &str) -> Option<Value> {
    serde_json::from_str(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)).ok()
}

/// A document with every key that a settings file may have.
pub fn every_key() -> Value {
    let growth = SwapGrowth { above_bytes: 0, within: Duration::ZERO };
    let mut every = to_value(&Settings { swap_growth: Some(growth), ..Settings::DEFAULT });
    every["locked"] = json!([]);
    // Headers have names of their own.
    every["metrics"]["push"] = json!({ "url": null, "headers": null, "every": null });
    every
}

/// A document with all of `settings`.
pub fn to_value(settings: &Settings) -> Value {
    let threshold = |t: Threshold| t.percent().map_or(json!("off"), |percent| json!(percent.get()));
    json!({
        "version": VERSION,
        "alerts": {
            "cpu": { "above_percent": threshold(settings.cpu) },
            "memory": {
                "above_percent": threshold(settings.memory),
                "signal": settings.memory_signal.key(),
                "swap_growth": settings.swap_growth.map(swap_growth),
                "forecast": settings.memory_forecast,
            },
            "after": duration::write(settings.after),
            "cooldown": duration::write(settings.cooldown),
            "snoozed_until": settings.snoozed_until.map(|until| until.to_string()),
            "quiet_hours": settings.quiet_hours.map(|hours| hours.to_string()),
            "ignore": settings.ignored,
        },
        "menu_bar": {
            "cpu": settings.menu_bar.cpu,
            "memory": settings.menu_bar.memory,
            "icon": icon(settings.menu_bar.icon),
            "words": settings.menu_bar.words,
        },
        "refresh": duration::write(settings.refresh),
        "refresh_saves_power": settings.refresh_saves_power,
        "history": history(settings),
        "notification_sound": settings.notification_sound,
        "actions": actions_file::to_value(&settings.actions),
        "updates_from": settings.updates_from.as_ref().map(Repository::to_string),
        "metrics": settings.metrics.to_value(),
    })
}

/// The file as it stands on disk: every key may be missing, and there may be more of them.
#[derive(Deserialize)]
#[serde(expecting = "an object with settings")]
struct SettingsJson<'a> {
    #[serde(default, rename = "version", deserialize_with = "version")]
    _version: (),
    alerts: Option<Alerts>,
    menu_bar: Option<ShownParts>,
    #[serde(default, deserialize_with = "refresh")]
    refresh: Option<Duration>,
    #[serde(default)]
    refresh_saves_power: Option<bool>,
    history: Option<FileHistory>,
    #[serde(default)]
    notification_sound: Option<bool>,
    #[serde(borrow)]
    actions: Option<&'a RawValue>,
    #[serde(borrow)]
    updates_from: Option<&'a RawValue>,
    #[serde(borrow)]
    metrics: Option<MetricsJson<'a>>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct RepositoryJson(#[serde(deserialize_with = "updates_from")] Option<Repository>);

#[derive(Default, Deserialize)]
#[serde(expecting = "an object with cpu, memory, after and others")]
struct Alerts {
    cpu: Option<MetricAlerts>,
    memory: Option<MemoryAlerts>,
    #[serde(default, deserialize_with = "after")]
    after: Option<Duration>,
    #[serde(default, deserialize_with = "cooldown")]
    cooldown: Option<Duration>,
    #[serde(default, deserialize_with = "timestamp")]
    snoozed_until: Option<Timestamp>,
    #[serde(default, deserialize_with = "quiet_hours")]
    quiet_hours: Option<QuietHours>,
    ignore: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(expecting = "an object such as {\"above_percent\": 80}")]
struct MetricAlerts {
    above_percent: Option<FileThreshold>,
}

#[derive(Default, Deserialize)]
#[serde(expecting = "an object such as {\"above_percent\": 80}")]
struct MemoryAlerts {
    above_percent: Option<FileThreshold>,
    signal: Option<FileSignal>,
    swap_growth: Option<FileSwapGrowth>,
    forecast: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(expecting = "an object such as {\"cpu\": true, \"memory\": true, \"icon\": true}")]
struct ShownParts {
    cpu: Option<bool>,
    memory: Option<bool>,
    icon: Option<FileIcon>,
    words: Option<bool>,
}

fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    match Option::<u64>::deserialize(deserializer)? {
        None | Some(VERSION) => Ok(()),
        Some(newer) => Err(D::Error::custom(text::newer(newer, VERSION))),
    }
}

readers! {
    after: Duration = within(duration::AFTER);
    cooldown: Duration = within(duration::COOLDOWN);
    refresh: Duration = within(duration::REFRESH);
    timestamp: Timestamp = parsed(|given| given.parse().map_err(|_| text::NOT_A_TIME.to_owned()));
    updates_from: Repository = parsed(str::parse);
    quiet_hours: QuietHours = parsed(|given| given.parse().map_err(str::to_owned));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::settings::IconStyle;
    use crate::core::settings::layers::write_alone as write;

    #[test]
    fn the_shipped_file_is_the_defaults_to_the_letter() {
        let shipped = include_str!("../../../resources/default-settings.json");
        assert_eq!(parse(shipped), Ok(Settings::DEFAULT));
        assert_eq!(format!("{:#}\n", to_value(&Settings::DEFAULT)), shipped);
    }

    #[test]
    fn missing_keys_have_their_defaults() {
        for text in ["{}", r#"{"alerts":{}}"#, r#"{"alerts":null,"refresh":null}"#, r#"{"alerts":{"cpu":{}}}"#] {
            assert_eq!(parse(text), Ok(Settings::DEFAULT), "{text}");
        }
    }

    #[test]
    fn the_icon_is_a_style_or_true_or_false() {
        let read = |icon: &str| parse(&format!(r#"{{"menu_bar": {{"icon": {icon}}}}}"#)).map(|s| s.menu_bar.icon);
        assert_eq!(read("true"), Ok(IconStyle::Auto));
        assert_eq!(read("false"), Ok(IconStyle::Off));
        assert_eq!(read("null"), Ok(IconStyle::Auto));
        let names = [r#""numbers""#, r#""bars""#, r#""off""#];
        assert_eq!(names.map(read), IconStyle::CHOICES.map(Ok));
        for icon in [IconStyle::Auto, IconStyle::Numbers, IconStyle::Bars, IconStyle::Off] {
            let settings = Settings { menu_bar: MenuBar::DEFAULT.with_icon(icon), ..Settings::DEFAULT };
            assert_eq!(parse(&write(None, &settings)), Ok(settings));
        }
        let wrong = "line 1 column 27: 'menu_bar.icon' is 'pie', which is no icon: give 'numbers', 'bars', 'off', \
                     or true for the default";
        assert_eq!(read(r#""pie""#), Err(wrong.to_owned()));
    }

    #[test]
    fn unknown_keys_and_the_order_of_keys_are_kept() {
        let text = r#"{"mine": [1, {"b": 2, "a": 1}], "alerts": {"note": "quiet", "cpu": {"above_percent": 70}}}"#;
        let settings = Settings { memory: Threshold::Off, ..parse(text).unwrap() };
        let written = write(Some(text), &settings);
        assert_eq!(parse(&written), Ok(settings));
        assert!(written.starts_with("{\n  \"mine\": [\n    1,\n    {\n      \"b\": 2,\n      \"a\": 1"), "{written}");
        assert!(written.contains(r#""note": "quiet""#) && written.contains(r#""above_percent": 70"#), "{written}");
    }

    #[test]
    fn a_byte_order_mark_is_passed_over_and_kept() {
        let text = "\u{feff}{\"mine\": 1, \"alerts\": {\"cpu\": {\"above_percent\": 70}}}";
        let settings = Settings { memory: Threshold::Off, ..parse(text).unwrap() };
        assert_eq!(settings.cpu, parse(&text[3..]).unwrap().cpu);
        let written = write(Some(text), &settings);
        assert_eq!(written, format!("\u{feff}{}", write(Some(&text[3..]), &settings)));
        assert_eq!(parse(&written), Ok(settings));
        let wrong = "{\"refresh\": \"1ms\"}";
        assert_eq!(parse(&format!("\u{feff}{wrong}")), parse(wrong), "the place is that of an editor");
        assert!(parse(&format!("\u{feff}\u{feff}{wrong}")).unwrap_err().starts_with("line 1 column 1"));
    }

    #[test]
    fn words_beside_the_numbers_are_read_and_written() {
        let settings = parse(r#"{"menu_bar": {"words": true}}"#).unwrap();
        assert_eq!(settings.menu_bar, MenuBar { words: true, ..MenuBar::DEFAULT });
        assert_eq!(parse(&write(None, &settings)), Ok(settings));
    }

    #[test]
    fn the_history_is_on_or_off_or_an_object() {
        let read = |history: &str| {
            let text = format!(r#"{{"history": {history}}}"#);
            parse(&text).map(|settings| {
                assert_eq!(parse(&write(None, &settings)).as_ref(), Ok(&settings), "{history}");
                assert!(settings.mistakes.is_empty(), "{settings:?}");
                (settings.history, settings.records_apps())
            })
        };
        for on in ["true", "null", "{}", r#"{"applications": true}"#, r#"{"applications": null}"#] {
            assert_eq!(read(on), Ok((true, true)), "{on}");
        }
        assert_eq!(read("false"), Ok((false, false)));
        assert_eq!(read(r#"{"applications": false}"#), Ok((true, false)));
        for wrong in ["1", r#""on""#, "[]", r#"{"applications": 1}"#] {
            assert!(read(wrong).unwrap_err().contains("'history"), "{wrong}");
        }
        let misspelt = parse(r#"{"history": {"aplications": false}}"#).unwrap().mistakes;
        assert!(misspelt[0].contains("did you mean 'applications'?"), "{misspelt:?}");
    }

    #[test]
    fn a_repository_is_read_and_left_as_written() {
        let text = r#"{"updates_from": "https://GitHub.com/o/loadline/"}"#;
        let settings = parse(text).unwrap();
        assert_eq!(settings.updates_from.as_ref().unwrap().to_string(), "https://github.com/o/loadline");
        assert_eq!(parse(&write(None, &settings)).as_ref(), Ok(&settings));
        assert!(write(Some(text), &settings).contains("https://GitHub.com/o/loadline/"));
        let slip = parse(r#"{"updates_from": "http://github.com/o/l", "refresh": "3s"}"#).unwrap();
        assert_eq!((slip.updates_from, slip.refresh), (None, Duration::from_secs(3)), "the rest holds");
        assert_eq!(
            slip.mistakes,
            ["line 1 column 18: 'updates_from' is 'http://github.com/o/l', which is not the address of a repository: \
              write it as https://github.com/OWNER/NAME, or null (it is left out; the rest of the settings holds)"]
        );
    }

    #[test]
    fn a_bad_value_is_named_with_its_place_and_the_way_out() {
        let wrong = |text: &str| parse(text).unwrap_err();
        assert_eq!(
            wrong("{\n  \"alerts\": {\"cpu\": {\"above_percent\": 180}}\n}"),
            "line 2 column 41: 'alerts.cpu.above_percent' is 180, which is out of range: \
             give a percentage from 1 to 100, or 'off'"
        );
        assert_eq!(
            wrong(r#"{"alerts": {"memory": {"above_percent": true}}}"#),
            "line 1 column 44: 'alerts.memory.above_percent' invalid type: boolean `true`, \
             expected a percentage from 1 to 100, or \"off\""
        );
        assert_eq!(
            wrong(r#"{"refresh": "1ms"}"#),
            "line 1 column 18: 'refresh' is '1ms', which is out of range: give 250ms to 1h"
        );
        assert_eq!(
            wrong(r#"{"refresh_saves_power": "no"}"#),
            "line 1 column 28: 'refresh_saves_power' invalid type: string \"no\", expected a boolean"
        );
        assert_eq!(
            wrong(r#"{"alerts": {"after": "soon"}}"#),
            "line 1 column 28: 'alerts.after' is 'soon', which is not a length of time: \
             write it as 500ms, 5s, 1m30s or 1h"
        );
        assert_eq!(
            wrong(r#"{"version": 7}"#),
            "line 1 column 14: 'version' is 7, and this Loadline reads version 1: update Loadline, or move the file away"
        );
        assert_eq!(
            wrong(r#"{"menu_bar": {"cpu": false, "memory": false, "icon": false}}"#),
            "'menu_bar' shows nothing: set cpu, memory or icon to true"
        );
    }

    #[test]
    fn broken_json_is_named_with_its_place() {
        let wrong = |text: &str| parse(text).unwrap_err();
        assert_eq!(wrong("{\n  \"refresh\": \"2s\",\n}"), "line 3 column 1: trailing comma");
        assert_eq!(wrong(""), "line 1 column 0: EOF while parsing a value");
        assert_eq!(wrong("{} x"), "line 1 column 4: trailing characters");
        assert_eq!(
            wrong("[1, null, null, \"2s\"]"),
            "the file holds a list, and must hold an object: see default-settings.json"
        );
        assert_eq!(wrong(r#"{"alerts": {"cpu": [80]}}"#), "'alerts.cpu' is a list, and must be an object");
    }
}
