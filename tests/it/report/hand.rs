//! The charts under a person's hand: the cursor, zoom, ranges, alerts, the map of the week; by mouse and by keyboard.

use loadline::core::metrics::metric::Metric;
use serde_json::json;

use super::browser::Browser;
use super::past::*;
use crate::wait::{SOON, wait_for};

const NOW: &str = "2026-11-22T12:00:00Z[UTC]";
// As WebDriver writes the keys that have no letter.
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const SPACE: &str = " ";
const LEFT: &str = "\u{e012}";
const RIGHT: &str = "\u{e014}";
const DOWN: &str = "\u{e015}";
const HOME: &str = "\u{e011}";
const END: &str = "\u{e010}";

fn at_a_month() -> (Past, Browser) {
    let past = Past::month(NOW);
    let browser = Browser::at(&past.report("31d"));
    (past, browser)
}

/// The span that is shown, milliseconds since 1970.
fn shown(browser: &Browser) -> (f64, f64) {
    (browser.number("view.from"), browser.number("view.to"))
}

fn readout(browser: &Browser) -> String {
    browser.text("document.getElementById('cpu-readout').textContent")
}

/// A point in the CPU chart, by the share of its width.
fn point(browser: &Browser, share: f64) -> (f64, f64) {
    browser.run("document.getElementById('charts').scrollIntoView({ block: 'center' })");
    let rect =
        |side: &str| browser.number(&format!("document.getElementById('cpu-chart').getBoundingClientRect().{side}"));
    let x = rect("left") + browser.number("MARGIN.left") + browser.number("width") * share;
    (x, rect("top") + 60.0)
}

fn is_reset_offered(browser: &Browser) -> bool {
    !browser.run("return document.getElementById('reset').hidden").as_bool().unwrap()
}

fn wait_spoken(browser: &Browser, part: &str) -> String {
    wait_for(&format!("{part:?} to be spoken"), SOON, || {
        Some(browser.text("document.getElementById('spoken').textContent")).filter(|said| said.contains(part))
    })
}

#[test]
fn a_drag_zooms_and_the_button_resets() {
    let (_past, browser) = at_a_month();
    let home = shown(&browser);
    assert!(!is_reset_offered(&browser));
    browser.mouse(&[point(&browser, 0.25), point(&browser, 0.4), point(&browser, 0.5)], true);
    let (from, to) = shown(&browser);
    let hours = (to - from) / HOUR as f64;
    assert!((hours - 6.0).abs() < 0.1, "{hours} h");
    assert!((from - home.0) / HOUR as f64 - 6.0 < 0.1);
    browser.click("#reset");
    assert_eq!(shown(&browser), home);
    assert!(!is_reset_offered(&browser));
    // A click is no drag.
    let there = point(&browser, 0.5);
    browser.mouse(&[there, there], true);
    assert_eq!(shown(&browser), home);
    // A button that was pressed with the mouse does not hold the crosshair.
    let cross = || browser.text("document.querySelector('#cpu-chart .cross').getAttribute('d')");
    browser.run("place.dispatchEvent(new PointerEvent('pointerleave', { pointerType: 'touch' }))");
    assert_ne!(cross(), "", "a finger that is lifted shows what was under it");
    browser.mouse(&[(5.0, 5.0)], false);
    assert_eq!(cross(), "");
    // The range that is chosen leads back as well.
    browser.mouse(&[point(&browser, 0.25), point(&browser, 0.5)], true);
    assert_ne!(shown(&browser), home);
    browser.click("#ranges label:nth-of-type(2)");
    assert_eq!(shown(&browser), home);
}

#[test]
fn a_drag_can_be_cancelled() {
    let (_past, browser) = at_a_month();
    let home = shown(&browser);
    let to = |share: f64| {
        let (x, y) = point(&browser, share);
        json!({ "type": "pointerMove", "duration": 0, "x": x.round() as i64, "y": y.round() as i64 })
    };
    let button = |kind: &str, button: u32| json!({ "type": kind, "button": button });
    let selected = || browser.number("Number(charts[0].selection.getAttribute('width'))");
    browser.hand(&[to(0.2), button("pointerDown", 0), to(0.6)]);
    assert!(selected() > 100.0);
    browser.press(&[ESCAPE]);
    assert_eq!(selected(), 0.0);
    browser.hand(&[to(0.7), button("pointerUp", 0)]);
    assert_eq!(shown(&browser), home);
    // An alert whose end was never recorded.
    browser.hand(&[to(0.2), button("pointerDown", 0), to(0.6)]);
    browser.run("place.dispatchEvent(new PointerEvent('pointermove', { buttons: 0, bubbles: true }))");
    assert_eq!(selected(), 0.0);
    browser.hand(&[to(0.7), button("pointerUp", 0)]);
    assert_eq!(shown(&browser), home);
    // The other button is no drag.
    browser.hand(&[to(0.2), button("pointerDown", 2), to(0.6), button("pointerUp", 2)]);
    browser.run("place.dispatchEvent(new PointerEvent('pointerdown', { ctrlKey: true, bubbles: true }))");
    assert!(browser.run("return drag === null").as_bool().unwrap());
    assert_eq!(shown(&browser), home);
    assert_eq!(browser.log("browser").len(), 0);
}

