//! The times of a trace.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::core::escape::for_terminal;
use crate::core::text::input_errors::{self, traces as text};

/// A number of so many digits before the point counts whole seconds from the beginning of the trace.
const MAX_RELATIVE_DIGITS: usize = 7;
/// The numbers of digits of times since 1970, from 2001 to 2286, and the nanoseconds of one unit.
const EPOCH_UNITS: [(usize, i128); 4] = [(10, NANOSECONDS), (13, 1_000_000), (16, 1_000), (19, 1)];
const NANOSECONDS: i128 = 1_000_000_000;

/// Reads the times of one trace.
pub struct Times {
    zone: TimeZone,
    /// The last time that was local.
    last_local: Option<Timestamp>,
    has_read: bool,
}

impl Times {
    /// Times without an offset are in `zone`.
    pub fn new(zone: TimeZone) -> Times {
        Times { zone, last_local: None, has_read: false }
    }

    /// Whether a time was local.
    pub fn has_local(&self) -> bool {
        self.last_local.is_some()
    }

    /// A time: seconds, or the seconds, milliseconds, microseconds or nanoseconds since 1970, or a date and a time.
    ///
    /// # Errors
    /// When it is none of these, or a local time that the clocks skip.
    pub fn read(&mut self, written: &str) -> Result<Timestamp, String> {
        let written = written.trim();
        let is_first = !std::mem::replace(&mut self.has_read, true);
        let number = seconds(written).filter(|_| !(is_first && is_date_and_hour(written)));
        if let Some(at) = number.or_else(|| offset_time(written)) {
            return Ok(at);
        }
        let Some(local) = bare_time(written) else { return Err(input_errors::not_a_time(for_terminal(written))) };
        self.local_time(local).ok_or_else(|| text::skipped_hour(for_terminal(written), zone_name(&self.zone)))
    }

    /// Of the two moments of a time that comes twice when the clocks are put back, it is the earlier one that is not before the
    /// time read last. `None` for a time that does not come when the clocks are put forward.
    fn local_time(&mut self, local: DateTime) -> Option<Timestamp> {
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        let (first, second) = (ambiguous.earlier().ok()?, ambiguous.later().ok()?);
        if matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
            return None;
        }
        let is_second = self.last_local.is_some_and(|last| first < last && last <= second);
        let at = if is_second { second } else { first };
        self.last_local = Some(at);
        Some(at)
    }
}

/// The name of a zone; `TZ` where it has none.
pub fn zone_name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("TZ")
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

/// A date and a time without an offset. An offset or a zone that could not be read is not passed over.
fn bare_time(written: &str) -> Option<DateTime> {
    let (date, time) = written.split_at_checked(10)?;
    let is_bare = date.bytes().all(|b| b.is_ascii_digit() || b == b'-')
        && time.starts_with(['T', 't', ' '])
        && time.bytes().skip(1).all(|b| b.is_ascii_digit() || b":.,".contains(&b));
    written.parse().ok().filter(|_| is_bare)
}

/// Seconds, or by the number of digits milliseconds, microseconds or nanoseconds since 1970. Numbers of other lengths are dates
/// without separators, such as 20261122140300, or count from another year.
fn seconds(written: &str) -> Option<Timestamp> {
    let (sign, bare) = match written.strip_prefix('-') {
        Some(bare) => (-1, bare),
        None => (1, written.strip_prefix('+').unwrap_or(written)),
    };
    // Clocks that count from the start of a program may write a very short time like this.
    if let Some(short) = bare.parse::<f64>().ok().filter(|value| bare.contains("e-") && *value < 1.0) {
        return Timestamp::from_nanosecond(sign * (short * 1e9).round() as i128).ok();
    }
    let (whole, decimals) = bare.split_once(['.', ',']).unwrap_or((bare, ""));
    // 1,234 may be a thousand or a fraction.
    let is_thousands = bare.contains(',') && whole.len() <= 3 && whole != "0" && decimals.len() == 3;
    let is_digits = [whole, decimals].concat().bytes().all(|b| b.is_ascii_digit());
    if !is_digits || is_thousands || whole.len() + decimals.len() == 0 {
        return None;
    }
    let number: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let digits = whole.trim_start_matches('0').len();
    let unit = match EPOCH_UNITS.iter().find(|(length, _)| *length == digits) {
        Some((_, unit)) if sign > 0 => *unit,
        None if digits <= MAX_RELATIVE_DIGITS => NANOSECONDS,
        _ => return None,
    };
    Timestamp::from_nanosecond(sign * (number * unit + fraction(decimals, unit))).ok()
}

/// The nanoseconds of the digits behind the point, of a unit of so many nanoseconds.
fn fraction(decimals: &str, unit: i128) -> i128 {
    let digits = decimals.get(..decimals.len().min(9)).unwrap_or_default();
    let scale = 10_i128.pow(u32::try_from(digits.len()).unwrap_or_default());
    digits.parse::<i128>().unwrap_or_default() * unit / scale
}

