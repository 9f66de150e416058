//! Minutes and hours: readings summed up, anew wherever they have changed.

use rusqlite::{Result, Transaction};

/// A minute, ms.
const MINUTE: i64 = 60_000;
/// An hour, ms.
const HOUR: i64 = 60 * MINUTE;

/// Sums up all minutes and hours (of UTC) that have a part in the time from `from` to `to`, ms. Both are included.
pub(super) fn update(transaction: &Transaction, from: i64, to: i64) -> Result<()> {
    let minutes = (begin(from, MINUTE), begin(to, MINUTE));
    transaction.execute("DELETE FROM minute WHERE at BETWEEN ?1 AND ?2", minutes)?;
    // A reading weighs as the time that it stands for (`Kept::stands_for_minutes`); one that says nothing of a metric has
    // no weight there.
    let sql = "
        INSERT OR REPLACE INTO minute (at, readings, cpu_mean, cpu_max, memory_mean, memory_max)
        SELECT at / 60000 * 60000, count(*),
            CAST(round(1.0 * sum(cpu * refresh)
                / sum(CASE WHEN cpu IS NULL THEN 0 ELSE refresh END)) AS INTEGER), max(cpu),
            CAST(round(1.0 * sum(memory * refresh)
                / sum(CASE WHEN memory IS NULL THEN 0 ELSE refresh END)) AS INTEGER), max(memory)
        FROM (SELECT at, cpu, memory, coalesce(
                (SELECT refresh FROM pace WHERE pace.at <= reading.at ORDER BY pace.at DESC LIMIT 1), 1) AS refresh
            FROM reading WHERE at >= ?1 AND at < ?2)
        GROUP BY at / 60000";
    transaction.execute(sql, (minutes.0, minutes.1 + MINUTE))?;
    let hours = (begin(from, HOUR), begin(to, HOUR));
    transaction.execute("DELETE FROM hour WHERE at BETWEEN ?1 AND ?2", hours)?;
    // Minutes weigh alike, however often they were read.
    let sql = "
        INSERT OR REPLACE INTO hour (at, readings, cpu_mean, cpu_max, memory_mean, memory_max)
        SELECT at / 3600000 * 3600000, sum(readings), CAST(round(avg(cpu_mean)) AS INTEGER), max(cpu_max),
            CAST(round(avg(memory_mean)) AS INTEGER), max(memory_max)
        FROM minute WHERE at >= ?1 AND at < ?2 GROUP BY at / 3600000";
    transaction.execute(sql, (hours.0, hours.1 + HOUR))?;
    Ok(())
}

/// The beginning of the span of which `at` is a part.
fn begin(at: i64, span: i64) -> i64 {
    at.div_euclid(span) * span
}
