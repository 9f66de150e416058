//! The cost of a reading, in figures that depend neither on the speed of the machine nor on its load: allocations,
//! instructions, system calls, wake-ups. Each bound is a little above the figure of the day it was set: a change that exceeds
//! one needs a cure, or a reason to raise it. (Messages on the bus: `desktop/messages.rs`.)

mod counting;
mod tick;

mod allocations;
mod fleet;
mod instructions;
mod looks;
mod scans;
mod system_calls;
pub mod wakeups;
