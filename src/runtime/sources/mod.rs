//! Sources of readings: the machine, a recorded trace, and the thread that samples them.

pub mod machine;
pub mod sampler;
pub mod trace;