#[test]
fn the_pointer_shows_the_values_in_both_charts() {
    let (past, browser) = at_a_month();
    browser.mouse(&[point(&browser, 0.1), point(&browser, 0.5)], false);
    let at = browser.number("binAtCursor().from") as i64;
    assert!((at - (past.now_ms() - 12 * HOUR)).abs() < 10 * MINUTE, "{at}");
    let to = browser.number("binAtCursor().to") as i64;
    for (metric, column) in [("cpu", "cpu"), ("memory", "memory")] {
        let sql =
            |what: &str| past.number(&format!("SELECT {what} / 100.0 FROM minute WHERE at >= {at} AND at < {to}"));
        for (value, expected) in
            [("mean", sql(&format!("avg({column}_mean)"))), ("max", sql(&format!("max({column}_max)")))]
        {
            let found = browser.number(&format!("binAtCursor().{metric}.{value}"));
            assert!((found - expected).abs() <= 0.0501, "{metric} {value}: {found} and {expected}");
            assert!(
                browser
                    .text(&format!("document.getElementById('{metric}-readout').textContent"))
                    .contains(&format!("{value} "))
            );
        }
        assert_ne!(browser.text(&format!("document.querySelector('#{metric}-chart .cross').getAttribute('d')")), "");
    }
    assert!(browser.text("document.querySelector('#axis .now').textContent").starts_with("Sun 22 Nov, 00:0"));
    browser.mouse(&[(5.0, 5.0)], false);
    assert_eq!(browser.text("document.querySelector('#cpu-chart .cross').getAttribute('d')"), "");
}

#[test]
fn every_control_is_reached_by_the_keyboard() {
    let (_past, browser) = at_a_month();
    browser.press(&[TAB]);
    assert_eq!(browser.text("document.activeElement.name"), "range");
    browser.press(&[RIGHT]);
    assert!((shown(&browser).1 - shown(&browser).0 - 7.0 * DAY as f64).abs() < 1.0, "the next range");
    browser.press(&[TAB]);
    assert_eq!(browser.text("document.activeElement.id"), "charts");
    browser.press(&["+"]);
    assert!((shown(&browser).1 - shown(&browser).0 - 3.5 * DAY as f64).abs() < 1.0, "closer");
    assert!(is_reset_offered(&browser));
    browser.press(&["-", "-", "-"]);
    assert!((shown(&browser).1 - shown(&browser).0 - 28.0 * DAY as f64).abs() < 1.0, "farther than the range");
    browser.press(&[ESCAPE]);
    assert!((shown(&browser).1 - shown(&browser).0 - 7.0 * DAY as f64).abs() < 1.0, "back");
    // A cursor out of sight is not what is looked at.
    browser.run("show(data.to_ms - 5 * DAY, data.to_ms - 3 * DAY); view.cursor = data.to_ms - HOUR; place.focus()");
    browser.press(&["+"]);
    assert_eq!(browser.number("(data.to_ms - (view.from + view.to) / 2) / DAY"), 4.0, "around the middle");
    browser.press(&["+", "0"]);
    assert!(!is_reset_offered(&browser));
}

