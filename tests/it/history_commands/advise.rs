//! `advise`: the recommended thresholds, and the reasons.

use jiff::tz::TimeZone;

use super::{Past, row, seconds};

/// The last three whole days (of UTC), read every minute: on each of them the CPU is at 82 % for three minutes at ten and at
/// noon, and at 92 % at three; on the first, it is once more at noon and a half. Memory stays at `memory`.
fn three_days(past: &mut Past, memory: f64) -> jiff::civil::Date {
    let today = past.ago(0).to_zoned(TimeZone::UTC).start_of_day().unwrap().timestamp();
    let begin = today - seconds(3 * 86_400);
    past.refresh_interval(begin, 60);
    past.readings((0..3 * 1440).map(|minute| {
        let cpu = match (minute / 1440, minute % 1440) {
            (_, 600..603 | 720..723) | (0, 750..753) => 82.0,
            (_, 900..903) => 92.0,
            _ => 20.0,
        };
        row(begin + seconds(60 * minute), cpu, memory)
    }));
    begin.to_zoned(TimeZone::UTC).date()
}

#[test]
fn the_lowest_threshold_with_at_most_one_alert_a_day_is_recommended() {
    let mut past = Past::new();
    let day = three_days(&mut past, 40.0).strftime("%A %-d %B").to_string();
    let said = past.output(&["advise"]);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        lines[0],
        format!(
            "CPU: 85%. In the last 7 days it would have alerted 3 times, never twice on a day; \
             80% would have alerted 10 times, 4 of them on {day}. You have 80%."
        )
    );
    assert_eq!(
        lines[1],
        "Memory: 50% or lower. In the last 7 days even 50% would never have alerted. \
         You have 80%, which would never have alerted."
    );
    assert_eq!(lines[2], "Readings of 2 days 23 h are kept of that time.");
    let settings = past.home.settings();
    let how = format!("in the menu, or 'above_percent' in '{}'.", settings.display());
    assert_eq!(lines[3], format!("To change one: 'CPU threshold' or 'Memory threshold' {how}"));
    let same = past.output(&["advise", "--cpu", "85", "--memory", "off"]);
    assert!(same.lines().next().unwrap().ends_with(". That is what you have."), "{same}");
    assert!(same.lines().nth(1).unwrap().ends_with("Now its alerts are off."), "{same}");
    let longer = past.output(&["advise", "--after", "2m"]);
    assert!(longer.contains("CPU: 85%. "), "{longer}");
    assert!(past.output(&["advise", "--after", "3m"]).contains("CPU: 50% or lower. "));
}

#[test]
fn json_agrees_with_the_text_and_with_a_replay() {
    let mut past = Past::new();
    let day = three_days(&mut past, 40.0).to_string();
    let json = past.json(&["advise", "--json"]);
    let recorded = 3.0 * 86_400.0 - 60.0;
    let mut cpu = json[0].clone();
    assert!(cpu.as_object_mut().unwrap().remove("at").is_some());
    assert_eq!(
        cpu,
        serde_json::json!({
            "version": 1, "type": "advice", "metric": "cpu", "above_percent": 85, "tried_percent": 85, "alerts": 3,
            "most_on_a_day": 1, "busiest_day": day, "recorded_seconds": recorded, "current_above_percent": 80,
            "current_alerts": 10
        })
    );
    assert_eq!((&json[1]["above_percent"], &json[1]["busiest_day"]), (&50.into(), &serde_json::Value::Null));
    assert!(past.run(&["replay", "--history"]).stderr.ends_with("10 alerts told, 0 silent\n"));
}

#[test]
fn no_threshold_is_recommended_for_a_machine_that_is_always_loaded() {
    let mut past = Past::with_settings(r#"{"alerts": {"memory": {"signal": "pressure"}}}"#);
    let begin = past.ago(300);
    past.refresh_interval(begin, 2);
    // More than an hour apart, that none is silent.
    let cpu = |n: i64| if n % 1900 < 20 { 100.0 } else { 20.0 };
    past.readings((0..8_000).map(|n| row(begin + seconds(2 * n), cpu(n), 40.0)));
    let said = past.output(&["advise", "--since", "6h"]);
    let cpu = said.lines().next().unwrap();
    assert!(
        cpu.starts_with("CPU: none of 50% to 95%. In the last 6 h even 95% would have alerted 5 times, "),
        "{said}"
    );
    let longer = ": no threshold keeps it to once a day, but to alert after longer than now (5 s) may: \
                  loadline advise --after 15s. ";
    assert!(cpu.contains(longer) && cpu.contains(" You have 80%, which would have alerted 5 times, "), "{said}");
    let at_once = past.output(&["advise", "--since", "6h", "--after", "0s"]);
    assert!(at_once.contains(" longer than now (at once) may: loadline advise --after 15s. "), "{at_once}");
    let memory = said.lines().nth(1).unwrap();
    assert_eq!(
        memory,
        "Memory: its alerts go by pressure, whatever the threshold. In the last 6 h they would never have alerted."
    );
    let json = &past.json(&["advise", "--json"])[0];
    assert!(json["above_percent"].is_null() && json["tried_percent"] == 95, "{json}");
    assert!(json["most_on_a_day"].as_u64().unwrap() >= 2, "{json}");
}

#[test]
fn with_too_little_recorded_there_is_no_recommendation() {
    let mut past = Past::new();
    let begin = past.ago(20);
    past.refresh_interval(begin, 2);
    past.readings((0..=360).map(|n| row(begin + seconds(2 * n), 20.0, 40.0)));
    for arguments in [&["advise"][..], &["advise", "--json"]] {
        let ran = past.run(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
        assert_eq!(
            ran.stderr,
            "loadline: only 12 min of that time are recorded, too little to go by: ask again in 48 min\n"
        );
    }
}
