//! The commands about many machines.

pub mod metrics;
pub mod test_push;
