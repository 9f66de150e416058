//! `report`: makes the page about usage over time from the history, and writes it.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};

use super::args::Common;
use super::setup;
use super::usage_error::UsageError;
use crate::core::history::since::Since;
use crate::core::{json, text};
use crate::runtime::console::{self, Form};
use crate::runtime::history::reader::History;
use crate::runtime::history::report::{default_path, make, page};
use crate::runtime::{clock, history, platform};

/// In place of a file: the page goes to stdout.
const STDOUT: &str = "-";

/// Writes the report, prints its path, and opens it on request. `out` is its path, by default beside the history; `-` is stdout.
///
/// # Errors
/// When the settings or the history cannot be read, nothing was recorded, or the report cannot be written or opened.
pub fn run(common: &Common, since: Since, out: Option<&Path>, open: bool) -> Result<()> {
    let settings = setup::settings(common)?;
    let path = history::path().ok_or_else(|| anyhow!(text::history::NO_PLACE_FOR_HISTORY))?;
    let (settings, now) = (common.overrides().apply_to(&settings), clock::now().wall);
    let is_stdout = out.is_some_and(|out| out.as_os_str() == STDOUT);
    if is_stdout && open {
        return Err(UsageError(text::history::REPORT_NOT_TO_OPEN.into()).into());
    }
    let history = History::open(&path)?;
    let history = history.ok_or_else(|| anyhow!(text::history::no_history_in(path.display().to_string())))?;
    let history = history.with_progress();
    if is_stdout {
        let page = page(&history, &settings, since, &now)?;
        // Its progress is erased before anything else is printed.
        drop(history);
        return print(&page);
    }
    let out = out.map_or_else(|| default_path(&path), Path::to_owned);
    make(&history, &settings, since, &out, &now)?;
    drop(history);
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

/// Opens the page, and waits for the program that does.
fn show(page: &Path) -> Result<()> {
    let mut program = platform::open_page(page);
    let name = program.get_program().to_string_lossy().into_owned();
    let failure = || text::history::not_opened(page.display().to_string());
    let status =
        program.status().with_context(|| format!("{}: {}", failure(), text::history::opener_not_started(&name)))?;
    ensure!(status.success(), "{}: {}", failure(), text::history::opener_failed(&name, status));
    Ok(())
}
