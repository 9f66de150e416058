//! GNOME Shell without a screen, read and driven from inside by its own `Eval`.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use serde_json::Value;
use zbus::block_on;

use crate::session::{Session, picture};
use crate::wait::{SOON, wait_for};

/// So often is looked whether a click has opened a menu.
const LOOKS: usize = 50;

/// The extension without which GNOME shows no tray items.
const EXTENSION: &str = "ubuntu-appindicators@ubuntu.com";

/// Functions for the scripts of the tests: the item, the texts below an actor, and a pointer.
const PRELUDE: &str = r#"
    globalThis.Clutter = imports.gi.Clutter;
    globalThis.pointer ??= Clutter.get_default_backend().get_default_seat()
        .create_virtual_device(Clutter.InputDeviceType.POINTER_DEVICE);
    globalThis.item = () => Object.entries(Main.panel.statusArea).find(([k]) => k.includes('loadline'))?.[1];
    globalThis.texts = actor => actor instanceof Clutter.Text || actor instanceof imports.gi.St.Label ? [actor.text] :
        actor.get_children().filter(c => c.visible).flatMap(texts);
    globalThis.centre = actor => {
        const [x, y] = actor.get_transformed_position(), [w, h] = actor.get_transformed_size();
        return [x + w / 2, y + h / 2];
    };
    globalThis.move = (x, y) => pointer.notify_absolute_motion(Clutter.CURRENT_TIME, x, y);
    globalThis.press = state => pointer.notify_button(Clutter.CURRENT_TIME, Clutter.BUTTON_PRIMARY, state);
    globalThis.row = (menu, start) => menu._getMenuItems().find(r => r.actor.visible && r.label?.text.startsWith(start));
    globalThis.isOnScreen = actor => {
        const hit = actor.mapped && global.stage.get_actor_at_pos(Clutter.PickMode.REACTIVE, ...centre(actor));
        return hit && actor.contains(hit);
    };
"#;

/// Width of the icon's picture, which is square, and the height of a full bar in it.
const PICTURE_SIZE: f64 = 44.0;
const BAR_HEIGHT: f64 = 40.0;

/// One of the icon's bars.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// The part of it that is filled.
    pub tenths: u32,
    pub is_red: bool,
}

/// A running shell.
pub struct Shell {
    pub session: Session,
}

impl Shell {
    /// Starts it with the extension for tray items, and with one monitor of this size, `1280x800`.
    pub fn start(monitor: &str) -> Shell {
        let shell = Shell::with_extensions(&format!("['{EXTENSION}']"), monitor);
        shell.session.wait_name("org.kde.StatusNotifierWatcher");
        shell
    }

    /// Starts it as GNOME ships it, which shows no tray items.
    pub fn plain(monitor: &str) -> Shell {
        Shell::with_extensions("[]", monitor)
    }

    fn with_extensions(extensions: &str, monitor: &str) -> Shell {
        let mut session = Session::start("GNOME", &["org.gnome.Shell.Notifications.service"]);
        session.start_system_bus();
        // The services of the system without which the shell does not start.
        for template in ["logind", "upower", "polkitd"] {
            session.spawn(&["/usr/bin/python3", "-I", "-m", "dbusmock", "--system", "--template", template]);
        }
        session.set_env("XDG_SESSION_TYPE", "wayland");
        for (schema, key, value) in [
            ("org.gnome.shell", "enabled-extensions", extensions),
            ("org.gnome.shell", "disable-extension-version-validation", "true"),
            ("org.gnome.shell", "welcome-dialog-last-shown-version", "'99.0'"),
            ("org.gnome.desktop.interface", "enable-animations", "false"),
            ("org.gnome.desktop.session", "idle-delay", "0"),
            ("org.gnome.desktop.screensaver", "lock-enabled", "false"),
        ] {
            session.run(&["gsettings", "set", schema, key, value]);
        }
        let display = ["--wayland", "--no-x11", "--wayland-display=gnome", "--headless", "--virtual-monitor", monitor];
        session.spawn(&[&["gnome-shell", "--unsafe-mode"], &display[..]].concat());
        session.set_env("WAYLAND_DISPLAY", "gnome");
        for name in ["org.gnome.Shell", "org.freedesktop.Notifications"] {
            session.wait_name(name);
        }
        let shell = Shell { session };
        shell.eval(PRELUDE);
        // The desktop starts in its overview, which shows no notifications.
        shell.wait("the start to be over", "!Main.layoutManager._startingUp");
        shell.wait("the overview to be gone", "Main.overview.visible ? Main.overview.hide() : true");
        // "Screen Lock disabled", which would be on show for as long as nobody moves the pointer.
        shell.wait("no notification of the shell's own", "!Main.messageTray.getSources().map(s => s.destroy()).length");
        shell
    }

    /// The value of a script inside the shell.
    #[track_caller]
    pub fn eval(&self, script: &str) -> Value {
        let (name, path) = ("org.gnome.Shell", "/org/gnome/Shell");
        let reply = block_on(self.session.connection.call_method(Some(name), path, Some(name), "Eval", &(script,)));
        let (is_done, result): (bool, String) = reply.unwrap().body().deserialize().unwrap();
        assert!(is_done, "{script}: {result}");
        if result.is_empty() { Value::Null } else { serde_json::from_str(&result).unwrap() }
    }

