//! Every preset with everyday and with nasty names, each read back as its receiver reads it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;
use serde_json::Value;

use super::*;
use crate::core::actions::env_vars::variables;
use crate::core::alerts::event::{Cause, EndReason, RecoveryEvent};
use crate::core::forecast::event::ForecastEvent;
use crate::core::forecast::grower::Grower;
use crate::core::metrics::metric::{Metric, Percent};

const NASTY: [&str; 12] = [
    "<!channel> <@U123> <https://evil.example|click> &amp; @everyone @here",
    "**bold** _it_ ~~no~~ `code` ||spoiler|| # head\n> quote\n- item [a](https://evil.example)",
    "\"quotes\" \\backslash\\ 'single' {\"json\": null} \",\"text\":\"",
    "line\nfeed\r\nreturn\ttab\u{0}nul\u{1b}[31mred\u{7}",
    "right\u{202e}to\u{2066}left\u{200b}zero\u{feff}",
    "=?UTF-8?Q?not_yours?=",
    "漢字 – naïve 👩‍👩‍👧 e\u{301}",
    "  spaces  ",
    "<script>alert(1)</script><at>everyone</at>",
    "${HOME} $(id) %s {{ .Labels }}",
    ":smile: https://evil.example/x?y=1 1. item + x\\",
    "",
];

fn process(name: &str) -> AppUsage {
    AppUsage { name: name.into(), pids: vec![7], cpu_percent: 310.0, memory_bytes: 1 << 30 }
}

fn at(time: &str) -> Zoned {
    time.parse().unwrap()
}

fn alert(name: &str) -> OutputLine {
    let event = AlertEvent {
        metric: Metric::Cpu,
        value_percent: 91.2,
        cause: Cause::Above(Percent::DEFAULT),
        above_for: Duration::from_secs(5),
        cpu_limit: None,
        times_in_hour: 1,
        is_complete: true,
        steal_percent: None,
        suppressed_by: Some(SuppressedBy::Ignored(name.into())),
        top_apps: Some(Arc::new([process(name), process("rustc")])),
    };
    OutputLine { at: at("2026-11-22T14:03:07.25+01:00[Europe/Vienna]"), event: OutputEvent::Alert(event) }
}

fn recovery(metric: Metric, lasted_s: u64) -> OutputLine {
    let event = RecoveryEvent {
        metric,
        value_percent: Some(41.0),
        end_reason: EndReason::Below(75.0),
        lasted: Duration::from_secs(lasted_s),
        peak_percent: 97.0,
    };
    OutputLine { at: at("2026-11-22T15:00:00+01:00[Europe/Vienna]"), event: OutputEvent::Recovery(event) }
}

fn json(preset: Preset, line: &OutputLine, host: &str, is_test: bool) -> Value {
    let message = Message::of(preset, line, host, is_test);
    assert_eq!(message.content_type, "application/json");
    serde_json::from_str(&message.body).unwrap_or_else(|e| panic!("{preset:?}, {host:?}: {e}: {}", message.body))
}

/// Every nasty name, and two very long ones.
fn names() -> impl Iterator<Item = String> {
    NASTY.into_iter().map(String::from).chain(["<*@_`".repeat(2000), "é\n".repeat(5000)])
}

/// Asserts that a text with a name from outside is short and has no control characters.
#[track_caller]
fn assert_harmless(text: &str) {
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() <= 6, "{text:?}");
    for line in lines {
        assert_eq!(for_terminal(line), line, "{text:?}");
    }
    assert!(text.chars().count() < 1500, "{text:?}");
}

#[test]
fn a_name_is_one_short_line() {
    assert_eq!(sanitize_name("rustc"), "rustc");
    assert_eq!(sanitize_name("a\nb\u{202e}"), r"a\u{a}b\u{202e}");
    let long = sanitize_name(&"é".repeat(10_000));
    assert_eq!((long.chars().count(), long.chars().last()), (MAX_NAME_CHARS, Some('…')));
    assert_eq!(sanitize_name(&"é".repeat(MAX_NAME_CHARS)), "é".repeat(MAX_NAME_CHARS));
}

#[test]
fn loadlines_own_json_has_names_as_they_are() {
    for name in names() {
        let body = json(Preset::Json, &alert(&name), &name, false);
        assert_eq!(body["host"], name);
        assert_eq!((&body["type"], &body["test"]), (&"alert".into(), &false.into()));
    }
    assert_eq!(json(Preset::Json, &alert("x"), "studio", true)["test"], true);
}

