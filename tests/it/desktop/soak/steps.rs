//! Random steps of a person, an editor and a desktop.
use std::time::Duration;

use fastrand::Rng;
use loadline::core::alerts::rule::Signal;
use loadline::core::alerts::snooze::Snooze;
use loadline::core::messages::effect::{NotificationId, UserCommand};
use loadline::core::metrics::metric::{Metric, Percent, Threshold};
use loadline::core::settings::Part;
use loadline::core::text;
use loadline::core::tray::labels;

use super::driver::Driver;

type Step = fn(&mut Driver<'_>, &mut Rng);

/// The steps and their weights.
const STEPS: [(Step, u32); 13] = [
    (pick_threshold, 6),
    (pick_after, 2),
    (pick_refresh, 2),
    (pick_signal, 1),
    (toggle_part, 2),
    (toggle_login, 1),
    (snooze_or_resume, 4),
    (press_button, 2),
    (send_test, 1),
    (look_at_menu, 2),
    (edit_settings, 5),
    (restart_panel, 2),
    (restart_service, 2),
];

/// Settings files that cannot be read.
const BROKEN: [&str; 5] = [
    "",
    "{\n  \"refresh\": \"5s\",\n}\n",
    "{\"alerts\":{\"cpu\":{\"above_percent\":180}}}",
    "{\"alerts\":{\"after\":\"soon\"}}",
    "{\"menu_bar\":{\"cpu\":false,\"memory\":false,\"icon\":false}}",
];

/// Performs one random step.
pub fn perform_any(driver: &mut Driver<'_>, random: &mut Rng) {
    let mut at = random.u32(0..STEPS.iter().map(|(_, weight)| weight).sum());
    for (step, weight) in STEPS {
        if at < weight {
            return step(driver, random);
        }
        at -= weight;
    }
}

/// Clicks another entry of a submenu, if that is no race. Sometimes it clicks the checked entry before: the next click, in
/// another place, shows that it stays checked.
fn pick<T: Copy + PartialEq>(
    driver: &mut Driver<'_>,
    random: &mut Rng,
    submenu: &str,
    [new, now]: [T; 2],
    (label, command): (fn(T) -> String, impl Fn(T) -> UserCommand),
) {
    if new == now || driver.model.clone().command(command(new)).is_a_race() {
        return;
    }
    if random.u32(0..6) == 0 {
        driver.click_unseen(&[submenu, &label(now)], command(now));
        toggle_login(driver, random);
    }
    driver.click(&[submenu, &label(new)], command(new));
}

fn pick_threshold(driver: &mut Driver<'_>, random: &mut Rng) {
    let metric = if random.bool() { Metric::Cpu } else { Metric::Memory };
    let offered = if random.u32(0..10) == 0 { None } else { Percent::new(50 + 5 * random.u64(0..10)) };
    let thresholds = [offered.map_or(Threshold::Off, Threshold::Above), driver.model.settings().threshold(metric)];
    let command = |threshold| UserCommand::SetThreshold(metric, threshold);
    pick(driver, random, &labels::threshold_menu(metric), thresholds, (text::settings::threshold, command));
}

fn pick_after(driver: &mut Driver<'_>, random: &mut Rng) {
    let new = Duration::from_secs([0, 0, 5, 15, 30, 60, 300][random.usize(0..7)]);
    let spans = [new, driver.model.settings().after];
    pick(driver, random, "Alert after", spans, (text::settings::after, UserCommand::SetAfter));
}

fn pick_refresh(driver: &mut Driver<'_>, random: &mut Rng) {
    let new = Duration::from_secs([1, 2, 5, 10][random.usize(0..4)]);
    let spans = [new, driver.model.settings().refresh];
    pick(driver, random, "Refresh every", spans, (text::settings::after, UserCommand::SetRefresh));
}

fn pick_signal(driver: &mut Driver<'_>, random: &mut Rng) {
    // A trace of two columns has no pressure.
    let new = [Signal::Used, Signal::Used, Signal::Both, Signal::Pressure][random.usize(0..4)];
    let signals = [new, driver.model.settings().memory_signal];
    pick(driver, random, "Memory alerts on", signals, (text::settings::signal, UserCommand::SetMemorySignal));
}

fn toggle_part(driver: &mut Driver<'_>, random: &mut Rng) {
    let part = [Part::Cpu, Part::Memory, Part::Words][random.usize(0..3)];
    driver.click(&["Show in the menu bar", labels::part(part)], UserCommand::Toggle(part));
}

fn toggle_login(driver: &mut Driver<'_>, _: &mut Rng) {
    driver.click(&["Launch at login"], UserCommand::ToggleLaunchAtLogin);
}

fn snooze_or_resume(driver: &mut Driver<'_>, random: &mut Rng) {
    if driver.model.is_snoozed() {
        driver.click(&["Snoozed until*", "Resume"], UserCommand::Resume);
        return;
    }
    let view = driver.model.view();
    let submenu = labels::snooze_menu(None, 0, view.quiet_until, view.clock);
    let snooze = [Snooze::Minutes15, Snooze::Hour, Snooze::UntilTomorrow][random.usize(0..3)];
    driver.click(&[&submenu, labels::snooze(snooze)], UserCommand::Snooze(snooze));
}

fn press_button(driver: &mut Driver<'_>, _: &mut Rng) {
    let notification = driver.model.pressable.keys().next().copied();
    if let Some(notification) = notification.filter(|_| !driver.model.is_snoozed()) {
        driver.press(notification, UserCommand::Snooze(Snooze::Hour), "Snooze 1 hour");
    }
}

fn send_test(driver: &mut Driver<'_>, _: &mut Rng) {
    driver.click(&["Send a test notification"], UserCommand::SendTestNotification);
}

/// Readings go on while the menu is open. Some panels never report that it was closed.
fn look_at_menu(driver: &mut Driver<'_>, random: &mut Rng) {
    driver.open_menu();
    for _ in 0..random.usize(1..5) {
        driver.pass(random.usize(1..10));
    }
    if random.bool() {
        driver.close_menu();
    }
}

/// Edits the settings file, which is loaded with the next reading or click, if that is no race.
fn edit_settings(driver: &mut Driver<'_>, random: &mut Rng) {
    let must_repair = driver.model.is_file_bad() && random.bool();
    let text = match random.u32(0..8) {
        0..=1 if !must_repair => Some(BROKEN[random.usize(0..BROKEN.len())].to_owned()),
        2 if !must_repair => None,
        _ => Some(some_settings(random)),
    };
    let mut model = driver.model.clone();
    model.edit(text.as_deref());
    if random.u32(0..4) == 0 {
        let click = UserCommand::Toggle(Part::Memory);
        if !model.command(click).is_a_race() {
            driver.edit(text.as_deref());
            driver.click(&["Show in the menu bar", labels::part(Part::Memory)], click);
        }
    } else if !driver.predict(|model| model.edit(text.as_deref())).is_a_race() {
        driver.edit(text.as_deref());
        driver.pass(random.usize(1..20));
    }
}

/// A settings file as a person might write it.
fn some_settings(random: &mut Rng) -> String {
    let threshold = |random: &mut Rng| match random.u32(0..12) {
        0 => "\"off\"".to_owned(),
        _ => random.u32(20..=99).to_string(),
    };
    let any = |random: &mut Rng, of: &[&str]| of[random.usize(0..of.len())].to_owned();
    let (cpu, memory) = (threshold(random), threshold(random));
    let after = any(random, &["0s", "2s", "5s", "10s", "1m"]);
    let cooldown = any(random, &["0s", "30s", "5m", "5m", "20m"]);
    let quiet_hours = any(random, &["null", "null", "null", "\"22:00-06:00\"", "\"12:30-13:30\""]);
    let refresh = any(random, &["1s", "2s", "2s", "3s", "5s"]);
    let mine = random.u32(..);
    format!(
        "{{\"mine\":{mine},\"alerts\":{{\"cpu\":{{\"above_percent\":{cpu}}},\"memory\":{{\"above_percent\":{memory}}},\
         \"after\":\"{after}\",\"cooldown\":\"{cooldown}\",\"quiet_hours\":{quiet_hours}}},\"refresh\":\"{refresh}\"}}\n"
    )
}

fn restart_panel(driver: &mut Driver<'_>, random: &mut Rng) {
    driver.panel_leaves();
    for _ in 0..random.usize(0..3) {
        driver.pass(random.usize(1..20));
    }
    driver.panel_arrives();
}

/// While the service is away, readings go on until there is a notification: it is lost, and causes a warning. More than one
/// would be a race.
fn restart_service(driver: &mut Driver<'_>, random: &mut Rng) {
    driver.service_leaves();
    let mut is_lost = false;
    for _ in 0..random.usize(0..60) {
        let outcome = driver.predict(|_| ());
        is_lost = matches!(outcome.jobs[..], [NotificationId::Alert(_)]) && !outcome.err.is_empty();
        if !outcome.jobs.is_empty() && !is_lost {
            break;
        }
        driver.pass_next();
        if is_lost {
            break;
        }
    }
    if !is_lost && random.bool() {
        driver.click(&["Send a test notification"], UserCommand::SendTestNotification);
    }
    driver.service_arrives();
    // A notification that works, so that the next failure causes a warning again.
    send_test(driver, random);
}
