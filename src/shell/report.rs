//! The report of the history, as a web page.

use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::Zoned;

use super::file;
use super::history::reader::History;
use crate::model::settings::Settings;
use crate::model::since::Since;

/// Writes a page about the history at `history_path` to `out`.
///
/// # Errors
/// When nothing is recorded yet, the history cannot be read, or the page cannot be written.
pub fn make(history_path: &Path, _settings: &Settings, _since: Since, out: &Path, _now: &Zoned) -> Result<()> {
    let extent = History::open(history_path)?.map(|history| history.extent()).transpose()?.flatten();
    let Some((from, to)) = extent else { bail!("nothing is recorded yet") };
    let page = format!("<!DOCTYPE html><title>Loadline</title><p>{from} to {to}</p>\n");
    file::replace(out, &page).with_context(|| format!("could not write '{}'", out.display()))?;
    Ok(())
}