#[test]
fn the_cursor_moves_by_keys_and_is_spoken_once_it_rests() {
    let (_past, browser) = at_a_month();
    browser.run("document.getElementById('charts').focus()");
    browser.press(&[HOME]);
    let first = browser.number("binAtCursor().from");
    browser.press(&[RIGHT, RIGHT, RIGHT, LEFT]);
    let now = browser.number("binAtCursor().from");
    assert_eq!(now - first, 2.0 * browser.number("binAtCursor().to - binAtCursor().from"), "two bins on");
    let spoken = wait_spoken(&browser, "Sat 21 Nov, 12:0");
    assert!(
        spoken.contains(": CPU mean ") && spoken.contains(", maximum ") && spoken.contains("; Memory mean "),
        "{spoken}"
    );
    // A key that is held says nothing until it rests, and then where it has come to.
    browser.run(
        "window.said = [];
         new MutationObserver(() => said.push(spoken.textContent)).observe(spoken, { childList: true });
         const key = { key: 'ArrowRight', bubbles: true };
         for (let count = 0; count < 50; count += 1) place.dispatchEvent(new KeyboardEvent('keydown', key));",
    );
    wait_for("it to be spoken", SOON, || (browser.number("said.length") > 0.0).then_some(()));
    assert_eq!(browser.run("return said"), serde_json::json!([browser.text("binSaid()")]));
    browser.press(&[END]);
    let last = browser.number("binAtCursor().to");
    assert!(browser.number("view.to") - last < 3.0 * MINUTE as f64);
    // Before the first value of what is shown there is more.
    browser.press(&[HOME, LEFT]);
    assert!(browser.number("binAtCursor().from") < first);
    assert!(shown(&browser).0 < first, "what is shown went along");
}

#[test]
fn the_wheel_zooms_only_with_the_command_key() {
    let (_past, browser) = at_a_month();
    let home = shown(&browser);
    let turn = |modifier: &str| {
        browser.run(&format!(
            "const box = document.getElementById('cpu-chart').getBoundingClientRect();
             const event = new WheelEvent('wheel', {{ deltaY: -100, {modifier} clientX: box.left + MARGIN.left + width / 2,
                clientY: box.top + 50, bubbles: true, cancelable: true }});
             return document.getElementById('charts').dispatchEvent(event)"
        ))
    };
    assert_eq!(turn(""), true, "the page scrolls");
    assert_eq!(shown(&browser), home);
    assert_eq!(turn("ctrlKey: true,"), false, "a pinch");
    let (from, to) = shown(&browser);
    assert!(to - from < 0.7 * DAY as f64);
    assert!(((from + to) / 2.0 - (home.0 + home.1) / 2.0).abs() < 2.0 * MINUTE as f64, "around the pointer");
    for _ in 0..40 {
        turn("metaKey: true,");
    }
    let (from, to) = shown(&browser);
    assert_eq!(to - from, 5.0 * MINUTE as f64, "no closer than that");
}

#[test]
fn a_click_on_an_alert_moves_the_charts_to_it() {
    let (past, browser) = at_a_month();
    let from = past.now_ms() - 3 * DAY;
    assert_eq!(browser.number("document.querySelectorAll('.alerts tbody tr').length"), 3.0);
    let row = |index: u32| browser.text(&format!("document.querySelector('.alerts tbody').rows[{index}].innerText"));
    assert!(row(0).starts_with("Sun 22 Nov 2026, 07:00:00\tCPU above 80%\t97%\t4 min\tTold\t"), "{}", row(0));
    assert!(row(2).contains("Silent: quiet hours"), "{}", row(2));
    browser.run("document.querySelector('.alerts tbody tr:nth-child(2) button').focus()");
    browser.press(&[ENTER]);
    let (shown_from, shown_to) = shown(&browser);
    assert_eq!((shown_from, shown_to), ((from - HOUR) as f64, (from + 2 * HOUR) as f64));
    assert_eq!(browser.text("document.activeElement.id"), "charts");
    let spoken = wait_spoken(&browser, "alert: Memory above 80%");
    assert!(spoken.starts_with("Memory above 80%, 1 h. Thu 19 Nov, 12:0"), "{spoken}");
    assert_ne!(browser.text("document.querySelector('#memory-chart .told').getAttribute('d')"), "");
    assert!(is_reset_offered(&browser));
    assert!(readout(&browser).starts_with("mean "), "it is not the CPU's");
    let memory = browser.text("document.getElementById('memory-readout').textContent");
    assert!(memory.starts_with("Memory above 80%, 1 hmean "), "{memory}");
    browser.resize(390, 844);
    let head = browser.number("document.getElementById('memory-readout').parentNode.clientHeight");
    assert!(head < 40.0, "the charts would jump: {head}");
    assert_eq!(browser.number("document.documentElement.scrollWidth"), 390.0);
    browser.run(&format!("moveCursor({from} - 10 * MINUTE)"));
    assert!(browser.text("document.getElementById('memory-readout').textContent").starts_with("mean "), "before it");
}

