//! `report`: the page about usage over time, made from the history and written.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use jiff::Zoned;

use super::history::reader::{History, Sums};
use super::start::WrongInput;
use super::{clock, console, file, history, machine, platform, start};
use crate::cli::Common;
use crate::model::report::{Report, in_full_from, minutes_from};
use crate::model::settings::Settings;
use crate::model::since::Since;
use crate::model::wording;

/// The report's name in the folder of the history.
const NAME: &str = "report.html";

/// Writes the report, says where it is, and opens it if that is wanted. `out` is where it is written, else beside the
/// history.
///
/// # Errors
/// When the settings or the history cannot be read, nothing has been recorded, it cannot be written or not be opened.
pub fn run(common: &Common, since: Since, out: Option<&Path>, open: bool) -> Result<()> {
    let mut store = start::store(common);
    let found = store.as_mut().map_or(Ok(Settings::DEFAULT), |store| store.first_look());
    let settings = found.map_err(|problem| WrongInput(problem.text))?;
    if let (Some(named), Some(false)) = (&common.settings, store.map(|store| store.has_file())) {
        return Err(WrongInput(wording::no_settings(&named.display().to_string())).into());
    }
    let Some(history) = history::path() else {
        bail!("there is no home folder that a history could be in; say where it is in LOADLINE_HISTORY");
    };
    let out = out.map_or_else(|| beside(&history), Path::to_owned);
    make(&history, &common.overrides().over(&settings), since, &out, &clock::now().wall)?;
    console::say_text(&out.display().to_string())?;
    if open { show(&out) } else { Ok(()) }
}

/// Where the report is written unless the person says otherwise: beside the history.
pub fn beside(history: &Path) -> PathBuf {
    history.with_file_name(NAME)
}

/// Makes the report and writes it to `out`: as a whole or not at all.
///
/// # Errors
/// When the history cannot be read, holds nothing of that time, or `out` cannot be written.
pub fn make(history: &Path, settings: &Settings, since: Since, out: &Path, now: &Zoned) -> Result<()> {
    let page = page(history, settings, since, now)?;
    let what = || format!("could not write the report to '{}'", out.display());
    ensure!(!out.is_dir(), "{}: it is a folder; name a file in it with --out", what());
    file::replace(out, &page).map_err(|e| anyhow!("{}: {e}; name another file with --out", what()))?;
    Ok(())
}

fn page(path: &Path, settings: &Settings, since: Since, now: &Zoned) -> Result<String> {
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
    let read = || format!("could not read the history '{}'", path.display());
    let minutes = history.sums(Sums::Minutes, minutes_from(to), to).with_context(read)?;
    let alerts = history.alerts(from, to).with_context(read)?;
    let mut readings = Vec::new();
    history.readings(in_full_from(from, to), to, |kept| readings.push(kept)).with_context(read)?;
    if readings.is_empty() && minutes.last().is_none_or(|last| last.at < from) {
        match history.extent(to).with_context(read)? {
            Some((_, last)) => bail!(
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

/// Opens the page, and waits for what opens it.
fn show(page: &Path) -> Result<()> {
    let mut program = platform::open_page(page);
    let name = program.get_program().to_string_lossy().into_owned();
    let what = || format!("could not open '{}'", page.display());
    let status = program.status().with_context(|| format!("{}: {name} could not be started", what()))?;
    ensure!(status.success(), "{}: {name} failed ({status}); open it by hand", what());
    Ok(())
}
