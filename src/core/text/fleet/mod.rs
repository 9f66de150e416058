//! Sentences about many machines: the metrics, the endpoint that serves them, the push to a server, and the table of
//! `loadline fleet`.

pub mod asking;
pub mod endpoint;
pub mod help;
pub mod overview;
pub mod push;
