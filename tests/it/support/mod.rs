//! What several tests share: the builder of histories.

pub mod history;
