//! Many machines: what this one is called, and the endpoint at which it serves its metrics.

pub mod connection;
pub mod endpoint;
pub mod identity;
mod listener;
pub mod prometheus;
