//! The applications of the report: over the whole time, by the day, and around each alert. Names from outside are escaped as
//! for a terminal; the page shows them as text.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Span, Timestamp, Zoned};
use serde::Serialize;

use crate::core::duration;
use crate::core::escape::for_terminal;
use crate::core::history::app_totals::{AppOrder, AppTotal, AppTotals, StoredAppUse};
use crate::core::history::record::HOURS_KEPT;
use crate::core::text::figures::{size, truncate_chars};
use crate::core::text::history_tables::top::{ONLY_OWN, cells, share};
use crate::core::time::local;

/// Applications with a colour of their own in the bars.
const COLOURED: usize = 5;
/// Applications by name in the table, and around an alert.
const NAMED: usize = 10;
const NAMED_AT_ALERT: usize = 5;
const NAME_WIDTH: usize = 50;
/// A look is about the time since the one before.
const LOOK: SignedDuration = SignedDuration::from_mins(5);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// A look that is no farther from an alert than this is about it.
const NEAR: SignedDuration = SignedDuration::from_mins(10);
/// Up to these spans a bar is an hour, or a day.
const LONGEST_BY_HOUR: SignedDuration = SignedDuration::from_hours(36);
const LONGEST_BY_DAY: SignedDuration = SignedDuration::from_hours(24 * 62);
/// The upper end of the bars' scale in seconds: itself and its half are round. Beyond it are doubles of a day.
const ROUND_SECONDS: [f64; 15] = [
    2.0, 10.0, 20.0, 60.0, 120.0, 240.0, 600.0, 1200.0, 3600.0, 7200.0, 14_400.0, 21_600.0, 36_000.0, 43_200.0,
    57_600.0,
];
const ONE_DAY_SECONDS: f64 = 86_400.0;
const LEAST_MEMORY_BYTES: f64 = 16_777_216.0;
const MOMENT: &str = "%a %-d %b, %H:%M";

/// The applications of the page.
#[derive(Debug, Serialize)]
pub(super) struct AppSection {
    /// The names that the rows number.
    names: Vec<String>,
    /// Empty where all processes were seen.
    note: &'static str,
    whole: AppPeriod,
    cpu: AppScale,
    memory: AppScale,
    /// In order, without gaps. One alone is left out: it is the whole.
    parts: Vec<AppPart>,
    /// Around the alerts, which number them.
    alerts: Vec<AppPeriod>,
}

/// The greatest users of a time.
#[derive(Debug, Serialize)]
struct AppPeriod {
    when: String,
    cpu: AppRanking,
    memory: AppRanking,
}

/// The applications in one order, and what all of them used.
#[derive(Debug, Serialize)]
struct AppRanking {
    amount: String,
    rows: Vec<AppCells>,
}

/// The number of the name (`None` for the others), the share in tenths of a percent and in words, and the cells.
#[derive(Debug, Serialize)]
struct AppCells(Option<usize>, i64, String, [String; 4]);

/// The scale of the bars, and the applications with a colour.
#[derive(Debug, Serialize)]
struct AppScale {
    coloured: Vec<usize>,
    /// The upper end, and the half of it.
    top: String,
    half: String,
}

/// One bar.
#[derive(Debug, Serialize)]
struct AppPart {
    /// Below the bar.
    label: String,
    /// Whether there are looks.
    is_known: bool,
    period: AppPeriod,
    /// The heights of the coloured applications and of the others, in thousandths of the scale.
    cpu: Vec<i64>,
    memory: Vec<i64>,
}

/// The rows of the history, from which the section is made.
pub(super) struct ReportedApps<'a> {
    /// By the end of what each is about.
    rows: Vec<&'a StoredAppUse>,
    now: &'a Zoned,
    names: AppNames,
    /// The ranges of rows around the alerts, each with its number.
    around: BTreeMap<(usize, usize), usize>,
    alerts: Vec<AppPeriod>,
}

