//! The commands about many machines.

pub mod metrics;
pub mod overview;
