//! The parts that several tests share: the engine driver, the events, and the builder of histories.

pub mod engine;
pub mod events;
pub mod history;
