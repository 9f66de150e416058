//! The early warning by the real program: replayed, stored, exported.

use jiff::{SignedDuration, Timestamp};

use crate::program::Home;
use crate::support::history::{HistoryFile, ReadingRow};

const MINUTES: i64 = 55 * 60;

/// Two days at half of the memory, then five points more an hour.
fn leak(minute: i64) -> f64 {
    50.0 + 5.0 * (minute - 48 * 60).max(0) as f64 / 60.0
}

#[test]
fn a_trace_says_when_it_would_have_been_warned() {
    let home = Home::new();
    let rows: String = (0..MINUTES).map(|minute| format!("{},20,{:.2}\n", minute * 60, leak(minute))).collect();
    let file = home.file("leak.csv", format!("time,cpu,memory\n{rows}"));
    let file = file.to_str().unwrap();
    let ran = home.run(&["replay", file, "--every", "60s"]);
    let warnings: Vec<&str> = ran.stdout.lines().filter(|line| line.contains("SOON")).collect();
    let [warning] = warnings[..] else { panic!("{ran:?}") };
    let said = "SOON   Memory may cross 80% in about 2 h at this rate: it grew by ";
    assert!(warning.starts_with("1970-01-03 0") && warning.contains(said), "{warning}");
    assert!(ran.stdout.contains("ALERT"), "and then it crossed: {}", ran.stdout);
    let json = home.run(&["replay", file, "--every", "60s", "--json"]);
    let line = json.stdout.lines().find(|line| line.contains("\"forecast\"")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["type"], &line["metric"]), (&"forecast".into(), &"memory".into()));
    assert_eq!((line["above_percent"].as_u64(), line["told"].as_bool()), (Some(80), Some(true)));
    assert!((3600.0..7200.0).contains(&line["left_seconds"].as_f64().unwrap()), "{line}");
    let off = home.run(&["replay", file, "--every", "60s", "--memory-above", "off"]);
    assert!(!off.stdout.contains("SOON"), "{off:?}");
}

#[test]
fn the_history_says_when_it_would_have_warned_by_what_it_recorded_before() {
    let home = Home::new();
    let mut file = HistoryFile::create(home.path().join("history.sqlite3"));
    let now = Timestamp::from_second(Timestamp::now().as_second() / 600 * 600).unwrap();
    let at = |minute: i64| now - SignedDuration::from_mins(MINUTES - minute);
    file.refresh_interval(at(0), std::time::Duration::from_secs(60));
    // Only the last hours are asked for: the floor of the days before comes from the minutes.
    file.readings((0..MINUTES).map(|minute| ReadingRow { at: at(minute), cpu: None, memory: Some(leak(minute)) }));
    let sql = "INSERT INTO minute SELECT at / 60000 * 60000, 1, NULL, NULL, memory, memory FROM reading";
    file.sql.execute(sql, []).unwrap();
    let run = |arguments: &[&str]| {
        let output = home.loadline(arguments).env("LOADLINE_HISTORY", file.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let whole = run(&["replay", "--history", "--since", "3d"]);
    let soon = |text: &str| text.lines().filter(|line| line.contains("SOON")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(soon(&whole).len(), 1, "{whole}");
    assert_eq!(soon(&run(&["replay", "--history", "--since", "6h"])), soon(&whole));
}

#[test]
fn stored_warnings_are_shown_exported_and_in_the_report() {
    let home = Home::new();
    let mut file = HistoryFile::create(home.path().join("history.sqlite3"));
    let now = Timestamp::from_second(Timestamp::now().as_second() / 60 * 60).unwrap();
    let at = now - SignedDuration::from_mins(90);
    file.readings((0..60).map(|minute| ReadingRow {
        at: at + SignedDuration::from_mins(minute),
        cpu: Some(5.0),
        memory: Some(60.0),
    }));
    let sql = "INSERT INTO forecast VALUES (?1, 80, 7200000, 1240, 3176, 7200000, 1, NULL),
        (?1 + 60000, 80, 7200000, 1240, NULL, 7200000, 0, 'quiet_hours')";
    file.sql.execute(sql, [at.as_millisecond()]).unwrap();
    let run = |arguments: &[&str]| {
        let output = home.loadline(arguments).env("LOADLINE_HISTORY", file.path()).env("TZ", "UTC").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let text = run(&["history", "--alerts"]);
    let minute = at.strftime("%Y-%m-%d %H:%M");
    let row = format!("{minute}  Memory may cross 80% in about 2 h\n{:18}it grew by 3.1 GB in 2 h; told: yes\n", "");
    assert!(text.contains(&format!("Early warnings\n{row}")), "{text}");
    assert!(text.ends_with("it grew by 12 points in 2 h; told: no: quiet hours\n"), "{text}");
    let json: Vec<serde_json::Value> =
        run(&["history", "--alerts", "--json"]).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(json.len(), 2);
    assert_eq!((&json[0]["type"], json[0]["grown_bytes"].as_u64()), (&"past_forecast".into(), Some(3176 << 20)));
    assert_eq!((&json[1]["silence"], json[1]["told"].as_bool()), (&"quiet_hours".into(), Some(false)));
    let csv = run(&["history", "--alerts", "--csv"]);
    assert!(csv.lines().nth(2).unwrap().ends_with(",,memory,forecast,80,,,,,false,quiet_hours,"), "{csv}");
    let page = home.path().join("page.html");
    run(&["report", "--out", page.to_str().unwrap()]);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("Memory may cross 80% in about 2 h at this rate: it grew by 12 points in 2 h"));
}
