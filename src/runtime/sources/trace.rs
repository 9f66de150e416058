//! A recorded trace as a source of readings, from a file, a pipe or standard input (`-`). `core::trace` reads its lines.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use jiff::Timestamp;

use super::sampler::Source;
use crate::core::text::input_errors::{self, traces as text};
use crate::core::time::{Now, between};
use crate::core::trace::intervals::interval_of;
use crate::core::trace::{TraceParser, TraceRow};
use crate::runtime::inbox::TimedReading;
use crate::runtime::{clock, console};

/// A longer line is refused: a file without line feeds must not fill the memory.
const MAX_LINE_BYTES: usize = 1 << 20;
/// So many rows tell the usual interval of a trace.
const ROWS_FOR_INTERVAL: usize = 10_000;

/// The speed at which a trace is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many times as fast as it was recorded.
    Times(f64),
    /// Without any pause.
    Max,
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Speed, String> {
        match text.trim().parse::<f64>() {
            _ if text.trim() == "max" => Ok(Speed::Max),
            Ok(times) if (0.01..=1e6).contains(&times) => Ok(Speed::Times(times)),
            Ok(_) => Err(input_errors::SPEED_OUT_OF_RANGE.into()),
            Err(_) => Err(input_errors::NOT_A_SPEED.into()),
        }
    }
}

/// A trace that is being played.
pub struct Trace {
    lines: TraceLines,
    speed: Speed,
    /// The row read last, and its time on the trace's own monotonic clock, which begins with the first row.
    previous: Option<(Timestamp, Duration)>,
    /// The last pause between two rows.
    pause: Duration,
    /// The next row, read ahead for the pause before it. Its error is reported in its turn.
    next: Option<Result<Option<TraceRow>>>,
    has_told_zone: bool,
    set_back: u64,
}

impl Trace {
    /// Opens a trace and reads its header and first row.
    ///
    /// # Errors
    /// When it cannot be read, or has no row.
    pub fn open(path: &Path, speed: Speed) -> Result<Trace> {
        let name = format!("could not read the trace '{}'", path.display());
        let mut lines = TraceLines::open(path).with_context(|| name.clone())?;
        let first = lines.next_row().context(name)?;
        let next = Some(Ok(first));
        Ok(Trace { lines, speed, previous: None, pause: Duration::ZERO, next, has_told_zone: false, set_back: 0 })
    }

    /// The refresh interval that suits the trace better than `refresh`, by the pauses between its rows. `None` where `refresh`
    /// suits, and for what can be read only once.
    pub fn interval(path: &Path, refresh: Duration) -> Option<Duration> {
        if !path.is_file() {
            return None;
        }
        let mut lines = TraceLines::open(path).ok()?;
        let rows = std::iter::from_fn(|| lines.next_row().ok().flatten());
        let times: Vec<Timestamp> = rows.take(ROWS_FOR_INTERVAL).map(|row| row.at).collect();
        interval_of(times.iter().zip(times.iter().skip(1)).map(|(from, to)| between(*from, *to)).collect(), refresh)
    }

    /// Remarks once on what was left out.
    fn tell_end(&self) {
        let skipped = self.lines.parser.skipped();
        if skipped > 0 {
            console::warn(&text::skipped(skipped));
        }
        if self.set_back > 0 {
            console::warn(&text::set_back(self.set_back));
        }
    }

    /// The time of `row` on the trace's own clock. A clock that was set back hides how long the pause was: it counts as the one
    /// before.
    fn elapsed_at(&mut self, row: &TraceRow) -> Result<Duration> {
        let Some((previous, elapsed)) = self.previous else { return Ok(Duration::ZERO) };
        if row.at < previous {
            let refusal = || anyhow!(input_errors::time_goes_back(row.line, previous, row.at));
            ensure!(self.lines.parser.is_recording(), refusal());
            self.set_back += 1;
        } else {
            self.pause = between(previous, row.at);
        }
        Ok(elapsed + self.pause)
    }
}

impl Source for Trace {
    fn initial_delay(&self) -> Duration {
        Duration::ZERO
    }

    fn read(&mut self, _refresh: Duration) -> Result<Option<TimedReading>> {
        let row = self.next.take().unwrap_or_else(|| self.lines.next_row())?;
        let Some(row) = row else {
            self.tell_end();
            return Ok(None);
        };
        let zone = clock::zone();
        if self.lines.parser.has_local_times() && !std::mem::replace(&mut self.has_told_zone, true) {
            console::warn(&text::local_times(zone.iana_name().unwrap_or("TZ")));
        }
        let elapsed = self.elapsed_at(&row)?;
        self.previous = Some((row.at, elapsed));
        Ok(Some(TimedReading { reading: row.reading, at: Now { elapsed, wall: row.at.to_zoned(zone) } }))
    }

    /// Reads the next row only where its time is needed: a live pipe has none yet.
    fn next_delay(&mut self, _refresh: Duration) -> Duration {
        let Speed::Times(times) = self.speed else { return Duration::ZERO };
        let next = self.next.get_or_insert_with(|| self.lines.next_row());
        match (self.previous, next) {
            (Some((previous, _)), Ok(Some(next))) => between(previous, next.at).div_f64(times),
            _ => Duration::ZERO,
        }
    }

    fn is_lossless(&self) -> bool {
        true
    }
}

/// The lines of a trace.
struct TraceLines {
    input: BufReader<Box<dyn Read + Send>>,
    parser: TraceParser,
}

impl TraceLines {
    fn open(path: &Path) -> Result<TraceLines> {
        let input: Box<dyn Read + Send> = if path == Path::new("-") {
            Box::new(io::stdin())
        } else {
            let file = File::open(path)?;
            ensure!(!file.metadata().is_ok_and(|m| m.is_dir()), input_errors::IS_A_FOLDER);
            Box::new(file)
        };
        Ok(TraceLines { input: BufReader::new(input), parser: TraceParser::new(clock::zone()) })
    }

    /// The next row, as soon as its line is there; `None` at the end.
    fn next_row(&mut self) -> Result<Option<TraceRow>> {
        let mut line = Vec::new();
        loop {
            line.clear();
            self.input.by_ref().take(MAX_LINE_BYTES as u64).read_until(b'\n', &mut line)?;
            if line.is_empty() {
                return self.parser.end().map(|()| None).map_err(|refusal| anyhow!(refusal));
            }
            let is_ended = line.pop_if(|byte| *byte == b'\n').is_some();
            if !is_ended && line.len() == MAX_LINE_BYTES {
                return Err(anyhow!(self.parser.refuse_long_line(&line, MAX_LINE_BYTES)));
            }
            if let Some(row) = self.parser.line(&line, is_ended).map_err(|refusal| anyhow!(refusal))? {
                return Ok(Some(row));
            }
        }
    }
}
