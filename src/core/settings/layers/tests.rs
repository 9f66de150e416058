//! The layers: which file's value holds, what is locked, and what a click writes.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::core::metrics::metric::{Metric, Percent, Threshold};
use crate::core::settings::layers::locked::MenuSetting;
use crate::core::settings::{IconStyle, MenuBar, Part};

const MACHINE: &str = "/etc/loadline/settings.json";

/// Each key of the shipped file with two values that differ from its default and from each other.
fn other_values() -> Vec<(&'static str, Value, Value)> {
    let action = |name: &str| json!([{"name": name, "command": ["true"]}]);
    let growth = |megabytes: u64| json!({"above_mb": megabytes, "within": "10m"});
    vec![
        ("alerts.cpu.above_percent", json!(61), json!("off")),
        ("alerts.memory.above_percent", json!(62), json!(63)),
        ("alerts.memory.signal", json!("both"), json!("pressure")),
        ("alerts.memory.swap_growth", growth(5), growth(6)),
        ("alerts.memory.forecast", json!(false), json!(true)),
        ("alerts.after", json!("7s"), json!("8s")),
        ("alerts.cooldown", json!("7m"), json!("8m")),
        ("alerts.snoozed_until", json!("2026-11-22T15:40:00Z"), json!("2026-11-23T15:40:00Z")),
        ("alerts.quiet_hours", json!("22:00-07:00"), json!("23:00-07:00")),
        ("alerts.ignore", json!(["a"]), json!(["b"])),
        ("menu_bar.cpu", json!(false), json!(true)),
        ("menu_bar.memory", json!(false), json!(true)),
        ("menu_bar.icon", json!("bars"), json!("numbers")),
        ("menu_bar.words", json!(true), json!(false)),
        ("refresh", json!("3s"), json!("4s")),
        ("refresh_saves_power", json!(false), json!(true)),
        ("history", json!({"applications": false}), json!(false)),
        ("notification_sound", json!(true), json!(false)),
        ("actions", action("a"), action("b")),
        ("updates_from", json!("https://github.com/a/l"), json!("https://github.com/b/l")),
        ("metrics.listen", json!("127.0.0.1:1"), json!("127.0.0.1:2")),
        ("metrics.token", json!("a"), json!("b")),
        ("metrics.push", json!({"url": "https://a"}), json!({"url": "https://b"})),
    ]
}

/// A file with one key, and with others beside it.
fn with(key: &str, value: &Value, rest: Value) -> String {
    let mut document = rest;
    put(&mut document, key, value.clone());
    document.to_string()
}

fn machine(text: &str) -> Layer {
    Layer::parse_machine(text, MACHINE).unwrap()
}

fn over(machine_text: &str, person_text: &str) -> Settings {
    layered(&machine(machine_text), &Layer::parse(person_text).unwrap())
}

/// The value of a key, of actions only the names.
fn value(settings: &Settings, key: &str) -> Value {
    if key == ACTIONS {
        return json!(settings.actions.iter().map(|action| &action.name).collect::<Vec<_>>());
    }
    to_value(settings).pointer(&pointer(key)).unwrap().clone()
}

#[test]
fn every_key_of_the_shipped_file_has_values_to_try() {
    let shipped: Value = serde_json::from_str(include_str!("../../../../resources/default-settings.json")).unwrap();
    let tried: Vec<&str> = other_values().iter().map(|(key, ..)| *key).collect();
    assert_eq!(keys(&shipped), tried);
}

#[test]
fn the_person_goes_before_the_machine_and_the_machine_before_the_defaults() {
    for (key, first, second) in other_values() {
        let (of_machine, of_person) = (with(key, &first, json!({})), with(key, &second, json!({})));
        let alone = |text: &str| value(&file::parse(text).unwrap(), key);
        assert_eq!(value(&over(&of_machine, "{}"), key), alone(&of_machine), "{key}");
        let both = value(&over(&of_machine, &of_person), key);
        if key == ACTIONS {
            assert_eq!(both, json!(["a", "b"]), "each file adds its own");
        } else {
            assert_eq!(both, alone(&of_person), "{key}");
        }
        assert_eq!(value(&over("{}", &of_person), key), alone(&of_person), "{key}");
    }
}

