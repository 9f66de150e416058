//! Many machines: what this one is called, the endpoint at which it serves its metrics, and the push to a server.

pub mod connection;
pub mod endpoint;
pub mod identity;
mod listener;
pub mod prometheus;
pub mod push_request;
pub mod push_turn;
mod push_worker;
pub mod pusher;
