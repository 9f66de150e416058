//! Drives the program and the model side by side, and compares them after each step.
use std::collections::{HashSet, VecDeque};
use std::fs;
use std::io::Write;
use std::process::ChildStdin;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use loadline::core::messages::effect::{NotificationId, UserCommand};

use super::super::item::Item;
use super::super::notifications::{Call, Note};
use super::super::world::World;
use super::day::{Day, Row};
use super::model::{Asked, Model, Told};
use super::shown::Shown;
use crate::process::Program;
use crate::wait::wait_for;

/// What any one step may take on a machine that does much else besides.
const STEP: Duration = Duration::from_secs(60);
/// How many steps a failure tells of.
const REMEMBERED: usize = 25;
/// The urgency of a note that may go by unnoticed, and that of an alert.
const LOW: u8 = 0;
const NORMAL: u8 = 1;

/// The program, the one who feeds it, and what it must do.
pub struct Driver<'w> {
    pub world: &'w World,
    pub program: Program,
    pub model: Model,
    pub ticks: u32,
    item: Item,
    day: Day,
    /// A reading is handled when the line of the next one is there: this one has been written and is not handled yet.
    pending: Row,
    /// The percentages of the reading that was handled last.
    last_shown: [Option<u32>; 2],
    feed: Feed,
    seen: Seen,
    steps: VecDeque<String>,
    /// What the tray showed when it was last looked at.
    found: Option<Shown>,
    seed: u64,
}

/// How much of what the program said has been compared.
#[derive(Default)]
struct Seen {
    out: usize,
    err: usize,
    calls: usize,
}

impl<'w> Driver<'w> {
    /// Starts the program in `world`, and gives it its first reading.
    pub fn start(world: &'w World, seed: u64) -> Self {
        let launch = world.loadline().args(&["--readings", "/dev/stdin", "--speed", "max"]);
        let (program, stdin) = launch.start_and_talk();
        let mut day = Day::new(seed);
        let pending = day.row();
        let feed = Feed::into(stdin);
        feed.write(format!("time,cpu,memory\n{}", pending.line()));
        let model = Model::new(world.settings_file().display().to_string(), &pending);
        let item = world.host.item();
        let (seen, steps) = (Seen::default(), VecDeque::new());
        let (last_shown, found) = ([None; 2], None);
        Self { world, program, model, ticks: 0, item, day, pending, last_shown, feed, seen, steps, found, seed }
    }

    /// Notes what is done next, for the one who reads of a failure.
    pub fn note(&mut self, step: impl Into<String>) {
        let step = format!("after {} readings: {}", self.ticks, step.into());
        if self.steps.len() == REMEMBERED {
            self.steps.pop_front();
        }
        self.steps.push_back(step);
    }

    /// Lets so many readings pass, or somewhat more: until one shows other percentages than any before it, so that it can
    /// be seen. No reading is given to the program while it has yet to notify of one before.
    pub fn pass(&mut self, count: usize) {
        self.note(format!("{count} readings"));
        let mut shown = HashSet::from([self.last_shown]);
        let (mut lines, mut all) = (String::new(), Told::default());
        for passed in 1.. {
            let told = self.take_next(&mut lines);
            let is_seen = shown.insert(self.last_shown) || !told.out.is_empty();
            let must_wait = !told.asked.is_empty() || !told.err.is_empty();
            all.append(told);
            if must_wait || (passed >= count && is_seen) {
                break;
            }
        }
        self.feed.write(lines);
        self.compare(&all);
    }

    /// Lets the next reading pass. That cannot be seen if it leads to nothing and shows what the one before has shown: a
    /// click may then come before it.
    pub fn pass_next(&mut self) {
        let mut lines = String::new();
        let told = self.take_next(&mut lines);
        self.feed.write(lines);
        self.compare(&told);
    }

    /// Lets the reading pass that waits, and then one with these percentages.
    pub fn pass_one(&mut self, cpu_percent: u32, memory_percent: u32) {
        self.note(format!("a reading of {cpu_percent}% and {memory_percent}%"));
        let row = self.day.row_of(cpu_percent, memory_percent);
        let mut lines = String::new();
        let told = self.take(row, &mut lines);
        self.feed.write(std::mem::take(&mut lines));
        self.compare(&told);
        self.pass_next();
    }

    /// The machine sleeps before the reading after the next.
    pub fn sleep(&mut self, seconds: u64) {
        self.day.sleep(seconds);
    }

    /// What the next reading would lead to, after what `first` does to the model.
    pub fn foresee(&self, first: impl FnOnce(&mut Model)) -> Told {
        let mut model = self.model.clone();
        first(&mut model);
        model.read(&self.pending)
    }

    fn take_next(&mut self, lines: &mut String) -> Told {
        let row = self.day.row();
        self.take(row, lines)
    }

    fn take(&mut self, following: Row, lines: &mut String) -> Told {
        lines.push_str(&following.line());
        let row = std::mem::replace(&mut self.pending, following);
        self.ticks += 1;
        self.last_shown = row.shown();
        let told = self.model.read(&row);
        assert!(!told.is_a_race(), "the driver must not let it come to this: {told:?}");
        told
    }

    /// Clicks the row that `path` leads to, which asks for `command`.
    pub fn click(&mut self, path: &[&str], command: UserCommand) {
        self.note(format!("click on {path:?}"));
        let told = self.model.command(command);
        self.item.click(path);
        self.compare(&told);
    }

