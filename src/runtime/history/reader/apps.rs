//! Reads the use of applications.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::{Result as SqlResult, Row};

use super::History;
use crate::core::history::app_totals::StoredAppUse;
use crate::core::history::record::MINUTES_KEPT;
use crate::runtime::history::schema::foreign::{MAX_ROWS, RowBudget, check_size, shortened};
use crate::runtime::history::schema::{from_mebibytes, timestamp};

/// The first version of the database that has the applications and the size of the machine.
pub(super) const VERSION_WITH_APPS: usize = 4;
/// The use of applications by the day: the columns that [`app_use`] takes. The application 0 is all of them together.
const DAY_USES: &str = "
    SELECT at, app, 1, looks, cpu, memory_mean, memory_max, all_seen FROM app_day WHERE at BETWEEN ?1 AND ?2";
/// The use of applications by the look: all together, then the greatest users. The looks lead: there are fewer to seek.
const LOOK_USES: &str = "
    SELECT at, 0, 0, 1, cpu, memory, memory, all_seen FROM app_look WHERE at BETWEEN ?1 AND ?2
    UNION ALL
    SELECT app_look.at, app, 0, 1, app_use.cpu, app_use.memory, app_use.memory, all_seen
    FROM app_look CROSS JOIN app_use ON app_use.at = app_look.at WHERE app_look.at BETWEEN ?1 AND ?2";
const ALL: i64 = 0;

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
        let names = self.app_names()?;
        let mut count = 0;
        for (sql, from, to) in [(DAY_USES, from, split - 1), (LOOK_USES, from.max(split), to)] {
            let mut statement = self.database.prepare(sql)?;
            let mut rows = statement.query((from, to))?;
            while let Some(row) = rows.next()? {
                self.tick();
                count += 1;
                check_size(count, MAX_ROWS)?;
                let app: i64 = row.get(1)?;
                let name = names.get(&app);
                if name.is_some() || app == ALL {
                    take(&app_use(row, name.map(Arc::clone))?);
                }
            }
        }
        Ok(())
    }

    /// The names by their numbers: a month has some 70,000 rows, and some hundred names.
    fn app_names(&self) -> SqlResult<HashMap<i64, Arc<str>>> {
        let mut names = HashMap::new();
        let mut statement = self.database.prepare("SELECT id, name FROM app")?;
        let mut budget = RowBudget::new(&statement);
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            budget.take(row)?;
            names.insert(row.get(0)?, shortened(row.get_ref(1)?.as_str()?).into());
        }
        Ok(names)
    }
}

fn app_use(row: &Row, name: Option<Arc<str>>) -> SqlResult<StoredAppUse> {
    Ok(StoredAppUse {
        at: timestamp(row.get(0)?),
        is_day: row.get(2)?,
        name,
        looks: row.get(3)?,
        cpu_time: Duration::from_millis(row.get(4)?),
        memory_mean_bytes: from_mebibytes(row.get(5)?),
        memory_max_bytes: from_mebibytes(row.get(6)?),
        is_complete: row.get(7)?,
    })
}
