//! The history in the menu: the charts while it is open, the report, and the statistics of the thresholds.
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use loadline::runtime::history::schema;
use rusqlite::Connection;

use super::item::Item;
use super::signals::Signals;
use super::trace::{Trace, let_readings_pass};
use super::world::World;
use crate::wait::{SOON, wait_for};

/// A column above the load line.
const ABOVE: char = '⣿';

/// A reading every ten seconds, so that each draws another column.
fn columns() -> Trace {
    Trace::every(10).hold(6, 40, 1).hold(6, 91, 1).ticking(2_000, 20)
}

fn charts(item: &Item) -> Option<[String; 2]> {
    item.menu()?.charts().map(|charts| charts.map(str::to_owned))
}

/// The number of signals with a chart so far.
fn charts_sent(signals: &Signals) -> usize {
    signals.received().iter().filter(|signal| signal.content.contains("10 min")).count()
}

#[test]
fn opening_the_menu_shows_the_last_ten_minutes() {
    let world = World::start();
    let trace = Trace::every(10).hold(12, 40, 50).hold(6, 91, 50).hold(1, 20, 50);
    let _app = world.loadline().args(&["--every", "10s"]).readings(&trace, 200).start();
    let item = world.host.item();
    item.wait_row("CPU 20%");
    assert!(!charts(&item).unwrap().concat().contains(ABOVE));
    item.open();
    item.wait_menu("the charts", |menu| {
        let [cpu, memory] = menu.charts()?;
        (cpu.ends_with("⣤⣤⣤⣤⣿⣿⣀  10 min") && memory.ends_with("⣤⣤⣤⣤⣤⣤⣤  10 min")).then_some(())
    });
    assert!(item.menu().unwrap().rows().iter().skip(1).step_by(2).all(|row| !row.enabled), "the charts");
    item.click(&["CPU threshold", "95%"]);
    item.open();
    item.wait_menu("a line that is not crossed", |menu| (!menu.charts()?[0].contains(ABOVE)).then_some(()));
}

#[test]
fn a_chart_is_sent_only_while_the_menu_is_open() {
    let world = World::start();
    let signals = world.signals();
    let _app = world.loadline().args(&["--every", "10s"]).readings(&columns(), 400).start();
    let item = world.host.item();
    // Changes are sent for the properties that the panel has read. Thirty readings would then change a chart ten times.
    assert!(!charts(&item).unwrap().concat().contains(ABOVE));
    let_readings_pass(&item, 30);
    assert_eq!(charts_sent(&signals), 0);
    // A panel that does not report the closing of the menu: half a minute in the time of the trace is three readings.
    item.open();
    wait_for("charts", SOON, || (charts_sent(&signals) >= 1).then_some(()));
    let_readings_pass(&item, 6);
    assert_no_charts_sent(&item, &signals);
    // A panel that does. From then on charts are sent for as long as the menu is open.
    for _ in 0..2 {
        let before = charts_sent(&signals);
        item.open();
        wait_for("more charts", SOON, || (charts_sent(&signals) > before).then_some(()));
        item.close();
        assert_no_charts_sent(&item, &signals);
    }
    item.open();
    let_readings_pass(&item, 9);
    let before = charts_sent(&signals);
    let_readings_pass(&item, 9);
    assert!(charts_sent(&signals) > before, "the menu is still open");
}

/// Asserts that no charts are sent any more. The last signal may still be on its way.
#[track_caller]
fn assert_no_charts_sent(item: &Item, signals: &Signals) {
    let_readings_pass(item, 2);
    let sent = charts_sent(signals);
    let_readings_pass(item, 30);
    assert_eq!(charts_sent(signals), sent);
}

