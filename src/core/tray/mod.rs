//! The tray: its title, icon and menu rows, computed from the state of the engine.

pub mod chart_text;
pub mod labels;
pub mod menu_apps;
pub mod problem_row;
pub mod view;
