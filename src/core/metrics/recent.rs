//! The readings of the last ten minutes, for the small chart in the menu: a ring of constant size.

use std::time::Duration;

use super::metric::{Metric, Percent};
use super::reading::Reading;
use crate::core::time::Now;

/// The columns of the chart: ten minutes.
pub const COLUMNS: usize = 60;
/// The time of one column.
const COLUMN_SECONDS: u64 = 10;
/// The columns that are shown as one where there is no room for all. Charts begin with a whole group, so that a group stays
/// the same when the next column begins.
pub const GROUP: usize = 3;

/// The readings of the last ten minutes.
#[derive(Clone, Debug)]
pub struct Recent {
    /// In the order of [`Metric::ALL`]; a column is at the index of its number modulo [`COLUMNS`].
    columns: [[Column; COLUMNS]; 2],
    /// The time from the first reading to the latest one, with the time for which the machine slept.
    position: Duration,
}

impl Default for Recent {
    fn default() -> Recent {
        Recent { columns: [[Column::default(); COLUMNS]; 2], position: Duration::ZERO }
    }
}

/// The readings of one metric in one column.
#[derive(Clone, Copy, Debug, Default)]
struct Column {
    readings: u16,
    sum_percent: f32,
    highest_percent: f32,
}

impl Column {
    fn add(&mut self, percent: f32) {
        self.readings = self.readings.saturating_add(1);
        self.sum_percent += percent;
        self.highest_percent = self.highest_percent.max(percent);
    }

    fn mean(&self) -> Option<f32> {
        (self.readings > 0).then(|| self.sum_percent / f32::from(self.readings))
    }

    fn highest(&self) -> Option<f32> {
        (self.readings > 0).then_some(self.highest_percent)
    }
}

/// The chart of one metric over the last ten minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// The highest value of each ten seconds, percent, the oldest first; `None` where nothing is known. The last ones may
    /// not have begun yet. Rounded up, so that a value above the load line is above it in the chart.
    pub columns: [Option<u8>; COLUMNS],
    /// The load line, 1..=100; `None` when alerts are off.
    pub line: Option<Percent>,
    /// The mean over the time that is known.
    pub mean_percent: Option<u8>,
    pub highest_percent: Option<u8>,
}

impl Recent {
    /// Adds a reading. `before` is the time of the one before; with `after_gap` the pause since is a gap, and the columns
    /// between stay empty. Otherwise the reading counts for the whole time since.
    pub fn add(&mut self, reading: &Reading, before: Option<&Now>, now: &Now, after_gap: bool) {
        let begun = self.column();
        if let Some(before) = before {
            self.position += pause(before, now, after_gap);
        }
        let column = self.column();
        let oldest = (begun + 1).max((column + 1).saturating_sub(COLUMNS as u64));
        for metric in Metric::ALL {
            let columns = &mut self.columns[metric as usize];
            (oldest..=column).for_each(|number| columns[ring_index(number)] = Column::default());
            let Some(percent) = reading.percent(metric) else { continue };
            let first = if after_gap { column } else { oldest.min(column) };
            (first..=column).for_each(|number| columns[ring_index(number)].add(percent as f32));
        }
    }

    /// The chart of one metric, with its load line.
    pub fn chart(&self, metric: Metric, line: Option<Percent>) -> Chart {
        let columns = &self.columns[metric as usize];
        let end = (self.column() / GROUP as u64 + 1) * GROUP as u64;
        let shown = |index: usize| {
            let number = (end + index as u64).checked_sub(COLUMNS as u64)?;
            let highest = (number <= self.column()).then(|| columns[ring_index(number)].highest()).flatten();
            highest.map(|percent| percent.ceil().clamp(0.0, 100.0) as u8)
        };
        // Each column counts for the same time, however many readings it has.
        let means = columns.iter().filter_map(Column::mean);
        let (known, sum_percent) = means.fold((0_u8, 0.0), |(known, sum), mean| (known + 1, sum + mean));
        Chart {
            columns: std::array::from_fn(shown),
            line,
            mean_percent: (known > 0).then(|| rounded(sum_percent / f32::from(known))),
            highest_percent: columns.iter().filter_map(Column::highest).reduce(f32::max).map(rounded),
        }
    }

    /// The number of the column that the latest reading is in, counted from the first reading.
    fn column(&self) -> u64 {
        self.position.as_secs() / COLUMN_SECONDS
    }
}

impl Chart {
    /// A chart without readings.
    pub const EMPTY: Chart = Chart { columns: [None; COLUMNS], line: None, mean_percent: None, highest_percent: None };
}

/// The index of a column in the ring.
fn ring_index(number: u64) -> usize {
    (number % COLUMNS as u64) as usize
}

/// The time between two readings. The monotonic clock stands still while the machine sleeps, the wall clock does not.
fn pause(before: &Now, now: &Now, after_gap: bool) -> Duration {
    let elapsed = now.elapsed.saturating_sub(before.elapsed);
    let wall = Duration::try_from(now.wall.timestamp().duration_since(before.wall.timestamp()));
    if after_gap { elapsed.max(wall.unwrap_or_default()) } else { elapsed }
}

