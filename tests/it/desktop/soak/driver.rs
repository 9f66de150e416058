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
use super::super::notifications::{Call, NotifyCall};
use super::super::world::World;
use super::day::{Day, Row};
use super::model::{Model, Outcome, Request};
use super::shown::Shown;
use crate::process::Program;
use crate::wait::wait_for;

/// The time limit of a step on a busy machine.
const STEP: Duration = Duration::from_secs(60);
/// The number of steps that a failure prints.
const REMEMBERED: usize = 25;
/// The urgency of a quiet notification, and that of an alert.
const LOW: u8 = 0;
const NORMAL: u8 = 1;

/// The program, its input, and the model.
pub struct Driver<'w> {
    pub world: &'w World,
    pub program: Program,
    pub model: Model,
    pub ticks: u32,
    item: Item,
    day: Day,
    /// The reading that is written but not handled yet: the program handles a reading when the next line arrives.
    pending: Row,
    /// The percentages of the reading that was handled last.
    last_shown: [Option<u32>; 2],
    feed: Feed,
    seen: Seen,
    steps: VecDeque<String>,
    /// The content of the tray at the last comparison.
    found: Option<Shown>,
    seed: u64,
}

/// The part of the program's output that has been compared.
#[derive(Default)]
struct Seen {
    out: usize,
    err: usize,
    calls: usize,
}

impl<'w> Driver<'w> {
    /// Starts the program in `world`, and writes its first reading.
    pub fn start(world: &'w World, seed: u64) -> Self {
        let launch = world.loadline().args(&["--readings", "/dev/stdin", "--speed", "max"]);
        let (program, stdin) = launch.start_and_talk();
        let mut day = Day::new(seed);
        let (first, pending) = (day.row(), day.row());
        let feed = Feed::into(stdin);
        // The program takes a row once its line has ended.
        feed.write(format!("time,cpu,memory\n{}{}", first.line(), pending.line().trim_end()));
        let mut model = Model::new(world.settings_file().display().to_string(), &first);
        model.read(&first);
        let item = world.host.item();
        let (seen, steps) = (Seen::default(), VecDeque::new());
        let (last_shown, found) = (first.shown(), None);
        Self { world, program, model, ticks: 1, item, day, pending, last_shown, feed, seen, steps, found, seed }
    }

    /// Records the next step, for the message of a failure.
    pub fn record(&mut self, step: impl Into<String>) {
        let step = format!("after {} readings: {}", self.ticks, step.into());
        if self.steps.len() == REMEMBERED {
            self.steps.pop_front();
        }
        self.steps.push_back(step);
    }

    /// Lets `count` readings pass, or a few more: until one shows other percentages than the one before, so that it is visible.
    /// No reading is written while the notification of an earlier one is pending.
    pub fn pass(&mut self, count: usize) {
        self.record(format!("{count} readings"));
        let mut shown = HashSet::from([self.last_shown]);
        let (mut lines, mut all) = (String::new(), Outcome::default());
        for passed in 1.. {
            let outcome = self.take_next(&mut lines);
            let is_seen = shown.insert(self.last_shown) || !outcome.out.is_empty();
            let must_wait = !outcome.requests.is_empty() || !outcome.err.is_empty();
            all.append(outcome);
            if must_wait || (passed >= count && is_seen) {
                break;
            }
        }
        self.feed.write(lines);
        self.compare(&all);
    }

    /// Lets the next reading pass. It is invisible if it has no outcome and shows the same as the one before: a click may then
    /// come before it.
    pub fn pass_next(&mut self) {
        let mut lines = String::new();
        let outcome = self.take_next(&mut lines);
        self.feed.write(lines);
        self.compare(&outcome);
    }

    /// Lets the waiting reading pass, and then one with these percentages.
    pub fn pass_one(&mut self, cpu_percent: u32, memory_percent: u32) {
        self.record(format!("a reading of {cpu_percent}% and {memory_percent}%"));
        let row = self.day.row_of(cpu_percent, memory_percent);
        let mut lines = String::new();
        let outcome = self.take(row, &mut lines);
        self.feed.write(std::mem::take(&mut lines));
        self.compare(&outcome);
        self.pass_next();
    }

    /// Lets the machine sleep before the reading after the next.
    pub fn sleep(&mut self, seconds: u64) {
        self.day.sleep(seconds);
    }

    /// The outcome of the next reading after `first` has changed the model.
    pub fn predict(&self, first: impl FnOnce(&mut Model)) -> Outcome {
        let mut model = self.model.clone();
        first(&mut model);
        model.read(&self.pending)
    }

    fn take_next(&mut self, lines: &mut String) -> Outcome {
        let row = self.day.row();
        self.take(row, lines)
    }

    fn take(&mut self, following: Row, lines: &mut String) -> Outcome {
        lines.push('\n');
        lines.push_str(following.line().trim_end());
        let row = std::mem::replace(&mut self.pending, following);
        self.ticks += 1;
        self.last_shown = row.shown();
        let outcome = self.model.read(&row);
        assert!(!outcome.is_a_race(), "the driver must not let it come to this: {outcome:?}");
        outcome
    }

    /// Clicks the row at `path`, which means `command`.
    pub fn click(&mut self, path: &[&str], command: UserCommand) {
        self.record(format!("click on {path:?}"));
        let outcome = self.model.command(command);
        self.item.click(path);
        self.compare(&outcome);
    }

