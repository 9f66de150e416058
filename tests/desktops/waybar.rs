//! sway without a screen, with the panel waybar and the notifications of mako.

use std::fs;

use crate::pointer::Pointer;
use crate::session::{Session, picture};
use crate::wait::{SOON, wait_for};

/// Width and height of the screen, and the height of the panel at its top: pixels.
const WIDTH: u32 = 1280;
const HEIGHT: u32 = 800;
const PANEL_HEIGHT: u32 = 30;
/// The least height of an arrow in a menu, and its least and greatest distance to the menu's edge: pixels.
const ARROW_HEIGHT: u32 = 6;
const ARROW_TO_EDGE: (u32, u32) = (8, 24);

/// A running sway.
pub struct Sway {
    pub session: Session,
    pub pointer: Pointer,
}

/// The screen at one moment: three bytes a pixel.
#[derive(Clone, PartialEq)]
pub struct Screen(Vec<u8>);

/// Part of the screen, pixels: from left and top up to right and bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    pub left: u32,
    pub top: u32,
    pub right: u32,
    pub bottom: u32,
}

impl Area {
    /// The panel.
    pub const PANEL: Area = Area { left: 0, top: 0, right: WIDTH, bottom: PANEL_HEIGHT };
    /// All below the panel.
    pub const REST: Area = Area { left: 0, top: PANEL_HEIGHT, right: WIDTH, bottom: HEIGHT };

    /// Its middle.
    pub fn centre(&self) -> (u32, u32) {
        (self.left.midpoint(self.right), self.top.midpoint(self.bottom))
    }
}

impl Sway {
    /// Starts it with its panel and its notifications.
    pub fn start() -> Sway {
        let mut sway = Sway::without_panel();
        sway.session.spawn(&["waybar"]);
        sway.session.wait_name("org.kde.StatusNotifierWatcher");
        wait_for("the panel to be drawn", SOON, || {
            let corner = &sway.screen().0[..3];
            (corner != [0x45, 0x67, 0x89] && corner != [0; 3]).then_some(())
        });
        sway
    }

    /// Starts it with its notifications alone.
    pub fn without_panel() -> Sway {
        let mut session = Session::start("sway", &[]);
        let sway = format!(
            "output HEADLESS-1 resolution {WIDTH}x{HEIGHT} scale 1\nseat * hide_cursor 1\nxwayland disable\n\
             output * bg #456789 solid_color\n"
        );
        // Nothing but the tray, so that nothing else changes on the screen.
        let panel = format!(
            r#"{{"layer": "top", "position": "top", "height": {PANEL_HEIGHT}, "modules-right": ["tray"],
                "tray": {{"icon-size": 22, "spacing": 10}}}}"#
        );
        for (folder, text) in [("sway", sway), ("waybar", panel), ("mako", "default-timeout=0\nactions=1\n".into())] {
            let folder = session.path("config").join(folder);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("config"), text).unwrap();
        }
        session.set_env("XDG_SESSION_TYPE", "wayland");
        for (key, value) in [("WLR_BACKENDS", "headless"), ("WLR_LIBINPUT_NO_DEVICES", "1"), ("WLR_RENDERER", "pixman")]
        {
            session.set_env(key, value);
        }
        session.spawn(&["sway"]);
        let run = session.path("run");
        let display = wait_for("the socket of sway", SOON, || {
            let names = fs::read_dir(&run).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.into_iter().find(|name| name.starts_with("wayland-") && !name.ends_with(".lock"))
        });
        session.set_env("WAYLAND_DISPLAY", &display);
        session.spawn(&["mako"]);
        session.wait_name("org.freedesktop.Notifications");
        let pointer = Pointer::connect(&run.join(display), WIDTH, HEIGHT);
        Sway { session, pointer }
    }

    /// The screen as it is now.
    pub fn screen(&self) -> Screen {
        let output = self.session.command(&["grim", "-t", "ppm", "-"]).output().unwrap();
        let size = (WIDTH * HEIGHT * 3) as usize;
        assert!(output.status.success() && output.stdout.len() > size, "grim: {output:?}");
        Screen(output.stdout[output.stdout.len() - size..].to_vec())
    }

    /// Waits until something within `area` differs from `before`, and stays as it is for two pictures; returns where.
    #[track_caller]
    pub fn wait_change(&self, subject: &str, before: &Screen, area: Area) -> Area {
        let mut last = None;
        wait_for(subject, SOON, || {
            let now = self.screen().difference(before, area);
            let is_settled = now.is_some() && now == last;
            last = now;
            now.filter(|_| is_settled)
        })
    }

    /// The titles of the notifications that are on the screen.
    pub fn notifications(&self) -> Vec<String> {
        let list: serde_json::Value = serde_json::from_str(&self.session.run(&["makoctl", "list"])).unwrap();
        let groups = list["data"].as_array().unwrap().iter();
        let all = groups.flat_map(|group| group.as_array().unwrap());
        all.map(|shown| shown["summary"]["data"].as_str().unwrap().to_owned()).collect()
    }
}

impl Screen {
    fn pixel(&self, x: u32, y: u32) -> [u8; 3] {
        let at = ((y * WIDTH + x) * 3) as usize;
        [self.0[at], self.0[at + 1], self.0[at + 2]]
    }

    /// The places of the arrows at the right edge of a menu, which mark rows with a submenu.
    pub fn arrows(&self, menu: Area) -> Vec<(u32, u32)> {
        let edge = menu.right - ARROW_TO_EDGE.1..menu.right - ARROW_TO_EDGE.0;
        let (mut arrows, mut y) = (Vec::new(), menu.top);
        while y + ARROW_HEIGHT < menu.bottom {
            let background = self.pixel(menu.centre().0, y);
            let is_arrow = |x: &u32| (y..y + ARROW_HEIGHT).all(|y| self.pixel(*x, y) != background);
            match edge.clone().find(is_arrow) {
                Some(x) => {
                    arrows.push((x, y + ARROW_HEIGHT / 2));
                    y += 2 * ARROW_HEIGHT;
                }
                None => y += 1,
            }
        }
        arrows
    }

    /// The smallest area that holds every pixel within `area` that differs between the two.
    pub fn difference(&self, other: &Screen, area: Area) -> Option<Area> {
        let mut found: Option<Area> = None;
        for y in area.top..area.bottom {
            for x in area.left..area.right {
                if self.pixel(x, y) != other.pixel(x, y) {
                    let one = Area { left: x, top: y, right: x + 1, bottom: y + 1 };
                    let so_far = *found.get_or_insert(one);
                    found = Some(Area {
                        left: so_far.left.min(x),
                        top: so_far.top.min(y),
                        right: so_far.right.max(x + 1),
                        bottom: so_far.bottom.max(y + 1),
                    });
                }
            }
        }
        found
    }
}

impl Drop for Sway {
    /// Keeps a picture of the screen.
    fn drop(&mut self) {
        let name = std::thread::current().name().unwrap_or("sway").replace("::", "-");
        // Without a picture the test has its result all the same.
        let _ = self.session.command(&["grim", picture(&name).to_str().unwrap()]).status();
    }
}