fn rounded(percent: f32) -> u8 {
    percent.round().clamp(0.0, 100.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{Timestamp, tz::TimeZone};

    /// Readings in virtual time.
    struct Timeline {
        recent: Recent,
        now: Option<Now>,
    }

    impl Timeline {
        fn new() -> Timeline {
            Timeline { recent: Recent::default(), now: None }
        }

        fn read(&mut self, pause_s: u64, slept_s: u64, cpu: Option<f64>) {
            let (elapsed, wall) = self.now.as_ref().map_or((Duration::ZERO, Timestamp::UNIX_EPOCH), |now| {
                let wall = now.wall.timestamp() + Duration::from_secs(pause_s + slept_s);
                (now.elapsed + Duration::from_secs(pause_s), wall)
            });
            let now = Now { elapsed, wall: wall.to_zoned(TimeZone::UTC) };
            let reading = Reading { cpu_percent: cpu, memory_percent: Some(50.0), ..Reading::default() };
            self.recent.add(&reading, self.now.as_ref(), &now, slept_s > 0);
            self.now = Some(now);
        }

        fn cpu(&self) -> Vec<Option<u8>> {
            self.recent.chart(Metric::Cpu, None).columns.to_vec()
        }

        /// The columns from the first known one on.
        fn known(&self) -> Vec<Option<u8>> {
            self.cpu().into_iter().skip_while(Option::is_none).collect()
        }
    }

    #[test]
    fn a_column_is_the_highest_value_of_its_ten_seconds() {
        let mut timeline = Timeline::new();
        [10.0, 12.0, 90.4, 11.0, 10.0, 20.0, 21.0].into_iter().for_each(|cpu| timeline.read(2, 0, Some(cpu)));
        assert_eq!(timeline.known(), [Some(91), Some(21), None]);
        let chart = timeline.recent.chart(Metric::Cpu, Percent::new(80));
        assert_eq!((chart.mean_percent, chart.highest_percent), (Some(24), Some(90)));
        assert_eq!(chart.line, Percent::new(80));
        assert_eq!(timeline.recent.chart(Metric::Memory, None).mean_percent, Some(50));
    }

    #[test]
    fn nothing_is_known_before_the_first_reading() {
        assert_eq!(Recent::default().chart(Metric::Cpu, None), Chart::EMPTY);
        let mut timeline = Timeline::new();
        timeline.read(0, 0, None);
        assert_eq!(timeline.recent.chart(Metric::Cpu, None), Chart::EMPTY);
    }

    #[test]
    fn columns_advance_in_groups_and_cover_ten_minutes() {
        let mut timeline = Timeline::new();
        (0..=600).for_each(|second| timeline.read(1, 0, Some(f64::from(second / 10))));
        // Column 60 has begun; its group is complete with 61 and 62, which have not.
        let shown = |timeline: &Timeline| {
            let columns = timeline.cpu();
            [columns[0], columns[56], columns[57], columns[58], columns[59]]
        };
        assert_eq!(shown(&timeline), [Some(3), Some(59), Some(60), None, None]);
        (601..=620).for_each(|second| timeline.read(1, 0, Some(f64::from(second / 10))));
        assert_eq!(shown(&timeline), [3, 59, 60, 61, 62].map(Some));
    }

    #[test]
    fn a_reading_counts_for_the_whole_time_since_the_last_one() {
        let mut timeline = Timeline::new();
        timeline.read(0, 0, Some(10.0));
        timeline.read(40, 0, Some(70.0));
        let (ten, seventy) = (Some(10), Some(70));
        assert_eq!(timeline.known(), [ten, seventy, seventy, seventy, seventy, None]);
    }

    #[test]
    fn the_mean_is_weighted_by_time_and_not_by_readings() {
        let mut timeline = Timeline::new();
        (0..150).for_each(|_| timeline.read(2, 0, Some(95.0)));
        (0..30).for_each(|_| timeline.read(10, 0, Some(5.0)));
        let mean = timeline.recent.chart(Metric::Cpu, None).mean_percent;
        assert_eq!(mean, Some(50));
    }

    #[test]
    fn columns_in_a_gap_stay_empty_however_long_it_is() {
        let mut timeline = Timeline::new();
        timeline.read(0, 0, Some(10.0));
        timeline.read(2, 38, Some(70.0));
        let (ten, seventy) = (Some(10), Some(70));
        assert_eq!(timeline.known(), [ten, None, None, None, seventy, None]);
        timeline.read(2, 8 * 3600, Some(30.0));
        let known = timeline.known();
        assert_eq!(known.iter().flatten().collect::<Vec<_>>(), [&30]);
        let chart = timeline.recent.chart(Metric::Cpu, None);
        assert_eq!((chart.mean_percent, chart.highest_percent), (Some(30), Some(30)));
    }

    #[test]
    fn a_column_without_a_value_is_unknown_and_not_zero() {
        let mut timeline = Timeline::new();
        (0..30).for_each(|second| timeline.read(1, 0, (second / 10 != 1).then_some(40.0)));
        assert_eq!(timeline.known(), [Some(40), None, Some(40)]);
    }
}
