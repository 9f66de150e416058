//! Snoozing: alerts go on, but only the console says so.
use std::fs;
use std::process::Command;

use super::dbusmenu::MenuNode;
use super::item::Item;
use super::trace::{Trace, let_readings_pass};
use super::world::World;
use crate::wait::{SOON, wait_for};

#[test]
fn while_snoozed_the_menu_shows_the_end_and_resumes() {
    let world = World::start();
    let _app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    // A click has the time of the latest reading, so one must come first.
    wait_for("the first reading", SOON, || item.memory());
    item.click(&["Snooze alerts", "1 hour"]);
    wait_snoozed(&item, true);
    let until = wait_for("the end of the snooze in the file", SOON, || {
        world.setting("/alerts/snoozed_until")?.as_str().map(str::to_owned)
    });
    // 1970-01-01T01:00:00Z: the row shows the hour and the minute.
    let menu = item.menu().unwrap();
    assert!(menu.find(&["Snooze*"]).unwrap().label.ends_with(&until[11..16]), "{menu:#?} {until}");

    item.click(&["Snooze*", "Resume"]);
    wait_snoozed(&item, false);
    wait_for("no snooze in the file", SOON, || world.setting("/alerts/snoozed_until").is_none().then_some(()));
}

#[test]
fn a_snoozed_alert_is_on_the_console_only_and_is_notified_on_resume() {
    let world = World::start();
    let trace = Trace::seconds().ticking(600, 62);
    let app = world.loadline().args(&["--after", "0s"]).readings(&trace, 10).start();
    let item = world.host.item();
    // A click has the time of the latest reading, so one must come first.
    wait_for("the first reading", SOON, || item.memory());
    item.click(&["Snooze alerts", "1 hour"]);
    wait_snoozed(&item, true);
    item.click(&["CPU threshold", "60%"]);
    let line = app.wait_out("ALERT");
    assert!(line.contains("CPU 62%") && line.ends_with(" (snoozed)"), "{line}");
    let_readings_pass(&item, 10);
    assert!(world.daemon.notifications().is_empty(), "{:?}", world.daemon.notifications());
    assert_eq!(app.out_with("ALERT").len(), 1);

    item.click(&["Snooze*", "Resume"]);
    assert_eq!(world.daemon.wait_notification(1).summary, "CPU 62%");
    wait_for("the notified alert on the console", SOON, || {
        let notified = app.out_with("ALERT").into_iter().nth(1)?;
        (!notified.contains("snoozed")).then_some(())
    });
    let_readings_pass(&item, 10);
    assert_eq!((app.out_with("ALERT").len(), world.daemon.notifications().len()), (2, 1));
}

#[test]
fn a_snooze_survives_a_restart() {
    let world = World::start();
    world.write_settings(r#"{"alerts":{"snoozed_until":"2999-01-01T00:00:00Z"}}"#);
    let trace = Trace::seconds().ticking(600, 91);
    let app = world.loadline().args(&["--after", "0s"]).readings(&trace, 10).start();
    let item = world.host.item();
    wait_snoozed(&item, true);
    assert!(app.wait_out("ALERT").ends_with(" (snoozed)"));
    let_readings_pass(&item, 10);
    assert!(world.daemon.notifications().is_empty(), "{:?}", world.daemon.notifications());
}

/// The source of a locale that counts to twelve, as that of the United States does.
const TWELVE_HOURS: &str = r#"LC_TIME
abday "Sun";"Mon";"Tue";"Wed";"Thu";"Fri";"Sat"
day "Sunday";"Monday";"Tuesday";"Wednesday";"Thursday";"Friday";"Saturday"
abmon "Jan";"Feb";"Mar";"Apr";"May";"Jun";"Jul";"Aug";"Sep";"Oct";"Nov";"Dec"
mon "January";"February";"March";"April";"May";"June";"July";"August";"September";"October";"November";"December"
d_t_fmt "%c"
d_fmt "%x"
t_fmt "%r"
t_fmt_ampm "%I:%M:%S %p"
am_pm "AM";"PM"
END LC_TIME
"#;

#[test]
fn times_have_twelve_hours_where_the_locale_has() {
    let world = World::start();
    let (source, locales) = (world.path("twelve"), world.path("locales"));
    fs::write(&source, TWELVE_HOURS).unwrap();
    fs::create_dir(&locales).unwrap();
    // It warns of the other categories, which this locale lacks; whether it has made a locale is seen below.
    let localedef =
        Command::new("localedef").args(["-c", "--no-archive", "-i"]).arg(source).arg(locales.join("xx")).output();
    assert!(locales.join("xx/LC_TIME").exists(), "{localedef:?}");
    world.write_settings(r#"{"alerts": {"snoozed_until": "2999-01-01T15:40:00Z"}}"#);
    let launch = world.loadline().without("LC_ALL").env("LOCPATH", locales.to_str().unwrap()).env("LC_TIME", "xx");
    let _app = launch.readings(&Trace::still(23, 61), 1).start();
    let is_shown = |menu: &MenuNode| menu.find(&["Snoozed until 2999-01-01 3:40 PM"]).map(drop);
    world.host.item().wait_menu("the end of the snooze", is_shown);
}

#[track_caller]
fn wait_snoozed(item: &Item, snoozed: bool) {
    item.wait_menu(&format!("snoozed to be {snoozed} in the menu"), |menu| {
        let submenu = menu.find(&["Snooze*"])?;
        let resume = submenu.find(&["Resume"])?;
        let said = submenu.label.starts_with("Snoozed until ");
        (said == snoozed && resume.enabled == snoozed).then_some(())
    });
}
