//! `replay`: what the alert rules would have said of readings of the past, from a file or from the history.
//!
//! Without pauses, threads, notifications, actions or anything that is kept: the readings go straight into the loop body.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::args::Common;
use super::setup::{self, UsageError};
use crate::core::history::record::StoredReading;
use crate::core::history::since::Since;
use crate::core::settings::Settings;
use crate::core::text;
use crate::core::time::{Now, between};
use crate::runtime::app::{App, AppConfig, End, SourceKind};
use crate::runtime::console::{self, Form};
use crate::runtime::inbox::{Inbox, Input, TimedReading};
use crate::runtime::sources::sampler::Source;
use crate::runtime::sources::trace::{Speed, Trace};
use crate::runtime::{clock, history};

/// A trace through the alert rules.
///
/// # Errors
/// When the trace or the settings cannot be read.
pub fn file(common: &Common, file: &Path) -> Result<()> {
    let mut app = app(common, SourceKind::TraceFile)?;
    let mut trace = Trace::open(file, Speed::Max).map_err(|e| UsageError(format!("{e:#}")))?;
    loop {
        let input = Input::of(trace.read(app.settings().refresh));
        if let Some(end) = app.take(input) {
            return setup::outcome(end, true);
        }
    }
}

/// The readings that are kept through the alert rules, each with the refresh interval of its time, or that of the command
/// line where it is longer: the time between readings that were taken less often is no gap.
///
/// # Errors
/// When the history or the settings cannot be read, or nothing is kept of that time.
pub fn history(common: &Common, since: Since) -> Result<()> {
    let now = clock::now().wall;
    let history = history::open_or_err()?;
    let (app, zone) = (app(common, SourceKind::History)?, now.time_zone().clone());
    let every = common.overrides().refresh.unwrap_or_default();
    let mut play = Playback { app, zone, every, span: None, refresh: None, end: None };
    let mut readings: u64 = 0;
    let to = now.timestamp();
    history.readings(since.moment(&now), to, |kept| {
        readings += 1;
        play.take(kept);
    })?;
    let Some((first, last)) = play.span else { return Err(history::nothing_since(since, &now)) };
    if let Some(end) = play.end {
        return setup::outcome(end, false);
    }
    play.app.take(Input::SourceEnded(Ok(())));
    if common.form() == Form::Text {
        let zone = now.time_zone();
        let (first, last) = (first.to_zoned(zone.clone()), last.to_zoned(zone.clone()));
        console::warn(&text::recommendation::replayed(&first, &last, readings, play.app.alert_counts()));
    }
    Ok(())
}

/// An app for what has been: it keeps nothing, and tells nobody but the console. A snooze does not count: it is for now.
fn app(common: &Common, source: SourceKind) -> Result<App> {
    let settings = Settings { snoozed_until: None, history: false, ..setup::settings(common)? };
    let mut overrides = common.overrides();
    if source == SourceKind::History {
        // It would beat the refresh intervals of the readings.
        overrides.refresh = None;
    }
    let config =
        AppConfig { form: common.form(), prints_readings: false, overrides, samples: None, source, has_tray: false };
    Ok(App::new(config, Arc::new(Inbox::default()), settings, None, None))
}

/// A history on its way through the loop body.
struct Playback {
    app: App,
    zone: TimeZone,
    /// The shortest refresh interval that is counted with.
    every: Duration,
    /// The times of the first reading and the last.
    span: Option<(Timestamp, Timestamp)>,
    /// The refresh interval that was in force at the last reading.
    refresh: Option<Duration>,
    end: Option<End>,
}

impl Playback {
    fn take(&mut self, StoredReading { at, reading, refresh }: StoredReading) {
        // Nobody reads any more what is said.
        if self.end.is_some() {
            return;
        }
        let first = self.span.map_or(at, |(first, _)| first);
        self.span = Some((first, at));
        let refresh = refresh.max(self.every);
        if self.refresh.replace(refresh) != Some(refresh) {
            self.end = self.app.take(Input::RefreshInterval(refresh));
        }
        let elapsed = between(first, at);
        let at = Now { elapsed, wall: at.to_zoned(self.zone.clone()) };
        self.end = self.app.take(Input::Reading(TimedReading { reading, at }));
    }
}
