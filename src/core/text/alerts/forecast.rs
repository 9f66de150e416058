//! The sentences of the early warning of memory.

use std::time::Duration;

use super::{NAME_WIDTH, reason};
use crate::core::duration::humanize;
use crate::core::forecast::event::ForecastEvent;
use crate::core::forecast::grower::Grower;
use crate::core::messages::effect::{Notification, NotificationId};
use crate::core::text::figures::{size, truncate_chars};

const MINUTE_SECONDS: u64 = 60;
const HOUR_SECONDS: u64 = 3600;

/// `Memory may cross 80% in about 2 h at this rate: node grew by 3.1 GB in 2 h (snoozed)`.
pub fn line(event: &ForecastEvent) -> String {
    let silent = event.suppressed_by.as_ref().map(|by| format!(" ({})", reason(by))).unwrap_or_default();
    format!("{} at this rate: {}{silent}", title(event), grown(event))
}

/// `Memory may cross 80% in about 2 h`.
pub fn title(event: &ForecastEvent) -> String {
    format!("Memory may cross {} in about {}", event.threshold, humanize(roughly(event.left)))
}

/// `At this rate: node grew by 3.1 GB in 2 h.`
pub fn body(event: &ForecastEvent) -> String {
    format!("At this rate: {}.", grown(event))
}

/// The notification: a quiet one.
pub fn notification(event: &ForecastEvent) -> Notification {
    Notification::plain(NotificationId::Forecast, title(event), body(event), true)
}

/// `node grew by 3.1 GB in 2 h`; `it` is memory, where no application is known to explain it.
pub fn grown(event: &ForecastEvent) -> String {
    let within = humanize(event.within);
    if let Some(Grower { name, grown_bytes, is_at_least }) = &event.grower {
        let at_least = if *is_at_least { "at least " } else { "" };
        return format!("{} grew by {at_least}{} in {within}", truncate_chars(name, NAME_WIDTH), size(*grown_bytes));
    }
    match event.grown_bytes {
        Some(bytes) => format!("it grew by {} in {within}", size(bytes)),
        None => format!("it grew by {:.0} points in {within}", event.grown_points),
    }
}

/// A time that is not known better: to ten minutes below an hour, to half an hour below three, else to the hour.
fn roughly(left: Duration) -> Duration {
    let step = match left.as_secs() {
        0..HOUR_SECONDS => 10 * MINUTE_SECONDS,
        HOUR_SECONDS..10_800 => HOUR_SECONDS / 2,
        _ => HOUR_SECONDS,
    };
    let steps = (left.as_secs() + step / 2) / step;
    Duration::from_secs(steps.max(1) * step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::alerts::event::SuppressedBy;
    use crate::core::metrics::metric::Percent;

    fn event(left_minutes: u64) -> ForecastEvent {
        ForecastEvent {
            threshold: Percent::DEFAULT,
            left: Duration::from_secs(60 * left_minutes),
            grown_points: 12.4,
            within: Duration::from_secs(2 * HOUR_SECONDS),
            grown_bytes: Some(3_330_000_000),
            grower: None,
            suppressed_by: None,
        }
    }

    #[test]
    fn a_warning_says_by_how_much_memory_grew_and_how_much_time_is_left() {
        let said = line(&event(126));
        assert_eq!(said, "Memory may cross 80% in about 2 h at this rate: it grew by 3.1 GB in 2 h");
        let quiet = ForecastEvent { grown_bytes: None, suppressed_by: Some(SuppressedBy::QuietHours), ..event(126) };
        let said = "Memory may cross 80% in about 2 h at this rate: it grew by 12 points in 2 h (quiet hours)";
        assert_eq!(line(&quiet), said);
        assert_eq!(body(&event(126)), "At this rate: it grew by 3.1 GB in 2 h.");
    }

    #[test]
    fn a_warning_names_the_application_that_grew() {
        let named = |name: &str, is_at_least, suppressed_by| {
            let grower = Some(Grower { name: name.into(), grown_bytes: 2_700_000_000, is_at_least });
            ForecastEvent { grower, suppressed_by, ..event(126) }
        };
        let said = line(&named("node", false, None));
        assert_eq!(said, "Memory may cross 80% in about 2 h at this rate: node grew by 2.5 GB in 2 h");
        assert_eq!(body(&named("node", true, None)), "At this rate: node grew by at least 2.5 GB in 2 h.");
        let said = line(&named("node", false, Some(SuppressedBy::Ignored("node".into()))));
        assert!(said.ends_with("rate: node grew by 2.5 GB in 2 h (node is ignored)"), "{said}");
        assert!(grown(&named(&"ü".repeat(200), false, None)).chars().count() < 70);
    }

    #[test]
    fn the_time_left_is_no_more_exact_than_it_is_known() {
        let said = [0, 4, 26, 56, 75, 100, 170, 200, 1100].map(|minutes| humanize(roughly(event(minutes).left)));
        let expected = ["10 min", "10 min", "30 min", "1 h", "1 h 30 min", "1 h 30 min", "3 h", "3 h", "18 h"];
        assert_eq!(said, expected);
    }
}
