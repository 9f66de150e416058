//! *Who used it*: the applications in the page, by mouse, by keyboard and for a screen reader.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::access::violations;
use super::browser::Browser;
use super::past::*;

const NOW: &str = "2026-11-22T12:00:00Z[UTC]";
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const RIGHT: &str = "\u{e014}";
/// Names, the CPU time of a look in milliseconds, and its memory in MiB, by SQL of look i.
const APPS: [(&str, &str, &str); 8] = [
    (
        "cargo",
        "CASE WHEN i / 288 % 7 < 5 AND i % 288 BETWEEN 108 AND 210 THEN 90000 + i * 7919 % 400000 ELSE 0 END",
        "60 + i % 90",
    ),
    ("Firefox", "6000 + i * 31 % 30000", "1900 + i * 13 % 900"),
    ("Slack", "3000 + i * 17 % 4000", "700 + i % 50"),
    ("backup", "CASE WHEN i % 288 BETWEEN 10 AND 16 THEN 240000 ELSE 0 END", "120"),
    ("Music", "1500 + i % 900", "310"),
    ("Xcode", "CASE WHEN i / 288 % 7 = 2 THEN 60000 ELSE 0 END", "CASE WHEN i / 288 % 7 = 2 THEN 2400 ELSE 0 END"),
    ("Mail", "400", "250 + i % 40"),
    ("postgres", "900 + i % 100", "180"),
];

/// Looks every five minutes for so many days before now.
fn looks(past: &Past, days: i64) {
    let step = Duration::from_secs(300);
    let count = days * 288;
    let first = past.now.timestamp() - SignedDuration::from_mins(5 * (count - 1));
    for (id, (name, cpu, memory)) in (1..).zip(APPS) {
        past.file.sql.execute("INSERT INTO app VALUES (?1, ?2)", (id, name)).unwrap();
        // Tables are filled by the time: the rows of each application stand for themselves meanwhile.
        past.file.sql.execute_batch("CREATE TEMP TABLE one (at INTEGER PRIMARY KEY, app, cpu, memory)").unwrap();
        past.file.fill("temp.one", first, step, count, &format!("{id}, {cpu}, {memory}"));
        past.file
            .sql
            .execute_batch("INSERT INTO app_use SELECT * FROM one WHERE cpu + memory > 0; DROP TABLE one")
            .unwrap();
    }
    let all = "INSERT INTO app_look SELECT at, 300000, sum(cpu) + 5000, sum(memory) + 1200, 1 FROM app_use GROUP BY at";
    past.file.sql.execute(all, []).unwrap();
}

fn month() -> Past {
    let past = Past::month(NOW);
    looks(&past, 31);
    past
}

/// The cells of the table.
fn table(browser: &Browser) -> Vec<Vec<String>> {
    let rows = browser.run(
        "return [...document.querySelectorAll('#apps tbody tr')].map((row) =>
             [...row.cells].map((cell) => cell.textContent))",
    );
    serde_json::from_value(rows).unwrap()
}

fn names(browser: &Browser) -> Vec<String> {
    table(browser).into_iter().map(|row| row[0].clone()).collect()
}

fn when(browser: &Browser) -> String {
    browser.text("document.getElementById('apps-when').textContent")
}

#[test]
fn the_whole_time_is_a_table_like_that_of_top() {
    let past = month();
    let browser = Browser::at(&past.report("31d"));
    let rows = table(&browser);
    assert_eq!(rows.len(), 9);
    assert_eq!(rows[0][0], "cargo");
    assert_eq!(rows.last().unwrap()[0], "Others");
    let share: f64 =
        past.number("SELECT 100.0 * sum(app_use.cpu) / (SELECT sum(cpu) FROM app_look) FROM app_use WHERE app = 1");
    assert_eq!(rows[0][1], format!("{share:.0}%"));
    assert_eq!(rows.last().unwrap()[4..], ["–", "–"], "the others have no maximum, and no time of their own");
    assert_eq!(when(&browser), "Thu 22 Oct, 12:00 – Sun 22 Nov, 12:00");
    assert_eq!(browser.number("document.querySelectorAll('.plot label').length"), 32.0, "a bar for each day");
    browser.click("#apps-order label:last-child");
    assert_eq!(names(&browser)[..2], ["Firefox", "Slack"]);
    assert_eq!(browser.text("document.querySelector('#apps th.share').textContent"), "Share of memory");
    assert_eq!(browser.log("browser"), Vec::<Value>::new());
}

