//! `top`: the applications that use the most, now and over a recorded time.

use super::Past;
use crate::program::Home;

/// A home with three looks in the last hour, the first of which named an application of a hostile name.
fn past() -> Past {
    let past = Past::new();
    past.file.sql.execute("INSERT INTO app VALUES (1, 'cargo'), (2, 'Firefox'), (3, ?1)", ["a\u{1b}[2J\nb"]).unwrap();
    for (minutes, uses) in
        [(20, "(1, 200000, 50), (3, 3000, 900)"), (15, "(1, 100000, 70), (2, 4000, 2000)"), (10, "(2, 0, 2100)")]
    {
        let at = past.ago(minutes).as_millisecond();
        past.file.sql.execute("INSERT INTO app_look VALUES (?1, 300000, 250000, 4000, 1)", [at]).unwrap();
        let sql = format!("INSERT INTO app_use SELECT {at}, column1, column2, column3 FROM (VALUES {uses})");
        past.file.sql.execute(&sql, []).unwrap();
    }
    past
}

#[test]
fn applications_over_a_time_are_a_table() {
    let past = past();
    let table = past.output(&["top", "--since", "1h"]);
    let rows: Vec<Vec<&str>> =
        table.lines().map(|line| line.split("  ").filter(|cell| !cell.is_empty()).collect()).collect();
    assert!(table.starts_with("Applications from "), "{table}");
    let names: Vec<&str> = rows[3..].iter().map(|row| row.last().unwrap().trim()).collect();
    assert_eq!(names, ["cargo", "Firefox", r"a\u{1b}[2J\u{a}b", "others"], "{table}");
    assert!(table.contains("5 min   40%") && table.contains("2.0 GB"), "{table}");
    let by_memory = past.output(&["top", "--since", "1h", "--by", "memory"]);
    assert!(by_memory.lines().nth(3).unwrap().ends_with("Firefox"), "{by_memory}");
    assert!(!table.contains("Of your own programs"));
    past.file.sql.execute("UPDATE app_look SET all_seen = 0", []).unwrap();
    assert!(past.output(&["top", "--since", "1h"]).contains("Of your own programs"));
}

#[test]
fn programs_get_the_same_figures() {
    let past = past();
    let json = past.json(&["top", "--since", "1h", "--json"]);
    assert_eq!(json.len(), 4);
    let cargo = &json[0];
    assert_eq!(cargo["type"], "app_usage");
    assert_eq!(cargo["name"], "cargo");
    assert_eq!(cargo["cpu_seconds"], 300.0);
    assert_eq!(cargo["cpu_share_percent"], 40.0);
    assert_eq!(cargo["memory_mean_bytes"], 60 << 20);
    assert_eq!(cargo["memory_max_bytes"], 70 << 20);
    assert!(json[3]["name"].is_null() && json[3]["memory_max_bytes"].is_null(), "{json:?}");
    assert_eq!(json[3]["cpu_seconds"], 443.0);
    let csv = past.output(&["top", "--since", "1h", "--csv"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "name,cpu_seconds,cpu_share_percent,memory_mean_bytes,memory_max_bytes,busiest_from,busiest_seconds"
    );
    assert!(lines[1].starts_with("cargo,300,40,62914560,73400320,") && lines[1].ends_with(",3600"), "{csv}");
    assert_eq!(lines.len(), 5, "{csv}");
}

#[test]
fn a_time_without_looks_is_named_with_the_way_out() {
    let past = past();
    past.file.sql.execute("DELETE FROM app_look", []).unwrap();
    past.file.sql.execute("DELETE FROM app_use", []).unwrap();
    let ran = past.run(&["top", "--since", "1h"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
    for part in ["no applications are recorded since", "'history.applications'"] {
        assert!(ran.stderr.contains(part), "{ran:?}");
    }
}

#[test]
fn applications_now_are_printed_once() {
    let home = Home::new();
    let ran = home.run(&["top"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    assert!(ran.stdout.starts_with("CPU") && ran.stdout.contains("\nMemory"), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("  others").count(), 2, "{}", ran.stdout);
    let json: serde_json::Value = serde_json::from_str(&home.run(&["top", "--json"]).stdout).unwrap();
    assert_eq!(json["type"], "top");
    assert!((1..=5).contains(&json["by_memory"].as_array().unwrap().len()), "{json}");
    assert!(json["span_seconds"].as_f64().unwrap() >= 1.0, "{json}");
}

#[test]
fn applications_are_live_until_the_program_ends() {
    let home = Home::new();
    let program = crate::process::Program::start(home.loadline(&["top", "--watch", "--json"]));
    let line: serde_json::Value = serde_json::from_str(&program.wait_line(1)).unwrap();
    // The second look comes two seconds after the first, or later.
    assert!(line["span_seconds"].as_f64().unwrap() >= 2.0, "{line}");
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let home = Home::new();
    for (arguments, expected) in [
        (&["top", "--watch", "--since", "1h"][..], "cannot be used with"),
        (&["top", "--by", "cpu"], "--since"),
        (&["top", "--since", "1h", "--by", "disk"], "'--by disk' is no order: give cpu or memory"),
        (&["top", "--since", "1h", "--csv", "--json"], "two forms of the same"),
        (&["top", "--cpu", "80"], "'--cpu' is not for 'top', which uses no settings"),
    ] {
        let ran = home.run(arguments);
        assert!(ran.status == Some(2) && ran.stderr.contains(expected), "{arguments:?}: {ran:?}");
    }
}
