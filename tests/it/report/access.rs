//! The page in a real browser: nothing goes wrong in it, nothing leaves it, and it can be used by everyone.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::browser::Browser;
use super::past::*;

const NOW: &str = "2026-11-22T14:03:20+01:00[Europe/Berlin]";

/// axe-core, which `bundle/system-packages` fetches.
fn axe() -> String {
    let target = Path::new(env!("CARGO_BIN_EXE_loadline")).ancestors().nth(2).unwrap();
    let path = target.join("unpacked/axe-core/axe.min.js");
    fs::read_to_string(path).expect("there is no axe-core: run ./bundle/system-packages browser")
}

/// The violations that axe-core finds, each with its place.
pub fn violations(browser: &Browser) -> Vec<String> {
    let found = browser.run_async(&format!(
        "{}; const done = arguments[arguments.length - 1];
         axe.run().then((found) => done(found.violations), (error) => done([{{ id: String(error), nodes: [] }}]));",
        axe()
    ));
    let node = |node: &Value| format!("{} {}", node["html"], node["failureSummary"]);
    let violation = |one: &Value| {
        format!("{}: {:#?}", one["id"], one["nodes"].as_array().unwrap().iter().map(node).collect::<Vec<_>>())
    };
    found.as_array().unwrap().iter().map(violation).collect()
}

#[test]
fn the_page_fetches_nothing_and_logs_no_error() {
    let past = Past::month(NOW);
    let page = past.report("31d");
    let browser = Browser::at(&page);
    browser.click("#ranges label:last-child");
    browser.click("#week-metric label:last-child");
    assert_eq!(browser.log("browser"), Vec::<Value>::new());
    let messages = browser
        .log("performance")
        .into_iter()
        .map(|entry| serde_json::from_str::<Value>(entry["message"].as_str().unwrap()).unwrap()["message"].take());
    let requests: Vec<String> = messages
        .filter(|message| message["method"] == "Network.requestWillBeSent")
        .map(|message| message["params"]["request"]["url"].as_str().unwrap().to_owned())
        .filter(|url| url.starts_with("http") || url.starts_with("file") || url.starts_with("ws"))
        .collect();
    assert_eq!(requests, [format!("file://{}", page.display())]);
    // The policy holds: what is not ours is neither fetched nor run.
    let ran = browser.run_async(
        "const done = arguments[arguments.length - 1];
         document.addEventListener('securitypolicyviolation', (event) => done(event.violatedDirective), { once: true });
         document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.owned = 1' }));",
    );
    assert!(ran.as_str().unwrap().starts_with("script-src"), "{ran}");
    assert!(browser.run("return window.owned === undefined").as_bool().unwrap());
}

#[test]
fn the_page_is_accessible_in_light_and_dark_wide_and_narrow() {
    let past = Past::month(NOW);
    past.alert("cpu", past.now_ms() - 30_000, None, true, "[]");
    let browser = Browser::at(&past.report("31d"));
    for (width, height, device) in [(1200, 900, "desk"), (390, 844, "phone")] {
        browser.resize(width, height);
        for scheme in ["light", "dark"] {
            browser.wear(scheme);
            browser.run("document.getElementById('by-time').open = true");
            let wrong = violations(&browser);
            assert!(wrong.is_empty(), "{scheme} on a {device}: {wrong:#?}");
            browser.run("document.getElementById('by-time').open = false");
            browser.picture(&format!("report-{device}-{scheme}.png"));
            let overflow =
                browser.number("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            assert_eq!(overflow, 0.0, "{scheme} on a {device} is wider than the window");
        }
    }
}

#[test]
fn it_can_be_printed() {
    let past = Past::month(NOW);
    for hour in 0..20 {
        let from = past.now_ms() - 10 * DAY - hour * HOUR;
        past.alert("cpu", from, Some(from + MINUTE), true, "[]");
    }
    let browser = Browser::at(&past.report("31d"));
    browser.wear("dark");
    browser.run(
        "window.widths = [];
         const box = () => document.getElementById('axis').getAttribute('viewBox');
         addEventListener('beforeprint', () => widths.push(box()))",
    );
    let printed = fs::read(browser.print("report.pdf")).unwrap();
    assert!(printed.starts_with(b"%PDF-") && printed.len() > 10_000);
    assert_eq!(browser.run("return widths.map((box) => Number(box.split(' ')[2]))"), json!([700]));
    let drawn = browser.number("Number(document.getElementById('axis').getAttribute('viewBox').split(' ')[2])");
    assert_eq!(drawn, browser.number("document.getElementById('axis').clientWidth"), "drawn for the window again");
    browser.tools("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
    browser.picture("report-print.png");
    let background = browser.text("getComputedStyle(document.body).backgroundColor");
    assert_eq!(background, "rgb(255, 255, 255)", "paper is light");
    let rows = "[...document.querySelectorAll('.alerts tbody tr')].filter((row) => row.checkVisibility()).length";
    assert_eq!(browser.number(rows), 23.0, "paper has no button for the rest");
}
