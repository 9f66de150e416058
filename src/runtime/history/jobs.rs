//! What the menu asks of the history: a report to look at, and what the thresholds would have told. Each on a thread of its
//! own, one at a time, that ends when it is done.

use crate::core::messages::effect::Event;
use std::path::PathBuf;
use std::process::Command as Program;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;

use anyhow::{Result, anyhow, bail};

use super::backtest;
use super::reader::History;
use super::recorder::WriteReceipt;
use crate::core::history::since::Since;
use crate::core::history::threshold_stats::BacktestResult;
use crate::core::messages::effect::Operation;
use crate::core::settings::Settings;
use crate::core::text;
use crate::runtime::history::report;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::{clock, history, launcher, platform};

/// How far back a report goes, days: as far as minutes are kept.
const REPORT_DAYS: i32 = 31;
/// How far back thresholds are tried, days: as far as readings are kept.
const TRIED_DAYS: i32 = 7;
/// What a trial needs is on the heap: this is SQLite's, with room to spare.
const TRIAL_STACK_BYTES: usize = 512 * 1024;

/// The history, as the menu asks for it.
pub struct HistoryJobs {
    inbox: Arc<Inbox>,
    is_report_under_way: Arc<AtomicBool>,
}

impl HistoryJobs {
    /// Nothing asked yet.
    pub fn new(inbox: Arc<Inbox>) -> HistoryJobs {
        HistoryJobs { inbox, is_report_under_way: Arc::default() }
    }

    /// Makes a report and opens it; how that went comes as [`AssignedJob::Open`]. While one is being made there is no second.
    /// `written` is when what was gathered for the history is in it.
    pub fn open_report(&self, settings: &Settings, written: Option<WriteReceipt>) {
        let Some(under_way) = RunningGuard::begin(&self.is_report_under_way) else { return };
        let (settings, inbox) = (settings.clone(), Arc::clone(&self.inbox));
        let work = move || {
            // A report of what there is by then is better than none.
            let _ = written.as_ref().is_some_and(WriteReceipt::wait);
            let made = make_report(&settings);
            drop(under_way);
            let result =
                made.map_err(|error| format!("{error:#}")).and_then(|(program, what)| launcher::run(program, &what));
            inbox.send(Input::outcome(Operation::Open, result));
        };
        if let Err(error) = Builder::new().name("report".into()).spawn(work) {
            self.inbox.send(Input::outcome(Operation::Open, Err(launcher::no_thread(&error))));
        }
    }

    /// Tries the thresholds, all else being as in `settings`; the answer is [`Input::JobResult`].
    pub fn run_backtest(&self, settings: Settings) {
        let inbox = Arc::clone(&self.inbox);
        let work = move || {
            let result = backtest(&settings);
            inbox.send(Input::Event(Event::BacktestDone(
                result.map_err(|error| format!("could not try the thresholds: {error:#}")),
            )));
        };
        if let Err(error) = Builder::new().name("trial".into()).stack_size(TRIAL_STACK_BYTES).spawn(work) {
            self.inbox.send(Input::Event(Event::BacktestDone(Err(launcher::no_thread(&error)))));
        }
    }
}

/// That a report is being made; over when it is dropped, also where its thread comes to grief.
struct RunningGuard(Arc<AtomicBool>);

impl RunningGuard {
    /// `None` while another is.
    fn begin(flag: &Arc<AtomicBool>) -> Option<RunningGuard> {
        (!flag.swap(true, Ordering::Relaxed)).then(|| RunningGuard(Arc::clone(flag)))
    }
}

impl Drop for RunningGuard {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Writes the report; what opens it, and what that is called.
fn make_report(settings: &Settings) -> Result<(Program, String)> {
    let (history, now) = (path()?, clock::now().wall);
    // In a menu row there is no room for more.
    if History::open(&history)?.map(|history| history.extent(now.timestamp())).transpose()?.flatten().is_none() {
        bail!("nothing is recorded yet");
    }
    let out = report::beside(&history);
    report::make(&history, settings, Since::days(REPORT_DAYS), &out, &now)?;
    Ok((platform::open_page(&out), format!("'{}'", out.display())))
}

fn backtest(settings: &Settings) -> Result<Option<BacktestResult>> {
    let now = clock::now().wall;
    let Some(history) = History::open(&path()?)? else { return Ok(None) };
    backtest::run(&history, settings, Since::days(TRIED_DAYS).moment(&now), &now)
}

fn path() -> Result<PathBuf> {
    history::path().ok_or_else(|| anyhow!(text::history_tables::NO_PLACE_FOR_HISTORY))
}
