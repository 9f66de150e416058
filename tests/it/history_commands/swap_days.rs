//! The days on which swap grew, by the readings of a week.

use std::time::Duration;

use super::Past;

/// Twenty days of minutes, and six days of readings, one a minute. Their swap and pressure are SQL, of `day`, the number of days
/// before today, and `minute`, that of the day.
fn with_swap(swap: &str, pressure: &str) -> Past {
    let past = Past::new();
    past.file.fill("minute", past.ago(20 * 1440), Duration::from_secs(60), 20 * 1440, "30, 200, 300, 5000, 5000");
    let tomorrow = (past.now.as_second() / 86_400 + 1) * 86_400_000;
    let columns = format!("200, 5000, {pressure}, {swap}");
    let columns = columns.replace("day", &format!("(({tomorrow} - 1 - at) / 86400000)"));
    let columns = columns.replace("minute", "(at / 60000 % 1440)");
    past.refresh_interval(past.ago(6 * 1440), 60);
    past.file.fill("reading", past.ago(6 * 1440), Duration::from_secs(60), 6 * 1440, &columns);
    past
}

fn memory(past: &Past) -> (String, bool) {
    let text = past.output(&["advise"]);
    let said = text.lines().find(|line| line.starts_with("Memory size: ")).unwrap().to_owned();
    let json = past.json(&["advise", "--json"]);
    let json = json.into_iter().find(|line| line["type"] == "capacity" && line["metric"] == "memory").unwrap();
    (said, json["at_least"].as_bool().unwrap())
}

#[test]
fn a_day_on_which_swap_only_falls_does_not_count() {
    let (said, is_at_least) = memory(&with_swap("5000 - minute * 2 + day", "0"));
    assert!(!said.contains("swap grew") && !is_at_least, "{said}");
}

#[test]
fn each_day_on_which_swap_grew_counts_once() {
    let (said, is_at_least) =
        memory(&with_swap("CASE WHEN day IN (1, 3, 4) THEN minute % 400 ELSE minute % 90 END", "0"));
    assert!(said.contains("swap grew on 3 of the last 7"), "{said}");
    assert!(is_at_least);
}

#[test]
fn critical_pressure_counts_without_swap() {
    let (said, is_at_least) = memory(&with_swap("NULL", "CASE WHEN day = 2 AND minute = 700 THEN 2 ELSE NULL END"));
    assert!(!said.contains("swap grew") && is_at_least, "{said}");
    assert!(!memory(&with_swap("NULL", "1")).1, "a warning is not critical");
}
