//! Reads the early warnings, and the past from which they are made.

use std::ops::Range;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Result as SqlResult, Row};

use super::History;
use super::apps::VERSION_WITH_APPS;
use crate::core::forecast::event::ForecastEvent;
use crate::core::forecast::forecaster::{MemoryPast, Told};
use crate::core::forecast::grower::{AppMemory, Grower, MemoryLooks, RiseWindow};
use crate::core::forecast::rising_floor::SLOTS_KEPT;
use crate::core::forecast::slots::{SLOT_SECONDS, Slot};
use crate::core::history::record::{NOT_SHOWN, StoredForecast};
use crate::core::metrics::metric::Percent;
use crate::runtime::history::schema::foreign::{RowBudget, shortened};
use crate::runtime::history::schema::{from_hundredths, from_mebibytes, timestamp};

const SLOT_MS: i64 = SLOT_SECONDS * 1000;
const MINUTE_MS: i64 = 60_000;
/// The first version of the database that has early warnings.
const VERSION_WITH_FORECASTS: usize = 3;
/// The first one that has the applications which explain them.
const VERSION_WITH_GROWERS: usize = 5;

impl History {
    /// The past of memory in use up to the minute of `until` (excluded), as far as it can matter to an early warning; all but
    /// the start of the machine.
    pub fn memory_past(&self, until: Timestamp) -> Result<MemoryPast> {
        let until = until.as_millisecond().div_euclid(MINUTE_MS) * MINUTE_MS;
        let slots = self.explain(self.slots(until))?;
        let alert_until = self.explain(self.alert_until(until))?.map(timestamp);
        Ok(MemoryPast { slots, booted_at: None, last_warning: self.explain(self.last_warning(until))?, alert_until })
    }

    fn slots(&self, until: i64) -> SqlResult<Vec<(i64, Slot)>> {
        let sql = "
            SELECT at / ?1, min(memory_mean), sum(memory_mean), count(memory_mean),
                max(CASE WHEN at % ?1 = ?1 - ?2 THEN memory_mean END)
            FROM minute WHERE at >= ?3 AND at < ?4 AND memory_mean IS NOT NULL GROUP BY at / ?1 ORDER BY at";
        let mut statement = self.database.prepare(sql)?;
        let from = until - SLOTS_KEPT as i64 * SLOT_MS;
        let slot = |row: &Row| Ok((row.get(0)?, Slot::new(row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)));
        let rows = statement.query_map((SLOT_MS, MINUTE_MS, from, until), slot)?;
        rows.filter_map(|row| row.map(|(number, slot)| Some((number, slot?))).transpose()).collect()
    }

    /// The time up to which an alert of memory went on.
    fn alert_until(&self, until: i64) -> SqlResult<Option<i64>> {
        let sql = "SELECT max(coalesce(ended_at, ?1)) FROM alert WHERE metric = 'memory' AND fired_at <= ?1";
        self.database.query_row(sql, [until], |row| row.get(0))
    }

    fn last_warning(&self, until: i64) -> SqlResult<Option<(Timestamp, Told)>> {
        if self.version < VERSION_WITH_FORECASTS {
            return Ok(None);
        }
        let sql = "
            SELECT at, told, coalesce(silence = ?2, 0) FROM forecast WHERE at <= ?1 ORDER BY at DESC LIMIT 1";
        let warning = |row: &Row| {
            let told = match (row.get(1)?, row.get(2)?) {
                (true, _) => Told::Notified,
                (false, true) => Told::Unseen,
                (false, false) => Told::Silently,
            };
            Ok((timestamp(row.get(0)?), told))
        };
        self.database.query_row(sql, (until, NOT_SHOWN), warning).optional()
    }

    /// The early warnings between `from` and `to` (both included), the oldest first.
    pub fn forecasts(&self, from: Timestamp, to: Timestamp) -> Result<Vec<StoredForecast>> {
        if self.version < VERSION_WITH_FORECASTS {
            return Ok(Vec::new());
        }
        let growers = if self.version < VERSION_WITH_GROWERS {
            "(SELECT NULL AS at, NULL AS name, NULL AS grown, NULL AS at_least)"
        } else {
            "grower"
        };
        let sql = format!(
            "SELECT forecast.at, above, remaining, forecast.grown, grown_size, within, told, silence,
                name, grower.grown, at_least
            FROM forecast LEFT JOIN {growers} AS grower ON grower.at = forecast.at
            WHERE forecast.at BETWEEN ?1 AND ?2 ORDER BY forecast.at"
        );
        self.explain(self.list(&sql, from, to, stored_forecast))
    }

    /// The looks at the applications at both ends of a rise of memory, and the size of the memory at its end.
    pub fn memory_looks(&self, window: &RiseWindow) -> Result<MemoryLooks> {
        if self.version < VERSION_WITH_APPS {
            return Ok(MemoryLooks::default());
        }
        let looks = window.ends().map(|Range { start, end }| self.explain(self.looks_within(start, end)));
        let [first, last] = looks;
        let sql = "SELECT memory FROM machine WHERE at < ?1 ORDER BY at DESC LIMIT 1";
        let total = self.database.query_row(sql, [window.to.as_millisecond()], |row| row.get(0)).optional();
        let total_bytes = self.explain(total)?.map(from_mebibytes);
        Ok(MemoryLooks { first: first?, last: last?, total_bytes })
    }

    fn looks_within(&self, from: Timestamp, to: Timestamp) -> SqlResult<Vec<Vec<AppMemory>>> {
        let sql = "
            SELECT app_look.at, name, app_use.memory
            FROM app_look LEFT JOIN app_use ON app_use.at = app_look.at LEFT JOIN app ON app.id = app_use.app
            WHERE app_look.at >= ?1 AND app_look.at < ?2 ORDER BY app_look.at";
        let mut statement = self.database.prepare(sql)?;
        let mut budget = RowBudget::new(&statement);
        let mut rows = statement.query((from.as_millisecond(), to.as_millisecond()))?;
        let (mut looks, mut latest) = (Vec::new(), None);
        while let Some(row) = rows.next()? {
            budget.take(row)?;
            let at: i64 = row.get(0)?;
            if latest.replace(at) != Some(at) {
                looks.push(Vec::new());
            }
            // A look without an application in use has no name.
            if let (Some(name), Some(look)) = (row.get_ref(1)?.as_str_or_null()?, looks.last_mut()) {
                look.push(AppMemory { name: shortened(name).into(), bytes: from_mebibytes(row.get(2)?) });
            }
        }
        Ok(looks)
    }
}

fn stored_forecast(row: &Row) -> SqlResult<StoredForecast> {
    let grower = match row.get_ref(8)?.as_str_or_null()? {
        Some(name) => {
            let (grown_bytes, is_at_least) = (from_mebibytes(row.get(9)?), row.get(10)?);
            Some(Grower { name: shortened(name).into(), grown_bytes, is_at_least })
        }
        None => None,
    };
    let event = ForecastEvent {
        threshold: Percent::new(row.get(1)?).unwrap_or(Percent::DEFAULT),
        left: Duration::from_millis(row.get(2)?),
        grown_points: from_hundredths(row.get(3)?),
        grown_bytes: row.get::<_, Option<u64>>(4)?.map(from_mebibytes),
        grower,
        within: Duration::from_millis(row.get(5)?),
        suppressed_by: None,
    };
    let suppressed_by = row.get_ref(7)?.as_str_or_null()?.map(|key| shortened(key).into());
    Ok(StoredForecast { at: timestamp(row.get(0)?), event, notified: row.get(6)?, suppressed_by })
}
