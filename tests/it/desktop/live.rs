//! Label, rows and icon follow the readings, from the first half second on.

use super::item::Item;
use super::trace::{Trace, let_readings_pass};
use super::world::World;
use crate::wait::{SOON, wait_for};

#[test]
fn a_reading_is_shown_in_the_label_and_the_rows() {
    let world = World::start();
    let _app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    item.wait_label("23%  61%");
    item.wait_row("CPU 23%");
    item.wait_row("Memory 61%");
    let menu = item.menu().unwrap();
    let enabled: Vec<bool> = menu.rows().iter().map(|row| row.enabled).collect();
    assert_eq!(enabled, [true, false, true, false], "a disabled row is grey: only the charts are");
    assert!(menu.warning().is_none(), "{menu:#?}");
}

#[test]
fn the_label_has_the_same_width_for_every_value() {
    let world = World::start();
    let shown = |cpu, memory, label: &str| {
        let trace = Trace::seconds().reading(1, cpu, memory);
        let _app = world.loadline().args(&["--cpu", "off"]).readings(&trace, 1).start();
        let item = world.host.item();
        item.wait_label(label);
        item.padded_label().unwrap()
    };
    let few = shown(Some(5), Some(7), "5%  7%");
    assert_eq!(few, "\u{2007}\u{2007}5%  \u{2007}\u{2007}7%");
    let many = shown(Some(100), Some(61), "100%  61%");
    assert_eq!(many, "100%  \u{2007}61%");
    let unknown = shown(None, Some(61), "–%  61%");
    assert_eq!(unknown, "\u{2007}\u{2007}–%  \u{2007}61%");
}

#[test]
fn a_missing_value_is_shown_as_unknown() {
    let world = World::start();
    let trace = Trace::seconds().hold(3, 23, 61).reading(1, Some(24), None);
    let _app = world.loadline().readings(&trace, 20).start();
    let item = world.host.item();
    item.wait_label("24%  –%");
    item.wait_row("Memory –");
}

#[test]
fn label_and_rows_follow_the_readings() {
    let world = World::start();
    let _app = world.loadline().readings(&Trace::seconds().ticking(600, 23), 10).start();
    let item = world.host.item();
    let_readings_pass(&item, 10);
    let memory_row = || item.menu()?.rows().get(2).map(|row| row.label.clone());
    let early = wait_for("the row", SOON, memory_row);
    wait_for("the row to change", SOON, || (memory_row()? != early).then_some(()));
}

#[test]
fn the_icon_shows_the_levels() {
    let world = World::start();
    let picture = |cpu, memory, label: &str| {
        let trace = Trace::still(cpu, memory);
        let _app = world.loadline().args(&["--after", "1h"]).readings(&trace, 1).start();
        let item = world.host.item();
        item.wait_label(label);
        settled_icon(&item)
    };
    let (low, high) = (picture(5, 5, "5%  5%"), picture(95, 5, "95%  5%"));
    let memory_high = picture(5, 95, "5%  95%");
    assert!(low != high && low != memory_high && high != memory_high);
}

#[test]
fn the_files_of_the_icon_are_few_and_used_again() {
    let world = World::start();
    // More numbers than files are kept.
    let ramp = (1..=100).chain((1..100).rev());
    let trace = ramp.fold(Trace::seconds(), |trace, cpu| trace.hold(1, cpu, if cpu % 2 == 0 { 30 } else { 60 }));
    let trace = (0..40).fold(trace, |trace, n| trace.hold(1, 10 + n % 2, 50)).hold(1, 1, 99);
    let _app = world.loadline().args(&["--after", "1h"]).readings(&trace, 100).start();
    let item = world.host.item();
    item.wait_label("1%  99%");
    let is_last = |icon: &super::item::Icon| icon.path.file_name().is_some_and(|name| name == "loadline-c1-m99.png");
    let icon = wait_for("the last icon", SOON, || item.icon().filter(is_last));
    let files = world.leftovers();
    assert!(files.contains(&icon.path), "{files:?}");
    assert!((3..=100).contains(&files.len()), "{} files", files.len());
}

#[test]
fn the_icon_shows_numbers_and_the_alert() {
    let world = World::start();
    let trace = Trace::seconds().hold(3, 23, 61).hold(600, 91, 61);
    let _app = world.loadline().args(&["--after", "0s"]).readings(&trace, 10).start();
    let item = world.host.item();
    wait_for("the number of the alert", SOON, || {
        (item.icon()?.path.file_name()? == "loadline-c91r-m61.png").then_some(())
    });
    assert_eq!(item.title().as_deref(), Some("CPU 91%, memory 61%"));
    for (row, stored, name) in [
        ("Icon: bars", "bars", "loadline-c9of80r-m6of80.png"),
        ("Icon: mark alone", "off", "loadline-markr.png"),
        ("Icon: numbers", "numbers", "loadline-c91r-m61.png"),
    ] {
        item.click(&["Show in the menu bar", row]);
        wait_for(name, SOON, || (item.icon()?.path.file_name()? == name).then_some(()));
        wait_for(stored, SOON, || (world.setting("/menu_bar/icon")? == stored).then_some(()));
    }
}

#[test]
fn the_first_percentages_do_not_wait_for_the_interval() {
    let world = World::start_alone();
    let _app = world.loadline().args(&["--every", "1h"]).start();
    let item = world.host.item();
    wait_for("percentages", SOON, || {
        let label = item.label()?;
        let (cpu, _) = label.split_once('%')?;
        (cpu.parse::<u32>().is_ok() && item.memory().is_some()).then_some(())
    });
}

/// The bytes of the icon, once two readings agree: a new picture may arrive after its label.
fn settled_icon(item: &Item) -> Vec<u8> {
    let mut last = None;
    let icon = wait_for("an icon that stays", SOON, || {
        let icon = item.icon()?;
        let before = last.replace(icon.path.clone());
        (before.as_ref() == Some(&icon.path)).then_some(icon)
    });
    assert_eq!(icon.width, icon.height, "{:?}", icon.path);
    assert!((16..=256).contains(&icon.width), "{} pixels", icon.width);
    icon.bytes
}
