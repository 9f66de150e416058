//! Loadline where nothing shows tray items: sway without a panel, and GNOME as it is shipped. Both are Wayland alone, where
//! the toolkit has no tray of its own either.

use crate::feed::Feed;
use crate::gnome_shell::Shell;
use crate::process::Program;
use crate::session::Session;
use crate::wait::{SOON, wait_for};
use crate::waybar::Sway;

/// The title of the notification with the way out.
const NO_PLACE: &str = "Loadline has no place in the panel";

/// Runs the program until it has said that there is no panel, and on through an alert. `shown` returns the texts of the
/// notifications that are on the screen. The program's stderr must be `line` alone: the toolkit complains of each change of an
/// icon without a place.
#[track_caller]
fn assert_said_once(session: &Session, line: &str, shown: impl Fn() -> Vec<String>) {
    let count = |text: &str| shown().iter().filter(|shown| shown.contains(text)).count();
    let wait_shown =
        |text: &str| wait_for(&format!("a notification with {text:?}"), SOON, || (count(text) > 0).then_some(()));
    let mut feed = Feed::new(session);
    let mut program: Program = session.loadline(&feed.arguments());
    feed.hold(1, 23, 61);
    program.wait_err(line);
    wait_shown(NO_PLACE);
    for (cpu, text) in [(95, "CPU 95%"), (20, "CPU 20%")] {
        feed.hold(8, cpu, 61);
        wait_shown(text);
    }
    assert_eq!(count(NO_PLACE), 1, "{:?}", shown());
    program.signal("TERM");
    program.wait_exit();
    assert_eq!(program.err(), [format!("loadline: {line}")]);
}

#[test]
fn sway_without_a_panel_is_told_the_way_out_once() {
    let sway = Sway::without_panel();
    let line = "no panel shows tray items: add a tray to your panel, or start a panel that has one";
    assert_said_once(&sway.session, line, || sway.notifications());
}

#[test]
fn gnome_without_its_extension_is_told_the_way_out_once() {
    let shell = Shell::plain("1280x800");
    let line = "no panel shows tray items: install the extension 'AppIndicator and KStatusNotifierItem Support'";
    assert_said_once(&shell.session, line, || shell.notifications());
}
