//! The commands about many machines.

pub mod metrics;
