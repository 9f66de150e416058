//! The values of a trace: percentages.

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

/// Whether `written`, the last text of a line, may go on: `9` may be the beginning of `95`. `decimals` is the number of digits
/// behind the point that the values of this trace have at the most.
pub fn may_go_on(written: &str, decimals: usize) -> bool {
    let is_word = UNKNOWN.iter().any(|unknown| written.eq_ignore_ascii_case(unknown));
    match written.parse::<f64>().or_else(|_| written.replace(',', ".").parse()) {
        _ if written.ends_with('%') => false,
        _ if is_word => written.len() < 3,
        _ if written.contains(['e', 'E']) || written.ends_with(['.', ',']) => true,
        Ok(value) if decimals_of(written) == 0 => decimals > 0 || value * 10.0 <= 100.0 + ROUNDING_PERCENT,
        Ok(_) => decimals_of(written) < decimals,
        // The beginning of a word or of a number.
        Err(_) => {
            let lower = written.to_ascii_lowercase();
            UNKNOWN.iter().any(|unknown| unknown.starts_with(&lower)) || lower.ends_with(['-', '+'])
        }
    }
}

/// The number of digits behind the point or the comma.
pub fn decimals_of(written: &str) -> usize {
    written.split_once(['.', ',']).map_or(0, |(_, decimals)| decimals.bytes().take_while(u8::is_ascii_digit).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_read_as_written_unknown_or_refused() {
        for (written, value) in [
            ("0", 0.0),
            ("95", 95.0),
            (" 9.5 ", 9.5),
            ("9,5", 9.5),
            ("95%", 95.0),
            ("95 %", 95.0),
            ("95\u{a0}%", 95.0),
            ("+5", 5.0),
            ("1e1", 10.0),
            ("-0.0001", 0.0),
            ("100.0000001", 100.0),
            ("100", 100.0),
        ] {
            assert_eq!(percent("cpu", written), Ok(Some(value)), "{written}");
        }
        for unknown in ["", " ", "NaN", "nan", "NAN", "-nan", "null", "NULL", "None", "N/A", "na", "-", "--"] {
            assert_eq!(percent("cpu", unknown), Ok(None), "{unknown}");
        }
        for wrong in ["many", "9 5", "1,2,3", "1.2,3", "1.2.3", "%", "0x1f", "95%%", "9_5", "--5", "\u{663}"] {
            assert_eq!(percent("cpu", wrong), Err(format!("cpu '{wrong}' is not a number")), "{wrong}");
        }
        for wrong in ["101", "-1", "180%", "inf", "-inf", "1e400", "1,000.5", "950"] {
            assert!(percent("cpu", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_last_value_may_go_on_unless_nothing_could_follow_it() {
        for (written, decimals) in [
            ("9", 0),
            ("0", 0),
            ("10", 0),
            ("95", 1),
            ("95.", 1),
            ("95.2", 2),
            ("nu", 0),
            ("-", 0),
            ("95,", 0),
            ("na", 0),
        ] {
            assert!(may_go_on(written, decimals), "{written}");
        }
        for (written, decimals) in
            [("95", 0), ("11", 0), ("100", 0), ("9.5", 1), ("9,25", 2), ("9%", 0), ("nan", 0), ("null", 2)]
        {
            assert!(!may_go_on(written, decimals), "{written}");
        }
    }
}