impl<'a> ReportedApps<'a> {
    pub(super) fn new(rows: &'a [StoredAppUse], now: &'a Zoned) -> ReportedApps<'a> {
        let mut rows: Vec<&StoredAppUse> = rows.iter().collect();
        rows.sort_by_key(|row| end(row));
        ReportedApps { rows, now, names: AppNames::default(), around: BTreeMap::new(), alerts: Vec::new() }
    }

    /// The number of the period around an alert: the looks, or days, about its time, else the nearest look. `None` where none is
    /// near.
    pub(super) fn around(&mut self, from: Timestamp, to: Timestamp) -> Option<usize> {
        let first = self.rows.partition_point(|row| end(row) <= from);
        let next = self.rows.partition_point(|row| begin(row) < to);
        let range = if first < next { (first, next) } else { self.nearest(first, from, to)? };
        if let Some(number) = self.around.get(&range) {
            return Some(*number);
        }
        let rows = self.rows.get(range.0..range.1)?;
        let when = span(&local(begin(rows.first()?), self.now), &local(end(rows.last()?), self.now));
        let period = period(&sum(rows), when, NAMED_AT_ALERT, self.now, &mut self.names);
        self.alerts.push(period);
        self.around.insert(range, self.alerts.len() - 1);
        Some(self.alerts.len() - 1)
    }

    /// The rows of the look before the row `next`, or of that at `next`, whichever is nearer.
    fn nearest(&self, next: usize, from: Timestamp, to: Timestamp) -> Option<(usize, usize)> {
        let before = next.checked_sub(1).and_then(|index| self.rows.get(index));
        let before = before.map(|row| (from.duration_since(end(row)), end(row)));
        let after = self.rows.get(next).map(|row| (begin(row).duration_since(to), end(row)));
        let (distance, at) = before.into_iter().chain(after).min()?;
        let range = (self.rows.partition_point(|row| end(row) < at), self.rows.partition_point(|row| end(row) <= at));
        (distance <= NEAR).then_some(range)
    }

    /// The section; `None` without any rows.
    pub(super) fn section(mut self) -> Option<AppSection> {
        let (first, last) = (begin(self.rows.first()?), self.now.timestamp());
        let whole = sum(&self.rows);
        let cuts = cuts(first.max(last.saturating_sub(HOURS_KEPT).unwrap_or(first)), self.now);
        let sums: Vec<AppTotals> = cuts.iter().map(|cut| sum(self.slice(cut))).collect();
        let [cpu, memory] = [AppOrder::Cpu, AppOrder::Memory].map(|order| Coloured::of(order, &whole, &sums));
        let when = span(&local(first, self.now), self.now);
        let whole_period = period(&whole, when, NAMED, self.now, &mut self.names);
        let mut parts = Vec::with_capacity(cuts.len());
        for (cut, totals) in cuts.into_iter().zip(&sums) {
            let (label, when) = (cut.label, cut.when);
            let bars = (cpu.bar(totals), memory.bar(totals));
            let is_known = totals.first.is_some();
            let period = period(totals, when, NAMED, self.now, &mut self.names);
            parts.push(AppPart { label, is_known, period, cpu: bars.0, memory: bars.1 });
        }
        if parts.len() == 1 {
            parts.clear();
        }
        Some(AppSection {
            note: if whole.is_complete { "" } else { ONLY_OWN },
            whole: whole_period,
            cpu: cpu.scale(&mut self.names),
            memory: memory.scale(&mut self.names),
            parts,
            alerts: self.alerts,
            names: self.names.names,
        })
    }

    fn slice(&self, cut: &Cut) -> &[&'a StoredAppUse] {
        let from = self.rows.partition_point(|row| middle(row) < cut.from);
        let to = self.rows.partition_point(|row| middle(row) < cut.to);
        self.rows.get(from..to).unwrap_or_default()
    }
}

/// The beginning of what a row is about.
fn begin(row: &StoredAppUse) -> Timestamp {
    if row.is_day { row.at } else { row.at.saturating_sub(LOOK).unwrap_or(row.at) }
}

fn end(row: &StoredAppUse) -> Timestamp {
    if row.is_day { row.at.saturating_add(DAY).unwrap_or(row.at) } else { row.at }
}

/// By it a row belongs to a bar: a day of UTC to the day on the wall clock that has its noon.
fn middle(row: &StoredAppUse) -> Timestamp {
    if row.is_day { row.at.saturating_add(DAY / 2).unwrap_or(row.at) } else { row.at }
}

fn sum(rows: &[&StoredAppUse]) -> AppTotals {
    let mut totals = AppTotals::default();
    rows.iter().for_each(|row| totals.add(row));
    totals
}

/// The greatest `count` users in both orders.
fn period(totals: &AppTotals, when: String, count: usize, now: &Zoned, names: &mut AppNames) -> AppPeriod {
    let mut ranking = |order| {
        let ranked = totals.greatest(order, count);
        let rows = ranked.iter().map(|total| row(total, order, now, names)).collect();
        AppRanking { amount: words(order, totals.amount(order, None)), rows }
    };
    AppPeriod { when, cpu: ranking(AppOrder::Cpu), memory: ranking(AppOrder::Memory) }
}

fn row(total: &AppTotal, order: AppOrder, now: &Zoned, names: &mut AppNames) -> AppCells {
    let percent = total.share_percent(order);
    let number = total.name.as_ref().map(|name| names.number(name));
    AppCells(number, (percent * 10.0).round() as i64, share(percent), cells(total, now))
}

