//! The charts: values are drawn where they belong, and a month of them is drawn quickly.

use std::fs;

use loadline::core::alerts::rule::Signal;
use loadline::core::metrics::metric::Threshold;
use loadline::core::settings::Settings;

use super::browser::Browser;
use super::past::*;

const NOW: &str = "2026-11-22T12:00:00Z[UTC]";

/// The y of the highest and the lowest point of a path.
fn extremes(browser: &Browser, path: &str) -> (f64, f64) {
    let numbers = browser.text(&format!("document.querySelector('{path}').getAttribute('d')"));
    let pairs: Vec<f64> = numbers
        .split(|c: char| c.is_ascii_alphabetic() || c == ' ')
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().unwrap())
        .collect();
    let ys = pairs.chunks_exact(2).map(|pair| pair[1]);
    ys.fold((f64::MAX, f64::MIN), |(high, low), y| (high.min(y), low.max(y)))
}

/// Where a percentage is drawn.
fn y_of(browser: &Browser, percent: f64) -> f64 {
    browser.number(&format!("yOf({percent})"))
}

#[test]
fn maxima_and_means_are_drawn_at_their_percentages() {
    let past = Past::new(NOW);
    past.minutes(MONTH, "2000", "CASE WHEN i = 40000 THEN 9000 ELSE 5000 END");
    past.file.sql.execute("UPDATE minute SET cpu_max = 2000, memory_max = memory_mean", []).unwrap();
    past.file
        .sql
        .execute("UPDATE minute SET cpu_max = 9700 WHERE at = (SELECT at FROM minute LIMIT 1 OFFSET 30000)", [])
        .unwrap();
    let browser = Browser::at(&past.report("31d"));
    browser.click("#ranges label:nth-of-type(4)");
    assert_eq!(y_of(&browser, 0.0) - y_of(&browser, 100.0), 150.0);
    let near = |one: f64, other: f64| assert!((one - other).abs() <= 0.11, "{one} is not {other}");
    let (high, low) = extremes(&browser, "#cpu-chart .max");
    near(high, y_of(&browser, 97.0));
    near(low, y_of(&browser, 20.0));
    let (high, low) = extremes(&browser, "#cpu-chart .mean");
    near(high, y_of(&browser, 20.0));
    near(low, y_of(&browser, 20.0));
    // A mean of some minutes in one column; the maximum is seen whole.
    near(extremes(&browser, "#memory-chart .max").0, y_of(&browser, 90.0));
    let mean = extremes(&browser, "#memory-chart .mean").0;
    assert!(mean < y_of(&browser, 50.5) && mean > y_of(&browser, 60.0), "{mean}");
    let load = browser.text("document.querySelector('#cpu-chart .load').getAttribute('d')");
    assert!(load.starts_with(&format!("M0 {}h", (y_of(&browser, 80.0) * 10.0).round() / 10.0)), "{load}");
    assert_eq!(browser.text("document.querySelector('#cpu-chart .load-label').textContent"), "80%");
}

#[test]
fn a_week_without_readings_is_left_empty() {
    let past = Past::new(NOW);
    past.minutes(MONTH, "2000", "5000");
    let (from, to) = (past.now_ms() - 15 * DAY, past.now_ms() - 8 * DAY);
    past.file.sql.execute("DELETE FROM minute WHERE at >= ?1 AND at < ?2", (from, to)).unwrap();
    let browser = Browser::at(&past.report("31d"));
    browser.click("#ranges label:nth-of-type(4)");
    for path in ["#cpu-chart .mean", "#memory-chart .max", "#memory-chart .area"] {
        let inside = browser.number(&format!(
            "document.querySelector('{path}').getAttribute('d').match(/[\\d.]+ [\\d.]+/g)
                .map((point) => Number(point.split(' ')[0])).filter((x) => x > xOf({from}) + 2 && x < xOf({to}) - 2).length"
        ));
        assert_eq!(inside, 0.0, "{path}");
    }
    let runs = browser.number("document.querySelector('#cpu-chart .mean').getAttribute('d').split('M').length - 1");
    assert_eq!(runs, 2.0);
    assert!(browser.text("document.getElementById('legend').innerText").contains("Empty: nothing recorded"));
    // Entirely inside of it there is nothing to see, and it is said.
    browser.run(&format!("show({from} + DAY, {to} - DAY)"));
    browser.run("moveCursor((view.from + view.to) / 2)");
    assert_eq!(browser.text("document.getElementById('cpu-readout').textContent"), "no data");
    let cell =
        |column: u32| browser.text(&format!("document.querySelector('#figures tbody tr').cells[{column}].innerText"));
    assert_eq!([1, 2, 3, 4].map(cell), ["–", "–", "–", "0"], "not known is not none");
    assert!(browser.text("document.getElementById('summary').textContent").contains("CPU: nothing recorded."));
}

