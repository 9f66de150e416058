//! The applications in the tables.

pub(super) mod rows;
