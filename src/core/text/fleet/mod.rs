//! Sentences about many machines: the metrics, and the endpoint that serves them.

pub mod endpoint;
pub mod help;