    /// Waits until a script inside the shell is true.
    #[track_caller]
    pub fn wait(&self, subject: &str, condition: &str) {
        wait_for(subject, SOON, || (self.eval(&format!("!!({condition})")) == Value::Bool(true)).then_some(()));
    }

    /// Clicks the middle of an actor with the pointer. It must be on the screen.
    #[track_caller]
    pub fn click(&self, subject: &str, actor: &str) {
        self.wait(subject, &format!("{actor} && isOnScreen({actor})"));
        // A menu that has just opened is still being laid out.
        let mut place = self.eval(&format!("centre({actor})"));
        wait_for("a place that stays", SOON, || {
            let before = std::mem::replace(&mut place, self.eval(&format!("centre({actor})")));
            (place == before).then_some(())
        });
        self.eval(&format!("move(...centre({actor}))"));
        self.eval("press(Clutter.ButtonState.PRESSED)");
        self.eval("press(Clutter.ButtonState.RELEASED)");
    }

    /// Clicks `actor` until its menu is open. The shell takes no click on a menu that is still opening itself.
    #[track_caller]
    pub fn open(&self, subject: &str, actor: &str) {
        let is_open = format!("{actor}?.menu?.isOpen");
        wait_for(&format!("{subject} to be open"), SOON, || {
            self.click(subject, actor);
            (0..LOOKS).find_map(|_| (self.eval(&format!("!!({is_open})")) == Value::Bool(true)).then_some(()))
        });
    }

    /// The bars of the icon as they are on the screen, from left to right.
    fn bars(&self) -> [Bar; 2] {
        let file = self.session.path("screen.png");
        self.take_picture(&file).unwrap();
        let mut reader = png::Decoder::new(BufReader::new(File::open(file).unwrap())).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let picture = reader.next_frame(&mut pixels).unwrap();
        let samples = picture.color_type.samples();
        let pixel = |x: usize, y: usize| &pixels[y * picture.line_size + x * samples..][..3];
        let place = self.eval("[...item()._icon.get_transformed_position(), ...item()._icon.get_transformed_size()]");
        let [left, top, width, height] = serde_json::from_value::<[f64; 4]>(place).unwrap();
        [0.0, 0.5].map(|half| {
            let columns = (left + width * half) as usize..(left + width * (half + 0.5)) as usize;
            let rows = (top as usize..(top + height) as usize).flat_map(|y| columns.clone().map(move |x| (x, y)));
            // Blue, or red; the track and the load line are grey.
            let mut filled = rows.map(|(x, y)| (y, pixel(x, y)));
            let (first, colour) = filled.clone().find(|(_, pixel)| pixel[0].abs_diff(pixel[2]) > 100).unzip();
            let last = filled.rfind(|(_, pixel)| pixel[0].abs_diff(pixel[2]) > 100).map(|(y, _)| y);
            let rows = first.zip(last).map_or(0, |(first, last)| last + 1 - first);
            let tenths = (rows as f64 * 10.0 / (width * BAR_HEIGHT / PICTURE_SIZE).floor()).round() as u32;
            Bar { tenths, is_red: colour.is_some_and(|colour| colour[0] > colour[2]) }
        })
    }

    /// Waits until the icon on the screen shows these bars. The extension changes it a moment after the label: it collects the
    /// changes of 100 ms, and then reads the file (`appIndicator.js`, `MAX_UPDATE_FREQUENCY`).
    #[track_caller]
    pub fn wait_bars(&self, wanted: [Bar; 2]) {
        wait_for(&format!("bars that show {wanted:?}"), SOON, || (self.bars() == wanted).then_some(()));
    }

    /// Writes a picture of the screen.
    fn take_picture(&self, file: &Path) -> zbus::Result<()> {
        let (name, path) = ("org.gnome.Shell.Screenshot", "/org/gnome/Shell/Screenshot");
        let body = (false, false, file.to_str().unwrap_or_default());
        block_on(self.session.connection.call_method(Some(name), path, Some(name), "Screenshot", &body)).map(drop)
    }

    /// The titles and texts of the notifications that the shell stores or shows, newest first.
    pub fn notifications(&self) -> Vec<String> {
        let all = self.eval(
            "Main.messageTray.getSources().flatMap(s => s.notifications).map(n => `${n.title}: ${n.bannerBodyText}`)",
        );
        serde_json::from_value(all).unwrap()
    }

    /// Waits until a banner on the screen contains `text`.
    #[track_caller]
    pub fn wait_banner(&self, text: &str) {
        // A banner gives way to the next one only while somebody moves the pointer.
        let banner = format!(
            "move(Math.random() * 99, 300), Main.messageTray._banner &&
             texts(Main.messageTray._bannerBin).join(' ').includes('{text}')"
        );
        self.wait(&format!("a banner with {text:?}"), &banner);
    }
}

impl Drop for Shell {
    /// Keeps a picture of the screen.
    fn drop(&mut self) {
        let name = std::thread::current().name().unwrap_or("gnome").replace("::", "-");
        // Without a picture the test has its result all the same.
        let _ = self.take_picture(&picture(&name));
    }
}
