//! The report of the history, as a web page.

use std::path::Path;

use anyhow::{Context, Result};
use jiff::Zoned;

use super::file;
use crate::model::settings::Settings;
use crate::model::since::Since;

/// Writes a page about the history to `out`.
///
/// # Errors
/// When the page cannot be written.
pub fn make(_history: &Path, _settings: &Settings, _since: Since, out: &Path, now: &Zoned) -> Result<()> {
    let page = format!("<!DOCTYPE html><title>Loadline</title><p>{now}</p>\n");
    file::replace(out, &page).with_context(|| format!("could not write '{}'", out.display()))?;
    Ok(())
}
