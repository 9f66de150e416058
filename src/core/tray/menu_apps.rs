//! The applications in the menu: when to look at them, and their rows. A look comes when the menu opens and again and again
//! while it is open, none while it is closed.

use std::sync::Arc;
use std::time::Duration;

use super::labels;
use crate::core::escape::for_terminal;
use crate::core::metrics::metric::Metric;
use crate::core::processes::app_look::{AppUse, pause_after};
use crate::core::processes::menu_look::{LookRequest, MenuApp, MenuLook};
use crate::core::processes::top_apps::MIN_SHARE;
use crate::core::text::alerts::names_in_row;
use crate::core::text::figures::{size, truncate_chars};

/// The time over which the CPU is measured first. Linux counts CPU time in hundredths of a second.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// An application that took the place of another in the menu so recently is not asked to quit: the click was meant for the
/// other one.
const SETTLED_AFTER: Duration = Duration::from_secs(1);
/// The longest name in a row, in characters as they are shown.
const NAME_WIDTH: usize = 32;

/// The rows of one metric's applications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppRows {
    /// The row above them.
    pub heading: &'static str,
    /// The greatest user first.
    pub rows: Vec<AppRow>,
}

/// The row of one application. Its texts are escaped as for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppRow {
    /// Names the application in a click: it changes when another application takes this row.
    pub number: u64,
    /// `Firefox, 14 processes 2.1 GB`.
    pub title: String,
    /// `Ask Firefox to quit?`, or the reason why it cannot be asked.
    pub question: String,
    /// `Yes, ask Firefox to quit`.
    pub answer: String,
    pub can_ask: bool,
}

/// The application of a row.
#[derive(Clone, Debug)]
struct RowApp {
    number: u64,
    app: MenuApp,
    /// The time from which it takes a click.
    settled_at: Duration,
}

/// The latest look, and the one under way. Times are on the monotonic clock.
#[derive(Clone, Debug)]
pub struct MenuApps {
    /// False for a trace, whose readings are not this machine's present ones.
    is_enabled: bool,
    opening: u64,
    is_awaited: bool,
    /// Whether the awaited look is under way and the first to know of the CPU: it is brought to its end.
    is_first: bool,
    /// The time of the next look, if the menu is open then.
    next_at: Duration,
    last_number: u64,
    /// In the order of [`Metric::ALL`].
    apps: [Vec<RowApp>; 2],
    /// Those of the look before: a click may have been meant for them.
    apps_before: [Vec<RowApp>; 2],
    rows: Arc<[AppRows; 2]>,
    /// For the live rows above: the applications that stand out; `None` before a look.
    names: [Option<Arc<str>>; 2],
}

impl MenuApps {
    /// No look yet.
    pub fn new(is_enabled: bool) -> MenuApps {
        let heading = if is_enabled { labels::APPS_WHILE_OPEN } else { labels::APPS_OF_RECORDING };
        MenuApps {
            is_enabled,
            opening: 0,
            is_awaited: false,
            is_first: false,
            next_at: Duration::ZERO,
            last_number: 0,
            apps: Default::default(),
            apps_before: Default::default(),
            rows: no_rows(heading),
            names: [None, None],
        }
    }

    /// The rows, in the order of [`Metric::ALL`].
    pub fn rows(&self) -> &Arc<[AppRows; 2]> {
        &self.rows
    }

    /// The applications that use the most of `metric`, for its live row: empty where none does, `None` where no look tells.
    pub fn names(&self, metric: Metric) -> Option<&Arc<str>> {
        self.names[metric as usize].as_ref()
    }

    /// Takes note that the menu is opened, and returns the first look, unless one is under way. Where the menu was open a
    /// moment ago its rows stay, and the look comes when it would have come then.
    pub fn open(&mut self, now: Duration) -> Option<LookRequest> {
        if !self.is_enabled || self.is_awaited {
            return None;
        }
        if now >= self.next_at {
            self.clear(labels::APPS_MEASURED);
        }
        let after = self.next_at.saturating_sub(now);
        (self.is_awaited, self.is_first) = (true, after.is_zero());
        self.opening += 1;
        Some(LookRequest { opening: self.opening, after })
    }

    /// Takes note that the menu is closed, and returns whether the looks end. A first one comes to its end: the menu may be
    /// opened again at once.
    pub fn close(&mut self) -> bool {
        let ends = self.is_awaited && !self.is_first;
        self.is_awaited &= !ends;
        ends
    }

    /// Empties the rows once the menu is closed and they are no longer those of a moment ago.
    pub fn expire(&mut self, now: Duration) {
        if !self.is_awaited && now >= self.next_at && !self.apps.iter().all(Vec::is_empty) {
            self.clear(labels::APPS_WHILE_OPEN);
        }
    }

    /// Whether a look of this opening is awaited.
    pub fn awaits(&self, opening: u64) -> bool {
        self.is_awaited && opening == self.opening
    }

