//! Early warnings in their table.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Result, Transaction};

use crate::core::forecast::event::ForecastEvent;
use crate::core::forecast::grower::Grower;
use crate::core::history::record::NOT_SHOWN;
use crate::core::metrics::metric::hundredths;
use crate::runtime::history::schema::to_mebibytes;

/// Writes an early warning, and the application that explains it. Where two are of the same millisecond, the later one stays.
pub(super) fn insert(transaction: &Transaction, at: Timestamp, event: &ForecastEvent) -> Result<()> {
    transaction.execute("DELETE FROM grower WHERE at = ?1", [at.as_millisecond()])?;
    if let Some(Grower { name, grown_bytes, is_at_least }) = &event.grower {
        let sql = "INSERT INTO grower (at, name, grown, at_least) VALUES (?1, ?2, ?3, ?4)";
        transaction.execute(sql, (at.as_millisecond(), &**name, to_mebibytes(*grown_bytes), is_at_least))?;
    }
    let milliseconds = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let sql = "
        INSERT OR REPLACE INTO forecast (at, above, remaining, grown, grown_size, within, told, silence)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    transaction.execute(
        sql,
        (
            at.as_millisecond(),
            event.threshold.get(),
            milliseconds(event.left),
            hundredths(event.grown_points),
            event.grown_bytes.map(to_mebibytes),
            milliseconds(event.within),
            event.suppressed_by.is_none(),
            event.suppressed_by.as_ref().map(|silence| silence.key()),
        ),
    )?;
    Ok(())
}

/// Takes up whether somebody could see the notification of an early warning.
pub(super) fn set_told(transaction: &Transaction, at: Timestamp, is_told: bool) -> Result<()> {
    let silence = (!is_told).then_some(NOT_SHOWN);
    let sql = "UPDATE forecast SET told = ?2, silence = ?3 WHERE at = ?1";
    transaction.execute(sql, (at.as_millisecond(), is_told, silence))?;
    Ok(())
}
