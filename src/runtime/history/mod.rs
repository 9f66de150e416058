//! The history on disk: an SQLite database, written by one Loadline and read by whoever wants to see.
//!
//! The loop gathers what is to be kept ([`recorder`]) and once a minute hands it over ([`handover`]) to a thread of its own
//! ([`writer`]), which keeps it in the file ([`book`]) a batch at a time ([`batch`]), with its sums ([`sums`]), and without
//! what has grown old ([`prune`]). A slow or full disk delays nothing else.
//!
//! It is read ([`reader`]) to be shown on the console ([`show`], [`export`]), and to try thresholds against it ([`trials`],
//! [`advise`]).

mod alerts;
pub mod backtest;
mod batch;
mod database;
mod handover;
pub mod jobs;
mod quarantine;
pub mod reader;
mod readings;
pub mod recorder;
pub mod report;
mod retention;
mod rollup;
pub mod schema;
mod writer;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Error, Result, anyhow};
use jiff::{Timestamp, Zoned};

use super::{clock, platform};
use crate::core::history::since::Since;
use crate::core::text;
use reader::History;

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
pub fn open_or_err() -> Result<History> {
    let path = path().ok_or_else(|| anyhow!(text::history_tables::NO_PLACE_FOR_HISTORY))?;
    History::open(&path)?.ok_or_else(|| anyhow!(text::history_tables::NO_HISTORY))
}

/// What there is to say where nothing was recorded since then.
pub fn nothing_since(since: Since, now: &Zoned) -> Error {
    anyhow!(text::history_tables::nothing_since(&since.moment(now).to_zoned(now.time_zone().clone())))
}

/// How the history stands, for `doctor`: where it is, how large, since when, and with how many alerts. `is_kept`: the settings
/// want it.
///
/// # Errors
/// What is wrong, and the way out.
pub fn state(is_kept: bool) -> Result<String, String> {
    if !is_kept {
        return Ok("off: \"history\": true in the settings switches it on".into());
    }
    let path = path().ok_or(text::history_tables::NO_PLACE_FOR_HISTORY)?;
    content(&path).map(|content| format!("'{}'{content}", path.display())).map_err(|error| format!("{error:#}"))
}

fn content(path: &Path) -> Result<String> {
    let Some(history) = History::open(path)? else {
        return Ok(" is not there yet: it is begun within a minute".into());
    };
    let now = clock::now().wall;
    history.check_integrity()?;
    let alerts = history.alerts(Timestamp::MIN, now.timestamp())?.len();
    let bytes = fs::metadata(path)?.len();
    let since = history.extent(now.timestamp())?.map(|(from, _)| from.to_zoned(now.time_zone().clone()));
    let since = since.map(|since| since.strftime(", since %Y-%m-%d %H:%M").to_string()).unwrap_or_default();
    let s = if alerts == 1 { "" } else { "s" };
    Ok(format!(": {:.1} MB{since}, {alerts} alert{s}", bytes as f64 / 1e6))
}
