//! Guards against a file that another program, or another person, wrote: nothing in it is run, and work on it is bounded.
//!
//! Source: <https://sqlite.org/security.html>, "Untrusted SQLite Database Files".

use std::ffi::c_int;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, OptionalExtension, Result, Row, Statement, ffi};

use super::{STEPS, VERSION};
use crate::core::processes::top_apps::MAX_NAME_CHARS;
use crate::core::text;

/// The longest value or row. The longest of ours is an alert's list of processes: some 100,000 of them.
pub const MAX_VALUE_BYTES: usize = 1 << 20;
/// The values of text that one question may bring into memory.
const MAX_TEXT_BYTES: usize = 64 << 20;
/// The rows that one question may bring. A week of readings, one a second, is a third of that.
pub const MAX_ROWS: usize = 2_000_000;

/// SQLite counts its steps in so many at once.
const STEPS_PER_CHECK: c_int = 100_000;
/// A week of readings, one a second, takes some 10 million steps, and 200 million take a few seconds.
const MAX_CHECKS: u32 = 2_000;

/// The tables that SQLite makes itself once anybody has had it count the rows. Source: <https://sqlite.org/fileformat2.html>,
/// "The sqlite_stat1 table", and `openStatTable` in its source.
const STATISTICS: [&str; 2] =
    ["CREATE TABLE sqlite_stat1(tbl,idx,stat)", "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)"];

/// Prepares a connection before its first question: no trigger, no view, no constraint and no function of the file runs, its
/// values are bounded, and so are the steps of all questions together ([`limit_steps`]).
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
    limit_steps(connection)?;
    connection.execute_batch("PRAGMA cell_size_check = ON; PRAGMA ignore_check_constraints = ON")
}

/// Allows the questions from now on so many steps together as no history of ours needs for one command, nor for one batch.
pub fn limit_steps(connection: &Connection) -> Result<()> {
    let mut checks = 0;
    let is_too_much = move || {
        checks += 1;
        checks > MAX_CHECKS
    };
    connection.progress_handler(STEPS_PER_CHECK, Some(is_too_much))
}

/// The reason why a database of this version is none of ours: it holds a view, a trigger or a virtual table, a column that is
/// computed, or, where the version is one of ours, a table or an index that none of the steps has made so. `None` where all is
/// as Loadline makes it.
pub fn alien_object(connection: &Connection, version: usize) -> Result<Option<String>> {
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
    if let Some(table) = computed {
        return Ok(Some(text::history::computed_column(table)));
    }
    if (1..=VERSION).contains(&version) { altered_object(connection) } else { Ok(None) }
}

/// The same for a table or an index whose statement is in none of the steps. One with a constraint, a default, or an expression
/// or a condition in an index would have SQLite compute whatever it says, for as long as that takes: one function is one step.
fn altered_object(connection: &Connection) -> Result<Option<String>> {
    let steps = STEPS.map(bare);
    let own: Vec<&str> = steps.iter().flat_map(|step| step.split(';')).map(str::trim).chain(STATISTICS).collect();
    let sql = "SELECT sql, substr(type, 1, 40), substr(name, 1, 80) FROM sqlite_master WHERE sql IS NOT NULL";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let made_by = bare(row.get_ref(0)?.as_str()?);
        if !own.contains(&made_by.as_str()) {
            let (kind, name): (String, String) = (row.get(1)?, row.get(2)?);
            return Ok(Some(text::history::altered_object(kind, name)));
        }
    }
    Ok(None)
}

/// Statements without their comments, which other releases worded otherwise, and with one blank between two words.
///
/// SQLite, too, ends such a comment with the line, and takes the same characters for blanks. In a quoted text it sees none; but
/// no statement of ours holds a quote, and so none with a quote is left equal to one of ours.
fn bare(statements: &str) -> String {
    let lines = statements.split('\n').filter_map(|line| line.split("--").next());
    lines.flat_map(str::split_ascii_whitespace).collect::<Vec<_>>().join(" ")
}

/// The rows that one question has brought so far, and the bytes of their texts.
pub struct RowBudget {
    columns: usize,
    rows: usize,
    text_bytes: usize,
}

impl RowBudget {
    /// For the rows of `statement`, none of which was taken yet.
    pub fn new(statement: &Statement) -> RowBudget {
        RowBudget { columns: statement.column_count(), rows: 0, text_bytes: 0 }
    }

    /// Takes up a row, with all of its columns.
    ///
    /// # Errors
    /// SQLite's own for what is too big, above the most rows or texts.
    pub fn take(&mut self, row: &Row) -> Result<()> {
        self.rows += 1;
        for column in 0..self.columns {
            if let ValueRef::Text(value) | ValueRef::Blob(value) = row.get_ref(column)? {
                self.text_bytes += value.len();
            }
        }
        check_size(self.rows, MAX_ROWS)?;
        check_size(self.text_bytes, MAX_TEXT_BYTES)
    }
}

/// Fails with SQLite's own error for it above `most`.
pub fn check_size(size: usize, most: usize) -> Result<()> {
    if size > most { Err(Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_TOOBIG), None)) } else { Ok(()) }
}

/// The beginning of a text that is to stay in memory: as much as the longest name that Loadline writes.
pub fn shortened(text: &str) -> &str {
    text.char_indices().nth(MAX_NAME_CHARS).map_or(text, |(end, _)| &text[..end])
}
