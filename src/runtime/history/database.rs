//! The file of the history, open for writing: created if need be, checked, and in the newest version.

pub mod locks;
pub mod own_lock;
pub mod place;

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use rusqlite::{Connection, ErrorCode, OpenFlags, Result as SqlResult, TransactionBehavior};
use rustix::process::{Resource, getrlimit};

use super::schema::{self, foreign};
use crate::core::text;
use crate::runtime::atomic_file;

/// SQLite's settings. A checkpoint every 100 pages (400 KB) is the only wait for the disk: about twice an hour, and a loss of
/// power costs no more than that. The page cache is small, for a batch touches few pages. Debian's SQLite fills deleted rows
/// with zeros by default: that would write pages at each deletion for nothing, for the file is readable by its owner
/// alone. Source: <https://sqlite.org/pragma.html#pragma_secure_delete>
const PRAGMAS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = 100;
    PRAGMA journal_size_limit = 1048576;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA cache_size = -256;
    PRAGMA secure_delete = OFF;
";

/// The longest wait for another process that writes. It holds the file for milliseconds.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// The failure of a batch.
#[derive(Debug)]
pub(super) enum WriteError {
    /// The file is not our history, and will not become it. `word` is the reason in one word, for its new name.
    Unusable { word: &'static str, reason: String },
    /// Another time it may work. `reason` is the system's.
    Transient { reason: String, remedy: Remedy },
}

#[derive(Debug)]
pub(super) enum Remedy {
    Room,
    /// Until another program lets go.
    Patience,
    /// To write in the place.
    Permission,
    /// A place where nobody else puts files.
    OwnPlace,
    /// A place with file locks.
    OtherPlace,
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> WriteError {
        use ErrorCode::*;
        let reason = error.to_string();
        match error.sqlite_error_code() {
            _ if locks::are_refused(&error) => {
                WriteError::Transient { reason: text::history::LOCKS_REFUSED.into(), remedy: Remedy::OtherPlace }
            }
            // `Unknown` is SQLite's general error: a table or column is missing. `None`: a value is of another type than ours.
            None | Some(NotADatabase | DatabaseCorrupt | Unknown | ConstraintViolation | TypeMismatch) => {
                WriteError::Unusable { word: "damaged", reason }
            }
            // A guard against the file of somebody else: what Loadline writes is far from it.
            Some(TooBig) => WriteError::Unusable { word: "foreign", reason: text::history::TOO_BIG.into() },
            Some(OperationInterrupted) => {
                WriteError::Unusable { word: "foreign", reason: text::history::TOO_MUCH_WORK.into() }
            }
            Some(DiskFull) => WriteError::Transient { reason, remedy: Remedy::Room },
            Some(SystemIoFailure) if has_file_size_limit() => {
                WriteError::Transient { reason: text::history::SIZE_LIMIT.into(), remedy: Remedy::Room }
            }
            Some(DatabaseBusy | DatabaseLocked) => WriteError::Transient { reason, remedy: Remedy::Patience },
            Some(_) => WriteError::Transient { reason, remedy: Remedy::Permission },
        }
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> WriteError {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let is_full = matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge);
        let remedy = if is_full { Remedy::Room } else { Remedy::Permission };
        WriteError::Transient { reason: error.to_string(), remedy }
    }
}

/// Whether this process may only write files up to a size. SQLite has one error for this and for a broken disk.
fn has_file_size_limit() -> bool {
    getrlimit(Resource::Fsize).current.is_some()
}

/// Device and number of a file: a path may come to name another file.
pub(super) type FileIdentity = (u64, u64);

/// The file, open for writing.
pub(super) struct Database {
    pub connection: Connection,
    pub identity: FileIdentity,
}

impl Database {
    /// Opens the history at `path`, and creates it if need be: file and folder are for the person alone. `is_first`: it was not
    /// checked in this run yet.
    pub fn open(path: &Path, is_first: bool) -> Result<Database, WriteError> {
        check_place(path)?;
        if !path.try_exists()? {
            atomic_file::replace(path, "")?;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        foreign::harden(&connection)?;
        // Checked before anything is changed: it may be another program's.
        let version = schema::version(&connection)?;
        check(&connection, version)?;
        // The whole file, also where nothing is written for now: 20 MB take a tenth of a second.
        if is_first && is_damaged(&connection)? {
            return Err(WriteError::Unusable { word: "damaged", reason: text::history::DAMAGED.into() });
        }
        connection.execute_batch(PRAGMAS)?;
        if version < schema::VERSION {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            schema::migrate(&transaction)?;
            transaction.commit()?;
        }
        // SQLite opened or made the files beside it only now.
        check_place(path)?;
        Ok(Database { connection, identity: identity(path)? })
    }

    /// False when the file was moved or deleted.
    pub fn is_at(&self, path: &Path) -> bool {
        identity(path).is_ok_and(|identity| identity == self.identity)
    }
}

fn check_place(path: &Path) -> Result<(), WriteError> {
    match place::refusal(path)? {
        Some(reason) => Err(WriteError::Transient { reason, remedy: Remedy::OwnPlace }),
        None => Ok(()),
    }
}

fn identity(path: &Path) -> io::Result<FileIdentity> {
    fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Fails unless a database of this version is a history that can be written.
fn check(connection: &Connection, version: usize) -> Result<(), WriteError> {
    if version > schema::VERSION {
        let reason = text::history::version_to_write(version, schema::VERSION);
        return Err(WriteError::Unusable { word: "newer", reason });
    }
    let sql = "SELECT count(*), count(CASE name WHEN 'reading' THEN 1 END) FROM sqlite_master";
    let (objects, ours): (i64, i64) = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if (version > 0 && ours == 0) || (version == 0 && objects > 0) {
        return Err(WriteError::Unusable { word: "foreign", reason: text::history::FOREIGN.into() });
    }
    if let Some(reason) = foreign::alien_object(connection, version)? {
        return Err(WriteError::Unusable { word: "foreign", reason });
    }
    Ok(())
}

/// Whether anything in the file is damaged.
pub(super) fn is_damaged(database: &Connection) -> SqlResult<bool> {
    let found: String = database.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok(found != "ok")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deleted_rows_are_not_overwritten_with_zeros() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("history.sqlite3"), true).ok().unwrap();
        let wipes: i64 = database.connection.query_row("PRAGMA secure_delete", [], |row| row.get(0)).unwrap();
        assert_eq!(wipes, 0);
    }
}
