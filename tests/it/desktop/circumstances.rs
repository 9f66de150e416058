//! On battery, in low-power mode, behind a screen saver or a lock, readings come less often; and the menu says so.
use std::fs;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use zbus::block_on;

use super::bus::Bus;
use super::services::{Kind, Service};
use super::world::World;
use crate::process::Program;
use crate::program::Home;
use crate::wait::{SOON, wait_for};

/// Between the chosen pace of these tests, 400 ms, and twice that.
const LIMIT: Duration = Duration::from_millis(600);

/// A machine that can be unplugged and locked: the buses of its services, and a home.
struct Machine {
    system: Bus,
    session: Bus,
    home: Home,
    folder: TempDir,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [system, session] = ["system", "session"].map(|name| {
            let folder = folder.path().join(name);
            fs::create_dir_all(folder.join("services")).unwrap();
            Bus::start(&folder)
        });
        let machine = Self { system, session, home: Home::new(), folder };
        machine.choose(true, "off");
        machine
    }

    /// Writes the settings file; `memory` is the threshold of the only alert there may be.
    fn choose(&self, refresh_saves_power: bool, memory: &str) {
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
        command.env("DBUS_SESSION_BUS_ADDRESS", self.session.address());
        Program::start(command)
    }

    fn watch(&self) -> Program {
        self.loadline(&["watch", "--json"])
    }

    /// What `doctor` says of the refresh interval.
    fn doctor(&self) -> String {
        let mut doctor = self.loadline(&["doctor"]);
        doctor.wait_exit();
        doctor.said("  refresh  ").concat().split_whitespace().skip(2).collect::<Vec<_>>().join(" ")
    }
}

/// The pauses between the readings of which `from` had been taken before.
fn pauses(program: &Program, from: usize) -> Vec<Duration> {
    let at = |line: String| {
        let reading: Value = serde_json::from_str(&line).unwrap();
        reading["at"].as_str().unwrap().parse::<Timestamp>().unwrap()
    };
    let times: Vec<Timestamp> = program.out().into_iter().skip(from).map(at).collect();
    times.windows(2).map(|pair| Duration::try_from(pair[1].duration_since(pair[0])).unwrap()).collect()
}

/// Three long pauses in a row: one may be a busy machine's.
#[track_caller]
fn wait_slow(program: &Program) {
    let from = program.out().len();
    wait_for("readings at a stretched interval", SOON, || {
        pauses(program, from).windows(3).any(|three| three.iter().all(|pause| *pause > LIMIT)).then_some(())
    });
}

/// A short pause, for no stretched one is.
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
fn behind_a_lock_or_a_screen_saver_readings_come_a_fifth_as_often() {
    let machine = Machine::new();
    let session = Service::arrived(&machine.system, Kind::Locked, false);
    let screen_saver = Service::arrived(&machine.session, Kind::ScreenSaver, false);
    let watch = machine.watch();
    wait_fast(&watch);
    session.set(true);
    wait_slow(&watch);
    assert_eq!(machine.doctor(), "every 2 s, not 400ms, while locked");
    session.set(false);
    wait_fast(&watch);
    screen_saver.set(true);
    wait_slow(&watch);
    assert_eq!(machine.doctor(), "every 2 s, not 400ms, while the display is asleep");
    screen_saver.set(false);
    wait_fast(&watch);
}

#[test]
fn services_may_come_late_go_and_take_the_bus_with_them() {
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
fn what_rises_and_what_is_not_wanted_is_not_stretched() {
    let machine = Machine::new();
    let _power = Service::arrived(&machine.system, Kind::Battery, true);
    let watch = machine.watch();
    wait_slow(&watch);
    // More than that is always in use: the alert rises for an hour.
    machine.choose(true, "1");
    wait_fast(&watch);
    machine.choose(true, "off");
    wait_slow(&watch);
    machine.choose(false, "off");
    wait_fast(&watch);
    assert_eq!(machine.doctor(), "every 400ms, also on battery: 'refresh_saves_power' is off");
}

#[test]
fn no_service_is_started_by_being_asked() {
    let machine = Machine::new();
    let started = machine.folder.path().join("started");
    let service = "org.freedesktop.UPower";
    let entry = format!("[D-BUS Service]\nName={service}\nExec=/bin/sh -c \": > '{}'\"\n", started.display());
    fs::write(machine.folder.path().join("system/services").join(format!("{service}.service")), entry).unwrap();
    let bus = machine.system.connect(|builder| builder);
    let reload = || block_on(bus.call_method(Some("org.freedesktop.DBus"), "/", None::<&str>, "ReloadConfig", &()));
    reload().unwrap();
    assert_eq!(machine.doctor(), "every 400ms");
    assert!(!started.exists());
    // Who asks in the usual way does start it: the trap works.
    let _ = block_on(bus.call_method(Some(service), "/", None::<&str>, "Anything", &()));
    wait_for("the service to be started", SOON, || started.exists().then_some(()));
}

#[test]
fn the_menu_says_so() {
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
