//! Reads what shows whether the machine is large enough: the minutes of a month, and the swap of a week.

use std::time::Duration;

use anyhow::Result;
use jiff::Zoned;

use super::{History, Resolution};
use crate::core::history::capacity::{Capacity, Missing, SwapDays};
use crate::core::history::record::{MINUTES_KEPT, READINGS_KEPT};
use crate::core::metrics::metric::{Metric, Percent};
use crate::core::settings::Settings;
use crate::core::text::recommendation::capacity::{missing, paragraph};
use crate::core::time::{between, local};
use crate::runtime::sources::machine;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The capacities of the machine.
pub struct Capacities {
    /// In the order of [`Metric::ALL`], without those whose size is not known; or what is missing.
    pub all: Result<Vec<Capacity>, Missing>,
    /// The days up to now from which they are.
    pub days: u32,
    /// On how many of the last seven days swap grew.
    pub swap_days: usize,
}

impl Capacities {
    /// A paragraph for each, or the sentence about what is missing.
    pub fn sentences(&self) -> Vec<String> {
        match &self.all {
            Ok(all) => all.iter().map(|one| paragraph(one, self.days, self.swap_days)).collect(),
            Err(left) => vec![missing(left)],
        }
    }
}

impl History {
    /// The capacities by the last 31 days before `now`, for the thresholds of `settings`, else 80 %.
    pub fn capacities(&self, settings: &Settings, now: &Zoned) -> Result<Capacities> {
        let to = now.timestamp();
        let minutes = self.rollups(Resolution::Minutes, to.saturating_sub(MINUTES_KEPT)?, to)?;
        let mut swap = SwapDays::default();
        self.readings(to.saturating_sub(READINGS_KEPT)?, to, |stored| {
            swap.add(&stored.reading, local(stored.at, now).date());
        })?;
        let sizes = [(Metric::Cpu, machine::cores()), (Metric::Memory, machine::memory_bytes())];
        let capacity = |(metric, size): (Metric, Option<u64>)| {
            let above = settings.threshold(metric).percent().unwrap_or(Percent::DEFAULT);
            Some(Capacity::of(metric, &minutes, size?, above, swap.wanted_more()))
        };
        let span = minutes.first().map_or(Duration::ZERO, |first| between(first.at, to));
        let days = u32::try_from((span.as_secs_f64() / DAY.as_secs_f64()).round() as u64).unwrap_or(u32::MAX);
        let all = sizes.into_iter().filter_map(capacity).collect();
        Ok(Capacities { all, days, swap_days: swap.count() })
    }
}
