//! On battery, in low-power mode and while the session is locked, readings come less often; and the menu says so.
use std::fs;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use zbus::block_on;

use super::bus::Bus;
use super::services::{Kind, Service, forge};
use super::world::World;
use crate::process::Program;
use crate::program::Home;
use crate::wait::{SOON, wait_for};

/// Between the chosen interval of these tests, 400 ms, and twice that.
const LIMIT: Duration = Duration::from_millis(600);

/// A machine that can be unplugged and locked: the bus of its services, and a home.
struct Machine {
    system: Bus,
    home: Home,
    folder: TempDir,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("services")).unwrap();
        let machine = Self { system: Bus::start(folder.path()), home: Home::new(), folder };
        machine.write_settings(true, "off");
        machine
    }

    /// Writes the settings file; `memory` is the threshold of the only alert there may be.
    fn write_settings(&self, refresh_saves_power: bool, memory: &str) {
        let settings = json!({
            "alerts": {"cpu": {"above_percent": "off"}, "memory": {"above_percent": memory}, "after": "1h"},
            "refresh": "400ms",
            "refresh_saves_power": refresh_saves_power,
        });
        let draft = self.home.file("draft", settings.to_string());
        fs::create_dir_all(self.home.settings().parent().unwrap()).unwrap();
        fs::rename(draft, self.home.settings()).unwrap();
    }

    fn loadline(&self, arguments: &[&str]) -> Program {
        let mut command = self.home.loadline(arguments);
        command.env("DBUS_SYSTEM_BUS_ADDRESS", self.system.address());
        Program::start(command)
    }

    fn watch(&self) -> Program {
        self.loadline(&["watch", "--json"])
    }

    /// The refresh interval, as `doctor` prints it.
    fn doctor(&self) -> String {
        let mut doctor = self.loadline(&["doctor"]);
        doctor.wait_exit();
        doctor.out_with("  refresh  ").concat().split_whitespace().skip(2).collect::<Vec<_>>().join(" ")
    }
}

/// The pauses between the readings after the first `from`.
fn pauses(program: &Program, from: usize) -> Vec<Duration> {
    let at = |line: String| {
        let reading: Value = serde_json::from_str(&line).unwrap();
        reading["at"].as_str().unwrap().parse::<Timestamp>().unwrap()
    };
    let times: Vec<Timestamp> = program.out().into_iter().skip(from).map(at).collect();
    times.windows(2).map(|pair| Duration::try_from(pair[1].duration_since(pair[0])).unwrap()).collect()
}

/// Waits for three long pauses in a row: one alone may come from a busy machine.
#[track_caller]
fn wait_slow(program: &Program) {
    let from = program.out().len();
    wait_for("readings at a slowed interval", SOON, || {
        pauses(program, from).windows(3).any(|three| three.iter().all(|pause| *pause > LIMIT)).then_some(())
    });
}

/// Waits for a short pause: no slowed interval is short.
#[track_caller]
fn wait_fast(program: &Program) {
    let from = program.out().len();
    wait_for("readings at the chosen interval", SOON, || {
        pauses(program, from).iter().any(|pause| *pause < LIMIT).then_some(())
    });
}

#[test]
fn on_battery_and_in_low_power_mode_readings_come_half_as_often() {
    let machine = Machine::new();
    let power = Service::arrived(&machine.system, Kind::Battery, false);
    let profiles = Service::arrived(&machine.system, Kind::LowPower, true);
    let watch = machine.watch();
    wait_slow(&watch);
    assert_eq!(machine.doctor(), "every 800ms, not 400ms, in low-power mode");
    profiles.set(false);
    wait_fast(&watch);
    power.set(true);
    wait_slow(&watch);
    assert_eq!(machine.doctor(), "every 800ms, not 400ms, on battery");
    power.set(false);
    wait_fast(&watch);
    assert_eq!(machine.doctor(), "every 400ms");
}

#[test]
fn while_locked_readings_come_a_fifth_as_often() {
    let machine = Machine::new();
    let session = Service::arrived(&machine.system, Kind::Locked, false);
    let watch = machine.watch();
    wait_fast(&watch);
    session.set(true);
    wait_slow(&watch);
    assert_eq!(machine.doctor(), "every 2 s, not 400ms, while locked");
    session.set(false);
    wait_fast(&watch);
}

#[test]
fn a_service_without_a_name_or_a_bus_counts_as_off() {
    let mut machine = Machine::new();
    let power = Service::asleep(&machine.system, Kind::Battery, true);
    let watch = machine.watch();
    wait_fast(&watch);
    power.arrive();
    wait_slow(&watch);
    power.leave();
    wait_fast(&watch);
    power.arrive();
    wait_slow(&watch);
    machine.system.end();
    wait_fast(&watch);
    assert_eq!(watch.err(), [""; 0]);
}

