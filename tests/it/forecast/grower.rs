//! The application that grew: when the engine asks for it, when it is named, and when a warning goes without a name.

use std::time::Duration;

use loadline::core::alerts::event::SuppressedBy;
use loadline::core::forecast::event::ForecastEvent;
use loadline::core::forecast::grower::{AppMemory, Grower, MemoryLooks, RiseWindow};
use loadline::core::messages::effect::{Effect, Event};
use loadline::core::processes::app_look::AppLook;
use loadline::core::processes::top_apps::ProcessSample;
use loadline::core::settings::Settings;

use super::engine::{DAY, HOUR, MINUTE, Run, TOTAL_BYTES, leak, notifications, warnings};

const GIB: u64 = 1 << 30;

fn look(apps: &[(&str, u64)]) -> Vec<AppMemory> {
    apps.iter().map(|&(name, bytes)| AppMemory { name: name.into(), bytes }).collect()
}

/// `name` grew by 2 GiB.
fn grown(name: &str) -> MemoryLooks {
    let [first, last] = [1, 3].map(|gib| vec![look(&[(name, gib * GIB), ("calm", 5 * GIB)])]);
    MemoryLooks { first, last, total_bytes: None }
}

fn run(settings: Settings, looks: Option<MemoryLooks>) -> (Run, Vec<ForecastEvent>) {
    let mut run = Run { looks, ..Run::new(settings, leak) };
    let found = run.until(DAY * 2 + HOUR * 5).into_iter().map(|(_, event)| event).collect();
    (run, found)
}

fn windows(run: &Run) -> Vec<RiseWindow> {
    let window = |effect: &Effect| match effect {
        Effect::ReadMemoryLooks(window) => Some(*window),
        _ => None,
    };
    run.driver.effects.iter().filter_map(|(_, effect)| window(effect)).collect()
}

#[test]
fn the_application_that_explains_half_of_the_growth_is_named() {
    let (run, found) = run(Settings::DEFAULT, Some(grown("node")));
    let [event] = &found[..] else { panic!("{found:?}") };
    let grower = Grower { name: "node".into(), grown_bytes: 2 * GIB, is_at_least: false };
    assert_eq!((&event.grower, &event.suppressed_by), (&Some(grower), &None));
    let [window] = windows(&run)[..] else { panic!("asked once") };
    assert_eq!(window.to.duration_since(window.from), event.within.try_into().unwrap());
    let [notification] = notifications(&run.driver)[..] else { panic!("one notification") };
    assert!(notification.body.starts_with("At this rate: node grew by 2.0 GB in "), "{}", notification.body);
}

#[test]
fn nobody_is_named_who_explains_less_than_half() {
    let half = |bytes: u64| {
        let [first, last] = [0, bytes].map(|more| vec![look(&[("node", GIB + more)])]);
        run(Settings::DEFAULT, Some(MemoryLooks { first, last, total_bytes: None })).1[0].clone()
    };
    let whole = half(TOTAL_BYTES);
    let grown_bytes = whole.grown_bytes.unwrap();
    assert!(whole.grower.is_some() && half(grown_bytes / 2 + 1).grower.is_some());
    let less = half(grown_bytes / 2 - 1);
    assert_eq!((&less.grower, less.grown_bytes), (&None, Some(grown_bytes)));
}

#[test]
fn a_grower_that_the_settings_ignore_silences_the_warning() {
    let settings = Settings { ignored: vec!["Node".into()], ..Settings::DEFAULT };
    let (quiet, found) = run(settings.clone(), Some(grown("node")));
    let [event] = &found[..] else { panic!("said once on the console: {found:?}") };
    assert_eq!(event.suppressed_by, Some(SuppressedBy::Ignored("node".into())));
    assert!(notifications(&quiet.driver).is_empty());
    // Another one is not: it notifies, also later on the same day.
    assert_eq!(run(settings.clone(), Some(grown("deno"))).1[0].suppressed_by, None);
    let mut both = Run { looks: Some(grown("node")), ..Run::new(settings, leak) };
    both.until(DAY * 2 + HOUR * 4);
    both.looks = Some(grown("deno"));
    let found = both.until(DAY * 2 + HOUR * 5);
    assert!(found.len() == 1 && found[0].1.suppressed_by.is_none(), "{found:?}");
}

#[test]
fn a_warning_without_an_answer_comes_at_the_next_reading_without_a_name() {
    let (_, answered) = run(Settings::DEFAULT, Some(MemoryLooks::default()));
    let (mut open, found) = run(Settings::DEFAULT, None);
    assert_eq!(found, answered);
    assert_eq!(open.driver.handle(Event::MemoryLooks(grown("node"))), [], "the late answer is for nobody");
    assert_eq!(notifications(&open.driver).len(), 1);
}

#[test]
fn a_reused_pid_gives_no_application_the_memory_of_another() {
    let sample = |started: u64, name: &str, gib: u64| ProcessSample {
        pid: 7,
        started,
        parent: 1,
        application: name.into(),
        cpu_time: Duration::ZERO,
        children_cpu_time: Duration::ZERO,
        private_bytes: gib * GIB,
        shared_bytes: 0,
    };
    let seen = |before: &[ProcessSample], now: &[ProcessSample]| -> Vec<AppMemory> {
        // As where other users' processes are hidden.
        let found = AppLook::of(before, now, Duration::from_secs(300), Some(2), false, None);
        found.apps.iter().map(|app| AppMemory { name: app.name.clone(), bytes: app.memory_bytes }).collect()
    };
    let (small, large) = ([sample(1, "small", 1)], [sample(2, "large", 3)]);
    let looks = MemoryLooks { first: vec![seen(&[], &small)], last: vec![seen(&small, &large)], total_bytes: None };
    let (_, found) = run(Settings::DEFAULT, Some(looks));
    let grower = Grower { name: "large".into(), grown_bytes: 3 * GIB, is_at_least: false };
    assert_eq!(found[0].grower, Some(grower));
}

#[test]
fn the_end_of_the_run_and_a_switched_off_warning_leave_nothing_open() {
    let asked = || {
        let mut run = Run { looks: None, ..Run::new(Settings::DEFAULT, leak) };
        while windows(&run).is_empty() {
            run.read();
        }
        run
    };
    let mut ended = asked();
    assert_eq!(warnings(&ended.driver.handle(Event::Stopping)).len(), 1, "said without a name");
    let mut off = asked();
    off.driver.handle(Event::SettingsRead(Ok(Box::new(Settings { memory_forecast: false, ..Settings::DEFAULT }))));
    assert_eq!(warnings(&off.driver.handle(Event::MemoryLooks(grown("node")))), []);
    assert_eq!(off.until(DAY * 2 + HOUR * 5), []);
}

#[test]
fn the_size_of_the_machine_comes_from_the_history_where_the_readings_have_none() {
    let mut run = Run::new(Settings::DEFAULT, leak);
    while windows(&run).is_empty() {
        run.looks = None;
        let minute = run.driver.now.elapsed.as_secs() / 60;
        let memory_percent = Some(leak(minute as f64 / 60.0));
        run.driver.read(loadline::core::metrics::reading::Reading { memory_percent, ..Default::default() });
        run.driver.advance(MINUTE);
    }
    let looks = MemoryLooks { total_bytes: Some(TOTAL_BYTES), ..grown("node") };
    let found = warnings(&run.driver.handle(Event::MemoryLooks(looks)));
    let points = found[0].grown_points;
    assert_eq!(found[0].grown_bytes, Some((TOTAL_BYTES as f64 * points / 100.0) as u64));
    assert!(found[0].grower.is_some());
}
