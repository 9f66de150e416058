//! Tests of the section of the applications, without a browser.

use serde_json::{Value, json};

use super::*;

const NOW: &str = "2026-11-22T12:10:00+01:00[Europe/Berlin]";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn used(at: Timestamp, name: Option<&str>, cpu_s: u64, mebibytes: u64) -> StoredAppUse {
    StoredAppUse {
        at,
        is_day: false,
        name: name.map(Into::into),
        looks: 1,
        cpu_time: Duration::from_secs(cpu_s),
        memory_mean_bytes: mebibytes << 20,
        memory_max_bytes: mebibytes << 20,
        is_complete: true,
    }
}

/// A look in which `make` used half.
fn look(at: Timestamp) -> [StoredAppUse; 2] {
    [used(at, None, 20, 200), used(at, Some("make"), 10, 50)]
}

fn section(rows: &[StoredAppUse], now: &str) -> Value {
    serde_json::to_value(ReportedApps::new(rows, &now.parse().unwrap()).section()).unwrap()
}

fn whens(section: &Value) -> Vec<&str> {
    section["parts"].as_array().unwrap().iter().map(|part| part["period"]["when"].as_str().unwrap()).collect()
}

#[test]
fn without_looks_there_is_no_section() {
    assert_eq!(section(&[], NOW), Value::Null);
    assert_eq!(
        ReportedApps::new(&[], &NOW.parse().unwrap()).around(at("2026-11-22T08:00:00Z"), at("2026-11-22T08:01:00Z")),
        None
    );
}

#[test]
fn a_row_has_the_cells_of_top() {
    let found = section(&look(at("2026-11-22T11:00:00Z")), NOW);
    let others = json!([null, 500, "50%", ["10 s", "150 MB", "–", "–"]]);
    assert_eq!(
        found["whole"]["cpu"]["rows"],
        json!([[0, 500, "50%", ["10 s", "50 MB", "50 MB", "22 Nov 12:00"]], others])
    );
    assert_eq!(found["whole"]["memory"]["rows"][0][2], "25%");
    assert_eq!(found["whole"]["memory"]["amount"], "200 MB");
    assert_eq!((&found["names"], &found["note"]), (&json!(["make"]), &json!("")));
    let mut partial = look(at("2026-11-22T11:00:00Z"));
    partial[0].is_complete = false;
    assert_eq!(section(&partial, NOW)["note"], ONLY_OWN);
}

#[test]
fn parts_are_hours_days_or_weeks_by_the_length() {
    let from = |text| section(&look(at(text)), NOW);
    assert_eq!(from("2026-11-22T11:09:00Z")["parts"], json!([]), "one is the whole");
    let hours = from("2026-11-21T23:30:00Z");
    assert_eq!(whens(&hours)[..2], ["Sun 22 Nov, 00:00 – 01:00", "Sun 22 Nov, 01:00 – 02:00"]);
    assert_eq!(whens(&hours).len(), 13);
    assert_eq!(hours["parts"][1]["label"], "01:00");
    assert_eq!((&hours["parts"][0]["is_known"], &hours["parts"][1]["is_known"]), (&json!(true), &json!(false)));
    let days = from("2026-10-22T11:00:00Z");
    assert_eq!((whens(&days).len(), whens(&days)[0], whens(&days)[31]), (32, "Thu 22 Oct", "Sun 22 Nov"));
    let weeks = from("2026-08-20T11:00:00Z");
    assert_eq!((whens(&weeks).len(), whens(&weeks)[0]), (14, "Week of Mon 17 Aug 2026"));
    assert!(whens(&from("1970-01-01T00:00:00Z")).len() <= 106, "no more than are kept");
}

#[test]
fn a_stored_day_belongs_to_the_day_on_the_wall_clock() {
    let day = |text, cpu_s| {
        look(at(text)).map(|row| StoredAppUse { is_day: true, looks: 288, cpu_time: Duration::from_secs(cpu_s), ..row })
    };
    let rows =
        [day("2026-10-01T00:00:00Z", 3600), day("2026-10-02T00:00:00Z", 60), look(at("2026-11-10T11:00:00Z"))].concat();
    for now in [NOW, "2026-11-22T12:10:00-08:00[America/Los_Angeles]"] {
        let found = section(&rows, now);
        let part =
            |when| found["parts"].as_array().unwrap().iter().find(|part| part["period"]["when"] == when).unwrap();
        assert_eq!(part("Thu 1 Oct")["period"]["cpu"]["amount"], "1 h", "{now}");
        assert_eq!(part("Fri 2 Oct")["period"]["cpu"]["amount"], "1 min", "{now}");
    }
}

