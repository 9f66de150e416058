//! `history`: usage over time and the alerts of the past, for people or for programs.

use crate::runtime::history::reader::resolution_for;
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
use crate::core::text;
use crate::core::text::history_tables::UsageTable;
use crate::runtime::clock;
use crate::runtime::console::{self, Form};
use crate::runtime::history::reader::{History, Resolution};

/// Shows what is wanted on stdout.
///
/// # Errors
/// When nothing is recorded of that time, the history or the settings cannot be read, or stdout takes no more.
pub fn run(common: &Common, wanted: &HistoryArgs) -> Result<()> {
    let now = clock::now().wall;
    let history = crate::runtime::history::open_or_err()?;
    let asked = wanted.since.moment(&now);
    let export = if wanted.csv { Some(Export::Csv) } else { (common.form() == Form::Json).then_some(Export::Json) };
    if wanted.alerts {
        return alerts(&history, asked, &now, export);
    }
    let nothing = || crate::runtime::history::nothing_since(wanted.since, &now);
    let known = history.extent(now.timestamp())?.map(|(first, _)| first).ok_or_else(nothing)?;
    let from = asked.max(known);
    let is_any = match export {
        Some(export) => export::rollups(&history, export, from, &now)?,
        None => table(&history, common, &Span { from, is_young: known > asked, now: &now })?,
    };
    if is_any { Ok(()) } else { Err(nothing()) }
}

struct Span<'a> {
    from: Timestamp,
    is_young: bool,
    now: &'a Zoned,
}

/// Prints the table, and answers whether there was anything to print.
fn table(history: &History, common: &Common, span: &Span) -> Result<bool> {
    let Span { from, is_young, now } = *span;
    let settings = common.overrides().apply_to(&setup::settings(common)?);
    let to = now.timestamp();
    let from_zoned = from.to_zoned(now.time_zone().clone());
    let mut buckets = Buckets::new(&from_zoned, now);
    let rest = add_sums(history, &mut buckets, from, to)?;
    let mut above = TimeAbove::new(Metric::ALL.map(|metric| settings.threshold(metric)));
    let is_exact = resolution_for(from, to).is_none();
    history.readings(if is_exact { from } else { rest }, to, |kept| {
        if kept.at >= rest {
            buckets.add_reading(&kept);
        }
        above.add(&kept);
    })?;
    for alert in history.alerts(from, to)? {
        if alert.fired_at >= from {
            buckets.add_alert(alert.fired_at);
        }
    }
    if !buckets.all.iter().any(|bucket| bucket.is_known() || bucket.alerts > 0) {
        return Ok(false);
    }
    let above = is_exact.then_some(&above);
    let table = UsageTable { from: &from_zoned, is_young, to: now, buckets: &buckets, above };
    print(&table.lines())?;
    Ok(true)
}

/// Adds what is summed up: hours for long spans, as far as no minutes are kept, which tell for how long of an hour
/// something is known; then minutes. Answers where that ends, and single readings go on.
fn add_sums(history: &History, buckets: &mut Buckets, from: Timestamp, to: Timestamp) -> Result<Timestamp> {
    let mut rest = from;
    let is_long = matches!(buckets.step, Step::Day | Step::Week | Step::Month)
        && resolution_for(from, to) == Some(Resolution::Hours);
    for sums in [Resolution::Hours, Resolution::Minutes] {
        if sums == Resolution::Hours && !is_long {
            continue;
        }
        // What `from` is in the middle of is as good as what it is at the beginning of.
        let begin = rest.saturating_sub(since_begin(rest, sums))?;
        let end = if sums == Resolution::Hours { to.saturating_sub(MINUTES_KEPT)? } else { to };
        for usage in history.rollups(sums, begin, end)? {
            buckets.add_rollup(&usage, sums.minutes());
            rest = usage.at.saturating_add(sums.span())?;
        }
    }
    Ok(rest)
}

/// How far a moment is into its minute or hour (of UTC).
fn since_begin(at: Timestamp, sums: Resolution) -> SignedDuration {
    let span = i64::try_from(sums.span().as_millis()).unwrap_or(i64::MAX);
    SignedDuration::from_millis(at.as_millisecond().rem_euclid(span))
}

fn alerts(history: &History, from: Timestamp, now: &Zoned, export: Option<Export>) -> Result<()> {
    let alerts = history.alerts(from, now.timestamp())?;
    match export {
        Some(export) => Ok(export::alerts(&alerts, export, now)?),
        None if alerts.is_empty() => {
            let from = from.to_zoned(now.time_zone().clone());
            Ok(console::print_text(&text::history_tables::no_alerts_since(&from))?)
        }
        None => {
            let until = history.extent(now.timestamp())?.map(|(_, until)| until.to_zoned(now.time_zone().clone()));
            print(&text::history_tables::alert_lines(&alerts, until.as_ref(), now))
        }
    }
}

fn print(lines: &[String]) -> Result<()> {
    let mut out = console::out();
    lines.iter().try_for_each(|line| writeln!(out, "{}", for_terminal(line)))?;
    Ok(out.flush()?)
}
