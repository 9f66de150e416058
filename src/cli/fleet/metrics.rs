//! `metrics`: the table of metrics, on stdout or in a file.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

use crate::cli::args::Common;
use crate::cli::setup;
use crate::core::fleet::snapshot::MetricsSnapshot;
use crate::core::fleet::{exposition, once, table};
use crate::core::metrics::reading::Reading;
use crate::core::settings::Settings;
use crate::core::time::Now;
use crate::runtime::clock::wait_for;
use crate::runtime::fleet::identity::identity;
use crate::runtime::sources::machine::Machine;
use crate::runtime::sources::sampler::Source;
use crate::runtime::{atomic_file, console};

/// In place of a file: the table goes to stdout.
const STDOUT: &str = "-";

/// Prints the table, or replaces the file `out` by it, once the CPU was measured over one refresh interval.
pub fn run(common: &Common, out: Option<&Path>) -> Result<()> {
    let settings = setup::settings(common)?;
    let text = exposition::text(&table::table_of_moment(&measure(settings, common)?, &identity()));
    match out.filter(|out| out.as_os_str() != STDOUT) {
        Some(out) => {
            atomic_file::publish(out, &text).with_context(|| format!("could not write '{}'", out.display()))?;
        }
        None => {
            let mut stdout = console::out();
            stdout.write_all(text.as_bytes())?;
            stdout.flush()?;
        }
    }
    Ok(())
}

/// The values of this machine over one refresh interval.
pub fn measure(settings: Settings, common: &Common) -> Result<MetricsSnapshot> {
    let overrides = common.overrides();
    let refresh = overrides.apply_to(&settings).refresh;
    let mut machine = Machine::new()?;
    let mut readings: Vec<(Reading, Now)> = Vec::new();
    for pause in [machine.initial_delay(), refresh] {
        wait_for(pause);
        readings.extend(machine.read(refresh)?.map(|taken| (taken.reading, taken.at)));
    }
    Ok(once::snapshot(settings, overrides, &readings))
}