#[test]
fn bars_fill_a_round_scale() {
    let rows = [look(at("2026-11-20T11:00:00Z")), look(at("2026-11-22T11:00:00Z"))].concat();
    let found = section(&rows, NOW);
    assert_eq!((&found["cpu"]["top"], &found["cpu"]["half"]), (&json!("20 s"), &json!("10 s")));
    assert_eq!((&found["memory"]["top"], &found["memory"]["half"]), (&json!("256 MB"), &json!("128 MB")));
    assert_eq!(found["cpu"]["coloured"], json!([0]));
    assert_eq!((&found["parts"][0]["cpu"], &found["parts"][1]["cpu"]), (&json!([500, 500]), &json!([0, 0])));
    assert_eq!(found["parts"][0]["memory"], json!([195, 586]));
    let idle = section(&[used(at("2026-11-20T11:00:00Z"), None, 0, 0)], NOW);
    assert_eq!(idle["parts"][0]["cpu"], json!([0]));
    let busy = [used(at("2026-11-20T11:00:00Z"), None, 500_000, 1)];
    assert_eq!(section(&busy, NOW)["cpu"]["top"], "8 days");
}

#[test]
fn an_alert_gets_the_looks_around_it() {
    let looks = (0..10).flat_map(|n| look(at("2026-11-22T09:00:00Z") + Duration::from_secs(300 * n)));
    let rows: Vec<StoredAppUse> = looks.collect();
    let now: Zoned = NOW.parse().unwrap();
    let mut apps = ReportedApps::new(&rows, &now);
    let mut around =
        |from: &str, to: &str| apps.around(at(&format!("2026-11-22T{from}Z")), at(&format!("2026-11-22T{to}Z")));
    assert_eq!(around("09:06:00", "09:07:00"), Some(0));
    assert_eq!(around("09:08:00", "09:08:00"), Some(0), "the same look");
    assert_eq!(around("09:05:00", "09:12:00"), Some(1));
    assert_eq!(around("09:50:00", "09:50:30"), Some(2), "the last look, a few minutes before");
    assert_eq!(around("08:50:00", "08:51:00"), Some(3), "the first look, a few minutes after");
    assert_eq!(around("10:30:00", "10:31:00"), None);
    assert_eq!(around("08:00:00", "08:01:00"), None);
    let found = serde_json::to_value(apps.section()).unwrap();
    let whens: Vec<&str> =
        found["alerts"].as_array().unwrap().iter().map(|one| one["when"].as_str().unwrap()).collect();
    assert_eq!(
        whens,
        [
            "Sun 22 Nov, 10:05 – 10:10",
            "Sun 22 Nov, 10:05 – 10:15",
            "Sun 22 Nov, 10:40 – 10:45",
            "Sun 22 Nov, 09:55 – 10:00"
        ]
    );
    assert_eq!(found["alerts"][1]["cpu"]["amount"], "40 s");
}

#[test]
fn an_alert_of_long_ago_gets_its_day() {
    let rows = look(at("2026-06-01T00:00:00Z")).map(|row| StoredAppUse { is_day: true, ..row });
    let now: Zoned = NOW.parse().unwrap();
    let mut apps = ReportedApps::new(&rows, &now);
    assert_eq!(apps.around(at("2026-06-01T20:00:00Z"), at("2026-06-01T20:05:00Z")), Some(0));
    assert_eq!(apps.around(at("2026-06-02T20:00:00Z"), at("2026-06-02T20:05:00Z")), None);
    let found = serde_json::to_value(apps.section()).unwrap();
    assert_eq!(found["alerts"][0]["when"], "Mon 1 Jun, 02:00 – Tue 2 Jun, 02:00");
}
