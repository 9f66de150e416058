//! The menu's work on the history: the report, and the backtest of its thresholds. Each runs on a thread of its own.

use std::process::Command as Program;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, anyhow};
use jiff::{Timestamp, Zoned};

use super::path_or_err;
use super::reader::History;
use super::recorder::WriteReceipt;
use super::report;
use crate::core::engine::backtest::Backtest;
use crate::core::forecast::forecaster::MemoryPast;
use crate::core::forecast::grower::{MemoryLooks, RiseWindow};
use crate::core::history::since::Since;
use crate::core::history::threshold_stats::{BacktestResult, menu_thresholds};
use crate::core::messages::effect::{Event, Operation};
use crate::core::report::AlertFocus;
use crate::core::settings::Settings;
use crate::core::text;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::service::failures;
use crate::runtime::sources::machine;
use crate::runtime::{clock, launcher, platform};

/// Minutes are stored for so long.
const REPORT_DAYS: i32 = 31;
/// Readings are stored for so long.
const BACKTEST_DAYS: i32 = 7;
/// SQLite's part of the stack, with room to spare; the backtest's own data is on the heap.
const BACKTEST_STACK_BYTES: usize = 512 * 1024;

/// The menu's work on the history.
pub struct HistoryJobs {
    inbox: Arc<Inbox>,
    is_report_running: Arc<AtomicBool>,
}

impl HistoryJobs {
    /// No work yet.
    pub fn new(inbox: Arc<Inbox>) -> HistoryJobs {
        HistoryJobs { inbox, is_report_running: Arc::default() }
    }

    /// Makes a report and opens it; the outcome is that of [`Operation::Open`]. Does nothing while another report is made.
    /// `receipt` stands for the records that are to be in it; `focus` is the alert that the page shows first.
    pub fn open_report(&self, settings: &Settings, receipt: Option<WriteReceipt>, focus: Option<AlertFocus>) {
        if self.is_report_running.swap(true, Ordering::Relaxed) {
            return;
        }
        let guard = RunningGuard(Arc::clone(&self.is_report_running));
        let (settings, inbox) = (settings.clone(), Arc::clone(&self.inbox));
        let work = move || {
            // A report without the last records is better than none.
            let _ = receipt.as_ref().is_some_and(WriteReceipt::wait);
            let made = make_report(&settings, focus).map_err(|error| format!("{error:#}"));
            drop(guard);
            let result = made.and_then(|(program, page)| launcher::run(program, &page));
            inbox.send(Input::outcome(Operation::Open, result));
        };
        if let Err(error) = platform::start_thread("report", work) {
            self.inbox.send(Input::outcome(Operation::Open, Err(launcher::no_thread(&error))));
        }
    }

    /// Reads the past of memory in use up to `until`, where a history is written (`has_history`); the result is
    /// [`Event::MemoryPast`]. Where the history cannot be read, that is said elsewhere, and the past is unknown.
    pub fn read_memory_past(&self, until: Timestamp, has_history: bool) {
        let work = move || {
            let past = has_history.then(history).flatten().and_then(|history| history.memory_past(until).ok());
            Event::MemoryPast(MemoryPast { booted_at: machine::booted_at(), ..past.unwrap_or_default() })
        };
        self.read(work, Event::MemoryPast(MemoryPast::default()));
    }

    /// Reads the looks at the applications while memory rose, once the last of them are written (`receipt`); the result is
    /// [`Event::MemoryLooks`]: without a look where the history cannot be read.
    pub fn read_memory_looks(&self, window: RiseWindow, receipt: WriteReceipt) {
        let work = move || {
            // A look that is not written is one less.
            receipt.wait();
            Event::MemoryLooks(memory_looks(&window))
        };
        self.read(work, Event::MemoryLooks(MemoryLooks::default()));
    }

    /// Has `work` done on a thread; `otherwise` where there can be none.
    fn read(&self, work: impl FnOnce() -> Event + Send + 'static, otherwise: Event) {
        let inbox = Arc::clone(&self.inbox);
        let work = move || {
            inbox.send(Input::Event(work()));
        };
        if failures::thread("past").and_then(|thread| thread.stack_size(BACKTEST_STACK_BYTES).spawn(work)).is_err() {
            self.inbox.send(Input::Event(otherwise));
        }
    }

    /// Backtests the menu's thresholds, all else being as in `settings`; the result is [`Event::BacktestDone`].
    pub fn run_backtest(&self, settings: Settings) {
        let inbox = Arc::clone(&self.inbox);
        let work = move || {
            let result = backtest_recent(&settings);
            let result = result.map_err(|error| text::history::backtest_failed(format!("{error:#}")));
            inbox.send(Input::Event(Event::BacktestDone(result)));
        };
        let thread = failures::thread("trial").map(|thread| thread.stack_size(BACKTEST_STACK_BYTES));
        if let Err(error) = thread.and_then(|thread| thread.spawn(work)) {
            self.inbox.send(Input::Event(Event::BacktestDone(Err(launcher::no_thread(&error)))));
        }
    }
}

/// The recorded looks at the applications while memory rose; none where the history cannot be read.
pub fn memory_looks(window: &RiseWindow) -> MemoryLooks {
    history().and_then(|history| history.memory_looks(window).ok()).unwrap_or_default()
}

/// `None` where it cannot be opened.
fn history() -> Option<History> {
    path_or_err().and_then(|path| History::open(&path)).ok().flatten()
}

/// Held while a report is made. Dropped also when its thread panics.
struct RunningGuard(Arc<AtomicBool>);

impl Drop for RunningGuard {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Writes the report. Returns the program that opens it, and the page's name for messages.
fn make_report(settings: &Settings, focus: Option<AlertFocus>) -> Result<(Program, String)> {
    let (now, nothing) = (clock::now().wall, || anyhow!(text::history::NO_HISTORY_SHORT));
    let history = History::open(&path_or_err()?)?.ok_or_else(nothing)?;
    history.extent(now.timestamp())?.ok_or_else(nothing)?;
    let out = report::default_path(history.path());
    report::make_at(&history, settings, Since::days(REPORT_DAYS), &out, &now, focus)?;
    let mut program = platform::open_page(&out);
    launcher::hide_variables(&mut program, settings);
    Ok((program, format!("'{}'", out.display())))
}

fn backtest_recent(settings: &Settings) -> Result<Option<BacktestResult>> {
    let now = clock::now().wall;
    let Some(history) = History::open(&path_or_err()?)? else { return Ok(None) };
    backtest(&history, settings, Since::days(BACKTEST_DAYS).moment(&now), &now)
}

/// Runs each of the menu's thresholds over the readings from `since` to `now`, days being those of its zone; all else is as in
/// `settings`. `None` where there is no reading in that time.
pub fn backtest(
    history: &History,
    settings: &Settings,
    since: Timestamp,
    now: &Zoned,
) -> Result<Option<BacktestResult>> {
    let mut backtest = Backtest::new(settings, menu_thresholds(), now.time_zone().clone());
    history.readings(since, now.timestamp(), |reading| backtest.add(reading))?;
    Ok(backtest.finish())
}
