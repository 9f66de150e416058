//! The history on disk: an SQLite database, written by one Loadline and read by whoever wants to see ([`reader`]).
//!
//! The loop gathers what is to be kept ([`recorder`]) and once a minute hands it over ([`handover`]) to a thread of its own
//! ([`writer`]), which keeps it in the file ([`book`]) a batch at a time ([`batch`]), with its sums ([`sums`]), and without
//! what has grown old ([`prune`]). A slow or full disk delays nothing else.

mod alerts;
mod aside;
mod batch;
mod book;
mod handover;
mod prune;
pub mod reader;
mod readings;
pub mod recorder;
pub mod schema;
mod sums;
mod writer;

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::platform;
use reader::History;

/// The database's name in the folder for data.
const NAME: &str = "history.sqlite3";

/// Where the history is: `LOADLINE_HISTORY`, else in the platform's folder. `None` where there is no home to keep it in.
pub fn path() -> Option<PathBuf> {
    let named = std::env::var_os("LOADLINE_HISTORY").filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| Some(platform::data_dir()?.join(NAME)))
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
    let path = path().ok_or("there is no home folder to keep it in: name a file in LOADLINE_HISTORY")?;
    content(&path).map(|content| format!("'{}'{content}", path.display())).map_err(|error| format!("{error:#}"))
}

fn content(path: &Path) -> anyhow::Result<String> {
    let Some(history) = History::open(path)? else {
        return Ok(" is not there yet: it is begun within a minute".into());
    };
    let alerts = history.alerts(Timestamp::MIN, Timestamp::MAX)?.len();
    let bytes = fs::metadata(path)?.len();
    let since = history.extent()?.map(|(from, _)| from.to_zoned(jiff::tz::TimeZone::system()));
    let since = since.map(|since| since.strftime(", since %Y-%m-%d %H:%M").to_string()).unwrap_or_default();
    let s = if alerts == 1 { "" } else { "s" };
    Ok(format!(": {:.1} MB{since}, {alerts} alert{s}", bytes as f64 / 1e6))
}