#[test]
fn every_key_can_be_locked_by_itself_and_by_each_object_around_it() {
    for (key, first, second) in other_values() {
        for (end, _) in key.match_indices('.').chain([(key.len(), "")]) {
            let locked = &key[..end];
            let of_machine = with(key, &first, json!({ "locked": [locked] }));
            let of_person = with(key, &second, json!({}));
            let settings = over(&of_machine, &of_person);
            assert_eq!(value(&settings, key), value(&file::parse(&of_machine).unwrap(), key), "{locked}");
            assert!(settings.mistakes.is_empty(), "{:?}", settings.mistakes);
            assert!(settings.locked.contains(key), "{key} by {locked}");
            // Without a value of its own the default is final.
            let by_default = over(&json!({ "locked": [locked] }).to_string(), &of_person);
            assert_eq!(value(&by_default, key), value(&Settings::DEFAULT, key), "{locked}");
        }
    }
}

#[test]
fn a_lock_holds_for_nothing_beside_it() {
    for (locked, first, _) in other_values() {
        let of_machine = with(locked, &first, json!({ "locked": [locked] }));
        for (key, _, second) in other_values().into_iter().filter(|(key, ..)| *key != locked) {
            let of_person = with(key, &second, json!({}));
            let settings = over(&of_machine, &of_person);
            let free = value(&file::parse(&of_person).unwrap(), key);
            let both = if key == ACTIONS { json!(["b"]) } else { free };
            assert_eq!(value(&settings, key), both, "{key} beside {locked}");
        }
    }
}

#[test]
fn a_part_of_a_value_locks_the_whole_value() {
    let growth = r#"{"alerts": {"memory": {"swap_growth": {"above_mb": 5, "within": "10m"}}}, "history": {"applications": true},
        "locked": ["alerts.memory.swap_growth.within", "history.applications"]}"#;
    let settings = over(growth, r#"{"alerts": {"memory": {"swap_growth": null}}, "history": false}"#);
    assert!(settings.swap_growth.is_some() && settings.history, "{settings:?}");
}

