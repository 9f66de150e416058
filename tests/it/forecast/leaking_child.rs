//! A real child of a chosen name that grows by 20 MB a second of a clock that runs faster, from the processes of this machine
//! to the words of the warning, by way of a history on disk.

use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use loadline::core::forecast::event::ForecastEvent;
use loadline::core::forecast::forecaster::MemoryPast;
use loadline::core::history::record::Record;
use loadline::core::messages::effect::{Effect, Event};
use loadline::core::metrics::reading::Reading;
use loadline::core::processes::app_look::AppLook;
use loadline::core::processes::top_apps::{Counted, ProcessSample};
use loadline::core::settings::{Overrides, Settings};
use loadline::runtime::history::reader::History;
use loadline::runtime::history::recorder::Recorder;
use loadline::runtime::inbox::Inbox;
use loadline::runtime::platform::ProcessTable;

use super::engine::{DAY, HOUR, MINUTE, notifications, warnings};
use crate::process::Owned;
use crate::support::engine::{Driver, WITH_APPS};

/// A second of the child is so long in the time of the engine.
const SECOND_OF_CHILD: Duration = Duration::from_secs(300);
/// The memory of the made-up machine that holds the child: it grows by six points of it an hour.
const TOTAL_BYTES: u64 = 4 << 30;
const NAME: &str = "leak \u{1b}[2J<b>\u{202e}'; --";
/// Grows by 20 MB for each line, and says when it has.
const GROWING: &str = "
import sys
held = []
for line in sys.stdin:
    held.append(bytearray(b'x' * (20 << 20)))
    print(flush=True)
";

struct GrowingChild {
    _folder: tempfile::TempDir,
    process: Owned,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl GrowingChild {
    fn start() -> GrowingChild {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join(NAME);
        std::fs::copy(std::fs::canonicalize("/usr/bin/python3").unwrap(), &program).unwrap();
        let mut command = Command::new(program);
        command
            .args(["-I", "-S", "-c", GROWING])
            .env("PYTHONHOME", "/usr")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = Owned(command.spawn().unwrap());
        let (orders, answers) = (process.0.stdin.take().unwrap(), process.0.stdout.take().unwrap());
        GrowingChild { _folder: folder, process, orders, answers: BufReader::new(answers) }
    }

    /// Another second of growth.
    fn grow(&mut self) {
        writeln!(self.orders).unwrap();
        assert_eq!(self.answers.read_line(&mut String::new()).unwrap(), 1);
    }
}

/// The engine in virtual time, with the child, looks at it, and the history of both.
struct World {
    driver: Driver,
    child: GrowingChild,
    table: ProcessTable,
    before: Vec<ProcessSample>,
    /// The memory of the child at the beginning, and at the last look.
    child_bytes: (u64, u64),
    recorder: Recorder,
    path: std::path::PathBuf,
    found: Vec<ForecastEvent>,
}

impl World {
    fn new(folder: &std::path::Path) -> World {
        let path = folder.canonicalize().unwrap().join("history.sqlite3");
        let recorder = Recorder::start(Arc::new(Inbox::default()), path.clone());
        let settings = Settings { refresh: MINUTE, ..Settings::DEFAULT };
        let mut driver = Driver::with(settings, Overrides::default(), WITH_APPS);
        driver.handle(Event::MemoryPast(MemoryPast::default()));
        let (child, table) = (GrowingChild::start(), ProcessTable::default());
        World { driver, child, table, before: Vec::new(), child_bytes: (0, 0), recorder, path, found: Vec::new() }
    }

    /// Of the processes of this machine only the child and this test count: others may be larger, and grow.
    fn look(&mut self) -> AppLook {
        let now = self.table.scan().unwrap();
        let ours = [self.child.process.0.id(), std::process::id()];
        let of = |sample: &ProcessSample| if ours.contains(&sample.pid) { Counted::BOTH } else { Counted::default() };
        let counted: Vec<Counted> = now.iter().map(of).collect();
        let look = AppLook::of(&self.before, &now, SECOND_OF_CHILD, None, true, Some(&counted));
        let child = now.iter().find(|sample| sample.pid == ours[0]).unwrap();
        assert_eq!(&*child.application, NAME);
        self.before = now;
        let bytes = look.apps.iter().find(|app| *app.name == *NAME).unwrap().memory_bytes;
        let first = if self.child_bytes.0 == 0 { bytes } else { self.child_bytes.0 };
        self.child_bytes = (first, bytes);
        look
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        self.found.extend(warnings(&effects));
        for effect in effects {
            let next = match effect {
                Effect::Record(record) => {
                    self.recorder.record(record, self.driver.now.elapsed);
                    continue;
                }
                Effect::LookAtApps if self.driver.now.elapsed > DAY * 2 - HOUR => Event::AppLook(Ok(self.look())),
                Effect::ReadMemoryLooks(window) => {
                    assert!(self.recorder.write_now().wait());
                    let history = History::open(&self.path).unwrap().unwrap();
                    Event::MemoryLooks(history.memory_looks(&window).unwrap())
                }
                _ => continue,
            };
            let effects = self.driver.handle(next);
            self.perform(effects);
        }
    }

    fn pass(&mut self, span: Duration) {
        let end = self.driver.now.elapsed + span;
        while self.driver.now.elapsed < end {
            let grown = (self.child_bytes.1 - self.child_bytes.0) as f64;
            let memory_percent = Some(50.0 + 100.0 * grown / TOTAL_BYTES as f64);
            let reading = Reading { memory_percent, memory_total_bytes: Some(TOTAL_BYTES), ..Reading::default() };
            let effects = self.driver.read(reading);
            self.perform(effects);
            self.driver.advance(MINUTE);
        }
    }
}

#[test]
fn a_child_that_grows_by_20_mb_a_second_is_warned_of_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(folder.path());
    world.pass(DAY * 2);
    for _ in 0..48 {
        if world.found.is_empty() {
            world.child.grow();
            world.pass(SECOND_OF_CHILD);
        }
    }
    let [event] = &world.found[..] else { panic!("{:?}", world.found) };
    let grower = event.grower.as_ref().unwrap_or_else(|| panic!("{event:?}"));
    assert_eq!((&*grower.name, grower.is_at_least), (NAME, false));
    let share = grower.grown_bytes as f64 / event.grown_bytes.unwrap() as f64;
    assert!((0.8..1.3).contains(&share), "{share}: the child alone grew");
    let [notification] = notifications(&world.driver)[..] else { panic!("one notification") };
    assert!(notification.body.starts_with(&format!("At this rate: {NAME} grew by ")), "{}", notification.body);
    // It is read back as it was recorded.
    let recorded = world.driver.effects.iter().find_map(|(_, effect)| match effect {
        Effect::Record(Record::Forecast { at, event }) => Some((*at, event.clone())),
        _ => None,
    });
    let (at, event) = recorded.unwrap();
    assert!(world.recorder.write_now().wait());
    let stored = History::open(&world.path).unwrap().unwrap().forecasts(at, at).unwrap();
    let stored = stored[0].event.grower.clone().unwrap();
    assert_eq!(Some(&*stored.name), event.grower.as_ref().map(|grower| &*grower.name));
    assert!(stored.grown_bytes.abs_diff(event.grower.unwrap().grown_bytes) <= 1 << 19);
}
