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
use crate::core::text::problems;
use crate::core::time::{Now, between, longest_pause};
use crate::core::trace::intervals::{self, interval_of};
use crate::core::trace::times::zone_name;
use crate::core::trace::{TraceParser, TraceRow};
use crate::runtime::clock;
use crate::runtime::inbox::TimedReading;

/// A longer line is refused: a file without line feeds must not fill the memory.
const MAX_LINE_BYTES: usize = 1 << 20;
/// A longer stretch with NULs is refused as well: an input without an end must not be read for ever.
const MAX_DAMAGE_BYTES: u64 = 1 << 30;
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
    pauses: Pauses,
    /// The next row, read ahead for the pause before it. Its error is reported in its turn.
    next: Option<Result<Option<TraceRow>>>,
    has_told_zone: bool,
    remarks: Vec<String>,
}

/// The pauses between the rows so far.
#[derive(Default)]
struct Pauses {
    /// The first ones, for their median.
    first: Vec<Duration>,
    last: Duration,
    count: u64,
    gaps: u64,
    /// The gap that was remarked upon.
    told_gap: Option<Duration>,
    /// The clock was set back so many times, and so many times running in the last pauses.
    set_back: u64,
    set_back_running: u64,
}

impl Trace {
    /// Opens a trace and reads its header and first row.
    ///
    /// # Errors
    /// When it cannot be read, or has no row.
    pub fn open(path: &Path, speed: Speed) -> Result<Trace> {
        let name = || input_errors::traces::not_read(&path.to_string_lossy());
        let mut lines = TraceLines::open(path).with_context(name)?;
        let next = Some(Ok(lines.next_row().with_context(name)?));
        let (pauses, remarks) = (Pauses::default(), Vec::new());
        Ok(Trace { lines, speed, previous: None, pauses, next, has_told_zone: false, remarks })
    }

    /// The refresh interval that suits the trace better than `refresh`, by the pauses between its rows, and the remark that it is
    /// taken. `None` where `refresh` suits, and for a pipe, which can be read only once.
    pub fn interval(path: &Path, refresh: Duration) -> Option<(Duration, String)> {
        if !path.is_file() {
            return None;
        }
        let mut lines = TraceLines::open(path).ok()?;
        let rows = std::iter::from_fn(|| lines.next_row().ok().flatten());
        let times: Vec<Timestamp> = rows.take(ROWS_FOR_INTERVAL).map(|row| row.at).collect();
        let pauses = times.iter().zip(times.iter().skip(1)).map(|(from, to)| between(*from, *to));
        let interval = interval_of(pauses.collect(), refresh)?;
        Some((interval, problems::interval_taken(interval, refresh)))
    }

    /// Remarks on everything that was left out or may surprise, at the end.
    fn remark_on_end(&mut self) {
        let (skipped, pauses) = (self.lines.parser.skipped(), &self.pauses);
        self.remarks.extend((skipped > 0).then(|| text::skipped(skipped)));
        self.remarks.extend((pauses.set_back > 0).then(|| text::set_back(pauses.set_back)));
    }

    /// Counts the pause before `row`, and returns the time of the row on the trace's own clock.
    fn elapsed_at(&mut self, row: &TraceRow) -> Result<Duration> {
        let Some((previous, elapsed)) = self.previous else { return Ok(Duration::ZERO) };
        let pause = self.pauses.before(previous, row.at);
        if row.at < previous {
            let refusal = || anyhow!(input_errors::time_goes_back(row.line, previous, row.at));
            ensure!(self.lines.parser.is_recording(), refusal());
            self.pauses.go_back().map_err(|refusal| anyhow!(text::on_line(row.line, &refusal)))?;
        } else {
            self.pauses.set_back_running = 0;
        }
        self.pauses.add(pause);
        Ok(elapsed + pause)
    }

    /// Remarks on gaps that keep alerts from firing: a first pause that is one, or most of them.
    fn remark_on_gaps(&mut self, is_end: bool, refresh: Duration) {
        let pauses = &mut self.pauses;
        let is_gap = |pause: Duration| pause > longest_pause(refresh, refresh);
        if is_end {
            let usual = pauses.usual_gap().filter(|gap| is_gap(*gap));
            let remark = usual.map(|gap| problems::sparse_trace(problems::MOST_READINGS, gap, refresh));
            self.remarks.extend(remark);
        } else if is_gap(pauses.last) {
            pauses.gaps += 1;
            if pauses.count == 1 {
                self.remarks.push(problems::sparse_trace(problems::FIRST_READINGS, pauses.last, refresh));
                pauses.told_gap = Some(pauses.last);
            }
        }
    }
}

impl Pauses {
    /// The pause between two rows. A clock that was set back hides how long it was: it counts as the one before.
    fn before(&self, previous: Timestamp, at: Timestamp) -> Duration {
        if at < previous { self.last } else { between(previous, at) }
    }

    fn add(&mut self, pause: Duration) {
        self.count += 1;
        self.last = pause;
        if self.first.len() < ROWS_FOR_INTERVAL {
            self.first.push(pause);
        }
    }

