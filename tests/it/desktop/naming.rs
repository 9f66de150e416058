//! Alerts about the real machine name the top applications, whatever their names.
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use super::world::World;
use crate::process::Owned;
use crate::wait::{SOON, wait_for};

/// Enough processes to stand out beside the other work of the machine.
const PROCESSES: usize = 8;
/// A name with all characters that need escaping on the way from the file system to a notification.
const NASTY: &str = "hungry <b>&\"it's\"\n%s";

/// Busy processes of this name.
fn hungry(world: &World, name: &str) -> Vec<Owned> {
    let program = world.path("home").join(name);
    fs::copy("/bin/sh", &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let start = |_| {
        let mut command = Command::new(&program);
        Owned(command.args(["-c", "while :; do :; done"]).stdin(Stdio::null()).spawn().unwrap())
    };
    (0..PROCESSES).map(start).collect()
}

/// The name as a person reads it, in a server that reads markup and in the menu.
fn escaped(name: &str) -> String {
    name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', r"\u{a}")
}

#[test]
fn the_notification_the_console_and_the_menu_name_the_top_apps() {
    let world = World::start_alone();
    world.daemon.set_capabilities(&["actions", "body", "body-markup"]);
    let hungry = hungry(&world, NASTY);
    let options = ["--cpu", "30", "--memory", "off", "--after", "2s", "--every", "1s", "--json"];
    let app = world.loadline().args(&options).start();
    let notification = world.daemon.wait_notification(1);
    let alert: serde_json::Value = serde_json::from_str(&app.wait_out(r#""alert""#)).unwrap();
    let named = alert["processes"].as_array().unwrap();
    // On a busy machine ours need not be the first of the three.
    let ours = named.iter().find(|process| process["name"] == NASTY).unwrap_or_else(|| panic!("{alert}"));
    let mut pids: Vec<u32> = hungry.iter().map(|process| process.0.id()).collect();
    pids.sort_unstable();
    assert_eq!(ours["pids"], serde_json::json!(pids));
    assert!(ours["cpu_percent"].as_f64().is_some_and(|percent| percent > 10.0), "{alert}");

    let first = named[0]["name"].as_str().unwrap();
    let of_several = format!(" {}, ", escaped(first));
    let is_named =
        notification.body.contains(&of_several) || notification.body.contains(&format!(" {} is", escaped(first)));
    assert!(is_named && notification.body.contains(" using the most ("), "{}", notification.body);
    let item = world.host.item();
    let in_row: String = first.replace('\n', r"\u{a}");
    wait_for("the name in the row", SOON, || {
        let menu = item.menu()?;
        let row = &menu.rows().first()?.label;
        (row.contains(", above 30% for ") && row.contains(&format!(": {in_row}"))).then_some(())
    });
}
