//! `advise`: which thresholds would have been worth having.

use std::time::Duration;

use anyhow::{Result, bail};

use super::args::Common;
use super::setup;
use crate::core::history::recommendation::Recommendation;
use crate::core::history::since::Since;
use crate::core::metrics::metric::Metric;
use crate::core::time::between;
use crate::core::{json, text};
use crate::runtime::clock;
use crate::runtime::console::{self, Form};
use crate::runtime::history::backtest;

/// With less than this there is no advice: most of what a machine does has not been seen yet.
const ENOUGH: Duration = Duration::from_secs(3600);

/// Says for each metric which threshold would have told once on any day at the most, and why.
///
/// # Errors
/// When too little is recorded, the history or the settings cannot be read, or stdout takes no more.
pub fn run(common: &Common, since: Since) -> Result<()> {
    let now = clock::now().wall;
    let settings = common.overrides().apply_to(&setup::settings(common)?);
    let history = crate::runtime::history::open_or_err()?;
    let from = since.moment(&now);
    let Some(tried) = backtest::run(&history, &settings, from, &now)? else {
        return Err(crate::runtime::history::nothing_since(since, &now));
    };
    if tried.recorded < ENOUGH {
        bail!(text::recommendation::too_little_recorded(tried.recorded, ENOUGH));
    }
    let advice = Metric::ALL.into_iter().zip(&tried.stats);
    let advice: Vec<Recommendation> = advice
        .filter_map(|(metric, told)| Recommendation::of(metric, told, tried.recorded, settings.threshold(metric)))
        .collect();
    if common.form() == Form::Json {
        for advice in &advice {
            console::print_text(&json::history::advice_line(advice, settings.memory_signal, &now))?;
        }
        return Ok(());
    }
    let asked = between(from, now.timestamp());
    let period = text::recommendation::period(since, &from.to_zoned(now.time_zone().clone()), &now);
    for advice in &advice {
        console::print_text(&text::recommendation::advice(advice, &settings, &period))?;
    }
    // A few minutes that are missing are not worth a sentence.
    if tried.recorded < asked.mul_f64(0.95) {
        console::print_text(&text::recommendation::recorded(tried.recorded))?;
    }
    let store = setup::store(common);
    let path = store.as_ref().map(|store| store.path().display().to_string());
    Ok(console::print_text(&text::recommendation::how_to_set(path.as_deref()))?)
}
