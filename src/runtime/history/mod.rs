//! The history on disk: an SQLite database, written by one Loadline and read by any number.
//!
//! The loop gathers records ([`recorder`]) and once a minute passes them to a thread of its own (`writer`), which writes them
//! into the file (`database`) a batch at a time (`batch`), with the sums of the readings (`readings`) and the applications
//! ([`apps`]), and deletes expired rows (`retention`). A slow or full disk delays nothing else.
//!
//! The commands read it ([`reader`]), and so do the [`report`] and the backtest of thresholds ([`jobs`]).

mod alerts;
pub mod apps;
mod batch;
mod database;
pub mod jobs;
mod quarantine;
pub mod reader;
mod readings;
pub mod recorder;
pub mod report;
mod retention;
pub mod schema;
mod writer;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Error, Result, anyhow, bail};
use jiff::{Timestamp, Zoned};

use super::{clock, platform};
use crate::core::history::since::Since;
use crate::core::text::{self, history_tables::minute};
use crate::core::time::local;
use reader::History;

/// The path of the history: `LOADLINE_HISTORY`, else in the platform's folder. `None` without a home folder.
pub fn path() -> Option<PathBuf> {
    let named = std::env::var_os("LOADLINE_HISTORY").filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| Some(platform::data_dir()?.join("history.sqlite3")))
}

/// The path of the history, or an error that names the way out.
pub fn path_or_err() -> Result<PathBuf> {
    path().ok_or_else(|| anyhow!(text::history::NO_PLACE_FOR_HISTORY))
}

/// Opens the history for a command that needs it: an error where there is none yet.
pub fn open_or_err() -> Result<History> {
    History::open(&path_or_err()?)?.ok_or_else(|| anyhow!(text::history::NO_HISTORY))
}

/// The error for a time without a reading.
pub fn nothing_since(since: Since, now: &Zoned) -> Error {
    anyhow!(text::history::nothing_since(minute(&local(since.moment(now), now))))
}

/// `doctor`'s line about the history: its path, size, beginning and number of alerts. `is_on`: the settings switch it on.
pub fn state(is_on: bool) -> Result<String, String> {
    if !is_on {
        return Ok(text::history::OFF.into());
    }
    path_or_err().and_then(|path| describe(&path)).map_err(|error| format!("{error:#}"))
}

fn describe(path: &Path) -> Result<String> {
    let name = path.display();
    if let Some(reason) = database::place::refusal(path)? {
        bail!(text::history::unwritable(name, reason, text::history::NAME_OWN_PLACE));
    }
    let Some(history) = History::open(path)? else { return Ok(text::history::not_begun(name)) };
    let now = clock::now().wall;
    history.check_integrity()?;
    let alerts = history.alerts(Timestamp::MIN, now.timestamp())?.len();
    let since = history.extent(now.timestamp())?.map(|(from, _)| local(from, &now));
    Ok(text::history::state(name, fs::metadata(path)?.len(), since.as_ref(), alerts))
}