#[test]
fn slack_gets_text_without_markup() {
    let body = json(Preset::Slack, &alert("rustc"), "R&D <studio>", false);
    let text = body["text"].as_str().unwrap();
    assert!(text.starts_with("CPU 91% on R&amp;D &lt;studio&gt;\nAbove 80% for 5 s."), "{text}");
    assert_eq!(body["mrkdwn"], false);
    for name in names() {
        let line = alert(&name);
        let body = json(Preset::Slack, &line, &name, true);
        let text = body["text"].as_str().unwrap();
        assert!(!text.contains(['<', '>']), "{text}");
        let read = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        assert_eq!(read, Content::of(&line, &name, true).text());
        assert_harmless(&read);
    }
}

#[test]
fn discord_gets_escaped_markdown_and_mentions_nobody() {
    let body = json(Preset::Discord, &recovery(Metric::Memory, 252), "my_mac", false);
    let text = "**Memory 41% on my\\_mac**\nBack below 75% after 4 min 12 s \\(peak 97%\\).";
    assert_eq!(body["content"], text);
    for name in names() {
        let line = alert(&name);
        let body = json(Preset::Discord, &line, &name, false);
        assert_eq!(body["allowed_mentions"]["parse"], Value::Array(Vec::new()));
        let content = body["content"].as_str().unwrap();
        assert!(content.encode_utf16().count() <= 2000);
        let (title, text) = content.split_once('\n').unwrap();
        let title = title.strip_prefix("**").and_then(|title| title.strip_suffix("**")).unwrap();
        let read = format!("{}\n{}", read_markdown(title), read_markdown(text));
        assert_eq!(read, Content::of(&line, &name, false).text());
        assert_harmless(&read);
    }
}

/// The text as Discord shows it: a backslash makes the next character plain. One that is still markup fails the test.
fn read_markdown(text: &str) -> String {
    let (mut read, mut chars) = (String::new(), text.chars());
    while let Some(c) = chars.next() {
        let shown = if c == '\\' { chars.next().unwrap() } else { c };
        assert!(c == '\\' || !r"*_~`|>#-+[]()<:@".contains(c), "'{c}' is markup in {text:?}");
        read.push(shown);
    }
    read
}

#[test]
fn a_message_for_discord_keeps_its_limit() {
    let content = Content { body: "*".repeat(5000), ..Content::of(&alert("x"), "studio", false) };
    let text = chat::discord(&content)["content"].as_str().unwrap().to_owned();
    assert_eq!(text.encode_utf16().count(), 1999, "no half of an escape");
    assert!(text.ends_with("\\*…"), "{text}");
    let content = Content { body: "👍".repeat(5000), ..content };
    let text = chat::discord(&content)["content"].as_str().unwrap().to_owned();
    assert!((1998..=2000).contains(&text.encode_utf16().count()) && text.ends_with("👍…"));
}

#[test]
fn teams_gets_a_card_of_text_runs() {
    let body = json(Preset::Teams, &alert("rustc"), "studio", true);
    let content = &body["attachments"][0]["content"];
    assert_eq!(body["type"], "message");
    assert_eq!(body["attachments"][0]["contentType"], "application/vnd.microsoft.card.adaptive");
    assert_eq!((&content["type"], &content["version"]), (&"AdaptiveCard".into(), &"1.4".into()));
    assert_eq!(content["body"][0]["inlines"][0]["text"], "Test: CPU 91% on studio");
    for name in names() {
        let line = alert(&name);
        let body = json(Preset::Teams, &line, &name, false);
        let blocks = body["attachments"][0]["content"]["body"].as_array().unwrap().clone();
        assert!(
            blocks.iter().all(|block| block["type"] == "RichTextBlock" && block["inlines"][0]["type"] == "TextRun")
        );
        let text: Vec<&str> = blocks.iter().filter_map(|block| block["inlines"][0]["text"].as_str()).collect();
        assert_eq!(text.join("\n"), Content::of(&line, &name, false).text());
        assert_harmless(&text.join("\n"));
    }
}