#[test]
fn a_null_is_a_value_only_where_it_is_the_default() {
    let of_machine = r#"{"alerts": {"quiet_hours": "22:00-07:00", "after": "9s"}, "refresh": "9s"}"#;
    let settings = over(of_machine, r#"{"alerts": {"quiet_hours": null, "after": null}, "refresh": null}"#);
    assert_eq!(settings.quiet_hours, None);
    assert_eq!((settings.after, settings.refresh), (Duration::from_secs(9), Duration::from_secs(9)));
    assert_eq!(over(of_machine, r#"{"alerts": null}"#).after, Duration::from_secs(9));
}

#[test]
fn an_action_of_the_person_takes_the_place_of_one_of_the_same_name() {
    let list = |names: &[&str], program: &str| {
        let actions: Vec<Value> = names.iter().map(|name| json!({"name": name, "command": [program]})).collect();
        json!({ "actions": actions })
    };
    let names = |settings: &Settings| {
        settings.actions.iter().map(|action| (action.name.clone(), action.is_machine_wide)).collect::<Vec<_>>()
    };
    let mut of_machine = list(&["fleet", "pager"], "m");
    let of_person = list(&["pager", "mine"], "p").to_string();
    let both = over(&of_machine.to_string(), &of_person);
    assert_eq!(names(&both), [("fleet".into(), true), ("pager".into(), false), ("mine".into(), false)]);
    of_machine["locked"] = json!(["actions"]);
    let locked = over(&of_machine.to_string(), &of_person);
    assert_eq!(names(&locked), [("fleet".into(), true), ("pager".into(), true)]);
}

#[test]
fn the_push_of_one_file_takes_the_place_of_the_others_with_the_trust_in_its_file() {
    let push = |host: &str, locked: &str| {
        format!(r#"{{"metrics": {{"push": {{"url": "https://{host}", "headers": {{"X-{host}": "1"}}}}}}{locked}}}"#)
    };
    let layer = |text: &str| {
        let mut layer = Layer::parse_machine(text, "/m").unwrap();
        layer.set_trusted(true);
        layer
    };
    let untrusted = Layer::parse(&push("person", "")).unwrap();
    let of = |machine: &Layer, person: &Layer| layered(machine, person).metrics.push;
    let machine = layer(&push("machine", ""));
    assert_eq!(of(&machine, &untrusted), untrusted.settings.metrics.push);
    assert_eq!(of(&machine, &Layer::NONE), machine.settings.metrics.push);
    assert_eq!(of(&Layer::NONE, &untrusted), untrusted.settings.metrics.push);
    for locked in ["metrics", "metrics.push", "metrics.push.url"] {
        let machine = layer(&push("machine", &format!(r#", "locked": ["{locked}"]"#)));
        let target = of(&machine, &untrusted).unwrap().target;
        assert!(target.is_trusted && target.is_machine_wide, "{locked}: {target:?}");
    }
}

#[test]
fn mistakes_name_the_machines_file_and_locked_keys_that_are_none() {
    let settings = over(
        r#"{"alert": {}, "locked": ["alerts.cpv", "Alerts.Memory", "cooldown", "alerts.*", "", "nonsense", "alerts.cpu"]}"#,
        "{}",
    );
    let expected = [
        "unknown key 'alert', did you mean 'alerts'? (it is kept, and does nothing)",
        "'locked' names 'alerts.cpv', did you mean 'alerts.cpu'? (it locks nothing)",
        "'locked' names 'Alerts.Memory', did you mean 'alerts.memory'? (it locks nothing)",
        "'locked' names 'cooldown', did you mean 'alerts.cooldown'? (it locks nothing)",
        "'locked' names 'alerts.*', did you mean 'alerts'? (it locks nothing)",
        "'locked' names '', which is no setting (it locks nothing)",
        "'locked' names 'nonsense', which is no setting (it locks nothing)",
    ];
    assert_eq!(settings.mistakes, expected.map(|mistake| format!("'{MACHINE}', {mistake}")));
    assert_eq!(settings.locked.keys(), ["alerts.cpu"]);
    for wrong in [r#"{"locked": "alerts"}"#, r#"{"locked": [1]}"#, r#"{"locked": {"alerts": true}}"#] {
        let refused = Layer::parse_machine(wrong, MACHINE).unwrap_err();
        assert!(refused.starts_with("'locked' is not a list of keys"), "{refused}");
    }
    assert!(machine(r#"{"locked": null}"#).settings.locked.keys().is_empty());
}

#[test]
fn a_list_of_locked_keys_in_a_persons_file_does_nothing_and_gets_a_word() {
    for list in [r#"["alerts"]"#, "7", "[]", "null"] {
        let text = format!(r#"{{"locked": {list}, "refresh": "3s"}}"#);
        let settings = over(r#"{"refresh": "9s"}"#, &text);
        assert_eq!(settings.refresh, Duration::from_secs(3));
        assert_eq!(settings.mistakes, [text::LOCKED_OF_PERSON], "{list}");
        assert!(!settings.locked.contains("alerts"));
    }
}

#[test]
fn a_menu_bar_that_shows_nothing_together_is_the_machines() {
    let of_machine = r#"{"menu_bar": {"cpu": false, "memory": false}}"#;
    let settings = over(of_machine, r#"{"menu_bar": {"icon": false}, "refresh": "3s"}"#);
    assert_eq!(settings.menu_bar, MenuBar { cpu: false, memory: false, ..MenuBar::DEFAULT });
    assert_eq!(settings.refresh, Duration::from_secs(3), "the rest holds");
    assert_eq!(settings.mistakes, [text::MENU_BAR_IGNORED]);
}

#[test]
fn the_rows_of_the_menu_are_locked_with_their_keys() {
    for setting in MenuSetting::ALL {
        let document: Value = json!({ "locked": [setting.key()] });
        let locks = machine(&document.to_string()).settings.locked.menu();
        for other in MenuSetting::ALL {
            assert_eq!(locks.contains(other), other == setting, "{other:?} by {setting:?}");
        }
        assert!(keys(&to_value(&Settings::DEFAULT)).iter().any(|key| key == setting.key()), "{setting:?}");
    }
    let alerts = machine(r#"{"locked": ["alerts"]}"#).settings.locked.menu();
    assert!(alerts.contains(MenuSetting::Snooze) && alerts.contains(MenuSetting::Threshold(Metric::Cpu)));
    assert!(!alerts.contains(MenuSetting::Shown(Part::Cpu)));
}

/// A change as a click makes it.
fn click(settings: &mut Settings, random: &mut fastrand::Rng) {
    let threshold =
        |random: &mut fastrand::Rng| Percent::new(random.u64(50..95)).map_or(Threshold::Off, Threshold::Above);
    match random.u8(0..8) {
        0 => settings.cpu = threshold(random),
        1 => settings.memory = Settings::DEFAULT.memory,
        2 => settings.after = Duration::from_secs(random.u64(0..4)),
        3 => settings.refresh = Duration::from_secs(random.u64(1..4)),
        4 => settings.menu_bar = settings.menu_bar.toggled(Part::ALL[random.usize(0..4)]),
        5 => settings.menu_bar = settings.menu_bar.with_icon(IconStyle::CHOICES[random.usize(0..3)]),
        6 => settings.snoozed_until = random.bool().then(|| "2026-11-22T15:40:00Z".parse().unwrap()),
        _ => settings.memory_forecast = random.bool(),
    }
}

/// A file with some keys of [`other_values`].
fn some_keys(random: &mut fastrand::Rng) -> Value {
    let mut document = json!({"mine": {"b": 1, "a": 2}, "alerts": {"note": "quiet"}});
    for (key, first, second) in other_values() {
        // A file that shows nothing in the menu bar is refused, which is tried elsewhere.
        if random.u8(0..4) == 0 && key != "menu_bar.memory" {
            put(&mut document, key, if random.bool() { first } else { second });
        }
    }
    document
}

#[test]
fn clicks_survive_a_save_and_change_nothing_else_in_the_file() {
    let mut random = fastrand::Rng::with_seed(19);
    for _ in 0..60 {
        let machine = machine(&some_keys(&mut random).to_string());
        let mut text = some_keys(&mut random).to_string();
        let mut settings = layered(&machine, &Layer::parse(&text).unwrap());
        for _ in 0..4 {
            let (before, file_before) = (settings.clone(), file::document(&text).unwrap());
            click(&mut settings, &mut random);
            let written = write(Some(&text), &settings, &machine);
            assert_eq!(layered(&machine, &Layer::parse(&written).unwrap()), settings, "{text} became {written}");
            let file_after = file::document(&written).unwrap();
            for (key, ..) in other_values() {
                let place = pointer(key);
                let (old, new) = (file_before.pointer(&place), file_after.pointer(&place));
                if value(&before, key) == value(&settings, key) {
                    assert_eq!(old, new, "{key} has not been clicked");
                } else if value(&machine.settings, key) == value(&settings, key) {
                    assert_eq!(new, None, "{key} is as in the layer below");
                } else {
                    assert_eq!(new, Some(&value(&settings, key)), "{key}");
                }
            }
            assert_eq!(file_after["mine"], json!({"b": 1, "a": 2}));
            assert_eq!(file_after["alerts"]["note"], "quiet");
            text = written;
        }
    }
}

#[test]
fn a_new_file_holds_only_what_was_clicked_and_later_layers_show_through() {
    let settings = Settings { cpu: Threshold::Off, ..Settings::DEFAULT };
    let text = write(None, &settings, &Layer::NONE);
    assert_eq!(file::document(&text), Some(json!({"version": 1, "alerts": {"cpu": {"above_percent": "off"}}})));
    let later = machine(r#"{"refresh": "9s", "alerts": {"cpu": {"above_percent": 70}}}"#);
    let both = layered(&later, &Layer::parse(&text).unwrap());
    assert_eq!((both.cpu, both.refresh), (Threshold::Off, Duration::from_secs(9)));
    let back = write(Some(&text), &Settings::DEFAULT, &Layer::NONE);
    assert_eq!(file::document(&back), Some(json!({"version": 1})), "with the objects that were made for it");
}

#[test]
fn a_locked_value_of_the_person_stays_in_the_file_and_is_never_written() {
    let machine = machine(r#"{"alerts": {"cpu": {"above_percent": 70}}, "locked": ["alerts.cpu"]}"#);
    let text = r#"{"alerts": {"cpu": {"above_percent": 50}}}"#;
    let before = layered(&machine, &Layer::parse(text).unwrap());
    let settings = Settings { cpu: Threshold::Off, refresh: Duration::from_secs(9), ..before };
    let written = file::document(&write(Some(text), &settings, &machine)).unwrap();
    assert_eq!(written, json!({"alerts": {"cpu": {"above_percent": 50}}, "refresh": "9s"}));
}

#[test]
fn a_new_file_for_an_editor_shows_the_settings_and_sets_none() {
    let machine =
        machine(r#"{"refresh": "9s", "metrics": {"token": "secret"}, "actions": [{"name": "a", "command": ["b"]}]}"#);
    let text = template(&write(None, &machine.settings, &machine), &machine);
    let layer = Layer::parse(&text).unwrap();
    assert!(layer.given.is_empty() && layer.settings.mistakes.is_empty(), "{layer:?}");
    assert!(text.contains("\"refresh\": \"9s\"") && text.contains("\"quiet_hours\""), "{text}");
    assert!(!text.contains("secret") && !text.contains("\"b\""), "{text}");
}

#[test]
fn each_value_has_its_origin() {
    let machine = machine(
        r#"{"alerts": {"cpu": {"above_percent": 70}, "after": "9s"}, "refresh": "3s", "metrics": {"token": "secret"},
            "actions": [{"name": "fleet", "command": ["true"]}], "locked": ["alerts.cpu"]}"#,
    );
    let text = r#"{"alerts": {"cpu": {"above_percent": 50}, "after": "1s"}, "actions": [{"name": "mine", "command": ["true"]}]}"#;
    let person = Layer::parse(text).unwrap();
    let overrides = Overrides { memory: Some(Threshold::Off), ..Overrides::default() };
    let effective = overrides.apply_to(&layered(&machine, &person));
    let origins = origins(&machine, &person, &overrides, &effective);
    let find = |key: &'static str| {
        origins.iter().filter(move |found| found.key == key).map(|found| (found.value.as_str(), found.origin))
    };
    assert!(find("alerts.cpu.above_percent").eq([("70", Origin::MachineFile)]));
    assert!(find("alerts.memory.above_percent").eq([("\"off\"", Origin::CommandLine("--memory"))]));
    assert!(find("alerts.after").eq([("\"1s\"", Origin::PersonFile)]));
    assert!(find("alerts.cooldown").eq([("\"5m\"", Origin::Default)]));
    assert!(find("metrics.token").eq([(text::NOT_SHOWN, Origin::MachineFile)]));
    assert!(find("actions").eq([("[\"fleet\"]", Origin::MachineFile), ("[\"mine\"]", Origin::PersonFile)]));
    let cpu = origins.iter().find(|found| found.key == "alerts.cpu.above_percent").unwrap();
    assert!(cpu.is_locked && cpu.is_ignored);
    assert!(origins.iter().filter(|found| found.is_locked).count() == 1);
    assert!(origins.iter().all(|found| found.key != "version" && !found.value.contains("secret")));
}

#[test]
fn options_for_locked_keys_are_refused_and_dropped() {
    let locked = machine(r#"{"locked": ["alerts.cpu", "refresh"]}"#).settings.locked;
    let mut given = Overrides { cpu: Some(Threshold::Off), after: Some(Duration::ZERO), ..Overrides::default() };
    let refused = given.check(&locked).unwrap_err();
    assert_eq!(
        refused,
        "'--cpu' cannot be given: 'alerts.cpu.above_percent' is set by the administrator in \
         '/etc/loadline/settings.json'; leave the option out"
    );
    assert_eq!(given.drop_locked(&locked).len(), 1);
    assert_eq!(given, Overrides { after: Some(Duration::ZERO), ..Overrides::default() });
    assert_eq!(given.check(&locked), Ok(()));
}

#[test]
fn an_address_with_a_mistake_leaves_that_of_the_machine_in_force_and_stays_as_it_is() {
    let of_machine = r#"{"metrics": {"push": {"url": "https://h/machine"}, "listen": "127.0.0.1:1"}}"#;
    let slip = r#"{"metrics": {"push": {"url": "https://h:99999/own"}, "listen": "127.0.0.1:99999"}}"#;
    let settings = over(of_machine, slip);
    let alone = over(of_machine, "{}");
    assert_eq!((&settings.metrics, settings.mistakes.len()), (&alone.metrics, 2), "{settings:?}");
    let written = write_alone(Some(slip), &Settings { history: false, ..file::parse(slip).unwrap() });
    assert!(written.contains("https://h:99999/own") && written.contains("127.0.0.1:99999"), "{written}");
}
