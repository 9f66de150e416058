//! `top --since`: the applications that used the most over a recorded time.

use std::io::Write;

use anyhow::{Result, bail};
use jiff::Zoned;

use crate::cli::export::Export;
use crate::cli::export::csv_table::CsvTable;
use crate::core::escape::for_terminal;
use crate::core::history::app_totals::{AppOrder, AppTotal, AppTotals};
use crate::core::history::since::Since;
use crate::core::json;
use crate::core::text::history_tables::minute;
use crate::core::text::history_tables::top::{none_since, period_lines};
use crate::core::time::local;
use crate::runtime::history::open_or_err;
use crate::runtime::{clock, console};

const COLUMNS: [&str; 7] = [
    "name",
    "cpu_seconds",
    "cpu_share_percent",
    "memory_mean_bytes",
    "memory_max_bytes",
    "busiest_from",
    "busiest_seconds",
];

/// Prints the applications since `since`, the greatest first and the others last; `export`: for programs.
pub fn run(since: Since, order: AppOrder, export: Option<Export>) -> Result<()> {
    let now = clock::now().wall;
    let history = open_or_err()?;
    let from = since.moment(&now);
    let mut totals = AppTotals::default();
    history.app_uses(from, now.timestamp(), |one| totals.add(one))?;
    let Some(first) = totals.first else { bail!(none_since(minute(&local(from, &now)))) };
    let from = local(from.max(first), &now);
    let ranked = totals.ranked(order);
    if export == Some(Export::Csv) {
        return csv(&ranked, &now);
    }
    let mut out = console::out();
    match export {
        Some(_) => {
            let line = |total| json::apps::total_line(total, totals.is_complete, &from, &now);
            ranked.iter().try_for_each(|total| writeln!(out, "{}", line(total)))?;
        }
        None => {
            let lines = period_lines(&ranked, totals.is_complete, &from, &now);
            lines.iter().try_for_each(|line| writeln!(out, "{}", for_terminal(line)))?;
        }
    }
    Ok(out.flush()?)
}

fn csv(totals: &[AppTotal], now: &Zoned) -> Result<()> {
    let mut csv = CsvTable::on_stdout();
    csv.row(COLUMNS)?;
    for total in totals {
        let busiest = total.busiest.map(|time| json::values::rfc3339(&local(time.from, now)));
        csv.row([
            total.name.as_deref().unwrap_or_default(),
            &json::values::in_seconds(total.cpu_time).to_string(),
            &json::values::rounded(total.cpu_share_percent).to_string(),
            &total.memory_mean_bytes.to_string(),
            &total.memory_max_bytes.map(|bytes| bytes.to_string()).unwrap_or_default(),
            &busiest.unwrap_or_default(),
            &total.busiest.map(|time| time.length().as_secs().to_string()).unwrap_or_default(),
        ])?;
    }
    Ok(csv.flush()?)
}
