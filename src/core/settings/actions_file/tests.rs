//! Lists of actions with and without mistakes.

use super::*;
use crate::core::settings::Settings;
use crate::core::settings::file::parse;
use crate::core::settings::layers::write_alone as write;

fn actions(list: &str) -> Vec<Action> {
    let settings = parse(&format!(r#"{{"actions": {list}}}"#)).unwrap();
    settings.actions.iter().map(|action| Action::clone(action)).collect()
}

/// The mistakes of a file.
fn mistakes(text: &str) -> Vec<String> {
    parse(text).unwrap().mistakes
}

/// The mistake of a list, without its place in the file and its consequence.
fn wrong(list: &str) -> String {
    let mistake = mistakes(&format!(r#"{{"actions": {list}}}"#)).remove(0);
    let (rest, _) = mistake.rsplit_once(" (").unwrap();
    rest.split_once(": ").filter(|(place, _)| place.starts_with("line ")).map_or(rest, |(_, rest)| rest).to_owned()
}

#[test]
fn missing_keys_of_an_action_have_their_defaults() {
    let command = Action {
        name: "restart web".into(),
        on_alert: true,
        on_recovery: false,
        on_forecast: false,
        metrics: vec![Metric::Cpu, Metric::Memory],
        min_interval: Duration::from_secs(60),
        timeout: Duration::from_secs(30),
        kind: ActionKind::Command { argv: vec!["/usr/local/bin/restart".into(), "web".into()] },
        is_machine_wide: false,
        is_trusted: false,
    };
    let webhook = Action {
        name: "team".into(),
        on_recovery: true,
        min_interval: Duration::ZERO,
        timeout: Duration::from_secs(10),
        kind: ActionKind::Webhook { url: "${TEAM_URL}".into(), preset: Preset::Json, headers: vec![] },
        ..command.clone()
    };
    let list = r#"[{"name": "restart web", "command": ["/usr/local/bin/restart", "web"], "timeout": null},
                   {"webhook": "${TEAM_URL}", "name": "team"}]"#;
    assert_eq!(actions(list), [command, webhook]);
    assert_eq!(actions("null"), []);
}

#[test]
fn every_key_is_read_and_written() {
    let list = r#"[{"name": "team", "on": ["recovery"], "metrics": ["memory", "cpu", "cpu"], "note": 7,
        "webhook": "HTTPS://example.org/${KEY}", "preset": "ntfy", "headers": {"B": "2", "A": "Bearer ${TOKEN}"},
        "timeout": "1m30s", "at_most_every": "24h"}]"#;
    let read = actions(list);
    let headers = vec![("B".into(), "2".into()), ("A".into(), "Bearer ${TOKEN}".into())];
    let url = "HTTPS://example.org/${KEY}".into();
    assert_eq!(read[0].kind, ActionKind::Webhook { url, preset: Preset::Ntfy, headers });
    assert_eq!((read[0].on_alert, read[0].on_recovery), (false, true));
    assert_eq!(read[0].metrics, Metric::ALL);
    assert_eq!(read[0].timeout, Duration::from_secs(90));

    let settings = Settings { actions: read.into_iter().map(Arc::new).collect(), ..Settings::DEFAULT };
    assert_eq!(parse(&write(None, &settings)), Ok(settings), "a file that had gone has its actions again");
}

#[test]
fn a_save_leaves_the_list_as_the_person_wrote_it() {
    let text = r#"{"actions": [{"name":"a","command":["true"],"note":1}], "refresh": "1s"}"#;
    let settings = Settings { refresh: Duration::from_secs(5), ..parse(text).unwrap() };
    let written: Value = serde_json::from_str(&write(Some(text), &settings)).unwrap();
    assert_eq!(written["actions"], json!([{"name": "a", "command": ["true"], "note": 1}]));
    assert_eq!(written["refresh"], "5s");
}

#[test]
fn a_mistake_is_named_with_its_place_and_the_way_out() {
    let text = "{\"actions\": [\n  {\"name\": \"a\", \"command\": [\"true\"]},\n  \
                {\"name\": \"b\", \"command\": [\"true\"], \"on\": [\"alerts\"]}\n]}";
    assert_eq!(
        mistakes(text),
        [
            "line 3 column 52: 'actions[1].on[0]' unknown variant `alerts`, expected one of `alert`, `recovery`, `forecast` \
          (this action does not run; the others do)"
        ]
    );
    let text = text.replace("\"command\": [\"true\"]},", "\n \"comand\": []},");
    let places: Vec<String> = mistakes(&text).iter().map(|mistake| mistake.split(':').next().unwrap().into()).collect();
    assert_eq!(places, ["line 3 column 9", "line 4 column 52"]);
}

#[test]
fn a_mistake_in_one_action_costs_that_action_alone() {
    let text = r#"{"alerts": {"cpu": {"above_percent": 60}}, "actions": [
        {"name": "bad", "webhook": "ftp://b"}, {"name": "good", "command": ["true"]}, {"name": "good", "command": ["false"]}]}"#;
    let settings = parse(text).unwrap();
    assert_eq!(settings.actions.iter().map(|action| action.name.as_str()).collect::<Vec<_>>(), ["good"]);
    assert_eq!(settings.actions[0].kind, ActionKind::Command { argv: vec!["true".into()] });
    assert_eq!(settings.cpu.percent().unwrap().get(), 60);
    assert_eq!(settings.mistakes.len(), 2, "{:?}", settings.mistakes);
    // A save keeps what the person wrote, mistakes included.
    assert_eq!(parse(&write(Some(text), &settings)).unwrap().mistakes.len(), 2);
}