#[test]
fn the_week_is_one_tab_stop_with_arrow_keys() {
    let (_past, browser) = at_a_month();
    assert_eq!(browser.number("document.querySelectorAll('#week td[tabindex=\"0\"]').length"), 1.0);
    browser.run("document.querySelector('#week td[tabindex=\"0\"]').focus()");
    browser.press(&[RIGHT, DOWN, DOWN, LEFT, LEFT]);
    let said = browser.text("document.getElementById('week-readout').textContent");
    assert!(said.starts_with("Wednesday 00:00–01:00: CPU "), "{said}");
    assert_eq!(browser.text("document.activeElement.getAttribute('aria-label')"), said);
    browser.press(&[END]);
    assert!(browser.text("document.activeElement.getAttribute('aria-label')").starts_with("Wednesday 23:00–00:00: "));
    assert_eq!(browser.number("document.querySelectorAll('#week td[tabindex=\"0\"]').length"), 1.0);
    // Without the cell's focus or the pointer on it, what it all comes to.
    let busiest = browser.text("document.getElementById('week').dataset.busiest");
    browser.run("document.activeElement.blur()");
    assert_eq!(browser.text("document.getElementById('week-readout').textContent"), busiest);
    browser.run(
        "document.querySelector('#week tbody td').dispatchEvent(new PointerEvent('pointerover', { bubbles: true }))",
    );
    assert!(
        browser.text("document.getElementById('week-readout').textContent").starts_with("Monday 00:00–01:00: CPU ")
    );
    browser.run("document.getElementById('week').dispatchEvent(new PointerEvent('pointerleave'))");
    assert_eq!(browser.text("document.getElementById('week-readout').textContent"), busiest);
    browser.run("document.querySelector('#week-metric input').focus()");
    browser.press(&[RIGHT, SPACE]);
    let said = browser.text("document.getElementById('week-readout').textContent");
    assert!(said.contains("Memory"), "{said}");
}

#[test]
fn a_report_for_an_alert_opens_at_it() {
    let past = Past::month(NOW);
    let to_rows = |count: i64| {
        let rows = (0..count).map(|index| past.now_ms() - 4 * HOUR + index * 2 * MINUTE);
        rows.for_each(|from| past.alert("cpu", from, Some(from + MINUTE), true, "[]"));
    };
    to_rows(20);
    let marked = |browser: &Browser| browser.text("document.querySelector('[aria-current]').innerText");
    let alert = past.now_ms() - 3 * DAY;
    // The notification of its end, and it is the 22nd row: not among those that are shown at first.
    let browser = Browser::at(&past.report_at("31d", Metric::Memory, alert + HOUR));
    assert!(marked(&browser).contains("Memory above 80%"), "{}", marked(&browser));
    assert_eq!(browser.text("document.querySelector('[aria-current]').id"), "alert-21");
    assert!(browser.run("return document.querySelector('[aria-current]').checkVisibility()").as_bool().unwrap());
    let (from, to) = shown(&browser);
    assert!(from < alert as f64 && alert as f64 + (HOUR as f64) < to, "{from} to {to}");
    assert!(to - from < 4.0 * HOUR as f64, "the alert fills much of what is shown");
    assert_eq!(browser.text("document.activeElement.id"), "charts");
    wait_spoken(&browser, "Memory above 80%");
    assert!(is_reset_offered(&browser));
    // An alert that the history does not have, and a report that is opened without one.
    for page in [past.report_at("31d", Metric::Memory, past.now_ms() - 30 * DAY), past.report("31d")] {
        browser.open(&page);
        assert_eq!(browser.number("document.querySelectorAll('[aria-current]').length"), 0.0);
        assert!(!is_reset_offered(&browser));
    }
    assert_eq!(browser.log("browser").len(), 0);
}

#[test]
fn many_alerts_are_shown_on_request() {
    let past = Past::month(NOW);
    for minute in 0..1200 {
        let from = past.now_ms() - 20 * DAY - minute * 10 * MINUTE;
        past.alert("cpu", from, Some(from + MINUTE), true, "[]");
    }
    let browser = Browser::at(&past.report("31d"));
    let visible = "[...document.querySelectorAll('.alerts tbody tr')].filter((row) => row.checkVisibility()).length";
    assert_eq!(browser.number(visible), 12.0);
    browser.click("#more");
    assert_eq!(browser.number(visible), 1000.0);
    assert!(browser.text("document.getElementById('alerts').textContent").ends_with("The newest 1000 of 1203."));
}
