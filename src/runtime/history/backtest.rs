//! Thresholds tried against the readings that are kept.

use anyhow::Result;
use jiff::{Timestamp, Zoned};

use super::reader::History;
use crate::core::engine::backtest::Backtest;
use crate::core::history::threshold_stats::{BacktestResult, menu_thresholds};
use crate::core::settings::Settings;

/// What each of the thresholds that the menu offers would have told of the readings from `since` to `now`, days being those of
/// its zone; all else is as in `settings`. `None` where no reading is kept of that time.
///
/// # Errors
/// When the history cannot be read.
pub fn run(history: &History, settings: &Settings, since: Timestamp, now: &Zoned) -> Result<Option<BacktestResult>> {
    let mut trial = Backtest::new(settings, menu_thresholds(), now.time_zone().clone());
    let to = now.timestamp();
    history.readings(since, to, |kept| trial.add(kept))?;
    Ok(trial.finish())
}
