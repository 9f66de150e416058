//! Reads the use of applications.

use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::{Result as SqlResult, Row};

use super::{History, check_size};
use crate::core::history::app_totals::StoredAppUse;
use crate::core::history::record::MINUTES_KEPT;
use crate::runtime::history::schema::foreign::{MAX_ROWS, MAX_TEXT_BYTES};
use crate::runtime::history::schema::{from_mebibytes, timestamp};

/// The first version of the database that has the applications and the size of the machine.
pub(super) const VERSION_WITH_APPS: usize = 4;
/// The use of applications by the day. Columns as [`app_use`] takes them.
const DAY_USES: &str = "
    SELECT app_day.at, 1, name, looks, cpu, memory_mean, memory_max, all_seen
    FROM app_day LEFT JOIN app ON app.id = app_day.app WHERE app_day.at BETWEEN ?1 AND ?2";
/// The use of applications by the look: all together, then the greatest users.
const LOOK_USES: &str = "
    SELECT at, 0, NULL, 1, cpu, memory, memory, all_seen FROM app_look WHERE at BETWEEN ?1 AND ?2
    UNION ALL
    SELECT app_use.at, 0, name, 1, app_use.cpu, app_use.memory, app_use.memory, all_seen
    FROM app_use JOIN app ON app.id = app_use.app JOIN app_look ON app_look.at = app_use.at
    WHERE app_use.at BETWEEN ?1 AND ?2";

impl History {
    /// Passes the use of applications from `from` to `to` to `take`: by the look as far back as looks are stored, by the day of
    /// UTC before. A history of an older Loadline has none.
    pub fn app_uses(&self, from: Timestamp, to: Timestamp, take: impl FnMut(&StoredAppUse)) -> Result<()> {
        self.explain(self.each_app_use(from, to, take))
    }

    fn each_app_use(&self, from: Timestamp, to: Timestamp, mut take: impl FnMut(&StoredAppUse)) -> SqlResult<()> {
        if self.version < VERSION_WITH_APPS {
            return Ok(());
        }
        let (from, to) = (from.as_millisecond(), to.as_millisecond());
        // The looks of the first day may have been deleted in part: where it has sums they stand for all of it.
        let sql = "SELECT coalesce((SELECT max(at) + 86400000 FROM app_day
                       WHERE at = (SELECT min(at) FROM app_look) / 86400000 * 86400000 AND at >= ?1),
                   (SELECT min(at) FROM app_look), ?2)";
        let split: i64 = self.database.query_row(sql, (from, to), |row| row.get(0))?;
        // Looks that are younger than that are all stored.
        let split = if from >= to - i64::try_from(MINUTES_KEPT.as_millis()).unwrap_or(0) { from } else { split };
        let (mut count, mut text_bytes) = (0, 0);
        for (sql, from, to) in [(DAY_USES, from, split - 1), (LOOK_USES, from.max(split), to)] {
            let mut statement = self.database.prepare(sql)?;
            let mut rows = statement.query((from, to))?;
            while let Some(row) = rows.next()? {
                self.tick();
                count += 1;
                check_size(count, MAX_ROWS)?;
                text_bytes += row.get_ref(2)?.as_str_or_null()?.map_or(0, str::len);
                check_size(text_bytes, MAX_TEXT_BYTES)?;
                take(&app_use(row)?);
            }
        }
        Ok(())
    }
}

fn app_use(row: &Row) -> SqlResult<StoredAppUse> {
    Ok(StoredAppUse {
        at: timestamp(row.get(0)?),
        is_day: row.get(1)?,
        name: row.get::<_, Option<String>>(2)?.map(Into::into),
        looks: row.get(3)?,
        cpu_time: Duration::from_millis(row.get(4)?),
        memory_mean_bytes: from_mebibytes(row.get(5)?),
        memory_max_bytes: from_mebibytes(row.get(6)?),
        is_complete: row.get(7)?,
    })
}
