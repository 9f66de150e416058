//! The report about usage over time: made from the history, written as a whole or not at all.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail, ensure};
use jiff::Zoned;

use super::reader::{History, Resolution};
use crate::core::history::since::Since;
use crate::core::report::{Report, in_full_from, minutes_from};
use crate::core::settings::Settings;
use crate::runtime::atomic_file;
use crate::runtime::sources::machine;

/// The report's name in the folder of the history.
const NAME: &str = "report.html";

/// What the names of the history's own files end in. Source: https://sqlite.org/tempfiles.html
const OF_THE_HISTORY: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// Where the report is written unless the person says otherwise: beside the history.
pub fn beside(history: &Path) -> PathBuf {
    history.with_file_name(NAME)
}

/// Makes the report and writes it to `out`: as a whole or not at all.
///
/// # Errors
/// When the history cannot be read, holds nothing of that time, or `out` cannot be written, or is no file of its own.
pub fn make(history: &Path, settings: &Settings, since: Since, out: &Path, now: &Zoned) -> Result<()> {
    let page = page(history, settings, since, now)?;
    let what = || format!("could not write the report to '{}'", out.display());
    if let Some(reason) = refusal(out, history) {
        bail!("{}: {reason}", what());
    }
    atomic_file::replace(out, &page).map_err(|e| anyhow!("{}: {e}; name another file with --out", what()))?;
    Ok(())
}

/// Why nothing may be written to `out`, and the way out: a replacement does away with whatever was there.
fn refusal(out: &Path, history: &Path) -> Option<&'static str> {
    let found = fs::metadata(out).ok();
    if found.as_ref().is_some_and(fs::Metadata::is_dir) {
        return Some("it is a folder; name a file in it with --out");
    }
    if found.is_some_and(|found| !found.is_file()) {
        return Some("it is not a file; name a file with --out, or '-' for stdout");
    }
    let is_of_history = OF_THE_HISTORY.iter().any(|ending| {
        let mut name = history.as_os_str().to_owned();
        name.push(ending);
        is_same(out, Path::new(&name))
    });
    is_of_history.then_some("the history itself is there; name another file with --out")
}

/// Whether two paths lead to the same file, by links or by other names; also where it is not there yet.
fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    let place = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::canonicalize(folder).ok().map(|folder| (folder, path.file_name().map(ToOwned::to_owned)))
    };
    let is_one = identity(one).is_some_and(|found| identity(other) == Some(found));
    is_one || place(one).is_some_and(|found| place(other) == Some(found))
}

/// The page as HTML.
///
/// # Errors
/// When the history cannot be read, or holds nothing of that time.
pub fn page(path: &Path, settings: &Settings, since: Since, now: &Zoned) -> Result<String> {
    let Some(history) = History::open(path)? else {
        bail!(
            "there is no history in '{}' yet: it is kept while Loadline runs, unless 'history' is false in the settings",
            path.display()
        );
    };
    let (from, to) = (since.moment(now), now.timestamp());
    ensure!(
        from < to,
        "nothing has been recorded since {}, which is yet to come: give an earlier --since",
        said(from, now)
    );
    let minutes = history.rollups(Resolution::Minutes, minutes_from(to), to)?;
    let alerts = history.alerts(from, to)?;
    let mut readings = Vec::new();
    history.readings(in_full_from(from, to), to, |kept| readings.push(kept))?;
    let known_until = history.extent(to)?.map(|(_, last)| last);
    if readings.is_empty() && minutes.last().is_none_or(|last| last.at < from) {
        match known_until {
            Some(last) => bail!(
                "nothing has been recorded since {}: the last reading is of {}; give an earlier --since",
                said(from, now),
                said(last, now)
            ),
            None => bail!("nothing has been recorded yet: it is kept while Loadline runs"),
        }
    }
    let report = Report {
        host: &machine::host_name(),
        now,
        since: from,
        known_until: known_until.unwrap_or(to),
        settings,
        minutes: &minutes,
        readings: &readings,
        alerts: &alerts,
        nonce: &nonce(),
    };
    Ok(report.html())
}

fn said(at: jiff::Timestamp, now: &Zoned) -> String {
    at.to_zoned(now.time_zone().clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// Made anew for each page, so that no name of a process that was thought up before can carry it.
fn nonce() -> String {
    std::iter::repeat_with(fastrand::alphanumeric).take(24).collect()
}