/// The names of the rows, each once.
#[derive(Default)]
struct AppNames {
    names: Vec<String>,
    numbers: HashMap<Arc<str>, usize>,
}

impl AppNames {
    fn number(&mut self, name: &Arc<str>) -> usize {
        *self.numbers.entry(Arc::clone(name)).or_insert_with(|| {
            self.names.push(for_terminal(&truncate_chars(name, NAME_WIDTH)).into_owned());
            self.names.len() - 1
        })
    }
}

/// The applications with a colour, and the upper end of the scale: seconds, or bytes.
struct Coloured {
    order: AppOrder,
    names: Vec<Arc<str>>,
    top: f64,
}

impl Coloured {
    fn of(order: AppOrder, whole: &AppTotals, parts: &[AppTotals]) -> Coloured {
        let names = whole.greatest(order, COLOURED).into_iter().filter_map(|total| total.name).collect();
        let highest = parts.iter().map(|part| part.amount(order, None)).fold(0.0, f64::max);
        let double = |least: f64| std::iter::successors(Some(least), |top| Some(top * 2.0)).find(|top| *top >= highest);
        let top = match order {
            AppOrder::Cpu => ROUND_SECONDS.into_iter().find(|top| *top >= highest).or_else(|| double(ONE_DAY_SECONDS)),
            AppOrder::Memory => {
                double(LEAST_MEMORY_BYTES).map(|top| if top * 0.75 >= highest { top * 0.75 } else { top })
            }
        };
        Coloured { order, names, top: top.unwrap_or(highest) }
    }

    fn bar(&self, part: &AppTotals) -> Vec<i64> {
        let height = |name| (part.amount(self.order, name) / self.top * 1000.0).round() as i64;
        let mut heights: Vec<i64> = self.names.iter().map(|name| height(Some(name))).collect();
        heights.push((height(None) - heights.iter().sum::<i64>()).max(0));
        heights
    }

    fn scale(&self, names: &mut AppNames) -> AppScale {
        AppScale {
            coloured: self.names.iter().map(|name| names.number(name)).collect(),
            top: words(self.order, self.top),
            half: words(self.order, self.top / 2.0),
        }
    }
}

/// `9 h 12 min`, `2.1 GB`.
fn words(order: AppOrder, amount: f64) -> String {
    match order {
        AppOrder::Cpu => duration::humanize(Duration::try_from_secs_f64(amount).unwrap_or_default()),
        AppOrder::Memory => size(amount as u64),
    }
}

/// The time of a bar, and its words: short below it, and in full.
struct Cut {
    from: Timestamp,
    to: Timestamp,
    label: String,
    when: String,
}

/// The hours, days or weeks from that of `first` to that of `now`, by the clock on the wall.
fn cuts(first: Timestamp, now: &Zoned) -> Vec<Cut> {
    let length = now.timestamp().duration_since(first);
    let mut cuts = Vec::new();
    let mut from = local(first, now);
    if length <= LONGEST_BY_HOUR {
        from = from.with().minute(0).second(0).subsec_nanosecond(0).build().unwrap_or(from);
    } else {
        let days = if length <= LONGEST_BY_DAY { 0 } else { i64::from(from.weekday().to_monday_zero_offset()) };
        from = start_of_day(&from, -days);
    }
    while from <= *now {
        let (label, to, when) = if length <= LONGEST_BY_HOUR {
            let to = from.saturating_add(SignedDuration::from_hours(1));
            (from.strftime("%H:%M"), to.clone(), span(&from, &to))
        } else if length <= LONGEST_BY_DAY {
            (from.strftime("%-d %b"), start_of_day(&from, 1), from.strftime("%a %-d %b").to_string())
        } else {
            (from.strftime("%-d %b"), start_of_day(&from, 7), from.strftime("Week of %a %-d %b %Y").to_string())
        };
        if to <= from {
            break;
        }
        cuts.push(Cut { from: from.timestamp(), to: to.timestamp(), label: label.to_string(), when });
        from = to;
    }
    cuts
}

/// The beginning of the day that is `days` after that of `at`; `at` itself at the end of time.
fn start_of_day(at: &Zoned, days: i64) -> Zoned {
    let day = at.date().checked_add(Span::new().days(days)).and_then(|date| date.to_zoned(at.time_zone().clone()));
    day.unwrap_or_else(|_| at.clone())
}

/// `Sun 22 Nov, 12:00 – 12:15`.
fn span(from: &Zoned, to: &Zoned) -> String {
    let is_one_day = from.date() == to.date();
    format!("{} – {}", from.strftime(MOMENT), to.strftime(if is_one_day { "%H:%M" } else { MOMENT }))
}

#[cfg(test)]
mod tests;
