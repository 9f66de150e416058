//! The application that grew, by the real program: replayed from the history, stored, exported, and of any name.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::program::Home;
use crate::support::history::{HistoryFile, ReadingRow};

const MINUTES: i64 = 55 * 60;
const HOSTILE: &str = "=a\u{1b}[2J<script>window.owned = 1</script>\u{202e}\n";

/// A history in which memory rises from half of 16 GB by five points an hour for the last seven hours.
struct Leaking {
    home: Home,
    file: HistoryFile,
    now: Timestamp,
}

impl Leaking {
    fn new(settings: &str) -> Leaking {
        let home = Home::new().with_settings(settings);
        let mut file = HistoryFile::create(home.path().join("history.sqlite3"));
        let now = Timestamp::from_second(Timestamp::now().as_second() / 600 * 600).unwrap();
        let at = |minute: i64| now - SignedDuration::from_mins(MINUTES - minute);
        file.refresh_interval(at(0), std::time::Duration::from_secs(60));
        let leak = |minute: i64| 50.0 + 5.0 * (minute - 48 * 60).max(0) as f64 / 60.0;
        file.readings((0..MINUTES).map(|minute| ReadingRow { at: at(minute), cpu: None, memory: Some(leak(minute)) }));
        let sql = "INSERT INTO minute SELECT at / 60000 * 60000, 1, NULL, NULL, memory, memory FROM reading";
        file.sql.execute(sql, []).unwrap();
        file.sql.execute("INSERT INTO machine VALUES (?1, 16384, 4)", [at(0).as_millisecond()]).unwrap();
        Leaking { home, file, now }
    }

    /// Looks every five minutes of the leak: `name` has all of it, beside one that is large and stays so.
    fn looks(&self, name: &str) {
        self.file.sql.execute("INSERT INTO app VALUES (1, ?1), (2, 'calm')", [name]).unwrap();
        let begin = self.now - SignedDuration::from_hours(7);
        for step in 0..7 * 12 {
            let at = (begin + SignedDuration::from_mins(5 * step)).as_millisecond();
            let mib = 1000 + step * 5 * 16_384 / (12 * 100);
            let sql = format!(
                "INSERT INTO app_look VALUES ({at}, 300000, 9000, 9000, 1);
                 INSERT INTO app_use VALUES ({at}, 1, 5000, {mib}), ({at}, 2, 4000, 6000);"
            );
            self.file.sql.execute_batch(&sql).unwrap();
        }
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = self.home.loadline(arguments).env("LOADLINE_HISTORY", self.file.path()).env("TZ", "UTC").output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn replay(&self) -> String {
        let text = self.run(&["replay", "--history", "--since", "10h"]);
        let soon: Vec<&str> = text.lines().filter(|line| line.contains("SOON")).collect();
        let [soon] = soon[..] else { panic!("{text}") };
        soon.to_owned()
    }
}

#[test]
fn a_replay_of_the_history_names_who_grew() {
    let past = Leaking::new("{}");
    let said = past.replay();
    assert!(said.contains("at this rate: it grew by "), "no looks, no name: {said}");
    past.looks("node");
    let said = past.replay();
    assert!(said.contains("at this rate: node grew by 1.") && said.ends_with(" GB in 2 h"), "{said}");
    let json = past.run(&["replay", "--history", "--since", "10h", "--json"]);
    let line = json.lines().find(|line| line.contains("\"forecast\"")).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    let (application, grown) = (&line["application"], line["grown_bytes"].as_f64().unwrap());
    assert_eq!((&application["name"], &application["at_least"]), (&"node".into(), &false.into()));
    let share = application["grown_bytes"].as_f64().unwrap() / grown;
    assert!((0.9..1.1).contains(&share), "{line}");
}

#[test]
fn a_replay_is_silent_about_an_application_that_the_settings_ignore() {
    let past = Leaking::new(r#"{"alerts": {"ignore": ["NODE"]}}"#);
    past.looks("node");
    let said = past.replay();
    assert!(said.ends_with("in 2 h (node is ignored)"), "{said}");
}

#[test]
fn a_hostile_name_is_text_everywhere() {
    let past = Leaking::new("{}");
    past.looks(HOSTILE);
    let escaped = r"=a\u{1b}[2J<script>window.owned = 1</script>… grew by ";
    assert!(past.replay().contains(escaped), "{}", past.replay());
    let at = (past.now - SignedDuration::from_mins(30)).as_millisecond();
    let sql = "INSERT INTO forecast VALUES (?1, 80, 7200000, 1240, 3176, 7200000, 1, NULL)";
    past.file.sql.execute(sql, [at]).unwrap();
    past.file.sql.execute("INSERT INTO grower VALUES (?1, ?2, 2048, 1)", (at, HOSTILE)).unwrap();
    let text = past.run(&["history", "--alerts"]);
    assert!(text.contains(&format!("{escaped}at least 2.0 GB in 2 h; told: yes")), "{text}");
    let json: Value = serde_json::from_str(past.run(&["history", "--alerts", "--json"]).trim()).unwrap();
    let application = serde_json::json!({ "name": HOSTILE, "grown_bytes": 2_u64 << 30, "at_least": true });
    assert_eq!(json["application"], application);
    let csv = past.run(&["history", "--alerts", "--csv"]);
    assert!(csv.trim().ends_with(r"true,,'=a\u{1b}[2J<script>window.owned = 1</script>\u{202e}\u{a}"), "{csv}");
    let page = past.home.path().join("page.html");
    past.run(&["report", "--out", page.to_str().unwrap()]);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(!page.contains("<script>window.owned") && !page.contains('\u{1b}') && !page.contains('\u{202e}'));
    assert!(page.contains("at least 2.0 GB in 2 h"));
}

#[test]
fn a_history_of_before_has_warnings_without_names() {
    let past = Leaking::new("{}");
    let at = (past.now - SignedDuration::from_mins(30)).as_millisecond();
    let sql = "INSERT INTO forecast VALUES (?1, 80, 7200000, 1240, 3176, 7200000, 1, NULL)";
    past.file.sql.execute(sql, [at]).unwrap();
    past.file.sql.execute_batch("DROP TABLE grower; PRAGMA user_version = 4").unwrap();
    assert!(past.run(&["history", "--alerts"]).contains("it grew by 3.1 GB in 2 h; told: yes"));
    let json: Value = serde_json::from_str(past.run(&["history", "--alerts", "--json"]).trim()).unwrap();
    assert!(json["application"].is_null(), "{json}");
    past.looks("node");
    assert!(past.replay().contains("node grew by "));
}

#[test]
fn a_gap_in_the_looks_and_damage_leave_a_warning_without_a_name() {
    let unnamed = |sql: &str| {
        let past = Leaking::new("{}");
        past.looks("node");
        past.file.sql.execute_batch(sql).unwrap();
        let said = past.replay();
        assert!(said.contains("at this rate: it grew by "), "{sql}: {said}");
    };
    unnamed("DELETE FROM app_look; DELETE FROM app_use");
    unnamed("UPDATE app_use SET memory = 6000");
    unnamed("UPDATE app_use SET memory = 'much'");
    // Three applications of the same growth share it.
    unnamed("UPDATE app_use SET memory = 1000 + (memory - 1000) / 3 WHERE app = 1");
}
