//! The options of a run, and the ways in which it ends.

use crate::core::settings::Overrides;
use crate::core::time::Clock;
use crate::runtime::console::Form;

/// Where the readings come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// This machine, now.
    Machine,
    /// A trace file, in its own time.
    TraceFile,
    /// The recorded history, in its own time. The refresh interval of each reading is known.
    History,
}

/// The options of a run.
pub struct AppConfig {
    pub form: Form,
    pub prints_readings: bool,
    pub overrides: Overrides,
    /// The run ends after so many readings.
    pub samples: Option<u64>,
    pub source: SourceKind,
    /// With a tray item neither a closed console nor the end of a trace ends the run.
    pub has_tray: bool,
    /// How the tray writes a time of day.
    pub clock: Clock,
}

impl AppConfig {
    /// Whether the readings are this machine's, and happen now.
    pub fn is_machine(&self) -> bool {
        self.source == SourceKind::Machine
    }
}

/// The end of a run.
#[derive(Debug, PartialEq)]
pub enum End {
    /// As asked, or because there was nothing more to do.
    Done,
    /// There can be no further readings.
    Failed(String),
}