    /// The same for a click without a visible effect: the next click comes after it.
    pub fn click_unseen(&mut self, path: &[&str], command: UserCommand) {
        self.record(format!("click on {path:?}, which changes nothing"));
        let outcome = self.model.command(command);
        assert!(outcome.out.is_empty() && outcome.requests.is_empty() && outcome.err.is_empty(), "{outcome:?}");
        self.item.click(path);
    }

    /// Writes the settings file, or removes it.
    pub fn edit(&mut self, text: Option<&str>) {
        self.record(format!("edit: {text:?}"));
        self.model.edit(text);
        match text {
            Some(text) => self.world.write_settings(text),
            // It may not exist.
            None => {
                let _ = fs::remove_file(self.world.settings_file());
            }
        }
    }

    /// Presses the button of a notification that snoozes alerts for an hour.
    pub fn press(&mut self, notification: NotificationId, command: UserCommand, label: &str) {
        let id = self.model.pressable[&notification];
        self.record(format!("press {label:?} on notification {id}"));
        let is_it = |call: &NotifyCall| call.id == id && !call.actions.is_empty();
        let call = self.world.daemon.notifications().into_iter().rev().find(is_it).unwrap();
        let outcome = self.model.press(notification, command);
        let expected = Shown::of(&self.model.view());
        // The test may be faster than the program's subscription: pressed until the program reacts.
        wait_for("the effect of the button", STEP, || {
            self.world.daemon.press(&call, label);
            (Shown::at(&self.item)? == expected).then_some(())
        });
        self.compare(&outcome);
    }

    pub fn open_menu(&mut self) {
        self.record("open the menu");
        self.item.open();
    }

    pub fn close_menu(&mut self) {
        self.record("close the menu");
        self.item.close();
    }

    pub fn panel_leaves(&mut self) {
        self.record("the panel ends");
        self.world.host.leave();
    }

    pub fn panel_arrives(&mut self) {
        self.record("a panel arrives");
        self.world.host.arrive();
        self.item = self.world.host.item();
        self.compare(&Outcome::default());
    }

    pub fn service_leaves(&mut self) {
        self.record("the notification service ends");
        self.world.daemon.leave();
        self.model.service_leaves();
    }

    pub fn service_arrives(&mut self) {
        self.record("a notification service arrives");
        self.world.daemon.arrive();
        let outcome = self.model.service_arrives();
        self.compare(&outcome);
    }

    /// Ends the program, without leftovers and without unexpected output.
    pub fn quit(mut self) {
        self.record("quit");
        self.item.click(&["Quit Loadline"]);
        let status = self.program.wait_exit();
        assert!(status.success(), "{status}");
        assert_eq!(self.program.out().split_off(self.seen.out), [""; 0]);
        assert_eq!(self.program.err().split_off(self.seen.err), [""; 0]);
        let requests: Vec<_> = self.world.daemon.calls().split_off(self.seen.calls).into_iter().map(request).collect();
        assert_eq!(requests, self.model.closed_at_end());
        assert_eq!(self.world.leftovers(), [""; 0].map(std::path::PathBuf::from));
    }

    /// Waits for the expected outcome, and asserts that there is nothing else.
    pub fn compare(&mut self, outcome: &Outcome) {
        let Self { program, world, seen, model, item, found, .. } = self;
        let out = wait_for("the lines on stdout", STEP, || {
            let out = program.out().split_off(seen.out);
            (out.len() >= outcome.out.len()).then_some(out)
        });
        assert_eq!(out, outcome.out, "stdout");
        let err = wait_for("the lines on stderr", STEP, || {
            let err = program.err().split_off(seen.err);
            (err.len() >= outcome.err.len()).then_some(err)
        });
        assert_eq!(err, outcome.err, "stderr");
        let requests = wait_for("the requests to the notification service", STEP, || {
            let calls = world.daemon.calls().split_off(seen.calls);
            (calls.len() >= outcome.requests.len()).then(|| calls.into_iter().map(request).collect::<Vec<_>>())
        });
        assert_eq!(requests, outcome.requests, "the notification service");
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
        seen.calls += requests.len();
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

fn request(call: Call) -> Request {
    match call {
        Call::Close(id) => Request::Close(id),
        Call::Notify(call) => {
            let NotifyCall { id, replaces, summary, body, urgency, .. } = *call;
            let urgency = urgency.unwrap();
            assert!([LOW, NORMAL].contains(&urgency), "{urgency}");
            Request::Notify { id, replaces, title: summary, body, is_quiet: urgency == LOW }
        }
    }
}

/// Writes lines into the program's stdin. On a thread of its own, because a program that does not read would block the test;
/// the thread ends with this value, or with the program.
struct Feed(Sender<String>);

impl Feed {
    fn into(mut stdin: ChildStdin) -> Self {
        let (sender, lines) = channel::<String>();
        thread::spawn(move || {
            // A program that has ended reads no more: the comparison reports it.
            let _ = lines.iter().try_for_each(|lines| stdin.write_all(lines.as_bytes()));
        });
        Self(sender)
    }

    fn write(&self, lines: String) {
        let _ = self.0.send(lines);
    }
}
