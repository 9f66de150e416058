//! Reads what shows whether the machine is large enough: the minutes of a month, and the swap of a week.

use std::time::Duration;

use anyhow::Result;
use jiff::{Timestamp, Zoned};
use rusqlite::{Result as SqlResult, Row};

use super::History;
use super::apps::VERSION_WITH_APPS;
use crate::core::history::capacity::{Capacity, DailySwap, MachineSize, Missing, SwapDays};
use crate::core::history::record::{READINGS_KEPT, Rollup};
use crate::core::metrics::metric::{Metric, Percent};
use crate::core::settings::Settings;
use crate::core::text::recommendation::capacity::{missing, paragraph};
use crate::core::time::{between, local};
use crate::runtime::history::schema::{from_mebibytes, timestamp, to_mebibytes};
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
        let swap = self.explain(self.swap_days(to.saturating_sub(READINGS_KEPT)?, now))?;
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

    /// The days on the wall clock from `from` to `now` on which swap grew. SQLite compares the readings of a day, which is a
    /// multiple faster than to read them; only where swap has changed by enough are they read.
    fn swap_days(&self, from: Timestamp, now: &Zoned) -> SqlResult<SwapDays> {
        let sql = "SELECT max(swap) - min(swap), max(pressure = 2) FROM reading WHERE at >= ?1 AND at < ?2";
        let mut of_day = self.database.prepare(sql)?;
        let sql = "SELECT swap FROM reading WHERE at >= ?1 AND at < ?2 AND swap IS NOT NULL ORDER BY at";
        let mut in_order = self.database.prepare(sql)?;
        // Up to and with the last reading.
        let end = now.timestamp().as_millisecond() + 1;
        let mut days = SwapDays::default();
        let mut at = local(from, now);
        let mut begin = from.as_millisecond();
        while begin < end {
            let next = at.tomorrow().and_then(|tomorrow| tomorrow.start_of_day());
            let until = next.as_ref().map_or(end, |next| next.timestamp().as_millisecond().min(end));
            let day = |row: &Row| Ok((row.get::<_, Option<u64>>(0)?, row.get::<_, Option<bool>>(1)?));
            let (range, is_critical) = of_day.query_row((begin, until), day)?;
            let mut has_grown = false;
            if range.is_some_and(|range| DailySwap::is_enough(from_mebibytes(range))) {
                let mut growth = DailySwap::default();
                let mut rows = in_order.query((begin, until))?;
                while !has_grown {
                    let Some(row) = rows.next()? else { break };
                    self.tick();
                    has_grown = growth.add(from_mebibytes(row.get(0)?));
                }
            }
            days.add(has_grown, is_critical.unwrap_or_default());
            let Ok(next) = next else { break };
            (begin, at) = (until, next);
        }
        Ok(days)
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
