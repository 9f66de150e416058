//! The check for a newer version, against a web server with https.
use std::fs;

use super::world::World;
use crate::wait::{SOON, wait_for};
use crate::webhooks::https::Authority;

const RELEASE: &str =
    r#"{"tag_name": "v99.0.0", "html_url": "https://localhost:PORT/o/loadline/releases/tag/v99.0.0", "assets": []}"#;
const ROW: &str = "Loadline 99.0.0 is out…";

#[test]
fn a_newer_version_has_a_row_that_opens_its_page() {
    let (world, authority) = (World::start(), Authority::new());
    world.install("xdg-open", r#"printf '%s' "$1" > "$HOME/opened""#);
    let server = authority.server_knowing(&[("/api/v1/repos/o/loadline/releases/latest", RELEASE)]);
    let repository = format!("https://localhost:{}/o/loadline", server.port());
    world.write_settings(&format!(r#"{{"updates_from": "{repository}"}}"#));
    let certificates = authority.certificates();
    let launch = || world.loadline().env("SSL_CERT_FILE", certificates.to_str().unwrap());

    let mut app = launch().start();
    let item = world.host.item();
    item.click(&[ROW]);
    let menu = item.menu().unwrap();
    assert_eq!(
        menu.labels()[menu.labels().len() - 5..],
        ["Snooze alerts", ROW, "History…", "Settings", "Quit Loadline"]
    );
    let page = format!("{repository}/releases/tag/v99.0.0");
    wait_for("the page to be opened", SOON, || {
        (fs::read_to_string(world.path("home/opened")).ok()? == page).then_some(())
    });
    let request = server.request(0);
    let headers: Vec<&str> = request["headers"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((&request["method"], &request["body"]), (&"GET".into(), &"".into()));
    let harmless = ["accept", "accept-encoding", "host", "user-agent"];
    assert!(headers.iter().all(|header| harmless.contains(header)), "{headers:?}");
    item.click(&["Quit Loadline"]);
    assert!(app.wait_exit().success());

    // The check of the run before counts: the row is there, and nobody is asked again.
    let _again = launch().start();
    world.host.item().wait_menu("the row", |menu| menu.find(&[ROW]).map(drop));
    let mut doctor = world.loadline().args(&["doctor"]).start();
    doctor.wait_exit();
    let line = doctor.out_with("ok    updates").into_iter().next().unwrap();
    assert!(line.ends_with(&format!(" Loadline 99.0.0 is out: {page}")), "{line}");
    assert_eq!(server.requests(1).len(), 1);
}

/// In GNOME a submenu opens inside the menu, and screens of 720 pixels have no room for more than twelve rows.
#[test]
fn a_newer_version_and_a_problem_make_the_menu_no_longer() {
    let (world, authority) = (World::bare(), Authority::new());
    world.host.arrive();
    let server = authority.server_knowing(&[("/api/v1/repos/o/loadline/releases/latest", RELEASE)]);
    world.write_settings(&format!(r#"{{"updates_from": "https://localhost:{}/o/loadline"}}"#, server.port()));
    let _app = world.loadline().env("SSL_CERT_FILE", authority.certificates().to_str().unwrap()).start();
    let item = world.host.item();
    item.wait_menu("the row", |menu| menu.find(&[ROW]).map(drop));
    // Below the live rows and their charts.
    let rest = ["CPU threshold", "Memory threshold", "Snooze alerts", ROW, "History…", "Settings", "Quit Loadline"];
    assert_eq!(item.menu().unwrap().labels()[4..], [&["-"][..], &rest[..]].concat());
    for _ in 0..2 {
        item.click(&["Send a test notification"]);
        let problem = item.wait_menu("a problem", |menu| Some(menu.warning()?.label.clone()));
        assert!(problem.starts_with("No notifications: "), "{problem}");
        assert_eq!(item.menu().unwrap().labels()[4..], [&[problem.as_str()][..], &rest[..]].concat());
        world.daemon.arrive();
        item.click(&["Send a test notification"]);
        item.wait_menu("no problem", |menu| menu.warning().is_none().then_some(()));
        assert_eq!(item.menu().unwrap().labels()[4..], [&["-"][..], &rest[..]].concat());
        world.daemon.leave();
    }
}

#[test]
fn a_failed_check_is_only_doctors_business() {
    let (world, authority) = (World::start(), Authority::new());
    let server = authority.server_knowing(&[]);
    world.write_settings(&format!(r#"{{"updates_from": "https://localhost:{}/o/loadline"}}"#, server.port()));
    let app = world.loadline().env("SSL_CERT_FILE", authority.certificates().to_str().unwrap()).start();
    let item = world.host.item();
    let stored = world.path("home/.local/state/loadline/updates.json");
    wait_for("the outcome of the check", SOON, || stored.exists().then_some(()));
    let mut doctor = world.loadline().args(&["doctor"]).start();
    doctor.wait_exit();
    let line = doctor.out_with("FAIL  updates").into_iter().next().unwrap();
    let problem = "'localhost:PORT' names no release: see whether the repository has one, and its address is right";
    assert!(line.ends_with(&problem.replace("PORT", &server.port().to_string())), "{line}");
    assert!(item.menu().unwrap().warning().is_none());
    assert_eq!(app.err(), [""; 0]);
}

#[test]
fn a_repository_without_a_release_is_no_failure() {
    let (world, authority) = (World::start(), Authority::new());
    let server = authority.server_knowing(&[("/api/v1/repos/o/loadline/releases/latest", "404")]);
    let repository = format!("https://localhost:{}/o/loadline", server.port());
    world.write_settings(&format!(r#"{{"updates_from": "{repository}"}}"#));
    let _app = world.loadline().env("SSL_CERT_FILE", authority.certificates().to_str().unwrap()).start();
    let stored = world.path("home/.local/state/loadline/updates.json");
    wait_for("the outcome of the check", SOON, || stored.exists().then_some(()));
    let mut doctor = world.loadline().args(&["doctor"]).start();
    doctor.wait_exit();
    let line = doctor.out_with("ok    updates").into_iter().next().unwrap();
    assert!(line.ends_with(&format!("'{repository}' has no release")), "{line}");
}
