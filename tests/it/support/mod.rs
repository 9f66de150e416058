//! The parts that several tests share: the engine driver, the events, and the builder of histories.

pub mod engine;
pub mod events;
#[cfg(target_os = "linux")]
pub mod fake_etc;
#[cfg(target_os = "linux")]
pub mod fake_proc;
pub mod history;
#[cfg(target_os = "linux")]
pub mod preload;
