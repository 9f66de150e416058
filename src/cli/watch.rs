//! The runs without a tray: `watch` and `snapshot`.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::core::alerts::event::{Line, Said};
use crate::runtime::app::{App, End};
use crate::runtime::clock;
use crate::runtime::console::{self, Form};
use crate::runtime::inbox::Inbox;
use crate::runtime::sources::machine::Machine;
use crate::runtime::sources::sampler::{Source, Taken};

/// Over how long `snapshot` measures the CPU.
const SNAPSHOT_SPAN: Duration = Duration::from_secs(1);

/// Takes inputs until the run is over.
pub fn run(mut app: App, inbox: &Inbox) -> End {
    while let Some(input) = inbox.receive() {
        if let Some(end) = app.take(input) {
            return end;
        }
    }
    End::Done
}

/// Says one reading, the CPU measured over a second.
///
/// # Errors
/// When the machine cannot be read, or stdout takes nothing.
pub fn snapshot(form: Form) -> Result<()> {
    let mut machine = Machine::new()?;
    wait_for(SNAPSHOT_SPAN);
    let Some(Taken { reading, at }) = machine.take(SNAPSHOT_SPAN)? else {
        return Ok(());
    };
    console::say(&Line { at: at.wall, said: Said::Reading(reading) }, form).context("could not write to the console")
}

/// Waits for the whole of `span`: the CPU is measured between two looks.
pub fn wait_for(span: Duration) {
    let end = clock::monotonic() + span;
    loop {
        let left = end.saturating_sub(clock::monotonic());
        if left.is_zero() {
            return;
        }
        // May return early.
        thread::park_timeout(left);
    }
}