#[test]
fn a_service_that_does_not_respond_holds_up_no_other() {
    let machine = Machine::new();
    // A connection that serves no object never replies.
    let hanging = machine.system.connect(|builder| builder);
    block_on(hanging.request_name("org.freedesktop.UPower")).unwrap();
    let _session = Service::arrived(&machine.system, Kind::Locked, true);
    let watch = machine.watch();
    wait_slow(&watch);
    assert_eq!(machine.doctor(), "every 2 s, not 400ms, while locked");
}

#[test]
fn a_pending_alert_and_the_setting_keep_the_chosen_interval() {
    let machine = Machine::new();
    let _power = Service::arrived(&machine.system, Kind::Battery, true);
    let watch = machine.watch();
    wait_slow(&watch);
    // More than 1 % is always in use: the alert is pending for an hour.
    machine.write_settings(true, "1");
    wait_fast(&watch);
    machine.write_settings(true, "off");
    wait_slow(&watch);
    machine.write_settings(false, "off");
    wait_fast(&watch);
    assert_eq!(machine.doctor(), "every 400ms, also on battery: 'refresh_saves_power' is off");
}

#[test]
fn signals_of_another_program_are_worth_no_question() {
    let machine = Machine::new();
    let power = Service::arrived(&machine.system, Kind::Battery, false);
    let watch = machine.watch();
    wait_fast(&watch);
    let before = power.asked();
    // Loadline is among them, by a name that only the bus knows.
    let bus = machine.system.connect(|builder| builder);
    let reply = block_on(bus.call_method(Some("org.freedesktop.DBus"), "/", None::<&str>, "ListNames", &())).unwrap();
    let names: Vec<String> = reply.body().deserialize().unwrap();
    for _ in 0..50 {
        names.iter().filter(|name| name.starts_with(':')).for_each(|name| forge(&machine.system, name));
    }
    power.set(true);
    wait_slow(&watch);
    assert_eq!(watch.err(), [""; 0]);
    // One question for the true change, and one for the value that its signal carries.
    assert!(power.asked() - before <= 2, "{} questions", power.asked() - before);
}

#[test]
fn changes_of_other_properties_are_worth_no_question() {
    let machine = Machine::new();
    let power = Service::arrived(&machine.system, Kind::Battery, false);
    let watch = machine.watch();
    wait_fast(&watch);
    let before = power.asked();
    power.tell_change("LidIsClosed", 500);
    power.set(true);
    wait_slow(&watch);
    // One question for the true change, and one for the value that its signal carries.
    assert!(power.asked() - before <= 2, "{} questions", power.asked() - before);
}

#[test]
fn a_flood_of_changes_is_worth_one_question_a_second_and_the_last_value_counts() {
    let machine = Machine::new();
    let power = Service::arrived(&machine.system, Kind::Battery, false);
    let watch = machine.watch();
    wait_fast(&watch);
    let (before, began) = (power.asked(), Instant::now());
    power.tell_change("OnBattery", 500);
    power.set(true);
    wait_slow(&watch);
    power.tell_change("OnBattery", 500);
    power.set(false);
    wait_fast(&watch);
    // At once, then once a second; and each signal with a value asks for it itself.
    let (asked, limit) = (power.asked() - before, began.elapsed().as_secs() + 4);
    assert!(asked as u64 <= limit, "{asked} questions, more than {limit}");
}

#[test]
fn no_service_is_started_by_a_question() {
    let machine = Machine::new();
    let started = machine.folder.path().join("started");
    let service = "org.freedesktop.UPower";
    let entry = format!("[D-BUS Service]\nName={service}\nExec=/bin/sh -c \": > '{}'\"\n", started.display());
    fs::write(machine.folder.path().join("services").join(format!("{service}.service")), entry).unwrap();
    let bus = machine.system.connect(|builder| builder);
    let reload = || block_on(bus.call_method(Some("org.freedesktop.DBus"), "/", None::<&str>, "ReloadConfig", &()));
    reload().unwrap();
    assert_eq!(machine.doctor(), "every 400ms");
    assert!(!started.exists());
    // A question without the flag does start it: the trap works.
    let _ = block_on(bus.call_method(Some(service), "/", None::<&str>, "Anything", &()));
    wait_for("the service to be started", SOON, || started.exists().then_some(()));
}

#[test]
fn the_menu_shows_the_slowed_interval() {
    let world = World::start();
    let machine = Machine::new();
    let power = Service::arrived(&machine.system, Kind::Battery, true);
    let _app = world.loadline().env("DBUS_SYSTEM_BUS_ADDRESS", machine.system.address()).start();
    let item = world.host.item();
    let wait_submenu = |label: &str| item.wait_menu(label, |menu| menu.find(&[label]).map(drop));
    wait_submenu("Refresh every (4 s on battery)");
    power.set(false);
    wait_submenu("Refresh every");
}