    /// The same where nothing of it can be seen: whatever is clicked next comes behind it.
    pub fn click_unseen(&mut self, path: &[&str], command: UserCommand) {
        self.note(format!("click on {path:?}, which changes nothing"));
        let told = self.model.command(command);
        assert!(told.out.is_empty() && told.asked.is_empty() && told.err.is_empty(), "{told:?}");
        self.item.click(path);
    }

    /// Writes the settings file, or takes it away.
    pub fn edit(&mut self, text: Option<&str>) {
        self.note(format!("edit: {text:?}"));
        self.model.edit(text);
        match text {
            Some(text) => self.world.write_settings(text),
            // It may not be there.
            None => {
                let _ = fs::remove_file(self.world.settings_file());
            }
        }
    }

    /// Presses the button of a notification that silences alerts for an hour.
    pub fn press(&mut self, identity: NotificationId, command: UserCommand, label: &str) {
        let id = self.model.pressable[&identity];
        self.note(format!("press {label:?} on notification {id}"));
        let is_it = |note: &Note| note.id == id && !note.actions.is_empty();
        let note = self.world.daemon.notes().into_iter().rev().find(is_it).unwrap();
        let told = self.model.press(identity, command);
        let expected = Shown::of(&self.model.view());
        // Whoever is about to press it may be faster than the program is to listen: pressed until it is heard.
        wait_for("the button to be heard", STEP, || {
            self.world.daemon.press(&note, label);
            (Shown::at(&self.item)? == expected).then_some(())
        });
        self.compare(&told);
    }

    pub fn open_menu(&mut self) {
        self.note("open the menu");
        self.item.open();
    }

    pub fn close_menu(&mut self) {
        self.note("close the menu");
        self.item.close();
    }

    pub fn panel_leaves(&mut self) {
        self.note("the panel ends");
        self.world.host.leave();
    }

    pub fn panel_arrives(&mut self) {
        self.note("a panel arrives");
        self.world.host.arrive();
        self.item = self.world.host.item();
        self.compare(&Told::default());
    }

    pub fn service_leaves(&mut self) {
        self.note("the notification service ends");
        self.world.daemon.leave();
        self.model.service_leaves();
    }

    pub fn service_arrives(&mut self) {
        self.note("a notification service arrives");
        self.world.daemon.arrive();
        self.model.service_arrives();
    }

    /// Asks it to end. Nothing stays behind, and nothing has been said that was not to be.
    pub fn quit(mut self) {
        self.note("quit");
        self.item.click(&["Quit Loadline"]);
        let status = self.program.wait_exit();
        assert!(status.success(), "{status}");
        assert_eq!(self.program.out().split_off(self.seen.out), [""; 0]);
        assert_eq!(self.program.err().split_off(self.seen.err), [""; 0]);
        assert_eq!(self.world.daemon.calls().len(), self.seen.calls);
        assert_eq!(self.world.leftovers(), [""; 0].map(std::path::PathBuf::from));
    }

    /// Waits until the program has done what it must, and sees to it that it has done nothing else.
    pub fn compare(&mut self, told: &Told) {
        let Self { program, world, seen, model, item, found, .. } = self;
        let out = wait_for("the lines on stdout", STEP, || {
            let out = program.out().split_off(seen.out);
            (out.len() >= told.out.len()).then_some(out)
        });
        assert_eq!(out, told.out, "stdout");
        let err = wait_for("the lines on stderr", STEP, || {
            let err = program.err().split_off(seen.err);
            (err.len() >= told.err.len()).then_some(err)
        });
        assert_eq!(err, told.err, "stderr");
        let asked = wait_for("the notification service to be asked", STEP, || {
            let calls = world.daemon.calls().split_off(seen.calls);
            (calls.len() >= told.asked.len()).then(|| calls.into_iter().map(asked).collect::<Vec<_>>())
        });
        assert_eq!(asked, told.asked, "the notification service");
        let expected = Shown::of(&model.view());
        wait_for(&format!("the tray to show {expected:#?}"), STEP, || {
            *found = Shown::at(item);
            (found.as_ref()? == &expected).then_some(())
        });
        wait_for("the settings file", STEP, || {
            (fs::read_to_string(world.settings_file()).ok() == model.file).then_some(())
        });
        seen.out += out.len();
        seen.err += err.len();
        seen.calls += asked.len();
    }
}

impl Drop for Driver<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let steps: Vec<&str> = self.steps.iter().map(String::as_str).collect();
            eprintln!("LOADLINE_SOAK_SEED={} and, of the steps, the last:\n{}", self.seed, steps.join("\n"));
            eprintln!("The tray showed {:#?}", self.found);
        }
    }
}

fn asked(call: Call) -> Asked {
    match call {
        Call::Close(id) => Asked::Close(id),
        Call::Notify(Note { id, replaces, summary, body, urgency, .. }) => {
            let urgency = urgency.unwrap();
            assert!([LOW, NORMAL].contains(&urgency), "{urgency}");
            Asked::Notify { id, replaces, title: summary, body, is_quiet: urgency == LOW }
        }
    }
}

/// Writes what it is given into the program's stdin. On a thread of its own, for a program that does not read would hold
/// it; the thread ends with this value, or with the program.
struct Feed(Sender<String>);

impl Feed {
    fn into(mut stdin: ChildStdin) -> Self {
        let (sender, lines) = channel::<String>();
        thread::spawn(move || {
            // A program that has ended reads no more: those who wait for it will say so.
            let _ = lines.iter().try_for_each(|lines| stdin.write_all(lines.as_bytes()));
        });
        Self(sender)
    }

    fn write(&self, lines: String) {
        let _ = self.0.send(lines);
    }
}
