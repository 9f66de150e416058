//! `history`: prints usage over time, or stored alerts, for people or for programs.

use std::io::Write;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp, Zoned};

use super::args::{Common, HistoryArgs};
use super::export::{self, Export};
use super::setup;
use crate::core::escape::for_terminal;
use crate::core::history::buckets::{Buckets, Step};
use crate::core::history::record::MINUTES_KEPT;
use crate::core::history::time_above::TimeAbove;
use crate::core::metrics::metric::Metric;
use crate::core::text::history_tables::{UsageTable, alert_lines, forecast_lines, minute, no_alerts_since};
use crate::core::time::local;
use crate::runtime::clock;
use crate::runtime::console::{self, Form};
use crate::runtime::history::reader::{History, Resolution, resolution_for};
use crate::runtime::history::{nothing_since, open_or_err};

/// Prints usage or alerts on stdout.
pub fn run(common: &Common, wanted: &HistoryArgs) -> Result<()> {
    let now = clock::now().wall;
    let history = open_or_err()?;
    let since = wanted.since.moment(&now);
    let export = if wanted.csv { Some(Export::Csv) } else { (common.form() == Form::Json).then_some(Export::Json) };
    if wanted.alerts {
        return alerts(&history, since, &now, export);
    }
    let nothing = || nothing_since(wanted.since, &now);
    let known = history.extent(now.timestamp())?.map(|(first, _)| first).ok_or_else(nothing)?;
    let from = since.max(known);
    let is_any = match export {
        Some(export) => export::rollups(&history, export, from, &now)?,
        None => table(&history, common, from, known > since, &now)?,
    };
    if is_any { Ok(()) } else { Err(nothing()) }
}

/// Prints the table; returns false when there is nothing to print. `is_young`: the recording began later than the time that was
/// asked for.
fn table(history: &History, common: &Common, from: Timestamp, is_young: bool, now: &Zoned) -> Result<bool> {
    let settings = common.overrides().apply_to(&setup::settings(common)?);
    let to = now.timestamp();
    let from_zoned = local(from, now);
    let mut buckets = Buckets::new(&from_zoned, now);
    let rest = add_rollups(history, &mut buckets, from, to)?;
    let mut above = TimeAbove::new(Metric::ALL.map(|metric| settings.threshold(metric)));
    let is_exact = resolution_for(from, to).is_none();
    history.readings(if is_exact { from } else { rest }, to, |reading| {
        if reading.at >= rest {
            buckets.add_reading(&reading);
        }
        above.add(&reading);
    })?;
    let alerts = history.alerts(from, to)?;
    alerts.iter().filter(|alert| alert.fired_at >= from).for_each(|alert| buckets.add_alert(alert.fired_at));
    if !buckets.all.iter().any(|bucket| bucket.is_known() || bucket.alerts > 0) {
        return Ok(false);
    }
    let above = is_exact.then_some(&above);
    print(&UsageTable { from: &from_zoned, is_young, to: now, buckets: &buckets, above }.lines())?;
    Ok(true)
}

/// Adds rollups to the buckets: for long spans, hours where no minutes are stored (minutes show for how long of an hour anything
/// is known); then minutes. Returns their end, from which single readings are to be added.
fn add_rollups(history: &History, buckets: &mut Buckets, from: Timestamp, to: Timestamp) -> Result<Timestamp> {
    let mut rest = from;
    let is_long = matches!(buckets.step, Step::Day | Step::Week | Step::Month)
        && resolution_for(from, to) == Some(Resolution::Hours);
    let resolutions: &[_] = if is_long { &[Resolution::Hours, Resolution::Minutes] } else { &[Resolution::Minutes] };
    for &resolution in resolutions {
        // The rollup that `from` is in counts as a whole.
        let begin = rest.saturating_sub(since_begin(rest, resolution))?;
        let end = if resolution == Resolution::Hours { to.saturating_sub(MINUTES_KEPT)? } else { to };
        for rollup in history.rollups(resolution, begin, end)? {
            buckets.add_rollup(&rollup, resolution.minutes());
            rest = rollup.at.saturating_add(resolution.span())?;
        }
    }
    Ok(rest)
}

/// The time since the beginning of the minute or hour (of UTC) that `at` is in.
fn since_begin(at: Timestamp, resolution: Resolution) -> SignedDuration {
    let span = i64::try_from(resolution.span().as_millis()).unwrap_or(i64::MAX);
    SignedDuration::from_millis(at.as_millisecond().rem_euclid(span))
}

fn alerts(history: &History, from: Timestamp, now: &Zoned, export: Option<Export>) -> Result<()> {
    let alerts = history.alerts(from, now.timestamp())?;
    let forecasts = history.forecasts(from, now.timestamp())?;
    if let Some(export) = export {
        return Ok(export::alerts(&alerts, &forecasts, export, now)?);
    }
    if alerts.is_empty() {
        console::print_text(&no_alerts_since(minute(&local(from, now))))?;
    } else {
        let until = history.extent(now.timestamp())?.map(|(_, until)| local(until, now));
        print(&alert_lines(&alerts, until.as_ref(), now))?;
    }
    if forecasts.is_empty() { Ok(()) } else { print(&forecast_lines(&forecasts, now)) }
}

fn print(lines: &[String]) -> Result<()> {
    let mut out = console::out();
    lines.iter().try_for_each(|line| writeln!(out, "{}", for_terminal(line)))?;
    Ok(out.flush()?)
}