    /// Counts that the clock was set back in this pause.
    ///
    /// # Errors
    /// The refusal of a trace that is sorted backwards: no row so far has a later time than the one before, or three running have
    /// earlier ones.
    fn go_back(&mut self) -> Result<(), String> {
        self.set_back += 1;
        self.set_back_running += 1;
        match self.set_back_running {
            2 if self.set_back > self.count => Err(text::backwards("twice")),
            3.. => Err(text::backwards("three times")),
            _ => Ok(()),
        }
    }

    /// The usual pause, where most are gaps, unless the remark on the first has led to the right interval already.
    fn usual_gap(&self) -> Option<Duration> {
        let usual = intervals::median(self.first.clone()).filter(|_| self.gaps * 2 > self.count)?;
        let is_told = self.told_gap.is_some_and(|told| intervals::suits(told, usual));
        (!is_told).then_some(usual)
    }
}

impl Source for Trace {
    fn initial_delay(&self) -> Duration {
        Duration::ZERO
    }

    fn read(&mut self, refresh: Duration) -> Result<Option<TimedReading>> {
        let row = self.next.take().unwrap_or_else(|| self.lines.next_row())?;
        let Some(row) = row else {
            self.remark_on_gaps(true, refresh);
            self.remark_on_end();
            return Ok(None);
        };
        let zone = clock::zone();
        if self.lines.parser.has_local_times() && !std::mem::replace(&mut self.has_told_zone, true) {
            self.remarks.push(text::local_times(zone_name(&zone)));
        }
        let elapsed = self.elapsed_at(&row)?;
        self.remark_on_gaps(false, refresh);
        self.previous = Some((row.at, elapsed));
        Ok(Some(TimedReading { reading: row.reading, at: Now { elapsed, wall: row.at.to_zoned(zone) } }))
    }

    fn take_remarks(&mut self) -> Vec<String> {
        std::mem::take(&mut self.remarks)
    }

    /// Reads the next row only where its time is needed: a live pipe has none yet.
    fn next_delay(&mut self, _refresh: Duration) -> Duration {
        let Speed::Times(times) = self.speed else { return Duration::ZERO };
        let next = self.next.get_or_insert_with(|| self.lines.next_row());
        match (self.previous, next) {
            (Some((previous, _)), Ok(Some(next))) => self.pauses.before(previous, next.at).div_f64(times),
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
        Ok(TraceLines::new(input))
    }

    fn new(input: Box<dyn Read + Send>) -> TraceLines {
        TraceLines { input: BufReader::new(input), parser: TraceParser::new(clock::zone()) }
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
            let mut is_ended = line.pop_if(|byte| *byte == b'\n').is_some();
            if !is_ended && line.len() == MAX_LINE_BYTES {
                ensure!(self.skip_damage(&line)?, self.parser.refuse_long_line(&line, MAX_LINE_BYTES));
                is_ended = true;
            }
            if let Some(row) = self.parser.line(&line, is_ended).map_err(|refusal| anyhow!(refusal))? {
                return Ok(Some(row));
            }
        }
    }

    /// Passes over the rest of a line that begins so, where NULs from a power failure are in it. False where there are none, or
    /// the line does not end.
    fn skip_damage(&mut self, start: &[u8]) -> io::Result<bool> {
        if !start.contains(&0) {
            return Ok(false);
        }
        let skipped = self.input.by_ref().take(MAX_DAMAGE_BYTES).skip_until(b'\n')?;
        Ok((skipped as u64) < MAX_DAMAGE_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// An input without an end and without line feeds, and the number of bytes that were read of it.
    struct Endless(u8, Arc<AtomicUsize>);

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer.fill(self.0);
            self.1.fetch_add(buffer.len(), Ordering::Relaxed);
            Ok(buffer.len())
        }
    }

    #[test]
    fn an_input_without_line_feeds_is_refused_after_the_longest_line() {
        for (byte, most) in [(b'x', 0), (b'{', 0), (b'"', 0), (b' ', 0), (0, MAX_DAMAGE_BYTES as usize)] {
            let count = Arc::new(AtomicUsize::new(0));
            let mut lines = TraceLines::new(Box::new(Endless(byte, Arc::clone(&count))));
            let refusal = lines.next_row().unwrap_err().to_string();
            assert!(refusal.starts_with("line 1 is longer than 1048576 bytes"), "{refusal}");
            let read = count.load(Ordering::Relaxed);
            assert!(read < MAX_LINE_BYTES + most + (1 << 17), "{read} bytes are read for '{byte}'");
        }
    }

    #[test]
    fn lines_before_an_endless_one_are_read() {
        let endless = Endless(b'9', Arc::default());
        let mut lines = TraceLines::new(Box::new(b"time,cpu\n0,95\n2,".as_slice().chain(endless)));
        assert_eq!(lines.next_row().unwrap().unwrap().reading.cpu_percent, Some(95.0));
        assert!(lines.next_row().unwrap_err().to_string().starts_with("line 3 is longer"));
    }
}
