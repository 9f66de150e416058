//! Rows of looks at the applications, their sums by the day, and the size of the machine.

use rusqlite::{Result, Transaction};

use crate::core::history::record::{Record, StoredReading};
use crate::core::processes::app_look::AppLook;
use crate::runtime::history::schema::to_mebibytes;

const DAY_MS: i64 = 24 * 3_600_000;
/// So many applications of a day are kept: those with the greatest part of its CPU time or of its memory.
const APPS_OF_A_DAY: i64 = 20;

/// The state of this run.
#[derive(Clone, Default)]
pub(in crate::runtime::history) struct AppRun {
    /// The beginning of the day of the last look, ms.
    day: Option<i64>,
    /// The size that was noted last: MiB, and processors.
    machine: Option<(u64, Option<u32>)>,
}

/// Writes `record`, if it is a look at the applications.
pub(in crate::runtime::history) fn apply(transaction: &Transaction, record: &Record, run: &mut AppRun) -> Result<()> {
    let Record::Apps { at, look } = record else { return Ok(()) };
    let at = at.as_millisecond();
    insert(transaction, at, look)?;
    let day = at.div_euclid(DAY_MS) * DAY_MS;
    let before = run.day.replace(day);
    if before != Some(day) {
        // The day of the run's last look has ended, or days before this run have no sums yet.
        sum_up_days(transaction, day, before)?;
    }
    Ok(())
}

fn insert(transaction: &Transaction, at: i64, look: &AppLook) -> Result<()> {
    let span = ms(look.span);
    // Looks within the time of this one are from before the clock was set back. Half of it: the clock is corrected at times.
    for table in ["app_look", "app_use"] {
        transaction.execute(&format!("DELETE FROM {table} WHERE at > ?1 AND at <= ?2"), (at - span / 2, at))?;
    }
    let memory = look.apps.iter().fold(look.others_memory_bytes, |sum, app| sum.saturating_add(app.memory_bytes));
    let cpu = look.apps.iter().fold(look.others_cpu_time, |sum, app| sum.saturating_add(app.cpu_time));
    let row = (at, span, ms(cpu), to_mebibytes(memory), look.is_complete);
    transaction.execute("INSERT INTO app_look (at, span, cpu, memory, all_seen) VALUES (?1, ?2, ?3, ?4, ?5)", row)?;
    for app in &look.apps {
        transaction.execute("INSERT OR IGNORE INTO app (name) VALUES (?1)", [&*app.name])?;
        // Two long names may be the same once they are cut.
        let sql = "INSERT OR REPLACE INTO app_use (at, app, cpu, memory)
                   VALUES (?1, (SELECT id FROM app WHERE name = ?2), ?3, ?4)";
        transaction.execute(sql, (at, &*app.name, ms(app.cpu_time), to_mebibytes(app.memory_bytes)))?;
    }
    Ok(())
}

/// Sums up the day `ended`, and each day but `today` that has looks and no sums.
fn sum_up_days(transaction: &Transaction, today: i64, ended: Option<i64>) -> Result<()> {
    let sql = "SELECT DISTINCT at / ?1 * ?1 AS day FROM app_look
               WHERE day = ?2 OR (day <> ?3 AND NOT EXISTS (SELECT 1 FROM app_day WHERE app_day.at = app_look.at / ?1 * ?1))";
    let mut statement = transaction.prepare(sql)?;
    let days: Vec<i64> = statement.query_map((DAY_MS, ended, today), |row| row.get(0))?.collect::<Result<_>>()?;
    days.into_iter().try_for_each(|day| sum_up(transaction, day))
}

/// Sums up a day anew, but for one whose sums have outlived most of its looks: a clock that was set back by more than a month
/// brings a few looks more.
fn sum_up(transaction: &Transaction, day: i64) -> Result<()> {
    let sql = "SELECT EXISTS (SELECT 1 FROM app_day WHERE at = ?1 AND app = 0
                   AND looks > 2 * (SELECT count(*) FROM app_look WHERE at >= ?1 AND at < ?2))";
    if transaction.query_row(sql, (day, day + DAY_MS), |row| row.get(0))? {
        return Ok(());
    }
    transaction.execute("DELETE FROM app_day WHERE at = ?1", [day])?;
    let sql = "
        INSERT INTO app_day (at, app, looks, span, cpu, memory_mean, memory_max, all_seen)
        SELECT ?1, 0, count(*), sum(span), sum(cpu), CAST(round(avg(memory)) AS INTEGER), max(memory), min(all_seen)
        FROM app_look WHERE at >= ?1 AND at < ?2 HAVING count(*) > 0";
    transaction.execute(sql, (day, day + DAY_MS))?;
    let sql = "
        INSERT INTO app_day (at, app, looks, span, cpu, memory_mean, memory_max, all_seen)
        SELECT ?1, app, count(*), sum(span), sum(app_use.cpu), CAST(round(avg(app_use.memory)) AS INTEGER),
            max(app_use.memory), min(all_seen)
        FROM app_use JOIN app_look ON app_look.at = app_use.at
        WHERE app_use.at >= ?1 AND app_use.at < ?2 GROUP BY app
        ORDER BY max(1.0 * sum(app_use.cpu) / (SELECT max(sum(cpu), 1) FROM app_look WHERE at >= ?1 AND at < ?2),
            1.0 * sum(app_use.memory) / (SELECT max(sum(memory), 1) FROM app_look WHERE at >= ?1 AND at < ?2)) DESC, app
        LIMIT ?3";
    transaction.execute(sql, (day, day + DAY_MS, APPS_OF_A_DAY)).map(drop)
}

/// Notes the size of the machine where it has changed. `cores`: the number of processors, where it is known.
pub(in crate::runtime::history) fn note_machine(
    transaction: &Transaction,
    StoredReading { at, reading, .. }: &StoredReading,
    cores: Option<u32>,
    run: &mut AppRun,
) -> Result<()> {
    let Some(memory) = reading.memory_total_bytes.map(to_mebibytes) else { return Ok(()) };
    if run.machine.replace((memory, cores)) == Some((memory, cores)) {
        return Ok(());
    }
    let sql = "
        INSERT OR REPLACE INTO machine (at, memory, cores) SELECT ?1, ?2, ?3
        WHERE NOT EXISTS (SELECT 1 FROM (SELECT memory, cores FROM machine ORDER BY at DESC LIMIT 1)
            WHERE memory = ?2 AND cores IS ?3)";
    transaction.execute(sql, (at.as_millisecond(), memory, cores)).map(drop)
}

fn ms(span: std::time::Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
