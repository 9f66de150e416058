//! The history on disk: an SQLite database, written by one Loadline and read by whoever wants to see ([`reader`]).

pub mod reader;
pub mod schema;
pub mod trials;

use std::path::PathBuf;

use super::platform;

/// The database's name in the folder for data.
const NAME: &str = "history.sqlite3";

/// Where the history is: `LOADLINE_HISTORY`, else in the platform's folder. `None` where there is no home to keep it in.
pub fn path() -> Option<PathBuf> {
    let named = std::env::var_os("LOADLINE_HISTORY").filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| Some(platform::data_dir()?.join(NAME)))
}
