//! The two metrics, CPU and memory, and the quantities that they are measured in.

use std::fmt;
use std::str::FromStr;

use crate::core::text::input_errors;

/// A measured share of what the machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Busy time of all cores together, 0..=100.
    Cpu,
    /// Memory in use, 0..=100 of what is installed.
    Memory,
}

impl Metric {
    /// In the order in which they are shown.
    pub const ALL: [Metric; 2] = [Metric::Cpu, Metric::Memory];

    /// The name in JSON and in the settings: `cpu`, `memory`.
    pub fn key(self) -> &'static str {
        match self {
            Metric::Cpu => "cpu",
            Metric::Memory => "memory",
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Metric::Cpu => "CPU",
            Metric::Memory => "Memory",
        })
    }
}

/// A threshold: a whole percentage from 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u8);

impl Percent {
    /// The default of both thresholds.
    pub const DEFAULT: Percent = Percent(80);

    /// `None` outside 1..=100.
    pub fn new(value: u64) -> Option<Percent> {
        u8::try_from(value).ok().filter(|v| (1..=100).contains(v)).map(Percent)
    }

    /// The number, 1..=100.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

/// The threshold of a metric: a percentage, or no alerts at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Threshold {
    Off,
    Above(Percent),
}

impl Threshold {
    /// The percentage; `None` when it is off.
    pub fn percent(self) -> Option<Percent> {
        match self {
            Threshold::Off => None,
            Threshold::Above(percent) => Some(percent),
        }
    }
}

impl FromStr for Threshold {
    type Err = String;

    /// Parses `80`, `80%` or `off`. The error says what is wrong and the way out, and is meant to follow the offending text.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("off") {
            return Ok(Threshold::Off);
        }
        let digits = text.strip_suffix('%').unwrap_or(text).trim_end();
        match digits.parse::<f64>() {
            Ok(value) if value.fract() != 0.0 && (1.0..=100.0).contains(&value) => {
                Err(input_errors::NOT_A_WHOLE_PERCENTAGE.into())
            }
            Ok(value) if (1.0..=100.0).contains(&value) => {
                Percent::new(value as u64).map(Threshold::Above).ok_or_else(input_errors::threshold_out_of_range)
            }
            Ok(value) if !value.is_nan() => Err(input_errors::threshold_out_of_range()),
            _ => Err(input_errors::not_a_threshold()),
        }
    }
}

/// A percentage in whole hundredths, as fine as one is ever stored or printed: more digits than it can carry are noise.
pub fn hundredths(percent: f64) -> i64 {
    (percent * 100.0).round() as i64
}

/// A size in memory, shown in the binary gigabytes that memory is sold in and Activity Monitor shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// Bytes in what Apple and memory makers call a GB.
const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

impl Bytes {
    /// Tenths of a GB, rounded: the finest that is ever shown, so the coarsest that need be compared.
    pub fn tenths_of_gb(self) -> u64 {
        (self.0 as f64 / GIB * 10.0).round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_parsed_with_and_without_percent_sign() {
        let above = |v| Ok(Threshold::Above(Percent::new(v).unwrap()));
        assert_eq!("80".parse(), above(80));
        assert_eq!("80%".parse(), above(80));
        assert_eq!(" 1 % ".parse(), above(1));
        assert_eq!("100".parse(), above(100));
        assert_eq!("80.0".parse(), above(80));
        assert_eq!("Off".parse(), Ok(Threshold::Off));
    }

    #[test]
    fn the_error_of_a_bad_threshold_names_the_way_out() {
        let wrong = |text: &str| text.parse::<Threshold>().unwrap_err();
        assert_eq!(wrong("180"), "is out of range: give a percentage from 1 to 100, or 'off'");
        assert_eq!(wrong("0"), wrong("180"));
        assert_eq!(wrong("-5"), wrong("180"));
        assert_eq!(wrong("100.5"), wrong("180"));
        assert_eq!(wrong("1e300"), wrong("180"));
        assert_eq!(wrong("82.5"), "is not a whole percentage: give one from 1 to 100, or 'off'");
        assert_eq!(wrong("eighty"), "is not a percentage: give a percentage from 1 to 100, or 'off'");
        assert_eq!(wrong(""), wrong("eighty"));
        assert_eq!(wrong("NaN"), wrong("eighty"));
    }

    #[test]
    fn a_gigabyte_is_binary() {
        assert_eq!(Bytes(16 << 30).tenths_of_gb(), 160);
        assert_eq!(Bytes(0).tenths_of_gb(), 0);
    }
}
