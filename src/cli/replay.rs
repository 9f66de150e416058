//! `replay`: runs the alert rules over recorded readings, from a file or from the history.
//!
//! Without pauses, threads, notifications, actions or anything that is saved: the readings go straight into the loop body.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::args::Common;
use super::setup;
use super::usage_error::UsageError;
use crate::core::forecast::forecaster::MemoryPast;
use crate::core::history::record::StoredReading;
use crate::core::history::since::Since;
use crate::core::messages::effect::Event;
use crate::core::settings::{Overrides, Settings};
use crate::core::text;
use crate::core::time::{Clock, Now, between, local};
use crate::runtime::app::App;
use crate::runtime::app::config::{AppConfig, End, SourceKind};
use crate::runtime::console::progress::Progress;
use crate::runtime::console::{self, Form};
use crate::runtime::inbox::{Inbox, Input, TimedReading};
use crate::runtime::sources::sampler::Source;
use crate::runtime::sources::trace::{Speed, Trace};
use crate::runtime::{clock, history};

/// Runs the alert rules over a trace.
pub fn file(common: &Common, file: &Path) -> Result<()> {
    let settings = replay_settings(common)?;
    let mut trace = Trace::open(file, Speed::Max).map_err(|e| UsageError(format!("{e:#}")))?;
    let (overrides, mut remark) = setup::trace_overrides(common.overrides(), file, &settings);
    let mut app = app(common, SourceKind::TraceFile, settings, overrides);
    let mut progress = Progress::on_stderr();
    loop {
        let input = Input::of(trace.read(app.settings().refresh));
        progress.tick();
        for input in remark.take().into_iter().chain(trace.take_remarks()).map(Input::Remark).chain([input]) {
            if let Some(end) = app.take(input) {
                return setup::outcome(end, true);
            }
        }
    }
}

/// Runs the alert rules over the stored readings, each with the refresh interval of its time, or that of the command line where
/// it is longer: the time between readings that were taken less often is no gap.
pub fn history(common: &Common, since: Since) -> Result<()> {
    let now = clock::now().wall;
    let history = history::open_or_err()?.with_progress();
    let every = common.overrides().refresh.unwrap_or_default();
    // It would override the refresh intervals of the readings.
    let overrides = Overrides { refresh: None, ..common.overrides() };
    let app = app(common, SourceKind::History, replay_settings(common)?, overrides);
    let zone = now.time_zone().clone();
    let mut playback = Playback { app, zone, every, span: None, refresh: None, end: None };
    let mut readings: u64 = 0;
    // The question is for what would have been foretold: neither for what was, nor for the machine's latest start.
    let past = MemoryPast { last_warning: None, ..history.memory_past(since.moment(&now))? };
    playback.app.take(Input::Event(Event::MemoryPast(past)));
    history.readings(since.moment(&now), now.timestamp(), |reading| {
        readings += 1;
        playback.take(reading);
    })?;
    // Its progress is erased before anything else is printed.
    drop(history);
    let Some((first, last)) = playback.span else { return Err(history::nothing_since(since, &now)) };
    if let Some(end) = playback.end {
        return setup::outcome(end, false);
    }
    playback.app.take(Input::SourceEnded(Ok(())));
    if common.form() == Form::Text {
        let (first, last) = (local(first, &now), local(last, &now));
        console::warn(&text::recommendation::replayed(&first, &last, readings, playback.app.alert_counts()));
    }
    Ok(())
}

/// The settings of a replay. A snooze does not count: it is for now.
fn replay_settings(common: &Common) -> Result<Settings> {
    Ok(Settings { snoozed_until: None, history: false, ..setup::settings(common)? })
}

/// An app that saves nothing, and notifies on the console alone.
fn app(common: &Common, source: SourceKind, settings: Settings, overrides: Overrides) -> App {
    let config = AppConfig {
        form: common.form(),
        prints_readings: false,
        overrides,
        samples: None,
        source,
        has_tray: false,
        clock: Clock::Hours24,
    };
    App::new(config, Arc::new(Inbox::default()), settings, None, None)
}

/// Passes stored readings to the loop body.
struct Playback {
    app: App,
    zone: TimeZone,
    /// The shortest refresh interval to assume.
    every: Duration,
    /// The times of the first reading and the last.
    span: Option<(Timestamp, Timestamp)>,
    /// That of the last reading.
    refresh: Option<Duration>,
    end: Option<End>,
}

impl Playback {
    fn take(&mut self, StoredReading { at, reading, refresh }: StoredReading) {
        // Nobody reads the output any more.
        if self.end.is_some() {
            return;
        }
        let first = self.span.map_or(at, |(first, _)| first);
        self.span = Some((first, at));
        let refresh = refresh.max(self.every);
        if self.refresh.replace(refresh) != Some(refresh) {
            self.end = self.app.take(Input::RefreshInterval(refresh));
        }
        let at = Now { elapsed: between(first, at), wall: at.to_zoned(self.zone.clone()) };
        self.end = self.app.take(Input::Reading(TimedReading { reading, at }));
    }
}
