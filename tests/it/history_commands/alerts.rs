//! Stored alerts, as tables and for programs.

use super::{Past, row, seconds};

const RUSTC: &str = r#"[{"name":"rustc","pids":[7],"cpu_percent":310.2,"memory_bytes":1},
                        {"name":"clang","pids":[8,9],"cpu_percent":85.4,"memory_bytes":2}]"#;

#[test]
fn each_alert_has_a_row_with_its_end() {
    let mut past = Past::new();
    let now = past.ago(0);
    let at = |hour: i64| now - seconds(3600 * hour);
    past.alert(at(30), Some((at(29), "cleared")), None, "[]");
    past.alert(at(20), Some((at(20) + seconds(252), "cleared")), None, RUSTC);
    past.alert(at(10), Some((at(10) + seconds(60), "not_seen")), Some("quiet_hours"), "[]");
    past.alert(at(5), Some((at(5) + seconds(600), "rule_changed")), Some("told_lately"), "no JSON");
    past.alert(at(2), None, None, "[]");
    past.refresh_interval(at(2), 2);
    past.readings([row(at(2), 97.0, 50.0), row(at(1), 97.0, 50.0)]);
    let said = past.output(&["history", "--alerts"]);
    let time = |hour| at(hour).strftime("%Y-%m-%d %H:%M");
    let below = " ".repeat(18);
    let expected = format!(
        "when              what  why        lasted      peak  told\n\
         {}  CPU   above 80%  4 min 12 s   97%  yes\n{below}rustc 310%, clang 85% (2 processes)\n\
         {}  CPU   above 80%  1 min        97%  no: quiet hours\n{below}Loadline ended first: it may have gone on\n\
         {}  CPU   above 80%  10 min       97%  no: too soon\n{below}ended because its rule was changed\n\
         {}  CPU   above 80%  1 h          97%  yes\n{below}goes on (as of {})\n",
        time(20),
        time(10),
        time(5),
        time(2),
        time(1)
    );
    assert_eq!(said, expected);
    assert!(said.lines().all(|line| line.chars().count() <= 80 && line.trim_end() == line), "{said}");
    assert_eq!(past.output(&["history", "--alerts", "--since", "40h"]).matches("CPU").count(), 5);
}

#[test]
fn control_characters_in_names_are_escaped() {
    let past = Past::new();
    let evil = r#"[{"name":"a\u001b[2J\u009b31m\u202eb\n","pids":[1],"cpu_percent":100,"memory_bytes":1}]"#;
    past.alert(past.ago(10), None, None, evil);
    for arguments in [&["history", "--alerts"][..], &["history", "--alerts", "--csv"]] {
        let said = past.output(arguments);
        assert!(said.contains(r"a\u{1b}[2J\u{9b}31m\u{202e}b\u{a}"), "{said}");
        assert!(!said.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{said}");
    }
    let json = &past.json(&["history", "--alerts", "--json"])[0];
    assert_eq!(json["processes"][0]["name"], "a\u{1b}[2J\u{9b}31m\u{202e}b\n");
}

#[test]
fn a_time_without_alerts_is_no_failure() {
    let past = Past::new();
    let since = &past.ago(120).to_string();
    let none = past.output(&["history", "--alerts", "--since", since]);
    assert_eq!(none, format!("No alerts since {}.\n", past.ago(120).strftime("%Y-%m-%d %H:%M")));
    assert_eq!(past.output(&["history", "--alerts", "--json"]), "");
    assert_eq!(past.output(&["history", "--alerts", "--csv"]).lines().count(), 1, "the header");
}

#[test]
fn csv_and_json_hold_every_column_of_an_alert() {
    let past = Past::new();
    let (fired, ended) = (past.ago(60), past.ago(50));
    past.alert(fired, Some((ended, "cleared")), None, RUSTC);
    past.alert(past.ago(5), None, Some("snoozed"), "[]");
    let time = |at: jiff::Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string();
    let json = past.json(&["history", "--alerts", "--json"]);
    assert_eq!(
        json[0],
        serde_json::json!({
            "version": 1, "type": "past_alert", "metric": "cpu", "fired_at": time(fired), "ended_at": time(ended),
            "ending": "cleared", "cause": "used", "above_percent": 80, "pressure": null, "swap_grown_bytes": null,
            "value_percent": 91.2, "peak_percent": 97.0, "told": true, "silence": null, "processes": [
                {"name": "rustc", "pids": [7], "cpu_percent": 310.2, "memory_bytes": 1},
                {"name": "clang", "pids": [8, 9], "cpu_percent": 85.4, "memory_bytes": 2}
            ], "all_processes_seen": true, "at": time(fired)
        })
    );
    let goes_on = &json[1];
    assert!(goes_on["ended_at"].is_null() && goes_on["ending"].is_null());
    // A scan was made, and found nothing to name.
    assert_eq!((&goes_on["processes"], &goes_on["all_processes_seen"]), (&serde_json::json!([]), &true.into()));
    assert_eq!((&goes_on["told"], &goes_on["silence"]), (&false.into(), &"snoozed".into()));
    let csv = past.output(&["history", "--alerts", "--csv"]);
    let rows: Vec<&str> = csv.lines().collect();
    let expected = format!("{},{},cleared,cpu,used,80,,,91.2,97,true,,rustc; clang", time(fired), time(ended));
    assert_eq!(rows[1], expected);
    assert_eq!(rows[2], format!("{},,,cpu,used,80,,,91.2,97,false,snoozed,", time(past.ago(5))));
}

#[test]
fn a_name_is_no_formula_in_a_spreadsheet() {
    let past = Past::new();
    for (minutes, name) in
        [(50, "=HYPERLINK(0)"), (40, "+1"), (30, "-1"), (20, "@SUM(A1)"), (10, "\\t=1"), (5, "\\r=1")]
    {
        let names = format!(
            r#"[{{"name":"{name}","pids":[1],"cpu_percent":100,"memory_bytes":1}},
                {{"name":"{name}","pids":[1],"cpu_percent":100,"memory_bytes":1}}]"#
        );
        past.alert(past.ago(minutes), None, Some("=1+1"), &names);
    }
    let csv = past.output(&["history", "--alerts", "--csv"]);
    let mut table = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 6);
    for cell in rows.iter().flat_map(|row| row.iter().flat_map(|cell| cell.split("; "))) {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?} in {csv}");
    }
    assert_eq!((&rows[0][11], &rows[0][12]), ("'=1+1", "'=HYPERLINK(0); '=HYPERLINK(0)"));
}
