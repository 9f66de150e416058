//! The figures of the page, against what SQL says of the same history.

use serde_json::json;

use super::browser::Browser;
use super::past::*;
use crate::wait::{SOON, wait_for};

const NOW: &str = "2026-11-22T12:00:00Z[UTC]";

/// Whether the page says this percentage: it has tenths, and writes whole ones from 10 on.
#[track_caller]
fn assert_says(said: &str, percent: f64, what: &str) {
    let shown: f64 = said.strip_suffix('%').unwrap().parse().unwrap();
    let most = if percent < 9.9 { 0.1 } else { 0.55 };
    assert!((shown - percent).abs() <= most, "{what}: {said} is said, and it is {percent}");
}

fn past() -> Past {
    past_at(NOW)
}

fn past_at(now: &str) -> Past {
    let past = Past::new(now);
    past.minutes(MONTH, "900 + (i * 7919) % 7900", "3000 + (i * 104729) % 2500");
    let at = past.now_ms();
    for (metric, ago, lasted) in [("cpu", 2, 1), ("cpu", 30, 1), ("memory", 5, 2), ("cpu", 200, 3), ("memory", 700, 1)]
    {
        past.alert(metric, at - ago * HOUR, Some(at - (ago - lasted) * HOUR), true, "[]");
    }
    past
}

#[test]
fn mean_maximum_time_above_and_alerts_agree_with_the_database() {
    let past = past();
    let browser = Browser::at(&past.report("31d"));
    for (range, hours) in [(1, 1), (2, 24), (3, 7 * 24), (4, 31 * 24)] {
        browser.click(&format!("#ranges label:nth-of-type({range})"));
        let from = past.now_ms() - hours * HOUR;
        for metric in ["cpu", "memory"] {
            let number = |what: &str| past.number(&format!("SELECT {what} FROM minute WHERE at >= {from}"));
            let cell = |column: u32| {
                browser.text(&format!(
                    "document.querySelector('#figures [data-metric={metric}]').cells[{column}].textContent"
                ))
            };
            let place = format!("{metric} in {hours} h");
            assert_says(&cell(1), number(&format!("avg({metric}_mean) / 100.0")), &format!("mean of {place}"));
            assert_says(&cell(2), number(&format!("max({metric}_max) / 100.0")), &format!("maximum of {place}"));
            // The page has tenths.
            let above = number(&format!("1.0 * count(*) FILTER (WHERE ({metric}_mean + 5) / 10 > 800)"));
            let span = browser.text(&format!("minutesSaid({above})"));
            assert_eq!(cell(3), span, "{above} minutes above in {place}");
            assert!(metric == "memory" || hours == 1 || above > 0.0, "nothing to see");
            let alerts = past
                .number(&format!("SELECT 1.0 * count(*) FROM alert WHERE metric = '{metric}' AND ended_at >= {from}"));
            assert_eq!(cell(4), format!("{alerts}"), "alerts of {place}");
        }
    }
    assert_eq!(browser.text("say.span(135 * MINUTE)"), "2 h 15 min");
    assert_eq!(browser.number("document.querySelectorAll('.alerts tbody tr').length"), 5.0);
}

#[test]
fn an_hour_of_the_week_is_the_mean_of_its_minutes() {
    let past = past();
    let data = past.data("31d");
    for (day, hour) in [(0, 0), (2, 9), (6, 23), (6, 11)] {
        for metric in ["cpu", "memory"] {
            // SQLite counts the days from Sunday on.
            let mean = past.number(&format!(
                "SELECT avg({metric}_mean) / 100.0 FROM minute
                 WHERE (strftime('%w', at / 1000, 'unixepoch') + 6) % 7 = {day}
                 AND CAST(strftime('%H', at / 1000, 'unixepoch') AS INTEGER) = {hour}"
            ));
            let tenths = data["week"][metric][day * 24 + hour].as_f64().unwrap();
            assert!((tenths / 10.0 - mean).abs() <= 0.0501, "{metric}, day {day}, {hour}:00: {tenths} and {mean}");
        }
    }
    let browser = Browser::at(&past.report("24h"));
    let cell = |metric: &str| {
        let tenths = data["week"][metric][2 * 24 + 9].as_f64().unwrap();
        format!(
            "Wednesday 09:00–10:00: {} {}%",
            if metric == "cpu" { "CPU" } else { "Memory" },
            (tenths / 10.0).round()
        )
    };
    let label = "document.getElementById('week').tBodies[0].rows[2].cells[10].getAttribute('aria-label')";
    assert_eq!(browser.text(label), cell("cpu"), "of the whole month, also in a report of a day");
    browser.click("#week-metric label:last-child");
    assert_eq!(browser.text(label), cell("memory"));
}

