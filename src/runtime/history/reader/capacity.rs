//! Reads what shows whether the machine is large enough: the minutes of a month, and the swap of a week.

use std::time::Duration;

use anyhow::Result;
use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use rusqlite::Row;

use super::History;
use super::apps::VERSION_WITH_APPS;
use crate::core::history::capacity::{Capacity, MachineSize, Missing, SwapDays};
use crate::core::history::record::{READINGS_KEPT, Rollup};
use crate::core::metrics::metric::{Metric, Percent};
use crate::core::settings::Settings;
use crate::core::text::recommendation::capacity::{missing, paragraph};
use crate::core::time::{between, local};
use crate::runtime::history::schema::{timestamp, to_mebibytes};
use crate::runtime::platform;
use crate::runtime::sources::machine;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The capacities of the machine.
pub struct Capacities {
    /// In the order of [`Metric::ALL`], without those whose size is not known; or what is missing.
    pub all: Result<Vec<Capacity>, Missing>,
    /// The days up to now from which they are.
    pub days: u32,
    /// On how many of the last seven days swap grew.
    pub swap_days: usize,
}

impl Capacities {
    /// A paragraph for each, or the sentence about what is missing.
    pub fn sentences(&self) -> Vec<String> {
        match &self.all {
            Ok(all) => all.iter().map(|one| paragraph(one, self.days, self.swap_days)).collect(),
            Err(left) => vec![missing(left)],
        }
    }
}

impl History {
    /// The capacities by `minutes`, those of the last 31 days before `now`, for the thresholds of `settings`, else 80 %.
    pub fn capacities(&self, minutes: &[Rollup], settings: &Settings, now: &Zoned) -> Result<Capacities> {
        let to = now.timestamp();
        let mut swap = SwapDays::default();
        // A date and the end of that day: asking the time zone costs as much as reading a row, and a day has some 40,000.
        let (mut date, mut end) = (Date::default(), Timestamp::MIN);
        self.readings(to.saturating_sub(READINGS_KEPT)?, to, |stored| {
            if stored.at >= end {
                let at = local(stored.at, now);
                let next = at.tomorrow().and_then(|tomorrow| tomorrow.start_of_day());
                (date, end) = (at.date(), next.map_or(stored.at, |next| next.timestamp()));
            }
            swap.add(&stored.reading, date);
        })?;
        let (memory_bytes, processors) = (machine::memory_bytes(), platform::cores());
        let mut sizes =
            [machine::cores(), memory_bytes].map(|today| today.map(|today| MachineSize { today, parts: Vec::new() }));
        for (at, memory, cores) in self.machine_sizes()? {
            let parts = [
                // A limit of cores does not change with the number of processors.
                cores.zip(processors).map(|(then, now)| f64::from(then) / f64::from(now)),
                memory_bytes.map(to_mebibytes).map(|now| memory as f64 / now.max(1) as f64),
            ];
            for (size, part) in sizes.iter_mut().zip(parts) {
                if let (Some(size), Some(part)) = (size, part) {
                    size.parts.push((at, part));
                }
            }
        }
        let capacity = |(metric, size): (Metric, &Option<MachineSize>)| {
            let above = settings.threshold(metric).percent().unwrap_or(Percent::DEFAULT);
            Some(Capacity::of(metric, minutes, size.as_ref()?, above, swap.wanted_more()))
        };
        let span = minutes.first().map_or(Duration::ZERO, |first| between(first.at, to));
        let days = u32::try_from((span.as_secs_f64() / DAY.as_secs_f64()).round() as u64).unwrap_or(u32::MAX);
        let all = Metric::ALL.into_iter().zip(&sizes).filter_map(capacity).collect();
        Ok(Capacities { all, days, swap_days: swap.count() })
    }

    /// The recorded sizes of the machine, each from its time on: MiB of memory, and processors where they are known.
    fn machine_sizes(&self) -> Result<Vec<(Timestamp, u64, Option<u32>)>> {
        if self.version < VERSION_WITH_APPS {
            return Ok(Vec::new());
        }
        let sql = "SELECT at, memory, cores FROM machine WHERE at BETWEEN ?1 AND ?2 ORDER BY at";
        let size = |row: &Row| Ok((timestamp(row.get(0)?), row.get(1)?, row.get(2)?));
        self.explain(self.list(sql, Timestamp::MIN, Timestamp::MAX, size))
    }
}
