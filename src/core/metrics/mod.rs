//! Measured values: the metrics, the CPU usage, doubt in figures, a reading, recent readings, swap growth, and the sampling
//! interval that the power state allows.

pub mod cpu_usage;
pub mod doubt;
pub mod metric;
pub mod power_state;
pub mod reading;
pub mod recent;
pub mod self_usage;
pub mod stolen_time;
pub mod swap_growth;
