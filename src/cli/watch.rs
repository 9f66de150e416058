//! The runs without a tray: `watch` and `snapshot`.

use crate::runtime::clock::wait_for;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::runtime::console::{self, Form};
use crate::runtime::inbox::TimedReading;
use crate::runtime::sources::machine::Machine;
use crate::runtime::sources::sampler::Source;

/// Over how long `snapshot` measures the CPU.
const SNAPSHOT_DURATION: Duration = Duration::from_secs(1);

/// Says one reading, the CPU measured over a second.
///
/// # Errors
/// When the machine cannot be read, or stdout takes nothing.
pub fn snapshot(form: Form) -> Result<()> {
    let mut machine = Machine::new()?;
    wait_for(SNAPSHOT_DURATION);
    let Some(TimedReading { reading, at }) = machine.read(SNAPSHOT_DURATION)? else {
        return Ok(());
    };
    console::print_line(&OutputLine { at: at.wall, event: OutputEvent::Reading(reading) }, form)
        .context("could not write to the console")
}
