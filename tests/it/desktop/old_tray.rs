//! Panels of the old kind (XEmbed), which do not watch for tray items but embed a window of the program.

use std::io::Write;
use std::process::{ChildStdin, Command};

use super::trace::Trace;
use super::world::World;
use crate::process::Program;
use crate::wait::{SOON, wait_for};

/// The screen of these tests (`XServer`).
const SCREEN_HEIGHT: i32 = 240;

const NO_PANEL: &str = "no panel shows tray items: add a tray to your panel, or start a panel that has one";

/// A running panel.
struct OldTray {
    commands: ChildStdin,
    panel: Program,
    /// The number of its lines that were read.
    lines: usize,
}

impl OldTray {
    fn start(world: &World) -> OldTray {
        OldTray::start_with(world, &[])
    }

    fn start_with(world: &World, arguments: &[&str]) -> OldTray {
        let program = world.path("old-tray");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/desktop/old_tray.c");
        let compiled =
            Command::new("cc").arg(source).arg("-o").arg(&program).args(["-lX11", "-lXtst"]).status().unwrap();
        assert!(compiled.success());
        let mut command = Command::new(&program);
        command.args(arguments).env("DISPLAY", world.display());
        let (panel, commands) = Program::start_and_talk(command);
        let mut tray = OldTray { commands, panel, lines: 0 };
        assert_eq!(tray.line(), "ready");
        tray
    }

    /// Its next line.
    fn line(&mut self) -> String {
        self.lines += 1;
        self.panel.wait_line(self.lines - 1)
    }

    fn send(&mut self, command: &str) {
        self.commands.write_all(command.as_bytes()).unwrap();
    }

    /// Waits until it has embedded an icon.
    fn wait_icon(&mut self) {
        wait_for("an icon in the tray", SOON, || {
            self.send("i");
            (self.line() == "icon").then_some(())
        });
    }

    /// Top and bottom of the tooltip that is on the screen, and the sum of its pixels.
    fn tooltip(&mut self) -> Option<(i32, i32, u64)> {
        self.send("t");
        let line = self.line();
        let mut numbers = line.strip_prefix("tooltip ")?.split(' ');
        let mut next = || numbers.next().unwrap();
        Some((next().parse().unwrap(), next().parse().unwrap(), next().parse().unwrap()))
    }

    /// Moves the pointer to the icon, and waits for its tooltip to be on the screen as a whole. Returns the sum of its pixels.
    fn hover(&mut self) -> u64 {
        self.send("a");
        wait_for("the last tooltip to go", SOON, || self.tooltip().is_none().then_some(()));
        self.send("p");
        let mut last = None;
        wait_for("a tooltip on the screen", SOON, || {
            let seen = self.tooltip();
            let is_drawn = seen.is_some_and(|(_, _, sum)| sum > 0) && seen == last;
            last = seen;
            let (top, bottom, sum) = seen.filter(|_| is_drawn)?;
            (top >= 0 && bottom <= SCREEN_HEIGHT).then_some(sum)
        })
    }
}

#[test]
fn doctor_knows_an_old_tray() {
    let world = World::bare();
    world.daemon.arrive();
    let tray_line = || {
        let mut doctor = world.loadline().args(&["doctor"]).start();
        doctor.wait_exit();
        doctor.out().into_iter().find(|line| line.contains(" tray ")).unwrap()
    };
    let without = tray_line();
    assert!(without.starts_with("FAIL  tray           no panel shows tray items"), "{without}");
    let _tray = OldTray::start(&world);
    let with = tray_line();
    assert!(with.starts_with("ok    tray           a panel shows tray items, in the old way (XEmbed)"), "{with}");
}

/// The icon is lower than its panel, where GTK alone would show the tooltip below the screen.
#[test]
fn hovering_over_an_icon_in_an_old_tray_says_the_numbers() {
    let world = World::bare();
    world.daemon.arrive();
    let mut tray = OldTray::start(&world);
    // The numbers never change after the start.
    let shown = [(23, 61), (24, 61), (23, 61)].map(|(cpu, memory)| {
        let mut app = world.loadline().readings(&Trace::still(cpu, memory), 1).start();
        tray.wait_icon();
        let sums = [tray.hover(), tray.hover()];
        assert_eq!(sums[0], sums[1], "the same numbers look the same");
        app.signal("TERM");
        app.wait_exit();
        sums[0]
    });
    assert_eq!(shown[0], shown[2]);
    assert_ne!(shown[0], shown[1]);
}

