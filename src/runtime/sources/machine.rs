//! The machine itself as a source of readings.

use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use sysinfo::System;

use super::sampler::Source;
use crate::core::alerts::rule::Rules;
use crate::core::time::Now;
use crate::runtime::clock;
use crate::runtime::inbox::TimedReading;
use crate::runtime::platform::MachineReader;

/// The time between the first two looks. It is a little more than sysinfo's minimum, which it measures on its own clock; on Linux
/// the kernel counts some twenty ticks of each processor in it.
const FIRST_PAUSE: Duration = sysinfo::MINIMUM_CPU_UPDATE_INTERVAL.saturating_add(Duration::from_millis(5));
/// The first look's refresh interval: a desktop at login takes its time, and the pause until the first reading is no gap.
const STARTING: Duration = Duration::from_secs(10);

/// The name of this machine; `localhost` where it has none.
pub fn host_name() -> String {
    System::host_name().ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "localhost".into())
}

/// The start of this machine by its clock; `None` where the system does not tell.
pub fn booted_at() -> Option<Timestamp> {
    let seconds =
        System::boot_time().ok().and_then(|seconds| i64::try_from(seconds).ok()).filter(|seconds| *seconds > 0)?;
    Timestamp::from_second(seconds).ok()
}

/// The memory of this machine in bytes; `None` where it cannot be read.
pub fn memory_bytes() -> Option<u64> {
    let mut reader = MachineReader::new().ok()?;
    reader.read(&clock::now(), STARTING, STARTING).memory_total_bytes
}

/// The number of cores that this program may use; `None` where it is not known.
pub fn cores() -> Option<u64> {
    std::thread::available_parallelism().ok().and_then(|cores| u64::try_from(cores.get()).ok())
}

/// This machine. It lives as long as readings are taken: a CPU percentage is the work between two reads.
pub struct Machine {
    reader: MachineReader,
    /// The time of the first look, on the monotonic clock.
    first_look: Duration,
    last_refresh: Duration,
    rules: Rules,
}

impl Machine {
    /// Takes the first look: the first CPU percentage, [`Source::initial_delay`] later, counts from here.
    ///
    /// # Errors
    /// When the machine cannot be read at all.
    pub fn new() -> Result<Machine> {
        let mut reader = MachineReader::new()?;
        let now = clock::now();
        reader.read(&now, STARTING, STARTING);
        Ok(Machine { reader, first_look: now.elapsed, last_refresh: STARTING, rules: Rules::default() })
    }

    /// Whether the counters of the CPU stood still at the latest reading: those of some machines do so for seconds.
    pub fn is_standing_still(&self) -> bool {
        self.reader.is_standing_still()
    }

    fn read_at(&mut self, now: Now, refresh: Duration) -> TimedReading {
        let refresh_before = std::mem::replace(&mut self.last_refresh, refresh);
        let reading = self.reader.read(&now, refresh_before, refresh);
        TimedReading { reading: self.reader.confirm(reading, &self.rules), at: now }
    }
}

impl Source for Machine {
    fn initial_delay(&self) -> Duration {
        FIRST_PAUSE.saturating_sub(clock::monotonic().saturating_sub(self.first_look))
    }

    fn read(&mut self, refresh: Duration) -> Result<Option<TimedReading>> {
        Ok(Some(self.read_at(clock::now(), refresh)))
    }

    fn next_delay(&mut self, refresh: Duration) -> Duration {
        refresh
    }

    fn set_rules(&mut self, rules: Rules) {
        self.rules = rules;
    }

    fn is_lossless(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::metrics::reading::Reading;

    /// The reading so many seconds from now, with this refresh interval in force.
    fn read_later(machine: &mut Machine, seconds: u64, wall_seconds: i64, refresh: Duration) -> Reading {
        clock::wait_for(FIRST_PAUSE);
        let mut now = clock::now();
        now.elapsed += Duration::from_secs(seconds);
        now.wall += jiff::SignedDuration::from_secs(wall_seconds);
        machine.read_at(now, refresh).reading
    }

    #[test]
    fn a_refresh_interval_shortened_in_between_makes_no_gap() {
        let mut machine = Machine::new().unwrap();
        let first = read_later(&mut machine, 4, 4, Duration::from_secs(1));
        assert!(first.cpu_percent.is_some(), "four seconds, with ten in force at the reading before");
    }

    #[test]
    fn after_a_sleep_the_cpu_is_unknown_and_memory_is_known() {
        let mut machine = Machine::new().unwrap();
        let reading = read_later(&mut machine, 0, 8 * 3600, Duration::from_secs(2));
        assert_eq!(reading.cpu_percent, None);
        assert!(reading.memory_percent.is_some());
    }
}
