//! Names from outside: whatever a process calls itself, it is text.

use serde_json::json;

use super::browser::Browser;
use super::past::*;

const NAMES: [&str; 5] = [
    "</script><script>window.owned = 1</script>",
    "<img src=x onerror=\"window.owned = 1\">",
    "<!--<script>\"quoted\" & 'single' `tick` ${x} {{host}}",
    "bell\u{7}esc\u{1b}[2Jline\nfeed\u{2028}end",
    "rtl\u{202e}gpj.exe\u{200f}",
];

#[test]
fn a_process_name_cannot_inject_markup() {
    let past = Past::month("2026-11-22T12:00:00Z[UTC]");
    for (index, name) in (0..).zip(NAMES) {
        let processes = json!([{ "name": name, "pids": [1, 2], "cpu_percent": 310.4, "memory_bytes": 3_u64 << 30 }]);
        let from = past.now_ms() - HOUR + index * 10 * MINUTE;
        past.alert("cpu", from, Some(from + 5 * MINUTE), true, &processes.to_string());
    }
    let two = json!([
        { "name": "\u{5d0}\u{5d1}", "pids": [1], "cpu_percent": 90.0, "memory_bytes": 1 },
        { "name": "make", "pids": [2], "cpu_percent": 20.0, "memory_bytes": 1 },
    ]);
    let from = past.now_ms() - 2 * HOUR;
    past.alert("cpu", from, Some(from + MINUTE), true, &two.to_string());
    past.file.sql.execute("UPDATE alert SET all_seen = 0 WHERE fired_at = ?1", [from]).unwrap();
    let browser = Browser::at(&past.report("31d"));
    assert!(browser.run("return window.owned === undefined").as_bool().unwrap());
    assert_eq!(browser.number("document.querySelectorAll('img').length"), 0.0);
    assert_eq!(browser.number("document.scripts.length"), 2.0);
    let shown: Vec<String> = (0..5)
        .map(|row| browser.text(&format!("document.querySelectorAll('.alerts .users')[{row}].textContent")))
        .collect();
    // The newest is first; long names are cut, and what steers or hides is written out.
    let expected = [
        r"rtl\u{202e}gpj.exe\u{200f} 310% (2 processes)",
        r"bell\u{7}esc\u{1b}[2Jline\u{a}feed\u{2028}end 310% (2 processes)",
        r#"<!--<script>"quoted" & 'single' `tick`… 310% (2 processes)"#,
        r#"<img src=x onerror="window.owned = 1"> 310% (2 processes)"#,
        "</script><script>window.owned = 1</scri… 310% (2 processes)",
    ];
    assert_eq!(shown, expected);
    let alone =
        "[...document.querySelectorAll('.alerts .users')].slice(0, 5).every((cell) => cell.children.length === 1)";
    assert!(browser.run(&format!("return {alone}")).as_bool().unwrap(), "each name is isolated from what is around it");
    let several = "document.querySelectorAll('.alerts .users')[5]";
    assert_eq!(browser.text(&format!("{several}.textContent")), "\u{5d0}\u{5d1} 90%, make 20% (of your own programs)");
    assert_eq!(browser.number(&format!("{several}.querySelectorAll('bdi').length")), 2.0);
    assert_eq!(browser.log("browser").len(), 0);
}
