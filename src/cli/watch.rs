//! `snapshot`: one reading.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::runtime::clock::wait_for;
use crate::runtime::console::{self, Form};
use crate::runtime::inbox::TimedReading;
use crate::runtime::sources::machine::Machine;
use crate::runtime::sources::sampler::Source;

/// The time over which `snapshot` measures the CPU.
const SNAPSHOT_DURATION: Duration = Duration::from_secs(1);

/// Prints one reading, with the CPU measured over a second.
pub fn snapshot(form: Form) -> Result<()> {
    let mut machine = Machine::new()?;
    wait_for(SNAPSHOT_DURATION);
    let Some(TimedReading { reading, at }) = machine.read(SNAPSHOT_DURATION)? else { return Ok(()) };
    console::print_line(&OutputLine { at: at.wall, event: OutputEvent::Reading(reading) }, form)
        .context("could not write to the console")
}
