//! A span of time cut into buckets by the calendar, with the usage in each.

use jiff::civil::Weekday;
use jiff::{SignedDuration, Span, Timestamp, Zoned};

use super::record::{MeanMax, Rollup, StoredReading};
use super::weighted_mean::WeightedMean;
use crate::core::metrics::metric::Metric;

/// The length of a bucket. Days begin at midnight, weeks on Monday, in the time zone of the span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A divisor of 60.
    Minutes(i8),
    /// By the wall clock; a divisor of 24.
    Hours(i8),
    /// A day: 23 to 25 hours.
    Day,
    Week,
    Month,
}

/// The longest span for each step: there are about two dozen buckets, for a table has to fit on a screen.
const LONGEST: [(Step, SignedDuration); 7] = [
    (Step::Minutes(1), SignedDuration::from_mins(24)),
    (Step::Minutes(5), SignedDuration::from_hours(2)),
    (Step::Minutes(15), SignedDuration::from_hours(6)),
    // A day has up to 25 hours.
    (Step::Hours(1), SignedDuration::from_hours(25)),
    (Step::Hours(3), SignedDuration::from_hours(3 * 25)),
    (Step::Day, SignedDuration::from_hours(31 * 24 + 1)),
    (Step::Week, SignedDuration::from_hours(26 * 7 * 24 + 1)),
];

impl Step {
    /// The step for a span.
    pub fn of(from: &Zoned, to: &Zoned) -> Step {
        let span = to.duration_since(from);
        LONGEST.iter().find(|(_, longest)| span <= *longest).map_or(Step::Month, |(step, _)| *step)
    }

    /// The beginning of the bucket that `at` is in.
    fn floor(self, at: &Zoned) -> Option<Zoned> {
        let (date, minute) = (at.date(), at.with().second(0).subsec_nanosecond(0));
        match self {
            Step::Minutes(minutes) => minute.minute(at.minute() / minutes * minutes).build().ok(),
            Step::Hours(hours) => minute.minute(0).hour(at.hour() / hours * hours).build().ok(),
            Step::Day => at.start_of_day().ok(),
            Step::Week => {
                let days = i64::from(date.weekday().since(Weekday::Monday));
                date.checked_sub(Span::new().try_days(days).ok()?).ok()?.to_zoned(at.time_zone().clone()).ok()
            }
            Step::Month => date.first_of_month().to_zoned(at.time_zone().clone()).ok(),
        }
    }

    /// The beginning of the bucket after the one that begins at `at`.
    fn next(self, at: &Zoned) -> Option<Zoned> {
        let on_date = |span: Span| at.date().checked_add(span).ok()?.to_zoned(at.time_zone().clone()).ok();
        match self {
            Step::Minutes(minutes) => at.checked_add(SignedDuration::from_mins(minutes.into())).ok(),
            Step::Hours(1) => at.checked_add(SignedDuration::from_hours(1)).ok(),
            // By the wall clock: one of them has an hour more or less when daylight saving begins or ends.
            Step::Hours(hours) => {
                let wall = at.datetime().checked_add(Span::new().try_hours(hours).ok()?).ok()?;
                wall.to_zoned(at.time_zone().clone()).ok()
            }
            Step::Day => on_date(Span::new().days(1)),
            Step::Week => on_date(Span::new().days(7)),
            Step::Month => on_date(Span::new().months(1)),
        }
    }
}

/// A span of time in buckets.
#[derive(Clone, Debug)]
pub struct Buckets {
    pub step: Step,
    /// In order; at least one.
    pub all: Vec<Bucket>,
}

/// One bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    pub from: Zoned,
    /// The number of alerts that fired in it.
    pub alerts: usize,
    means: [WeightedMean; 2],
}

impl Bucket {
    /// The usage of one metric; `None` where it is unknown.
    pub fn mean_max(&self, metric: Metric) -> Option<MeanMax> {
        self.means[metric as usize].mean_max()
    }

    /// Whether any usage is known.
    pub fn is_known(&self) -> bool {
        self.means.iter().any(|mean| mean.is_known())
    }
}