#[test]
fn a_gap_of_some_minutes_in_the_last_hour_is_left_empty() {
    let past = Past::month(NOW);
    let (from, to) = (past.now_ms() - 30 * MINUTE, past.now_ms() - 25 * MINUTE);
    past.file.sql.execute("DELETE FROM reading WHERE at > ?1 AND at < ?2", (from, to)).unwrap();
    let browser = Browser::at(&past.report("31d"));
    browser.click("#ranges label:nth-of-type(1)");
    assert_eq!(browser.number("sourceOf(view.from) === points ? 1 : 0"), 1.0);
    let runs = browser.number("document.querySelector('#cpu-chart .mean').getAttribute('d').split('M').length - 1");
    assert_eq!(runs, 2.0);
    // The cursor goes about in it, and the arrows leave it where it is next to an end.
    let middle = from + 2 * MINUTE;
    browser.run(&format!("moveCursor({middle})"));
    let cross = browser.text("document.querySelector('#cpu-chart .cross').getAttribute('d')");
    assert!(cross.starts_with(&browser.text(&format!("`M${{round(xOf({middle}))}} `"))), "{cross}");
    assert_eq!(browser.text("document.querySelector('#axis .now').textContent"), "Sun 22 Nov, 11:32:00");
    assert!(browser.text("binSaid()").starts_with("Sun 22 Nov, 11:32:00: CPU not known; Memory not known"));
    let after = |count: i64| browser.number(&format!("(step({count}), view.cursor)"));
    assert!((after(1) - to as f64).abs() < 10_000.0, "after it");
    browser.run(&format!("moveCursor({middle})"));
    assert!((after(-1) - from as f64).abs() < 10_000.0, "before it");
}

#[test]
fn a_single_reading_is_seen() {
    let past = Past::new(NOW);
    past.readings(1);
    let browser = Browser::at(&past.report("31d"));
    assert_eq!(browser.text("document.getElementById('cpu-readout').textContent"), "", "there is no cursor");
    let figures = browser.text("document.querySelector('#figures tbody tr').innerText");
    assert!(figures.starts_with("CPU\t15%\t15%\tnone\t0"), "{figures:?}");
    for path in [".mean", ".area"] {
        let width = browser.number(&format!("document.querySelector('#cpu-chart {path}').getBBox().width"));
        assert!((width - 2.0).abs() < 0.21, "{path} is {width} wide");
    }
    assert!(browser.run("return !document.getElementById('ranges').checkVisibility()").as_bool().unwrap(), "no choice");
    assert_eq!(browser.text("document.querySelector('#alerts').textContent"), "No alerts in this time.");
    let legend = browser.text("document.getElementById('legend').innerText");
    assert!(!legend.contains("Alert") && legend.contains("Load line: alerts above"), "{legend}");
    assert!(browser.text("document.title").ends_with(" – Loadline report"));
    let settings = Settings { cpu: Threshold::Off, memory_signal: Signal::Pressure, ..Settings::DEFAULT };
    browser.open(&past.report_by(&settings, "31d"));
    let figures = browser.text("document.querySelector('#figures tbody').innerText");
    assert!(figures.contains("15%\tno load line\t0") && figures.contains("judged by pressure\t0"), "{figures:?}");
    assert!(!browser.text("document.getElementById('legend').innerText").contains("Load line"));
    assert_eq!(browser.log("browser").len(), 0);
}

#[test]
fn only_ranges_with_data_are_offered() {
    let past = Past::month(NOW);
    let browser = Browser::start();
    for (since, offered, chosen) in [
        ("31d", "1 h 24 h 7 d 31 d", "24 h"),
        ("7d", "1 h 24 h 7 d", "24 h"),
        ("14d", "1 h 24 h 7 d All", "24 h"),
        ("2026-11-22T06:00", "1 h All", "All"),
        ("30m", "All", "All"),
        ("90d", "1 h 24 h 7 d 31 d", "24 h"),
        // Nothing was recorded for two days: the first that shows something.
        ("31d", "1 h 24 h 7 d 31 d", "7 d"),
    ] {
        if chosen == "7 d" {
            let from = past.now_ms() - 2 * DAY;
            past.file.sql.execute("DELETE FROM minute WHERE at >= ?1", [from]).unwrap();
            past.file.sql.execute("DELETE FROM reading", []).unwrap();
        }
        browser.open(&past.report(since));
        let labels = "[...document.querySelectorAll('#ranges label')].map((label) => label.children[1].textContent)";
        assert_eq!(browser.text(&format!("{labels}.join(' ')")), offered, "--since {since}");
        let at = browser.number("[...document.querySelectorAll('#ranges input')].findIndex((input) => input.checked)");
        assert_eq!(browser.text(&format!("{labels}[{at}]")), chosen, "--since {since}");
    }
}

