//! A day in a minute: the tray app takes a day's readings as fast as it can, while somebody clicks, edits, and restarts what
//! the desktop is made of. After each step what it said, asked for and shows is what the model says; in the end it uses
//! no more than in the beginning.
mod day;
mod deeds;
mod driver;
mod flatness;
mod model;
mod shown;

use fastrand::Rng;
use loadline::core::messages::effect::{NotificationId, UserCommand};
use loadline::core::metrics::metric::{Metric, Threshold};

use super::world::World;
use driver::Driver;
use flatness::InUse;

/// A day at a reading every 2 s.
const READINGS: u32 = 43_200;
/// After so many it has done everything once, and has what it needs.
const WARM: u32 = READINGS / 10;
/// Which day it is, unless `LOADLINE_SOAK_SEED` says otherwise. Any is as good.
const SEED: u64 = 20_261_122;
/// The longest stretch of readings between two deeds.
const STRETCH: usize = 120;

/// A day in which less is said on the console, or asked of the notification service, tests little.
const LEAST: usize = 100;

/// More than any rule lets pass between two tellings.
const HOURS_2: u64 = 7_200;

#[test]
fn a_day_passes_and_every_alert_was_told_as_the_rule_says() {
    let seed = std::env::var("LOADLINE_SOAK_SEED").map_or(SEED, |seed| seed.parse().unwrap());
    let world = World::start_beside();
    let mut driver = Driver::start(&world, seed);
    let mut random = Rng::with_seed(seed);
    driver.pass(1);
    // A complaint, so that whoever says them is there from the beginning.
    driver.edit(Some("{"));
    driver.pass(1);
    live(&mut driver, &mut random, WARM);
    rest(&mut driver);
    let warm = InUse::when_settled(&driver.program, &world);
    live(&mut driver, &mut random, READINGS);
    rest(&mut driver);
    let end = warm.must_hold_for(&driver.program, &world);
    let (lines, asked) = (driver.program.out().len(), world.daemon.calls().len());
    println!("{} readings, {lines} lines, {asked} calls for a notification, {warm:?}, {end:?}", driver.ticks);
    assert!(lines >= LEAST && asked >= LEAST, "{lines} lines and {asked} calls: too little happens in this day");
    driver.quit();
}

/// Readings and deeds in turn, until so many readings have passed.
fn live(driver: &mut Driver<'_>, random: &mut Rng, readings: u32) {
    while driver.ticks < readings {
        driver.pass(random.usize(1..STRETCH));
        deeds::any(driver, random);
    }
}

/// Brings it into the same state, whatever was before: both alerts have been told and are withdrawn again.
fn rest(driver: &mut Driver<'_>) {
    let text = r#"{"alerts":{"cpu":{"above_percent":1},"memory":{"above_percent":1},"after":"0s","cooldown":"0s"}}"#;
    while driver.foresee(|model| model.edit(Some(text))).is_a_race() {
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
