//! A day in a minute: the tray app takes a day's readings as fast as it can, while random steps click, edit, and restart the
//! parts of the desktop. After each step its output, its requests and its tray are those of the model; at the end it uses no
//! more than at the start.
mod day;
mod driver;
mod model;
mod shown;
mod steps;
mod usage;

use fastrand::Rng;
use loadline::core::messages::effect::{NotificationId, UserCommand};
use loadline::core::metrics::metric::{Metric, Threshold};

use super::world::World;
use driver::Driver;
use usage::InUse;

/// A day at a reading every 2 s.
const READINGS: u32 = 43_200;
/// The readings after which the program has done everything once, and has all its resources.
const WARM: u32 = READINGS / 10;
/// The seed, unless `LOADLINE_SOAK_SEED` is set.
const SEED: u64 = 20_261_122;
/// The most readings between two steps.
const MAX_READINGS: usize = 120;

/// The least lines on the console, and calls of the notification service, of a day that tests enough.
const LEAST: usize = 100;

/// Longer than any cooldown.
const HOURS_2: u64 = 7_200;

#[test]
fn a_day_of_readings_and_clicks_matches_the_model() {
    let seed = std::env::var("LOADLINE_SOAK_SEED").map_or(SEED, |seed| seed.parse().unwrap());
    let world = World::start_beside();
    let mut driver = Driver::start(&world, seed);
    let mut random = Rng::with_seed(seed);
    driver.pass(1);
    // A warning, so that the thread that prints them exists from the start.
    driver.edit(Some("{"));
    driver.pass(1);
    live(&mut driver, &mut random, WARM);
    rest(&mut driver);
    let warm = InUse::when_settled(&driver.program, &world);
    live(&mut driver, &mut random, READINGS);
    rest(&mut driver);
    let end = warm.assert_not_grown(&driver.program, &world);
    let (lines, calls) = (driver.program.out().len(), world.daemon.calls().len());
    println!("{} readings, {lines} lines, {calls} calls for a notification, {warm:?}, {end:?}", driver.ticks);
    assert!(lines >= LEAST && calls >= LEAST, "{lines} lines and {calls} calls: too little happens in this day");
    driver.quit();
}

/// Alternates readings and steps until `readings` have passed.
fn live(driver: &mut Driver<'_>, random: &mut Rng, readings: u32) {
    while driver.ticks < readings {
        driver.pass(random.usize(1..MAX_READINGS));
        steps::perform_any(driver, random);
    }
}

/// Brings the program into a fixed state: both alerts have been notified and cancelled.
fn rest(driver: &mut Driver<'_>) {
    let text = r#"{"alerts":{"cpu":{"above_percent":1},"memory":{"above_percent":1},"after":"0s","cooldown":"0s"}}"#;
    while driver.predict(|model| model.edit(Some(text))).is_a_race() {
        driver.pass(1);
    }
    driver.edit(Some(text));
    driver.pass(1);
    driver.sleep(HOURS_2);
    driver.pass_one(98, 99);
    driver.click(&["Send a test notification"], UserCommand::SendTestNotification);
    for (metric, submenu) in [(Metric::Cpu, "CPU threshold"), (Metric::Memory, "Memory threshold")] {
        driver.click(&[submenu, "Off"], UserCommand::SetThreshold(metric, Threshold::Off));
    }
    driver.pass(5);
    driver.close_menu();
    assert_eq!(driver.model.shown(), [NotificationId::Test]);
}