#[test]
fn bars_are_as_high_as_what_was_used() {
    let past = month();
    let browser = Browser::at(&past.report("31d"));
    let day = "2026-11-19";
    let (from, to) = (ms(&format!("{day}T00:00:00Z")), ms(&format!("{day}T00:00:00Z")) + DAY);
    let used = past.number(&format!("SELECT sum(cpu) / 3600000.0 FROM app_look WHERE at >= {from} AND at < {to}"));
    let top = browser.text("document.querySelector('.scale span').textContent");
    let top_hours: f64 = top.strip_suffix(" h").unwrap_or_else(|| panic!("{top}")).parse().unwrap();
    let column = "document.querySelectorAll('.plot label')[28].querySelector('.column')";
    let height = browser.number(&format!(
        "{column}.querySelector('.stack').getBoundingClientRect().height / {column}.getBoundingClientRect().height"
    ));
    assert!((height - used / top_hours).abs() < 0.01, "{height} of {top} for {used} h");
    let cargo =
        past.number(&format!("SELECT sum(cpu) / 3600000.0 FROM app_use WHERE app = 1 AND at >= {from} AND at < {to}"));
    let part = browser.number(&format!(
        "{column}.querySelector('.app-0').getBoundingClientRect().height / {column}.getBoundingClientRect().height"
    ));
    assert!((part - cargo / top_hours).abs() < 0.02, "{part} of {top} for {cargo} h of cargo");
    let said = browser.text("document.querySelectorAll('.plot input')[28].getAttribute('aria-label')");
    assert!(said.starts_with("Thu 19 Nov: CPU time ") && said.contains(", the most by cargo ("), "{said}");
}

#[test]
fn a_day_is_chosen_by_mouse_and_by_keyboard_and_left_again() {
    let past = month();
    let browser = Browser::at(&past.report("31d"));
    browser.click(".plot label:nth-of-type(29)");
    assert_eq!(when(&browser), "Thu 19 Nov");
    assert_eq!(
        browser.text("document.getElementById('apps-table').getAttribute('aria-label')"),
        "Applications, Thu 19 Nov"
    );
    browser.press(&[RIGHT]);
    assert_eq!(when(&browser), "Fri 20 Nov");
    browser.click("#apps-order label:last-child");
    assert_eq!(when(&browser), "Fri 20 Nov", "another order is of the same day");
    assert_eq!(names(&browser)[0], "Firefox");
    browser.click("#apps-whole");
    assert_eq!(when(&browser), "Thu 22 Oct, 12:00 – Sun 22 Nov, 12:00");
    assert!(browser.run("return document.getElementById('apps-whole').hidden").as_bool().unwrap());
    assert_eq!(browser.text("document.activeElement.name"), "apps-period");
    // All bars are one stop of the Tab key, the table behind them is another.
    browser.press(&[TAB]);
    assert_eq!(browser.text("document.activeElement.id"), "apps-table");
}

#[test]
fn a_day_without_looks_is_empty_and_cannot_be_chosen() {
    let past = month();
    let (from, to) = (ms("2026-11-10T00:00:00Z"), ms("2026-11-11T00:00:00Z"));
    for table in ["app_look", "app_use"] {
        past.file.sql.execute(&format!("DELETE FROM {table} WHERE at >= ?1 AND at < ?2"), (from, to)).unwrap();
    }
    let browser = Browser::at(&past.report("31d"));
    let input = "document.querySelectorAll('.plot input')[19]";
    assert_eq!(browser.text(&format!("{input}.getAttribute('aria-label')")), "Tue 10 Nov: nothing recorded.");
    assert!(browser.run(&format!("return {input}.disabled")).as_bool().unwrap());
}

#[test]
fn an_alert_leads_to_the_applications_around_it() {
    let past = month();
    let browser = Browser::at(&past.report("31d"));
    // The alert of memory three days ago, 12:00 to 13:00.
    browser.run("document.querySelectorAll('.alerts .who')[1].focus()");
    browser.press(&[ENTER]);
    assert_eq!(when(&browser), "Around the alert: Thu 19 Nov, 12:00 – 13:00");
    assert_eq!(browser.text("document.activeElement.id"), "apps-table");
    assert_eq!(names(&browser)[0], "Firefox", "by memory, for it was an alert of memory");
    assert_eq!(browser.number("document.querySelectorAll('#apps-bars input:checked').length"), 0.0);
    assert_eq!(browser.number("document.querySelectorAll('.alerts .who').length"), 3.0);
    let mean = past.number(&format!(
        "SELECT round(avg(memory)) FROM app_use WHERE app = 3 AND at > {} AND at <= {}",
        ms("2026-11-19T12:00:00Z"),
        ms("2026-11-19T13:00:00Z")
    ));
    let slack = table(&browser).into_iter().find(|row| row[0] == "Slack").unwrap();
    assert_eq!(slack[3], format!("{mean:.0} MB"));
    browser.click("#apps-whole");
    assert_eq!(names(&browser).len(), 9);
}

