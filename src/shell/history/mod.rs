//! The history on disk: an SQLite database, written by one Loadline and read by whoever wants to see ([`reader`]): on the console
//! ([`show`], [`export`]), or to try thresholds against it ([`trials`], [`advise`]).

pub mod advise;
pub mod export;
pub mod reader;
pub mod schema;
pub mod show;
pub mod trials;

use std::path::PathBuf;

use anyhow::{Error, Result, anyhow};
use jiff::Zoned;

use reader::History;

use super::platform;
use crate::model::since::Since;
use crate::model::wording;

/// The database's name in the folder for data.
const NAME: &str = "history.sqlite3";

/// Where the history is: `LOADLINE_HISTORY`, else in the platform's folder. `None` where there is no home to keep it in.
pub fn path() -> Option<PathBuf> {
    let named = std::env::var_os("LOADLINE_HISTORY").filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| Some(platform::data_dir()?.join(NAME)))
}

/// The history, for a command that is about nothing else.
///
/// # Errors
/// When it cannot be read, or there is none yet.
pub fn open_or_say() -> Result<History> {
    let path = path().ok_or_else(|| anyhow!(wording::NO_PLACE_FOR_HISTORY))?;
    History::open(&path)?.ok_or_else(|| anyhow!(wording::NO_HISTORY))
}

/// What there is to say where nothing was recorded since then.
pub fn nothing_since(since: Since, now: &Zoned) -> Error {
    anyhow!(wording::nothing_since(&since.moment(now).to_zoned(now.time_zone().clone())))
}