    /// Takes the awaited look, or `None` for one that failed. Returns the next one; `None` where the menu `is_open` no more,
    /// and the looks end.
    pub fn receive(&mut self, look: Option<MenuLook>, is_open: bool, now: Duration) -> Option<LookRequest> {
        let has_cpu = look.as_ref().is_none_or(|look| look.span.is_some());
        let cost = look.as_ref().map_or(Duration::ZERO, |look| look.cost);
        self.next_at = now.saturating_add(pause_after(cost));
        match look {
            Some(look) => self.show(look, now),
            None => self.clear(labels::APPS_UNKNOWN),
        }
        let after = if has_cpu { self.next_at.saturating_sub(now) } else { FIRST_PAUSE };
        self.is_first = !has_cpu;
        // What was begun is brought to its end.
        self.is_awaited = is_open || self.is_first;
        self.is_awaited.then_some(LookRequest { opening: self.opening, after })
    }

    /// The application that a click on the row `number` means, and the processes to ask; `None` where there is no such row any
    /// more, or where the application has only just come into a row.
    pub fn clicked(&self, number: u64, now: Duration) -> Option<&MenuApp> {
        let find = |apps: &'_ [Vec<RowApp>; 2]| {
            apps.iter().flatten().position(|row| row.number == number && now >= row.settled_at)
        };
        let (apps, at) = match find(&self.apps) {
            Some(at) => (&self.apps, at),
            None => (&self.apps_before, find(&self.apps_before)?),
        };
        apps.iter().flatten().nth(at).map(|row| &row.app)
    }

    fn clear(&mut self, heading: &'static str) {
        (self.apps, self.apps_before, self.names) = Default::default();
        self.rows = no_rows(heading);
    }

    fn show(&mut self, look: MenuLook, now: Duration) {
        let (span, is_complete) = (look.span, look.is_complete);
        self.apps_before = self.apps.clone();
        // A first scan does not know of the CPU, but the menu may have been open a moment ago.
        if span.is_some() {
            self.names[Metric::Cpu as usize] = Some(names(&look.by_cpu, |app| app.cpu_time.as_nanos()));
            self.place(Metric::Cpu, look.by_cpu, now);
        }
        self.names[Metric::Memory as usize] = Some(names(&look.by_memory, |app| app.memory_bytes.into()));
        self.place(Metric::Memory, look.by_memory, now);
        let row = |row: &RowApp, figure: String| app_row(row.number, &row.app, &figure);
        let memory = self.apps[Metric::Memory as usize].iter();
        let memory = memory.map(|app| row(app, size(app.app.usage.memory_bytes))).collect();
        let memory = AppRows { heading: labels::apps(Metric::Memory, is_complete), rows: memory };
        let cpu = match span {
            None => self.rows[Metric::Cpu as usize].clone(),
            Some(span) => {
                let apps = &self.apps[Metric::Cpu as usize];
                let heading = if apps.is_empty() { labels::APPS_IDLE } else { labels::apps(Metric::Cpu, is_complete) };
                AppRows { heading, rows: apps.iter().map(|app| row(app, percent(&app.app.usage, span))).collect() }
            }
        };
        self.rows = Arc::new([cpu, memory]);
    }

    /// Puts applications into the rows of `metric`. One that stays in its row keeps its number.
    fn place(&mut self, metric: Metric, apps: Vec<MenuApp>, now: Duration) {
        let mut before = std::mem::take(&mut self.apps[metric as usize]).into_iter();
        let place = |app: MenuApp| match before.next() {
            Some(same) if same.app.usage.name == app.usage.name => RowApp { app, ..same },
            other => {
                self.last_number += 1;
                // A row that was empty was not aimed at.
                let settled_at = other.map_or(now, |_| now.saturating_add(SETTLED_AFTER));
                RowApp { number: self.last_number, app, settled_at }
            }
        };
        self.apps[metric as usize] = apps.into_iter().map(place).collect();
    }
}

/// The names of the applications that are worth naming, as of a scan for an alert (`rank_apps`).
fn names(apps: &[MenuApp], amount: impl Fn(&AppUse) -> u128) -> Arc<str> {
    let most = apps.iter().map(|app| amount(&app.usage)).max().unwrap_or_default();
    let worth_naming = apps.iter().filter(|app| amount(&app.usage) > most / MIN_SHARE);
    names_in_row(worth_naming.map(|app| &*app.usage.name)).into()
}

/// No applications, and why.
fn no_rows(heading: &'static str) -> Arc<[AppRows; 2]> {
    Arc::new([(); 2].map(|()| AppRows { heading, rows: Vec::new() }))
}

fn app_row(number: u64, app: &MenuApp, figure: &str) -> AppRow {
    // Escaped first: an escaped name is longer.
    let name = truncate_chars(&for_terminal(&app.usage.name), NAME_WIDTH);
    let can_ask = !app.asked.is_empty();
    let question = if can_ask { labels::whether_to_quit(&name) } else { labels::NOT_ASKED.into() };
    let title = labels::application(&name, app.usage.processes, figure);
    AppRow { number, title, question, answer: labels::ask_to_quit(&name), can_ask }
}

/// The part of one core that an application used: `310%`. One that ran never used nothing.
fn percent(usage: &AppUse, span: Duration) -> String {
    let percent = if span.is_zero() { 0.0 } else { usage.cpu_time.as_secs_f64() / span.as_secs_f64() * 100.0 };
    if percent < 1.0 { "<1%".into() } else { format!("{percent:.0}%") }
}
