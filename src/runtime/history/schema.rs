//! The tables, the units in them, and the steps from each version to the next.
//!
//! Times are milliseconds since 1970 (UTC), percentages hundredths of a percent, swap MiB. Unknown values are NULL.
//! Where other virtual machines were the reason of an alert of the CPU, its `processes` are `{"steal_percent": 85.2}`.

pub mod foreign;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction};

/// The version that this program writes and reads: how many of `STEPS` have been taken.
pub const VERSION: usize = STEPS.len();

/// The steps from each version to the next. A released step is never changed.
const STEPS: [&str; 5] = [
    "
    CREATE TABLE reading (
        at INTEGER PRIMARY KEY,
        cpu INTEGER,
        memory INTEGER,
        pressure INTEGER, -- 0 normal, 1 warning, 2 critical
        swap INTEGER
    );
    -- The refresh interval in force from a reading on, ms: with it a gap is told from a long pause.
    CREATE TABLE pace (at INTEGER PRIMARY KEY, refresh INTEGER NOT NULL);
    CREATE TABLE minute (
        at INTEGER PRIMARY KEY, -- its beginning
        readings INTEGER NOT NULL,
        cpu_mean INTEGER,
        cpu_max INTEGER,
        memory_mean INTEGER,
        memory_max INTEGER
    );
    CREATE TABLE hour (
        at INTEGER PRIMARY KEY,
        readings INTEGER NOT NULL,
        cpu_mean INTEGER,
        cpu_max INTEGER,
        memory_mean INTEGER,
        memory_max INTEGER
    );
    CREATE TABLE alert (
        id INTEGER PRIMARY KEY,
        metric TEXT NOT NULL, -- cpu, memory
        fired_at INTEGER NOT NULL,
        ended_at INTEGER, -- NULL while it goes on
        ending TEXT, -- cleared, unknown, rule_changed, not_seen
        cause TEXT NOT NULL, -- used, pressure, swap_growth
        cause_value INTEGER NOT NULL, -- whole percent; as reading.pressure; MiB
        cause_within INTEGER, -- ms, of swap_growth
        value INTEGER NOT NULL,
        peak INTEGER NOT NULL,
        told INTEGER NOT NULL, -- 0, 1
        silence TEXT,
        processes TEXT, -- JSON: [{name, pids, cpu_percent, memory_bytes}]
        all_seen INTEGER NOT NULL -- 0, 1
    );
    CREATE INDEX alert_fired_at ON alert (fired_at);
    -- One row: up to when old readings were deleted last. (Once they were thinned out up to there.)
    CREATE TABLE thinned (until INTEGER NOT NULL);
    INSERT INTO thinned VALUES (0);
",
    "
    -- One row: since when the clock has run on without a leap, and its last time.
    CREATE TABLE clock (agreed_from INTEGER NOT NULL, last INTEGER NOT NULL);
    INSERT INTO clock VALUES (0, 0);
",
    "
    -- The early warnings of memory.
    CREATE TABLE forecast (
        at INTEGER PRIMARY KEY,
        above INTEGER NOT NULL, -- whole percent
        remaining INTEGER NOT NULL, -- ms
        grown INTEGER NOT NULL,
        grown_size INTEGER, -- MiB
        within INTEGER NOT NULL, -- ms
        told INTEGER NOT NULL, -- 0, 1
        silence TEXT
    );
",
    "
    CREATE TABLE app (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    -- The applications at one time: of all that were seen, the CPU time since the look before, and the memory, MiB.
    CREATE TABLE app_look (
        at INTEGER PRIMARY KEY,
        span INTEGER NOT NULL, -- ms since the look before
        cpu INTEGER NOT NULL, -- ms
        memory INTEGER NOT NULL,
        all_seen INTEGER NOT NULL -- 0, 1
    );
    -- The greatest users among them.
    CREATE TABLE app_use (
        at INTEGER NOT NULL,
        app INTEGER NOT NULL,
        cpu INTEGER NOT NULL, -- ms
        memory INTEGER NOT NULL,
        PRIMARY KEY (at, app)
    ) WITHOUT ROWID;
    -- The sums of a day of UTC, which begins at `at`. `app` is 0 for all applications together.
    CREATE TABLE app_day (
        at INTEGER NOT NULL,
        app INTEGER NOT NULL,
        looks INTEGER NOT NULL, -- with this application among the greatest users
        span INTEGER NOT NULL, -- ms, of those
        cpu INTEGER NOT NULL, -- ms
        memory_mean INTEGER NOT NULL,
        memory_max INTEGER NOT NULL,
        all_seen INTEGER NOT NULL, -- 0, 1
        PRIMARY KEY (at, app)
    ) WITHOUT ROWID;
    -- The size of the machine from a time on: memory in MiB, and processors.
    CREATE TABLE machine (at INTEGER PRIMARY KEY, memory INTEGER NOT NULL, cores INTEGER);
",
    "
    -- The application that explains an early warning of the same time.
    CREATE TABLE grower (
        at INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        grown INTEGER NOT NULL, -- MiB
        at_least INTEGER NOT NULL -- 0, 1
    );
",
];

/// The version of a database; 0 of an empty one.
pub fn version(database: &Connection) -> rusqlite::Result<usize> {
    database.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Takes the steps that are missing.
pub fn migrate(transaction: &Transaction) -> rusqlite::Result<()> {
    for (index, step) in STEPS.iter().enumerate().skip(version(transaction)?) {
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", index + 1)?;
    }
    Ok(())
}

pub(super) fn from_hundredths(stored: i64) -> f64 {
    stored as f64 / 100.0
}

/// Bytes as they are stored, rounded.
pub(super) fn to_mebibytes(bytes: u64) -> u64 {
    bytes.saturating_add(1 << 19) >> 20
}

pub(super) fn from_mebibytes(stored: u64) -> u64 {
    stored << 20
}

pub(super) fn timestamp(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}