impl Buckets {
    /// Empty buckets, from the one that `from` is in to the one that `to` is in.
    pub fn new(from: &Zoned, to: &Zoned) -> Buckets {
        let step = Step::of(from, to);
        let first = step.floor(from).unwrap_or_else(|| from.clone());
        let next = |begin: &Zoned| step.next(begin).filter(|next| next > begin && next < to);
        let all = std::iter::successors(Some(first), next);
        Buckets { step, all: all.map(|from| Bucket { from, alerts: 0, means: Default::default() }).collect() }
    }

    /// Adds a rollup that covers `minutes`. Its weight is `minutes`, or its number of readings if that is smaller: no more
    /// minutes can be known then. A rollup that straddles two buckets counts to the one in which it begins.
    pub fn add_rollup(&mut self, rollup: &Rollup, minutes: u32) {
        let Some(bucket) = self.at(rollup.at) else { return };
        for metric in Metric::ALL {
            if let Some(mean_max) = rollup.mean_max(metric) {
                bucket.means[metric as usize].add(rollup.readings.min(minutes).into(), mean_max);
            }
        }
    }

    /// Adds a single reading.
    pub fn add_reading(&mut self, reading: &StoredReading) {
        let Some(bucket) = self.at(reading.at) else { return };
        for metric in Metric::ALL {
            bucket.means[metric as usize].add_reading(reading, metric);
        }
    }

    /// Counts an alert that fired.
    pub fn add_alert(&mut self, fired_at: Timestamp) {
        if let Some(bucket) = self.at(fired_at) {
            bucket.alerts += 1;
        }
    }

    /// The usage of one metric in the whole span; `None` where it is unknown.
    pub fn mean_max(&self, metric: Metric) -> Option<MeanMax> {
        let mut whole = WeightedMean::default();
        self.all.iter().for_each(|bucket| whole.add_all(bucket.means[metric as usize]));
        whole.mean_max()
    }