/// Whether the first time of a trace is a date and an hour such as 2026112214, rather than seconds since 1970: as such it would
/// be in the years 2033 to 2036.
fn is_date_and_hour(written: &str) -> bool {
    let Some(number) = written.parse::<u32>().ok().filter(|_| written.len() == 10) else { return false };
    let part = |divisor: u32| i8::try_from(number / divisor % 100).unwrap_or(-1);
    let year = i16::try_from(number / 1_000_000).unwrap_or(-1);
    (2000..2100).contains(&year) && part(1) < 24 && Date::new(year, part(10_000), part(100)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> Times {
        Times::new(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap())
    }

    fn read(written: &str) -> Option<String> {
        berlin().read(written).ok().map(|at| at.to_string())
    }

    #[test]
    fn numbers_are_seconds_or_by_their_length_parts_of_seconds_since_1970() {
        for (written, at) in [
            ("0", "1970-01-01T00:00:00Z"),
            (" 2.5 ", "1970-01-01T00:00:02.5Z"),
            ("2,5", "1970-01-01T00:00:02.5Z"),
            ("0,250", "1970-01-01T00:00:00.25Z"),
            (".5", "1970-01-01T00:00:00.5Z"),
            ("-1", "1969-12-31T23:59:59Z"),
            ("5e-06", "1970-01-01T00:00:00.000005Z"),
            ("1000000", "1970-01-12T13:46:40Z"),
            ("1795000000", "2026-11-18T11:06:40Z"),
            ("1795000000.123456789", "2026-11-18T11:06:40.123456789Z"),
            ("1795000000250", "2026-11-18T11:06:40.25Z"),
            ("1795000000250.5", "2026-11-18T11:06:40.2505Z"),
            ("1795000000250001", "2026-11-18T11:06:40.250001Z"),
            ("1795000000250000001", "2026-11-18T11:06:40.250000001Z"),
        ] {
            assert_eq!(read(written).as_deref(), Some(at), "{written}");
        }
    }

    #[test]
    fn numbers_that_may_be_something_else_are_refused() {
        for written in [
            "20261122",
            "2026112214",
            "202611221403",
            "20261122140300",
            "817000000",
            "17950000001",
            "134000000000000000",
            "1,234",
            "1.795.000.000",
            "1.795E+09",
            "1e3",
            "1.5.5",
            "5-",
            "--5",
            "",
            ".",
            "inf",
            "nan",
            "0x10",
            "1_000",
            "9999999999999999999999999999999999999999",
        ] {
            assert_eq!(read(written), None, "{written}");
        }
    }

    #[test]
    fn dates_have_an_offset_or_are_local() {
        for (written, at) in [
            ("2026-11-22T14:03:00Z", "2026-11-22T14:03:00Z"),
            ("2026-11-22 14:03:00 UTC", "2026-11-22T14:03:00Z"),
            ("2026-11-22T14:03:00.5+01:00", "2026-11-22T13:03:00.5Z"),
            ("2026-11-22 14:03:00 +0100", "2026-11-22T13:03:00Z"),
            ("2026-11-22T14:03:00+01:00[Europe/Berlin]", "2026-11-22T13:03:00Z"),
            ("2026-11-22 14:03:00", "2026-11-22T13:03:00Z"),
            ("2026-11-22T14:03:00,250", "2026-11-22T13:03:00.25Z"),
            ("2026-07-22 14:03", "2026-07-22T12:03:00Z"),
        ] {
            assert_eq!(read(written).as_deref(), Some(at), "{written}");
        }
        for written in [
            "2026-11-22",
            "14:03:00",
            "22.11.2026 14:03:00",
            "11/22/2026 14:03:00",
            "2026-11-22 02:03:00 PM",
            "2026-11-22 14:03:00 CET",
            "2026-11-22 14:03:00 + 01:00",
            "2026-13-22 14:03:00",
            "2026-11-22 24:03:00",
            "noon",
        ] {
            assert_eq!(read(written), None, "{written}");
        }
    }

    #[test]
    fn an_hour_that_comes_twice_is_the_first_until_the_times_go_back() {
        let mut times = berlin();
        let mut read = |time: &str| times.read(&format!("2026-10-25 {time}")).unwrap().to_string();
        assert_eq!(read("02:30:00"), "2026-10-25T00:30:00Z", "the earlier offset");
        assert_eq!(read("02:59:00"), "2026-10-25T00:59:00Z");
        assert_eq!(read("02:00:00"), "2026-10-25T01:00:00Z");
        assert_eq!(read("02:30:00"), "2026-10-25T01:30:00Z");
        assert_eq!(read("03:00:00"), "2026-10-25T02:00:00Z");
    }

    #[test]
    fn an_hour_that_the_clocks_skip_is_of_another_zone() {
        assert!(berlin().read("2026-03-29 02:30:00").unwrap_err().contains("does not come"));
    }
}
