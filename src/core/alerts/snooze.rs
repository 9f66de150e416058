//! The snoozes that the menu offers, and when they end.

use jiff::{SignedDuration, Timestamp, Zoned};

/// The hour at which "until tomorrow" ends.
const MORNING_HOUR: i8 = 8;
/// Before this hour, the night still belongs to the day before.
const NIGHT_ENDS_HOUR: i8 = 5;

/// A snooze that the menu offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Snooze {
    Minutes15,
    Hour,
    /// Until 8 in the morning of the next day, by the person's clock. Before five, the next day is the same date.
    UntilTomorrow,
}

impl Snooze {
    /// When a snooze that begins at `now` ends.
    pub fn end(self, now: &Zoned) -> Timestamp {
        let in_minutes =
            |minutes| now.timestamp().saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MAX);
        match self {
            Snooze::Minutes15 => in_minutes(15),
            Snooze::Hour => in_minutes(60),
            // Only at the end of the calendar there is no tomorrow.
            Snooze::UntilTomorrow => tomorrow_morning(now).unwrap_or(Timestamp::MAX),
        }
    }
}

fn tomorrow_morning(now: &Zoned) -> Option<Timestamp> {
    let day = if now.hour() < NIGHT_ENDS_HOUR { now.date() } else { now.date().tomorrow().ok()? };
    let morning = day.at(MORNING_HOUR, 0, 0, 0).to_zoned(now.time_zone().clone()).ok()?;
    Some(morning.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_snooze_ends_when_its_name_says() {
        for (snooze, now, end) in [
            (Snooze::Minutes15, "2026-11-22T15:00:00[UTC]", "2026-11-22T15:15:00Z"),
            (Snooze::Hour, "2026-11-22T23:30:00[UTC]", "2026-11-23T00:30:00Z"),
            (Snooze::UntilTomorrow, "2026-11-22T00:00:00[UTC]", "2026-11-22T08:00:00Z"),
            (Snooze::UntilTomorrow, "2026-11-22T04:59:59[UTC]", "2026-11-22T08:00:00Z"),
            (Snooze::UntilTomorrow, "2026-11-22T05:00:00[UTC]", "2026-11-23T08:00:00Z"),
            (Snooze::UntilTomorrow, "2026-12-31T23:59:59[UTC]", "2027-01-01T08:00:00Z"),
        ] {
            let now: Zoned = now.parse().unwrap();
            assert_eq!(snooze.end(&now), end.parse().unwrap(), "{snooze:?} at {now}");
        }
    }
}
