//! Sentences about the results of a backtest, and the summary of a replay.

pub mod capacity;

use std::time::Duration;

use jiff::Zoned;
use jiff::civil::Date;

use crate::core::duration;
use crate::core::history::recommendation::{Recommendation, Recommended, fires_too_long};
use crate::core::history::since::Since;
use crate::core::history::threshold_stats::{ThresholdStats, menu_thresholds};
use crate::core::messages::alert_counts::AlertCounts;
use crate::core::metrics::metric::Threshold;
use crate::core::settings::Settings;
use crate::core::time::between;

/// The lengths of *Alert after* that may be suggested.
const LONGER: [Duration; 4] =
    [Duration::from_secs(15), Duration::from_secs(30), Duration::from_secs(60), Duration::from_secs(300)];

/// The recommendation for one metric: `CPU: 85%. In the last 7 days it would have alerted 3 times, ...`. `period` is the text of
/// [`period`].
pub fn advice(advice: &Recommendation, settings: &Settings, period: &str) -> String {
    let metric = advice.metric;
    if !settings.memory_signal.uses_threshold(metric) {
        let outcome = outcome(advice.recommended.stats(), advice.recorded);
        return format!("Memory: its alerts go by pressure, whatever the threshold. {period} they {outcome}.");
    }
    match advice.recommended {
        Recommended::Use { stats: best, lower: Some(lower) } => {
            let (is_enough, too_often) = (outcome(&best, advice.recorded), outcome(&lower, advice.recorded));
            let current = current(advice, Some(&lower));
            format!("{metric}: {}. {period} it {is_enough}; {} {too_often}. {current}", best.above, lower.above)
        }
        Recommended::Use { stats: best, lower: None } => {
            let (above, current) = (best.above, current(advice, None));
            format!("{metric}: {above} or lower. {period} even {above} {}. {current}", outcome(&best, advice.recorded))
        }
        Recommended::TooOften(highest) => {
            let (above, lowest) = (highest.above, menu_thresholds().next().unwrap_or(highest.above));
            let (too_often, current) = (outcome(&highest, advice.recorded), current(advice, Some(&highest)));
            let longer = longer(settings.after);
            format!("{metric}: none of {lowest} to {above}. {period} even {above} {too_often}: {longer}. {current}")
        }
    }
}

/// The way out where no threshold is acceptable: a longer `after`.
fn longer(after: Duration) -> String {
    let Some(longer) = LONGER.iter().find(|longer| **longer > after) else {
        return "no threshold keeps it to once a day, for the machine is loaded".into();
    };
    let (now, longer) = (super::settings::after(after).to_lowercase(), duration::write(*longer));
    format!(
        "no threshold keeps it to once a day, but to alert after longer than now ({now}) may: \
         loadline advise --after {longer}"
    )
}

/// The current threshold, and its outcome unless that was mentioned already.
fn current(advice: &Recommendation, mentioned: Option<&ThresholdStats>) -> String {
    let best = advice.recommended.stats();
    match (advice.current, &advice.current_stats) {
        (Threshold::Off, _) => "Now its alerts are off.".into(),
        (Threshold::Above(_), Some(now)) if now == best && !matches!(advice.recommended, Recommended::TooOften(_)) => {
            "That is what you have.".into()
        }
        (Threshold::Above(above), Some(now)) if Some(now) != mentioned && now != best => {
            format!("You have {above}, which {}.", outcome(now, advice.recorded))
        }
        (Threshold::Above(above), _) => format!("You have {above}."),
    }
}

/// `would have alerted 9 times, 4 of them on Tuesday 17 November`; with the duration where that is much of the time `recorded`:
/// `would have alerted once, and been on for 6 days 22 h`.
fn outcome(stats: &ThresholdStats, recorded: Duration) -> String {
    match times(stats) {
        times if !fires_too_long(stats, recorded) => times,
        times => format!("{times}, and been on for {}", duration::humanize(stats.firing)),
    }
}

fn times(stats: &ThresholdStats) -> String {
    let on = |date: Date| date.strftime("%A %-d %B");
    match (stats.alerts, stats.max_per_day, stats.busiest_day) {
        (0, ..) => "would never have alerted".into(),
        (1, ..) => "would have alerted once".into(),
        (times, 0 | 1, _) | (times, _, None) => format!("would have alerted {times} times, never twice on a day"),
        (times, most, Some(day)) if times == most => format!("would have alerted {times} times, all on {}", on(day)),
        (times, most, Some(day)) => format!("would have alerted {times} times, {most} of them on {}", on(day)),
    }
}