#[test]
fn an_early_warning_leads_there_and_one_without_looks_does_not() {
    let past = Past::month(NOW);
    looks(&past, 1);
    let at = past.now_ms() - 2 * HOUR;
    for at in [at, past.now_ms() - 9 * DAY] {
        let sql = "INSERT INTO forecast VALUES (?1, 80, 7200000, 100, 3000, 7200000, 1, NULL)";
        past.file.sql.execute(sql, [at]).unwrap();
    }
    let browser = Browser::at(&past.report("31d"));
    assert_eq!(browser.number("document.querySelectorAll('.forecasts .who').length"), 1.0);
    assert_eq!(browser.number("document.querySelectorAll('.alerts .who').length"), 1.0, "the others are too old");
    browser.click(".forecasts .who");
    assert_eq!(when(&browser), "Around the alert: Sun 22 Nov, 09:55 – 10:00");
}

#[test]
fn without_looks_the_section_says_so() {
    let past = Past::month(NOW);
    let browser = Browser::at(&past.report("31d"));
    let text = browser.text("document.getElementById('apps-card').innerText");
    assert_eq!(text.trim(), "Who used it\n\nNo applications are recorded in this time.");
    assert_eq!(browser.number("document.querySelectorAll('.who').length"), 0.0);
}

#[test]
fn names_from_outside_are_text_and_a_partial_view_is_said() {
    let past = month();
    let names = [
        "</script><script>window.owned = 1</script>",
        "<img src=x onerror=\"window.owned = 1\">",
        "line\nfeed\u{1b}[2J\u{202e}gpj.exe",
    ];
    for (id, name) in (1..).zip(names) {
        past.file.sql.execute("UPDATE app SET name = ?2 WHERE id = ?1", (id, name)).unwrap();
    }
    past.file.sql.execute("UPDATE app_look SET all_seen = 0 WHERE at = (SELECT max(at) FROM app_look)", []).unwrap();
    let browser = Browser::at(&past.report("31d"));
    let shown = self::names(&browser);
    for (name, expected) in names.iter().zip([names[0], names[1], r"line\u{a}feed\u{1b}[2J\u{202e}gpj.exe"]) {
        assert!(shown.iter().any(|shown| shown == expected), "{name:?} in {shown:?}");
    }
    assert!(browser.run("return window.owned === undefined").as_bool().unwrap());
    assert_eq!(browser.number("document.querySelectorAll('img').length"), 0.0);
    let isolated = "[...document.querySelectorAll('#apps tbody .name')].every((cell) => cell.querySelector('bdi'))";
    assert!(browser.run(&format!("return {isolated}")).as_bool().unwrap());
    let note = browser.text("document.getElementById('apps-note').textContent");
    assert_eq!(note, "Of your own programs: others cannot be seen.");
}

#[test]
fn the_section_is_accessible_in_light_and_dark_wide_and_narrow_and_on_paper() {
    let past = month();
    let browser = Browser::at(&past.report("31d"));
    for (width, height, device) in [(1200, 900, "desk"), (390, 844, "phone")] {
        browser.resize(width, height);
        for scheme in ["light", "dark"] {
            browser.wear(scheme);
            browser.run("document.querySelectorAll('.plot input')[28].click()");
            let wrong = violations(&browser);
            assert!(wrong.is_empty(), "{scheme} on a {device}: {wrong:#?}");
            browser.run("document.querySelector('#apps-bars input').click()");
            browser.picture(&format!("report-apps-{device}-{scheme}.png"));
            let overflow =
                browser.number("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            assert_eq!(overflow, 0.0, "{scheme} on a {device} is wider than the window");
        }
    }
    browser.resize(700, 900);
    browser.tools("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
    browser.picture("report-apps-print.png");
    let is_seen = |selector: &str| {
        browser.run(&format!("return document.querySelector('{selector}').checkVisibility()")).as_bool().unwrap()
    };
    assert!(is_seen("#apps tbody tr") && is_seen(".plot"));
    assert!(!is_seen(".who") && !is_seen("#apps-order"), "paper has no buttons");
}

#[test]
fn a_day_on_the_wall_clock_is_a_bar() {
    let past = Past::month("2026-11-22T14:00:00-08:00[America/Los_Angeles]");
    looks(&past, 3);
    let browser = Browser::at(&past.report("31d"));
    let labels =
        "[...document.querySelectorAll('.plot input')].map((input) => input.getAttribute('aria-label').slice(0, 10))";
    assert_eq!(
        browser.run(&format!("return {labels}")),
        json!(["Thu 19 Nov", "Fri 20 Nov", "Sat 21 Nov", "Sun 22 Nov"])
    );
    let from = ms("2026-11-20T08:00:00Z");
    let used = past.number(&format!("SELECT sum(cpu) / 1000 FROM app_look WHERE at >= {from} AND at < {}", from + DAY));
    let hours = (used / 3600.0).floor();
    let said = browser.text("document.querySelectorAll('.plot input')[1].getAttribute('aria-label')");
    assert!(said.contains(&format!("CPU time {hours:.0} h ")), "{said} of {used} s");
}
