//! What several tests share: the engine driver and the events that they make.

pub mod engine;
pub mod events;
