//! The applications in the live row of an alert: those of its own scan, and newer ones while the menu is open.

use std::time::Duration;

use loadline::core::messages::effect::Event;
use loadline::core::metrics::metric::Metric;
use loadline::core::metrics::reading::Reading;
use loadline::core::processes::app_look::AppUse;
use loadline::core::processes::menu_look::{MenuApp, MenuLook};
use loadline::core::processes::top_apps::{AppUsage, TopApps};
use loadline::core::settings::{Overrides, Settings};

use crate::support::engine::{Driver, WITH_APPS};

const OPENED: Event = Event::MenuOpened { counts_for: Duration::MAX };

/// Both metrics above their thresholds: their alerts fire, and their scan has named `cc1plus` and `Firefox`.
fn firing() -> Driver {
    let settings = Settings { history: false, after: Duration::ZERO, ..Settings::DEFAULT };
    let mut driver = Driver::with(settings, Overrides::default(), WITH_APPS);
    driver.read(high());
    let usage = |name: &str| AppUsage { name: name.into(), pids: vec![7], cpu_percent: 300.0, memory_bytes: 1 << 30 };
    let (by_cpu, by_memory) = ([usage("cc1plus")].into(), [usage("Firefox")].into());
    driver.handle(Event::ProcessScan(Ok(TopApps { by_cpu, by_memory, is_complete: true })));
    driver
}

fn high() -> Reading {
    Reading { cpu_percent: Some(91.0), ..Reading::default() }.with_memory(95 << 20, 100 << 20)
}

fn app(name: &str, cpu_ms: u64, mib: u64) -> MenuApp {
    let usage =
        AppUse { name: name.into(), processes: 1, cpu_time: Duration::from_millis(cpu_ms), memory_bytes: mib << 20 };
    MenuApp { usage, asked: [].into() }
}

/// A look over two seconds; of the CPU nothing is known without a `span`.
fn look(driver: &mut Driver, span: Option<Duration>, by_cpu: &[MenuApp], by_memory: &[MenuApp]) {
    let look = MenuLook {
        span,
        by_cpu: by_cpu.to_vec(),
        by_memory: by_memory.to_vec(),
        is_complete: true,
        cost: Duration::from_millis(1),
    };
    driver.handle(Event::MenuLook { opening: 1, look: Ok(look) });
}

fn names(driver: &Driver) -> [Option<String>; 2] {
    Metric::ALL.map(|metric| driver.view().rows[metric as usize].top_apps.as_deref().map(str::to_owned))
}

fn named(cpu: &str, memory: &str) -> [Option<String>; 2] {
    [cpu, memory].map(|name| (!name.is_empty()).then(|| name.to_owned()))
}

const SPAN: Option<Duration> = Some(Duration::from_secs(2));

#[test]
fn the_row_names_the_applications_of_the_latest_look_while_the_menu_is_open() {
    let mut driver = firing();
    assert_eq!(names(&driver), named("cc1plus", "Firefox"));
    driver.handle(OPENED);
    assert_eq!(names(&driver), named("cc1plus", "Firefox"), "no look yet");
    look(&mut driver, None, &[], &[app("blender", 0, 900)]);
    assert_eq!(names(&driver), named("cc1plus", "blender"), "a first scan does not know of the CPU");
    let apps = [app("rustc", 6000, 800), app("blender", 500, 900), app("sh", 300, 45), app("xz", 299, 44)];
    let by_memory = [apps[1].clone(), apps[0].clone(), apps[2].clone()];
    look(&mut driver, SPAN, &apps, &by_memory);
    assert_eq!(names(&driver), named("rustc, blender", "blender, rustc"));
    let rows = driver.view();
    assert!(rows.apps[0].rows[0].title.starts_with("rustc "), "as in the rows below: {:?}", rows.apps);
    driver.handle(Event::MenuClosed);
    assert_eq!(names(&driver), named("cc1plus", "Firefox"), "the rows below are no longer brought up to date");
}

#[test]
fn an_application_that_uses_little_beside_the_greatest_user_is_not_named_in_the_row() {
    let mut driver = firing();
    driver.handle(OPENED);
    let apps = [app("rustc", 6000, 900), app("sh", 300, 45)];
    look(&mut driver, SPAN, &apps, &apps);
    assert_eq!(names(&driver), named("rustc", "rustc"));
    look(&mut driver, SPAN, &[], &apps[1..]);
    assert_eq!(names(&driver), named("", "sh"), "a look at which nothing ran names nobody");
}

#[test]
fn a_failed_look_leaves_the_names_of_the_scan_and_a_row_without_an_alert_names_nobody() {
    let mut driver = firing();
    driver.handle(OPENED);
    look(&mut driver, SPAN, &[app("rustc", 6000, 900)], &[app("rustc", 6000, 900)]);
    assert_eq!(names(&driver), named("rustc", "rustc"));
    driver.handle(Event::MenuLook { opening: 1, look: Err("no".into()) });
    assert_eq!(names(&driver), named("cc1plus", "Firefox"));
    look(&mut driver, SPAN, &[app("rustc", 6000, 900)], &[app("rustc", 6000, 900)]);
    (1..60).for_each(|second| {
        driver.advance_to(Duration::from_secs(second));
        driver.read(Reading { cpu_percent: Some(5.0), ..Reading::default() }.with_memory(5 << 20, 100 << 20));
    });
    assert_eq!(names(&driver), named("", ""));
}
