//! The applications that use the most, as tables that fit into 80 columns: now, and over a time.

use jiff::Zoned;

use super::minute;
use crate::core::duration;
use crate::core::history::app_totals::{AppTotal, BusiestTime};
use crate::core::processes::app_look::{AppLook, AppUse};
use crate::core::text::figures::{UNKNOWN, size, truncate_chars};
use crate::core::time::local;

/// The width of a name beside the columns of a time.
const NAME_WIDTH: usize = 26;
/// The name of the last row.
const OTHERS: &str = "others";

sentences! {
    none_since(from) =
        "no applications are recorded since {from}: Loadline records them every five minutes while it runs, unless \
         'history.applications' is false in the settings";
    ONLY_OWN = "Of your own programs: others cannot be seen.";
}

/// The lines of the applications that use the most now. Names are not escaped.
pub fn now_lines(look: &AppLook) -> Vec<String> {
    let whose = if look.is_complete { "" } else { " of your own programs" };
    let seconds = look.span.as_secs_f64();
    let percent = |used: std::time::Duration| {
        let percent = if seconds > 0.0 { used.as_secs_f64() / seconds * 100.0 } else { 0.0 };
        format!("{percent:.0}%")
    };
    let all_cpu = look.apps.iter().fold(look.others_cpu_time, |sum, app| sum.saturating_add(app.cpu_time));
    let all_memory = look.apps.iter().fold(look.others_memory_bytes, |sum, app| sum.saturating_add(app.memory_bytes));
    let row = |used: String, name: String| format!("{used:>10}  {name}");
    let mut lines = vec![format!("CPU{whose}, of one core, over {seconds:.0} s")];
    let rest = look.by_cpu().fold(all_cpu, |rest, app| rest.saturating_sub(app.cpu_time));
    lines.extend(look.by_cpu().map(|app| row(percent(app.cpu_time), named(app))));
    lines.push(row(percent(rest), OTHERS.into()));
    lines.push(format!("Memory{whose}"));
    let rest = look.by_memory().fold(all_memory, |rest, app| rest.saturating_sub(app.memory_bytes));
    lines.extend(look.by_memory().map(|app| row(size(app.memory_bytes), named(app))));
    lines.push(row(size(rest), OTHERS.into()));
    lines
}

/// `Firefox (14 processes)`.
fn named(app: &AppUse) -> String {
    let name = truncate_chars(&app.name, 50);
    if app.processes > 1 { format!("{name} ({} processes)", app.processes) } else { name }
}

/// The cells of an application over a time: its CPU time, its memory in the mean and at most, and when it was busiest.
pub fn cells(total: &AppTotal, now: &Zoned) -> [String; 4] {
    [
        duration::humanize(total.cpu_time),
        size(total.memory_mean_bytes),
        total.memory_max_bytes.map_or(UNKNOWN.to_string(), size),
        total.busiest.map_or(UNKNOWN.to_string(), |time| busiest(time, now)),
    ]
}

/// A share of all.
pub fn share(percent: f64) -> String {
    format!("{percent:.0}%")
}

/// The lines of the applications over a time. Names are not escaped.
pub fn period_lines(totals: &[AppTotal], is_complete: bool, from: &Zoned, to: &Zoned) -> Vec<String> {
    let mut lines = vec![format!("Applications from {} to {}", minute(from), minute(to))];
    if !is_complete {
        lines.push(ONLY_OWN.into());
    }
    lines.push(String::new());
    let line = |[cpu, share, mean, max, busiest, name]: [&str; 6]| {
        format!("{cpu:>11} {share:>5}  {mean:>8} {max:>8}  {busiest:<12}  {name}").trim_end().to_owned()
    };
    lines.push(line(["CPU time", "share", "memory", "most", "busiest", "application"]));
    for total in totals {
        let [cpu, mean, max, busiest] = cells(total, to);
        let name = total.name.as_deref().map_or(OTHERS.into(), |name| truncate_chars(name, NAME_WIDTH));
        lines.push(line([&cpu, &share(total.cpu_share_percent), &mean, &max, &busiest, &name]));
    }
    lines
}

/// The hour by the clock of `now`: `22 Nov 14:00`. A day is one of UTC: `22 Nov`.
fn busiest(time: BusiestTime, now: &Zoned) -> String {
    if time.is_day {
        return time.from.strftime("%e %b").to_string();
    }
    local(time.from, now).strftime("%e %b %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn app(name: &str, processes: usize, cpu_ms: u64, mib: u64) -> AppUse {
        AppUse { name: name.into(), processes, cpu_time: Duration::from_millis(cpu_ms), memory_bytes: mib << 20 }
    }

    #[test]
    fn the_greatest_users_now_come_first_and_the_others_last() {
        let look = AppLook {
            span: Duration::from_secs(2),
            apps: vec![app("rustc", 4, 6200, 300), app("Firefox", 14, 100, 2150), app("idle", 1, 0, 500)],
            others_cpu_time: Duration::from_millis(40),
            others_memory_bytes: 100 << 20,
            is_complete: true,
        };
        let lines = [
            "CPU, of one core, over 2 s",
            "      310%  rustc (4 processes)",
            "        5%  Firefox (14 processes)",
            "        2%  others",
            "Memory",
            "    2.1 GB  Firefox (14 processes)",
            "    500 MB  idle",
            "    300 MB  rustc (4 processes)",
            "    100 MB  others",
        ];
        assert_eq!(now_lines(&look), lines);
        let partial = now_lines(&AppLook { is_complete: false, span: Duration::ZERO, ..look });
        assert_eq!(
            (&*partial[0], &*partial[1]),
            ("CPU of your own programs, of one core, over 0 s", "        0%  rustc (4 processes)")
        );
    }

    #[test]
    fn the_widest_rows_of_a_time_fit_into_80_columns() {
        let to: Zoned = "2026-11-22T15:00:00[UTC]".parse().unwrap();
        let from = "2026-11-15T15:00:00[UTC]".parse().unwrap();
        let time = BusiestTime { from: "2026-11-20T14:00:00Z".parse().unwrap(), is_day: false };
        let total = |name: Option<&str>, busiest: Option<BusiestTime>| AppTotal {
            name: name.map(Into::into),
            cpu_time: Duration::from_secs(23 * 3600 + 59 * 60),
            cpu_share_percent: 100.0,
            memory_share_percent: 100.0,
            memory_mean_bytes: 900 << 20,
            memory_max_bytes: busiest.map(|_| 123 << 30),
            busiest,
        };
        let day = BusiestTime { is_day: true, ..time };
        let totals = [total(Some(&"x".repeat(99)), Some(time)), total(Some("make"), Some(day)), total(None, None)];
        let lines = period_lines(&totals, false, &from, &to);
        assert_eq!(lines[..2], ["Applications from 2026-11-15 15:00 to 2026-11-22 15:00", ONLY_OWN]);
        let longest = format!("23 h 59 min  100%    900 MB 123.0 GB  20 Nov 14:00  {}…", "x".repeat(25));
        let rows = [
            "   CPU time share    memory     most  busiest       application",
            &*longest,
            "23 h 59 min  100%    900 MB 123.0 GB  20 Nov        make",
            "23 h 59 min  100%    900 MB        –  –             others",
        ];
        assert_eq!(lines[3..], rows);
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:#?}");
    }
}