    /// The bucket that `at` is in; after the end, the last one.
    fn at(&mut self, at: Timestamp) -> Option<&mut Bucket> {
        let index = self.all.partition_point(|bucket| bucket.from.timestamp() <= at);
        self.all.get_mut(index.checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::core::metrics::reading::Reading;

    fn buckets(from: &str, to: &str) -> Buckets {
        Buckets::new(&from.parse().unwrap(), &to.parse().unwrap())
    }

    fn begins(from: &str, to: &str) -> Vec<String> {
        buckets(from, to).all.iter().map(|bucket| bucket.from.strftime("%m-%d %H:%M %:z").to_string()).collect()
    }

    #[test]
    fn buckets_follow_the_calendar_and_are_few() {
        let now: Zoned = "2026-11-22T15:20:10[Europe/Berlin]".parse().unwrap();
        for (span, step, count) in [
            (Span::new().minutes(10), Step::Minutes(1), 11),
            (Span::new().hours(1), Step::Minutes(5), 13),
            (Span::new().hours(5), Step::Minutes(15), 21),
            (Span::new().hours(24), Step::Hours(1), 25),
            (Span::new().days(3), Step::Hours(3), 25),
            (Span::new().days(7), Step::Day, 8),
            (Span::new().days(31), Step::Day, 32),
            (Span::new().days(100), Step::Week, 15),
            (Span::new().years(2), Step::Month, 25),
        ] {
            let buckets = Buckets::new(&now.checked_sub(span).unwrap(), &now);
            assert_eq!((buckets.step, buckets.all.len()), (step, count), "{span}");
        }
        let week = begins("2026-09-01T12:00:00[Europe/Berlin]", "2026-11-22T15:20:10[Europe/Berlin]");
        assert_eq!(week[0], "08-31 00:00 +02:00", "a Monday");
        assert_eq!(week.last().unwrap(), "11-16 00:00 +01:00");
    }

    #[test]
    fn a_day_of_25_hours_has_25_hours_and_is_one_day() {
        let hours = begins("2026-10-25T00:00:00[Europe/Berlin]", "2026-10-26T00:00:00[Europe/Berlin]");
        assert_eq!(hours.len(), 25);
        assert_eq!(
            hours[1..5],
            ["10-25 01:00 +02:00", "10-25 02:00 +02:00", "10-25 02:00 +01:00", "10-25 03:00 +01:00"]
        );
        let thirds = begins("2026-10-24T12:00:00[Europe/Berlin]", "2026-10-26T12:00:00[Europe/Berlin]");
        assert_eq!(thirds[4..7], ["10-25 00:00 +02:00", "10-25 03:00 +01:00", "10-25 06:00 +01:00"]);
        let days = begins("2026-10-20T12:00:00[Europe/Berlin]", "2026-10-27T12:00:00[Europe/Berlin]");
        assert_eq!(days[5..], ["10-25 00:00 +02:00", "10-26 00:00 +01:00", "10-27 00:00 +01:00"]);
        let spring = begins("2026-03-29T00:00:00[Europe/Berlin]", "2026-03-30T00:00:00[Europe/Berlin]");
        assert_eq!(spring.len(), 23);
        // In the second of the two hours from two to three.
        let fold = begins("2026-10-25T02:30:00+01:00[Europe/Berlin]", "2026-10-25T12:00:00[Europe/Berlin]");
        assert_eq!(fold[0], "10-25 02:00 +01:00");
    }

    #[test]
    fn means_weigh_by_time_and_a_gap_is_not_zero() {
        let mut buckets = buckets("2026-11-22T00:00:00[UTC]", "2026-11-22T03:00:00[UTC]");
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let share = |mean_percent, max_percent| Some(MeanMax { mean_percent, max_percent });
        let usage = Rollup { at: at("2026-11-22T00:01:00Z"), readings: 30, cpu: share(20.0, 50.0), memory: None };
        buckets.add_rollup(&usage, 1);
        let reading = Reading { cpu_percent: Some(82.0), ..Reading::default() };
        let kept = |text: &str| StoredReading { at: at(text), reading, refresh: Duration::from_secs(30) };
        buckets.add_reading(&kept("2026-11-22T00:14:59Z"));
        buckets.add_alert(at("2026-11-22T00:15:00Z"));
        buckets.add_reading(&kept("2026-11-21T23:59:59Z"));
        let expected = share((20.0 + 0.5 * 82.0) / 1.5, 82.0);
        assert_eq!(buckets.all[0].mean_max(Metric::Cpu), expected);
        assert_eq!(buckets.mean_max(Metric::Cpu), expected, "a reading before the span does not count");
        assert_eq!((buckets.all[0].mean_max(Metric::Memory), buckets.mean_max(Metric::Memory)), (None, None));
        assert_eq!((buckets.all[0].alerts, buckets.all[1].alerts, buckets.all[1].is_known()), (0, 1, false));
    }

    #[test]
    fn minutes_weigh_alike_and_hours_alike_however_often_they_were_read() {
        let mean = |usages: &[(u32, f64, u32)]| {
            let mut buckets = buckets("2026-11-01T00:00:00[UTC]", "2026-11-22T00:00:00[UTC]");
            for &(readings, mean_percent, minutes) in usages {
                let cpu = Some(MeanMax { mean_percent, max_percent: mean_percent });
                let at = "2026-11-02T12:00:00Z".parse().unwrap();
                buckets.add_rollup(&Rollup { at, readings, cpu, memory: None }, minutes);
            }
            buckets.mean_max(Metric::Cpu).unwrap().mean_percent
        };
        assert_eq!(mean(&[(30, 95.0, 1), (6, 5.0, 1)]), 50.0);
        assert_eq!(mean(&[(1800, 95.0, 60), (360, 5.0, 60)]), 50.0);
        assert_eq!(mean(&[(1800, 90.0, 60), (30, 30.0, 1)]), 90.0 - 60.0 / 61.0, "an hour is sixty minutes");
        assert_eq!(mean(&[(1800, 90.0, 60), (6, 24.0, 60)]), 84.0, "of an hour with 6 readings 6 minutes are known");
    }
}
