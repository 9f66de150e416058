//! The values of a trace: times and percentages.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::core::escape::for_terminal;
use crate::core::text::input_errors as text;

/// Rounding puts a percentage no further outside 0 to 100 than this.
const ROUNDING_PERCENT: f64 = 0.5;
/// The ways to write an unknown value, in small letters.
const UNKNOWN: [&str; 9] = ["", "nan", "-nan", "null", "none", "n/a", "na", "-", "--"];

/// A percentage; `None` where it is unknown.
///
/// # Errors
/// When the text is no number, or out of range.
pub fn percent(column: &str, written: &str) -> Result<Option<f64>, String> {
    let written = written.trim();
    if UNKNOWN.iter().any(|unknown| written.eq_ignore_ascii_case(unknown)) {
        return Ok(None);
    }
    let bare = written.strip_suffix('%').unwrap_or(written).trim_end();
    let value = number(bare).ok_or_else(|| text::not_a_number(column, for_terminal(written)))?;
    if !(-ROUNDING_PERCENT..=100.0 + ROUNDING_PERCENT).contains(&value) {
        return Err(text::percentage_out_of_range(column, for_terminal(written)));
    }
    Ok(Some(value.clamp(0.0, 100.0)))
}

/// A number, of which the decimals may follow a comma.
fn number(written: &str) -> Option<f64> {
    let is_with_comma = written.matches(',').count() == 1 && !written.contains('.');
    if is_with_comma { written.replace(',', ".").parse().ok() } else { written.parse().ok() }
}

/// Reads the times of one trace.
pub struct Times {
    zone: TimeZone,
    /// The last time that was local.
    last_local: Option<Timestamp>,
}

impl Times {
    /// Times without an offset are in `zone`.
    pub fn new(zone: TimeZone) -> Times {
        Times { zone, last_local: None }
    }

    /// Whether a time was local.
    pub fn has_local(&self) -> bool {
        self.last_local.is_some()
    }

    /// A time: seconds, or the milliseconds, microseconds or nanoseconds since 1970, or a date and a time.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn read(&mut self, written: &str) -> Result<Timestamp, String> {
        let written = written.trim();
        let is_number = written.bytes().all(|b| b.is_ascii_digit() || b"+-.,eE".contains(&b))
            && !written.get(1..).unwrap_or_default().contains('-')
            || number(written).is_some();
        let at = if is_number { epoch(written) } else { offset_time(written).or_else(|| self.local_time(written)) };
        at.ok_or_else(|| text::not_a_time(for_terminal(written)))
    }

    /// A time without an offset. Of the two that a time has when the clocks are put back, it is the earlier one that is not
    /// before the time read last.
    fn local_time(&mut self, written: &str) -> Option<Timestamp> {
        // An offset or a zone that could not be read must not be passed over.
        let is_bare = written.bytes().all(|b| b.is_ascii_digit() || b"-:.,Tt ".contains(&b));
        let (_, time) = written.split_at_checked(10)?;
        if !is_bare || time.is_empty() || time.contains('-') {
            return None;
        }
        let ambiguous = self.zone.to_ambiguous_timestamp(written.parse::<DateTime>().ok()?);
        let first = ambiguous.clone().compatible().ok()?;
        let is_back = self.last_local.is_some_and(|last| first < last);
        let second =
            ambiguous.later().ok().filter(|second| is_back && self.last_local.is_some_and(|last| *second >= last));
        let at = second.unwrap_or(first);
        self.last_local = Some(at);
        Some(at)
    }
}

/// A date and a time with an offset, `Z` or `UTC`.
fn offset_time(written: &str) -> Option<Timestamp> {
    let (time, offset) = written.rsplit_once(' ').unwrap_or((written, ""));
    let joined = match offset {
        "UTC" | "GMT" | "Z" => format!("{time}Z"),
        _ if offset.starts_with(['+', '-']) => format!("{time}{offset}"),
        _ => written.to_owned(),
    };
    joined.parse().ok()
}

/// Seconds, or by their size milliseconds, microseconds or nanoseconds since 1970. The sizes between these are those of dates
/// that are written without separators, such as 20261122140300.
fn epoch(written: &str) -> Option<Timestamp> {
    if let Ok(whole) = written.parse::<i128>() {
        let nanoseconds_each = match whole.unsigned_abs() {
            0..100_000_000_000 => 1_000_000_000,
            1_000_000_000_000..10_000_000_000_000 => 1_000_000,
            1_000_000_000_000_000..10_000_000_000_000_000 => 1_000,
            1_000_000_000_000_000_000..10_000_000_000_000_000_000 => 1,
            _ => return None,
        };
        return Timestamp::from_nanosecond(whole * nanoseconds_each).ok();
    }
    // 1,234 may be a thousand or a fraction.
    let (whole, decimals) = written.split_once(',').unwrap_or(("", ""));
    if (1..=3).contains(&whole.len()) && decimals.len() == 3 {
        return None;
    }
    let value = number(written).filter(|value| value.is_finite())?;
    let seconds = match value.abs() {
        0.0..1e11 => value,
        1e12..1e13 => value / 1e3,
        1e15..1e16 => value / 1e6,
        1e18..1e19 => value / 1e9,
        _ => return None,
    };
    Timestamp::from_duration(SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
}
