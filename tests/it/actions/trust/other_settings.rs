//! Beside the actions, an untrusted file chooses neither the repository that is asked for newer versions nor the endpoint.

use std::fs;
use std::net::{TcpListener, TcpStream};

use loadline::core::engine::EngineOptions;
use loadline::core::messages::effect::Effect;
use loadline::core::metrics::metric::Threshold;
use loadline::core::metrics::reading::Reading;
use loadline::core::settings::{Overrides, Settings};
use loadline::runtime::settings_store::Store;
use serde_json::json;

use super::super::trusted_home;
use super::{Shelf, set_mode};
use crate::process::Program;
use crate::support::engine::{ALERTS_ONLY, Driver};
use crate::wait::{SOON, wait_for};

const TEXT: &str =
    r#"{"updates_from": "https://github.com/o/l", "metrics": {"listen": "127.0.0.1:1", "token": "abc"}}"#;
const KEYS: [&str; 3] = ["updates_from", "metrics.listen", "metrics.token"];

/// Whether the engine has a new version looked for under these settings.
fn is_checked(settings: &Settings) -> bool {
    let options = EngineOptions { checks_updates: true, ..ALERTS_ONLY };
    let mut driver = Driver::with(settings.clone(), Overrides::default(), options);
    driver.read(Reading::default()).iter().any(|effect| matches!(effect, Effect::CheckForUpdates(_)))
}

#[test]
fn settings_that_others_could_write_look_for_no_version_and_the_file_is_named() {
    for (mode, is_trusted) in [(0o600, true), (0o644, true), (0o666, false)] {
        let shelf = Shelf::new();
        let path = shelf.file("settings.json", TEXT, mode);
        let settings = Store::new(path.clone()).load().unwrap();
        assert_eq!(settings.untrusted.is_empty(), is_trusted, "{mode:o}");
        assert_eq!(is_checked(&settings), is_trusted, "{mode:o}");
        let real = path.canonicalize().unwrap();
        let said = format!(
            "settings that others must not choose are kept, and do nothing (updates_from, metrics.listen, metrics.token): '{}' \
             may be written by others (mode 0666), who may change them; look them through, then replace the file",
            real.display()
        );
        let mistakes = settings.mistakes.concat();
        assert_eq!(mistakes.contains(&said), !is_trusted, "{mistakes}");
    }
    let shelf = Shelf::new();
    let path = shelf.file("settings.json", r#"{"alerts": {"cpu": {"above_percent": 70}}}"#, 0o666);
    let settings = Store::new(path).load().unwrap();
    assert_eq!((settings.untrusted.len(), settings.mistakes.len()), (0, 0), "nothing in it needs trust");
}

#[test]
fn a_folder_that_others_may_write_makes_them_untrusted_until_it_is_closed_and_the_file_touched() {
    let shelf = Shelf::new();
    let folder = shelf.folder("mine", 0o777);
    let path = shelf.file("mine/settings.json", TEXT, 0o600);
    assert_eq!(Store::new(path.clone()).load().unwrap().untrusted, KEYS);
    set_mode(&folder, 0o700);
    assert_eq!(Store::new(path).load().unwrap().untrusted, [""; 0]);
}

#[test]
fn a_click_keeps_the_values_and_the_distrust_also_when_the_file_is_gone() {
    for is_gone in [false, true] {
        let shelf = Shelf::new();
        let state = shelf.folder("state", 0o700);
        let path = shelf.file("settings.json", TEXT, 0o666);
        let mut store = Store::with_notes(path.clone(), Some(&state));
        let settings = store.load().unwrap();
        if is_gone {
            fs::remove_file(&path).unwrap();
            // The next look finds that out.
            assert_eq!(store.poll_changes(), None);
        }
        store.save(&Settings { cpu: Threshold::Off, ..settings.clone() }).unwrap();
        for anew in [store.settings(), Store::with_notes(path.clone(), Some(&state)).load().unwrap()] {
            // What is sent and served goes with the file that asked for it.
            let kept: &[&str] = if is_gone { &["updates_from"] } else { &KEYS };
            assert_eq!(anew.untrusted, kept, "gone: {is_gone}");
            assert_eq!((anew.cpu, anew.updates_from.as_ref()), (Threshold::Off, settings.updates_from.as_ref()));
            assert_eq!(anew.mistakes.len(), 1, "{:?}", anew.mistakes);
            assert!(!is_checked(&anew));
        }
    }
}

#[test]
fn no_port_is_opened_for_a_file_that_others_may_write() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let home = trusted_home(&json!({ "history": false, "metrics": { "listen": address } }));
    set_mode(&home.settings(), 0o666);
    let program = Program::start(home.loadline(&["watch", "--every", "250ms"]));
    program.wait_err("metrics are not served: others could have written 'metrics.listen'");
    program.wait_err("do nothing (metrics.listen): ");
    let line = program.out().len();
    program.wait_line(line + 1);
    assert!(TcpStream::connect(&address).is_err());
    let doctor = home.run(&["doctor"]).stdout;
    assert!(doctor.contains("FAIL  metrics        metrics are not served: others could have written"), "{doctor}");
    // A new file in its place is trusted, and heeded at once.
    let new = home.file("new", fs::read(home.settings()).unwrap());
    set_mode(&new, 0o600);
    fs::rename(new, home.settings()).unwrap();
    wait_for("the endpoint", SOON, || TcpStream::connect(&address).ok());
    assert_eq!(program.err().len(), 2, "{:?}", program.err());
}

#[test]
fn a_token_that_others_may_choose_opens_nothing_for_an_address_given_by_hand() {
    let home = trusted_home(&json!({ "metrics": { "token": "abc" } }));
    let watch = ["watch", "--samples", "1", "--listen", "127.0.0.1:0"];
    assert_eq!(home.run(&watch).status, Some(0));
    set_mode(&home.settings(), 0o666);
    let ran = home.run(&watch);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.contains("metrics are not served: others could have written 'metrics.token'"), "{}", ran.stderr);
}

#[test]
fn doctor_says_that_nobody_is_asked_for_versions() {
    let home = trusted_home(&json!({ "updates_from": "https://github.com/o/l" }));
    set_mode(&home.settings(), 0o666);
    let doctor = home.run(&["doctor"]).stdout;
    let said = "FAIL  updates        nobody is asked: others could have written 'updates_from'";
    assert!(doctor.contains(said) && doctor.contains("do nothing (updates_from): "), "{doctor}");
}
