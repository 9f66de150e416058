//! The life of the process: the service manager that started it, what that one asks for in the environment and is told, and
//! another start where a thread has failed.

pub mod environment;
pub mod failures;
pub mod manager;
pub mod restart;
