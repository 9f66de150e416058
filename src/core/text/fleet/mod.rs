//! Sentences about many machines: the metrics, the endpoint that serves them, and the push to a server.

pub mod endpoint;
pub mod help;
pub mod push;
