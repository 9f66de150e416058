//! The sentences that people read. Values from outside are escaped where they are shown, not here.

/// Declares sentences, each by its name, its parts and its words: `not_found(path) = "there is no '{path}'";` becomes a
/// function that puts the parts into the words, and `LOST = "it is lost";` a constant.
macro_rules! sentences {
    () => {};
    ($name:ident = $words:literal; $($rest:tt)*) => {
        pub const $name: &str = $words;
        sentences! { $($rest)* }
    };
    ($name:ident($($part:ident),+) = $words:literal; $($rest:tt)*) => {
        pub fn $name($($part: impl std::fmt::Display),+) -> String {
            format!($words)
        }
        sentences! { $($rest)* }
    };
}

pub mod actions;
pub mod alerts;
pub mod console;
pub mod desktop;
pub mod figures;
pub mod fleet;
pub mod history;
pub mod history_tables;
pub mod input_errors;
pub mod metrics;
pub mod problems;
pub mod recommendation;
pub mod settings;