/// The beginning of a sentence about a time: `In the last 7 days`, `Since 2026-11-15 00:00`.
pub fn period(since: Since, from: &Zoned, now: &Zoned) -> String {
    match since {
        Since::Before(_) => format!("In {}", last(from, now)),
        Since::Wall(_) | Since::Moment(_) => format!("Since {}", super::history_tables::minute(from)),
    }
}

/// `the last 7 days`: by the calendar, so that a day of 25 hours is one.
fn last(from: &Zoned, now: &Zoned) -> String {
    let days = now.date().duration_since(from.date()).as_hours() / 24;
    match days {
        1 if from.time() == now.time() => "the last day".into(),
        2.. if from.time() == now.time() => format!("the last {days} days"),
        _ => format!("the last {}", duration::humanize(between(from.timestamp(), now.timestamp()))),
    }
}

sentences! {
    recorded(lasted) = "Readings of {lasted} are kept of that time.";
}

/// The error where too little was recorded.
pub fn too_little_recorded(recorded: Duration, enough: Duration) -> String {
    let left = Duration::from_secs(enough.saturating_sub(recorded).as_secs().div_ceil(60) * 60);
    let [recorded, left] = [recorded, left].map(duration::humanize);
    format!("only {recorded} of that time are recorded, too little to go by: ask again in {left}")
}

/// The way to change a threshold; `settings` is the path of the file.
pub fn how_to_set(settings: Option<&str>) -> String {
    let file = settings.map_or("the settings file".into(), |path| format!("'{path}'"));
    format!("To change one: 'CPU threshold' or 'Memory threshold' in the menu, or 'above_percent' in {file}.")
}

/// The summary of a replay: `302,400 readings from 2026-11-15 15:20 to 2026-11-22 15:20: 3 alerts told, 1 silent`.
pub fn replayed(first: &Zoned, last: &Zoned, readings: u64, alerts: &AlertCounts) -> String {
    let count = |n: u64, word: &str| format!("{} {word}{}", grouped(n), if n == 1 { "" } else { "s" });
    let (notified, readings) = (count(alerts.notified, "alert"), count(readings, "reading"));
    let [from, to] = [first, last].map(|at| at.strftime("%Y-%m-%d %H:%M"));
    format!("{readings} from {from} to {to}: {notified} told, {} silent", grouped(alerts.silent))
}

/// `302,400`.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        text.extend((index > 0 && (digits.len() - index).is_multiple_of(3)).then_some(','));
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::metrics::metric::Percent;

    #[test]
    fn numbers_read_as_in_speech() {
        let said = |alerts, max_per_day, day: Option<&str>| {
            let busiest_day = day.map(|day| day.parse().unwrap());
            let firing = Duration::from_secs(60);
            outcome(&ThresholdStats { above: Percent::DEFAULT, alerts, max_per_day, firing, busiest_day }, firing * 4)
        };
        assert_eq!(said(0, 0, None), "would never have alerted");
        assert_eq!(said(1, 1, Some("2026-11-17")), "would have alerted once");
        assert_eq!(said(3, 1, Some("2026-11-17")), "would have alerted 3 times, never twice on a day");
        assert_eq!(said(9, 4, Some("2026-11-17")), "would have alerted 9 times, 4 of them on Tuesday 17 November");
        assert_eq!(said(4, 4, Some("2026-11-07")), "would have alerted 4 times, all on Saturday 7 November");
        let firing = Duration::from_secs(6 * 86_400);
        let always = ThresholdStats { above: Percent::DEFAULT, alerts: 1, max_per_day: 1, firing, busiest_day: None };
        assert_eq!(outcome(&always, firing + firing), "would have alerted once, and been on for 6 days");
        assert_eq!([0, 999, 1_000, 302_400, 1_234_567].map(grouped), ["0", "999", "1,000", "302,400", "1,234,567"]);
    }

    #[test]
    fn a_week_has_seven_days_also_when_daylight_saving_ends() {
        let now: Zoned = "2026-10-26T12:00:00[Europe/Berlin]".parse().unwrap();
        let since = |text: &str| {
            let since: Since = text.parse().unwrap();
            period(since, &crate::core::time::local(since.moment(&now), &now), &now)
        };
        assert_eq!(since("7d"), "In the last 7 days");
        assert_eq!(since("24h"), "In the last day");
        assert_eq!(since("1h30m"), "In the last 1 h 30 min");
        assert_eq!(since("2026-10-25"), "Since 2026-10-25 00:00");
    }

    #[test]
    fn with_too_little_recorded_the_message_says_when_to_ask_again() {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        let said = too_little_recorded(minutes(12) + Duration::from_secs(1), minutes(60));
        assert_eq!(said, "only 12 min 1 s of that time are recorded, too little to go by: ask again in 48 min");
    }
}
