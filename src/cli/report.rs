//! `report`: the page about usage over time, made from the history and written.

use crate::runtime::history::report::beside;
use crate::runtime::history::report::make;
use crate::runtime::history::report::page;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::args::Common;
use super::setup::{self, UsageError};
use crate::core::history::since::Since;
use crate::core::{json, text};
use crate::runtime::console::{self, Form};
use crate::runtime::{clock, history, platform};

/// In place of a file: the page goes to stdout.
const STDOUT: &str = "-";

/// Writes the report, says where it is, and opens it if that is wanted. `out` is where it is written, else beside the
/// history; `-` is stdout.
///
/// # Errors
/// When the settings or the history cannot be read, nothing has been recorded, it cannot be written or not be opened.
pub fn run(common: &Common, since: Since, out: Option<&Path>, open: bool) -> Result<()> {
    let settings = setup::settings(common)?;
    let Some(history) = history::path() else {
        bail!(text::history_tables::NO_PLACE_FOR_HISTORY);
    };
    let (settings, now) = (common.overrides().apply_to(&settings), clock::now().wall);
    if out.is_some_and(|out| out.as_os_str() == STDOUT) {
        if open {
            return Err(UsageError("'--out -' leaves no file to open: name one, or leave out '--open'".into()).into());
        }
        return print(&page(&history, &settings, since, &now)?);
    }
    let out = out.map_or_else(|| beside(&history), Path::to_owned);
    make(&history, &settings, since, &out, &now)?;
    let written = out.display().to_string();
    console::print_text(&match common.form() {
        Form::Text => written,
        Form::Json => json::history::report_line(&written, &now),
    })?;
    if open { show(&out) } else { Ok(()) }
}

fn print(page: &str) -> Result<()> {
    let mut stdout = console::out();
    stdout.write_all(page.as_bytes())?;
    Ok(stdout.flush()?)
}

/// Opens the page, and waits for what opens it.
fn show(page: &Path) -> Result<()> {
    let mut program = platform::open_page(page);
    let name = program.get_program().to_string_lossy().into_owned();
    let what = || format!("could not open '{}'", page.display());
    let status =
        program.status().with_context(|| format!("{}: {name} could not be started; open it by hand", what()))?;
    ensure!(status.success(), "{}: {name} failed ({status}); open it by hand", what());
    Ok(())
}