#[test]
fn alerts_are_marked_where_they_were() {
    let past = Past::month(NOW);
    let browser = Browser::at(&past.report("31d"));
    let path = |name: &str| browser.text(&format!("document.querySelector('{name}').getAttribute('d')"));
    let at = past.now_ms() - 5 * HOUR;
    let expected = browser.text(&format!("`M${{round(xOf({at}))}} `"));
    assert!(path("#cpu-chart .told").starts_with(&expected), "{}", path("#cpu-chart .told"));
    assert_eq!(path("#memory-chart .told"), "", "three days ago is not seen in 24 hours");
    browser.click("#ranges label:nth-of-type(4)");
    assert_ne!(path("#memory-chart .told"), "");
    assert_ne!(path("#cpu-chart .silent"), "");
    let legend = browser.text("document.getElementById('legend').innerText");
    assert!(legend.contains("Alert, silent") && !legend.contains("Empty"), "what occurs, and no more: {legend}");
}

#[test]
fn an_ongoing_alert_reaches_to_the_end() {
    let past = Past::month(NOW);
    past.alert("memory", past.now_ms() - 90 * MINUTE, None, true, "[]");
    let browser = Browser::at(&past.report("31d"));
    let row = browser.text("document.querySelector('.alerts tbody tr').innerText");
    assert!(row.contains("\tMemory above 80%\t97%\t1 h 30 min so far\tTold\t"), "{row:?}");
    let path = browser.text("document.querySelector('#memory-chart .told').getAttribute('d')");
    let (x, wide) = path.strip_prefix('M').unwrap().split_once('h').unwrap();
    let x: f64 = x.split(' ').next().unwrap().parse().unwrap();
    let wide: f64 = wide.split('v').next().unwrap().parse().unwrap();
    assert!((x + wide - browser.number("width")).abs() < 0.3, "{path}");
    assert!((wide - browser.number("width") / 16.0).abs() < 0.3, "an hour and a half of 24: {path}");
    // A Loadline that was killed leaves it open: it reaches as far as there are readings.
    let killed = past.now_ms() - 80 * MINUTE;
    past.file.sql.execute("DELETE FROM reading", []).unwrap();
    past.file.sql.execute("DELETE FROM minute WHERE at > ?1", [killed]).unwrap();
    browser.open(&past.report("31d"));
    let row = browser.text("document.querySelector('.alerts tbody tr').innerText");
    assert!(row.contains("\t10 min, end not seen\tTold\t"), "{row:?}");
    let path = browser.text("document.querySelector('#memory-chart .told').getAttribute('d')");
    let wide: f64 = path.split(['h', 'v']).nth(1).unwrap().parse().unwrap();
    assert!((wide - browser.number("width") / 144.0).abs() < 0.3, "ten minutes of 24 hours: {path}");
}

/// The time of a fixed piece of work in the page itself, ms: numbers are made into a text, as for a path, and parsed. The best
/// of five, as everywhere here: a busy machine makes everything longer, but seldom five times in a row.
fn calibration(browser: &Browser) -> f64 {
    best_of(5, || {
        browser.number(
            "(() => {
                const began = performance.now();
                let path = '', sum = 0;
                for (let i = 0; i < 100_000; i += 1) path += ` ${Math.sin(i).toFixed(1)}`;
                for (const number of path.split(' ')) sum += Number(number);
                return performance.now() - began + sum * 0;
            })()",
        )
    })
}

fn best_of(times: u32, mut measure: impl FnMut() -> f64) -> f64 {
    (0..times).map(|_| measure()).fold(f64::MAX, f64::min)
}

#[test]
fn a_month_opens_and_is_drawn_in_the_time_of_a_few_calibration_loops() {
    let past = Past::month(NOW);
    let page = past.report("31d");
    let bytes = fs::metadata(&page).unwrap().len();
    assert!(bytes < 1_500_000, "{bytes} bytes");
    let browser = Browser::at(&page);
    let unit = calibration(&browser);
    // From the page's own script on, once the browser has come to itself.
    let open = best_of(5, || {
        browser.open(&page);
        let began = "performance.getEntriesByName('report-start')[0].startTime";
        browser.number(&format!("Number(document.documentElement.dataset.openMs) - {began}"))
    });
    browser.click("#ranges label:nth-of-type(4)");
    let draw = best_of(5, || {
        browser.run("show(view.from, view.to)");
        browser.number("Number(document.documentElement.dataset.drawMs)")
    });
    let seen = best_of(5, || {
        let seen = browser.run_async(
            "const done = arguments[arguments.length - 1]; const began = performance.now();
             reset(); requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));",
        );
        seen.as_f64().unwrap()
    });
    println!(
        "{bytes} bytes; the script opens it in {open} ms and draws it in {draw} ms, seen in {seen} ms; unit {unit} ms"
    );
    // Several times what it takes.
    assert!(open < 5.0 * unit, "{open} ms to open, {unit} ms to calibrate");
    assert!(draw < 2.0 * unit, "{draw} ms to draw, {unit} ms to calibrate");
    assert!(seen < 5.0 * unit, "{seen} ms to be seen, {unit} ms to calibrate");
}
