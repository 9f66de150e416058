//! `top` without a time: the applications that use the most now, once or live.

use std::io::{IsTerminal, stdout};
use std::time::Duration;

use anyhow::{Result, anyhow};

use crate::core::escape::for_terminal;
use crate::core::json;
use crate::core::processes::app_look::pause_after;
use crate::core::text::history_tables::top::now_lines;
use crate::runtime::clock;
use crate::runtime::console::screen::CLEAR;
use crate::runtime::console::{self, Form};
use crate::runtime::process_scanner::app_looks::AppLooker;

/// The time over which the CPU is measured first.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Prints the applications that use the most, once, or (`is_live`) until the program is stopped.
pub fn run(form: Form, is_live: bool) -> Result<()> {
    let mut looker = AppLooker::default();
    let mut pause = FIRST_PAUSE;
    let clear = if is_live && form == Form::Text && stdout().is_terminal() { CLEAR } else { "" };
    looker.look().map_err(|problem| anyhow!(problem))?;
    loop {
        clock::wait_for(pause);
        let began = clock::monotonic();
        let look = looker.look().map_err(|problem| anyhow!(problem))?;
        // Its CPU time is no longer than that.
        let took = clock::monotonic().saturating_sub(began);
        if let Some(look) = look {
            let text = match form {
                Form::Json => json::apps::top_line(&look, &clock::now().wall),
                Form::Text => {
                    let lines = now_lines(&look);
                    lines.iter().map(|line| for_terminal(line)).collect::<Vec<_>>().join("\n")
                }
            };
            console::print_text(&format!("{clear}{text}"))?;
        }
        if !is_live {
            return Ok(());
        }
        pause = pause_after(took);
    }
}
