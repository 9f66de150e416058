//! The commands about many machines.

pub mod metrics;
pub mod overview;
pub mod test_push;