#[test]
fn ntfy_gets_text_and_headers() {
    let header = |message: &Message, name: &str| {
        message.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone()).unwrap()
    };
    let message = Message::of(Preset::Ntfy, &alert("rustc"), "studio", true);
    assert!(message.body.starts_with("Above 80% for 5 s."), "{}", message.body);
    assert_eq!(header(&message, "Title"), "Test: CPU 91% on studio");
    assert_eq!((header(&message, "Tags"), header(&message, "Priority")), ("warning".into(), "high".into()));
    let end = Message::of(Preset::Ntfy, &recovery(Metric::Cpu, 9), "studio", false);
    assert_eq!((header(&end, "Tags"), header(&end, "Priority")), ("white_check_mark".into(), "low".into()));
    assert_eq!(
        header(&Message::of(Preset::Ntfy, &alert("x"), "é=?", false), "Title"),
        "=?UTF-8?Q?CPU=2091=25=20on=20=C3=A9=3D=3F?="
    );
    for name in names() {
        let message = Message::of(Preset::Ntfy, &alert(&name), &name, false);
        assert_harmless(&message.body);
        for (_, value) in &message.headers {
            assert!(value.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{value:?}");
            assert!(value.split(' ').filter(|word| word.starts_with("=?")).all(|word| word.len() <= 75), "{value:?}");
        }
    }
}

#[test]
fn an_end_for_alertmanager_has_the_labels_of_its_alert() {
    let one = |line: &OutputLine, is_test| json(Preset::Alertmanager, line, "studio", is_test)[0].take();
    let (fired, ended) = (one(&alert("firefox"), false), one(&recovery(Metric::Cpu, 3600), false));
    assert_eq!(Message::of(Preset::Alertmanager, &alert("x"), "studio", false).path, "/api/v2/alerts");
    let labels = serde_json::json!({
        "alertname": "LoadlineCPU", "metric": "cpu", "instance": "studio", "severity": "warning",
    });
    assert_eq!((&fired["labels"], &ended["labels"]), (&labels, &labels));
    assert_eq!(one(&recovery(Metric::Memory, 1), false)["labels"]["alertname"], "LoadlineMemory");
    assert_eq!(
        (&fired["startsAt"], &fired["endsAt"]),
        (&"2026-11-22T13:03:07.25Z".into(), &"2026-11-22T13:18:07.25Z".into())
    );
    assert_eq!(
        (&ended["startsAt"], &ended["endsAt"]),
        (&"2026-11-22T13:00:00Z".into(), &"2026-11-22T13:59:00Z".into())
    );
    let short = one(&recovery(Metric::Cpu, 9), false);
    assert_eq!(
        (&short["startsAt"], &short["endsAt"]),
        (&"2026-11-22T13:59:51Z".into(), &"2026-11-22T13:59:51Z".into())
    );
    assert_eq!(fired["annotations"]["summary"], "CPU 91% on studio");
    assert_eq!(fired["annotations"]["processes"], "firefox, rustc");
    assert_eq!(ended["annotations"]["description"], "Back below 75% after 1 h (peak 97%).");
}

#[test]
fn a_test_neither_becomes_nor_ends_a_real_alert_of_alertmanager() {
    for line in [alert("x"), recovery(Metric::Memory, 1)] {
        let test = json(Preset::Alertmanager, &line, "studio", true)[0].take();
        assert_eq!(test["labels"]["alertname"], "LoadlineTest");
    }
    let test = json(Preset::Alertmanager, &alert("x"), "studio", true)[0].take();
    assert_eq!(test["endsAt"], "2026-11-22T13:08:07.25Z", "it is over soon");
}

#[test]
fn alertmanager_gets_sanitized_names() {
    for name in names() {
        let alert = json(Preset::Alertmanager, &alert(&name), &name, false)[0].take();
        for text in [&alert["labels"]["instance"], &alert["annotations"]["processes"], &alert["annotations"]["summary"]]
        {
            assert_harmless(text.as_str().unwrap());
        }
    }
}

#[test]
fn a_stored_message_is_read_back() {
    for (_, preset) in Preset::ALL {
        for name in names() {
            let message = Message::of(preset, &alert(&name), &name, false);
            let stored = serde_json::to_string(&message).unwrap();
            assert_eq!(serde_json::from_str::<Message>(&stored).unwrap(), message);
        }
    }
}

