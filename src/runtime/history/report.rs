//! The report about usage over time: made from the history, written as a whole or not at all.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Result, anyhow, bail, ensure};
use jiff::Zoned;

use super::database::place::{COMPANIONS, folder_of, with_ending};
use super::reader::{History, Resolution};
use crate::core::history::since::Since;
use crate::core::report::{AlertFocus, Report, in_full_from, minutes_from};
use crate::core::settings::Settings;
use crate::core::text::{self, history_tables::minute};
use crate::core::time::local;
use crate::runtime::atomic_file;
use crate::runtime::sources::machine;
use crate::runtime::trust::owner::is_foreign;

/// Links here (`/dev/stdout`) stand for open files, and must not be replaced.
const DEVICES: &str = "/dev";

/// The path of the report unless the person names one: beside the history.
pub fn default_path(history: &Path) -> PathBuf {
    history.with_file_name("report.html")
}

/// Makes the report and writes it to `out`, which must be a file of its own: as a whole or not at all.
pub fn make(history: &History, settings: &Settings, since: Since, out: &Path, now: &Zoned) -> Result<()> {
    make_at(history, settings, since, out, now, None)
}

/// The same, with an alert that the page shows first. It is named in the page's data, not behind `#` in its address: the
/// programs that open files know no such addresses.
pub fn make_at(
    history: &History,
    settings: &Settings,
    since: Since,
    out: &Path,
    now: &Zoned,
    focus: Option<AlertFocus>,
) -> Result<()> {
    let page = html(history, settings, since, now, focus)?;
    let failure = || text::history::report_unwritable(out.display());
    let unwritable = |error| anyhow!("{}: {}", failure(), text::history::name_other_file(error));
    if let Some(reason) = refusal(out, history.path()).map_err(unwritable)? {
        bail!("{}: {reason}", failure());
    }
    atomic_file::replace_private(out, &page).map_err(unwritable)?;
    Ok(())
}

/// The reason why `out` may not be replaced, with the way out. A link of another user is not looked behind: it is replaced.
fn refusal(out: &Path, history: &Path) -> io::Result<Option<&'static str>> {
    let entry = match fs::symlink_metadata(out) {
        Ok(entry) if entry.is_symlink() && is_foreign(&entry) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        entry => Some(entry?),
    };
    // Where a link leads: one to nothing is replaced as well.
    let found = entry.as_ref().and_then(|_| fs::metadata(out).ok());
    if found.as_ref().is_some_and(fs::Metadata::is_dir) {
        return Ok(Some(text::history::REPORT_TO_FOLDER));
    }
    let is_device = out.parent() == Some(Path::new(DEVICES));
    if is_device || found.is_some_and(|found| !found.is_file()) {
        return Ok(Some(text::history::REPORT_TO_NO_FILE));
    }
    let is_of_history = std::iter::once("").chain(COMPANIONS).any(|ending| is_same(out, &with_ending(history, ending)));
    Ok(is_of_history.then_some(text::history::REPORT_TO_HISTORY))
}

/// Whether two paths lead to the same file, by links or by other names; also where it does not exist yet.
fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    let place = |path: &Path| {
        fs::canonicalize(folder_of(path)).ok().map(|folder| (folder, path.file_name().map(ToOwned::to_owned)))
    };
    let is_one = identity(one).is_some_and(|found| identity(other) == Some(found));
    is_one || place(one).is_some_and(|found| place(other) == Some(found))
}

/// The page as HTML: an error when the history holds nothing of that time.
pub fn page(history: &History, settings: &Settings, since: Since, now: &Zoned) -> Result<String> {
    html(history, settings, since, now, None)
}

fn html(
    history: &History,
    settings: &Settings,
    since: Since,
    now: &Zoned,
    focus: Option<AlertFocus>,
) -> Result<String> {
    let (from, to) = (since.moment(now), now.timestamp());
    let wall = |at| minute(&local(at, now)).to_string();
    ensure!(from < to, text::history::since_is_in_future(wall(from)));
    let minutes = history.rollups(Resolution::Minutes, minutes_from(to), to)?;
    let (alerts, forecasts) = (history.alerts(from, to)?, history.forecasts(from, to)?);
    let mut readings = Vec::new();
    history.readings(in_full_from(from, to), to, |reading| readings.push(reading))?;
    let known_until = history.extent(to)?.map(|(_, last)| last);
    if readings.is_empty() && minutes.last().is_none_or(|last| last.at < from) {
        match known_until {
            Some(last) => bail!(text::history::nothing_to_report_since(wall(from), wall(last))),
            None => bail!(text::history::NOTHING_RECORDED),
        }
    }
    let mut apps = Vec::new();
    history.app_uses(from, to, |one| apps.push(one.clone()))?;
    let capacity = history.capacities(&minutes, settings, now)?.sentences();
    let report = Report {
        host: &machine::host_name(),
        now,
        since: from,
        known_until: known_until.unwrap_or(to),
        settings,
        minutes: &minutes,
        readings: &readings,
        alerts: &alerts,
        forecasts: &forecasts,
        apps: &apps,
        capacity: &capacity,
        focus,
        nonce: &nonce(),
    };
    Ok(report.html())
}

/// New for each page: no process name that was made up before can carry it.
fn nonce() -> String {
    std::iter::repeat_with(fastrand::alphanumeric).take(24).collect()
}
