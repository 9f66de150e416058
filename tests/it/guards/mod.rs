//! What a reading costs, in figures that do not depend on how fast the machine is or what else it does: memory that is asked
//! for, instructions, system calls, wake-ups. Each bound is a little above what it was when it was set: who exceeds one
//! finds out why, or has a reason to raise it. (Messages on the bus: `desktop/messages.rs`.)

mod counting;
mod tick;

mod allocations;
mod instructions;
mod system_calls;
pub mod wakeups;
