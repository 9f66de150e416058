//! The file of the history, open for writing: found or made, and known to be ours.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::reader::{self, BUSY_TIMEOUT};
use super::schema;
use crate::runtime::atomic_file;

/// How the file is used. The log is taken into the file every 100 pages (400 KB): that is when the disk is waited for, about
/// twice an hour, and a loss of power costs no more than that. The page cache is small, for a batch touches few pages.
/// Debian's SQLite fills what is deleted with zeros, unless it is told not to: that writes pages at each thinning for nothing,
/// for the file is readable by its owner alone. Source: https://sqlite.org/pragma.html#pragma_secure_delete
const PRAGMAS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = 100;
    PRAGMA journal_size_limit = 1048576;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA cache_size = -256;
    PRAGMA secure_delete = OFF;
";

/// Why a batch is not written.
#[derive(Debug)]
pub(super) enum WriteError {
    /// The file is no history of ours, and will not become one.
    Unusable(Unusable),
    /// Another time it may work.
    Transient {
        /// What the system says.
        reason: String,
        /// What can be done about it.
        cure: Remedy,
    },
}

/// What can be done about a fault that passes.
#[derive(Debug)]
pub(super) enum Remedy {
    /// To make room.
    Room,
    /// To wait until another program lets go.
    Patience,
    /// To make the place writable.
    Permission,
}

/// What is wrong with a file that cannot be used.
#[derive(Debug)]
pub(super) struct Unusable {
    /// One word, for its new name.
    pub word: &'static str,
    /// For the person.
    pub reason: String,
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> WriteError {
        let reason = error.to_string();
        match error.sqlite_error_code() {
            // `Unknown` is SQLite's general error: tables or columns are missing. Other errors than SQLite's are values of
            // another type than ours.
            None
            | Some(
                ErrorCode::NotADatabase
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::Unknown
                | ErrorCode::ConstraintViolation
                | ErrorCode::TypeMismatch,
            ) => WriteError::Unusable(Unusable { word: "damaged", reason }),
            Some(ErrorCode::DiskFull) => WriteError::Transient { reason, cure: Remedy::Room },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                WriteError::Transient { reason, cure: Remedy::Patience }
            }
            Some(_) => WriteError::Transient { reason, cure: Remedy::Permission },
        }
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> WriteError {
        let cure = if error.kind() == io::ErrorKind::StorageFull { Remedy::Room } else { Remedy::Permission };
        WriteError::Transient { reason: error.to_string(), cure }
    }
}

/// Which file it is: a path may come to name another one.
pub(super) type FileIdentity = (u64, u64);

/// The file, open.
pub(super) struct Database {
    /// To be written to.
    pub database: Connection,
    /// Which file that is.
    pub identity: FileIdentity,
}

impl Database {
    /// Opens the history at `path`, and makes it if need be: for the person alone, as is its folder. `is_first`: it has not been
    /// looked through in this run.
    pub fn open(path: &Path, is_first: bool) -> Result<Database, WriteError> {
        if !path.try_exists()? {
            atomic_file::replace(path, "")?;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut database = Connection::open_with_flags(path, flags)?;
        database.busy_timeout(BUSY_TIMEOUT)?;
        // Looked at before anything is changed: it may be somebody else's.
        let version = schema::version(&database)?;
        check(&database, version)?;
        if is_first {
            check_integrity(&database)?;
        }
        database.execute_batch(PRAGMAS)?;
        if version < schema::VERSION {
            let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
            schema::migrate(&transaction)?;
            transaction.commit()?;
        }
        Ok(Database { database, identity: identity(path)? })
    }

    /// Whether `path` still names this file: it may have been moved or deleted.
    pub fn is_at(&self, path: &Path) -> bool {
        identity(path).is_ok_and(|identity| identity == self.identity)
    }
}

fn identity(path: &Path) -> io::Result<FileIdentity> {
    fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Whether the file is whole, also where nothing is written for now. 20 MB take a tenth of a second.
fn check_integrity(database: &Connection) -> Result<(), WriteError> {
    if reader::is_damaged(database)? {
        return Err(WriteError::Unusable(Unusable { word: "damaged", reason: reader::DAMAGED.into() }));
    }
    Ok(())
}

/// Whether a database of this version is a history that can be written.
fn check(database: &Connection, version: usize) -> Result<(), WriteError> {
    if version > schema::VERSION {
        let reason = format!("its version is {version}, and this Loadline writes version {}", schema::VERSION);
        return Err(WriteError::Unusable(Unusable { word: "newer", reason }));
    }
    let sql = "SELECT count(*), count(CASE name WHEN 'reading' THEN 1 END) FROM sqlite_master";
    let (things, ours): (i64, i64) = database.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let has_begun = version > 0;
    if (has_begun && ours == 0) || (!has_begun && things > 0) {
        let reason = "it is a database of another program".into();
        return Err(WriteError::Unusable(Unusable { word: "foreign", reason }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_deleted_is_not_written_once_more() {
        let folder = tempfile::tempdir().unwrap();
        let book = Database::open(&folder.path().join("history.sqlite3"), true).ok().unwrap();
        let wipes: i64 = book.database.query_row("PRAGMA secure_delete", [], |row| row.get(0)).unwrap();
        assert_eq!(wipes, 0);
    }
}