#[test]
fn a_message_that_was_read_back_has_the_form_that_its_preset_makes() {
    const PRESETS: [Preset; 6] =
        [Preset::Json, Preset::Slack, Preset::Discord, Preset::Teams, Preset::Ntfy, Preset::Alertmanager];
    for (preset, name) in PRESETS.into_iter().flat_map(|preset| names().map(move |name| (preset, name))) {
        for line in [alert(&name), recovery(Metric::Memory, 61)] {
            assert!(Message::of(preset, &line, &name, false).is_of(preset), "{preset:?} {name:?}");
        }
    }
    for preset in PRESETS {
        let good = Message::of(preset, &alert("x"), "here", false);
        let mut header = good.clone();
        header.headers.push(("Authorization".into(), "Bearer other".into()));
        let mut value = good.clone();
        value.headers = value.headers.into_iter().map(|(name, _)| (name, "x\r\nHost: evil".into())).collect();
        let changes = [
            Message { path: "@127.0.0.1:18081/stolen".into(), ..good.clone() },
            Message { path: format!("{}/../x", good.path), ..good.clone() },
            Message { content_type: "text/html".into(), ..good.clone() },
            Message { body: "{".repeat(5000), ..good.clone() },
            header,
        ];
        for changed in changes.into_iter().chain((!good.headers.is_empty()).then_some(value)) {
            assert!(!changed.is_of(preset), "{preset:?} {changed:?}");
        }
    }
}

#[test]
fn an_early_warning_for_alertmanager_ends_when_memory_should_have_crossed_its_threshold() {
    let event = ForecastEvent {
        threshold: Percent::DEFAULT,
        left: Duration::from_secs(5400),
        grown_points: 12.0,
        within: Duration::from_secs(7200),
        grown_bytes: None,
        grower: None,
        suppressed_by: None,
    };
    let line = OutputLine { at: at("2026-11-22T15:00:00+01:00[Europe/Vienna]"), event: OutputEvent::Forecast(event) };
    let one = &json(Preset::Alertmanager, &line, "studio", false)[0];
    assert_eq!(
        (&one["labels"]["alertname"], &one["labels"]["severity"]),
        (&"LoadlineMemoryForecast".into(), &"info".into())
    );
    assert_eq!((&one["startsAt"], &one["endsAt"]), (&"2026-11-22T14:00:00Z".into(), &"2026-11-22T15:30:00Z".into()));
    assert_eq!(one["annotations"]["summary"], "Memory may cross 80% in about 1 h 30 min on studio");
    let slack = json(Preset::Slack, &line, "studio", false)["text"].as_str().unwrap().to_owned();
    assert!(slack.ends_with("\nAt this rate: it grew by 12 points in 2 h."), "{slack}");
    let variables = variables(&line, "studio", false);
    let value = |name| variables.iter().find(|(known, _)| *known == name).unwrap().1.clone().unwrap();
    let names = ["LOADLINE_TYPE", "LOADLINE_METRIC", "LOADLINE_ABOVE_PERCENT", "LOADLINE_LEFT_SECONDS"];
    assert_eq!(names.map(value), ["forecast", "memory", "80", "5400"]);
}

#[test]
fn an_early_warning_tells_programs_the_application_that_grew() {
    let grower = Grower { name: "a\0<b>".into(), grown_bytes: 2 << 30, is_at_least: true };
    let event = ForecastEvent {
        threshold: Percent::DEFAULT,
        left: Duration::from_secs(5400),
        grown_points: 12.0,
        within: Duration::from_secs(7200),
        grown_bytes: Some(3 << 30),
        grower: Some(grower),
        suppressed_by: None,
    };
    let line = OutputLine { at: at("2026-11-22T15:00:00+01:00[Europe/Vienna]"), event: OutputEvent::Forecast(event) };
    let one = &json(Preset::Alertmanager, &line, "studio", false)[0];
    assert_eq!(one["annotations"]["processes"], "a\0<b>");
    let whole = json(Preset::Json, &line, "studio", false);
    let application = serde_json::json!({ "name": "a\0<b>", "grown_bytes": 2_u64 << 30, "at_least": true });
    assert_eq!(whole["application"], application);
    let slack = json(Preset::Slack, &line, "studio", false)["text"].as_str().unwrap().to_owned();
    assert!(slack.ends_with("&lt;b&gt; grew by at least 2.0 GB in 2 h."), "{slack}");
    let variables = variables(&line, "studio", false);
    let value = |name| variables.iter().find(|(known, _)| *known == name).unwrap().1.clone();
    assert_eq!(value("LOADLINE_PROCESS").as_deref(), Some("a<b>"));
    assert_eq!(value("LOADLINE_PIDS"), None);
}
