//! `advise`: recommends thresholds by backtesting them against the history.

use std::time::Duration;

use anyhow::{Result, bail};

use super::args::Common;
use super::setup;
use crate::core::history::recommendation::Recommendation;
use crate::core::history::since::Since;
use crate::core::metrics::metric::Metric;
use crate::core::report::minutes_from;
use crate::core::time::{between, local};
use crate::core::{duration, json, text};
use crate::runtime::clock;
use crate::runtime::console::{self, Form};
use crate::runtime::history::jobs::backtest;
use crate::runtime::history::reader::Resolution;
use crate::runtime::history::{nothing_since, open_or_err};

/// With less recorded there is no recommendation: most of a machine's work has not been seen yet.
const MIN_RECORDED: Duration = Duration::from_secs(3600);

/// Prints for each metric the lowest threshold that would have alerted at most once on any day, and the reason; and whether the
/// machine is large enough.
pub fn run(common: &Common, since: Since) -> Result<()> {
    let now = clock::now().wall;
    let settings = common.overrides().apply_to(&setup::settings(common)?);
    let history = open_or_err()?.with_progress();
    let from = since.moment(&now);
    let result = backtest(&history, &settings, from, &now)?;
    let minutes = history.rollups(Resolution::Minutes, minutes_from(now.timestamp()), now.timestamp())?;
    let capacities = history.capacities(&minutes, &settings, &now)?;
    // Its progress is erased before anything else is printed.
    drop(history);
    let Some(result) = result else { return Err(nothing_since(since, &now)) };
    if result.recorded < MIN_RECORDED {
        bail!(text::recommendation::too_little_recorded(result.recorded, MIN_RECORDED));
    }
    let recommend = |(metric, stats): (Metric, &Vec<_>)| {
        Recommendation::of(metric, stats, result.recorded, settings.threshold(metric))
    };
    let recommendations: Vec<_> = Metric::ALL.into_iter().zip(&result.stats).filter_map(recommend).collect();
    if common.form() == Form::Json {
        for recommendation in &recommendations {
            console::print_text(&json::history::advice_line(recommendation, settings.memory_signal, &now))?;
        }
        for capacity in capacities.all.iter().flatten() {
            console::print_text(&json::history::capacity_line(capacity, capacities.days, &now))?;
        }
        return Ok(());
    }
    let period = text::recommendation::period(since, &local(from, &now), &now);
    for recommendation in &recommendations {
        console::print_text(&text::recommendation::advice(recommendation, &settings, &period))?;
    }
    // A few missing minutes are not worth a sentence.
    if result.recorded < between(from, now.timestamp()).mul_f64(0.95) {
        console::print_text(&text::recommendation::recorded(duration::humanize(result.recorded)))?;
    }
    let path = setup::store(common).map(|store| store.path().display().to_string());
    console::print_text(&text::recommendation::how_to_set(path.as_deref()))?;
    capacities.sentences().iter().try_for_each(|sentence| Ok(console::print_text(sentence)?))
}