#[test]
fn what_is_no_list_costs_the_actions_and_no_more() {
    for list in ["{}", "7", "\"no\""] {
        let settings = parse(&format!(r#"{{"refresh": "5s", "actions": {list}}}"#)).unwrap();
        assert_eq!((settings.actions.len(), settings.refresh), (0, Duration::from_secs(5)));
        assert!(settings.mistakes[0].ends_with("(no action runs)"), "{list}: {:?}", settings.mistakes);
    }
}

fn each_has_its_sentence(mistakes: &[(&str, &str)]) {
    for (list, problem) in mistakes {
        assert_eq!(wrong(list), *problem, "{list}");
    }
}

#[test]
fn each_mistake_in_an_action_has_its_sentence() {
    let long = format!(r#"[{{"name": "{}", "command": ["true"]}}]"#, "x".repeat(65));
    each_has_its_sentence(&[
        (r#"{}"#, "'actions' invalid type: map, expected a list of actions: [{\"name\": ..., \"command\": [...]}]"),
        (r#"[{"command": ["a"]}]"#, "'actions[0]' has no 'name': give it one"),
        (r#"[{"name": " "}]"#, "'actions[0].name' is empty: say what the action is called"),
        (&long, "'actions[0].name' is longer than 64 characters: give a shorter one"),
        (r#"[{"name": "a\u001b"}]"#, "'actions[0].name' has a control character in it: take it out"),
        (
            r#"[{"name": "a", "command": ["b"]}, {"name": "a", "command": ["c"]}]"#,
            "'actions' has two actions named 'a': give each a name of its own",
        ),
        (
            r#"[{"name": "a", "comand": ["b"]}]"#,
            "'actions[0].comand' unknown field `comand`, expected one of `name`, `on`, `metrics`, `command`, `webhook`, \
             `preset`, `headers`, `timeout`, `at_most_every`, `note`",
        ),
        (r#"[{"name": "a", "note": "b"}]"#, "'actions[0]' has neither 'command' nor 'webhook': add one of them"),
        (
            r#"[{"name": "a", "command": ["b"], "webhook": "https://c"}]"#,
            "'actions[0]' has both 'command' and 'webhook': make two actions of it",
        ),
        (r#"[{"name": "a", "name": "b"}]"#, "'actions[0]' duplicate field `name`"),
        (
            r#"["a"]"#,
            "'actions[0]' invalid type: string \"a\", expected an action: an object with 'name' and 'command' or 'webhook'",
        ),
    ]);
}

#[test]
fn each_mistake_in_a_value_has_its_sentence() {
    each_has_its_sentence(&[
        (
            r#"[{"name": "a", "command": []}]"#,
            "'actions[0].command' is empty: give the program and its arguments, each as a text of its own",
        ),
        (
            r#"[{"name": "a", "command": [""]}]"#,
            "'actions[0].command' begins with an empty text: give the program first",
        ),
        (r#"[{"name": "a", "command": ["b", "c\nd\u0000"]}]"#, "'actions[0].command' has a NUL in it: take it out"),
        (
            r#"[{"name": "a", "webhook": "https://b\u0000"}]"#,
            "'actions[0].webhook' has a line break or a NUL in it: take it out",
        ),
        (
            r#"[{"name": "a", "webhook": "ftp://b"}]"#,
            "'actions[0].webhook' is not a web address: begin it with https:// or http://, or with ${NAME} for what is \
             in the environment",
        ),
        (r#"[{"name": "a", "on": []}]"#, "'actions[0].on' is empty: give alert, recovery, forecast or several"),
        (r#"[{"name": "a", "metrics": []}]"#, "'actions[0].metrics' is empty: give cpu, memory or both"),
        (
            r#"[{"name": "a", "metrics": ["swap"]}]"#,
            "'actions[0].metrics[0]' unknown variant `swap`, expected `cpu` or `memory`",
        ),
        (
            r#"[{"name": "a", "preset": "irc"}]"#,
            "'actions[0].preset' unknown variant `irc`, expected one of `json`, `slack`, `discord`, `teams`, `ntfy`, \
             `alertmanager`",
        ),
        (
            r#"[{"name": "a", "command": ["b"], "preset": "slack"}]"#,
            "'actions[0]' has 'preset', which is for webhooks, beside 'command': take one of them out",
        ),
        (
            r#"[{"name": "a", "command": ["b"], "headers": {}}]"#,
            "'actions[0]' has 'headers', which is for webhooks, beside 'command': take one of them out",
        ),
        (
            r#"[{"name": "a", "webhook": "http://b", "headers": {"A": "b\r\nC: d"}}]"#,
            "'actions[0].headers' has a line break or a NUL in it: take it out",
        ),
        (
            r#"[{"name": "a", "webhook": "http://b", "headers": {"A": 1}}]"#,
            "'actions[0].headers' has a value for 'A' that is no text",
        ),
        (
            r#"[{"name": "a", "webhook": "http://b", "headers": {"A B": "c"}}]"#,
            "'actions[0].headers' has 'A B', which is not the name of a header: use letters, digits and '-'",
        ),
        (
            r#"[{"name": "a", "timeout": "500ms"}]"#,
            "'actions[0].timeout' is '500ms', which is out of range: give 1s to 10m",
        ),
        (
            r#"[{"name": "a", "at_most_every": "25h"}]"#,
            "'actions[0].at_most_every' is '25h', which is out of range: give 0s to 24h",
        ),
    ]);
}

#[test]
fn a_list_in_the_place_of_an_action_is_refused() {
    let text = r#"{"actions": [["a", null, null, ["true"], null, null, null, null, null, null]]}"#;
    assert_eq!(
        mistakes(text),
        ["'actions[0]' is a list, and must be an object (this action does not run; the others do)"]
    );
}

#[test]
fn every_preset_has_the_name_that_is_listed() {
    for (name, preset) in Preset::ALL {
        let list = format!(r#"[{{"name": "a", "webhook": "https://b", "preset": "{name}"}}]"#);
        let ActionKind::Webhook { preset: read, .. } = actions(&list).remove(0).kind else { panic!("{name}") };
        assert_eq!((read, serde_json::to_value(preset).unwrap()), (preset, json!(name)));
    }
}

#[test]
fn a_header_may_be_sent_twice() {
    let read = actions(r#"[{"name": "a", "webhook": "http://b", "headers": {"B": "2", "A": "1", "B": "3"}}]"#);
    let ActionKind::Webhook { headers, .. } = &read[0].kind else { panic!("{read:?}") };
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(headers, [("B", "2"), ("A", "1"), ("B", "3")]);
}
