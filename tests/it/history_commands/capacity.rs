//! Whether the machine is large enough: in `advise`, in its JSON, and in the report.

use std::time::Duration;

use super::{Past, row, seconds};

/// Twenty days of minutes: memory at 90 % in a quarter of them, the CPU nearly idle; and an hour of readings. Whether swap grows
/// in that hour.
fn loaded(past: &mut Past, swap_grows: bool) {
    let (begin, hour) = (past.ago(20 * 1440), past.ago(61));
    let memory = "CASE WHEN i % 4 = 0 THEN 9000 ELSE 5000 END";
    let columns = format!("30, 200, 300, {memory}, {memory}");
    past.file.fill("minute", begin, Duration::from_secs(60), 20 * 1440, &columns);
    past.refresh_interval(hour, 60);
    past.readings((0..61).map(|minute| row(hour + seconds(60 * minute), 2.0, 50.0)));
    if swap_grows {
        past.file.sql.execute("UPDATE reading SET swap = 100 + (at - ?1) / 10000", [hour.as_millisecond()]).unwrap();
    }
}

#[test]
fn a_month_says_whether_the_machine_is_large_enough() {
    let mut past = Past::new();
    loaded(&mut past, true);
    let text = past.output(&["advise"]);
    let memory = text.lines().find(|line| line.starts_with("Memory size: ")).unwrap();
    let was = "Memory size: in the last 20 days memory was above 80% for 25% of the recorded time, and swap grew on one of \
               the last 7; with at least ";
    assert!(
        memory.starts_with(was) && memory.ends_with(" the same work would have been below 80% for 100% of it."),
        "{memory}"
    );
    let cpu = text.lines().find(|line| line.starts_with("Number of cores: ")).unwrap();
    assert!(
        cpu.starts_with("Number of cores: in the last 20 days the CPU was above 80% for 0% of the recorded time; "),
        "{cpu}"
    );
    let json = past.json(&["advise", "--json"]);
    let memory = json.iter().find(|line| line["type"] == "capacity" && line["metric"] == "memory").unwrap();
    assert_eq!((memory["verdict"].as_str(), memory["at_least"].as_bool()), (Some("larger"), Some(true)));
    let [size, suggested] = ["size", "suggested_size"].map(|key| memory[key].as_u64().unwrap());
    assert!(suggested as f64 >= size as f64 * 90.0 / 80.0 * 1.2, "{memory}");
    assert_eq!((memory["above_share_percent"].as_f64(), memory["p99_5_percent"].as_f64()), (Some(25.0), Some(90.0)));
    let page = past.home.path().join("page.html");
    past.output(&["report", "--out", page.to_str().unwrap()]);
    assert!(std::fs::read_to_string(page).unwrap().contains("with at least "));
}

#[test]
fn work_on_a_smaller_machine_is_compared_with_the_present_size() {
    let mut past = Past::new();
    loaded(&mut past, false);
    let memory = |past: &Past| {
        let json = past.json(&["advise", "--json"]);
        json.into_iter().find(|line| line["type"] == "capacity" && line["metric"] == "memory").unwrap()
    };
    let before = memory(&past);
    assert_eq!((before["p99_5_percent"].as_f64(), before["verdict"].as_str()), (Some(90.0), Some("larger")));
    // Up to ten days ago there was half of the memory: no minute after that was at more than 50 % of the present one.
    let mebibytes = before["size"].as_u64().unwrap() >> 20;
    let grown_at = past.ago(10 * 1440).as_millisecond();
    let sql = "INSERT INTO machine (at, memory) VALUES (0, ?1 / 2), (?2, ?1)";
    past.file.sql.execute(sql, (mebibytes, grown_at)).unwrap();
    past.file.sql.execute("UPDATE minute SET memory_mean = 5000 WHERE at >= ?1", [grown_at]).unwrap();
    let after = memory(&past);
    assert!((after["p99_5_percent"].as_f64().unwrap() - 50.0).abs() < 0.1, "{after}");
    assert_eq!((after["verdict"].as_str(), after["above_share_percent"].as_f64()), (Some("enough"), Some(12.5)));
}

#[test]
fn a_younger_history_says_what_is_missing() {
    let mut past = Past::new();
    let begin = past.ago(300);
    past.refresh_interval(begin, 60);
    past.readings((0..300).map(|minute| row(begin + seconds(60 * minute), 20.0, 50.0)));
    past.file.fill("minute", begin, Duration::from_secs(60), 300, "30, 200, 300, 5000, 5000");
    let text = past.output(&["advise"]);
    let missing = "Whether the machine is large enough can be said by 24 h recorded within 14 days: 19 h of readings and \
                   14 more days are missing.\n";
    assert!(text.ends_with(missing), "{text}");
    assert!(past.json(&["advise", "--json"]).iter().all(|line| line["type"] == "advice"));
}
