//! The service manager that started Loadline: what it asks for in the environment, and what it is told.

pub mod environment;
pub mod manager;
