//! Loadline in sway's panel: waybar, which shows no label, and mako.

use crate::feed::Feed;
use crate::pointer::Button;
use crate::wait::{SOON, wait_for};
use crate::waybar::{Area, Sway};

/// Longer than the pause after an alert in which there is no second one, in readings.
const COOLDOWN: usize = 700;

#[test]
fn the_numbers_in_the_panel_change() {
    let sway = Sway::start();
    let mut feed = Feed::new(&sway.session);
    let empty = sway.screen();
    let _program = sway.session.loadline(&feed.arguments());
    feed.hold(1, 23, 61);
    let item = sway.wait_change("the item in the panel", &empty, Area::PANEL);
    // One point more of either is another picture.
    for (cpu, memory) in [(24, 61), (24, 62)] {
        let before = sway.screen();
        feed.hold(1, cpu, memory);
        sway.wait_change(&format!("{cpu} and {memory} in the panel"), &before, item);
    }
}

#[test]
fn a_threshold_is_picked_by_the_pointer() {
    let mut sway = Sway::start();
    let mut feed = Feed::new(&sway.session);
    let empty = sway.screen();
    let _program = sway.session.loadline(&feed.arguments());
    feed.hold(1, 23, 61);
    let item = sway.wait_change("the item in the panel", &empty, Area::PANEL);
    let before = sway.screen();
    sway.pointer.click(item.centre(), Button::Right);
    let menu = sway.wait_change("the menu", &before, Area::REST);
    // The first rows with a submenu are those of the two readings, then comes that of the CPU's thresholds.
    let row = *sway.screen().arrows(menu).get(2).expect("a third row with a submenu");
    let before = sway.screen();
    sway.pointer.click(row, Button::Left);
    let beside = Area { right: menu.left, ..Area::REST };
    let submenu = sway.wait_change("the submenu", &before, beside);
    wait_for("another threshold in the settings file", SOON, || {
        // GTK takes no click on a menu that has just opened.
        sway.pointer.click(submenu.centre(), Button::Left);
        let picked = sway.session.setting("/alerts/cpu/above_percent")?;
        (picked.is_number() && picked != 80).then_some(())
    });
}

#[test]
fn an_alert_its_end_and_the_next_alert_are_on_the_screen() {
    let sway = Sway::start();
    let mut feed = Feed::new(&sway.session);
    let _program = sway.session.loadline(&feed.arguments());
    let wait_shown = |text: &str| {
        wait_for(&format!("a notification with {text:?}"), SOON, || {
            sway.notifications().iter().any(|title| title.contains(text)).then_some(())
        });
    };
    feed.hold(2, 23, 61);
    let empty = sway.screen();
    feed.hold(8, 95, 61);
    wait_shown("CPU 95%");
    sway.wait_change("the notification on the screen", &empty, Area::REST);
    feed.hold(8, 20, 61);
    wait_for("the alert to give way to its end", SOON, || {
        let shown = sway.notifications();
        (shown.iter().any(|title| title.contains("20%")) && !shown.iter().any(|title| title.contains("95%")))
            .then_some(())
    });
    feed.hold(COOLDOWN, 21, 61);
    feed.hold(8, 97, 61);
    wait_shown("CPU 97%");
}
