//! Lengths of time as people write and read them: `500ms`, `5s`, `1m30s`, `1h`.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::fmt::friendly::{Designator, Spacing, SpanPrinter};

use super::text::input_errors;

/// The shortest and the longest length of time that a setting allows.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub min: Duration,
    pub max: Duration,
}

/// How long a value must stay above its threshold before it alerts.
pub const AFTER: Bounds = Bounds { min: Duration::ZERO, max: Duration::from_secs(24 * 3600) };
/// How long a rule stays silent after a notification.
pub const COOLDOWN: Bounds = Bounds { min: Duration::ZERO, max: Duration::from_secs(24 * 3600) };
/// How often the machine is read. Below a quarter of a second a CPU percentage is mostly noise.
pub const REFRESH: Bounds = Bounds { min: Duration::from_millis(250), max: Duration::from_secs(3600) };
/// How often metrics are pushed. Prometheus forgets a series five minutes after its last value.
pub const PUSH: Bounds = Bounds { min: Duration::from_secs(5), max: Duration::from_secs(4 * 60) };

impl Bounds {
    /// Reads `text`. The error says what is wrong and the way out, and is meant to follow the offending text.
    pub fn parse(self, text: &str) -> Result<Duration, String> {
        let text = text.trim();
        let zero = (text == "0").then_some(SignedDuration::ZERO);
        let Some(span) = zero.or_else(|| text.parse().ok()) else { return Err(input_errors::NOT_A_DURATION.into()) };
        Duration::try_from(span)
            .ok()
            .filter(|span| (self.min..=self.max).contains(span))
            .ok_or_else(|| input_errors::duration_out_of_range(write(self.min), write(self.max)))
    }
}

/// `1m30s`, as [`Bounds::parse`] reads it back.
pub fn write(span: Duration) -> String {
    static PRINTER: SpanPrinter = SpanPrinter::new().designator(Designator::Compact).spacing(Spacing::None);
    PRINTER.unsigned_duration_to_string(&span)
}

/// For a sentence: `5 s`, `4 min 12 s`, `2 h 5 min`, `3 days 4 h`: the two largest units, rounded down.
pub fn humanize(span: Duration) -> String {
    let seconds = span.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let days_word = if days == 1 { "day" } else { "days" };
    let parts = match (days, hours, minutes) {
        (0, 0, 0) if seconds == 0 && !span.is_zero() => return format!("{} ms", span.as_millis()),
        (0, 0, 0) => return format!("{seconds} s"),
        (0, 0, _) => [(minutes, "min"), (seconds % 60, "s")],
        (0, _, _) => [(hours, "h"), (minutes, "min")],
        _ => [(days, days_word), (hours, "h")],
    };
    let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n} {unit}")).collect();
    parts.join(" ")
}

/// A length of time from the settings, to the millisecond: `15 s`, but `1500ms` where rounding would change it.
pub fn humanize_exact(span: Duration) -> String {
    if span.subsec_nanos() == 0 { humanize(span) } else { write(span) }
}

/// `span` rounded down to its largest unit, from seconds to days: [`humanize`] then prints that unit alone.
pub fn largest_unit(span: Duration) -> Duration {
    let unit_seconds = match span.as_secs() {
        0..60 => 1,
        60..3600 => 60,
        3600..86_400 => 3600,
        _ => 86_400,
    };
    round_down(span, unit_seconds)
}

fn round_down(span: Duration, step_seconds: u64) -> Duration {
    Duration::from_secs(span.as_secs() / step_seconds * step_seconds)
}

/// How long something has lasted, in steps coarse enough that a menu row stays still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coarse(Duration);

impl Coarse {
    /// Rounded down: to ten seconds in the first minute, then to the largest unit.
    pub fn new(span: Duration) -> Coarse {
        Coarse(if span.as_secs() < 60 { round_down(span, 10) } else { largest_unit(span) })
    }
}

impl std::fmt::Display for Coarse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_zero() { f.write_str("a few seconds") } else { f.write_str(&humanize(self.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn lengths_of_time_survive_writing_and_parsing() {
        for (text, span) in [
            ("0s", ms(0)),
            ("500ms", ms(500)),
            ("5s", ms(5_000)),
            ("1m30s", ms(90_000)),
            ("1h", ms(3_600_000)),
            ("1h1m1s250ms", ms(3_661_250)),
        ] {
            assert_eq!(AFTER.parse(text), Ok(span), "{text}");
            assert_eq!(write(span), text);
        }
        assert_eq!(AFTER.parse("0"), Ok(ms(0)));
        assert_eq!(AFTER.parse(" 1m 30s "), Ok(ms(90_000)));
    }

    #[test]
    fn the_error_of_a_bad_length_of_time_names_the_way_out() {
        assert_eq!(AFTER.parse("soon"), Err("is not a length of time: write it as 500ms, 5s, 1m30s or 1h".into()));
        assert_eq!(AFTER.parse("5"), AFTER.parse("soon"));
        assert_eq!(AFTER.parse(""), AFTER.parse("soon"));
        assert_eq!(REFRESH.parse("10ms"), Err("is out of range: give 250ms to 1h".into()));
        assert_eq!(REFRESH.parse("-5s"), REFRESH.parse("10ms"));
        assert_eq!(AFTER.parse("25h"), Err("is out of range: give 0s to 24h".into()));
    }

    #[test]
    fn humanize_prints_at_most_two_units() {
        for (span, printed) in [
            (ms(0), "0 s"),
            (ms(250), "250 ms"),
            (ms(5_900), "5 s"),
            (ms(60_000), "1 min"),
            (ms(252_000), "4 min 12 s"),
            (ms(7_500_000), "2 h 5 min"),
            (ms(86_400_000), "1 day"),
            (ms(187_200_000 + 60_000), "2 days 4 h"),
        ] {
            assert_eq!(humanize(span), printed);
        }
    }

    #[test]
    fn coarse_spans_change_rarely() {
        let coarse = |s| Coarse::new(Duration::from_secs(s)).to_string();
        assert_eq!([coarse(3), coarse(19), coarse(59)], ["a few seconds", "10 s", "50 s"]);
        assert_eq!([coarse(125), coarse(3_599), coarse(7_300)], ["2 min", "59 min", "2 h"]);
        assert_eq!([coarse(86_399), coarse(2 * 86_400 + 7_300)], ["23 h", "2 days"]);
    }

    #[test]
    fn the_largest_unit_is_rounded_down() {
        let printed = [0, 59, 60, 3_599, 3_600, 86_399, 86_400, 400 * 86_400]
            .map(|seconds| humanize(largest_unit(Duration::from_secs(seconds))));
        assert_eq!(printed, ["0 s", "59 s", "1 min", "59 min", "1 h", "23 h", "1 day", "400 days"]);
        assert_eq!(humanize(largest_unit(ms(900))), "0 s");
    }
}