#[test]
fn the_table_agrees_with_the_charts() {
    let past = past();
    let browser = Browser::at(&past.report("31d"));
    browser.click("#by-time summary");
    let rows = "document.querySelectorAll('#by-time tbody tr').length";
    wait_for("a row for each hour", SOON, || (browser.number(rows) == 24.0).then_some(()));
    let row = browser.text("document.querySelector('#by-time tbody tr').innerText");
    let from = past.now_ms() - DAY;
    let mean =
        past.number(&format!("SELECT avg(cpu_mean) / 100.0 FROM minute WHERE at >= {from} AND at < {from} + 3600000"));
    let max =
        past.number(&format!("SELECT max(cpu_max) / 100.0 FROM minute WHERE at >= {from} AND at < {from} + 3600000"));
    let cells: Vec<&str> = row.split('\t').collect();
    assert_eq!((cells[0], cells.len()), ("Sat 21 Nov, 12:00", 6));
    assert_says(cells[1], mean, "mean of an hour");
    assert_says(cells[2], max, "maximum of an hour");

    // A report is hardly ever made on the minute.
    let past = past_at("2026-11-22T12:00:37Z[UTC]");
    browser.open(&past.report("31d"));
    browser.click("#by-time summary");
    wait_for("a row for each hour and two for parts of one", SOON, || (browser.number(rows) == 25.0).then_some(()));
    let cells = |row: u32| -> Vec<String> {
        let row = browser.text(&format!("document.querySelectorAll('#by-time tbody tr')[{row}].innerText"));
        row.split('\t').map(str::to_owned).collect()
    };
    assert_eq!(
        (&*cells(0)[0], &*cells(1)[0], &*cells(24)[0]),
        ("Sat 21 Nov, 12:00", "Sat 21 Nov, 13:00", "Sun 22 Nov, 12:00")
    );
    let from = ms("2026-11-21T13:00:00Z");
    assert_eq!(
        browser.run("return [0, 1, 2].map((part) => parts()[part].from)"),
        json!([from - 3_563_000, from, from + HOUR])
    );
    let of_hour = |what: &str| {
        past.number(&format!("SELECT {what} / 100.0 FROM minute WHERE at >= {from} AND at < {from} + 3600000"))
    };
    assert_says(&cells(1)[1], of_hour("avg(cpu_mean)"), "mean of an hour");
    assert_says(&cells(1)[4], of_hour("max(memory_max)"), "maximum of an hour");
}

#[test]
fn readings_without_a_rollup_count() {
    let past = Past::new(NOW);
    past.minutes(10, "2000", "5000");
    past.file.sql.execute("DELETE FROM minute WHERE at >= ?1", [past.now_ms() - 2 * MINUTE]).unwrap();
    past.file.sql.execute("INSERT INTO reading VALUES (?1, 9100, 5500, 0, 0)", [past.now_ms() - 30_000]).unwrap();
    past.file.sql.execute("INSERT INTO reading VALUES (?1, 7100, NULL, 0, 0)", [past.now_ms() - 28_000]).unwrap();
    let data = past.data("1h");
    // Eight minutes that are summed up, one of which nothing is known, and the last.
    let minutes = &data["minutes"];
    assert_eq!(minutes["count"], 10);
    assert_eq!(minutes["cpu"]["mean"].as_array().unwrap()[7..], [200, -1, 810].map(serde_json::Value::from));
    assert_eq!(minutes["cpu"]["max"][9], 910);
    assert_eq!(minutes["memory"]["mean"][9], 550, "by the one reading that knew");
}
