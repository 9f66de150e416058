//! `report`: makes the page about usage over time from the history, and writes it.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};

use super::args::Common;
use super::setup;
use super::usage_error::UsageError;
use crate::core::history::since::Since;
use crate::core::settings::Settings;
use crate::core::{json, text};
use crate::runtime::console::{self, Form};
use crate::runtime::history::path_or_err;
use crate::runtime::history::reader::History;
use crate::runtime::history::report::{default_path, make, page};
use crate::runtime::{clock, launcher, platform};

/// In place of a file: the page goes to stdout.
const STDOUT: &str = "-";

/// Writes the report, prints its path, and opens it on request. `out` is its path, by default beside the history; `-` is stdout.
pub fn run(common: &Common, since: Since, out: Option<&Path>, open: bool) -> Result<()> {
    let settings = setup::settings(common)?;
    let path = path_or_err()?;
    let (settings, now) = (common.overrides().apply_to(&settings), clock::now().wall);
    let is_stdout = out.is_some_and(|out| out.as_os_str() == STDOUT);
    if is_stdout && open {
        return Err(UsageError(text::history::REPORT_NOT_TO_OPEN.into()).into());
    }
    let none = || anyhow!(text::history::no_history_in(path.display()));
    let history = History::open(&path)?.ok_or_else(none)?.with_progress();
    if is_stdout {
        let page = page(&history, &settings, since, &now)?;
        // Its progress is erased before anything else is printed.
        drop(history);
        let mut stdout = console::out();
        stdout.write_all(page.as_bytes())?;
        return Ok(stdout.flush()?);
    }
    let out = out.map_or_else(|| default_path(&path), Path::to_owned);
    make(&history, &settings, since, &out, &now)?;
    drop(history);
    let written = out.display().to_string();
    console::print_text(&match common.form() {
        Form::Text => written,
        Form::Json => json::history::report_line(&written, &now),
    })?;
    if open { show(&out, &settings) } else { Ok(()) }
}

/// Opens the page, and waits for the program that does.
fn show(page: &Path, settings: &Settings) -> Result<()> {
    let mut program = platform::open_page(page);
    launcher::hide_variables(&mut program, settings);
    let name = program.get_program().to_string_lossy().into_owned();
    let failure = |reason: String| format!("{}: {reason}", text::history::not_opened(page.display()));
    let status = program.status().with_context(|| failure(text::history::opener_not_started(&name)))?;
    ensure!(status.success(), failure(text::history::opener_failed(&name, status)));
    Ok(())
}
