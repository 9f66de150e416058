//! The early warning of memory that rises slowly: whether it may cross its threshold within hours.

pub mod event;
pub mod forecaster;
pub mod grower;
pub mod rising_floor;
pub mod slots;