/// GDK counts how often a window is mapped, and complains of one that a panel maps.
#[test]
fn an_old_tray_brings_no_complaints_of_the_toolkit() {
    let world = World::bare();
    world.daemon.arrive();
    let mut tray = OldTray::start(&world);
    let mut app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    tray.wait_icon();
    for _ in 0..5 {
        tray.send("m");
        tray.hover();
    }
    app.signal("TERM");
    app.wait_exit();
    assert_eq!(app.err_with("CRITICAL"), [""; 0]);
}

/// The desktops' own panels show text, and so would show bars.
#[test]
fn an_old_tray_shows_the_numbers_on_every_desktop() {
    let world = World::bare();
    world.daemon.arrive();
    let mut tray = OldTray::start(&world);
    for desktop in ["MATE", "ubuntu:GNOME", "Unity", ""] {
        let launch = world.loadline().env("XDG_CURRENT_DESKTOP", desktop);
        let mut app = launch.readings(&Trace::still(23, 61), 1).start();
        tray.wait_icon();
        wait_for("the numbers", SOON, || {
            let is_numbers = |file: &std::path::PathBuf| file.ends_with("loadline-c23-m61.png");
            world.leftovers().iter().any(is_numbers).then_some(())
        });
        app.signal("TERM");
        app.wait_exit();
        assert_eq!(app.err(), [""; 0], "{desktop}");
    }
}

#[test]
fn the_menu_of_an_icon_in_an_old_tray_has_its_charts_and_its_cost() {
    let world = World::bare();
    world.daemon.arrive();
    let mut tray = OldTray::start(&world);
    let trace = Trace::every(10).hold(12, 40, 50).hold(6, 91, 50).hold(1, 20, 50);
    let app = world.loadline().args(&["--every", "10s"]).readings(&trace, 200).start();
    tray.wait_icon();
    let item = world.host.unregistered_item(&app);
    item.wait_row("CPU 20%");
    let has_charts = |charts: [&str; 2]| charts.iter().all(|chart| chart.contains('⣤'));
    let cost = concat!("Loadline ", env!("CARGO_PKG_VERSION"), ": *");
    let closed = item.menu().unwrap();
    assert!(!has_charts(closed.charts().unwrap()) && closed.find(&["Settings", cost]).is_none(), "{closed:#?}");
    tray.send("c");
    item.wait_menu("the charts", |menu| has_charts(menu.charts()?).then_some(()));
    item.wait_menu("the cost", |menu| menu.find(&["Settings", cost]).map(drop));
}

#[test]
fn an_old_tray_that_goes_for_good_is_reported_and_one_that_comes_later_is_found() {
    let world = World::bare();
    world.daemon.arrive();
    let mut tray = OldTray::start(&world);
    let app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    tray.wait_icon();
    assert_eq!(app.err(), [""; 0]);
    drop(tray);
    app.wait_err(NO_PANEL);
    world.daemon.wait_popups(&["Loadline has no place in the panel"]);
    let mut tray = OldTray::start(&world);
    tray.wait_icon();
    world.daemon.wait_popups(&[]);
    assert_eq!(app.err_with("loadline: "), [format!("loadline: {NO_PANEL}")]);
}

/// The X server destroys an embedded icon with its panel, unless the panel has seen to that.
#[test]
fn a_careless_old_tray_takes_its_icon_along_and_the_next_tray_has_it_again() {
    let world = World::bare();
    world.daemon.arrive();
    let mut tray = OldTray::start_with(&world, &["careless"]);
    let trace = Trace::seconds().hold(150, 23, 61).hold(9000, 95, 61);
    let app = world.loadline().args(&["--after", "0s"]).readings(&trace, 10).start();
    tray.wait_icon();
    for _ in 0..3 {
        drop(tray);
        tray = OldTray::start_with(&world, &["careless"]);
        tray.wait_icon();
        tray.hover();
    }
    drop(tray);
    app.wait_out("ALERT  CPU 95%");
    app.wait_err(NO_PANEL);
    OldTray::start(&world).wait_icon();
    assert_eq!(app.err(), [format!("loadline: {NO_PANEL}")]);
}