#[test]
fn the_report_is_made_and_opened() {
    let world = World::start();
    world.install("xdg-open", r#"printf '%s\n' "$1" >> "$HOME/opened""#);
    let history = history_of_three_hours(&world);
    let launch = world.loadline().env("LOADLINE_HISTORY", history.to_str().unwrap());
    let _app = launch.readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    item.click(&["History…"]);
    let report = history.with_file_name("report.html");
    wait_for("the report to be opened", SOON, || {
        let opened = fs::read_to_string(world.path("home/opened")).ok()?;
        (opened == format!("{}\n", report.to_str()?)).then_some(())
    });
    assert!(fs::read_to_string(&report).unwrap().starts_with("<!"));
}

#[test]
fn a_second_click_makes_no_second_report() {
    let world = World::start();
    world.install("xdg-open", r#"printf '%s\n' "$1" >> "$HOME/opened""#);
    let history = history_of_three_hours(&world);
    let launch = world.loadline().env("LOADLINE_HISTORY", history.to_str().unwrap());
    let _app = launch.readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    let opened = || fs::read_to_string(world.path("home/opened")).ok().map(|opened| opened.lines().count());
    // The first report waits for a writer of the history; the other clicks come meanwhile.
    let writer = Connection::open(&history).unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    (0..3).for_each(|_| item.click(&["History…"]));
    item.click(&["Alert after", "15 s"]);
    item.wait_checked("Alert after", "15 s");
    writer.execute_batch("COMMIT").unwrap();
    wait_for("the report to be opened", SOON, opened);
    item.click(&["History…"]);
    wait_for("the report to be opened again", SOON, || (opened()? >= 2).then_some(()));
    assert_eq!(opened(), Some(2));
}

#[test]
fn an_empty_history_is_a_problem_in_the_menu() {
    let world = World::start();
    let history = world.path("home/none.sqlite3");
    let launch = world.loadline().env("LOADLINE_HISTORY", history.to_str().unwrap());
    let _app = launch.readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    item.click(&["History…"]);
    item.wait_menu("the warning", |menu| {
        (menu.warning()?.label == "Not opened: nothing is recorded yet").then_some(())
    });
    assert!(!history.exists() && !history.with_file_name("report.html").exists());
}

#[test]
fn thresholds_show_their_alerts_in_the_history() {
    let world = World::start();
    let history = history_of_three_hours(&world);
    let launch = world.loadline().env("LOADLINE_HISTORY", history.to_str().unwrap());
    let _app = launch.readings(&Trace::seconds().ticking(600, 23), 10).start();
    let item = world.host.item();
    let threshold = |submenu: &'static str, label: &'static str| {
        item.wait_menu(label, |menu| menu.find(&[submenu, label]).map(drop));
    };
    threshold("CPU threshold", "80%");
    item.open();
    threshold("CPU threshold", "85%: 1 alert in 2 h");
    threshold("CPU threshold", "95%: no alerts in 2 h");
    threshold("CPU threshold", "Off");
    threshold("Memory threshold", "50%: no alerts in 2 h");
    item.wait_checked("CPU threshold", "80%: 1 alert in 2 h");

    // The same rule uses the cached statistics, whatever has become of the history; another rule computes new ones.
    Connection::open(&history).unwrap().execute("UPDATE reading SET memory = 9900", ()).unwrap();
    item.close();
    item.open();
    let_readings_pass(&item, 15);
    threshold("Memory threshold", "50%: no alerts in 2 h");
    item.click(&["Alert after", "5 min"]);
    threshold("CPU threshold", "85%");
    item.open();
    threshold("CPU threshold", "85%: no alerts in 2 h");
    threshold("Memory threshold", "50%: 1 alert in 2 h");
}

#[test]
fn without_a_history_thresholds_have_no_statistics() {
    let world = World::start();
    world.write_settings(r#"{"history": false}"#);
    let history = history_of_three_hours(&world);
    let launch = world.loadline().env("LOADLINE_HISTORY", history.to_str().unwrap());
    let app = launch.readings(&Trace::seconds().ticking(600, 23), 10).start();
    let item = world.host.item();
    item.open();
    let_readings_pass(&item, 15);
    item.wait_checked("CPU threshold", "80%");
    assert_eq!(app.err(), [""; 0]);
}

/// A history that ends now: almost three hours of a reading every ten seconds, the CPU at 20 % except for a minute at 90 %.
fn history_of_three_hours(world: &World) -> PathBuf {
    let path = world.path("home/history.sqlite3");
    write_history(&path);
    path
}

fn write_history(path: &Path) {
    let mut database = Connection::open(path).unwrap();
    let transaction = database.transaction().unwrap();
    schema::migrate(&transaction).unwrap();
    let now = Timestamp::now().as_millisecond();
    let readings = 1_079;
    let start = now - readings * 10_000;
    transaction.execute("INSERT INTO pace VALUES (?1, 10000)", [start]).unwrap();
    for n in 0..readings {
        let cpu = if (100..107).contains(&n) { 9_000 } else { 2_000 };
        let row = (start + n * 10_000, cpu, 4_000);
        transaction.execute("INSERT INTO reading (at, cpu, memory) VALUES (?1, ?2, ?3)", row).unwrap();
    }
    let minute = "INSERT INTO minute VALUES (?1, 6, 2000, 2000, 4000, 4000)";
    transaction.execute(minute, [start / 60_000 * 60_000]).unwrap();
    transaction.commit().unwrap();
}
