//! Guards against a file that another program, or another person, wrote: nothing in it is run, and work on it is bounded.
//!
//! Source: <https://sqlite.org/security.html>, "Untrusted SQLite Database Files".

use std::ffi::c_int;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OptionalExtension, Result};

use crate::core::text;

/// The longest value or row. The longest of ours is an alert's list of processes: some 100,000 of them.
pub const MAX_VALUE_BYTES: usize = 1 << 20;
/// The values of text that one question may bring into memory.
pub const MAX_TEXT_BYTES: usize = 64 << 20;
/// The rows that one question may bring. A week of readings, one a second, is a third of that.
pub const MAX_ROWS: usize = 2_000_000;

/// SQLite counts its steps in so many at once.
const STEPS_PER_CHECK: c_int = 100_000;
/// A week of readings, one a second, takes some 10 million steps, and 200 million take a few seconds.
const MAX_CHECKS: u32 = 2_000;

/// Prepares a connection before its first question: no trigger, no view and no function of the file runs, its values are
/// bounded, and so are the steps of all questions together, until [`lift_step_limit`].
pub fn harden(connection: &Connection) -> Result<()> {
    for (option, is_on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    ] {
        connection.set_db_config(option, is_on)?;
    }
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, c_int::try_from(MAX_VALUE_BYTES).unwrap_or(c_int::MAX))?;
    let mut checks = 0;
    let is_too_much = move || {
        checks += 1;
        checks > MAX_CHECKS
    };
    connection.progress_handler(STEPS_PER_CHECK, Some(is_too_much))?;
    connection.execute_batch("PRAGMA cell_size_check = ON")
}

/// For the writer, whose connection lasts, and which asks only about the rows that it writes.
pub fn lift_step_limit(connection: &Connection) -> Result<()> {
    connection.progress_handler(0, None::<fn() -> bool>)
}

/// The reason why a database is none of ours: it holds a view, a trigger or a virtual table, or a column that is computed. `None`
/// where there is nothing but tables and indexes.
pub fn alien_object(connection: &Connection) -> Result<Option<String>> {
    // SQLite goes by the words of the statement, whatever the type beside it says.
    let sql = "
        SELECT substr(type, 1, 40), substr(name, 1, 80) FROM sqlite_master
        WHERE NOT coalesce((type = 'table' AND rootpage > 0 AND sql LIKE 'CREATE TABLE %')
            OR (type = 'index' AND rootpage > 0 AND (sql IS NULL OR sql LIKE 'CREATE INDEX %'
                OR sql LIKE 'CREATE UNIQUE INDEX %')), 0)
        LIMIT 1";
    let object = connection.query_row(sql, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    if let Some((kind, name)) = object.optional()? {
        return Ok(Some(text::history::alien_object(kind, name)));
    }
    let sql = "
        SELECT substr(object.name, 1, 80) FROM sqlite_master AS object, pragma_table_xinfo(object.name) AS field
        WHERE object.type = 'table' AND field.hidden <> 0 LIMIT 1";
    let computed: Option<String> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(computed.map(text::history::computed_column))
}
