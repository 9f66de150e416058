//! Clocks that are changed: hours of the week and labels of the axis by the clock on the wall.

use std::time::Duration;

use super::browser::Browser;
use super::past::*;

/// Minutes in UTC from `from` on, for so many hours; the CPU of each hour is ten times its number, counted from 1.
fn hours(past: &Past, from: &str, count: i64) {
    let columns = "30, (i / 60 + 1) * 1000, (i / 60 + 1) * 1000, 5000, 5000";
    past.file.fill("minute", from.parse().unwrap(), Duration::from_secs(60), count * 60, columns);
}

/// The CPU of an hour of the week, percent; -0.1 where nothing is known. Days from Monday on.
fn week(past: &Past, day: usize, hour: usize) -> f64 {
    past.data("31d")["week"]["cpu"][day * 24 + hour].as_f64().unwrap() / 10.0
}

/// The labels of the axis, with the time of each.
fn labels(browser: &Browser) -> Vec<(String, i64)> {
    let found = browser.run(
        "return [...document.querySelectorAll('#axis .labels text')]
            .map((text) => [text.textContent, Number(text.dataset.time)])",
    );
    let label = |one: &serde_json::Value| (one[0].as_str().unwrap().to_owned(), one[1].as_i64().unwrap());
    found.as_array().unwrap().iter().map(label).collect()
}

#[test]
fn an_hour_that_comes_twice_is_one_of_the_week_and_two_on_the_axis() {
    // 25 October: at 03:00 on summer time (01:00 UTC) it is 02:00 again.
    let past = Past::new("2026-10-25T06:00:00+01:00[Europe/Berlin]");
    hours(&past, "2026-10-24T23:00:00Z", 6);
    assert_eq!(week(&past, 6, 1), 10.0, "23:00 UTC is 01:00");
    assert_eq!(week(&past, 6, 2), 25.0, "00:00 and 01:00 UTC are 02:00");
    assert_eq!(week(&past, 6, 3), 40.0, "02:00 UTC is 03:00");
    assert_eq!(week(&past, 6, 0), -0.1);
    let browser = Browser::at(&past.report("31d"));
    browser.run(&format!("show({}, {})", ms("2026-10-24T23:00:00Z"), ms("2026-10-25T05:00:00Z")));
    let labels = labels(&browser);
    let hours: Vec<(&str, i64)> =
        labels.iter().filter(|(label, _)| label.ends_with(":00")).map(|(label, at)| (label.as_str(), *at)).collect();
    let at = |utc: &str| ms(&format!("2026-10-{utc}:00:00Z"));
    let expected = [
        ("01:00", at("24T23")),
        ("02:00", at("25T00")),
        ("02:00", at("25T01")),
        ("03:00", at("25T02")),
        ("04:00", at("25T03")),
        ("05:00", at("25T04")),
        ("06:00", at("25T05")),
    ];
    assert_eq!(hours, expected);
    let said = |utc: &str| browser.text(&format!("say.moment({})", ms(utc)));
    assert_eq!(said("2026-10-25T00:30:00Z"), "Sun 25 Oct, 02:30 CEST");
    assert_eq!(said("2026-10-25T01:30:00Z"), "Sun 25 Oct, 02:30 CET");
    assert_eq!(browser.text("windowSaid()"), "Sun 25 Oct, 01:00 CEST – 06:00 CET");
    let page = browser.text("document.querySelector('header').innerText");
    assert!(page.contains("Sun 25 Oct 2026, 01:00 – 06:00") && page.contains("Europe/Berlin"), "{page}");
}

#[test]
fn an_hour_that_the_clock_skips_is_unknown() {
    // 8 March: at 02:00 (07:00 UTC) it is 03:00.
    let past = Past::new("2026-03-08T06:00:00-04:00[America/New_York]");
    hours(&past, "2026-03-08T05:00:00Z", 5);
    let found: Vec<f64> = (0..6).map(|hour| week(&past, 6, hour)).collect();
    assert_eq!(found, [10.0, 20.0, -0.1, 30.0, 40.0, 50.0]);
    let browser = Browser::at(&past.report("31d"));
    browser.run(&format!("show({}, {})", ms("2026-03-08T05:00:00Z"), ms("2026-03-08T10:00:00Z")));
    let labels = labels(&browser);
    let whole: Vec<&str> =
        labels.iter().map(|(label, _)| label.as_str()).filter(|label| !label.ends_with(":30")).collect();
    assert_eq!(whole, ["Sun 8 Mar", "01:00", "03:00", "04:00", "05:00", "06:00"]);
    let two = browser.text("document.getElementById('week').tBodies[0].rows[6].cells[3].getAttribute('aria-label')");
    assert_eq!(two, "Sunday 02:00–03:00: nothing recorded");
    assert_eq!(browser.text("document.getElementById('week').tBodies[0].rows[6].cells[3].className"), "unknown");
}

#[test]
fn days_begin_at_midnight_by_the_clock_on_both_sides() {
    let past = Past::new("2026-10-28T12:00:00+01:00[Europe/Berlin]");
    past.minutes(7 * 24 * 60, "1000", "5000");
    let browser = Browser::at(&past.report("7d"));
    browser.click("#ranges label:last-child");
    let days: Vec<(String, i64)> = labels(&browser).into_iter().filter(|(label, _)| !label.contains(':')).collect();
    assert!(days.contains(&("Sun 25 Oct".into(), ms("2026-10-24T22:00:00Z"))), "{days:?}");
    assert!(days.contains(&("Mon 26 Oct".into(), ms("2026-10-25T23:00:00Z"))), "{days:?}");
}

#[test]
fn zones_of_odd_offsets_and_without_a_name_have_round_times_too() {
    let past = Past::new("2026-11-22T12:00:00+05:45[Asia/Kathmandu]");
    past.minutes(1440, "1000", "5000");
    let browser = Browser::at(&past.report("24h"));
    let all = labels(&browser);
    assert!(all.len() > 8 && all.iter().all(|(label, _)| label.ends_with(":00") || label == "Sun 22 Nov"), "{all:?}");
    assert_eq!(browser.text(&format!("say.moment({})", past.now_ms())), "Sun 22 Nov, 12:00");

    let past = Past::new("2026-11-22T12:00:00-03:00[-03:00]");
    past.minutes(60, "1000", "5000");
    browser.open(&past.report("24h"));
    assert_eq!(browser.text(&format!("say.moment({})", past.now_ms())), "Sun 22 Nov, 12:00");
    assert!(browser.text("document.querySelector('header').innerText").contains("-03"));
}
